//! The page's forms: the network, a clock, flags, commands. Reads the typed fields as an act.

use super::i18n::Text;
use super::narration::{self, join, texts as say};
use super::scenario::{MAX_LATENCY, MAX_OFFSET, RATES_PPM};
use crate::cluster::config::{Act, Reading, Target};
use crate::cluster::flags;
use crate::sim::SimDuration;

/// The longest line that is accepted, in bytes.
pub(crate) const MAX_LINE: usize = 1_024;

/// A form; each takes its own fields, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormAct {
    /// Cuts the target off from every other host. No fields.
    Isolate,
    /// Repairs the whole network. No fields.
    HealAll,
    /// Cuts the target from a peer, both ways. Fields: the peer.
    CutBoth,
    /// Drops everything from the target to the peer, but not the other way. Fields: the peer.
    CutFrom,
    /// Repairs one link. Fields: the peer.
    Heal,
    /// Fields: the peer, latency, jitter, loss in percent. An empty field leaves its value unchanged.
    Link,
    /// Fields: rate (1 is exact), offset. An empty field leaves its value unchanged.
    Clock,
    /// Restarts a process with changed flags. Fields: each a `--name=value`.
    Flags,
    /// Runs a command on the laptop. Fields: `kubectl get pods`.
    Type,
}

impl FormAct {
    /// Returns its name in the page's `data-form-act`: `isolate`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            FormAct::Isolate => "isolate",
            FormAct::HealAll => "heal-all",
            FormAct::CutBoth => "cut-both",
            FormAct::CutFrom => "cut-from",
            FormAct::Heal => "heal",
            FormAct::Link => "link",
            FormAct::Clock => "clock",
            FormAct::Flags => "flags",
            FormAct::Type => "type",
        }
    }
}

/// Reads the fields of a form as an act. `hosts` are all hosts of the cluster.
///
/// # Errors
/// Which field is wrong, what was found, and what is allowed.
pub fn act_of<S: AsRef<str>>(act: FormAct, target: &str, fields: &[S], hosts: &[String]) -> Result<Act, String> {
    let field = |n: usize| fields.get(n).map_or("", |field| field.as_ref().trim());
    let peer = || match field(0) {
        name if hosts.iter().any(|host| host == name) && name != target => Ok(name.to_owned()),
        name => Err(say::TYPED_NOT_A_PEER.with(&[("found", &name), ("hosts", &join::list(hosts))])),
    };
    let own = target.to_owned();
    Ok(match act {
        FormAct::Isolate => {
            let others = hosts.iter().filter(|host| **host != own).cloned().collect();
            Act::Partition { groups: vec![vec![own], others] }
        }
        FormAct::HealAll => Act::Heal { between: None },
        FormAct::CutBoth => Act::Partition { groups: vec![vec![own], vec![peer()?]] },
        FormAct::CutFrom => Act::Cut { to: peer()?, from: own },
        FormAct::Heal => Act::Heal { between: Some((own, peer()?)) },
        FormAct::Link => {
            let (latency, jitter) = (delay(say::TYPED_LATENCY, field(1))?, delay(say::TYPED_JITTER, field(2))?);
            let loss_ppm = match field(3).trim_end_matches('%').trim_end() {
                "" => None,
                percent => Some(millionths(say::TYPED_LOSS, percent, (0.0, 100.0), say::TYPED_LOSS_ALLOWED)? / 100),
            };
            if latency.is_none() && jitter.is_none() && loss_ppm.is_none() {
                return Err(say::TYPED_LINK_EMPTY.to_string());
            }
            Act::Link { between: (own, peer()?), latency, jitter, loss_ppm }
        }
        FormAct::Clock => {
            let (low, high) = RATES_PPM;
            let bounds = (f64::from(low) / 1e6, f64::from(high) / 1e6);
            let rate_ppm = match field(0) {
                "" => None,
                rate => Some(millionths(say::TYPED_RATE, rate, bounds, say::TYPED_RATE_ALLOWED)?),
            };
            let offset_us = if field(1).is_empty() { None } else { Some(offset(field(1))?) };
            if rate_ppm.is_none() && offset_us.is_none() {
                return Err(say::TYPED_CLOCK_EMPTY.to_string());
            }
            Act::Clock { target: Target::Host(own), rate_ppm, offset_us }
        }
        FormAct::Flags => {
            let Some((host, name)) = target.split_once('/') else {
                return Err(say::TYPED_FLAGS_OF_HOST.with(&[("of", &target)]));
            };
            let target = Target::Process { host: host.to_owned(), name: name.to_owned() };
            Act::Flags { target, set: flags(fields)? }
        }
        FormAct::Type => {
            let mut args = words(field(0))?.into_iter();
            let program = args.next().unwrap_or_default();
            match program.as_str() {
                "kubectl" => Act::Kubectl { args: args.collect() },
                "etcdctl" => Act::Etcdctl { args: args.collect() },
                other => return Err(say::TYPED_NO_COMMAND.with(&[("found", &other)])),
            }
        }
    })
}

