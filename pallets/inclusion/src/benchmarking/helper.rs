//! What the benchmarks ask of the runtime that they run on.

use alloc::vec::Vec;
use async_backing_primitives::{
	BlockNumber, HeadData, HostConfiguration, ParaId, ValidationCode, ValidatorId,
};

/// The chain around the pallet, as a benchmark wants it.
pub trait BenchmarkHelper {
	/// Puts the chain into a session with these validators and this configuration: each para is active with the head and
	/// the code, and has the core at its position.
	fn set_up(
		validators: Vec<ValidatorId>,
		config: HostConfiguration,
		paras: &[ParaId],
		head: &HeadData,
		code: &ValidationCode,
	);
	/// Opens a channel that takes as much as the configuration allows.
	fn open_channel(sender: ParaId, recipient: ParaId);
	/// Lets so many messages wait in a channel that is open, of 1 KiB each and enacted in block `at`.
	fn send_horizontal(sender: ParaId, recipient: ParaId, at: BlockNumber, count: u32);
	/// Fills the digest of what a para received with later blocks, as many as there is room for.
	fn fill_digest(recipient: ParaId);
	/// Lets a para that was told to go ahead upgrade to this code, with any relay parent from `at` on. The code that it
	/// leaves is one that nobody else uses.
	fn let_upgrade(para: ParaId, code: &ValidationCode, at: BlockNumber);
	/// Lets so many downward messages wait for a para.
	fn send_downward(para: ParaId, count: u32);
	/// Gives paras the first cores, as [`set_up`](Self::set_up) does, and so many cores behind them to those who order
	/// blocks. Lets so many orders for the first para wait.
	fn let_orders_wait(paras: &[ParaId], pool: u32, count: u32);
	/// Lets disputes conclude against every candidate, until the next set-up. `false` if the chain has no disputes: then
	/// evictions are not measured.
	fn conclude_against_all() -> bool;
}

/// Sets nothing up: for a runtime that does not run these benchmarks, but is compiled with them.
impl BenchmarkHelper for () {
	fn set_up(_: Vec<ValidatorId>, _: HostConfiguration, _: &[ParaId], _: &HeadData, _: &ValidationCode) {}
	fn open_channel(_: ParaId, _: ParaId) {}
	fn send_horizontal(_: ParaId, _: ParaId, _: BlockNumber, _: u32) {}
	fn fill_digest(_: ParaId) {}
	fn let_upgrade(_: ParaId, _: &ValidationCode, _: BlockNumber) {}
	fn send_downward(_: ParaId, _: u32) {}
	fn let_orders_wait(_: &[ParaId], _: u32, _: u32) {}
	fn conclude_against_all() -> bool {
		false
	}
}
