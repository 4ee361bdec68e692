//! The command line of etcdctl, parsed as etcdctl does. Its requests are in [`run`], its output in [`mod@print`].

mod link;
mod print;
mod run;

use std::rc::Rc;

use super::flags::{Flag, Typed, sort};
use super::{Parsed, Screen, usage};
use crate::etcd::{MemberId, Revision};
use crate::sim::SimDuration;
pub(crate) use run::Running;

/// An etcdctl command line that was understood.
pub struct Request {
    verb: Verb,
    /// `--endpoints`; empty for those of the environment.
    endpoints: Vec<Rc<str>>,
    limit: SimDuration,
    format: Format,
}

enum Verb {
    Put {
        key: Rc<str>,
        value: Rc<str>,
    },
    Get {
        key: Rc<str>,
        prefix: bool,
        keys_only: bool,
        serializable: bool,
    },
    Del {
        key: Rc<str>,
        prefix: bool,
    },
    MemberList {
        serializable: bool,
    },
    Health,
    Status,
    HashKv,
    MoveLeader(MemberId),
    /// Its name, its peer URL, and whether it begins as a learner.
    MemberAdd(Rc<str>, Rc<str>, bool),
    MemberRemove(MemberId),
    MemberPromote(MemberId),
    /// Whether it is disarmed as well.
    Alarms(bool),
    Defrag,
    Compact(Revision),
}

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Simple,
    Table,
    Json,
    Fields,
}

const COMMAND_TIMEOUT: SimDuration = SimDuration::from_secs(5);

const FLAGS: &[Flag] = &[
    Flag::value("endpoints", ' ', "*"),
    Flag::value("write-out", 'w', "*"),
    Flag::value("command-timeout", ' ', "*"),
    Flag::value("dial-timeout", ' ', "*"),
    Flag::switch("prefix", ' ', " get del "),
    Flag::switch("keys-only", ' ', " get "),
    Flag::value("consistency", ' ', " get member "),
    Flag::value("peer-urls", ' ', " member "),
    Flag::switch("learner", ' ', " member "),
];

const OTHER_VERBS: &str = " auth check completion downgrade elect help lease lock make-mirror role \
    snapshot txn user watch ";

fn unsupported(what: impl Into<String>) -> Parsed {
    Parsed::Unsupported(what.into())
}

/// Bad arguments: etcdctl exits with status 128.
fn bad(text: &str) -> Parsed {
    usage(128, format!("Error: {text}\n"))
}

/// Parses the arguments after `etcdctl`.
pub(crate) fn parse(args: &[String]) -> Parsed {
    match read(args) {
        Ok(request) => Parsed::Etcdctl(Rc::new(request)),
        Err(other) => other,
    }
}

fn read(args: &[String]) -> Result<Request, Parsed> {
    let typed = sort(args, FLAGS).map_err(|(text, _)| unsupported(format!("what etcdctl was given ({text})")))?;
    let verb = typed.words.first().map_or("", String::as_str);
    let padded = format!(" {verb} ");
    if let Some(name) =
        typed.names().find(|n| !FLAGS.iter().any(|f| f.name == *n && (f.of == "*" || f.of.contains(&padded))))
    {
        return Err(unsupported(format!("the flag --{name} of etcdctl {verb}")));
    }
    let format = match typed.get("write-out").unwrap_or("simple") {
        "simple" => Format::Simple,
        "table" => Format::Table,
        "json" => Format::Json,
        "fields" => Format::Fields,
        other => return Err(unsupported(format!("the format {other:?} of etcdctl"))),
    };
    let limit = match typed.get("command-timeout") {
        None => COMMAND_TIMEOUT,
        Some(text) => SimDuration::parse(text).map_err(|_| bad(&format!("time: invalid duration {text:?}")))?,
    };
    let endpoints = typed.get("endpoints").map_or_else(Vec::new, |e| e.split(',').map(Rc::from).collect());
    let verb = read_verb(verb, &typed)?;
    let formats: &[Format] = match &verb {
        Verb::Get { .. } => &[Format::Simple, Format::Json, Format::Fields],
        Verb::MemberList { .. } | Verb::Health | Verb::Status | Verb::HashKv => &[Format::Simple, Format::Table],
        _ => &[Format::Simple],
    };
    if !formats.contains(&format) {
        return Err(unsupported("that output format of this etcdctl command"));
    }
    if endpoints.len() > 64 {
        return Err(unsupported("more than 64 endpoints"));
    }
    Ok(Request { verb, endpoints, limit, format })
}