fn delay(field: Text, typed: &str) -> Result<Option<SimDuration>, String> {
    if typed.is_empty() {
        return Ok(None);
    }
    match SimDuration::parse(typed) {
        Ok(duration) if duration <= MAX_LATENCY => Ok(Some(duration)),
        _ => Err(wrong(field, typed, &say::TYPED_DELAY_ALLOWED.with(&[("most", &MAX_LATENCY)]))),
    }
}

/// Returns the message for a wrong field.
fn wrong(field: Text, found: &str, allowed: &str) -> String {
    say::TYPED_WRONG.with(&[("field", &field), ("found", &found), ("allowed", &allowed)])
}

fn offset(typed: &str) -> Result<i64, String> {
    let (sign, span) = match typed.strip_prefix('-') {
        Some(span) => (-1, span),
        None => (1, typed.strip_prefix('+').unwrap_or(typed)),
    };
    match SimDuration::parse(span) {
        Ok(span) if span <= MAX_OFFSET => Ok(sign * i64::try_from(span.0).unwrap_or(i64::MAX)),
        _ => Err(wrong(say::TYPED_OFFSET, typed, &say::TYPED_OFFSET_ALLOWED.with(&[("most", &MAX_OFFSET)]))),
    }
}

fn millionths(field: Text, typed: &str, (low, high): (f64, f64), allowed: Text) -> Result<u32, String> {
    match typed.parse::<f64>() {
        Ok(number) if number >= low && number <= high => Ok((number * 1e6).round() as u32),
        _ => Err(wrong(field, typed, &allowed)),
    }
}

fn flags<S: AsRef<str>>(fields: &[S]) -> Result<Vec<(String, String)>, String> {
    let mut set: Vec<(String, String)> = Vec::new();
    for field in fields.iter().map(|field| field.as_ref().trim()).filter(|field| !field.is_empty()) {
        if field.len() > MAX_LINE {
            return Err(say::TYPED_FLAG_LONG.with(&[("n", &field.len()), ("most", &MAX_LINE)]));
        }
        match field.split_once('=') {
            Some((name, value)) if name.starts_with("--") => set.push((name.to_owned(), value.trim().to_owned())),
            _ => return Err(say::TYPED_FLAG_WRONG.with(&[("found", &field)])),
        }
    }
    if set.is_empty() { Err(say::TYPED_FLAGS_NONE.to_string()) } else { Ok(set) }
}

/// Checks whether the process `target` accepts this value of one of its flags.
///
/// # Errors
/// The real component's message, or why the lab cannot do it.
pub(crate) fn check_flag(target: &str, flag: &str, value: &str) -> Result<(), String> {
    flags::check(target.rsplit('/').next().unwrap_or(target), flag, value)
        .map_err(|why| narration::acts::wrong_flag(&why))
}

