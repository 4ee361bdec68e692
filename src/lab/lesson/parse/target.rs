//! Targets in a lesson (hosts, processes and pods, by name or by their role at the start of the beat), and acts.

use super::words::{Words, one_of};
use crate::cluster::config::{Config, Reading};
use crate::cluster::flags;
use crate::cluster::topology::Topology;
use crate::kube::election::Component;
use crate::lab::forms;
use crate::lab::lesson::model::{LessonAct, Measure, Role, TargetBase, TargetExpr, Verb};
use crate::sim::SimDuration;

pub(super) const COMPONENTS: &[(&str, Component)] =
    &[("kube-controller-manager", Component::ControllerManager), ("kube-scheduler", Component::Scheduler)];
pub(super) const ROLES: &[(&str, Role)] = &[
    ("kube-controller-manager", Role::Elected(Component::ControllerManager)),
    ("kube-scheduler", Role::Elected(Component::Scheduler)),
    ("etcd", Role::Etcd),
];
const OTHER_VERBS: &str = "isolate, cut, heal, type, flags, timings, reading";

/// What names are checked against while a file is read.
pub(super) struct Scope<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) config: &'a Config,
    pub(crate) kept: &'a [(String, Measure)],
}

impl Scope<'_> {
    pub(crate) fn kept_index(&self, name: &str) -> Option<usize> {
        self.kept.iter().position(|(kept, _)| kept == name)
    }

    fn host_names(&self) -> Vec<String> {
        self.topology.hosts.iter().map(|host| host.name.clone()).collect()
    }
}

const CHOSEN: &str = "leader(ROLE), was(ROLE), other(ROLE), worker-of(DEPLOYMENT), kept(NAME)";

/// Reads a host, without a process.
pub(super) fn host(word: &str, names: &Scope<'_>) -> Result<TargetExpr, String> {
    let who = any(word, names)?;
    match (&who.base, &who.process) {
        (TargetBase::Pod(_), _) => Err(format!("{word} is a pod; allowed: a host")),
        (_, Some(_)) => Err(format!("{word} is a process; allowed: a host")),
        _ => Ok(who),
    }
}

/// Reads a process of a host.
pub(super) fn process(word: &str, names: &Scope<'_>) -> Result<TargetExpr, String> {
    let who = any(word, names)?;
    if who.process.is_some() {
        return Ok(who);
    }
    Err(format!("{word} is no process; allowed: HOST/NAME, such as master-1/etcd or was(etcd)/etcd"))
}

/// Reads a host, a process or a pod.
pub(super) fn any(word: &str, names: &Scope<'_>) -> Result<TargetExpr, String> {
    let (base, process) = match word.split_once('/') {
        Some((base, process)) => (base, Some(process.to_owned())),
        None => (word, None),
    };
    let base = match base.split_once('(') {
        None => {
            let hosts = names.host_names();
            if !hosts.iter().any(|host| host == base) {
                return Err(format!("{base:?} is not a host of this cluster; allowed: {}, {CHOSEN}", hosts.join(", ")));
            }
            TargetBase::Name(base.to_owned())
        }
        Some((how, what)) => {
            let what = what.strip_suffix(')').ok_or_else(|| format!("{base:?} has no closing )"))?;
            match how {
                "leader" => TargetBase::Leader(one_of(what, ROLES)?),
                "was" => TargetBase::Was(one_of(what, ROLES)?),
                "other" => TargetBase::Other(one_of(what, ROLES)?),
                "worker-of" => TargetBase::WorkerOf(deployment(what, names)?),
                "pod" => TargetBase::Pod(deployment(what, names)?),
                "kept" => TargetBase::Kept(names.kept_index(what).ok_or_else(|| {
                    format!("nothing called {what:?} was measured before; allowed: a name from a measure: line above")
                })?),
                _ => return Err(format!("{how:?} is not known here; allowed: {CHOSEN}, pod(DEPLOYMENT)")),
            }
        }
    };
    if let (TargetBase::Name(host), Some(process)) = (&base, &process) {
        let planned = names.topology.hosts.iter().find(|planned| planned.name == *host);
        let known: Vec<&str> = planned.into_iter().flat_map(|p| p.processes.iter().map(|(name, _)| *name)).collect();
        if !known.contains(&process.as_str()) {
            return Err(format!("{host} has no process called {process:?}; allowed: {}", known.join(", ")));
        }
    }
    Ok(TargetExpr { base, process })
}

