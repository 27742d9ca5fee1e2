//! How a claim queue is filled (R-SCH-4, R-SCH-5).

use alloc::collections::VecDeque;
use async_backing_primitives::{ParaId, MAX_LOOKAHEAD};

/// Claims cut to the lookahead and filled up behind with the assignment.
///
/// Claims that are visible keep their positions, so that a claim seen at position `k + 1` is at `k` one block later
/// (R-SCH-5); a new assignment queues behind them.
pub(crate) fn filled(
	mut claims: VecDeque<ParaId>,
	assignment: Option<ParaId>,
	lookahead: u32,
) -> VecDeque<ParaId> {
	let lookahead = lookahead.min(MAX_LOOKAHEAD) as usize;
	claims.truncate(lookahead);
	if let Some(para) = assignment {
		claims.resize(lookahead, para);
	}
	claims
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_sch_4_filling_stops_at_the_lookahead_and_at_a_hole() {
		let queue = |paras: &[u32]| paras.iter().copied().map(ParaId).collect::<VecDeque<_>>();
		let rows = [
			("empty and unassigned", &[][..], None, 3, &[][..]),
			("empty", &[], Some(7), 3, &[7, 7, 7]),
			("visible claims stay", &[8, 8], Some(7), 3, &[8, 8, 7]),
			("nothing behind them", &[8, 8], None, 3, &[8, 8]),
			("the lookahead shrinks", &[8, 8, 8], Some(7), 2, &[8, 8]),
			("no lookahead", &[8], Some(7), 0, &[]),
		];
		for (name, claims, assignment, lookahead, expected) in rows {
			let filled = filled(queue(claims), assignment.map(ParaId), lookahead);
			assert_eq!(filled, queue(expected), "R-SCH-4: {name}");
		}
		let ceiling = super::filled(VecDeque::new(), Some(ParaId(7)), u32::MAX);
		assert_eq!(ceiling.len(), MAX_LOOKAHEAD as usize);
	}
}
