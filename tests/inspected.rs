//! The inspector's data for each kind of component: all names, units and texts. Numbers that depend on the run
//! appear as `#`.

use std::fmt::Write;
use std::rc::Rc;

use expect_test::expect_file;
use ha_lab::lab::forms::FormAct;
use ha_lab::lab::scenario::Scenario;
use ha_lab::lab::session::Session;
use ha_lab::lab::view::{Detail, FlagKind, Setup, Tone, Verb};

const TRIO: &str = r#"{"version":1}"#;
const PAIR: &str =
    r#"{"version":1,"cluster":{"loadBalancer":{"instances":2,"balance":"leastconn","redispatch":true}}}"#;
const NGINX: &str =
    r#"{"version":1,"cluster":{"loadBalancer":{"kind":"nginx"},"leaderElection":{"lock":"endpoints"}}}"#;

fn session(scenario: &str) -> Session {
    let scenario = Scenario::parse(scenario).expect("a scenario");
    let mut session = Session::new();
    session.reset(Setup::new(scenario.seed, scenario.cluster));
    session.start();
    session
}

/// Replaces a run of digits, or of hexadecimal digits that is longer than any word, with `#`.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let end = |word: &mut String, out: &mut String| {
        let hex =
            word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit()) && word.chars().any(|c| c.is_ascii_digit());
        if hex {
            out.push('#');
        } else {
            let mut digits = false;
            for c in word.chars() {
                if !c.is_ascii_digit() {
                    out.push(c);
                } else if !digits {
                    out.push('#');
                }
                digits = c.is_ascii_digit();
            }
        }
        word.clear();
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c);
        } else {
            end(&mut word, &mut out);
            out.push(c);
        }
    }
    end(&mut word, &mut out);
    out
}

fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => " ",
        Tone::Good => "+",
        Tone::Bad => "-",
    }
}

/// Formats all data, one line for each item.
fn written(target: &str, detail: &Detail) -> String {
    let mut out = format!("== {target}\n");
    for fact in detail.facts.iter() {
        let _ = writeln!(out, "{} {} ({}): {}", sign(fact.tone), fact.name, fact.term, fact.value);
    }
    for table in detail.tables.iter() {
        let _ = writeln!(out, "-- {} ({}): {}", table.title, table.term, table.head.join(" | "));
        for row in table.rows.iter().take(4) {
            let _ = writeln!(out, "{} {}", sign(row.tone), row.cells.join(" | "));
        }
    }
    for paper in detail.papers.iter() {
        let _ = writeln!(out, "-- $ {} ({}, {})", paper.command, if paper.open { "open" } else { "folded" }, paper.hot);
        for line in paper.text.lines().take(if paper.id == "describe" { 3 } else { 60 }) {
            let _ = writeln!(out, "    {line}");
        }
    }
    if let Some(command) = &detail.command {
        let _ = writeln!(out, "-- {} from {}", command.program, command.file);
        for flag in &command.flags {
            let kind = match flag.kind {
                FlagKind::Changeable => "changeable",
                FlagKind::Identity => "identity",
                FlagKind::Fixed => "fixed",
            };
            let _ = writeln!(out, "  {} ({kind})", flag.typed());
        }
        for cost in &command.cost {
            let _ = writeln!(out, "  costs: {cost}");
        }
    }
    let texts: Vec<&str> = detail.log.iter().rev().take(3).map(|line| &*line.text).collect();
    let _ = writeln!(out, "-- log\n  {}", texts.join("\n  "));
    without_numbers(&out)
}

fn all(session: &Session, targets: &[&str]) -> String {
    targets.iter().map(|target| written(target, &session.detail(target))).collect::<Vec<_>>().join("\n")
}

/// Returns the leader of `component`, and one that does not lead.
fn by_role(session: &Session, component: &str) -> (String, String) {
    let view = session.view();
    let holder = view.lease(component).and_then(|lease| lease.holder.clone()).expect("somebody leads");
    let other = (1..=3).map(|n| format!("master-{n}")).find(|host| **host != *holder).expect("a standby");
    (format!("{holder}/{component}"), format!("{other}/{component}"))
}

#[test]
fn the_control_plane() {
    let session = session(TRIO);
    let (leads, stands_by) = by_role(&session, "kube-controller-manager");
    let (places, _) = by_role(&session, "kube-scheduler");
    let targets = ["master-1/kube-apiserver", &leads, &stands_by, &places, "master-1/kubelet", "master-1"];
    // Which master leads is random; the texts are not.
    let text = all(&session, &targets);
    expect_file!["golden/inspected/control-plane.txt"].assert_eq(&text);
}

