//! A runtime with this pallet alone.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

#[cfg(feature = "runtime-benchmarks")]
pub(crate) mod benchmark_helper;

use crate as pallet_async_backing_hrmp;
pub(crate) use async_backing_primitives::test_helpers::neighbours;
use async_backing_primitives::{
	test_helpers::{Neighbours, State},
	HostConfiguration, ParaId,
};
use frame_support::{derive_impl, traits::ConstU128};
use sp_runtime::{traits::Convert, BuildStorage, DispatchError};

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Hrmp: pallet_async_backing_hrmp,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
	type RuntimeHoldReason = RuntimeHoldReason;
}

/// What each para's account begins with.
pub(crate) const ENDOWMENT: u128 = 100;
pub(crate) const SENDER_DEPOSIT: u128 = 20;
pub(crate) const RECIPIENT_DEPOSIT: u128 = 7;

/// The signed account with a para's number speaks for it.
pub struct EnsurePara;
impl frame_support::traits::EnsureOrigin<RuntimeOrigin> for EnsurePara {
	type Success = ParaId;
	fn try_origin(origin: RuntimeOrigin) -> Result<ParaId, RuntimeOrigin> {
		match frame_system::ensure_signed(origin.clone()) {
			Ok(account) if account >= 2000 => Ok(ParaId(account as u32)),
			_ => Err(origin),
		}
	}
	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
		Ok(by(ParaId(2000)))
	}
}

pub struct AccountOfPara;
impl Convert<ParaId, u64> for AccountOfPara {
	fn convert(para: ParaId) -> u64 {
		para.0.into()
	}
}

pub(crate) fn by(para: ParaId) -> RuntimeOrigin {
	RuntimeOrigin::signed(para.0.into())
}

/// What is held of a para's account.
pub(crate) fn held(para: ParaId) -> u128 {
	use frame_support::traits::fungible::InspectHold;
	let reason = crate::HoldReason::ChannelDeposit.into();
	Balances::balance_on_hold(&reason, &para.0.into())
}

/// The error of a para that may not do something.
pub(crate) const BAD_ORIGIN: DispatchError = DispatchError::BadOrigin;

/// Small numbers, so that tests see limits.
fn limits() -> HostConfiguration {
	HostConfiguration {
		hrmp_max_parachain_outbound_channels: 3,
		hrmp_max_parachain_inbound_channels: 2,
		hrmp_channel_max_capacity: 8,
		hrmp_channel_max_total_size: 100,
		hrmp_channel_max_message_size: 50,
		hrmp_sender_deposit: SENDER_DEPOSIT,
		hrmp_recipient_deposit: RECIPIENT_DEPOSIT,
		..Default::default()
	}
}

/// The configuration in force.
pub(crate) fn config() -> HostConfiguration {
	neighbours(|state| state.config.clone())
}

/// Changes it.
pub(crate) fn configure(change: impl FnOnce(&mut HostConfiguration)) {
	neighbours(|state| change(&mut state.config));
}

#[derive_impl(pallet_async_backing_hrmp::config_preludes::TestDefaultConfig)]
impl crate::Config for Test {
	type ParaOrigin = EnsurePara;
	type Currency = Balances;
	type SovereignAccountOf = AccountOfPara;
	type Configuration = Neighbours;
	type Paras = Neighbours;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = benchmark_helper::Helper;
}

/// What the pallet does when a block ends.
pub(crate) fn end_block() {
	use frame_support::traits::Hooks;
	Hrmp::on_finalize(System::block_number());
}

/// Runs `test` on a chain with the paras 2000 to 2009, and checks the invariants afterwards.
pub(crate) fn run<R>(test: impl FnOnce() -> R) -> R {
	let storage = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: (2000..2010).map(|para| (para, ENDOWMENT)).collect(),
			..Default::default()
		},
		..Default::default()
	}
	.build_storage();
	sp_io::TestExternalities::from(storage.expect("the genesis is valid")).execute_with(|| {
		System::set_block_number(1);
		neighbours(|state| {
			*state = State {
				config: limits(),
				..State::default().with_paras(2000..2010)
			}
		});
		let result = test();
		end_block();
		Hrmp::do_try_state().expect("invariants hold");
		result
	})
}
