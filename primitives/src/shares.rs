//! Shares of a core: whose turn is next, and for how long (R-SCH-7).

/// Parts of a core's time: the whole of it (R-SCH-7).
pub const PARTS_OF_A_CORE: u16 = 57_600;

/// Parts that a turn takes away: those of the smallest share (R-SCH-7). 0 if there are no shares.
pub fn step_of_turns(parts: impl IntoIterator<Item = u16>) -> u16 {
	parts.into_iter().min().unwrap_or(0)
}

/// A share after one of its turns (R-SCH-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfterTurn {
	/// Parts that it may use before it is the next share's turn.
	pub remaining: u16,
	/// Whether it is the next share's turn already.
	pub hands_over: bool,
}

/// A turn of a share of so many `parts`, of which so many are `remaining`: it costs a `step`. When less than a step remains
/// it is the next share's turn, and the one that leaves is credited its parts again (R-SCH-7).
pub const fn take_turn(remaining: u16, parts: u16, step: u16) -> AfterTurn {
	let left = remaining.saturating_sub(step);
	let hands_over = left < step;
	AfterTurn {
		remaining: if hands_over {
			left.saturating_add(parts)
		} else {
			left
		},
		hands_over,
	}
}

/// The most turns that a share of so many `parts` has in a row: what was left of it when it handed over last, less than a
/// step, may make for one more (R-SCH-7).
pub const fn most_turns_in_a_row(parts: u16, step: u16) -> u16 {
	match step {
		0 => 0,
		step => parts.div_ceil(step),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Lengths of the first rows of turns of a share.
	fn rows(parts: u16, step: u16, count: usize) -> Vec<u16> {
		let mut remaining = parts;
		let mut row = || {
			let mut turns = 0;
			loop {
				let after = take_turn(remaining, parts, step);
				remaining = after.remaining;
				turns += 1;
				if after.hands_over {
					return turns;
				}
			}
		};
		(0..count).map(|_| row()).collect()
	}

	#[test]
	fn r_sch_7_turns_cost_the_smallest_share() {
		assert_eq!(step_of_turns([38_400, 19_200]), 19_200);
		assert_eq!(step_of_turns([]), 0);
		assert_eq!(rows(38_400, 19_200, 3), [2, 2, 2], "A A B");
		assert_eq!(rows(19_200, 19_200, 3), [1, 1, 1], "A A B");
		// What is left is credited: an extra turn now and then.
		assert_eq!(rows(34_560, 23_040, 4), [1, 2, 1, 2]);
		let after = take_turn(PARTS_OF_A_CORE, PARTS_OF_A_CORE, PARTS_OF_A_CORE);
		assert_eq!((after.remaining, after.hands_over), (PARTS_OF_A_CORE, true));
	}

	proptest::proptest! {
		#[test]
		fn r_sch_7_the_longest_row_is_what_turns_come_to(step in 1u16..40, times in 1u16..40, rest in 0u16..40) {
			let parts = step * times + rest % step;
			// What is left when a share hands over comes back after as many rows as a step has parts, at most.
			let longest = rows(parts, step, usize::from(step)).into_iter().max();
			proptest::prop_assert_eq!(longest, Some(most_turns_in_a_row(parts, step)), "R-SCH-7");
		}
	}
}
