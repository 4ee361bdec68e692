//! The value of a key in etcd.

use std::fmt;
use std::rc::Rc;

use super::object::Object;

/// A value in etcd: an API object, or what `etcdctl put` wrote.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An API object.
    Object(Rc<Object>),
    /// Any other text, written by `etcdctl put`.
    Text(Rc<str>),
}

impl Value {
    /// Returns the object; `None` if the value is a text.
    pub(crate) fn object(&self) -> Option<&Rc<Object>> {
        match self {
            Value::Object(object) => Some(object),
            Value::Text(_) => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Object(object) => write!(f, "{} {}", object.kind().name(), object.meta.name),
            Value::Text(text) => f.write_str(text),
        }
    }
}
