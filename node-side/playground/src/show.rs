//! What a reader sees of a game: one tree, what surrounds it, and what the next block behind a candidate would have.

use crate::{
	contexts::{self, Contexts},
	moves::Look,
	world::{Said, World, GROUP, PARAS},
};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use async_backing_fragment_tree::{drawing::State, Drawing, FragmentTree};
use async_backing_primitives::ParaId;
use async_backing_prospective_parachains::NodeIndex;
use serde::Serialize;

/// All that a page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
	/// `max_candidate_depth`.
	pub depth: u32,
	/// `allowed_ancestry_len`.
	pub ancestry: u32,
	/// Cores of each para.
	pub cores: u32,
	/// Blocks per relay slot, and most unincluded ones, of the parachains' own rule.
	pub hook: (u32, u32),
	/// Members of a group, and how many votes make a quorum.
	pub group: (usize, usize),
	/// Relay blocks, in the order in which they came.
	pub blocks: Vec<BlockShown>,
	/// Candidates, in the order in which they came.
	pub candidates: Vec<CandidateShown>,
	/// Position of the leaf that is looked at.
	pub leaf: usize,
	/// The para that is looked at.
	pub para: u32,
	/// Its tree at that leaf.
	pub tree: Option<TreeShown>,
	/// One line for each other tree of the view: leaf, para, drawing's second line.
	pub others: Vec<(String, u32, String)>,
	/// What the next relay block on the leaf does.
	pub next: Option<NextShown>,
	/// What there is behind the candidate that is looked at.
	pub contexts: Contexts,
	/// Downward messages that the next relay block sends, by para.
	pub mail: Vec<(u32, u32)>,
	/// What came of each move.
	pub said: Vec<Said>,
}

/// A relay block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockShown {
	/// Number, and a letter if there are several.
	pub name: String,
	/// Its parent's position.
	pub parent: Option<usize>,
	/// Whether nothing builds on it.
	pub is_leaf: bool,
	/// Whether it is a relay parent in the scope of the tree that is looked at.
	pub in_scope: bool,
	/// Candidates that it includes, by name.
	pub included: Vec<String>,
	/// Candidates that it drops.
	pub timed_out: Vec<String>,
	/// Candidates that it backs.
	pub backed: Vec<String>,
	/// Candidates that its author offered and the chain does not take.
	pub refused: Vec<String>,
}

/// A candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CandidateShown {
	/// A letter for the para and a number.
	pub name: String,
	/// Its hash, as `0x` and hexadecimal digits.
	pub hash: String,
	/// Its para.
	pub para: u32,
	/// Name of what it builds on.
	pub on: String,
	/// Name of its relay parent.
	pub relay_parent: String,
	/// What it takes of the constraints, in words.
	pub takes: String,
	/// Where it is, in words, seen from the leaf that is looked at.
	pub place: String,
	/// Why the view does not take it in.
	pub refusal: Option<String>,
	/// Who voted for it, as far as it is known here.
	pub votes: Vec<u8>,
	/// Whose vote was lost.
	pub lost_votes: Vec<u8>,
	/// Whether the news of it was lost.
	pub is_lost: bool,
	/// Whether validators lack their chunks.
	pub is_withheld: bool,
}

/// A tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TreeShown {
	/// First line over it.
	pub title: String,
	/// Second line.
	pub subtitle: String,
	/// The drawing: an `svg` element.
	pub figure: String,
	/// Its boxes but for the root, in the order of the drawing.
	pub nodes: Vec<NodeShown>,
	/// The best path behind what is pending, by name.
	pub best: Vec<String>,
	/// Candidates that wait for their parents.
	pub waiting: Vec<String>,
	/// Relay parents in scope, newest first.
	pub scope: Vec<String>,
	/// Oldest relay parent that base constraints allow.
	pub oldest: u32,
}

/// A place of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeShown {
	/// Position of the candidate.
	pub candidate: Option<usize>,
	/// Name of what it hangs from.
	pub parent: String,
	/// Candidates above it.
	pub depth: u32,
	/// Number of its relay parent.
	pub relay_parent: u32,
	/// `pending`, `backable` or `seconded`.
	pub state: &'static str,
	/// Whether it is on the best path.
	pub best: bool,
	/// Whether its path has it twice.
	pub repeats: bool,
}

