//! What is fetched next of what waits (R-NET-85, R-BAK-5).

use super::*;

/// What becomes of a candidate that waits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
	/// It is fetched.
	Fetch { purpose: Purpose, is_unconnected: bool },
	/// It waits until something happens, or until this.
	Wait(Option<Instant>),
	/// It waits for a new leaf.
	Taken,
	/// It is of no use. Why, if that is its collator's fault.
	Drop(Option<&'static str>),
}

/// The claims of a para, until something of it is fetched.
#[derive(Debug)]
pub(super) struct Tally {
	under_way: UnderWay,
	/// Whether one is free, by scheduling parent, as far as somebody asked.
	is_free: BTreeMap<Hash, bool>,
	/// Whether two are.
	are_two_free: BTreeMap<Hash, bool>,
}

impl ValidatorSide {
	/// Begins the fetches of a para that there is room for. Cost: linear in what waits of the para, times leaves and ancestry.
	pub(super) fn fetch_next(&mut self, para: ParaId, around: Around<'_>, out: &mut Out) {
		let turns = self.collators.turns(para);
		self.fetch_of(para, turns, around, out);
	}

	/// Begins the fetch of what somebody advertises, if there is room. Nothing becomes free by an advertisement, so that all else goes
	/// on waiting. Cost: that of one candidate, whatever waits.
	pub(super) fn fetch_new(&mut self, para: ParaId, turn: Turn, around: Around<'_>, out: &mut Out) {
		self.fetch_of(para, vec![turn], around, out);
	}

	fn fetch_of(&mut self, para: ParaId, turns: Vec<Turn>, around: Around<'_>, out: &mut Out) {
		let mut tally = self.tally(para, around);
		for turn in turns {
			match self.consider(turn, around, &mut tally) {
				Step::Fetch {
					purpose,
					is_unconnected,
				} => {
					if !self.fetch(turn, purpose, is_unconnected, around.now, out) {
						self.wake_by(around.now.saturating_add(RETRY), out);
						break;
					}
					tally = self.tally(para, around);
				}
				Step::Wait(None) => {}
				Step::Wait(Some(at)) => self.wake_by(at, out),
				Step::Taken => self.collators.taken(turn),
				Step::Drop(reason) => {
					self.collators.take(turn);
					if let Some(reason) = reason {
						cost(turn.peer, Cost::Minor, reason, out);
					}
				}
			}
		}
		self.wake_for_expiry(out);
	}

	pub(super) fn tally(&self, para: ParaId, around: Around<'_>) -> Tally {
		Tally {
			under_way: self.fetching.under_way(around.now, para),
			is_free: BTreeMap::new(),
			are_two_free: BTreeMap::new(),
		}
	}

	/// What becomes of a candidate that waits. It changes nothing.
	pub(super) fn consider(&self, turn: Turn, around: Around<'_>, tally: &mut Tally) -> Step {
		let Some(waiting) = self.collators.waiting(turn) else {
			return Step::Wait(None);
		};
		let offer = waiting.offer;
		let is_over = waiting.attempts >= MAX_ATTEMPTS;
		let purpose = match around.gate.demand(offer.candidate) {
			Some(Demand::Never) => return Step::Drop(None),
			Some(Demand::Now) if !is_over => Purpose::Confirm,
			None if !is_over && waiting.may_be_seconded() => Purpose::Second,
			Some(Demand::Now | Demand::Later) | None => return Step::Wait(None),
		};
		let of_para = claims(around.chain, offer.scheduling_parent, offer.para)
			.unwrap_or_default()
			.of_para;
		let of_para = of_para.max(1);
		let (now, peer) = (around.now, turn.peer);
		let room = match purpose {
			Purpose::Second => {
				let Tally {
					under_way, is_free, ..
				} = &mut *tally;
				let (chain, parent) = (around.chain, offer.scheduling_parent);
				let find_out = || {
					self.seconded
						.is_claim_free(chain, offer.para, parent, &under_way.scheduling_parents)
				};
				self.fetching
					.room(now, peer, &offer, of_para, under_way.until, || {
						*is_free.entry(parent).or_insert_with(find_out)
					})
			}
			Purpose::Confirm => {
				self.fetching
					.room_to_confirm(now, peer, offer.candidate, offer.para, of_para)
			}
		};
		match room {
			Room::Now => {}
			Room::At(at) => return Step::Wait(Some(at)),
			Room::Later => return Step::Wait(None),
		}
		let fetch = |is_unconnected| Step::Fetch {
			purpose,
			is_unconnected,
		};
		if purpose == Purpose::Confirm {
			return fetch(false);
		}
		match around.gate.judge(&offer) {
			Verdict::Fetch => fetch(false),
			Verdict::FetchUnconnected if waiting.needs_parent => Step::Wait(None),
			Verdict::FetchUnconnected if self.are_two_free(&offer, around, tally) => fetch(true),
			Verdict::FetchUnconnected | Verdict::Wait => Step::Wait(None),
			Verdict::Taken => Step::Taken,
			Verdict::Useless => Step::Drop(None),
			Verdict::Wrong(reason) => Step::Drop(Some(reason)),
		}
	}

	/// Whether a claim is left for a candidate and one beside it: whoever makes parents up takes no claim that a candidate with
	/// a place could have (R-BAK-5).
	fn are_two_free(&self, offer: &Offer, around: Around<'_>, tally: &mut Tally) -> bool {
		let parent = offer.scheduling_parent;
		let under_way = &tally.under_way.scheduling_parents;
		*tally.are_two_free.entry(parent).or_insert_with(|| {
			let beside: Vec<_> = under_way.iter().copied().chain([parent]).collect();
			self.seconded
				.is_claim_free(around.chain, offer.para, parent, &beside)
		})
	}

	/// Asks for a candidate (R-NET-79); `false` if nobody could be asked.
	fn fetch(
		&mut self,
		turn: Turn,
		purpose: Purpose,
		is_unconnected: bool,
		now: Instant,
		out: &mut Out,
	) -> bool {
		let Some(mut waiting) = self.collators.waiting(turn) else {
			return true;
		};
		waiting.is_unconnected = is_unconnected;
		let request = CollationRequestV2 {
			scheduling_parent: waiting.offer.scheduling_parent,
			para_id: waiting.offer.para,
			candidate_hash: waiting.offer.candidate,
		};
		let Some(id) = out.request(turn.peer, request, Protocol::CollationV2.timeout()) else {
			return false;
		};
		self.collators.take(turn);
		let fetch = Fetch {
			peer: turn.peer,
			purpose,
			began: now,
			waiting,
		};
		self.fetching.open.insert(id, fetch);
		true
	}
}
