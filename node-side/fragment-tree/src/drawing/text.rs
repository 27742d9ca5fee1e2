//! A tree for the terminal: a column for each depth.

use super::{short, Drawing, Node, State};
use alloc::{
	borrow::ToOwned,
	format,
	string::{String, ToString},
	vec,
	vec::Vec,
};

/// Width of a node.
const CELL: usize = 16;
/// Width of what connects it with the one before.
const LINK: usize = 3;
/// Width of the root.
const ROOT: usize = 9;

const LEGEND: &str = "\
P pending availability   B backable   S seconded   (…) on its path twice   @ relay parent
═ best path: what the next block should back";

/// Draws a tree.
pub(super) fn draw(drawing: &Drawing) -> String {
	let rows = drawing.rows() as usize;
	let width = ROOT + drawing.columns() as usize * (LINK + CELL);
	let mut canvas = vec![vec![' '; width]; rows];
	put(
		&mut canvas,
		0,
		0,
		&format!("{:<ROOT$}", short(&drawing.included_head)),
	);
	for node in &drawing.nodes {
		link(&mut canvas, drawing, node);
		let mark = match node.state {
			State::Pending => 'P',
			State::Backable => 'B',
			State::Seconded => 'S',
		};
		let (open, close) = if node.repeats { ('(', ')') } else { ('[', ']') };
		let text = format!(
			"{open}{mark} {}@{}{close}",
			short(&node.candidate),
			node.relay_parent
		);
		put(&mut canvas, node.row as usize, column(node.depth), &text);
	}
	let mut header = vec![' '; width];
	for depth in 0..drawing.columns() {
		let text = if depth == 0 {
			"depth 0".to_owned()
		} else {
			depth.to_string()
		};
		put(core::slice::from_mut(&mut header), 0, column(depth), &text);
	}
	put(core::slice::from_mut(&mut header), 0, 0, "included");
	let lines = core::iter::once(header).chain(canvas);
	let lines = lines.map(|line| line.into_iter().collect::<String>().trim_end().to_owned() + "\n");
	let body: String = lines.collect();
	format!(
		"{}\n{}\n\n{body}\n{LEGEND}\n",
		drawing.title(),
		drawing.subtitle()
	)
}

/// Where the nodes of a depth begin.
fn column(depth: u32) -> usize {
	ROOT + depth as usize * (LINK + CELL) + LINK
}

/// Where a node with such a parent is connected: right behind the parent.
fn joint(node: &Node) -> usize {
	column(node.depth) - LINK
}

/// Connects a node with its parent: straight, or down along the children in between.
fn link(canvas: &mut [Vec<char>], drawing: &Drawing, node: &Node) {
	let parent_row = node.parent.map_or(0, |parent| drawing.nodes[parent].row);
	let (x, y) = (joint(node), node.row as usize);
	// From the end of the parent's text to the joint.
	let from = match node.parent {
		None => ROOT - 1,
		Some(_) => x,
	};
	let line = if node.is_on_best_path || node.state == State::Pending {
		'═'
	} else {
		'─'
	};
	if node.row == parent_row {
		(from..x + LINK).for_each(|at| canvas[y][at] = line);
		return;
	}
	for line in canvas.iter_mut().take(y).skip(parent_row as usize + 1) {
		line[x] = match line[x] {
			'└' | '├' => '├',
			_ => '│',
		};
	}
	let above = &mut canvas[parent_row as usize][x];
	*above = match *above {
		'═' | '╤' => '╤',
		_ => '┬',
	};
	canvas[y][x] = '└';
	(x + 1..x + LINK).for_each(|at| canvas[y][at] = line);
}

fn put(canvas: &mut [Vec<char>], row: usize, column: usize, text: &str) {
	let Some(line) = canvas.get_mut(row) else { return };
	for (at, symbol) in text.chars().enumerate() {
		if let Some(place) = line.get_mut(column + at) {
			*place = symbol;
		}
	}
}
