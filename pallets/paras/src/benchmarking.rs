//! Benchmarks of the calls.

use crate::{
	ActionsQueue, Call, CodeByHash, CodeVotes, CodesUnderVote, Config, Heads, Pallet, ParaLifecycle,
	ParaLifecycles, ParaRecords, PastCode, PastCodeRange, PastCodes, Rewrites, TrustedCodes,
	UpcomingUpgrades, UpgradeCooldowns, UpgradeGoAheadSignal, UpgradeRestrictionSignal, Voters,
	MAX_CODE_VOTES, MAX_PAST_CODES, MAX_PRUNED_PER_BLOCK, SESSION_DELAY,
};
use alloc::{format, vec, vec::Vec};
use async_backing_primitives::{
	ports::{ActiveConfiguration, CurrentSession},
	supermajority_threshold, BlockNumber, HeadData, ParaId, PvfCheckStatement, UpgradeRestriction,
	ValidationCode, ValidationCodeHash, ValidatorId, ValidatorIndex, ValidatorSignature, MAX_PARAS,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Hooks},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::RuntimeAppPublic;

/// The chain around the pallet.
pub trait BenchmarkHelper {
	/// Begins a session with these validators and the default configuration.
	fn begin_session(validators: Vec<ValidatorId>);
	/// Lets as many candidates be pending as there can be, so many of them of this para.
	fn occupy_cores(para: ParaId, candidates: u32);
}

/// Sets nothing up: for a runtime that does not run these benchmarks, but is compiled with them.
impl BenchmarkHelper for () {
	fn begin_session(_: Vec<ValidatorId>) {}
	fn occupy_cores(_: ParaId, _: u32) {}
}

/// As many as the largest relay chain plans.
const VALIDATORS: u32 = 1_000;
const PARA: ParaId = ParaId(2_000);

fn head() -> HeadData {
	HeadData(vec![1; 128])
}

fn admin<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
	T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)
}

/// The key of a validator. From a seed as it is: stretching a phrase takes a thousand times longer.
fn key(validator: u32) -> ValidatorId {
	ValidatorId::generate_pair(Some(format!("0x{validator:064x}").into_bytes()))
}

/// Code number `n`.
fn code(n: u32) -> ValidationCode {
	ValidationCode([&[7; 60], &n.to_be_bytes()[..]].concat())
}

/// An active para.
fn active<T: Config>(para: ParaId) {
	let registered = Pallet::<T>::do_register_at_genesis(para, head(), code(0));
	assert!(registered.is_ok());
}

/// Votes about other codes, as many as there can be beside one.
fn other_votes() -> BoundedVec<ValidationCodeHash, frame_support::traits::ConstU32<MAX_CODE_VOTES>> {
	let mut codes: Vec<_> = (1..MAX_CODE_VOTES).map(|n| code(1_000_000 + n).hash()).collect();
	codes.sort();
	BoundedVec::truncate_from(codes)
}

/// A schedule that is full but for so many places, of paras that come before all others, and of blocks long after.
fn schedule_with_room_for(
	places: u32,
) -> BoundedVec<(ParaId, BlockNumber), frame_support::traits::ConstU32<MAX_PARAS>> {
	let others = (0..MAX_PARAS.saturating_sub(places)).map(|para| (ParaId(1_000_000 + para), 1_000_000));
	BoundedVec::truncate_from(others.collect())
}

/// A vote that lacks one verdict, which is returned, beside as many others as there can be. So many paras wait for it: to
/// upgrade, or to be registered.
fn almost_decided<T: Config>(
	causes: u32,
	are_upgrades: bool,
	accept: bool,
) -> Result<(PvfCheckStatement, ValidatorSignature), BenchmarkError> {
	let keys: Vec<_> = (0..VALIDATORS).map(key).collect();
	T::BenchmarkHelper::begin_session(keys.clone());
	let config = T::Configuration::active();
	let subject = code(1).hash();
	for para in (0..causes).map(|number| ParaId(PARA.0 + number)) {
		if are_upgrades {
			active::<T>(para);
			Pallet::<T>::do_schedule_code_upgrade(para, code(1), 1, &config);
		} else {
			Pallet::<T>::do_register(para, head(), code(1))?;
		}
	}
	UpcomingUpgrades::<T>::put(schedule_with_room_for(causes));
	CodesUnderVote::<T>::mutate(|codes| {
		let mut all: Vec<_> = other_votes().into_iter().chain([subject]).collect();
		all.sort();
		*codes = BoundedVec::truncate_from(all);
	});
	let needed = supermajority_threshold(VALIDATORS as usize);
	let last = if accept {
		needed - 1
	} else {
		VALIDATORS as usize - needed
	};
	let verdict = |index: usize| PvfCheckStatement {
		accept,
		subject,
		session_index: T::Session::index(),
		validator_index: ValidatorIndex(index as u32),
	};
	CodeVotes::<T>::mutate_extant(subject, |vote| {
		// All others voted, as far as the vote stays open.
		let one_way = Voters::truncate_from((0..last as u32).map(ValidatorIndex).collect());
		let most_of_the_rest = if accept {
			VALIDATORS as usize - needed
		} else {
			needed - 1
		};
		let from = last as u32 + 1;
		let other_way = (from..VALIDATORS).take(most_of_the_rest).map(ValidatorIndex);
		let other_way = Voters::truncate_from(other_way.collect());
		(vote.accept, vote.reject) = if accept {
			(one_way, other_way)
		} else {
			(other_way, one_way)
		};
	});
	let statement = verdict(last);
	let signature = keys
		.get(last)
		.and_then(|key| key.sign(&statement.signing_payload()))
		.ok_or(BenchmarkError::Stop("the key is in the keystore"))?;
	Ok((statement, signature))
}

