//! Majorities of voters.
//!
//! Knows only numbers. The real thing: etcd-io/raft `quorum/majority.go`; FACTS 5.2.

/// Outcome of a vote so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VoteResult {
    /// A majority agreed.
    Won,
    /// A majority can no longer agree.
    Lost,
    /// Open.
    Pending,
}

/// Size of a majority of `voters`.
pub const fn majority(voters: usize) -> usize {
    voters / 2 + 1
}

/// The largest value that a majority of voters has reached; 0 if there is no voter.
///
/// Quadratic, which for the seven voters of a large group beats sorting, and needs no buffer.
#[inline]
pub(super) fn reached_by_majority(values: impl Iterator<Item = u64> + Clone) -> u64 {
    let needed = majority(values.clone().count());
    let reached = |value: u64| values.clone().filter(|other| *other >= value).count() >= needed;
    values.clone().filter(|value| reached(*value)).max().unwrap_or(0)
}

/// The outcome of what each voter answered (`None`: not yet).
pub(super) fn vote_result(votes: impl Iterator<Item = Option<bool>>) -> VoteResult {
    let (mut granted, mut refused, mut voters) = (0, 0, 0);
    for vote in votes {
        voters += 1;
        granted += usize::from(vote == Some(true));
        refused += usize::from(vote == Some(false));
    }
    if granted >= majority(voters) {
        VoteResult::Won
    } else if voters - refused < majority(voters) {
        VoteResult::Lost
    } else {
        VoteResult::Pending
    }
}
