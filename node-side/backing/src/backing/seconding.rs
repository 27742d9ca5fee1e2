//! From a collation to the decision to second it.

use super::{Backing, Effect, Place, PovSource, SecondingError, Turn, Work};
use crate::{
	job::ValidationJob, limit::SecondedDepths, relay_parent::RelayParent, AdmissionError, Advertised,
	BackingWords, Collation, DepthTaken, HypotheticalCandidate, Introduction, Membership, Standing, View,
};
use async_backing_chain_view::ChainView;
use async_backing_fragment_tree::Candidate;
use async_backing_machine::{Cost, Instant, JobFailure, Judgement, Outbox, PeerId};
use async_backing_primitives::{
	injected_core_bits, CandidateDescriptor, CandidateHash, CompactStatement, Hash, ParaId, PoV,
	ValidatorIndex,
};
use codec::Encode;
use std::sync::Arc;

impl Backing {
	/// Whether a candidate that a collator advertises is worth fetching (R-BAK-1, R-BAK-3, R-BAK-5), by the hashes that it is
	/// advertised with, and what is known of its place. What its descriptor says is checked when it is there.
	///
	/// # Errors
	/// [`SecondingError`] says why not.
	pub fn can_second(&self, advertised: &Advertised, view: &impl View) -> Result<Standing, SecondingError> {
		self.pre_check(advertised, None, true, view)
	}

	fn pre_check(
		&self,
		advertised: &Advertised,
		descriptor: Option<&CandidateDescriptor>,
		vouched_in_path_only: bool,
		view: &impl View,
	) -> Result<Standing, SecondingError> {
		let Advertised {
			candidate,
			para,
			scheduling_parent,
			relay_parent,
			parent_head,
		} = *advertised;
		let (parent, _) = self.own_place(scheduling_parent)?;
		let is_settled = self.candidates.get(&candidate).is_some_and(|state| state.settled);
		if is_settled || self.promises.contains((scheduling_parent, candidate)) {
			return Err(SecondingError::AlreadyKnown(candidate));
		}
		let own_core = parent
			.own_core()
			.ok_or(SecondingError::NotABacker(scheduling_parent))?;
		let named = descriptor.and_then(CandidateDescriptor::core_index);
		if named.is_some_and(|named| named != own_core) || !parent.has_claim(own_core, para) {
			return Err(SecondingError::NotAssigned {
				para,
				named,
				own: own_core,
			});
		}
		if let Some(descriptor) = descriptor {
			injected_core_bits(descriptor, own_core).map_err(AdmissionError::from)?;
			if descriptor.para_head() == parent_head {
				return Err(SecondingError::ZeroLengthCycle(parent_head));
			}
		}
		self.check_places(parent, scheduling_parent, para, Standing::Placed)?;
		let incomplete = HypotheticalCandidate::Incomplete {
			hash: candidate,
			para,
			parent_head,
			relay_parent,
		};
		let membership = view.hypothetical_depths(incomplete, vouched_in_path_only);
		let standing = match self.stands(&membership) {
			true => {
				self.check_depths(para, candidate, &membership, view)?;
				Standing::Placed
			}
			false => {
				let output = descriptor.map(CandidateDescriptor::para_head);
				if !view.may_wait(para, relay_parent, parent_head, output) {
					return Err(SecondingError::NoDepth);
				}
				self.check_unconnected(parent, advertised)?;
				Standing::Unconnected
			}
		};
		let claims = parent.claims(own_core, para).saturating_sub(standing.kept());
		match self.executions(para, true) < claims {
			true => Ok(standing),
			false => Err(SecondingError::Busy(claims)),
		}
	}

	/// Whether a candidate that stands there stands at an active leaf.
	fn stands(&self, membership: &Membership) -> bool {
		let mut at = membership.iter();
		at.any(|(leaf, depths)| !depths.is_empty() && self.leaves.contains_key(leaf))
	}

