//! Random faults on whole clusters: the invariants hold all the time and nothing panics. Once every fault is repaired, the
//! cluster recovers within a bound of simulated time. A failing seed is printed with its faults, without those that it
//! does not need.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::load::Load;
use crate::common::soak;
use crate::common::whole::{S, act, config, external, host, outages, process, running, unwell};
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{
    Act, Balance, Check, Config, EtcdServers, EtcdTopology, Kubeconfig, LbKind, LoadBalancer, LockKind, Reading,
    Target, Verb,
};
use ha_lab::cluster::topology::HostRole;
use ha_lab::kube::trace_event::Lane;
use ha_lab::sim::{Power, SimDuration, SimTime, Stream};

/// The times between which faults happen.
const CALM: SimTime = at_secs(40);
const MENDED: SimTime = at_secs(200);
/// The longest time from the last repair to a working cluster. A kubelet restarts a component that was killed repeatedly
/// after up to five minutes (crash back-off); a node whose kubelet was down needs less.
const RECOVERY: SimDuration = SimDuration::from_secs(420);
/// How long the healthy cluster is measured before the faults, in seconds.
const HEALTHY: u64 = 10;
/// The cluster must work for this many seconds to count as recovered. A client that dialled before the repair notices its
/// failure after 30 s, and a reflector waits for up to 60 s. A kube-proxy that receives its slices again before the kubelet
/// has reported its pods ready removes them from its rules until then.
const SETTLES: u64 = 120;
/// For this many seconds after that, the cluster must be as quiet as before the faults, and the app must not fail again. The load is
/// measured in stretches of [`STRETCH`], so that a heartbeat every ten seconds counts equally in each.
const OBSERVED: u64 = 180;
const STRETCH: u64 = 20;

const fn at_secs(seconds: u64) -> SimTime {
    SimTime(seconds * S)
}

type Plan = Vec<(SimTime, Act)>;

/// Draws a random fault. The laptop and the user keep their power, because the test judges what they see.
fn fault(cluster: &Cluster, chance: &mut Stream) -> Act {
    let hosts = &cluster.topology().hosts;
    let pick = |chance: &mut Stream, n: usize| chance.below(n as u64) as usize;
    let servers: Vec<_> = hosts.iter().filter(|h| !matches!(h.role, HostRole::Laptop | HostRole::User)).collect();
    let server = |chance: &mut Stream| servers[pick(chance, servers.len())];
    let any_process = |chance: &mut Stream| {
        let on = server(chance);
        // `node` represents the host itself; no process of it could be killed.
        let names: Vec<_> = on.processes.iter().map(|(n, _)| *n).filter(|n| *n != "node").collect();
        Target::Process { host: on.name.clone(), name: names[pick(chance, names.len())].to_owned() }
    };
    let two = |chance: &mut Stream| {
        let a = pick(chance, hosts.len());
        let b = (a + 1 + pick(chance, hosts.len() - 1)) % hosts.len();
        (hosts[a].name.clone(), hosts[b].name.clone())
    };
    let flags = |chance: &mut Stream| {
        let master = 1 + pick(chance, cluster.config().masters);
        let (name, flag, value) = [
            ("kube-apiserver", "--etcd-servers", "https://10.9.9.9:2379"),
            ("kube-controller-manager", "--leader-elect", "false"),
            ("kube-scheduler", "--leader-elect-lease-duration", "3s"),
            ("kube-controller-manager", "--leader-elect-resource-lock", "endpoints"),
        ][pick(chance, 4)];
        let target = Target::Process { host: format!("master-{master}"), name: name.to_owned() };
        Act::Flags { target, set: vec![(flag.to_owned(), value.to_owned())] }
    };
    match chance.below(26) {
        0 | 1 => Act::On(Verb::PowerOff, host(&server(chance).name)),
        2..=4 => Act::On(Verb::PowerOn, host(&server(chance).name)),
        5..=7 => Act::On(Verb::Kill, any_process(chance)),
        8 => Act::On(Verb::Terminate, any_process(chance)),
        9 => Act::On(Verb::Stop, any_process(chance)),
        10 => Act::On(Verb::Start, any_process(chance)),
        11 => Act::On(Verb::Pause, host(&server(chance).name)),
        12 => Act::On(Verb::Resume, host(&server(chance).name)),
        13 => Act::On(Verb::Pause, any_process(chance)),
        14 => Act::On(Verb::Resume, any_process(chance)),
        15 => {
            let mut groups = vec![Vec::new(), Vec::new()];
            for h in hosts {
                if let side @ 0..=1 = pick(chance, 3) {
                    groups[side].push(h.name.clone());
                }
            }
            Act::Partition { groups }
        }
        16 => {
            let (from, to) = two(chance);
            Act::Cut { from, to }
        }
        17 | 18 => Act::Link {
            between: two(chance),
            latency: Some(SimDuration::from_millis(chance.below(300))),
            jitter: Some(SimDuration::from_millis(chance.below(100))),
            loss_ppm: Some(chance.below(300_000) as u32),
        },
        19 => Act::Heal { between: None },
        20 => Act::Clock {
            target: host(&server(chance).name),
            rate_ppm: Some(500_000 + chance.below(1_500_000) as u32),
            offset_us: Some(chance.below(20 * S) as i64 - 10 * S as i64),
        },
        21 => Act::On(Verb::Kill, any_process(chance)),
        22 => Act::On(Verb::DeletePod, Target::Pod { deployment: "web".to_owned(), index: pick(chance, 3) }),
        23 | 24 => Act::On(Verb::CrashContainer, Target::Pod { deployment: "web".to_owned(), index: pick(chance, 3) }),
        _ => flags(chance),
    }
}

