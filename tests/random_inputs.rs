//! Mutated inputs that a user can type, open, follow or send: each is read, or refused with the place of the error, and nothing panics.
//!
//! Typed lines also run, on a small cluster. `cargo xtask soak` multiplies the cases; a failing case is printed in full.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::common::{soak, whole};
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Config};
use ha_lab::console::{self, Parsed, Tool};
use ha_lab::lab::forms::{self, FormAct};
use ha_lab::lab::scenario::{Scenario, ScenarioError};
use ha_lab::lab::{lesson, link};
use ha_lab::sim::{SimDuration, SimTime};
use ha_lab::ui::embed::protocol;
use ha_lab::ui::storage;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Turns valid texts into invalid ones.
struct Mutator {
    random: Pcg64Mcg,
    good: Vec<String>,
    /// The tokens of this kind of text.
    words: &'static [&'static str],
}

/// Tokens that often break parsers: limits of numbers, of characters and of lengths.
const ODD: &[&str] = &[
    "",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{1b}",
    "\u{7f}",
    "\u{9b}",
    "\u{202e}",
    "\u{feff}",
    "é",
    "高",
    "🦀",
    "e\u{301}",
    "0",
    "-0",
    "-1",
    "00",
    "1e9",
    "1e999",
    "0.1",
    "NaN",
    "255",
    "256",
    "65535",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
    "1us",
    "0s",
    "1h",
    "2000000h",
    "999999999999h",
    "\"",
    "'",
    "\\",
    "`",
    "$",
    "%",
    "%zz",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "#",
    "/",
    "//",
    "..",
    ":",
    ";",
    ",",
    "=",
    "==",
    "*",
    "+",
    "|",
    "&",
    "~",
    "_",
    "null",
    "true",
    "__proto__",
    "\\u0000",
    "\\ud800",
    "\u{ffff}",
];

impl Mutator {
    fn new(seed: u64, good: &[String], words: &'static [&'static str]) -> Self {
        Self { random: Pcg64Mcg::seed_from_u64(seed), good: good.to_vec(), words }
    }

    fn below(&mut self, end: usize) -> usize {
        (self.random.next_u64() % end.max(1) as u64) as usize
    }

    fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn good(&mut self) -> String {
        let at = self.below(self.good.len());
        self.good[at].clone()
    }

    /// Picks a place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// Picks a range, rarely a long one.
    fn range(&mut self, text: &str) -> std::ops::Range<usize> {
        let from = self.place(text);
        let most = if self.below(4) == 0 { text.len() } else { 12 };
        let mut to = (from + self.below(most)).min(text.len());
        while !text.is_char_boundary(to) {
            to += 1;
        }
        from..to
    }

    fn text(&mut self) -> String {
        let mut text = self.good();
        // Some stay unchanged, so that later checks are reached; others are changed beyond recognition.
        let changes = [0, 1, 1, 1, 2, 2, 3, 5, 12];
        for _ in 0..changes[self.below(changes.len())] {
            self.change(&mut text);
        }
        text
    }

    fn change(&mut self, text: &mut String) {
        match self.below(10) {
            0 => drop(text.drain(self.range(text))),
            1 => {
                let piece = text[self.range(text)].to_owned();
                text.insert_str(self.place(text), &piece);
            }
            2 => {
                let (range, odd) = (self.range(text), self.one_of(ODD));
                text.replace_range(range, odd);
            }
            3 => text.insert_str(self.place(text), self.one_of(ODD)),
            4 | 5 => text.insert_str(self.place(text), self.one_of(self.words)),
            6 => self.number(text),
            7 => {
                let other = self.good();
                let piece = other[self.range(&other)].to_owned();
                text.insert_str(self.place(text), &piece);
            }
            8 => text.truncate(self.place(text)),
            _ => {
                // Repeats a part many times.
                let (at, count) = (self.place(text), 1 << self.below(12));
                let piece = if self.below(2) == 0 { self.one_of(ODD) } else { self.one_of(self.words) };
                if text.len() + piece.len() * count < 100_000 {
                    text.insert_str(at, &piece.repeat(count));
                }
            }
        }
    }

    /// Replaces a number with another one.
    fn number(&mut self, text: &mut String) {
        let from = self.place(text);
        let Some(at) = text[from..].find(|c: char| c.is_ascii_digit()).map(|at| from + at) else { return };
        let end = text[at..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |length| at + length);
        let odd = self.one_of(ODD);
        text.replace_range(at..end, odd);
    }
}

