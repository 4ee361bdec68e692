//! The command line of kubectl, parsed as kubectl does. Its requests are in [`run`].
//!
//! A manifest is typed as a shell's here-string: `kubectl apply -f - <<< '{"kind":"Deployment",...}'`, in JSON.

mod end;
mod get;
mod manifest;
mod resources;
mod run;
mod session;

use std::rc::Rc;

use super::flags::{Flag, Typed, sort};
use super::{Labels, Parsed, usage};
use crate::kube::api::HealthPath;
use crate::kube::object::{Kind, Name, Object};
use crate::sim::SimDuration;
use resources::{Item, NoResource, items};
pub(crate) use run::Running;

/// A kubectl command line that was understood.
pub struct Request {
    verb: Verb,
    /// `None`: all of them.
    namespace: Option<Name>,
    /// `--server`
    server: Option<String>,
    /// `--request-timeout`
    limit: Option<SimDuration>,
    selector: Labels,
    output: Output,
    no_headers: bool,
    show_labels: bool,
    sort_by: Option<String>,
}

enum Verb {
    Get(Vec<Item>),
    Raw(HealthPath, bool),
    Describe(Vec<Item>),
    /// Of a type that the server does not have.
    UnknownType(String),
    /// Made from the arguments, without a look at the server before.
    Create(Rc<Object>),
    Apply(Rc<Object>),
    Delete {
        items: Vec<Item>,
        grace: Option<SimDuration>,
        wait: bool,
    },
    Scale(Vec<Item>, u32),
    /// Of a Deployment, by a Service of this name, with a port and a target port.
    Expose(Name, Name, u16, u16),
    Drain(Name),
    /// Whether it is to be unschedulable.
    Cordon(Vec<Item>, bool),
    RolloutStatus(Name),
    Version,
    ClusterInfo,
}

#[derive(Clone, PartialEq)]
enum Output {
    Table,
    Wide,
    Name,
    Json,
    Yaml,
    JsonPath(String),
    /// Header and path of each column.
    Columns(Vec<(String, String)>),
}

const FLAGS: &[Flag] = &[
    Flag::value("namespace", 'n', "*"),
    Flag::value("server", 's', "*"),
    Flag::value("request-timeout", ' ', "*"),
    Flag::switch("all-namespaces", 'A', " get describe "),
    Flag::value("output", 'o', " get "),
    Flag::value("selector", 'l', " get describe delete "),
    Flag::switch("show-labels", ' ', " get "),
    Flag::switch("no-headers", ' ', " get "),
    Flag::value("sort-by", ' ', " get "),
    Flag::value("raw", ' ', " get "),
    Flag::value("image", ' ', " create run "),
    Flag::value("replicas", ' ', " create scale "),
    Flag::value("replicas", 'r', " create "),
    Flag::value("filename", 'f', " apply delete "),
    Flag::value("grace-period", ' ', " delete "),
    Flag::switch("force", ' ', " delete "),
    Flag::switch("now", ' ', " delete "),
    Flag::switch("wait", ' ', " delete "),
    Flag::value("port", ' ', " expose "),
    Flag::value("target-port", ' ', " expose "),
    Flag::value("name", ' ', " expose "),
    Flag::switch("ignore-daemonsets", ' ', " drain "),
];

/// Of the real kubectl, and not of the lab's.
const OTHER_FLAGS: &str = " watch w watch-only v field-selector template dry-run timeout all cascade \
    show-managed-fields chunk-size context cluster user kubeconfig token as as-group certificate-authority \
    insecure-skip-tls-verify ignore-not-found recursive R kustomize k prune server-side field-manager validate \
    save-config current-replicas resource-version tail follow container c env labels restart command overrides \
    show-kind label-columns L show-events subresource delete-emptydir-data help h ";

const VERBS: &str =
    " get describe create run apply delete scale expose cordon uncordon drain rollout version cluster-info ";
const OTHER_VERBS: &str = " set explain edit autoscale certificate top taint logs attach exec port-forward \
    proxy cp auth debug events diff patch replace wait kustomize label annotate completion api-resources api-versions \
    config kuberc plugin options help ";

/// Parses the arguments after `kubectl`.
pub(crate) fn parse(args: &[String]) -> Parsed {
    match read(args) {
        Ok(request) => Parsed::Kubectl(Rc::new(request)),
        Err(other) => other,
    }
}

fn unsupported(what: impl Into<String>) -> Parsed {
    Parsed::Unsupported(what.into())
}

fn wrong(text: &str) -> Parsed {
    usage(1, format!("error: {text}\n"))
}

