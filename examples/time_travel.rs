//! Going back in time: a session powers a master off, sees the takeover, and tries another future from the same moment:
//! `cargo run --release --example time_travel`.

use ha_lab::lab::session::{Goal, Session};
use ha_lab::lab::view::Verb;

fn main() -> Result<(), String> {
    let mut session = Session::new();
    let begun = session.now_us();
    let leader = session.view().leases[0].holder.clone().ok_or("nobody leads")?;
    let host = leader.split('/').next().unwrap_or_default().to_owned();

    for verb in [Verb::PowerOff, Verb::Pause] {
        // Return to the first moment. An act in the past starts a branch, so nothing is lost.
        session.rewind(begun, &mut || true);
        session.act(&host, verb)?;
        let found = session.run_towards(Goal::Takeover, 60_000_000, &mut || true);
        let passed = (session.now_us() - begun) as f64 / 1e6;
        println!(
            "{} {host}: {}",
            verb.name(),
            if found { format!("taken over after {passed:.1} s") } else { "no takeover".to_owned() }
        );
    }
    println!("{} branches", session.view().branches.len());
    Ok(())
}
