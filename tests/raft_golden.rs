//! Transcripts of three scenarios for people to read: each act (`>`), each message as it arrives, and the result.
//! `UPDATE_EXPECT=1 cargo test --test it raft_golden::` rewrites them; the safety properties hold after every line.

use crate::common::raft_net::Net;
use expect_test::expect_file;

fn transcript(script: &str) -> String {
    let mut net = Net::new(&[1, 2, 3], |_| {});
    net.trace = Some(String::new());
    net.run(script);
    let summary = net.summary();
    net.trace.take().unwrap_or_default() + "\n" + &summary
}

#[test]
fn election() {
    let story = "
        timeout 1 12
        timeout 2 10
        timeout 3 15
        tick all 9
        tick all 1        # 2 is the first whose timeout passes
        propose 3 a";
    expect_file!["golden/raft/election.txt"].assert_eq(&transcript(story));
}

#[test]
fn conflict() {
    let story = "
        campaign 1
        propose 1 a
        isolate 1
        propose 1 lost1
        propose 1 lost2
        tick 2 10
        tick 3 10
        campaign 2
        propose 2 kept
        heal
        tick 2 1          # the heartbeat tells 1 of the new term; its tail is cut off
        tick 2 1";
    expect_file!["golden/raft/conflict.txt"].assert_eq(&transcript(story));
}

#[test]
fn takeover() {
    let story = "
        campaign 1
        propose 1 a
        timeout 2 14
        timeout 3 11
        tick all 1        # the last heartbeat
        crash 1
        tick all 10
        tick all 1        # 3 was silent for its timeout, and 2 for longer than its lease
        propose 2 b
        restart 1
        tick all 1";
    expect_file!["golden/raft/takeover.txt"].assert_eq(&transcript(story));
}
