//! Where the parts' outputs become the validator's.

use crate::{
	ledger::Ledger,
	routes::{PartName, Routes},
	Event, NodeWords,
};
use async_backing_chain_view::ChainView;
use async_backing_machine::{Cost, Instant, Judgement, Outbox, Output, Part, PeerId, Said};

/// Notes who waits for what, and what peers cost, while parts speak.
#[derive(Debug, Default)]
pub(crate) struct Desk {
	pub(crate) routes: Routes,
	pub(crate) ledger: Ledger,
}

impl Desk {
	/// Lets a part speak. Its events are put in words by `tell`; proposals no part makes.
	pub(crate) fn part<P: Part<NodeWords>, R>(
		&mut self,
		part: PartName,
		now: Instant,
		chain: &ChainView,
		out: &mut Outbox<NodeWords>,
		tell: impl Fn(P::Event) -> Event,
		run: impl FnOnce(&mut Outbox<P>) -> R,
	) -> R {
		out.part(run, |output| match P::output(output) {
			Ok(Output::Report(peer, judgement)) => {
				let judgement = self.judge(now, chain, peer, judgement)?;
				Some(Output::Report(peer, judgement))
			}
			Ok(output) => {
				self.routes.note(part, &output);
				Some(output)
			}
			Err(Said::Event(event)) => Some(Output::Event(tell(event))),
			Err(Said::Proposal(_)) => None,
		})
	}

	/// The validator itself thinks this of a peer.
	pub(crate) fn report(
		&mut self,
		now: Instant,
		chain: &ChainView,
		peer: PeerId,
		(cost, reason): (Cost, &'static str),
		out: &mut Outbox<NodeWords>,
	) {
		if let Some(judgement) = self.judge(now, chain, peer, Judgement::Cost(cost, reason)) {
			out.report(peer, judgement);
		}
	}

	/// Nothing more is said about who is cut. Whoever is not there has no account.
	fn judge(
		&mut self,
		now: Instant,
		chain: &ChainView,
		peer: PeerId,
		judgement: Judgement,
	) -> Option<Judgement> {
		if self.ledger.is_cut(peer) {
			return None;
		}
		match chain.is_connected(peer) {
			true => Some(self.ledger.judge(now, peer, judgement)),
			false => Some(judgement),
		}
	}
}
