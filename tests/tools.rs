//! Compares the output of the simulated kubectl and etcdctl line by line with recorded output of the real tools on a real cluster
//! (`tests/golden/tools`). `NOT_LIKE_IT` lists the differences, each with its reason. The list is
//! exact: the test also fails if a listed command agrees.

mod filter;
mod layout;
mod not_like_it;
mod shell;

use std::path::Path;

use crate::common::whole;
use filter::filter;
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Config, DeploymentConfig, Reading, Verb};
use ha_lab::console::time;
use ha_lab::sim::{SimDuration, WallTime};
use not_like_it::NOT_LIKE_IT;
use shell::{Out, Shell};

/// One recorded command.
struct Recorded {
    /// `1-healthy.txt:24`
    place: String,
    command: String,
    out: Out,
    /// Lines between the previous command and this one: what was done in between.
    before: Vec<String>,
}

fn read(file: &str) -> Vec<Recorded> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tools").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut all: Vec<Recorded> = Vec::new();
    let (mut open, mut between) = (false, Vec::new());
    for (number, line) in text.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ").filter(|_| !open) {
            let place = format!("{file}:{}", number + 1);
            let (command, before) = (command.to_owned(), std::mem::take(&mut between));
            all.push(Recorded { place, command, out: Out::default(), before });
            open = true;
            continue;
        }
        let Some(last) = all.last_mut().filter(|_| open) else {
            between.push(line.to_owned());
            continue;
        };
        let (printed, end) = match line.rfind("[exit ") {
            Some(at) => (&line[..at], Some(&line[at + 6..])),
            None => (line, None),
        };
        if let Some(error) = printed.strip_prefix("2> ") {
            last.out.stderr += &format!("{error}\n");
        } else if end.is_none() {
            last.out.stdout += &format!("{printed}\n");
        } else {
            last.out.stdout += printed;
        }
        if let Some(end) = end {
            let digits: String = end.chars().take_while(char::is_ascii_digit).collect();
            last.out.exit = digits.parse().expect("a status");
            open = false;
        }
    }
    all
}

fn secs(seconds: u64) -> SimDuration {
    SimDuration::from_secs(seconds)
}

fn wait(cluster: &mut Cluster, how_long: SimDuration) {
    let until = cluster.now() + how_long;
    cluster.run_until(until);
}

/// Three stacked masters and three workers, as recorded.
fn cluster(apps: &[&str]) -> Cluster {
    let mut config = Config { seed: 7, ..Config::default() };
    config.election.renewal = Reading::ClientGo;
    config.deployments = apps.iter().map(|a| DeploymentConfig { name: (*a).to_owned(), replicas: 3 }).collect();
    whole::running(&config, whole::secs(30))
}

/// Returns whether a command changes the output of the next one.
fn writes(command: &str) -> bool {
    let verbs =
        [" create ", " scale ", " delete ", " apply ", " run ", " expose ", " cordon ", " uncordon ", " put ", " del "];
    verbs.iter().any(|v| command.contains(v))
}

/// Replays a recording. Returns the differences, by place.
fn replay(file: &str, cluster: &mut Cluster, meanwhile: impl Fn(&mut Cluster, &str)) -> Vec<(String, String, String)> {
    let mut different = Vec::new();
    let (mut settled, mut api_replicas) = (true, 2);
    if file == "3-etcdctl.txt" {
        lead(cluster, "master-3");
    }
    for recorded in read(file) {
        for line in &recorded.before {
            meanwhile(cluster, line);
        }
        if !settled && !recorded.out.stdout.contains("ContainerCreating") {
            wait(cluster, secs(6));
            settled = true;
        }
        let line = recorded.command.replace("127.0.1.10", "10.0.0.10").replace("127.0.1.", "10.0.1.");
        let mut shell = Shell { cluster, api_replicas: &mut api_replicas };
        let why = match shell.run(&line) {
            Err(why) => why,
            Ok(out) => compare(&recorded.out, &out),
        };
        settled &= !writes(&line);
        if !why.is_empty() {
            different.push((recorded.place, recorded.command, why));
        }
        wait(cluster, SimDuration::from_millis(100));
    }
    different
}

