//! The edge: load balancer, laptop and the app's user, against fake API servers and real nodes. FACTS 4.4, 6.1, 9.

use crate::common::small_world::*;
use ha_lab::edge::haproxy::{Balance, Check};
use ha_lab::edge::lane::LaneLog;
use ha_lab::kube::object::Kind;
use ha_lab::kube::trace_event::{Lane, TraceEvent};
use ha_lab::sim::{HostId, ProcId, SimDuration};

/// A fault of the first master.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Killed,
    Paused,
    PowerOff,
    /// Its `/readyz` answers 500.
    NotReady,
}

struct Balanced {
    small: Small,
    lb: HostId,
    haproxy: ProcId,
    laptop: ProcId,
}

impl Balanced {
    fn new(check: Check, redispatch: bool, balance: Balance) -> Self {
        let mut small = Small::new(3, 0);
        let lb = small.world.add_host("lb-1", secs(5));
        let desk = small.world.add_host("laptop", secs(5));
        let machine = haproxy(&small, check, redispatch, balance);
        let haproxy = small.world.add_process(lb, "haproxy", UNIT, Toy::Haproxy(machine));
        let laptop = small.world.add_process(desk, "kubectl", UNIT, Toy::Laptop(laptop(lb, &[])));
        small.world.boot_all();
        small.run(secs(20));
        Balanced { small, lb, haproxy, laptop }
    }

    fn strike(&mut self, fault: Fault) {
        let (api, host) = (self.small.apis[0], self.small.masters[0]);
        match fault {
            Fault::Killed => {
                self.small.world.stop(api);
                self.small.world.kill(api);
            }
            Fault::Paused => self.small.world.pause(api),
            Fault::PowerOff => self.small.world.power_off(host),
            Fault::NotReady => self.small.edit(0, |api| api.sick = true),
        }
    }

    fn mend(&mut self, fault: Fault) {
        let (api, host) = (self.small.apis[0], self.small.masters[0]);
        match fault {
            Fault::Killed => self.small.world.allow_start(api),
            Fault::Paused => self.small.world.resume(api),
            Fault::PowerOff => self.small.world.power_on(host),
            Fault::NotReady => self.small.edit(0, |api| api.sick = false),
        }
    }

    /// Returns when the load balancer changed a server's state since `from` (ms), and by which check.
    fn changes(&self, from: u64) -> Vec<(u64, bool, &'static str)> {
        let notes = self.small.notes().into_iter().filter(|(at, _)| *at >= from);
        notes.map(|(at, n)| (at - from, n)).filter_map(backend).collect()
    }

    fn lanes(&self) -> (&LaneLog, &LaneLog) {
        match self.small.world.machine(self.laptop) {
            Toy::Laptop(laptop) => (laptop.reads(), laptop.writes()),
            other => panic!("{other:?} is no laptop"),
        }
    }
}

fn backend((at, note): (u64, TraceEvent)) -> Option<(u64, bool, &'static str)> {
    match note {
        TraceEvent::Backend { up, check, .. } => Some((at, up, check)),
        _ => None,
    }
}

/// Checks one fault, repaired after 30 s: the check that finds it, and bounds in ms for DOWN and, after the repair, for UP.
fn check(kind: Check, fault: Fault, label: &str, down: (u64, u64), up: (u64, u64)) {
    let mut b = Balanced::new(kind, false, Balance::RoundRobin);
    b.small.run(SimDuration::from_millis(777));
    let struck = b.small.world.now().as_millis();
    b.strike(fault);
    b.small.run(secs(30));
    b.mend(fault);
    b.small.run(secs(30));
    let changes = b.changes(struck);
    assert_eq!(changes.len(), 2, "{fault:?} {changes:?}");
    let (at, is_up, result) = changes[0];
    assert!((down.0..=down.1).contains(&at) && !is_up && result == label, "{fault:?} {changes:?}");
    let (at, is_up, _) = changes[1];
    assert!((30_000 + up.0..=30_000 + up.1).contains(&at) && is_up, "{fault:?} {changes:?}");
}

/// Guards FACTS 6.1 and 9: how long HAProxy takes to notice each fault (fall 3) and its end (rise 2), and by which check.
#[test]
fn health_checks_find_each_fault_in_its_time() {
    let up = (2_000, 4_100);
    check(Check::Readyz, Fault::Killed, "L4CON", (4_000, 6_000), up);
    check(Check::Tcp, Fault::Killed, "L4CON", (4_000, 6_000), up);
    check(Check::Readyz, Fault::NotReady, "L7STS", (4_000, 6_100), up);
    // A check without an answer takes 2 s itself.
    check(Check::Readyz, Fault::Paused, "L6TOUT", (10_000, 12_000), (2_000, 6_000));
    check(Check::Readyz, Fault::PowerOff, "L4TOUT", (10_000, 12_000), (7_000, 13_000));
    check(Check::Tcp, Fault::PowerOff, "L4TOUT", (10_000, 12_000), (7_000, 13_000));
}