fn read_verb(verb: &str, typed: &Typed) -> Result<Verb, Parsed> {
    let words: Vec<&str> = typed.words.iter().skip(1).map(String::as_str).collect();
    let prefix = typed.is_on("prefix");
    let serializable = match typed.get("consistency") {
        None | Some("l") => false,
        Some("s") => true,
        Some(other) => return Err(bad(&format!("unknown consistency flag {other:?}"))),
    };
    Ok(match (verb, words.as_slice()) {
        ("version", _) => {
            let mut screen = Screen::default();
            screen.out("etcdctl version: 3.6.16\nAPI version: 3.6\n");
            return Err(Parsed::Ended(screen, 0));
        }
        ("put", [key, value]) => Verb::Put { key: (*key).into(), value: (*value).into() },
        ("put", [_]) => return Err(unsupported("etcdctl put of a value from standard input")),
        ("put", _) => return Err(bad("put command needs 1 argument and input from stdin or 2 arguments")),
        ("get", [key]) => Verb::Get { key: (*key).into(), prefix, keys_only: typed.is_on("keys-only"), serializable },
        ("del", [key]) => Verb::Del { key: (*key).into(), prefix },
        ("get" | "del", [_, _]) => return Err(unsupported(format!("etcdctl {verb} of a range; --prefix is"))),
        ("get" | "del", _) => {
            return Err(bad(&format!(
                "{verb} command needs one argument as key and an optional argument as range_end"
            )));
        }
        ("member", ["list"]) => Verb::MemberList { serializable },
        ("member", ["add", _]) if typed.get("peer-urls").is_none() => return Err(bad("member peer urls not provided")),
        ("member", ["add", name]) => {
            let url = typed.get("peer-urls").unwrap_or_default();
            Verb::MemberAdd((*name).into(), url.into(), typed.is_on("learner"))
        }
        ("member", ["add"]) => return Err(bad("member name not provided")),
        ("member", ["remove", id]) => Verb::MemberRemove(member_id(id)?),
        ("member", ["promote", id]) => Verb::MemberPromote(member_id(id)?),
        ("member", ["remove" | "promote"]) => return Err(bad("member ID is not provided")),
        ("alarm", ["list"]) => Verb::Alarms(false),
        ("alarm", ["disarm"]) => Verb::Alarms(true),
        ("defrag", []) => Verb::Defrag,
        ("compaction", [revision]) => match revision.parse() {
            Ok(revision) => Verb::Compact(revision),
            Err(_) => return Err(bad(&format!("strconv.ParseInt: parsing {revision:?}: invalid syntax"))),
        },
        ("compaction", _) => return Err(bad("compaction command needs 1 argument")),
        ("endpoint", ["hashkv"]) => Verb::HashKv,
        ("endpoint", ["health"]) => Verb::Health,
        ("endpoint", ["status"]) => Verb::Status,
        ("move-leader", [id]) => match u64::from_str_radix(id, 16) {
            Ok(id) => Verb::MoveLeader(id),
            Err(_) => return Err(bad(&format!("strconv.ParseUint: parsing {id:?}: invalid syntax"))),
        },
        ("move-leader", _) => return Err(bad("move-leader command needs 1 argument")),
        ("", _) => return Err(unsupported("etcdctl's help text, for etcdctl without a command")),
        ("member" | "endpoint" | "alarm" | "defrag", words) => {
            return Err(unsupported(format!("etcdctl {verb} {}", words.join(" "))));
        }
        _ if OTHER_VERBS.contains(&format!(" {verb} ")) => return Err(unsupported(format!("etcdctl {verb}"))),
        _ => {
            let text = format!("Error: unknown command \"{verb}\" for \"etcdctl\"\nRun 'etcdctl --help' for usage.\n");
            return Err(usage(1, text));
        }
    })
}

fn member_id(text: &str) -> Result<MemberId, Parsed> {
    u64::from_str_radix(text, 16).map_err(|_| {
        bad(&format!("bad member ID arg (strconv.ParseUint: parsing {text:?}: invalid syntax), expecting ID in Hex"))
    })
}
