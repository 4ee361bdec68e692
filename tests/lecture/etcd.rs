//! The claims about etcd: stacked, external, and its clients (C18 to C23).

use super::*;

#[test]
fn c18_stacked_needs_no_hosts_but_the_masters() {
    let hosts = |cluster: &str| Cluster::new(&scenario(cluster, "", "2m").config(1)).topology().hosts.len();
    assert_eq!(hosts(r#""etcd":{"topology":"stacked"}"#), 3 + 3 + 3, "laptop, user, load balancer; masters; workers");
    clusters(&scenario("", "", "1m"), |cluster| {
        for (host, _) in cluster.topology().all("etcd") {
            assert!(cluster.topology().process(host, "kube-apiserver").is_some(), "each member is on a master");
        }
        assert_eq!(unwell(cluster), None);
    });
}

/// Precisely: two stacked masters have no etcd majority once one is lost.
#[test]
fn c19_stacked_one_node_takes_a_member_and_a_control_plane_with_it() {
    let script = r#"{"at":"60s","do":"power-off","target":"master-1"}"#;
    reports(&scenario("", script, "5m"), |report| {
        assert_eq!(down(&report.lanes.api_writable, 120_000), 0, "two of three members are a majority");
        assert!(report.etcd.leaders.iter().filter(|l| l.from_ms > 60_000).all(|l| l.member != "master-1"));
    });
    reports(&scenario(r#""masters":2"#, script, "5m"), |report| {
        assert!(down(&report.lanes.api_writable, 90_000) == 210_000, "one of two members is none");
        assert!(actors(report, ControllerManager, 90_000).is_empty() && actors(report, Scheduler, 90_000).is_empty());
        assert_eq!(down(&report.lanes.app_serving, 60_000), 0);
    });
}

#[test]
fn c20_external_a_failed_master_does_not_touch_etcd() {
    let script =
        r#"{"at":"60s","do":"power-off","target":"master-1"},{"at":"61s","do":"power-off","target":"master-2"}"#;
    let cluster = r#""etcd":{"topology":"external","members":3}"#;
    reports(&scenario(cluster, script, "5m"), |report| {
        assert_eq!(report.etcd.leaders.len(), 1, "etcd goes on under the same leader");
        assert!(report.etcd.leaders[0].to_ms.is_none());
        assert_eq!(down(&report.lanes.api_writable, 120_000), 0, "one master is enough");
    });
    reports(&scenario("", script, "5m"), |report| {
        assert!(down(&report.lanes.api_writable, 120_000) == 180_000, "stacked, the same takes etcd's majority away");
    });
}

#[test]
fn c21_external_needs_twice_the_servers() {
    let servers = |cluster: &str| {
        let cluster = Cluster::new(&scenario(cluster, "", "2m").config(1));
        let names = cluster.topology().hosts.iter().map(|h| h.name.clone());
        names.filter(|n| n.starts_with("master-") || n.starts_with("etcd-")).count()
    };
    assert_eq!((servers(""), servers(r#""etcd":{"topology":"external","members":3}"#)), (3, 6));
}

/// Precisely: an API server that loses all of its `--etcd-servers` is not ready; one that reaches none of them when it starts exits.
#[test]
fn c22_only_the_api_server_talks_to_etcd_and_its_list_must_be_right() {
    let script = r#"{"at":"60s","do":"stop","target":"master-1/etcd"}"#;
    for (cluster, ready) in [
        (r#""etcd":{"topology":"stacked","servers":"all"}"#, true),
        (r#""etcd":{"topology":"stacked","servers":"local"}"#, false),
    ] {
        clusters(&scenario(cluster, script, "2m"), |cluster| {
            let id = cluster.topology().host("master-1").expect("planned");
            let server = cluster.topology().process(id, "kube-apiserver").expect("planned");
            let now = cluster.world().machine(server).api_server().expect("an API server").readyz().0;
            assert_eq!(now == Some(true), ready, "with its own member gone");
        });
    }
    // A wrong list: this API server exits again and again, and its load balancer leaves it out. A right entry is enough.
    let list = |servers: &str| {
        let set = format!(r#"{{"--etcd-servers":"{servers}"}}"#);
        format!(r#"{{"at":"60s","do":"flags","target":"master-1/kube-apiserver","set":{set}}}"#)
    };
    for topology in ["stacked", "external"] {
        let right = if topology == "stacked" { "https://10.0.1.2:2379" } else { "https://10.0.2.2:2379" };
        for (servers, ready) in [("https://10.0.9.9:2379", false), (right, true)] {
            let etcd = format!(r#""etcd":{{"topology":"{topology}","members":3}}"#);
            clusters(&scenario(&etcd, &list(servers), "2m"), |cluster| {
                let (_, lb) = cluster.topology().all("haproxy").next().expect("a load balancer");
                let up = cluster.world().machine(lb).backends().iter().filter(|b| b.up).count();
                assert_eq!(up == 3, ready, "{topology}, {servers}: {up} servers are UP");
                assert!(works(cluster, Lane::ApiWritable), "the others have the right list");
            });
        }
    }
    clusters(&scenario("", "", "1m"), |cluster| {
        let records = cluster.world().trace().records_from(1);
        let members: Vec<_> = cluster.topology().all("etcd").map(|(_, p)| p).collect();
        let allowed: Vec<_> =
            cluster.topology().all("kube-apiserver").map(|(_, p)| p).chain(members.iter().copied()).collect();
        for record in records {
            if let RecordKind::Message { from, to: Some(to), .. } = record.kind {
                assert!(!members.contains(&to) || allowed.contains(&from), "{} talks to etcd", cluster.path(from));
            }
        }
    });
}

/// Precisely: the same create sent to two masters is done once, and the second gets AlreadyExists.
#[test]
fn c8_a_request_that_goes_to_both_masters_is_refused_by_one() {
    let to =
        |n: u32| types(60, &format!("kubectl --server=https://10.0.1.{n}:6443 create deployment api --image=nginx"));
    let script = [to(1), to(2), types(70, "kubectl get deployments api -o name")].join(",");
    reports(&scenario(r#""masters":2"#, &script, "90s"), |report| {
        let said = printed(report);
        let won = said[..2].iter().filter(|s| **s == (Some(0), "deployment.apps/api created\n".to_owned())).count();
        let exists = "error: failed to create deployment: deployments.apps \"api\" already exists\n";
        let lost = said[..2].iter().filter(|s| **s == (Some(1), exists.to_owned())).count();
        assert_eq!((won, lost), (1, 1), "{said:?}");
        assert_eq!(said[2].1, "deployment.apps/api\n");
    });
}

/// Precisely: any member takes a write and answers a read; one cut off from the majority does neither, but
/// serves stale reads from its own state.
#[test]
fn c23_etcdctl_reads_and_writes_through_any_member() {
    let member = |n: u32, what: &str| format!("etcdctl --endpoints=https://10.0.1.{n}:2379 {what}");
    let cut = r#"{"at":"60s","do":"partition","groups":[["master-1"],["master-2","master-3"]]}"#.to_owned();
    let script = [
        types(40, &member(1, "put a 1")),
        types(41, &member(2, "put b 2")),
        types(42, &member(3, "get a")),
        types(42, &member(1, "get b")),
        cut,
        types(70, &member(2, "put a 3")),
        types(80, &member(1, "put a 4")),
        types(80, &member(1, "get a")),
        types(80, &member(1, "get a --consistency=s")),
        types(80, &member(3, "get a")),
    ];
    reports(&scenario("", &script.join(","), "2m"), |report| {
        let said = printed(report);
        let ok = |text: &str| (Some(0), text.to_owned());
        assert_eq!(said[..5], ["OK\n", "OK\n", "a\n1\n", "b\n2\n", "OK\n"].map(ok));
        for alone in &said[5..7] {
            assert!(alone.0 == Some(1) && alone.1.ends_with("Error: context deadline exceeded\n"), "{alone:?}");
        }
        assert_eq!(said[7..], [ok("a\n1\n"), ok("a\n3\n")], "stale here, new there");
    });
}

/// Precisely: followers forward to the leader; a member cut off from the majority can do neither.
#[test]
fn c23_reads_and_writes_go_through_any_member() {
    // Each API server uses only its own member, so all three members serve.
    let local = r#""etcd":{"topology":"stacked","servers":"local"}"#;
    reports(&scenario(local, "", "5m"), |report| {
        assert!(report.requests.api_servers.values().all(|n| *n > 100));
        assert_eq!(down(&report.lanes.api_writable, 30_000), 0);
    });
    let script = r#"{"at":"60s","do":"partition","groups":[["master-1"],["master-2","master-3"]]}"#;
    clusters(&scenario(local, script, "2m"), |cluster| {
        let gone = notes(cluster, secs(60), |n| matches!(n.what, TraceEvent::ApiReady { ready: false, .. }));
        let who: Vec<_> = gone.filter_map(|n| n.process).map(|p| cluster.path(p)).collect();
        assert_eq!(who, ["master-1/kube-apiserver"], "only the one whose member is alone");
        assert!(works(cluster, Lane::ApiWritable), "the others go on");
    });
}
