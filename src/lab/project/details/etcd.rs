//! Details of an etcd member: its role in Raft, the end of its log, the progress of its followers, its database. FACTS 5.

use super::{Sheet, row, texts};
use crate::cluster::Cluster;
use crate::etcd::raft::{self, ConfChangeKind, EntryData, ProgressState, Raft, Role};
use crate::etcd::{ChangeKind, Command, Compare, Member, Payload, Proposal, Span, Txn, TxnOp};
use crate::kube::Value;
use crate::lab::view::Tone;

/// Entries of the log that are shown.
const ENTRIES: u64 = 10;

pub(super) fn member(sheet: &mut Sheet, cluster: &Cluster, member: &Member<Value>) {
    sheet.fact("member", texts::INSPECT_MEMBER_ID, format!("{:x}", member.config().id));
    let name = |id: u64| name(cluster, member, id);
    if let Some(raft) = member.raft() {
        let tone = if raft.leader() == raft::NONE { Tone::Bad } else { Tone::Neutral };
        let term = match raft.role() {
            Role::Leader => "leader",
            Role::Follower => "follower",
            Role::PreCandidate | Role::Candidate => "candidate",
        };
        sheet.fact(term, texts::INSPECT_RAFT_ROLE, raft.role().to_string());
        sheet.marked("leader", texts::INSPECT_LEADER, name(raft.leader()), tone);
        sheet.fact("term", texts::INSPECT_RAFT_TERM, raft.term().to_string());
        sheet.fact("vote", texts::INSPECT_VOTED_FOR, name(raft.hard_state().vote));
        sheet.fact("commit-index", texts::INSPECT_COMMIT, raft.commit_index().to_string());
        sheet.fact("applied-index", texts::INSPECT_APPLIED, raft.applied().to_string());
        sheet.fact("raft-log", texts::INSPECT_LAST_INDEX, raft.log().last_index().to_string());
        sheet.fact("raft-log", texts::INSPECT_FIRST_INDEX, raft.log().first_index().to_string());
    }
    let store = member.store();
    sheet.fact("revision", texts::INSPECT_REVISION, store.revision().to_string());
    sheet.fact("compaction", texts::INSPECT_COMPACTED, store.compacted().to_string());
    sheet.fact("", texts::INSPECT_KEYS, store.len().to_string());
    let (file, used, quota) = (store.file_size() / 1_000, store.size() / 1_000, member.quota() / 1_000_000);
    let database = texts::INSPECT_DB_IS.with(&[("file", &file), ("used", &used), ("quota", &quota)]);
    sheet.fact("", texts::INSPECT_DB, database);
    let alarms: Vec<String> = member.members().alarms.iter().map(|id| format!("NOSPACE {}", name(*id))).collect();
    let tone = if alarms.is_empty() { Tone::Neutral } else { Tone::Bad };
    let alarms = if alarms.is_empty() { texts::INSPECT_NONE.to_string() } else { alarms.join(", ") };
    sheet.marked("", texts::INSPECT_ALARMS, alarms, tone);
    if let Some(raft) = member.raft() {
        sheet.fact("watch", texts::INSPECT_WATCHERS, member.watches().to_string());
        sheet.fact("", texts::INSPECT_CLIENTS, member.clients().to_string());
        if raft.role() == Role::Leader {
            followers(sheet, raft, &name);
        }
        log(sheet, raft, &name);
    }
}

/// Returns a member's name such as `master-1`, or its number if this one does not know it.
fn name(cluster: &Cluster, member: &Member<Value>, id: u64) -> String {
    match (id, member.members().get(id)) {
        (raft::NONE, _) => texts::INSPECT_NONE.to_string(),
        (_, Some(known)) => cluster.topology().planned(known.host).name.clone(),
        (id, None) => format!("{id:x}"),
    }
}

