//! Validation of a candidate begins and ends.

use super::{Backing, CandidateHash, Effect, JobOf, PovSource, SecondingError, Turn, Work, MAX_FAILURES};
use crate::{
	job::{Invalid, Job, Validated, ValidationJob},
	Event, View,
};
use async_backing_execution_context::InputMismatch;
use async_backing_machine::{Cost, JobFailure, JobId, Judgement, PeerId, Priority};
use async_backing_primitives::Hash;

impl Backing {
	/// Has a candidate validated. `false` if there is no room for the job.
	pub(super) fn start_validation<V: View>(
		&mut self,
		job: ValidationJob,
		source: PovSource,
		turn: &mut Turn<'_, V>,
	) -> bool {
		let candidate = job.candidate;
		let Some(state) = self.candidates.get_mut(&candidate) else {
			return false;
		};
		let deadline = turn.now.saturating_add(self.config.validation);
		let job = Job::Validate(Box::new(job));
		let Some(job) = turn.out.job(Priority::High, deadline, job) else {
			return false;
		};
		state.work = Work::Validating { job, source };
		let is_collation = matches!(source, PovSource::Collation(_));
		self.executing.insert(candidate, (state.para, is_collation));
		self.jobs.insert(job, JobOf::Validate(candidate));
		true
	}

	/// The validation that is under way ended. `None` if it was another one.
	fn end_validation(&mut self, id: JobId, candidate: CandidateHash) -> Option<PovSource> {
		let state = self.candidates.get_mut(&candidate)?;
		let Work::Validating { job, source } = state.work else {
			return None;
		};
		if job != id {
			return None;
		}
		state.work = Work::Idle;
		self.executing.remove(&candidate);
		Some(source)
	}

	/// A validation came to nothing, for want of time. Collations are left to others; what others seconded is tried again
	/// at the next leaf.
	pub(super) fn not_validated<V: View>(
		&mut self,
		id: JobId,
		candidate: CandidateHash,
		failure: JobFailure,
		turn: &mut Turn<'_, V>,
	) {
		let Some(source) = self.end_validation(id, candidate) else {
			return;
		};
		turn.out.event(Event::Failed { candidate, failure });
		if let Some(state) = self.candidates.get_mut(&candidate) {
			state.failures = state.failures.saturating_add(1);
			if state.failures >= MAX_FAILURES {
				state.settled = true;
				self.to_confirm.remove(&candidate);
			}
		}
		if let Some(collator) = source.collator() {
			self.not_seconded(candidate, collator, SecondingError::Failed(failure), turn);
		}
	}

	/// A collation is not seconded, nor confirmed. Somebody else may second it still, or has.
	pub(super) fn not_seconded<V: View>(
		&mut self,
		candidate: CandidateHash,
		peer: PeerId,
		error: SecondingError,
		turn: &mut Turn<'_, V>,
	) {
		let state = self.candidates.get(&candidate);
		if state.is_some_and(|state| state.seconded.is_none()) {
			self.forget(candidate);
		} else {
			self.note_to_confirm(candidate);
		}
		turn.effects.push(Effect::NotSeconded {
			candidate,
			peer,
			error,
		});
	}

	/// A candidate was validated.
	pub(super) fn validated<V: View>(
		&mut self,
		id: JobId,
		candidate: CandidateHash,
		result: Result<Box<Validated>, Invalid>,
		turn: &mut Turn<'_, V>,
	) {
		let Some(source) = self.end_validation(id, candidate) else {
			return;
		};
		match result {
			Ok(validated) => self.found_valid(candidate, *validated, source, turn),
			Err(reason) => self.found_invalid(candidate, reason, source, turn),
		}
	}

	fn found_valid<V: View>(
		&mut self,
		candidate: CandidateHash,
		validated: Validated,
		source: PovSource,
		turn: &mut Turn<'_, V>,
	) {
		let Some(state) = self.candidates.get_mut(&candidate) else {
			return;
		};
		state.settled = true;
		self.to_confirm.remove(&candidate);
		let scheduling_parent = state.scheduling_parent;
		let Validated {
			candidate: known,
			data,
			coded,
			content,
		} = validated;
		let known = match state.seconded.clone() {
			Some(seconded) => {
				if !self.decide_to_confirm(scheduling_parent, candidate) {
					// Disabled since it was asked to execute. It may have to confirm the candidate yet (R-BAK-14).
					self.reopen(candidate);
					if let Some(collator) = source.collator() {
						let error = self.disabled_at(scheduling_parent);
						self.not_seconded(candidate, collator, error, turn);
					}
					return;
				}
				seconded
			}
			None => match self.second(&known, content, turn) {
				Ok(()) => {
					self.cancel_rivals(candidate, turn);
					known
				}
				Err(error) => return self.not_seconded(candidate, source.peer(), error, turn),
			},
		};
		let Some(parent) = self.relay_parents.get(&scheduling_parent) else {
			return;
		};
		turn.effects.push(Effect::Validated {
			candidate: known,
			data,
			coded,
			session: parent.session.index,
		});
	}

	/// Why a validator that may not state anything here does not.
	fn disabled_at(&self, scheduling_parent: Hash) -> SecondingError {
		let parent = self.relay_parents.get(&scheduling_parent);
		match parent.and_then(|parent| parent.session.own) {
			Some(own) => SecondingError::Disabled(own),
			None => SecondingError::NotABacker(scheduling_parent),
		}
	}

	/// Forgets that a candidate was executed, so that it is again if this validator may confirm it later.
	pub(super) fn reopen(&mut self, candidate: CandidateHash) {
		if let Some(state) = self.candidates.get_mut(&candidate) {
			state.settled = false;
			state.asked.clear();
		}
	}

	fn found_invalid<V: View>(
		&mut self,
		candidate: CandidateHash,
		reason: Invalid,
		source: PovSource,
		turn: &mut Turn<'_, V>,
	) {
		let malicious = Judgement::Cost(Cost::Malicious, "an invalid collation");
		if let Some(state) = self.candidates.get_mut(&candidate) {
			state.in_vain = true;
		}
		match (reason, source) {
			// That says nothing about the candidate: the next one may have the right one.
			(Invalid::Inputs(InputMismatch::Pov { .. }), PovSource::Confirming(peer)) => {
				turn.out
					.report(peer, Judgement::Cost(Cost::Major, "another proof of validity"));
			}
			(Invalid::Inputs(error @ InputMismatch::Pov { .. }), PovSource::Offered(peer))
			| (Invalid::Inputs(error), PovSource::Collation(peer)) => {
				turn.out.report(peer, malicious);
				self.not_seconded(candidate, peer, error.into(), turn);
			}
			(Invalid::Intrinsic(error), PovSource::Collation(peer)) => {
				turn.out.report(peer, malicious);
				self.not_seconded(candidate, peer, error.into(), turn);
			}
			(reason, source) => {
				if let Some(state) = self.candidates.get_mut(&candidate) {
					state.settled = true;
				}
				self.to_confirm.remove(&candidate);
				let collator = source.collator();
				if let Some(peer) = collator {
					turn.out.report(peer, malicious);
				}
				turn.effects.push(Effect::Invalid {
					candidate,
					collator,
					reason,
				});
			}
		}
	}
}
