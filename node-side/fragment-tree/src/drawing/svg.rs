//! A tree as a picture: a column for each depth.

use super::{short, Drawing, Node, State};
use alloc::{borrow::ToOwned, format, string::String};
use core::fmt::Write;

const MARGIN: u32 = 24;
const BOX_WIDTH: u32 = 132;
const BOX_HEIGHT: u32 = 40;
const COLUMN: u32 = 186;
const ROW: u32 = 54;
/// What stands above the tree: title, legend, depths.
const TOP: u32 = 128;

const STYLE: &str = "\
text{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px;fill:#1c2733}\
.title{font-size:17px;font-weight:bold}.small{font-size:11px;fill:#5b6b7b}\
rect{rx:7;ry:7;stroke:#8a99a8;stroke-width:1.2}\
.root{fill:#1c2733;stroke:#1c2733}.root-text{fill:#fff}\
.pending{fill:#d5dde5}.backable{fill:#d3f2dc}.seconded{fill:#fff;stroke-dasharray:4 3}\
.best{stroke:#e06c00;stroke-width:2.6}\
path{fill:none;stroke:#b3bfca;stroke-width:1.4}path.best{stroke:#e06c00;stroke-width:3}path.pending{stroke:#5b6b7b;stroke-width:2}\
.band{fill:#f4f6f8;stroke:none;rx:0;ry:0}";

/// Draws a tree.
pub(super) fn draw(drawing: &Drawing) -> String {
	let (width, height) = size(drawing);
	let mut text = format!(
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
		 <style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" style=\"fill:#fff;stroke:none;rx:0;ry:0\"/>\n\
		 <text class=\"title\" x=\"{MARGIN}\" y=\"34\">{}</text>\n<text class=\"small\" x=\"{MARGIN}\" y=\"54\">{}</text>\n",
		drawing.title(),
		drawing.subtitle()
	);
	legend(&mut text);
	tree(&mut text, drawing, height);
	text.push_str("</svg>\n");
	text
}

/// Draws a tree for a page that has styles, title and legend of its own.
pub(super) fn figure(drawing: &Drawing) -> String {
	let (width, height) = size(drawing);
	let above = TOP - 32;
	let below = height - above;
	let mut text =
		format!("<svg width=\"{width}\" height=\"{below}\" viewBox=\"0 {above} {width} {below}\">\n");
	tree(&mut text, drawing, height);
	text.push_str("</svg>\n");
	text
}

/// Draws several trees one below another, each under its title; what they have in common stands over all.
pub(super) fn sheet(drawings: &[Drawing]) -> String {
	/// Of the two lines over each tree.
	const TITLE: u32 = 52;
	/// The legend stands where a single tree has it, below a title; here there is none.
	const LIFTED: u32 = 44;
	let mut body = String::new();
	let (mut width, mut y) = (760, 92);
	legend(&mut body);
	for drawing in drawings {
		let (own_width, height) = size(drawing);
		let above = TOP - 32;
		let own = height - above;
		line(
			&mut body,
			format_args!(
				"<text class=\"title\" x=\"{MARGIN}\" y=\"{}\">{}</text>\n<text class=\"small\" x=\"{MARGIN}\" y=\"{}\">{}</text>\n\
				 <svg y=\"{}\" width=\"{own_width}\" height=\"{own}\" viewBox=\"0 {above} {own_width} {own}\">",
				y + 24,
				drawing.title(),
				y + 42,
				drawing.subtitle(),
				y + TITLE
			),
		);
		tree(&mut body, drawing, height);
		body.push_str("</svg>\n");
		width = width.max(own_width);
		y += TITLE + own;
	}
	let height = y + MARGIN - LIFTED;
	format!(
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
		 <style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" style=\"fill:#fff;stroke:none;rx:0;ry:0\"/>\n\
		 <g transform=\"translate(0 -{LIFTED})\">\n{body}</g>\n</svg>\n"
	)
}

/// Width and height of a picture.
fn size(drawing: &Drawing) -> (u32, u32) {
	let width = (MARGIN * 2 + COLUMN * drawing.columns() + BOX_WIDTH).max(760);
	(width, TOP + drawing.rows() * ROW + MARGIN)
}

