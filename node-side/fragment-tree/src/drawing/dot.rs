//! A tree for Graphviz.

use super::{short, Drawing, State};
use alloc::{borrow::ToOwned, format, string::String};
use core::fmt::Write;

/// Draws a tree.
pub(super) fn draw(drawing: &Drawing) -> String {
	let mut text = format!(
		"// {}\n// {}\ndigraph tree {{\n\trankdir=LR;\n\tnode [shape=box, fontname=monospace, style=filled, fillcolor=white];\n\
		 \tincluded [label=\"included\\n{}\", shape=ellipse];\n",
		drawing.title(),
		drawing.subtitle(),
		short(&drawing.included_head)
	);
	for (position, node) in drawing.nodes.iter().enumerate() {
		let colour = match node.state {
			State::Pending => "gray80",
			State::Backable => "palegreen",
			State::Seconded => "white",
		};
		let parent = node
			.parent
			.map_or("included".to_owned(), |parent| format!("n{parent}"));
		let width = if node.is_on_best_path { 3 } else { 1 };
		// A string takes what is written to it.
		let _ = writeln!(
			text,
			"\tn{position} [label=\"{}\\nrelay parent {}\", fillcolor={colour}, penwidth={width}];\n\t{parent} -> n{position} [penwidth={width}];",
			short(&node.candidate),
			node.relay_parent
		);
	}
	text.push_str("}\n");
	text
}
