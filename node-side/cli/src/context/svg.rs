//! A context as a picture: what is known from where has a colour of its own.

use super::picture::{Picture, Step};
use async_backing_execution_context::{Role, Source, Standing};
use std::fmt::Write;

const MARGIN: usize = 24;
const WIDTH: usize = 900;
const BOX_WIDTH: usize = 128;
const BOX_HEIGHT: usize = 44;
const GAP: usize = 34;
const LINE: usize = 20;
/// Where the boxes stand.
const ROAD: usize = 150;
/// Columns of the tables.
const COLUMNS: [usize; 4] = [MARGIN + 20, 260, 500, 700];

const STYLE: &str = "\
text{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px;fill:#1c2733}\
.title{font-size:16px;font-weight:bold}.small{font-size:11px;fill:#5b6b7b}.head{font-weight:bold}\
rect{rx:7;ry:7;stroke:#8a99a8;stroke-width:1.2}.dot{rx:3;ry:3;stroke:none}\
.relay{fill:#d5dde5}.own{fill:#ffe3c7}.view{fill:#d3f2dc}.told{fill:#e3dcf5}.data{fill:#cfe8f7}\
.block{fill:#1c2733}.block-text{fill:#fff}\
path{fill:none;stroke:#5b6b7b;stroke-width:1.8}.band{fill:#f4f6f8;stroke:none;rx:0;ry:0}";

/// Draws a context.
pub(crate) fn draw(picture: &Picture) -> String {
	let mut drawing = Drawing {
		text: String::new(),
		y: ROAD,
		width: WIDTH,
	};
	drawing.say("title", MARGIN, 34, &picture.title);
	drawing.say("small", MARGIN, 54, &picture.subtitle);
	drawing.legend(picture.role);
	match &picture.state {
		Some((state, included)) => drawing.road(picture, *state, included),
		None => drawing.road_of_approver(picture),
	}
	drawing.tables(picture);
	let (width, height) = (drawing.width, drawing.y + MARGIN);
	format!(
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
		 <style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" style=\"fill:#fff;stroke:none;rx:0;ry:0\"/>\n{}</svg>\n",
		drawing.text
	)
}

/// The colour of a source.
fn class(source: Source) -> &'static str {
	match source {
		Source::Header(_) | Source::State(_) | Source::Pending(_) | Source::CodeByHash => "relay",
		Source::BestRelayBlock | Source::BehindBest(_) | Source::ParentSearch | Source::Executed(_) => "own",
		Source::Seconded(_) => "view",
		Source::Advertisement | Source::Descriptor => "told",
		Source::Availability => "data",
	}
}

fn class_of(standing: Standing) -> &'static str {
	match standing {
		Standing::Pending => "relay",
		Standing::Seconded => "view",
		Standing::Executed => "own",
	}
}

struct Drawing {
	text: String,
	/// Where the next line stands.
	y: usize,
	width: usize,
}

impl Drawing {
	fn line(&mut self, line: std::fmt::Arguments<'_>) {
		// A string takes what is written to it.
		let _ = writeln!(self.text, "{line}");
	}

	fn say(&mut self, class: &str, x: usize, y: usize, words: &str) {
		self.line(format_args!(
			"<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{words}</text>"
		));
	}

	fn legend(&mut self, role: Role) {
		let entries: &[(&str, &str)] = match role {
			Role::Collator => &[("relay", "relay chain"), ("own", "own choice, own blocks")],
			Role::Backer => &[
				("relay", "relay chain"),
				("view", "fragment tree"),
				("told", "advertisement"),
			],
			Role::Approver => &[
				("relay", "relay chain"),
				("data", "availability"),
				("told", "descriptor"),
			],
		};
		let mut x = MARGIN;
		for (class, label) in entries {
			self.line(format_args!(
				"<rect class=\"{class}\" x=\"{x}\" y=\"68\" width=\"22\" height=\"15\"/>"
			));
			self.say("small", x + 30, 80, label);
			x += 50 + 8 * label.len();
		}
	}

	/// A box with two lines.
	fn bubble(&mut self, x: usize, y: usize, class: &str, lines: [&str; 2]) {
		let ink = if class == "block" { "block-text" } else { "" };
		let middle = x + BOX_WIDTH / 2;
		let [first, second] = lines;
		self.line(format_args!(
			"<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\"/>\
			 <text class=\"{ink}\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{first}</text>\
			 <text class=\"{ink}\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" style=\"font-size:11px\">{second}</text>",
			y + 18,
			y + 34
		));
	}

	fn path(&mut self, path: std::fmt::Arguments<'_>) {
		self.line(format_args!("<path d=\"{path}\"/>"));
	}

