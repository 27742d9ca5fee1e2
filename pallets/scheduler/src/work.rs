//! Whose turn it is on a shared core (R-SCH-7).

use crate::{Claim, CoreAssignment, CoreShares, Share, Work};
use async_backing_primitives::{step_of_turns, take_turn, BlockNumber};
use frame_support::BoundedVec;

impl Work {
	/// Work that begins. `None` if nobody uses the core: then nothing has to be remembered.
	pub(crate) fn begin(shares: &CoreShares, end: Option<BlockNumber>) -> Option<Self> {
		if shares
			.iter()
			.all(|(assignment, _)| *assignment == CoreAssignment::Idle)
		{
			return None;
		}
		let shares = shares
			.iter()
			.map(|(assignment, parts)| Share {
				assignment: *assignment,
				parts: *parts,
				remaining: *parts,
			})
			.collect();
		Some(Self {
			shares: BoundedVec::truncate_from(shares),
			turn: 0,
			end,
		})
	}

	/// Whether it is over at `block`.
	pub(crate) fn is_over(&self, block: BlockNumber) -> bool {
		self.end.is_some_and(|end| block >= end)
	}

	/// Takes the next turn, which costs its share as much as the smallest one has ([`take_turn`]). A core with a single share
	/// stays as it is.
	///
	/// Cost: linear in the number of shares.
	pub(crate) fn take_turn(&mut self) -> Claim {
		let step = step_of_turns(self.shares.iter().map(|share| share.parts));
		let count = self.shares.len();
		let Some(share) = self.shares.get_mut(self.turn as usize) else {
			return Claim::Idle;
		};
		let after = take_turn(share.remaining, share.parts, step);
		share.remaining = after.remaining;
		if after.hands_over {
			self.turn = self.turn.saturating_add(1);
			if self.turn as usize >= count {
				self.turn = 0;
			}
		}
		match share.assignment {
			CoreAssignment::Idle => Claim::Idle,
			CoreAssignment::Pool => Claim::Pool(None),
			CoreAssignment::Task(para) => Claim::Task(para),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{check_shares, BadShares, PARTS_OF_A_CORE};
	use async_backing_primitives::ParaId;
	use std::collections::BTreeMap;

	const A: CoreAssignment = CoreAssignment::Task(ParaId(1));
	const B: CoreAssignment = CoreAssignment::Task(ParaId(2));
	const IDLE: CoreAssignment = CoreAssignment::Idle;
	const POOL: CoreAssignment = CoreAssignment::Pool;

	fn shares(shares: &[(CoreAssignment, u16)]) -> CoreShares {
		shares.to_vec().try_into().expect("few shares")
	}

	fn turns(shares: &CoreShares, count: usize) -> String {
		let mut work = Work::begin(shares, None).expect("somebody uses it");
		(0..count)
			.map(|_| match work.take_turn() {
				Claim::Idle => '-',
				Claim::Pool(_) => 'p',
				Claim::Task(para) => char::from(b'A' + para.0 as u8 - 1),
			})
			.collect()
	}

	#[test]
	fn r_sch_7_shares_take_turns() {
		let rows: [(&[(CoreAssignment, u16)], &str); 6] = [
			(&[(A, 57_600)], "AAAAAA"),
			(&[(A, 38_400), (B, 19_200)], "AABAAB"),
			(&[(A, 28_800), (B, 28_800)], "ABABAB"),
			(&[(A, 28_800), (IDLE, 14_400), (POOL, 14_400)], "AA-pAA-p"),
			// A is credited what was left of it, and so has an extra turn now and then.
			(&[(A, 34_560), (B, 23_040)], "ABAABABAAB"),
			(&[(B, 23_040), (A, 34_560)], "BABAABABAA"),
		];
		for (given, expected) in rows {
			assert_eq!(
				turns(&shares(given), expected.len()),
				expected,
				"R-SCH-7: {given:?}"
			);
		}
		assert_eq!(Work::begin(&shares(&[(IDLE, 57_600)]), None), None);
	}

	#[test]
	fn a_core_with_one_share_needs_no_new_record() {
		let mut work = Work::begin(&shares(&[(A, 57_600)]), None).expect("A uses it");
		let before = work.clone();
		work.take_turn();
		assert_eq!(work, before);
	}

	#[test]
	fn r_sch_7_shares_make_up_a_core() {
		type Row<'a> = (&'a [(CoreAssignment, u16)], Result<(), BadShares>);
		let rows: [Row<'_>; 6] = [
			(&[(A, 57_600)], Ok(())),
			(&[(A, 1), (B, 57_599)], Ok(())),
			(&[], Err(BadShares::Sum)),
			(&[(A, 57_599)], Err(BadShares::Sum)),
			(&[(A, 57_600), (B, 0)], Err(BadShares::Empty)),
			(&[(A, 28_800), (A, 28_800)], Err(BadShares::Duplicate)),
		];
		for (given, expected) in rows {
			assert_eq!(check_shares(given), expected, "R-SCH-7: {given:?}");
		}
	}

	proptest::proptest! {
		#[test]
		fn r_sch_7_every_share_gets_its_part_of_the_blocks(cuts in proptest::collection::btree_set(1u16..57_600, 0..8)) {
			let ends = cuts.iter().copied().chain([PARTS_OF_A_CORE]);
			let starts = [0].into_iter().chain(cuts.iter().copied());
			let given: Vec<_> = starts
				.zip(ends)
				.zip(1..)
				.map(|((start, end), para)| (CoreAssignment::Task(ParaId(para)), end - start))
				.collect();
			let mut work = Work::begin(&shares(&given), None).expect("paras use it");
			let step = given.iter().map(|(_, parts)| *parts).min().expect("there is one");
			let rounds = 200;
			let mut had: BTreeMap<ParaId, u64> = BTreeMap::new();
			let mut round = 0;
			while round < rounds {
				let before = work.turn;
				if let Claim::Task(para) = work.take_turn() {
					*had.entry(para).or_default() += 1;
				}
				// A round ends when the last share hands over to the first.
				if (work.turn, given.len()) == (0, 1) || work.turn < before {
					round += 1;
				}
			}
			for (assignment, parts) in given {
				let CoreAssignment::Task(para) = assignment else { unreachable!() };
				let due = u64::from(parts) * rounds / u64::from(step);
				assert!(had[&para].abs_diff(due) <= 1, "R-SCH-7: {para} had {} of {due}", had[&para]);
			}
		}
	}
}
