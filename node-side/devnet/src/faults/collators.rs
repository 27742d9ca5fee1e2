//! What collators do wrong.

use async_backing_chain_view::ChainEvent;
use async_backing_machine::{Core, Input, Instant, Outbox, Words};
use async_backing_primitives::{LeafFacts, Slot};
use std::sync::Arc;

/// What a collator does wrong, in a run where somebody tries what becomes of it. It is connected all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misconduct {
	/// It builds nothing in its turns.
	Mute,
	/// What it says its blocks do is not what they do.
	Invalid,
	/// Its blocks lead to another head than it says: only who executes them finds out.
	WrongHead,
	/// Its blocks build on others that it gives to nobody.
	PrivateFork,
	/// Every second block stands beside the one before, on the same parent.
	Equivocate,
	/// Its proofs of validity lack their last byte. The descriptor names them as they are.
	GarbledPov,
	/// One byte more of a proof of validity than the chain takes (R-BASE-2).
	ExceedPov,
	/// One byte more of head data (R-BASE-4).
	ExceedHead,
	/// One byte more of a new code (R-BASE-3).
	ExceedCode,
	/// Each of its blocks announces a new code, also while none may be announced (R-FRG-5).
	ExceedUpgrades,
	/// One block more waits for its inclusion than the chain lets wait (R-DEP-1), where the parachain has room for it.
	ExceedDepth,
	/// One upward message more than a candidate may have (R-BASE-7).
	ExceedUpwardCount,
	/// One byte more of upward messages than the queue has room for (R-BASE-6).
	ExceedUpwardBytes,
	/// One downward message more than there are (R-CON-4).
	ExceedDownward,
	/// One horizontal message more than a candidate may have: over all open channels, and to paras to which there are none
	/// (R-BASE-11, R-CON-2).
	ExceedHorizontal,
	/// A message over each open channel in each block, whether there is room for it or not (R-CON-2).
	ExceedChannelCount,
	/// As many bytes over each open channel as a message may have, and one more than there is room for where that is less
	/// (R-CON-2).
	ExceedChannelBytes,
	/// One byte more over each open channel than a message may have (R-FRG-12).
	ExceedChannelMessage,
	/// Its watermark is one block above its relay parent (R-CON-1).
	ExceedWatermark,
	/// Its watermark stays behind its relay parent, at a block in which no message came (R-CON-1).
	StrayWatermark,
	/// Its watermark passes one relay block with messages at a time, until more wait than a candidate may consume; then, on every
	/// second relay parent, it passes them all (R-FRG-12, R-HRMP-1).
	ExceedConsumed,
	/// Every second block has an older relay parent than the block that it builds on (R-TRE-6).
	OlderRelayParent,
}

impl Misconduct {
	/// All kinds.
	pub const ALL: [Self; 22] = [
		Self::Mute,
		Self::Invalid,
		Self::WrongHead,
		Self::PrivateFork,
		Self::Equivocate,
		Self::GarbledPov,
		Self::ExceedPov,
		Self::ExceedHead,
		Self::ExceedCode,
		Self::ExceedUpgrades,
		Self::ExceedDepth,
		Self::ExceedUpwardCount,
		Self::ExceedUpwardBytes,
		Self::ExceedDownward,
		Self::ExceedHorizontal,
		Self::ExceedChannelCount,
		Self::ExceedChannelBytes,
		Self::ExceedChannelMessage,
		Self::ExceedWatermark,
		Self::StrayWatermark,
		Self::ExceedConsumed,
		Self::OlderRelayParent,
	];

	/// Its name.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Mute => "mute",
			Self::Invalid => "invalid",
			Self::WrongHead => "wrong-head",
			Self::PrivateFork => "private-fork",
			Self::Equivocate => "equivocate",
			Self::GarbledPov => "garbled-pov",
			Self::ExceedPov => "exceed-pov",
			Self::ExceedHead => "exceed-head",
			Self::ExceedCode => "exceed-code",
			Self::ExceedUpgrades => "exceed-upgrades",
			Self::ExceedDepth => "exceed-depth",
			Self::ExceedUpwardCount => "exceed-upward-count",
			Self::ExceedUpwardBytes => "exceed-upward-bytes",
			Self::ExceedDownward => "exceed-downward",
			Self::ExceedHorizontal => "exceed-horizontal",
			Self::ExceedChannelCount => "exceed-channel-count",
			Self::ExceedChannelBytes => "exceed-channel-bytes",
			Self::ExceedChannelMessage => "exceed-channel-message",
			Self::ExceedWatermark => "exceed-watermark",
			Self::StrayWatermark => "stray-watermark",
			Self::ExceedConsumed => "exceed-consumed",
			Self::OlderRelayParent => "older-relay-parent",
		}
	}

	/// Whether it is about what goes over open channels: without any it does nothing.
	pub const fn needs_channels(self) -> bool {
		matches!(
			self,
			Self::ExceedChannelCount | Self::ExceedChannelBytes | Self::ExceedChannelMessage
		)
	}

	/// Whether its blocks exceed a limit of the chain by what they do: their code really comes to that, so that nothing but the
	/// limit is between them and the chain.
	pub(crate) const fn exceeds(self) -> bool {
		matches!(
			self,
			Self::ExceedHead
				| Self::ExceedCode
				| Self::ExceedUpgrades
				| Self::ExceedUpwardCount
				| Self::ExceedUpwardBytes
				| Self::ExceedDownward
				| Self::ExceedHorizontal
				| Self::ExceedChannelCount
				| Self::ExceedChannelBytes
				| Self::ExceedChannelMessage
				| Self::ExceedWatermark
				| Self::StrayWatermark
				| Self::ExceedConsumed
				| Self::OlderRelayParent
		)
	}
}

/// A collator that takes the chain for one on which one block more may wait for its inclusion.
#[derive(Debug)]
pub(crate) struct Misled<C> {
	core: C,
	/// First slot of the relay chain in which it sees things as they are.
	until: Slot,
}

impl<C> Misled<C> {
	/// A collator that is misled until a slot.
	pub(crate) fn new(core: C, until: Slot) -> Self {
		Self { core, until }
	}
}

impl<W: Words<Chain = ChainEvent>, C: Core<Words = W>> Core for Misled<C> {
	type Words = W;

	fn handle(&mut self, now: Instant, input: Input<W>, out: &mut Outbox<W>) {
		let input = match input {
			Input::Chain(ChainEvent::Imported { facts, fresh }) if facts.slot < self.until => {
				let mut facts = LeafFacts::clone(&facts);
				let depth = &mut facts.params.max_candidate_depth;
				*depth = depth.saturating_add(1);
				Input::Chain(ChainEvent::Imported {
					facts: Arc::new(facts),
					fresh,
				})
			}
			input => input,
		};
		self.core.handle(now, input, out);
	}
}