fn read(args: &[String]) -> Result<Request, Parsed> {
    let here = args.iter().position(|a| a == "<<<").unwrap_or(args.len());
    let (args, stdin) = (&args[..here], args.get(here + 1));
    let first = args.iter().find(|a| !a.starts_with('-')).map_or("", String::as_str);
    if OTHER_VERBS.contains(&format!(" {first} ")) {
        return Err(unsupported(format!("kubectl {first}")));
    }
    let typed = sort(args, FLAGS).map_err(|(text, name)| {
        let known = args.iter().find(|a| VERBS.contains(&format!(" {a} ")));
        let verb = known.map_or(first, String::as_str);
        match name.filter(|n| OTHER_FLAGS.contains(&format!(" {n} "))) {
            Some(name) => unsupported(format!("the flag {name:?} of kubectl {verb}")),
            None => usage(1, format!("error: {text}\nSee 'kubectl {verb} --help' for usage.\n")),
        }
    })?;
    let Some(verb) = typed.words.first().cloned() else {
        return Err(unsupported("kubectl's help text, for kubectl without a command"));
    };
    let padded = format!(" {verb} ");
    if OTHER_VERBS.contains(&padded) {
        return Err(unsupported(format!("kubectl {verb}")));
    }
    if !VERBS.contains(&padded) {
        return Err(wrong(&format!("unknown command \"{verb}\" for \"kubectl\"")));
    }
    let allowed = |name: &str| FLAGS.iter().any(|f| f.name == name && (f.of == "*" || f.of.contains(&padded)));
    if let Some(name) = typed.names().find(|n| !allowed(n)) {
        return Err(usage(1, format!("error: unknown flag: --{name}\nSee 'kubectl {verb} --help' for usage.\n")));
    }
    let limit = typed.get("request-timeout").filter(|t| *t != "0").map(|text| match text.parse::<u64>() {
        Ok(seconds) if seconds < 1_000_000 => Ok(SimDuration::from_secs(seconds)),
        _ => SimDuration::parse(text).map_err(|_| {
            wrong(&format!(
                "invalid timeout value {text:?}. Timeout must be a single integer in seconds, or an integer \
                followed by a corresponding time unit (e.g. 1s | 2m | 3h)"
            ))
        }),
    });
    let (all, namespace) = (typed.is_on("all-namespaces"), typed.get("namespace").unwrap_or("default"));
    let mut request = Request {
        verb: Verb::Version,
        namespace: (!all).then(|| namespace.into()),
        server: typed.get("server").map(|s| s.trim_start_matches("https://").trim_end_matches('/').to_owned()),
        limit: limit.transpose()?,
        selector: selector(typed.get("selector"))?,
        output: output(typed.get("output"))?,
        no_headers: typed.is_on("no-headers"),
        show_labels: typed.is_on("show-labels"),
        sort_by: typed.get("sort-by").map(|p| p.trim_matches(['{', '}']).to_owned()),
    };
    request.verb = read_verb(&verb, &typed, stdin, namespace)?;
    Ok(request)
}

fn selector(text: Option<&str>) -> Result<Labels, Parsed> {
    let mut pairs = Labels::new();
    for part in text.unwrap_or_default().split(',').filter(|p| !p.is_empty()) {
        let plain = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c));
        match part.split_once('=').map(|(k, v)| (k, v.trim_start_matches('='))) {
            Some((key, value)) if plain(key) && (value.is_empty() || plain(value)) => {
                pairs.insert(key.into(), value.into());
            }
            _ => return Err(unsupported(format!("the selector {part:?}: only KEY=VALUE is supported"))),
        }
    }
    Ok(pairs)
}

fn output(text: Option<&str>) -> Result<Output, Parsed> {
    let Some(text) = text else { return Ok(Output::Table) };
    let (name, rest) = text.split_once('=').unwrap_or((text, ""));
    Ok(match name {
        "wide" => Output::Wide,
        "name" => Output::Name,
        "json" => Output::Json,
        "yaml" => Output::Yaml,
        "jsonpath" => {
            let path =
                rest.strip_prefix('{').and_then(|r| r.strip_suffix('}')).filter(|p| !p.contains(['{', '*', '?']));
            let path = path.ok_or_else(|| unsupported(format!("the jsonpath {rest:?}: only one plain {{.path}}")))?;
            Output::JsonPath(path.to_owned())
        }
        "custom-columns" => {
            let columns: Option<Vec<_>> =
                rest.split(',').map(|c| c.split_once(':').map(|(h, p)| (h.to_owned(), p.to_owned()))).collect();
            match columns {
                Some(columns) if !rest.contains(['*', '?', '{']) => Output::Columns(columns),
                _ => return Err(unsupported(format!("the columns {rest:?}: only HEADER:.path, separated by commas"))),
            }
        }
        "custom-columns-file"
        | "go-template"
        | "go-template-file"
        | "jsonpath-as-json"
        | "jsonpath-file"
        | "kyaml"
        | "template"
        | "templatefile" => return Err(unsupported(format!("the output format {name:?}"))),
        _ => {
            return Err(wrong(&format!(
                "unable to match a printer suitable for the output format \"{text}\", allowed formats are: \
                custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,\
                jsonpath-file,kyaml,name,template,templatefile,wide,yaml"
            )));
        }
    })
}

