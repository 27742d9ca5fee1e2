//! Tasks of the server and the pool, on the server's threads.

use futures::future::BoxFuture;
use sp_core::traits::{SpawnEssentialNamed, SpawnNamed};
use tokio::runtime::Handle;

/// Spawns on the server's threads. Essential tasks are as others: they end with the server, and nothing ends with them.
#[derive(Clone, Debug)]
pub(crate) struct Spawner(pub(crate) Handle);

impl SpawnNamed for Spawner {
	fn spawn_blocking(&self, _: &'static str, _: Option<&'static str>, future: BoxFuture<'static, ()>) {
		let handle = self.0.clone();
		self.0.spawn_blocking(move || handle.block_on(future));
	}

	fn spawn(&self, _: &'static str, _: Option<&'static str>, future: BoxFuture<'static, ()>) {
		self.0.spawn(future);
	}
}

impl SpawnEssentialNamed for Spawner {
	fn spawn_essential_blocking(
		&self,
		name: &'static str,
		group: Option<&'static str>,
		future: BoxFuture<'static, ()>,
	) {
		self.spawn_blocking(name, group, future);
	}

	fn spawn_essential(
		&self,
		name: &'static str,
		group: Option<&'static str>,
		future: BoxFuture<'static, ()>,
	) {
		self.spawn(name, group, future);
	}
}
