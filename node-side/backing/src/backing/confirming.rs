//! What others second is confirmed: proofs of validity are fetched from backer after backer (R-BAK-10, law 2).

use super::{Asked, Backing, CandidateHash, PovSource, Turn, Work};
use crate::{job::ValidationJob, PovRequest, View};
use async_backing_chain_view::ChainView;
use async_backing_machine::{Cost, Judgement, PeerId, RequestFailure, RequestId};
use async_backing_primitives::{ParaId, PoV, ValidatorIndex};
use codec::Encode;
use std::{cmp::Reverse, sync::Arc};

impl Backing {
	/// Notes that this validator is to confirm a candidate: it is in its group, has not settled it and is not disabled.
	pub(super) fn note_to_confirm(&mut self, candidate: CandidateHash) {
		let is_ours = || {
			let state = self.candidates.get(&candidate)?;
			state.seconded.as_ref()?;
			let parent = self.relay_parents.get(&state.scheduling_parent)?;
			let is_open = !state.settled && !self.promises.contains((state.scheduling_parent, candidate));
			(is_open && parent.table.is_in_group(candidate, parent.own()?)).then_some(())
		};
		if is_ours().is_some() {
			self.to_confirm.insert(candidate);
		}
	}

	/// Connections to backers of a candidate that this validator is to confirm and might begin with now: law 2 wants one of
	/// them asked.
	#[cfg(feature = "laws")]
	pub(crate) fn may_be_asked(&self, candidate: CandidateHash, chain: &ChainView) -> Vec<PeerId> {
		let open = || {
			let state = self.candidates.get(&candidate)?;
			let parent = self.relay_parents.get(&state.scheduling_parent)?;
			let (own, core) = (parent.own()?, parent.own_core()?);
			let is_promised = self.promises.contains((state.scheduling_parent, candidate));
			// Who answered, when there was no time to validate, is asked again at the next leaf.
			let is_idle = matches!(state.work, Work::Idle) && state.failures == 0;
			let is_open = is_idle && !state.settled && !is_promised;
			let has_place = self.executions(state.para, false) < parent.claims(core, state.para);
			let is_wanted = is_open && has_place && parent.table.is_in_group(candidate, own);
			is_wanted.then_some((state, parent, own))
		};
		let Some((state, parent, own)) = open() else {
			return Vec::new();
		};
		let backers = parent.table.backers(candidate).into_iter();
		backers
			.filter(|backer| *backer != own && parent.counts(*backer))
			.filter_map(|backer| chain.peer_of(state.scheduling_parent, backer))
			.collect()
	}

	/// A peer is gone. Who comes back may be asked again, over whatever connection.
	pub(super) fn peer_disconnected(&mut self, peer: PeerId) {
		for candidate in &self.to_confirm {
			if let Some(state) = self.candidates.get_mut(candidate) {
				for asked in state.asked.values_mut() {
					asked.peer.take_if(|asked| *asked == peer);
				}
			}
		}
	}

	/// At a new leaf everybody who failed is asked once more; not who is being asked, should it fail now.
	pub(super) fn try_again(&mut self) {
		for candidate in &self.to_confirm {
			let Some(state) = self.candidates.get_mut(candidate) else {
				continue;
			};
			let being_asked = match state.work {
				Work::FetchingPov { backer, .. } => Some(backer),
				Work::Idle | Work::Validating { .. } => None,
			};
			state
				.asked
				.retain(|_, asked| asked.peer.is_some() && asked.peer == being_asked);
		}
	}

	/// Begins to confirm candidates: for each para as many at once as it has claims on the core, those with most votes
	/// first, so that rivals without support wait.
	pub(super) fn confirm_next<V: View>(&mut self, turn: &mut Turn<'_, V>) {
		let mut waiting: Vec<_> = self
			.to_confirm
			.iter()
			.filter_map(|candidate| {
				let state = self.candidates.get(candidate)?;
				let parent = self.relay_parents.get(&state.scheduling_parent)?;
				let votes = parent.table.votes(*candidate);
				matches!(state.work, Work::Idle).then_some((Reverse(votes), state.arrival, *candidate))
			})
			.collect();
		waiting.sort_unstable();
		for (_, _, candidate) in waiting {
			self.fetch_pov(candidate, turn);
		}
	}

	/// How many candidates of a para are being fetched or validated: collations, or what others seconded.
	pub(super) fn executions(&self, para: ParaId, collations: bool) -> usize {
		let executing = self.executing.values();
		executing.filter(|of| **of == (para, collations)).count()
	}

