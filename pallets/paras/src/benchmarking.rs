//! Benchmarks of the calls.

use crate::{
	Call, CodeVotes, Config, GenesisPara, Pallet, ParaLifecycle, ParaLifecycles, TrustedCodes, Voters,
};
use alloc::{format, vec, vec::Vec};
use async_backing_primitives::{
	ports::CurrentSession, supermajority_threshold, HeadData, ParaId, PvfCheckStatement, ValidationCode,
	ValidatorId, ValidatorIndex, ValidatorSignature,
};
use frame_benchmarking::v2::*;
use frame_support::traits::EnsureOrigin;
use frame_system::RawOrigin;
use sp_runtime::RuntimeAppPublic;

/// The chain around the pallet.
pub trait BenchmarkHelper {
	/// Begins a session with these validators and the default configuration.
	fn begin_session(validators: Vec<ValidatorId>);
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

/// A vote on the code of so many new paras that lacks one verdict, which is returned.
fn almost_decided<T: Config>(
	causes: u32,
	accept: bool,
) -> Result<(PvfCheckStatement, ValidatorSignature), BenchmarkError> {
	let keys: Vec<_> = (0..VALIDATORS).map(key).collect();
	T::BenchmarkHelper::begin_session(keys.clone());
	let code = ValidationCode(vec![7; 1_000]);
	let subject = code.hash();
	for para in 0..causes {
		Pallet::<T>::do_register(ParaId(PARA.0 + para), head(), code.clone())?;
	}
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
		let voters = Voters::truncate_from((0..last as u32).map(ValidatorIndex).collect());
		if accept {
			vote.accept = voters;
		} else {
			vote.reject = voters;
		}
	});
	let statement = verdict(last);
	let signature = keys
		.get(last)
		.and_then(|key| key.sign(&statement.signing_payload()))
		.ok_or(BenchmarkError::Stop("the key is in the keystore"))?;
	Ok((statement, signature))
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn register(c: Linear<9, 1_000_000>) -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let code = ValidationCode(vec![7; c as usize]);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, PARA, head(), code);
		assert_eq!(ParaLifecycles::<T>::get(PARA), Some(ParaLifecycle::Onboarding));
		Ok(())
	}

	#[benchmark]
	fn deregister() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let para = GenesisPara {
			id: PARA,
			head: head(),
			code: ValidationCode(vec![7; 64]),
		};
		let registered = Pallet::<T>::do_register_at_genesis(&para);
		assert!(registered.is_ok());
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, PARA);
		assert_eq!(ParaLifecycles::<T>::get(PARA), Some(ParaLifecycle::Offboarding));
		Ok(())
	}

	/// The verdict that ends a vote with acceptance, for which so many new paras wait.
	#[benchmark]
	fn end_vote_accepting(c: Linear<1, 100>) -> Result<(), BenchmarkError> {
		let (statement, signature) = almost_decided::<T>(c, true)?;
		let subject = statement.subject;
		#[extrinsic_call]
		include_pvf_check_statement(RawOrigin::Authorized, statement, signature);
		assert!(!CodeVotes::<T>::contains_key(subject));
		Ok(())
	}

	/// The verdict that ends a vote with rejection, for which so many new paras wait.
	#[benchmark]
	fn end_vote_rejecting(c: Linear<1, 100>) -> Result<(), BenchmarkError> {
		let (statement, signature) = almost_decided::<T>(c, false)?;
		let subject = statement.subject;
		#[extrinsic_call]
		include_pvf_check_statement(RawOrigin::Authorized, statement, signature);
		assert!(!CodeVotes::<T>::contains_key(subject));
		assert_eq!(ParaLifecycles::<T>::get(PARA), None);
		Ok(())
	}

	#[benchmark]
	fn authorize_pvf_check_statement() -> Result<(), BenchmarkError> {
		let (statement, signature) = almost_decided::<T>(1, true)?;
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

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_helper::externalities(),
		crate::mock::Test
	);
}
