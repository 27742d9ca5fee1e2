//! Candidates that are asked for, and the answers (R-SD-12, R-SD-13).

use super::{StatementDistribution, Turn};
use crate::{
	filter::{Kind, StatementSet},
	job::{AttestedCheck, BadCandidate, CheckedAttested, Job},
	requests::{InFlight, Wanted},
	Attested, Frontier, Misdeed, Possible, Standing,
};
use async_backing_chain_view::ChainView;
use async_backing_machine::{Gain, Instant, PeerId, Priority, RequestFailure, RequestId};
use async_backing_primitives::ValidatorIndex;
use async_backing_wire::AttestedCandidateRequest;

/// Who is asked for a candidate.
pub(super) enum Whom {
	/// This validator, behind this peer, without these statements.
	Now(ValidatorIndex, PeerId, StatementSet),
	/// All who have it are asked already, or rest: this one is free soonest.
	Later(PeerId),
	/// Who have it are not connected.
	Absent,
	/// Nobody says enough of it.
	Nobody,
}

impl StatementDistribution {
	/// Asks for as many candidates as may be asked for at once.
	pub(super) fn ask_next<F: Frontier>(&mut self, turn: &mut Turn<'_, F>) {
		while let Some(wanted) = self.requests.take(turn.now) {
			let (validator, peer, mask) = match self.whom_to_ask(wanted, turn.now, turn.chain, turn.frontier)
			{
				Whom::Now(validator, peer, mask) => (validator, peer, mask),
				Whom::Later(peer) => {
					self.requests.wait(peer, wanted, turn.now);
					continue;
				}
				Whom::Absent => {
					self.requests.nobody_is_there(wanted);
					continue;
				}
				Whom::Nobody => {
					self.requests.park(wanted);
					continue;
				}
			};
			let request = AttestedCandidateRequest {
				candidate_hash: wanted.key.candidate,
				mask: mask.to_wire(),
			};
			match turn.out.request(peer, request, self.config.request_timeout) {
				Some(id) => self.requests.sent(
					id,
					InFlight {
						wanted,
						peer,
						validator,
						mask,
					},
				),
				None => return self.requests.put_back(wanted),
			}
		}
	}

	/// Who has a candidate, as far as is known, may be asked, and was asked least.
	pub(super) fn whom_to_ask<F: Frontier>(
		&self,
		wanted: Wanted,
		now: Instant,
		chain: &ChainView,
		frontier: &F,
	) -> Whom {
		let mask = self
			.parents
			.get(&wanted.parent)
			.and_then(|parent| parent.mask(wanted.key));
		let (Some(holders), Some(mask)) = (self.holders(wanted, frontier), mask) else {
			return Whom::Nobody;
		};
		if holders.is_empty() {
			return Whom::Nobody;
		}
		let there = holders.into_iter().filter_map(|holder| {
			let peer = chain.peer_of(wanted.parent, holder)?;
			(self.peers.contains_key(&peer) && !self.checks.is_cut(peer)).then_some((holder, peer))
		});
		let (may, may_not): (Vec<_>, Vec<_>) =
			there.partition(|(_, peer)| self.requests.may_be_asked(*peer, now));
		let least = may.into_iter().min_by_key(|(holder, peer)| {
			(self.requests.asked(wanted, *holder), self.requests.badness(*peer))
		});
		match least {
			Some((holder, peer)) => Whom::Now(holder, peer, mask),
			None => self
				.requests
				.soonest(may_not.into_iter().map(|(_, peer)| peer))
				.map_or(Whom::Absent, Whom::Later),
		}
	}

	/// Whether one of these validators says that it has a candidate, as far as that is known without judging it. Cost: a look-up for
	/// each.
	pub(super) fn says_to_have(&self, wanted: Wanted, validators: &[ValidatorIndex]) -> bool {
		let (Some(parent), key) = (self.parents.get(&wanted.parent), wanted.key) else {
			return false;
		};
		if parent.own_group() == Some(key.group) {
			let cluster = parent.cluster.as_ref();
			return cluster
				.is_some_and(|cluster| cluster.holders(key.candidate).any(|of| validators.contains(&of)));
		}
		validators
			.iter()
			.any(|of| parent.grid.is_claimant(*of, key.candidate))
	}

