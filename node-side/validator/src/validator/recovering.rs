//! Data that somebody in the node needs whole: who checks what others backed (R-AVL-5).

use super::{
	effects::{Effect, Effects},
	Out, Validator,
};
use crate::{routes::PartName, Event};
use async_backing_availability::{
	chunk_index, is_mapped, AvailabilityWords, Outcome, Recoverer, RecoveryOf, Refused, MAX_WANTED,
};
use async_backing_chain_view::ChainView;
use async_backing_machine::{Input, Instant, Outbox};
use async_backing_primitives::{CandidateHash, CandidateReceipt, CoreIndex, GroupIndex, Hash};
use thiserror::Error;

/// A candidate whose data is wanted, as the chain says where it is (R-TMO-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedData {
	/// The candidate.
	pub receipt: CandidateReceipt,
	/// A block of the session that its data was coded for, which this node knows: validators are found by it (law 7).
	pub block: Hash,
	/// Its core.
	pub core: CoreIndex,
	/// The group that backed it.
	pub group: GroupIndex,
}

/// Why nothing is recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotRecovered {
	/// The block is not known, or not any longer.
	#[error("the session of block {0} is not known")]
	UnknownSession(Hash),
	/// Too much else is.
	#[error(transparent)]
	Refused(#[from] Refused),
}

impl Validator {
	/// Somebody needs the data of a candidate ([`NodeEvent::Recover`](crate::NodeEvent::Recover)).
	pub(super) fn recover(
		&mut self,
		now: Instant,
		wanted: &WantedData,
		out: &mut Out,
		effects: &mut Effects,
	) {
		if let Err(reason) = self.try_recover(now, wanted, out, effects) {
			out.event(Event::NotRecovered(wanted.receipt.hash(), reason));
		}
	}

	fn try_recover(
		&mut self,
		now: Instant,
		wanted: &WantedData,
		out: &mut Out,
		effects: &mut Effects,
	) -> Result<(), NotRecovered> {
		let WantedData {
			receipt,
			block,
			core,
			group,
		} = wanted;
		let candidate = receipt.hash();
		let session = self.chain.session_of(*block);
		let session = session.ok_or(NotRecovered::UnknownSession(*block))?;
		if let Some(data) = self.availability.store().data(candidate).cloned() {
			effects.push_back(Effect::Recovery(Outcome::Recovered { candidate, data }));
			return Ok(());
		}
		let (validators, mapped) = (session.validators.len(), is_mapped(session));
		let held = session.own.and_then(|own| {
			let index = chunk_index(validators, *core, own, mapped).ok()?;
			self.availability.store().chunk(candidate, index).cloned()
		});
		let of = RecoveryOf {
			candidate,
			root: receipt.descriptor.erasure_root(),
			block: *block,
			validators,
			own: session.own,
			backers: session.group(*group).unwrap_or_default().to_vec(),
			core: *core,
			mapped,
			held,
			whole_first: false,
		};
		let ended = self.with_recoverer(now, out, |recoverer, chain, out| {
			recoverer.recover(now, of, chain, out)
		})?;
		effects.extend(ended.into_iter().map(Effect::Recovery));
		Ok(())
	}

	/// Nobody needs the data of a candidate any more.
	pub(super) fn forget_recovery(
		&mut self,
		now: Instant,
		candidate: CandidateHash,
		out: &mut Out,
		effects: &mut Effects,
	) {
		let ended = self.with_recoverer(now, out, |recoverer, chain, out| {
			recoverer.forget(now, candidate, chain, out)
		});
		effects.extend(ended.into_iter().map(Effect::Recovery));
	}

	/// Candidates whose data is being recovered. At most [`MAX_WANTED`].
	pub fn recoveries(&self) -> usize {
		debug_assert!(self.recoverer.len() <= MAX_WANTED);
		self.recoverer.len()
	}

	fn with_recoverer<R>(
		&mut self,
		now: Instant,
		out: &mut Out,
		run: impl FnOnce(&mut Recoverer, &ChainView, &mut Outbox<AvailabilityWords>) -> R,
	) -> R {
		let Self {
			chain,
			recoverer,
			desk,
			..
		} = self;
		desk.part(PartName::Recovery, now, chain, out, Event::Availability, |out| {
			run(recoverer, chain, out)
		})
	}

	pub(super) fn tell_recoverer(
		&mut self,
		now: Instant,
		input: Input<AvailabilityWords>,
		out: &mut Out,
		effects: &mut Effects,
	) {
		let ended = self.with_recoverer(now, out, |recoverer, chain, out| {
			recoverer.handle(now, input, chain, out)
		});
		effects.extend(ended.into_iter().map(Effect::Recovery));
	}
}
