//! The lab in a frame of another page: `?embed`, or `?embed&origin=https://course.example` for a page of another origin.
//! Messages (see [`protocol`]) are accepted only from the parent window with that origin, and sent only to it.

pub mod protocol;

#[cfg(target_arch = "wasm32")]
mod window;
#[cfg(target_arch = "wasm32")]
pub(crate) use window::{embedded, listen, tell};

/// Whether this page is in a frame of another one, by its own query, and which origin may talk with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Embedding {
    /// A page of its own.
    None,
    /// In a frame whose origin is not valid: no message is accepted and none is sent.
    Closed,
    /// In a frame of a page of this origin.
    Open(String),
}

/// Returns the embedding that a query asks for. `own` is the page's own origin, the default.
pub(crate) fn embedding(query: &str, own: &str) -> Embedding {
    let mut embed = false;
    let mut named = None;
    for part in query.trim_start_matches('?').split('&') {
        match part.split_once('=').unwrap_or((part, "")) {
            ("embed", _) => embed = true,
            ("origin", value) => {
                named = Some(value.replace("%3A", ":").replace("%3a", ":").replace("%2F", "/").replace("%2f", "/"))
            }
            _ => {}
        }
    }
    let origin = named.unwrap_or_else(|| own.to_owned());
    match (embed, is_origin(&origin)) {
        (false, _) => Embedding::None,
        (true, false) => Embedding::Closed,
        (true, true) => Embedding::Open(origin),
    }
}

/// Returns whether it is an origin as the browser reports it, `https://host` or `https://host:port`. `*` is not, and neither is
/// `null`, the origin of every file and every sandbox.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b);
    !host.is_empty() && host.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_who_may_talk_with_the_lab() {
        let own = "https://lab.example";
        let check = |query: &str, expect: Embedding| assert_eq!(embedding(query, own), expect, "{query}");
        let open = |origin: &str| Embedding::Open(origin.to_owned());
        check("", Embedding::None);
        check("?origin=https://a.example", Embedding::None);
        check("?embed", open(own));
        check("?embed=1&x=y", open(own));
        check("?embed&origin=https://a.example:8443", open("https://a.example:8443"));
        check("?embed&origin=https%3A%2F%2Fa.example", open("https://a.example"));
        for bad in ["*", "null", "", "https://", "https://a.example/", "javascript:x", "https://A.example", "a.example"]
        {
            check(&format!("?embed&origin={bad}"), Embedding::Closed);
        }
        assert_eq!(embedding("?embed", "null"), Embedding::Closed, "a file");
    }
}