	/// Who claims to have a candidate, with enough that is not masked if a quorum is needed. In the own group it is enough
	/// to have stated it.
	pub(super) fn holders<F: Frontier>(&self, wanted: Wanted, frontier: &F) -> Option<Vec<ValidatorIndex>> {
		let (parent, key) = (self.parents.get(&wanted.parent)?, wanted.key);
		if parent.own_group() == Some(key.group) {
			let cluster = parent.cluster.as_ref()?;
			return Some(cluster.holders(key.candidate).collect());
		}
		let mask = parent.mask(key)?;
		let claimants = parent.grid.claimants(key).filter(|(_, claim)| {
			let mut rest = claim.filter.clone();
			rest.remove(&mask);
			let possible = Possible::Claimed {
				candidate: key.candidate,
				para: claim.para,
				parent_head: claim.parent_head,
				scheduling_parent: wanted.parent,
			};
			parent.is_enough(key.group, &rest) && frontier.standing(possible) != Standing::Nowhere
		});
		Some(claimants.map(|(claimant, _)| claimant).collect())
	}

	pub(super) fn answered<F: Frontier>(
		&mut self,
		id: RequestId,
		answer: Result<Attested, RequestFailure>,
		turn: &mut Turn<'_, F>,
	) {
		let Some(request) = self.requests.ended(id) else {
			return;
		};
		if let Err(RequestFailure::TimedOut | RequestFailure::Refused | RequestFailure::Malformed) = answer {
			self.requests.blame(request.peer, turn.now, self.config.retry);
		}
		if !self.requests.wants(request.wanted) {
			return;
		}
		let job = answer
			.ok()
			.and_then(|attested| self.worth_checking(&request, attested, turn));
		let deadline = turn.now.saturating_add(self.config.check);
		let begun = job.and_then(|job| turn.out.job(Priority::High, deadline, job));
		match begun {
			Some(job) => self.requests.check(job, request),
			None => self.requests.failed(request.wanted, turn.now, self.config.retry),
		}
	}

	/// What of an answer is worth checking. Nothing is hashed here.
	fn worth_checking<F: Frontier>(
		&mut self,
		request: &InFlight,
		mut attested: Attested,
		turn: &mut Turn<'_, F>,
	) -> Option<Job> {
		let Wanted { parent: at, key } = request.wanted;
		let parent = self.parents.get(&at)?;
		let context = turn.chain.signing_context(at)?;
		let session = parent.routes.session.clone();
		let descriptor = &attested.receipt.descriptor;
		let (got, para) = (descriptor.scheduling_parent(), descriptor.para_id());
		let bad = if got != at {
			Some(BadCandidate::SchedulingParent { expected: at, got })
		} else {
			let is_of_group = parent.is_of_group(key.group, para, descriptor.core_index());
			(!is_of_group).then_some(BadCandidate::Unassigned(para))
		};
		if let Some(bad) = bad {
			self.bad_answer(request.peer, bad.into(), turn);
			return None;
		}
		let members = session.group(key.group)?;
		let mut seen = request.mask.clone();
		let (mut good, mut validators, mut unrequested) = (Vec::new(), Vec::new(), None);
		for statement in attested
			.statements
			.drain(..)
			.take(members.len().saturating_mul(2))
		{
			let author = statement.validator_index;
			let member = parent
				.routes
				.place(author)
				.filter(|(group, _)| *group == key.group);
			let is_new = statement.statement.candidate_hash() == key.candidate
				&& member.is_some_and(|(_, member)| seen.note(Kind::of(&statement.statement), member));
			match session.validator(author).filter(|_| is_new) {
				Some(validator) => {
					validators.push(validator.clone());
					good.push(statement);
				}
				None => unrequested = Some(author),
			}
		}
		let mut claimed = seen;
		claimed.remove(&request.mask);
		let misdeed = match self.lacks(request.wanted, &claimed) {
			Some(misdeed) => Some(misdeed),
			None => {
				// A bad part costs, and the rest counts (R-SD-13).
				if let Some(author) = unrequested {
					self.misdeed(request.peer, Misdeed::Unrequested(author), turn);
				}
				None
			}
		};
		if let Some(misdeed) = misdeed {
			self.bad_answer(request.peer, misdeed, turn);
			return None;
		}
		attested.statements = good;
		let check = AttestedCheck {
			expected: key.candidate,
			attested,
			validators,
			context,
		};
		Some(Job::CheckAttested(Box::new(check)))
	}

