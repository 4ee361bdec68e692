//! Raft, scenario by scenario: each test is a script of acts and expectations (`raft_net`), run on fresh members with
//! etcd's settings unless the test says otherwise. The cases follow etcd-io/raft `raft_test.go`, `raft_paper_test.go`.

use crate::common::raft_net::Net;
use ha_lab::etcd::raft::{Config, majority};

/// Runs `script` on `voters` members with etcd's settings.
fn check(voters: u64, script: &str) {
    check_with(voters, |_| {}, script);
}

fn check_with(voters: u64, tune: impl Fn(&mut Config), script: &str) {
    Net::new(&(1..=voters).collect::<Vec<_>>(), tune).run(script);
}

/// Runs `script` on a group whose founding members are in the log, as in etcd, so that others can join.
fn check_founded(voters: u64, script: &str) {
    Net::bootstrap(&(1..=voters).collect::<Vec<_>>()).run(script);
}

/// FACTS 5.2.
#[test]
fn quorum_table() {
    assert_eq!([1, 2, 3, 4, 5, 6, 7, 8, 9].map(majority), [1, 2, 2, 3, 3, 4, 4, 5, 5]);
}

#[test]
fn a_single_member_leads_and_commits_alone() {
    check(1, "tick all 20\n expect leader 1\n propose 1 a\n expect applied 1 a\n read 1 7\n expect reads 1 7@2");
}

#[test]
fn somebody_wins_within_two_election_timeouts() {
    for seed in 0..50 {
        let mut net = Net::new(&[1, 2, 3], |config| config.seed = seed);
        net.run("tick all 20");
        assert_ne!(net.leader(), 0, "seed {seed}\n{}", net.summary());
    }
}

#[test]
fn timeouts_are_drawn_evenly_from_one_to_two_election_ticks() {
    let mut drawn = [0; 10];
    for seed in 0..2000 {
        let net = Net::new(&[1], |config| config.seed = seed);
        drawn[net.raft(1).randomized_election_timeout() as usize - 10] += 1;
    }
    assert!(drawn.iter().all(|count| (140..260).contains(count)), "{drawn:?}");
}

#[test]
fn election_replication_and_forwarding() {
    check(
        3,
        "campaign 1
         expect leader 1
         expect reason 1 ElectionWon
         propose 1 a
         propose 2 b            # forwarded
         expect applied 1 a b
         expect applied 2 a b   # an empty append follows the commit at once
         expect applied 3 a b
         expect commit 3 3",
    );
}

#[test]
fn without_a_leader_proposals_and_reads_are_dropped() {
    check(3, "propose 1 a dropped\n read 1 1\n expect reads 1\n campaign 1\n propose 1 a\n expect applied 2 a");
}

#[test]
fn a_minority_cannot_commit_and_its_leader_steps_down() {
    check(
        5,
        "campaign 1
         cut 1 3
         cut 1 4
         cut 1 5
         propose 1 lost
         expect applied 1
         tick 1 9
         expect role 1 leader
         tick 1 11              # CheckQuorum looks once per election timeout
         expect role 1 follower
         expect reason 1 QuorumLost
         propose 1 x dropped",
    );
}

#[test]
fn a_partitioned_leader_is_replaced_and_its_tail_overwritten() {
    check(
        3,
        "campaign 1
         isolate 1
         propose 1 lost
         propose 1 lost2
         tick all 25
         propose 2 kept
         propose 3 kept2
         heal
         tick all 3
         expect applied 1 kept kept2
         expect applied 2 kept kept2
         expect role 1 follower",
    );
}

#[test]
fn pre_vote_keeps_a_returning_member_from_disturbing() {
    check(
        3,
        "campaign 1
         isolate 3
         tick all 60
         expect role 3 pre-candidate
         expect term 3 1
         heal
         tick all 3
         expect leader 1
         expect term 1 1
         expect follows 3 1",
    );
}

#[test]
fn without_pre_vote_a_returning_member_forces_an_election() {
    check_with(
        3,
        |config| config.pre_vote = false,
        "campaign 1
         isolate 3
         tick 3 60
         heal
         tick 1 1               # its heartbeat is answered with the higher term
         expect role 1 follower
         tick all 45
         propose 2 a
         expect applied 3 a",
    );
}

