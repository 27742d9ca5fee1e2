//! A road as a picture: a row for each node, a line for each message.

use super::road::{Concern, Road};
use async_backing_devnet::Passing;
use std::{collections::BTreeMap, fmt::Write, time::Duration};

const MARGIN: f64 = 24.0;
/// Where time begins.
const LEFT: f64 = 150.0;
const WIDTH: f64 = 1000.0;
const TOP: f64 = 150.0;
const ROW: f64 = 26.0;
/// Between parts.
const GAP: f64 = 30.0;

const STYLE: &str = "\
text{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px;fill:#1c2733}\
.title{font-size:16px;font-weight:bold}.small{font-size:11px;fill:#5b6b7b}.part{font-size:11px;font-weight:bold;fill:#1c2733}\
.lane{stroke:#d5dde5;stroke-width:1}.band{fill:#f4f6f8}\
.mark{stroke:#8a99a8;stroke-width:1.2;stroke-dasharray:4 3}.takes{stroke:#1c2733;stroke-width:2;stroke-dasharray:none}\
.run{fill:#d5dde5;stroke:#8a99a8}.bad{fill:#f6c9c9;stroke:#b42318}\
.said{fill:none;stroke-width:1.3;stroke-opacity:.75}\
.collation{stroke:#c25700;fill:#c25700}.statement{stroke:#1a7f37;fill:#1a7f37}.grid{stroke:#6f42c1;fill:#6f42c1}.data{stroke:#0969da;fill:#0969da}\
.vote{fill:#1a7f37;stroke:#fff}.quorum{fill:#1c2733;stroke:#fff}.built{fill:#c25700;stroke:#fff}";

/// Draws a road.
pub(super) fn draw(road: &Road) -> String {
	let mut rows = BTreeMap::new();
	let mut y = TOP;
	let mut bands = Vec::new();
	for (name, nodes) in road.parts.iter().filter(|(_, nodes)| !nodes.is_empty()) {
		let top = y;
		for node in nodes {
			rows.insert(*node, y);
			y += ROW;
		}
		bands.push((*name, top - ROW / 2.0 - 2.0, y - top + 4.0));
		y += GAP;
	}
	let height = y + 14.0;
	let drawing = Drawing {
		text: String::new(),
		rows,
		scale: Scale::of(road),
		bottom: y - GAP,
	};
	let body = drawing.all(road, &bands);
	let width = LEFT + WIDTH + MARGIN;
	format!(
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
		 <style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" style=\"fill:#fff\"/>\n{body}</svg>\n"
	)
}

/// From times to places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
	from: f64,
	per_second: f64,
}

impl Scale {
	fn of(road: &Road) -> Self {
		let (from, to) = road.span;
		Self::between(from, to, WIDTH)
	}

	/// Of a drawing that is so wide.
	pub(super) fn between(from: Duration, to: Duration, width: f64) -> Self {
		let length = to.saturating_sub(from).as_secs_f64().max(0.05);
		// A little room at both ends.
		let length_with_room = length * 1.06;
		Self {
			from: from.as_secs_f64() - length * 0.03,
			per_second: width / length_with_room,
		}
	}

	/// Where a time is, from where time begins.
	pub(super) fn x(self, at: Duration) -> f64 {
		(at.as_secs_f64() - self.from) * self.per_second
	}

	/// Seconds between two ticks, so that there are neither few nor many of them.
	pub(super) fn step(self, width: f64) -> f64 {
		let length = width / self.per_second;
		let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
		let fits = steps.into_iter().find(|step| length / step <= 12.0);
		fits.unwrap_or(30.0)
	}
}

struct Drawing {
	text: String,
	rows: BTreeMap<usize, f64>,
	scale: Scale,
	bottom: f64,
}

impl Drawing {
	fn put(&mut self, what: std::fmt::Arguments<'_>) {
		// A string takes what is written to it.
		let _ = writeln!(self.text, "{what}");
	}

	fn x(&self, at: Duration) -> f64 {
		LEFT + self.scale.x(at)
	}

	fn y(&self, node: usize) -> f64 {
		self.rows.get(&node).copied().unwrap_or(self.bottom)
	}

	fn all(mut self, road: &Road, bands: &[(&str, f64, f64)]) -> String {
		self.put(format_args!(
			"<text class=\"title\" x=\"{MARGIN}\" y=\"34\">{}</text>\n<text class=\"small\" x=\"{MARGIN}\" y=\"54\">{}</text>",
			road.title, road.subtitle
		));
		self.legend();
		for (name, y, height) in bands {
			self.put(format_args!(
				"<rect class=\"band\" x=\"{MARGIN}\" y=\"{y}\" width=\"{}\" height=\"{height}\"/>",
				LEFT + WIDTH - MARGIN
			));
			if !name.is_empty() {
				self.put(format_args!(
					"<text class=\"part\" x=\"{MARGIN}\" y=\"{:.1}\">{name}</text>",
					y - 5.0
				));
			}
		}
		self.axis();
		self.marks(road);
		for (node, y) in self.rows.clone() {
			self.put(format_args!(
				"<path class=\"lane\" d=\"M{LEFT} {y}H{}\"/><text x=\"{}\" y=\"{:.1}\">{}</text>",
				LEFT + WIDTH,
				MARGIN + 8.0,
				y + 4.0,
				road.name(node)
			));
		}
		for did in &road.did {
			if let Passing::Executed { valid } = did.what {
				let (x, y) = (self.x(did.began), self.y(did.node));
				let class = if valid { "run" } else { "run bad" };
				self.put(format_args!(
					"<rect class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"10\"><title>{} executes it</title></rect>",
					y - 5.0,
					(self.x(did.at) - x).max(1.0),
					road.name(did.node)
				));
			}
		}
		self.said(road);
		self.did(road);
		self.text
	}

