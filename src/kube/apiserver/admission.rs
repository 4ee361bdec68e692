//! Admission of an object: names, identifiers, defaults, validation (FACTS 3.1, 3.3; upstream
//! registry/rest/create.go, names/generate.go, plugin/admission/defaulttolerationseconds).

use crate::kube::api::{Reason, Status};
use crate::kube::object::{Body, Deployment, Kind, Name, Object, Pod, PodPhase, ReplicaSet, Uid};
use crate::sim::{SimDuration, Stream, WallTime};

/// The alphabet of random names: no vowels, no characters that look alike.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
const LONGEST_GENERATED_BASE: usize = 58;
const LONGEST_NAME: usize = 253;
const DEFAULT_TOLERATION: SimDuration = SimDuration::from_secs(300);
const DEFAULT_GRACE: SimDuration = SimDuration::from_secs(30);

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
    and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/// A name made of `base` and five random characters.
pub(super) fn generate_name(base: &str, rng: &mut Stream) -> Name {
    let cut = base.char_indices().map(|(i, _)| i).nth(LONGEST_GENERATED_BASE).unwrap_or(base.len());
    let mut name = String::with_capacity(cut + 5);
    name.push_str(&base[..cut]);
    for _ in 0..5 {
        name.push(char::from(ALPHABET[rng.below(ALPHABET.len() as u64) as usize]));
    }
    name.into()
}

/// A random identifier, a version 4 UUID.
pub(super) fn new_uid(rng: &mut Stream) -> Uid {
    let bits = (u128::from(rng.bits()) << 64) | u128::from(rng.bits());
    (bits & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62)
}

/// Whether the object of this kind has a generation, which counts the changes of its spec.
pub(super) fn has_generation(kind: Kind) -> bool {
    matches!(kind, Kind::Pod | Kind::ReplicaSet | Kind::Deployment)
}

/// Prepares a client's object for its first write; its name is given.
pub(super) fn prepare_create(object: &mut Object, uid: Uid, wall: WallTime) {
    let kind = object.kind();
    let meta = &mut object.meta;
    meta.uid = uid;
    meta.creation_timestamp = wall.whole_seconds();
    meta.deletion_timestamp = None;
    meta.generation = u64::from(has_generation(kind));
    if !kind.is_namespaced() {
        meta.namespace = Name::default();
    }
    match &mut object.body {
        Body::Pod(pod) => default_pod(pod),
        // One of the range 10.96.0.0/16, which is large enough for a lab.
        Body::Service(service) if service.cluster_ip.is_empty() => {
            let drawn = (uid >> 64) as u16;
            service.cluster_ip = format!("10.96.{}.{}", drawn >> 8 | 1, drawn & 0xff).into();
        }
        Body::ReplicaSet(set) => {
            let (replicas, selector, template) = (set.replicas, take(&mut set.selector), take(&mut set.template));
            *set = ReplicaSet { replicas, selector, template, ..ReplicaSet::default() };
        }
        Body::Deployment(deployment) => {
            let (selector, template) = (take(&mut deployment.selector), take(&mut deployment.template));
            *deployment = Deployment { replicas: deployment.replicas, selector, template, ..Deployment::default() };
        }
        _ => {}
    }
}

fn default_pod(pod: &mut Pod) {
    let or = |given: SimDuration, default| if given == SimDuration::ZERO { default } else { given };
    *pod = Pod {
        node_name: pod.node_name.take(),
        container: pod.container.clone(),
        image: pod.image.clone(),
        cpu_millis: pod.cpu_millis,
        toleration: or(pod.toleration, DEFAULT_TOLERATION),
        termination_grace_period: or(pod.termination_grace_period, DEFAULT_GRACE),
        mirror: pod.mirror,
        phase: PodPhase::Pending,
        ..Pod::default()
    };
}

fn take<T: Default>(of: &mut T) -> T {
    std::mem::take(of)
}

/// Checks a name as the API does.
///
/// # Errors
/// 422 with the API's text.
pub(super) fn validate_name(kind: Kind, name: &str) -> Result<(), Status> {
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let label = |l: &str| l.starts_with(lower) && l.ends_with(lower) && l.chars().all(|c| lower(c) || c == '-');
    if name.is_empty() {
        return Err(invalid(kind, name, "metadata.name: Required value: name or generateName is required"));
    }
    if name.len() <= LONGEST_NAME && name.split('.').all(label) {
        return Ok(());
    }
    let why = if name.len() > LONGEST_NAME { "must be no more than 253 bytes" } else { SUBDOMAIN };
    Err(invalid(kind, name, &format!("metadata.name: Invalid value: {name:?}: {why}")))
}

/// 422: `Deployment.apps "x" is invalid: ...`
pub(super) fn invalid(kind: Kind, name: &str, why: &str) -> Status {
    let group = kind.group();
    let what = if group.is_empty() { kind.name().to_owned() } else { format!("{}.{group}", kind.name()) };
    Status::new(422, Reason::Invalid, format!("{what} {name:?} is invalid: {why}"))
}
