//! kube-proxy: watches Services and EndpointSlices and programs its host's forwarding rules, which outlive it. Without an
//! API server the last rules stay. FACTS 3.7; upstream `pkg/proxy/iptables`.

use std::rc::Rc;

use super::list_watch::{Change, ListWatch};
use super::log_line;
use super::object::{Kind, Name, PodsAt, Stored};
use super::timer::{self, Timer};
use super::transport::{Client, Event};
use super::vocabulary::{Ctx, Input, Rules, Wire};
use crate::sim::map::Map;
use crate::sim::{HostId, Port, ProcId, SimDuration, SimTime};

/// Rules are not programmed more often than this (`--iptables-min-sync-period`).
const MIN_SYNC_PERIOD: SimDuration = SimDuration::from_secs(1);

/// Flags and surroundings of one kube-proxy.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// Where its kubeconfig points: the load balancer, or a master.
    pub server: (HostId, Port),
    /// The `node` process of its host.
    pub node: ProcId,
    /// The hosts of each node's pods; in a real cluster the routing tables have them.
    pub hosts: Rc<Map<Name, HostId>>,
}

/// Namespace and name.
type Key = (Name, Name);
/// A service's name, and its ready endpoints.
type Ready = (Name, PodsAt);

#[derive(Clone, Debug)]
struct Memory {
    client: Client,
    services: ListWatch,
    slices: ListWatch,
    /// Node ports, by the service's namespace and name.
    ports: Map<Key, Port>,
    /// By slice, as of the last sync.
    endpoints: Map<Key, Ready>,
    /// Slices that have changed since: each is processed once in a sync, however often it changed.
    changed: Vec<Stored>,
    programmed: Rc<Rules>,
    synced_at: Option<SimTime>,
    planned: bool,
}

/// The process `kube-proxy`.
#[derive(Clone, Debug)]
pub struct Proxy {
    config: ProxyConfig,
    memory: Memory,
}

impl Memory {
    fn new(config: &ProxyConfig) -> Self {
        Memory {
            client: Client::new(config.server, "kube-proxy"),
            services: ListWatch::new(Kind::Service, None),
            slices: ListWatch::new(Kind::EndpointSlice, None),
            ports: Map::new(),
            endpoints: Map::new(),
            changed: Vec::new(),
            programmed: Rc::default(),
            synced_at: None,
            planned: false,
        }
    }
}

impl Proxy {
    /// Creates the process with its configuration; it has not started.
    pub fn new(config: ProxyConfig) -> Self {
        let memory = Memory::new(&config);
        Proxy { config, memory }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        ctx.log(log_line::Proxy::Version.into());
        for kind in [Kind::Service, Kind::EndpointSlice] {
            ctx.log(log_line::Proxy::Starting(kind).into());
            ctx.log(log_line::Proxy::Waiting(kind).into());
        }
        let Memory { client, services, slices, .. } = &mut self.memory;
        services.run(ctx, client);
        slices.run(ctx, client);
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        if let Some(events) = self.memory.client.handle(ctx, &input) {
            for event in events {
                self.event(ctx, event);
            }
            return;
        }
        match input {
            Input::Timer(key) => match key.why {
                Timer::KubeProxy(timer::KubeProxy::Sync) => {
                    self.memory.planned = false;
                    self.sync(ctx);
                }
                Timer::Reflector(_) => {
                    let Memory { client, services, slices, .. } = &mut self.memory;
                    let _known = services.timer(ctx, client, key.arg) || slices.timer(ctx, client, key.arg);
                }
                Timer::Client(_) => {} // of a call that has ended
                other => other.misrouted(),
            },
            Input::Terminate => ctx.exit(0),
            _ => {}
        }
    }

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub fn crash(&mut self, _power_lost: bool) {
        self.memory = Memory::new(&self.config);
    }

    /// Returns the configuration.
    pub(crate) fn config(&self) -> &ProxyConfig {
        &self.config
    }

    /// Returns whether its watches are open, as far as it knows.
    pub(crate) fn is_watching(&self) -> bool {
        self.memory.services.is_watching() && self.memory.slices.is_watching()
    }

    /// Returns when this run last programmed its rules, or found them unchanged (host's monotonic clock).
    pub(crate) fn synced_at(&self) -> Option<SimTime> {
        self.memory.synced_at
    }