	/// The next validator to ask for the proof of validity, its connection, and how often it was asked (R-BAK-10). What only
	/// disabled validators vouch for is left alone (R-BAK-14).
	pub(super) fn next_backer(
		&self,
		candidate: CandidateHash,
		chain: &ChainView,
	) -> Option<(ValidatorIndex, PeerId, u32)> {
		let state = self.candidates.get(&candidate)?;
		let parent = self.relay_parents.get(&state.scheduling_parent)?;
		let own = parent.own()?;
		let backers = parent.table.backers(candidate).into_iter();
		let reachable = backers
			.filter(|backer| *backer != own && parent.counts(*backer))
			.filter_map(|backer| {
				let peer = chain.peer_of(state.scheduling_parent, backer)?;
				let asked = state.asked.get(&backer);
				let is_new = asked.is_none_or(|asked| asked.peer != Some(peer));
				is_new.then_some((backer, peer, asked.map_or(0, |asked| asked.times)))
			});
		reachable.min_by_key(|(.., times)| *times)
	}

	/// Asks the next backer, if there is room for another execution.
	fn fetch_pov<V: View>(&mut self, candidate: CandidateHash, turn: &mut Turn<'_, V>) {
		let next = || {
			let state = self.candidates.get(&candidate)?;
			let parent = self.relay_parents.get(&state.scheduling_parent)?;
			let claims = parent.claims(parent.own_core()?, state.para).max(1);
			if self.executions(state.para, false) >= claims {
				return None;
			}
			let (backer, peer, times) = self.next_backer(candidate, turn.chain)?;
			Some((backer, peer, times, state.para))
		};
		let Some((backer, peer, times, para)) = next() else {
			return;
		};
		let Some(state) = self.candidates.get_mut(&candidate) else {
			return;
		};
		let timeout = self.config.pov_timeout;
		let Some(request) = turn.out.request(peer, PovRequest(candidate), timeout) else {
			// There is no room now. The next input finds the candidate waiting.
			self.waits_for_room = true;
			return;
		};
		let times = times.saturating_add(1);
		let asked = Asked {
			peer: Some(peer),
			times,
		};
		state.asked.insert(backer, asked);
		state.work = Work::FetchingPov {
			request,
			backer: peer,
		};
		self.requests.insert(request, candidate);
		self.executing.insert(candidate, (para, false));
	}

	/// A request ended. Answers that nobody waits for change nothing.
	pub(super) fn pov_received<V: View>(
		&mut self,
		id: RequestId,
		answer: Result<Arc<PoV>, RequestFailure>,
		turn: &mut Turn<'_, V>,
	) {
		let Some(candidate) = self.requests.remove(&id) else {
			return;
		};
		let Some(state) = self.candidates.get_mut(&candidate) else {
			return;
		};
		let Work::FetchingPov { request, backer } = state.work else {
			return;
		};
		if request != id {
			return;
		}
		state.work = Work::Idle;
		self.executing.remove(&candidate);
		let answer = match answer {
			Ok(pov) if self.is_too_large(candidate, &pov) => {
				let judgement = Judgement::Cost(Cost::Major, "a proof of validity that is too large");
				turn.out.report(backer, judgement);
				Err(RequestFailure::Malformed)
			}
			answer => answer,
		};
		if let (Err(_), Some(state)) = (&answer, self.candidates.get_mut(&candidate)) {
			state.in_vain = true;
		}
		match answer {
			Ok(pov) => {
				self.confirm(candidate, pov, PovSource::Confirming(backer), turn);
			}
			// It vouched for the candidate, so that it had it.
			Err(RequestFailure::Refused) => {
				let judgement = Judgement::Cost(Cost::Minor, "a backer without the proof of validity");
				turn.out.report(backer, judgement);
			}
			Err(RequestFailure::TimedOut | RequestFailure::Disconnected | RequestFailure::Malformed) => {}
		}
	}

	/// Whether a proof of validity is larger than the chain allows (R-BAK-12).
	fn is_too_large(&self, candidate: CandidateHash, pov: &PoV) -> bool {
		let max = self
			.candidate(candidate)
			.map(|seconded| seconded.validation_data().max_pov_size as usize);
		max.is_some_and(|max| pov.encoded_size() > max)
	}

	/// Validates what somebody else seconded, with a proof of validity of legal size. `false` if there is no room for it.
	pub(super) fn confirm<V: View>(
		&mut self,
		candidate: CandidateHash,
		pov: Arc<PoV>,
		source: PovSource,
		turn: &mut Turn<'_, V>,
	) -> bool {
		let Some(state) = self.candidates.get(&candidate) else {
			return false;
		};
		let (Some(seconded), Some(parent)) =
			(&state.seconded, self.relay_parents.get(&state.scheduling_parent))
		else {
			return false;
		};
		let job = ValidationJob::of_seconded(seconded, pov, parent.session.validators.len());
		if self.start_validation(job, source, turn) {
			return true;
		}
		// There is no room for the job, and nobody's fault: whoever has it is asked again.
		self.waits_for_room = true;
		if let Some(state) = self.candidates.get_mut(&candidate) {
			state.asked.retain(|_, asked| asked.peer != Some(source.peer()));
		}
		false
	}
}