fn read_verb(verb: &str, typed: &Typed, stdin: Option<&String>, namespace: &str) -> Result<Verb, Parsed> {
    let words = &typed.words[1..];
    let named = || match items(words) {
        Ok(items) => Ok(Ok(items)),
        Err(NoResource::Usage(text)) => Err(usage(1, format!("{text}\n"))),
        Err(NoResource::NotModelled(kind)) => Err(unsupported(format!("the resource type {kind:?}"))),
        Err(NoResource::Unknown(kind)) => Ok(Err(Verb::UnknownType(kind))),
    };
    Ok(match verb {
        "get" if typed.get("raw").is_some() => raw(typed.get("raw").unwrap_or_default())?,
        "get" if words.is_empty() => {
            return Err(usage(
                1,
                "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of \
                 supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for \
                 a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help \
                 and examples\n"
                    .to_owned(),
            ));
        }
        "get" => named()?.map_or_else(|unknown| unknown, Verb::Get),
        "describe" if words.is_empty() => {
            return Err(usage(
                1,
                "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of \
                 supported resources.\n\n"
                    .to_owned(),
            ));
        }
        "describe" => named()?.map_or_else(|unknown| unknown, Verb::Describe),
        "create" => create(typed, words, namespace)?,
        "run" => {
            let image = required(typed, "image")?;
            let [name] = words else { return Err(wrong("NAME is required for run")) };
            Verb::Create(manifest::pod(name, namespace, image))
        }
        "apply" => Verb::Apply(from_stdin(typed, stdin, namespace)?),
        "delete" if typed.get("filename").is_some() => {
            let object = from_stdin(typed, stdin, namespace)?;
            let item = Item { kind: object.kind(), name: Some(object.meta.name.clone()) };
            Verb::Delete { items: vec![item], grace: None, wait: true }
        }
        "delete" => match named()? {
            Err(unknown) => unknown,
            Ok(items) if items.is_empty() => {
                return Err(wrong("You must provide one or more resources by argument or filename."));
            }
            Ok(items) if items.iter().any(|i| i.name.is_none()) && typed.get("selector").is_none() => {
                return Err(wrong("resource(s) were provided, but no name was specified"));
            }
            Ok(items) => delete(typed, items)?,
        },
        "scale" => {
            let count = required(typed, "replicas")?;
            let count = replicas(count, "scale")?;
            let Ok(count) = u32::try_from(count) else {
                return Err(wrong(
                    "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
                ));
            };
            named()?.map_or_else(|unknown| unknown, |items| Verb::Scale(items, count))
        }
        "expose" => expose(typed, words)?,
        "drain" => match words {
            [name] => Verb::Drain(name.trim_start_matches("node/").into()),
            [] => {
                let help = "See 'kubectl drain -h' for help and examples";
                return Err(usage(1, format!("error: USAGE: drain NODE [flags]\n{help}\n")));
            }
            _ => return Err(unsupported("kubectl drain of several nodes")),
        },
        "cordon" | "uncordon" => {
            if words.is_empty() {
                return Err(usage(
                    1,
                    format!("error: USAGE: {verb} NODE [flags]\nSee 'kubectl {verb} -h' for help and examples\n"),
                ));
            }
            let item = |name: &String| Item { kind: Kind::Node, name: Some(name.trim_start_matches("node/").into()) };
            Verb::Cordon(words.iter().map(item).collect(), verb == "cordon")
        }
        "rollout" => {
            if words.first().is_none_or(|w| w != "status") {
                return Err(unsupported("kubectl rollout other than status"));
            }
            let found = items(&words[1..]).ok().unwrap_or_default();
            match found.as_slice() {
                [Item { kind: Kind::Deployment, name: Some(name) }] => Verb::RolloutStatus(name.clone()),
                _ => return Err(unsupported("kubectl rollout status of other than one deployment")),
            }
        }
        "version" => Verb::Version,
        _ => match words.first() {
            Some(_) => return Err(unsupported("kubectl cluster-info dump")),
            None => Verb::ClusterInfo,
        },
    })
}

