//! Questions about trees: a leaf, candidates, and what happens to them one after the other.

use super::{
	decoded,
	refusal::{Answer, Refusal},
};
use crate::{
	error::at_most,
	hex::Hex,
	json::{extended, hash, Base, Block, Extension},
	Malformed,
};
use async_backing_fragment_tree::{
	Candidate, CandidateState, CandidateStorage, FragmentTree, HypotheticalCandidate, PendingAvailability,
	Scope, TreeLimits,
};
use async_backing_primitives::{
	CandidateHash, CommittedCandidateReceipt, IntrinsicError, ParaId, PersistedValidationData,
};
use serde::{Deserialize, Serialize};
use serde_json::{json, Map, Value};
use std::collections::BTreeMap;

/// Most nodes of a tree here: answers list them.
const MAX_NODES: u32 = 4096;
/// Most candidates.
const MAX_CANDIDATES: u64 = 1024;
/// Most steps.
const MAX_STEPS: u64 = 4096;

/// A candidate and what the question calls it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
	pub(crate) name: String,
	/// A committed candidate receipt.
	pub(crate) receipt: Hex,
	/// Persisted validation data.
	pub(crate) validation_data: Hex,
}

/// A candidate that is on the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pending {
	pub(crate) name: String,
	/// Its relay parent, which need not be in scope.
	pub(crate) relay_parent: Block,
}

/// Which candidates come next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Select {
	/// Names of those before.
	pub(crate) after: Vec<String>,
	/// Most of them.
	pub(crate) count: u32,
}

/// Where a candidate could stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Try {
	pub(crate) name: String,
	pub(crate) backed_in_path_only: bool,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
	/// A candidate comes, before or after those that it builds on.
	Introduce(String),
	/// A candidate that came has its votes.
	Back(String),
	/// R-SEL-3.
	Select(Select),
	/// R-TRE-12.
	HypotheticalDepths(Try),
	/// The tree is built anew from what came.
	Rebuild,
}

/// Bounds of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
	pub(crate) max_candidates: u32,
	pub(crate) max_nodes: u32,
	pub(crate) max_nodes_per_candidate: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tree {
	pub(crate) para: ParaId,
	pub(crate) leaf: Block,
	/// Newest first.
	pub(crate) ancestors: Vec<Block>,
	pub(crate) base: Base,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) extension: Option<Extension>,
	pub(crate) max_candidate_depth: u32,
	/// In order, the first on the included head.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub(crate) pending: Vec<Pending>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) limits: Option<Limits>,
	pub(crate) candidates: Vec<Member>,
	pub(crate) steps: Vec<Step>,
}

/// Candidates by name, and names by hash.
struct Cast {
	by_name: BTreeMap<String, Result<Candidate, IntrinsicError>>,
	names: BTreeMap<CandidateHash, String>,
}

impl Cast {
	fn new(members: Vec<Member>) -> Result<Self, Malformed> {
		at_most("number of candidates", members.len() as u64, MAX_CANDIDATES)?;
		let mut cast = Self {
			by_name: BTreeMap::new(),
			names: BTreeMap::new(),
		};
		for member in members {
			let receipt: CommittedCandidateReceipt = decoded("receipt", &member.receipt.0)?;
			let data: PersistedValidationData = decoded("validation_data", &member.validation_data.0)?;
			let candidate = Candidate::new(receipt, data, false);
			if let Ok(candidate) = &candidate {
				if let Some(other) = cast.names.insert(candidate.hash(), member.name.clone()) {
					return Err(Malformed::Unfit {
						what: format!("candidate {:?}", member.name),
						why: format!("it is {other:?}"),
					});
				}
			}
			if cast.by_name.insert(member.name.clone(), candidate).is_some() {
				return Err(Malformed::Name(member.name, 2));
			}
		}
		Ok(cast)
	}

	fn find(&self, name: &str) -> Result<&Result<Candidate, IntrinsicError>, Malformed> {
		self.by_name
			.get(name)
			.ok_or_else(|| Malformed::Name(name.to_owned(), 0))
	}

	/// Its hash; that of no candidate for one that is none.
	fn hash(&self, name: &str) -> Result<CandidateHash, Malformed> {
		Ok(self.find(name)?.as_ref().map(Candidate::hash).unwrap_or_default())
	}

	fn name(&self, hash: CandidateHash) -> &str {
		self.names.get(&hash).map_or("?", String::as_str)
	}
}

/// A tree, and what it takes to ask it.
struct Scene {
	cast: Cast,
	scope: Scope,
	limits: TreeLimits,
	storage: CandidateStorage,
	tree: FragmentTree,
}

impl Tree {
	pub(super) fn answer(self) -> Answer {
		at_most("number of steps", self.steps.len() as u64, MAX_STEPS)?;
		at_most("number of ancestors", self.ancestors.len() as u64, 256)?;
		let steps = self.steps.clone();
		let mut scene = self.begin()?;
		let answers = steps.iter().map(|step| scene.take(step));
		let answers = answers.collect::<Result<Vec<_>, _>>()?;
		super::ok(json!({ "steps": answers, "tree": scene.told() }))
	}

