//! How a call to an API server fails: by an answer of the server, or by none. The words are those of Go's `net`, `net/http` and
//! `x/net/http2`, as client-go passes them on.

use std::fmt;

use super::api::{Reason, Status};

/// Why a call got no answer from a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportError {
    Refused,
    DialTimeout,
    TlsTimeout,
    /// Closed before an answer came.
    Eof,
    Reset,
    /// The caller itself closed the connection.
    Aborted,
    /// Pings stayed unanswered, or what was sent stayed unacknowledged.
    ConnectionLost,
    /// The caller's own limit passed.
    DeadlineExceeded,
}

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    Status(Status),
    Transport(TransportError),
}

impl Failure {
    /// The HTTP status, if a server answered at all.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Failure::Status(status) => Some(status),
            Failure::Transport(_) => None,
        }
    }

    pub fn is_conflict(&self) -> bool {
        self.status().is_some_and(|s| s.reason == Reason::Conflict)
    }

    pub fn is_not_found(&self) -> bool {
        self.status().is_some_and(|s| s.reason == Reason::NotFound)
    }
}

impl fmt::Display for TransportError {
    /// As Go words it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TransportError::Refused => "connect: connection refused",
            TransportError::DialTimeout => "i/o timeout",
            TransportError::TlsTimeout => "net/http: TLS handshake timeout",
            TransportError::Eof => "EOF",
            TransportError::Reset => "read: connection reset by peer",
            TransportError::Aborted => "use of closed network connection",
            TransportError::ConnectionLost => "http2: client connection lost",
            TransportError::DeadlineExceeded => "context deadline exceeded",
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Status(status) => status.fmt(f),
            Failure::Transport(error) => error.fmt(f),
        }
    }
}
