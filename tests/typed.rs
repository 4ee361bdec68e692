//! Commands typed on the laptop: several at a time, limits, a laptop without power, and their entries in the report and the
//! readable summary.

use crate::common::{counted, whole};
use ha_lab::cluster::config::{Act, DeploymentConfig, Reading, Verb};
use ha_lab::cluster::{Cluster, Refusal};
use ha_lab::console::Tool;
use ha_lab::kube::object::Kind;
use ha_lab::lab::report::Report;
use ha_lab::lab::scenario::Scenario;
use ha_lab::lab::scenario::runner::run;

fn scenario(script: &str, until: &str) -> Scenario {
    let text = format!(r#"{{"version":1,"script":[{script}],"until":"{until}"}}"#);
    Scenario::parse(&text).unwrap_or_else(|error| panic!("{error:?} in {text}"))
}

fn report(script: &str, until: &str) -> Report {
    let report = run(&scenario(script, until), 1);
    assert_eq!(report.broken().count(), 0);
    report
}

fn typed(line: &str) -> Act {
    Act::Kubectl { args: line.split(' ').map(str::to_owned).collect() }
}

fn cluster() -> Cluster {
    whole::running(&whole::config(1, 3, Reading::ClientGo), whole::secs(30))
}

/// The report has each command with its output, and says which commands did not end.
#[test]
fn the_report_tells_what_was_typed_and_printed() {
    let script = r#"{"at":"30s","do":"kubectl","args":["get","deployments","-o","name"]},
        {"at":"40s","do":"stop","target":"lb-1/haproxy"},
        {"at":"41s","do":"etcdctl","args":["put","a","b"]},
        {"at":"42s","do":"kubectl","args":["get","nodes"]},
        {"at":"43s","do":"power-off","target":"lb-1"},
        {"at":"44s","do":"kubectl","args":["get","nodes"]}"#;
    let report = report(script, "60s");
    let [first, second, third, fourth] = report.commands.as_slice() else { panic!("{:?}", report.commands) };
    assert_eq!((first.at_ms, first.exit, first.stdout.as_str()), (30_000, Some(0), "deployment.apps/web\n"));
    assert!(first.end_ms.is_some_and(|end| (30_001..30_050).contains(&end)));
    assert_eq!(second.args, ["etcdctl", "put", "a", "b"]);
    assert_eq!(second.stdout, "OK\n");
    assert_eq!(third.exit, Some(1));
    assert!(third.stderr.contains("10.0.0.10:6443 was refused"), "{}", third.stderr);
    assert_eq!((fourth.end_ms, fourth.exit), (None, None), "its dial waits 30 s");
    let json = report.to_json();
    assert!(json.contains(r#""commands":[{"atMs":30000,"#), "{json}");
    let account = report.print_human();
    assert!(account.contains("\n$ etcdctl put a b\nOK\n[exit 0, at 41s, took "), "{account}");
    assert!(account.contains("[at 44s, still running at the end]"), "{account}");
}

/// Commands that run at the same time do not disturb each other: each gets its own answers.
#[test]
fn several_commands_run_at_a_time() {
    let mut cluster = cluster();
    let kinds = ["nodes", "pods", "services", "namespaces", "deployments", "replicasets", "endpoints", "leases -A"];
    for kind in kinds {
        whole::act(&mut cluster, typed(&format!("get {kind} -o name")));
    }
    whole::act(&mut cluster, Act::Etcdctl { args: ["endpoint", "health"].map(str::to_owned).to_vec() });
    cluster.run_until(whole::secs(31));
    let commands = &cluster.history().commands;
    assert_eq!(commands.len(), kinds.len() + 1);
    for command in commands {
        let (_, printed) = command.ended.as_ref().unwrap_or_else(|| panic!("{:?} ended", command.args));
        assert_eq!(printed.exit, 0, "{:?}: {}", command.args, printed.stderr);
        if command.args[0] == "kubectl" {
            let prefix = format!("{}/", &command.args[2][..command.args[2].len() - 1]);
            let own = |line: &str| line.starts_with(&prefix) || line.contains('.') || prefix == "endpoint/";
            assert!(printed.stdout.lines().count() > 0 && printed.stdout.lines().all(own), "{}", printed.stdout);
        }
    }
}

/// There are limits for what a file can make large: commands at a time, and the stored part of their output.
#[test]
fn there_are_limits() {
    let mut cluster = cluster();
    whole::act(&mut cluster, Act::On(Verb::PowerOff, whole::host("lb-1")));
    for _ in 0..70 {
        whole::act(&mut cluster, typed("get nodes"));
    }
    cluster.run_until(whole::secs(31));
    let refused = cluster.history().commands.iter().filter_map(|c| c.ended.as_ref());
    let texts: Vec<&str> = refused.map(|(_, p)| p.stderr.as_str()).collect();
    assert_eq!(texts, ["the lab runs at most 64 commands at a time\n"; 6]);
    // On a laptop without power nothing can be typed, and its running commands have ended.
    whole::act(&mut cluster, Act::On(Verb::PowerOff, whole::host("laptop")));
    assert_eq!(cluster.apply(&typed("get nodes")), Err(Refusal::LaptopOff));
    whole::act(&mut cluster, Act::On(Verb::PowerOn, whole::host("lb-1")));
    whole::act(&mut cluster, Act::On(Verb::PowerOn, whole::host("laptop")));
    cluster.run_until(whole::secs(60));
    whole::act(&mut cluster, typed("get nodes -o name"));
    cluster.run_until(whole::secs(61));
    let last = cluster.history().commands.back().expect("typed").ended.clone().expect("ended").1;
    assert_eq!(last.stdout.lines().count(), 6, "{last:?}");
    // Many objects in YAML exceed the stored output of one command.
    let rows = r#"{"at":"30s","do":"kubectl","args":["scale","deployment","web","--replicas=100"]},
        {"at":"60s","do":"kubectl","args":["get","pods","-o","yaml"]}"#;
    let report = report(rows, "61s");
    let long = &report.commands[1].stdout;
    assert!(long.len() < 66_000 && long.ends_with("(the lab keeps no more of this output)\n"), "{}", long.len());
}

/// One event has the typed line, another its end; the second names the first as its cause.
#[test]
fn events_tell_of_commands() {
    let mut cluster = cluster();
    whole::act(&mut cluster, typed("get pod nope"));
    cluster.run_until(whole::secs(31));
    let events = ha_lab::lab::narration::transcript::events(&cluster, whole::secs(30));
    let text: Vec<&str> = events.iter().map(|e| e.text.as_ref()).collect();
    assert_eq!(text[0], "You: kubectl get pod nope");
    let end = "kubectl get pod nope ends with 1: Error from server (NotFound): pods \"nope\" not found";
    let place = text.iter().position(|t| *t == end).unwrap_or_else(|| panic!("{text:?}"));
    let why = ha_lab::lab::narration::transcript::why(&cluster, events[place].id);
    assert_eq!(why.last().map(|e| e.text.as_ref()), Some("You: kubectl get pod nope"));
}

/// Guards against lines that cost far more than they can show: a screen keeps 64 KiB, and each of these would print megabytes.
#[test]
fn a_line_costs_little_more_than_what_its_screen_keeps() {
    let mut config = whole::config(1, 1, Reading::ClientGo);
    config.workers = 1;
    config.deployments = vec![DeploymentConfig { name: "web".to_owned(), replicas: 600 }];
    let cluster = whole::running(&config, whole::secs(90));
    assert_eq!(cluster.objects(Kind::Pod).len(), 600, "there is much to print");
    let many = |of: &str, count: usize| vec![of; count].join(",");
    let cut = "(the lab keeps no more of this output)\n";
    let check = |tool: Tool, line: &str, ends: &str| {
        let mut cluster = cluster.clone();
        let args = line.split(' ').map(str::to_owned).collect();
        let act = if tool == Tool::Kubectl { Act::Kubectl { args } } else { Act::Etcdctl { args } };
        let (screen, bytes) = counted::most(|| {
            cluster.apply(&act).expect("the laptop is on");
            cluster.run_until(whole::secs(120));
            let typed = cluster.history().commands.back().expect("it was typed");
            let (_, printed) = typed.ended.clone().expect("it has ended");
            format!("{}{}", printed.stdout, printed.stderr)
        });
        assert!(screen.ends_with(ends), "{line}: {}", &screen[screen.len().saturating_sub(300)..]);
        assert!(bytes < 64 << 20, "{line}: {} MB", bytes >> 20);
    };
    let kubectl = |line: &str| check(Tool::Kubectl, line, cut);
    kubectl(&format!("get {} -A -o yaml", many("po", 330)));
    kubectl(&format!("get pods -A -o custom-columns={}", many("A:.", 230)));
    kubectl(&format!("get pods -A -o custom-columns={}", many("A:.metadata.none", 50)));
    kubectl("get pods -A -o json");
    kubectl("get pods -A -o jsonpath={.items}");
    kubectl("get pods -A -o wide --sort-by=.metadata.uid --show-labels");
    kubectl("describe deployments,replicasets,pods");
    check(Tool::Kubectl, "get pods -o jsonpath={.items[599].kind}", "Pod");
    check(Tool::Kubectl, "get pods -o jsonpath={.items[600].kind}", "");
    for format in ["simple", "json", "fields"] {
        check(Tool::Etcdctl, &format!("get / --prefix -w {format}"), cut);
    }
    let spellings: Vec<String> = (0..64).map(|bits| spelling("events", bits)).collect();
    check(Tool::Kubectl, &format!("get {}", spellings.join(",")), "the lab: one command reads at most 20000 objects\n");
}

/// The word with capital letters where `bits` has ones: kubectl takes all of them for the same kind.
fn spelling(word: &str, bits: u32) -> String {
    word.chars().enumerate().map(|(n, c)| if bits >> (n % 32) & 1 == 1 { c.to_ascii_uppercase() } else { c }).collect()
}
