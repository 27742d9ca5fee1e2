//! A candidate as trees know it: checked once, hashed once, kept once.
//!
//! Invariant: hashes equal those of the parts. [`Candidate::new`] computes them, [`Candidate::prehashed`] is told.

use alloc::sync::Arc;
use async_backing_execution_context::validation_data;
use async_backing_primitives::{
	check_intrinsic, parse_signals, BlockNumber, CandidateCommitments, CandidateHash,
	CandidatePendingAvailability, ClaimQueueOffset, CommittedCandidateReceipt, Constraints, CoreIndex,
	CoreSelector, DescriptorFields, FragmentCandidate, Hash, HeadData, HeadHash, IntrinsicError, ParaId,
	PersistedValidationData, RelayChainBlockInfo, SignalError, ValidationDataClaim,
};

/// What a candidate says about the core that it wants to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreChoice {
	/// Relay block that fixes core and group: the relay parent, but for version 3 descriptors (R-GLO-7).
	pub scheduling_parent: Hash,
	/// Core that it names; `None` in version 1.
	pub core_index: Option<CoreIndex>,
	/// Which of the para's cores it picks, if it does (R-UMP-3). An error if its signals are malformed, which only those
	/// of a candidate are that nobody checked.
	pub selection: Result<Option<(CoreSelector, ClaimQueueOffset)>, SignalError>,
}

/// A candidate that a block may back: what is told of it to those who put the block together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backable {
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// Relay block that fixes core and group: the relay parent, but for version 3 descriptors (R-GLO-7).
	pub scheduling_parent: Hash,
	/// Core that it names; `None` in version 1.
	pub core_index: Option<CoreIndex>,
}

/// A candidate, the data that it was validated with, and the hashes that trees look it up by.
///
/// Immutable. A storage keeps one copy, and every tree that holds the candidate shares it. A clone shares receipt and
/// validation data, which may be megabytes: it copies a few hundred bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
	hash: CandidateHash,
	parent_head_hash: HeadHash,
	/// This and the next one are in the descriptor as well: trees look them up often, and the receipt is elsewhere.
	output_head_hash: HeadHash,
	relay_parent: Hash,
	/// Kept apart from the descriptor, which has to be looked at as a whole to tell its version.
	core_choice: CoreChoice,
	receipt: Arc<CommittedCandidateReceipt>,
	validation_data: Arc<PersistedValidationData>,
	bytes: usize,
}

impl Candidate {
	/// The candidate of `para` that builds on `parent_head` with these outputs, executed against `relay_parent`: of a para
	/// that stands as `constraints` say. Hashes, code, limits and relay parent are consistent with one another, whatever
	/// `fields` says of them; core, session, and the hashes of what is elsewhere (proof of validity, erasure coding) are its
	/// to say.
	///
	/// For authors, tests and tools. Cost: as [`new`](Self::new), and hashes validation data and head data once more.
	///
	/// # Errors
	/// [`IntrinsicError`] if the outputs are such as no candidate may have.
	pub fn building_on(
		para: ParaId,
		relay_parent: &RelayChainBlockInfo,
		parent_head: HeadData,
		constraints: &Constraints,
		commitments: CandidateCommitments,
		fields: DescriptorFields,
	) -> Result<Self, IntrinsicError> {
		let validation_data = PersistedValidationData {
			parent_head,
			relay_parent_number: relay_parent.number,
			relay_parent_storage_root: relay_parent.storage_root,
			max_pov_size: constraints.max_pov_size,
		};
		let fields = DescriptorFields {
			para_id: para,
			relay_parent: relay_parent.hash,
			validation_code_hash: constraints.validation_code_hash,
			..fields
		};
		let receipt = CommittedCandidateReceipt::consistent(fields, commitments, &validation_data);
		Self::new(receipt, validation_data, false)
	}

