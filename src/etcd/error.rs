//! Errors that etcd returns (FACTS 4.4, 5.3; the real thing: etcd
//! `api/v3rpc/rpctypes/error.go`).

use std::fmt;

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// An error that an etcd member returns.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EtcdError {
            $($(#[$doc])* #[doc = concat!("\n\nPrinted as `", $text, "`.")] $name,)*
        }

        impl fmt::Display for EtcdError {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(EtcdError::$name => $text,)* })
            }
        }
    };
}

errors! {
    /// Not committed within the request timeout of 7 s, while a leader was known.
    Timeout => "etcdserver: request timed out",
    TimeoutDueToLeaderFail => "etcdserver: request timed out, possibly due to previous leader failure",
    TimeoutDueToConnectionLost => "etcdserver: request timed out, possibly due to connection lost",
    LeaderChanged => "etcdserver: leader changed",
    /// Only for requests that require a leader.
    NoLeader => "etcdserver: no leader",
    /// No leader for as long as the request timeout: gRPC DeadlineExceeded, which clients retry.
    DeadlineExceeded => "context deadline exceeded",
    Compacted => "etcdserver: mvcc: required revision has been compacted",
    FutureRevision => "etcdserver: mvcc: required revision is a future revision",
    NoSpace => "etcdserver: mvcc: database space exceeded",
    RequestTooLarge => "etcdserver: request is too large",
    TooManyOps => "etcdserver: too many operations in txn request",
    DuplicateKey => "etcdserver: duplicate key given in txn request",
    EmptyKey => "etcdserver: key is not provided",
    NotSupportedForLearner => "etcdserver: rpc not supported for learner",
    BadLeaderTransferee => "etcdserver: bad leader transferee",
    NotLeader => "etcdserver: not leader",
    LeaderTransferTimeout => "etcdserver: request timed out, leader transfer took too long",
    MemberNotFound => "etcdserver: member not found",
    PeerUrlExists => "etcdserver: Peer URLs already exists",
    NotEnoughStarted => "etcdserver: re-configuration failed due to not enough started members",
    Unhealthy => "etcdserver: unhealthy cluster",
    NotALearner => "etcdserver: can only promote a learner member",
    LearnerNotReady => "etcdserver: can only promote a learner member which is in sync with leader",
    TooManyLearners => "etcdserver: too many learner members in cluster",
    Stopped => "etcdserver: server stopped",
}
