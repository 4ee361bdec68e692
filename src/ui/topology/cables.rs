//! The links between processes, the cables that carry them, and the state of each. Pure. A cable joins two hosts, because
//! the network is cut between hosts; the links that are drawn join processes.

use super::layout::{Card, Layout, Shape};
use super::routes::{Point, Route, route};
use crate::lab::view::{HostKind, LinkState, LinkView, MessageClass, Name};
use crate::sim::map::{Map, Set};

/// A link between two processes, which is always drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub from: Name,
    pub to: Name,
    pub(crate) class: MessageClass,
}

/// Returns the links of a cluster: the processes that talk to each other.
pub fn links(shape: &Shape) -> Vec<Link> {
    let mut found = Links(vec![]);
    found.of_the_api(shape);
    found.of_the_app(shape);
    found.of_masters(shape);
    found.of_etcd(shape);
    found.0
}

const API_SERVER: &str = "kube-apiserver";

struct Links(Vec<Link>);

impl Links {
    fn add(&mut self, from: (&str, &str), to: (&str, &str), class: MessageClass) {
        let name = |(host, process): (&str, &str)| Name::from(format!("{host}/{process}"));
        self.0.push(Link { from: name(from), to: name(to), class });
    }

    /// Adds kubectl, kubelets and kube-proxies, by a load balancer or straight to the first master.
    fn of_the_api(&mut self, shape: &Shape) {
        let balancers: Vec<_> = shape.of_kind(HostKind::LoadBalancer).collect();
        let mut doors: Vec<(&str, &str)> =
            balancers.iter().map(|lb| (&*lb.name, lb.processes.first().map_or("", |p| &**p))).collect();
        for door in &doors {
            for master in shape.of_kind(HostKind::Master) {
                self.add(*door, (&master.name, API_SERVER), MessageClass::Api);
            }
        }
        for pair in doors.windows(2) {
            let keepalived = |n: usize| (pair[n].0, "keepalived");
            self.add(keepalived(0), keepalived(1), MessageClass::HealthCheck);
        }
        if doors.is_empty() {
            // Every kubeconfig names the first master.
            doors = shape.of_kind(HostKind::Master).take(1).map(|master| (&*master.name, API_SERVER)).collect();
            for master in shape.of_kind(HostKind::Master).skip(1) {
                self.add((&master.name, "kubelet"), doors[0], MessageClass::Watch);
            }
        }
        let own = shape.kubeconfig.as_deref().map(|master| [(master, API_SERVER)]);
        for laptop in shape.of_kind(HostKind::Laptop) {
            for door in own.as_ref().map_or(&doors[..], |own| &own[..]) {
                self.add((&laptop.name, "kubectl"), *door, MessageClass::Api);
            }
        }
        for worker in shape.of_kind(HostKind::Worker) {
            for door in &doors {
                self.add((&worker.name, "kubelet"), *door, MessageClass::Watch);
            }
        }
    }

    fn of_the_app(&mut self, shape: &Shape) {
        for user in shape.of_kind(HostKind::AppUser) {
            let browser = user.processes.first().map_or("", |p| &**p);
            for worker in shape.of_kind(HostKind::Worker) {
                self.add((&user.name, browser), (&worker.name, "kube-proxy"), MessageClass::App);
            }
        }
    }

    fn of_masters(&mut self, shape: &Shape) {
        for master in shape.of_kind(HostKind::Master) {
            for process in &master.processes {
                let (here, there) = ((&*master.name, &**process), (&*master.name, API_SERVER));
                match &**process {
                    "kube-controller-manager" | "kube-scheduler" => self.add(here, there, MessageClass::Lease),
                    "etcd" => self.add(there, here, MessageClass::Raft),
                    _ => {}
                }
            }
        }
    }

    fn of_etcd(&mut self, shape: &Shape) {
        let has = |host: &&super::layout::HostShape| host.processes.iter().any(|p| &**p == "etcd");
        let members: Vec<&Name> = shape.hosts.iter().filter(has).map(|host| &host.name).collect();
        for (n, a) in members.iter().enumerate() {
            for b in &members[n + 1..] {
                self.add((a, "etcd"), (b, "etcd"), MessageClass::Raft);
            }
        }
        for member in shape.of_kind(HostKind::Etcd) {
            for master in shape.of_kind(HostKind::Master) {
                self.add((&master.name, API_SERVER), (&member.name, "etcd"), MessageClass::Raft);
            }
        }
    }
}

