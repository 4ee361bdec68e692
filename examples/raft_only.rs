//! The Raft core by itself: three members elect a leader and commit an entry. It knows neither time nor network, so the
//! caller delivers the messages: `cargo run --example raft_only`.

use ha_lab::etcd::raft::{ConfState, Config, Durable, Raft};

fn main() {
    let start = |id| Raft::new(Config::new(id, 1), Durable::new(ConfState::of_voters(1..=3)));
    let mut members: Vec<Raft<&str>> = (1..=3).map(start).collect();
    members[0].campaign();
    deliver(&mut members);
    println!("member {} leads term {}", members[1].leader(), members[1].term());

    members[0].propose("hello").expect("it leads");
    for member in deliver(&mut members) {
        println!("member {member} applied \"hello\"");
    }
}

/// Delivers messages until none are left. Returns the members that applied an entry of ours.
fn deliver(members: &mut [Raft<&'static str>]) -> Vec<u64> {
    let mut applied = Vec::new();
    loop {
        let mut messages = Vec::new();
        for member in members.iter_mut() {
            // A real member writes its log to disk here, before anything is sent.
            member.take_must_sync();
            messages.extend(member.drain_messages());
            while let Some(entry) = member.next_committed() {
                if format!("{entry:?}").contains("hello") {
                    applied.push(member.id());
                }
            }
        }
        if messages.is_empty() {
            return applied;
        }
        for message in messages {
            let to = message.to as usize - 1;
            // An error tells a proposer to wait. None of these messages is a proposal.
            let _ = members[to].step(message);
        }
    }
}
