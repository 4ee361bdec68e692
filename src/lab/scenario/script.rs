//! The `script` part of a scenario: acts and their times.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::names;
use super::read::{At, Object, Read};
use super::{LeaderElection, MAX_TIMING, MAX_UNTIL, Reading, ScenarioError, Span, cluster};
use crate::cluster::config::{Config, Verb};
use crate::cluster::flags;
use crate::console::{self, Parsed, Tool};
use crate::kube::act::TargetKind;
use crate::sim::SimDuration;

/// The most steps of a script.
pub(crate) const MAX_STEPS: usize = 1_000;
/// The longest latency of a link, and the most jitter.
pub(crate) const MAX_LATENCY: SimDuration = SimDuration::from_secs(600);
/// The largest offset of a clock, either way.
pub(crate) const MAX_OFFSET: SimDuration = SimDuration::from_secs(168 * 3_600);
/// The range of a clock's rate, in millionths.
pub(crate) const RATES_PPM: (u32, u32) = (10_000, 100_000_000);
const MAX_ARGS: usize = 512;
const MAX_TEXT: usize = 1_024;
/// The longest name of a pod in Kubernetes, in characters.
const MAX_POD_NAME: usize = 253;

/// One step: an act and its time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Simulated time since the start of the run.
    pub(crate) at: Span,
    #[serde(flatten)]
    pub(crate) action: Action,
}

