//! Generates random scenario files: every verb, every kind of target, every timing that validation may allow. About one in
//! ten is refused, which is part of the test.

use ha_lab::sim::Stream;
use serde_json::{Map, Value, json};

/// Returns the scenario file of this seed.
pub fn scenario(seed: u64) -> Value {
    let mut chance = Chance(Stream::new(seed, "random scenario"));
    let shape = Shape::new(&mut chance);
    let until_ms = 40_000 + chance.below(80_000);
    let mut script: Vec<Value> = (0..1 + chance.below(24)).map(|_| step(&mut chance, &shape, until_ms)).collect();
    if chance.one_in(20) {
        // A burst of the same step, as if a key were held down.
        let again = script[0].clone();
        script.extend(std::iter::repeat_n(again, chance.below(40) as usize));
    }
    json!({
        "version": 1,
        "seed": chance.below(1_000_000),
        "cluster": shape.cluster,
        "script": script,
        "until": ms(until_ms),
    })
}

struct Chance(Stream);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len() as u64) as usize]
    }

    /// Draws from `from` to `to`; each order of magnitude is equally likely.
    fn magnitude(&mut self, from: u64, to: u64) -> u64 {
        let (low, high) = ((from as f64).ln(), (to as f64).ln());
        let share = self.below(1 << 20) as f64 / f64::from(1 << 20);
        ((low + (high - low) * share).exp() as u64).clamp(from, to)
    }
}

fn ms(ms: u64) -> String {
    format!("{ms}ms")
}

fn us(us: u64) -> String {
    format!("{us}us")
}

/// A cluster, and the names in it.
struct Shape {
    cluster: Value,
    hosts: Vec<String>,
    processes: Vec<String>,
    deployments: Vec<String>,
}

impl Shape {
    fn new(chance: &mut Chance) -> Self {
        let masters = 1 + chance.below(7);
        let workers = chance.below(9);
        let external = chance.one_in(3).then(|| 1 + chance.below(7));
        let balancers = chance.below(3);
        let kind = chance.pick(&["haproxy", "nginx"]);
        let mut shape = Shape {
            cluster: Value::Null,
            hosts: vec!["laptop".to_owned(), "app-user".to_owned()],
            processes: Vec::new(),
            deployments: Vec::new(),
        };
        for n in 1..=masters {
            let own = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"];
            let etcd = external.is_none().then_some("etcd");
            shape.add(format!("master-{n}"), own.into_iter().chain(etcd));
        }
        for n in 1..=external.unwrap_or(0) {
            shape.add(format!("etcd-{n}"), ["etcd"]);
        }
        for n in 1..=workers {
            shape.add(format!("worker-{n}"), ["kubelet", "kube-proxy"]);
        }
        for n in 1..=balancers {
            let keepalived = (balancers == 2).then_some("keepalived");
            shape.add(format!("lb-{n}"), [kind].into_iter().chain(keepalived));
        }
        let mut cluster = Map::new();
        cluster.insert("masters".to_owned(), json!(masters));
        cluster.insert("workers".to_owned(), json!(workers));
        let topology = if external.is_some() { "external" } else { "stacked" };
        let servers = if external.is_none() && chance.one_in(3) { "local" } else { "all" };
        cluster.insert(
            "etcd".to_owned(),
            json!({ "topology": topology, "members": external.unwrap_or(masters), "servers": servers }),
        );
        let balancer = if balancers == 0 {
            Value::Null
        } else {
            let haproxy = kind == "haproxy";
            let check = if haproxy && !chance.one_in(3) { "readyz" } else { "tcp" };
            json!({
                "kind": kind,
                "instances": balancers,
                "balance": chance.pick(&["roundrobin", "leastconn"]),
                "check": check,
                "redispatch": haproxy && chance.one_in(3),
            })
        };
        cluster.insert("loadBalancer".to_owned(), balancer);
        if chance.one_in(3) {
            cluster.insert("kubeconfig".to_owned(), json!(format!("master-{}", 1 + chance.below(masters))));
        }
        let mut election = timings(chance);
        election.insert("enabled".to_owned(), json!(!chance.one_in(8)));
        election.insert("renewal".to_owned(), json!(chance.pick(&["lecture", "client-go"])));
        election.insert("lock".to_owned(), json!(chance.pick(&["leases", "endpoints"])));
        cluster.insert("leaderElection".to_owned(), Value::Object(election));
        let deployments: Vec<Value> = (0..chance.below(4))
            .map(|n| {
                let name = format!("app-{n}");
                shape.deployments.push(name.clone());
                let replicas = chance.magnitude(1, 60) - chance.below(2);
                json!({ "name": name, "replicas": replicas })
            })
            .collect();
        cluster.insert("deployments".to_owned(), json!(deployments));
        shape.cluster = Value::Object(cluster);
        shape
    }

    fn add<'a>(&mut self, host: String, processes: impl IntoIterator<Item = &'a str>) {
        self.processes.extend(processes.into_iter().map(|name| format!("{host}/{name}")));
        self.hosts.push(host);
    }
}

