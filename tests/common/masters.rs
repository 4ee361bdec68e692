//! The start of the small worlds: hosts with an etcd member each, and masters that also have an API server.

use ha_lab::etcd::{Member, MemberConfig, Peer};
use ha_lab::kube::apiserver::{ApiServer, ApiServerConfig};
use ha_lab::kube::{Lab, Value};
use ha_lab::sim::{HostId, Machine, ProcId, Supervisor, World};

/// A process that its host restarts a second after it has ended.
pub const UNIT: Supervisor = Supervisor::Unit { restart_after_us: 1_000_000 };

/// Returns one etcd member for each host, with the host's name. They must be the next processes of the world.
pub fn peers<M: Machine<V = Lab>>(world: &World<M>, hosts: &[HostId]) -> Vec<Peer> {
    let first = world.next_process().0;
    let peer = |(i, host): (usize, &HostId)| Peer {
        id: i as u64 + 1,
        name: world.host(*host).name.clone(),
        host: *host,
        process: ProcId(first + i as u16),
    };
    hosts.iter().enumerate().map(peer).collect()
}

/// Adds etcd and then an API server to all hosts; `edit` may change the configuration of an API server. A world defines how its
/// machines contain the two.
pub fn add_masters<M: Machine<V = Lab>>(
    world: &mut World<M>,
    hosts: &[HostId],
    etcd: fn(Box<Member<Value>>) -> M,
    api: fn(Box<ApiServer>) -> M,
    edit: impl Fn(&mut ApiServerConfig),
) -> (Vec<ProcId>, Vec<ProcId>) {
    let peers = peers(world, hosts);
    let member = |p: &Peer| MemberConfig { id: p.id, name: p.name.clone(), peers: peers.clone() };
    let members = peers.iter().map(|p| world.add_process(p.host, "etcd", UNIT, etcd(Box::new(Member::new(member(p))))));
    let members = members.collect();
    let address = |i: usize| format!("10.0.0.{}", i + 1);
    let servers: Vec<_> = hosts.iter().enumerate().map(|(i, host)| (*host, address(i) + ":2379")).collect();
    let mut apis = Vec::new();
    for (i, peer) in peers.iter().enumerate() {
        let mut config = ApiServerConfig::new(peer.name.clone(), address(i), servers.clone());
        edit(&mut config);
        apis.push(world.add_process(peer.host, "kube-apiserver", UNIT, api(Box::new(ApiServer::new(config)))));
    }
    (members, apis)
}
