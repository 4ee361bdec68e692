//! The filter for recorded and simulated output before the comparison. It replaces only values that vary from
//! run to run or that kubemark invents:
//!
//! 1. addresses of the recording become those of the lab; all except those with ports 6443, 2379 and 2380 become ADDRESS,
//! 2. dates become DATE, ages and other durations AGE; process numbers in log lines are removed,
//! 3. UUIDs, the master that holds a lease, members' and clusters' identifiers, pointers, template hashes, random
//!    names, revisions and counters of etcd,
//! 4. sizes of the database, and how much of it is in use,
//! 5. kubemark's node data in `-o wide`; Events by kubelets, which kubemark does not write,
//! 6. several spaces become one, because widths depend on all of the above; layout has separate tests (`layout.rs`),
//! 7. rows of Events, whose order depends on random names, are sorted, as are other adjacent lines whose order depends on
//!    random names or on which member answered first.

/// Returns the lines to compare.
pub fn filter(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().filter(|l| !by_kubelet(l)).map(line).collect();
    let mut from = 0;
    while from < lines.len() {
        let run = lines[from..].iter().take_while(|l| loose(l)).count();
        lines[from..from + run].sort();
        from += run.max(1);
    }
    lines
}

fn by_kubelet(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let reason = |at: usize| {
        words
            .get(at)
            .is_some_and(|r| matches!(*r, "Starting" | "Pulling" | "Pulled" | "Created" | "Started" | "Killing"))
    };
    let kind = |at: usize| words.get(at).is_some_and(|k| matches!(*k, "Normal" | "Warning"));
    (kind(1) && reason(2)) || (kind(0) && reason(1))
}

/// Returns whether a line's position is random.
fn loose(line: &str) -> bool {
    let event = line.starts_with("AGE Normal") || line.starts_with("AGE Warning");
    line.contains("-NAME")
        || event
        || line.contains("started, ")
        || line.contains("| started |")
        || line.contains("is healthy")
        || line.contains("is unhealthy")
        || line.contains("| true | AGE")
        || (line.contains("Couldn't") || line.contains("retrying of unary"))
        || line.contains("RegisteredNode")
}

fn line(line: &str) -> String {
    let mut text = line.replace("127.0.1.10", "10.0.0.10").replace("127.0.1.", "10.0.1.");
    text = log_head(&text);
    text = date(&text);
    for (from, to) in [("Debian GNU/Linux 7 (wheezy)", "<unknown>"), ("fakeRuntime://0.1.0", "<unknown>")] {
        text = text.replace(from, to);
    }
    text = text.replace("3.16.0-0.bpo.4-amd64 (amd64)", "<unknown>");
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "-.:/".contains(c) {
            word.push(c);
        } else {
            out.push_str(&token(&word));
            word.clear();
            if c != ' ' || !out.ends_with(' ') {
                out.push(c);
            }
        }
    }
    out.push_str(&token(&word));
    for unit in [" B", " kB", " MB", " GB"] {
        out = out.replace(&format!("NUMBER{unit}"), "SIZE");
    }
    for master in ["master-1_UID", "master-2_UID", "master-3_UID"] {
        out = out.replace(master, "HOLDER_UID");
    }
    let mut out = out.replace("NUMBER%", "PERCENT").trim_end().to_owned();
    while out.contains("----") {
        out = out.replace("----", "---");
    }
    out
}

/// `E1122 16:52:39.670465    3763 memcache.go` without date and process.
fn log_head(text: &str) -> String {
    match (text.starts_with('E') && text.contains("memcache.go"), text.find("memcache.go")) {
        (true, Some(at)) => format!("E {}", &text[at..]),
        _ => text.to_owned(),
    }
}

/// `Sun, 22 Nov 2026 17:28:06 +0000`
fn date(text: &str) -> String {
    let mut out = text.to_owned();
    while let Some(zone) = out.find(" +0000") {
        let start = zone.saturating_sub("Sun, 22 Nov 2026 17:28:06".len());
        out.replace_range(start..zone + " +0000".len(), "DATE");
    }
    out
}

fn token(word: &str) -> String {
    if let Some(rest) = word.strip_prefix(':') {
        return format!(":{}", token(rest));
    }
    let trimmed = word.trim_end_matches([':', '.', '/']);
    let tail = &word[trimmed.len()..];
    let replaced = match trimmed {
        "" => String::new(),
        w if is_date(w) => "DATE".to_owned(),
        w if is_uuid(w) => "UID".to_owned(),
        w if is_age(w) => "AGE".to_owned(),
        w if w.len() >= 15 && w.len() <= 16 && w.chars().all(|c| c.is_ascii_hexdigit()) => "ID".to_owned(),
        w if is_number(w) => "NUMBER".to_owned(),
        w if w.contains("0x") => pointer(w),
        w if is_address(w) => "ADDRESS".to_owned(),
        w => w.split('/').map(name).collect::<Vec<_>>().join("/"),
    };
    replaced + tail
}

fn is_date(w: &str) -> bool {
    w.len() >= 20 && w.ends_with('Z') && w.as_bytes()[10] == b'T'
}

fn is_uuid(w: &str) -> bool {
    w.len() == 36 && w.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

fn is_age(w: &str) -> bool {
    let units = w.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    w.starts_with(|c: char| c.is_ascii_digit())
        && matches!(units.trim_matches(|c: char| c.is_ascii_digit()), "s" | "m" | "h" | "d" | "y" | "ms" | "µs" | "ns")
        || w.strip_suffix('s').and_then(|r| r.split_once('m')).is_some_and(|(m, s)| is_number(m) && is_number(s))
}

fn is_number(w: &str) -> bool {
    let digits = w.chars().all(|c| c.is_ascii_digit() || c == '.');
    digits && w.starts_with(|c: char| c.is_ascii_digit()) && w.matches('.').count() < 2
}

fn pointer(w: &str) -> String {
    let parts = w.split('/').map(|p| if p.starts_with("0x") { "POINTER" } else { p });
    parts.collect::<Vec<_>>().join("/")
}

fn is_address(w: &str) -> bool {
    let (ip, port) = w.split_once(':').unwrap_or((w, ""));
    ip.split('.').count() == 4
        && ip.split('.').all(|p| p.parse::<u8>().is_ok())
        && !matches!(port, "6443" | "2379" | "2380")
}

/// `web-69c6f74b8b-bfs6n` as `web-HASH-NAME`, `master-1_6…` without the part after the host.
fn name(w: &str) -> String {
    let random = |p: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&p.len()) && p.chars().all(|c| c.is_ascii_digit() || "bcdfghjklmnpqrstvwxz".contains(c))
    };
    let parts: Vec<&str> = w.split('-').collect();
    match parts.as_slice() {
        [base @ ("web" | "api" | "big"), hash, tail] if random(hash, 8..=10) && random(tail, 5..=5) => {
            format!("{base}-HASH-NAME")
        }
        [base @ ("web" | "api" | "big"), hash] if random(hash, 8..=10) => format!("{base}-HASH"),
        [base @ ("web" | "api" | "big"), tail] if random(tail, 5..=5) => format!("{base}-NAME"),
        ["apiserver", hash] if hash.len() == 26 => "apiserver-HASH".to_owned(),
        [hash] if random(hash, 8..=10) => "HASH".to_owned(),
        _ => w.to_owned(),
    }
}
