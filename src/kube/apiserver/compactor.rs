//! Compaction of etcd every 5 minutes, by one of the API servers, to where it was 5 minutes before; and the removal of
//! Events that are older than `--event-ttl` (FACTS 4.3; upstream storage/etcd3/compact.go).
//!
//! The servers agree by the version of one key: the first one that changes it compacts. The lab's etcd has no leases that
//! expire, so the server that compacts also deletes the old Events.

use std::rc::Rc;

use super::ApiServer;
use super::etcd_client::{CallError, Owner};
use crate::etcd::{Compare, Op, Reply, Response, Span, Txn, TxnOp, TxnResult};
use crate::kube::object::{Kind, Name};
use crate::kube::timer;
use crate::kube::value::Value;
use crate::kube::vocabulary::Ctx;

const KEY: &str = "compact_rev_key";
/// Below etcd's limit of 128 operations.
const DELETES_PER_TXN: usize = 100;

/// Its state between two rounds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Compactor {
    /// The version that the key had.
    version: u64,
    /// The revision that the store had.
    revision: u64,
    busy: bool,
}

impl ApiServer {
    pub(super) fn begin_compacting(&mut self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(self.config.etcd_compaction_interval, timer::ApiServer::Compact, 0);
    }

    pub(super) fn compact(&mut self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(self.config.etcd_compaction_interval, timer::ApiServer::Compact, 0);
        let compactor = &mut self.memory.compactor;
        if compactor.busy {
            return;
        }
        compactor.busy = true;
        let key: Name = KEY.into();
        let value = Value::Text(compactor.revision.to_string().into());
        let txn = Txn {
            compare: vec![Compare::Version { key: key.clone(), equals: compactor.version }],
            success: vec![TxnOp::Put { key: key.clone(), value }],
            failure: vec![TxnOp::Range { span: Span::One(key) }],
        };
        self.memory.etcd.call(ctx, Owner::Compactor, Op::Txn(Rc::new(txn)));
    }

    pub(super) fn compactor_answered(&mut self, ctx: &mut Ctx<'_>, result: Result<Rc<Response<Value>>, CallError>) {
        let compactor = &mut self.memory.compactor;
        compactor.busy = false;
        let Ok(response) = result else { return };
        match &response.result {
            Ok(Reply::Txn { succeeded: true, .. }) => {
                let revision = std::mem::replace(&mut compactor.revision, response.revision);
                compactor.version += 1;
                if revision > 0 {
                    self.memory.etcd.call(ctx, Owner::Nobody, Op::Compact { revision });
                }
                self.remove_old_events(ctx);
            }
            Ok(Reply::Txn { results, .. }) => {
                compactor.revision = response.revision;
                if let Some(TxnResult::Range { kvs }) = results.first() {
                    compactor.version = kvs.first().map_or(0, |kv| kv.version);
                }
            }
            _ => {}
        }
    }

    fn remove_old_events(&mut self, ctx: &mut Ctx<'_>) {
        let (wall, ttl) = (ctx.wall(), self.config.event_ttl);
        let old = self
            .memory
            .cache
            .objects(Kind::Event, None)
            .filter(|(_, stored)| stored.object.event().is_some_and(|e| wall.since(e.last_timestamp) > ttl));
        let keys: Vec<Name> = old.map(|(key, _)| key.clone()).collect();
        for some in keys.chunks(DELETES_PER_TXN) {
            let success = some.iter().map(|key| TxnOp::Delete { span: Span::One(key.clone()) }).collect();
            let txn = Txn { compare: Vec::new(), success, failure: Vec::new() };
            self.memory.etcd.call(ctx, Owner::Nobody, Op::Txn(Rc::new(txn)));
        }
    }
}