/// What the next relay block does with a para: the question of the lecture's provisioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NextShown {
	/// Number of the block.
	pub number: u32,
	/// What it includes.
	pub included: Vec<String>,
	/// What it drops.
	pub timed_out: Vec<String>,
	/// What stays pending, and when that times out.
	pub stays: Vec<(String, u32)>,
	/// The path that new candidates have to build on.
	pub required: Vec<String>,
	/// Cores that are free then.
	pub free: Vec<u32>,
	/// What is backed.
	pub offered: Vec<String>,
}

impl World {
	/// What there is to see there.
	pub fn show(&self, look: &Look) -> Shown {
		let tips = self.tips();
		let (leaf, para) = self.place_of(look);
		let leaf_hash = self
			.blocks
			.get(leaf)
			.map(|block| block.info.hash)
			.unwrap_or_default();
		let tree = self.view.tree(leaf_hash, para);
		let in_scope = |block: &crate::chain::Block| {
			tree.is_some_and(|tree| tree.scope().in_scope(block.info.hash).is_some())
		};
		let blocks = self.blocks.iter().enumerate().map(|(at, block)| BlockShown {
			name: block.name.clone(),
			parent: block.parent,
			is_leaf: tips.contains(&at),
			in_scope: in_scope(block),
			included: self.names(&block.happened.included),
			timed_out: self.names(&block.happened.timed_out),
			backed: self.names(&block.happened.backed),
			refused: block
				.happened
				.refused
				.iter()
				.map(|(at, why)| format!("{}: {}", self.name(*at), self.with_names(why)))
				.collect(),
		});
		let others = tips.iter().flat_map(|tip| PARAS.map(|para| (*tip, para)));
		let others = others
			.filter(|other| *other != (leaf, para))
			.filter_map(|(tip, para)| {
				let block = self.blocks.get(tip)?;
				let drawing = self.view.tree(block.info.hash, para)?.drawing();
				Some((block.name.clone(), para.0, drawing.subtitle()))
			});
		let at = look.at.map(|at| at as usize).filter(|at| {
			let entry = self.candidates.get(*at);
			entry.is_some_and(|entry| entry.candidate.para_id() == para)
		});
		Shown {
			depth: self.params.max_candidate_depth,
			ancestry: self.params.allowed_ancestry_len,
			cores: self.cores,
			hook: (self.hook.velocity, self.hook.capacity),
			group: (GROUP, self.quorum()),
			blocks: blocks.collect(),
			candidates: (0..self.candidates.len())
				.filter_map(|at| self.candidate_shown(at, leaf, tree))
				.collect(),
			leaf,
			para: para.0,
			tree: tree.map(|tree| self.tree_shown(leaf, para, tree)),
			others: others.collect(),
			next: self.next_shown(leaf, para),
			contexts: contexts::shown(self, leaf, para, at),
			mail: self.mail.iter().map(|(para, count)| (para.0, *count)).collect(),
			said: self.said.clone(),
		}
	}

	pub(crate) fn name(&self, at: usize) -> String {
		self.candidates
			.get(at)
			.map_or_else(|| "?".to_owned(), |entry| entry.name.clone())
	}

	fn names(&self, which: &[usize]) -> Vec<String> {
		which.iter().map(|at| self.name(*at)).collect()
	}