#[test]
fn voters_in_lease_ignore_requests_for_votes() {
    check_with(
        3,
        |config| config.pre_vote = false,
        "campaign 1
         cut 1 3
         tick 2 9
         campaign 3
         expect term 2 1
         tick 2 1
         campaign 3
         expect leader 3
         expect term 2 3",
    );
}

#[test]
fn a_pre_candidate_of_a_lower_term_catches_up() {
    check_with(
        3,
        |config| config.check_quorum = false,
        "campaign 1
         isolate 3
         campaign 2
         expect leader 2
         heal
         campaign 3             # refused with the higher term
         expect term 3 2
         expect leader 2",
    );
}

#[test]
fn a_shorter_log_cannot_win() {
    check(
        3,
        "campaign 1
         isolate 3
         propose 1 a
         crash 1
         heal
         tick 2 10
         campaign 3
         expect role 3 pre-candidate
         campaign 2
         expect leader 2
         expect applied 3 a",
    );
}

#[test]
fn entries_of_older_terms_are_committed_only_by_the_leaders_own() {
    check(
        3,
        "campaign 1
         hold
         propose 1 a
         lose
         crash 1
         restart 1
         release
         expect commit 1 1
         tick 2 10
         tick 3 10
         campaign 1
         expect term 1 2
         expect commit 3 3
         expect applied 3 a",
    );
}

/// Raft paper, figure 8: a majority of copies does not commit an entry of an older term by itself.
#[test]
fn copies_of_an_older_entry_do_not_commit_it() {
    let mut net = Net::new(&[1, 2, 3], |config| config.max_entries_per_msg = 1);
    net.run("campaign 1\n hold\n propose 1 a\n lose\n crash 1\n restart 1\n release");
    net.run("tick 2 10\n tick 3 10\n hold\n campaign 1");
    while net.raft(1).progress()[1..].iter().all(|pr| pr.match_index < 2) {
        let m = net.queue.pop_front().expect("an acknowledgement");
        net.deliver_one(m);
    }
    net.run("expect last 1 3\n expect commit 1 1\n release\n tick all 1\n expect commit 1 3\n expect applied 3 a");
}

#[test]
fn a_crash_loses_nothing_that_was_committed() {
    check(
        3,
        "campaign 1
         propose 1 a
         crash 1
         crash 2
         crash 3
         restart 1
         restart 2
         restart 3
         tick all 40
         propose 1 b
         expect applied 1 a b
         expect applied 2 a b
         expect applied 3 a b",
    );
}

#[test]
fn a_follower_far_behind_gets_a_snapshot() {
    check(
        3,
        "campaign 1
         isolate 3
         propose 1 a
         propose 1 b
         propose 1 c
         compact 1 0
         expect first 1 5
         heal
         tick all 2
         expect applied 3 a b c
         expect first 3 5
         propose 3 d
         expect applied 3 a b c d
         crash 3
         restart 3
         expect applied 3 a b c d",
    );
}

#[test]
fn a_failed_snapshot_is_sent_again() {
    let mut net = Net::new(&[1, 2, 3], |_| {});
    net.run("campaign 1\n isolate 3\n propose 1 a\n propose 1 b\n compact 1 0\n heal\n hold\n tick 1 1");
    // Up to the moment when the snapshot is on its way.
    while !net.queue.iter().any(|m| m.name() == "MsgSnap") {
        let m = net.queue.pop_front().expect("a heartbeat");
        net.deliver_one(m);
    }
    assert!(net.raft(1).progress()[2].is_paused());
    net.run("lose\n release\n tick all 2\n expect applied 3 a b\n expect first 3 4");
}

#[test]
fn a_compacted_leader_keeps_entries_for_slow_followers() {
    check(
        3,
        "campaign 1
         isolate 3
         propose 1 a
         propose 1 b
         compact 1 2            # keeps two: the follower still connects
         heal
         tick all 2
         expect first 3 1
         expect applied 3 a b",
    );
}

