//! Time lines: per para a lane for each run, on one axis.

use super::{
	classes::{confidence, percent},
	escape::{short, Text},
	put, Out,
};
use crate::{Class, Parablock, RelayBlock, Run};

/// Tenths of a pixel for a slot.
const SLOT: u64 = 360;
/// Height of a row of bars, and what is between two.
const BAR: u64 = 20;
const GAP: u64 = 4;
/// Least width of a bar, in tenths: room for its icon.
const LEAST: u64 = 160;
/// Left of the first slot, in tenths.
const LEFT: u64 = 280;

/// Tenths of a pixel, as text.
fn px(tenths: u64) -> String {
	match tenths % 10 {
		0 => (tenths / 10).to_string(),
		rest => format!("{}.{rest}", tenths / 10),
	}
}

fn x(ms: u64, slot_ms: u64) -> u64 {
	LEFT + ms * SLOT / slot_ms.max(1)
}

/// When a run ends: with its last relay block.
pub(super) fn end_ms(run: &Run) -> u64 {
	run.relay_blocks
		.iter()
		.map(|block| block.at_ms)
		.max()
		.unwrap_or_default()
}

/// A bar, in tenths of a pixel: a line from where it begins, a box from where it was backed to where it ends. What was never
/// backed is a box from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
	from: u64,
	boxed: u64,
	to: u64,
}

fn span(block: &Parablock, run: &Run) -> Span {
	let from = x(block.begins_ms(), run.slot_ms);
	let boxed = block
		.backed
		.map_or(from, |backed| x(backed.at_ms, run.slot_ms).max(from));
	let to = x(block.ends_ms(end_ms(run)), run.slot_ms);
	Span {
		from,
		boxed,
		to: to.max(boxed + LEAST),
	}
}

/// Rows of bars, so that none covers another: each goes into the first row that is free.
fn rows(spans: &[Span]) -> Vec<usize> {
	let mut ends: Vec<u64> = Vec::new();
	spans
		.iter()
		.map(|span| {
			let free = ends.iter().position(|end| end + 10 <= span.from);
			let row = free.unwrap_or(ends.len());
			match ends.get_mut(row) {
				Some(end) => *end = span.to,
				None => ends.push(span.to),
			}
			row
		})
		.collect()
}

pub(super) fn section(out: &mut Out, runs: &[Run]) {
	put!(
		out,
		"<section id=\"lanes\" aria-labelledby=\"h-lanes\">\n<h2 id=\"h-lanes\">Time lines</h2>\n\
		 <p>A line and its box are a parablock: the line from when it was built until the chain backed it, the box from there \
		 until it was included or given up. What was never backed is a box in outline, and what came to nothing is hatched. \
		 Blocks below one another are alive at once. The axis counts relay blocks; a dashed line begins a session. Point at a \
		 block, or walk with the arrow keys, for its details.</p>\n<ul class=\"legend\">"
	);
	for class in Class::ALL.iter().filter(|class| is_used(runs, **class)) {
		put!(out, "<li>{} {}</li>", super::icon(*class), class.name());
	}
	put!(out, "</ul>\n");
	let width = width(runs);
	for para in paras(runs) {
		put!(
			out,
			"<h3 id=\"para-{para}\">Para {para}</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Time lines \
			 of para {para}\">\n"
		);
		for (position, run) in runs.iter().enumerate() {
			lane(out, run, position, para, width);
		}
		put!(
			out,
			"</div>\n<details class=\"blocks\" data-para=\"{para}\"><summary>Parablocks of para {para} as a table</summary>\
			 <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Parablocks of para {para}\"></div></details>\n"
		);
	}
	put!(out, "</section>\n");
}

fn lane(out: &mut Out, run: &Run, position: usize, para: u32, width: u64) {
	let Some(blocks) = run.paras.iter().find(|of| of.id == para).map(|of| &of.blocks) else {
		return;
	};
	let of_para = Run {
		paras: run.paras.iter().filter(|of| of.id == para).cloned().collect(),
		..Run::default()
	};
	let confidence =
		confidence(&of_para).map_or(String::new(), |share| format!(", {} included", percent(share)));
	put!(
		out,
		"<p class=\"lane-name\"><span><b>{}</b> {} parablocks{confidence}</span></p>\n",
		Text(&run.name),
		blocks.len()
	);
	drawing(out, run, position, para, blocks, width);
}