/// The state of a cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    Up,
    /// One of its hosts is off.
    Dead,
    /// Nothing passes since this moment, µs.
    Cut {
        since_us: u64,
    },
    /// Only messages from `from` arrive.
    OneWay {
        from: Name,
        to: Name,
        since_us: u64,
    },
    /// Slower than usual or lossy. The values are those of the worse direction.
    Slow {
        latency_us: u64,
        loss_ppm: u32,
    },
}

impl Wire {
    /// Returns its class in the style sheet.
    pub(crate) fn id(&self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Dead => "dead",
            Self::Cut { .. } => "cut",
            Self::OneWay { .. } => "one-way",
            Self::Slow { .. } => "slow",
        }
    }

    pub(crate) fn is_cut(&self) -> bool {
        matches!(self, Self::Cut { .. } | Self::OneWay { .. })
    }
}

/// Two hosts, as their link names them.
pub(crate) type Pair = (Name, Name);

/// A cable: its links, as the layout draws them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cable {
    pub(crate) pair: Pair,
    pub(crate) classes: Vec<MessageClass>,
    pub(crate) ways: Vec<(MessageClass, Route)>,
    /// The place of a mark on it, and the direction there towards the second host.
    pub(crate) mark: (Point, Point),
}

impl Cable {
    pub(crate) fn joins(&self, host: &str) -> bool {
        *self.pair.0 == *host || *self.pair.1 == *host
    }
}

/// Every link as the layout draws it. Depends on the layout only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cables {
    /// Cables that can be pointed at. Those of grouped workers are not among them.
    pub(crate) all: Vec<Cable>,
    /// Links within one card, or of a whole group.
    pub(crate) plain: Vec<(MessageClass, Route)>,
    /// All pairs of linked hosts, and whether the first or the second is a master reached through the other.
    pub(crate) pairs: Vec<(Pair, [bool; 2])>,
}

fn host_of(target: &str) -> &str {
    target.split('/').next().unwrap_or_default()
}

impl Cables {
    pub fn of(shape: &Shape, layout: &Layout) -> Self {
        let mut found = Self::default();
        let kinds: Map<&str, HostKind> = shape.hosts.iter().map(|host| (&*host.name, host.kind)).collect();
        let mut places: Map<(&str, &str), Option<usize>> = Map::new();
        let mut drawn: Set<(Name, MessageClass)> = Set::new();
        let all = links(shape);
        for link in &all {
            let (a, b) = (host_of(&link.from), host_of(&link.to));
            let (Some(here), Some(there)) = (layout.card_of(a), layout.card_of(b)) else { continue };
            let group = [here, there].into_iter().find(|at| at.card == Card::Group);
            // One line represents all links of a group.
            let again = group.is_some_and(|at| !drawn.insert((at.name.clone(), link.class)));
            let way = if again { None } else { route(layout, &link.from, &link.to) };
            if a == b {
                found.plain.extend(way.map(|way| (link.class, way)));
                continue;
            }
            let place = *places.entry((a, b)).or_insert_with(|| {
                let door = |host: &str| matches!(kinds.get(host), Some(HostKind::Laptop | HostKind::LoadBalancer));
                let master = |host: &str| kinds.get(host) == Some(&HostKind::Master);
                let pair = (Name::from(a), Name::from(b));
                found.pairs.push((pair.clone(), [master(a) && door(b), master(b) && door(a)]));
                if group.is_some() {
                    return None;
                }
                found.all.push(Cable { pair, classes: vec![], ways: vec![], mark: Default::default() });
                Some(found.all.len() - 1)
            });
            match place {
                Some(n) => {
                    let cable = &mut found.all[n];
                    if !cable.classes.contains(&link.class) {
                        cable.classes.push(link.class);
                    }
                    if let Some(way) = way {
                        cable.mark = way.arrival(&there.rect);
                        cable.ways.push((link.class, way));
                    }
                }
                None => found.plain.extend(way.map(|way| (link.class, way))),
            }
        }
        found
    }

