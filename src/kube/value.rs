//! The value of a key in etcd.

use std::fmt;
use std::rc::Rc;

use super::object::Object;

/// What etcd stores: API objects, and what `etcdctl put` writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Object(Rc<Object>),
    Text(Rc<str>),
}

impl Value {
    pub fn object(&self) -> Option<&Rc<Object>> {
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
