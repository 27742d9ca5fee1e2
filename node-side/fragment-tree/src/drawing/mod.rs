//! Drawing a tree: laid out once, whatever it is drawn with.

mod dot;
mod svg;
mod text;

use crate::{FragmentTree, NodeIndex, PathRule};
use alloc::{format, string::String, vec::Vec};
use async_backing_primitives::{BlockNumber, ConstraintSource, ParaId};

/// What a candidate has achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum State {
	/// On-chain, waiting for availability.
	Pending,
	/// Backed by its group; the next block may take it.
	Backable,
	/// Seconded, and not backed yet.
	Seconded,
}

/// A node of the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Node {
	/// The node that it hangs from, by position; `None` is the included head.
	pub parent: Option<usize>,
	/// Column: candidates between the included head and this one.
	pub depth: u32,
	/// Row: a first child stands in its parent's, every other child below all that stands above it.
	pub row: u32,
	/// Hash of the candidate.
	pub candidate: String,
	/// Hash of the head data after it.
	pub output_head: String,
	/// Number of its relay parent.
	pub relay_parent: BlockNumber,
	/// What it has achieved.
	pub state: State,
	/// Whether it is what the next block should back.
	pub is_on_best_path: bool,
	/// Whether the candidate stands above on the same path already.
	pub repeats: bool,
}

/// A tree, laid out. Nodes come in the order of a walk down each path, the best child first. Hashes are written as `0x` and
/// hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Drawing {
	/// The para.
	pub para: ParaId,
	/// Number of the leaf.
	pub leaf: BlockNumber,
	/// Its hash.
	pub leaf_hash: String,
	/// Hash of the included head: the root.
	pub included_head: String,
	/// Number of the oldest relay parent in scope; the newest is the leaf.
	pub oldest_relay_parent: BlockNumber,
	/// Depth of the deepest place that there can be.
	pub max_depth: u32,
	/// Every place of a candidate.
	pub nodes: Vec<Node>,
}

impl Drawing {
	/// Lays a tree out.
	pub fn of<R: PathRule>(tree: &FragmentTree<R>) -> Self {
		let scope = tree.scope();
		let mut drawing = Self {
			para: scope.para(),
			leaf: scope.relay_parent().number,
			leaf_hash: format!("{:?}", scope.relay_parent().hash),
			included_head: format!("{:?}", scope.required_parent_hash().0),
			oldest_relay_parent: scope
				.earliest_relay_parent()
				.number
				.max(scope.base_constraints().min_relay_parent_number()),
			max_depth: scope.max_depth(),
			nodes: Vec::new(),
		};
		let mut rows = 0;
		drawing.hang(tree, None, None, 0, true, &mut rows);
		drawing
	}

	/// Lays out what hangs below a node, the first of it in `row`; `rows` is the first that is free. `is_best` says whether
	/// the node is on the best path, or on the way to it: what is pending is expected to become available (R-SEL-6).
	fn hang<R: PathRule>(
		&mut self,
		tree: &FragmentTree<R>,
		index: Option<NodeIndex>,
		position: Option<usize>,
		row: u32,
		is_best: bool,
		rows: &mut u32,
	) {
		let best = tree.best_child(index).map(|best| best.index);
		let mut children = tree.children(index);
		children.sort_by_key(|child| (!child.is_pending, Some(child.index) != best));
		// Beside a pending candidate nothing can be backed before that one is gone.
		let beside_pending = children.iter().any(|child| child.is_pending);
		for (place, child) in children.into_iter().enumerate() {
			let row = if place == 0 { row } else { *rows };
			*rows = (*rows).max(row + 1);
			let own = self.nodes.len();
			let is_best = is_best && (child.is_pending || (child.is_best_child && !beside_pending));
			self.nodes.push(Node {
				parent: position,
				depth: child.depth,
				row,
				candidate: format!("{:?}", child.candidate.hash().0),
				output_head: format!("{:?}", child.candidate.output_head_hash().0),
				relay_parent: child.relay_parent.number,
				state: match (child.is_pending, child.is_backed) {
					(true, _) => State::Pending,
					(false, true) => State::Backable,
					(false, false) => State::Seconded,
				},
				is_on_best_path: is_best && !child.is_pending,
				repeats: child.repeats,
			});
			self.hang(tree, Some(child.index), Some(own), row, is_best, rows);
		}
	}

	/// For a terminal: a column for each depth.
	pub fn text(&self) -> String {
		text::draw(self)
	}

	/// A picture in SVG.
	pub fn svg(&self) -> String {
		svg::draw(self)
	}

	/// The same picture for a page that has styles, a title and a legend of its own: an `svg` element whose parts have the classes
	/// `root`, `pending`, `backable`, `seconded`, `best`, `band` and `small`.
	pub fn figure(&self) -> String {
		svg::figure(self)
	}

	/// For Graphviz.
	pub fn dot(&self) -> String {
		dot::draw(self)
	}

	/// Number of rows, the included head's included.
	pub fn rows(&self) -> u32 {
		self.nodes.iter().map(|node| node.row + 1).max().unwrap_or(1)
	}

	/// Number of columns.
	pub fn columns(&self) -> u32 {
		self.nodes.iter().map(|node| node.depth + 1).max().unwrap_or(0)
	}

	/// The first line over every drawing.
	pub fn title(&self) -> String {
		format!(
			"Para {} at relay block {} ({})",
			self.para,
			self.leaf,
			short(&self.leaf_hash)
		)
	}

	/// The second one.
	pub fn subtitle(&self) -> String {
		format!(
			"{} candidate places, depth limit {}, relay parents {} to {}",
			self.nodes.len(),
			self.max_depth,
			self.oldest_relay_parent,
			self.leaf
		)
	}
}

impl<R: PathRule> FragmentTree<R> {
	/// The tree, laid out for drawing. Cost: linear in the nodes.
	pub fn drawing(&self) -> Drawing {
		Drawing::of(self)
	}
}

/// Several trees as one picture in SVG, one below another: those of a view, say.
pub fn sheet(drawings: &[Drawing]) -> String {
	svg::sheet(drawings)
}

/// The first eight digits of a hash that is written in hexadecimal digits, with `0x` or without.
pub fn short(hash: &str) -> &str {
	let digits = hash.strip_prefix("0x").unwrap_or(hash);
	digits.get(..8).unwrap_or(digits)
}
