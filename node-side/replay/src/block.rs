//! A relay block as far as somebody told of it.

use async_backing_primitives::{
	BlockNumber, CandidateEvent, CandidateHash, CandidateReceipt, CoreIndex, GroupIndex, Hash, HeadData,
	ParachainsInherentData,
};

/// What is known of a relay block. Only what came with it: what isn't there stays undecided.
#[derive(Clone, Debug, Default)]
pub struct Block {
	/// File, and the place in it.
	pub source: String,
	/// Name of the chain, if somebody gave it.
	pub chain: Option<String>,
	/// Its number, as told.
	pub number: Option<BlockNumber>,
	/// Its hash, as told.
	pub hash: Option<Hash>,
	/// Hash of its parent, as told.
	pub parent_hash: Option<Hash>,
	/// State root in its header, as told.
	pub state_root: Option<Hash>,
	/// The inherent, if the block has one.
	pub inherent: Option<Inherent>,
	/// What became of candidates in it; `None` where nobody told events.
	pub events: Option<Vec<Told>>,
	/// What the chain booked for the inherent: the weight in its event of success.
	pub booked: Option<Booked>,
}

impl Block {
	/// Its number: as told, else that of the parent header and one.
	pub fn number(&self) -> Option<BlockNumber> {
		self.number.or_else(|| {
			let header = &self.inherent.as_ref()?.data.parent_header;
			header.number.checked_add(1)
		})
	}

	/// What to call it.
	pub fn name(&self) -> String {
		let chain = self.chain.as_deref().unwrap_or("block");
		match (self.number(), self.hash) {
			(Some(number), _) => format!("{chain} {number}"),
			(None, Some(hash)) => format!("{chain} {hash:?}"),
			(None, None) => self.source.clone(),
		}
	}

	/// Events, if somebody told them.
	pub(crate) fn told(&self) -> &[Told] {
		self.events.as_deref().unwrap_or_default()
	}
}

/// A parachains inherent, and the bytes that it came in.
#[derive(Clone, Debug)]
pub struct Inherent {
	/// What it carries.
	pub data: ParachainsInherentData,
	/// The extrinsic as it came: `None` if it was put together from JSON and nothing says that it is the one of the block.
	pub bytes: Option<Vec<u8>>,
	/// Whether decoding and encoding again gave the same bytes; `None` where there were none.
	pub encodes_alike: Option<bool>,
	/// Hash of the extrinsic, as told.
	pub told_hash: Option<Hash>,
	/// What is not known about the bits in it: JSON of REST services tells bytes of bit lists, not how many bits.
	pub bits_unknown: Option<String>,
}

/// An event about a candidate, as told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
	/// The event.
	pub event: CandidateEvent,
	/// Hash of the candidate, where it was told beside the receipt.
	pub candidate_hash: Option<CandidateHash>,
	/// Whether core and group were told: older chains had events without them.
	pub has_core: bool,
}

impl Told {
	/// The receipt that the event carries.
	pub fn receipt(&self) -> &CandidateReceipt {
		match &self.event {
			CandidateEvent::CandidateBacked(receipt, ..)
			| CandidateEvent::CandidateIncluded(receipt, ..)
			| CandidateEvent::CandidateTimedOut(receipt, ..) => receipt,
		}
	}

	/// Head data, and core and group where they were told.
	pub(crate) fn place(&self) -> (&HeadData, Option<CoreIndex>, Option<GroupIndex>) {
		let (head, core, group) = match &self.event {
			CandidateEvent::CandidateBacked(_, head, core, group)
			| CandidateEvent::CandidateIncluded(_, head, core, group) => (head, core, Some(*group)),
			CandidateEvent::CandidateTimedOut(_, head, core) => (head, core, None),
		};
		let told = |core| self.has_core.then_some(core);
		(head, told(*core), group.filter(|_| self.has_core))
	}
}

/// A weight that the chain booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Booked {
	/// Time, in picoseconds.
	pub ref_time: u64,
	/// Bytes of proof, where the chain counts them.
	pub proof_size: Option<u64>,
}