/// Lease duration, renew deadline and retry period: mostly in ratios that validation allows, of any magnitude.
fn timings(chance: &mut Chance) -> Map<String, Value> {
    let mut map = Map::new();
    if chance.one_in(2) {
        return map; // the usual ones
    }
    let retry = chance.magnitude(1, 30_000_000);
    let renew = retry + chance.magnitude(1, 4 * retry.max(2)) + retry / 4;
    let lease = renew + chance.magnitude(1, 3 * renew);
    for (key, span) in [("leaseDuration", lease), ("renewDeadline", renew), ("retryPeriod", retry)] {
        map.insert(key.to_owned(), json!(us(span.min(100_000_000))));
    }
    map
}

fn one_of(chance: &mut Chance, names: &[String]) -> String {
    // Occasionally a name that does not exist.
    if names.is_empty() || chance.one_in(200) {
        return "master-9/etcd".to_owned();
    }
    names[chance.below(names.len() as u64) as usize].clone()
}

/// Picks two different hosts.
fn two(chance: &mut Chance, shape: &Shape) -> [String; 2] {
    let count = shape.hosts.len();
    let first = chance.below(count as u64) as usize;
    let second = (first + 1 + chance.below(count as u64 - 1) as usize) % count;
    [shape.hosts[first].clone(), shape.hosts[second].clone()]
}

fn host(chance: &mut Chance, shape: &Shape) -> Value {
    if chance.one_in(4) {
        let of = chance.pick(&["kube-controller-manager", "kube-scheduler", "etcd"]);
        return json!({ "leaderOf": of, "as": "host" });
    }
    json!(one_of(chance, &shape.hosts))
}

fn process(chance: &mut Chance, shape: &Shape) -> Value {
    if chance.one_in(4) {
        let of = chance.pick(&["kube-controller-manager", "kube-scheduler", "etcd"]);
        return json!({ "leaderOf": of, "as": "process" });
    }
    json!(one_of(chance, &shape.processes))
}

fn step(chance: &mut Chance, shape: &Shape, until_ms: u64) -> Value {
    let verbs = [
        "power-off",
        "power-on",
        "kill",
        "terminate",
        "stop",
        "start",
        "pause",
        "resume",
        "clock",
        "partition",
        "cut",
        "link",
        "heal",
        "crash-container",
        "delete-pod",
        "kubectl",
        "kubectl",
        "kubectl",
        "etcdctl",
        "etcdctl",
        "flags",
        "timings",
        "renewal",
    ];
    let verb = chance.pick(&verbs);
    let mut step = match verb {
        "power-off" | "power-on" => json!({ "target": host(chance, shape) }),
        "kill" | "terminate" | "stop" | "start" => json!({ "target": process(chance, shape) }),
        "pause" | "resume" => {
            let target = if chance.one_in(2) { host(chance, shape) } else { process(chance, shape) };
            json!({ "target": target })
        }
        "clock" => clock(chance, shape),
        "partition" => {
            let mut groups = vec![Vec::new(), Vec::new()];
            for host in &shape.hosts[2..] {
                if let side @ 0..=1 = chance.below(3) as usize {
                    groups[side].push(host);
                }
            }
            for (group, at_least) in groups.iter_mut().zip(&shape.hosts) {
                if group.is_empty() {
                    group.push(at_least);
                }
            }
            json!({ "groups": groups })
        }
        "cut" => {
            let [from, to] = two(chance, shape);
            json!({ "from": from, "to": to })
        }
        "link" => json!({
            "between": two(chance, shape),
            "latency": us(chance.magnitude(1, 600_000_000)),
            "jitter": us(chance.magnitude(1, 10_000_000)),
            "loss": chance.below(1_000_001) as f64 / 1e6,
        }),
        "heal" if chance.one_in(2) => json!({}),
        "heal" => json!({ "between": two(chance, shape) }),
        "crash-container" | "delete-pod" if shape.deployments.is_empty() => return step(chance, shape, until_ms),
        "crash-container" | "delete-pod" => {
            json!({ "target": { "podOf": one_of(chance, &shape.deployments), "index": chance.below(3) } })
        }
        "kubectl" => json!({ "args": kubectl(chance, shape), "mistaken": true }),
        "etcdctl" => json!({ "args": etcdctl(chance), "mistaken": true }),
        "flags" => flags(chance, shape),
        "timings" => {
            let mut map = timings(chance);
            for (key, usual) in [("leaseDuration", "15s"), ("renewDeadline", "10s"), ("retryPeriod", "2s")] {
                map.entry(key).or_insert_with(|| json!(usual));
            }
            Value::Object(map)
        }
        "renewal" => json!({ "renewal": chance.pick(&["lecture", "client-go"]) }),
        _ => unreachable!(),
    };
    if verb != "kubectl" && verb != "etcdctl" {
        step.as_object_mut().expect("all are").remove("mistaken");
    }
    step["do"] = json!(verb);
    step["at"] = json!(ms(chance.below(until_ms)));
    step
}