fn deployment(name: &str, names: &Scope<'_>) -> Result<String, String> {
    let known: Vec<&str> = names.config.deployments.iter().map(|d| d.name.as_str()).collect();
    if known.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(format!("{name:?} is not a deployment of this cluster; allowed: {}", known.join(", ")))
}

/// Reads an act: `power-off was(kube-controller-manager)`.
///
/// # Errors
/// What was found and what is allowed.
pub(super) fn doing(text: &str, names: &Scope<'_>) -> Result<LessonAct, String> {
    let (verb, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    if verb == "type" {
        return typed(rest.trim(), names);
    }
    let mut words = Words::of(rest)?;
    if let Some(aimed) = Verb::named(verb) {
        let word = words.need("a host, a process or a pod")?;
        let who = match aimed {
            Verb::PowerOff | Verb::PowerOn => host(word, names)?,
            Verb::Pause | Verb::Resume => any(word, names)?,
            Verb::CrashContainer | Verb::DeletePod => {
                let who = any(word, names)?;
                if !matches!(who.base, TargetBase::Pod(_) | TargetBase::Kept(_)) {
                    return Err(format!("{word} is not a pod; allowed: pod(DEPLOYMENT)"));
                }
                who
            }
            _ => process(word, names)?,
        };
        words.end()?;
        return Ok(LessonAct::Aimed(aimed, who));
    }
    let doing = match verb {
        "isolate" => LessonAct::Isolate(host(words.need("a host")?, names)?),
        "cut" => LessonAct::Cut(host(words.need("a host")?, names)?, host(words.need("another host")?, names)?),
        "heal" => LessonAct::Heal,
        "flags" => {
            let who = process(words.need("a process")?, names)?;
            let mut set = Vec::new();
            while let Some(word) = words.peek() {
                words.need("a flag")?;
                let (name, value) = word.split_once('=').ok_or_else(|| format!("{word:?}; allowed: --name=value"))?;
                let component = who.process.as_deref().unwrap_or_default();
                flags::check(component, name, value).map_err(|why| why.to_string())?;
                set.push((name.to_owned(), value.to_owned()));
            }
            if set.is_empty() {
                return Err("no flag; allowed: --name=value".to_owned());
            }
            LessonAct::Flags(who, set)
        }
        "timings" => {
            let mut span = || SimDuration::parse(words.need("lease, renew and retry, such as 15s 10s 2s")?);
            LessonAct::Timings([span()?, span()?, span()?])
        }
        "reading" => LessonAct::Reading(one_of(words.need("lecture, client-go")?, &Reading::NAMES)?),
        _ => {
            let verbs: Vec<&str> = Verb::all().map(Verb::name).collect();
            return Err(format!("{verb:?} is not an act; allowed: {}, {OTHER_VERBS}", verbs.join(", ")));
        }
    };
    words.end()?;
    Ok(doing)
}

fn typed(line: &str, names: &Scope<'_>) -> Result<LessonAct, String> {
    use crate::cluster::config::Act;
    use crate::console::{self, Tool};
    let act = forms::act_of(forms::FormAct::Type, "laptop", &[line], &names.host_names())?;
    match &act {
        Act::Kubectl { args } => console::check(Tool::Kubectl, args)?,
        Act::Etcdctl { args } => console::check(Tool::Etcdctl, args)?,
        _ => {}
    }
    Ok(LessonAct::Type(line.to_owned()))
}