	/// Whether a candidate may be seconded whose parent is unknown here (R-BAK-5). What this group checks itself it checks in
	/// order, behind what it seconded, so that it does so only where the parent may be another group's to check: that of another
	/// core, or of before the groups rotated. Nobody can say yet at which depth the candidate will stand, but no two children of
	/// one parent have two depths (R-BAK-3).
	fn check_unconnected(&self, parent: &RelayParent, advertised: &Advertised) -> Result<(), SecondingError> {
		let Advertised {
			candidate,
			para,
			scheduling_parent,
			parent_head,
			..
		} = *advertised;
		let admitting = || {
			let leaves = self.leaves.values();
			leaves.filter(move |leaf| leaf.admits(scheduling_parent))
		};
		let mut in_scope = admitting()
			.flat_map(|leaf| &leaf.relay_parents)
			.filter_map(|hash| self.relay_parents.get(hash));
		if !in_scope.any(|relay_parent| relay_parent.has_claim_elsewhere(para)) {
			return Err(SecondingError::NoDepth);
		}
		let is_rival = |by: &CandidateHash, at: Hash| {
			let seconded = self.candidate(*by);
			*by != candidate
				&& seconded
					.is_some_and(|other| (other.para_id(), other.parent_head_hash()) == (para, parent_head))
				&& admitting().any(|leaf| leaf.admits(at))
		};
		let own = self
			.promises
			.iter()
			.filter(|(_, promise)| promise.intent.is_seconded());
		if let Some(((_, by), _)) = own.into_iter().find(|((at, by), _)| is_rival(by, *at)) {
			return Err(SecondingError::Rival { parent_head, by });
		}
		self.check_places(parent, scheduling_parent, para, Standing::Unconnected)
			// One with a place still has one, so that this is no lasting answer.
			.map_err(|_| SecondingError::NoDepth)
	}

	/// How many more collations of a para this validator would execute now: as many at once as the para has claims on its
	/// core at this relay parent. More need not be fetched.
	pub fn free_executions(&self, para: ParaId, scheduling_parent: Hash) -> usize {
		let claims = self
			.relay_parents
			.get(&scheduling_parent)
			.and_then(|parent| Some(parent.claims(parent.own_core()?, para)))
			.unwrap_or(0);
		claims.saturating_sub(self.executions(para, true))
	}

	/// Whether this validator may second one more candidate of the para at a relay parent: no more than `D + 1` in all
	/// (R-SD-3, R-TAB-4), and no more of each para than it has claims on the core (R-BAK-13). Whoever says that it builds on
	/// something that nobody here can look at gets none of these but what is left beside one that has a place.
	fn check_places(
		&self,
		parent: &RelayParent,
		scheduling_parent: Hash,
		para: ParaId,
		standing: Standing,
	) -> Result<(), SecondingError> {
		let seconded: Vec<_> = self.promises.seconded_at(scheduling_parent).collect();
		if seconded.len() >= parent.seconding_limit().saturating_sub(standing.kept()) {
			return Err(SecondingError::LimitReached);
		}
		let claims = parent.own_core().map_or(0, |core| parent.claims(core, para));
		let claims = claims.saturating_sub(standing.kept());
		// One that was lost in a restart counts for each.
		let is_of_para =
			|hash: &&CandidateHash| self.candidates.get(hash).is_none_or(|state| state.para == para);
		match seconded.iter().filter(is_of_para).count() < claims {
			true => Ok(()),
			false => Err(SecondingError::LimitReached),
		}
	}

	/// Whether no other own candidate stands where this one would (R-BAK-3): as noted, and as the view has it by now.
	fn check_depths(
		&self,
		para: ParaId,
		candidate: CandidateHash,
		membership: &Membership,
		view: &impl View,
	) -> Result<(), DepthTaken> {
		self.depths.check(para, candidate, membership)?;
		let own = self
			.promises
			.iter()
			.filter(|(_, promise)| promise.intent.is_seconded());
		for ((_, by), _) in own {
			let is_of_para = self.candidates.get(&by).is_some_and(|state| state.para == para);
			if by != candidate && is_of_para {
				SecondedDepths::check_against(by, &view.membership(para, by), membership)?;
			}
		}
		Ok(())
	}

	/// The relay parent, and this validator in its session.
	fn own_place(&self, scheduling_parent: Hash) -> Result<(&RelayParent, ValidatorIndex), SecondingError> {
		let parent = self
			.relay_parents
			.get(&scheduling_parent)
			.ok_or(SecondingError::UnknownRelayParent(scheduling_parent))?;
		let own = parent
			.session
			.own
			.ok_or(SecondingError::NotABacker(scheduling_parent))?;
		if self.promises.is_recalling() {
			return Err(SecondingError::Recalling);
		}
		if !parent.counts(own) {
			return Err(SecondingError::Disabled(own));
		}
		Ok((parent, own))
	}

