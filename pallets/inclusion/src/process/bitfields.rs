//! Availability bitfields (R-BIT-1 to R-BIT-3).

use super::Processing;
use crate::{
	refusal::{BitfieldRefusal, Refusal},
	Config,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use async_backing_primitives::{CoreIndex, UncheckedSignedAvailabilityBitfield, ValidatorIndex};

impl<T: Config> Processing<T> {
	/// Step 7: the bitfields that count. One that fails leaves the others alone. `freed` are cores that a dispute freed
	/// in this block.
	///
	/// Cost: one signature check a bitfield.
	pub(super) fn sanitize_bitfields(
		&self,
		bitfields: Vec<UncheckedSignedAvailabilityBitfield>,
		freed: &BTreeSet<CoreIndex>,
	) -> Result<Vec<UncheckedSignedAvailabilityBitfield>, Refusal> {
		let mut last = None;
		let mut kept = Vec::with_capacity(bitfields.len().min(self.validators.len()));
		for bitfield in bitfields {
			match self.check_bitfield(&bitfield, freed, &mut last) {
				Ok(()) => kept.push(bitfield),
				Err(refusal) => self.mode.refuse(refusal)?,
			}
		}
		Ok(kept)
	}

	/// R-BIT-1. `last` is the validator of the last bitfield that got as far as the signature check, good or bad
	/// (R-BIT-2): so nobody makes a block verify two signatures for one validator.
	fn check_bitfield(
		&self,
		bitfield: &UncheckedSignedAvailabilityBitfield,
		freed: &BTreeSet<CoreIndex>,
		last: &mut Option<ValidatorIndex>,
	) -> Result<(), BitfieldRefusal> {
		let (bits, index) = (&bitfield.payload.0, bitfield.validator_index);
		let expected = self.cores as usize;
		if bits.len() != expected {
			return Err(BitfieldRefusal::WrongLength {
				expected,
				got: bits.len(),
			});
		}
		if freed
			.iter()
			.any(|core| bits.get(core.as_usize()).as_deref() == Some(&true))
		{
			return Err(BitfieldRefusal::ForFreedCore(index));
		}
		if let Some(last) = last.filter(|last| index <= *last) {
			return Err(BitfieldRefusal::OutOfOrder { last, got: index });
		}
		let validators = self.validators.len();
		let validator = self
			.validators
			.get(index.as_usize())
			.ok_or(BitfieldRefusal::UnknownValidator { index, validators })?;
		*last = Some(index);
		if !bitfield.verify(validator, &self.signing_context(self.parent_hash)) {
			return Err(BitfieldRefusal::BadSignature(index));
		}
		Ok(())
	}

	/// Step 8, first half: adds the votes to those of earlier blocks (R-ENA-2). Bits for free cores say nothing
	/// (R-BIT-3).
	pub(super) fn record_votes(&mut self, bitfields: &[UncheckedSignedAvailabilityBitfield]) {
		let mut voters = BTreeMap::<usize, Vec<ValidatorIndex>>::new();
		for bitfield in bitfields {
			for core in bitfield.payload.0.iter_ones() {
				voters.entry(core).or_default().push(bitfield.validator_index);
			}
		}
		self.pending
			.update(|candidate| match voters.get(&candidate.core.as_usize()) {
				Some(voters) => {
					voters.iter().for_each(|voter| {
						candidate.availability_votes.insert(*voter);
					});
					true
				}
				None => false,
			});
	}
}
