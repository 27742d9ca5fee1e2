//! Numbers that look random and are the same everywhere (SplitMix64).

/// A source of numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
	pub(super) fn new(seed: u64) -> Self {
		Self(seed)
	}

	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = self.0;
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}

	/// Below `end`; 0 if that is 0.
	pub(super) fn below(&mut self, end: u32) -> u32 {
		u32::try_from(self.next() % u64::from(end.max(1))).unwrap_or_default()
	}

	/// From `start` up to and with `last`.
	pub(super) fn within(&mut self, start: u32, last: u32) -> u32 {
		start.saturating_add(self.below(last.saturating_sub(start).saturating_add(1)))
	}

	pub(super) fn one_in(&mut self, n: u32) -> bool {
		self.below(n) == 0
	}

	pub(super) fn pick<T: Clone>(&mut self, choices: &[T], otherwise: T) -> T {
		let at = self.below(u32::try_from(choices.len()).unwrap_or(u32::MAX));
		choices.get(at as usize).cloned().unwrap_or(otherwise)
	}

	pub(super) fn bytes(&mut self, len: u32) -> Vec<u8> {
		(0..len).map(|_| self.next().to_le_bytes()[0]).collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn it_is_splitmix() {
		// The first number of seed 0 in the reference implementation.
		assert_eq!(Random::new(0).next(), 0xe220_a839_7b1d_cdaf);
		let mut random = Random::new(1);
		assert!((0..1000).all(|_| (3..=5).contains(&random.within(3, 5))));
		assert_eq!(random.below(0), 0);
	}
}
