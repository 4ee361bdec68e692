//! What is read of one host, process or pod only while it is selected, as plain data; a part of `lab::view`.
//!
//! Each part is shared, so that an interface can keep what it drew while the part is equal. Names of fields and texts of
//! programs are the field's own; a `term` is a key of the glossary, or empty.

use std::rc::Rc;

use super::{Name, Tone};

/// See the module; empty for a target that does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Of a process: how it was started.
    pub command: Option<Rc<CommandLine>>,
    /// What it stores or knows.
    pub facts: Rc<Vec<Fact>>,
    pub tables: Rc<Vec<Table>>,
    /// What a tool would print of it.
    pub papers: Rc<Vec<Paper>>,
    /// Oldest first, bounded.
    pub log: Rc<Vec<LogLine>>,
    /// Of a host: what is wrong between it and others, by their names.
    pub network: Rc<Vec<(Name, Name)>>,
    /// Of the laptop: what was typed, newest first, bounded.
    pub commands: Rc<Vec<Typed>>,
}

/// How a process was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// `kube-scheduler`
    pub program: Name,
    /// Where that is written: `/etc/kubernetes/manifests/kube-scheduler.yaml`
    pub file: Name,
    pub flags: Vec<Flag>,
    /// What restarting it with other flags costs now, a sentence each; none if no flag can be changed.
    pub cost: Vec<Name>,
}

impl CommandLine {
    /// As it would be typed, one flag on a line.
    pub fn typed(&self) -> String {
        let mut out = self.program.to_string();
        for flag in &self.flags {
            out.push_str(" \\\n  ");
            out.push_str(&flag.typed());
        }
        out
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// `--leader-elect`
    pub name: &'static str,
    pub value: Name,
    pub kind: FlagKind,
}

impl Flag {
    /// `--leader-elect=true`; a flag without a value stands alone.
    pub fn typed(&self) -> String {
        if self.value.is_empty() { self.name.to_owned() } else { format!("{}={}", self.name, self.value) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagKind {
    /// The lab models it, and it can be changed.
    Changeable,
    /// It says who the process is or where: another would be another process.
    Identity,
    /// As kubeadm sets it; the lab does not model what it does, or only this value of it.
    Fixed,
}

/// One thing that it knows, with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub term: &'static str,
    pub name: Name,
    pub value: Name,
    pub tone: Tone,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Tells it from the others of one target.
    pub id: &'static str,
    pub term: &'static str,
    pub title: Name,
    pub head: Vec<Name>,
    /// What is said if there are no rows.
    pub empty: Name,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub cells: Vec<Name>,
    pub tone: Tone,
}

/// What a tool prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    pub id: &'static str,
    /// The command that prints it.
    pub command: Name,
    pub text: Name,
    /// The part of the text that matters; empty if none does.
    pub hot: Name,
    /// What that part says of the moment.
    pub tone: Tone,
    /// Shown at once; the others are unfolded.
    pub open: bool,
}

/// A command that was typed on the laptop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    pub number: u32,
    pub at_us: u64,
    /// `kubectl get pods`
    pub line: Name,
    /// None while it runs.
    pub exit: Option<u8>,
    /// What it printed on both of its outputs.
    pub output: Name,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub at_us: u64,
    pub text: Name,
}
