//! Resources in kubectl's arguments: `po`, `deploy,rs`, `pod/web-1`, `deployment.apps/web`.

use crate::kube::object::{Kind, Name};

/// A resource in the arguments: a kind, or one object of it.
#[derive(Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) name: Option<Name>,
}

/// Why arguments name no resources.
pub(crate) enum NoResource {
    /// kubectl's own error, before it asks any server.
    Usage(String),
    /// The server has no such type.
    Unknown(String),
    /// The real server has it; the lab has not.
    NotModelled(String),
}

/// Other names than the plural and the kind's own.
const SHORT: [(&str, Kind); 11] = [
    ("po", Kind::Pod),
    ("no", Kind::Node),
    ("ns", Kind::Namespace),
    ("deploy", Kind::Deployment),
    ("rs", Kind::ReplicaSet),
    ("svc", Kind::Service),
    ("ep", Kind::Endpoints),
    ("ev", Kind::Event),
    ("lease", Kind::Lease),
    ("node", Kind::Node),
    ("pod", Kind::Pod),
];

/// Of real servers, and not of the lab's.
const OTHERS: &str = " configmaps configmap cm secrets secret serviceaccounts serviceaccount sa persistentvolumes pv \
    persistentvolumeclaims pvc componentstatuses cs daemonsets daemonset ds statefulsets statefulset sts jobs job \
    cronjobs cronjob cj ingresses ingress ing replicationcontrollers rc resourcequotas quota limitranges limits \
    horizontalpodautoscalers hpa poddisruptionbudgets pdb networkpolicies netpol storageclasses sc leasecandidates \
    customresourcedefinitions crd clusterroles clusterrolebindings roles rolebindings controllerrevisions podtemplates ";

/// The kinds of `kubectl get all` that the lab has.
const ALL: [Kind; 4] = [Kind::Pod, Kind::Service, Kind::Deployment, Kind::ReplicaSet];

fn kind(word: &str) -> Result<Kind, NoResource> {
    let (plain, group) = word.split_once('.').map_or((word, None), |(p, g)| (p, Some(g)));
    let plain = plain.to_lowercase();
    let long = Kind::ALL.into_iter().find(|k| k.plural() == plain || k.name().to_lowercase() == plain);
    let found = long.or_else(|| SHORT.iter().find(|(s, _)| *s == plain).map(|(_, k)| *k));
    match found.filter(|k| group.is_none_or(|g| g == k.group() || g.strip_prefix("v1.") == Some(k.group()))) {
        Some(kind) => Ok(kind),
        None if OTHERS.contains(&format!(" {plain} ")) => Err(NoResource::NotModelled(plain)),
        None => Err(NoResource::Unknown(word.to_owned())),
    }
}

/// Reads the arguments after the verb.
pub(crate) fn items(words: &[String]) -> Result<Vec<Item>, NoResource> {
    let usage = |text: String| Err(NoResource::Usage(text));
    let Some(first) = words.first() else { return Ok(Vec::new()) };
    if words.iter().any(|w| w.contains('/')) {
        let mut items = Vec::new();
        for word in words {
            let Some((kind_word, name)) = word.split_once('/') else {
                // kubectl says `get` here whatever was typed.
                return usage(
                    "error: there is no need to specify a resource type as a separate argument when passing arguments \
                     in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get \
                     resource resource/<resource_name>'"
                        .to_owned(),
                );
            };
            if kind_word.is_empty() || name.is_empty() || name.contains('/') {
                return usage("error: arguments in resource/name form may not have more than one slash".to_owned());
            }
            items.push(Item { kind: kind(kind_word)?, name: Some(name.into()) });
        }
        return Ok(items);
    }
    let mut kinds = Vec::new();
    // A repeated word counts once, as in kubectl's SplitResourceArgument.
    let mut words_seen = Vec::new();
    for word in first.split(',').filter(|w| !w.is_empty()) {
        if words_seen.contains(&word) {
            continue;
        }
        words_seen.push(word);
        if word == "all" {
            kinds.extend(ALL);
        } else {
            kinds.push(kind(word)?);
        }
    }
    let names = &words[1..];
    let mut items = Vec::new();
    for kind in kinds {
        if names.is_empty() {
            items.push(Item { kind, name: None });
        }
        items.extend(names.iter().map(|n| Item { kind, name: Some(n.as_str().into()) }));
    }
    Ok(items)
}
