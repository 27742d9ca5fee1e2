//! Several parablocks as a picture: a row for each, in it a line for each validator that votes.

use super::{
	svg::{Scale, Shape},
	votes::{Row, Votes},
};
use std::{fmt::Write, time::Duration};

const MARGIN: f64 = 24.0;
/// Where time begins.
const LEFT: f64 = 190.0;
const WIDTH: f64 = 960.0;
const TOP: f64 = 138.0;
/// A validator's line.
const LINE: f64 = 15.0;
/// Between parablocks.
const GAP: f64 = 16.0;

const STYLE: &str = "\
text{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px;fill:#1c2733}\
.title{font-size:16px;font-weight:bold}.small{font-size:11px;fill:#5b6b7b}\
.band{fill:#f4f6f8}.lane{stroke:#d5dde5;stroke-width:1}.block{stroke:#8a99a8;stroke-width:1.2;stroke-dasharray:4 3}\
.parent{stroke:#c25700;stroke-width:1.4;fill:none}.on{fill:#cfe8f7;stroke:#0969da;stroke-opacity:.5}.on-text{font-size:11px;fill:#0b4a8a}\
.run{fill:#d5dde5;stroke:#8a99a8}.built{fill:#c25700;stroke:#fff}.vote{fill:#1a7f37;stroke:#fff}.second{fill:#fff;stroke:#1a7f37;stroke-width:2}\
.quorum{fill:#1c2733;stroke:#fff}";

/// Draws parablocks.
pub(super) fn draw(votes: &Votes) -> String {
	let begins = votes.relay_blocks.first().map_or(Duration::ZERO, |(_, at)| *at);
	let ends = votes.relay_blocks.last().map_or(begins, |(_, at)| *at);
	let scale = Scale::between(begins, ends, WIDTH);
	let voters = votes.rows.iter().map(|row| row.votes.len()).max();
	let tall = LINE * voters.unwrap_or_default().max(3) as f64 + 8.0;
	let bottom = TOP + (tall + GAP) * votes.rows.len() as f64;
	let mut text = String::new();
	put(
		&mut text,
		format_args!(
			"<text class=\"title\" x=\"{MARGIN}\" y=\"34\">{}</text>",
			votes.title
		),
	);
	legend(&mut text);
	for (position, row) in votes.rows.iter().enumerate() {
		let top = TOP + (tall + GAP) * position as f64;
		put(
			&mut text,
			format_args!(
				"<rect class=\"band\" x=\"{MARGIN}\" y=\"{top:.1}\" width=\"{}\" height=\"{tall:.1}\"/>\
				 <text x=\"{2}\" y=\"{1:.1}\">{3}</text><text class=\"small\" x=\"{2}\" y=\"{4:.1}\">on relay block {5}</text>",
				LEFT + WIDTH - MARGIN,
				top + 20.0,
				MARGIN + 8.0,
				row.name,
				top + 36.0,
				row.relay_parent
			),
		);
	}
	for (number, at) in &votes.relay_blocks {
		let x = LEFT + scale.x(*at);
		put(
			&mut text,
			format_args!(
				"<path class=\"block\" d=\"M{x:.1} {}V{bottom:.1}\"/><text class=\"small\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{number}</text>",
				TOP - 8.0,
				TOP - 14.0
			),
		);
	}
	for (position, row) in votes.rows.iter().enumerate() {
		let top = TOP + (tall + GAP) * position as f64;
		draw_row(&mut text, votes, row, scale, (top, tall));
	}
	let (width, height) = (LEFT + WIDTH + MARGIN, bottom + 12.0);
	format!(
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
		 <style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" style=\"fill:#fff\"/>\n{text}</svg>\n"
	)
}

fn draw_row(text: &mut String, votes: &Votes, row: &Row, scale: Scale, (top, tall): (f64, f64)) {
	let x = |at: Duration| LEFT + scale.x(at);
	let middle = top + tall / 2.0;
	let parent = votes
		.relay_blocks
		.iter()
		.find(|(number, _)| *number == row.relay_parent);
	if let Some((_, at)) = parent {
		put(
			text,
			format_args!(
				"<path class=\"parent\" d=\"M{:.1} {middle:.1}H{:.1}\"/>",
				x(*at),
				x(row.built)
			),
		);
	}
	if let Some((_, backed)) = row.backed {
		let ends = row.included.map_or(backed, |(_, at)| at);
		put(
			text,
			format_args!(
				"<rect class=\"on\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"4\"/>\
				 <text class=\"on-text\" x=\"{:.1}\" y=\"{:.1}\">on-chain</text>",
				x(backed),
				top + 6.0,
				(x(ends) - x(backed)).max(3.0),
				tall - 12.0,
				x(backed) + 8.0,
				middle + 4.0
			),
		);
	}
	text.push_str(&Shape::Built.at(x(row.built), middle));
	for vote in &row.votes {
		// Validators of the group from above, the lowest first.
		let before = row.votes.iter().filter(|other| other.validator < vote.validator);
		let y = top + 4.0 + LINE * (before.count() as f64 + 0.5);
		let class = if vote.seconds { "vote" } else { "second" };
		put(
			text,
			format_args!(
				"<circle class=\"{class}\" cx=\"{0:.1}\" cy=\"{y:.1}\" r=\"5\"><title>validator {1} {2} it</title></circle>\
				 <text class=\"small\" x=\"{3:.1}\" y=\"{4:.1}\">{1}</text>",
				x(vote.at),
				vote.validator,
				if vote.seconds { "seconds" } else { "confirms" },
				x(vote.at) + 9.0,
				y + 4.0
			),
		);
	}
	if let Some(quorum) = row.quorum {
		// Beside the votes, which are at the same time.
		text.push_str(&Shape::Quorum.at(x(quorum) + 28.0, middle));
	}
}

fn legend(text: &mut String) {
	let mut x = MARGIN;
	let shapes = [
		(
			"<path class=\"parent\" d=\"M0 76h20\"/>".to_owned(),
			"from the relay parent to the block that was built",
		),
		(Shape::Built.at(10.0, 76.0), "built"),
		(
			"<circle class=\"vote\" cx=\"10\" cy=\"76\" r=\"5\"/>".to_owned(),
			"a validator seconds",
		),
		(
			"<circle class=\"second\" cx=\"10\" cy=\"76\" r=\"5\"/>".to_owned(),
			"a validator confirms",
		),
		(Shape::Quorum.at(10.0, 76.0), "quorum"),
	];
	for (shape, name) in shapes {
		put(
			text,
			format_args!(
				"<g transform=\"translate({x:.1} -16)\">{shape}<text class=\"small\" x=\"28\" y=\"80\">{name}</text></g>"
			),
		);
		x += 52.0 + 6.8 * name.len() as f64;
	}
	put(
		text,
		format_args!(
			"<text class=\"small\" x=\"{MARGIN}\" y=\"96\">Numbers beside votes are those of validators; dashed lines are relay blocks.</text>"
		),
	);
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
	// A string takes what is written to it.
	let _ = writeln!(text, "{what}");
}
