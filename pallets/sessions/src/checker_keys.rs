//! Where the keys come from that later checkers ask for.

use alloc::vec::Vec;
use async_backing_primitives::{
	ports::CheckerKeys, AssignmentId, AuthorityDiscoveryId, ValidatorId, ValidatorIndex,
};
use core::marker::PhantomData;
use frame_support::traits::Get;
use sp_core::sr25519;

/// A validator has one sr25519 key: what it signs statements with also assigns its checks and publishes its address. For
/// chains whose session keys are few.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneKeyForAll;

impl CheckerKeys for OneKeyForAll {
	fn assignment_keys(validators: &[ValidatorId], _: &[ValidatorIndex]) -> Vec<AssignmentId> {
		validators.iter().map(|key| raw(key).into()).collect()
	}

	fn discovery_keys(validators: &[ValidatorId], _: &[ValidatorIndex]) -> Vec<AuthorityDiscoveryId> {
		validators.iter().map(|key| raw(key).into()).collect()
	}
}

/// Keys that other pallets hold, in the order of the session pallet's set: `Assignment` of who assigns checks,
/// `Discovery` of `pallet-authority-discovery` (`current_authorities`, which is not sorted; `authorities` is).
///
/// There are as many as validators, in the order of validators, because nodes index them unchecked (R-BIN-30): where a
/// pallet lacks a key, as in the session in which it came to a running chain, the validator's own stands for it, under
/// which nobody is found.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeysByIndex<Assignment, Discovery>(PhantomData<(Assignment, Discovery)>);

impl<Assignment, Discovery> CheckerKeys for KeysByIndex<Assignment, Discovery>
where
	Assignment: Get<Vec<AssignmentId>>,
	Discovery: Get<Vec<AuthorityDiscoveryId>>,
{
	fn assignment_keys(validators: &[ValidatorId], indices: &[ValidatorIndex]) -> Vec<AssignmentId> {
		in_order(&Assignment::get(), validators, indices)
	}

	fn discovery_keys(validators: &[ValidatorId], indices: &[ValidatorIndex]) -> Vec<AuthorityDiscoveryId> {
		in_order(&Discovery::get(), validators, indices)
	}
}

fn in_order<Key: Clone + From<sr25519::Public>>(
	keys: &[Key],
	validators: &[ValidatorId],
	indices: &[ValidatorIndex],
) -> Vec<Key> {
	let key_of = |(validator, index): (&ValidatorId, &ValidatorIndex)| {
		let own = || raw(validator).into();
		keys.get(index.0 as usize).cloned().unwrap_or_else(own)
	};
	validators.iter().zip(indices).map(key_of).collect()
}

fn raw(key: &ValidatorId) -> sr25519::Public {
	key.clone().into()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::{derived, key};

	struct Held;
	impl<Key: From<sr25519::Public>> Get<Vec<Key>> for Held {
		fn get() -> Vec<Key> {
			(0..3).map(|index| derived(&key(index), 9).into()).collect()
		}
	}

	#[test]
	fn r_bin_30_keys_are_in_the_order_of_validators_and_as_many() {
		// Shuffled; the last came after the other pallet's keys were fixed.
		let order = [2u32, 0, 1, 3];
		let validators: Vec<_> = order.iter().map(|index| key(u64::from(*index))).collect();
		let indices = order.map(ValidatorIndex);
		let expected: Vec<AuthorityDiscoveryId> = [2, 0, 1]
			.map(|index| derived(&key(index), 9).into())
			.into_iter()
			.chain([raw(&key(3)).into()])
			.collect();
		assert_eq!(
			KeysByIndex::<Held, Held>::discovery_keys(&validators, &indices),
			expected
		);
		let assignments = KeysByIndex::<Held, Held>::assignment_keys(&validators, &indices);
		assert_eq!(assignments[1], derived(&key(0), 9).into());
		let own = OneKeyForAll::assignment_keys(&validators, &indices);
		assert_eq!(own[0], raw(&key(2)).into());
	}
}
