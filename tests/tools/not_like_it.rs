//! Recorded commands whose output the lab does not reproduce, and why.

/// Where it stands, the command, the reason.
pub const NOT_LIKE_IT: &[(&str, &str, &str)] = &[];
