//! What the parts must hear of each other.

use super::{parts::Around, Out, Validator};
use crate::{
	collating::{for_collator, outcome},
	Event,
};
use async_backing_availability::{self as availability, EncodedData, Kept, OwnData, Placement};
use async_backing_backing::{self as backing, Collation, SecondingError};
use async_backing_collator_protocol::{FetchedCollation, Outcome, ValidatorEffect};
use async_backing_machine::{Cost, Instant, PeerId};
use async_backing_primitives::{AvailableData, CandidateHash, Hash, ParaId, StatementDistributionMessage};
use async_backing_prospective_parachains::Candidate;
use async_backing_statement_distribution as distribution;
use codec::Encode;
use std::{collections::VecDeque, sync::Arc};

/// What a part did that others must hear.
#[allow(clippy::large_enum_variant)] // lives as long as it takes to tell
#[derive(Debug)]
pub(super) enum Effect {
	Backing(backing::Effect),
	Statements(distribution::Effect),
	Availability(availability::Effect),
	Collations(ValidatorEffect),
	Recovery(availability::Outcome),
}

/// What happened, oldest first.
pub(super) type Effects = VecDeque<Effect>;

impl Validator {
	/// Tells the parts what others did, until there is no more, and cuts whoever cost too much.
	pub(super) fn settle(&mut self, now: Instant, out: &mut Out, mut effects: Effects) {
		loop {
			if let Some(effect) = effects.pop_front() {
				match effect {
					Effect::Backing(effect) => self.backing_did(now, effect, out, &mut effects),
					Effect::Statements(effect) => self.statements_did(now, effect, out, &mut effects),
					Effect::Availability(effect) => self.availability_did(now, effect, out, &mut effects),
					Effect::Collations(effect) => self.collations_did(now, effect, out, &mut effects),
					Effect::Recovery(outcome) => out.event(Event::Recovery(outcome)),
				}
			} else if let Some(peer) = self.desk.ledger.pop_newly_cut() {
				out.event(Event::Cut(peer));
				self.gone(now, peer, out, &mut effects);
			} else {
				return;
			}
		}
	}

	fn backing_did(&mut self, now: Instant, effect: backing::Effect, out: &mut Out, effects: &mut Effects) {
		match effect {
			backing::Effect::Share {
				scheduling_parent,
				statement,
				candidate,
			} => self.with_statements(now, out, effects, |statements, chain, view, out| {
				statements.share(now, scheduling_parent, &statement, &candidate, chain, view, out)
			}),
			backing::Effect::Validated {
				candidate,
				data,
				coded,
				..
			} => self.keep_data(now, &candidate, data, coded, out, effects),
			backing::Effect::Vouched { para, .. } | backing::Effect::Lacking { para, .. } => {
				self.path_grew(now, para, out);
			}
			backing::Effect::Backable {
				candidate,
				para,
				scheduling_parent,
				..
			} => {
				out.event(Event::Backable(candidate));
				self.with_statements(now, out, effects, |statements, chain, view, out| {
					statements.backable(now, scheduling_parent, candidate, chain, view, out)
				});
				self.path_grew(now, para, out);
			}
			backing::Effect::Seconded {
				candidate, statement, ..
			} => {
				out.event(Event::Seconded(candidate));
				let outcome = Outcome::Seconded(for_collator(&statement));
				self.collation_ended(now, candidate, outcome, out);
			}
			backing::Effect::Confirmed { candidate } => {
				out.event(Event::Confirmed(candidate));
				self.collation_ended(now, candidate, Outcome::Confirmed, out);
			}
			backing::Effect::NotSeconded {
				candidate,
				peer,
				error,
			} => self.not_seconded(now, candidate, peer, &error, out),
			backing::Effect::Invalid {
				candidate,
				reason,
				collator,
			} => {
				out.event(Event::Refused(candidate, format!("it is invalid: {reason}")));
				let outcome = match collator {
					Some(_) => Outcome::Invalid,
					None => Outcome::Failed,
				};
				self.collation_ended(now, candidate, outcome, out);
			}
			backing::Effect::Misbehaviour { misbehaviour, .. } => {
				out.event(Event::Complaint(format!("{misbehaviour:?}")));
			}
		}
	}

	/// More of a para may have a place, or something of it is wanted.
	fn path_grew(&mut self, now: Instant, para: ParaId, out: &mut Out) {
		self.with_collations(now, out, |collations, around, out| {
			collations.path_grew(para, around, out);
		});
	}

