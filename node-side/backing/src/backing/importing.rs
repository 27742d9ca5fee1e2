//! Verified statements of other validators are counted.

use super::{Backing, Effect, StatementError, Turn};
use crate::{account::Charge, BackingWords, Event, Introduction, TableError, View, MAX_CODES_PER_VALIDATOR};
use async_backing_chain_view::ChainView;
use async_backing_fragment_tree::Candidate;
use async_backing_machine::{Cost, Instant, Judgement, Outbox};
use async_backing_primitives::{
	CandidateHash, CompactStatement, Hash, ParaId, SignedCompactStatement, ValidatorIndex,
};
use std::sync::Arc;

impl Backing {
	/// A statement of somebody else that a neighbour has verified, with the candidate that it is about, which is checked in
	/// itself and hashed: it is counted, and followed up. Each comes once; one that seconds a candidate comes before those that
	/// confirm it, or these wait for it.
	#[allow(clippy::too_many_arguments)] // the usual five, and what is said about what
	pub fn heard(
		&mut self,
		now: Instant,
		scheduling_parent: Hash,
		statement: SignedCompactStatement,
		candidate: &Arc<Candidate>,
		chain: &ChainView,
		view: &mut impl View,
		out: &mut Outbox<BackingWords>,
	) -> Vec<Effect> {
		self.turn(now, chain, view, out, |backing, turn| {
			backing.import(scheduling_parent, statement, candidate, turn);
		})
	}

	/// Takes a verified statement in, and follows it up: this validator may have to confirm the candidate, or it got its
	/// quorum.
	///
	/// One of a disabled validator is taken in as well, because it counts as soon as no active leaf disables its author
	/// (R-BAK-14), and nobody sends it twice. Until then it leads to nothing.
	///
	/// Whoever brought it is the neighbour's to judge: here its author pays, for what its signatures prove (R-TAB-3), and
	/// nobody for the rest.
	fn import<V: View>(
		&mut self,
		scheduling_parent: Hash,
		statement: SignedCompactStatement,
		candidate: &Arc<Candidate>,
		turn: &mut Turn<'_, V>,
	) {
		if !self.relay_parents.contains_key(&scheduling_parent) {
			// It left all scopes while the signature was checked.
			return;
		}
		let author = statement.validator_index;
		let parent = self.relay_parents.get(&scheduling_parent);
		let is_of_another = parent.is_some_and(|parent| parent.is_of_another_group(candidate, author));
		let counted = match statement.statement {
			_ if is_of_another => Err(StatementError::OtherGroup {
				validator: author,
				candidate: candidate.hash(),
			}),
			CompactStatement::Seconded(_) => {
				self.import_seconded(scheduling_parent, statement, candidate, turn)
			}
			CompactStatement::Valid(_) => self.import_valid(scheduling_parent, statement),
		};
		match counted {
			Ok(Some(candidate)) => self.follow_up(candidate, turn),
			Ok(None) => {}
			Err(StatementError::NotCounted(TableError::Misbehaviour(misbehaviour))) => {
				if let Some(peer) = turn.chain.peer_of(scheduling_parent, author) {
					turn.out
						.report(peer, Judgement::Cost(Cost::Major, "misbehaviour"));
				}
				turn.effects.push(Effect::Misbehaviour {
					scheduling_parent,
					misbehaviour: *misbehaviour,
				});
			}
			Err(error) => {
				self.refused = self.refused.saturating_add(1);
				turn.out.event(Event::Refused {
					validator: author,
					error,
				});
			}
		}
	}

