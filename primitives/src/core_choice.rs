//! Which core a candidate occupies: one function for both sides (R-FRG-17, R-UMP-5).

use crate::{ClaimQueueOffset, CoreIndex, CoreSelector, ParaId};
use alloc::{
	collections::{BTreeMap, VecDeque},
	vec::Vec,
};
use thiserror::Error;

/// For each core the paras entitled to the next blocks, soonest first (R-SCH-4).
pub type ClaimQueue = BTreeMap<CoreIndex, VecDeque<ParaId>>;

/// Why a candidate may not occupy the core it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CoreChoiceError {
	/// No core is assigned to the para at that position of the claim queue.
	#[error("no core is assigned to para {para} at claim queue offset {offset} (R-UMP-5)")]
	NoAssignment {
		/// The para.
		para: ParaId,
		/// The position.
		offset: u8,
	},
	/// The selector picks another core.
	#[error("the candidate names core {named}, but selects core {selected} (R-UMP-5)")]
	CoreIndexMismatch {
		/// Core in the descriptor.
		named: CoreIndex,
		/// Core that the selector picks.
		selected: CoreIndex,
	},
	/// The core is not among those assigned.
	#[error("the candidate names core {0}, which is not assigned to its para (R-UMP-5)")]
	InvalidCoreIndex(CoreIndex),
}

/// Cores assigned to a para at a position of the claim queue, ascending. Linear in the number of cores.
pub fn cores_assigned_at(claim_queue: &ClaimQueue, para: ParaId, offset: ClaimQueueOffset) -> Vec<CoreIndex> {
	claim_queue
		.iter()
		.filter(|(_, claims)| claims.get(usize::from(offset.0)) == Some(&para))
		.map(|(core, _)| *core)
		.collect()
}

/// Checks that a candidate may occupy `named`, in the claim queue of its scheduling parent (R-UMP-5).
///
/// # Errors
/// [`CoreChoiceError`] says why not.
pub fn check_core_choice(
	claim_queue: &ClaimQueue,
	para: ParaId,
	named: CoreIndex,
	selection: Option<(CoreSelector, ClaimQueueOffset)>,
) -> Result<(), CoreChoiceError> {
	let assigned = cores_assigned_at(claim_queue, para, offset_of(selection));
	check_among(&assigned, para, named, selection)
}

/// A claim queue turned around: the cores of each para. For those who check the choice of many candidates by one claim
/// queue.
///
/// Two flat lists, however many paras there are: building them is a sort, and nothing is allocated for a para.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignedCores {
	/// Ascending by para, then offset.
	runs: Vec<Run>,
	/// The cores of all runs, one run after the other.
	cores: Vec<CoreIndex>,
}

/// The cores assigned to a para at one position of the claim queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
	para: ParaId,
	offset: u8,
	/// Where they begin and end among all cores.
	begin: usize,
	end: usize,
}

/// The cores assigned to one para, in [`AssignedCores`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoresOfPara<'a> {
	para: ParaId,
	/// One for each position of the claim queue at which the para has a core, ascending.
	runs: &'a [Run],
	cores: &'a [CoreIndex],
}

impl From<&ClaimQueue> for AssignedCores {
	/// Cost: O(c log c) for c claims.
	fn from(claim_queue: &ClaimQueue) -> Self {
		let mut claims: Vec<_> = claim_queue
			.iter()
			.flat_map(|(core, claims)| {
				(0..=u8::MAX)
					.zip(claims)
					.map(|(offset, para)| (*para, offset, *core))
			})
			.collect();
		claims.sort_unstable();
		let mut begin = 0;
		let runs = claims
			.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1))
			.filter_map(|run| {
				let (para, offset, _) = *run.first()?;
				let end = begin + run.len();
				let run = Run {
					para,
					offset,
					begin,
					end,
				};
				begin = end;
				Some(run)
			})
			.collect();
		Self {
			runs,
			cores: claims.iter().map(|(_, _, core)| *core).collect(),
		}
	}
}

impl AssignedCores {
	/// The cores of a para. Logarithmic.
	pub fn of(&self, para: ParaId) -> CoresOfPara<'_> {
		let begin = self.runs.partition_point(|run| run.para < para);
		let from_there = self.runs.get(begin..).unwrap_or_default();
		let count = from_there.iter().take_while(|run| run.para == para).count();
		CoresOfPara {
			para,
			runs: from_there.get(..count).unwrap_or_default(),
			cores: &self.cores,
		}
	}
}

