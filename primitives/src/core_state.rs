//! Cores as runtime APIs present them, and events about candidates.

use crate::{
	BlockNumber, CandidateDescriptor, CandidateHash, CandidateReceipt, CoreIndex, GroupIndex, HeadData,
	ParaId,
};
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_core::H256;

/// The para that may use a core next (R-BIN-7).
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, codec::MaxEncodedLen, TypeInfo,
)]
pub struct ScheduledCore {
	/// The para.
	pub para_id: ParaId,
	/// A collator that the core is reserved for. Always `None` (R-SCH-1).
	pub collator: Option<H256>,
}

impl From<ParaId> for ScheduledCore {
	fn from(para_id: ParaId) -> Self {
		Self {
			para_id,
			collator: None,
		}
	}
}

/// A core whose candidate waits for availability (R-SCH-2, R-BIN-8).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct OccupiedCore {
	/// Who may use the core next if the candidate becomes available (R-SCH-3).
	pub next_up_on_available: Option<ScheduledCore>,
	/// Block in which the candidate was backed.
	pub occupied_since: BlockNumber,
	/// Block that drops the candidate, unless it becomes available before (R-TMO-3).
	pub time_out_at: BlockNumber,
	/// Who may use the core next if the candidate times out (R-SCH-3).
	pub next_up_on_time_out: Option<ScheduledCore>,
	/// One bit for each validator: set iff it says that it holds its chunk.
	pub availability: BitVec<u8, Lsb0>,
	/// The group that backed the candidate.
	pub group_responsible: GroupIndex,
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// Its descriptor.
	pub candidate_descriptor: CandidateDescriptor,
}

/// State of a core, for the child of the queried block (R-SCH-1, R-BIN-7).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[allow(clippy::large_enum_variant)] // one for each core in an answer; boxing would cost an allocation each
pub enum CoreState {
	/// A candidate waits for availability.
	Occupied(OccupiedCore),
	/// A para may use the core in the next block.
	Scheduled(ScheduledCore),
	/// Nobody may use the core in the next block.
	Free,
}

/// What to assume about candidates pending availability when asking for validation data (R-BIN-19, R-ENA-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum OccupiedCoreAssumption {
	/// They become available.
	Included,
	/// They time out.
	TimedOut,
	/// There is none; the answer is `None` if there is.
	Free,
}

/// What happened to a candidate in a block (R-BIN-18).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum CandidateEvent {
	/// It was backed and now occupies the core.
	CandidateBacked(CandidateReceipt, HeadData, CoreIndex, GroupIndex),
	/// It became available and was enacted.
	CandidateIncluded(CandidateReceipt, HeadData, CoreIndex, GroupIndex),
	/// It did not become available in time.
	CandidateTimedOut(CandidateReceipt, HeadData, CoreIndex),
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_bin_7_golden_scheduled_core() {
		let core = CoreState::Scheduled(ParaId(1000).into());
		assert_eq!(core.encode(), [1, 0xe8, 3, 0, 0, 0]);
		assert_eq!(CoreState::Free.encode(), [2]);
	}

	#[test]
	fn r_bin_18_and_19_variants_keep_their_numbers() {
		let receipt = CandidateReceipt {
			descriptor: CandidateDescriptor::v2(Default::default()),
			commitments_hash: Default::default(),
		};
		let tail = |event: &CandidateEvent| event.encode()[1 + receipt.encode().len()..].to_vec();
		let head = HeadData(alloc::vec![0xaa]);
		let (core, group) = (CoreIndex(1), GroupIndex(2));
		let backed = CandidateEvent::CandidateBacked(receipt.clone(), head.clone(), core, group);
		let included = CandidateEvent::CandidateIncluded(receipt.clone(), head.clone(), core, group);
		let timed_out = CandidateEvent::CandidateTimedOut(receipt.clone(), head, core);
		for (number, event, expected) in [
			(0, &backed, &[4, 0xaa, 1, 0, 0, 0, 2, 0, 0, 0][..]),
			(1, &included, &[4, 0xaa, 1, 0, 0, 0, 2, 0, 0, 0]),
			(2, &timed_out, &[4, 0xaa, 1, 0, 0, 0]),
		] {
			assert_eq!(event.encode()[0], number, "R-BIN-18");
			assert_eq!(tail(event), expected, "R-BIN-18");
		}
		use OccupiedCoreAssumption::*;
		assert_eq!([Included, TimedOut, Free].encode(), [0, 1, 2], "R-BIN-19");
	}
}
