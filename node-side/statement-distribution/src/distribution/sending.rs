//! What is said to whom: statements within the cluster, manifests and what follows from them on the grid.

use super::{StatementDistribution, Turn};
use crate::{
	filter::{Kind, StatementSet},
	grid::Owed,
	store::Key,
	Effect, Event, Frontier, Possible, Standing,
};
use async_backing_machine::{PeerId, Recipients};
use async_backing_primitives::{
	BackedCandidateAcknowledgement, BackedCandidateManifest, Hash, StatementDistributionMessage,
	ValidatorIndex,
};
use std::collections::BTreeMap;

type Target = (ValidatorIndex, PeerId);

impl StatementDistribution {
	/// Hands to backing what it has not heard about a candidate, if that may stand somewhere (R-SD-15).
	pub(super) fn tell_backing<F: Frontier>(&mut self, at: Hash, key: Key, turn: &mut Turn<'_, F>) {
		let Some(parent) = self.parents.get_mut(&at) else {
			return;
		};
		let (Some(confirmed), Some(stated)) = (parent.confirmed.get(&key), parent.store.get(key)) else {
			return;
		};
		let untold = stated.filter.without(&stated.told);
		if untold.is_empty() {
			return;
		}
		let candidate = confirmed.candidate.clone();
		if turn.frontier.standing(Possible::Confirmed(&candidate)) == Standing::Nowhere {
			self.untold.insert((at, key));
			return;
		}
		self.untold.remove(&(at, key));
		for (kind, member) in untold {
			let author = parent.routes.member(key.group, member);
			let statement = author.and_then(|author| parent.store.statement(key, kind, member, author));
			if let Some(statement) = statement {
				parent.store.note_told(key, kind, member);
				let candidate = candidate.clone();
				turn.effects.push(Effect::Statement {
					scheduling_parent: at,
					statement,
					candidate,
				});
			}
		}
	}

	/// The frontier may have changed: what waited for that goes on. Cost: that of what waits, however much has its place.
	pub(super) fn review<F: Frontier>(&mut self, turn: &mut Turn<'_, F>) {
		let untold: Vec<_> = self.untold.iter().copied().collect();
		for (at, key) in untold {
			self.tell_backing(at, key, turn);
		}
	}

	fn confirmed(&self) -> Vec<(Hash, Key)> {
		let of = |(at, parent): (&Hash, &crate::parent::Parent)| {
			let at = *at;
			parent
				.confirmed
				.keys()
				.map(move |key| (at, *key))
				.collect::<Vec<_>>()
		};
		self.parents.iter().flat_map(of).collect()
	}

	/// Says everything that is owed to anybody. With `anew` manifests that nobody acknowledged are sent again.
	pub(super) fn flush_all<F: Frontier>(&mut self, anew: bool, turn: &mut Turn<'_, F>) {
		for (at, key) in self.confirmed() {
			self.flush(at, key, None, anew, turn);
		}
	}

	/// Says everything that is owed at a relay parent.
	pub(super) fn flush_parent<F: Frontier>(
		&mut self,
		at: Hash,
		only: Option<ValidatorIndex>,
		anew: bool,
		turn: &mut Turn<'_, F>,
	) {
		let keys = self
			.parents
			.get(&at)
			.map(|parent| parent.confirmed.keys().copied().collect::<Vec<_>>());
		for key in keys.unwrap_or_default() {
			self.flush(at, key, only, anew, turn);
		}
	}

	/// Says what is owed about a candidate, to everybody or to one.
	pub(super) fn flush<F: Frontier>(
		&mut self,
		at: Hash,
		key: Key,
		only: Option<ValidatorIndex>,
		anew: bool,
		turn: &mut Turn<'_, F>,
	) {
		let Some(parent) = self
			.parents
			.get(&at)
			.filter(|parent| parent.confirmed.contains_key(&key))
		else {
			return;
		};
		if parent.own_group() == Some(key.group) {
			self.flush_cluster(at, key, only, turn);
		}
		self.flush_grid(at, key, only, anew, turn);
	}

	/// The connection to a validator, if it knows the relay parent. What is known of it follows the connection.
	fn target<F>(&mut self, at: Hash, validator: ValidatorIndex, turn: &Turn<'_, F>) -> Option<Target> {
		let peer = turn.chain.peer_of(at, validator);
		self.parents.get_mut(&at)?.link(validator, peer);
		let peer = peer?;
		let view = self.peers.get(&peer)?;
		self.sees(view, at).then_some((validator, peer))
	}

	fn flush_cluster<F>(&mut self, at: Hash, key: Key, only: Option<ValidatorIndex>, turn: &mut Turn<'_, F>) {
		let Some(parent) = self.parents.get(&at) else {
			return;
		};
		let own = parent.routes.session.own;
		let members = parent.cluster.as_ref().map(|cluster| cluster.members().to_vec());
		let members = members
			.unwrap_or_default()
			.into_iter()
			.filter(|member| Some(*member) != own);
		let mut owed = BTreeMap::<(Kind, usize), Vec<Target>>::new();
		for member in members.filter(|member| only.is_none_or(|only| only == *member)) {
			let Some(target) = self.target(at, member, turn) else {
				continue;
			};
			let Some(parent) = self.parents.get(&at) else {
				return;
			};
			let (Some(cluster), Some(stored)) = (&parent.cluster, parent.counted(key)) else {
				return;
			};
			let Some(position) = cluster.position(member) else {
				continue;
			};
			for item in cluster.owed(position, key.candidate, &stored) {
				owed.entry(item).or_default().push(target);
			}
		}
		// Seconded before Valid (R-SD-2): in the order of the map.
		for ((kind, author), targets) in owed {
			if !self.send_statement(at, key, (kind, author), &targets, turn) {
				return;
			}
			let cluster = self
				.parents
				.get_mut(&at)
				.and_then(|parent| parent.cluster.as_mut());
			let Some(cluster) = cluster else { return };
			for (validator, _) in targets {
				if let Some(member) = cluster.position(validator) {
					cluster.note_sent(member, key.candidate, kind, author);
				}
			}
		}
	}