/// Runs `count` cases (times the soak factor), each from its own seed. Names a case that panics or fails.
fn cases(
    name: &str,
    first: u64,
    count: u64,
    good: &[String],
    words: &'static [&'static str],
    judge: impl Fn(&str) -> bool,
) {
    const EACH: u64 = 100;
    let seeds = soak::seeds(first, count / EACH);
    let (mut read, mut all) = (0_u64, 0_u64);
    for seed in seeds.clone() {
        let mut mutator = Mutator::new(seed, good, words);
        for case in 0..EACH {
            let text = mutator.text();
            let done = catch_unwind(AssertUnwindSafe(|| judge(&text)));
            match done {
                Ok(was_read) => read += u64::from(was_read),
                Err(panic) => {
                    eprintln!("{name}: seed {seed}, case {case}:\n{text:?}");
                    resume_unwind(panic);
                }
            }
            all += 1;
        }
        soak::progress(name, seed - seeds.start, &seeds);
    }
    println!("{name}: {all} texts, {read} of them read, the others refused");
    assert!(read > all / 50 && read < all, "{name}: {read} of {all} were read: that shows little");
}

/// Checks that an error is readable, whatever it quotes.
fn is_short(said: &str) {
    let length = said.chars().count();
    assert!(length < 5_000, "{length} characters: {said}");
}

/// Checks a refusal of a file or a link: it has a place, what was found, and what is allowed.
fn names_a_place(error: &ScenarioError) {
    assert!(!error.path.is_empty() && !error.found.is_empty() && !error.allowed.is_empty(), "{error:?}");
    let said = error.to_string();
    is_short(&said);
}

fn scenarios() -> Vec<String> {
    [
        r#"{"version":1}"#,
        r#"{"version":1,"name":"A","seed":7,"until":"180s","script":[{"at":"60s","do":"power-off","target":{"leaderOf":"kube-controller-manager","as":"host"}},{"at":"120s","do":"power-on","target":"master-1"}]}"#,
        r#"{"version":1,"cluster":{"masters":5,"workers":2,"loadBalancer":null,"kubeconfig":"master-1","deployments":[{"name":"web","replicas":3}],"leaderElection":{"lock":"endpoints","renewal":"client-go","leaseDuration":"15s","renewDeadline":"10s","retryPeriod":"2s"}},"until":"2m"}"#,
        r#"{"version":1,"cluster":{"masters":3,"etcd":{"topology":"external","members":5},"loadBalancer":{"kind":"haproxy","hosts":2}},"script":[{"at":"1s","do":"kubectl","args":["get","pods","-o","wide"]},{"at":"2.5s","do":"etcdctl","args":["put","k","v"],"mistaken":true}],"until":"40s"}"#,
        r#"{"version":1,"script":[{"at":"31s","do":"clock","target":"master-1","rate":1.5,"offset":"-5s"},{"at":"32s","do":"link","between":["master-1","master-2"],"latency":"20ms","jitter":"5ms","loss":0.1},{"at":"33s","do":"partition","groups":[["master-1"],["master-2","master-3"]]},{"at":"34s","do":"heal"},{"at":"35s","do":"flags","target":"master-1/kube-apiserver","set":{"--max-requests-inflight":"400"}},{"at":"36s","do":"timings","leaseDuration":"30s","renewDeadline":"20s","retryPeriod":"5s"},{"at":"37s","do":"delete-pod","target":{"podOf":"web","index":0}}]}"#,
    ]
    .map(str::to_owned)
    .to_vec()
}

