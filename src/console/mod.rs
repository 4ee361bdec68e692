//! kubectl and etcdctl as they are typed on the laptop: reads a line as the real tool does, sends the requests that it
//! would send over the simulated network, and prints what it would print (FACTS 4.4, 5.4, 7).
//!
//! It knows the clients' side of `kube` and `etcd` and nothing of the cluster around the laptop.

pub mod describe;
mod etcdctl;
mod flags;
mod kubectl;
pub mod objects;
pub mod rows;
pub mod table;
mod terminal;
pub mod time;
pub mod value;

use std::rc::Rc;

use crate::edge::kubectl::Server;
use crate::kube::object::Name;
use crate::sim::{HostId, Port};
pub use terminal::{MAX_RUNNING, Terminal};

/// Labels, selectors, annotations.
type Labels = crate::sim::map::Map<Name, Name>;

/// In which order texts come: their places, sorted; equal ones as they are.
fn order(texts: &[String]) -> Vec<usize> {
    let mut places: Vec<usize> = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        let at = places.partition_point(|p| texts[*p] <= *text);
        places.insert(at, place);
    }
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
    pub fn name(self) -> &'static str {
        match self {
            Tool::Kubectl => "kubectl",
            Tool::Etcdctl => "etcdctl",
        }
    }
}

/// What a line turned out to be.
pub enum Parsed {
    /// A kubectl request that has to be run.
    Kubectl(Rc<kubectl::Request>),
    /// An etcdctl request that has to be run.
    Etcdctl(Rc<etcdctl::Request>),
    /// The tool ends at once: what it prints, and its status.
    Ended(Screen, u8),
    /// The real tool knows it; the lab does not. A phrase that names it.
    Unsupported(String),
}

/// Reads what was typed after the tool's name.
pub fn parse(tool: Tool, args: &[String]) -> Parsed {
    match tool {
        Tool::Kubectl => kubectl::parse(args),
        Tool::Etcdctl => etcdctl::parse(args),
    }
}

/// Whether a line can be typed: a mistake is refused before a run begins.
///
/// # Errors
/// What is not supported, or what the tool itself says is wrong.
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

/// What a command has printed, bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Screen {
    /// The most that is kept of either.
    pub const MAX: usize = 64 << 10;

    /// A screen with nothing but a text on standard error.
    pub fn error(stderr: String) -> Self {
        Screen { stdout: String::new(), stderr }
    }

    /// Appends to standard output.
    pub fn out(&mut self, text: &str) {
        Self::add(&mut self.stdout, text);
    }

    /// Appends to standard error.
    pub fn err(&mut self, text: &str) {
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

/// What the laptop knows of the world: its kubeconfig, and which address is whose.
#[derive(Clone, Debug)]
pub struct Laptop {
    /// Where its kubeconfig points. kubectl keeps on disk what it found out about it long ago.
    pub server: Server,
    /// Each host's name and address.
    pub hosts: Vec<(Rc<str>, Rc<str>, HostId)>,
    /// `ETCDCTL_ENDPOINTS`
    pub etcd: Vec<Rc<str>>,
    /// Other servers that kubectl has found things out about.
    pub discovered: Vec<Rc<str>>,
}

impl Laptop {
    /// The server at `10.0.1.1:6443`, or at a host's name.
    pub fn resolve(&self, address: &str, default_port: Port) -> Option<Server> {
        let (name, port) = address.split_once(':').map_or((address, None), |(n, p)| (n, Some(p)));
        let port = port.map_or(Some(default_port), |p| p.parse().ok())?;
        let (_, ip, host) = self.hosts.iter().find(|(n, ip, _)| &**n == name || &**ip == name)?;
        let printed = if &**ip == name { ip.to_string() } else { name.to_owned() };
        Some(Server { host: *host, port, address: format!("{printed}:{port}").into() })
    }

    /// Whether kubectl has the server's discovery on disk.
    pub fn knows(&self, server: &Server) -> bool {
        server.address == self.server.address || self.discovered.contains(&server.address)
    }
}
