//! The output of `kubectl get`.

use super::resources::Item;
use super::{Output, Request};
use crate::console::objects::value;
use crate::console::rows::{cells, headers, pairs};
use crate::console::value::{Map, Value};
use crate::console::{Screen, order, table};
use crate::kube::object::{Kind, Stored};
use crate::sim::WallTime;

/// Returns the output for `found`, in the order of the arguments, and what goes to standard error.
pub(super) fn print(
    request: &Request,
    items: &[Item],
    found: &[Stored],
    failed: bool,
    now: WallTime,
) -> (String, String) {
    let one = items.len() == 1 && items[0].name.is_some();
    match &request.output {
        Output::Table | Output::Wide => {}
        _ if one && found.is_empty() => return (String::new(), String::new()),
        Output::Name => return (found.iter().map(|s| full_name(s) + "\n").collect(), String::new()),
        Output::Json => return (whole(one, found).json(), String::new()),
        Output::Yaml => return (whole(one, found).yaml(), String::new()),
        Output::JsonPath(path) => {
            return (at(one, found, path).map(|value| value.plain()).unwrap_or_default(), String::new());
        }
        Output::Columns(columns) => {
            let mut rows = vec![columns.iter().map(|(h, _)| h.clone()).collect()];
            let mut long = 0;
            for stored in found {
                let value = value(stored);
                let mut row = Vec::with_capacity(columns.len());
                for (_, path) in columns {
                    let cell = if long > Screen::MAX { None } else { value.at(path).map(Value::plain) };
                    let cell = cell.unwrap_or_else(|| "<none>".to_owned());
                    long += cell.len();
                    row.push(cell);
                }
                rows.push(row);
                if long > Screen::MAX {
                    break;
                }
            }
            return (table::rows(&rows), String::new());
        }
    }
    let mut sorted: Vec<&Stored> = found.iter().collect();
    if let Some(path) = &request.sort_by {
        let keys: Vec<String> = found.iter().map(|s| sort_key(value(s).at(path))).collect();
        sorted = order(&keys).into_iter().map(|place| &found[place]).collect();
    }
    let mut kinds: Vec<Kind> = Vec::new();
    for item in items {
        if !kinds.contains(&item.kind) {
            kinds.push(item.kind);
        }
    }
    let mut out = String::new();
    for kind in kinds.iter().copied() {
        let mine: Vec<&Stored> = sorted.iter().copied().filter(|s| s.object.kind() == kind).collect();
        if mine.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&block(request, kind, &mine, items.len() > 1 && kinds.len() > 1, now));
    }
    let mut err = String::new();
    if out.is_empty() && !failed {
        err = match &request.namespace {
            Some(namespace) if kinds.iter().any(|k| k.is_namespaced()) => {
                format!("No resources found in {namespace} namespace.\n")
            }
            _ => "No resources found\n".to_owned(),
        };
    }
    if kinds.contains(&Kind::Endpoints) && !failed {
        err.push_str("Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n");
    }
    (out, err)
}

fn block(request: &Request, kind: Kind, found: &[&Stored], prefixed: bool, now: WallTime) -> String {
    let (headers, narrow) = headers(kind);
    let count = if request.output == Output::Wide { headers.len() } else { narrow };
    let with_namespace = request.namespace.is_none() && kind.is_namespaced();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut add = |namespace: &str, mut cells: Vec<String>, labels: String| {
        cells.truncate(count);
        if with_namespace {
            cells.insert(0, namespace.to_owned());
        }
        if request.show_labels {
            cells.push(labels);
        }
        rows.push(cells);
    };
    if !request.no_headers {
        add("NAMESPACE", headers.iter().map(|h| (*h).to_owned()).collect(), "LABELS".to_owned());
    }
    for stored in found {
        let meta = &stored.object.meta;
        let labels = if meta.labels.is_empty() { "<none>".to_owned() } else { pairs(&meta.labels) };
        let name = if prefixed { full_name(stored) } else { meta.name.to_string() };
        add(&meta.namespace, cells(stored, &name, now), labels);
    }
    table::rows(&rows)
}

/// Numbers in their own order, before texts.
fn sort_key(value: Option<&Value>) -> String {
    match value {
        Some(Value::Number(number)) => format!("{number:020}"),
        Some(other) => other.plain(),
        None => String::new(),
    }
}

/// `deployment.apps/web`, `pod/web-1`
pub(super) fn full_name(stored: &Stored) -> String {
    let kind = stored.object.kind();
    let mut out = kind.name().to_lowercase();
    if !kind.group().is_empty() {
        out.push('.');
        out.push_str(kind.group());
    }
    out.push('/');
    out.push_str(&stored.object.meta.name);
    out
}

/// The fewest bytes that an object takes in JSON or YAML.
const LEAST: usize = 100;

/// The value at a path of what `-o json` prints.
fn at(one: bool, found: &[Stored], path: &str) -> Option<Value> {
    let item = path.strip_prefix(".items[").filter(|_| !one).and_then(|rest| rest.split_once(']'));
    match item {
        Some((index, rest)) => value(found.get(index.parse::<usize>().ok()?)?).at(rest).cloned(),
        None => whole(one, found).at(path).cloned(),
    }
}

/// The object itself, or a List. A long List has as many items as fill a screen.
fn whole(one: bool, found: &[Stored]) -> Value {
    if let (true, Some(stored)) = (one, found.first()) {
        return value(stored);
    }
    let mut metadata = Map::default();
    metadata.text("resourceVersion", "");
    let mut list = Map::default();
    list.text("apiVersion", "v1");
    list.list("items", found.iter().take(Screen::MAX / LEAST).map(value).collect());
    list.text("kind", "List");
    list.map("metadata", metadata);
    Value::Map(list)
}
