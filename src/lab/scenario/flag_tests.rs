//! Refusing flags that a component would not take.

use super::tests::{check, in_step};

/// Guards that flags are judged before anything runs, in the words of the real component.
#[test]
fn wrong_flags() {
    let takes = "a value that the component takes";
    let leader = "--leader-elect, --leader-elect-lease-duration, --leader-elect-renew-deadline, --leader-elect-retry-period, \
        --leader-elect-resource-lock";
    let few = "a kube-apiserver, kube-controller-manager or kube-scheduler";
    let many = vec!["https://10.0.1.1:2379"; 17].join(",");
    let rows = [
        ("kube-scheduler", "--leader-elects", "1", "unknown flag: --leader-elects", leader),
        ("kube-scheduler", "--etcd-servers", "x", "unknown flag: --etcd-servers", leader),
        (
            "kube-scheduler",
            "--leader-elect",
            "maybe",
            "invalid argument \"maybe\" for \"--leader-elect\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
            takes,
        ),
        (
            "kube-controller-manager",
            "--leader-elect-lease-duration",
            "15",
            "invalid argument \"15\" for \"--leader-elect-lease-duration\" flag: time: missing unit in duration \"15\"",
            takes,
        ),
        (
            "kube-controller-manager",
            "--leader-elect-retry-period",
            "soon",
            "invalid argument \"soon\" for \"--leader-elect-retry-period\" flag: time: invalid duration \"soon\"",
            takes,
        ),
        (
            "kube-controller-manager",
            "--leader-elect-renew-deadline",
            "-1s",
            "--leader-elect-renew-deadline must be greater than zero",
            takes,
        ),
        (
            "kube-controller-manager",
            "--leader-elect-renew-deadline",
            "25h",
            "--leader-elect-renew-deadline: the lab allows at most 24h0m0s",
            takes,
        ),
        (
            "kube-scheduler",
            "--leader-elect-resource-lock",
            "configmaps",
            "configmaps lock is removed, migrate to leases",
            takes,
        ),
        ("kube-scheduler", "--leader-elect-resource-lock", "zookeeper", "Invalid lock-type zookeeper", takes),
        ("kube-apiserver", "--etcd-servers", "", "--etcd-servers must be specified", takes),
        (
            "kube-apiserver",
            "--etcd-servers",
            "https://10.0.1.1:port",
            "invalid argument \"https://10.0.1.1:port\" for \"--etcd-servers\" flag: parse \"https://10.0.1.1:port\": invalid URL",
            takes,
        ),
        ("kube-apiserver", "--etcd-servers", &many, "--etcd-servers: the lab allows at most 16 servers", takes),
        ("kube-apiserver", "--max-requests-inflight", "-1", "--max-requests-inflight can not be negative value", takes),
        ("kube-apiserver", "--request-timeout", "0", "--request-timeout: the lab allows at least 1s", takes),
        (
            "kube-apiserver",
            "--advertise-address",
            "10.0.0.1",
            "--advertise-address of kube-apiserver cannot be changed in the lab",
            "--etcd-servers, --max-requests-inflight, --max-mutating-requests-inflight, --request-timeout, --event-ttl, \
             --etcd-compaction-interval",
        ),
    ];
    for (component, flag, value, found, allowed) in rows {
        let step =
            format!(r#"{{"at":"1s","do":"flags","target":"master-1/{component}","set":{{"{flag}":"{value}"}}}}"#);
        check(&in_step(&step), &format!("script[0].set.{flag}: {found}; allowed: {allowed}"));
    }
    check(
        &in_step(r#"{"at":"1s","do":"flags","target":{"leaderOf":"etcd"},"set":{}}"#),
        &format!("script[0].target: the flags of etcd cannot be changed in the lab; allowed: {few}"),
    );
    check(
        &in_step(r#"{"at":"1s","do":"flags","target":"master-1/kube-scheduler","set":{"v":"4"}}"#),
        "script[0].set.v: not a flag; allowed: names that begin with --",
    );
    check(
        &in_step(r#"{"at":"1s","do":"flags","target":"master-1/kube-scheduler","set":{}}"#),
        "script[0].set: no flags; allowed: an object such as {\"--leader-elect\": \"false\"}",
    );
}
