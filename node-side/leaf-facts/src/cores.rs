//! What follows from the states of the cores.

use async_backing_primitives::{ClaimQueue, CoreIndex, CoreState, ParaId};
use std::collections::{BTreeSet, VecDeque};

/// Paras that appear in a claim queue, occupy a core or are next up on one (R-VIE-1).
pub(crate) fn scheduled_paras(claim_queue: &ClaimQueue, cores: &[CoreState]) -> BTreeSet<ParaId> {
	let claimed = claim_queue.values().flatten().copied();
	let on_cores = cores.iter().flat_map(|core| match core {
		CoreState::Occupied(occupied) => {
			let next = [&occupied.next_up_on_available, &occupied.next_up_on_time_out];
			let next = next.map(|scheduled| scheduled.as_ref().map(|scheduled| scheduled.para_id));
			[Some(occupied.candidate_descriptor.para_id()), next[0], next[1]]
		}
		CoreState::Scheduled(scheduled) => [Some(scheduled.para_id), None, None],
		CoreState::Free => [None; 3],
	});
	claimed.chain(on_cores.flatten()).collect()
}

/// The claim queue as far as the cores tell it: its first position (R-SCH-3), for runtimes before version 11.
///
/// Of an occupied core it is what comes next if the candidate becomes available, as most do.
pub(crate) fn claims_of_cores(cores: &[CoreState]) -> ClaimQueue {
	let claims = cores.iter().map(|core| {
		let next = match core {
			CoreState::Occupied(occupied) => occupied.next_up_on_available.as_ref(),
			CoreState::Scheduled(scheduled) => Some(scheduled),
			CoreState::Free => None,
		};
		next.map(|scheduled| scheduled.para_id)
			.into_iter()
			.collect::<VecDeque<_>>()
	});
	(0..).map(CoreIndex).zip(claims).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_vie_1_claims_and_cores_both_count() {
		let queue = ClaimQueue::from([(CoreIndex(0), [ParaId(3), ParaId(1)].into())]);
		let cores = [CoreState::Scheduled(ParaId(2).into()), CoreState::Free];
		assert_eq!(scheduled_paras(&queue, &cores), [1, 2, 3].map(ParaId).into());
	}

	#[test]
	fn r_sch_3_a_core_tells_the_first_of_its_claims() {
		let cores = [CoreState::Free, CoreState::Scheduled(ParaId(2).into())];
		let expected = [
			(CoreIndex(0), VecDeque::new()),
			(CoreIndex(1), [ParaId(2)].into()),
		];
		assert_eq!(claims_of_cores(&cores), expected.into());
	}
}