	fn candidate_shown(&self, at: usize, leaf: usize, tree: Option<&FragmentTree>) -> Option<CandidateShown> {
		let entry = self.candidates.get(at)?;
		let candidate = &entry.candidate;
		let commitments = candidate.commitments();
		let messages = &commitments.upward_messages;
		let takes = [
			(!messages.is_empty()).then(|| {
				let bytes: usize = messages.iter().map(Vec::len).sum();
				format!("{} upward messages of {bytes} bytes", messages.len())
			}),
			(commitments.processed_downward_messages > 0)
				.then(|| format!("{} downward messages", commitments.processed_downward_messages)),
			commitments
				.horizontal_messages
				.first()
				.map(|message| format!("{} bytes to para {}", message.data.len(), message.recipient)),
			commitments
				.new_validation_code
				.as_ref()
				.map(|_| "announces code".to_owned()),
			entry.plan.other_code.then(|| "other code".to_owned()),
		];
		let takes: Vec<_> = takes.into_iter().flatten().collect();
		let mut history = self.chain(leaf);
		let fate = history.find_map(|block| {
			let has = |which: &[usize]| which.contains(&at);
			if has(&block.happened.included) {
				return Some(format!("included in {}", block.name));
			}
			if has(&block.happened.timed_out) {
				return Some(format!("timed out in {}", block.name));
			}
			has(&block.happened.backed).then(|| format!("pending availability since {}", block.name))
		});
		let depths = tree.map(|tree| tree.depths(candidate.hash())).unwrap_or_default();
		let is_pending = fate.as_ref().is_some_and(|fate| fate.starts_with("pending"));
		let place = match (fate, depths.as_slice()) {
			(Some(fate), []) => fate,
			(Some(fate), [depth, ..]) if is_pending => format!("{fate}, depth {depth}"),
			(fate, [first, rest @ ..]) => {
				let mut place = format!("depth {first}");
				for depth in rest {
					place = format!("{place} and {depth}");
				}
				fate.map_or_else(|| place.clone(), |fate| format!("{place}; {fate}"))
			}
			(None, []) if entry.is_lost => "not heard of here".to_owned(),
			(None, []) if self.is_known(at) && self.waits(at) => "waits for its parent (R-TRE-14)".to_owned(),
			(None, []) if self.is_known(at) => "has no place at this leaf".to_owned(),
			(None, []) if entry.refusal.is_some() => "refused".to_owned(),
			(None, []) => "of no use at any leaf: forgotten (R-VIE-4)".to_owned(),
		};
		Some(CandidateShown {
			name: entry.name.clone(),
			hash: format!("{:?}", candidate.hash().0),
			para: candidate.para_id().0,
			on: entry
				.on
				.map_or_else(|| "included head".to_owned(), |on| self.name(on)),
			relay_parent: self
				.blocks
				.get(entry.relay_parent)
				.map(|block| block.name.clone())
				.unwrap_or_default(),
			takes: takes.join(", "),
			place,
			refusal: entry.refusal.as_ref().map(|why| self.with_names(why)),
			votes: entry.votes.iter().copied().collect(),
			lost_votes: entry.lost_votes.iter().copied().collect(),
			is_lost: entry.is_lost,
			is_withheld: entry.is_withheld,
		})
	}

	fn waits(&self, at: usize) -> bool {
		self.candidates.get(at).is_some_and(|entry| {
			let hash = entry.candidate.hash();
			self.view
				.waiting(entry.candidate.para_id())
				.any(|waiting| waiting == hash)
		})
	}

	/// The tree that one looks at there, laid out, with names in place of hashes.
	pub fn drawing(&self, look: &Look) -> Option<Drawing> {
		let (leaf, para) = self.place_of(look);
		let tree = self.view.tree(self.blocks.get(leaf)?.info.hash, para)?;
		Some(self.named(leaf, tree).0)
	}

	/// All trees of the view: leaf by leaf, para by para.
	pub fn drawings(&self) -> Vec<Drawing> {
		let tips = self
			.tips()
			.into_iter()
			.filter_map(|tip| Some((tip, self.blocks.get(tip)?)));
		tips.flat_map(|(tip, block)| {
			let trees = self.view.trees_at(block.info.hash);
			trees.map(move |(_, tree)| self.named(tip, tree).0)
		})
		.collect()
	}

	/// The leaf and the para that one looks at.
	fn place_of(&self, look: &Look) -> (usize, ParaId) {
		let tips = self.tips();
		let newest = tips.last().copied().unwrap_or_default();
		let leaf = look
			.leaf
			.map(|leaf| leaf as usize)
			.filter(|leaf| tips.contains(leaf));
		let para = PARAS.into_iter().find(|para| para.0 == look.para);
		(leaf.unwrap_or(newest), para.unwrap_or(PARAS[0]))
	}