	fn statements_did(
		&mut self,
		now: Instant,
		effect: distribution::Effect,
		out: &mut Out,
		effects: &mut Effects,
	) {
		match effect {
			distribution::Effect::Early {
				peer,
				scheduling_parent,
				message,
			} => self.keep_early(now, peer, scheduling_parent, message, out),
			// Who seconds it follows, and takes it into the trees (R-BAK-6).
			distribution::Effect::Confirmed { .. } => {}
			distribution::Effect::Statement {
				scheduling_parent,
				statement,
				candidate,
			} => self.with_backing(now, out, effects, |backing, around, out| {
				let Around { chain, view } = around;
				backing.heard(now, scheduling_parent, statement, &candidate, chain, view, out)
			}),
		}
	}

	/// Something came before its relay parent.
	fn keep_early(
		&mut self,
		now: Instant,
		peer: PeerId,
		scheduling_parent: Hash,
		message: StatementDistributionMessage,
		out: &mut Out,
	) {
		let bytes = message.encoded_size();
		let kept = self.early.insert(now, peer, scheduling_parent, message, bytes);
		if !kept.is_ok_and(|given_up| given_up.is_empty()) {
			let cost = (Cost::Minor, "too many early statements");
			self.desk.report(now, &self.chain, peer, cost, out);
		}
	}

	/// The data of a valid candidate are kept before anybody hears that it is valid, so that whoever hears it can fetch
	/// (R-AVL-5).
	fn keep_data(
		&mut self,
		now: Instant,
		candidate: &Candidate,
		data: Arc<AvailableData>,
		coded: Arc<EncodedData>,
		out: &mut Out,
		effects: &mut Effects,
	) {
		let descriptor = &candidate.receipt().descriptor;
		let relay_parent = descriptor.scheduling_parent();
		let session = self.chain.session_of(relay_parent);
		let own = session.and_then(|session| session.own);
		let group = session.zip(own).and_then(|(session, own)| session.group_of(own));
		let core = own.and_then(|own| self.chain.core_of(relay_parent, own));
		let (Some(group), Some(core)) = (group, core) else {
			return;
		};
		let hash = candidate.hash();
		let own = OwnData {
			candidate: hash,
			place: Placement {
				relay_parent,
				group,
				core,
			},
			data,
			coded,
		};
		match self.with_availability(now, out, |availability, chain, out| {
			availability.store_coded(now, own, chain, out)
		}) {
			// Of before a restart, perhaps.
			Ok(Kept::Already) => self.data_stored(now, hash, out, effects),
			Ok(Kept::Soon) => {}
			Err(error) => out.event(Event::Complaint(format!("data of {hash} are not kept: {error}"))),
		}
	}

	fn data_stored(&mut self, now: Instant, candidate: CandidateHash, out: &mut Out, effects: &mut Effects) {
		self.with_backing(now, out, effects, |backing, around, out| {
			backing.data_stored(now, candidate, around.chain, around.view, out)
		});
	}

	/// What availability says besides is for those who look on: it has told them itself.
	fn availability_did(
		&mut self,
		now: Instant,
		effect: availability::Effect,
		out: &mut Out,
		effects: &mut Effects,
	) {
		match effect {
			availability::Effect::Stored { candidate } => self.data_stored(now, candidate, out, effects),
			availability::Effect::Unobtainable { .. } | availability::Effect::WronglyCoded { .. } => {}
		}
	}

	fn collations_did(
		&mut self,
		now: Instant,
		effect: ValidatorEffect,
		out: &mut Out,
		effects: &mut Effects,
	) {
		match effect {
			ValidatorEffect::Fetched { from, collation } => {
				let FetchedCollation {
					candidate,
					receipt,
					pov,
					parent_head,
					parent_head_data,
				} = *collation;
				let collation = Collation {
					receipt,
					pov,
					parent_head,
					parent_head_data,
				};
				let mut refused = None;
				self.with_backing(now, out, effects, |backing, around, out| {
					let Around { chain, view } = around;
					let result = backing.collation_fetched(now, from, collation, chain, view, out);
					result.unwrap_or_else(|error| {
						refused = Some(error);
						Vec::new()
					})
				});
				if let Some(error) = refused {
					self.not_seconded(now, candidate, from, &error, out);
				}
			}
			ValidatorEffect::Disconnect { peer, why } => {
				out.event(Event::Parted(peer, why));
				out.disconnect(peer);
			}
		}
	}

	fn not_seconded(
		&mut self,
		now: Instant,
		candidate: CandidateHash,
		from: PeerId,
		error: &SecondingError,
		out: &mut Out,
	) {
		out.event(Event::Refused(candidate, format!("it is not seconded: {error}")));
		if matches!(error, SecondingError::Admission(_)) {
			let cost = (Cost::Minor, "collation that the chain refuses");
			self.desk.report(now, &self.chain, from, cost, out);
		}
		self.collation_ended(now, candidate, outcome(error), out);
	}

	fn collation_ended(&mut self, now: Instant, candidate: CandidateHash, outcome: Outcome, out: &mut Out) {
		self.with_collations(now, out, |collations, around, out| {
			collations.ended(candidate, outcome, around, out);
		});
	}
}
