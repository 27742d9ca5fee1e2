//! Own statements: promised, signed, stored, counted, shared (law 5).

use super::{Backing, CandidateHash, Effect, JobOf, Turn};
use crate::{
	job::Job,
	promises::{intent_batch, signature_batch, Intent, Promise, PromiseId, Stage},
	BackingWords, Event, SecondedCandidate, SignedStatement, StatementContent, View,
};
use async_backing_chain_view::ChainView;
use async_backing_fragment_tree::Candidate;
use async_backing_machine::{BatchId, Instant, JobId, Outbox, Priority};
use async_backing_primitives::{CompactStatement, Hash, SignedCompactStatement, ValidatorSignature};
use std::sync::Arc;

impl Backing {
	/// Decides to state a candidate, once its data are stored.
	pub(super) fn decide(&mut self, id: PromiseId, intent: Intent, content: Option<Vec<u8>>) {
		let promise = Promise {
			intent,
			signature: None,
			stage: Stage::Decided(content),
		};
		self.promises.insert(id, promise);
	}

	/// Decides to confirm a candidate. `false` if this validator may not, because it is disabled or made a statement about it
	/// before (R-BAK-10).
	pub(super) fn decide_to_confirm(&mut self, scheduling_parent: Hash, candidate: CandidateHash) -> bool {
		let id = (scheduling_parent, candidate);
		let Some(parent) = self.relay_parents.get(&scheduling_parent) else {
			return false;
		};
		let Some(own) = parent.own().filter(|_| !self.promises.contains(id)) else {
			return false;
		};
		let intent = parent.intent(own, CompactStatement::Valid(candidate));
		self.decide(id, intent, None);
		true
	}

	/// The data of a candidate that [`Effect::Validated`] told of are stored, or will be before what is put into the outbox
	/// from now on. The statement about it is promised, signed and shared. Repetitions change nothing.
	pub fn data_stored(
		&mut self,
		now: Instant,
		candidate: CandidateHash,
		chain: &ChainView,
		view: &mut impl View,
		out: &mut Outbox<BackingWords>,
	) -> Vec<Effect> {
		self.turn(now, chain, view, out, |backing, turn| {
			backing.promise(candidate, turn)
		})
	}

	fn promise<V: View>(&mut self, candidate: CandidateHash, turn: &mut Turn<'_, V>) {
		let Some(state) = self.candidates.get(&candidate) else {
			return;
		};
		let id = (state.scheduling_parent, candidate);
		let may_state = self
			.relay_parents
			.get(&state.scheduling_parent)
			.is_some_and(|parent| parent.own().is_some());
		let Some(promise) = self.promises.get_mut(id) else {
			return;
		};
		let Stage::Decided(content) = &mut promise.stage else {
			return;
		};
		if !may_state && !promise.intent.is_seconded() {
			// Disabled in between. It may have to confirm the candidate yet (R-BAK-14).
			self.promises.remove(id);
			return self.reopen(candidate);
		}
		let batch = turn.out.store(intent_batch(id, &promise.intent, content.take()));
		promise.stage = Stage::Intending(batch);
		self.batches.insert(batch, id);
	}

	/// A batch is stored.
	pub(super) fn stored<V: View>(&mut self, batch: BatchId, turn: &mut Turn<'_, V>) {
		let Some(id) = self.batches.remove(&batch) else {
			return;
		};
		let Some(promise) = self.promises.get_mut(id) else {
			return;
		};
		match promise.stage {
			Stage::Intending(of) if of == batch => promise.stage = Stage::Unsigned,
			Stage::Sealing(of) if of == batch => promise.stage = Stage::Sealed,
			_ => return,
		}
		self.advance(id, turn);
	}

	/// What was promised at relay parents in scope and is not kept yet: after a restart, or because there was no room.
	pub(super) fn resume_promises<V: View>(&mut self, turn: &mut Turn<'_, V>) {
		let open = |promise: &Promise| {
			matches!(
				promise.stage,
				Stage::Forgotten(_) | Stage::Unsigned | Stage::Sealed
			)
		};
		let ids: Vec<_> = self
			.promises
			.iter()
			.filter(|((parent, _), promise)| open(promise) && self.relay_parents.contains_key(parent))
			.map(|(id, _)| id)
			.collect();
		for id in ids {
			self.advance(id, turn);
		}
	}

	/// Takes the next step towards keeping a promise, if its relay parent is in scope.
	pub(super) fn advance<V: View>(&mut self, id: PromiseId, turn: &mut Turn<'_, V>) {
		let Some(parent) = self.relay_parents.get(&id.0) else {
			return;
		};
		let Some(promise) = self.promises.get_mut(id) else {
			return;
		};
		let deadline = turn.now.saturating_add(self.config.sign);
		match &promise.stage {
			Stage::Forgotten(content) => {
				match turn
					.out
					.job(Priority::High, deadline, Job::Recall(content.clone()))
				{
					Some(job) => {
						promise.stage = Stage::Recalling(job, content.clone());
						self.jobs.insert(job, JobOf::Recall(id));
					}
					None => self.stalled = true,
				}
			}
			Stage::Unsigned => {
				// Another key by this index, if the fork is another one: it can't sign.
				let is_own = parent.session.own == Some(promise.intent.validator)
					&& parent.session.index == promise.intent.session;
				let Some(key) = parent.key(promise.intent.validator).filter(|_| is_own) else {
					return;
				};
				let payload = promise
					.intent
					.statement
					.signing_payload(&parent.signing_context());
				let job = Job::Sign {
					validator: key.clone(),
					payload,
				};
				match turn.out.job(Priority::High, deadline, job) {
					Some(job) => {
						promise.stage = Stage::Signing(job);
						self.jobs.insert(job, JobOf::Sign(id));
					}
					None => self.stalled = true,
				}
			}
			Stage::Sealed => self.keep(id, turn),
			_ => {}
		}
	}

