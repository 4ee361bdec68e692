//! The caches that the controllers share, with indexes that make related objects findable without scanning.

use crate::kube::informer::{Change, Informer, Key, key_of};
use crate::kube::object::{Kind, Name, Object, Pod, Stored, Uid};
use crate::kube::transport::{Client, Event};
use crate::kube::vocabulary::Ctx;
use crate::sim::map::{Map, Set};

/// The informers of kube-controller-manager, with indexes.
#[derive(Clone, Debug)]
pub(crate) struct Caches {
    pub(crate) deployments: Informer,
    pub(crate) replica_sets: Informer,
    pub(crate) pods: Informer,
    pub(crate) nodes: Informer,
    pub(crate) leases: Informer,
    pub(crate) services: Informer,
    pub(crate) slices: Informer,
    pub(crate) endpoints: Informer,
    /// By the uid of the controller that owns them: pods and ReplicaSets.
    owned: Map<Uid, Set<Key>>,
    pods_by_node: Map<Name, Set<Key>>,
    /// How many pods of each ReplicaSet are active, and how many of these are ready.
    counts: Map<Uid, (u32, u32)>,
    /// What each pod adds to that: to which ReplicaSet, and whether it is ready.
    counted: Map<Key, (Uid, bool)>,
    /// Pods that have an address.
    with_address: Map<Key, Stored>,
}

impl Default for Caches {
    fn default() -> Self {
        Caches {
            deployments: Informer::new(Kind::Deployment),
            replica_sets: Informer::new(Kind::ReplicaSet),
            pods: Informer::new(Kind::Pod),
            nodes: Informer::new(Kind::Node),
            leases: Informer::new(Kind::Lease).in_namespace("kube-node-lease"),
            services: Informer::new(Kind::Service),
            slices: Informer::new(Kind::EndpointSlice),
            endpoints: Informer::new(Kind::Endpoints),
            owned: Map::new(),
            pods_by_node: Map::new(),
            counts: Map::new(),
            counted: Map::new(),
            with_address: Map::new(),
        }
    }
}

impl Caches {
    fn all(&mut self) -> [&mut Informer; 8] {
        [
            &mut self.leases,
            &mut self.pods,
            &mut self.nodes,
            &mut self.replica_sets,
            &mut self.deployments,
            &mut self.services,
            &mut self.slices,
            &mut self.endpoints,
        ]
    }

    pub(crate) fn start(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        for informer in self.all() {
            informer.start(ctx, client);
        }
    }

    /// Whether every cache has had its first list.
    pub(crate) fn are_synced(&self) -> bool {
        [&self.leases, &self.pods, &self.nodes, &self.replica_sets, &self.deployments, &self.services]
            .iter()
            .chain(&[&self.slices, &self.endpoints])
            .all(|i| i.is_synced())
    }

    /// The back-off of an informer has passed; `arg` is its kind.
    pub(crate) fn on_timer(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, arg: u64) {
        let _known = self.all().into_iter().any(|i| i.on_timer(ctx, client, arg));
    }

    /// Takes the result of a call if it is a cache's; the changes are appended to `out`.
    pub(crate) fn on_event(
        &mut self,
        ctx: &mut Ctx<'_>,
        client: &mut Client,
        event: &Event,
        out: &mut Vec<Change>,
    ) -> bool {
        let before = out.len();
        let taken = self.all().into_iter().any(|i| i.on_event(ctx, client, event, out));
        for change in &out[before..] {
            match change {
                Change::Added(new) => self.index(None, Some(new)),
                Change::Modified { old, new } => self.index(Some(old), Some(new)),
                Change::Deleted(last) => self.index(Some(last), None),
            }
        }
        taken
    }

