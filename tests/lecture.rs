//! The lecture, claim by claim (docs/lecture.md): a test for each, named after it, that also checks what the "precisely"
//! column adds. Every run is a scenario as a learner would write it, on several seeds.

mod etcd;

use crate::common::whole::*;
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::Reading;
use ha_lab::kube::election::Component::{self, ControllerManager, Scheduler};
use ha_lab::kube::object::Kind;
use ha_lab::kube::trace_event::{Lane, TraceEvent};
use ha_lab::lab::report::{Report, Stretch};
use ha_lab::lab::scenario::Scenario;
use ha_lab::lab::scenario::runner::run;
use ha_lab::sim::{ProcId, RecordKind, SimDuration, SimTime};

const SEEDS: std::ops::RangeInclusive<u64> = 1..=4;

/// Builds a scenario from a cluster, a script, and an end.
fn scenario(cluster: &str, script: &str, until: &str) -> Scenario {
    let text = format!(r#"{{"version":1,"cluster":{{{cluster}}},"script":[{script}],"until":"{until}"}}"#);
    Scenario::parse(&text).unwrap_or_else(|error| panic!("{error:?} in {text}"))
}

/// Runs a scenario with each seed, and checks the report.
fn reports(scenario: &Scenario, look: impl Fn(&Report)) {
    for seed in SEEDS {
        let report = run(scenario, seed);
        assert_eq!(report.broken().count(), 0, "seed {seed}");
        assert!(report.skipped.is_empty(), "seed {seed}: {:?}", report.skipped);
        println!("seed {seed}");
        look(&report);
    }
}

/// Runs a scenario with each seed, and checks the cluster at its end.
fn clusters(scenario: &Scenario, look: impl Fn(&Cluster)) {
    for seed in SEEDS {
        let mut cluster = Cluster::new(&scenario.config(seed));
        for (at, step) in scenario.acts() {
            cluster.run_until(SimTime::ZERO + at);
            act(&mut cluster, step);
        }
        cluster.run_until(SimTime::ZERO + scenario.until.0);
        sound(&cluster, seed);
        println!("seed {seed}");
        look(&cluster);
    }
}

/// Returns the milliseconds after `from` in which a lane did not work.
fn down(lane: &[Stretch], from: u64) -> u64 {
    lane.iter().filter(|s| !s.ok).map(|s| s.to_ms.saturating_sub(s.from_ms.max(from))).sum()
}

/// Returns those that act at some moment after `from`, in milliseconds.
fn actors(report: &Report, component: Component, from: u64) -> Vec<(String, u64, Option<u64>)> {
    let all = report.acting[component.name()].iter().filter(|a| a.to_ms.is_none_or(|to| to > from));
    all.map(|a| (a.host.clone(), a.from_ms, a.to_ms)).collect()
}

/// Returns how long each takeover of a component after `from` took.
fn takeovers(report: &Report, component: Component, from: u64) -> Vec<i64> {
    let all = report.takeovers.iter().filter(|t| t.component == component.name() && t.gained_ms > from);
    all.map(|t| t.took_ms).collect()
}

/// Builds a step that types a command at this second.
fn types(at: u64, line: &str) -> String {
    let (tool, args) = line.split_once(' ').expect("a tool and its arguments");
    let args: Vec<String> = args.split(' ').map(|a| format!("{a:?}")).collect();
    format!(r#"{{"at":"{at}s","do":"{tool}","args":[{}]}}"#, args.join(","))
}

/// Returns the output of each typed command, on one of the two streams, with its status.
fn printed(report: &Report) -> Vec<(Option<u8>, String)> {
    report.commands.iter().map(|c| (c.exit, c.stdout.clone() + &c.stderr)).collect()
}

const LONE: &str = r#""masters":1"#;
const LONE_LOST: &str = r#"{"at":"60s","do":"power-off","target":"master-1"}"#;
const CLIENT_GO: &str = r#""leaderElection":{"renewal":"client-go"}"#;

#[test]
fn c1_with_the_only_master_lost_the_app_is_still_served() {
    reports(&scenario(LONE, LONE_LOST, "20m"), |report| {
        assert_eq!(down(&report.lanes.app_serving, 60_000), 0, "the user notices nothing");
        assert_eq!(report.pods.ready, 3, "every container runs on");
        // Precisely: kube-proxy keeps its last rules, even if it is killed itself.
        assert!(down(&report.lanes.api_readable, 60_000) > 1_100_000);
    });
    let proxies = (1..=3).map(|w| format!(r#"{{"at":"70s","do":"stop","target":"worker-{w}/kube-proxy"}}"#));
    let script = std::iter::once(LONE_LOST.to_owned()).chain(proxies).collect::<Vec<_>>().join(",");
    reports(&scenario(LONE, &script, "5m"), |report| assert_eq!(down(&report.lanes.app_serving, 60_000), 0));
}

/// A lost node's pods stay lost without a control plane; with one they come back elsewhere.
#[test]
fn c2_what_fails_without_a_control_plane_is_not_recreated() {
    let lost = r#"{"at":"70s","do":"power-off","target":"worker-1"}"#;
    reports(&scenario(LONE, &format!("{LONE_LOST},{lost}"), "20m"), |report| {
        assert_eq!((report.pods.ready, report.pods.created, report.pods.deleted), (2, 3, 0), "nobody orders another");
    });
    reports(&scenario("", lost, "20m"), |report| {
        assert_eq!((report.pods.ready, report.pods.created), (3, 4), "the controllers order another");
    });
    // Precisely: a container that crashes is restarted by its kubelet, even without a control plane.
    let crash = r#"{"at":"70s","do":"crash-container","target":{"podOf":"web","index":1}}"#;
    reports(&scenario(LONE, &format!("{LONE_LOST},{crash}"), "2m"), |report| {
        assert_eq!((report.pods.ready, report.pods.created), (3, 3), "the same pod runs again");
    });
    // A deleted pod stays lost even if only the controllers are down.
    let delete = r#"{"at":"60s","do":"stop","target":"master-1/kube-controller-manager"},
        {"at":"61s","do":"delete-pod","target":{"podOf":"web","index":1}}"#;
    reports(&scenario(LONE, delete, "10m"), |report| {
        assert_eq!((report.pods.ready, report.pods.created, report.pods.deleted), (2, 3, 1), "nobody orders another");
    });
}

/// The controllers request a pod, but no scheduler places it.
#[test]
fn c3_without_a_scheduler_nothing_is_scheduled() {
    let script = r#"{"at":"60s","do":"stop","target":"master-1/kube-scheduler"},
                    {"at":"61s","do":"power-off","target":"worker-1"}"#;
    clusters(&scenario(LONE, script, "10m"), |cluster| {
        let waiting = cluster.objects(Kind::Pod).into_iter().filter(|o| o.pod().is_some_and(|p| p.node_name.is_none()));
        assert_eq!(waiting.count(), 1, "one pod is Pending");
        assert_eq!(cluster.pods().ready, 2);
    });
    let stop = r#"{"at":"60s","do":"stop","target":"master-1/kube-scheduler"}"#;
    let script = [
        stop.to_owned(),
        types(61, "kubectl create deployment api --image=nginx"),
        types(90, "kubectl get pods -l app=api"),
    ];
    reports(&scenario(LONE, &script.join(","), "2m"), |report| {
        let said = printed(report);
        assert_eq!(said[0], (Some(0), "deployment.apps/api created\n".to_owned()), "the API takes it");
        assert!(said[1].1.contains("0/1     Pending"), "and nobody runs it: {}", said[1].1);
    });
}

/// Precisely: the error depends on how the API became unreachable.
#[test]
fn c4_without_the_master_kubectl_gets_no_answer() {
    let rows = [
        // No load balancer: kubectl talks to the host itself.
        (r#""masters":1,"loadBalancer":null"#, LONE_LOST, "context deadline exceeded"),
        (
            r#""masters":1,"loadBalancer":null"#,
            r#"{"at":"60s","do":"stop","target":"master-1/kube-apiserver"}"#,
            "The connection to the server 10.0.1.1:6443 was refused - did you specify the right host or port?",
        ),
        // A load balancer without a live server closes the connection at once.
        (LONE, LONE_LOST, "EOF"),
    ];
    for (cluster, script, error) in rows {
        clusters(&scenario(cluster, script, "5m"), |cluster| {
            for lane in [Lane::ApiReadable, Lane::ApiWritable] {
                assert!(!works(cluster, lane), "{lane:?}");
            }
            let (_, kubectl) = cluster.topology().all("kubectl").next().expect("a laptop");
            let laptop = cluster.world().machine(kubectl).laptop().expect("kubectl");
            let said = [laptop.reads().last_error(), laptop.writes().last_error()];
            // A read that finds no server is retried until the laptop gives up; a write is not.
            assert!(said.iter().any(|s| s.contains(error)), "{said:?}, not {error:?}");
        });
    }
}

/// Precisely: kubectl's error depends on how the API became unreachable.
#[test]
fn c4_what_kubectl_says_depends_on_how_the_api_went_away() {
    let no_lb = r#""masters":1,"loadBalancer":null"#;
    let stopped = r#"{"at":"60s","do":"stop","target":"master-1/kube-apiserver"}"#;
    let refused = "The connection to the server 10.0.1.1:6443 was refused - did you specify the right host or port?\n";
    let rows = [
        (no_lb, LONE_LOST, "Unable to connect to the server: dial tcp 10.0.1.1:6443: i/o timeout\n"),
        (no_lb, stopped, refused),
        (LONE, stopped, "Unable to connect to the server: EOF\n"),
    ];
    for (cluster, fault, error) in rows {
        let script = format!("{fault},{},{}", types(90, "kubectl get pods"), types(90, "kubectl delete pod web-1"));
        reports(&scenario(cluster, &script, "5m"), |report| {
            assert_eq!(printed(report)[0], (Some(1), error.to_owned()));
            assert_eq!(printed(report)[1], (Some(1), error.to_owned()));
        });
    }
}

/// Precisely: a single load balancer is itself a single point of failure.
#[test]
fn c5_with_three_masters_any_one_may_be_lost_but_not_the_load_balancer() {
    for master in 1..=3 {
        let script = format!(r#"{{"at":"60s","do":"power-off","target":"master-{master}"}}"#);
        reports(&scenario("", &script, "5m"), |report| {
            assert_eq!(down(&report.lanes.api_writable, 120_000), 0, "master-{master}: writable again within a minute");
            assert_eq!(down(&report.lanes.reconciling, 120_000), 0, "master-{master}: reconciling within a minute");
            assert_eq!(down(&report.lanes.app_serving, 60_000), 0);
        });
    }
    reports(&scenario("", r#"{"at":"60s","do":"power-off","target":"lb-1"}"#, "5m"), |report| {
        assert!(down(&report.lanes.api_writable, 60_000) > 235_000, "nobody gets through");
        assert!(down(&report.lanes.reconciling, 60_000) == 0, "the masters themselves go on");
        assert_eq!(down(&report.lanes.app_serving, 60_000), 0);
    });
    let pair = r#""loadBalancer":{"instances":2}"#;
    for balancer in ["lb-1", "lb-2"] {
        let script = format!(r#"{{"at":"60s","do":"power-off","target":"{balancer}"}}"#);
        reports(&scenario(pair, &script, "5m"), |report| {
            let out = down(&report.lanes.api_writable, 60_000);
            assert!(out <= 6_000, "the other has the address within four seconds: {out} ms");
        });
    }
}

#[test]
fn c6_all_api_servers_answer_at_once() {
    reports(&scenario("", "", "5m"), |report| {
        let counts: Vec<u64> = report.requests.api_servers.values().copied().collect();
        assert_eq!(counts.len(), 3);
        let (least, most) = (counts.iter().min().copied().unwrap_or(0), counts.iter().max().copied().unwrap_or(0));
        assert!(least > 100 && most < least * 3, "each takes its part: {counts:?}");
        assert_eq!(down(&report.lanes.api_writable, 30_000), 0);
    });
    // Precisely: each has many requests in flight, and several do at once; etcd keeps the order of each object.
    let mut cluster = running(&scenario("", "", "5m").config(1), secs(9));
    let servers: Vec<_> = cluster.topology().all("kube-apiserver").map(|(_, p)| p).collect();
    let (mut most, mut busy) = (0, 0);
    while cluster.now() < secs(14) && cluster.step_until(secs(14)) {
        let flight = |p: &ProcId| cluster.world().machine(*p).api_server().map_or((0, 0), |a| a.in_flight());
        let counts: Vec<_> = servers.iter().map(flight).map(|(read, write)| read + write).collect();
        most = most.max(counts.iter().copied().max().unwrap_or(0));
        busy = busy.max(counts.iter().filter(|n| **n > 0).count());
    }
    assert!(most >= 3 && busy == 3, "at most {most} on one, {busy} busy at once");
    cluster.run_until(secs(60));
    let revisions = servers.iter().map(|p| cluster.world().machine(*p).api_server().map(|a| a.cache_revision()));
    let revisions: Vec<_> = revisions.flatten().collect();
    let (low, high) = (revisions.iter().min().copied().unwrap_or(0), revisions.iter().max().copied().unwrap_or(0));
    assert!(high - low <= 2, "all see one order: {revisions:?}");
}

/// The address is in the kubeconfig, and kubectl depends on that address.
#[test]
fn c7_kubectl_talks_to_the_server_that_its_kubeconfig_names() {
    let cluster = r#""kubeconfig":"master-2","loadBalancer":null"#;
    let other = r#"{"at":"60s","do":"power-off","target":"master-1"}"#;
    let own = r#"{"at":"60s","do":"power-off","target":"master-2"}"#;
    let asks = types(30, "kubectl cluster-info");
    reports(&scenario(cluster, &asks, "1m"), |report| {
        let says = "Kubernetes control plane is running at https://10.0.1.2:6443\n";
        assert!(printed(report)[0].1.starts_with(says), "{:?}", printed(report)[0]);
    });
    let ended_well = |report: &Report| report.lanes.api_readable.last().is_some_and(|s| s.ok);
    reports(&scenario(cluster, other, "3m"), |report| assert!(ended_well(report)));
    reports(&scenario(cluster, own, "3m"), |report| assert!(!ended_well(report)));
    // Even if there is a load balancer: kubectl does not know it.
    let beside = r#""kubeconfig":"master-2""#;
    let balancer = r#"{"at":"60s","do":"power-off","target":"lb-1"}"#;
    reports(&scenario(beside, balancer, "3m"), |report| assert!(ended_well(report)));
    reports(&scenario(beside, own, "3m"), |report| assert!(!ended_well(report)));
}

/// One of several API servers dies: its share of new connections fails until a health check has noticed, then none.
#[test]
fn c8_the_load_balancer_sends_each_request_to_one_server_and_leaves_the_dead_out() {
    let script = r#"{"at":"60s","do":"stop","target":"master-1/kube-apiserver"}"#;
    reports(&scenario(r#""masters":2,"etcd":{"topology":"external","members":3}"#, script, "3m"), |report| {
        assert_eq!(down(&report.lanes.api_writable, 75_000), 0, "noticed within the checks' three falls");
        assert!(report.requests.kubectl.failed <= 8, "{} failed", report.requests.kubectl.failed);
    });
}

/// Without election every controller manager acts, so there are more pods than wanted for a moment. Two schedulers end in 409s, not
/// in two pods.
#[test]
fn c9_in_parallel_controller_managers_make_too_many_pods() {
    reports(&scenario(r#""leaderElection":{"enabled":false}"#, "", "5m"), |report| {
        let at_once = report.acting[ControllerManager.name()].iter().filter(|a| a.to_ms.is_none()).count();
        assert_eq!(at_once, 3, "all of them act");
        assert!(report.pods.surplus_peak > 0 && report.pods.created > 3, "too many: {:?}", report.pods);
        assert_eq!((report.pods.ready, report.pods.desired), (3, 3), "the surplus is taken back");
    });
    reports(&scenario("", "", "5m"), |report| assert_eq!((report.pods.created, report.pods.surplus_peak), (3, 0)));
    // Precisely: of two schedulers that bind the same pod, one gets a 409; no pod is bound twice.
    let many = r#""leaderElection":{"enabled":false},"deployments":[{"name":"web","replicas":30}]"#;
    let mut refused = 0;
    for seed in SEEDS {
        let mut cluster = Cluster::new(&scenario(many, "", "40s").config(seed));
        let (mut asked, mut seen) = (0, 1);
        while cluster.now() < secs(40) {
            let next = cluster.now() + SimDuration::from_millis(100);
            cluster.run_until(next);
            let trace = cluster.world().trace();
            let binding = |kind: &RecordKind| matches!(kind, RecordKind::Message { label: "POST binding", .. });
            asked += trace.records_from(seen).filter(|record| binding(&record.kind)).count();
            seen = trace.last_record() + 1;
        }
        let mut bound: Vec<_> = notes(&cluster, SimTime::ZERO, |n| matches!(n.what, TraceEvent::Bound { .. }))
            .filter_map(|n| if let TraceEvent::Bound { pod, .. } = &n.what { Some(pod.to_string()) } else { None })
            .collect();
        let all = bound.len();
        bound.sort();
        bound.dedup();
        assert_eq!(bound.len(), all, "seed {seed}: no pod is bound twice");
        refused += asked.saturating_sub(all);
    }
    assert!(refused > 0, "two schedulers never met at a pod");
}

#[test]
fn c10_one_is_active_and_the_others_stand_by() {
    for election in ["", CLIENT_GO] {
        clusters(&scenario(election, "", "5m"), |cluster| {
            for component in BOTH {
                let acting: Vec<_> = cluster
                    .topology()
                    .all(component.name())
                    .filter(|(_, p)| cluster.world().machine(*p).candidate().is_some_and(|c| c.is_acting()))
                    .collect();
                assert_eq!(acting.len(), 1, "{}", component.name());
                assert_eq!(cluster.history().acting[&component].iter().len(), 1, "always the same");
            }
        });
    }
}

/// `--leader-elect` is true by default.
#[test]
fn c11_leader_election_decides_and_is_on_by_default() {
    assert!(scenario("", "", "2m").config(1).election.enabled);
    for (cluster, active) in [("", 1), (r#""leaderElection":{"enabled":false}"#, 3)] {
        reports(&scenario(cluster, "", "2m"), |report| {
            for component in BOTH {
                assert_eq!(actors(report, component, 110_000).len(), active, "{}", component.name());
            }
            let held = report.leases.values().flatten().count();
            assert_eq!(held > 0, active == 1, "without election nobody writes a lease");
        });
    }
}

/// Precisely: a Lease in kube-system since 1.20, decided by resourceVersion: of two writers of the same version, one
/// gets a 409.
#[test]
fn c12_whoever_first_writes_the_record_leads() {
    clusters(&scenario(CLIENT_GO, "", "2m"), |cluster| {
        for component in BOTH {
            let (object, _) = cluster.object(Kind::Lease, "kube-system", component.name()).expect("a lease");
            let lease = object.lease().expect("a lease");
            let holder = lease.holder_identity.split_once('_').expect("host and UUID");
            assert_eq!(holder.0, acting_host(cluster, component), "the record names who acts");
            assert_eq!((holder.1.len(), lease.lease_transitions), (36, 0), "first holder: no transition yet");
            assert_eq!(cluster.history().leases[&component].iter().filter(|i| !i.what.is_empty()).count(), 1);
        }
    });
}

/// The lecture's own lock: the Endpoints object `kube-controller-manager`. Both write at once when it is free, with the same
/// version, and the API refuses one of them.
#[test]
fn c12_the_lock_may_be_an_endpoints_object() {
    let endpoints = r#""leaderElection":{"lock":"endpoints","renewal":"lecture"}"#;
    clusters(&scenario(endpoints, "", "2m"), |cluster| {
        let (object, _) = cluster.object(Kind::Endpoints, "kube-system", "kube-controller-manager").expect("the lock");
        let record = ha_lab::kube::election::Record::of(&object).expect("a record");
        assert!(record.holder_identity.starts_with(&acting_host(cluster, ControllerManager)));
        let acting = &cluster.history().acting[&ControllerManager];
        assert_eq!(acting.iter().filter(|i| i.to.is_none()).count(), 1, "one is active, the others are passive");
    });
}

/// Precisely: counted by each standby from when it last saw the record change; the record says for how long.
#[test]
fn c13_the_lock_is_held_for_the_lease_duration() {
    clusters(&scenario(CLIENT_GO, "", "2m"), |cluster| {
        for component in BOTH {
            let (object, _) = cluster.object(Kind::Lease, "kube-system", component.name()).expect("a lease");
            assert_eq!(object.lease().map(|l| l.lease_duration_seconds), Some(15));
            for (_, p) in cluster.topology().all(component.name()) {
                let candidate = cluster.world().machine(p).candidate().expect("it has begun");
                let free = candidate.observed_time() + SimDuration::from_secs(15);
                assert!(
                    candidate.is_leader() || candidate.free_at() == Some(ha_lab::kube::election::Expiry::Local(free))
                );
            }
        }
    });
    // Until it has expired, no standby takes over, however the holder ended.
    let script = r#"{"at":"60s","do":"power-off","target":{"leaderOf":"kube-controller-manager","as":"host"}}"#;
    for (cluster, least) in [("", 5_000), (CLIENT_GO, 12_950)] {
        reports(&scenario(cluster, script, "3m"), |report| {
            let took = takeovers(report, ControllerManager, 60_000);
            assert!(took[0] >= least, "{took:?}");
        });
    }
}

/// Returns the intervals between the writes of the record in a minute, in milliseconds.
fn renewals(renewal: Reading, seed: u64) -> Vec<u64> {
    let mut cluster = running(&config(seed, 3, renewal), secs(60));
    let (mut version, mut times) = (0, Vec::new());
    while cluster.now() < secs(121) {
        let next = cluster.now() + SimDuration::from_millis(10);
        cluster.run_until(next);
        let (_, now) = cluster.object(Kind::Lease, "kube-system", ControllerManager.name()).expect("a lease");
        if now != version {
            assert!(now > version, "a resourceVersion only grows");
            times.push(cluster.now().as_millis());
            version = now;
        }
    }
    times.windows(2).skip(1).map(|w| w[1] - w[0]).collect()
}

/// Precisely: the real code renews every retry period; the renew deadline is how long it keeps trying.
#[test]
fn c14_the_active_renews_every_10_s_in_the_lecture_and_every_2_s_in_truth() {
    for (renewal, period) in [(Reading::Lecture, 10_000), (Reading::ClientGo, 2_000)] {
        for seed in SEEDS {
            let gaps = renewals(renewal, seed);
            assert!(gaps.len() >= 4, "{gaps:?}");
            assert!(gaps.iter().all(|g| g.abs_diff(period) <= 40), "{renewal:?} seed {seed}: {gaps:?}");
        }
    }
    // After ten seconds without success it gives up and exits, although no other candidate holds the lease.
    let script = r#"{"at":"60s","do":"stop","target":{"leaderOf":"etcd"}},{"at":"60s","do":"stop","target":"master-1/kube-apiserver"},
        {"at":"60s","do":"stop","target":"master-2/kube-apiserver"},{"at":"60s","do":"stop","target":"master-3/kube-apiserver"}"#;
    reports(&scenario(CLIENT_GO, script, "2m"), |report| {
        let (_, _, to) = &actors(report, ControllerManager, 60_000)[0];
        assert!(to.is_some_and(|to| (68_000..=72_100).contains(&to)), "{to:?}");
    });
}

/// Precisely: standbys of the real code poll every 2.0 to 4.4 s, drawn at random each time.
#[test]
fn c15_a_standby_looks_every_2_s_in_the_lecture_and_with_jitter_in_truth() {
    for (renewal, most) in [(Reading::Lecture, 2_000), (Reading::ClientGo, 4_400)] {
        for seed in SEEDS {
            let mut cluster = running(&config(seed, 2, renewal), secs(60));
            let leads = acting_host(&cluster, Scheduler);
            let (_, standby) = cluster
                .topology()
                .all(Scheduler.name())
                .find(|(h, _)| cluster.topology().planned(*h).name != leads)
                .expect("a standby");
            let (mut attempts, mut at, mut gaps) = (0, None, Vec::new());
            while cluster.now() < secs(240) {
                let next = cluster.now() + SimDuration::from_millis(10);
                cluster.run_until(next);
                let now = cluster.world().machine(standby).candidate().expect("it runs").attempts();
                if now != attempts {
                    attempts = now;
                    gaps.extend(
                        at.replace(cluster.now()).map(|before: SimTime| cluster.now().since(before).as_millis()),
                    );
                }
            }
            let gaps = &gaps[1..];
            assert!(gaps.iter().all(|g| (1_980..=most + 40).contains(g)), "{renewal:?} seed {seed}: {gaps:?}");
            let spread = gaps.iter().max().unwrap_or(&0) - gaps.iter().min().unwrap_or(&0);
            assert_eq!(spread > 1_000, renewal == Reading::ClientGo, "{renewal:?} seed {seed}: {gaps:?}");
        }
    }
}

/// Precisely: 5 to 17 s in the lecture's model, 13 to 23.8 s in the real one. Distributions: tests/takeover.rs.
#[test]
fn c16_if_the_active_ones_master_crashes_another_leads() {
    let external = r#""etcd":{"topology":"external","members":3}"#;
    let script = r#"{"at":"67s","do":"power-off","target":{"leaderOf":"kube-controller-manager","as":"host"}}"#;
    for (cluster, bounds) in
        [(external.to_owned(), 5_000..=17_060), (format!("{external},{CLIENT_GO}"), 12_940..=23_860)]
    {
        reports(&scenario(&cluster, script, "3m"), |report| {
            let took = takeovers(report, ControllerManager, 67_000);
            assert_eq!(took.len(), 1);
            assert!(bounds.contains(&took[0]), "{took:?}");
            let after = actors(report, ControllerManager, 100_000);
            assert_eq!(after.len(), 1, "one leads from then on");
            let held = report.leases[ControllerManager.name()].last().map(|h| h.holder.clone());
            assert_eq!(held.as_deref(), Some(after[0].0.as_str()), "and the record names it");
        });
    }
}

/// Precisely: it also releases its lease on SIGTERM; the controller manager does not.
#[test]
fn c17_the_scheduler_does_the_same() {
    let end = |how: &str, of: &str| format!(r#"{{"at":"67s","do":"{how}","target":{{"leaderOf":"{of}"}}}}"#);
    let client_go = |script: &str| scenario(CLIENT_GO, script, "3m");
    for (script, component, bounds) in [
        (end("kill", "kube-scheduler"), Scheduler, 12_940..=23_860),
        (end("terminate", "kube-scheduler"), Scheduler, 0..=4_460),
        (end("terminate", "kube-controller-manager"), ControllerManager, 12_940..=23_860),
    ] {
        reports(&client_go(&script), |report| {
            let took = takeovers(report, component, 67_000);
            assert!(took.len() == 1 && bounds.contains(&took[0]), "{script}: {took:?}");
        });
    }
}