/// Returns the command lines that the cluster was built with.
fn mend_flags(cluster: &mut Cluster) {
    let topology = cluster.topology().clone();
    let election = cluster.config().election;
    let lock = if election.lock == LockKind::Leases { "leases" } else { "endpoints" };
    for name in ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
        for (host, process) in topology.all(name) {
            let local = cluster.config().etcd_servers == EtcdServers::Local;
            let servers = topology.all("etcd").filter(|(member, _)| !local || *member == host);
            let servers: Vec<_> = servers.map(|(host, _)| format!("https://{}:2379", topology.address(host))).collect();
            let right = [
                ("--etcd-servers", servers.join(",")),
                ("--leader-elect", election.enabled.to_string()),
                ("--leader-elect-lease-duration", election.lease_duration.to_string()),
                ("--leader-elect-resource-lock", lock.to_owned()),
            ];
            let values = ha_lab::cluster::flags::values(cluster.world().machine(process));
            let wrong = right.iter().filter(|(flag, value)| {
                let known = ha_lab::cluster::flags::known(name).contains(flag);
                known && !values.iter().any(|(name, now)| name == flag && now == value)
            });
            let set: Vec<_> = wrong.map(|(flag, value)| ((*flag).to_owned(), value.clone())).collect();
            if !set.is_empty() {
                let path = cluster.path(process);
                cluster.apply(&Act::Flags { target: self::process(&path), set }).expect("it was so");
            }
        }
    }
}

fn plan(cluster: &Cluster, seed: u64) -> Plan {
    let mut chance = Stream::new(seed, "faults");
    let count = 4 + chance.below(14);
    let mut plan: Plan =
        (0..count).map(|_| (SimTime(CALM.0 + chance.below(MENDED.0 - CALM.0)), fault(cluster, &mut chance))).collect();
    plan.sort_by_key(|(at, _)| *at);
    plan
}

/// Restores everything to the state in which it was built: power, processes, links, clocks.
fn mend(cluster: &mut Cluster) {
    cluster.apply(&Act::Heal { between: None }).expect("possible");
    mend_flags(cluster);
    for planned in cluster.topology().hosts.clone() {
        let name = planned.name.as_str();
        let id = cluster.topology().host(name).expect("planned");
        match cluster.world().host(id).power {
            Power::Off => cluster.apply(&Act::On(Verb::PowerOn, host(name))).expect("it is off"),
            Power::Paused => cluster.apply(&Act::On(Verb::Resume, host(name))).expect("it is paused"),
            Power::On => {}
        }
        let exact = Act::Clock { target: host(name), rate_ppm: Some(1_000_000), offset_us: Some(0) };
        cluster.apply(&exact).expect("possible");
        for (process, id) in planned.processes {
            let target = Target::Process { host: name.to_owned(), name: process.to_owned() };
            let slot = cluster.world().slot(id);
            let (paused, stopped) = (slot.paused, slot.stopped);
            if paused {
                cluster.apply(&Act::On(Verb::Resume, target.clone())).expect("it is paused");
            }
            if stopped {
                cluster.apply(&Act::On(Verb::Start, target)).expect("its host is on");
            }
        }
    }
}