    fn index(&mut self, old: Option<&Stored>, new: Option<&Stored>) {
        let owner = |s: Option<&Stored>| s.and_then(|s| s.object.meta.owner.as_ref().map(|o| o.uid));
        let node = |s: Option<&Stored>| s.and_then(|s| s.object.pod()?.node_name.clone());
        let Some(any) = new.or(old) else { return };
        if !matches!(any.object.kind(), Kind::Pod | Kind::ReplicaSet) {
            return;
        }
        move_key(&mut self.owned, owner(old), owner(new), any);
        move_key(&mut self.pods_by_node, node(old), node(new), any);
        self.count(&key_of(any), new);
        match new.filter(|s| s.object.pod().is_some_and(|pod| pod.pod_ip.is_some())) {
            Some(pod) => _ = self.with_address.insert(key_of(pod), pod.clone()),
            None => _ = self.with_address.remove(&key_of(any)),
        }
    }

    /// Counts a pod as it is now, in place of what it counted as before.
    fn count(&mut self, key: &Key, new: Option<&Stored>) {
        if let Some((owner, ready)) = self.counted.remove(key) {
            let counts = self.counts.entry(owner).or_default();
            *counts = (counts.0 - 1, counts.1 - u32::from(ready));
            if counts.0 == 0 {
                self.counts.remove(&owner);
            }
        }
        let owned =
            new.filter(|s| is_active(&s.object)).and_then(|s| Some((s.object.meta.owner.as_ref()?, s.object.pod()?)));
        if let Some((owner, pod)) = owned {
            let counts = self.counts.entry(owner.uid).or_default();
            *counts = (counts.0 + 1, counts.1 + u32::from(is_ready(pod)));
            self.counted.insert(key.clone(), (owner.uid, is_ready(pod)));
        }
    }

    /// How many active pods this ReplicaSet owns, and how many of them are ready.
    pub(crate) fn count_of(&self, owner: Uid) -> (u32, u32) {
        self.counts.get(&owner).copied().unwrap_or_default()
    }

    /// Pods that have an address, by namespace and name.
    pub(crate) fn pods_with_address(&self) -> impl Iterator<Item = &Stored> {
        self.with_address.values()
    }

    /// Pods that this ReplicaSet owns.
    pub(crate) fn pods_of(&self, owner: Uid) -> impl Iterator<Item = &Stored> {
        self.owned.get(&owner).into_iter().flatten().filter_map(|key| self.pods.get(key))
    }

    /// ReplicaSets that this Deployment owns.
    pub(crate) fn replica_sets_of(&self, owner: Uid) -> impl Iterator<Item = &Stored> {
        self.owned.get(&owner).into_iter().flatten().filter_map(|key| self.replica_sets.get(key))
    }

    pub(crate) fn pods_on<'a>(&'a self, node: &Name) -> impl Iterator<Item = &'a Stored> + use<'a> {
        self.pods_by_node.get(node).into_iter().flatten().filter_map(|key| self.pods.get(key))
    }

    /// Nodes that have pods, whether they exist or not.
    pub(crate) fn nodes_with_pods(&self) -> impl Iterator<Item = &Name> {
        self.pods_by_node.keys()
    }
}

fn move_key<K: Ord + Clone>(map: &mut Map<K, Set<Key>>, old: Option<K>, new: Option<K>, of: &Stored) {
    if old == new {
        return;
    }
    let key = key_of(of);
    if let Some(old) = old
        && let Some(set) = map.get_mut(&old)
    {
        set.remove(&key);
        if set.is_empty() {
            map.remove(&old);
        }
    }
    if let Some(new) = new {
        map.entry(new).or_default().insert(key);
    }
}

/// Returns whether a pod is active, as a ReplicaSet counts: neither finished nor being deleted.
pub(super) fn is_active(object: &Object) -> bool {
    object.meta.deletion_timestamp.is_none() && object.pod().is_some_and(Pod::is_active)
}

/// Returns whether its Ready condition is true; a pod without one is as ready as its container.
pub(super) fn is_ready(pod: &Pod) -> bool {
    use crate::kube::object::ConditionStatus::True;
    pod.condition("Ready").map_or(pod.ready, |c| c.status == True)
}

/// Returns whether the selector matches the labels; an empty selector matches nothing.
pub(super) fn selects(selector: &Map<Name, Name>, labels: &Map<Name, Name>) -> bool {
    !selector.is_empty() && selector.iter().all(|(k, v)| labels.get(k) == Some(v))
}