/// A para that root is about to rewrite: its upgrade is under vote, its past codes are as many as can be, and of its
/// candidates are pending.
fn troubled<T: Config>() -> Result<(), BenchmarkError> {
	almost_decided::<T>(1, true, true)?;
	past_codes::<T>(PARA, MAX_PAST_CODES);
	UpgradeCooldowns::<T>::put(schedule_with_room_for(1));
	UpgradeCooldowns::<T>::mutate(|list| list.try_push((PARA, 2_000_000)))
		.map_err(|_| BenchmarkError::Stop("there is room for one"))?;
	T::BenchmarkHelper::occupy_cores(PARA, 8);
	Ok(())
}

/// Past codes of a para, each another, which were replaced in block 0.
fn past_codes<T: Config>(para: ParaId, count: u32) {
	for number in 0..count {
		let code = code(para.0.wrapping_mul(1_000).wrapping_add(number));
		let code_hash = code.hash();
		Pallet::<T>::use_code(code_hash, BoundedVec::truncate_from(code.0));
		let _ = PastCodes::<T>::try_mutate(para, |list| {
			list.try_push(PastCode {
				code_hash,
				since: 0,
				until: 0,
			})
		});
		let key = PastCodeRange::<T>::mutate(|range| {
			range.next += 1;
			range.next - 1
		});
		crate::PastCodePruning::<T>::insert(key, (para, 0));
	}
}

#[benchmarks]
mod benches {
	use super::*;

	/// What a block does by itself, with full lists: go-aheads, restrictions that it lifts, past codes that it forgets.
	#[benchmark]
	fn on_initialize(
		g: Linear<0, 100>,
		l: Linear<0, 100>,
		p: Linear<0, MAX_PRUNED_PER_BLOCK>,
	) -> Result<(), BenchmarkError> {
		let retention = T::Configuration::active().code_retention_period;
		let now = retention.saturating_add(1);
		let paras = |count: u32| (0..count).map(|number| ParaId(PARA.0 + number));
		for para in paras(g.max(l).max(p)) {
			active::<T>(para);
			UpgradeRestrictionSignal::<T>::insert(para, UpgradeRestriction::Present);
		}
		let due = |count: u32| {
			let due = paras(count).map(|para| (para, now));
			let all = due.chain(schedule_with_room_for(count)).collect();
			BoundedVec::<_, frame_support::traits::ConstU32<MAX_PARAS>>::truncate_from(all)
		};
		let later = BlockNumber::MAX;
		UpcomingUpgrades::<T>::put(due(g));
		UpgradeCooldowns::<T>::put(due(l));
		for para in paras(p) {
			past_codes::<T>(para, 1);
			// More that were replaced later, so that the list is long.
			let more = vec![
				PastCode {
					code_hash: Default::default(),
					since: later,
					until: later,
				};
				MAX_PAST_CODES as usize - 1
			];
			PastCodes::<T>::mutate(para, |list| {
				more.into_iter().try_for_each(|past| list.try_push(past))
			})
			.map_err(|_| BenchmarkError::Stop("there is room"))?;
		}
		let codes = CodeByHash::<T>::iter_keys().count();
		let now: BlockNumberFor<T> = now.into();
		#[block]
		{
			Pallet::<T>::on_initialize(now);
			Pallet::<T>::on_finalize(now);
		}
		assert_eq!(UpgradeGoAheadSignal::<T>::iter_keys().count(), g as usize);
		assert_eq!(UpgradeCooldowns::<T>::get().len() as u32, MAX_PARAS - l);
		assert_eq!(CodeByHash::<T>::iter_keys().count(), codes - p as usize);
		Ok(())
	}