	/// A tree with names in place of hashes, and its nodes with their candidates.
	fn named(&self, leaf: usize, tree: &FragmentTree) -> (Drawing, Vec<NodeShown>) {
		let mut drawing = tree.drawing();
		drawing.leaf_hash = self
			.blocks
			.get(leaf)
			.map(|block| block.name.clone())
			.unwrap_or_default();
		drawing.included_head = self.head_name(&drawing.included_head);
		let mut nodes = Vec::with_capacity(drawing.nodes.len());
		for position in 0..drawing.nodes.len() {
			let node = &drawing.nodes[position];
			let parent = node.parent.and_then(|parent| drawing.nodes.get(parent));
			let parent = parent.map_or_else(|| "included head".to_owned(), |parent| parent.candidate.clone());
			let candidate = self
				.candidates
				.iter()
				.position(|entry| format!("{:?}", entry.candidate.hash().0) == node.candidate);
			nodes.push(NodeShown {
				candidate,
				parent,
				depth: node.depth,
				relay_parent: node.relay_parent,
				state: match node.state {
					State::Pending => "pending",
					State::Backable => "backable",
					State::Seconded => "seconded",
				},
				best: node.is_on_best_path,
				repeats: node.repeats,
			});
			if let Some(at) = candidate {
				// Nodes come after their parents, so names are in place when children look.
				drawing.nodes[position].candidate = self.name(at);
			}
		}
		(drawing, nodes)
	}

	fn tree_shown(&self, leaf: usize, para: ParaId, tree: &FragmentTree) -> TreeShown {
		let (drawing, nodes) = self.named(leaf, tree);
		let title = format!("Para {para} at relay block {}", drawing.leaf_hash);
		let best = nodes
			.iter()
			.filter(|node| node.best)
			.filter_map(|node| node.candidate);
		let in_scope = core::iter::once(tree.scope().relay_parent()).chain(tree.scope().ancestors());
		let name_of = |hash| {
			let block = self.blocks.iter().find(|block| block.info.hash == hash);
			block.map(|block| block.name.clone()).unwrap_or_default()
		};
		TreeShown {
			title,
			subtitle: drawing.subtitle(),
			figure: drawing.figure(),
			best: best.map(|at| self.name(at)).collect(),
			nodes,
			waiting: self
				.view
				.waiting(para)
				.filter_map(|hash| self.position_of(hash))
				.map(|at| self.name(at))
				.collect(),
			scope: in_scope.map(|block| name_of(block.hash)).collect(),
			oldest: drawing.oldest_relay_parent,
		}
	}

	/// Who outputs head data with this hash, written in hexadecimal digits.
	fn head_name(&self, head: &str) -> String {
		let of = self
			.candidates
			.iter()
			.find(|entry| format!("{:?}", entry.candidate.output_head_hash().0) == head);
		of.map_or_else(|| "genesis".to_owned(), |entry| entry.name.clone())
	}

	fn next_shown(&self, leaf: usize, para: ParaId) -> Option<NextShown> {
		let next = self.next(leaf, para)?;
		let block = self.blocks.get(leaf)?;
		let pending = &block.paras.get(&para)?.pending;
		let stays = next.required.iter().skip(next.included);
		Some(NextShown {
			number: block.info.number.saturating_add(1),
			included: self.names(&next.required[..next.included]),
			timed_out: self.names(&next.timed_out),
			stays: stays
				.filter_map(|at| {
					let pending = pending.iter().find(|pending| pending.candidate == *at)?;
					Some((self.name(*at), self.time_out_at(pending.backed_in)))
				})
				.collect(),
			required: self.names(&next.required),
			free: next.free.iter().map(|core| core.0).collect(),
			offered: self.names(&next.offered),
		})
	}

	/// Candidates on the path from the root of a tree to where its best path ends, pending ones included.
	pub(crate) fn best_end(&self, leaf: usize, para: ParaId) -> Option<usize> {
		let tree = self.view.tree(self.blocks.get(leaf)?.info.hash, para)?;
		let mut at: Option<NodeIndex> = None;
		let mut end = None;
		for pending in tree.scope().pending_availability() {
			let mut children = tree.children(at).into_iter();
			let child = children.find(|child| child.candidate.hash() == pending.candidate_hash)?;
			(at, end) = (Some(child.index), Some(child.candidate.hash()));
		}
		while let Some(child) = tree.best_child(at) {
			(at, end) = (Some(child.index), Some(child.candidate.hash()));
		}
		self.position_of(end?)
	}
}
