//! The view: what it holds, and how candidates enter it.

use crate::{
	para::{may_wait, Para, Waiting},
	Diagnostic, IntroduceError, Membership, NoteError, ViewConfig,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	vec::Vec,
};
use async_backing_fragment_tree::{
	AttachError, Candidate, CandidateState, FragmentTree, LongestPath, PathRule, StorageError,
};
use async_backing_primitives::{
	AssignedCores, CandidateHash, CommittedCandidateReceipt, Hash, HeadData, HeadHash, ParaId,
	PersistedValidationData, RelayChainBlockInfo,
};

/// An active leaf and its trees.
#[derive(Debug)]
pub(crate) struct Leaf<R: PathRule> {
	pub(crate) block: RelayChainBlockInfo,
	/// Ancestors in scope, newest first.
	pub(crate) ancestors: Vec<RelayChainBlockInfo>,
	pub(crate) trees: BTreeMap<ParaId, FragmentTree<R>>,
	/// Included heads, for those who validate on them.
	pub(crate) heads: BTreeMap<ParaId, Arc<HeadData>>,
}

/// What the relay chain may accept next, at each of its heads.
///
/// Which path of candidates is the best is up to `R`; the default is the rule of the network.
///
/// Costs are stated in l, the number of active leaves that schedule the para in question (one, but for forks and the
/// moment of change), and in terms of the operations of [`FragmentTree`].
#[derive(Debug)]
pub struct View<R: PathRule = LongestPath> {
	pub(crate) config: ViewConfig,
	pub(crate) leaves: BTreeMap<Hash, Leaf<R>>,
	pub(crate) paras: BTreeMap<ParaId, Para>,
	/// Which cores are whose at the legal relay parents of each leaf.
	pub(crate) assigned_cores: BTreeMap<Hash, AssignedCores>,
	pub(crate) refused: u64,
}

/// What introducing a candidate did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduced {
	/// Where the candidate stands. Empty if it waits for its parent (R-TRE-14).
	pub membership: Membership,
	/// Candidates that waited and now stand in more places than before, ascending.
	pub joined: Vec<CandidateHash>,
	/// Candidates that would fit below it, but are beyond the limits of a tree (R-TRE-11), ascending.
	pub refused: Vec<CandidateHash>,
	/// Leaves at which it stands nowhere, ascending, and why.
	pub unfit: Vec<(Hash, AttachError)>,
}

impl Default for View {
	fn default() -> Self {
		Self::new(ViewConfig::default())
	}
}

impl View {
	/// A view of nothing: no leaf is active.
	pub fn new(config: ViewConfig) -> Self {
		Self::with_rule(LongestPath, config)
	}
}

impl<R: PathRule> View<R> {
	/// As [`new`](View::new), where a rule of the caller's says which path is the best.
	pub fn with_rule(_: R, config: ViewConfig) -> Self {
		Self {
			config,
			leaves: BTreeMap::new(),
			paras: BTreeMap::new(),
			assigned_cores: BTreeMap::new(),
			refused: 0,
		}
	}

	/// Takes in a candidate that somebody proposed, with the data that it was validated with (R-VIE-5).
	///
	/// If it is known, says where it stands. Otherwise it joins every tree that it fits into, and candidates that waited
	/// for it join with it. One whose parent is unknown waits, if it may fit once the parent comes (R-TRE-14).
	///
	/// Cost: hashes the candidate, then for each of l trees [`FragmentTree::add_and_populate`].
	///
	/// # Errors
	/// [`IntroduceError`] says why it is not taken in.
	pub fn introduce(
		&mut self,
		receipt: CommittedCandidateReceipt,
		validation_data: PersistedValidationData,
	) -> Result<Introduced, IntroduceError> {
		let candidate = Candidate::new(receipt, validation_data, self.config.v3_enabled)?;
		self.introduce_checked(candidate)
	}

	/// As [`introduce`](Self::introduce), for a candidate that is checked and hashed: nothing is hashed again, and what is
	/// large of it stays shared with whoever else holds it.
	///
	/// # Errors
	/// As [`introduce`](Self::introduce).
	pub fn introduce_checked(
		&mut self,
		candidate: impl Into<Arc<Candidate>>,
	) -> Result<Introduced, IntroduceError> {
		let candidate = candidate.into();
		let (hash, para_id) = (candidate.hash(), candidate.para_id());
		let Some(para) = self.paras.get_mut(&para_id) else {
			return Err(IntroduceError::UnknownPara(para_id));
		};
		let waiting = Waiting::from(&*candidate);
		match para.storage.insert(candidate, CandidateState::Introduced) {
			Ok(()) => {}
			Err(StorageError::CandidateAlreadyKnown(_)) => {
				return Ok(Introduced {
					membership: self.membership(para_id, hash),
					..Introduced::default()
				});
			}
			Err(error) => return Err(error.into()),
		}

		let introduced = self.attach(para_id, hash);
		let mut introduced = self.after_forks(para_id, hash, introduced);
		if !introduced.membership.is_empty() {
			return Ok(introduced);
		}
		if self.candidate(para_id, hash).is_none() {
			self.refused = self.refused.saturating_add(1);
			return Err(IntroduceError::LostFork(hash));
		}
		let trees: Vec<_> = self
			.leaves
			.values()
			.filter_map(|leaf| leaf.trees.get(&para_id))
			.collect();
		let Some(para) = self.paras.get_mut(&para_id) else {
			return Err(IntroduceError::UnknownPara(para_id));
		};
		let waits = para
			.storage
			.get(hash)
			.is_some_and(|stored| may_wait(&trees, stored.candidate()));
		let outcome = match waits {
			true => para
				.wait(hash, waiting, &self.config.unconnected)
				.map_err(IntroduceError::from),
			false => Err(IntroduceError::FitsNowhere {
				candidate: hash,
				reasons: core::mem::take(&mut introduced.unfit),
			}),
		};
		if let Err(error) = outcome {
			para.storage.remove(hash);
			self.refused = self.refused.saturating_add(1);
			return Err(error);
		}
		Ok(introduced)
	}

