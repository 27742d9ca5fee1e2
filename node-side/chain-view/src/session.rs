//! Sessions, each with the keys of its validators.

use async_backing_primitives::{
	GridSeed, GroupIndex, LeafFacts, NodeFeatures, SessionIndex, ValidatorId, ValidatorIndex,
};
use std::{
	collections::{BTreeMap, HashMap},
	sync::Arc,
};

/// What is constant within a session of one fork: the session of a relay parent is that of its child (R-GLO-14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
	/// Its index. Two forks may have different sessions with the same index.
	pub index: SessionIndex,
	/// Keys of its validators: what a [`ValidatorIndex`] means.
	pub validators: Vec<ValidatorId>,
	/// Backing groups.
	pub groups: Vec<Vec<ValidatorIndex>>,
	/// What the nodes have agreed to use (R-BIN-30): the configuration changes with the session alone.
	pub node_features: NodeFeatures,
	/// What the grid follows from (R-NET-113), if the runtime tells.
	pub grid: Option<GridSeed>,
	/// This validator, if it is one in this session.
	pub own: Option<ValidatorIndex>,
}

impl Session {
	/// The key of a validator.
	pub fn validator(&self, index: ValidatorIndex) -> Option<&ValidatorId> {
		self.validators.get(usize::try_from(index.0).ok()?)
	}

	/// The group that a validator is in. Cost: the validators of all groups.
	pub fn group_of(&self, validator: ValidatorIndex) -> Option<GroupIndex> {
		let group = self.groups.iter().position(|group| group.contains(&validator))?;
		u32::try_from(group).ok().map(GroupIndex)
	}

	/// The members of a group.
	pub fn group(&self, group: GroupIndex) -> Option<&[ValidatorIndex]> {
		self.groups
			.get(usize::try_from(group.0).ok()?)
			.map(|members| &members[..])
	}
}

/// A session, and where its keys are.
#[derive(Debug)]
pub(crate) struct Known {
	pub(crate) session: Arc<Session>,
	/// Of a key that is there twice, the first. Asked for with almost every message, and never gone through: no order can show.
	index_of: HashMap<ValidatorId, ValidatorIndex>,
}

impl Known {
	fn new(facts: &LeafFacts, own: Option<&ValidatorId>) -> Self {
		let mut index_of = HashMap::with_capacity(facts.validators.len());
		for (key, index) in facts.validators.iter().zip(0..) {
			index_of.entry(key.clone()).or_insert(ValidatorIndex(index));
		}
		let session = Session {
			index: facts.session_index,
			validators: facts.validators.clone(),
			groups: facts.groups.clone(),
			node_features: facts.node_features.clone(),
			grid: facts.grid,
			own: own.and_then(|own| index_of.get(own).copied()),
		};
		Self {
			session: Arc::new(session),
			index_of,
		}
	}

	/// The index of a key. Cost: one hash.
	pub(crate) fn index_of(&self, key: &ValidatorId) -> Option<ValidatorIndex> {
		self.index_of.get(key).copied()
	}

	fn is_of(&self, facts: &LeafFacts) -> bool {
		self.session.index == facts.session_index
			&& self.session.validators == facts.validators
			&& self.session.groups == facts.groups
			&& self.session.node_features == facts.node_features
			&& self.session.grid == facts.grid
	}
}

/// The sessions of all relay blocks that are remembered, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
	own: Option<ValidatorId>,
	known: BTreeMap<SessionIndex, Vec<Arc<Known>>>,
}

impl Sessions {
	pub(crate) fn new(own: Option<ValidatorId>) -> Self {
		Self {
			own,
			known: BTreeMap::new(),
		}
	}

	/// The session of a block. Cost: for one that is known a comparison of n keys, else O(n log n).
	pub(crate) fn of(&mut self, facts: &LeafFacts) -> Arc<Known> {
		let same_index = self.known.entry(facts.session_index).or_default();
		if let Some(known) = same_index.iter().find(|known| known.is_of(facts)) {
			return known.clone();
		}
		let known = Arc::new(Known::new(facts, self.own.as_ref()));
		same_index.push(known.clone());
		known
	}

	/// Forgets sessions that no block refers to.
	pub(crate) fn prune(&mut self) {
		self.known.retain(|_, same_index| {
			// Blocks hold the others. The outer `Arc` is never given away.
			same_index.retain(|known| Arc::strong_count(known) > 1);
			!same_index.is_empty()
		});
	}

	/// Whether one of these is the key of a validator in some session.
	pub(crate) fn knows_any<'a>(&self, keys: impl IntoIterator<Item = &'a ValidatorId>) -> bool {
		keys.into_iter()
			.any(|key| self.iter().any(|known| known.index_of(key).is_some()))
	}

	pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Known>> {
		self.known.values().flatten()
	}

	#[cfg(test)]
	pub(crate) fn len(&self) -> usize {
		self.iter().count()
	}
}
