//! How a call to an API server fails: by an answer of the server, or by none. The words are those of Go's `net`,
//! `net/http` and `x/net/http2`, as client-go passes them on.

use std::fmt;

use super::api::{Reason, Status};

/// Why a call was not answered by a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// Nobody listens on the port.
    Refused,
    /// The connection was not established in time.
    DialTimeout,
    /// The TLS handshake was not finished in time.
    TlsTimeout,
    /// Closed before an answer came.
    Eof,
    /// The server reset the connection.
    Reset,
    /// The caller itself closed the connection.
    Aborted,
    /// Pings stayed unanswered, or what was sent stayed unacknowledged.
    ConnectionLost,
    /// The caller's own limit passed.
    DeadlineExceeded,
}

/// The failure of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A server answered with an error.
    Status(Status),
    /// No server answered.
    Transport(TransportError),
}

impl Failure {
    /// Returns the HTTP status; `None` if no server answered.
    pub(crate) fn status(&self) -> Option<&Status> {
        match self {
            Failure::Status(status) => Some(status),
            Failure::Transport(_) => None,
        }
    }

    /// Returns whether the object has changed since it was read.
    pub(crate) fn is_conflict(&self) -> bool {
        self.status().is_some_and(|s| s.reason == Reason::Conflict)
    }

    /// Returns whether the object does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        self.status().is_some_and(|s| s.reason == Reason::NotFound)
    }
}

impl fmt::Display for TransportError {
    /// Go's text.
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
