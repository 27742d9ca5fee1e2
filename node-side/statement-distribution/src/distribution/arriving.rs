//! Statements, manifests and acknowledgements of others.

use super::{StatementDistribution, Turn};
use crate::{
	checks::Waiting, cluster::Accept, filter::Kind, grid::check_filter, job::Unchecked, requests::Wanted,
	store::Key, Effect, Frontier, Misdeed,
};
use async_backing_chain_view::ChainView;
use async_backing_machine::{Gain, PeerId};
use async_backing_primitives::{
	BackedCandidateAcknowledgement, BackedCandidateManifest, Hash, SignedCompactStatement,
	StatementDistributionMessage, ValidatorIndex,
};

impl StatementDistribution {
	/// Something about a block that is in no scope: perhaps not yet, perhaps not any more.
	fn out_of_scope<F>(
		&mut self,
		peer: PeerId,
		scheduling_parent: Hash,
		message: StatementDistributionMessage,
		turn: &mut Turn<'_, F>,
	) -> Result<(), Misdeed> {
		// Before the first leaf nobody can tell who validates.
		if turn.chain.newest().is_some() && !turn.chain.is_any_validator(peer) {
			return Err(Misdeed::Stranger(scheduling_parent));
		}
		if turn.chain.session_of(scheduling_parent).is_some() {
			return Err(Misdeed::Stale(scheduling_parent));
		}
		turn.effects.push(Effect::Early {
			peer,
			scheduling_parent,
			message,
		});
		Ok(())
	}

	/// Who of the session sent it.
	fn senders<F>(parent: Hash, peer: PeerId, turn: &Turn<'_, F>) -> Result<Vec<ValidatorIndex>, Misdeed> {
		let senders: Vec<_> = turn.chain.validators_of(parent, peer).collect();
		match senders.is_empty() {
			true => Err(Misdeed::Stranger(parent)),
			false => Ok(senders),
		}
	}

	pub(super) fn statement<F: Frontier>(
		&mut self,
		peer: PeerId,
		at: Hash,
		statement: SignedCompactStatement,
		turn: &mut Turn<'_, F>,
	) -> Result<(), Misdeed> {
		let Some(parent) = self.parents.get_mut(&at) else {
			let message = StatementDistributionMessage::Statement(at, statement);
			return self.out_of_scope(peer, at, message, turn);
		};
		let senders = Self::senders(at, peer, turn)?;
		let author = statement.validator_index;
		let (group, member) = parent
			.routes
			.place(author)
			.ok_or(Misdeed::UnknownAuthor(author))?;
		if parent.disabled.contains(&author) {
			return Err(Misdeed::Disabled(author));
		}
		let (kind, candidate) = (
			Kind::of(&statement.statement),
			statement.statement.candidate_hash(),
		);
		let key = Key { candidate, group };
		for sender in &senders {
			let linked = turn.chain.peer_of(at, *sender);
			if linked == Some(peer) {
				parent.link(*sender, linked);
			}
		}
		let is_of_cluster = parent.own_group() == Some(group);
		let in_cluster = parent
			.cluster
			.as_mut()
			.filter(|_| is_of_cluster)
			.and_then(|cluster| {
				let sender = senders
					.iter()
					.find_map(|sender| Some((*sender, cluster.position(*sender)?)))?;
				Some((cluster, sender))
			});
		let sender = match in_cluster {
			Some((cluster, (sender, position))) => {
				let accept = cluster.receive(position, member, kind, candidate, &parent.store)?;
				if accept == Accept::WithPrejudice {
					return Ok(());
				}
				sender
			}
			None => {
				let told = senders
					.iter()
					.find(|sender| parent.grid.was_announced(**sender, key));
				let sender = told.or(senders.first()).copied().unwrap_or_default();
				let size = parent.routes.group_size(group).unwrap_or(0);
				parent.grid.receive(sender, key, kind, member, size)?;
				sender
			}
		};
		if parent.store.has(key, kind, member) {
			// Another signature than the known one need not be a good one: it is not looked at.
			if parent.store.statement(key, kind, member, author).as_ref() == Some(&statement) {
				turn.gain(peer, Gain::Major, "a statement");
			}
			// The sender may be the first who is there to be asked for the candidate.
			let cluster = parent.cluster.as_mut().filter(|_| is_of_cluster);
			if let Some((cluster, member)) =
				cluster.and_then(|cluster| cluster.position(sender).map(|member| (cluster, member)))
			{
				cluster.note_vouches(member, candidate);
			}
			self.stated(at, key, turn);
			return Ok(());
		}
		self.checks.push(Waiting {
			peer,
			sender,
			parent: at,
			statement,
		});
		Ok(())
	}

	/// What is needed to check a statement.
	pub(super) fn unchecked(&self, waiting: &Waiting, chain: &ChainView) -> Option<Unchecked> {
		let session = &self.parents.get(&waiting.parent)?.routes.session;
		Some(Unchecked {
			validator: session.validator(waiting.statement.validator_index)?.clone(),
			context: chain.signing_context(waiting.parent)?,
			statement: waiting.statement.clone(),
		})
	}