#[test]
fn transfer_to_an_up_to_date_follower() {
    check(
        3,
        "campaign 1\n propose 1 a\n transfer 1 3\n expect leader 3\n expect reason 3 ElectionWon\n expect term 1 2",
    );
}

#[test]
fn transfer_by_way_of_a_follower_overrides_the_lease() {
    check(3, "campaign 1\n tick all 3\n transfer 2 2\n expect leader 2\n propose 1 a\n expect applied 3 a");
}

#[test]
fn transfer_to_a_lagging_follower_waits_for_it_and_drops_proposals() {
    check(
        3,
        "campaign 1
         cut 1 3
         propose 1 a
         tick 1 1
         hold
         transfer 1 3
         propose 1 b dropped
         lose
         release
         heal
         unreachable 1 3
         tick 1 2
         expect leader 3
         expect applied 3 a",
    );
}

#[test]
fn transfer_is_given_up_after_an_election_timeout() {
    check(
        3,
        "campaign 1
         isolate 3
         transfer 1 3
         propose 1 b dropped
         tick 1 9
         propose 1 b dropped
         tick 1 1
         propose 1 c
         expect applied 2 c
         expect leader 1",
    );
}

#[test]
fn transfer_to_nobody_to_itself_or_to_a_learner_is_ignored() {
    check(3, "campaign 1\n transfer 1 9\n transfer 1 1\n propose 1 a\n expect leader 1\n expect applied 2 a");
    check_founded(
        1,
        "campaign 1
         join 2
         add-learner 1 2
         transfer 1 2
         propose 1 a
         expect leader 1
         expect applied 2 a",
    );
}

#[test]
fn a_learner_receives_everything_and_never_votes_or_counts() {
    check_founded(
        2,
        "campaign 1
         join 3
         add-learner 1 3
         expect learners 3 3
         propose 1 a
         expect applied 3 a
         isolate 2
         propose 1 b            # the learner does not make a majority of 1 and 2
         expect applied 1 a
         expect last 3 6
         tick 3 50
         expect role 3 follower
         expect term 3 2",
    );
}

#[test]
fn membership_add_promote_remove() {
    check_founded(
        3,
        "campaign 1
         join 4
         add-learner 1 4
         propose 1 a
         expect applied 4 a
         expect learners 1 4
         add-voter 1 4          # promotes
         expect voters 4 1 2 3 4
         expect learners 4
         remove 1 2
         expect voters 1 1 3 4
         expect voters 4 1 3 4
         crash 3
         propose 4 b            # 1 and 4 are a majority of 1, 3, 4
         expect applied 1 a b
         transfer 1 4
         expect leader 4",
    );
}

#[test]
fn only_one_membership_change_is_under_way() {
    check(
        3,
        "campaign 1
         hold
         add-voter 1 4
         add-voter 1 5          # refused: becomes an empty entry
         release
         tick all 1
         expect voters 1 1 2 3 4
         expect last 1 3",
    );
}

#[test]
fn removing_members_lowers_the_quorum_at_once() {
    check(
        3,
        "campaign 1
         crash 3
         hold
         remove 1 3
         propose 1 a
         release
         tick all 1
         expect voters 1 1 2
         expect applied 2 a
         remove 1 2
         expect voters 1 1
         propose 1 b
         expect applied 1 a b",
    );
}

#[test]
fn a_removed_leader_keeps_on_until_told_to_stop() {
    check(3, "campaign 1\n remove 1 1\n expect voters 2 2 3\n expect role 1 leader\n propose 1 a dropped");
    check_with(
        3,
        |config| config.step_down_on_removal = true,
        "campaign 1
         remove 1 1
         expect role 1 follower
         expect reason 1 Removed
         tick all 25
         propose 2 a
         expect applied 3 a
         expect applied 1",
    );
}

#[test]
fn two_members_are_worse_than_one() {
    check(2, "campaign 1\n propose 1 a\n crash 2\n propose 1 b\n expect applied 1 a\n tick 1 20\n expect leader none");
}

#[test]
fn read_index_on_leader_and_follower() {
    check(
        3,
        "campaign 1
         propose 1 a
         read 1 10
         expect reads 1 10@2
         read 3 11
         expect reads 3 11@2",
    );
}