	/// A candidate that somebody proposed, after the intrinsic checks (R-FRG-16). One that fails them never enters a
	/// storage, because there is no other way in (R-STO-2).
	///
	/// Cost: hashes commitments, receipt, validation data, and both head data.
	///
	/// # Errors
	/// [`IntrinsicError`] names what is wrong with it; [`IntrinsicError::ValidationDataMismatch`] if `validation_data`
	/// are not those of its descriptor.
	pub fn new(
		receipt: CommittedCandidateReceipt,
		validation_data: PersistedValidationData,
		v3_enabled: bool,
	) -> Result<Self, IntrinsicError> {
		Self::shared(Arc::new(receipt), Arc::new(validation_data), v3_enabled)
	}

	/// As [`new`](Self::new), for parts that somebody else holds as well: nothing of them is copied.
	///
	/// # Errors
	/// As [`new`](Self::new).
	pub fn shared(
		receipt: Arc<CommittedCandidateReceipt>,
		validation_data: Arc<PersistedValidationData>,
		v3_enabled: bool,
	) -> Result<Self, IntrinsicError> {
		let (descriptor, commitments) = (&receipt.descriptor, &receipt.commitments);
		check_intrinsic(descriptor, commitments, None, Some(&validation_data), v3_enabled)?;
		let hash = receipt.hash();
		let parent_head_hash = validation_data.parent_head.hash();
		Ok(Self::told(hash, parent_head_hash, receipt, validation_data))
	}

	/// A candidate whose intrinsic checks are done and whose hashes are known. Hashes nothing.
	///
	/// The caller vouches that [`new`](Self::new) would accept the parts and would compute these hashes. Of a
	/// candidate for which that is wrong, a tree says wrong things, but nothing panics.
	pub fn prehashed(
		hash: CandidateHash,
		parent_head_hash: HeadHash,
		receipt: CommittedCandidateReceipt,
		validation_data: PersistedValidationData,
	) -> Self {
		Self::told(
			hash,
			parent_head_hash,
			Arc::new(receipt),
			Arc::new(validation_data),
		)
	}

	fn told(
		hash: CandidateHash,
		parent_head_hash: HeadHash,
		receipt: Arc<CommittedCandidateReceipt>,
		validation_data: Arc<PersistedValidationData>,
	) -> Self {
		let bytes = Self::bytes_of(&receipt, &validation_data);
		Self {
			hash,
			parent_head_hash,
			output_head_hash: receipt.descriptor.para_head(),
			relay_parent: receipt.descriptor.relay_parent(),
			core_choice: CoreChoice {
				scheduling_parent: receipt.descriptor.scheduling_parent(),
				core_index: receipt.descriptor.core_index(),
				selection: parse_signals(&receipt.commitments.upward_messages)
					.map(|signals| signals.select_core),
			},
			receipt,
			validation_data,
			bytes,
		}
	}

	/// A candidate pending availability on top of `parent_head`, its validation data put together from what the chain
	/// says (R-VIE-2). Not checked: the chain has taken it.
	///
	/// Cost: hashes `parent_head`.
	pub fn pending(
		pending: CandidatePendingAvailability,
		parent_head: HeadData,
		relay_parent_storage_root: Hash,
	) -> Self {
		let relay_parent = RelayChainBlockInfo {
			hash: pending.descriptor.relay_parent(),
			number: pending.relay_parent_number,
			storage_root: relay_parent_storage_root,
		};
		let validation_data = validation_data(&relay_parent, parent_head, pending.max_pov_size);
		let parent_head_hash = validation_data.parent_head.hash();
		let CandidatePendingAvailability {
			candidate_hash,
			descriptor,
			commitments,
			..
		} = pending;
		let receipt = CommittedCandidateReceipt {
			descriptor,
			commitments,
		};
		Self::prehashed(candidate_hash, parent_head_hash, receipt, validation_data)
	}

	/// Identity of the candidate.
	#[inline]
	pub fn hash(&self) -> CandidateHash {
		self.hash
	}

	/// The parachain that it belongs to.
	#[inline]
	pub fn para_id(&self) -> ParaId {
		self.receipt.descriptor.para_id()
	}

	/// Hash of the head data on which it builds.
	#[inline]
	pub fn parent_head_hash(&self) -> HeadHash {
		self.parent_head_hash
	}

	/// Hash of the head data after it.
	#[inline]
	pub fn output_head_hash(&self) -> HeadHash {
		self.output_head_hash
	}