	/// A collation was fetched from a peer: has it validated, if it may be seconded (R-BAK-2), or confirmed if somebody else
	/// was faster. A proof of validity that is too large is refused before anything is executed (R-BAK-12), and costs the
	/// peer.
	///
	/// # Errors
	/// [`SecondingError`] says why not. Nothing is kept of the collation.
	pub fn collation_fetched(
		&mut self,
		now: Instant,
		peer: PeerId,
		collation: Collation,
		chain: &ChainView,
		view: &mut impl View,
		out: &mut Outbox<BackingWords>,
	) -> Result<Vec<Effect>, SecondingError> {
		let mut result = Ok(());
		let effects = self.turn(now, chain, view, out, |backing, turn| {
			result = backing.take_collation(peer, collation, turn);
		});
		match result {
			Ok(()) => Ok(effects),
			// Such a call only refuses, so that there is nothing to tell the neighbours, or it waits for the next input.
			Err(error) => {
				self.untold.extend(effects);
				Err(error)
			}
		}
	}

	fn take_collation<V: View>(
		&mut self,
		peer: PeerId,
		collation: Collation,
		turn: &mut Turn<'_, V>,
	) -> Result<(), SecondingError> {
		let hash = collation.receipt.hash();
		let descriptor = &collation.receipt.descriptor;
		if let Some(known) = self.candidates.get(&hash) {
			return self.confirm_collation(hash, known.scheduling_parent, peer, collation.pov, turn);
		}
		let advertised = Advertised::of(hash, descriptor, collation.parent_head);
		self.pre_check(&advertised, Some(descriptor), false, turn.view)?;
		let (para, scheduling_parent) = (descriptor.para_id(), descriptor.scheduling_parent());
		let relay_parent = descriptor.relay_parent();
		let behind = || {
			let sent = collation.parent_head_data.as_ref()?;
			turn.view.validation_data_behind(para, relay_parent, sent)
		};
		let validation_data = turn
			.view
			.validation_data(para, relay_parent, collation.parent_head)
			.or_else(behind)
			.ok_or(SecondingError::NoValidationData(collation.parent_head))?;
		check_pov_size(peer, &collation.pov, validation_data.max_pov_size(), turn)?;
		let validators = self
			.relay_parents
			.get(&scheduling_parent)
			.map_or(0, |parent| parent.session.validators.len());
		let mut state = self.new_state(para, scheduling_parent);
		state.place = Some(Place {
			relay_parent,
			parent_head: collation.parent_head,
		});
		self.candidates.insert(hash, state);
		let job = ValidationJob::of_collation(hash, collation, validation_data, validators);
		match self.start_validation(job, PovSource::Collation(peer), turn) {
			true => Ok(()),
			false => {
				self.forget(hash);
				Err(SecondingError::Failed(JobFailure::Dropped))
			}
		}
	}

	/// Somebody else seconded it, and the proof of validity comes from a collator: before it comes from a backer, or because
	/// it does not (R-DEF-38). As many are executed at once as claims allow, wherever they come from.
	fn confirm_collation<V: View>(
		&mut self,
		hash: CandidateHash,
		scheduling_parent: Hash,
		peer: PeerId,
		pov: Arc<PoV>,
		turn: &mut Turn<'_, V>,
	) -> Result<(), SecondingError> {
		let (parent, own) = self.own_place(scheduling_parent)?;
		let is_ours =
			parent.table.is_in_group(hash, own) && !self.promises.contains((scheduling_parent, hash));
		let open = self
			.candidates
			.get_mut(&hash)
			.filter(|state| is_ours && !state.settled && !matches!(state.work, Work::Validating { .. }));
		let Some((state, seconded)) = open.and_then(|state| {
			let seconded = state.seconded.clone()?;
			Some((state, seconded))
		}) else {
			return Err(SecondingError::AlreadyKnown(hash));
		};
		let (para, has_place) = (state.para, matches!(state.work, Work::FetchingPov { .. }));
		check_pov_size(peer, &pov, seconded.validation_data().max_pov_size, turn)?;
		let claims = self
			.relay_parents
			.get(&scheduling_parent)
			.and_then(|parent| Some(parent.claims(parent.own_core()?, para)))
			.unwrap_or(0);
		if !has_place && self.executions(para, false) >= claims.max(1) {
			return Err(SecondingError::Busy(claims));
		}
		// Whoever was asked for it is not waited for.
		if let Some(state) = self.candidates.get_mut(&hash) {
			state.work = Work::Idle;
		}
		self.executing.remove(&hash);
		match self.confirm(hash, pov, PovSource::Offered(peer), turn) {
			true => Ok(()),
			false => Err(SecondingError::Failed(JobFailure::Dropped)),
		}
	}