	/// Whether a candidate that stands nowhere may wait for its parent (R-TRE-14): if it were introduced, and there were room.
	/// Cost: for each tree of its para a lookup, and the checks that need no parent.
	pub fn may_wait(&self, candidate: &Candidate) -> bool {
		let trees: Vec<_> = self
			.leaves
			.values()
			.filter_map(|leaf| leaf.trees.get(&candidate.para_id()))
			.collect();
		may_wait(&trees, candidate)
	}

	/// Whether there is room for a candidate that waits, or it waits already (R-TRE-14). Constant cost, but for a lookup of the para.
	pub fn has_room_to_wait(&self, candidate: &Candidate) -> bool {
		let para = self.paras.get(&candidate.para_id());
		para.is_some_and(|para| para.has_room(candidate, &self.config.unconnected))
	}

	/// Whether a candidate that is known by its place alone may wait for its parent (R-TRE-14), were it introduced: at some leaf,
	/// judged for itself, its relay parent is in scope and no candidate has the head that it builds on; and there is room for
	/// one more that waits. Whose `output` is known there is no newcomer, but of before that head. What the candidate says is
	/// judged when it comes.
	///
	/// Cost: lookups in each of l trees.
	pub fn may_wait_at(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
		output: Option<HeadHash>,
	) -> bool {
		let waiting = self.paras.get(&para).map(Para::waiting_len);
		let has_room = waiting.is_some_and(|waiting| waiting < self.config.unconnected.max_candidates);
		has_room
			&& self.trees_of(para).any(|(_, tree)| {
				let is_known = |head| tree.head_data(head).is_some();
				tree.scope().in_scope(relay_parent).is_some()
					&& !is_known(parent_head)
					&& !output.is_some_and(is_known)
			})
	}

	/// Whether a para has a tree at some leaf.
	pub fn has_para(&self, para: ParaId) -> bool {
		self.leaves.values().any(|leaf| leaf.trees.contains_key(&para))
	}

	/// Hangs a stored candidate into every tree of its para. Says where it stands, and for the other leaves why not.
	pub(crate) fn attach(&mut self, para_id: ParaId, hash: CandidateHash) -> Introduced {
		let mut unfit = Vec::new();
		let (mut joined, mut refused) = (BTreeSet::new(), BTreeSet::new());
		if let Some(para) = self.paras.get_mut(&para_id) {
			for (leaf_hash, leaf) in &mut self.leaves {
				let Some(tree) = leaf.trees.get_mut(&para_id) else {
					continue;
				};
				match tree.add_and_populate(hash, &para.storage) {
					Ok(attached) => {
						joined.extend(attached.swept);
						refused.extend(attached.refused);
					}
					Err(reason) => unfit.push((*leaf_hash, reason)),
				}
			}
			for candidate in &joined {
				para.joined(*candidate);
			}
		}
		self.refused = self.refused.saturating_add(refused.len() as u64);
		Introduced {
			membership: self.membership(para_id, hash),
			joined: joined.into_iter().collect(),
			refused: refused.into_iter().collect(),
			unfit,
		}
	}

	/// Notes that a validator of its group seconded a candidate (R-VIE-6). Returns whether that is news.
	///
	/// # Errors
	/// [`NoteError`] if the view does not know it.
	pub fn note_seconded(&mut self, para: ParaId, candidate: CandidateHash) -> Result<bool, NoteError> {
		let storage = &mut self
			.paras
			.get_mut(&para)
			.ok_or(NoteError::UnknownPara(para))?
			.storage;
		Ok(storage.mark_seconded(candidate)?)
	}

	/// Notes that a candidate has the quorum of its group (R-VIE-6): it is backable from now on. Returns whether that is
	/// news. Cost: for each of l trees [`FragmentTree::mark_backed`].
	///
	/// # Errors
	/// [`NoteError`] if the view does not know it.
	pub fn note_backed(&mut self, para: ParaId, candidate: CandidateHash) -> Result<bool, NoteError> {
		let storage = &mut self
			.paras
			.get_mut(&para)
			.ok_or(NoteError::UnknownPara(para))?
			.storage;
		let is_news = storage.mark_backed(candidate)?;
		self.mark_backed_in_trees(para, candidate);
		self.drop_lost_forks(para);
		Ok(is_news)
	}

	pub(crate) fn mark_backed_in_trees(&mut self, para: ParaId, candidate: CandidateHash) {
		for tree in self
			.leaves
			.values_mut()
			.filter_map(|leaf| leaf.trees.get_mut(&para))
		{
			tree.mark_backed(candidate);
		}
	}

	/// How many candidates were refused because they fit nowhere or a limit was reached.
	pub fn refused_count(&self) -> u64 {
		self.refused
	}
}

/// Notes about paras at a leaf.
pub(crate) type Diagnostics = Vec<(Hash, ParaId, Diagnostic)>;
