//! What each component logs when something fails around it: the whole log, as the inspector shows it, after one fault.

use std::fmt::Write;

use expect_test::expect_file;
use ha_lab::lab::scenario::Scenario;
use ha_lab::lab::session::Session;
use ha_lab::lab::view::{Setup, Verb};

/// The process whose log is read; the acts, their targets, and their seconds from the start of the page.
type Row = (&'static str, &'static [(u64, &'static str, Verb)]);

/// Returns the logs of these processes, each after its acts and this many seconds. A repeated line appears only once; of the clients of a
/// load balancer only the laptop and the masters appear.
fn logs(scenario: &str, seconds: u64, rows: &[Row]) -> String {
    let mut out = String::new();
    for (target, acts) in rows {
        let scenario = Scenario::parse(scenario).expect("a scenario");
        let mut session = Session::new();
        session.reset(Setup::new(scenario.seed, scenario.cluster));
        session.start();
        let start = session.now_us();
        for (at, whom, act) in *acts {
            session.advance(start + at * 1_000_000 - session.now_us());
            session.act(whom, *act).expect("it can be done");
            let _ = writeln!(out, "{} {act:?} {whom}", moment(session.now_us()));
        }
        session.advance(start + seconds * 1_000_000 - session.now_us());
        let _ = writeln!(out, "== {target} at {}", moment(session.now_us()));
        let log = session.detail(target).log;
        assert!(log.len() <= 40, "{target}: {} lines", log.len());
        let mut seen: Vec<&str> = Vec::new();
        for line in log.iter().filter(|line| !line.text.contains("client: 10.1.")) {
            if !seen.contains(&&*line.text) {
                seen.push(&line.text);
                let _ = writeln!(out, "{} {}", moment(line.at_us), line.text);
            }
        }
        out.push('\n');
    }
    out
}

/// Rounds to tenths of a second, because the rest is random.
fn moment(at_us: u64) -> String {
    format!("{:>5}.{}", at_us / 1_000_000, at_us / 100_000 % 10)
}

const TRIO: &str = r#"{"version":1}"#;
const NGINX: &str = r#"{"version":1,"cluster":{"loadBalancer":{"kind":"nginx"}}}"#;

/// Guards the logs of kubelet and kube-proxy when they start, when the load balancer refuses, when nothing answers, and when the load balancer
/// has no server.
#[test]
fn of_a_worker() {
    let dead: &[_] = &[(1, "lb-1/haproxy", Verb::Stop)];
    let silent: &[_] = &[(1, "lb-1", Verb::PowerOff)];
    let rows: [Row; 7] = [
        ("worker-1/kubelet", &[]),
        ("worker-1/kube-proxy", &[]),
        ("worker-1/kubelet", dead),
        ("worker-1/kubelet", silent),
        ("worker-1/kube-proxy", silent),
        ("worker-1/kubelet", &[(1, "worker-1/kubelet", Verb::Kill), (2, "lb-1/haproxy", Verb::Stop)]),
        (
            "worker-1/kube-proxy",
            &[(1, "master-1", Verb::PowerOff), (1, "master-2", Verb::PowerOff), (1, "master-3", Verb::PowerOff)],
        ),
    ];
    expect_file!["golden/logs/worker.txt"].assert_eq(&logs(TRIO, 75, &rows));
}

/// Guards what a master's kubelet logs about its static pods: the back-off of one that crashes repeatedly, and probes of an API
/// server that does not answer, has no etcd, or does not exist.
#[test]
fn of_a_master() {
    let crashes: &[_] = &[
        (1, "master-1/kube-scheduler", Verb::Kill),
        (4, "master-1/kube-scheduler", Verb::Kill),
        (18, "master-1/kube-scheduler", Verb::Kill),
    ];
    let rows: [Row; 3] = [
        ("master-1/kubelet", crashes),
        ("master-1/kubelet", &[(1, "master-1/kube-apiserver", Verb::Pause)]),
        ("master-1/kubelet", &[(1, "master-2", Verb::PowerOff), (1, "master-3", Verb::PowerOff)]),
    ];
    expect_file!["golden/logs/master.txt"].assert_eq(&logs(TRIO, 130, &rows));
}

/// Guards what the load balancers log about their servers, and about clients that they turn away.
#[test]
fn of_load_balancers() {
    let one: &[_] = &[(1, "master-1/kube-apiserver", Verb::Stop), (20, "master-1/kube-apiserver", Verb::Start)];
    let all: &[_] =
        &[(1, "master-1", Verb::PowerOff), (1, "master-2", Verb::PowerOff), (1, "master-3", Verb::PowerOff)];
    let no_quorum: &[_] = &[(1, "master-2/etcd", Verb::Stop), (1, "master-3/etcd", Verb::Stop)];
    let haproxy = logs(TRIO, 34, &[("lb-1/haproxy", one), ("lb-1/haproxy", all), ("lb-1/haproxy", no_quorum)]);
    let nginx = logs(NGINX, 21, &[("lb-1/nginx", one)]) + &logs(NGINX, 63, &[("lb-1/nginx", all)]);
    expect_file!["golden/logs/load-balancers.txt"].assert_eq(&(haproxy + &nginx));
}
