//! Tests the server over a socket, and its parser of requests.

use std::net::SocketAddr;

use super::*;

/// Serves a site of one page with these limits, until the tests end.
fn served(host: &str, limits: Limits) -> SocketAddr {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("xtask-serve-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    let site = std::env::temp_dir().join(name);
    std::fs::create_dir_all(site.join("lessons")).unwrap();
    std::fs::write(site.join("index.html"), "<p>page</p>").unwrap();
    let listener = TcpListener::bind((host, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || serve(&listener, &site, limits));
    SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
}

/// Reads until the server closes. If the connection breaks, returns the data up to that point.
fn all(mut stream: &TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut piece) {
        bytes.extend_from_slice(&piece[..count]);
    }
    String::from_utf8(bytes).unwrap()
}

fn ask(address: SocketAddr, text: &str) -> String {
    let stream = TcpStream::connect(address).unwrap();
    // A server that refuses a request need not read all of it.
    let _ = (&stream).write_all(text.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
    all(&stream)
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

#[test]
fn requests_are_answered_or_refused_in_words() {
    let address = served("127.0.0.1", LIMITS);
    let check = |request: &str, expect: &str, contains: &str| {
        let answer = ask(address, request);
        assert_eq!(status(&answer), expect, "{request:?}: {answer}");
        assert!(answer.contains(contains), "{request:?}: {answer}");
    };
    let host = "Host: localhost:8080";
    check(&format!("GET / HTTP/1.1\r\n{host}\r\n\r\n"), "200", "Content-Length: 11\r\n");
    check(&format!("GET / HTTP/1.1\r\n{host}\r\n\r\n"), "200", "\r\n\r\n<p>page</p>");
    check(&format!("\r\nGET /index.html?a#b HTTP/1.1\n{host}\n\n"), "200", "<p>page</p>");
    check("GET / HTTP/1.0\r\n\r\n", "200", "Connection: close\r\n");
    check(&format!("GET /none HTTP/1.1\r\n{host}\r\n\r\n"), "404", "There is no such file.");
    check(&format!("GET /lessons HTTP/1.1\r\n{host}\r\n\r\n"), "404", "There is no such file.");
    check(&format!("GET /../x HTTP/1.1\r\n{host}\r\n\r\n"), "404", "There is no such file.");
    check(&format!("POST / HTTP/1.1\r\n{host}\r\nContent-Length: 3\r\n\r\nabc"), "405", "Only GET and HEAD.");
    check(&format!("GET / FTP\r\n{host}\r\n\r\n"), "400", "METHOD TARGET");
    check("GET / HTTP/1.1\r\n\r\n", "400", "Host");
    check(&format!("GET / HTTP/1.1\r\n{host}\r\n{host}\r\n\r\n"), "400", "twice");
    check(&format!("GET / HTTP/1.1\r\n{host}\r\nnonsense\r\n\r\n"), "400", "NAME: VALUE");
    let head = ask(address, &format!("HEAD / HTTP/1.1\r\n{host}\r\n\r\n"));
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    let two = format!("GET / HTTP/1.1\r\n{host}\r\n\r\nGET /none HTTP/1.1\r\n{host}\r\n\r\n");
    let answers = ask(address, &two);
    assert_eq!((answers.matches("200 OK").count(), answers.matches("404 Not").count()), (1, 1), "{answers}");
}

#[test]
fn on_loopback_only_its_own_names_are_answered() {
    let check = |address: SocketAddr, host: &str, expect: &str| {
        let answer = ask(address, &format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(status(&answer), expect, "{host}: {answer}");
    };
    let (inside, outside) = (served("127.0.0.1", LIMITS), served("0.0.0.0", LIMITS));
    for host in ["localhost", "LOCALHOST:1", "lab.localhost", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:80"] {
        check(inside, host, "200");
    }
    for host in
        ["evil.example", "localhost.evil.example", "10.0.0.1:8080", "127.0.0.1.evil.example", "[::2]", "", "a:b"]
    {
        check(inside, host, "421");
        check(outside, host, "200");
    }
}

#[test]
fn a_head_has_a_limit() {
    let address = served("127.0.0.1", LIMITS);
    let begin = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    let fits = |length: usize| format!("{begin}X: {}\r\n\r\n", "x".repeat(length - begin.len() - 7));
    assert_eq!(status(&ask(address, &fits(LIMITS.head))), "200");
    assert_eq!(status(&ask(address, &fits(LIMITS.head + 1))), "431");
    assert_eq!(status(&ask(address, &"x".repeat(LIMITS.head + 1000))), "431");
    assert_eq!(status(&ask(address, &format!("{begin}{}", "X: y\r\n".repeat(LIMITS.head / 6)))), "431");
    // The server does not even read this much. The answer may be lost with the connection, but the server continues.
    let answer = ask(address, &"x".repeat(1 << 20));
    assert!(answer.is_empty() || status(&answer) == "431", "{answer}");
    assert_eq!(status(&ask(address, &fits(1000))), "200");
}

#[test]
fn connections_have_a_limit_and_make_room_again() {
    let address = served("127.0.0.1", Limits { connections: 2, ..LIMITS });
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    // Each connection is answered and stays open, so all of them have been counted.
    let open: Vec<TcpStream> = (0..2)
        .map(|_| {
            let stream = TcpStream::connect(address).unwrap();
            (&stream).write_all(request.as_bytes()).unwrap();
            let mut answer = [0; 12];
            (&stream).read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"HTTP/1.1 200");
            stream
        })
        .collect();
    assert_eq!(ask(address, request), "", "the third is closed");
    for stream in open {
        stream.shutdown(Shutdown::Write).unwrap();
        all(&stream); // Until the server has closed it.
    }
    // The server stops counting a connection right after it has closed it. Whenever that is, the next one is answered.
    while ask(address, request).is_empty() {}
}

#[test]
fn one_that_sends_or_reads_nothing_is_closed() {
    let limits = Limits { read: Duration::from_millis(50), write: Duration::from_millis(50), ..LIMITS };
    let address = served("127.0.0.1", limits);
    for begun in ["", "GET / HT"] {
        let stream = TcpStream::connect(address).unwrap();
        (&stream).write_all(begun.as_bytes()).unwrap();
        assert_eq!(all(&stream), "", "{begun:?}: closed without an answer");
    }
    // The test owns both ends and does not read, so only the deadline can end a write.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (_other, _) = listener.accept().unwrap();
    let mut until = Until { stream: &stream, end: Instant::now() + limits.write };
    let error = until.write_all(&vec![0; 64 << 20]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock), "{error}");
}

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
    check("/%+1", None);
}
