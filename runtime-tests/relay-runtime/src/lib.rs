#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "256"]
#![doc = include_str!("../README.md")]
// `construct_runtime!` and `impl_runtime_apis!` write public items without documentation and without `Debug`.
#![allow(missing_docs, missing_debug_implementations)]

extern crate alloc;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

mod apis;
#[cfg(feature = "runtime-benchmarks")]
pub mod benchmark_helper;
mod config;
pub mod epoch_length;
pub mod genesis_presets;
pub mod migrations;
#[cfg(test)]
mod tools;
pub mod transactions;
pub mod weights;

pub use apis::api;
pub use config::{
	consensus::{session_ends_from_slot, KeepGenesisValidators, SessionKeys, SLOT_DURATION_MILLIS},
	messages::ChargeByLength,
};

use alloc::{borrow::Cow, vec::Vec};
use frame_support::construct_runtime;
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

/// Number of a block.
pub type BlockNumber = u32;
/// Hash of a block, of the state, of a candidate.
pub type Hash = sp_core::H256;
/// How many transactions an account has sent.
pub type Nonce = u32;
/// An amount of the chain's token, in its smallest unit.
pub type Balance = u128;
/// Signature of a transaction.
pub type Signature = MultiSignature;
/// An account, named by its public key.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// The account of a para, as on Polkadot.
pub type SovereignAccountOf = async_backing_primitives::SovereignAccountOf<AccountId>;
/// How a transaction names an account.
pub type Address = MultiAddress<AccountId, ()>;
/// Header of a block.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// What a transaction proves beside its call, and how it pays.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
);
/// A transaction or an inherent.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// What a transaction's signature covers.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// Executes blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
	migrations::Migrations,
>;

/// Identifies this runtime. Raise `spec_version` with every change of behaviour.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("async-backing-relay"),
	impl_name: Cow::Borrowed("async-backing-relay"),
	authoring_version: 1,
	spec_version: 3,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 2,
	system_version: 1,
};

// The order is the order of the hooks. Babe comes before Session: it decides whether the block starts a session.
// ParaSessionInfo comes last: it hands a session change out when every other pallet is done with the block (R-ABP-9).
// Names are those that parachains read by (R-KEY-1 to R-KEY-9), and that tools look for: `ParaInherent::enter`, the events of
// `ParaInclusion`, `ParaScheduler`, `ParaSessionInfo`.
// The indices are written out because they are part of every transaction's encoding.
construct_runtime! {
	pub enum Runtime {
		System: frame_system = 0,
		EpochLength: epoch_length = 1,
		Babe: pallet_babe = 2,
		Timestamp: pallet_timestamp = 3,
		Authorship: pallet_authorship = 4,
		Session: pallet_session = 5,
		Grandpa: pallet_grandpa = 6,
		Balances: pallet_balances = 7,
		Sudo: pallet_sudo = 8,
		MessageQueue: pallet_message_queue = 9,
		Configuration: pallet_async_backing_configuration = 10,
		Paras: pallet_async_backing_paras = 11,
		ParaScheduler: pallet_async_backing_scheduler = 12,
		Dmp: pallet_async_backing_dmp = 13,
		Ump: pallet_async_backing_ump = 14,
		Hrmp: pallet_async_backing_hrmp = 15,
		ParaInclusion: pallet_async_backing_inclusion = 16,
		ParaInherent: pallet_async_backing_inclusion::inherent = 17,
		TransactionPayment: pallet_transaction_payment = 18,
		AuthorityDiscovery: pallet_authority_discovery = 19,
		ParaAssignment: pallet_async_backing_sessions::assignments = 20,
		ParaSessionInfo: pallet_async_backing_sessions = 21,
	}
}