    fn event(&mut self, ctx: &mut Ctx<'_>, event: Event) {
        let Memory { client, services, slices, .. } = &mut self.memory;
        let synced = (services.is_synced(), slices.is_synced());
        match services.event(ctx, client, event) {
            Ok(None) => return,
            Ok(Some(change)) => self.service(change),
            Err(event) => match slices.event(ctx, client, event) {
                Ok(Some(change)) => self.slice(change),
                _ => return,
            },
        }
        if !synced.0 && self.memory.services.is_synced() {
            ctx.log(log_line::Proxy::Synced(Kind::Service).into());
        }
        if !synced.1 && self.memory.slices.is_synced() {
            ctx.log(log_line::Proxy::Synced(Kind::EndpointSlice).into());
        }
        self.plan(ctx);
    }

    fn service(&mut self, change: Change) {
        let ports = &mut self.memory.ports;
        match change {
            Change::Replaced(items) => *ports = items.iter().filter_map(node_port).collect(),
            Change::Changed(stored) => match node_port(&stored) {
                Some((key, port)) => drop(ports.insert(key, port)),
                None => drop(ports.remove(&key(&stored))),
            },
            Change::Deleted(stored) => drop(ports.remove(&key(&stored))),
        }
    }

    fn slice(&mut self, change: Change) {
        let Memory { endpoints, changed, .. } = &mut self.memory;
        match change {
            Change::Replaced(items) => {
                endpoints.clear();
                *changed = items;
            }
            Change::Changed(stored) => {
                changed.retain(|s| key(s) != key(&stored));
                changed.push(stored);
            }
            Change::Deleted(stored) => {
                changed.retain(|s| key(s) != key(&stored));
                endpoints.remove(&key(&stored));
            }
        }
    }

    /// Plans a sync: at once, unless the last was less than a second ago.
    fn plan(&mut self, ctx: &mut Ctx<'_>) {
        if self.memory.planned || !self.memory.services.is_synced() || !self.memory.slices.is_synced() {
            return;
        }
        let quiet = self.memory.synced_at.map_or(MIN_SYNC_PERIOD, |at| ctx.now().since(at));
        if quiet >= MIN_SYNC_PERIOD {
            self.sync(ctx);
        } else {
            self.memory.planned = true;
            ctx.set_timer(MIN_SYNC_PERIOD - quiet, timer::KubeProxy::Sync, 0);
        }
    }

    fn sync(&mut self, ctx: &mut Ctx<'_>) {
        let memory = &mut self.memory;
        for stored in memory.changed.drain(..) {
            memory.endpoints.extend(ready(&self.config.hosts, &stored));
        }
        let of = |(namespace, service): &Key| {
            let mine = memory.endpoints.iter().filter(|((ns, _), (name, _))| ns == namespace && name == service);
            let mine: Vec<_> = mine.map(|(_, (_, ready))| ready).collect();
            match &mine[..] {
                [one] => (*one).clone(),
                more => more.iter().flat_map(|ready| ready.iter().copied()).collect(),
            }
        };
        let node_ports: Vec<_> = memory.ports.iter().map(|(key, port)| (*port, of(key))).collect();
        let first = memory.synced_at.is_none();
        memory.synced_at = Some(ctx.now());
        if first || memory.programmed.node_ports != node_ports {
            memory.programmed = Rc::new(Rules { node_ports });
            ctx.local(self.config.node, Wire::Netfilter(memory.programmed.clone()));
        }
    }
}

fn key(stored: &Stored) -> Key {
    (stored.object.meta.namespace.clone(), stored.object.meta.name.clone())
}

fn node_port(stored: &Stored) -> Option<(Key, Port)> {
    Some((key(stored), stored.object.service()?.node_port?))
}

fn ready(hosts: &Map<Name, HostId>, stored: &Stored) -> Option<(Key, Ready)> {
    let slice = stored.object.endpoint_slice()?;
    let at = slice.ready.get(|| {
        let usable = slice.endpoints.iter().filter(|e| e.ready);
        usable.filter_map(|e| Some((*hosts.get(&e.node_name)?, e.pod_uid))).collect()
    });
    Some((key(stored), (slice.service.clone(), at)))
}