/// Height of the axis.
const AXIS: u64 = 24;

/// A lane as an `svg` element of its own. Returns its height.
fn drawing(out: &mut Out, run: &Run, position: usize, para: u32, blocks: &[Parablock], width: u64) -> u64 {
	let spans: Vec<_> = blocks.iter().map(|block| span(block, run)).collect();
	let rows = rows(&spans);
	let count = rows.iter().max().map_or(1, |most| *most as u64 + 1);
	let height = AXIS + count * (BAR + GAP) + GAP;
	put!(
		out,
		"<svg class=\"lane\" width=\"{0}\" height=\"{height}\" viewBox=\"0 0 {0} {height}\" role=\"group\" aria-label=\"{1}, para \
		 {para}: {2} parablocks\" data-run=\"{position}\" data-para=\"{para}\" data-left=\"{3}\" data-slot=\"{4}\">\n",
		px(width),
		Text(&run.name),
		blocks.len(),
		px(LEFT),
		px(SLOT)
	);
	axis(out, run, AXIS, height);
	for (number, ((block, span), row)) in blocks.iter().zip(&spans).zip(&rows).enumerate() {
		bar(out, block, *span, AXIS + GAP + *row as u64 * (BAR + GAP), number);
	}
	put!(
		out,
		"<rect class=\"cursor\" x=\"-9\" y=\"0\" width=\"2\" height=\"{height}\"/></svg>\n"
	);
	height
}

/// The same time lines as a picture of their own: lane below lane, with their names, and the meaning of what is in it.
pub(super) fn picture(runs: &[Run]) -> String {
	const LINE: u64 = 26;
	let width = width(runs).max(6400);
	let mut body = Out::default();
	let mut y = 4;
	let text = |body: &mut Out, x: u64, y: u64, class: &str, text: &str| {
		put!(
			body,
			"<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>\n",
			Text(text)
		);
	};
	for para in paras(runs) {
		for (position, run) in runs.iter().enumerate() {
			let Some(of_para) = run.paras.iter().find(|of| of.id == para) else {
				continue;
			};
			let blocks = &of_para.blocks;
			text(
				&mut body,
				4,
				y + 15,
				"name",
				&format!("{}, para {para}: {} parablocks", run.name, blocks.len()),
			);
			put!(body, "<g transform=\"translate(0 {})\">", y + LINE);
			let height = drawing(&mut body, run, position, para, blocks, width);
			put!(body, "</g>\n");
			y += LINE + height + 14;
		}
	}
	let mut x = 4;
	for class in Class::ALL.iter().filter(|class| is_used(runs, **class)) {
		let name = class.name();
		put!(
			body,
			"<g class=\"b k-{0}\"><rect class=\"held\" x=\"{x}\" y=\"{y}\" width=\"16\" height=\"16\" rx=\"3\"/>\
			 <use href=\"#i-{0}\" x=\"{1}\" y=\"{2}\" width=\"12\" height=\"12\"/></g>",
			class.key(),
			x + 2,
			y + 2
		);
		text(&mut body, x + 22, y + 13, "note", name);
		// Six and a half pixels for a letter.
		x += 40 + name.len() as u64 * 13 / 2;
	}
	let notes = [
		"A line and its box are a parablock: the line from when it was built until a relay block backed it,",
		"the box from there until it was included. The axis counts relay blocks.",
	];
	for note in notes {
		y += 22;
		text(&mut body, 4, y + 13, "note", note);
	}
	let height = y + LINE;
	format!(
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{height}\" viewBox=\"0 0 {0} {height}\" role=\"img\">\n\
		 <style><![CDATA[\n{1}{2}]]></style>\n{3}{4}</svg>\n",
		px(width),
		crate::look::STYLE,
		PICTURE_STYLE,
		super::classes::symbols(),
		body.0
	)
}

/// What a picture has beyond the page: text of its own. Its paper is that of the document around it.
const PICTURE_STYLE: &str = "\
text.name{font:600 13px ui-sans-serif,system-ui,sans-serif;fill:var(--ink)}\
text.note{font:12px ui-sans-serif,system-ui,sans-serif;fill:var(--quiet)}\
.b{cursor:auto}\n";

