//! Random scenarios that touch leases, clocks and pauses, with every timing that a scenario may have. Each is a valid
//! file. If it breaks an invariant, it is printed without the steps that are not needed for that.

use ha_lab::lab::scenario::Scenario;
use ha_lab::sim::Stream;
use serde_json::{Value, json};

use super::{broken, play, soak};

const COMPONENTS: [&str; 2] = ["kube-controller-manager", "kube-scheduler"];

/// Picks one of `of`.
fn one<'a>(chance: &mut Stream, of: &[&'a str]) -> &'a str {
    of[chance.below(of.len() as u64) as usize]
}

/// Draws between `from` and `from` times two to the `octaves`; each octave is equally likely.
fn spread(chance: &mut Stream, from: u64, octaves: u64) -> u64 {
    let low = from << chance.below(octaves);
    low + chance.below(low.max(1))
}

fn us(micros: u64) -> String {
    format!("{micros}us")
}

/// Draws timings in an order that client-go accepts: microseconds, typical seconds, or any value.
fn timings(chance: &mut Stream) -> Value {
    let retry = match chance.below(10) {
        0..=3 => 2_000_000,
        4..=6 => spread(chance, 200_000, 4),
        7 => spread(chance, 1, 14),
        _ => spread(chance, 1, 26),
    };
    let least = retry + retry / 5 + 1;
    let renew = least + [0, chance.below(2_000_000), chance.below(retry * 8 + 1)][chance.below(3) as usize];
    let lease = renew + 1 + [0, chance.below(6_000_000), chance.below(renew)][chance.below(3) as usize];
    json!({"leaseDuration": us(lease), "renewDeadline": us(renew), "retryPeriod": us(retry)})
}

fn step(chance: &mut Stream, masters: u64, etcds: &[String]) -> Value {
    let component = one(chance, &COMPONENTS);
    let master = format!("master-{}", 1 + chance.below(masters));
    let candidate = format!("{master}/{component}");
    let api = format!("{master}/kube-apiserver");
    let etcd = etcds[chance.below(etcds.len() as u64) as usize].clone();
    let leader = json!({"leaderOf": component, "as": one(chance, &["process", "host"])});
    let leading = json!({"leaderOf": component, "as": "process"});
    let (resource, prefix) =
        [("lease", "/registry/leases/"), ("endpoints", "/registry/services/endpoints/")][chance.below(2) as usize];
    let key = format!("{prefix}kube-system/{component}");
    let either = match chance.below(4) {
        0 => json!(master),
        1 => json!(candidate),
        2 => json!(api),
        _ => leader,
    };
    match chance.below(24) {
        0..=2 => json!({"do": "kubectl", "args": ["delete", resource, component, "-n", "kube-system"]}),
        3 => json!({"do": "etcdctl", "args": ["del", key]}),
        4 => json!({"do": "etcdctl", "args": ["del", "--prefix", prefix]}),
        5 => json!({"do": "etcdctl", "args": ["put", key, "{}"]}),
        6..=8 => json!({"do": "pause", "target": either}),
        9..=11 => json!({"do": "resume", "target": either}),
        12 | 13 => {
            let hours = chance.below(337) as i64 - 168;
            let offset = [format!("{hours}h"), format!("{}ms", chance.below(60_000) as i64 - 30_000)];
            let rate = [0.01, 0.5, 0.9, 1.0, 1.1, 1.5, 4.0, 100.0][chance.below(8) as usize];
            match chance.below(3) {
                0 => json!({"do": "clock", "target": master, "offset": offset[chance.below(2) as usize]}),
                1 => json!({"do": "clock", "target": master, "rate": rate}),
                _ => json!({"do": "clock", "target": master, "offset": offset[chance.below(2) as usize], "rate": rate}),
            }
        }
        14 => {
            let mut step = timings(chance);
            step["do"] = json!("timings");
            step
        }
        15 => json!({"do": "renewal", "renewal": one(chance, &["lecture", "client-go"])}),
        16 => {
            let set = match chance.below(4) {
                0 => json!({"--leader-elect": one(chance, &["true", "false"])}),
                1 => json!({"--leader-elect-resource-lock": one(chance, &["leases", "endpoints"])}),
                2 => json!({"--leader-elect-lease-duration": one(chance, &["11s", "15s", "40s"])}),
                _ => json!({"--leader-elect-renew-deadline": one(chance, &["3s", "10s", "14s"])}),
            };
            json!({"do": "flags", "target": candidate, "set": set})
        }
        17 => json!({"do": one(chance, &["kill", "terminate", "stop", "start"]), "target": candidate}),
        18 => json!({"do": one(chance, &["kill", "stop", "start"]), "target": api}),
        19 => json!({"do": one(chance, &["kill", "pause", "resume"]), "target": etcd}),
        20 => json!({"do": one(chance, &["power-off", "power-on"]), "target": master}),
        21 => json!({"do": one(chance, &["terminate", "kill", "pause"]), "target": leading}),
        22 => {
            let (latency, jitter) = (chance.below(4_000), chance.below(1_000));
            let etcd = etcd.split('/').next().unwrap_or_default();
            let between = if etcd == master { vec!["master-1", "laptop"] } else { vec![&*master, etcd] };
            json!({"do": "link", "between": between, "latency": format!("{latency}ms"), "jitter": format!("{jitter}ms")})
        }
        _ => json!({"do": "heal"}),
    }
}