	/// A peer pays for an answer that is of no use, and rests as if it had not answered.
	fn bad_answer<F>(&mut self, peer: PeerId, misdeed: Misdeed, turn: &mut Turn<'_, F>) {
		self.requests.blame(peer, turn.now, self.config.retry);
		self.misdeed(peer, misdeed, turn);
	}

	/// What is missing in an answer with these statements: a quorum, but in the own group.
	fn lacks(&self, wanted: Wanted, statements: &StatementSet) -> Option<Misdeed> {
		let (parent, group) = (self.parents.get(&wanted.parent)?, wanted.key.group);
		if parent.own_group() == Some(group) || parent.is_enough(group, statements) {
			return None;
		}
		let expected = parent
			.rules(group)
			.and_then(|rules| rules.quorum)
			.unwrap_or(usize::MAX);
		let got = match statements.has_seconded() {
			true => statements.backing_validators(),
			false => 0,
		};
		Some(Misdeed::AnswerInsufficient { expected, got })
	}

	pub(super) fn attested_checked<F: Frontier>(
		&mut self,
		request: &InFlight,
		result: Result<CheckedAttested, BadCandidate>,
		turn: &mut Turn<'_, F>,
	) {
		let wanted = request.wanted;
		if !self.requests.wants(wanted) {
			return;
		}
		if !self.take_attested(request, result, turn) {
			self.requests.failed(wanted, turn.now, self.config.retry);
		}
	}

	/// `false` if somebody else is to be asked.
	fn take_attested<F: Frontier>(
		&mut self,
		request: &InFlight,
		result: Result<CheckedAttested, BadCandidate>,
		turn: &mut Turn<'_, F>,
	) -> bool {
		let Wanted { parent: at, key } = request.wanted;
		let CheckedAttested {
			candidate,
			statements,
		} = match result {
			Ok(checked) => checked,
			Err(bad) => {
				self.bad_answer(request.peer, bad.into(), turn);
				return false;
			}
		};
		let Some(parent) = self.parents.get(&at) else {
			return true;
		};
		let Some(size) = parent.routes.group_size(key.group) else {
			return true;
		};
		let mut valid = StatementSet::blank(size);
		let mut forged = None;
		for (statement, is_signed) in &statements {
			match parent
				.routes
				.place(statement.validator_index)
				.filter(|_| *is_signed)
			{
				Some((_, member)) => {
					valid.note(Kind::of(&statement.statement), member);
				}
				None => forged = Some(statement.validator_index),
			}
		}
		let mut seconders: Vec<_> = (0..size)
			.filter(|member| valid.has(Kind::Seconded, *member))
			.collect();
		seconders.extend((0..size).filter(|member| parent.store.has(key, Kind::Seconded, *member)));
		let seconders: Vec<_> = seconders
			.into_iter()
			.filter_map(|member| parent.routes.member(key.group, member))
			.filter(|member| parent.store.may_second(*member, key.candidate, parent.limit))
			.collect();
		let bounds = parent.bytes_for(candidate.para_id());
		if let Some(author) = forged {
			self.misdeed(request.peer, Misdeed::BadSignature(author), turn);
		}
		if let Some(misdeed) = self.lacks(request.wanted, &valid) {
			self.bad_answer(request.peer, misdeed, turn);
			return false;
		}
		let Some(parent) = self.parents.get_mut(&at) else {
			return true;
		};
		if !parent.accounts.charge(seconders, &candidate, bounds) {
			// Nobody who seconds it may have more here: it is not taken in, whoever brings it.
			self.requests.forget(request.wanted);
			self.refused = self.refused.saturating_add(1);
			return true;
		}
		let cluster = parent.cluster.as_mut();
		if let Some((cluster, member)) = cluster.and_then(|cluster| {
			cluster
				.position(request.validator)
				.map(|member| (cluster, member))
		}) {
			cluster.note_knows(member, key.candidate);
		}
		self.requests.answered(request.peer);
		turn.gain(request.peer, Gain::Major, "a candidate");
		let mut signed: Vec<_> = statements
			.into_iter()
			.filter(|(_, is_signed)| *is_signed)
			.collect();
		signed.sort_by_key(|(statement, _)| Kind::of(&statement.statement));
		for (statement, _) in signed {
			self.keep(at, &statement);
		}
		self.confirm(at, key, candidate, turn);
		true
	}
}