/// Guards that a port which still accepts looks healthy to a TCP check.
#[test]
fn a_tcp_check_does_not_see_what_is_behind_the_port() {
    for fault in [Fault::NotReady, Fault::Paused] {
        let mut b = Balanced::new(Check::Tcp, false, Balance::RoundRobin);
        b.strike(fault);
        b.small.run(secs(30));
        assert_eq!(b.changes(0), [], "{fault:?}");
    }
}

/// Returns how many of the laptop's 40 probes failed during a fault of 20 s.
fn failures(fault: Fault, redispatch: bool, balance: Balance) -> u64 {
    let mut b = Balanced::new(Check::Readyz, redispatch, balance);
    b.strike(fault);
    b.small.run(secs(25));
    let (reads, writes) = b.lanes();
    assert!(reads.state().is_some_and(|(ok, _)| ok), "{fault:?} {}", reads.last_error());
    reads.counters().1 + writes.counters().1
}

/// Guards FACTS 9: while a dead server is still UP, one in three new connections fails; with redispatch none fails.
#[test]
fn one_connection_in_three_fails_until_the_server_is_down() {
    let rr = Balance::RoundRobin;
    let killed = failures(Fault::Killed, false, rr);
    assert!((2..=5).contains(&killed), "{killed}");
    assert_eq!(failures(Fault::Killed, true, rr), 0);
    let off = failures(Fault::PowerOff, false, rr);
    assert!((5..=10).contains(&off), "{off}");
    let paused = failures(Fault::Paused, true, rr);
    assert!((5..=10).contains(&paused), "redispatch does not help where TCP connects: {paused}");
    assert!(failures(Fault::NotReady, false, rr) == 0, "a server that only says it is not ready still serves");
    assert!(failures(Fault::Killed, false, Balance::LeastConn) > 0);
}

/// Guards FACTS 4.4: the errors on the laptop when there is no API server, and when there is no load balancer.
#[test]
fn the_laptop_says_what_kubectl_would() {
    let mut b = Balanced::new(Check::Readyz, false, Balance::RoundRobin);
    for api in b.small.apis.clone() {
        b.small.world.stop(api);
        b.small.world.kill(api);
    }
    b.small.run(secs(12));
    // A POST or PATCH is not retried, so its failure is seen at once. A GET is retried until the laptop gives up.
    assert_eq!(b.lanes().1.last_error(), "Unable to connect to the server: EOF");
    // As in golden/4.
    assert_eq!(b.lanes().0.last_error(), "Unable to connect to the server: context deadline exceeded");
    b.small.world.stop(b.haproxy);
    b.small.world.kill(b.haproxy);
    b.small.run(secs(3));
    let refused = "The connection to the server 10.0.0.10:6443 was refused - did you specify the right host or port?";
    assert_eq!((b.lanes().0.last_error(), b.lanes().1.last_error()), (refused, refused));
    assert!(b.lanes().0.state().is_some_and(|(ok, _)| !ok));
}

/// Guards that a lane's change has the time of the request that showed it, and leads back to the act.
#[test]
fn a_lane_changes_once_and_says_why() {
    let mut b = Balanced::new(Check::Readyz, false, Balance::RoundRobin);
    let struck = b.small.world.now();
    b.small.world.power_off(b.lb);
    b.small.run(secs(10));
    let notes: Vec<_> = b.small.world.trace().notes_from(0).filter(|n| n.at >= struck).cloned().collect();
    let mut lanes: Vec<_> = notes
        .iter()
        .filter_map(|n| match &n.what {
            TraceEvent::Lane { lane, since, ok: false, .. } => Some((*lane, since.since(struck) <= secs(1), n.because)),
            _ => None,
        })
        .collect();
    lanes.sort_unstable();
    let power_off = notes[0].id;
    assert_eq!(lanes, [(Lane::ApiWritable, true, power_off), (Lane::ApiReadable, true, power_off)]);
}

