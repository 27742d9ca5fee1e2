//! Invariants of storage.

use crate::{
	ActionsQueue, CheckCause, CodeByHash, CodeByHashRefs, CodeVotes, CodesUnderVote, Config, Heads, Pallet,
	ParaLifecycle, ParaLifecycles, ParaRecords, Parachains, PastCodePruning, PastCodeRange, PastCodes,
	Rewrites, RewrittenParas, TrustedCodes, UpcomingParas, UpcomingUpgrades, UpgradeCooldowns,
	UpgradeGoAheadSignal, UpgradeRestrictionSignal,
};
use alloc::collections::{BTreeMap, BTreeSet};
use async_backing_primitives::{
	ports::CurrentSession, BlockNumber, ParaId, UpgradeGoAhead, ValidationCode, ValidationCodeHash,
};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that lists, lifecycles, heads, signals and codes agree, so that of a para that is gone nothing is left but the
	/// code that it ran. Reads every code, so it is for tests and tools.
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_lifecycles()?;
		Self::check_actions()?;
		Self::check_upgrades()?;
		Self::check_signals()?;
		Self::check_votes()?;
		Self::check_past_codes()?;
		Self::check_rewrites()?;
		Self::check_codes()
	}

	fn check_lifecycles() -> Result<(), TryRuntimeError> {
		let list = Parachains::<T>::get();
		ensure!(
			list.windows(2).all(|pair| pair[0] < pair[1]),
			"parachains are not ascending"
		);
		let (mut active, mut onboarding) = (0usize, 0usize);
		for (para, lifecycle) in ParaLifecycles::<T>::iter() {
			if lifecycle == ParaLifecycle::Onboarding {
				onboarding = onboarding.saturating_add(1);
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
		ensure!(
			UpcomingParas::<T>::iter_keys().count() == onboarding,
			"a registration is left over"
		);
		ensure!(Heads::<T>::iter_keys().count() == active, "a head is left over");
		ensure!(
			ParaRecords::<T>::iter_keys().count() == active,
			"a record is left over"
		);
		Ok(())
	}

	/// Whoever has to move on is queued once, for a session to come, and nobody else is.
	fn check_actions() -> Result<(), TryRuntimeError> {
		let mut queued = BTreeSet::new();
		for (session, paras) in ActionsQueue::<T>::iter() {
			ensure!(
				session > T::Session::index(),
				"an action is queued for a session that began"
			);
			ensure!(!paras.is_empty(), "an empty queue of actions is stored");
			ensure!(
				paras.windows(2).all(|pair| pair[0] < pair[1]),
				"a queue of actions does not ascend"
			);
			for para in paras {
				ensure!(queued.insert(para), "a para is queued twice");
			}
		}
		for (para, lifecycle) in ParaLifecycles::<T>::iter() {
			let is_under_vote = || {
				let registration = UpcomingParas::<T>::get(para);
				registration.is_some_and(|registration| {
					CodeVotes::<T>::get(registration.code_hash)
						.is_some_and(|vote| vote.causes.contains(&CheckCause::Onboarding(para)))
				})
			};
			let has_to_move_on = match lifecycle {
				ParaLifecycle::Onboarding => !is_under_vote(),
				ParaLifecycle::Active => false,
				ParaLifecycle::Offboarding => true,
			};
			ensure!(
				queued.remove(&para) == has_to_move_on,
				"a para is not queued as its lifecycle says"
			);
			let record = ParaRecords::<T>::get(para);
			ensure!(
				record.is_some_and(|record| record.is_offboarding)
					== (lifecycle == ParaLifecycle::Offboarding),
				"a para's record does not say whether it is leaving"
			);
		}
		ensure!(queued.is_empty(), "a para is queued that is unknown");
		Ok(())
	}

	/// What is noted in a block is listed, and gone when the block ends.
	fn check_rewrites() -> Result<(), TryRuntimeError> {
		let listed = RewrittenParas::<T>::get();
		ensure!(
			listed.windows(2).all(|pair| pair[0] < pair[1]),
			"rewritten paras do not ascend"
		);
		let noted: BTreeSet<_> = Rewrites::<T>::iter_keys().collect();
		ensure!(
			noted.into_iter().eq(listed),
			"rewritten paras are not listed as they are"
		);
		Ok(())
	}

	fn check_upgrades() -> Result<(), TryRuntimeError> {
		for list in [UpcomingUpgrades::<T>::get(), UpgradeCooldowns::<T>::get()] {
			let ascends = |pair: &[(ParaId, BlockNumber)]| pair[0].1 <= pair[1].1;
			ensure!(
				list.windows(2).all(ascends),
				"R-CODE-3: a schedule does not ascend"
			);
			let paras: BTreeSet<_> = list.iter().map(|(para, _)| *para).collect();
			ensure!(paras.len() == list.len(), "R-CODE-4: a para is scheduled twice");
		}
		let mut upcoming: BTreeMap<_, _> = UpcomingUpgrades::<T>::get().into_iter().collect();
		for (para, record) in ParaRecords::<T>::iter() {
			let Some((expected_at, _)) = record.future_code() else {
				continue;
			};
			let go_ahead = upcoming.remove(&para);
			if expected_at > Self::now() {
				ensure!(
					go_ahead == Some(expected_at),
					"R-CODE-3: no go-ahead is due for an upgrade"
				);
			} else {
				ensure!(
					record.answered_at == Some(expected_at)
						&& UpgradeGoAheadSignal::<T>::get(para) == Some(UpgradeGoAhead::GoAhead),
					"R-CODE-7: an upgrade applies whose go-ahead was not given in that block"
				);
			}
		}
		ensure!(
			upcoming.is_empty(),
			"R-CODE-3: a go-ahead is due without an upgrade"
		);
		Ok(())
	}

	fn check_signals() -> Result<(), TryRuntimeError> {
		let mut answered = BTreeSet::new();
		for (para, record) in ParaRecords::<T>::iter() {
			if let Some(at) = record.answered_at {
				ensure!(at <= Self::now(), "R-CODE-7: an answer is of a block to come");
				answered.insert(para);
			}
		}
		ensure!(
			answered == UpgradeGoAheadSignal::<T>::iter_keys().collect(),
			"R-CODE-7: a record does not know of its signal"
		);
		let restricted: BTreeSet<_> = UpgradeRestrictionSignal::<T>::iter_keys().collect();
		ensure!(
			restricted.iter().copied().eq(UpgradeCooldowns::<T>::get()
				.into_iter()
				.map(|(para, _)| para)
				.collect::<BTreeSet<_>>()),
			"R-CODE-3: restrictions and cooldowns do not pair up"
		);
		ensure!(
			restricted.iter().all(ParaRecords::<T>::contains_key),
			"R-CODE-3: a restriction is left over"
		);
		Ok(())
	}

	/// Each past code is due to be forgotten, in order.
	fn check_past_codes() -> Result<(), TryRuntimeError> {
		let range = PastCodeRange::<T>::get();
		let keys: BTreeSet<_> = PastCodePruning::<T>::iter_keys().collect();
		ensure!(
			keys.into_iter().eq(range.first..range.next),
			"R-CODE-9: the queue of past codes has gaps"
		);
		let mut due: BTreeMap<(ParaId, BlockNumber), u32> = BTreeMap::new();
		let mut latest = 0;
		for (para, until) in (range.first..range.next).filter_map(PastCodePruning::<T>::get) {
			ensure!(
				latest <= until && until <= Self::now(),
				"R-CODE-9: the queue of past codes is out of order"
			);
			latest = until;
			let count = due.entry((para, until)).or_default();
			*count = count.saturating_add(1);
		}
		for (para, list) in PastCodes::<T>::iter() {
			ensure!(!list.is_empty(), "an empty list of past codes is stored");
			let mut ended = 0;
			for past in list {
				ensure!(
					ended <= past.since && past.since <= past.until,
					"R-CODE-9: past codes of a para overlap"
				);
				ended = past.until;
				let count = due.get_mut(&(para, past.until)).filter(|count| **count > 0);
				let Some(count) = count else {
					return Err("R-CODE-9: a past code is never forgotten".into());
				};
				*count = count.saturating_sub(1);
			}
			ensure!(
				ParaRecords::<T>::get(para).is_none_or(|record| ended <= record.code_since),
				"R-CODE-9: a past code is current"
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
			.chain(Rewrites::<T>::iter_values().filter_map(|rewrite| rewrite.code_hash))
			.chain(PastCodes::<T>::iter_values().flatten().map(|past| past.code_hash))
			.chain(TrustedCodes::<T>::get());
		for hash in hashes {
			let count = uses.entry(hash).or_default();
			*count = count.saturating_add(1);
		}
		let stored: BTreeMap<_, _> = CodeByHashRefs::<T>::iter().collect();
		ensure!(
			TrustedCodes::<T>::get().windows(2).all(|pair| pair[0] < pair[1]),
			"trusted codes do not ascend"
		);
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
