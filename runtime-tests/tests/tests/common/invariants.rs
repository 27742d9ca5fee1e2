//! The invariants of every pallet (`try_state`), over the states that the compiled runtime made.

use async_backing_relay_client::{Hash, RelayClient};
use async_backing_relay_runtime as runtime;
use sp_core::storage::{well_known_keys::CODE, Storage};

/// Checks the state after every block of a chain, forks and genesis included.
pub fn check_all(client: &RelayClient) {
	let mut left = vec![client.genesis_hash()];
	while let Some(block) = left.pop() {
		check(client, block);
		left.extend(client.children(block).expect("the database answers"));
	}
}

/// Checks the state after a block: the native pallets look at what the compiled ones wrote.
pub fn check(client: &RelayClient, block: Hash) {
	let mut top = client.entries(block).expect("the block is known");
	top.remove(CODE);
	let storage = Storage {
		top,
		children_default: Default::default(),
	};
	let number = client.number(block).expect("the block is known");
	sp_io::TestExternalities::new(storage).execute_with(|| {
		assert_eq!(
			runtime::System::block_number(),
			number,
			"it is the state of that block"
		);
		for (pallet, result) in [
			("Configuration", runtime::Configuration::do_try_state()),
			("ParaSessionInfo", runtime::ParaSessionInfo::do_try_state()),
			("Paras", runtime::Paras::do_try_state()),
			("Dmp", runtime::Dmp::do_try_state()),
			("Ump", runtime::Ump::do_try_state()),
			("Hrmp", runtime::Hrmp::do_try_state()),
			("ParaScheduler", runtime::ParaScheduler::do_try_state()),
			("ParaInclusion", runtime::ParaInclusion::do_try_state()),
		] {
			assert_eq!(result, Ok(()), "{pallet} is not sound after block {number}");
		}
	});
}
