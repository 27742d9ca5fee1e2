//! The inherent of a block.

use super::{bitfield, Signers};
use crate::{
	hash_of, BackedCandidate, CoreIndex, Header, ParachainsInherentData, SessionIndex, SigningContext,
	ValidatorIndex,
};
use alloc::vec::Vec;

/// The author of a block: puts its inherent together.
#[derive(Clone, Debug)]
pub struct Author<'a> {
	context: SigningContext,
	core_count: u32,
	signers: &'a Signers,
	data: ParachainsInherentData,
}

impl<'a> Author<'a> {
	/// The author of the child of this block, in a session with so many cores. Its inherent is empty yet.
	pub fn new(parent: &Header, session: SessionIndex, core_count: u32, signers: &'a Signers) -> Self {
		Self {
			context: SigningContext {
				session_index: session,
				parent_hash: hash_of(parent),
			},
			core_count,
			signers,
			data: ParachainsInherentData {
				bitfields: Vec::new(),
				backed_candidates: Vec::new(),
				disputes: Vec::new(),
				parent_header: parent.clone(),
			},
		}
	}

	/// With the bitfield of a validator that has what is on these cores.
	pub fn with_bitfield(mut self, validator: ValidatorIndex, cores: &[CoreIndex]) -> Self {
		let bitfield = bitfield(&self.context, validator, cores, self.core_count, self.signers);
		self.data.bitfields.push(bitfield);
		self
	}

	/// With bitfields of all validators: what is on these cores becomes available.
	pub fn attesting(self, cores: &[CoreIndex]) -> Self {
		let validators = (0..self.signers.count()).map(ValidatorIndex);
		validators.fold(self, |author, validator| author.with_bitfield(validator, cores))
	}

	/// With a candidate.
	pub fn backing(mut self, candidate: BackedCandidate) -> Self {
		self.data.backed_candidates.push(candidate);
		self
	}

	/// The inherent: bitfields by validator, and candidates by para, in the order in which those of a para were given
	/// (R-INC-3).
	pub fn inherent(mut self) -> ParachainsInherentData {
		self.data
			.bitfields
			.sort_by_key(|bitfield| bitfield.validator_index);
		let para_of = |backed: &BackedCandidate| backed.candidate.descriptor.para_id();
		self.data.backed_candidates.sort_by_key(para_of);
		self.data
	}
}
