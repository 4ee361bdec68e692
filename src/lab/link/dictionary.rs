//! Frequent pieces of a scenario's JSON as one byte each. Links are a third shorter for it.
//!
//! The table belongs to version 1 of links: its order is part of the format and never changes.

/// Piece `n` is byte `0x80 + n`. JSON in a link is ASCII, so those bytes are free.
const WORDS: &[&str] = &[
    "{\"script\":[{\"at\":\"",
    "\",\"script\":[{\"at\":\"",
    "\"script\":[{\"at\":\"",
    "\"},{\"at\":\"",
    "\"}},{\"at\":\"",
    "{\"at\":\"",
    "s\",\"do\":\"",
    "\",\"do\":\"",
    "\",\"target\":\"",
    "\",\"target\":{\"as\":\"host\",\"leaderOf\":\"",
    "\",\"target\":{\"as\":\"process\",\"leaderOf\":\"",
    "\",\"target\":{\"index\":",
    ",\"podOf\":\"",
    ",\"target\":",
    "\"}],\"until\":\"",
    "\"}}],\"until\":\"",
    "\"}],\"seed\":",
    "\"}}],\"seed\":",
    "}],\"until\":\"",
    "}],\"seed\":",
    "{\"until\":\"",
    ",\"until\":\"",
    "{\"seed\":",
    "{\"cluster\":{",
    "},\"script\":[{\"at\":\"",
    "},\"seed\":",
    "\"name\":\"",
    "\",\"name\":\"",
    "{\"lesson\":\"",
    ",\"lesson\":\"",
    "{\"beat\":",
    "\",\"now\":\"",
    "{\"now\":\"",
    "s\"}",
    "\"}",
    "\",\"",
    "\"],[\"",
    "power-off",
    "power-on",
    "terminate",
    "kill",
    "stop",
    "start",
    "pause",
    "resume",
    "clock",
    "\"rate\":",
    "\",\"offset\":\"",
    "\",\"rate\":",
    "partition",
    "\",\"groups\":[[\"",
    "\"]]},{\"at\":\"",
    "\"]]}],\"until\":\"",
    "cut",
    "\",\"from\":\"",
    "\",\"to\":\"",
    "link",
    "\",\"between\":[\"",
    "\"],\"do\":\"",
    "{\"between\":[\"",
    "\",\"latency\":\"",
    "\",\"jitter\":\"",
    ",\"loss\":",
    "heal",
    "crash-container",
    "delete-pod",
    "kubectl",
    "etcdctl",
    "{\"args\":[\"",
    "\"],\"at\":\"",
    "flags",
    "\",\"set\":{\"--",
    "master-",
    "worker-",
    "etcd-",
    "lb-1",
    "lb-2",
    "laptop",
    "/etcd",
    "/kube-apiserver",
    "/kube-controller-manager",
    "kube-controller-manager",
    "kube-apiserver",
    "/kube-scheduler",
    "kube-scheduler",
    "/kubelet",
    "/kube-proxy",
    "haproxy",
    "keepalived",
    "\"masters\":",
    "\"workers\":",
    "\"etcd\":{",
    "\"members\":",
    "\"topology\":\"external\"",
    "\"servers\":\"local\"",
    "\"loadBalancer\":{",
    "\"loadBalancer\":null",
    "\"kind\":\"nginx\"",
    "\"instances\":2",
    "\"balance\":\"leastconn\"",
    "\"check\":\"tcp\"",
    "\"redispatch\":true",
    "\"kubeconfig\":\"master-1\"",
    "\"leaderElection\":{",
    "\"enabled\":false",
    "\"renewal\":\"client-go\"",
    "\"lock\":\"endpoints\"",
    "\"leaseDuration\":\"",
    "\"renewDeadline\":\"",
    "\"retryPeriod\":\"",
    "\"deployments\":[{\"name\":\"",
    "\"replicas\":",
    "deployment",
    "scale",
    "get",
    "pods",
    "--replicas=",
    "create",
    "delete",
    "leader-elect",
    "-lease-duration",
    "-renew-deadline",
    "-retry-period",
    "timings",
    "lease",
];

/// Replaces pieces by bytes, always the longest that fits.
pub(crate) fn shorten(json: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut rest = json.as_bytes();
    while let Some(first) = rest.first() {
        let fits = WORDS.iter().enumerate().filter(|(_, word)| rest.starts_with(word.as_bytes()));
        match fits.max_by_key(|(_, word)| word.len()) {
            Some((at, word)) => {
                out.push(0x80 + at as u8);
                rest = &rest[word.len()..];
            }
            None => {
                out.push(*first);
                rest = &rest[1..];
            }
        }
    }
    out
}

/// Replaces bytes by pieces. `None` if a byte has no piece, or if the text would be longer than `most` bytes.
pub(crate) fn lengthen(bytes: &[u8], most: usize) -> Option<String> {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        match byte {
            0..0x80 => out.push(char::from(*byte)),
            _ => out.push_str(WORDS.get(usize::from(byte - 0x80))?),
        }
        if out.len() > most {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_piece_stands_twice_and_all_have_a_byte() {
        assert!(WORDS.len() <= 128, "{}", WORDS.len());
        for (at, word) in WORDS.iter().enumerate() {
            assert!(word.is_ascii() && word.len() > 1 && !WORDS[..at].contains(word), "{word}");
        }
    }
}
