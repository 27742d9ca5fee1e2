//! What is asked for comes, or does not.

use super::*;

impl Collations {
	/// A fetch ended (R-NET-86). Whatever it came to, the next one gets its turn.
	pub(super) fn answered(
		&mut self,
		id: RequestId,
		answer: Result<FetchedCollation, RequestFailure>,
		around: Around<'_>,
		out: &mut Out,
	) -> Option<Effect> {
		let fetch = self.fetching.open.remove(&id)?;
		let para = fetch.place.0;
		let effect = match answer {
			Ok(collation) => self.fetched(fetch, collation, around, out),
			Err(failure) => {
				self.collators.failed(fetch.peer);
				// What was lost on the way, or refused for want of time, may come the next time. Who is gone has nothing here.
				if failure != RequestFailure::Malformed {
					self.wait_again(fetch.peer, fetch.candidate, fetch.waiting, around.chain);
				}
				None
			}
		};
		self.fetch_next(para, around, out);
		effect
	}

	/// It may be asked for once more, or after [`MAX_ATTEMPTS`] at the next leaf.
	pub(super) fn wait_again(
		&mut self,
		peer: PeerId,
		candidate: CandidateHash,
		waiting: Waiting,
		chain: &ChainView,
	) {
		let relay_parent = waiting.advertisement.receipt.descriptor.scheduling_parent();
		if chain.is_in_scope(relay_parent) {
			let waiting = Waiting {
				attempts: waiting.attempts.saturating_add(1),
				..waiting
			};
			self.collators.wait_again(peer, candidate, waiting);
		}
	}

	pub(super) fn fetched(
		&mut self,
		fetch: Fetch,
		collation: FetchedCollation,
		around: Around<'_>,
		out: &mut Out,
	) -> Option<Effect> {
		let Advertisement { receipt, parent_head } = &*fetch.waiting.advertisement;
		let scheduling_parent = receipt.descriptor.scheduling_parent();
		// It left the view meanwhile: nobody's fault, and of no use.
		let max_pov_size = max_pov_size(around.chain, scheduling_parent, fetch.place.0)?;
		let wrong = if collation.receipt != *receipt {
			Some((Cost::Malicious, "collation is not as advertised"))
		} else if collation.pov.encoded_size() > max_pov_size {
			Some((Cost::Major, "proof of validity is too large"))
		} else {
			None
		};
		if let Some((how_much, reason)) = wrong {
			self.collators.failed(fetch.peer);
			cost(fetch.peer, how_much, reason, out);
			return None;
		}
		let FetchedCollation { receipt, pov } = collation;
		let collation = Collation {
			receipt,
			pov,
			parent_head: *parent_head,
		};
		// Somebody may have seconded it meanwhile: then it is of use however it stands with its rivals.
		let purpose = match around.gate.demand(fetch.candidate) {
			None => Purpose::Second,
			Some(Demand::Now | Demand::Later) => Purpose::Confirm,
			Some(Demand::Never) => return None,
		};
		let is_taken = match purpose {
			Purpose::Second => self.fetching.is_held(fetch.place),
			Purpose::Confirm => self.fetching.in_hand.contains_key(&fetch.candidate),
		};
		if is_taken {
			// A rival was quicker. Should it fail, this one is asked for again.
			self.wait_again(fetch.peer, fetch.candidate, fetch.waiting, around.chain);
			return None;
		}
		let Fetch {
			peer,
			candidate,
			place,
			waiting,
			..
		} = fetch;
		let in_hand = InHand {
			peer,
			place,
			purpose,
			scheduling_parent,
			until: around.now + IN_HAND,
			waiting,
		};
		self.fetching.in_hand.insert(candidate, in_hand);
		Some(Effect::Fetched {
			candidate,
			from: peer,
			collation,
		})
	}
}
