//! The report's shape is the contract's, key by key.

use expect_test::expect;

use super::*;
use crate::cluster::observation::{Reign, Tenure};

fn at(ms: u64) -> SimTime {
    SimTime(ms * 1_000 + 999) // rounded down
}

fn seen() -> Observation {
    let tenure = |host: &str, from, to: Option<u64>| Tenure { host: host.to_owned(), from: at(from), to: to.map(at) };
    let lane = |from, to, ok| LaneSpan { from: at(from), to: at(to), ok };
    let whole = vec![lane(0, 180_000, true)];
    Observation {
        end: at(180_000),
        leases: [vec![tenure("master-1", 1_203, Some(71_090)), tenure("master-2", 71_090, None)], vec![]],
        acting: [vec![tenure("master-1", 1_204, Some(60_000))], vec![]],
        takeovers: vec![observation::Takeover {
            component: Component::ControllerManager,
            from: "master-1".to_owned(),
            to: "master-2".to_owned(),
            lost: at(60_000),
            gained: at(71_090),
        }],
        etcd_leaders: vec![Reign { member: "master-1".to_owned(), term: 2, from: at(1_104), to: None }],
        revision: 812,
        lanes: observation::Lanes {
            api_writable: vec![lane(0, 60_000, true), lane(60_000, 62_000, false), lane(62_000, 180_000, true)],
            api_readable: whole.clone(),
            reconciling: whole,
            app_serving: vec![],
        },
        requests: observation::Requests {
            kubectl: observation::Tally { ok: 118, failed: 2 },
            app: observation::Tally { ok: 900, failed: 0 },
            api_servers: vec![("master-1".to_owned(), 410)],
        },
        commands: vec![
            Typed {
                number: 1,
                at: at(61_000),
                args: vec!["kubectl".to_owned(), "get".to_owned(), "pods".to_owned()],
                ended: Some((
                    at(61_004),
                    Printed { number: 1, exit: 1, stdout: String::new(), stderr: "error: no\n".to_owned() }.into(),
                )),
            },
            Typed { number: 2, at: at(170_000), args: vec!["etcdctl".to_owned()], ended: None },
        ],
        pods: observation::Pods { desired: 3, ready: 3, created: 3, deleted: 0, surplus_peak: 0 },
        invariants: vec![
            observation::Invariant { name: "raft-election-safety".to_owned(), broken: None },
            observation::Invariant { name: "toy".to_owned(), broken: Some((at(5), "two of them".to_owned())) },
        ],
    }
}

fn report() -> Report {
    let scenario = Scenario { name: "Crash".to_owned(), ..Scenario::default() };
    Report::new(&scenario, 7, &seen())
}

#[test]
fn json_has_the_keys_of_the_contract() {
    let json = report().to_json();
    assert!(!json.contains('\n'));
    assert_eq!(serde_json::from_str::<Report>(&json).expect("reads its own"), report());
    expect![[r#"{"version":1,"scenario":"Crash","seed":7,"endMs":180000,"leases":{"kube-controller-manager":[{"holder":"master-1","fromMs":1203,"toMs":71090},{"holder":"master-2","fromMs":71090,"toMs":null}],"kube-scheduler":[]},"acting":{"kube-controller-manager":[{"host":"master-1","fromMs":1204,"toMs":60000}],"kube-scheduler":[]},"takeovers":[{"component":"kube-controller-manager","from":"master-1","to":"master-2","lostMs":60000,"gainedMs":71090,"tookMs":11090}],"etcd":{"leaders":[{"member":"master-1","term":2,"fromMs":1104,"toMs":null}],"revision":812},"lanes":{"apiWritable":[{"fromMs":0,"toMs":60000,"ok":true},{"fromMs":60000,"toMs":62000,"ok":false},{"fromMs":62000,"toMs":180000,"ok":true}],"apiReadable":[{"fromMs":0,"toMs":180000,"ok":true}],"reconciling":[{"fromMs":0,"toMs":180000,"ok":true}],"appServing":[]},"requests":{"kubectl":{"ok":118,"failed":2},"app":{"ok":900,"failed":0},"apiServers":{"master-1":410}},"pods":{"desired":3,"ready":3,"created":3,"deleted":0,"surplusPeak":0},"invariants":[{"name":"raft-election-safety","held":true},{"name":"toy","held":false,"brokenMs":5,"broken":"two of them"}],"commands":[{"atMs":61000,"endMs":61004,"args":["kubectl","get","pods"],"exit":1,"stdout":"","stderr":"error: no\n"},{"atMs":170000,"endMs":null,"args":["etcdctl"],"exit":null,"stdout":"","stderr":""}]}"#]].assert_eq(&json);
}

#[test]
fn people_can_read_it() {
    expect![[r#"
        Crash
        seed 7, 3m0s of simulated time

        kube-controller-manager
          master-1 holds the lease 1.203s to 1m11.09s (1m9.887s)
          master-2 holds the lease from 1m11.09s on
          master-1 acts as leader 1.204s to 1m0s (58.796s)
          takeover: master-1 lost it at 1m0s, master-2 had it at 1m11.09s: 11.09s without a leader

        kube-scheduler
          nobody ever holds the lease
          nobody ever acts as leader

        etcd, revision 812
          master-1 leads term 2, from 1.104s on

        lanes
          API writable   98.8%, not 1m0s to 1m2s (2s)
          API readable  100.0%
          reconciling   100.0%
          app serving   never asked

        requests
          kubectl: 118 answered, 2 failed
          app: 900 answered, 0 failed
          kube-apiserver on master-1: 410 answered

        pods
          3 desired, 3 ready at the end
          3 created, 0 deleted, at most 0 too many

        $ kubectl get pods
        2> error: no
        [exit 1, at 1m1s, took 4ms]

        $ etcdctl
        [at 2m50s, still running at the end]

        invariants: 1 of 2 held
          BROKEN toy at 5ms (seed 7): two of them
    "#]]
    .assert_eq(&report().print_human());
}

#[test]
fn overlapping_leaders_are_called_so() {
    let mut seen = seen();
    seen.takeovers[0].lost = at(75_000);
    let report = Report::new(&Scenario::default(), 1, &seen);
    assert_eq!(report.takeovers[0].took_ms, -3_910);
    assert!(report.print_human().contains("3.91s with two leaders"));
}

#[test]
fn a_step_that_could_not_be_done_is_not_hidden() {
    let mut report = report();
    report.skipped.push(Skipped { at_ms: 1_500, why: "nobody leads kube-scheduler".to_owned() });
    assert!(report.print_human().contains("skipped\n  the step at 1.5s: nobody leads kube-scheduler\n"));
    assert!(report.to_json().ends_with(r#""skipped":[{"atMs":1500,"why":"nobody leads kube-scheduler"}]}"#));
}
