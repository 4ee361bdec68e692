//! Named random streams: each purpose draws from its own, derived from the seed and a name, so that adding a
//! component does not change another's draws. The generator is value-stable (`rand_pcg`), natively and in wasm32.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;

/// One named stream.
#[derive(Clone, Debug)]
pub struct Stream(Pcg32);

impl Stream {
    /// The stream `name` of the simulation with this `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        Stream(Pcg32::seed_from_u64(splitmix(seed ^ splitmix(fnv1a(name.as_bytes())))))
    }

    /// A whole number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        match bound {
            0 | 1 => 0,
            2..=0x1_0000_0000 => (u64::from(self.0.next_u32()) * bound) >> 32,
            _ => ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64,
        }
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns true with a probability of `ppm` in a million.
    pub(crate) fn chance_ppm(&mut self, ppm: u32) -> bool {
        self.below(1_000_000) < u64::from(ppm)
    }
}

/// FNV-1a: names to numbers, the same in every build.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3))
}

fn splitmix(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
