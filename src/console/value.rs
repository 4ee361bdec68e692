//! A tree of named values, as an API object looks in JSON; written as kubectl writes it: JSON, YAML, a describe tree.
//! Keys are kept in order, as Go prints a map.

/// A value of a JSON document.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`
    Bool(bool),
    /// A number without sign or fraction.
    Number(u64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A map in the order of insertion.
    Map(Map),
}

/// Keys in order, each once.
#[derive(Clone, Default, PartialEq)]
pub struct Map(pub(crate) Vec<(String, Value)>);

impl Map {
    /// Sets a key.
    pub(crate) fn put(&mut self, key: &str, value: Value) {
        let place = self.0.partition_point(|(k, _)| k.as_str() < key);
        if self.0.get(place).is_some_and(|(k, _)| k == key) {
            self.0[place].1 = value;
        } else {
            self.0.insert(place, (key.to_owned(), value));
        }
    }

    /// Sets a key to a string.
    pub(crate) fn text(&mut self, key: &str, text: &str) {
        self.put(key, Value::Text(text.to_owned()));
    }

    /// Sets a key unless the text is empty.
    pub(crate) fn text_if(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.text(key, text);
        }
    }

    /// Sets a key to a number.
    pub(crate) fn number(&mut self, key: &str, number: u64) {
        self.put(key, Value::Number(number));
    }

    /// Sets a key unless the number is zero.
    pub(crate) fn number_if(&mut self, key: &str, number: u64) {
        if number != 0 {
            self.number(key, number);
        }
    }

    /// Sets a key to `true` or `false`.
    pub(crate) fn flag(&mut self, key: &str, flag: bool) {
        self.put(key, Value::Bool(flag));
    }

    /// Sets a key to a map.
    pub(crate) fn map(&mut self, key: &str, map: Map) {
        self.put(key, Value::Map(map));
    }

    /// Sets a key unless the map is empty.
    pub(crate) fn map_if(&mut self, key: &str, map: Map) {
        if !map.0.is_empty() {
            self.map(key, map);
        }
    }

    /// Sets a key to a list.
    pub(crate) fn list(&mut self, key: &str, list: Vec<Value>) {
        self.put(key, Value::List(list));
    }

    /// Returns the value of a key; `None` if the map does not contain it.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }
}

impl Value {
    /// A string value.
    pub(crate) fn of_text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// Returns the value at a path such as `.metadata.name` or `.items[0].spec`; `None` if there is none.
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        let mut here = self;
        for part in path.split('.').filter(|p| !p.is_empty()) {
            let (key, index) = match part.split_once('[') {
                Some((key, rest)) => (key, Some(rest.trim_end_matches(']').parse::<usize>().ok()?)),
                None => (part, None),
            };
            if !key.is_empty() {
                let Value::Map(map) = here else { return None };
                here = map.get(key)?;
            }
            if let Some(index) = index {
                let Value::List(list) = here else { return None };
                here = list.get(index)?;
            }
        }
        Some(here)
    }

    /// Prints the value alone, without quotes; a list or map as JSON on one line.
    pub(crate) fn plain(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            other => {
                let mut out = String::new();
                other.compact(&mut out);
                out
            }
        }
    }

    fn compact(&self, out: &mut String) {
        match self {
            Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Value::Number(number) => out.push_str(&number.to_string()),
            Value::Text(text) => quote(text, out),
            Value::List(list) => {
                out.push('[');
                for (i, item) in list.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    item.compact(out);
                }
                out.push(']');
            }
            Value::Map(map) => {
                out.push('{');
                for (i, (key, item)) in map.0.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    quote(key, out);
                    out.push(':');
                    item.compact(out);
                }
                out.push('}');
            }
        }
    }

    /// JSON, indented by four spaces, with an end of line.
    pub fn json(&self) -> String {
        let mut out = String::new();
        self.write_json(0, &mut out);
        out.push('\n');
        out
    }

    fn write_json(&self, depth: usize, out: &mut String) {
        match self {
            Value::List(list) if !list.is_empty() => {
                out.push_str("[\n");
                for (i, item) in list.iter().enumerate() {
                    indent(depth + 1, 4, out);
                    item.write_json(depth + 1, out);
                    out.push_str(if i + 1 < list.len() { ",\n" } else { "\n" });
                }
                indent(depth, 4, out);
                out.push(']');
            }
            Value::Map(map) if !map.0.is_empty() => {
                out.push_str("{\n");
                for (i, (key, item)) in map.0.iter().enumerate() {
                    indent(depth + 1, 4, out);
                    quote(key, out);
                    out.push_str(": ");
                    item.write_json(depth + 1, out);
                    out.push_str(if i + 1 < map.0.len() { ",\n" } else { "\n" });
                }
                indent(depth, 4, out);
                out.push('}');
            }
            other => other.compact(out),
        }
    }

    /// YAML as sigs.k8s.io/yaml writes it.
    pub(crate) fn yaml(&self) -> String {
        let mut out = String::new();
        self.write_yaml(0, &mut out);
        out
    }

    fn write_yaml(&self, depth: usize, out: &mut String) {
        match self {
            Value::Map(map) if !map.0.is_empty() => {
                for (i, (key, item)) in map.0.iter().enumerate() {
                    if i > 0 {
                        indent(depth, 2, out);
                    }
                    out.push_str(&scalar(key));
                    out.push(':');
                    match item {
                        Value::Map(inner) if !inner.0.is_empty() => {
                            out.push('\n');
                            indent(depth + 1, 2, out);
                            item.write_yaml(depth + 1, out);
                        }
                        Value::List(inner) if !inner.is_empty() => {
                            out.push('\n');
                            indent(depth, 2, out);
                            item.write_yaml(depth, out);
                        }
                        _ => {
                            out.push(' ');
                            item.write_yaml(depth + 1, out);
                        }
                    }
                }
            }
            Value::List(list) if !list.is_empty() => {
                for (i, item) in list.iter().enumerate() {
                    if i > 0 {
                        indent(depth, 2, out);
                    }
                    out.push_str("- ");
                    item.write_yaml(depth + 1, out);
                }
            }
            other => {
                match other {
                    Value::Text(text) => out.push_str(&scalar(text)),
                    other => other.compact(out),
                }
                out.push('\n');
            }
        }
    }
}

fn indent(depth: usize, by: usize, out: &mut String) {
    for _ in 0..depth * by {
        out.push(' ');
    }
}

/// A text as JSON writes it.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A text as YAML writes it: in quotes where it could be read as something else.
fn scalar(text: &str) -> String {
    let first = text.chars().next().unwrap_or(' ');
    let word =
        matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | "True" | "False" | "~");
    // Numbers and dates are quoted; `25%` and `10.0.0.1` are not read as either.
    let number = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-' | '_'))
        && first.is_ascii_digit()
        && text.matches('.').count() < 2;
    let date = text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[4] == b'-' && text.as_bytes()[10] == b'T';
    let odd = text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
        || text.starts_with(' ')
        || text.ends_with(' ');
    if text.is_empty() || word || number || date || text.contains('\n') {
        let mut out = String::new();
        quote(text, &mut out);
        out
    } else if odd || "-?:,[]{}#&*!|>'\"%@`".contains(first) && (first != '-' || text.starts_with("- ")) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        text.to_owned()
    }
}
