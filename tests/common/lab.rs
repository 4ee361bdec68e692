//! A fixed run of the whole lab, to compare builds.

use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Config, LeaderOf, Target, Verb};
use ha_lab::sim::SimTime;

/// The result of [`lab_digest`]. It changes whenever the simulation behaves differently; the failing test
/// then prints the new one.
pub const LAB_DIGEST: u64 = 0x6702_3a51_8978_8a2d;

/// The default cluster for three minutes: its leading master is switched off at 60 s, a leader is paused, a link is cut.
pub fn lab_digest() -> u64 {
    let mut cluster = Cluster::new(&Config::default());
    let acts = [
        (60, Act::On(Verb::PowerOff, Target::Leader { of: LeaderOf::ControllerManager, host: true })),
        (90, Act::On(Verb::Pause, Target::Leader { of: LeaderOf::Scheduler, host: false })),
        (120, Act::Cut { from: "master-1".to_owned(), to: "master-2".to_owned() }),
    ];
    for (at, act) in acts {
        cluster.run_until(SimTime(at * 1_000_000));
        cluster.apply(&act).expect("the act can be done");
    }
    cluster.run_until(SimTime(180_000_000));
    cluster.world().trace().digest()
}