const IN_SCENARIOS: &[&str] = &[
    "\"version\":1,",
    "\"seed\":18446744073709551615,",
    "\"now\":\"30s\",",
    "\"lesson\":\"tour\",",
    "\"beat\":2,",
    "\"until\":\"600s\",",
    "\"script\":[",
    "{\"at\":\"1s\",\"do\":\"heal\"},",
    "\"do\":\"kill\"",
    "\"target\":\"lb-1\"",
    "\"cluster\":{",
    "\"workers\":5000",
    "\"masters\":7",
    "{\"a\":",
    "[[",
    "]]",
    "\"\\u001b\":1,",
    "master-1",
    "worker-1",
    "kube-scheduler",
    "\"args\":[\"get\",\"pods\"]",
    "\"rate\":100",
    "\"renewal\":\"lecture\"",
    "\"nginx\"",
];

#[test]
fn links() {
    let good: Vec<String> = scenarios().iter().map(|json| json.replace("\"version\":1,", "")).collect();
    let known = ["#lesson/tour/3", "lesson/takeover", "#1.e317mQ", "#1.gDFtMIalidGEMm0whqaIyDGQN5UzbTChPwc"];
    let mut given: Vec<String> = known.map(str::to_owned).to_vec();
    given.extend(good.iter().map(|json| link::forge(json)));
    let judge = |fragment: &str| match link::decode(fragment) {
        Err(error) => {
            names_a_place(&error);
            false
        }
        Ok(found) => {
            if let Some(found) = &found {
                let again = link::encode(found).expect("what was read can be written");
                assert_eq!(link::decode(&again).as_ref(), Ok(&Some(found.clone())), "{again}");
            }
            found.is_some()
        }
    };
    cases("links, changed outside", 1, 20_000, &given, &["#1.", "lesson/", "tour", "AAAA", "-", "_"], judge);
    cases("links, changed inside", 500, 20_000, &good, IN_SCENARIOS, |json| judge(&link::forge(json)));
}