	pub(super) fn statements_checked<F: Frontier>(
		&mut self,
		batch: Vec<Waiting>,
		results: &[bool],
		turn: &mut Turn<'_, F>,
	) {
		let results = results.iter().copied().chain(std::iter::repeat(false));
		for (
			Waiting {
				peer,
				sender,
				parent,
				statement,
			},
			is_signed,
		) in batch.into_iter().zip(results)
		{
			if !is_signed {
				if turn.chain.is_connected(peer) {
					self.checks.note_forged(peer);
				}
				self.misdeed(peer, Misdeed::BadSignature(statement.validator_index), turn);
				continue;
			}
			let Some((key, is_new)) = self.keep(parent, &statement) else {
				continue;
			};
			if let Some(cluster) = self
				.parents
				.get_mut(&parent)
				.and_then(|parent| parent.cluster.as_mut())
			{
				if let Some(member) = cluster.position(sender) {
					cluster.note_vouches(member, key.candidate);
					if Kind::of(&statement.statement) == Kind::Seconded {
						cluster.note_knows(member, key.candidate);
					}
				}
			}
			match is_new {
				true => turn.gain(peer, Gain::MajorFirst, "a statement, first of all"),
				false => turn.gain(peer, Gain::Major, "a statement"),
			}
			self.stated(parent, key, turn);
		}
	}

	/// Keeps a verified statement. `None` if it does not count; else whether it is new.
	pub(super) fn keep(&mut self, at: Hash, statement: &SignedCompactStatement) -> Option<(Key, bool)> {
		let parent = self.parents.get_mut(&at)?;
		let (group, member) = parent.routes.place(statement.validator_index)?;
		let size = parent.routes.group_size(group)?;
		let key = Key {
			candidate: statement.statement.candidate_hash(),
			group,
		};
		let is_new = parent.store.insert(key, member, size, statement, parent.limit);
		let is_there = parent.store.has(key, Kind::of(&statement.statement), member);
		is_there.then_some((key, is_new))
	}

	/// Something was stated about a candidate, or somebody more knows it.
	fn stated<F: Frontier>(&mut self, at: Hash, key: Key, turn: &mut Turn<'_, F>) {
		let Some(parent) = self.parents.get(&at) else {
			return;
		};
		if parent.confirmed.contains_key(&key) {
			self.tell_backing(at, key, turn);
			self.flush(at, key, None, false, turn);
		} else if parent.own_group() == Some(key.group) {
			self.requests.want(Wanted { parent: at, key }, false);
		}
	}

	pub(super) fn manifest<F: Frontier>(
		&mut self,
		peer: PeerId,
		manifest: BackedCandidateManifest,
		turn: &mut Turn<'_, F>,
	) -> Result<(), Misdeed> {
		let (at, group) = (manifest.scheduling_parent, manifest.group_index);
		let Some(parent) = self.parents.get_mut(&at) else {
			let message = StatementDistributionMessage::BackedCandidateManifest(manifest);
			return self.out_of_scope(peer, at, message, turn);
		};
		let senders = Self::senders(at, peer, turn)?;
		let routes = parent.routes.clone();
		let (Some(rules), Some(of_group)) = (parent.rules(group), routes.routes(group)) else {
			return Err(Misdeed::ManifestDisallowed(group));
		};
		let sender = senders
			.into_iter()
			.find(|sender| of_group.receiving.contains(sender));
		let sender = sender.ok_or(Misdeed::ManifestDisallowed(group))?;
		check_filter(group, &manifest.statement_knowledge, rules)?;
		if !parent.is_assigned(group, manifest.para_id) {
			return Err(Misdeed::ManifestUnassigned {
				group,
				para: manifest.para_id,
			});
		}
		let linked = turn.chain.peer_of(at, sender);
		if linked == Some(peer) {
			parent.link(sender, linked);
		}
		parent.grid.manifest(sender, &manifest, of_group, rules)?;
		let key = Key {
			candidate: manifest.candidate_hash,
			group,
		};
		match parent.confirmed.get(&key) {
			Some(confirmed) => {
				let candidate = &confirmed.candidate;
				let is_accurate = candidate.para_id() == manifest.para_id
					&& candidate.parent_head_hash() == manifest.parent_head_data_hash;
				if !is_accurate {
					parent.grid.forget_claimant(key, sender);
					return Err(Misdeed::Inaccurate(key.candidate));
				}
				self.flush(at, key, Some(sender), false, turn);
			}
			None => self.requests.want(Wanted { parent: at, key }, true),
		}
		Ok(())
	}

	pub(super) fn acknowledgement<F: Frontier>(
		&mut self,
		peer: PeerId,
		known: &BackedCandidateAcknowledgement,
		turn: &mut Turn<'_, F>,
	) -> Result<(), Misdeed> {
		let candidate = known.candidate_hash;
		let found = self.parents.iter().find_map(|(at, parent)| {
			let senders: Vec<_> = turn.chain.validators_of(*at, peer).collect();
			let keys = parent.confirmed_keys(candidate).into_iter();
			let mut pairs = keys.flat_map(|key| senders.iter().map(move |sender| (key, *sender)));
			let (key, sender) = pairs.find(|(key, sender)| parent.grid.was_announced(*sender, *key))?;
			Some((*at, key, sender))
		});
		let Some((at, key, sender)) = found else {
			// It does not say of which block it is; where the whole session left, many are on their way at once. No stranger was
			// told of anything.
			let is_bygone = self.bygone.iter().any(|(_, of)| of.contains(&candidate));
			return Err(match is_bygone && turn.chain.is_any_validator(peer) {
				true => Misdeed::Bygone(candidate),
				false => Misdeed::AcknowledgementUnexpected(candidate),
			});
		};
		let Some(parent) = self.parents.get_mut(&at) else {
			return Ok(());
		};
		let rules = parent
			.rules(key.group)
			.ok_or(Misdeed::AcknowledgementUnexpected(candidate))?;
		parent
			.grid
			.acknowledgement(sender, key, &known.statement_knowledge, rules)?;
		self.flush(at, key, Some(sender), false, turn);
		Ok(())
	}
}
