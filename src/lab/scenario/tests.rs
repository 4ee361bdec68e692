//! Reading, refusing and writing scenarios.

use super::*;
use crate::cluster::config::{EtcdServers, EtcdTopology, Kubeconfig, LeaderOf, Reading, Target, Verb};

fn good(text: &str) -> Scenario {
    Scenario::parse(text).unwrap_or_else(|e| panic!("{text}\n{e}"))
}

fn error(text: &str) -> String {
    Scenario::parse(text).map_or_else(|e| e.to_string(), |_| "no error".to_owned())
}

/// The error of a cluster part.
fn in_cluster(text: &str) -> String {
    error(&format!(r#"{{"version":1,"cluster":{text}}}"#))
}

/// The error of one step in the default cluster.
pub(super) fn in_step(text: &str) -> String {
    error(&format!(r#"{{"version":1,"script":[{text}]}}"#))
}

#[track_caller]
pub(super) fn check(found: &str, expected: &str) {
    assert_eq!(found, expected);
}

#[test]
fn the_default_is_the_default() {
    assert_eq!(good(r#"{"version":1}"#), Scenario::default());
    assert_eq!(Scenario::default().config(1), Config::default());
    let spelled_out = r#"{"version":1,"name":"","seed":1,"cluster":{"masters":3,"workers":3,
        "etcd":{"topology":"stacked","members":3,"servers":"all"},
        "loadBalancer":{"kind":"haproxy","instances":1,"balance":"roundrobin","check":"readyz","redispatch":false},
        "kubeconfig":"load-balancer",
        "leaderElection":{"enabled":true,"renewal":"lecture","lock":"leases",
            "leaseDuration":"15s","renewDeadline":"10s","retryPeriod":"2s"},
        "deployments":[{"name":"web","replicas":3}]},"script":[],"until":"2m"}"#;
    assert_eq!(good(spelled_out), Scenario::default());
}

#[test]
fn the_example_of_the_contract_is_read() {
    let s = good(
        r#"{"version":1,"name":"Crash the master","seed":1,"cluster":{},"script":[
            {"at":"60s","do":"power-off","target":{"leaderOf":"kube-controller-manager","as":"host"}},
            {"at":"120s","do":"power-on","target":"master-1"}],"until":"180s"}"#,
    );
    let leader = Target::Leader { of: LeaderOf::ControllerManager, host: true };
    let secs = SimDuration::from_secs;
    let acts = vec![
        (secs(60), Act::On(Verb::PowerOff, leader)),
        (secs(120), Act::On(Verb::PowerOn, Target::Host("master-1".to_owned()))),
    ];
    assert_eq!(s.acts(), acts);
    assert_eq!(s.until.0, secs(180));
}

#[test]
fn acts_are_in_the_order_of_time_and_then_of_the_file() {
    let s = good(
        r#"{"version":1,"script":[{"at":"9s","do":"kill","target":"master-1/etcd"},
            {"at":"3s","do":"pause","target":"master-2"},{"at":"3s","do":"resume","target":"master-2"}]}"#,
    );
    let at: Vec<_> = s.acts().iter().map(|(at, _)| at.as_millis()).collect();
    assert_eq!(at, [3_000, 3_000, 9_000]);
    assert!(matches!(s.acts()[0].1, Act::On(Verb::Pause, _)));
}

