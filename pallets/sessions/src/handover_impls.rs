//! Handing out a buffered change at the end of the block (R-ABP-9).

use crate::{
	ActiveValidatorIndices, ActiveValidatorKeys, BufferedSessionChange, Config, CurrentSessionIndex, Event,
	Pallet,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{ConfigurationOfSession, OnSessionChange, SessionChange},
	BlockNumber, SessionIndex, ValidatorId,
};
use codec::Encode;
use frame_support::{traits::Randomness, BoundedVec};
use rand::{seq::SliceRandom, SeedableRng};
use rand_chacha::ChaCha20Rng;
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Begins the buffered session, if there is one: configuration, then the session's own state, then everybody
	/// else in order (R-ABP-9).
	pub(crate) fn do_hand_out() {
		let Some(buffered) = BufferedSessionChange::<T>::take() else {
			return;
		};
		let session_index = buffered.session;
		let (old_configuration, new_configuration) = T::Configuration::activate_for(session_index);

		let random_seed = Self::random_seed(session_index);
		let limit = new_configuration
			.max_validators
			.map_or(usize::MAX, |max| max as usize);
		let (indices, validators) = shuffle(&buffered.validators, random_seed, limit);
		CurrentSessionIndex::<T>::put(session_index);
		ActiveValidatorIndices::<T>::put(BoundedVec::truncate_from(indices));
		ActiveValidatorKeys::<T>::put(BoundedVec::truncate_from(validators.clone()));
		Self::deposit_event(Event::SessionStarts {
			session: session_index,
			validators: validators.len().saturated_into(),
		});

		let now: BlockNumber = frame_system::Pallet::<T>::block_number().saturated_into();
		Self::tell(&SessionChange {
			session_index,
			session_start: now.saturating_add(1),
			validators,
			old_configuration,
			new_configuration,
			random_seed,
		});
	}

	/// Tells everybody, in the order of R-ABP-9.
	fn tell(change: &SessionChange) {
		T::Paras::on_session_change(change);
		T::Scheduler::on_session_change(change);
		T::Inclusion::on_session_change(change);
		Self::remember_session(change);
		T::Disputes::on_session_change(change);
		T::Dmp::on_session_change(change);
		T::Ump::on_session_change(change);
		T::Hrmp::on_session_change(change);
		T::Others::on_session_change(change);
	}

	/// Differs from session to session, even where the source of randomness stands still.
	fn random_seed(session: SessionIndex) -> [u8; 32] {
		let subject = (*b"async-backing sessions", session).encode();
		let (random, _) = T::Randomness::random(&subject);
		let mut seed = [0u8; 32];
		for (to, from) in seed.iter_mut().zip(random.as_ref()) {
			*to = *from;
		}
		seed
	}
}

/// The validators in an order that the seed decides, cut to `limit`, with their positions in `validators`.
pub(crate) fn shuffle(
	validators: &[ValidatorId],
	seed: [u8; 32],
	limit: usize,
) -> (Vec<u32>, Vec<ValidatorId>) {
	let mut order: Vec<(u32, &ValidatorId)> = (0..).zip(validators).collect();
	order.shuffle(&mut ChaCha20Rng::from_seed(seed));
	order.truncate(limit);
	order.into_iter().map(|(index, key)| (index, key.clone())).unzip()
}