impl<'a> CoresOfPara<'a> {
	/// Cores at a position of the claim queue, ascending. Linear in the positions at which the para has a core, of which
	/// there are as many as the scheduler looks ahead.
	#[inline]
	pub fn at(self, offset: ClaimQueueOffset) -> &'a [CoreIndex] {
		self.runs
			.iter()
			.find(|run| run.offset == offset.0)
			.and_then(|run| self.cores.get(run.begin..run.end))
			.unwrap_or_default()
	}

	/// As [`check_core_choice`]. Cost: that of [`CoresOfPara::at`]; linear in the number of cores where the candidate
	/// selects none.
	///
	/// # Errors
	/// As [`check_core_choice`].
	#[inline]
	pub fn check(
		self,
		named: CoreIndex,
		selection: Option<(CoreSelector, ClaimQueueOffset)>,
	) -> Result<(), CoreChoiceError> {
		check_among(self.at(offset_of(selection)), self.para, named, selection)
	}
}

/// Where in the claim queue the cores are looked up: at the front, unless the candidate says otherwise.
fn offset_of(selection: Option<(CoreSelector, ClaimQueueOffset)>) -> ClaimQueueOffset {
	selection.map_or(ClaimQueueOffset(0), |(_, offset)| offset)
}

/// R-UMP-5, given the cores that are assigned to the para.
#[inline]
fn check_among(
	assigned: &[CoreIndex],
	para: ParaId,
	named: CoreIndex,
	selection: Option<(CoreSelector, ClaimQueueOffset)>,
) -> Result<(), CoreChoiceError> {
	let offset = offset_of(selection);
	let no_assignment = CoreChoiceError::NoAssignment {
		para,
		offset: offset.0,
	};
	let (Some(first), count) = (assigned.first().copied(), assigned.len()) else {
		return Err(no_assignment);
	};
	let selected = match selection {
		Some((selector, _)) => {
			let position = usize::from(selector.0).checked_rem(count).ok_or(no_assignment)?;
			assigned.get(position).copied().ok_or(no_assignment)?
		}
		None if count == 1 => first,
		None if assigned.contains(&named) => return Ok(()),
		None => return Err(CoreChoiceError::InvalidCoreIndex(named)),
	};
	if selected != named {
		return Err(CoreChoiceError::CoreIndexMismatch { named, selected });
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_ump_5_core_choice() {
		let queue = ClaimQueue::from([
			(CoreIndex(0), VecDeque::from([ParaId(7), ParaId(8)])),
			(CoreIndex(2), VecDeque::from([ParaId(7), ParaId(7)])),
			(CoreIndex(3), VecDeque::from([ParaId(9)])),
		]);
		let select = |selector, offset| Some((CoreSelector(selector), ClaimQueueOffset(offset)));
		use CoreChoiceError::*;
		let mismatch = |named, selected| {
			Err(CoreIndexMismatch {
				named: CoreIndex(named),
				selected: CoreIndex(selected),
			})
		};
		let rows = [
			(
				"no assignment",
				6,
				0,
				None,
				Err(NoAssignment {
					para: ParaId(6),
					offset: 0,
				}),
			),
			(
				"none that far",
				9,
				3,
				select(0, 1),
				Err(NoAssignment {
					para: ParaId(9),
					offset: 1,
				}),
			),
			("selector counts ascending", 7, 2, select(1, 0), Ok(())),
			("selector is taken modulo", 7, 0, select(4, 0), Ok(())),
			("selector picks another", 7, 2, select(0, 0), mismatch(2, 0)),
			("offset counts", 7, 2, select(0, 1), Ok(())),
			("one core must match", 9, 3, None, Ok(())),
			("one core does not match", 9, 2, None, mismatch(2, 3)),
			("any of several", 7, 2, None, Ok(())),
			("none of several", 7, 3, None, Err(InvalidCoreIndex(CoreIndex(3)))),
		];
		for (name, para, core, selection, expected) in rows {
			let checked = check_core_choice(&queue, ParaId(para), CoreIndex(core), selection);
			assert_eq!(checked, expected, "R-UMP-5: {name}");
			let checked = AssignedCores::from(&queue)
				.of(ParaId(para))
				.check(CoreIndex(core), selection);
			assert_eq!(checked, expected, "R-UMP-5: {name}, turned around");
		}
	}

	proptest::proptest! {
		/// Turned around, a claim queue says the same (R-UMP-5).
		#[test]
		fn r_ump_5_turning_around_loses_nothing(
			claims in proptest::collection::btree_map(0_u32..40, proptest::collection::vec(0_u32..6, 0..5), 0..20),
		) {
			let queue: ClaimQueue = claims
				.into_iter()
				.map(|(core, paras)| (CoreIndex(core), paras.into_iter().map(ParaId).collect()))
				.collect();
			let turned = AssignedCores::from(&queue);
			for para in (0..7).map(ParaId) {
				for offset in (0..6).map(ClaimQueueOffset) {
					let cores = cores_assigned_at(&queue, para, offset);
					proptest::prop_assert_eq!(turned.of(para).at(offset), cores);
				}
			}
		}
	}
}