/// Checks whether a process would run with these flags together. Each is valid alone.
///
/// # Errors
/// The flag at fault, and what the real component prints before it exits.
pub(crate) fn check_flags(
    reading: Reading,
    set: &[(&'static str, String)],
) -> Result<(), (&'static str, &'static str)> {
    let renewal = reading;
    flags::check_together(renewal, set)
}

/// Splits a line into words as a shell does: at blanks, outside of quotes.
///
/// # Errors
/// If the line is too long, or a quote is not closed.
fn words(line: &str) -> Result<Vec<String>, String> {
    if line.len() > MAX_LINE {
        return Err(say::TYPED_LINE_LONG.with(&[("n", &line.len()), ("most", &MAX_LINE)]));
    }
    let mut out: Vec<String> = Vec::new();
    let (mut word, mut begun, mut quote) = (String::new(), false, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None, c) if c.is_whitespace() => {
                if std::mem::take(&mut begun) {
                    out.push(std::mem::take(&mut word));
                }
            }
            (_, c) => {
                word.push(c);
                begun = true;
            }
        }
    }
    if let Some(quote) = quote {
        return Err(say::TYPED_QUOTE_OPEN.with(&[("quote", &quote)]));
    }
    if begun {
        out.push(word);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Vec<String> {
        ["laptop", "lb-1", "master-1", "master-2"].map(str::to_owned).to_vec()
    }

    #[test]
    fn what_is_typed_becomes_an_act() {
        let check = |form: FormAct, target: &str, fields: &[&str], expect: &str| {
            let act = act_of(form, target, fields, &hosts());
            assert_eq!(act.map_or_else(|error| error, |act| format!("{act:?}")), expect, "{form:?} {fields:?}");
        };
        check(
            FormAct::Isolate,
            "master-1",
            &[],
            "Partition { groups: [[\"master-1\"], [\"laptop\", \"lb-1\", \"master-2\"]] }",
        );
        check(FormAct::CutFrom, "master-1", &["lb-1"], "Cut { from: \"master-1\", to: \"lb-1\" }");
        check(FormAct::CutBoth, "master-1", &["lb-1"], "Partition { groups: [[\"master-1\"], [\"lb-1\"]] }");
        let none = "\"\" is not another host; there are laptop, lb-1, master-1, master-2";
        check(FormAct::CutBoth, "master-1", &[], none);
        check(FormAct::Heal, "master-1", &["master-1"], &none.replacen("\"\"", "\"master-1\"", 1));
        check(
            FormAct::Link,
            "lb-1",
            &["master-1", "80ms", "", "2.5 %"],
            "Link { between: (\"lb-1\", \"master-1\"), latency: Some(SimDuration(80000)), jitter: None, loss_ppm: Some(25000) }",
        );
        check(
            FormAct::Link,
            "lb-1",
            &["master-1", "80", "", ""],
            "latency: found \"80\", allowed is a duration up to 10m0s, such as 80ms",
        );
        check(
            FormAct::Link,
            "lb-1",
            &["master-1", "", "", "101"],
            "loss: found \"101\", allowed is a number of percent from 0 to 100",
        );
        check(
            FormAct::Clock,
            "master-1",
            &["1.5", "-3s"],
            "Clock { target: Host(\"master-1\"), rate_ppm: Some(1500000), offset_us: Some(-3000000) }",
        );
        check(
            FormAct::Clock,
            "master-1",
            &["NaN", ""],
            "rate: found \"NaN\", allowed is a number from 0.01 to 100; 1 is exact",
        );
        check(FormAct::Clock, "master-1", &["", ""], "type a rate or an offset; an exact clock has 1 and 0s");
        check(
            FormAct::Flags,
            "master-1/kube-scheduler",
            &["--leader-elect=false"],
            "Flags { target: Process { host: \"master-1\", name: \"kube-scheduler\" }, set: [(\"--leader-elect\", \"false\")] }",
        );
        check(
            FormAct::Flags,
            "master-1/kube-scheduler",
            &["--leader-elect"],
            "found \"--leader-elect\", allowed is --name=value, such as --leader-elect=false",
        );
        check(FormAct::Flags, "master-1/kube-scheduler", &[], "change at least one flag");
        check(
            FormAct::Type,
            "laptop",
            &["kubectl get pods -l 'app=web'"],
            "Kubectl { args: [\"get\", \"pods\", \"-l\", \"app=web\"] }",
        );
        check(FormAct::Type, "laptop", &["ls"], "\"ls\": command not found; this laptop has kubectl and etcdctl");
        check(FormAct::Type, "laptop", &["kubectl get 'pods"], "a ' is opened and not closed");
        check(FormAct::Type, "laptop", &[&"x".repeat(MAX_LINE + 1)], "the line has 1025 bytes; at most 1024 are read");
    }
}
