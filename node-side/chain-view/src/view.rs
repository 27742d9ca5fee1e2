//! The chain's view: leaves, sessions, peers.

use crate::{
	blocks::Blocks,
	peers::{Peers, Room},
	session::{Known, Sessions},
	ChainError, ChainEvent, Identity, LeafUpdate, Limits, PeerError, Refused, Session,
};
use async_backing_machine::PeerId;
use async_backing_primitives::{
	BlockNumber, CoreIndex, GroupRotationInfo, Hash, LeafFacts, SessionIndex, SigningContext, ValidatorId,
	ValidatorIndex,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// What one node knows of the relay chain, and of who in it is behind which connection.
///
/// The only owner of "leaf": a relay block on which the next one may be built. The parts of a node keep what they need for
/// each leaf, and make and drop it as [`LeafUpdate`] says.
///
/// Memory: [`Limits`] times what the chain shows of a block, whatever peers do.
#[derive(Clone, Debug)]
pub struct ChainView {
	limits: Limits,
	sessions: Sessions,
	blocks: Blocks,
	leaves: BTreeMap<Hash, Arc<LeafFacts>>,
	newest: Option<Hash>,
	/// Blocks that would be leaves if there were not so many.
	crowded_out: BTreeSet<Hash>,
	/// The session of each block that is remembered, or an ancestor or relay parent of something pending there.
	relay_parents: BTreeMap<Hash, Arc<Known>>,
	peers: Peers,
	imported: u64,
	refused: Refused,
}

impl ChainView {
	/// The view of a node that knows nothing yet. `own` is its key, if it is a validator.
	pub fn new(own: Option<ValidatorId>, limits: Limits) -> Self {
		Self {
			limits,
			sessions: Sessions::new(own),
			blocks: Blocks::default(),
			leaves: BTreeMap::new(),
			newest: None,
			crowded_out: BTreeSet::new(),
			relay_parents: BTreeMap::new(),
			peers: Peers::default(),
			imported: 0,
			refused: Refused::default(),
		}
	}

	/// Takes in what the chain did, and tells how the leaves changed. What is refused is counted.
	///
	/// Cost: O(b A log b) for b blocks with A ancestors each; one comparison of the session's keys.
	pub fn handle(&mut self, event: ChainEvent) -> LeafUpdate {
		self.try_handle(event).0
	}

	/// As [`handle`](Self::handle), and says what is wrong with the event. Even one that is refused can change the leaves: a
	/// block may turn out to be the link between a fork and what finality excluded.
	pub fn try_handle(&mut self, event: ChainEvent) -> (LeafUpdate, Result<(), ChainError>) {
		let (blocks, sessions) = (&mut self.blocks, &mut self.sessions);
		let mut imported = None;
		let result = match event {
			ChainEvent::Imported { facts, fresh } => {
				imported = Some(facts.block.hash);
				let order = self.imported;
				self.imported = order.saturating_add(1);
				blocks.import(facts, fresh, |facts| sessions.of(facts), order)
			}
			ChainEvent::Finalized { hash, number } => blocks.finalize(hash, number, self.limits.finalized),
			ChainEvent::Reverted { hash } => blocks.revert(hash),
		};
		if result.is_err() {
			self.refused.events = self.refused.events.saturating_add(1);
		}
		let update = self.choose_leaves();
		self.keep_bounds();
		match imported.filter(|_| !self.blocks.forgot()) {
			Some(block) => self.index_relay_parents_of(block),
			None => self.index_relay_parents(),
		}
		(update, result)
	}

	/// Leaves are the newest tips.
	fn choose_leaves(&mut self) -> LeafUpdate {
		let tips = self.blocks.tips();
		let (chosen, others) = tips.split_at(tips.len().min(self.limits.leaves));
		self.newest = chosen.first().map(|block| block.info.hash);
		let crowded_out: BTreeSet<_> = others.iter().map(|block| block.info.hash).collect();
		let more = crowded_out.difference(&self.crowded_out).count();
		self.refused.leaves = self.refused.leaves.saturating_add(more as u64);
		self.crowded_out = crowded_out;
		let leaves: BTreeMap<_, _> = chosen
			.iter()
			.filter_map(|block| Some((block.info.hash, block.facts.clone()?)))
			.collect();
		let before = std::mem::replace(&mut self.leaves, leaves);
		let sorted = |one: &BTreeMap<Hash, Arc<LeafFacts>>, other: &BTreeMap<Hash, Arc<LeafFacts>>| {
			let only = one.iter().filter(|(hash, _)| !other.contains_key(hash));
			let mut only: Vec<_> = only.map(|(_, facts)| facts.clone()).collect();
			only.sort_by_key(|facts| (facts.block.number, facts.block.hash));
			only
		};
		let activated = sorted(&self.leaves, &before);
		let deactivated = sorted(&before, &self.leaves);
		for leaf in &activated {
			if let Some(block) = self.blocks.get_mut(leaf.block.hash) {
				block.activations = block.activations.saturating_add(1);
			}
		}
		LeafUpdate {
			activated,
			deactivated: deactivated.iter().map(|facts| facts.block.hash).collect(),
		}
	}

	/// Forgets the lowest blocks, and facts of the lowest.
	fn keep_bounds(&mut self) {
		let others: Vec<_> = self
			.blocks
			.iter()
			.filter(|block| !self.leaves.contains_key(&block.info.hash))
			.map(|block| (block.info.hash, block.facts.is_some()))
			.collect();
		let over = self.blocks.len().saturating_sub(self.limits.blocks);
		let (gone, others) = others.split_at(over.min(others.len()));
		for (hash, _) in gone {
			self.blocks.remove(*hash);
			self.crowded_out.remove(hash);
		}
		self.refused.blocks = self.refused.blocks.saturating_add(gone.len() as u64);
		let with_facts = others.iter().filter(|(_, has_facts)| *has_facts);
		let over = with_facts.clone().count().saturating_sub(self.limits.facts);
		for (hash, _) in with_facts.take(over) {
			if let Some(block) = self.blocks.get_mut(*hash) {
				block.facts = None;
			}
			self.crowded_out.remove(hash);
		}
		self.refused.facts = self.refused.facts.saturating_add(over as u64);
	}

	/// Notes the sessions that a block tells. What a block tells of itself outweighs what others tell of it.
	fn index_relay_parents_of(&mut self, block: Hash) {
		if let Some(block) = self.blocks.get(block) {
			self.relay_parents.insert(block.info.hash, block.session.clone());
			for other in block.tells_of() {
				self.relay_parents
					.entry(other)
					.or_insert_with(|| block.session.clone());
			}
		}
	}

	/// Begins anew, after blocks were forgotten.
	fn index_relay_parents(&mut self) {
		let blocks = self.blocks.iter();
		let own = blocks.map(|block| (block.info.hash, block.session.clone()));
		self.relay_parents = own.collect();
		for block in self.blocks.iter() {
			for other in block.tells_of() {
				self.relay_parents
					.entry(other)
					.or_insert_with(|| block.session.clone());
			}
		}
		self.sessions.prune();
	}

	/// Active leaves, ascending by hash. At most [`Limits::leaves`].
	pub fn leaves(&self) -> impl Iterator<Item = &Arc<LeafFacts>> {
		self.leaves.values()
	}

	/// An active leaf.
	pub fn leaf(&self, hash: Hash) -> Option<&Arc<LeafFacts>> {
		self.leaves.get(&hash)
	}

	/// Whether a block is an active leaf.
	pub fn is_leaf(&self, hash: Hash) -> bool {
		self.leaves.contains_key(&hash)
	}

	/// The active leaf with the highest number; among equals the one that was imported last.
	pub fn newest(&self) -> Option<&Arc<LeafFacts>> {
		self.leaves.get(&self.newest?)
	}

	/// Active leaves, newest first, as a view is announced (R-NET-58).
	pub fn newest_first(&self) -> Vec<&Arc<LeafFacts>> {
		let tips = self.blocks.tips();
		tips.iter()
			.filter_map(|block| self.leaves.get(&block.info.hash))
			.collect()
	}

	/// Whether a block is an active leaf for the first time: not so after what was built on it was reverted (R-PRV-7).
	pub fn is_fresh(&self, leaf: Hash) -> bool {
		self.is_leaf(leaf) && self.blocks.get(leaf).is_some_and(|block| block.activations == 1)
	}

	/// Active leaves in whose children a candidate with this relay parent may be backed (R-ABP-2), ascending by hash. Cost:
	/// O(leaves A).
	pub fn leaves_admitting(&self, relay_parent: Hash) -> impl Iterator<Item = &Arc<LeafFacts>> {
		self.leaves
			.values()
			.filter(move |leaf| leaf.relay_parent(relay_parent).is_some())
	}

	/// Whether a block is a legal relay parent at some active leaf. Cost: O(leaves A).
	pub fn is_in_scope(&self, relay_parent: Hash) -> bool {
		self.leaves_admitting(relay_parent).next().is_some()
	}

	/// Relay parents in scope of active leaves, each once, ascending by hash. Cost: O(leaves A log(leaves A)).
	pub fn relay_parents(&self) -> BTreeSet<Hash> {
		let in_scope = self.leaves.values().flat_map(|leaf| leaf.relay_parents());
		in_scope.map(|info| info.hash).collect()
	}

	/// The number of a block that is remembered, or an ancestor of one, or a relay parent of what is pending at a leaf. Cost:
	/// O(log) if it is remembered or a parent, else O(b A).
	pub fn number_of(&self, block: Hash) -> Option<BlockNumber> {
		let pending = || {
			let mut leaves = self.leaves.values();
			let info = leaves.find_map(|leaf| leaf.pending_relay_parents.get(&block))?;
			Some(info.number)
		};
		self.blocks.number_of(block).or_else(pending)
	}

	/// Whether `block` is `ancestor` or descends from it, as far as is known. Cost: O(b A).
	pub fn descends(&self, block: Hash, ancestor: Hash) -> bool {
		self.blocks.descends(block, ancestor)
	}

	/// The session of a relay parent (R-GLO-14): of a block that is remembered, an ancestor of one, or a relay parent of what
	/// is pending there. `None` if nothing is known. Cost: O(log).
	///
	/// Answers for relay parents that are not in scope any more, too, so that what was asked for there can be
	/// judged; [`is_in_scope`](Self::is_in_scope) tells the difference.
	pub fn session_of(&self, relay_parent: Hash) -> Option<&Arc<Session>> {
		self.relay_parents.get(&relay_parent).map(|known| &known.session)
	}

	/// A session by its index, if a block in it is remembered. Where forks have different sessions with this index, the one
	/// that is known for longest.
	pub fn session(&self, index: SessionIndex) -> Option<&Arc<Session>> {
		let mut sessions = self.sessions.iter().map(|known| &known.session);
		sessions.find(|session| session.index == index)
	}

	/// This validator in the session of a relay parent.
	pub fn own_index(&self, relay_parent: Hash) -> Option<ValidatorIndex> {
		self.session_of(relay_parent)?.own
	}

	/// What statements about candidates with this relay parent, or bitfields at this leaf, are bound to.
	pub fn signing_context(&self, relay_parent: Hash) -> Option<SigningContext> {
		let session = self.session_of(relay_parent)?;
		Some(SigningContext {
			session_index: session.index,
			parent_hash: relay_parent,
		})
	}

	/// How groups rotate, for candidates with a relay parent that is in scope: seen from its child (R-GRP-1). Cost:
	/// O(leaves A).
	pub fn rotation_at(&self, relay_parent: Hash) -> Option<GroupRotationInfo> {
		let leaf = self.leaves_admitting(relay_parent).next()?;
		let number = leaf.relay_parent(relay_parent)?.number;
		Some(leaf.rotation.at(number.saturating_add(1)))
	}

	/// Members of the group that backs candidates with this relay parent, which is in scope, on a core (R-GRP-1).
	pub fn group_for_core(&self, relay_parent: Hash, core: CoreIndex) -> Option<&[ValidatorIndex]> {
		let session = self.session_of(relay_parent)?;
		let group = self
			.rotation_at(relay_parent)?
			.group_for_core(core, session.groups.len())?;
		session.group(group)
	}

	/// The core whose candidates with this relay parent, which is in scope, a validator backs (R-GRP-3).
	pub fn core_of(&self, relay_parent: Hash, validator: ValidatorIndex) -> Option<CoreIndex> {
		let session = self.session_of(relay_parent)?;
		let group = session.group_of(validator)?;
		self.rotation_at(relay_parent)?
			.core_for_group(group, session.groups.len())
	}

	/// Number of the finalized block; 0 before one is known.
	pub fn finalized_number(&self) -> BlockNumber {
		self.blocks.finalized().map_or(0, |(number, _)| number)
	}

	/// The finalized block, if one is known.
	pub fn finalized_hash(&self) -> Option<Hash> {
		self.blocks.finalized().map(|(_, hash)| hash)
	}

	/// A peer is there, or is known to be something else than before. One for whom there is no room is counted. Returns who gave
	/// way to a validator: its connection goes on, but it is as good as gone, and whoever keeps something of it lets that go.
	pub fn connected(&mut self, peer: PeerId, identity: Identity) -> Option<PeerId> {
		// Counted where it is refused.
		self.try_connected(peer, identity).unwrap_or_default()
	}

	/// As [`connected`](Self::connected).
	///
	/// # Errors
	/// There is no room: [`Limits::peers`] others are there, and this one is no validator, or all of them are.
	pub fn try_connected(&mut self, peer: PeerId, identity: Identity) -> Result<Option<PeerId>, PeerError> {
		let room = Room {
			peers: self.limits.peers,
			authorities: self.limits.authorities,
		};
		let sessions = &self.sessions;
		let is_validator = |keys: &mut dyn Iterator<Item = &ValidatorId>| sessions.knows_any(keys);
		self.peers
			.connected(peer, identity, &room, is_validator, &mut self.refused)
	}

	/// A peer is gone.
	pub fn disconnected(&mut self, peer: PeerId) {
		self.peers.disconnected(peer);
	}

	/// Whether a peer is there.
	pub fn is_connected(&self, peer: PeerId) -> bool {
		self.peers.contains(peer)
	}

	/// All peers, ascending.
	pub fn peers(&self) -> impl Iterator<Item = PeerId> + '_ {
		self.peers.iter()
	}

	/// Number of peers.
	pub fn peer_count(&self) -> usize {
		self.peers.len()
	}

	/// The connection to a validator of the session of this relay parent (law 7). If there are several, the one on which the
	/// key was proved last. Cost: O(log).
	pub fn peer_of(&self, relay_parent: Hash, validator: ValidatorIndex) -> Option<PeerId> {
		self.peers_of(relay_parent, validator).next()
	}

	/// All connections to a validator of the session of this relay parent, the newest first.
	pub fn peers_of(
		&self,
		relay_parent: Hash,
		validator: ValidatorIndex,
	) -> impl Iterator<Item = PeerId> + '_ {
		self.session_of(relay_parent)
			.and_then(|session| session.validator(validator))
			.into_iter()
			.flat_map(|key| self.peers.claimants(key))
	}

	/// Which validator a peer is in the session of this relay parent (law 7). The lowest, if it is several. `None` for a
	/// stranger. Cost: O(keys of the peer, log).
	pub fn validator_of(&self, relay_parent: Hash, peer: PeerId) -> Option<ValidatorIndex> {
		self.validators_of(relay_parent, peer).min()
	}

	/// All validators that a peer is in the session of this relay parent, in the order of its keys.
	pub fn validators_of(
		&self,
		relay_parent: Hash,
		peer: PeerId,
	) -> impl Iterator<Item = ValidatorIndex> + '_ {
		self.relay_parents
			.get(&relay_parent)
			.into_iter()
			.flat_map(move |known| self.peers.keys(peer).filter_map(|key| known.index_of(key)))
	}

	/// Whether a peer is this validator in the session of this relay parent.
	pub fn is_validator(&self, relay_parent: Hash, peer: PeerId, validator: ValidatorIndex) -> bool {
		self.validators_of(relay_parent, peer)
			.any(|other| other == validator)
	}

	/// Whether a peer is a validator in some session that is known: who is none gets the least (law 4). Cost: O(keys of the
	/// peer times sessions, log).
	pub fn is_any_validator(&self, peer: PeerId) -> bool {
		self.sessions.knows_any(self.peers.keys(peer))
	}

	/// How often something was refused.
	pub fn refused(&self) -> &Refused {
		&self.refused
	}

	/// Number of blocks that are remembered. At most [`Limits::blocks`], or the leaves if they are more.
	pub fn block_count(&self) -> usize {
		self.blocks.len()
	}
}

#[cfg(test)]
impl ChainView {
	pub(crate) fn blocks_hold_facts(&self) -> usize {
		self.blocks.iter().filter(|block| block.facts.is_some()).count()
	}

	pub(crate) fn excluded_count(&self) -> usize {
		self.blocks.excluded_len()
	}

	pub(crate) fn session_count(&self) -> usize {
		self.sessions.len()
	}

	pub(crate) fn relay_parent_count(&self) -> usize {
		self.relay_parents.len()
	}
}
