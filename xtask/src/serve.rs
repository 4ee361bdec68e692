//! `cargo xtask serve`: builds the page and serves it, as any static web server would.
//!
//! Our own server rather than `trunk serve`: that one injects an inline script and a web socket, which the page's
//! Content-Security-Policy rightly refuses. What is looked at here is what is delivered.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, thread};

use crate::build::{self, Kind};
use crate::run::{Lab, Result, say, seconds};

pub struct Options {
    pub host: String,
    /// Tried first; the next free one is taken when nobody asked for this one in particular.
    pub port: u16,
    pub port_is_fixed: bool,
    pub kind: Kind,
    pub watch: bool,
}

pub fn serve(lab: &Lab, options: &Options) -> Result {
    let started = Instant::now();
    // Before the build: a taken port should not cost minutes.
    let listener = listen(&options.host, options.port, options.port_is_fixed)?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let site = build::build(lab, options.kind)?;
    say(format!("\nHA Lab is at http://{address}/   (ready after {}, stop with Ctrl-C)", seconds(started.elapsed())));
    if options.watch {
        say("Watching the sources: reload the page after a build.");
        let site = site.clone();
        thread::spawn(move || accept(&listener, &site));
        watch(lab, options.kind);
    }
    accept(&listener, &site);
    Ok(())
}

/// Binds the port, or the next free one of the twenty after it.
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

fn accept(listener: &TcpListener, site: &Path) {
    for stream in listener.incoming().flatten() {
        let site = site.to_path_buf();
        // A browser that goes away in the middle is not an error.
        thread::spawn(move || drop(answer(&stream, &site)));
    }
}

/// Answers the requests of one connection.
fn answer(stream: &TcpStream, site: &Path) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let mut words = request.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (status, kind, body) = match (method, file_of(site, target)) {
            ("GET" | "HEAD", Some(file)) => match fs::read(&file) {
                Ok(body) => ("200 OK", content_type(&file), body),
                Err(_) => ("404 Not Found", "text/plain; charset=utf-8", b"There is no such file.".to_vec()),
            },
            ("GET" | "HEAD", None) => {
                ("404 Not Found", "text/plain; charset=utf-8", b"There is no such file.".to_vec())
            }
            _ => ("405 Method Not Allowed", "text/plain; charset=utf-8", b"Only GET and HEAD.".to_vec()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n\
             X-Content-Type-Options: nosniff\r\n\r\n",
            body.len()
        );
        let mut answer = head.into_bytes();
        if method != "HEAD" {
            answer.extend(body);
        }
        let mut stream = stream;
        stream.write_all(&answer)?;
    }
}

/// The file that a request names; none when it points outside of the site.
fn file_of(site: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?;
    let mut file = site.to_path_buf();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        let part = percent_decoded(part)?;
        if part.starts_with('.') || part.contains(['/', '\\', '\0', ':']) {
            return None;
        }
        file.push(part);
    }
    Some(if file.is_dir() { file.join("index.html") } else { file })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "zip" => "application/zip",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Builds again whenever a source is newer than the last build.
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
    fn a_request_stays_inside_the_site() {
        let site = Path::new("/site");
        let check = |target: &str, expect: Option<&str>| {
            assert_eq!(file_of(site, target), expect.map(PathBuf::from), "{target}");
        };
        check("/a.js?v=1", Some("/site/a.js"));
        check("/lessons/one%20two.json", Some("/site/lessons/one two.json"));
        check("/../etc/passwd", None);
        check("/%2e%2e/etc/passwd", None);
        check("/a%2f..%2f..%2fetc", None);
        check("/%zz", None);
    }

    #[test]
    fn a_taken_port_is_passed_over_unless_asked_for() {
        let first = listen("127.0.0.1", 0, true).unwrap();
        let port = first.local_addr().unwrap().port();
        assert!(listen("127.0.0.1", port, true).unwrap_err().contains("taken"));
        assert_ne!(listen("127.0.0.1", port, false).unwrap().local_addr().unwrap().port(), port);
    }
}
