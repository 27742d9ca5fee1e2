//! Statements arrive: cheap checks first, then a batch of signature checks (laws 1, 3 and 4).

use super::{Backing, Effect, JobOf, StatementError, Turn};
use crate::{
	account::Charge,
	checks::NotWaiting,
	job::{BadStatement, Checked, Job, Unchecked},
	Event, Sharing, SignedStatement, StatementContent, View,
};
use async_backing_machine::{Cost, JobId, Judgement, PeerId, Priority};
use std::sync::Arc;

impl Backing {
	/// A peer is there: it hears what this validator said, of what is in scope, because it may have missed it. Whatever it
	/// backs it may be asked for.
	pub(super) fn peer_connected<V: View>(&mut self, peer: PeerId, turn: &mut Turn<'_, V>) {
		if self.config.sharing == Sharing::FullMesh {
			self.share_with(peer, turn);
		}
	}

	/// A peer is gone. Who comes back may be asked again, over whatever connection.
	pub(super) fn peer_disconnected(&mut self, peer: PeerId) {
		self.checks.forget_peer(peer);
		for candidate in &self.to_confirm {
			if let Some(state) = self.candidates.get_mut(candidate) {
				for asked in state.asked.values_mut() {
					asked.peer.take_if(|asked| *asked == peer);
				}
			}
		}
	}

	/// A statement arrived. Nothing of it is believed yet, and what is wrong at first sight is refused at no cost.
	pub(super) fn statement_arrived<V: View>(
		&mut self,
		peer: PeerId,
		statement: Arc<SignedStatement>,
		turn: &mut Turn<'_, V>,
	) {
		let scheduling_parent = statement.scheduling_parent;
		if !self.relay_parents.contains_key(&scheduling_parent) {
			turn.effects.push(Effect::Early { peer, statement });
			return;
		}
		let Some(sender) = turn.chain.validator_of(scheduling_parent, peer) else {
			let error = StatementError::Stranger(scheduling_parent);
			return self.refuse(peer, error, Some(Cost::Minor), turn);
		};
		if let Err((error, cost)) = self.look_at(peer, &statement) {
			let cost = share_of_blame(&error, cost, sender == statement.validator_index);
			return self.refuse(peer, error, cost, turn);
		}
		match self.checks.push(peer, statement) {
			Ok(()) => {}
			Err(error) => {
				let cost = match error {
					NotWaiting::Cut(_) => Some(Cost::MajorRepeated),
					// Not its fault.
					NotWaiting::Busy(_) => None,
					NotWaiting::Repeated => Some(Cost::MinorRepeated),
					NotWaiting::TooLarge { .. } => Some(Cost::Major),
					NotWaiting::TooMany(_) | NotWaiting::TooManyBytes { .. } => Some(Cost::Minor),
				};
				self.refuse(peer, error.into(), cost, turn);
			}
		}
	}

	/// All that can be said of a statement without its signature. On error, what it costs the sender.
	fn look_at(
		&mut self,
		peer: PeerId,
		statement: &SignedStatement,
	) -> Result<(), (StatementError, Option<Cost>)> {
		let validator = statement.validator_index;
		let known: usize = self.relay_parents.values().map(|parent| parent.known()).sum();
		let codes = self.codes_of(statement.scheduling_parent, validator);
		let Some(parent) = self.relay_parents.get(&statement.scheduling_parent) else {
			return Ok(());
		};
		if parent.key(validator).is_none() {
			return Err((StatementError::UnknownValidator(validator), Some(Cost::Major)));
		}
		if let Some(first) = parent.known_from(validator, &statement.signature) {
			let repeats_itself = first == peer || self.checks.repeated(peer, known);
			return Err((
				StatementError::Known,
				repeats_itself.then_some(Cost::MinorRepeated),
			));
		}
		match &statement.content {
			StatementContent::Seconded(seconded) => {
				let (expected, got) = (
					seconded.receipt.descriptor.scheduling_parent(),
					statement.scheduling_parent,
				);
				if expected != got {
					let error = StatementError::WrongSchedulingParent { expected, got };
					return Err((error, Some(Cost::Major)));
				}
				if !parent.is_synchronous() && !parent.table.may_second(validator) {
					let limit = parent.seconding_limit();
					let error = crate::TableError::TooManySeconded { validator, limit };
					return Err((StatementError::NotCounted(error), Some(Cost::Major)));
				}
				let code = seconded.receipt.commitments.new_validation_code.as_ref();
				let charge = Charge::new(statement.bytes(), code.map(|code| code.0.len()));
				let para = seconded.para_id();
				if code.is_some() && codes >= crate::MAX_CODES_PER_VALIDATOR
					|| !parent.has_room(validator, para, charge)
				{
					let error = StatementError::OverBytes {
						validator,
						held: parent.accounts.plain(validator),
						codes,
						more: statement.bytes(),
					};
					return Err((error, Some(Cost::Major)));
				}
			}
			StatementContent::Valid(candidate) => {
				let waits = parent.early.contains(*candidate, validator);
				let early = parent.early.count_of(validator);
				let is_early = !waits && !parent.table.contains(*candidate);
				if is_early && early >= parent.max_early_votes() {
					return Err((StatementError::TooManyEarly(early), Some(Cost::Minor)));
				}
			}
		}
		Ok(())
	}

