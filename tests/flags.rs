//! Changed command lines: the kubelet restarts the component with them. The component follows them, or logs why it does not
//! start (FACTS 1.1, 3.5, 4.3).

use crate::common::whole::*;
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Reading, Verb};
use ha_lab::kube::election::Component::{self, ControllerManager};
use ha_lab::kube::object::Kind;
use ha_lab::kube::trace_event::{Lane, TraceEvent};
use ha_lab::sim::SimDuration;

fn calm(seed: u64) -> Cluster {
    running(&config(seed, 3, Reading::ClientGo), secs(60))
}

fn flags(cluster: &mut Cluster, path: &str, set: &[(&str, &str)]) {
    let set = set.iter().map(|(flag, value)| ((*flag).to_owned(), (*value).to_owned())).collect();
    act(cluster, Act::Flags { target: process(path), set });
}

fn pass(cluster: &mut Cluster, seconds: u64) {
    let until = cluster.now() + SimDuration::from_secs(seconds);
    cluster.run_until(until);
}

fn acting(cluster: &Cluster, component: Component) -> usize {
    let all = cluster.topology().all(component.name());
    all.filter(|(_, p)| {
        cluster.world().is_running(*p) && cluster.world().machine(*p).candidate().is_some_and(|c| c.is_acting())
    })
    .count()
}

/// Returns a master whose component is a standby.
fn standby(cluster: &Cluster, component: Component) -> String {
    let leads = acting_host(cluster, component);
    let other = (1..=3).map(|m| format!("master-{m}")).find(|m| *m != leads).expect("a standby");
    format!("{other}/{}", component.name())
}

/// Returns the log of a process, without its first minute.
fn logged(cluster: &Cluster, path: &str) -> Vec<String> {
    let lines = notes(cluster, secs(60), |n| matches!(n.what, TraceEvent::Log(_)));
    let own = lines.filter(|n| n.process.is_some_and(|p| cluster.path(p) == path));
    own.filter_map(|n| if let TraceEvent::Log(text) = &n.what { Some(text.to_string()) } else { None }).collect()
}

fn restarts(cluster: &Cluster, path: &str) -> u32 {
    let (host, name) = path.split_once('/').expect("host/process");
    let host = cluster.topology().host(host).expect("planned");
    cluster.world().slot(cluster.topology().process(host, name).expect("planned")).incarnation - 1
}

/// Guards that a component without election acts beside the leader, and creates its own pods.
#[test]
fn without_leader_elect_it_acts_at_once() {
    let mut cluster = calm(1);
    let path = standby(&cluster, ControllerManager);
    flags(&mut cluster, &path, &[("--leader-elect", "false")]);
    pass(&mut cluster, 10);
    assert_eq!(acting(&cluster, ControllerManager), 2);
    // New timings from the page do not change that.
    let secs = SimDuration::from_secs;
    let (lease_duration, renew_deadline, retry_period) = (secs(20), secs(12), secs(3));
    act(&mut cluster, Act::Timings { lease_duration, renew_deadline, retry_period });
    act(&mut cluster, Act::On(Verb::Kill, process(&path)));
    pass(&mut cluster, 10);
    assert_eq!(acting(&cluster, ControllerManager), 2);
    flags(&mut cluster, &path, &[("--leader-elect", "true")]);
    pass(&mut cluster, 10);
    assert_eq!(acting(&cluster, ControllerManager), 1);
}