	/// Head data after it.
	#[inline]
	pub fn output_head(&self) -> &HeadData {
		&self.receipt.commitments.head_data
	}

	/// The relay block that it was executed against.
	#[inline]
	pub fn relay_parent(&self) -> Hash {
		self.relay_parent
	}

	/// Relay block that fixes core and group: the relay parent, but for version 3 descriptors (R-GLO-7).
	#[inline]
	pub fn scheduling_parent(&self) -> Hash {
		self.core_choice.scheduling_parent
	}

	/// Scheduling parent and core together.
	#[inline]
	pub fn core_choice(&self) -> &CoreChoice {
		&self.core_choice
	}

	/// Core that it names; `None` in version 1.
	#[inline]
	pub fn core_index(&self) -> Option<CoreIndex> {
		self.core_choice.core_index
	}

	/// What a block has to know of it.
	#[inline]
	pub fn to_backable(&self) -> Backable {
		Backable {
			candidate_hash: self.hash,
			scheduling_parent: self.core_choice.scheduling_parent,
			core_index: self.core_choice.core_index,
		}
	}

	/// Which of the para's cores it picks, if it does (R-UMP-3).
	///
	/// # Errors
	/// [`SignalError`] if its signals are malformed, which only those of a candidate are that nobody checked.
	#[inline]
	pub fn core_selection(&self) -> Result<Option<(CoreSelector, ClaimQueueOffset)>, SignalError> {
		self.core_choice.selection
	}

	/// Number of its relay parent, as its validation data say.
	#[inline]
	pub fn relay_parent_number(&self) -> BlockNumber {
		self.validation_data.relay_parent_number
	}

	/// What including it does.
	#[inline]
	pub fn commitments(&self) -> &CandidateCommitments {
		&self.receipt.commitments
	}

	/// The candidate itself.
	#[inline]
	pub fn receipt(&self) -> &CommittedCandidateReceipt {
		&self.receipt
	}

	/// The candidate itself, to be shared.
	#[inline]
	pub fn shared_receipt(&self) -> &Arc<CommittedCandidateReceipt> {
		&self.receipt
	}

	/// Data that it was validated with, to be shared.
	#[inline]
	pub fn shared_validation_data(&self) -> &Arc<PersistedValidationData> {
		&self.validation_data
	}

	/// Data that it was validated with.
	#[inline]
	pub fn validation_data(&self) -> &PersistedValidationData {
		&self.validation_data
	}

	/// Bytes of memory that it takes, up to a constant: what the limits of a storage count.
	#[inline]
	pub fn bytes(&self) -> usize {
		self.bytes
	}

	/// The candidate as the fragment check sees it.
	#[inline]
	pub fn as_fragment(&self, is_pending_availability: bool) -> FragmentCandidate<'_> {
		FragmentCandidate {
			commitments: &self.receipt.commitments,
			validation_code_hash: self.receipt.descriptor.validation_code_hash(),
			validation_data: ValidationDataClaim::Full(&self.validation_data),
			is_pending_availability,
		}
	}

	/// What [`bytes`](Self::bytes) would be of a candidate made of these parts, before anybody makes one. Cost: linear in
	/// the number of messages.
	pub fn bytes_of(receipt: &CommittedCandidateReceipt, validation_data: &PersistedValidationData) -> usize {
		let commitments = &receipt.commitments;
		let messages = commitments.upward_messages.iter().map(|message| message.len());
		let horizontal = commitments
			.horizontal_messages
			.iter()
			.map(|message| message.data.len());
		let code = commitments
			.new_validation_code
			.as_ref()
			.map_or(0, |code| code.0.len());
		let fixed = [
			core::mem::size_of::<Self>(),
			core::mem::size_of_val(receipt),
			core::mem::size_of_val(validation_data),
		];
		let heads = [commitments.head_data.0.len(), validation_data.parent_head.0.len()];
		fixed
			.into_iter()
			.chain(heads)
			.chain([code])
			.chain(messages)
			.chain(horizontal)
			.fold(0, usize::saturating_add)
	}
}
