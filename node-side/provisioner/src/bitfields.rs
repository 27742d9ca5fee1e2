//! Collects the bitfields of one leaf (R-PRV-7).
//!
//! Invariants: whatever is kept has the right length, sets bits of occupied cores only, and is signed by the validator
//! that it names; there is at most one of each.

use async_backing_primitives::{
	CoreIndex, CoreState, Hash, LeafFacts, SigningContext, UncheckedSignedAvailabilityBitfield, ValidatorId,
	ValidatorIndex,
};
use std::{collections::BTreeMap, sync::Arc};
use thiserror::Error;

/// A bitfield as it is handed around: one of a large chain takes hundreds of bytes, and each of a thousand validators has
/// one (law 1).
pub type SharedBitfield = Arc<UncheckedSignedAvailabilityBitfield>;

/// Why a bitfield is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BitfieldError {
	/// It does not describe the cores of this leaf.
	#[error("{got} bits for {expected} cores (R-PRV-7)")]
	WrongLength {
		/// Number of cores.
		expected: usize,
		/// Number of bits.
		got: usize,
	},
	/// It attests a candidate where there is none.
	#[error("a bit for core {0}, which is not occupied (R-PRV-7)")]
	NotOccupied(CoreIndex),
	/// There is no such validator in this session.
	#[error("validator {index}, but there are {validators}")]
	UnknownValidator {
		/// The index.
		index: ValidatorIndex,
		/// Number of validators.
		validators: usize,
	},
	/// The validator did not sign it for this leaf.
	#[error("validator {0} did not sign the bitfield for this leaf (R-BIT-1)")]
	BadSignature(ValidatorIndex),
}

/// The bitfields of one leaf, the best of each validator.
#[derive(Clone, Debug)]
pub struct Bitfields {
	context: SigningContext,
	validators: Vec<ValidatorId>,
	occupied: Vec<bool>,
	chosen: BTreeMap<ValidatorIndex, SharedBitfield>,
}

impl Bitfields {
	/// No bitfields of this leaf yet. Bitfields are collected for fresh leaves only, not for those that come back after
	/// a reversion (R-PRV-7); the driver knows which is which.
	pub fn new(leaf: &LeafFacts) -> Self {
		Self {
			context: leaf.signing_context(leaf.block.hash),
			validators: leaf.validators.clone(),
			occupied: leaf
				.cores
				.iter()
				.map(|core| matches!(core, CoreState::Occupied(_)))
				.collect(),
			chosen: BTreeMap::new(),
		}
	}

	/// The leaf.
	pub fn leaf(&self) -> Hash {
		self.context.parent_hash
	}

	/// Whether a bitfield would be kept if it is signed: it can be one of this leaf, and sets more bits than what is there
	/// of its validator (R-PRV-7). Cheap: whoever collects from strangers asks this first.
	///
	/// # Errors
	/// [`BitfieldError`] says what is wrong with it; never [`BitfieldError::BadSignature`].
	pub fn check(&self, bitfield: &UncheckedSignedAvailabilityBitfield) -> Result<bool, BitfieldError> {
		let (bits, index) = (&bitfield.payload.0, bitfield.validator_index);
		if bits.len() != self.occupied.len() {
			return Err(BitfieldError::WrongLength {
				expected: self.occupied.len(),
				got: bits.len(),
			});
		}
		if let Some(core) = bits
			.iter_ones()
			.find(|core| self.occupied.get(*core) != Some(&true))
		{
			return Err(BitfieldError::NotOccupied(CoreIndex(
				u32::try_from(core).unwrap_or(u32::MAX),
			)));
		}
		self.key(index)?;
		let known = self.chosen.get(&index);
		Ok(known.is_none_or(|known| known.payload.0.count_ones() < bits.count_ones()))
	}

	/// Keeps a bitfield whose signature was verified, and that [`check`](Self::check) would keep. One that is not better
	/// than what is there changes nothing.
	pub fn insert_checked(&mut self, bitfield: UncheckedSignedAvailabilityBitfield) {
		if self.check(&bitfield) == Ok(true) {
			self.chosen.insert(bitfield.validator_index, Arc::new(bitfield));
		}
	}

	/// Keeps a bitfield if it is right and sets more bits than what is there of its validator (R-PRV-7); says whether it
	/// did. Cost: one signature check, unless it is not better.
	///
	/// # Errors
	/// [`BitfieldError`] says what is wrong with it.
	pub fn insert(&mut self, bitfield: UncheckedSignedAvailabilityBitfield) -> Result<bool, BitfieldError> {
		if !self.check(&bitfield)? {
			return Ok(false);
		}
		let index = bitfield.validator_index;
		if !bitfield.verify(&self.context, self.key(index)?) {
			return Err(BitfieldError::BadSignature(index));
		}
		self.chosen.insert(index, Arc::new(bitfield));
		Ok(true)
	}

	fn key(&self, index: ValidatorIndex) -> Result<&ValidatorId, BitfieldError> {
		let unknown = BitfieldError::UnknownValidator {
			index,
			validators: self.validators.len(),
		};
		self.validators.get(index.as_usize()).ok_or(unknown)
	}

	/// What was kept of a validator.
	pub fn get(&self, validator: ValidatorIndex) -> Option<&SharedBitfield> {
		self.chosen.get(&validator)
	}

	/// What was kept, ascending by validator. Nothing is copied.
	pub fn chosen(&self) -> Vec<SharedBitfield> {
		self.chosen.values().cloned().collect()
	}

	/// Number of validators of which a bitfield is there.
	pub fn len(&self) -> usize {
		self.chosen.len()
	}

	/// Whether there is none.
	pub fn is_empty(&self) -> bool {
		self.chosen.is_empty()
	}
}
