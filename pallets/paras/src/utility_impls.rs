//! Invariants of storage.

use crate::{
	CheckCause, CodeByHash, CodeByHashRefs, CodeVotes, CodesUnderVote, Config, Heads, Pallet, ParaLifecycle,
	ParaLifecycles, ParaRecords, Parachains, TrustedCodes, UpcomingParas, UpcomingUpgrades, UpgradeCooldowns,
	UpgradeGoAheadSignal,
};
use alloc::collections::{BTreeMap, BTreeSet};
use async_backing_primitives::{BlockNumber, ParaId, ValidationCode, ValidationCodeHash};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that lists, lifecycles, heads and codes agree. Reads every code, so it is for tests and tools.
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_lifecycles()?;
		Self::check_upgrades()?;
		Self::check_votes()?;
		Self::check_codes()
	}

	fn check_lifecycles() -> Result<(), TryRuntimeError> {
		let list = Parachains::<T>::get();
		ensure!(
			list.windows(2).all(|pair| pair[0] < pair[1]),
			"parachains are not ascending"
		);
		let mut active = 0usize;
		for (para, lifecycle) in ParaLifecycles::<T>::iter() {
			if lifecycle == ParaLifecycle::Onboarding {
				ensure!(
					UpcomingParas::<T>::contains_key(para),
					"an onboarding para has nothing to begin with"
				);
				ensure!(!Heads::<T>::contains_key(para), "an onboarding para has a head");
			} else {
				active = active.saturating_add(1);
				ensure!(list.binary_search(&para).is_ok(), "an active para is not listed");
				ensure!(
					Heads::<T>::contains_key(para),
					"R-BASE-12: an active para has no head"
				);
				ensure!(
					ParaRecords::<T>::contains_key(para),
					"R-BASE-13: an active para has no code"
				);
			}
		}
		ensure!(list.len() == active, "a listed para is not active");
		ensure!(Heads::<T>::iter_keys().count() == active, "a head is left over");
		ensure!(
			ParaRecords::<T>::iter_keys().count() == active,
			"a record is left over"
		);
		Ok(())
	}

	fn check_upgrades() -> Result<(), TryRuntimeError> {
		let is_scheduled =
			|para| ParaRecords::<T>::get(para).is_some_and(|record| record.future_code().is_some());
		let mut answered = BTreeSet::new();
		for (para, record) in ParaRecords::<T>::iter() {
			if record.is_answered {
				answered.insert(para);
			}
		}
		ensure!(
			answered == UpgradeGoAheadSignal::<T>::iter_keys().collect(),
			"R-CODE-7: a record does not know of its signal"
		);
		for list in [UpcomingUpgrades::<T>::get(), UpgradeCooldowns::<T>::get()] {
			let ascends = |pair: &[(ParaId, BlockNumber)]| pair[0].1 <= pair[1].1;
			ensure!(
				list.windows(2).all(ascends),
				"R-CODE-3: a schedule does not ascend"
			);
			let paras: BTreeSet<_> = list.iter().map(|(para, _)| *para).collect();
			ensure!(paras.len() == list.len(), "R-CODE-4: a para is scheduled twice");
		}
		for (para, _) in UpcomingUpgrades::<T>::get() {
			ensure!(
				is_scheduled(para),
				"R-CODE-3: a go-ahead is due without an upgrade"
			);
		}
		Ok(())
	}

	fn check_votes() -> Result<(), TryRuntimeError> {
		let listed = CodesUnderVote::<T>::get();
		ensure!(
			listed.windows(2).all(|pair| pair[0] < pair[1]),
			"codes under vote do not ascend"
		);
		let votes: BTreeMap<_, _> = CodeVotes::<T>::iter().collect();
		ensure!(
			votes.keys().copied().eq(listed.iter().copied()),
			"votes are not listed as they are"
		);
		let mut waiting = BTreeSet::new();
		for (code_hash, vote) in votes {
			ensure!(!vote.causes.is_empty(), "nobody waits for a vote");
			for voters in [&vote.accept, &vote.reject] {
				ensure!(
					voters.windows(2).all(|pair| pair[0] < pair[1]),
					"voters do not ascend"
				);
			}
			ensure!(
				vote.accept
					.iter()
					.all(|voter| vote.reject.binary_search(voter).is_err()),
				"a validator voted both ways"
			);
			for cause in vote.causes {
				ensure!(waiting.insert(cause.para()), "a para waits for two votes");
				let code_of_para = match cause {
					CheckCause::Onboarding(para) => {
						UpcomingParas::<T>::get(para).map(|registration| registration.code_hash)
					}
					CheckCause::Upgrade { para, .. } => {
						ensure!(
							ParaRecords::<T>::get(para).is_none_or(|record| record.future_code().is_none()),
							"R-CODE-3: an upgrade is scheduled whose code is not accepted"
						);
						Self::announced_code(para)
					}
				};
				ensure!(
					code_of_para == Some(code_hash),
					"a para waits for a vote on another's code"
				);
			}
		}
		ensure!(
			ParaRecords::<T>::iter().all(|(para, record)| record.announced.is_none()
				|| record.future_code().is_some()
				|| waiting.contains(&para)),
			"R-CODE-3: nobody decides on an announced code"
		);
		Ok(())
	}

	fn check_codes() -> Result<(), TryRuntimeError> {
		let mut uses: BTreeMap<ValidationCodeHash, u32> = BTreeMap::new();
		let of_record = |record: crate::ParaRecord| {
			let announced = record.announced.map(|announced| announced.code_hash);
			core::iter::once(record.code_hash).chain(announced)
		};
		let hashes = ParaRecords::<T>::iter_values()
			.flat_map(of_record)
			.chain(UpcomingParas::<T>::iter_values().map(|registration| registration.code_hash))
			.chain(TrustedCodes::<T>::get());
		for hash in hashes {
			let count = uses.entry(hash).or_default();
			*count = count.saturating_add(1);
		}
		let stored: BTreeMap<_, _> = CodeByHashRefs::<T>::iter().collect();
		ensure!(uses == stored, "codes are not counted as they are used");
		for (hash, code) in CodeByHash::<T>::iter() {
			ensure!(uses.contains_key(&hash), "a code is left over");
			ensure!(
				ValidationCode(code.into_inner()).hash() == hash,
				"R-BIN-32: a code has another hash"
			);
		}
		ensure!(
			CodeByHash::<T>::iter_keys().count() == uses.len(),
			"a code is missing"
		);
		Ok(())
	}
}
