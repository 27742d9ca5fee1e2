//! Between a devnet, which has one thread and its own time, and the server.

use crate::{pace::Interrupt, server::Pool, Speed};
use async_backing_devnet::Outside;
use async_backing_primitives::Hash;
use async_backing_relay_client::FullClient;
use sc_client_api::Finalizer;
use sc_transaction_pool_api::{InPoolTransaction, TransactionPool, TxInvalidityReportMap};
use sp_runtime::{transaction_validity::TransactionValidityError, OpaqueExtrinsic};
use std::{
	fmt,
	ops::ControlFlow,
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::runtime::Handle;

/// How long an author waits for the pool to hear of the parent.
const POOL_TIME: Duration = Duration::from_secs(2);
/// Most transactions that a block is tried with. What has no room comes in a later one.
const MAX_TRIED: usize = 4096;

/// What a devnet is connected to a server by: [`Outside`] of a run.
///
/// The author takes the transactions that are ready at the parent, so that one that was accepted before a block is in that block.
/// Without transactions a run is the same as one without a server.
pub struct Gateway {
	handle: Handle,
	client: Arc<FullClient>,
	pool: Arc<Pool>,
	interrupt: Interrupt,
	speed: Speed,
	/// When the run began.
	began: Option<Instant>,
}

impl fmt::Debug for Gateway {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Gateway")
			.field("speed", &self.speed)
			.finish_non_exhaustive()
	}
}

impl Gateway {
	pub(crate) fn new(
		handle: Handle,
		client: Arc<FullClient>,
		pool: Arc<Pool>,
		interrupt: Interrupt,
		speed: Speed,
	) -> Self {
		Self {
			handle,
			client,
			pool,
			interrupt,
			speed,
			began: None,
		}
	}
}

impl Outside for Gateway {
	fn wait(&mut self, until: Duration) -> ControlFlow<()> {
		let began = *self.began.get_or_insert_with(Instant::now);
		let then = self
			.speed
			.on_the_wall(until)
			.and_then(|elapsed| began.checked_add(elapsed));
		if self.interrupt.wait_until(then.unwrap_or(began)) {
			ControlFlow::Break(())
		} else {
			ControlFlow::Continue(())
		}
	}

	fn transactions(&mut self, parent: Hash) -> Vec<OpaqueExtrinsic> {
		let ready = self
			.handle
			.block_on(self.pool.ready_at_with_timeout(parent, POOL_TIME));
		ready
			.take(MAX_TRIED)
			.map(|transaction| (**transaction.data()).clone())
			.collect()
	}

	fn refused(&mut self, parent: Hash, transaction: &OpaqueExtrinsic, reason: TransactionValidityError) {
		// There was no room: it is as good as before.
		if reason.exhausted_resources() {
			return;
		}
		log::debug!(target: "rpc", "the runtime refuses a transaction of the pool: {reason:?}");
		let hash = self.pool.hash_of(transaction);
		let report = TxInvalidityReportMap::from_iter([(hash, Some(reason))]);
		self.handle
			.block_on(self.pool.report_invalid(Some(parent), report));
	}

	fn finalized(&mut self, block: Hash) {
		// Only a block below one that is final is refused, and a chain of one node has none.
		if let Err(error) = self.client.finalize_block(block, None, true) {
			log::warn!(target: "rpc", "{block:?} is not announced as final: {error}");
		}
	}
}
