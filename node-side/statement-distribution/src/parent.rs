//! One relay parent: its groups, and what is known there.

use crate::{
	account::{Accounts, SecondedBytes},
	cluster::{seconding_limit, Cluster},
	filter::{Kind, StatementSet},
	grid::{GridTracker, GroupRules},
	store::{Key, Store},
	topology::{Grid, Routes},
};
use async_backing_chain_view::Session;
use async_backing_fragment_tree::Candidate;
use async_backing_machine::PeerId;
use async_backing_primitives::{
	required_backing_votes, CandidateHash, ClaimQueue, CoreIndex, GroupIndex, GroupRotationInfo, LeafFacts,
	ParaId, RelayChainBlockInfo, ValidatorIndex,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// What is constant within a session of one fork, with the routes of this validator.
#[derive(Clone, Debug)]
pub(crate) struct SessionRoutes {
	pub(crate) session: Arc<Session>,
	/// Group and position in it of each validator.
	places: BTreeMap<ValidatorIndex, (GroupIndex, usize)>,
	/// By group.
	routes: Vec<Routes>,
}

impl SessionRoutes {
	pub(crate) fn new(session: Arc<Session>) -> Self {
		let mut places = BTreeMap::new();
		for (group, members) in (0..).zip(&session.groups) {
			for (position, member) in members.iter().enumerate() {
				places.entry(*member).or_insert((GroupIndex(group), position));
			}
		}
		let routes = match session.own.zip(session.grid) {
			Some((own, seed)) => Grid::new(&seed).routes(own, &session.groups),
			None => vec![Routes::default(); session.groups.len()],
		};
		Self {
			session,
			places,
			routes,
		}
	}

	/// Group of a validator, and where it is in that.
	pub(crate) fn place(&self, validator: ValidatorIndex) -> Option<(GroupIndex, usize)> {
		self.places.get(&validator).copied()
	}

	pub(crate) fn routes(&self, group: GroupIndex) -> Option<&Routes> {
		self.routes.get(usize::try_from(group.0).ok()?)
	}

	pub(crate) fn group_size(&self, group: GroupIndex) -> Option<usize> {
		self.session.group(group).map(<[_]>::len)
	}

	/// The member of a group at a position.
	pub(crate) fn member(&self, group: GroupIndex, position: usize) -> Option<ValidatorIndex> {
		self.session.group(group)?.get(position).copied()
	}
}

/// A candidate that is known in full.
#[derive(Clone, Debug)]
pub(crate) struct Confirmed {
	pub(crate) candidate: Arc<Candidate>,
	/// Backing says that it has its quorum.
	pub(crate) is_backable: bool,
	/// It had a place while it had its quorum: the grid hears of it.
	pub(crate) is_announced: bool,
}

/// A relay parent in scope of some active leaf.
#[derive(Clone, Debug)]
pub(crate) struct Parent {
	pub(crate) routes: Arc<SessionRoutes>,
	/// Candidates that a validator may second (R-SD-3).
	pub(crate) limit: usize,
	minimum_votes: u32,
	rotation: GroupRotationInfo,
	/// Claims in the state of this block, if a leaf told them.
	claims: Option<Arc<ClaimQueue>>,
	/// Validators disabled in the state of an active leaf that has this block in scope (R-BAK-14).
	pub(crate) disabled: BTreeSet<ValidatorIndex>,
	pub(crate) cluster: Option<Cluster>,
	pub(crate) grid: GridTracker,
	pub(crate) store: Store,
	pub(crate) confirmed: BTreeMap<Key, Confirmed>,
	pub(crate) accounts: Accounts,
	bytes: BTreeMap<ParaId, SecondedBytes>,
	/// The connection to each validator, as it was when something was last sent or taken.
	links: BTreeMap<ValidatorIndex, PeerId>,
}

impl Parent {
	pub(crate) fn new(block: RelayChainBlockInfo, leaf: &LeafFacts, routes: Arc<SessionRoutes>) -> Self {
		let limit = usize::try_from(seconding_limit(&leaf.params)).unwrap_or(usize::MAX);
		let own_group = routes
			.session
			.own
			.and_then(|own| routes.place(own))
			.map(|(group, _)| group);
		let members = own_group.and_then(|group| routes.session.group(group));
		let cluster = members.map(|members| Cluster::new(members.to_vec(), limit));
		let claims = match block.hash == leaf.block.hash {
			true => Some(&leaf.claim_queue),
			false => leaf.ancestor_claim_queues.get(&block.hash),
		};
		Self {
			routes,
			limit,
			minimum_votes: leaf.minimum_backing_votes,
			// Groups are those of the child (R-GRP-1).
			rotation: leaf.rotation.at(block.number.saturating_add(1)),
			claims: claims.map(|claims| Arc::new(claims.clone())),
			disabled: BTreeSet::new(),
			cluster,
			grid: GridTracker::default(),
			store: Store::default(),
			confirmed: BTreeMap::new(),
			accounts: Accounts::default(),
			bytes: BTreeMap::new(),
			links: BTreeMap::new(),
		}
	}

	/// A leaf that has this block in scope tells whose votes do not count, and how much a candidate of a para may take.
	pub(crate) fn learn(&mut self, leaf: &LeafFacts) {
		for (para, at_leaf) in &leaf.paras {
			let told = SecondedBytes::new(leaf.params, &at_leaf.backing_state.constraints);
			let bytes = self.bytes.entry(*para).or_insert(told);
			*bytes = bytes.max(told);
		}
	}

	/// What one validator may second for a para here, in bytes.
	pub(crate) fn bytes_for(&self, para: ParaId) -> SecondedBytes {
		let without = SecondedBytes::without_constraints(self.limit);
		self.bytes.get(&para).copied().unwrap_or(without)
	}

	/// Candidates that others were told of.
	pub(crate) fn announced(&self) -> impl Iterator<Item = CandidateHash> + '_ {
		let announced = self
			.confirmed
			.iter()
			.filter(|(_, confirmed)| confirmed.is_announced);
		announced.map(|(key, _)| key.candidate)
	}

	pub(crate) fn rules(&self, group: GroupIndex) -> Option<GroupRules> {
		let size = self.routes.group_size(group)?;
		let quorum = required_backing_votes(size, self.minimum_votes);
		Some(GroupRules {
			size,
			quorum,
			limit: self.limit,
		})
	}

	/// Whether a group may back candidates of a para; nobody can say if nobody told the claims.
	pub(crate) fn is_assigned(&self, group: GroupIndex, para: ParaId) -> bool {
		let Some(claims) = &self.claims else { return true };
		let core = self
			.rotation
			.core_for_group(group, self.routes.session.groups.len());
		core.and_then(|core| claims.get(&core))
			.is_some_and(|claims| claims.contains(&para))
	}

	/// Whether a candidate is one of this group: its para is assigned, and the core that it names is the group's.
	pub(crate) fn is_of_group(&self, group: GroupIndex, para: ParaId, core: Option<CoreIndex>) -> bool {
		let groups = self.routes.session.groups.len();
		let is_own_core = core.is_none_or(|core| self.rotation.group_for_core(core, groups) == Some(group));
		is_own_core && self.is_assigned(group, para)
	}

	/// The statements about a candidate that count, at all active leaves (R-BAK-14).
	pub(crate) fn counted(&self, key: Key) -> Option<StatementSet> {
		let mut filter = self.store.get(key)?.filter.clone();
		filter.remove(&self.disabled_of(key.group)?);
		Some(filter)
	}

	/// Both bits of the disabled members of a group.
	pub(crate) fn disabled_of(&self, group: GroupIndex) -> Option<StatementSet> {
		let members = self.routes.session.group(group)?;
		let mut filter = StatementSet::blank(members.len());
		for (position, member) in members.iter().enumerate() {
			if self.disabled.contains(member) {
				filter.note(Kind::Seconded, position);
				filter.note(Kind::Valid, position);
			}
		}
		Some(filter)
	}

	/// What is not to be sent with an answer (R-SD-12): statements of the disabled, Seconded of those who have seconded
	/// as many others as they may, and within the own group what is known.
	pub(crate) fn mask(&self, key: Key) -> Option<StatementSet> {
		let mut mask = self.disabled_of(key.group)?;
		for (position, member) in self.routes.session.group(key.group)?.iter().enumerate() {
			if !self.store.may_second(*member, key.candidate, self.limit) {
				mask.note(Kind::Seconded, position);
			}
		}
		if self.own_group() == Some(key.group) {
			if let Some(stated) = self.store.get(key) {
				mask.add(&stated.filter);
			}
		}
		Some(mask)
	}

	pub(crate) fn own_group(&self) -> Option<GroupIndex> {
		let own = self.routes.session.own?;
		self.routes.place(own).map(|(group, _)| group)
	}

	/// Whether a filter has a quorum with a Seconded.
	pub(crate) fn is_enough(&self, group: GroupIndex, filter: &StatementSet) -> bool {
		let quorum = self.rules(group).and_then(|rules| rules.quorum);
		quorum.is_some_and(|quorum| filter.has_seconded() && filter.backing_validators() >= quorum)
	}

	/// Who is behind the connection to a validator now. If it is another one than before, nothing that was sent or told is
	/// known to have arrived.
	pub(crate) fn link(&mut self, validator: ValidatorIndex, peer: Option<PeerId>) {
		if self.links.get(&validator).copied() == peer {
			return;
		}
		match peer {
			Some(peer) => self.links.insert(validator, peer),
			None => self.links.remove(&validator),
		};
		self.grid.reset(validator);
		if let Some(cluster) = &mut self.cluster {
			if let Some(member) = cluster.position(validator) {
				cluster.reset(member);
			}
		}
	}

	/// A connection is gone.
	pub(crate) fn unlink(&mut self, peer: PeerId) {
		let of = self.links.iter().filter(|(_, linked)| **linked == peer);
		let validators: Vec<_> = of.map(|(validator, _)| *validator).collect();
		for validator in validators {
			self.link(validator, None);
		}
	}

	/// The para of a confirmed candidate.
	pub(crate) fn para_of(&self, key: Key) -> Option<ParaId> {
		Some(self.confirmed.get(&key)?.candidate.para_id())
	}

	/// Candidates with this hash that are confirmed, in whichever group.
	pub(crate) fn confirmed_keys(&self, candidate: async_backing_primitives::CandidateHash) -> Vec<Key> {
		let (first, last) = (GroupIndex(0), GroupIndex(u32::MAX));
		let range = Key {
			candidate,
			group: first,
		}..=Key {
			candidate,
			group: last,
		};
		self.confirmed.range(range).map(|(key, _)| *key).collect()
	}
}