#[test]
fn files_and_kept_runs() {
    let judge = |text: &str| {
        let read = link::from_file(text);
        match &read {
            Err(error) => names_a_place(error),
            Ok(found) => {
                let written = found.scenario.to_json();
                assert_eq!(Scenario::parse(&written).as_ref(), Ok(&found.scenario), "{written}");
            }
        }
        let kept = format!(r#"{{"kept":1,"now":"30s","run":{text}}}"#);
        if let Err(error) = storage::read(&kept) {
            assert!(!error.is_empty(), "{kept}");
        }
        let _ = storage::read(text);
        read.is_ok()
    };
    cases("files", 1_000, 20_000, &scenarios(), IN_SCENARIOS, judge);
}

#[test]
fn messages() {
    let mut good: Vec<String> = ["play", "pause"].map(|kind| format!(r#"{{"haLab":1,"type":"{kind}"}}"#)).to_vec();
    good.push(r##"{"haLab":1,"type":"load","link":"https://x/y/#lesson/takeover/2"}"##.to_owned());
    good.push(r##"{"haLab":1,"type":"load","link":"#1.e317mQ"}"##.to_owned());
    good.extend(scenarios().iter().map(|json| format!(r#"{{"haLab":1,"type":"load","scenario":{json}}}"#)));
    let words =
        &["\"haLab\":1,", "\"type\":\"load\",", "\"link\":\"#1.x\",", "\"scenario\":{},", "\"type\":7,", "{\"a\":"];
    cases("messages", 1_500, 20_000, &good, words, |text| match protocol::read(text) {
        // Messages that are not for the lab.
        None => false,
        Some(Ok(_)) => true,
        Some(Err(why)) => {
            assert!(!why.is_empty());
            is_short(&why);
            let told = protocol::write(&protocol::Event::Error(why));
            assert!(told.starts_with(r#"{"haLab":1,"#), "{told}");
            false
        }
    });
}

#[test]
fn lessons() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("static/lessons");
    let mut good = Vec::new();
    for language in ["en", "zh-Hans"] {
        let mut files: Vec<_> = std::fs::read_dir(dir.join(language)).expect("lessons").flatten().collect();
        files.sort_by_key(std::fs::DirEntry::file_name);
        let lessons = files.iter().filter(|file| file.path().extension().is_some_and(|ending| ending == "md"));
        good.extend(lessons.map(|file| std::fs::read_to_string(file.path()).expect("text")));
    }
    assert!(good.len() >= 30, "{}", good.len());
    // Half of them have the line ends of an editor on Windows.
    let crlf: Vec<String> = good.iter().map(|text| text.replace('\n', "\r\n")).collect();
    good.extend(crlf);
    let words = &[
        "\n---\n",
        "\n## A {#a}\n",
        "\n## End {#recap}\n- a\n",
        "\nsetup: run 20s\n",
        "\nsetup: run 2000000h\n",
        "\ndo: A.\n",
        "\n  act: kill master-1/etcd\n",
        "\n  done: cuts >= 1\n",
        "\npredict: A?\n- a\n  when: cuts is 0\n  b\n",
        "\nmeasure: a = cuts\n",
        "{a}",
        "{pod(web)}",
        "[a](#b)",
        "**",
        "\n  within: 5s\n",
        "\nclaims: 1, 2\n",
        "\nfresh {",
        "\ncluster: {\"workers\":5000}\n",
        "\nprecisely: a\n",
        "\nthen: b\n",
        "\nrepair: c\n",
        "\ncheck: d\n",
        "\nwait: e\n",
    ];
    cases("lessons", 2_000, 4_000, &good, words, |text| match lesson::read(text) {
        Err(error) => {
            let lines = text.lines().count().max(1);
            assert!((1..=lines).contains(&error.line), "line {} of {lines}: {error}", error.line);
            assert!(!error.what.is_empty(), "{error}");
            is_short(&error.what);
            false
        }
        Ok(lesson) => {
            lesson::same_structure(&lesson, &lesson).expect("a lesson is like itself");
            true
        }
    });
}

fn lines() -> Vec<String> {
    [
        "kubectl get nodes",
        "kubectl get pods -o wide",
        "kubectl get pods -A -o jsonpath={.items[0].metadata.name}",
        "kubectl get pods -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName --sort-by=.metadata.name --no-headers",
        "kubectl get lease,endpoints,endpointslices -n kube-system -o yaml",
        "kubectl get deployments,replicasets -l app=web --show-labels",
        "kubectl get --raw /readyz --request-timeout=2s",
        "kubectl get events --server=10.0.0.10:6443 -o json",
        "kubectl describe nodes worker-1",
        "kubectl describe deployment web",
        "kubectl create deployment x --image=x --replicas=2",
        "kubectl run one --image=x",
        "kubectl scale deployment web --replicas=5",
        "kubectl expose deployment web --port=80",
        "kubectl delete lease kube-controller-manager -n kube-system",
        "kubectl delete pods -l app=web",
        "kubectl delete node worker-1",
        "kubectl cordon worker-1",
        "kubectl uncordon worker-1",
        "kubectl drain worker-1 --ignore-daemonsets --force",
        "kubectl rollout status deployment/web",
        "kubectl version",
        "kubectl cluster-info",
        r#"kubectl apply -f - <<< '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"m"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"m"}},"template":{"metadata":{"labels":{"app":"m"}},"spec":{"containers":[{"name":"c","image":"x"}]}}}}'"#,
        "etcdctl put k v",
        "etcdctl get k --consistency=s -w json",
        "etcdctl get --prefix / --keys-only",
        "etcdctl get --prefix /registry/leases -w fields",
        "etcdctl del --prefix /registry/pods",
        "etcdctl put /registry/leases/kube-system/kube-scheduler {}",
        "etcdctl member list -w table",
        "etcdctl member add four --peer-urls=http://10.0.1.4:2380",
        "etcdctl endpoint health",
        "etcdctl endpoint status -w table --endpoints=10.0.1.1:2379",
        "etcdctl endpoint hashkv --command-timeout=2s",
        "etcdctl move-leader 1",
        "etcdctl alarm list",
        "etcdctl compaction 50",
        "etcdctl defrag",
        "etcdctl version",
    ]
    .map(str::to_owned)
    .to_vec()
}

const IN_LINES: &[&str] = &[
    " -n default",
    " -A",
    " -o json",
    " -o yaml",
    " -o=",
    " -l a=b",
    " --",
    " -",
    " -w json",
    " --prefix",
    " --from-key",
    " --all",
    " --force",
    " --grace-period=0",
    " -f -",
    " <<< ",
    " kubectl",
    " etcdctl",
    " /registry",
    " --replicas=3",
    " --server=nobody",
    " --endpoints=10.0.1.9:1",
    " --request-timeout=1us",
    " -l a!=b,c",
    " pods",
    "/",
    ",",
    " web",
];

/// Returns the act of a typed line, as the page reads it.
fn typed(line: &str, hosts: &[String]) -> Result<Act, String> {
    forms::act_of(FormAct::Type, "laptop", &[line], hosts)
}

/// Returns whether the tool accepts the line.
fn takes(act: &Act) -> bool {
    let (tool, args) = match act {
        Act::Kubectl { args } => (Tool::Kubectl, args),
        Act::Etcdctl { args } => (Tool::Etcdctl, args),
        other => panic!("not typed: {other:?}"),
    };
    if let Err(why) = console::check(tool, args) {
        assert!(!why.is_empty(), "{args:?}");
    }
    match console::parse(tool, args) {
        Parsed::Kubectl(_) | Parsed::Etcdctl(_) => true,
        Parsed::Ended(screen, _) => {
            assert!(!screen.stdout.is_empty() || !screen.stderr.is_empty(), "{args:?} ends without a word");
            false
        }
        Parsed::Unsupported(what) => {
            assert!(!what.is_empty(), "{args:?}");
            false
        }
    }
}

#[test]
fn typed_lines_are_read() {
    let hosts = ["laptop", "lb-1", "master-1"].map(str::to_owned);
    cases("typed lines", 2_500, 20_000, &lines(), IN_LINES, |line| match typed(line, &hosts) {
        Ok(act) => takes(&act),
        Err(why) => {
            assert!(!why.is_empty(), "{line:?}");
            false
        }
    });
}

/// Limits the pods that a line requests, because they determine its cost; the limit for pods is tested elsewhere.
fn asks_for_many(line: &str) -> bool {
    line.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.trim_start_matches('0').len() > 2)
        && (line.contains("replicas") || line.contains("<<<"))
}

/// Types lines that the tools accept, and some that they refuse, one after the other into a running cluster. The cluster continues, its
/// invariants hold, and every command that ended has printed something or was quiet with status 0.
#[test]
fn typed_lines_run() {
    let config = Config { masters: 1, workers: 1, ..Config::default() };
    let fresh = whole::running(&config, whole::secs(30));
    let hosts: Vec<String> = ["laptop", "lb-1", "master-1", "worker-1"].map(str::to_owned).to_vec();
    let all = soak::seeds(3_000, 60);
    let (mut ran, mut ended) = (0, 0);
    for seed in all.clone() {
        let mut mutator = Mutator::new(seed, &lines(), IN_LINES);
        let mut script = Vec::new();
        while script.len() < 8 {
            let line = mutator.text();
            let Ok(act) = typed(&line, &hosts) else { continue };
            // The other test covers refused lines; a few print their error here as well.
            if !asks_for_many(&line) && (takes(&act) || mutator.below(20) == 0) {
                script.push((SimDuration::from_millis(mutator.below(3_000) as u64), act));
            }
        }
        let run = || -> Cluster {
            let mut cluster = fresh.clone();
            for (wait, act) in &script {
                let at = SimTime(cluster.now().0 + wait.0);
                cluster.run_until(at);
                cluster.apply(act).unwrap_or_else(|why| panic!("{act:?}: {why:?}"));
            }
            let end = SimTime(cluster.now().0 + 20 * whole::S);
            cluster.run_until(end);
            cluster
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Err(panic) => {
                eprintln!("typed lines: seed {seed}: {script:#?}");
                resume_unwind(panic);
            }
            Ok(cluster) => {
                for command in &cluster.history().commands {
                    ran += 1;
                    let Some((_, printed)) = &command.ended else { continue };
                    ended += 1;
                    let quiet = printed.stdout.is_empty() && printed.stderr.is_empty();
                    assert!(!quiet || printed.exit == 0, "seed {seed}: {:?} fails without a word", command.args);
                }
                assert_eq!(cluster.invariants().broken(), None, "seed {seed}: {script:#?}");
            }
        }
        soak::progress("typed lines that run", seed - all.start, &all);
    }
    println!("typed lines that run: {ran} in {} clusters, {ended} of them ended", all.end - all.start);
    assert!(ended > ran / 2 && ran > 0, "{ended} of {ran} ended");
}