fn followers(sheet: &mut Sheet, raft: &Raft<Payload<Value>>, name: &dyn Fn(u64) -> String) {
    let last = raft.log().last_index();
    let follower = |p: &raft::Progress| {
        let state = match p.state {
            ProgressState::Probe => "StateProbe",
            ProgressState::Replicate => "StateReplicate",
            ProgressState::Snapshot => "StateSnapshot",
        };
        let tone = if p.match_index == last { Tone::Good } else { Tone::Neutral };
        let tone = if p.state == ProgressState::Replicate && p.recent_active { tone } else { Tone::Bad };
        row([name(p.id), p.match_index.to_string(), p.next_index.to_string(), state.to_owned()], tone)
    };
    let rows = raft.progress().iter().filter(|p| p.id != raft.id()).map(follower).collect();
    let head = [texts::INSPECT_MEMBER, texts::INSPECT_MATCH, texts::INSPECT_NEXT, texts::INSPECT_STATE];
    sheet.table("followers", "follower", (texts::INSPECT_FOLLOWERS, texts::INSPECT_NONE), &head, rows);
}

fn log(sheet: &mut Sheet, raft: &Raft<Payload<Value>>, name: &dyn Fn(u64) -> String) {
    let log = raft.log();
    let last = log.last_index();
    let shown = (last.saturating_sub(ENTRIES - 1).max(log.first_index())..=last).rev().filter_map(|i| log.entry(i));
    let entry = |e: &raft::Entry<Payload<Value>>| {
        let what = match &e.data {
            EntryData::Empty => texts::INSPECT_EMPTY_ENTRY.to_string(),
            EntryData::Normal(Payload::Proposal(proposal)) => told(proposal, name),
            EntryData::Normal(_) => String::new(),
            EntryData::ConfChange(change) => match &change.context {
                Some(Payload::Change(context)) => match &context.what {
                    ChangeKind::Found(peer) => format!("member add {}", peer.name),
                    ChangeKind::Add(_) => format!("member add {:x}", change.node),
                    ChangeKind::Remove => format!("member remove {}", name(change.node)),
                    ChangeKind::Promote => format!("member promote {}", name(change.node)),
                },
                _ => match change.kind {
                    ConfChangeKind::Remove => format!("member remove {}", name(change.node)),
                    _ => format!("member add {}", name(change.node)),
                },
            },
        };
        let (what, tone) = if e.index > raft.commit_index() {
            (format!("{what} ({})", texts::INSPECT_NOT_COMMITTED), Tone::Bad)
        } else {
            (what, Tone::Neutral)
        };
        row([e.index.to_string(), e.term.to_string(), what], tone)
    };
    let head = [texts::INSPECT_INDEX, texts::INSPECT_TERM, texts::INSPECT_ENTRY];
    let rows = shown.map(entry).collect();
    sheet.table("raft-log", "raft-log", (texts::INSPECT_RAFT_LOG, texts::INSPECT_LOG_EMPTY), &head, rows);
}

fn told(proposal: &Proposal<Value>, name: &dyn Fn(u64) -> String) -> String {
    match &proposal.command {
        Command::Txn(txn) => changes(txn),
        Command::Compact { revision } => format!("compact {revision}"),
        Command::Alarm { member } => format!("alarm NOSPACE {}", name(*member)),
        Command::Disarm => "alarm disarm".to_owned(),
        Command::Publish { name, .. } => format!("publish {name}"),
    }
}

/// Returns the changes of a transaction whose conditions hold: `create KEY`, `update KEY`, `delete KEY`.
fn changes(txn: &Txn<Value>) -> String {
    // A key that must not exist is created. One that must be unchanged since it was read is updated.
    let new = |of: &str| {
        txn.compare.iter().any(|c| match c {
            Compare::ModRevision { key, equals } | Compare::CreateRevision { key, equals } => {
                &**key == of && *equals == 0
            }
            Compare::Version { key, equals } => &**key == of && *equals == 0,
        })
    };
    let compared = |of: &str| {
        txn.compare.iter().any(|c| match c {
            Compare::ModRevision { key, .. } | Compare::CreateRevision { key, .. } | Compare::Version { key, .. } => {
                &**key == of
            }
        })
    };
    let one = |op: &TxnOp<Value>| match op {
        TxnOp::Put { key, .. } if new(key) => Some(format!("create {key}")),
        TxnOp::Put { key, .. } if compared(key) => Some(format!("update {key}")),
        TxnOp::Put { key, .. } => Some(format!("put {key}")),
        TxnOp::Delete { span: Span::One(key) } => Some(format!("delete {key}")),
        TxnOp::Delete { span: Span::Prefix(key) } => Some(format!("delete {key}*")),
        TxnOp::Range { .. } => None,
    };
    txn.success.iter().filter_map(one).collect::<Vec<_>>().join(", ")
}