/// Guards that the laptop applies its deployments and the service once, however long the API is down.
#[test]
fn what_is_to_run_is_applied_once_the_api_answers() {
    let mut small = Small::new(1, 0);
    let desk = small.world.add_host("laptop", secs(5));
    let machine = laptop(small.masters[0], &["web", "shop"]);
    small.world.add_process(desk, "kubectl", UNIT, Toy::Laptop(machine));
    let api = small.apis[0];
    small.world.boot_all();
    small.world.stop(api);
    small.world.kill(api);
    small.run(secs(8));
    assert_eq!(small.api(0).objects.len(), 1);
    small.world.allow_start(api);
    small.run(secs(4));
    let keys: Vec<_> = small.api(0).objects.keys().map(|k| &**k).collect();
    let wanted = [
        "/registry/deployments/default/shop",
        "/registry/deployments/default/web",
        "/registry/namespaces/default",
        "/registry/services/specs/default/web",
    ];
    assert_eq!(keys, wanted);
}

/// A user, and workers with one pod each behind the service.
fn with_user(workers: usize) -> (Small, ProcId) {
    let mut small = Small::new(1, workers);
    let desk = small.world.add_host("user", secs(5));
    let machine = user(&small);
    let user = small.world.add_process(desk, "user", UNIT, Toy::User(machine));
    small.world.boot_all();
    small.run(secs(3));
    small.put(0, service("web"));
    expose(&mut small, workers);
    (small, user)
}

/// Pods on the first `count` workers, and endpoints for just these.
fn expose(small: &mut Small, count: usize) {
    let name = |i: usize| (format!("web-{}", i + 1), format!("worker-{}", i + 1));
    let mut endpoints = Vec::new();
    for (pod_name, node) in (0..count).map(name) {
        let key = Kind::Pod.key("default", &pod_name);
        let known = small.api(0).objects.get(&key).cloned();
        let stored = known.unwrap_or_else(|| small.put(0, pod(&pod_name, &node)));
        endpoints.push((pod_name, stored.object.meta.uid, node));
    }
    small.run(secs(2));
    let listed: Vec<_> = endpoints.iter().map(|(p, uid, n)| (p.as_str(), *uid, n.as_str())).collect();
    small.put(0, slice("web", &listed));
    small.run(secs(2));
}

fn counters(small: &Small, user: ProcId) -> (u64, u64) {
    match small.world.machine(user) {
        Toy::User(user) => user.lane().counters(),
        other => panic!("{other:?} is no user"),
    }
}

/// Returns the numbers of requests in the next `span` that succeeded and that failed.
fn during(small: &mut Small, user: ProcId, span: SimDuration) -> (u64, u64) {
    let before = counters(small, user);
    small.run(span);
    let after = counters(small, user);
    (after.0 - before.0, after.1 - before.1)
}

/// Guards that users reach any pod through any worker, four times a second.
#[test]
fn users_are_answered_by_pods_on_all_workers() {
    let (mut small, user) = with_user(3);
    assert_eq!(during(&mut small, user, secs(60)), (240, 0));
    for worker in 0..3 {
        assert!(small.node(worker).app_counters().0 > 40, "worker {worker}: {:?}", small.node(worker).app_counters());
    }
}

/// Guards FACTS 3.7: the app is served with no API server, no kubelet and no kube-proxy.
#[test]
fn the_app_is_served_without_a_control_plane() {
    let (mut small, user) = with_user(3);
    let everything: Vec<_> = [&small.apis, &small.kubelets, &small.proxies].into_iter().flatten().copied().collect();
    for process in everything {
        small.world.stop(process);
        small.world.kill(process);
    }
    assert_eq!(during(&mut small, user, secs(60)), (240, 0));
}

/// Guards that with stale rules requests fail if their retries draw the dead worker again, and that new rules
/// end that.
#[test]
fn a_dead_worker_stays_in_the_rules_until_kube_proxy_hears_of_it() {
    let (mut small, user) = with_user(3);
    let host = small.workers[2];
    small.world.power_off(host);
    let (ok, failed) = during(&mut small, user, secs(60));
    assert!(ok > 200 && (1..40).contains(&failed), "{ok} {failed}");
    expose(&mut small, 2);
    small.run(secs(5));
    assert_eq!(during(&mut small, user, secs(30)), (120, 0));
}

/// Guards that no worker answers when no endpoint is left, and that users notice.
#[test]
fn without_endpoints_connections_are_refused() {
    let (mut small, user) = with_user(2);
    expose(&mut small, 0);
    let (ok, failed) = during(&mut small, user, secs(10));
    assert_eq!((ok, failed), (0, 40));
    let Toy::User(user) = small.world.machine(user) else { panic!("a user") };
    assert!(user.lane().last_error().ends_with("connection refused"), "{}", user.lane().last_error());
}
