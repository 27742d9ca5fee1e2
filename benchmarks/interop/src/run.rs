//! What both chains have in common: a storage, heads, and a verdict for each block.

use crate::{History, Step};
use sp_core::storage::Storage;
use std::{cell::RefCell, collections::BTreeMap, panic};

/// Which rule refuses a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
	/// R-SEG-7.
	RelayParentMovedBack,
	/// R-HOO-1: the parent has to be included.
	ParentNotIncluded,
	/// R-SEG-2: the proof has no included head.
	NoIncludedHead,
	/// R-HOO-2: relay slots do not go back.
	RelaySlotMovedBack,
	/// R-HOO-2: too many blocks in a relay slot.
	TooManyInSlot,
	/// R-HOO-2: the block's slot is not its relay parent's.
	WrongParaSlot,
	/// R-SEG-2: no room for the block.
	Full,
	/// R-SEG-5: the signal is gone.
	GoAheadVanished,
	/// R-SEG-4.
	WatermarkMovedBack,
	/// R-SEG-3: upward messages.
	UmpMessages,
	/// R-SEG-3: bytes of upward messages.
	UmpBytes,
	/// R-SEG-3: no channel.
	NoChannel,
	/// R-SEG-3: messages of a channel.
	HrmpMessages,
	/// R-SEG-3: bytes of a channel.
	HrmpBytes,
	/// R-UMP-1, R-HRMP-5: what one candidate may send.
	PerCandidate,
	/// An answer to an upgrade that nobody announced.
	NoPendingUpgrade,
}

/// What a chain says of a block: how many of the waiting upward messages it sends, or why there is no such block.
pub type Verdict = Result<usize, Kind>;

/// What an unincluded block sent: upward messages and bytes, and for each recipient messages and bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
	/// Upward messages.
	pub messages: u32,
	/// Their bytes.
	pub bytes: u32,
	/// Messages and bytes by recipient.
	pub channels: BTreeMap<u32, (u32, u32)>,
}

/// A chain: one of the two pallets in a runtime of its own.
pub trait Chain {
	/// A chain with this history's hook, at genesis.
	fn new(history: &History) -> Self;

	/// Tries a block on the latest one. The first `upward` of the messages that wait are what it may send; a chain that
	/// decides how many it sends does so. Where a block is refused, nothing has changed.
	fn block(&mut self, step: &Step, upward: usize) -> Verdict;

	/// What the unincluded blocks sent, oldest first.
	fn segment(&mut self) -> Vec<Sent>;

	/// Whether a block may be built on the latest one, when the block with this number is included (R-HOO-3).
	fn can_build_upon(&mut self, included: usize, slot: u64) -> bool;
}

thread_local! {
	static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Does something with a chain's storage. If it panics, the storage is as before, and the message of the panic is returned.
pub(crate) fn attempt<R>(storage: &mut Storage, action: impl FnOnce() -> R) -> Result<R, String> {
	static HOOK: std::sync::Once = std::sync::Once::new();
	HOOK.call_once(|| {
		let before = panic::take_hook();
		panic::set_hook(Box::new(move |info| {
			let quiet = MESSAGE.with(|message| {
				let expected = message.borrow().as_str() == EXPECTED;
				*message.borrow_mut() = info.to_string();
				expected
			});
			if !quiet {
				before(info);
			}
		}));
	});
	MESSAGE.with(|message| *message.borrow_mut() = EXPECTED.into());
	let mut externalities = sp_state_machine::BasicExternalities::new(storage.clone());
	let result = panic::catch_unwind(panic::AssertUnwindSafe(|| externalities.execute_with(action)));
	match result {
		Ok(result) => {
			MESSAGE.with(|message| message.borrow_mut().clear());
			*storage = externalities.into_storages();
			Ok(result)
		}
		Err(_) => Err(MESSAGE.with(|message| message.take())),
	}
}

const EXPECTED: &str = "a panic is a verdict";
