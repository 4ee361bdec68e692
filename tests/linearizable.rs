//! The history of etcd's clients under random faults, through all members, is linearizable. `stateright`'s tester judges it; it
//! knows nothing of etcd. A second test shows that the tester can refuse: reads that members answer from their own state are not linearizable.

use crate::common::etcd_storm::{Asked, Call, Fault, SMALL, Said, Shape, Weather};
use crate::common::{etcd_storm, soak};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

/// The behaviour of one key if requests are sequential.
#[derive(Clone, Debug, Default)]
struct OneKey {
    version: u64,
    value: u64,
}

impl SequentialSpec for OneKey {
    type Op = Asked;
    type Ret = Said;

    fn invoke(&mut self, op: &Asked) -> Said {
        match op {
            Asked::Put(value) => {
                (self.version, self.value) = (self.version + 1, *value);
                Said::Done(true)
            }
            Asked::Cas { version, value } => {
                let holds = self.version == *version;
                if holds {
                    (self.version, self.value) = (self.version + 1, *value);
                }
                Said::Done(holds)
            }
            Asked::Get => Said::Found(self.version, self.value),
        }
    }
}

/// The calls about one key, in order of time. Linearizability is local, so each key is judged separately.
fn of_key(calls: &[Call], key: usize) -> Result<LinearizabilityTester<u32, OneKey>, String> {
    let mut moments = Vec::new();
    for call in calls.iter().filter(|c| c.key == key) {
        match &call.to {
            Some((at, said)) => {
                moments.push((call.from, 1, call.client, Some(call.asked.clone()), None));
                moments.push((*at, 0, call.client, None, Some(said.clone())));
            }
            // A failed read has no meaning; a failed write may take effect at any later time.
            None if call.asked == Asked::Get => {}
            None => moments.push((call.from, 1, call.client, Some(call.asked.clone()), None)),
        }
    }
    // If a call ends and another begins at the same moment, putting the end first would claim more than is known.
    moments.sort_by_key(|(at, begins, ..)| (*at, std::cmp::Reverse(*begins)));
    let mut tester = LinearizabilityTester::new(OneKey::default());
    for (_, _, client, asked, said) in moments {
        if let Some(asked) = asked {
            tester.on_invoke(client, asked)?;
        }
        if let Some(said) = said {
            tester.on_return(client, said)?;
        }
    }
    Ok(tester)
}

fn judge(weather: &Weather) -> Result<(), String> {
    let keys = weather.calls.iter().map(|c| c.key).max().map_or(0, |k| k + 1);
    for key in 0..keys {
        let tester = of_key(&weather.calls, key)?;
        if !tester.is_consistent() {
            let calls: Vec<_> = weather.calls.iter().filter(|c| c.key == key).collect();
            return Err(format!("the history of k{key} is not linearizable: {calls:#?}"));
        }
    }
    Ok(())
}

#[test]
fn three_members_are_linearizable() {
    etcd_storm::check("3 members", SMALL, soak::seeds(0, 150), judge);
}

#[test]
fn five_members_are_linearizable() {
    let shape = Shape { members: 5, ..SMALL };
    etcd_storm::check("5 members", shape, soak::seeds(10_000, 60), judge);
}

#[test]
fn members_that_come_and_go_are_linearizable() {
    let shape = Shape { spare: 2, storm_ms: 25_000, keys: 12, ..SMALL };
    etcd_storm::check("3 members and 2 more", shape, soak::seeds(20_000, 60), judge);
}

/// Guards the tester: serializable reads are stale if a member is cut off, and the tester must notice.
#[test]
fn stale_reads_are_found_out() {
    let shape = Shape { stale_reads: true, clients: 12, keys: 12, ..SMALL };
    let plan = vec![(8_000, Fault::Isolate(1)), (15_000, Fault::Heal)];
    let found = (0..40).filter(|seed| {
        let weather = etcd_storm::run(shape, *seed, &plan).expect("nothing else is wrong");
        judge(&weather).is_err()
    });
    let found = found.count();
    assert!(found >= 8, "of 40 histories with stale reads only {found} were found out");
    let exact = Shape { stale_reads: false, ..shape };
    for seed in 0..40 {
        etcd_storm::run(exact, seed, &plan).and_then(|weather| judge(&weather)).expect("linearizable reads");
    }
}