fn expose(typed: &Typed, words: &[String]) -> Result<Verb, Parsed> {
    let found = items(words).ok().unwrap_or_default();
    let [Item { kind: Kind::Deployment, name: Some(name) }] = found.as_slice() else {
        return Err(unsupported("kubectl expose of other than one deployment"));
    };
    let number = |flag: &str| match typed.get(flag).map(str::parse::<u16>) {
        None => Ok(None),
        Some(Ok(port)) if port > 0 => Ok(Some(port)),
        Some(_) => Err(unsupported(format!("--{flag} that is not a port's number"))),
    };
    let Some(port) = number("port")? else {
        return Err(wrong(
            "couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples",
        ));
    };
    let service = typed.get("name").map_or_else(|| name.clone(), Name::from);
    Ok(Verb::Expose(name.clone(), service, port, number("target-port")?.unwrap_or(port)))
}

fn required<'a>(typed: &'a Typed, flag: &str) -> Result<&'a str, Parsed> {
    typed.get(flag).ok_or_else(|| wrong(&format!("required flag(s) \"{flag}\" not set")))
}

fn replicas(text: &str, verb: &str) -> Result<i64, Parsed> {
    match text.parse::<i64>() {
        Ok(count) if count <= 10_000 => Ok(count),
        Ok(_) => Err(unsupported(format!("{text} replicas: at most 10000"))),
        Err(_) => Err(usage(
            1,
            format!(
                "error: invalid argument \"{text}\" for \"--replicas\" flag: strconv.ParseInt: parsing \"{text}\": \
                 invalid syntax\nSee 'kubectl {verb} --help' for usage.\n"
            ),
        )),
    }
}

fn create(typed: &Typed, words: &[String], namespace: &str) -> Result<Verb, Parsed> {
    if !words.first().is_some_and(|w| w == "deployment" || w == "deploy") {
        return Err(unsupported("kubectl create of other than a deployment"));
    }
    let image = required(typed, "image")?;
    let [_, name] = words else {
        let help = "See 'kubectl create deployment -h' for help and examples";
        return Err(usage(1, format!("error: exactly one NAME is required, got {}\n{help}\n", words.len() - 1)));
    };
    let count = replicas(typed.get("replicas").unwrap_or("1"), "create deployment")?;
    let count = u32::try_from(count).map_err(|_| unsupported("fewer than no replicas"))?;
    Ok(Verb::Create(manifest::deployment(name, namespace, image, count)))
}

fn delete(typed: &Typed, items: Vec<Item>) -> Result<Verb, Parsed> {
    let grace = match typed.get("grace-period").map(|t| (t, t.parse::<i64>())) {
        None | Some((_, Ok(..0))) => None,
        Some((_, Ok(seconds))) => Some(SimDuration::from_secs(seconds.unsigned_abs().min(86_400))),
        Some((text, Err(_))) => {
            return Err(usage(
                1,
                format!(
                    "error: invalid argument \"{text}\" for \"--grace-period\" flag: strconv.ParseInt: parsing \
                     \"{text}\": invalid syntax\nSee 'kubectl delete --help' for usage.\n"
                ),
            ));
        }
    };
    let force = typed.is_on("force");
    let grace = if typed.is_on("now") { Some(SimDuration::from_secs(1)) } else { grace };
    let grace = if force { Some(SimDuration::ZERO) } else { grace };
    if grace == Some(SimDuration::ZERO) && !force {
        return Err(unsupported("--grace-period=0 without --force"));
    }
    Ok(Verb::Delete { items, grace, wait: !force && typed.get("wait") != Some("false") })
}

fn from_stdin(typed: &Typed, stdin: Option<&String>, namespace: &str) -> Result<Rc<Object>, Parsed> {
    match (typed.get("filename"), stdin) {
        (Some("-"), Some(text)) => manifest::read(text, namespace).map_err(unsupported),
        (Some(_), _) => Err(unsupported("a manifest other than `-f - <<< JSON`")),
        (None, _) => Err(wrong("must specify one of -f and -k")),
    }
}

fn raw(path: &str) -> Result<Verb, Parsed> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let health = match path {
        "/readyz" => HealthPath::Readyz,
        "/livez" => HealthPath::Livez,
        "/healthz" => HealthPath::Healthz,
        _ => return Err(unsupported(format!("the path {path:?}: only /readyz, /livez and /healthz"))),
    };
    match query {
        "" => Ok(Verb::Raw(health, false)),
        "verbose" | "verbose=true" => Ok(Verb::Raw(health, true)),
        _ => Err(unsupported(format!("the query {query:?}: only verbose"))),
    }
}
