//! `cargo xtask serve`: builds the page and serves it, as any static web server would.
//!
//! It uses its own server, not `trunk serve`, which injects an inline script and a web socket. The page's
//! Content-Security-Policy rightly refuses those. This server serves the files exactly as they are delivered.

mod http;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use std::{fs, thread};

use crate::build::{self, Kind};
use crate::run::{Lab, Result, say, seconds};

pub struct Options {
    pub host: String,
    /// The port to try first. If it is taken, and [`Self::port_is_fixed`] is not set, the next free one is used.
    pub port: u16,
    pub port_is_fixed: bool,
    pub kind: Kind,
    pub watch: bool,
}

pub fn serve(lab: &Lab, options: &Options) -> Result {
    let started = Instant::now();
    // Before the build, so that a taken port is reported at once and not after minutes.
    let listener = listen(&options.host, options.port, options.port_is_fixed)?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let site = build::build(lab, options.kind)?;
    say(format!("\nHA Lab is at http://{address}/   (ready after {}, stop with Ctrl-C)", seconds(started.elapsed())));
    if options.watch {
        say("Watching the sources: reload the page after a build.");
        let site = site.clone();
        thread::spawn(move || http::serve(&listener, &site, http::LIMITS));
        watch(lab, options.kind);
    }
    http::serve(&listener, &site, http::LIMITS);
    Ok(())
}

/// Binds the port, or the next free one among the twenty after it.
fn listen(host: &str, port: u16, fixed: bool) -> Result<TcpListener> {
    let last = if fixed { port } else { port.saturating_add(20) };
    for port in port..=last {
        match TcpListener::bind((host, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Err(error) => return Err(format!("Cannot listen on {host} port {port}: {error}.")),
        }
    }
    Err(if fixed {
        format!("Port {port} is taken: give another by `--port`, or none to let xtask choose.")
    } else {
        format!("The ports {port} to {last} are all taken: give a free one by `--port`.")
    })
}

/// Rebuilds whenever a source is newer than the last build.
fn watch(lab: &Lab, kind: Kind) -> ! {
    let mut seen = newest(lab);
    loop {
        thread::sleep(Duration::from_millis(400));
        let now = newest(lab);
        if now > seen {
            seen = now;
            if let Err(error) = build::compile(lab, kind) {
                eprintln!("{error}");
            }
        }
    }
}

fn newest(lab: &Lab) -> Option<SystemTime> {
    fn walk(path: &Path) -> Option<SystemTime> {
        if path.is_dir() {
            return fs::read_dir(path).ok()?.flatten().filter_map(|entry| walk(&entry.path())).max();
        }
        path.metadata().ok()?.modified().ok()
    }
    ["src", "static", "index.html", "Trunk.toml", "Cargo.toml"]
        .iter()
        .filter_map(|name| walk(&lab.root.join(name)))
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over_unless_asked_for() {
        let first = listen("127.0.0.1", 0, true).unwrap();
        let port = first.local_addr().unwrap().port();
        assert!(listen("127.0.0.1", port, true).unwrap_err().contains("taken"));
        assert_ne!(listen("127.0.0.1", port, false).unwrap().local_addr().unwrap().port(), port);
    }
}
