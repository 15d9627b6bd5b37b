//! A seeded generator (SplitMix64) for machines: jitter, random starts, new ids. Same seed, same
//! numbers; not for secrets.

use ottla_types::Uuid;

/// A generator seeded by the shell.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that yields the same numbers for the same seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 if `bound` is 0. The bias is below 2^-32 for bounds below 2^32.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A random id in the form Kafka makes them: version 4, not reserved, its text not starting
    /// with a dash.
    pub fn uuid(&mut self) -> Uuid {
        loop {
            let mut bits = (u128::from(self.next_u64()) << 64) | u128::from(self.next_u64());
            bits = (bits & !(0xf << 76)) | (0x4 << 76);
            bits = (bits & !(0x3 << 62)) | (0x2 << 62);
            let id = Uuid(bits);
            if !id.is_reserved() && !id.to_string().starts_with('-') {
                return id;
            }
        }
    }
}