	/// Counts a seconding statement; takes the candidate into the view first, if it is new (R-BAK-6). Votes that overtook it
	/// are counted with it.
	fn import_seconded<V: View>(
		&mut self,
		scheduling_parent: Hash,
		statement: SignedCompactStatement,
		candidate: &Arc<Candidate>,
		turn: &mut Turn<'_, V>,
	) -> Result<Option<CandidateHash>, StatementError> {
		let (hash, author) = (candidate.hash(), statement.validator_index);
		let codes = self.codes_of(scheduling_parent, author, candidate.para_id());
		let Some(parent) = self.relay_parents.get_mut(&scheduling_parent) else {
			return Ok(None);
		};
		let core = parent.admit(candidate, author)?;
		let group = parent.group_of(core).map(<[_]>::to_vec).unwrap_or_default();
		let assignment = Some((core, &group[..]));
		if !parent
			.table
			.check(&statement, assignment)
			.map_err(StatementError::NotCounted)?
		{
			return Err(StatementError::Known);
		}
		let code = candidate.commitments().new_validation_code.as_ref();
		let charge = Charge::new(candidate.bytes(), code.map(|code| code.0.len()));
		let too_many_codes = charge.code.is_some() && codes >= MAX_CODES_PER_VALIDATOR;
		if too_many_codes || !parent.has_room(author, candidate.para_id(), charge) {
			return Err(StatementError::OverBytes {
				validator: author,
				held: parent.accounts.plain(author, candidate.para_id()),
				codes,
				more: candidate.bytes(),
			});
		}
		if turn.view.introduce(candidate) == Introduction::Refused {
			return Err(StatementError::NotInView(hash));
		}
		parent
			.table
			.import(statement, assignment)
			.map_err(StatementError::NotCounted)?;
		parent.accounts.charge(author, candidate.para_id(), charge);
		for vote in parent.early.take(hash) {
			if parent.is_of_another_group(candidate, vote.validator_index) {
				continue;
			}
			if let Err(TableError::Misbehaviour(misbehaviour)) = parent.table.import(vote, None) {
				turn.effects.push(Effect::Misbehaviour {
					scheduling_parent,
					misbehaviour: *misbehaviour,
				});
			}
		}
		let para = candidate.para_id();
		let is_news = self.candidate(hash).is_none();
		self.note_seconded(para, scheduling_parent, candidate);
		turn.view.note_seconded(para, hash);
		if is_news {
			turn.effects.push(Effect::Vouched {
				candidate: hash,
				para,
			});
		}
		// What this validator said of it before a restart is shared now that it is known.
		self.advance((scheduling_parent, hash), turn);
		Ok(Some(hash))
	}

	/// A candidate was seconded: it is known from now on.
	pub(super) fn note_seconded(
		&mut self,
		para: ParaId,
		scheduling_parent: Hash,
		candidate: &Arc<Candidate>,
	) {
		let new = self.new_state(para, scheduling_parent);
		self.candidates
			.entry(candidate.hash())
			.or_insert(new)
			.seconded
			.get_or_insert_with(|| candidate.clone());
	}

	/// Counts a confirmation, or keeps it until the candidate comes (R-BAK-7).
	fn import_valid(
		&mut self,
		scheduling_parent: Hash,
		statement: SignedCompactStatement,
	) -> Result<Option<CandidateHash>, StatementError> {
		let (candidate, author) = (statement.statement.candidate_hash(), statement.validator_index);
		let Some(parent) = self.relay_parents.get_mut(&scheduling_parent) else {
			return Ok(None);
		};
		if parent.table.contains(candidate) {
			return match parent.table.import(statement, None) {
				Ok(true) => Ok(Some(candidate)),
				Ok(false) => Err(StatementError::Known),
				Err(error) => Err(StatementError::NotCounted(error)),
			};
		}
		if parent.early.contains(candidate, author) {
			return Err(StatementError::Known);
		}
		let waiting = parent.early.count_of(author);
		if waiting >= parent.max_early_votes() {
			return Err(StatementError::TooManyEarly(waiting));
		}
		parent.early.insert(statement);
		Ok(None)
	}

	/// Candidates of a para with codes that a validator seconded in the scope of all leaves, in the session of a relay parent.
	pub(super) fn codes_of(&self, scheduling_parent: Hash, validator: ValidatorIndex, para: ParaId) -> usize {
		let parent = self.relay_parents.get(&scheduling_parent);
		let Some(session) = parent.map(|parent| &parent.session) else {
			return 0;
		};
		let parents = self.relay_parents.values();
		parents
			.filter(|parent| Arc::ptr_eq(&parent.session, session) || parent.session == *session)
			.map(|parent| parent.accounts.codes(validator, para))
			.fold(0, usize::saturating_add)
	}
}