	#[benchmark]
	fn register(c: Linear<9, 1_000_000>) -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let code = ValidationCode(vec![7; c as usize]);
		CodesUnderVote::<T>::put(other_votes());
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, PARA, head(), code);
		assert_eq!(ParaLifecycles::<T>::get(PARA), Some(ParaLifecycle::Onboarding));
		Ok(())
	}

	#[benchmark]
	fn deregister() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		active::<T>(PARA);
		let others = (1..MAX_PARAS).map(|para| ParaId(PARA.0 + para)).collect();
		let session = T::Session::index().saturating_add(SESSION_DELAY);
		ActionsQueue::<T>::insert(session, BoundedVec::truncate_from(others));
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, PARA);
		assert_eq!(ParaLifecycles::<T>::get(PARA), Some(ParaLifecycle::Offboarding));
		Ok(())
	}

	/// The verdict that ends a vote with acceptance, for which so many paras wait to upgrade: they are dearer than those that
	/// wait to be registered.
	#[benchmark]
	fn end_vote_accepting(c: Linear<1, 100>) -> Result<(), BenchmarkError> {
		let (statement, signature) = almost_decided::<T>(c, true, true)?;
		let subject = statement.subject;
		#[extrinsic_call]
		include_pvf_check_statement(RawOrigin::Authorized, statement, signature);
		assert!(!CodeVotes::<T>::contains_key(subject));
		Ok(())
	}

	/// The verdict that ends a vote with rejection, for which so many new paras wait.
	#[benchmark]
	fn end_vote_rejecting(c: Linear<1, 100>) -> Result<(), BenchmarkError> {
		let (statement, signature) = almost_decided::<T>(c, false, false)?;
		let subject = statement.subject;
		#[extrinsic_call]
		include_pvf_check_statement(RawOrigin::Authorized, statement, signature);
		assert!(!CodeVotes::<T>::contains_key(subject));
		assert_eq!(ParaLifecycles::<T>::get(PARA), None);
		Ok(())
	}

	#[benchmark]
	fn authorize_pvf_check_statement() -> Result<(), BenchmarkError> {
		let (statement, signature) = almost_decided::<T>(100, true, true)?;
		let authorized;
		#[block]
		{
			authorized = Pallet::<T>::authorize_verdict(&statement, &signature);
		}
		assert!(authorized.is_ok());
		Ok(())
	}

	#[benchmark]
	fn trust_code(c: Linear<9, 1_000_000>) {
		let code = ValidationCode(vec![7; c as usize]);
		#[extrinsic_call]
		_(RawOrigin::Root, code);
		assert_eq!(TrustedCodes::<T>::get().len(), 1);
	}

	#[benchmark]
	fn distrust_code() -> Result<(), BenchmarkError> {
		let code = ValidationCode(vec![7; 1_000]);
		let code_hash = code.hash();
		Pallet::<T>::do_trust(code)?;
		#[extrinsic_call]
		_(RawOrigin::Root, code_hash);
		assert_eq!(TrustedCodes::<T>::get().len(), 0);
		Ok(())
	}

	/// With what the end of the block does.
	#[benchmark]
	fn force_set_current_code(c: Linear<9, 1_000_000>) -> Result<(), BenchmarkError> {
		troubled::<T>()?;
		let code = ValidationCode(vec![9; c as usize]);
		let code_hash = code.hash();
		let now = frame_system::Pallet::<T>::block_number();
		#[block]
		{
			Pallet::<T>::force_set_current_code(RawOrigin::Root.into(), PARA, code)?;
			Pallet::<T>::on_finalize(now);
		}
		assert_eq!(
			ParaRecords::<T>::get(PARA).map(|record| record.code_hash),
			Some(code_hash)
		);
		Ok(())
	}

	/// With what the end of the block does.
	#[benchmark]
	fn force_set_current_head(h: Linear<0, 20_480>) -> Result<(), BenchmarkError> {
		troubled::<T>()?;
		let now = frame_system::Pallet::<T>::block_number();
		let head = HeadData(vec![9; h as usize]);
		#[block]
		{
			Pallet::<T>::force_set_current_head(RawOrigin::Root.into(), PARA, head)?;
			Pallet::<T>::on_finalize(now);
		}
		assert_eq!(Heads::<T>::get(PARA).map(|head| head.len()), Some(h as usize));
		Ok(())
	}

	/// With what the end of the block does.
	#[benchmark]
	fn force_set_most_recent_context() -> Result<(), BenchmarkError> {
		troubled::<T>()?;
		let now = frame_system::Pallet::<T>::block_number();
		#[block]
		{
			Pallet::<T>::force_set_most_recent_context(RawOrigin::Root.into(), PARA, 0)?;
			Pallet::<T>::on_finalize(now);
		}
		assert!(!Rewrites::<T>::contains_key(PARA));
		assert_eq!(
			ParaRecords::<T>::get(PARA).and_then(|record| record.most_recent_context),
			Some(0)
		);
		Ok(())
	}

	/// With what the end of the block does.
	#[benchmark]
	fn remove_upgrade_cooldown() -> Result<(), BenchmarkError> {
		troubled::<T>()?;
		#[block]
		{
			Pallet::<T>::remove_upgrade_cooldown(RawOrigin::Root.into(), PARA)?;
			// The number is that of the call: a benchmark's set-up may run in block 0.
			Pallet::<T>::on_finalize(frame_system::Pallet::<T>::block_number());
		}
		assert!(!UpgradeRestrictionSignal::<T>::contains_key(PARA));
		Ok(())
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_helper::externalities(),
		crate::mock::Test
	);
}
