//! What the laws ask beside what everybody may ask.

use super::{choosing::Step, *};

impl ValidatorSide {
	/// Law 3: how much it takes for open.
	pub fn taken_for_open(&self) -> usize {
		let checking = self.fetching.in_hand.values().filter(|it| it.checking.is_some());
		self.fetching.open.len() + checking.count() + self.timers_of_use()
	}

	/// Law 3: how many timers it waits for.
	pub fn timers_of_use(&self) -> usize {
		usize::from(self.wake.is_some()) + usize::from(self.tick.is_some())
	}

	/// Law 3: whether anything follows from the end of this job.
	pub fn is_of_use(&self, job: async_backing_machine::JobId) -> bool {
		self.fetching.checked_by(job).is_some()
	}

	/// Law 3: whether anything of a peer is kept.
	pub fn keeps(&self, peer: PeerId) -> bool {
		self.collators.knows(peer) || self.early.len_of(peer) > 0
	}

	/// Law 3: most candidates that one collator advertised at a relay parent.
	pub fn most_heard(&self) -> usize {
		self.collators.most_heard()
	}

	/// Law 3: how many things of a peer wait for their relay parent.
	pub fn early_of(&self, peer: PeerId) -> usize {
		self.early.len_of(peer)
	}

	/// Law 3: things that wait for their relay parent.
	pub fn early(&self) -> usize {
		self.early.len()
	}

	/// Law 2: who could be asked for a candidate at once.
	pub fn may_be_asked(&self, para: ParaId, candidate: CandidateHash, around: Around<'_>) -> Vec<PeerId> {
		let turns = self.collators.turns(para).into_iter();
		let mut tally = self.tally(para, around);
		turns
			.filter(|turn| {
				let waiting = self.collators.waiting(*turn);
				waiting.is_some_and(|waiting| waiting.offer.candidate == candidate)
			})
			.filter(|turn| matches!(self.consider(*turn, around, &mut tally), Step::Fetch { .. }))
			.map(|turn| turn.peer)
			.collect()
	}

	/// Law 4: whether the answer to this request is of use.
	pub fn awaits(&self, request: RequestId, around: Around<'_>) -> bool {
		self.fetching.open.get(&request).is_some_and(|fetch| {
			let offer = &fetch.waiting.offer;
			self.collators.knows(fetch.peer) && around.chain.is_in_scope(offer.scheduling_parent)
		})
	}
}