	/// The included head, the candidates after it, the block; above it the state, below it the header.
	fn road(&mut self, picture: &Picture, state: u32, included: &str) {
		let x = |position: usize| MARGIN + position * (BOX_WIDTH + GAP);
		let (middle, last) = (ROAD + BOX_HEIGHT / 2, picture.path.len() + 1);
		self.width = self.width.max(x(last) + BOX_WIDTH + MARGIN);
		self.say(
			"small",
			MARGIN,
			ROAD - 32,
			&format!("state of {state}: base constraints, and what is pending"),
		);
		self.path(format_args!("M{} {}V{ROAD}", MARGIN + 20, ROAD - 26));
		self.bubble(x(0), ROAD, "relay", ["included head", included]);
		for (step, position) in picture.path.iter().zip(1..) {
			let Step {
				candidate,
				relay_parent,
				standing,
			} = step;
			let second = format!("{position}: on block {relay_parent}");
			self.bubble(x(position), ROAD, class_of(*standing), [candidate, &second]);
		}
		for position in 0..last {
			let from = x(position) + BOX_WIDTH;
			self.path(format_args!("M{from} {middle}H{}", from + GAP));
		}
		let on = format!("on block {}", picture.relay_parent);
		self.bubble(x(last), ROAD, "block", ["the block", &on]);
		let (below, at) = (ROAD + BOX_HEIGHT, x(last) + BOX_WIDTH / 2);
		self.path(format_args!("M{MARGIN} {}H{at}V{below}", below + 34));
		let header = format!("header of {}: number, storage root", picture.relay_parent);
		self.say("small", MARGIN, below + 28, &header);
		self.y = below + 64;
	}

	fn road_of_approver(&mut self, picture: &Picture) {
		let sources = [
			("told", ["descriptor", "hashes of the rest"]),
			("data", ["chunks", "data and PoV"]),
			("relay", ["any later state", "code by hash"]),
		];
		let (step, right) = (BOX_HEIGHT + 14, MARGIN + 2 * (BOX_WIDTH + GAP));
		let top = ROAD - 40;
		for ((class, lines), position) in sources.into_iter().zip(0..) {
			let y = top + position * step;
			self.bubble(MARGIN, y, class, lines);
			let (from, middle) = (MARGIN + BOX_WIDTH, top + step + BOX_HEIGHT / 2);
			self.path(format_args!(
				"M{from} {}H{}V{middle}H{right}",
				y + BOX_HEIGHT / 2,
				from + GAP
			));
		}
		let on = format!("on block {}", picture.relay_parent);
		self.bubble(right, top + step, "block", ["the block", &on]);
		self.y = top + 3 * step + 24;
	}

	/// A row of a table: its cells, and the colour of where it is from.
	fn row(&mut self, class: &str, cells: &[&str], colour: Option<&str>) {
		if let Some(colour) = colour {
			let (x, y) = (MARGIN, self.y - 10);
			self.line(format_args!(
				"<rect class=\"dot {colour}\" x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\"/>"
			));
		}
		for (cell, x) in cells.iter().zip(COLUMNS) {
			if !cell.is_empty() {
				self.say(class, x, self.y, cell);
			}
		}
		self.y += LINE;
	}

	fn tables(&mut self, picture: &Picture) {
		for row in &picture.choices {
			let source = picture.source(row.source);
			self.row("", &[row.name, &row.value, &source], Some(class(row.source)));
		}
		self.y += LINE / 2;
		if let Some((state, _)) = picture.state {
			let base = format!("base, state of {state}");
			self.row("head", &["constraints", &base, "left", "changed by"], None);
		}
		for limit in &picture.limits {
			let changed: Vec<_> = limit.changed_by.iter().map(ToString::to_string).collect();
			let (colour, left) = match (&limit.left, limit.changed_by.last()) {
				(Some(left), Some(last)) => {
					let step = picture.path.get(last.saturating_sub(1));
					(
						step.map_or("relay", |step| class_of(step.standing)),
						left.as_str(),
					)
				}
				_ => ("relay", ""),
			};
			self.row(
				"",
				&[limit.name, &limit.base, left, &changed.join(", ")],
				Some(colour),
			);
		}
		self.y += if picture.limits.is_empty() { 0 } else { LINE / 2 };
		self.row("head", &["execution", "", "from"], None);
		for row in &picture.inputs {
			let source = picture.source(row.source);
			self.row("", &[row.name, &row.value, &source], Some(class(row.source)));
		}
		let verdict = match picture.is_in_descriptor {
			Some(true) => "as in the descriptor",
			Some(false) => "not that of the descriptor",
			None => "",
		};
		self.row("", &["hash of validation data", &picture.hash, verdict], None);
	}
}
