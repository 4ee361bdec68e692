//! The output of etcdctl (FACTS 5.4).

use crate::console::table::bordered;
use crate::console::value::{Map, Value as Json, quote};
use crate::console::{Screen, objects};
use crate::etcd::members::Member;
use crate::etcd::{KeyValue, Response, Status};
use crate::kube::object::Stored;
use crate::kube::value::Value;

/// A cluster's identifier is made of its members'; the lab has one cluster.
pub(super) const CLUSTER_ID: u64 = 0xcdf8_18d1_94e3_a8c1;
/// Returns a value as it is in the database: an object in JSON, as with `--storage-media-type=application/json`.
fn text(kv: &KeyValue<Value>) -> String {
    match &kv.value {
        Value::Text(text) => text.to_string(),
        Value::Object(object) => {
            let mut value = objects::value(&Stored { resource_version: 0, object: object.clone() });
            if let Json::Map(Map(root)) = &mut value
                && let Some((_, Json::Map(Map(meta)))) = root.iter_mut().find(|(k, _)| k == "metadata")
            {
                meta.retain(|(k, _)| k != "resourceVersion");
            }
            value.plain()
        }
    }
}

/// `get`, key and value in turn.
pub(super) fn simple(kvs: &[KeyValue<Value>], keys_only: bool) -> String {
    let mut out = String::new();
    for kv in kvs {
        out.push_str(&kv.key);
        out.push('\n');
        if !keys_only {
            out.push_str(&text(kv));
        }
        out.push('\n');
        if out.len() > Screen::MAX {
            break;
        }
    }
    out
}

/// `get -w fields`
pub(super) fn fields(response: &Response<Value>, kvs: &[KeyValue<Value>], keys_only: bool) -> String {
    let mut out = String::new();
    let mut number = |name: &str, n: u64| out.push_str(&format!("\"{name}\" : {n}\n"));
    number("ClusterID", CLUSTER_ID);
    number("MemberID", response.member);
    number("Revision", response.revision);
    number("RaftTerm", response.raft_term);
    for kv in kvs {
        let mut word = |name: &str, t: &str| {
            let mut quoted = String::new();
            quote(t, &mut quoted);
            out.push_str(&format!("\"{name}\" : {quoted}\n"));
        };
        word("Key", &kv.key);
        let mut number = |name: &str, n: u64| out.push_str(&format!("\"{name}\" : {n}\n"));
        number("CreateRevision", kv.create_revision);
        number("ModRevision", kv.mod_revision);
        number("Version", kv.version);
        let value = if keys_only { String::new() } else { text(kv) };
        let mut quoted = String::new();
        quote(&value, &mut quoted);
        out.push_str(&format!("\"Value\" : {quoted}\n\"Lease\" : 0\n"));
        if out.len() > Screen::MAX {
            break;
        }
    }
    out.push_str(&format!("\"More\" : false\n\"Count\" : {}\n", kvs.len()));
    out
}

/// `get -w json`
pub(super) fn json(response: &Response<Value>, kvs: &[KeyValue<Value>], keys_only: bool) -> String {
    let (member, revision, term) = (response.member, response.revision, response.raft_term);
    let mut out = format!(
        "{{\"header\":{{\"cluster_id\":{CLUSTER_ID},\"member_id\":{member},\"revision\":{revision},\"raft_term\":{term}}}"
    );
    for (i, kv) in kvs.iter().enumerate() {
        out.push_str(if i == 0 { ",\"kvs\":[" } else { "," });
        let KeyValue { create_revision, mod_revision, version, .. } = kv;
        out.push_str(&format!(
            "{{\"key\":\"{}\",\"create_revision\":{create_revision},\"mod_revision\":{mod_revision},\"version\":{version}",
            base64(kv.key.as_bytes())
        ));
        if !keys_only {
            out.push_str(&format!(",\"value\":\"{}\"", base64(text(kv).as_bytes())));
        }
        out.push('}');
        if out.len() > Screen::MAX {
            break;
        }
    }
    if !kvs.is_empty() {
        out.push_str(&format!("],\"count\":{}", kvs.len()));
    }
    out.push_str("}\n");
    out
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            if i > chunk.len() {
                out.push('=');
            } else {
                out.push(char::from(DIGITS[(bits >> (18 - 6 * i) & 63) as usize]));
            }
        }
    }
    out
}

/// Rows as text with commas, or as a table under these headers.
pub(super) fn rows(table: bool, headers: &[&str], mut rows: Vec<Vec<String>>) -> String {
    if !table {
        return rows.iter().map(|r| r.join(", ") + "\n").collect();
    }
    rows.insert(0, headers.iter().map(|h| (*h).to_owned()).collect());
    bordered(&rows)
}

pub(super) const MEMBER_HEADERS: [&str; 6] = ["ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"];
pub(super) const STATUS_HEADERS: [&str; 16] = [
    "ENDPOINT",
    "ID",
    "VERSION",
    "STORAGE VERSION",
    "DB SIZE",
    "IN USE",
    "PERCENTAGE NOT IN USE",
    "QUOTA",
    "IS LEADER",
    "IS LEARNER",
    "RAFT TERM",
    "RAFT INDEX",
    "RAFT APPLIED INDEX",
    "ERRORS",
    "DOWNGRADE TARGET VERSION",
    "DOWNGRADE ENABLED",
];

/// One member; `address` is that of its host.
pub(super) fn member_row(member: &Member, address: &str) -> Vec<String> {
    let state = if member.started { "started" } else { "unstarted" };
    let client = if member.started { format!("https://{address}:2379") } else { String::new() };
    vec![
        format!("{:x}", member.id),
        state.to_owned(),
        member.name.to_string(),
        format!("http://{address}:2380"),
        client,
        member.is_learner.to_string(),
    ]
}

/// One endpoint's status.
pub(super) fn status_row(endpoint: &str, s: &Status) -> Vec<String> {
    vec![
        endpoint.to_owned(),
        format!("{:x}", s.member),
        "3.6.16".to_owned(),
        "3.6.0".to_owned(),
        bytes(s.db_size),
        bytes(s.db_size_in_use),
        format!("{}%", s.db_size.saturating_sub(s.db_size_in_use) * 100 / s.db_size.max(1)),
        bytes(s.db_size_quota),
        (s.leader == s.member).to_string(),
        s.is_learner.to_string(),
        s.raft_term.to_string(),
        s.raft_index.to_string(),
        s.raft_applied_index.to_string(),
        s.errors.join(", "),
        String::new(),
        "false".to_owned(),
    ]
}

/// `1.4 MB`, `25 kB`, as go-humanize writes it.
fn bytes(size: u64) -> String {
    if size < 10 {
        return format!("{size} B");
    }
    let (mut unit, mut scale) = (0, 1u64);
    while size / scale >= 1_000 && unit < 4 {
        scale *= 1_000;
        unit += 1;
    }
    let tenths = (size * 10 + scale / 2) / scale;
    let name = ["B", "kB", "MB", "GB", "TB"][unit];
    if tenths < 100 {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    } else {
        format!("{} {name}", (tenths + 5) / 10)
    }
}