/// Returns the first lines that differ; empty if there is no difference.
fn compare(real: &Out, lab: &Out) -> String {
    let mut why = String::new();
    for (what, real, lab) in [("", &real.stdout, &lab.stdout), ("2> ", &real.stderr, &lab.stderr)] {
        let (real, lab) = (filter(real), filter(lab));
        for i in 0..real.len().max(lab.len()) {
            let (real, lab) = (real.get(i).map_or("(end)", |l| l), lab.get(i).map_or("(end)", |l| l));
            if real != lab {
                why += &format!("  real {what}{real}\n  lab  {what}{lab}\n");
                break;
            }
        }
    }
    if real.exit != lab.exit {
        why += &format!("  real exit {}, lab exit {}\n", real.exit, lab.exit);
    }
    why
}

/// Checks that exactly the listed commands differ.
fn check(file: &str, cluster: &mut Cluster, meanwhile: impl Fn(&mut Cluster, &str)) {
    let faults = faults(file, cluster, meanwhile);
    assert!(faults.is_empty(), "\n{faults}");
    assert_eq!(cluster.invariants().broken(), None);
}

fn faults(file: &str, cluster: &mut Cluster, meanwhile: impl Fn(&mut Cluster, &str)) -> String {
    let different = replay(file, cluster, meanwhile);
    let listed: Vec<_> = NOT_LIKE_IT.iter().filter(|(place, ..)| place.starts_with(file)).collect();
    let mut faults = String::new();
    for (place, command, why) in &different {
        if !listed.iter().any(|(p, c, _)| p == place && c == command) {
            faults += &format!("(\"{place}\", {command:?}, \"\"),\n{why}\n");
        }
    }
    for (place, command, reason) in &listed {
        if !different.iter().any(|(p, c, _)| p == place && c == command) {
            faults += &format!("{place} {command} agrees, and is listed as: {reason}\n");
        }
        assert!(reason.len() > 10, "{place} has a reason");
    }
    faults
}

/// Makes the member that led etcd in the recording the leader.
fn lead(cluster: &mut Cluster, host: &str) {
    let members = cluster.topology().all("etcd").map(|(h, p)| (h, cluster.world().machine(p)));
    let id =
        members.filter(|(h, _)| cluster.world().host(*h).name == host).find_map(|(_, m)| Some(m.etcd()?.config().id));
    let mut shell = Shell { cluster, api_replicas: &mut 0 };
    let out = shell.run(&format!("etcdctl move-leader {:x}", id.expect("a member"))).expect("a command");
    assert!(out.stdout.starts_with("Leadership transferred from"), "{out:?}");
    wait(cluster, secs(5));
}

fn on(cluster: &mut Cluster, verb: Verb, processes: &[&str]) {
    for process in processes {
        whole::act(cluster, Act::On(verb, whole::process(process)));
    }
}

