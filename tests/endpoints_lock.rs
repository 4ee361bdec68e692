//! The lecture's lock: an annotation of an Endpoints object (`--leader-elect-resource-lock=endpoints`, FACTS 0 and 1.6), in
//! both readings.

use crate::common::whole::*;
use ha_lab::cluster::config::{Act, Config, LockKind, Reading, Verb};
use ha_lab::kube::election::ANNOTATION;
use ha_lab::kube::object::Kind;
use ha_lab::sim::SimDuration;

const READINGS: [Reading; 2] = [Reading::Lecture, Reading::ClientGo];

fn locked(seed: u64, renewal: Reading) -> Config {
    let mut config = config(seed, 3, renewal);
    config.election.lock = LockKind::Endpoints;
    config
}

/// Guards where the record is and how it is written; that there is no Lease and no address; and that the Event is
/// about the Endpoints object.
#[test]
fn the_record_is_an_annotation_of_an_endpoints_object() {
    for renewal in READINGS {
        let cluster = running(&locked(1, renewal), secs(90));
        for component in BOTH {
            let name = component.name();
            assert_eq!(cluster.object(Kind::Lease, "kube-system", name), None);
            let (object, version) = cluster.object(Kind::Endpoints, "kube-system", name).expect("the lock");
            assert!(object.endpoints().expect("Endpoints").addresses.is_empty());
            let text = object.meta.annotations.get(ANNOTATION).expect("the annotation");
            let holder = acting_host(&cluster, component);
            let start = format!("{{\"holderIdentity\":\"{holder}_");
            assert!(text.starts_with(&start), "{text}");
            assert!(text.contains("\",\"leaseDurationSeconds\":15,\"acquireTime\":\"2026-01-01T00:00:"), "{text}");
            assert!(text.contains(",\"renewTime\":\"2026-01-01T00:01:2"), "{text}");
            assert!(text.ends_with("Z\",\"leaderTransitions\":0}"), "{text}");
            let (record, same) = cluster.lock_record(component).expect("a record");
            assert_eq!((record.leader_transitions, same), (0, version));
            let about = |o: &ha_lab::kube::object::Object| {
                o.event().is_some_and(|e| e.involved_kind == Kind::Endpoints && &*e.involved_name == name)
            };
            let events = cluster.objects(Kind::Event);
            let event = events.iter().find(|o| about(o)).and_then(|o| o.event()).expect("an Event on the lock");
            assert!(event.reason == "LeaderElection" && event.message.ends_with("became leader"), "{event:?}");
        }
        assert_eq!(unwell(&cluster), None);
    }
}

/// Guards that the lock works as the Lease does: no candidate takes it before it has expired, one has it afterwards, and each change of
/// holder counts. The record's times are truncated to whole seconds, so the lecture's standby may see the expiry a second early.
#[test]
fn it_is_taken_over_as_a_lease_is() {
    for (renewal, bounds) in [(Reading::Lecture, 4_000..=17_060), (Reading::ClientGo, 12_940..=23_860)] {
        for seed in 0..8 {
            let mut cluster = running(&locked(seed, renewal), secs(60 + seed));
            for component in BOTH {
                let kubelet = process(&format!("{}/kubelet", acting_host(&cluster, component)));
                act(&mut cluster, Act::On(Verb::Stop, kubelet));
                act(&mut cluster, Act::On(Verb::Kill, leader(leader_of(component))));
            }
            cluster.run_until(secs(100 + seed));
            for component in BOTH {
                let took = cluster.history().takeovers.iter().find(|t| t.component == component).expect("a takeover");
                let took = took.gained.since(secs(60 + seed)).as_millis();
                assert!(bounds.contains(&took), "{renewal:?} seed {seed}: {} after {took} ms", component.name());
                let (record, _) = cluster.lock_record(component).expect("a record");
                assert_eq!(record.leader_transitions, 1);
                assert!(record.holder_identity.starts_with(&acting_host(&cluster, component)));
            }
            sound(&cluster, seed);
        }
    }
}

/// Guards the cost that Leases were introduced to avoid: each renewal of either component changes an Endpoints object, and
/// every watcher of Endpoints receives it.
#[test]
fn all_who_watch_endpoints_are_told_of_each_renewal() {
    let told = |lock: LockKind| {
        let mut config = locked(1, Reading::ClientGo);
        config.election.lock = lock;
        let mut cluster = running(&config, secs(60));
        let version = |c: &ha_lab::cluster::Cluster| {
            let all = c.objects(Kind::Endpoints).into_iter().filter(|o| &*o.meta.namespace == "kube-system");
            all.filter_map(|o| c.object(Kind::Endpoints, "kube-system", &o.meta.name)).map(|(_, v)| v).max()
        };
        let mut changes = 0;
        let mut last = version(&cluster);
        while cluster.now() < secs(80) {
            let next = cluster.now() + SimDuration::from_millis(50);
            cluster.run_until(next);
            let now = version(&cluster);
            changes += usize::from(now != last);
            last = now;
        }
        changes
    };
    assert_eq!(told(LockKind::Leases), 0);
    assert!((16..=22).contains(&told(LockKind::Endpoints)), "two components, every 2 s for 20 s");
}