	fn begin(self) -> Result<Scene, Malformed> {
		let cast = Cast::new(self.candidates)?;
		let mut storage = CandidateStorage::default();
		let mut pending = Vec::new();
		for Pending { name, relay_parent } in self.pending {
			let candidate = cast.find(&name)?.clone().map_err(|error| Malformed::Unfit {
				what: format!("pending candidate {name:?}"),
				why: error.to_string(),
			})?;
			pending.push(PendingAvailability {
				candidate_hash: candidate.hash(),
				relay_parent: relay_parent.into(),
			});
			storage.insert_pending(candidate);
		}
		let scope = Scope::with_ancestors(
			self.para,
			self.leaf.into(),
			extended(self.base, self.extension)?,
			pending,
			self.max_candidate_depth,
			self.ancestors.into_iter().map(Into::into),
		)
		.map_err(|error| Malformed::Unfit {
			what: "ancestors".into(),
			why: error.to_string(),
		})?;
		let limits = self.limits.map_or(
			TreeLimits {
				max_candidates: MAX_NODES,
				max_nodes: MAX_NODES,
				max_nodes_per_candidate: MAX_NODES,
			},
			|limits| TreeLimits {
				max_candidates: limits.max_candidates,
				max_nodes: limits.max_nodes.min(MAX_NODES),
				max_nodes_per_candidate: limits.max_nodes_per_candidate,
			},
		);
		let (tree, report) = FragmentTree::populate(scope.clone(), limits, &storage);
		if let Some(broken) = report.broken_trunk {
			return Err(Malformed::Unfit {
				what: format!("pending candidate {:?}", cast.name(broken)),
				why: "it does not follow the one before".into(),
			});
		}
		Ok(Scene {
			cast,
			scope,
			limits,
			storage,
			tree,
		})
	}
}

impl Scene {
	fn take(&mut self, step: &Step) -> Answer {
		match step {
			Step::Introduce(name) => self.introduce(name),
			Step::Back(name) => {
				let hash = self.cast.hash(name)?;
				match self.storage.mark_backed(hash) {
					Ok(is_news) => {
						self.tree.mark_backed(hash);
						super::ok(is_news)
					}
					Err(_) => Ok(json!({ "refused": { "kind": "UnknownCandidate", "rule": "R-VIE-6" } })),
				}
			}
			Step::Select(select) => {
				let after = select.after.iter().map(|name| self.cast.hash(name));
				let after = after.collect::<Result<Vec<_>, _>>()?;
				let selected = self.tree.select_children(&after, select.count as usize);
				let names: Vec<_> = selected
					.map(|candidate| self.cast.name(candidate.hash()))
					.collect();
				super::ok(json!(names))
			}
			Step::HypotheticalDepths(asked) => {
				let depths = match self.cast.find(&asked.name)? {
					Ok(candidate) => self.tree.hypothetical_depths(
						HypotheticalCandidate::Complete(candidate),
						asked.backed_in_path_only,
					),
					Err(error) => return error.refused(),
				};
				super::ok(json!(depths))
			}
			Step::Rebuild => {
				let (tree, report) = FragmentTree::populate(self.scope.clone(), self.limits, &self.storage);
				self.tree = tree;
				super::ok(json!({ "nodes": report.nodes }))
			}
		}
	}

	fn introduce(&mut self, name: &str) -> Answer {
		let candidate = match self.cast.find(name)? {
			Ok(candidate) => candidate.clone(),
			Err(error) => return error.refused(),
		};
		let hash = candidate.hash();
		if let Err(error) = self.storage.insert(candidate, CandidateState::Introduced) {
			return error.refused();
		}
		match self.tree.add_and_populate(hash, &self.storage) {
			Ok(attached) => {
				let mut swept: Vec<_> = attached.swept.iter().map(|hash| self.cast.name(*hash)).collect();
				swept.sort_unstable();
				let mut refused: Vec<_> = attached
					.refused
					.iter()
					.map(|hash| self.cast.name(*hash))
					.collect();
				refused.sort_unstable();
				super::ok(json!({ "nodes": attached.nodes, "swept": swept, "no_room": refused }))
			}
			// It stays, and may join later (R-TRE-14).
			Err(error) => error.refused(),
		}
	}

	/// All paths, by names ascending, and for each candidate its hash and its depths.
	fn told(&self) -> Value {
		let mut by_position: Vec<Vec<&str>> = Vec::new();
		for node in self.tree.nodes() {
			let above = node.parent.and_then(|parent| by_position.get(parent.position()));
			let mut path = above.cloned().unwrap_or_default();
			path.push(self.cast.name(node.candidate.hash()));
			by_position.push(path);
		}
		by_position.sort_unstable();
		let (mut depths, mut hashes) = (Map::new(), Map::new());
		for (candidate, name) in &self.cast.names {
			hashes.insert(name.clone(), hash(candidate).into());
			depths.insert(name.clone(), json!(self.tree.depths(*candidate)));
		}
		json!({ "paths": by_position, "depths": depths, "candidate_hashes": hashes })
	}
}
