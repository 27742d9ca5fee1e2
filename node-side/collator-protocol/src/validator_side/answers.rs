//! What is asked for comes, or does not (R-NET-86).

use super::{
	claims::max_pov_size,
	collators::Waiting,
	fetching::{place, Checking},
	*,
};
use crate::{CheckCollation, Hashes, OfferFault};
use async_backing_machine::{JobFailure, JobId, Priority, RequestFailure};
use async_backing_wire::CollationResponse;
use std::sync::Arc;

/// How long the hashes of a collation may take.
const CHECKED_WITHIN: Duration = Duration::from_secs(1);

impl ValidatorSide {
	/// A fetch ended. Whatever it came to, the next one gets its turn.
	pub(super) fn answered(
		&mut self,
		id: RequestId,
		answer: Result<CollationResponse, RequestFailure>,
		around: Around<'_>,
		out: &mut Out,
	) {
		let Some(fetch) = self.fetching.open.remove(&id) else {
			return;
		};
		let para = fetch.waiting.offer.para;
		match answer {
			Ok(collation) => self.came(fetch, collation, around, out),
			Err(failure) => {
				self.collators.failed(fetch.peer);
				// What was lost on the way, or refused for want of time, may come the next time.
				if failure != RequestFailure::Malformed {
					self.wait_again(fetch.peer, fetch.waiting, around);
				}
			}
		}
		self.fetch_next(para, around, out);
	}

	/// It may be asked for once more, or after [`MAX_ATTEMPTS`] at the next leaf.
	fn wait_again(&mut self, peer: PeerId, mut waiting: Waiting, around: Around<'_>) {
		if around.chain.is_in_scope(waiting.offer.scheduling_parent) {
			waiting.attempts = waiting.attempts.saturating_add(1);
			self.collators.wait_again(peer, waiting);
		}
	}

	/// Everything that costs little is checked at once, and the rest is a job.
	fn came(&mut self, fetch: Fetch, collation: CollationResponse, around: Around<'_>, out: &mut Out) {
		let CollationResponse {
			receipt,
			pov,
			parent_head_data,
		} = collation;
		let (peer, offer) = (fetch.peer, fetch.waiting.offer);
		// Either left meanwhile: nobody's fault, and of no use.
		let (chain, parent) = (around.chain, offer.scheduling_parent);
		let Some(stream) = self.collators.version(peer) else {
			return;
		};
		if !chain.is_in_scope(parent) {
			return;
		}
		let fault = offer
			.check(&receipt, stream, self.config.v3_enabled)
			.and_then(|()| {
				let place = claims::own_core(chain, parent).zip(chain.session_of(parent));
				place.map_or(Ok(()), |(core, session)| {
					offer.check_place(&receipt, core, session.index)
				})
			});
		if let Err(fault) = fault {
			return self.banish(peer, fault.reason(), out);
		}
		let max = max_pov_size(chain, parent, offer.para);
		if max.is_some_and(|max| pov.encoded_size() > max) {
			return self.banish(peer, "proof of validity is too large", out);
		}
		// Somebody may have seconded it meanwhile: then it is of use however it stands with its rivals.
		let purpose = match around.gate.demand(offer.candidate) {
			None => Purpose::Second,
			Some(Demand::Now | Demand::Later) => Purpose::Confirm,
			Some(Demand::Never) => return,
		};
		let is_taken = self.fetching.in_hand.contains_key(&offer.candidate)
			|| (purpose == Purpose::Second && self.fetching.is_held(place(&offer)));
		if is_taken {
			// A rival was quicker. Should it fail, this one is asked for again.
			return self.wait_again(peer, fetch.waiting, around);
		}
		let parent_head = parent_head_data.map(Arc::new);
		let validation_data = around.gate.validation_data(
			offer.para,
			offer.relay_parent,
			offer.parent_head,
			parent_head.as_ref(),
		);
		let Some(validation_data) = validation_data else {
			// R-NET-87: nobody's fault. Its parent is waited for, without the proof of validity.
			let mut waiting = fetch.waiting;
			(waiting.is_blocked, waiting.needs_parent) = (true, true);
			return self.collators.wait_again(peer, waiting);
		};
		let job = CheckCollation {
			pov: pov.clone(),
			parent_head: parent_head.clone(),
			validation_data,
		};
		let Some(job) = out.job(Priority::High, around.now.saturating_add(CHECKED_WITHIN), job) else {
			return self.wait_again(peer, fetch.waiting, around);
		};
		let in_hand = InHand {
			peer,
			purpose,
			until: around.now.saturating_add(IN_HAND),
			waiting: fetch.waiting,
			checking: Some(Checking {
				job,
				receipt,
				pov,
				parent_head,
			}),
		};
		self.fetching.in_hand.insert(offer.candidate, in_hand);
	}

	/// A collation was hashed: it is for backing if all is as its descriptor and its advertisement say.
	pub(super) fn checked(
		&mut self,
		job: JobId,
		done: Result<Hashes, JobFailure>,
		around: Around<'_>,
		out: &mut Out,
	) -> Option<ValidatorEffect> {
		let candidate = self.fetching.checked_by(job)?;
		let mut in_hand = self.fetching.in_hand.remove(&candidate)?;
		let checking = in_hand.checking.take()?;
		let (peer, offer) = (in_hand.peer, *in_hand.offer());
		let effect = match done.map(|hashes| hold_against(&offer, &checking, hashes)) {
			Ok(Ok(())) => {
				self.fetching.in_hand.insert(candidate, in_hand);
				let Checking {
					receipt,
					pov,
					parent_head,
					..
				} = checking;
				let collation = FetchedCollation {
					candidate,
					receipt,
					pov,
					parent_head: offer.parent_head,
					parent_head_data: parent_head,
				};
				Some(ValidatorEffect::Fetched {
					from: peer,
					collation: Box::new(collation),
				})
			}
			Ok(Err(fault)) => {
				self.banish(peer, fault.reason(), out);
				None
			}
			Err(_) => {
				self.wait_again(peer, in_hand.waiting, around);
				None
			}
		};
		self.fetch_next(offer.para, around, out);
		effect
	}
}

fn hold_against(offer: &Offer, checking: &Checking, hashes: Hashes) -> Result<(), OfferFault> {
	let descriptor = &checking.receipt.descriptor;
	let is_expected = hashes.parent_head.is_none_or(|head| head == offer.parent_head);
	if !is_expected || hashes.parent_head.is_some() != checking.parent_head.is_some() {
		return Err(OfferFault::ParentHead {
			expected: offer.parent_head,
			got: hashes.parent_head,
		});
	}
	let (expected, got) = (descriptor.pov_hash(), hashes.pov);
	if expected != got {
		return Err(OfferFault::Pov { expected, got });
	}
	let (expected, got) = (
		hashes.validation_data,
		descriptor.persisted_validation_data_hash(),
	);
	if expected != got {
		return Err(OfferFault::ValidationData { expected, got });
	}
	Ok(())
}