/// The tree itself, in its columns.
fn tree(text: &mut String, drawing: &Drawing, height: u32) {
	for depth in 0..drawing.columns() {
		let x = left(depth);
		if depth % 2 == 0 {
			let (x, y) = (x - (COLUMN - BOX_WIDTH) / 2, TOP - 28);
			line(
				text,
				format_args!(
					"<rect class=\"band\" x=\"{x}\" y=\"{y}\" width=\"{COLUMN}\" height=\"{}\"/>",
					height - y - MARGIN / 2
				),
			);
		}
		let (middle, y) = (x + BOX_WIDTH / 2, TOP - 12);
		line(
			text,
			format_args!(
				"<text class=\"small\" x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\">depth {depth}</text>"
			),
		);
	}
	// The best path on top of the others.
	for is_best in [false, true] {
		for node in drawing
			.nodes
			.iter()
			.filter(|node| node.is_on_best_path == is_best)
		{
			edge(text, drawing, node);
		}
	}
	bubble(
		text,
		MARGIN,
		TOP,
		"root",
		"included head",
		short(&drawing.included_head),
	);
	for node in &drawing.nodes {
		let state = class(node.state);
		let class = if node.is_on_best_path {
			format!("{state} best")
		} else {
			state.to_owned()
		};
		let twice = if node.repeats { " (twice)" } else { "" };
		let second = format!("on block {}{twice}", node.relay_parent);
		bubble(
			text,
			left(node.depth),
			top(node.row),
			&class,
			short(&node.candidate),
			&second,
		);
	}
}

fn class(state: State) -> &'static str {
	match state {
		State::Pending => "pending",
		State::Backable => "backable",
		State::Seconded => "seconded",
	}
}

/// Left edge of the boxes of a depth.
fn left(depth: u32) -> u32 {
	MARGIN + COLUMN * (depth + 1)
}

/// Upper edge of the boxes of a row.
fn top(row: u32) -> u32 {
	TOP + row * ROW
}

fn legend(text: &mut String) {
	let entries = [
		("pending", "pending availability"),
		("backable", "backable"),
		("seconded", "seconded"),
		("backable best", "best path"),
	];
	let mut x = MARGIN;
	for (class, label) in entries {
		line(
			text,
			format_args!(
				"<rect class=\"{class}\" x=\"{x}\" y=\"66\" width=\"22\" height=\"15\" style=\"rx:4;ry:4\"/>\
				 <text class=\"small\" x=\"{}\" y=\"78\">{label}</text>",
				x + 30
			),
		);
		x += 48 + 8 * label.len() as u32;
	}
}

/// A box with two lines.
fn bubble(text: &mut String, x: u32, y: u32, class: &str, first: &str, second: &str) {
	let middle = x + BOX_WIDTH / 2;
	let ink = if class == "root" {
		" class=\"root-text\""
	} else {
		""
	};
	line(
		text,
		format_args!(
			"<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\"/>\
			 <text{ink} x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{first}</text>\
			 <text{ink} x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" style=\"font-size:11px\">{second}</text>",
			y + 17,
			y + 32
		),
	);
}

/// The line from a node's parent to the node.
fn edge(text: &mut String, drawing: &Drawing, node: &Node) {
	let parent_row = node.parent.map_or(0, |parent| drawing.nodes[parent].row);
	let (x2, y2) = (left(node.depth), top(node.row) + BOX_HEIGHT / 2);
	let (x1, y1) = (x2 - COLUMN + BOX_WIDTH, top(parent_row) + BOX_HEIGHT / 2);
	let class = match node.state {
		State::Pending => " class=\"pending\"",
		_ if node.is_on_best_path => " class=\"best\"",
		_ => "",
	};
	if y1 == y2 {
		line(text, format_args!("<path{class} d=\"M{x1} {y1}H{x2}\"/>"));
		return;
	}
	let bend = x1 + (x2 - x1) / 2;
	line(
		text,
		format_args!(
			"<path{class} d=\"M{x1} {y1}H{}Q{bend} {y1} {bend} {}V{}Q{bend} {y2} {} {y2}H{x2}\"/>",
			bend - 10,
			y1 + 10,
			y2 - 10,
			bend + 10
		),
	);
}

fn line(text: &mut String, line: core::fmt::Arguments<'_>) {
	// A string takes what is written to it.
	let _ = writeln!(text, "{line}");
}