	/// `false` if there is no room.
	fn send_statement<F>(
		&mut self,
		at: Hash,
		key: Key,
		(kind, member): (Kind, usize),
		targets: &[Target],
		turn: &mut Turn<'_, F>,
	) -> bool {
		let statement = self.parents.get(&at).and_then(|parent| {
			let author = parent.routes.member(key.group, member)?;
			parent.store.statement(key, kind, member, author)
		});
		let Some(statement) = statement else { return true };
		self.send(
			targets,
			StatementDistributionMessage::Statement(at, statement),
			turn,
		)
	}

	fn send<F>(
		&mut self,
		targets: &[Target],
		message: StatementDistributionMessage,
		turn: &mut Turn<'_, F>,
	) -> bool {
		let peers = targets.iter().map(|(_, peer)| *peer).collect();
		let is_sent = turn.out.notify(Recipients::Peers(peers), message);
		self.stalled |= !is_sent;
		is_sent
	}

	pub(super) fn flush_grid<F: Frontier>(
		&mut self,
		at: Hash,
		key: Key,
		only: Option<ValidatorIndex>,
		anew: bool,
		turn: &mut Turn<'_, F>,
	) {
		let Some(parent) = self.parents.get(&at) else {
			return;
		};
		let Some(confirmed) = parent
			.confirmed
			.get(&key)
			.filter(|confirmed| confirmed.is_backable)
		else {
			return;
		};
		let routes = parent.routes.clone();
		let (Some(of_group), Some(stored)) = (routes.routes(key.group), parent.counted(key)) else {
			return;
		};
		// What was said once is said again, also of validators that were disabled since: a manifest that takes something
		// back would contradict the first (R-SD-10).
		let Some(known) = parent.store.get(key).map(|stated| stated.filter.clone()) else {
			return;
		};
		// Whoever has everything costs next to nothing, however often it shows its view.
		if only.is_some_and(|only| parent.grid.owed(only, key, &stored, of_group, anew).is_none()) {
			return;
		}
		let is_announced = parent.is_enough(key.group, &stored)
			&& turn.frontier.standing(Possible::Confirmed(&confirmed.candidate)) == Standing::Placed;
		if !is_announced {
			return;
		}
		let candidate = confirmed.candidate.clone();
		let manifest = BackedCandidateManifest {
			scheduling_parent: at,
			candidate_hash: key.candidate,
			group_index: key.group,
			para_id: candidate.para_id(),
			parent_head_data_hash: candidate.parent_head_hash(),
			statement_knowledge: known.to_wire(),
		};
		let acknowledgement = BackedCandidateAcknowledgement {
			candidate_hash: key.candidate,
			statement_knowledge: known.to_wire(),
		};
		let partners = match only {
			Some(only) => [only].into(),
			// Who is behind another connection than before says so by its view, and is asked for by itself then.
			None => parent.grid.partners(key, &stored, of_group, anew),
		};
		let confirmed = self
			.parents
			.get_mut(&at)
			.and_then(|parent| parent.confirmed.get_mut(&key));
		if let Some(confirmed) = confirmed {
			confirmed.is_announced = true;
		}
		let targets: Vec<_> = partners
			.into_iter()
			.filter_map(|partner| self.target(at, partner, turn))
			.collect();
		let owed = |part: &Self| {
			let Some(parent) = part.parents.get(&at) else {
				return Vec::new();
			};
			let grid = &parent.grid;
			let of = |target: &Target| Some((*target, grid.owed(target.0, key, &stored, of_group, anew)?));
			targets.iter().filter_map(of).collect::<Vec<_>>()
		};
		let first = owed(self);
		let to = |what: &Owed| -> Vec<Target> {
			let of = first.iter().filter(|(_, owed)| owed == what);
			of.map(|(target, _)| *target).collect()
		};
		let told = [
			(
				to(&Owed::Manifest),
				StatementDistributionMessage::BackedCandidateManifest(manifest),
			),
			(
				to(&Owed::Acknowledgement),
				StatementDistributionMessage::BackedCandidateKnown(acknowledgement),
			),
		];
		let mut count = 0;
		for (targets, message) in told {
			if targets.is_empty() {
				continue;
			}
			if !self.send(&targets, message, turn) {
				return;
			}
			count += targets.len();
			self.note_announced(at, key, &targets, &known);
		}
		if count > 0 {
			turn.out.event(Event::Announced {
				candidate: key.candidate,
				peers: count,
			});
		}
		// An acknowledgement completes an exchange, and then what the other lacks may follow (R-SD-11).
		let mut statements = BTreeMap::<(Kind, usize), Vec<Target>>::new();
		for (target, what) in owed(self) {
			if let Owed::Statements(items) = what {
				for item in items {
					statements.entry(item).or_default().push(target);
				}
			}
		}
		for (item, targets) in statements {
			if !self.send_statement(at, key, item, &targets, turn) {
				return;
			}
			let Some(parent) = self.parents.get_mut(&at) else {
				return;
			};
			for (validator, _) in targets {
				parent.grid.note_sent(validator, key, item.0, item.1);
			}
		}
	}

	fn note_announced(&mut self, at: Hash, key: Key, targets: &[Target], known: &StatementSet) {
		let Some(parent) = self.parents.get_mut(&at) else {
			return;
		};
		for (validator, _) in targets {
			parent.grid.note_announced(*validator, key, known);
		}
	}
}