/// Returns the failure, or the time at which everything worked again after the repair. With `afterwards` it also observes
/// the time after that.
fn run(config: &Config, plan: &Plan, afterwards: bool) -> Result<SimDuration, String> {
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut cluster = Cluster::new(config);
        cluster.run_until(SimTime(CALM.0 - HEALTHY * S));
        let healthy = Load::of(&mut cluster, HEALTHY);
        for (at, act) in plan {
            cluster.run_until(*at);
            let _ = cluster.apply(act); // a step that cannot be carried out is skipped, as in a scenario
        }
        cluster.run_until(MENDED);
        mend(&mut cluster);
        let mut wrong = None;
        while cluster.now() < MENDED + RECOVERY {
            go_on(&mut cluster, 5)?;
            wrong = unwell(&cluster);
            if wrong.is_none() {
                let at = cluster.now();
                if !afterwards {
                    return Ok(at.since(MENDED));
                }
                wrong = settles(&mut cluster)?;
                if wrong.is_none() {
                    return observe(&mut cluster, &healthy).map(|()| at.since(MENDED));
                }
            }
        }
        Err(wrong.unwrap_or_default())
    }));
    ended.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or("a panic".to_owned()))
    })
}

/// Runs for this many seconds.
fn go_on(cluster: &mut Cluster, seconds: u64) -> Result<(), String> {
    cluster.run_until(SimTime(cluster.now().0 + seconds * S));
    match cluster.invariants().broken() {
        Some(broken) => Err(format!("{} at {}: {}", broken.name, broken.at.0, broken.detail)),
        None => Ok(()),
    }
}

/// Returns whether the app failed after `from`.
fn failed_again(cluster: &Cluster, from: SimTime) -> Option<String> {
    let again = outages(cluster, Lane::AppServing, from);
    again.first().map(|first| format!("the app failed again at {} us, {} times", first.from.0, again.len()))
}

/// Waits until everything has worked for a while. Returns what failed again, if anything did.
fn settles(cluster: &mut Cluster) -> Result<Option<String>, String> {
    let from = cluster.now();
    for _ in 0..SETTLES / 5 {
        go_on(cluster, 5)?;
        let wrong = unwell(cluster).or_else(|| failed_again(cluster, from));
        if wrong.is_some() {
            return Ok(wrong);
        }
    }
    Ok(None)
}

/// Checks that a recovered cluster stays recovered: it is as quiet as it was before, and the app does not fail again.
fn observe(cluster: &mut Cluster, healthy: &Load) -> Result<(), String> {
    let recovered = cluster.now();
    for _ in 0..OBSERVED / STRETCH {
        let load = Load::of(cluster, STRETCH);
        go_on(cluster, 0)?;
        let wrong = load.beyond(healthy, cluster).or_else(|| failed_again(cluster, recovered));
        if let Some(wrong) = wrong.or_else(|| unwell(cluster)) {
            return Err(format!("{wrong}; that is {} after it had recovered", cluster.now().since(recovered)));
        }
    }
    Ok(())
}

/// Removes the faults that are not needed for the failure.
fn shrink(config: &Config, mut plan: Plan) -> (Plan, String) {
    let mut why = String::new();
    let mut index = 0;
    while index < plan.len() {
        let mut fewer = plan.clone();
        fewer.remove(index);
        match run(config, &fewer, true) {
            Err(wrong) => (plan, why) = (fewer, wrong),
            Ok(_) => index += 1,
        }
    }
    (plan, why)
}