/// Guards that timings which the component refuses make it exit, with its own text, and make its container crash-loop while the
/// others continue; and that a corrected manifest is another pod, without back-off.
#[test]
fn timings_that_it_refuses_make_it_crash_loop() {
    let rows = [
        (("--leader-elect-lease-duration", "10s"), "leaseDuration must be greater than renewDeadline"),
        (("--leader-elect-retry-period", "9s"), "renewDeadline must be greater than retryPeriod*JitterFactor"),
        (("--leader-elect-retry-period", "0"), "retryPeriod must be greater than zero"),
    ];
    for (flag, text) in rows {
        let mut cluster = calm(2);
        let path = standby(&cluster, ControllerManager);
        flags(&mut cluster, &path, &[flag]);
        pass(&mut cluster, 120);
        let said = logged(&cluster, &path).iter().filter(|line| *line == text).count();
        // Twice at once, then after 10, 20, 40 s.
        assert!((4..=6).contains(&said), "{text}: {said} times");
        assert_eq!(acting(&cluster, ControllerManager), 1);
        assert_eq!(unwell(&cluster), None);
        flags(&mut cluster, &path, &[(flag.0, if flag.0.contains("lease") { "15s" } else { "2s" })]);
        let before = restarts(&cluster, &path);
        pass(&mut cluster, 60);
        assert_eq!(restarts(&cluster, &path), before + 1, "{text}");
    }
}

/// Guards that candidates with different locks do not see each other.
#[test]
fn two_locks_have_two_leaders() {
    let mut cluster = calm(3);
    let path = standby(&cluster, ControllerManager);
    flags(&mut cluster, &path, &[("--leader-elect-resource-lock", "endpoints")]);
    pass(&mut cluster, 120);
    assert_eq!(acting(&cluster, ControllerManager), 2);
    assert!(cluster.object(Kind::Lease, "kube-system", ControllerManager.name()).is_some());
    assert!(cluster.object(Kind::Endpoints, "kube-system", ControllerManager.name()).is_some());
    assert_eq!(cluster.invariants().broken(), None);
}

/// Runs one API server with another `--etcd-servers`. Returns whether it serves, and its log if it does not.
fn check_servers(list: &str, serves: bool) {
    let mut cluster = calm(4);
    flags(&mut cluster, "master-1/kube-apiserver", &[("--etcd-servers", list)]);
    pass(&mut cluster, 100);
    let host = cluster.topology().host("master-1").expect("planned");
    let server = cluster.topology().process(host, "kube-apiserver").expect("planned");
    let ready = cluster.world().slot(server).up
        && cluster.world().machine(server).api_server().is_some_and(|a| a.readyz().0 == Some(true));
    assert_eq!(ready, serves, "{list}");
    let text = "Error creating leases: error creating storage factory: context deadline exceeded";
    let said = logged(&cluster, "master-1/kube-apiserver").iter().filter(|line| *line == text).count();
    assert_eq!(said >= 2, !serves, "{list}: said {said} times");
    let (_, lb) = cluster.topology().all("haproxy").next().expect("a load balancer");
    let up = cluster.world().machine(lb).backends().iter().filter(|b| b.up).count();
    assert_eq!(up, if serves { 3 } else { 2 }, "{list}");
    // The others serve; only this master's candidates have no API server.
    assert!(works(&cluster, Lane::ApiReadable) && works(&cluster, Lane::ApiWritable), "{list}");
    if !serves {
        flags(&mut cluster, "master-1/kube-apiserver", &[("--etcd-servers", "https://10.0.1.1:2379")]);
        pass(&mut cluster, 60);
        assert_eq!(unwell(&cluster), None);
    }
}

/// Guards the effect of each kind of wrong list: a wrong port, a host without etcd, an address that no host has; and
/// that one right entry is enough.
#[test]
fn an_api_server_needs_one_right_etcd_server() {
    check_servers("https://10.0.1.1:2399", false);
    check_servers("https://worker-1:2379", false);
    check_servers("https://10.9.9.9:2379,http://nobody:2379", false);
    check_servers("https://10.9.9.9:2379,https://worker-1:2379,https://master-3:2379", true);
}

/// Guards that a low limit of requests in flight holds.
#[test]
fn limits_of_the_api_server_are_its_own() {
    let mut cluster = calm(5);
    let set = [("--max-requests-inflight", "0"), ("--max-mutating-requests-inflight", "0")];
    flags(&mut cluster, "master-1/kube-apiserver", &set);
    pass(&mut cluster, 30);
    let outages =
        outages(&cluster, Lane::ApiReadable, secs(60)).len() + outages(&cluster, Lane::ApiWritable, secs(60)).len();
    assert!(outages > 0, "every third request is refused");
}
