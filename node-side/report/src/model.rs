//! What a page shows: plain values, from whatever run.

use crate::Class;
use serde::{Deserialize, Serialize};

/// Everything that a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
	/// Its title.
	pub title: String,
	/// What came out, in a sentence or two.
	pub summary: String,
	/// The figures that matter most.
	pub figures: Vec<Figure>,
	/// The table.
	pub table: Table,
	/// The command that makes it again.
	pub command: String,
	/// The program and its version.
	pub version: String,
	/// What a reader has to know beside the figures.
	pub notes: Vec<String>,
	/// What is said over many runs that are not here one by one: tables and curves.
	pub chapters: Vec<Chapter>,
	/// The runs, those that are to be compared first above the others.
	pub runs: Vec<Run>,
}

/// A part of a page with a table, and perhaps curves above it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
	/// Its title.
	pub title: String,
	/// What there is to know of it, in a sentence or two; may be empty.
	pub text: String,
	/// Curves, each in a chart of its own.
	pub curves: Vec<Curve>,
	/// What the rows of the table are.
	pub rows_are: String,
	/// The table. Columns whose cells are all figures are aligned as such.
	pub table: Table,
	/// Whether the table is folded away until somebody wants it.
	pub is_folded: bool,
}

/// A chart of how something follows from something else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Curve {
	/// What follows.
	pub title: String,
	/// The unit of that, with a blank before it if there has to be one; may be empty.
	pub unit: String,
	/// What it follows from, with its unit.
	pub across: String,
	/// A line for each thing that is compared.
	pub lines: Vec<Line>,
}

/// A line of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
	/// What it is of.
	pub name: String,
	/// Its points, from left to right.
	pub points: Vec<Point>,
}

/// A point of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
	/// What it follows from.
	pub across: u64,
	/// What follows, in thousandths; `None` where there is nothing to show.
	pub thousandths: Option<u64>,
}

/// A figure that stands out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
	/// What it is.
	pub label: String,
	/// The figure, with its unit.
	pub value: String,
	/// What it is beside another one.
	pub note: String,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
	/// What each column after the labels is.
	pub columns: Vec<String>,
	/// Its rows.
	pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
	/// What it is.
	pub label: String,
	/// One for each column.
	pub cells: Vec<String>,
}

/// A name and its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
	/// Its name.
	pub name: String,
	/// Its value, with its unit.
	pub value: String,
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
	/// What it is called, for instance `synchronous (0, 0)`.
	pub name: String,
	/// What it follows from: seed, parameters, model.
	pub parameters: Vec<Parameter>,
	/// A slot of its relay chain, in milliseconds.
	pub slot_ms: u64,
	/// Relay blocks, in the order in which they were built. What else names one names its position.
	pub relay_blocks: Vec<RelayBlock>,
	/// Paras, ascending.
	pub paras: Vec<Para>,
	/// Messages and requests by kind.
	pub traffic: Vec<Traffic>,
	/// Fragment trees, by para, and for each para by relay block.
	pub trees: Vec<Tree>,
}

/// A relay block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayBlock {
	/// Its number.
	pub number: u32,
	/// Its hash, as hexadecimal text.
	pub hash: String,
	/// When it was built, in milliseconds since the run began.
	pub at_ms: u64,
	/// Session that it runs in.
	pub session: u32,
	/// Who built it, where that is known.
	pub author: Option<u32>,
	/// Whether it is on the best chain at the end.
	pub is_best: bool,
}

/// A para.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Para {
	/// Its id.
	pub id: u32,
	/// Its parablocks, in the order in which they were built.
	pub blocks: Vec<Parablock>,
	/// At how many leaves nothing was built for it, by reason.
	pub idle: Vec<Parameter>,
}

/// When something happened, and in which relay block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
	/// Milliseconds since the run began.
	pub at_ms: u64,
	/// Position of the relay block.
	pub relay_block: usize,
}

/// A parablock that was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parablock {
	/// Hash of its candidate, as hexadecimal text.
	pub candidate: String,
	/// How many blocks of its para it stands above the first, where that is known.
	pub height: Option<u32>,
	/// Number of its relay parent, where that is known.
	pub relay_parent: Option<u32>,
	/// Its core.
	pub core: Option<u32>,
	/// When its collator had built it, in milliseconds since the run began; `None` if only the chain was seen.
	pub built_ms: Option<u64>,
	/// When the first validator seconded it.
	pub seconded_ms: Option<u64>,
	/// When the first validator knew a quorum for it.
	pub backable_ms: Option<u64>,
	/// Where it was backed on-chain.
	pub backed: Option<Moment>,
	/// Where it was included.
	pub included: Option<Moment>,
	/// Where it was given up on-chain.
	pub timed_out: Option<Moment>,
	/// When it was clear that it came to nothing, or nothing more was seen of it, where that is known.
	pub lost_ms: Option<u64>,
	/// Extrinsics in it.
	pub extrinsics: Option<u32>,
	/// Bytes of its proof of validity.
	pub pov_bytes: Option<u64>,
	/// Milliseconds that its collator spent on executing it.
	pub authoring_ms: Option<u64>,
	/// What became of it.
	pub class: Class,
	/// Why, with the rule behind it; empty if there is nothing to add.
	pub reason: String,
}

impl Parablock {
	/// When it is first known.
	pub fn begins_ms(&self) -> u64 {
		let at = |moment: Option<Moment>| moment.map(|moment| moment.at_ms);
		let built = self.built_ms.or(self.seconded_ms);
		let known = [built, at(self.backed), at(self.included), at(self.timed_out)];
		known.into_iter().flatten().min().unwrap_or_default()
	}

	/// When it is decided, at the end of the run at the latest.
	pub fn ends_ms(&self, end_ms: u64) -> u64 {
		let decided = [self.included, self.timed_out];
		let mut decided = decided.into_iter().flatten().map(|moment| moment.at_ms);
		let ends = decided.next().or(self.lost_ms).unwrap_or(end_ms);
		ends.max(self.begins_ms())
	}

	/// Milliseconds from its first moment to its inclusion.
	pub fn latency_ms(&self) -> Option<u64> {
		Some(self.included?.at_ms.saturating_sub(self.begins_ms()))
	}
}

/// Messages of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
	/// The kind.
	pub kind: String,
	/// How many arrived.
	pub messages: u64,
	/// Their bytes.
	pub bytes: u64,
}

/// A fragment tree of a para, as it was at a relay block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
	/// The para.
	pub para: u32,
	/// Position of the relay block that is the leaf.
	pub relay_block: usize,
	/// What it is of, in a line.
	pub title: String,
	/// The drawing: an `svg` element without styles of its own.
	pub drawing: String,
	/// The same as a table.
	pub places: Vec<Place>,
}

/// A place of a candidate in a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
	/// Position of the place that it hangs from; `None` is the included head.
	pub parent: Option<usize>,
	/// Candidates between the included head and this one.
	pub depth: u32,
	/// Hash of the candidate, as hexadecimal text.
	pub candidate: String,
	/// Number of its relay parent.
	pub relay_parent: u32,
	/// What it has achieved.
	pub state: String,
	/// Whether it is what the next block should back.
	pub is_best: bool,
}
