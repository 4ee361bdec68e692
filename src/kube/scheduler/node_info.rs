//! The scheduler's view of the nodes: filtering and scoring (FACTS 3.4;
//! pkg/scheduler/framework: NodeUnschedulable, TaintToleration, NodeResourcesFit with LeastAllocated, and spreading).

use crate::kube::informer::{Key, key_of};
use crate::kube::object::{Name, Node, Pod, Stored, TaintEffect, Uid};
use crate::sim::map::{Map, Set};

/// One node and what is on it, assumed pods included.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeInfo {
    /// `None` as long as only pods on it are known.
    node: Option<Stored>,
    pods: Map<Key, Placed>,
    cpu_millis: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placed {
    cpu_millis: u32,
    owner: Option<Uid>,
}

/// All nodes, and where each pod is.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes {
    infos: Map<Name, NodeInfo>,
    placed: Map<Key, Name>,
    /// How many nodes exist.
    count: usize,
}

impl Nodes {
    pub(crate) fn set_node(&mut self, stored: &Stored) {
        let info = self.infos.entry(stored.object.meta.name.clone()).or_default();
        if info.node.replace(stored.clone()).is_none() {
            self.count += 1;
        }
    }

    pub(crate) fn remove_node(&mut self, name: &Name) {
        let Some(info) = self.infos.get_mut(name) else { return };
        if info.node.take().is_some() {
            self.count -= 1;
        }
        if info.pods.is_empty() {
            self.infos.remove(name);
        }
    }

    /// Adds a pod to a node: it is bound there, or assumed.
    pub(crate) fn place(&mut self, stored: &Stored, pod: &Pod, node: &Name) {
        let key = key_of(stored);
        if self.placed.get(&key).is_some_and(|n| n != node) {
            self.remove_pod(&key);
        }
        let info = self.infos.entry(node.clone()).or_default();
        let owner = stored.object.meta.owner.as_ref().map(|o| o.uid);
        let new = Placed { cpu_millis: pod.cpu_millis, owner };
        let old = info.pods.insert(key.clone(), new);
        info.cpu_millis = info.cpu_millis + new.cpu_millis - old.map_or(0, |o| o.cpu_millis);
        self.placed.insert(key, node.clone());
    }

    pub(crate) fn remove_pod(&mut self, key: &Key) {
        let Some(node) = self.placed.remove(key) else { return };
        if let Some(info) = self.infos.get_mut(&node)
            && let Some(old) = info.pods.remove(key)
        {
            info.cpu_millis -= old.cpu_millis;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Returns the best nodes for a pod, all equally good; `Err` with why no node fits, in the real scheduler's text.
    pub(crate) fn select(&self, stored: &Stored, pod: &Pod) -> Result<Vec<&Name>, Map<String, usize>> {
        let owner = stored.object.meta.owner.as_ref().map(|o| o.uid);
        let mut reasons: Map<String, usize> = Map::new();
        let mut best: Vec<&Name> = Vec::new();
        let mut best_score = (u32::MAX, 0);
        for (name, info) in &self.infos {
            let Some(node) = info.node.as_ref().and_then(|n| n.object.node()) else { continue };
            if let Some(why) = info.unfit(node, pod) {
                for reason in why {
                    *reasons.entry(reason).or_insert(0) += 1;
                }
                continue;
            }
            let siblings = info.pods.values().filter(|p| owner.is_some() && p.owner == owner).count() as u32;
            let score = (siblings, info.least_allocated(node, pod));
            let better = score.0 < best_score.0 || score.0 == best_score.0 && score.1 > best_score.1;
            if best.is_empty() || better {
                best.clear();
                best_score = score;
            }
            if score == best_score {
                best.push(name);
            }
        }
        if best.is_empty() { Err(reasons) } else { Ok(best) }
    }
}

impl NodeInfo {
    fn unfit(&self, node: &Node, pod: &Pod) -> Option<Set<String>> {
        if node.unschedulable {
            return Some(Set::from(["node(s) were unschedulable".to_owned()]));
        }
        let blocks = |e: TaintEffect| matches!(e, TaintEffect::NoSchedule | TaintEffect::NoExecute);
        let tolerated = |key: &str, effect: TaintEffect| {
            effect == TaintEffect::NoExecute
                && pod.toleration.as_micros() > 0
                && matches!(key, "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable")
        };
        if let Some(taint) = node.taints.iter().find(|t| blocks(t.effect) && !tolerated(t.key, t.effect)) {
            return Some(Set::from([format!("node(s) had untolerated taint {{{}: }}", taint.key)]));
        }
        let mut why = Set::new();
        if self.pods.len() as u32 + 1 > node.pods_capacity {
            why.insert("Too many pods".to_owned());
        }
        if pod.cpu_millis > 0 && self.cpu_millis + pod.cpu_millis > node.cpu_millis {
            why.insert("Insufficient cpu".to_owned());
        }
        (!why.is_empty()).then_some(why)
    }

    /// 0 to 100: how much of its cpu and of its room for pods would stay free. A pod that asks for no cpu counts as
    /// 100m, as the real scorer counts it.
    fn least_allocated(&self, node: &Node, pod: &Pod) -> u32 {
        let free = |used: u32, of: u32| (of.saturating_sub(used) as u64 * 100).checked_div(u64::from(of)).unwrap_or(0);
        let asks = if pod.cpu_millis == 0 { 100 } else { pod.cpu_millis };
        let unasked = self.pods.values().filter(|p| p.cpu_millis == 0).count() as u32 * 100;
        free(self.cpu_millis + unasked + asks, node.cpu_millis) as u32
    }
}