    /// Returns the cables within `reach` of a point, nearest first, with all that share the nearest one's stretch.
    pub(crate) fn at(&self, p: Point, reach: f64) -> Vec<&Cable> {
        const SAME: f64 = 2.5;
        let far = |cable: &Cable| cable.ways.iter().map(|(_, way)| way.distance(p)).fold(f64::INFINITY, f64::min);
        let near: Vec<_> = self.all.iter().map(|cable| (far(cable), cable)).filter(|(d, _)| *d <= reach).collect();
        let least = near.iter().map(|(d, _)| *d).fold(f64::INFINITY, f64::min);
        near.into_iter().filter(|(d, _)| *d <= least + SAME).map(|(_, cable)| cable).collect()
    }

    pub(crate) fn find(&self, pair: &Pair) -> Option<&Cable> {
        self.all.iter().find(|cable| cable.pair == *pair)
    }
}

/// The faults of the network, indexed for queries about many cables.
#[derive(Clone, Debug, Default)]
pub struct Wires {
    cut: Map<Pair, u64>,
    slow: Map<Pair, (u64, u32)>,
    off: Set<Name>,
}

impl Wires {
    /// Builds the index. `off` has the hosts that are off.
    pub fn of(links: &[LinkView], off: &[Name]) -> Self {
        let mut wires = Self { off: off.iter().cloned().collect(), ..Self::default() };
        for link in links {
            let pair = (link.from.clone(), link.to.clone());
            match link.state {
                LinkState::Cut { since_us } => drop(wires.cut.insert(pair, since_us)),
                LinkState::Slow { latency_us, loss_ppm } => drop(wires.slow.insert(pair, (latency_us, loss_ppm))),
            }
        }
        wires
    }

    /// Returns the state of a cable.
    pub fn state(&self, pair: &Pair) -> Wire {
        let (a, b) = pair;
        let back = (b.clone(), a.clone());
        match (self.cut.get(pair), self.cut.get(&back)) {
            (Some(since), Some(other)) => return Wire::Cut { since_us: *since.max(other) },
            (Some(since), None) => return Wire::OneWay { from: b.clone(), to: a.clone(), since_us: *since },
            (None, Some(since)) => return Wire::OneWay { from: a.clone(), to: b.clone(), since_us: *since },
            (None, None) => {}
        }
        if self.off.contains(a) || self.off.contains(b) {
            return Wire::Dead;
        }
        match (self.slow.get(pair), self.slow.get(&back)) {
            (None, None) => Wire::Up,
            (one, other) => {
                let (one, other) = (one.copied().unwrap_or_default(), other.copied().unwrap_or_default());
                Wire::Slow { latency_us: one.0.max(other.0), loss_ppm: one.1.max(other.1) }
            }
        }
    }
}

/// Whether the network reaches a host, regardless of the state of the hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    #[default]
    Whole,
    /// Cut off from some of the hosts that it talks to, in at least one direction.
    Partly,
    /// Cut off from all hosts that it talks to, or a master that no requests reach.
    CutOff,
}

/// Returns the hosts that the network does not fully reach. Every other host is reached.
pub fn reach(links: &[LinkView], cables: &Cables) -> Map<Name, Reach> {
    let is_cut = |link: &&LinkView| matches!(link.state, LinkState::Cut { .. });
    let cuts: Set<(&Name, &Name)> = links.iter().filter(is_cut).map(|link| (&link.from, &link.to)).collect();
    if cuts.is_empty() {
        return Map::new();
    }
    let mut counts: Map<&Name, Count> = Map::new();
    for ((a, b), [master_a, master_b]) in &cables.pairs {
        // A request needs both directions, for its answer.
        let cut = cuts.contains(&(a, b)) || cuts.contains(&(b, a));
        counts.entry(a).or_default().add(cut, *master_a);
        counts.entry(b).or_default().add(cut, *master_b);
    }
    counts.iter().filter_map(|(name, count)| Some(((*name).clone(), count.reach()?))).collect()
}

#[derive(Clone, Copy, Default)]
struct Count {
    all: u32,
    cut: u32,
    doors: u32,
    doors_cut: u32,
}

impl Count {
    fn add(&mut self, cut: bool, door: bool) {
        self.all += 1;
        self.cut += u32::from(cut);
        self.doors += u32::from(door);
        self.doors_cut += u32::from(door && cut);
    }

    fn reach(self) -> Option<Reach> {
        if self.cut == 0 {
            None
        } else if self.cut == self.all || self.doors > 0 && self.doors == self.doors_cut {
            Some(Reach::CutOff)
        } else {
            Some(Reach::Partly)
        }
    }
}