#[test]
fn etcd() {
    let session = session(TRIO);
    let view = session.view();
    let leads = |host: &&std::rc::Rc<ha_lab::lab::view::HostView>| {
        host.processes.iter().any(|p| &*p.name == "etcd" && p.role == ha_lab::lab::view::Role::Leader)
    };
    let leader = view.hosts.iter().find(leads).expect("etcd has a leader").name.clone();
    let other = if &*leader == "master-1" { "master-2" } else { "master-1" };
    let text = all(&session, &[&format!("{leader}/etcd"), &format!("{other}/etcd")]);
    expect_file!["golden/inspected/etcd.txt"].assert_eq(&text);
}

#[test]
fn workers_and_clients() {
    let session = session(TRIO);
    let text = all(&session, &["worker-1/kubelet", "worker-1/kube-proxy", "worker-1", "laptop", "app-user", "nobody"]);
    expect_file!["golden/inspected/workers.txt"].assert_eq(&text);
    let view = session.view();
    let pod = view.hosts.iter().find_map(|host| host.pods.first()).expect("a pod runs").name.clone();
    let detail = session.detail(&format!("pod/{pod}"));
    let fact = |name: &str| detail.facts.iter().find(|fact| &*fact.name == name).map(|fact| &*fact.value);
    assert_eq!((fact("phase"), fact("ready"), fact("restarts")), (Some("Running"), Some("1/1"), Some("0")));
    assert_eq!(session.detail("pod/nobody"), Detail::default());
}

#[test]
fn load_balancers() {
    let text = all(&session(TRIO), &["lb-1/haproxy"]) + &all(&session(PAIR), &["lb-1/haproxy", "lb-2/keepalived"]);
    let text = text + &all(&session(NGINX), &["lb-1/nginx", "master-1/kube-scheduler"]);
    expect_file!["golden/inspected/load-balancers.txt"].assert_eq(&text);
}

/// Guards that a failure is visible where a user looks for it: readyz unfolded with the failed checks, a silent follower, rules
/// that may be stale, a holder that does not act.
#[test]
fn what_fails_is_marked() {
    let mut session = session(TRIO);
    let holder = by_role(&session, "kube-controller-manager").0;
    let host = holder.split('/').next().expect("host/process").to_owned();
    let rest = (1..=3).map(|n| format!("master-{n}")).find(|name| *name != host).expect("another");
    let last = (1..=3).map(|n| format!("master-{n}")).find(|name| *name != host && *name != rest).expect("a third");
    session.act(&host, Verb::PowerOff).expect("it is on");
    session.advance(3_000_000);
    let lease = session.detail(&format!("{rest}/kube-controller-manager"));
    let paper = lease.papers.iter().find(|paper| paper.id == "lease").expect("the lease");
    assert!(paper.hot.starts_with(&*host) && paper.tone == Tone::Bad, "{:?}", paper.hot);
    session.act(&last, Verb::PowerOff).expect("it is on");
    session.advance(20_000_000);
    let api = session.detail(&format!("{rest}/kube-apiserver"));
    let readyz = api.papers.iter().find(|paper| paper.id == "readyz").expect("readyz");
    assert!(readyz.open && readyz.hot.contains("[-]etcd failed"), "{}", readyz.text);
    let etcd = session.detail(&format!("{rest}/etcd"));
    let leader = etcd.facts.iter().find(|fact| &*fact.name == "leader").expect("its leader");
    assert_eq!((&*leader.value, leader.tone), ("none", Tone::Bad));
    session.advance(60_000_000);
    let proxy = session.detail("worker-1/kube-proxy");
    let rules = proxy.facts.iter().find(|fact| &*fact.name == "rules").expect("the rules");
    assert_eq!(rules.tone, Tone::Bad, "{}", rules.value);
}

/// Guards that the stated cost of a restart is its real cost.
#[test]
fn a_restart_takes_as_long_as_was_said() {
    for (component, flag, low_ms, high_ms) in [
        ("kube-scheduler", "--leader-elect-retry-period=3s", 600, 2_100),
        ("kube-controller-manager", "--leader-elect-retry-period=3s", 600, 2_100),
        ("kube-apiserver", "--event-ttl=2h0m0s", 1_900, 6_000),
    ] {
        for seed in 1..=8 {
            let mut session = session(&format!(r#"{{"version":1,"seed":{seed}}}"#));
            let target = format!("master-{}/{component}", 1 + seed % 3);
            let flags = [Rc::from(flag)];
            session.perform(FormAct::Flags, &target, &flags).expect("a flag that it has");
            let changed = session.detail(&target).command.expect("a command line").typed();
            assert!(changed.contains(flag), "{changed}");
            let began = session.now_us();
            let works = |session: &Session| {
                let process = session.view().process(&target).expect("it is planned").clone();
                process.restarts > 0 && process.state == ha_lab::lab::view::ProcessState::Running
            };
            while !works(&session) {
                session.advance(10_000);
                assert!(session.now_us() - began < 10_000_000, "{target} does not come back");
            }
            let took = (session.now_us() - began) / 1_000;
            assert!((low_ms..=high_ms).contains(&took), "{target}, seed {seed}: {took} ms");
        }
    }
}