	/// A statement was signed, or could not be: then it is tried again at the next leaf.
	pub(super) fn signed<V: View>(
		&mut self,
		job: JobId,
		id: PromiseId,
		signature: Option<ValidatorSignature>,
		turn: &mut Turn<'_, V>,
	) {
		let Some(promise) = self.promises.get_mut(id) else {
			return;
		};
		if promise.stage != Stage::Signing(job) {
			return;
		}
		let Some(signature) = signature else {
			promise.stage = Stage::Unsigned;
			return;
		};
		let batch = turn.out.store(signature_batch(id, &signature));
		promise.signature = Some(signature);
		promise.stage = Stage::Sealing(batch);
		self.batches.insert(batch, id);
	}

	/// What this validator seconded before the restart was read again: it takes its place. `None`: the job was not done, and
	/// is asked for again at the next leaf.
	pub(super) fn recalled<V: View>(
		&mut self,
		job: JobId,
		id: PromiseId,
		read: Option<Option<Arc<Candidate>>>,
		turn: &mut Turn<'_, V>,
	) {
		let (scheduling_parent, hash) = id;
		let Some(promise) = self.promises.get_mut(id) else {
			return;
		};
		let content = match &promise.stage {
			Stage::Recalling(asked, content) if *asked == job => content.clone(),
			_ => return,
		};
		let Some(candidate) = read else {
			promise.stage = Stage::Forgotten(content);
			return;
		};
		let Some(candidate) = candidate.filter(|candidate| candidate.hash() == hash) else {
			promise.stage = Stage::Lost;
			return;
		};
		promise.stage = Stage::restored(&promise.signature);
		let para = candidate.para_id();
		turn.view.introduce(&candidate);
		self.note_seconded(para, scheduling_parent, &candidate);
		if let Some(state) = self.candidates.get_mut(&hash) {
			state.settled = true;
		}
		self.to_confirm.remove(&hash);
		self.depths.note(para, hash, &turn.view.membership(para, hash));
		self.advance(id, turn);
	}

	/// Counts an own statement and shares it, before announcing what it led to (R-BAK-7).
	fn keep<V: View>(&mut self, id: PromiseId, turn: &mut Turn<'_, V>) {
		let (scheduling_parent, candidate) = id;
		let Some(statement) = self.own_statement(id) else {
			return;
		};
		let is_seconded = matches!(statement.content, StatementContent::Seconded(_));
		let compact = SignedCompactStatement {
			statement: match is_seconded {
				true => CompactStatement::Seconded(candidate),
				false => CompactStatement::Valid(candidate),
			},
			validator_index: statement.validator_index,
			signature: statement.signature.clone(),
		};
		let said = compact.statement;
		let Some(known) = self.candidate(candidate).cloned() else {
			// Of before a restart, and who seconded it has not been heard again: it is shared when it is known.
			return self.count_own(scheduling_parent, compact);
		};
		turn.effects.push(Effect::Share {
			scheduling_parent,
			statement: compact.clone(),
			candidate: known,
		});
		if let Some(promise) = self.promises.get_mut(id) {
			promise.stage = Stage::Shared;
		}
		self.count_own(scheduling_parent, compact);
		turn.out.event(Event::Shared(said));
		let para = self.candidates.get(&candidate).map(|state| state.para);
		match para.filter(|_| is_seconded) {
			Some(para) => {
				turn.view.note_seconded(para, candidate);
				turn.effects.push(Effect::Seconded {
					candidate,
					para,
					scheduling_parent,
					statement: Arc::new(statement),
				});
			}
			None => turn.effects.push(Effect::Confirmed { candidate }),
		}
		self.announce_if_backable(candidate, turn);
	}

	fn count_own(&mut self, scheduling_parent: Hash, statement: SignedCompactStatement) {
		let Some(parent) = self.relay_parents.get_mut(&scheduling_parent) else {
			return;
		};
		let (candidate, own) = (statement.statement.candidate_hash(), statement.validator_index);
		let is_seconded = matches!(statement.statement, CompactStatement::Seconded(_));
		if !is_seconded && !parent.table.contains(candidate) {
			// Restored, and who seconded it has not been heard again.
			if !parent.early.contains(candidate, own) {
				parent.early.insert(statement);
			}
			return;
		}
		let core = parent.core_of(own).unwrap_or_default();
		let group = parent.group_of(core).map(<[_]>::to_vec).unwrap_or_default();
		// Only repetitions are refused: what is promised is judged before.
		let _ = parent.table.import(statement, Some((core, &group)));
		for vote in parent.early.take(candidate) {
			let _ = parent.table.import(vote, None);
		}
	}

	/// An own statement as others get it; `None` while it lacks its signature or the candidate.
	fn own_statement(&self, (scheduling_parent, candidate): PromiseId) -> Option<SignedStatement> {
		let promise = self.promises.get((scheduling_parent, candidate))?;
		let content = match promise.intent.is_seconded() {
			true => {
				let known = self.candidates.get(&candidate)?.seconded.as_ref()?;
				StatementContent::Seconded(Arc::new(SecondedCandidate {
					receipt: known.shared_receipt().clone(),
					validation_data: known.shared_validation_data().clone(),
				}))
			}
			false => StatementContent::Valid(candidate),
		};
		Some(SignedStatement {
			scheduling_parent,
			content,
			validator_index: promise.intent.validator,
			signature: promise.signature.clone()?,
		})
	}
}
