//! What is judged after each input.

use super::{actors, Said, Scene, Whole, WholeWords};
use crate::{
	job,
	promises::{Intent, PromiseId, LONGEST_ANCESTRY, STORE_PREFIX},
};
use async_backing_machine::{
	laws::{Breach, Law, Open},
	Output,
};
use async_backing_primitives::SigningContext;
use codec::{Decode, Encode};

/// Claims of the para, and so executions of collations, or of what others seconded, at a time.
const CLAIMS: usize = 2;

impl Scene {
	/// Law 4: somebody is named for a proof of validity that is not that of the descriptor.
	pub(super) fn judge_blame(
		&mut self,
		outputs: &[Output<WholeWords>],
		open: &Open<WholeWords>,
	) -> Result<(), Breach> {
		let is_named = outputs
			.iter()
			.any(|output| matches!(output, Output::Report(_, judgement) if judgement.value() < 0));
		let is_due = std::mem::take(&mut self.is_due);
		match is_due && !is_named && !open.has_no_room {
			true => Err(Breach::new(
				Law::Checked,
				"what somebody handed over is wrong, and nobody is named",
			)),
			false => Ok(()),
		}
	}

	/// Law 3: what one validator may say early or second; executions; and what is in no scope.
	pub(super) fn judge_bounds(&self, whole: &Whole, open: &Open<WholeWords>) -> Result<(), Breach> {
		let (depth, _) = actors::PARAMS;
		let places = depth as usize + 1;
		let is_execution = |job: &job::Job| matches!(job, job::Job::Validate(_));
		let jobs = open.jobs.values().filter(|job| !job.is_cancelled);
		let executions = jobs.filter(|job| is_execution(&job.job)).count();
		for (what, most, is) in [
			(
				"early votes of a validator",
				3 * places,
				whole.backing.most_early(),
			),
			("candidates of a validator", places, whole.backing.most_seconded()),
			("executions", 2 * CLAIMS, executions),
		] {
			if is > most {
				return Err(Breach::new(
					Law::Memory,
					format!("{is} {what}, but at most {most} may"),
				));
			}
		}
		if !self.is_block {
			return Ok(());
		}
		let held = whole.backing.relay_parents_held();
		if held.iter().any(|parent| !whole.chain.is_in_scope(*parent)) {
			return Err(Breach::new(
				Law::Memory,
				"something is kept of what is in no scope",
			));
		}
		let oldest = whole.backing.oldest_promise();
		match oldest
			.is_some_and(|oldest| self.told.is_some() && oldest + LONGEST_ANCESTRY < self.finalized_at_leaf)
		{
			true => Err(Breach::new(
				Law::Memory,
				"a promise is remembered that binds nobody",
			)),
			false => Ok(()),
		}
	}

	/// Law 5: a promise is stored before it is signed; what was shared was said to all who were there; none is lost.
	pub(super) fn judge_promises(
		&mut self,
		whole: &Whole,
		outputs: &[Output<WholeWords>],
		open: &Open<WholeWords>,
	) -> Result<(), Breach> {
		let intent_key = [STORE_PREFIX, b"i/"].concat();
		for output in outputs {
			let Output::Job {
				job: job::Job::Sign { payload, .. },
				..
			} = output
			else {
				continue;
			};
			let is_stored = open.stored.with_prefix(&intent_key).any(|(key, mut value)| {
				let id = PromiseId::decode(&mut &key[..]);
				let intent = Intent::decode(&mut value);
				id.ok().zip(intent.ok()).is_some_and(|(id, intent)| {
					let context = SigningContext {
						session_index: intent.session,
						parent_hash: id.0,
					};
					intent.statement.signing_payload(&context) == *payload
				})
			});
			if !is_stored {
				let what = "a statement is signed before the intent is stored";
				return Err(Breach::new(Law::Restart, what));
			}
		}
		let (kept, lost) = whole.backing.kept_and_lost();
		for (parent, candidate) in &kept {
			if !self.shared.insert((*parent, *candidate)) {
				continue;
			}
			let mut there = whole.chain.peers();
			let somebody = there.any(|peer| whole.chain.validator_of(*parent, peer).is_some());
			let is_said = outputs.iter().any(|output| match output {
				Output::Notify(_, Said::Statement(said)) => {
					let of = said.statement.statement.candidate_hash();
					(said.scheduling_parent, of) == (*parent, *candidate)
				}
				_ => false,
			});
			if somebody && !is_said && !whole.is_to_share(*parent, *candidate) {
				return Err(Breach::new(
					Law::Restart,
					"a statement is taken for shared that nobody was told",
				));
			}
		}
		let is_lost = lost.iter().any(|id| {
			let key = [STORE_PREFIX, b"i/", &id.encode()].concat();
			let intent = open
				.stored
				.0
				.get(&key)
				.map(|intent| Intent::decode(&mut &intent[..]));
			matches!(intent, Some(Ok(intent)) if !intent.is_seconded())
		});
		match is_lost {
			true => Err(Breach::new(Law::Restart, "a promise is lost, and could be kept")),
			false => Ok(()),
		}
	}
}