fn check(name: &str, of: impl Fn(u64) -> Config, seeds: std::ops::Range<u64>) {
    let (mut failed, mut slowest) = (Vec::new(), (SimDuration::ZERO, 0));
    let (mut done, count) = (0, seeds.end - seeds.start);
    for seed in seeds.clone() {
        soak::progress(name, seed - seeds.start, &seeds);
        let config = of(seed);
        let plan = plan(&Cluster::new(&config), seed);
        // Every eighth seed in a run of the tests, and all seeds in a longer one.
        let afterwards = soak::times() > 1 || seed.is_multiple_of(8);
        match run(&config, &plan, afterwards) {
            Ok(took) => {
                done += plan.len();
                slowest = slowest.max((took, seed));
            }
            Err(wrong) => {
                let (fewer, again) = shrink(&config, plan);
                let lines: Vec<_> = fewer.iter().map(|(at, act)| format!("    {:>9} us  {act:?}", at.0)).collect();
                failed.push(format!("  seed {seed}: {wrong}\n  shrunk: {again}\n{}", lines.join("\n")));
            }
        }
    }
    println!("{name}: {count} clusters, {done} faults; the slowest recovery took {} (seed {})", slowest.0, slowest.1);
    assert!(failed.is_empty(), "{name}: {} failed\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn the_default_cluster_survives_anything_and_comes_back() {
    check("default", |seed| config(seed, 3, Reading::ClientGo), soak::seeds(0, 100));
}

#[test]
fn two_masters_come_back() {
    check("2 masters", |seed| config(seed, 2, Reading::Lecture), soak::seeds(1_000, 50));
}

#[test]
fn a_lone_master_comes_back() {
    check("1 master", |seed| config(seed, 1, Reading::ClientGo), soak::seeds(2_000, 50));
}

#[test]
fn external_etcd_comes_back() {
    check("external", |seed| external(config(seed, 2, Reading::Lecture)), soak::seeds(3_100, 50));
}

/// Includes the virtual IP address: the first of the pair has it again, or no client could reach an API server.
#[test]
fn two_load_balancers_come_back() {
    let pair = |seed: u64| {
        let mut config = config(seed, 3, Reading::ClientGo);
        let kind = if seed.is_multiple_of(2) { LbKind::Haproxy } else { LbKind::Nginx };
        config.load_balancer = config.load_balancer.map(|lb| LoadBalancer { kind, instances: 2, ..lb });
        config.election.lock = LockKind::Endpoints;
        config
    };
    check("2 load balancers", pair, soak::seeds(5_000, 50));
}

#[test]
fn five_masters_come_back() {
    check("5 masters", |seed| config(seed, 5, Reading::ClientGo), soak::seeds(4_000, 40));
}

/// A cluster of any kind: sizes, topologies, load balancers, both readings, both locks, and sometimes no election.
fn any(seed: u64) -> Config {
    let mut chance = Stream::new(seed, "cluster");
    let mut one_in = |n: u64| chance.below(n) == 0;
    let (external, local, no_balancer, nginx) = (one_in(3), one_in(4), one_in(4), one_in(3));
    let balancer = LoadBalancer {
        kind: if nginx { LbKind::Nginx } else { LbKind::Haproxy },
        instances: if one_in(3) { 2 } else { 1 },
        balance: if one_in(3) { Balance::LeastConn } else { Balance::RoundRobin },
        check: if nginx || one_in(3) { Check::Tcp } else { Check::Readyz },
        redispatch: !nginx && one_in(2),
    };
    let mut config = Config { seed, ..Config::default() };
    config.election.enabled = !one_in(6);
    config.election.renewal = if one_in(2) { Reading::Lecture } else { Reading::ClientGo };
    config.election.lock = if one_in(4) { LockKind::Endpoints } else { LockKind::Leases };
    config.masters = 1 + chance.below(5) as usize;
    config.workers = 1 + chance.below(4) as usize;
    config.deployments[0].replicas = 1 + chance.below(4) as u32;
    if external {
        config.etcd = EtcdTopology::External { members: 1 + 2 * chance.below(3) as usize };
    } else if local {
        config.etcd_servers = EtcdServers::Local;
    }
    config.load_balancer = (!no_balancer).then_some(balancer);
    if no_balancer {
        config.kubeconfig = Kubeconfig::Master(1 + chance.below(config.masters as u64) as usize);
    }
    config
}

#[test]
fn any_cluster_comes_back() {
    check("any", any, soak::seeds(6_000, 60));
}

/// Seeds of `any` that once failed, observed to the end: two controller managers without election left EndpointSlices
/// without an owner and with a dead address, or overwrote each other's slices forever.
#[test]
fn what_once_broke_any_cluster_does_not() {
    for seed in [47, 63, 226, 339, 467, 543].map(|seed| 6_000_000_000 + seed) {
        let config = any(seed);
        let plan = plan(&Cluster::new(&config), seed);
        if let Err(wrong) = run(&config, &plan, true) {
            panic!("seed {seed}: {wrong}");
        }
    }
}

/// Guards a kubelet that is informed of the end of a container before it has read its manifests.
#[test]
fn a_container_that_ends_while_its_kubelet_starts_is_started_again() {
    let mut cluster = running(&config(1, 2, Reading::ClientGo), at_secs(40));
    act(&mut cluster, Act::On(Verb::Stop, process("master-2/kubelet")));
    cluster.run_until(at_secs(45));
    act(&mut cluster, Act::On(Verb::Start, process("master-2/kubelet")));
    act(&mut cluster, Act::On(Verb::Kill, process("master-2/kube-scheduler")));
    cluster.run_until(at_secs(50));
    let host = cluster.topology().host("master-2").expect("planned");
    let scheduler = cluster.topology().process(host, "kube-scheduler").expect("planned");
    assert!(cluster.world().is_running(scheduler));
}
