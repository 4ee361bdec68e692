//! Objects that kubectl sends: made from arguments, or read from manifests of Deployments in JSON.

use std::rc::Rc;

use serde_json::Value;

use crate::console::Labels;
use crate::kube::object::{Body, Deployment, Meta, Name, Object, Pod, PodTemplate, Service};

/// The most replicas that the lab takes.
const MAX_REPLICAS: u64 = 10_000;

fn labels(key: &str, name: &str) -> Labels {
    [(key.into(), name.into())].into()
}

fn container_of(image: &str) -> Name {
    let repository = image.rsplit('/').next().unwrap_or_default();
    repository.split([':', '@']).next().unwrap_or_default().into()
}

fn meta(name: &str, namespace: &str, key: &str) -> Meta {
    Meta { name: name.into(), namespace: namespace.into(), labels: labels(key, name), ..Meta::default() }
}

/// As `kubectl create deployment` makes it.
pub(super) fn deployment(name: &str, namespace: &str, image: &str, replicas: u32) -> Rc<Object> {
    let selector = labels("app", name);
    let (container, image) = (container_of(image), image.into());
    let template = PodTemplate { labels: selector.clone(), container, image, cpu_millis: 0 };
    let body = Body::Deployment(Deployment { replicas, selector, template, ..Deployment::default() });
    Rc::new(Object { meta: meta(name, namespace, "app"), body })
}

/// As `kubectl run` makes it.
pub(super) fn pod(name: &str, namespace: &str, image: &str) -> Rc<Object> {
    let pod = Pod { container: name.into(), image: image.into(), ..Pod::default() };
    Rc::new(Object { meta: meta(name, namespace, "run"), body: Body::Pod(pod) })
}

/// As `kubectl expose` makes it.
pub(super) fn service(of: &Object, name: &str, port: u16, target_port: u16) -> Rc<Object> {
    let selector = of.deployment().map(|d| d.selector.clone()).unwrap_or_default();
    let meta = Meta {
        name: name.into(),
        namespace: of.meta.namespace.clone(),
        labels: of.meta.labels.clone(),
        ..Meta::default()
    };
    let service = Service { port, target_port, selector, ..Service::default() };
    Rc::new(Object { meta, body: Body::Service(service) })
}

/// Reads a Deployment's manifest.
///
/// # Errors
/// What is not supported about it.
pub(super) fn read(text: &str, namespace: &str) -> Result<Rc<Object>, String> {
    let root: Value = serde_json::from_str(text).map_err(|e| format!("a manifest that is no JSON ({e})"))?;
    let refuse = |what: &str| Err(format!("a manifest with {what}"));
    let at = |path: &str| root.pointer(path);
    if at("/kind").and_then(Value::as_str) != Some("Deployment") {
        return refuse("a kind other than Deployment");
    }
    if at("/apiVersion").and_then(Value::as_str) != Some("apps/v1") {
        return refuse("an apiVersion other than apps/v1");
    }
    known(&root, "", "apiVersion kind metadata spec")?;
    known(&root, "/metadata", "name namespace labels")?;
    known(&root, "/spec", "replicas selector template")?;
    known(&root, "/spec/selector", "matchLabels")?;
    known(&root, "/spec/template", "metadata spec")?;
    known(&root, "/spec/template/metadata", "labels")?;
    known(&root, "/spec/template/spec", "containers")?;
    known(&root, "/spec/template/spec/containers/0", "name image resources")?;
    known(&root, "/spec/template/spec/containers/0/resources", "requests")?;
    known(&root, "/spec/template/spec/containers/0/resources/requests", "cpu")?;
    let Some(name) = at("/metadata/name").and_then(Value::as_str) else { return refuse("no metadata.name") };
    let replicas = match at("/spec/replicas") {
        None => 1,
        Some(count) => match count.as_u64().filter(|n| *n <= MAX_REPLICAS) {
            Some(count) => count as u32,
            None => return refuse("a number of replicas that is not 0 to 10000"),
        },
    };
    let containers = at("/spec/template/spec/containers").and_then(Value::as_array).map_or(0, Vec::len);
    let one = "/spec/template/spec/containers/0";
    let text_of = |key: &str| at(&format!("{one}/{key}")).and_then(Value::as_str);
    let (Some(container), Some(image), 1) = (text_of("name"), text_of("image"), containers) else {
        return refuse("other than one container, with a name and an image");
    };
    let cpu_millis = match text_of("resources/requests/cpu") {
        None => 0,
        Some(text) => {
            match text.strip_suffix('m').map_or_else(|| text.parse().map(|n: u32| n.saturating_mul(1_000)), str::parse)
            {
                Ok(millis) => millis,
                Err(_) => return refuse("a cpu request that is neither whole CPUs nor millis"),
            }
        }
    };
    let (selector, template_labels) =
        (map(&root, "/spec/selector/matchLabels")?, map(&root, "/spec/template/metadata/labels")?);
    if selector.is_empty() || selector.iter().any(|(k, v)| template_labels.get(k) != Some(v)) {
        return refuse("a selector that does not select the template's labels");
    }
    let template =
        PodTemplate { labels: template_labels, container: container.into(), image: image.into(), cpu_millis };
    let namespace = at("/metadata/namespace").and_then(Value::as_str).unwrap_or(namespace).into();
    let labels = map(&root, "/metadata/labels")?;
    let meta = Meta { name: name.into(), namespace, labels, ..Meta::default() };
    let body = Body::Deployment(Deployment { replicas, selector, template, ..Deployment::default() });
    Ok(Rc::new(Object { meta, body }))
}

fn known(root: &Value, path: &str, keys: &str) -> Result<(), String> {
    let Some(map) = root.pointer(path).and_then(Value::as_object) else { return Ok(()) };
    match map.keys().find(|k| !keys.split(' ').any(|known| known == k.as_str())) {
        Some(key) => {
            Err(format!("a manifest with {}", format!("{path}/{key}").trim_start_matches('/').replace('/', ".")))
        }
        None => Ok(()),
    }
}

fn map(root: &Value, path: &str) -> Result<Labels, String> {
    let mut out = Labels::new();
    for (key, value) in root.pointer(path).and_then(Value::as_object).into_iter().flatten() {
        let Some(text) = value.as_str() else { return Err(format!("a manifest with a label {key:?} that is no text")) };
        out.insert(key.as_str().into(), text.into());
    }
    Ok(out)
}

/// The fields that `kubectl apply` changes in an existing Deployment.
pub(super) fn differs(live: &Object, wanted: &Object) -> bool {
    match (live.deployment(), wanted.deployment()) {
        (Some(l), Some(w)) => {
            (l.replicas, &l.template, &live.meta.labels) != (w.replicas, &w.template, &wanted.meta.labels)
        }
        _ => false,
    }
}
