//! Candidates, votes and bitfields.

use super::Signers;
use crate::{
	AvailabilityBitfield, BackedCandidate, BackingBits, CandidateCommitments, CandidateDescriptor,
	CandidateHash, CommittedCandidateReceipt, CompactStatement, CoreIndex, DescriptorFields, HeadData,
	ParaId, PersistedValidationData, RelayChainBlockInfo, SessionIndex, SigningContext, UncheckedSigned,
	UncheckedSignedAvailabilityBitfield, ValidationCodeHash, ValidatorIndex, ValidatorSignature,
	ValidityAttestation,
};
use alloc::vec::Vec;

/// A candidate in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
	/// Its para.
	pub para: ParaId,
	/// Relay block that it was executed against.
	pub relay_parent: RelayChainBlockInfo,
	/// Session of the relay parent's child.
	pub session: SessionIndex,
	/// Head that it builds on.
	pub parent_head: HeadData,
	/// Core that it names.
	pub core: CoreIndex,
	/// Code that it was validated with.
	pub code: ValidationCodeHash,
	/// Limit on its proof that it was validated with.
	pub max_pov_size: u32,
	/// Head that the descriptor names, if not that of the commitments.
	pub para_head: Option<HeadData>,
	/// What including it does.
	pub commitments: CandidateCommitments,
}

impl Draft {
	/// A candidate that does nothing but move the head to `head`, on core 0 of session 0.
	pub fn new(
		para: ParaId,
		relay_parent: RelayChainBlockInfo,
		parent_head: HeadData,
		head: HeadData,
		code: ValidationCodeHash,
		max_pov_size: u32,
	) -> Self {
		Self {
			para,
			relay_parent,
			session: 0,
			parent_head,
			core: CoreIndex(0),
			code,
			max_pov_size,
			para_head: None,
			commitments: CandidateCommitments {
				head_data: head,
				hrmp_watermark: relay_parent.number,
				..Default::default()
			},
		}
	}

	/// The data that it was validated with.
	pub fn validation_data(&self) -> PersistedValidationData {
		PersistedValidationData {
			parent_head: self.parent_head.clone(),
			relay_parent_number: self.relay_parent.number,
			relay_parent_storage_root: self.relay_parent.storage_root,
			max_pov_size: self.max_pov_size,
		}
	}

	/// The candidate.
	///
	/// # Panics
	/// If the core does not fit into a descriptor.
	pub fn receipt(&self) -> CommittedCandidateReceipt {
		let head = self.para_head.as_ref().unwrap_or(&self.commitments.head_data);
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: self.para,
			relay_parent: self.relay_parent.hash,
			core_index: u16::try_from(self.core.0).expect("a test has few cores"),
			session_index: self.session,
			persisted_validation_data_hash: self.validation_data().hash(),
			para_head: head.hash(),
			validation_code_hash: self.code,
			..Default::default()
		});
		CommittedCandidateReceipt {
			descriptor,
			commitments: self.commitments.clone(),
		}
	}

	/// Its identity.
	pub fn hash(&self) -> CandidateHash {
		self.receipt().hash()
	}

	/// What votes about it are bound to.
	pub fn context(&self) -> SigningContext {
		SigningContext {
			session_index: self.session,
			parent_hash: self.relay_parent.hash,
		}
	}

	/// The head after it.
	pub fn head(&self) -> HeadData {
		self.commitments.head_data.clone()
	}

	/// With another relay parent, which its watermark follows.
	pub fn set_relay_parent(&mut self, relay_parent: RelayChainBlockInfo) {
		self.relay_parent = relay_parent;
		self.commitments.hrmp_watermark = relay_parent.number;
	}

	/// The candidate with votes of its group, whose members are `group`: those at the positions `voters` vote, the first
	/// seconds it.
	///
	/// # Panics
	/// If a voter is not in the group, or the core does not fit.
	pub fn back(&self, group: &[ValidatorIndex], voters: &[usize], signers: &Signers) -> BackedCandidate {
		let sign = |position: usize, payload: &[u8]| {
			let member = group.get(position).expect("voters are positions in the group");
			signers.sign(*member, payload)
		};
		self.back_with(&self.context(), group.len(), voters, sign)
	}

	/// The candidate with votes that are bound to `context` and signed by `sign`, which is told the position in the group of
	/// `group_size` and the payload: for votes that are wrong.
	///
	/// # Panics
	/// If the core does not fit into a descriptor.
	pub fn back_with(
		&self,
		context: &SigningContext,
		group_size: usize,
		voters: &[usize],
		sign: impl Fn(usize, &[u8]) -> ValidatorSignature,
	) -> BackedCandidate {
		let candidate = self.receipt();
		let hash = candidate.hash();
		let sign = |position: usize, statement: CompactStatement| {
			sign(position, &statement.signing_payload(context))
		};
		let vote = |(rank, position): (usize, &usize)| match rank {
			0 => ValidityAttestation::Implicit(sign(*position, CompactStatement::Seconded(hash))),
			_ => ValidityAttestation::Explicit(sign(*position, CompactStatement::Valid(hash))),
		};
		let votes = voters.iter().enumerate().map(vote).collect();
		let bits: BackingBits = (0..group_size)
			.map(|position| voters.contains(&position))
			.collect();
		BackedCandidate::new(candidate, votes, bits, self.core).expect("a test has few cores")
	}
}

/// A bitfield of a validator: its bit is set for these cores, of so many.
pub fn bitfield(
	context: &SigningContext,
	validator: ValidatorIndex,
	cores: &[CoreIndex],
	core_count: u32,
	signers: &Signers,
) -> UncheckedSignedAvailabilityBitfield {
	let bits = (0..core_count).map(|core| cores.contains(&CoreIndex(core)));
	let payload = AvailabilityBitfield(bits.collect());
	let signature = signers.sign(validator, &payload.signing_payload(context));
	UncheckedSigned {
		payload,
		validator_index: validator,
		signature,
	}
}

/// Bitfields of all validators: what is on these cores becomes available.
pub fn attest(
	context: &SigningContext,
	cores: &[CoreIndex],
	core_count: u32,
	signers: &Signers,
) -> Vec<UncheckedSignedAvailabilityBitfield> {
	(0..signers.count())
		.map(|validator| bitfield(context, ValidatorIndex(validator), cores, core_count, signers))
		.collect()
}
