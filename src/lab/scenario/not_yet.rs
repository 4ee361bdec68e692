//! What version 1 of the format knows and the lab does not do yet. Such a scenario is refused by name, never run without
//! it. Whoever builds one of these takes its row out; nothing else in the reader changes.

/// A place in the file (list indices left out) and a value there.
pub(super) const NOT_YET: NotYet = NotYet(&[
    ("cluster.loadBalancer.kind", "nginx"),
    ("cluster.loadBalancer.instances", "2"),
    ("cluster.loadBalancer.balance", "leastconn"),
    ("cluster.leaderElection.lock", "endpoints"),
    ("script[].do", "crash-container"),
    ("script[].do", "delete-pod"),
    ("script[].do", "flags"),
]);

/// Rows as in [`NOT_YET`].
#[derive(Clone, Copy)]
pub(super) struct NotYet(pub &'static [(&'static str, &'static str)]);

impl NotYet {
    pub fn has(self, path: &str, value: &str) -> bool {
        let place = without_indices(path);
        self.0.iter().any(|(p, v)| *p == place && *v == value)
    }

    /// Those of `all` that are supported at `path`.
    pub fn supported<S: AsRef<str>>(self, path: &str, all: &[S]) -> Vec<String> {
        let supported = all.iter().map(AsRef::as_ref).filter(|v| !self.has(path, v));
        supported.map(str::to_owned).collect()
    }
}

fn without_indices(path: &str) -> String {
    let mut inside = false;
    let keep = |c: &char| {
        inside = (inside || *c == '[') && *c != ']';
        !inside || *c == '['
    };
    path.chars().filter(keep).collect()
}
