//! What collators, validators and block authors do: candidates, votes, bitfields, inherents.

use super::*;
use async_backing_primitives::{
	ports::CoreScheduler, AvailabilityBitfield, BackedCandidate, BackingBits, CandidateCommitments,
	CandidateDescriptor, CommittedCandidateReceipt, CompactStatement, DescriptorFields, GroupIndex,
	PersistedValidationData, SigningContext, UncheckedSigned, UncheckedSignedAvailabilityBitfield,
	ValidationCodeHash, ValidatorId, ValidatorIndex, ValidatorPair, ValidityAttestation,
};
use sp_core::Pair;
use std::{cell::RefCell, collections::BTreeMap};

/// Key pair of a validator. Made once: large sessions are asked for theirs again and again.
pub(crate) fn pair(index: u32) -> ValidatorPair {
	thread_local!(static PAIRS: RefCell<BTreeMap<u32, ValidatorPair>> = const { RefCell::new(BTreeMap::new()) });
	PAIRS.with_borrow_mut(|pairs| {
		let from_seed = || {
			let mut seed = [1; 32];
			seed[..4].copy_from_slice(&index.to_le_bytes());
			ValidatorPair::from_seed(&seed)
		};
		pairs.entry(index).or_insert_with(from_seed).clone()
	})
}

/// Public key of a validator.
pub(crate) fn validator_id(index: u32) -> ValidatorId {
	pair(index).public()
}

/// A candidate, and how it is backed. Everything has the value that makes it good; a test changes what it is about.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
	pub(crate) para: ParaId,
	pub(crate) relay_parent: RelayChainBlockInfo,
	pub(crate) parent_head: HeadData,
	pub(crate) core: u16,
	pub(crate) session: u32,
	pub(crate) code: ValidationCodeHash,
	pub(crate) para_head: Option<HeadData>,
	pub(crate) max_pov_size: u32,
	pub(crate) commitments: CandidateCommitments,
	/// Positions in the group of those that vote.
	pub(crate) voters: Vec<usize>,
	/// Group that votes, if not the right one.
	pub(crate) group: Option<u32>,
	/// Session that the votes are signed for, if not the right one.
	pub(crate) signed_session: Option<u32>,
}

impl Candidate {
	/// A candidate of `para` on `parent_head` with the parent block as its relay parent. Its head data is that of its
	/// parent with `block` behind.
	pub(crate) fn new(para: ParaId, core: u16, parent_head: &HeadData, block: u8) -> Self {
		let relay_parent = parent();
		let mut head_data = parent_head.clone();
		head_data.0.push(block);
		let (session, code) = neighbours(|state| (state.session, state.codes[&para]));
		Self {
			para,
			relay_parent,
			parent_head: parent_head.clone(),
			core,
			session,
			code,
			para_head: None,
			max_pov_size: neighbours(|state| state.config.max_pov_size),
			commitments: CandidateCommitments {
				head_data,
				hrmp_watermark: relay_parent.number,
				..Default::default()
			},
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
		self.relay_parent = relay_parent;
		self.commitments.hrmp_watermark = relay_parent.number;
		self.clone()
	}

	/// With a change.
	pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
		change(&mut self);
		self
	}

	/// Its head data.
	pub(crate) fn head(&self) -> HeadData {
		self.commitments.head_data.clone()
	}

	/// Group that backs its core.
	pub(crate) fn group(&self) -> GroupIndex {
		let rotation = Scheduler::rotation_info(self.relay_parent.number + 1);
		rotation
			.group_for_core(CoreIndex(self.core.into()), Scheduler::core_count() as usize)
			.unwrap_or_default()
	}

	/// The candidate.
	pub(crate) fn receipt(&self) -> CommittedCandidateReceipt {
		let data = PersistedValidationData {
			parent_head: self.parent_head.clone(),
			relay_parent_number: self.relay_parent.number,
			relay_parent_storage_root: self.relay_parent.storage_root,
			max_pov_size: self.max_pov_size,
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: self.para,
			relay_parent: self.relay_parent.hash,
			core_index: self.core,
			session_index: self.session,
			persisted_validation_data_hash: data.hash(),
			para_head: self
				.para_head
				.as_ref()
				.unwrap_or(&self.commitments.head_data)
				.hash(),
			validation_code_hash: self.code,
			..Default::default()
		});
		CommittedCandidateReceipt {
			descriptor,
			commitments: self.commitments.clone(),
		}
	}

	/// Its identity.
	pub(crate) fn hash(&self) -> async_backing_primitives::CandidateHash {
		self.receipt().hash()
	}

	/// The candidate with its votes: the first voter seconds it, the others say that it is valid.
	pub(crate) fn back(&self) -> BackedCandidate {
		let candidate = self.receipt();
		let hash = candidate.hash();
		let group = self.group.map_or(self.group(), GroupIndex);
		let members = Scheduler::groups()
			.get(group.as_usize())
			.cloned()
			.unwrap_or_default();
		let context = SigningContext {
			session_index: self.signed_session.unwrap_or(self.session),
			parent_hash: self.relay_parent.hash,
		};
		let vote = |(i, position): (usize, &usize)| {
			let key = pair(members.get(*position).map_or(99, |member| member.0));
			let sign = |statement: CompactStatement| key.sign(&statement.signing_payload(&context));
			match i {
				0 => ValidityAttestation::Implicit(sign(CompactStatement::Seconded(hash))),
				_ => ValidityAttestation::Explicit(sign(CompactStatement::Valid(hash))),
			}
		};
		let votes = self.voters.iter().enumerate().map(vote).collect();
		let bits: BackingBits = (0..members.len())
			.map(|position| self.voters.contains(&position))
			.collect();
		BackedCandidate::new(candidate, votes, bits, CoreIndex(self.core.into())).expect("the core fits")
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
	let bits = (0..Scheduler::core_count())
		.map(|core| cores.contains(&core))
		.collect();
	let payload = AvailabilityBitfield(bits);
	let signature = pair(validator).sign(&payload.signing_payload(&context));
	UncheckedSigned {
		payload,
		validator_index: ValidatorIndex(validator),
		signature,
	}
}

/// Bitfields of all validators with bits for these cores: the candidates there become available.
pub(crate) fn attest(cores: &[u32]) -> Vec<UncheckedSignedAvailabilityBitfield> {
	(0..neighbours(|state| state.validators))
		.map(|validator| bitfield(validator, cores))
		.collect()
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
