//! Where the decisions of a run come from.

/// A source of decisions: a seed, for tests, or the bytes of a fuzzer. The same source decides the same.
///
/// Bytes that have run out decide for 0 and for `false` from then on, so let these be what is ordinary.
#[derive(Clone, Debug)]
pub struct Choices<'a> {
	source: Source<'a>,
}

#[derive(Clone, Debug)]
enum Source<'a> {
	/// The state of SplitMix64 (Steele, Lea, Flood 2014): a fixed walk, mixed.
	Seed { seed: u64, state: u64 },
	/// What is left.
	Bytes(&'a [u8]),
}

impl<'a> Choices<'a> {
	/// Decisions without end.
	pub const fn seeded(seed: u64) -> Self {
		Self {
			source: Source::Seed { seed, state: seed },
		}
	}

	/// Decisions until the bytes run out.
	pub const fn bytes(bytes: &'a [u8]) -> Self {
		Self {
			source: Source::Bytes(bytes),
		}
	}

	/// The seed, unless it is bytes that decide.
	pub const fn seed(&self) -> Option<u64> {
		match self.source {
			Source::Seed { seed, .. } => Some(seed),
			Source::Bytes(_) => None,
		}
	}

	/// Whether the bytes have run out.
	pub const fn is_over(&self) -> bool {
		matches!(self.source, Source::Bytes(bytes) if bytes.is_empty())
	}

	/// A number below `end`, or 0 if there is none.
	pub fn below(&mut self, end: u64) -> u64 {
		let width = match end {
			0 | 1 => return 0,
			2..=0x100 => 1,
			0x101..=0x1_0000 => 2,
			0x1_0001..=0x1_0000_0000 => 4,
			_ => 8,
		};
		self.draw(width) % end
	}

	/// An index of a collection of this length, or 0 if it is empty.
	pub fn index(&mut self, len: usize) -> usize {
		self.below(len as u64) as usize
	}

	/// One of these.
	pub fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
		of.get(self.index(of.len()))
	}

	/// One of these, which can only be walked.
	pub fn pick_from<I>(&mut self, of: I) -> Option<I::Item>
	where
		I: IntoIterator,
		I::IntoIter: ExactSizeIterator,
	{
		let mut of = of.into_iter();
		let index = self.index(of.len());
		of.nth(index)
	}

	/// Heads or tails.
	pub fn flip(&mut self) -> bool {
		self.below(2) == 1
	}

	/// `true` about once in `times`, never if that is 0.
	pub fn one_in(&mut self, times: u64) -> bool {
		times != 0 && self.below(times) == times.saturating_sub(1)
	}

	/// So many bytes of anything.
	pub fn fill(&mut self, len: usize) -> Vec<u8> {
		(0..len).map(|_| self.draw(1) as u8).collect()
	}

	/// A number of `width` bytes.
	fn draw(&mut self, width: usize) -> u64 {
		match &mut self.source {
			Source::Seed { state, .. } => {
				*state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
				let mut mixed = *state;
				mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
				mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
				mixed ^ (mixed >> 31)
			}
			Source::Bytes(bytes) => {
				let (head, rest) = bytes.split_at(width.min(bytes.len()));
				*bytes = rest;
				head.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_same_seed_decides_the_same() {
		let draw = |seed| {
			let mut choices = Choices::seeded(seed);
			(0..20).map(|_| choices.below(1_000_000)).collect::<Vec<_>>()
		};
		assert_eq!(draw(1), draw(1));
		assert_ne!(draw(1), draw(2));
		// The first number of the reference implementation for the seed 0.
		assert_eq!(Choices::seeded(0).below(u64::MAX), 0xe220_a839_7b1d_cdaf);
	}

	#[test]
	fn every_number_below_the_end_is_drawn() {
		let mut choices = Choices::seeded(3);
		let mut seen = [false; 7];
		(0..200).for_each(|_| seen[choices.index(7)] = true);
		assert_eq!(seen, [true; 7]);
		assert_eq!(
			(choices.below(0), choices.below(1), choices.one_in(0)),
			(0, 0, false)
		);
		assert_eq!(
			(choices.pick::<u8>(&[]), choices.pick_from([1, 1])),
			(None, Some(1))
		);
	}

	#[test]
	fn bytes_decide_until_they_run_out_and_then_for_what_is_ordinary() {
		let mut choices = Choices::bytes(&[1, 2, 3, 4]);
		assert_eq!((choices.below(256), choices.below(1000)), (1, 0x0203));
		assert!(!choices.is_over());
		assert_eq!(choices.below(1 << 40), 4, "fewer bytes than asked for");
		assert!(choices.is_over());
		assert_eq!(
			(choices.flip(), choices.one_in(2), choices.below(9)),
			(false, false, 0)
		);
		assert_eq!((choices.fill(2), choices.seed()), (vec![0, 0], None));
	}
}