	/// Has the next batch of statements checked, if none is.
	pub(super) fn check_next<V: View>(&mut self, turn: &mut Turn<'_, V>) {
		while let Some(batch) = self.checks.take_batch() {
			let (mut unchecked, mut in_check) = (Vec::new(), Vec::new());
			for item in batch {
				match self.unchecked(&item.statement) {
					Some(statement) => {
						unchecked.push(statement);
						in_check.push(item);
					}
					None => self.checks.release(std::slice::from_ref(&item)),
				}
			}
			if unchecked.is_empty() {
				continue;
			}
			let deadline = turn.now.saturating_add(self.config.check);
			match turn
				.out
				.job(Priority::High, deadline, Job::CheckStatements(unchecked))
			{
				Some(id) => {
					self.jobs.insert(id, JobOf::Check);
					self.checks.started(id, in_check);
				}
				None => self.checks.put_back(in_check),
			}
			return;
		}
	}

	fn unchecked(&self, statement: &Arc<SignedStatement>) -> Option<Unchecked> {
		let parent = self.relay_parents.get(&statement.scheduling_parent)?;
		Some(Unchecked {
			statement: statement.clone(),
			validator: parent.key(statement.validator_index)?.clone(),
			context: parent.signing_context(),
		})
	}

	/// A batch was checked.
	pub(super) fn checked<V: View>(
		&mut self,
		job: JobId,
		results: Vec<Result<Checked, BadStatement>>,
		turn: &mut Turn<'_, V>,
	) {
		let Some(batch) = self.checks.finished(job) else {
			return;
		};
		for (item, result) in batch.into_iter().zip(results) {
			match result {
				Ok(checked) => {
					self.import(Some(item.peer), item.statement.scheduling_parent, checked, turn);
				}
				Err(BadStatement::Signature) => {
					let error = StatementError::BadSignature(item.statement.validator_index);
					let is_last = self.checks.forged(item.peer);
					let cost = if is_last { Cost::Malicious } else { Cost::Major };
					self.refuse(item.peer, error, Some(cost), turn);
				}
				Err(BadStatement::Candidate(error)) => {
					// As good as forged: nobody honest passes it on.
					let is_last = self.checks.forged(item.peer);
					let cost = if is_last { Cost::Malicious } else { Cost::Major };
					self.refuse(item.peer, error.into(), Some(cost), turn);
				}
			}
		}
	}

	/// A statement is ignored: whoever sent it is charged, whoever its author is (law 4).
	pub(super) fn refuse<V: View>(
		&mut self,
		peer: PeerId,
		error: StatementError,
		cost: Option<Cost>,
		turn: &mut Turn<'_, V>,
	) {
		self.refused = self.refused.saturating_add(1);
		if let Some(cost) = cost {
			turn.out.report(peer, Judgement::Cost(cost, "statement"));
		}
		turn.out.event(Event::Refused { peer, error });
	}
}

/// What a refusal costs the sender: whoever passes on what its author should not have said may not know better.
pub(super) fn share_of_blame(error: &StatementError, cost: Option<Cost>, is_author: bool) -> Option<Cost> {
	match error {
		StatementError::OverBytes { .. } | StatementError::NotCounted(_) if !is_author => {
			cost.map(|_| Cost::Minor)
		}
		_ => cost,
	}
}