/// Paras of the runs, ascending.
fn paras(runs: &[Run]) -> Vec<u32> {
	let mut paras: Vec<u32> = runs
		.iter()
		.flat_map(|run| &run.paras)
		.map(|para| para.id)
		.collect();
	paras.sort_unstable();
	paras.dedup();
	paras
}

/// Width of the longest lane, in tenths of a pixel.
fn width(runs: &[Run]) -> u64 {
	let ends = runs.iter().map(|run| x(end_ms(run), run.slot_ms));
	ends.max().unwrap_or_default() + SLOT
}

fn is_used(runs: &[Run], class: Class) -> bool {
	let mut blocks = runs
		.iter()
		.flat_map(|run| &run.paras)
		.flat_map(|para| &para.blocks);
	blocks.any(|block| block.class == class)
}

/// Relay blocks and sessions.
fn axis(out: &mut Out, run: &Run, top: u64, height: u64) {
	let mut session = None;
	put!(out, "<g class=\"axis\" aria-hidden=\"true\">");
	for RelayBlock {
		number,
		at_ms,
		session: of,
		is_best,
		..
	} in &run.relay_blocks
	{
		let at = px(x(*at_ms, run.slot_ms));
		let class = if *is_best { "" } else { " class=\"off\"" };
		let tall = number % 5 == 0;
		put!(
			out,
			"<path{class} d=\"M{at} {}V{top}\"/>",
			top - if tall { 7 } else { 4 }
		);
		if tall && *is_best {
			put!(out, "<text x=\"{at}\" y=\"{}\">{number}</text>", top - 10);
		}
		if session.is_some_and(|session| session != *of) {
			put!(
				out,
				"<path class=\"session\" d=\"M{at} {top}V{height}\"><title>session {of}</title></path>"
			);
		}
		session = Some(*of);
	}
	put!(out, "<path class=\"base\" d=\"M0 {top}H100000\"/></g>\n");
}

fn bar(out: &mut Out, block: &Parablock, span: Span, y: u64, number: usize) {
	let Span { from, boxed, to } = span;
	let name = match block.height {
		Some(height) => height.to_string(),
		None => short(&block.candidate).get(..4).unwrap_or_default().to_owned(),
	};
	let class = block.class;
	put!(
		out,
		"<g class=\"b k-{}{}\" role=\"button\" tabindex=\"{}\" aria-label=\"parablock {}, {}\" data-i=\"{number}\">",
		class.key(),
		if block.backed.is_some() { "" } else { " open" },
		if number == 0 { 0 } else { -1 },
		Text(&name),
		class.name(),
	);
	if boxed > from {
		put!(
			out,
			"<path class=\"wait\" d=\"M{} {}H{}\"/>",
			px(from),
			y + BAR / 2,
			px(boxed)
		);
	}
	let lost = !matches!(class, Class::Included | Class::InFlight);
	for kind in ["held", "dead"].into_iter().take(1 + usize::from(lost)) {
		put!(
			out,
			"<rect class=\"{kind}\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{BAR}\" rx=\"4\"/>",
			px(boxed),
			px(to - boxed)
		);
	}
	put!(
		out,
		"<use href=\"#i-{}\" x=\"{}\" y=\"{}\" width=\"12\" height=\"12\"/>",
		class.key(),
		px(boxed + 30),
		y + 4
	);
	// Seven pixels for a digit.
	if to - boxed >= 200 + 70 * name.len() as u64 {
		put!(
			out,
			"<text x=\"{}\" y=\"{}\">{}</text>",
			px(boxed + 180),
			y + 14,
			Text(&name)
		);
	}
	put!(out, "</g>\n");
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bars_that_are_alive_at_once_are_below_one_another() {
		let span = |(from, to)| Span {
			from,
			boxed: from,
			to,
		};
		let spans = [(0, 100), (50, 200), (110, 150), (300, 400)].map(span);
		assert_eq!(rows(&spans), [0, 1, 0, 0]);
		assert_eq!(rows(&[]), Vec::<usize>::new());
	}

	#[test]
	fn tenths_are_written_where_there_are_some() {
		assert_eq!(
			(px(0), px(305), px(310)),
			("0".into(), "30.5".into(), "31".into())
		);
	}
}
