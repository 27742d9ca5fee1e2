//! The methods: those of every Substrate node, and those of FRAME's runtimes.

use crate::{server::Pool, system, tasks::Spawner, RpcConfig};
use async_backing_primitives::Hash;
use async_backing_relay_client::{Block, RelayClient};
use jsonrpsee::{core::RegisterMethodError, Methods, RpcModule};
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo;
use sc_chain_spec::ChainType;
use sc_client_api::Backend;
use sc_rpc::{
	author::{Author, AuthorApiServer},
	chain::{self, ChainApiServer},
	dev::{Dev, DevApiServer},
	offchain::{Offchain, OffchainApiServer},
	state::{self, ChildStateApiServer, StateApiServer},
	system::{System, SystemApiServer, SystemInfo},
	SubscriptionTaskExecutor,
};
use sc_rpc_spec_v2::{
	archive::{Archive, ArchiveApiServer},
	chain_head::{ChainHead, ChainHeadApiServer, ChainHeadConfig},
	chain_spec::{ChainSpec, ChainSpecApiServer},
	transaction::{Transaction, TransactionApiServer, TransactionBroadcast, TransactionBroadcastApiServer},
};
use sc_utils::mpsc::tracing_unbounded;
use sp_core::crypto::AccountId32;
use sp_keystore::testing::MemoryKeystore;
use sp_runtime::Weight;
use std::sync::Arc;
use substrate_frame_rpc_system::{System as Accounts, SystemApiServer as AccountsApiServer};

/// A balance, as every relay chain has it.
type Balance = u128;
/// A nonce, likewise.
type Nonce = u32;

/// Requests that may wait for an answer before somebody is told.
const QUEUED_REQUESTS: usize = 10_000;
/// Transactions that a connection may have broadcast at once, as many as a node allows.
const MAX_BROADCAST: usize = 16;

/// All methods over a chain. The client keeps every block and state, so that this is an archive.
pub(crate) fn methods(
	config: &RpcConfig,
	chain: &RelayClient,
	pool: &Arc<Pool>,
	spawner: &Spawner,
) -> Result<RpcModule<()>, RegisterMethodError> {
	let (client, backend, genesis) = (chain.substrate(), chain.backend(), chain.genesis_hash());
	let tasks: SubscriptionTaskExecutor = Arc::new(spawner.clone());
	let (requests, asked) = tracing_unbounded("mpsc_system_rpc", QUEUED_REQUESTS);
	tasks.spawn(
		"system-rpc",
		None,
		Box::pin(system::answer(asked, client.clone())),
	);
	let info = SystemInfo {
		impl_name: env!("CARGO_PKG_NAME").into(),
		impl_version: env!("CARGO_PKG_VERSION").into(),
		chain_name: config.chain.clone(),
		properties: config.properties.clone(),
		chain_type: ChainType::Development,
	};
	let (state, child_state) = state::new_full(client.clone(), tasks.clone(), None);

	// What nodes have had from the beginning.
	let mut all: Vec<Methods> = vec![
		System::new(info, requests).into_rpc().into(),
		chain::new_full(client.clone(), tasks.clone()).into_rpc().into(),
		state.into_rpc().into(),
		child_state.into_rpc().into(),
		Author::new(
			client.clone(),
			pool.clone(),
			Arc::new(MemoryKeystore::new()),
			tasks.clone(),
		)
		.into_rpc()
		.into(),
		Dev::<Block, _>::new(client.clone()).into_rpc().into(),
	];
	if let Some(storage) = backend.offchain_storage() {
		all.push(Offchain::new(storage).into_rpc().into());
	}
	// The second version: the specification of JSON-RPC for Polkadot.
	all.extend::<[Methods; 5]>([
		ChainSpec::new(config.chain.clone(), genesis, config.properties.clone())
			.into_rpc()
			.into(),
		ChainHead::new(
			client.clone(),
			backend.clone(),
			tasks.clone(),
			ChainHeadConfig::default(),
		)
		.into_rpc()
		.into(),
		Archive::new(client.clone(), backend, genesis, tasks.clone())
			.into_rpc()
			.into(),
		Transaction::new(client.clone(), pool.clone(), tasks.clone(), None)
			.into_rpc()
			.into(),
		TransactionBroadcast::new(client.clone(), pool.clone(), tasks, MAX_BROADCAST)
			.into_rpc()
			.into(),
	]);
	// What runtimes made with FRAME have.
	let accounts = Accounts::<_, _, Block>::new(client.clone(), pool.clone());
	let payment = TransactionPayment::<_, Block>::new(client);
	all.extend::<[Methods; 2]>([
		AccountsApiServer::<Hash, AccountId32, Nonce>::into_rpc(accounts).into(),
		TransactionPaymentApiServer::<Hash, RuntimeDispatchInfo<Balance, Weight>>::into_rpc(payment).into(),
	]);

	let mut module = RpcModule::new(());
	all.into_iter().try_for_each(|methods| module.merge(methods))?;
	Ok(module)
}
