//! Details of one host, process or pod, read only while it is selected, as plain data; a part of `lab::view`.
//!
//! Each part is shared, so that an interface can keep its drawing while the part is equal. Names of fields and texts of
//! programs are the field's own; a `term` is a key of the glossary, or empty.

use std::rc::Rc;

use super::{Name, Tone};

/// The details of the selected host, process or pod. Empty for a target that does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// The command line of a process.
    pub command: Option<Rc<CommandLine>>,
    /// Its state.
    pub facts: Rc<Vec<Fact>>,
    pub tables: Rc<Vec<Table>>,
    /// Output of tools about it.
    pub papers: Rc<Vec<Paper>>,
    /// Its log, oldest line first, bounded.
    pub log: Rc<Vec<LogLine>>,
    /// Faults of a host's links, by the other host's name.
    pub(crate) network: Rc<Vec<(Name, Name)>>,
    /// Commands typed on the laptop, newest first, bounded.
    pub(crate) commands: Rc<Vec<Typed>>,
}

/// The command line of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// `kube-scheduler`
    pub program: Name,
    /// The file that has it: `/etc/kubernetes/manifests/kube-scheduler.yaml`
    pub file: Name,
    pub flags: Vec<Flag>,
    /// The cost of a restart with other flags, one sentence for each consequence. Empty if no flag can be changed.
    pub cost: Vec<Name>,
}

impl CommandLine {
    /// Returns it as typed, one flag on a line.
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
    pub(crate) name: &'static str,
    pub(crate) value: Name,
    pub kind: FlagKind,
}

impl Flag {
    /// Returns `--leader-elect=true`, or the name alone for a flag without a value.
    pub fn typed(&self) -> String {
        if self.value.is_empty() { self.name.to_owned() } else { format!("{}={}", self.name, self.value) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagKind {
    /// Modelled by the lab, and can be changed.
    Changeable,
    /// Identifies the process or its place: with another value it would be another process.
    Identity,
    /// Set by kubeadm. The lab does not model it, or only this value.
    Fixed,
}

/// One fact about it, with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub term: &'static str,
    pub name: Name,
    pub value: Name,
    pub tone: Tone,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Unique within one target.
    pub(crate) id: &'static str,
    pub term: &'static str,
    pub title: Name,
    pub head: Vec<Name>,
    /// Shown if there are no rows.
    pub(crate) empty: Name,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub cells: Vec<Name>,
    pub tone: Tone,
}

/// Output of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    pub id: &'static str,
    /// The command that prints it.
    pub command: Name,
    pub text: Name,
    /// The part of the text to highlight. Empty if there is none.
    pub hot: Name,
    /// The tone of the highlight.
    pub tone: Tone,
    /// Set if it is shown at once. The others have to be unfolded.
    pub open: bool,
}

/// A command that was typed on the laptop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) number: u32,
    pub(crate) at_us: u64,
    /// `kubectl get pods`
    pub(crate) line: Name,
    /// `None` while it runs.
    pub(crate) exit: Option<u8>,
    /// What it printed on standard output and standard error.
    pub(crate) output: Name,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub at_us: u64,
    pub text: Name,
}
