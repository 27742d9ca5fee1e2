//! The published parachains pallets (`polkadot-runtime-parachains`) in the smallest runtime that they work in, driven block by
//! block from outside.
//!
//! There is no executive: [`chain`] calls the hooks that a block of Polkadot calls, in its order, so that the chain can follow
//! the headers, the sessions and the inherents of another one. Weights play no role, and everything fits.

#![recursion_limit = "256"]
#![allow(missing_docs)] // written by macros

pub mod chain;
pub mod config;

use frame_support::construct_runtime;
use polkadot_runtime_parachains::{
	configuration as parachains_configuration, coretime as parachains_coretime,
	disputes as parachains_disputes, dmp as parachains_dmp, hrmp as parachains_hrmp,
	inclusion as parachains_inclusion, initializer as parachains_initializer,
	on_demand as parachains_on_demand, origin as parachains_origin, paras as parachains_paras,
	paras_inherent as parachains_paras_inherent, scheduler as parachains_scheduler,
	session_info as parachains_session_info, shared as parachains_shared,
};
use sp_runtime::{generic, traits::BlakeTwo256, MultiAddress, MultiSignature};

pub type AccountId = sp_runtime::AccountId32;
pub type Balance = u128;
pub type Header = generic::Header<u32, BlakeTwo256>;
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<MultiAddress<AccountId, ()>, RuntimeCall, MultiSignature, ()>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

construct_runtime! {
	pub enum Runtime {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Balances: pallet_balances,
		Babe: pallet_babe,
		Session: pallet_session,
		MessageQueue: pallet_message_queue,
		ParachainsOrigin: parachains_origin,
		Configuration: parachains_configuration,
		ParasShared: parachains_shared,
		ParaInclusion: parachains_inclusion,
		ParaInherent: parachains_paras_inherent,
		ParaScheduler: parachains_scheduler,
		Paras: parachains_paras,
		OnDemand: parachains_on_demand,
		Coretime: parachains_coretime,
		Initializer: parachains_initializer,
		Dmp: parachains_dmp,
		Hrmp: parachains_hrmp,
		SessionInfo: parachains_session_info,
		ParasDisputes: parachains_disputes,
	}
}
