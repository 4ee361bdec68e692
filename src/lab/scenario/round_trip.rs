//! Tests that what is written can be read back.

use proptest::prelude::*;

use super::*;
use crate::cluster::config::Verb;

pub(crate) fn span(most: u64) -> impl Strategy<Value = Span> {
    prop_oneof![0..most, (0..most / 1_000_000).prop_map(|s| s * 1_000_000)].prop_map(|us| Span(SimDuration(us)))
}

pub(crate) fn any_cluster() -> impl Strategy<Value = Cluster> {
    let etcd = (any::<bool>(), 1..=7usize, any::<bool>());
    let lb = proptest::option::of((any::<[bool; 4]>(), 1..=2usize));
    let election = (any::<[bool; 3]>(), span(1_000_000_000));
    let deployments = proptest::collection::btree_map("[a-z0-9]{1,10}(-[a-z]{1,9})?", 0..100u32, 0..5);
    (1..=7usize, 0..50usize, etcd, lb, 0..=7usize, election, deployments).prop_map(
        |(masters, workers, etcd, lb, kubeconfig, (flags, timing), deployments)| {
            let pick = |b, yes, no| if b { yes } else { no };
            let load_balancer = lb.map(|(b, instances)| Balancer {
                kind: if b[0] { Kind::Haproxy } else { Kind::Nginx }, // which has neither readyz nor redispatch
                instances,
                balance: if b[1] { Algorithm::RoundRobin } else { Algorithm::LeastConn },
                check: if b[2] || !b[0] { HealthCheck::Tcp } else { HealthCheck::Readyz },
                redispatch: b[3] && b[0],
            });
            let (external, members, local) = etcd;
            let lowest = usize::from(load_balancer.is_none());
            Cluster {
                masters,
                workers,
                etcd: Etcd {
                    topology: if external { Topology::External } else { Topology::Stacked },
                    members: pick(external, members, masters),
                    servers: if local && !external { Servers::Local } else { Servers::All },
                },
                load_balancer,
                kubeconfig: match kubeconfig.min(masters).max(lowest) {
                    0 => "load-balancer".to_owned(),
                    n => format!("master-{n}"),
                },
                leader_election: LeaderElection {
                    enabled: flags[0],
                    renewal: if flags[1] { Reading::Lecture } else { Reading::ClientGo },
                    lock: if flags[2] { Lock::Leases } else { Lock::Endpoints },
                    lease_duration: Span(timing.0.scale(3, 1) + SimDuration(9)),
                    renew_deadline: Span(timing.0.scale(2, 1) + SimDuration(3)),
                    retry_period: Span(timing.0 + SimDuration(1)),
                },
                deployments: deployments.into_iter().map(|(name, replicas)| Deployment { name, replicas }).collect(),
            }
        },
    )
}

pub(crate) fn any_action() -> impl Strategy<Value = Action> {
    let name = |s: &str| s.to_owned();
    let host = prop_oneof![Just("laptop"), Just("master-1")].prop_map(|s| TargetRef::Name(s.to_owned()));
    let process = Just(TargetRef::Name("master-1/kube-apiserver".to_owned()));
    let elected = prop_oneof![Just(Elected::KubeControllerManager), Just(Elected::KubeScheduler), Just(Elected::Etcd)];
    let leader = move |r#as: As| elected.clone().prop_map(move |leader_of| TargetRef::Leader { leader_of, r#as });
    let host = prop_oneof![host, leader(As::Host)];
    let process = prop_oneof![process, leader(As::Process)];
    let either = prop_oneof![host.clone(), process.clone()];
    let offset = -600_000_000_000..600_000_000_000i64;
    let pair = move || (name("laptop"), name("master-1"));
    let partition = Action::Partition { groups: vec![vec![name("laptop")], vec![name("master-1")]] };
    prop_oneof![
        host.clone().prop_map(|target| Action::On { verb: Verb::PowerOff, target }),
        host.clone().prop_map(|target| Action::On { verb: Verb::PowerOn, target }),
        process.clone().prop_map(|target| Action::On { verb: Verb::Kill, target }),
        process.clone().prop_map(|target| Action::On { verb: Verb::Terminate, target }),
        process.clone().prop_map(|target| Action::On { verb: Verb::Stop, target }),
        process.clone().prop_map(|target| Action::On { verb: Verb::Start, target }),
        either.clone().prop_map(|target| Action::On { verb: Verb::Pause, target }),
        either.prop_map(|target| Action::On { verb: Verb::Resume, target }),
        (host, 10_000..100_000_000u32, proptest::option::of(offset)).prop_map(|(target, rate, offset)| Action::Clock {
            target,
            rate: Some(Millionths(rate)),
            offset: offset.map(Offset),
        }),
        Just(partition),
        Just(Action::Cut { from: name("laptop"), to: name("master-1") }),
        (proptest::option::of(span(600_000_000)), 0..=1_000_000u32).prop_map(move |(latency, loss)| Action::Link {
            between: pair(),
            latency,
            jitter: None,
            loss: Some(Millionths(loss)),
        }),
        any::<bool>().prop_map(move |all| Action::Heal { between: (!all).then(pair) }),
        Just(Action::Kubectl { args: vec![name("get"), name("pods"), name("-lapp=x")], mistaken: false }),
        Just(Action::Kubectl { args: vec![name("frobnicate")], mistaken: true }),
        Just(Action::Etcdctl { args: vec![name("get")], mistaken: true }),
        Just(Action::On { verb: Verb::DeletePod, target: TargetRef::NamedPod { pod: name("web-6d4b-x2x9k") } }),
        Just(Action::On { verb: Verb::CrashContainer, target: TargetRef::NamedPod { pod: "x".repeat(253) } }),
        span(28_000_000_000).prop_map(|s| Action::Timings {
            lease_duration: Span(s.0.scale(3, 1) + SimDuration(2)),
            renew_deadline: Span(s.0 + SimDuration(1)),
            retry_period: Span(s.0 + SimDuration(1)),
        }),
        Just(Action::Renewal { renewal: Reading::ClientGo }),
        Just(Action::Renewal { renewal: Reading::Lecture }),
        Just(Action::Flags {
            target: TargetRef::Name(name("master-1/kube-apiserver")),
            set: [(name("--event-ttl"), name("4m"))].into_iter().collect(),
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(
        name in "[^\\p{Cc}]{0,50}",
        seed: u64,
        cluster in any_cluster(),
        steps in proptest::collection::vec((span(600_000_000), any_action()), 0..10),
    ) {
        let script = steps.into_iter().map(|(at, action)| Step { at, action }).collect();
        let until = Span(SimDuration::from_secs(600));
        let scenario = Scenario { name, seed, cluster, script, until };
        let json = scenario.to_json();
        for step in &scenario.script {
            prop_assert_eq!(&Action::of(&step.action.act()), &step.action);
            prop_assert_eq!(step.check(&scenario.config(seed)), Ok(()));
        }
        let back = parse(&json);
        prop_assert_eq!(back.as_ref().map_err(ToString::to_string), Ok(&scenario), "{}", json);
    }

    #[test]
    fn anything_cut_short_is_refused_and_nothing_panics(at in 0..2_000usize, junk in ".{0,3}") {
        let s = Scenario { script: vec![Step { at: Span(SimDuration(1_000)), action: Action::Heal { between: None } }], ..Scenario::default() };
        let json = s.to_json();
        let at = at % json.len();
        prop_assert!(Scenario::parse(&json[..at]).is_err());
        let _ = Scenario::parse(&format!("{}{junk}{}", &json[..at], &json[at..]));
    }
}
