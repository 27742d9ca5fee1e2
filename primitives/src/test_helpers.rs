//! Keys, candidates, votes and bitfields for tests of runtimes that adopt the pallets. With the feature `test-helpers`.
//!
//! Everything has the value that makes it good; a test changes what it is about.

use crate::{
	AvailabilityBitfield, BackedCandidate, BackingBits, CandidateCommitments, CommittedCandidateReceipt,
	CompactStatement, CoreIndex, DescriptorFields, HeadData, ParaId, PersistedValidationData,
	RelayChainBlockInfo, SessionIndex, SigningContext, UncheckedSigned, UncheckedSignedAvailabilityBitfield,
	ValidationCodeHash, ValidatorId, ValidatorIndex, ValidatorPair, ValidatorSignature, ValidityAttestation,
};
use alloc::vec::Vec;
use sp_core::Pair;

/// Key pair of a validator, by a number of its own: its place in the set, or what a test says.
pub fn pair(validator: u32) -> ValidatorPair {
	let mut seed = [1; 32];
	seed[..4].copy_from_slice(&validator.to_le_bytes());
	ValidatorPair::from_seed(&seed)
}

/// Public key of a validator.
pub fn validator_id(validator: u32) -> ValidatorId {
	pair(validator).public()
}

/// Public keys of validators `0..count`.
pub fn validators(count: u32) -> Vec<ValidatorId> {
	(0..count).map(validator_id).collect()
}

/// Key pairs of a session's validators, by their index in it.
#[derive(Clone)]
pub struct Signers(Vec<ValidatorPair>);

/// Says how many there are: keys are not shown.
impl core::fmt::Debug for Signers {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "Signers({})", self.0.len())
	}
}

impl Signers {
	/// The validators of a session that is not shuffled: number i has index i.
	pub fn unshuffled(count: u32) -> Self {
		Self((0..count).map(pair).collect())
	}

	/// The validators with these keys, in this order, as `ParachainHost::validators` tells them. All of them are among
	/// `0..known`.
	///
	/// # Panics
	/// If one is not.
	pub fn of(validators: &[ValidatorId], known: u32) -> Self {
		let pairs: Vec<ValidatorPair> = (0..known).map(pair).collect();
		let pair_of = |validator: &ValidatorId| {
			let found = pairs.iter().find(|pair| pair.public() == *validator);
			found.expect("the validators have keys of this module").clone()
		};
		Self(validators.iter().map(pair_of).collect())
	}

	/// How many there are.
	pub fn count(&self) -> u32 {
		self.0.len() as u32
	}

	/// A validator's signature.
	///
	/// # Panics
	/// If there is no such validator.
	pub fn sign(&self, validator: ValidatorIndex, payload: &[u8]) -> ValidatorSignature {
		let pair = self.0.get(validator.as_usize());
		pair.expect("the session has such a validator").sign(payload)
	}
}

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
		let fields = DescriptorFields {
			para_id: self.para,
			relay_parent: self.relay_parent.hash,
			core_index: u16::try_from(self.core.0).expect("a test has few cores"),
			session_index: self.session,
			validation_code_hash: self.code,
			..Default::default()
		};
		CommittedCandidateReceipt::consistent(fields, self.commitments.clone(), &self.validation_data())
	}

	/// The candidate with votes of its group, whose members are `group`: those at the positions `voters` vote, the first
	/// seconds it.
	///
	/// # Panics
	/// If a voter is not in the group, or the core does not fit.
	pub fn back(&self, group: &[ValidatorIndex], voters: &[usize], signers: &Signers) -> BackedCandidate {
		let candidate = self.receipt();
		let hash = candidate.hash();
		let context = SigningContext {
			session_index: self.session,
			parent_hash: self.relay_parent.hash,
		};
		let sign = |position: &usize, statement: CompactStatement| {
			let member = group.get(*position).expect("voters are positions in the group");
			signers.sign(*member, &statement.signing_payload(&context))
		};
		let vote = |(rank, position): (usize, &usize)| match rank {
			0 => ValidityAttestation::Implicit(sign(position, CompactStatement::Seconded(hash))),
			_ => ValidityAttestation::Explicit(sign(position, CompactStatement::Valid(hash))),
		};
		let votes = voters.iter().enumerate().map(vote).collect();
		let bits: BackingBits = (0..group.len())
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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{check_intrinsic, crypto};

	#[test]
	fn r_frg_16_r_bkv_3_a_draft_is_consistent_and_its_votes_are_signed() {
		let relay_parent = RelayChainBlockInfo {
			hash: crate::Hash::repeat_byte(7),
			number: 7,
			storage_root: crate::Hash::zero(),
		};
		let code = ValidationCodeHash::default();
		let draft = Draft::new(
			ParaId(2000),
			relay_parent,
			HeadData(alloc::vec![0]),
			HeadData(alloc::vec![1]),
			code,
			1024,
		);
		let receipt = draft.receipt();
		let data = draft.validation_data();
		let checked = check_intrinsic(
			&receipt.descriptor,
			&receipt.commitments,
			None,
			Some(&data),
			false,
		);
		assert!(checked.is_ok(), "{checked:?}");

		let group = [ValidatorIndex(4), ValidatorIndex(5), ValidatorIndex(6)];
		let backed = draft.back(&group, &[0, 2], &Signers::unshuffled(7));
		assert_eq!(backed.validity_votes.len(), 2);
		let context = SigningContext {
			session_index: 0,
			parent_hash: relay_parent.hash,
		};
		let bitfields = attest(
			&context,
			&[CoreIndex(1)],
			2,
			&Signers::of(&[validator_id(2), validator_id(0)], 3),
		);
		let payload = bitfields[0].payload.signing_payload(&context);
		assert!(crypto::verify(
			&bitfields[0].signature,
			&payload,
			&validator_id(2)
		));
		assert_eq!(bitfields[0].payload.0.iter().filter(|bit| **bit).count(), 1);
	}
}
