//! Availability bitfields (R-BIT-1 to R-BIT-3).

use super::Processing;
use crate::{
	refusal::{BitfieldRefusal, Refusal},
	Config,
};
use alloc::{collections::BTreeSet, vec::Vec};
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
		if !bitfield.verify(&self.signing_context(self.parent_hash), validator) {
			return Err(BitfieldRefusal::BadSignature(index));
		}
		Ok(())
	}

	/// Step 8, first half: adds the votes to those of earlier blocks (R-ENA-2). Bits for free cores say nothing
	/// (R-BIT-3).
	///
	/// Cost: a bit for each candidate and bitfield.
	pub(super) fn record_votes(&mut self, bitfields: &[UncheckedSignedAvailabilityBitfield]) {
		if bitfields.is_empty() {
			return;
		}
		let rows: Vec<_> = bitfields
			.iter()
			.map(|bitfield| (bitfield.validator_index, bitfield.payload.bytes()))
			.collect();
		for candidate in self.pending.iter_mut() {
			let bit = CoreBit::of(candidate.core);
			for (validator, _) in rows.iter().filter(|(_, bytes)| bit.is_set_in(bytes)) {
				candidate.availability_votes.insert(*validator);
			}
		}
	}
}

/// Where a core has its bit in the bytes of a bitfield.
#[derive(Clone, Copy)]
pub(super) struct CoreBit {
	byte: usize,
	mask: u8,
}

impl CoreBit {
	pub(super) fn of(core: CoreIndex) -> Self {
		Self {
			byte: core.as_usize() / 8,
			mask: 1 << (core.0 % 8),
		}
	}

	/// Whether the bit is set; never for a core that the bitfield does not reach.
	pub(super) fn is_set_in(self, bytes: &[u8]) -> bool {
		bytes.get(self.byte).is_some_and(|byte| byte & self.mask != 0)
	}
}