/// Returns the scenario of a seed.
fn scenario(seed: u64) -> Value {
    let chance = &mut Stream::new(seed, "leases");
    let masters = [1, 2, 2, 3][chance.below(4) as usize];
    let external = chance.below(2) == 0;
    let etcds: Vec<_> = if external {
        vec!["etcd-1/etcd".to_owned()]
    } else {
        (1..=masters).map(|master| format!("master-{master}/etcd")).collect()
    };
    let mut election = if chance.below(3) == 0 { json!({}) } else { timings(chance) };
    election["renewal"] = json!(one(chance, &["lecture", "client-go"]));
    election["lock"] = json!(one(chance, &["leases", "endpoints"]));
    let topology =
        if external { json!({"topology": "external", "members": 1}) } else { json!({"topology": "stacked"}) };
    let mut at = 20_000_000 + chance.below(20_000_000);
    let mut script = Vec::new();
    for _ in 0..1 + chance.below(8) {
        let mut step = step(chance, masters, &etcds);
        step["at"] = json!(us(at));
        script.push(step);
        at += spread(chance, 1_000, 15);
    }
    json!({
        "version": 1,
        "seed": seed,
        "cluster": {
            "masters": masters,
            "workers": 0,
            "deployments": [],
            "etcd": topology,
            "loadBalancer": null,
            "leaderElection": election,
        },
        "script": script,
        "until": us(at + 30_000_000),
    })
}

/// Returns how it broke an invariant; empty if all held, or if the file is refused.
fn judge(scenario: &Value) -> Result<Option<String>, String> {
    let scenario = Scenario::parse(&scenario.to_string()).map_err(|why| why.to_string())?;
    Ok(broken(&play(&scenario)))
}

/// Removes the steps that are not needed for the failure.
fn shrunk(mut scenario: Value) -> Value {
    let mut index = 0;
    while scenario["script"].get(index).is_some() {
        let mut fewer = scenario.clone();
        fewer["script"].as_array_mut().expect("a list").remove(index);
        match judge(&fewer) {
            Ok(Some(_)) => scenario = fewer,
            _ => index += 1,
        }
    }
    scenario
}

fn check(seeds: std::ops::Range<u64>) {
    let (mut failed, mut refused, count) = (Vec::new(), 0, seeds.end - seeds.start);
    for seed in seeds.clone() {
        soak::progress("leases", seed - seeds.start, &seeds);
        let scenario = scenario(seed);
        match judge(&scenario) {
            Ok(None) => {}
            Ok(Some(how)) => {
                let found = format!("seed {seed}: {how}\n{}", shrunk(scenario));
                println!("{found}"); // print at once: a soak takes hours
                failed.push(found);
            }
            Err(why) => {
                refused += 1;
                assert!(why.contains("must be greater than"), "seed {seed}: {why}\n{scenario}");
            }
        }
    }
    println!("leases: {count} scenarios, {refused} refused");
    assert!(failed.is_empty(), "{} of {count} broke what must hold\n{}", failed.len(), failed.join("\n"));
    assert!(refused * 4 < count, "{refused} of {count} were refused");
}

#[test]
fn random_scenarios_never_break_what_must_hold() {
    check(soak::seeds(0, 60));
}