/// The action of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(crate) enum Action {
    Clock {
        target: TargetRef,
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Millionths>,
        #[serde(skip_serializing_if = "Option::is_none")]
        offset: Option<Offset>,
    },
    Partition {
        groups: Vec<Vec<String>>,
    },
    Cut {
        from: String,
        to: String,
    },
    Link {
        between: (String, String),
        #[serde(skip_serializing_if = "Option::is_none")]
        latency: Option<Span>,
        #[serde(skip_serializing_if = "Option::is_none")]
        jitter: Option<Span>,
        #[serde(skip_serializing_if = "Option::is_none")]
        loss: Option<Millionths>,
    },
    Heal {
        #[serde(skip_serializing_if = "Option::is_none")]
        between: Option<(String, String)>,
    },
    Kubectl {
        args: Vec<String>,
        #[serde(skip_serializing_if = "is_false")]
        mistaken: bool,
    },
    Etcdctl {
        args: Vec<String>,
        #[serde(skip_serializing_if = "is_false")]
        mistaken: bool,
    },
    Flags {
        target: TargetRef,
        set: BTreeMap<String, String>,
    },
    /// Sets the timings of the lease for every candidate, from its next step on.
    #[serde(rename_all = "camelCase")]
    Timings {
        lease_duration: Span,
        renew_deadline: Span,
        retry_period: Span,
    },
    /// Sets the reading of the lease for every candidate, from its next step on.
    Renewal {
        renewal: Reading,
    },
    /// Applies a verb to one host, process or pod.
    #[serde(untagged)]
    On {
        #[serde(rename = "do")]
        verb: Verb,
        target: TargetRef,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde calls
fn is_false(value: &bool) -> bool {
    !value
}

/// The target of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum TargetRef {
    /// `master-1` or `master-1/etcd`
    Name(String),
    /// The leader at that moment.
    #[serde(rename_all = "camelCase")]
    Leader { leader_of: Elected, r#as: As },
    #[serde(rename_all = "camelCase")]
    Pod { pod_of: String, index: usize },
    /// A pod of the namespace `default`, by name.
    NamedPod { pod: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Elected {
    KubeControllerManager,
    KubeScheduler,
    Etcd,
}

impl Elected {
    /// Returns the name of its process.
    fn name(self) -> &'static str {
        match self {
            Elected::KubeControllerManager => "kube-controller-manager",
            Elected::KubeScheduler => "kube-scheduler",
            Elected::Etcd => "etcd",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum As {
    Process,
    Host,
}

/// A number with six decimals, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Millionths(pub(crate) u32);

impl Serialize for Millionths {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_f64(f64::from(self.0) / 1e6)
    }
}

/// A duration that may be negative, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offset(pub(crate) i64);

impl Serialize for Offset {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let sign = if self.0 < 0 { "-" } else { "" };
        s.collect_str(&format_args!("{sign}{}", SimDuration(self.0.unsigned_abs())))
    }
}

/// The actions that a step's `do` names besides the verbs.
#[derive(Clone, Copy)]
enum Other {
    Clock,
    Partition,
    Cut,
    Link,
    Heal,
    Typed(Tool),
    Flags,
    Timings,
    Renewal,
}

const OTHERS: [(&str, Other); 10] = [
    ("clock", Other::Clock),
    ("partition", Other::Partition),
    ("cut", Other::Cut),
    ("link", Other::Link),
    ("heal", Other::Heal),
    ("kubectl", Other::Typed(Tool::Kubectl)),
    ("etcdctl", Other::Typed(Tool::Etcdctl)),
    ("flags", Other::Flags),
    ("timings", Other::Timings),
    ("renewal", Other::Renewal),
];

impl Step {
    /// Checks that a scenario of this cluster may have the step.
    ///
    /// # Errors
    /// The same errors as for a step that is read from a file.
    pub(crate) fn check(&self, config: &Config) -> Result<(), ScenarioError> {
        let value = serde_json::to_value(self).expect("strings, numbers and lists only");
        read_step(&At::top(&value), config).map(drop)
    }
}

pub(super) fn read(at: &At<'_>, config: &Config) -> Read<Vec<Step>> {
    let steps = at.list(&format!("a list of at most {MAX_STEPS} steps"), 0..=MAX_STEPS)?;
    steps.iter().map(|step| read_step(step, config)).collect()
}

fn read_step(step: &At<'_>, config: &Config) -> Read<Step> {
    let object = step.any_object()?;
    let verbs = Verb::all().map(|verb| (verb.name(), Err(verb)));
    let all: Vec<(&str, Result<Other, Verb>)> =
        verbs.chain(OTHERS.iter().map(|(name, other)| (*name, Ok(*other)))).collect();
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let named = object.need("do", &names.join(", "))?.choice(&all)?;
    let keys: &[&str] = match named {
        Err(_) => &["at", "do", "target"],
        Ok(Other::Clock) => &["at", "do", "target", "rate", "offset"],
        Ok(Other::Partition) => &["at", "do", "groups"],
        Ok(Other::Cut) => &["at", "do", "from", "to"],
        Ok(Other::Link) => &["at", "do", "between", "latency", "jitter", "loss"],
        Ok(Other::Heal) => &["at", "do", "between"],
        Ok(Other::Typed(_)) => &["at", "do", "args", "mistaken"],
        Ok(Other::Flags) => &["at", "do", "target", "set"],
        Ok(Other::Timings) => &["at", "do", "leaseDuration", "renewDeadline", "retryPeriod"],
        Ok(Other::Renewal) => &["at", "do", "renewal"],
    };
    object.no_other_keys(keys)?;
    let at = object.need("at", "a duration from the start, such as \"60s\"")?;
    let at = Span(at.duration(SimDuration::ZERO, MAX_UNTIL)?);
    let reader = StepReader { object, config };
    let action = match named {
        Err(verb) => Action::On { verb, target: reader.target(verb.takes())? },
        Ok(Other::Clock) => reader.clock(step)?,
        Ok(Other::Partition) => reader.partition()?,
        Ok(Other::Cut) => reader.cut()?,
        Ok(Other::Link) => reader.link(step)?,
        Ok(Other::Heal) => {
            Action::Heal { between: reader.object.get("between").map(|at| reader.pair(&at)).transpose()? }
        }
        Ok(Other::Typed(tool)) => reader.typed(tool)?,
        Ok(Other::Flags) => reader.flags()?,
        Ok(Other::Timings) => reader.timings(step)?,
        Ok(Other::Renewal) => {
            Action::Renewal { renewal: reader.object.need("renewal", "lecture, client-go")?.choice(&Reading::NAMES)? }
        }
    };
    Ok(Step { at, action })
}

struct StepReader<'a> {
    object: Object<'a>,
    config: &'a Config,
}

impl StepReader<'_> {
    fn host(&self, at: &At<'_>) -> Read<String> {
        let name = at.string(&names::hosts(self.config))?;
        if names::is_host(self.config, name) {
            Ok(name.to_owned())
        } else {
            Err(at.refuse("is not a host of this cluster", names::hosts(self.config)))
        }
    }

    fn target(&self, kind: TargetKind) -> Read<TargetRef> {
        let allowed = match kind {
            TargetKind::Host => "a host such as \"master-1\", or {\"leaderOf\": ..., \"as\": \"host\"}",
            TargetKind::Process => {
                "a process such as \"master-1/kube-apiserver\", or {\"leaderOf\": ..., \"as\": \"process\"}"
            }
            TargetKind::HostOrProcess => {
                "a host such as \"master-1\", a process such as \"master-1/etcd\", or {\"leaderOf\": ...}"
            }
            TargetKind::Pod => "a pod as {\"podOf\": DEPLOYMENT, \"index\": 0} or {\"pod\": NAME}",
        };
        let at = self.object.need("target", allowed)?;
        match at.value.as_str() {
            Some(name) => self.named(&at, name, kind, allowed),
            None if !at.value.is_object() => Err(at.refuse("is not a target", allowed)),
            None => self.chosen(&at, kind, allowed),
        }
    }

    fn named(&self, at: &At<'_>, name: &str, kind: TargetKind, allowed: &str) -> Read<TargetRef> {
        let (host, process) = name.split_once('/').map_or((name, None), |(h, p)| (h, Some(p)));
        if !names::is_host(self.config, host) {
            let whole = if process.is_some() { format!("is on {host:?}, which is not") } else { "is not".to_owned() };
            return Err(at.refuse(format!("{whole} a host of this cluster"), names::hosts(self.config)));
        }
        if let Some(process) = process {
            let known = names::processes(self.config, host);
            if !known.contains(&process) {
                let list: Vec<_> = known.iter().map(|p| format!("{host}/{p}")).collect();
                let list = if list.is_empty() { "no process of this host".to_owned() } else { list.join(", ") };
                return Err(at.refuse(format!("is not a process of {host}"), list));
            }
        }
        match (kind, process.is_some()) {
            (TargetKind::Host, false) | (TargetKind::Process, true) | (TargetKind::HostOrProcess, _) => {
                Ok(TargetRef::Name(name.to_owned()))
            }
            (_, true) => Err(at.refuse("is a process", allowed)),
            (_, false) => Err(at.refuse("is a host", allowed)),
        }
    }

    fn chosen(&self, at: &At<'_>, kind: TargetKind, allowed: &str) -> Read<TargetRef> {
        let object = at.any_object()?;
        if object.has("pod") && !object.has("podOf") && kind == TargetKind::Pod {
            let allowed = "the name of a pod, such as \"web-6d4b-x2x9k\"";
            let at = at.object(&["pod"])?.need("pod", allowed)?;
            let name = at.string(allowed)?;
            let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'));
            let good = plain && (1..=MAX_POD_NAME).contains(&name.len());
            return if good {
                Ok(TargetRef::NamedPod { pod: name.to_owned() })
            } else {
                Err(at.refuse("is not a pod's name", allowed))
            };
        }
        if object.has("podOf") || kind == TargetKind::Pod {
            let object = at.object(&["podOf", "index"])?;
            return if kind == TargetKind::Pod { self.pod(&object) } else { Err(at.refuse("is a pod", allowed)) };
        }
        let object = at.object(&["leaderOf", "as"])?;
        let elected = [
            ("kube-controller-manager", Elected::KubeControllerManager),
            ("kube-scheduler", Elected::KubeScheduler),
            ("etcd", Elected::Etcd),
        ];
        let leader_of = object.need("leaderOf", "kube-controller-manager, kube-scheduler, etcd")?.choice(&elected)?;
        let usual = if kind == TargetKind::Host { As::Host } else { As::Process };
        let Some(at) = object.get("as") else { return Ok(TargetRef::Leader { leader_of, r#as: usual }) };
        let chosen = at.choice(&[("process", As::Process), ("host", As::Host)])?;
        if kind != TargetKind::HostOrProcess && chosen != usual {
            let only = if usual == As::Host { "host" } else { "process" };
            return Err(at.refuse("is the wrong kind of target for this step", only));
        }
        Ok(TargetRef::Leader { leader_of, r#as: chosen })
    }

    fn pod(&self, object: &Object<'_>) -> Read<TargetRef> {
        let names: Vec<&str> = self.config.deployments.iter().map(|d| d.name.as_str()).collect();
        let none = "no deployment: this cluster has none".to_owned();
        let allowed = if names.is_empty() { none } else { names.join(", ") };
        let at = object.need("podOf", &allowed)?;
        let name = at.string(&allowed)?;
        if !names.contains(&name) {
            return Err(at.refuse("is not a deployment of this cluster", allowed));
        }
        let index = object.get("index").map_or(Ok(0), |at| at.whole(0..=super::MAX_REPLICAS - 1))? as usize;
        Ok(TargetRef::Pod { pod_of: name.to_owned(), index })
    }

    fn clock(&self, step: &At<'_>) -> Read<Action> {
        let target = self.target(TargetKind::Host)?;
        let (from, to) = RATES_PPM;
        let rate = |at: At<'_>| at.millionths(from, to, "a number from 0.01 to 100; 1 is exact").map(Millionths);
        let rate = self.object.get("rate").map(rate).transpose()?;
        let offset = self.object.get("offset").map(|at| read_offset(&at)).transpose()?;
        if rate.is_none() && offset.is_none() {
            return Err(step.error("neither rate nor offset", "\"rate\", \"offset\", or both"));
        }
        Ok(Action::Clock { target, rate, offset })
    }

    fn partition(&self) -> Read<Action> {
        let allowed = "two or more lists of hosts, such as [[\"master-1\"], [\"master-2\", \"master-3\"]]";
        let mut seen = BTreeSet::new();
        let mut groups = Vec::new();
        for group in self.object.need("groups", allowed)?.list(allowed, 2..=usize::MAX)? {
            let mut members = Vec::new();
            for at in group.list("a list of one or more hosts", 1..=usize::MAX)? {
                let host = self.host(&at)?;
                if !seen.insert(host.clone()) {
                    return Err(at.refuse("is in two places", "each host once"));
                }
                members.push(host);
            }
            groups.push(members);
        }
        Ok(Action::Partition { groups })
    }

    fn cut(&self) -> Read<Action> {
        let hosts = names::hosts(self.config);
        let from = self.host(&self.object.need("from", &hosts)?)?;
        let at = self.object.need("to", &hosts)?;
        let to = self.host(&at)?;
        if from == to { Err(at.refuse("is both ends", "two different hosts")) } else { Ok(Action::Cut { from, to }) }
    }

    fn pair(&self, at: &At<'_>) -> Read<(String, String)> {
        let allowed = "a list of two different hosts";
        let ends = at.list(allowed, 2..=2)?;
        let (a, b) = (self.host(&ends[0])?, self.host(&ends[1])?);
        if a == b { Err(ends[1].refuse("is both ends", allowed)) } else { Ok((a, b)) }
    }

    fn link(&self, step: &At<'_>) -> Read<Action> {
        let between = self.pair(&self.object.need("between", "a list of two different hosts")?)?;
        let span = |at: At<'_>| at.duration(SimDuration::ZERO, MAX_LATENCY).map(Span);
        let latency = self.object.get("latency").map(span).transpose()?;
        let jitter = self.object.get("jitter").map(span).transpose()?;
        let loss = |at: At<'_>| at.millionths(0, 1_000_000, "a number from 0 to 1").map(Millionths);
        let loss = self.object.get("loss").map(loss).transpose()?;
        if latency.is_none() && jitter.is_none() && loss.is_none() {
            return Err(step.error("neither latency nor jitter nor loss", "any of \"latency\", \"jitter\", \"loss\""));
        }
        Ok(Action::Link { between, latency, jitter, loss })
    }

    /// Reads a typed command. A line that the tool itself refuses is an error: it is usually a mistake in the file.
    fn typed(&self, tool: Tool) -> Read<Action> {
        let allowed = format!("a list of at most {MAX_ARGS} strings, such as [\"get\", \"pods\"]");
        let at = self.object.need("args", &allowed)?;
        let items = at.list(&allowed, 0..=MAX_ARGS)?;
        let args: Vec<String> = items.iter().map(|at| text(at).map(str::to_owned)).collect::<Read<_>>()?;
        let mistaken = self.object.get("mistaken").map_or(Ok(false), |at| at.boolean())?;
        let wrong = match console::parse(tool, &args) {
            Parsed::Ended(..) if mistaken => Ok(()),
            _ => console::check(tool, &args),
        };
        wrong.map_err(|why| at.error(why, "what docs/kubectl.md lists"))?;
        Ok(match tool {
            Tool::Kubectl => Action::Kubectl { args, mistaken },
            Tool::Etcdctl => Action::Etcdctl { args, mistaken },
        })
    }

    fn timings(&self, step: &At<'_>) -> Read<Action> {
        let allowed = format!("a duration up to {MAX_TIMING}, such as \"15s\"");
        let span = |key: &str| self.object.need(key, &allowed)?.duration(SimDuration::ZERO, MAX_TIMING).map(Span);
        let (lease_duration, renew_deadline, retry_period) =
            (span("leaseDuration")?, span("renewDeadline")?, span("retryPeriod")?);
        let election = LeaderElection {
            renewal: Reading::Lecture, // the more permissive one; the one in force may refuse more when the step runs
            lease_duration,
            renew_deadline,
            retry_period,
            ..LeaderElection::default()
        };
        cluster::check_timings(step, &election)?;
        Ok(Action::Timings { lease_duration, renew_deadline, retry_period })
    }

    fn flags(&self) -> Read<Action> {
        let target = self.target(TargetKind::Process)?;
        let set = self.object.need("set", "an object such as {\"--leader-elect\": \"false\"}")?.any_object()?;
        let component = match &target {
            TargetRef::Name(name) => name.split_once('/').map_or("", |(_, process)| process),
            TargetRef::Leader { leader_of, .. } => leader_of.name(),
            TargetRef::Pod { .. } | TargetRef::NamedPod { .. } => "",
        };
        let known = flags::known(component);
        if known.is_empty() {
            let at = self.object.need("target", "")?;
            let few = "a kube-apiserver, kube-controller-manager or kube-scheduler";
            return Err(at.error(format!("the flags of {component} cannot be changed in the lab"), few));
        }
        let mut changed = BTreeMap::new();
        for (name, at) in set.entries() {
            if !name.starts_with("--") || name.len() > MAX_TEXT {
                return Err(at.error("not a flag", "names that begin with --"));
            }
            let value = text(&at)?;
            if let Err(why) = flags::check(component, name, value) {
                let one = if known.contains(&name) {
                    "a value that the component takes".to_owned()
                } else {
                    known.join(", ")
                };
                return Err(at.error(why.to_string(), one));
            }
            changed.insert(name.to_owned(), value.to_owned());
        }
        if changed.is_empty() {
            let at = self.object.need("set", "")?;
            return Err(at.error("no flags", "an object such as {\"--leader-elect\": \"false\"}"));
        }
        Ok(Action::Flags { target, set: changed })
    }
}

fn text<'a>(at: &At<'a>) -> Read<&'a str> {
    let allowed = format!("a string of at most {MAX_TEXT} bytes");
    let text = at.string(&allowed)?;
    if text.len() <= MAX_TEXT { Ok(text) } else { Err(at.error(format!("{} bytes", text.len()), allowed)) }
}

fn read_offset(at: &At<'_>) -> Read<Offset> {
    let allowed = format!("a duration from -{MAX_OFFSET} to {MAX_OFFSET}, such as \"3s\" or \"-250ms\"");
    let text = at.string(&allowed)?;
    let (negative, size) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let size = SimDuration::parse(size).map_err(|_| at.refuse("is not a duration", allowed.as_str()))?;
    if size > MAX_OFFSET {
        return Err(at.refuse("is out of range", allowed));
    }
    let us = size.as_micros() as i64;
    Ok(Offset(if negative { -us } else { us }))
}
