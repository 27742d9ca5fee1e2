//! The server.

use crate::{methods::methods, pace::Interrupt, tasks::Spawner, Gateway, RpcConfig, RpcError, Speed};
use async_backing_relay_client::{Block, FullClient, RelayClient};
use sc_rpc_server::{BatchRequestConfig, Config, RpcEndpoint, RpcMethods, Server};
use sc_transaction_pool::{
	notification_future, Builder, TransactionPoolHandle, TransactionPoolOptions, TransactionPoolType,
};
use std::{fmt, net::SocketAddr, sync::Arc};
use tokio::runtime::Handle;

/// The transaction pool.
pub(crate) type Pool = TransactionPoolHandle<Block, FullClient>;

/// Connections at once, as many as a node allows.
const MAX_CONNECTIONS: u32 = 100;
/// Subscriptions of a connection, likewise.
const MAX_SUBSCRIPTIONS: u32 = 1024;
/// Mebibytes of a request and of an answer, likewise.
const MAX_PAYLOAD: u32 = 15;
/// Messages that may wait for a slow connection, likewise.
const MAX_QUEUED_MESSAGES: u32 = 64;
/// Bytes of a request that a log shows.
const LOGGED: u32 = 1024;
/// Transactions that wait for a block, as many as a node keeps by default.
const MAX_TRANSACTIONS: usize = 8192;
/// Their bytes, likewise.
const MAX_TRANSACTION_BYTES: usize = 20 * 1024 * 1024;

/// A server over a chain, with a pool of the transactions that it is sent. It stops when it is dropped.
///
/// See the crate's documentation for an example.
pub struct RpcServer {
	/// Keeps the threads.
	server: Server,
	handle: Handle,
	client: Arc<FullClient>,
	pool: Arc<Pool>,
	address: SocketAddr,
	methods: Vec<String>,
	interrupt: Interrupt,
}

impl fmt::Debug for RpcServer {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("RpcServer")
			.field("address", &self.address)
			.field("methods", &self.methods.len())
			.finish_non_exhaustive()
	}
}

impl RpcServer {
	/// Starts to serve. The server has threads of its own; the chain goes on where it is.
	///
	/// # Errors
	/// Somebody else listens at the address, or the server does not start.
	pub fn start(chain: &RelayClient, config: &RpcConfig) -> Result<Self, RpcError> {
		let runtime = sc_rpc_server::create_rpc_runtime(MAX_CONNECTIONS)?;
		let handle = runtime.handle().clone();
		let spawner = Spawner(handle.clone());
		let client = chain.substrate();
		let pool = Arc::new(pool(client.clone(), &spawner));
		handle.spawn(notification_future(client.clone(), pool.clone(), false));
		let module = methods(config, chain, &pool, &spawner)?;
		let mut methods: Vec<_> = module.method_names().map(str::to_owned).collect();
		methods.push("rpc_methods".into());
		methods.sort_unstable();
		let start = sc_rpc_server::start_server(Config {
			endpoints: vec![endpoint(config.address)],
			metrics: None,
			rpc_api: module,
			id_provider: None,
			request_logger_limit: LOGGED,
			rpc_runtime: runtime,
		});
		let server = handle
			.block_on(start)
			.map_err(|error| RpcError::of_start(config.address, error))?;
		let address = server.listen_addrs().first().copied().unwrap_or(config.address);
		Ok(Self {
			server,
			handle,
			client,
			pool,
			address,
			methods,
			interrupt: Interrupt::default(),
		})
	}

	/// Where it listens.
	pub fn address(&self) -> SocketAddr {
		self.address
	}

	/// Names of all methods, aliases included, ascending.
	pub fn methods(&self) -> &[String] {
		&self.methods
	}

	/// By what runs that the server takes part in are ended.
	pub fn interrupt(&self) -> Interrupt {
		self.interrupt.clone()
	}

	/// Lets a signal that ends programs, such as Ctrl-C, end the run instead.
	///
	/// # Errors
	/// This machine does not tell us of signals.
	#[cfg(unix)]
	pub fn stop_on_signals(&self) -> Result<(), RpcError> {
		use tokio::signal::unix::{signal, SignalKind};
		let _entered = self.handle.enter();
		for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
			let mut signals = signal(kind)?;
			let interrupt = self.interrupt();
			self.handle.spawn(async move {
				while signals.recv().await.is_some() {
					interrupt.stop();
				}
			});
		}
		Ok(())
	}

	/// The way between a devnet and this server: its clock, and the transactions that wait here for a block.
	pub fn gateway(&self, speed: Speed) -> Gateway {
		Gateway::new(
			self.handle.clone(),
			self.client.clone(),
			self.pool.clone(),
			self.interrupt(),
			speed,
		)
	}

	/// Stops to serve. Connections are told to end; nothing waits for them.
	pub fn stop(self) {
		drop(self.server);
	}
}

/// A chain of one node does not fork, so that one state is enough. A transaction that was refused may come again at once.
fn pool(client: Arc<FullClient>, spawner: &Spawner) -> Pool {
	let options = TransactionPoolOptions::new_with_params(
		MAX_TRANSACTIONS,
		MAX_TRANSACTION_BYTES,
		Some(0),
		TransactionPoolType::SingleState,
		true,
		false,
	);
	Builder::new(spawner.clone(), client, true.into())
		.with_options(options)
		.build()
}

fn endpoint(address: SocketAddr) -> RpcEndpoint {
	RpcEndpoint {
		listen_addr: address,
		batch_config: BatchRequestConfig::Unlimited,
		max_connections: MAX_CONNECTIONS,
		max_payload_in_mb: MAX_PAYLOAD,
		max_payload_out_mb: MAX_PAYLOAD,
		max_subscriptions_per_connection: MAX_SUBSCRIPTIONS,
		max_buffer_capacity_per_connection: MAX_QUEUED_MESSAGES,
		rate_limit: None,
		rate_limit_trust_proxy_headers: false,
		rate_limit_whitelisted_ips: Vec::new(),
		// Pages of wallets and explorers may ask a devnet, wherever they are from.
		cors: None,
		rpc_methods: RpcMethods::Auto,
		is_optional: false,
		retry_random_port: false,
	}
}