#[test]
fn a_cluster_means_what_it_says() {
    let config = |text: &str| good(&format!(r#"{{"version":1,"cluster":{text}}}"#)).config(9);
    assert_eq!(config("{}").seed, 9);
    assert_eq!(config(r#"{"etcd":{"topology":"external"}}"#).etcd, EtcdTopology::External { members: 3 });
    assert_eq!(config(r#"{"etcd":{"topology":"external","members":5}}"#).etcd, EtcdTopology::External { members: 5 });
    assert_eq!(config(r#"{"masters":5,"etcd":{"members":5}}"#).etcd, EtcdTopology::Stacked);
    assert_eq!(config(r#"{"etcd":{"servers":"local"}}"#).etcd_servers, EtcdServers::Local);
    assert_eq!(config(r#"{"loadBalancer":null}"#).kubeconfig, Kubeconfig::Master(1));
    assert_eq!(config(r#"{"loadBalancer":null}"#).load_balancer, None);
    assert_eq!(config(r#"{"kubeconfig":"master-2"}"#).kubeconfig, Kubeconfig::Master(2));
    assert_eq!(config(r#"{"leaderElection":{"renewal":"client-go"}}"#).election.renewal, Reading::ClientGo);
    assert!(!config(r#"{"leaderElection":{"enabled":false,"leaseDuration":"1s"}}"#).election.enabled);
    assert!(config(r#"{"deployments":[]}"#).deployments.is_empty());
    assert_eq!(config(r#"{"leaderElection":{"retryPeriod":"9s"}}"#).election.retry_period, SimDuration::from_secs(9));
}

#[test]
fn what_is_no_scenario_at_all() {
    let least = "a JSON object, at least {\"version\": 1}";
    check(&error(""), &format!("the file: empty; allowed: {least}"));
    check(&error(" \n"), &format!("the file: empty; allowed: {least}"));
    check(
        &error("{\"version\": 1,\n \"name\": "),
        &format!("line 2, column 9: the file is cut short, EOF while parsing a value; allowed: {least}"),
    );
    check(&error("{\"version\" 1}"), &format!("line 1, column 12: expected `:`; allowed: {least}"));
    check(&error("[1]"), "the file: [1] is a list; allowed: an object");
    check(&error("null"), "the file: null is not set; allowed: an object");
    check(&error("{}"), "version: missing; allowed: 1");
    check(&error(r#"{"version":2,"other":1}"#), "version: 2 is a version that this lab does not know; allowed: 1");
    check(&error(r#"{"version":"1"}"#), "version: \"1\" is a version that this lab does not know; allowed: 1");
    check(
        &error(&format!("{{\"version\":1,\"name\":\"{}\"}}", "x".repeat(MAX_FILE))),
        "the file: 1048599 bytes; allowed: at most 1 MiB",
    );
    assert!(error(&"[".repeat(100_000)).starts_with("line 1, column 128: recursion limit exceeded"));
}

#[test]
fn unknown_keys_at_every_level() {
    let s = |s: &str| s.to_owned();
    let rows = [
        (error(r#"{"version":1,"untill":"5s"}"#), "untill", s("version, name, seed, cluster, script, until")),
        (
            in_cluster(r#"{"mastres":3}"#),
            "cluster.mastres",
            s("masters, workers, etcd, loadBalancer, kubeconfig, leaderElection, deployments"),
        ),
        (in_cluster(r#"{"etcd":{"member":3}}"#), "cluster.etcd.member", s("topology, members, servers")),
        (
            in_cluster(r#"{"loadBalancer":{"checks":"tcp"}}"#),
            "cluster.loadBalancer.checks",
            s("kind, instances, balance, check, redispatch"),
        ),
        (
            in_cluster(r#"{"leaderElection":{"leaseDurationSeconds":15}}"#),
            "cluster.leaderElection.leaseDurationSeconds",
            s("enabled, renewal, lock, leaseDuration, renewDeadline, retryPeriod"),
        ),
        (in_cluster(r#"{"deployments":[{"name":"a","pods":1}]}"#), "cluster.deployments[0].pods", s("name, replicas")),
        (
            in_step(r#"{"at":"1s","do":"kill","target":"master-1/etcd","groups":[]}"#),
            "script[0].groups",
            s("at, do, target"),
        ),
        (
            in_step(r#"{"at":"1s","do":"kill","target":{"leaderOf":"etcd","is":"host"}}"#),
            "script[0].target.is",
            s("leaderOf, as"),
        ),
    ];
    for (found, path, allowed) in rows {
        check(&found, &format!("{path}: unknown key; allowed: {allowed}"));
    }
}

#[test]
fn wrong_values_outside_cluster_and_script() {
    let rows = [
        (r#""name":7"#, "name: 7 is a number; allowed: at most 200 characters on one line"),
        (r#""name":"a\nb""#, "name: \"a\\nb\" has control characters; allowed: at most 200 characters on one line"),
        (r#""seed":-1"#, "seed: -1 is out of range; allowed: a whole number from 0 to 18446744073709551615"),
        (
            r#""seed":1.5"#,
            "seed: 1.5 is not a whole number in range; allowed: a whole number from 0 to 18446744073709551615",
        ),
        (r#""cluster":[]"#, "cluster: [] is a list; allowed: an object"),
        (r#""script":{}"#, "script: {} is an object; allowed: a list of at most 1000 steps"),
        (
            r#""until":"5""#,
            "until: \"5\" is not a duration; allowed: a duration from 1ms to 168h0m0s, such as \"15s\", \"1m30s\" or \"250ms\"",
        ),
        (
            r#""until":"169h""#,
            "until: \"169h\" is out of range; allowed: a duration from 1ms to 168h0m0s, such as \"15s\", \"1m30s\" or \"250ms\"",
        ),
        (
            r#""until":60"#,
            "until: 60 is a number; allowed: a duration from 1ms to 168h0m0s, such as \"15s\", \"1m30s\" or \"250ms\"",
        ),
    ];
    for (part, expected) in rows {
        check(&error(&format!("{{\"version\":1,{part}}}")), expected);
    }
    let long = format!(r#"{{"version":1,"name":"{}"}}"#, "x".repeat(201));
    check(&error(&long), "name: 201 characters; allowed: at most 200 characters on one line");
    let step = r#"{"at":"1s","do":"heal"}"#;
    let many = format!(r#"{{"version":1,"script":[{}]}}"#, vec![step; 1_001].join(","));
    check(&error(&many), "script: a list of 1001; allowed: a list of at most 1000 steps");
}

#[test]
fn wrong_values_in_the_cluster() {
    let name = "at most 40 of a-z, 0-9 and -, beginning and ending with a letter or digit, each name once";
    let s = |s: &str| s.to_owned();
    let rows = [
        (r#"{"masters":0}"#, s("masters: 0 is out of range; allowed: 1 to 7")),
        (r#"{"masters":8}"#, s("masters: 8 is out of range; allowed: 1 to 7")),
        (r#"{"masters":"3"}"#, s("masters: \"3\" is a string; allowed: 1 to 7")),
        (r#"{"masters":null}"#, s("masters: null is not set; allowed: 1 to 7")),
        (r#"{"workers":5001}"#, s("workers: 5001 is out of range; allowed: 0 to 5000")),
        (
            r#"{"etcd":{"topology":"split"}}"#,
            s("etcd.topology: \"split\" is not known here; allowed: stacked, external"),
        ),
        (
            r#"{"etcd":{"members":5}}"#,
            s("etcd.members: 5 differs from masters, which is 3: a stacked cluster has one member per master; \
               allowed: 3, or topology \"external\""),
        ),
        (r#"{"etcd":{"topology":"external","members":8}}"#, s("etcd.members: 8 is out of range; allowed: 1 to 7")),
        (
            r#"{"etcd":{"topology":"external","servers":"local"}}"#,
            s("etcd.servers: \"local\" needs a member on each master, and topology is \"external\"; allowed: all"),
        ),
        (r#"{"loadBalancer":{"instances":0}}"#, s("loadBalancer.instances: 0 is out of range; allowed: 1 to 2")),
        (r#"{"loadBalancer":{"instances":3}}"#, s("loadBalancer.instances: 3 is out of range; allowed: 1 to 2")),
        (
            r#"{"loadBalancer":{"balance":"random"}}"#,
            s("loadBalancer.balance: \"random\" is not known here; allowed: roundrobin, leastconn"),
        ),
        (r#"{"kubeconfig":2}"#, s("kubeconfig: 2 is a number; allowed: load-balancer, master-1 .. master-3")),
        (
            r#"{"leaderElection":{"enabled":"yes"}}"#,
            s("leaderElection.enabled: \"yes\" is a string; allowed: true, false"),
        ),
        (
            r#"{"leaderElection":{"lock":"configmaps"}}"#,
            s("leaderElection.lock: \"configmaps\" is not known here; allowed: leases, endpoints"),
        ),
        (
            r#"{"deployments":[{"name":"a","replicas":10001}]}"#,
            s("deployments[0].replicas: 10001 is out of range; allowed: 0 to 10000"),
        ),
        (
            r#"{"leaderElection":{"leaseDuration":"25h"}}"#,
            s(
                "leaderElection.leaseDuration: \"25h\" is out of range; allowed: a duration from 0s to 24h0m0s, such as \
               \"15s\", \"1m30s\" or \"250ms\"",
            ),
        ),
        (r#"{"loadBalancer":false}"#, s("loadBalancer: false is a boolean; allowed: an object")),
        (
            r#"{"loadBalancer":{"kind":"ipvs"}}"#,
            s("loadBalancer.kind: \"ipvs\" is not known here; allowed: haproxy, nginx"),
        ),
        (
            r#"{"loadBalancer":{"kind":"nginx","check":"readyz"}}"#,
            s(
                "loadBalancer.check: \"readyz\" is not possible: NGINX sees only whether it can connect, health checks are in \
               the commercial NGINX Plus; allowed: tcp, or kind \"haproxy\"",
            ),
        ),
        (
            r#"{"loadBalancer":{"kind":"nginx","redispatch":true}}"#,
            s(
                "loadBalancer.redispatch: true is HAProxy's option; NGINX always tries the next server (proxy_next_upstream on); \
               allowed: false, or kind \"haproxy\"",
            ),
        ),
        (
            r#"{"loadBalancer":{"check":"http"}}"#,
            s("loadBalancer.check: \"http\" is not known here; allowed: tcp, readyz"),
        ),
        (r#"{"loadBalancer":{"redispatch":1}}"#, s("loadBalancer.redispatch: 1 is a number; allowed: true, false")),
        (
            r#"{"kubeconfig":"master-4"}"#,
            s("kubeconfig: \"master-4\" is not a master of this cluster; allowed: load-balancer, master-1 .. master-3"),
        ),
        (
            r#"{"masters":1,"loadBalancer":null,"kubeconfig":"load-balancer"}"#,
            s("kubeconfig: \"load-balancer\" is not there: loadBalancer is null; allowed: master-1"),
        ),
        (
            r#"{"leaderElection":{"renewal":"client"}}"#,
            s("leaderElection.renewal: \"client\" is not known here; allowed: lecture, client-go"),
        ),
        (r#"{"deployments":[{"replicas":1}]}"#, format!("deployments[0].name: missing; allowed: {name}")),
        (
            r#"{"deployments":[{"name":"Web"}]}"#,
            format!("deployments[0].name: \"Web\" is not a name for a deployment; allowed: {name}"),
        ),
        (
            r#"{"deployments":[{"name":"a"},{"name":"a"}]}"#,
            format!("deployments[1].name: \"a\" is there twice; allowed: {name}"),
        ),
        (
            r#"{"deployments":[{"name":"a","replicas":9000},{"name":"b","replicas":1001}]}"#,
            s("deployments[1].replicas: 1001 makes 10001 replicas in all; allowed: 10000 in all"),
        ),
    ];
    for (part, expected) in rows {
        check(&in_cluster(part), &format!("cluster.{expected}"));
    }
    let many: Vec<_> = (0..51).map(|n| format!(r#"{{"name":"d{n}"}}"#)).collect();
    check(
        &in_cluster(&format!(r#"{{"deployments":[{}]}}"#, many.join(","))),
        "cluster.deployments: a list of 51; allowed: a list of at most 50 deployments",
    );
}

#[test]
fn timings_are_refused_with_the_texts_of_the_real_component() {
    let at = |text: &str| in_cluster(&format!(r#"{{"leaderElection":{text}}}"#));
    let rows = [
        (
            at(r#"{"leaseDuration":"10s"}"#),
            "leaseDuration: \"10s\" is refused, leaseDuration must be greater than renewDeadline; \
             allowed: more than renewDeadline, which is 10s",
        ),
        (
            at(r#"{"renewal":"client-go","renewDeadline":"2.4s"}"#),
            "renewDeadline: \"2.4s\" is refused, renewDeadline must be greater than retryPeriod*JitterFactor; \
             allowed: more than 1.2 times retryPeriod, which makes 2.4s, and more than zero",
        ),
        (at(r#"{"renewDeadline":"2.4s"}"#), "no error"),
        (
            at(r#"{"renewDeadline":"0"}"#),
            "renewDeadline: \"0s\" is refused, renewDeadline must be greater than zero; \
             allowed: more than 1.2 times retryPeriod, which makes 2.4s, and more than zero",
        ),
        (
            at(r#"{"retryPeriod":"0s"}"#),
            "retryPeriod: \"0s\" is refused, retryPeriod must be greater than zero; allowed: more than zero",
        ),
        (
            at(r#"{"renewal":"client-go","leaseDuration":"9s","renewDeadline":"1s"}"#),
            "renewDeadline: \"1s\" is refused, renewDeadline must be greater than retryPeriod*JitterFactor; allowed: more than 1.2 times retryPeriod, which makes 2.4s, and more than zero",
        ),
        (
            at(r#"{"leaseDuration":"-1s"}"#),
            "leaseDuration: \"-1s\" is not a duration; \
             allowed: a duration from 0s to 24h0m0s, such as \"15s\", \"1m30s\" or \"250ms\"",
        ),
    ];
    for (found, expected) in rows {
        check(found.strip_prefix("cluster.leaderElection.").unwrap_or(&found), expected);
    }
}

#[test]
fn wrong_steps() {
    let hosts = "laptop, app-user, lb-1, master-1 .. master-3, worker-1 .. worker-3";
    let process = "a process such as \"master-1/kube-apiserver\", or {\"leaderOf\": ..., \"as\": \"process\"}";
    let host = "a host such as \"master-1\", or {\"leaderOf\": ..., \"as\": \"host\"}";
    let verbs = "power-off, power-on, kill, terminate, stop, start, pause, resume, crash-container, delete-pod, clock, partition, cut, \
                 link, heal, kubectl, etcdctl, flags, timings, renewal";
    let groups = "two or more lists of hosts, such as [[\"master-1\"], [\"master-2\", \"master-3\"]]";
    let s = |s: &str| s.to_owned();
    let rows = [
        (
            r#""do":"power-off","target":"master-9""#,
            format!("target: \"master-9\" is not a host of this cluster; allowed: {hosts}"),
        ),
        (
            r#""do":"power-off","target":"master-01""#,
            format!("target: \"master-01\" is not a host of this cluster; allowed: {hosts}"),
        ),
        (
            r#""do":"kill","target":"etcd-1/etcd""#,
            format!("target: \"etcd-1/etcd\" is on \"etcd-1\", which is not a host of this cluster; allowed: {hosts}"),
        ),
        (
            r#""do":"kill","target":"lb-1/nginx""#,
            s("target: \"lb-1/nginx\" is not a process of lb-1; allowed: lb-1/haproxy"),
        ),
        (r#""do":"kill","target":"master-1""#, format!("target: \"master-1\" is a host; allowed: {process}")),
        (
            r#""do":"power-on","target":"master-1/etcd""#,
            format!("target: \"master-1/etcd\" is a process; allowed: {host}"),
        ),
        (
            r#""do":"power-off","target":{"leaderOf":"etcd","as":"process"}"#,
            s("target.as: \"process\" is the wrong kind of target for this step; allowed: host"),
        ),
        (
            r#""do":"kill","target":{"leaderOf":"kubelet"}"#,
            s("target.leaderOf: \"kubelet\" is not known here; allowed: kube-controller-manager, kube-scheduler, etcd"),
        ),
        (
            r#""do":"kill","target":{}"#,
            s("target.leaderOf: missing; allowed: kube-controller-manager, kube-scheduler, etcd"),
        ),
        (r#""do":"kill","target":7"#, format!("target: 7 is not a target; allowed: {process}")),
        (r#""do":"kill""#, format!("target: missing; allowed: {process}")),
        (
            r#""do":"pause","target":{"podOf":"web","index":0}"#,
            s(
                "target: {\"index\":0,\"podOf\":\"web\"} is a pod; allowed: a host such as \"master-1\", a process such as \
               \"master-1/etcd\", or {\"leaderOf\": ...}",
            ),
        ),
        (r#""do":"reboot""#, format!("do: \"reboot\" is not known here; allowed: {verbs}")),
        (
            r#""do":"crash-container","target":{"podOf":"web","index":10000}"#,
            s("target.index: 10000 is out of range; allowed: 0 to 9999"),
        ),
        (
            r#""do":"delete-pod","target":{"podOf":"db"}"#,
            s("target.podOf: \"db\" is not a deployment of this cluster; allowed: web"),
        ),
        (r#""do":"delete-pod","target":{"podOf":"web","pod":1}"#, s("target.pod: unknown key; allowed: podOf, index")),
        (
            r#""do":"delete-pod","target":"worker-1/kubelet""#,
            s(
                "target: \"worker-1/kubelet\" is a process; allowed: a pod as {\"podOf\": DEPLOYMENT, \"index\": 0} or {\"pod\": NAME}",
            ),
        ),
        (
            r#""do":"link","between":["lb-1","master-1"],"latency":"11m""#,
            s(
                "latency: \"11m\" is out of range; allowed: a duration from 0s to 10m0s, such as \"15s\", \"1m30s\" or \"250ms\"",
            ),
        ),
        (
            r#""do":"link","between":["lb-1","master-1"],"jitter":"-1s""#,
            s(
                "jitter: \"-1s\" is not a duration; allowed: a duration from 0s to 10m0s, such as \"15s\", \"1m30s\" or \"250ms\"",
            ),
        ),
        (
            r#""do":"clock","target":"master-1","rate":101"#,
            s("rate: 101 is out of range; allowed: a number from 0.01 to 100; 1 is exact"),
        ),
        (
            r#""do":"clock","target":"master-1","rate":0"#,
            s("rate: 0 is out of range; allowed: a number from 0.01 to 100; 1 is exact"),
        ),
        (
            r#""do":"clock","target":"master-1","offset":"200h""#,
            s(
                "offset: \"200h\" is out of range; allowed: a duration from -168h0m0s to 168h0m0s, such as \"3s\" or \"-250ms\"",
            ),
        ),
        (r#""do":"partition","groups":[["master-1"]]"#, format!("groups: a list of 1; allowed: {groups}")),
        (
            r#""do":"partition","groups":[["master-1"],[]]"#,
            s("groups[1]: a list of 0; allowed: a list of one or more hosts"),
        ),
        (
            r#""do":"partition","groups":[["master-1"],["lb-1","master-1"]]"#,
            s("groups[1][1]: \"master-1\" is in two places; allowed: each host once"),
        ),
        (
            r#""do":"partition","groups":[["master-1"],["lb-2"]]"#,
            format!("groups[1][0]: \"lb-2\" is not a host of this cluster; allowed: {hosts}"),
        ),
        (
            r#""do":"cut","from":"master-1","to":"master-1""#,
            s("to: \"master-1\" is both ends; allowed: two different hosts"),
        ),
        (r#""do":"cut","from":"master-1""#, format!("to: missing; allowed: {hosts}")),
        (
            r#""do":"link","between":["lb-1","master-1"],"loss":1.1"#,
            s("loss: 1.1 is out of range; allowed: a number from 0 to 1"),
        ),
        (
            r#""do":"link","between":["lb-1"],"loss":1"#,
            s("between: a list of 1; allowed: a list of two different hosts"),
        ),
        (
            r#""do":"heal","between":["lb-1","lb-1"]"#,
            s("between[1]: \"lb-1\" is both ends; allowed: a list of two different hosts"),
        ),
    ];
    for (part, expected) in rows {
        check(&in_step(&format!(r#"{{"at":"1s",{part}}}"#)), &format!("script[0].{expected}"));
    }
    let lines = [
        (r#""kubectl","args":["get","pods","-w"]"#, "the flag \"w\" of kubectl get is not supported"),
        (r#""kubectl","args":["edit","pod","x"]"#, "kubectl edit is not supported"),
        (r#""kubectl","args":["get","secrets"]"#, "the resource type \"secrets\" is not supported"),
        (
            r#""kubectl","args":["frobnicate"]"#,
            "kubectl prints \"error: unknown command \\\"frobnicate\\\" for \\\"kubectl\\\"\"",
        ),
        (r#""etcdctl","args":["snapshot","save","f"]"#, "etcdctl snapshot is not supported"),
        (
            r#""etcdctl","args":["get"]"#,
            "etcdctl prints \"Error: get command needs one argument as key and an optional argument as range_end\"",
        ),
    ];
    for (part, expected) in lines {
        let found = in_step(&format!(r#"{{"at":"1s","do":{part}}}"#));
        check(&found, &format!("script[0].args: {expected}; allowed: what docs/kubectl.md lists"));
    }
    let pair = |target: &str| {
        let step = format!(r#"{{"at":"1s","do":"kill","target":"{target}"}}"#);
        let text = r#"{"version":1,"cluster":{"loadBalancer":{"kind":"nginx","instances":2}},"script":["#;
        error(&format!("{text}{step}]}}"))
    };
    for there in ["lb-1/nginx", "lb-2/nginx", "lb-2/keepalived"] {
        check(&pair(there), "no error");
    }
    check(
        &pair("lb-2/haproxy"),
        "script[0].target: \"lb-2/haproxy\" is not a process of lb-2; allowed: lb-2/keepalived, lb-2/nginx",
    );
    check(
        &in_step(r#"{"at":"1s","do":"clock","target":"master-1"}"#),
        "script[0]: neither rate nor offset; allowed: \"rate\", \"offset\", or both",
    );
    check(
        &in_step(r#"{"at":"1s","do":"link","between":["lb-1","master-1"]}"#),
        "script[0]: neither latency nor jitter nor loss; allowed: any of \"latency\", \"jitter\", \"loss\"",
    );
    check(&in_step(r#"{"do":"heal"}"#), "script[0].at: missing; allowed: a duration from the start, such as \"60s\"");
    check(
        &in_step(r#"{"at":"121s","do":"heal"}"#),
        "script[0].at: \"2m1s\" is after the end: until is 2m0s by default; allowed: 0s to 2m0s, or a later until",
    );
    check(&in_step(r#""heal""#), "script[0]: \"heal\" is a string; allowed: an object");
}

#[test]
fn steps_on_pods_commands_and_flags() {
    let step = |text: &str| {
        let s = parse(&format!(r#"{{"version":1,"script":[{{"at":"1s",{text}}}]}}"#));
        s.map(|s| s.acts()[0].1.clone()).map_err(|e| e.to_string())
    };
    let pod = Target::Pod { deployment: "web".to_owned(), index: 2 };
    assert_eq!(step(r#""do":"delete-pod","target":{"podOf":"web","index":2}"#), Ok(Act::On(Verb::DeletePod, pod)));
    let args = vec!["get".to_owned(), "pods".to_owned()];
    assert_eq!(step(r#""do":"kubectl","args":["get","pods"]"#), Ok(Act::Kubectl { args }));
    let target = Target::Process { host: "master-1".to_owned(), name: "kube-scheduler".to_owned() };
    let set = vec![("--leader-elect".to_owned(), "false".to_owned())];
    let flags = r#""do":"flags","target":"master-1/kube-scheduler","set":{"--leader-elect":"false"}"#;
    assert_eq!(step(flags), Ok(Act::Flags { target, set }));
    let missing = r#""do":"delete-pod","target":{"podOf":"db"}"#;
    let refused = "script[0].target.podOf: \"db\" is not a deployment of this cluster; allowed: web";
    assert_eq!(step(missing), Err(refused.to_owned()));
}

#[test]
fn steps_on_the_lease_and_lines_that_the_tool_refuses() {
    let step = |text: &str| {
        let s = parse(&format!(r#"{{"version":1,"script":[{{"at":"1s",{text}}}]}}"#));
        s.map(|s| s.acts()[0].1.clone()).map_err(|e| e.to_string())
    };
    let refused = |text: &str, why: &str| assert_eq!(step(text), Err(format!("script[0]{why}")), "{text}");
    let timings = |lease, renew, retry| {
        let s = SimDuration::from_secs;
        Ok(Act::Timings { lease_duration: s(lease), renew_deadline: s(renew), retry_period: s(retry) })
    };
    let typed = r#""do":"timings","leaseDuration":"30s","renewDeadline":"20s","retryPeriod":"5s""#;
    assert_eq!(step(typed), timings(30, 20, 5));
    refused(
        &typed.replace("30s", "20s"),
        ".leaseDuration: \"20s\" is refused, leaseDuration must be greater than renewDeadline; allowed: more than renewDeadline, which is 20s",
    );
    refused(
        r#""do":"timings","leaseDuration":"30s""#,
        ".renewDeadline: missing; allowed: a duration up to 24h0m0s, such as \"15s\"",
    );
    assert_eq!(step(r#""do":"renewal","renewal":"client-go""#), Ok(Act::Reading(Reading::ClientGo)));
    refused(r#""do":"renewal","renewal":"slow""#, ".renewal: \"slow\" is not known here; allowed: lecture, client-go");
    refused(r#""do":"renewal""#, ".renewal: missing; allowed: lecture, client-go");

    let pod = r#""do":"delete-pod","target":{"pod":"web-6d4b-x2x9k"}"#;
    assert_eq!(step(pod), Ok(Act::On(Verb::DeletePod, Target::PodNamed("web-6d4b-x2x9k".to_owned()))));
    refused(
        &pod.replace("web-", "Web/"),
        ".target.pod: \"Web/6d4b-x2x9k\" is not a pod's name; allowed: the name of a pod, such as \"web-6d4b-x2x9k\"",
    );
    assert_eq!(step(r#""do":"cut","from":"app-user","to":"worker-1""#).map(drop), Ok(()));

    let line = r#""do":"kubectl","args":["frobnicate"]"#;
    refused(
        line,
        ".args: kubectl prints \"error: unknown command \\\"frobnicate\\\" for \\\"kubectl\\\"\"; allowed: what docs/kubectl.md lists",
    );
    assert_eq!(step(&format!("{line},\"mistaken\":true")), Ok(Act::Kubectl { args: vec!["frobnicate".to_owned()] }));
    refused(
        r#""do":"kubectl","args":["edit","pod","x"],"mistaken":true"#,
        ".args: kubectl edit is not supported; allowed: what docs/kubectl.md lists",
    );
}
