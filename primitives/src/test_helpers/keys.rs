//! Keys of validators.

use crate::{ValidatorId, ValidatorIndex, ValidatorPair, ValidatorSignature};
use alloc::{collections::BTreeMap, vec::Vec};
use core::cell::RefCell;
use sp_core::Pair;
use std::thread_local;

/// Key pair of a validator, by a number of its own: its place in the set, or what a test says. Made once in a thread: large
/// sessions are asked for theirs again and again.
pub fn pair(validator: u32) -> ValidatorPair {
	thread_local!(static PAIRS: RefCell<BTreeMap<u32, ValidatorPair>> = const { RefCell::new(BTreeMap::new()) });
	let from_seed = || {
		let mut seed = [1; 32];
		seed[..4].copy_from_slice(&validator.to_le_bytes());
		ValidatorPair::from_seed(&seed)
	};
	PAIRS.with_borrow_mut(|pairs| pairs.entry(validator).or_insert_with(from_seed).clone())
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
