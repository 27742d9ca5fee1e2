//! Others ask for candidates.

use super::{StatementDistribution, Turn};
use crate::{filter::StatementSet, store::Key, words::STATEMENT_BYTES, Attested, Misdeed};
use async_backing_machine::{PeerId, Refusal, Ticket};
use async_backing_primitives::{Hash, ValidatorIndex};
use async_backing_wire::AttestedCandidateRequest;

/// Statements of one answer: more would be more than an input may copy (law 1).
const MAX_STATEMENTS: usize = 48 * 1024 / STATEMENT_BYTES;

impl StatementDistribution {
	pub(super) fn answer<F>(
		&mut self,
		peer: PeerId,
		ticket: Ticket,
		request: &AttestedCandidateRequest,
		turn: &mut Turn<'_, F>,
	) {
		let answer = match self.find_answer(peer, request, turn) {
			Ok(answer) => answer,
			Err(misdeed) => {
				self.misdeed(peer, misdeed, turn);
				Err(Refusal::NotAllowed)
			}
		};
		turn.out.respond(ticket, answer);
	}

	/// Where the candidate is known, and as whom the peer may ask for it: it was told of it.
	fn find_asked<F>(&self, peer: PeerId, request: &AttestedCandidateRequest, turn: &Turn<'_, F>) -> Found {
		let candidate = request.candidate_hash;
		let mut found = Found::Unknown;
		for (at, parent) in &self.parents {
			for key in parent.confirmed_keys(candidate) {
				for asker in turn.chain.validators_of(*at, peer) {
					let is_member = parent.own_group() == Some(key.group)
						&& parent.cluster.as_ref().is_some_and(|cluster| {
							let member = cluster.position(asker);
							member.is_some_and(|member| cluster.may_ask(member, candidate))
						});
					if is_member || parent.grid.was_announced(asker, key) {
						return Found::Here {
							at: *at,
							key,
							asker,
							is_member,
						};
					}
				}
				found = Found::Untold;
			}
		}
		found
	}

	fn find_answer<F>(
		&mut self,
		peer: PeerId,
		request: &AttestedCandidateRequest,
		turn: &mut Turn<'_, F>,
	) -> Result<Result<Attested, Refusal>, Misdeed> {
		let candidate = request.candidate_hash;
		let (at, key, asker, is_member) = match self.find_asked(peer, request, turn) {
			Found::Here {
				at,
				key,
				asker,
				is_member,
			} => (at, key, asker, is_member),
			Found::Untold => return Err(Misdeed::RequestUnexpected(candidate)),
			Found::Unknown if turn.chain.is_any_validator(peer) => return Ok(Err(Refusal::Unknown)),
			Found::Unknown => return Err(Misdeed::RequestUnexpected(candidate)),
		};
		let Some(parent) = self.parents.get_mut(&at) else {
			return Ok(Err(Refusal::Unknown));
		};
		let expected = parent.routes.group_size(key.group).unwrap_or(0);
		if !request.mask.has_len(expected) {
			let got = request
				.mask
				.seconded_in_group
				.len()
				.max(request.mask.validated_in_group.len());
			return Err(Misdeed::MaskMalformed { expected, got });
		}
		let (Some(confirmed), Some(stored)) = (parent.confirmed.get(&key), parent.counted(key)) else {
			return Ok(Err(Refusal::Unknown));
		};
		let mut sent = StatementSet::blank(expected);
		let statements: Vec<_> = stored
			.without(&StatementSet::from(&request.mask))
			.into_iter()
			.take(MAX_STATEMENTS)
			.filter_map(|(kind, member)| {
				let author = parent.routes.member(key.group, member)?;
				let statement = parent.store.statement(key, kind, member, author)?;
				sent.note(kind, member);
				Some(statement)
			})
			.collect();
		if !is_member && !parent.is_enough(key.group, &sent) {
			return Ok(Err(Refusal::Unknown));
		}
		let attested = Attested {
			receipt: confirmed.candidate.shared_receipt().clone(),
			validation_data: confirmed.candidate.shared_validation_data().clone(),
			statements,
		};
		let may_be_served = parent.grid.may_be_served(asker, key);
		if !may_be_served || !self.budget.take(turn.now, attested.bytes(), &self.config) {
			return Ok(Err(Refusal::Busy));
		}
		parent.grid.note_served(asker, key, &sent);
		if let Some(cluster) = parent.cluster.as_mut().filter(|_| is_member) {
			if let Some(member) = cluster.position(asker) {
				for (kind, author) in sent.without(&StatementSet::default()) {
					cluster.note_sent(member, candidate, kind, author);
				}
			}
		}
		Ok(Ok(attested))
	}
}

/// What is known of what somebody asks for.
enum Found {
	Here {
		at: Hash,
		key: Key,
		asker: ValidatorIndex,
		is_member: bool,
	},
	/// It is here, and the peer was not told.
	Untold,
	Unknown,
}
