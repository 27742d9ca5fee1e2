//! What collators, validators and block authors do: candidates, votes, bitfields, inherents.

use super::*;
use async_backing_primitives::{
	ports::CoreScheduler,
	test_helpers::{self, Draft, Signers},
	BackedCandidate, GroupIndex, SigningContext, UncheckedSignedAvailabilityBitfield, ValidatorIndex,
};
use sp_core::Pair;
use std::ops::{Deref, DerefMut};

/// A candidate, and how it is backed.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
	draft: Draft,
	/// Positions in the group of those that vote.
	pub(crate) voters: Vec<usize>,
	/// Group that votes, if not the right one.
	pub(crate) group: Option<u32>,
	/// Session that the votes are signed for, if not the right one.
	pub(crate) signed_session: Option<u32>,
}

impl Deref for Candidate {
	type Target = Draft;
	fn deref(&self) -> &Draft {
		&self.draft
	}
}

impl DerefMut for Candidate {
	fn deref_mut(&mut self) -> &mut Draft {
		&mut self.draft
	}
}

impl Candidate {
	/// A candidate of `para` on `parent_head` with the parent block as its relay parent. Its head data is that of its
	/// parent with `block` behind.
	pub(crate) fn new(para: ParaId, core: u16, parent_head: &HeadData, block: u8) -> Self {
		let mut head = parent_head.clone();
		head.0.push(block);
		let (session, code, max_pov_size) =
			neighbours(|state| (state.session, state.codes[&para], state.config.max_pov_size));
		let mut draft = Draft::new(para, parent(), parent_head.clone(), head, code, max_pov_size);
		draft.core = CoreIndex(core.into());
		draft.session = session;
		Self {
			draft,
			voters: vec![0, 1],
			group: None,
			signed_session: None,
		}
	}

	/// The first candidate of the first para: on its genesis head and core 0.
	pub(crate) fn first() -> Self {
		Self::new(PARA, 0, &genesis_head(PARA), 1)
	}

	/// A candidate that builds on this one, with the same relay parent.
	pub(crate) fn child(&self, core: u16, block: u8) -> Self {
		let mut child = Self::new(self.para, core, &self.head(), block);
		child.on(self.relay_parent)
	}

	/// With another relay parent.
	pub(crate) fn on(&mut self, relay_parent: RelayChainBlockInfo) -> Self {
		self.set_relay_parent(relay_parent);
		self.clone()
	}

	/// With a change.
	pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
		change(&mut self);
		self
	}

	/// Group that backs its core.
	pub(crate) fn group(&self) -> GroupIndex {
		let rotation = Scheduler::rotation_info(self.relay_parent.number + 1);
		rotation
			.group_for_core(self.core, Scheduler::core_count() as usize)
			.unwrap_or_default()
	}

	/// The candidate with its votes: the first voter seconds it, the others say that it is valid. Who is not in the group
	/// votes with a key that nobody has.
	pub(crate) fn back(&self) -> BackedCandidate {
		let group = self.group.map_or(self.group(), GroupIndex);
		let members = Scheduler::groups()
			.get(group.as_usize())
			.cloned()
			.unwrap_or_default();
		let context = SigningContext {
			session_index: self.signed_session.unwrap_or(self.session),
			..self.context()
		};
		self.back_with(&context, members.len(), &self.voters, |position, payload| {
			pair(members.get(position).map_or(99, |member| member.0)).sign(payload)
		})
	}
}

/// A bitfield of a validator for the parent block, with bits for these cores.
pub(crate) fn bitfield(validator: u32, cores: &[u32]) -> UncheckedSignedAvailabilityBitfield {
	let session_index = neighbours(|state| state.session);
	bitfield_in(
		SigningContext {
			session_index,
			parent_hash: parent().hash,
		},
		validator,
		cores,
	)
}

/// A bitfield signed in another context.
pub(crate) fn bitfield_in(
	context: SigningContext,
	validator: u32,
	cores: &[u32],
) -> UncheckedSignedAvailabilityBitfield {
	let cores: Vec<_> = cores.iter().copied().map(CoreIndex).collect();
	let signers = Signers::unshuffled(validator + 1);
	let core_count = Scheduler::core_count();
	test_helpers::bitfield(&context, ValidatorIndex(validator), &cores, core_count, &signers)
}

/// Bitfields of all validators with bits for these cores: the candidates there become available.
pub(crate) fn attest(cores: &[u32]) -> Vec<UncheckedSignedAvailabilityBitfield> {
	let (session_index, validators) = neighbours(|state| (state.session, state.validators));
	let context = SigningContext {
		session_index,
		parent_hash: parent().hash,
	};
	let cores: Vec<_> = cores.iter().copied().map(CoreIndex).collect();
	test_helpers::attest(
		&context,
		&cores,
		Scheduler::core_count(),
		&Signers::unshuffled(validators),
	)
}

/// An inherent for the block being processed.
pub(crate) fn inherent(
	bitfields: &[UncheckedSignedAvailabilityBitfield],
	candidates: &[&Candidate],
) -> ParachainsInherentData {
	with_backed(
		bitfields,
		candidates.iter().map(|candidate| candidate.back()).collect(),
	)
}

/// An inherent with these backed candidates.
pub(crate) fn with_backed(
	bitfields: &[UncheckedSignedAvailabilityBitfield],
	backed_candidates: Vec<BackedCandidate>,
) -> ParachainsInherentData {
	ParachainsInherentData {
		bitfields: bitfields.to_vec(),
		backed_candidates,
		disputes: Vec::new(),
		parent_header: parent_header(),
	}
}

/// Hashes of the pending candidates of a para.
pub(crate) fn pending(para: ParaId) -> Vec<async_backing_primitives::CandidateHash> {
	pending_candidates(para)
		.iter()
		.map(|candidate| candidate.hash)
		.collect()
}

/// The pending candidates of a para.
pub(crate) fn pending_candidates(para: ParaId) -> Vec<crate::PendingCandidate> {
	crate::PendingAvailability::<Test>::get()
		.into_iter()
		.filter(|candidate| candidate.para == para)
		.collect()
}

/// Included head of a para.
pub(crate) fn included_head(para: ParaId) -> HeadData {
	neighbours(|state| state.heads[&para].clone())
}
