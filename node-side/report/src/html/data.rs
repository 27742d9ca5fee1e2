//! What the script of the page knows: the details of parablocks, and the drawings of trees.

use super::escape::short;
use crate::{Class, Moment, Parablock, Report, Run, Tree};
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What the drawings of all trees together may take in a page. Paras whose trees don't fit have none, and the page says so.
pub const MAX_TREE_BYTES: usize = 1_000_000;

/// Pieces of text, each once.
#[derive(Debug, Default)]
struct Words {
	all: Vec<String>,
	known: BTreeMap<String, usize>,
	/// What all of them take in the page.
	bytes: usize,
}

impl Words {
	fn index(&mut self, word: &str) -> usize {
		if let Some(known) = self.known.get(word) {
			return *known;
		}
		// Quotes and a comma, and what is written as an escape.
		let escaped = |symbol: char| match symbol {
			'<' | '>' | '&' => 5,
			'"' | '\\' => 1,
			_ => 0,
		};
		self.bytes += word.len() + 3 + word.chars().map(escaped).sum::<usize>();
		self.all.push(word.to_owned());
		self.known.insert(word.to_owned(), self.all.len() - 1);
		self.all.len() - 1
	}

	/// A drawing as its pieces: tags repeat from tree to tree, and so do hashes.
	fn pieces(&mut self, drawing: &str) -> Vec<usize> {
		drawing
			.split_inclusive('>')
			.map(|piece| self.index(piece))
			.collect()
	}
}

/// The data of a page.
#[derive(Debug)]
pub(super) struct Data {
	words: Words,
	/// Of each run, by para: relay block, title, pieces of the drawing, places.
	trees: Vec<BTreeMap<u32, Vec<Value>>>,
	runs: Vec<Value>,
	/// Paras whose trees are left out.
	pub(super) left_out: BTreeSet<u32>,
}

impl Data {
	pub(super) fn of(report: &Report) -> Self {
		let mut words = Words::default();
		let runs = report.runs.iter().map(|run| run_data(run, &mut words)).collect();
		let mut data = Self {
			words,
			trees: vec![BTreeMap::new(); report.runs.len()],
			runs,
			left_out: BTreeSet::new(),
		};
		data.add_trees(report);
		data
	}

	fn add_trees(&mut self, report: &Report) {
		let trees = report.runs.iter().flat_map(|run| &run.trees);
		let paras: BTreeSet<u32> = trees.map(|tree| tree.para).collect();
		let before = self.words.bytes;
		let mut used = 0;
		for para in paras {
			if self.words.bytes - before + used > MAX_TREE_BYTES {
				self.left_out.insert(para);
				continue;
			}
			for (run, trees) in report.runs.iter().zip(&mut self.trees) {
				for tree in run.trees.iter().filter(|tree| tree.para == para) {
					let value = tree_data(tree, &mut self.words);
					used += value.to_string().len() + 1;
					trees.entry(para).or_default().push(value);
				}
			}
		}
		if self.words.bytes - before + used > MAX_TREE_BYTES {
			// The last one was too much; the first stays, so that there is something to see.
			let last = self
				.trees
				.iter()
				.filter_map(|trees| trees.keys().next_back().copied())
				.max();
			let count = self.trees.iter().map(BTreeMap::len).max().unwrap_or_default();
			if let Some(last) = last.filter(|_| count > 1) {
				self.trees.iter_mut().for_each(|trees| {
					trees.remove(&last);
				});
				self.left_out.insert(last);
			}
		}
	}

	/// Paras that have trees.
	pub(super) fn paras_with_trees(&self) -> BTreeSet<u32> {
		self.trees
			.iter()
			.flat_map(|trees| trees.keys().copied())
			.collect()
	}

	pub(super) fn json(&self) -> String {
		let classes: Vec<_> = Class::ALL
			.iter()
			.map(|class| json!([class.key(), class.name(), class.meaning()]))
			.collect();
		json!({
			"classes": classes,
			"runs": self.runs,
			"trees": self.trees,
			"words": self.words.all,
		})
		.to_string()
	}
}

fn run_data(run: &Run, words: &mut Words) -> Value {
	let relay: Vec<_> = run
		.relay_blocks
		.iter()
		.map(|block| {
			json!([
				block.number,
				short(&block.hash),
				block.at_ms,
				block.session,
				block.author,
				u8::from(block.is_best)
			])
		})
		.collect();
	let paras: Vec<_> = run
		.paras
		.iter()
		.map(|para| {
			let blocks: Vec<_> = para.blocks.iter().map(|block| block_data(block, words)).collect();
			json!({ "id": para.id, "blocks": blocks })
		})
		.collect();
	json!({ "name": run.name, "slot": run.slot_ms, "relay": relay, "paras": paras })
}

fn block_data(block: &Parablock, words: &mut Words) -> Value {
	let in_block = |moment: Option<Moment>| moment.map(|moment| moment.relay_block);
	json!([
		block.candidate,
		block.class.position(),
		words.index(&block.reason),
		block.height,
		block.relay_parent,
		block.core,
		block.built_ms,
		block.seconded_ms,
		block.backable_ms,
		in_block(block.backed),
		in_block(block.included),
		in_block(block.timed_out),
		block.extrinsics,
		block.pov_bytes,
		block.authoring_ms,
		block.latency_ms(),
	])
}

fn tree_data(tree: &Tree, words: &mut Words) -> Value {
	let places: Vec<_> = tree
		.places
		.iter()
		.map(|place| {
			json!([
				words.index(short(&place.candidate)),
				place.parent,
				place.depth,
				place.relay_parent,
				words.index(&place.state),
				u8::from(place.is_best)
			])
		})
		.collect();
	json!([tree.relay_block, tree.title, words.pieces(&tree.drawing), places])
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_drawing_is_its_pieces_one_after_the_other() {
		let mut words = Words::default();
		let drawing = "<svg><text>a &lt; b</text><text>c</text></svg>\n";
		let pieces = words.pieces(drawing);
		let again: String = pieces.iter().map(|piece| words.all[*piece].as_str()).collect();
		assert_eq!(again, drawing);
		assert_eq!(words.pieces(drawing), pieces);
		assert_eq!(words.all.len(), 6, "{:?}", words.all);
	}
}