#[test]
fn a_healthy_cluster_and_mistakes_print_as_recorded() {
    let mut cluster = cluster(&[]);
    let faults: String =
        ["1-healthy.txt", "3-etcdctl.txt", "2-usage-errors.txt"].map(|f| faults(f, &mut cluster, |_, _| {})).concat();
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn tables_are_laid_out_as_recorded() {
    let mut checked = 0;
    for file in ["1-healthy.txt", "3-etcdctl.txt", "6-no-quorum.txt", "7-node-lost.txt"] {
        let plain = |r: &&Recorded| !r.command.contains(" -w ") || r.command.contains(" -w table");
        for recorded in read(file).iter().filter(plain) {
            checked += usize::from(layout::check(&recorded.command, &recorded.out.stdout));
        }
    }
    assert!(checked > 30, "{checked}");
}

/// FACTS 7.1, upstream's own vectors among them.
#[test]
fn ages_and_dates_are_printed_as_the_real_ones() {
    let (minute, hour, day) = (60, 3_600, 86_400);
    let rows = [
        (0, "0s"),
        (1, "1s"),
        (70, "70s"),
        (119, "119s"),
        (2 * minute, "2m"),
        (190, "3m10s"),
        (10 * minute + 1, "10m"),
        (70 * minute, "70m"),
        (179 * minute, "179m"),
        (3 * hour, "3h"),
        (3 * hour + minute, "3h1m"),
        (8 * hour + 59 * minute, "8h"),
        (47 * hour, "47h"),
        (49 * hour, "2d1h"),
        (194 * hour, "8d"),
        (367 * day, "367d"),
        (2 * 365 * day + 25 * hour, "2y1d"),
        (8 * 365 * day + 2 * hour, "8y"),
    ];
    let wall = |seconds| WallTime::exact(whole::secs(seconds));
    for (seconds, text) in rows {
        assert_eq!(time::age(wall(seconds), wall(0)), text);
    }
    assert_eq!(time::age(wall(0), wall(2)), "<invalid>");
    assert_eq!(time::age(wall(0), wall(1)), "0s");
    let at = WallTime(59 * 86_400_000_000 + 3_661_000_042);
    assert_eq!(time::rfc1123z(at), "Sun, 01 Mar 2026 01:01:01 +0000");
    assert_eq!(time::rfc3339_micro(at), "2026-03-01T01:01:01.000042Z");
    assert_eq!(time::klog(at), "0301 01:01:01.000042");
    // A clock that was set back to before the start.
    let at = WallTime(-1);
    assert_eq!(time::rfc1123z(at), "Wed, 31 Dec 2025 23:59:59 +0000");
    assert_eq!(time::rfc3339_micro(at), "2025-12-31T23:59:59.999999Z");
    assert_eq!(time::age(wall(0), WallTime(-7 * 86_400_000_000)), "7d");
}

#[test]
fn an_unreachable_api_prints_as_recorded() {
    let apis = ["master-1/kube-apiserver", "master-2/kube-apiserver", "master-3/kube-apiserver"];
    check("4-unreachable.txt", &mut cluster(&["web"]), |cluster, line| match line {
        "# the load balancer process is dead, its host alive" => on(cluster, Verb::Stop, &["lb-1/haproxy"]),
        "# one API server dead, straight to it" => {
            on(cluster, Verb::Start, &["lb-1/haproxy"]);
            on(cluster, Verb::Kill, &apis[1..2]);
        }
        "# all API servers just killed, load balancer still thinks that they are up" => {
            wait(cluster, secs(20));
            on(cluster, Verb::Kill, &apis);
            on(cluster, Verb::Stop, &apis);
        }
        "# all API servers dead, load balancer knows it" => wait(cluster, secs(10)),
        "# all three API servers started" => on(cluster, Verb::Start, &apis),
        "# an API server paused (SIGSTOP), straight to it" => {
            wait(cluster, secs(30));
            on(cluster, Verb::Pause, &apis[1..2]);
        }
        "# a watch while its API server dies" => {
            on(cluster, Verb::Resume, &apis[1..2]);
            wait(cluster, secs(30));
        }
        _ => {}
    });
}

#[test]
fn etcd_without_a_majority_prints_as_recorded() {
    let members = ["master-2/etcd", "master-3/etcd"];
    let mut cluster = cluster(&["web"]);
    // The recorded control plane was not in pods: no kubelet probed or restarted it.
    let kubelets = ["master-1/kubelet", "master-2/kubelet", "master-3/kubelet"];
    on(&mut cluster, Verb::Stop, &kubelets);
    check("6-no-quorum.txt", &mut cluster, |cluster, line| match line {
        "# kill -9 of the etcd members on master-2 and master-3 at 0 s; one of three left; master-1 alive" => {
            on(cluster, Verb::Kill, &members);
            on(cluster, Verb::Stop, &members);
        }
        "# members started again at 206.8 s" => {
            on(cluster, Verb::Start, &kubelets);
            on(cluster, Verb::Start, &members);
            wait(cluster, secs(60));
            lead(cluster, "master-2");
        }
        _ => {}
    });
}

#[test]
fn a_worker_that_is_lost_prints_as_recorded() {
    check("7-node-lost.txt", &mut cluster(&["web"]), |cluster, line| match line.trim_start() {
        "# kill -9 of the (hollow) kubelet of worker-3 at 0 s" => {
            on(cluster, Verb::Kill, &["worker-3/kubelet"]);
            on(cluster, Verb::Stop, &["worker-3/kubelet"]);
        }
        line if line.starts_with("42.8 s") => wait(cluster, secs(60)),
        line if line.starts_with("343.2 s") => wait(cluster, secs(330)),
        "# worker-3 started again" => {
            on(cluster, Verb::Start, &["worker-3/kubelet"]);
            wait(cluster, secs(30));
        }
        _ => {}
    });
}

#[test]
fn a_powered_off_master_prints_as_recorded() {
    check("9-host-power-off.txt", &mut cluster(&["web"]), |cluster, line| {
        if line.starts_with("# power-off of master-3 (it has the etcd leader)") {
            whole::act(cluster, Act::On(Verb::PowerOff, whole::host("master-3")));
        }
    });
}
