//! Random scenarios over every verb and every timing that validation allows. Each is refused with the place of the error, or runs
//! to its end with every invariant held, and needs a bounded amount of work and memory.

mod generate;

use std::panic::catch_unwind;

use crate::common::{counted, soak};
use ha_lab::lab::scenario::Scenario;
use ha_lab::lab::scenario::runner::run;

/// The memory that one scenario may need, in bytes.
const MOST_BYTES: usize = 512 << 20;

/// Seeds that once broke an invariant or cost too much.
const BROKE: [u64; 3] = [1_021_757, 1_030_764, 1_039_254];

#[derive(Default)]
struct Sum {
    ran: u64,
    refused: u64,
    /// CPU time, s, and the seed.
    slowest: (f64, u64),
    largest: (usize, u64),
    failed: Vec<u64>,
}

impl Sum {
    /// Runs the scenario of a seed.
    fn take(&mut self, seed: u64) {
        let file = generate::scenario(seed).to_string();
        let begun = soak::cpu_seconds();
        let (done, bytes) =
            counted::most(|| catch_unwind(|| judge(&file)).unwrap_or_else(|_| Err("a panic".to_owned())));
        self.slowest = longer(self.slowest, (soak::cpu_seconds() - begun, seed));
        self.largest = self.largest.max((bytes, seed));
        let wrong = match done {
            Ok(_) if bytes > MOST_BYTES => Some(format!("it took {bytes} bytes")),
            Ok(ran) => {
                *(if ran { &mut self.ran } else { &mut self.refused }) += 1;
                None
            }
            Err(why) => Some(why),
        };
        if let Some(why) = wrong {
            eprintln!("seed {seed}: {why}:\n{file}");
            self.failed.push(seed);
        }
    }
}

fn longer(a: (f64, u64), b: (f64, u64)) -> (f64, u64) {
    if b.0 > a.0 { b } else { a }
}

/// Returns whether the file was run (true) or refused (false), or else the failure.
fn judge(file: &str) -> Result<bool, String> {
    match Scenario::parse(file) {
        Err(error) if error.path.is_empty() || error.allowed.is_empty() => Err(format!("it is refused by {error:?}")),
        Err(_) => Ok(false),
        Ok(scenario) => {
            let report = run(&scenario, scenario.seed);
            let broken: Vec<_> = report.broken().map(|i| (i.name.clone(), i.broken.clone())).collect();
            if broken.is_empty() { Ok(true) } else { Err(format!("{broken:?}")) }
        }
    }
}

/// Guards against input that breaks an invariant, panics, or exhausts memory. All failing seeds are printed.
#[test]
fn scenarios_at_random_hold_or_are_refused() {
    let seeds = soak::seeds(1, 60);
    // Each thread takes every second seed; memory is counted for each thread.
    let part = |first: u64| {
        let mut sum = Sum::default();
        for seed in seeds.clone().skip(first as usize).step_by(2) {
            sum.take(seed);
            soak::progress("scenarios at random", seed - seeds.start, &seeds);
        }
        sum
    };
    let mut sum = Sum::default();
    for seed in BROKE {
        sum.take(seed);
    }
    let parts = std::thread::scope(|scope| {
        let other = scope.spawn(|| part(1));
        [part(0), other.join().expect("failures are counted")]
    });
    for part in parts {
        sum.ran += part.ran;
        sum.refused += part.refused;
        sum.slowest = longer(sum.slowest, part.slowest);
        sum.largest = sum.largest.max(part.largest);
        sum.failed.extend(part.failed);
    }
    println!(
        "scenarios at random: {} ran, {} were refused; the slowest (seed {}) took {:.1} s of CPU, the largest (seed {}) {} MB",
        sum.ran,
        sum.refused,
        sum.slowest.1,
        sum.slowest.0,
        sum.largest.1,
        sum.largest.0 >> 20,
    );
    assert_eq!(sum.failed, Vec::<u64>::new(), "these seeds failed");
    assert!(sum.ran > 2 * sum.refused, "most must run to mean anything: {} ran, {} refused", sum.ran, sum.refused);
}