fn clock(chance: &mut Chance, shape: &Shape) -> Value {
    let mut clock = json!({ "target": host(chance, shape) });
    let kind = chance.below(3);
    if kind != 0 {
        clock["rate"] = json!(chance.magnitude(10_000, 100_000_000) as f64 / 1e6);
    }
    if kind != 1 {
        let sign = if chance.one_in(2) { "-" } else { "" };
        clock["offset"] = json!(format!("{sign}{}", us(chance.magnitude(1, 168 * 3_600 * 1_000_000))));
    }
    clock
}

fn flags(chance: &mut Chance, shape: &Shape) -> Value {
    let master = 1 + chance.below(shape.cluster["masters"].as_u64().unwrap_or(1));
    let time = us(chance.magnitude(1_000_000, 3_600_000_000));
    let count = chance.magnitude(1, 1_000_000).to_string();
    let (process, flag, value) = match chance.below(9) {
        0 => ("kube-apiserver", "--etcd-servers", "https://10.9.9.9:2379".to_owned()),
        1 => ("kube-apiserver", "--max-requests-inflight", count),
        2 => ("kube-apiserver", "--max-mutating-requests-inflight", count),
        3 => ("kube-apiserver", "--request-timeout", time),
        4 => ("kube-apiserver", "--event-ttl", time),
        5 => ("kube-controller-manager", "--leader-elect", chance.pick(&["true", "false"]).to_owned()),
        6 => ("kube-scheduler", "--leader-elect-lease-duration", time),
        7 => ("kube-controller-manager", "--leader-elect-retry-period", time),
        _ => ("kube-scheduler", "--leader-elect-resource-lock", chance.pick(&["leases", "endpoints"]).to_owned()),
    };
    json!({ "target": format!("master-{master}/{process}"), "set": { flag: value } })
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// Lines that a curious user might type, including harmful ones.
fn kubectl(chance: &mut Chance, shape: &Shape) -> Vec<String> {
    let lock = chance.pick(&["lease", "endpoints"]);
    let elected = chance.pick(&["kube-controller-manager", "kube-scheduler"]);
    let app = if shape.deployments.is_empty() { "web".to_owned() } else { one_of(chance, &shape.deployments) };
    let node = one_of(chance, &shape.hosts);
    let kind =
        chance.pick(&["pods", "nodes", "deployments", "replicasets", "leases", "events", "endpoints", "services"]);
    let many = chance.magnitude(1, 200_000);
    let number = chance.below(30);
    words(&match chance.below(22) {
        0 | 1 => format!("delete {lock} {elected} -n kube-system"),
        2 => format!("create deployment x{number} --image=nginx --replicas={many}"),
        3 => format!("scale deployment/{app} --replicas={many}"),
        4 => format!("scale deployment {app} --replicas=0"),
        5 => format!("delete deployment {app}"),
        6 => format!("get {kind} -A -o wide"),
        7 => format!("get {kind} -n kube-system -o json"),
        8 => format!("describe {kind}"),
        9 => format!("run p{number} --image=nginx"),
        10 => format!("delete pod p{number}"),
        11 => format!("cordon {node}"),
        12 => format!("uncordon {node}"),
        13 => format!("drain {node} --ignore-daemonsets"),
        14 => format!("delete node {node}"),
        15 => format!("expose deployment {app} --port=80"),
        16 => format!("rollout status deployment/{app}"),
        17 => format!("get --raw {}", chance.pick(&["/readyz", "/livez", "/healthz"])),
        18 => format!("get {kind} -o name"),
        19 => format!("delete namespace {}", chance.pick(&["default", "kube-system", "kube-node-lease"])),
        20 => "cluster-info".to_owned(),
        _ => format!("delete lease {node} -n kube-node-lease"),
    })
}

fn etcdctl(chance: &mut Chance) -> Vec<String> {
    let elected = chance.pick(&["kube-controller-manager", "kube-scheduler"]);
    let lock = chance.pick(&["leases", "services/endpoints"]);
    let key = format!("/registry/{lock}/kube-system/{elected}");
    let kind = chance.pick(&["pods", "minions", "leases", "deployments", "replicasets", "events", "services"]);
    let size = chance.magnitude(1, 900) as usize;
    let number = chance.below(30);
    match chance.below(16) {
        0 => words(&format!("del {key}")),
        1 => words(&format!("put {key} nobody")),
        2 => vec!["put".to_owned(), key, lease_of("nobody")],
        3 => vec!["put".to_owned(), key, lease_of("")],
        4 => words("del --prefix /registry/leases"),
        5 => words(&format!("del --prefix /registry/{kind}")),
        6 => words("del --prefix /registry"),
        7 => words("get --prefix / --keys-only"),
        8 => vec!["put".to_owned(), format!("k{number}"), "x".repeat(size)],
        9 => words("member list"),
        10 => words("endpoint status -w table"),
        11 => words("endpoint health"),
        12 => words("defrag"),
        13 => words("compaction 100"),
        14 => words("move-leader 8211f1d0f64f3269"),
        _ => words("alarm disarm"),
    }
}

fn lease_of(holder: &str) -> String {
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": { "name": "kube-controller-manager", "namespace": "kube-system" },
        "spec": { "holderIdentity": holder, "leaseDurationSeconds": 15, "leaseTransitions": 1 },
    })
    .to_string()
}
