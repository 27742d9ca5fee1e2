//! What is known of the chain's state between two blocks: which candidate is included, which are pending.

use super::{chains::proven_number, prepared::Prepared};
use crate::Block;
use async_backing_primitives::{
	BlockNumber, CandidateEvent, CandidateHash, CoreIndex, HeadData, ParaId, ValidatorIndex,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Default)]
pub(crate) struct State {
	/// Paras of which a candidate was included since the data began.
	pub(crate) included: BTreeMap<ParaId, HeadData>,
	/// Relay parent of the newest candidate of a para, backed or included.
	pub(crate) context: BTreeMap<ParaId, BlockNumber>,
	/// The same of the included one.
	pub(crate) included_context: BTreeMap<ParaId, BlockNumber>,
	/// Candidates that were backed since the data began and wait, in chain order.
	pub(crate) pending: BTreeMap<ParaId, Vec<Waiting>>,
	/// Paras whose newest head is known for sure, because a candidate was backed since the data began.
	pub(crate) latest: BTreeMap<ParaId, HeadData>,
}

/// A candidate that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
	pub(crate) candidate: Prepared,
	pub(crate) voters: BTreeSet<ValidatorIndex>,
	pub(crate) backed_in: Option<BlockNumber>,
}

/// Votes of a block, by core: validators that say they hold their chunk. A bitfield whose length is not the number of cores is
/// dropped, as the chain drops it (R-BIT-1); with 0 cores nobody knows the number, and all count.
pub(crate) fn votes(block: &Block, cores: usize) -> BTreeMap<CoreIndex, BTreeSet<ValidatorIndex>> {
	let mut votes: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
	let Some(inherent) = &block.inherent else {
		return votes;
	};
	// Where bits are not known, they are those of whole bytes.
	let length = match inherent.bits_unknown {
		Some(_) => cores.next_multiple_of(8),
		None => cores,
	};
	let bitfields = inherent.data.bitfields.iter();
	for bitfield in bitfields.filter(|bitfield| cores == 0 || bitfield.payload.0.len() == length) {
		for core in bitfield.payload.0.iter_ones() {
			let core = CoreIndex(u32::try_from(core).unwrap_or(u32::MAX));
			votes.entry(core).or_default().insert(bitfield.validator_index);
		}
	}
	votes
}

impl State {
	/// Counts the votes of a block for what waits.
	pub(crate) fn vote(&mut self, votes: &BTreeMap<CoreIndex, BTreeSet<ValidatorIndex>>) {
		for waiting in self.pending.values_mut().flatten() {
			if let Some(voters) = waiting.candidate.core.and_then(|core| votes.get(&core)) {
				waiting.voters.extend(voters);
			}
		}
	}

	/// What the chain says became of candidates, then what it backed.
	pub(crate) fn apply(
		&mut self,
		block: &Block,
		prepared: &[Prepared],
		number_of: impl Fn(async_backing_primitives::Hash) -> Option<BlockNumber>,
	) {
		for told in block.told() {
			let (receipt, hash) = (told.receipt(), told.receipt().hash());
			let para = receipt.descriptor.para_id();
			match &told.event {
				CandidateEvent::CandidateIncluded(_, head, ..) => {
					self.included.insert(para, head.clone());
					if let Some(number) = number_of(receipt.descriptor.relay_parent()) {
						self.included_context.insert(para, number);
						self.context.entry(para).or_insert(number);
					}
					self.forget(para, hash, false);
				}
				CandidateEvent::CandidateTimedOut(..) => self.forget(para, hash, true),
				CandidateEvent::CandidateBacked(..) => {}
			}
		}
		if !block
			.inherent
			.as_ref()
			.is_none_or(|inherent| inherent.data.disputes.is_empty())
		{
			// A dispute may have thrown out what waits, and nobody tells.
			self.latest.clear();
		}
		for candidate in prepared.iter().filter(|candidate| candidate.taken == Some(true)) {
			let para = candidate.para;
			self.latest
				.insert(para, candidate.backed.candidate.commitments.head_data.clone());
			if let Some(relay_parent) = candidate.relay_parent {
				self.context.insert(para, relay_parent.number);
			}
			let waiting = Waiting {
				candidate: candidate.clone(),
				voters: BTreeSet::new(),
				backed_in: proven_number(block),
			};
			self.pending.entry(para).or_default().push(waiting);
		}
	}

	fn forget(&mut self, para: ParaId, hash: CandidateHash, with_later: bool) {
		let Some(pending) = self.pending.get_mut(&para) else {
			return;
		};
		let Some(position) = pending.iter().position(|waiting| waiting.candidate.hash == hash) else {
			return;
		};
		if with_later {
			pending.truncate(position);
			// What comes next builds on what is left.
			let left = pending
				.last()
				.map(|waiting| waiting.candidate.backed.candidate.commitments.head_data.clone());
			match left.or_else(|| self.included.get(&para).cloned()) {
				Some(head) => self.latest.insert(para, head),
				None => self.latest.remove(&para),
			};
			self.context.remove(&para);
		} else {
			pending.drain(..=position);
		}
	}

	/// The session ends: whatever waits is dropped, without events (R-ABP-9).
	pub(crate) fn end_session(&mut self) {
		let waited: Vec<_> = self
			.pending
			.iter()
			.filter(|(_, pending)| !pending.is_empty())
			.map(|(para, _)| *para)
			.collect();
		for para in waited {
			match self.included.get(&para) {
				Some(head) => self.latest.insert(para, head.clone()),
				None => self.latest.remove(&para),
			};
			match self.included_context.get(&para) {
				Some(number) => self.context.insert(para, *number),
				None => self.context.remove(&para),
			};
		}
		self.pending.clear();
	}
}
