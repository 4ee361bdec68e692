//! The static server of `cargo xtask serve`: serves the files of one folder, with as much of HTTP/1.1 as a browser needs.
//!
//! With `--host 0.0.0.0` anyone in the network can reach it, so everything is bounded: the size of a request's head, the time
//! to send it and to read the answer, and the number of connections. On a loopback address the server answers only to its own
//! host names, so that no web page can reach it by a name that resolves to this machine.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Clone, Copy)]
pub struct Limits {
    /// The maximum size of a request's head, in bytes.
    head: usize,
    /// The maximum number of connections at a time.
    connections: usize,
    /// The time to send a whole head; also the time until the first byte of the next one.
    read: Duration,
    /// The time to read a whole answer.
    write: Duration,
}

pub const LIMITS: Limits = Limits {
    head: 16 << 10,
    connections: 128,
    read: Duration::from_secs(30),
    // Enough for the largest file over a bad network.
    write: Duration::from_secs(300),
};

/// Answers every client, and never returns.
pub fn serve(listener: &TcpListener, site: &Path, limits: Limits) {
    let only_loopback = listener.local_addr().is_ok_and(|address| address.ip().to_canonical().is_loopback());
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // For example, no more files can be opened. That is temporary.
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        let place = Place(open.clone());
        if open.fetch_add(1, Ordering::SeqCst) >= limits.connections {
            drop(place); // the connection is closed as well
            continue;
        }
        let site = site.to_path_buf();
        // A browser that disconnects early is not an error. If no thread can start, the connection is closed.
        let _ = thread::Builder::new().spawn(move || {
            let _place = place;
            let _ = Connection { stream: &stream, site: &site, only_loopback, limits }.answer();
        });
    }
}

/// Counts a connection until it is dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A stream with a deadline, however slow the other side is.
struct Until<'a> {
    stream: &'a TcpStream,
    end: Instant,
}

impl Until<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        match self.end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(ErrorKind::TimedOut.into()),
            left => Ok(Some(left)),
        }
    }
}

impl Read for Until<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(into)
    }
}

impl Write for Until<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

const TEXT: &str = "text/plain; charset=utf-8";

struct Connection<'a> {
    stream: &'a TcpStream,
    site: &'a Path,
    only_loopback: bool,
    limits: Limits,
}

impl Connection<'_> {
    fn until(&self, time: Duration) -> Until<'_> {
        Until { stream: self.stream, end: Instant::now() + time }
    }

    /// Answers the requests of the connection.
    fn answer(&self) -> io::Result<()> {
        let mut reader = BufReader::new(self.until(self.limits.read));
        loop {
            reader.get_mut().end = Instant::now() + self.limits.read;
            let head = match head(&mut reader, self.limits.head)? {
                Head::End => return Ok(()),
                Head::TooLong => {
                    let why = format!("The head of a request may have {} bytes.", self.limits.head);
                    self.refuse("431 Request Header Fields Too Large", &why)?;
                    return self.linger(&mut reader);
                }
                Head::Whole(head) => head,
            };
            let request = match Request::read(&head) {
                Ok(request) => request,
                Err(why) => {
                    self.refuse("400 Bad Request", why)?;
                    return self.linger(&mut reader);
                }
            };
            if self.only_loopback && !request.host.is_none_or(is_loopback) {
                self.refuse("421 Misdirected Request", "This server answers to localhost only.")?;
                return self.linger(&mut reader);
            }
            if !matches!(request.method, "GET" | "HEAD") {
                self.refuse("405 Method Not Allowed", "Only GET and HEAD.")?;
                return self.linger(&mut reader);
            }
            let with_body = request.method == "GET";
            match file_of(self.site, request.target).and_then(|file| Some((File::open(&file).ok()?, file))) {
                Some((data, file)) if data.metadata()?.is_file() => {
                    let length = data.metadata()?.len();
                    let mut out = self.until(self.limits.write);
                    out.write_all(header("200 OK", content_type(&file), length, request.goes_on).as_bytes())?;
                    if with_body && io::copy(&mut data.take(length), &mut out)? < length {
                        return Ok(()); // The file was rebuilt in the meantime: the client sees that the answer is truncated.
                    }
                }
                _ => self.say("404 Not Found", "There is no such file.", with_body, request.goes_on)?,
            }
            if !request.goes_on {
                return Ok(());
            }
        }
    }

    fn say(&self, status: &str, text: &str, with_body: bool, goes_on: bool) -> io::Result<()> {
        let mut answer = header(status, TEXT, text.len() as u64, goes_on);
        if with_body {
            answer.push_str(text);
        }
        self.until(self.limits.write).write_all(answer.as_bytes())
    }

    fn refuse(&self, status: &str, text: &str) -> io::Result<()> {
        self.say(status, text, true, false)
    }

    /// Lets the client read the answer. Closing a connection with unread input would discard the answer.
    fn linger(&self, reader: &mut impl Read) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        io::copy(&mut reader.take(4 * self.limits.head as u64), &mut io::sink()).map(drop)
    }
}