#[test]
fn read_index_needs_a_quorum() {
    check(
        3,
        "campaign 1
         isolate 1
         read 1 1
         tick 1 5
         expect reads 1
         heal
         read 1 2
         expect reads 1 1@1 2@1",
    );
}

#[test]
fn read_index_waits_for_an_entry_of_the_leaders_term() {
    let mut net = Net::new(&[1, 2, 3], |_| {});
    net.run("campaign 1\n propose 1 a\n crash 1\n tick 2 10\n tick 3 10\n hold\n campaign 2");
    // Pre-vote and vote pass; the new leader's empty entry does not arrive yet.
    while net.leader() != 2 {
        let m = net.queue.pop_front().expect("a vote");
        net.deliver_one(m);
    }
    net.run("read 2 9\n expect reads 2\n release\n tick 2 0\n expect reads 2 9@3");
}

#[test]
fn a_restarted_member_replays_and_votes_only_once_per_term() {
    check_with(
        3,
        |config| config.pre_vote = false,
        "hold
         campaign 1
         release
         crash 1
         expect term 2 1
         crash 2
         restart 2
         campaign 3
         expect term 3 2",
    );
}

#[test]
fn flow_control_stops_at_the_window_and_recovers() {
    let mut net = Net::new(&[1, 2, 3], |config| (config.max_inflight_msgs, config.max_entries_per_msg) = (2, 1));
    net.run("campaign 1\n isolate 3\n propose 1 a\n propose 1 b\n propose 1 c\n propose 1 d");
    let pr = &net.raft(1).progress()[2];
    assert!(pr.is_paused() && pr.inflights.is_full());
    net.run("heal\n tick all 3\n expect applied 3 a b c d");
}

#[test]
fn a_long_diverged_tail_is_skipped_in_one_round() {
    let mut net = Net::new(&[1, 2, 3], |_| {});
    net.run("campaign 1\n isolate 1");
    for n in 0..300 {
        net.run(&format!("propose 1 lost{n}"));
    }
    net.run("tick 2 10\n tick 3 10\n campaign 2\n propose 2 a\n expect leader 2\n heal\n hold\n tick 2 1");
    let mut steps = 0;
    while let Some(m) = net.queue.pop_front() {
        net.deliver_one(m);
        steps += 1;
    }
    net.run("release\n expect applied 1 a");
    assert!(steps < 30, "{steps} messages");
}

#[test]
fn a_lost_disk_is_noticed() {
    use ha_lab::etcd::raft::{Body, ConfState, Durable, Error, Message, Raft};
    let mut raft: Raft<u8> = Raft::new(Config::new(2, 1), Durable::new(ConfState::of_voters([1, 2, 3])));
    let m = Message { to: 2, from: 1, term: 1, body: Body::Heartbeat { commit: 9, read_seq: 0 } };
    assert_eq!(raft.step(m), Err(Error::LogLost));
}

/// The log is kept in chunks of 128: cuts, compactions and long messages that cross their borders.
#[test]
fn a_long_log_crosses_chunks() {
    for (keep, behind) in [(0, 1), (127, 128), (128, 129), (700, 650), (1000, 127), (5000, 1000)] {
        let mut net = Net::new(&[1, 2, 3], |_| {});
        net.run("campaign 1");
        let propose = |net: &mut Net, count: u64, word: &str| {
            (0..count).for_each(|n| net.run(&format!("propose 1 {word}{n}")));
        };
        propose(&mut net, 1000 - behind, "a");
        net.run("isolate 3");
        propose(&mut net, behind, "b");
        net.run(&format!("compact 1 {keep}\n heal\n tick all 3"));
        propose(&mut net, 300, "c");
        let log = net.raft(3).log();
        assert_eq!((log.last_index(), log.iter().count()), (1301, log.len()));
        assert_eq!(log.entry(log.first_index()).map(|entry| entry.index), Some(log.first_index()));
        assert_eq!(net.members[&3].applied, net.members[&1].applied);
        assert_eq!(net.members[&3].applied.len(), 1300, "keep {keep}, behind {behind}");
    }
}
