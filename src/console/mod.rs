//! kubectl and etcdctl as they are typed on the laptop: parses a line as the real tool does, sends the requests that it
//! would send over the simulated network, and prints what it would print (FACTS 4.4, 5.4, 7).
//!
//! Knows the clients' side of `kube` and `etcd` and nothing of the cluster around the laptop.

pub(crate) mod describe;
mod etcdctl;
mod flags;
mod kubectl;
pub mod objects;
pub(crate) mod rows;
pub mod table;
mod terminal;
pub mod time;
pub mod value;

use std::rc::Rc;

use crate::edge::kubectl::Server;
use crate::kube::object::Name;
use crate::sim::{HostId, Port};
pub(crate) use terminal::Terminal;

/// Labels, selectors, annotations.
type Labels = crate::sim::map::Map<Name, Name>;

/// Returns the indexes of texts in sorted order; equal texts keep theirs.
fn order(texts: &[String]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..texts.len()).collect();
    places.sort_by_key(|place| &texts[*place]);
    places
}

/// The tools that can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `kubectl`
    Kubectl,
    /// `etcdctl`
    Etcdctl,
}

impl Tool {
    /// Returns the name as it is typed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tool::Kubectl => "kubectl",
            Tool::Etcdctl => "etcdctl",
        }
    }
}

/// A parsed line.
pub enum Parsed {
    /// A kubectl request that has to be run.
    Kubectl(Rc<kubectl::Request>),
    /// An etcdctl request that has to be run.
    Etcdctl(Rc<etcdctl::Request>),
    /// The tool exits at once, with this output and status.
    Ended(Screen, u8),
    /// The real tool supports it, the lab does not; a phrase that names it.
    Unsupported(String),
}

/// Parses the arguments after the tool's name.
pub fn parse(tool: Tool, args: &[String]) -> Parsed {
    match tool {
        Tool::Kubectl => kubectl::parse(args),
        Tool::Etcdctl => etcdctl::parse(args),
    }
}

/// Checks whether a line can be typed, so that mistakes are refused before a run starts.
///
/// # Errors
/// What is not supported, or the tool's own error.
pub fn check(tool: Tool, args: &[String]) -> Result<(), String> {
    match parse(tool, args) {
        Parsed::Kubectl(_) | Parsed::Etcdctl(_) => Ok(()),
        Parsed::Ended(screen, code) => {
            let text = screen.stderr.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ");
            if code == 0 { Ok(()) } else { Err(format!("{} prints {text:?}", tool.name())) }
        }
        Parsed::Unsupported(what) => Err(format!("{what} is not supported")),
    }
}

fn usage(code: u8, stderr: String) -> Parsed {
    Parsed::Ended(Screen::error(stderr), code)
}

/// The output of a command, bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Screen {
    /// The most bytes of either that are kept. A printer stops once its output is longer than this: the rest would be work that
    /// nobody sees, within one event.
    pub(crate) const MAX: usize = 64 << 10;

    /// A screen with nothing but a text on standard error.
    pub(crate) fn error(stderr: String) -> Self {
        Screen { stdout: String::new(), stderr }
    }

    /// Appends to standard output.
    pub(crate) fn out(&mut self, text: &str) {
        Self::add(&mut self.stdout, text);
    }

    /// Appends to standard error.
    pub(crate) fn err(&mut self, text: &str) {
        Self::add(&mut self.stderr, text);
    }

    fn add(to: &mut String, text: &str) {
        let mut room = Self::MAX.saturating_sub(to.len());
        if text.len() <= room {
            return to.push_str(text);
        }
        if room > 0 {
            while !text.is_char_boundary(room) {
                room -= 1;
            }
            to.push_str(&text[..room]);
            to.push_str("\n(the lab keeps no more of this output)\n");
        }
    }
}

/// The laptop's files: its kubeconfig, and the addresses of hosts.
#[derive(Clone, Debug)]
pub(crate) struct Laptop {
    /// The server of its kubeconfig, whose discovery kubectl has cached on disk.
    pub(crate) server: Server,
    /// Each host's name and address.
    pub(crate) hosts: Vec<(Rc<str>, Rc<str>, HostId)>,
    /// `ETCDCTL_ENDPOINTS`
    pub(crate) etcd: Vec<Rc<str>>,
    /// Other servers whose discovery kubectl has cached on disk.
    pub(crate) discovered: Vec<Rc<str>>,
}

impl Laptop {
    /// The server at `10.0.1.1:6443`, or at a host's name.
    pub(crate) fn resolve(&self, address: &str, default_port: Port) -> Option<Server> {
        let (name, port) = address.split_once(':').map_or((address, None), |(n, p)| (n, Some(p)));
        let port = port.map_or(Some(default_port), |p| p.parse().ok())?;
        let (_, ip, host) = self.hosts.iter().find(|(n, ip, _)| &**n == name || &**ip == name)?;
        let printed = if &**ip == name { ip.to_string() } else { name.to_owned() };
        Some(Server { host: *host, port, address: format!("{printed}:{port}").into() })
    }

    /// Returns whether kubectl has cached the server's discovery on disk.
    pub(crate) fn knows(&self, server: &Server) -> bool {
        server.address == self.server.address || self.discovered.contains(&server.address)
    }
}