	fn legend(&mut self) {
		let mut x = MARGIN;
		for concern in Concern::ALL {
			self.put(format_args!(
				"<path class=\"said {0}\" style=\"stroke-width:3\" d=\"M{x} 80h22\"/><circle class=\"{0}\" cx=\"{1}\" cy=\"80\" r=\"3\"/>\
				 <text class=\"small\" x=\"{2}\" y=\"84\">{3}</text>",
				concern.key(),
				x + 22.0,
				x + 32.0,
				concern.name()
			));
			x += 56.0 + 6.9 * concern.name().len() as f64;
		}
		let mut x = MARGIN;
		for (shape, name) in [
			(Shape::Built, "built"),
			(Shape::Run, "executed"),
			(Shape::Vote, "votes for it"),
			(Shape::Quorum, "knows a quorum"),
		] {
			let drawn = shape.at(x + 10.0, 104.0);
			self.put(format_args!(
				"{drawn}<text class=\"small\" x=\"{}\" y=\"108\">{name}</text>",
				x + 32.0
			));
			x += 56.0 + 6.9 * name.len() as f64;
		}
	}

	fn axis(&mut self) {
		let bottom = self.bottom;
		let step = self.scale.step(WIDTH);
		let first = (self.scale.from / step).ceil() as i64;
		let last = ((self.scale.from + WIDTH / self.scale.per_second) / step).floor() as i64;
		for tick in first.max(0)..=last {
			let seconds = tick as f64 * step;
			let x = self.x(Duration::from_secs_f64(seconds.max(0.0)));
			let digits = usize::from(step < 1.0);
			self.put(format_args!(
				"<path class=\"lane\" d=\"M{x:.1} {}V{bottom}\"/><text class=\"small\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{seconds:.digits$} s</text>",
				TOP - ROW / 2.0,
				bottom + 14.0
			));
		}
	}

	fn marks(&mut self, road: &Road) {
		let bottom = self.bottom;
		for mark in &road.marks {
			let x = self.x(mark.at);
			if x < LEFT {
				continue;
			}
			let class = if mark.does.is_empty() {
				"mark"
			} else {
				"mark takes"
			};
			let (anchor, near) = match x > LEFT + WIDTH - 150.0 {
				true => ("end", x - 5.0),
				false => ("start", x + 5.0),
			};
			let does = match mark.does {
				"" => String::new(),
				does => format!(" {does}"),
			};
			self.put(format_args!(
				"<path class=\"{class}\" d=\"M{x:.1} {}V{bottom}\"/><text class=\"small\" x=\"{near:.1}\" y=\"{}\" text-anchor=\"{anchor}\">block {}{does}</text>",
				TOP - ROW / 2.0 - 10.0,
				TOP - ROW / 2.0 - 3.0,
				mark.number
			));
		}
	}

	fn said(&mut self, road: &Road) {
		for said in &road.said {
			let (x, y) = (self.x(said.began), self.y(said.from));
			for (node, at) in &said.heard {
				let (to_x, to_y) = (self.x(*at), self.y(*node));
				self.put(format_args!(
					"<path class=\"said {0}\" d=\"M{x:.1} {y}L{to_x:.1} {to_y}\"/><circle class=\"{0}\" cx=\"{to_x:.1}\" cy=\"{to_y}\" r=\"2.2\"><title>{1}, {2} to {3}</title></circle>",
					said.concern.key(),
					said.kind,
					road.name(said.from),
					road.name(*node)
				));
			}
		}
	}

	fn did(&mut self, road: &Road) {
		for did in &road.did {
			let (shape, what) = match did.what {
				Passing::Built => (Shape::Built, "has built it"),
				Passing::Seconded => (Shape::Vote, "seconds it"),
				Passing::Confirmed => (Shape::Vote, "says that it is valid"),
				Passing::Backable => (Shape::Quorum, "knows a quorum"),
				Passing::Executed { .. } | Passing::Heard { .. } => continue,
			};
			let drawn = shape.at(self.x(did.at), self.y(did.node));
			self.put(format_args!(
				"<g>{drawn}<title>{} {what}</title></g>",
				road.name(did.node)
			));
		}
	}
}

/// What stands for something that a node did.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
	/// It built the block.
	Built,
	/// It executes it.
	Run,
	/// It votes.
	Vote,
	/// It knows a quorum.
	Quorum,
}

impl Shape {
	/// The shape around a place.
	pub(super) fn at(self, x: f64, y: f64) -> String {
		match self {
			Self::Built => format!(
				"<rect class=\"built\" x=\"{:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" rx=\"2\"/>",
				x - 6.0,
				y - 6.0
			),
			Self::Run => format!(
				"<rect class=\"run\" x=\"{:.1}\" y=\"{:.1}\" width=\"20\" height=\"10\"/>",
				x - 10.0,
				y - 5.0
			),
			Self::Vote => format!("<circle class=\"vote\" cx=\"{x:.1}\" cy=\"{y}\" r=\"6\"/>"),
			Self::Quorum => format!(
				"<path class=\"quorum\" d=\"M{x:.1} {:.1}l6 6l-6 6l-6 -6z\"/>",
				y - 6.0
			),
		}
	}
}