	/// Checks a valid collation once more, now that all of it is known, and takes it into the view (R-BAK-3, R-BAK-5): among
	/// those that wait for their parent, if that is still unknown (R-TRE-14). From now on it takes a place.
	pub(super) fn second<V: View>(
		&mut self,
		candidate: &Arc<Candidate>,
		content: Option<Vec<u8>>,
		turn: &mut Turn<'_, V>,
	) -> Result<(), SecondingError> {
		let (hash, para) = (candidate.hash(), candidate.para_id());
		let scheduling_parent = candidate.scheduling_parent();
		let (parent, own) = self.own_place(scheduling_parent)?;
		parent.admit(candidate, own)?;
		self.check_places(parent, scheduling_parent, para, Standing::Placed)?;
		let complete = HypotheticalCandidate::Complete(candidate);
		let mut membership = turn.view.hypothetical_depths(complete, false);
		membership.retain(|(leaf, depths)| self.leaves.contains_key(leaf) && !depths.is_empty());
		if membership.is_empty() {
			let (relay_parent, parent_head) = (candidate.relay_parent(), candidate.parent_head_hash());
			let output = Some(candidate.output_head_hash());
			if !turn.view.may_wait(para, relay_parent, parent_head, output) {
				return Err(SecondingError::NoDepth);
			}
			let advertised = Advertised::of(hash, &candidate.receipt().descriptor, parent_head);
			self.check_unconnected(parent, &advertised)?;
		} else {
			self.check_depths(para, hash, &membership, turn.view)?;
		}
		let intent = parent.intent(own, CompactStatement::Seconded(hash));
		if turn.view.introduce(candidate) == Introduction::Refused {
			return Err(SecondingError::NoDepth);
		}
		self.depths.note(para, hash, &membership);
		if let Some(state) = self.candidates.get_mut(&hash) {
			state.seconded = Some(candidate.clone());
		}
		self.decide((scheduling_parent, hash), intent, content);
		Ok(())
	}

	/// A place was taken: what is being executed for the same one is of no use any more (R-BAK-3).
	pub(super) fn cancel_rivals<V: View>(&mut self, seconded: CandidateHash, turn: &mut Turn<'_, V>) {
		let Some(para) = self.candidates.get(&seconded).map(|state| state.para) else {
			return;
		};
		let rivals: Vec<_> = self
			.executing
			.iter()
			.filter(|(_, of)| **of == (para, true))
			.map(|(candidate, _)| *candidate)
			.collect();
		for rival in rivals {
			let Some(state) = self.candidates.get(&rival) else {
				continue;
			};
			let (Work::Validating { job, source }, None) = (&state.work, &state.seconded) else {
				continue;
			};
			let (job, source, scheduling_parent) = (*job, *source, state.scheduling_parent);
			let Some(place) = state.place else { continue };
			let membership = turn
				.view
				.hypothetical_depths(place.hypothetical(rival, para), false);
			let standing = match self.stands(&membership) {
				true => Standing::Placed,
				false => Standing::Unconnected,
			};
			let taken = self
				.check_depths(para, rival, &membership, turn.view)
				.map_err(SecondingError::from);
			let parent = self.relay_parents.get(&scheduling_parent);
			let limited = parent.map_or(Ok(()), |parent| match standing {
				Standing::Placed => self.check_places(parent, scheduling_parent, para, standing),
				Standing::Unconnected => {
					let advertised = Advertised {
						candidate: rival,
						para,
						scheduling_parent,
						relay_parent: place.relay_parent,
						parent_head: place.parent_head,
					};
					self.check_unconnected(parent, &advertised)
				}
			});
			if let Err(error) = taken.and(limited) {
				turn.out.cancel(job);
				self.not_seconded(rival, source.peer(), error, turn);
			}
		}
	}
}

impl Standing {
	/// How many places, claims and executions are kept for others.
	const fn kept(self) -> usize {
		match self {
			Self::Placed => 0,
			Self::Unconnected => 1,
		}
	}
}

/// R-BAK-12.
fn check_pov_size<V>(
	peer: PeerId,
	pov: &PoV,
	max: u32,
	turn: &mut Turn<'_, V>,
) -> Result<(), SecondingError> {
	let (max, got) = (max as usize, pov.encoded_size());
	if got <= max {
		return Ok(());
	}
	let judgement = Judgement::Cost(Cost::Malicious, "a proof of validity that is too large");
	turn.out.report(peer, judgement);
	Err(SecondingError::PovTooLarge { max, got })
}