fn header(status: &str, kind: &str, length: u64, goes_on: bool) -> String {
    let close = if goes_on { "" } else { "Connection: close\r\n" };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\n{close}\r\n"
    )
}

enum Head {
    /// The client has closed the connection.
    End,
    TooLong,
    /// Its lines, without the empty line at the end.
    Whole(Vec<u8>),
}

/// Reads the lines of a request up to the empty one.
fn head(reader: &mut impl BufRead, longest: usize) -> io::Result<Head> {
    let mut limited = reader.take(longest as u64);
    let mut head = Vec::new();
    loop {
        let from = head.len();
        if limited.read_until(b'\n', &mut head)? == 0 || !head.ends_with(b"\n") {
            return Ok(if limited.limit() == 0 { Head::TooLong } else { Head::End });
        }
        if matches!(&head[from..], b"\n" | b"\r\n") {
            head.truncate(from);
            // Empty lines before a request are skipped.
            if from > 0 {
                return Ok(Head::Whole(head));
            }
        }
    }
}

#[derive(Debug, PartialEq)]
struct Request<'a> {
    method: &'a str,
    target: &'a str,
    host: Option<&'a str>,
    /// Whether more requests may follow on the connection.
    goes_on: bool,
}

impl<'a> Request<'a> {
    fn read(head: &'a [u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(head).map_err(|_| "The head of the request is not UTF-8.")?;
        let mut lines = text.lines();
        let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let [method, target, version @ ("HTTP/1.1" | "HTTP/1.0")] = words[..] else {
            return Err("The first line should be METHOD TARGET HTTP/1.1.");
        };
        let mut request = Request { method, target, host: None, goes_on: version == "HTTP/1.1" };
        for line in lines {
            let (name, value) = line.split_once(':').ok_or("A header should be NAME: VALUE.")?;
            match name.to_ascii_lowercase().as_str() {
                "host" if request.host.is_some() => return Err("Host is there twice."),
                "host" => request.host = Some(value.trim()),
                "connection" if value.to_ascii_lowercase().contains("close") => request.goes_on = false,
                // The body would be read as the next request.
                "content-length" | "transfer-encoding" => request.goes_on = false,
                _ => {}
            }
        }
        if version == "HTTP/1.1" && request.host.is_none() {
            return Err("HTTP/1.1 asks for a Host.");
        }
        Ok(request)
    }
}

/// Returns whether a `Host` is one of this machine's own names, with any port: a tunnel may use another port.
fn is_loopback(host: &str) -> bool {
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((address, port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let port = if port.is_empty() { Some("") } else { port.strip_prefix(':') };
        return port.is_some_and(is_port) && address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let is_name = name == "localhost" || name.ends_with(".localhost");
    is_port(port) && (is_name || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback()))
}

/// Returns the file that a request names. `None` if it is outside the site.
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
            let digits = std::str::from_utf8(&digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
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
        "txt" | "md" => TEXT,
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
