//! The page: all of it as one text, styles and script in it.

mod chapters;
mod charts;
mod classes;
mod data;
mod escape;
mod lanes;
mod series;
mod tables;
#[cfg(test)]
mod tests;
mod trees;

pub use data::MAX_TREE_BYTES;

use crate::{look::STYLE, Class, Report};
use escape::Text;
use std::fmt::{Arguments, Write};

const SCRIPT: &str = concat!(
	include_str!("../page/page.js"),
	include_str!("../page/theme.js"),
	include_str!("../page/lanes.js"),
	include_str!("../page/trees.js")
);

/// Text that grows.
#[derive(Debug, Default)]
struct Out(String);

impl Out {
	fn put(&mut self, what: Arguments<'_>) {
		// A string takes what is written to it.
		let _ = self.0.write_fmt(what);
	}
}

macro_rules! put {
	($out:expr, $($what:tt)*) => { $out.put(format_args!($($what)*)) };
}
use put;

/// The page of a report. It asks for nothing from anywhere, and the same report gives the same bytes.
pub fn html(report: &Report) -> String {
	let data = data::Data::of(report);
	let mut out = Out::default();
	head(&mut out, report);
	glance(&mut out, report);
	chapters::sections(&mut out, &report.chapters);
	if !report.runs.is_empty() {
		classes::section(&mut out, &report.runs);
		lanes::section(&mut out, &report.runs);
		trees::section(&mut out, &report.runs, &data);
		charts::section(&mut out, &report.runs);
	}
	tables::traffic(&mut out, &report.runs);
	again(&mut out, report);
	put!(
		out,
		"</main>\n<footer><p>{}</p></footer>\n<div id=\"card\" role=\"tooltip\" hidden></div>\n\
		 <script type=\"application/json\" id=\"data\">{}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
		Text(&report.version),
		escape::script_json(&data.json())
	);
	out.0
}

/// The time lines of a report as a picture in SVG, for documents. It follows the colour scheme of what it stands in.
pub fn picture(report: &Report) -> String {
	lanes::picture(&report.runs)
}

/// Sections, as the navigation names them.
fn sections(report: &Report) -> Vec<(String, &str)> {
	let any = |what: fn(&crate::Run) -> bool| report.runs.iter().any(what);
	let has_runs = !report.runs.is_empty();
	let chapters = report.chapters.iter().enumerate();
	let chapters = chapters.map(|(position, chapter)| (chapters::id(position), chapter.title.as_str(), true));
	let own = |id: &str, name, is_there| (id.to_owned(), name, is_there);
	let all = std::iter::once(own("glance", "At a glance", true))
		.chain(chapters)
		.chain([
			own("fates", "What became of them", has_runs),
			own("lanes", "Time lines", has_runs),
			own("trees", "Fragment trees", any(|run| !run.trees.is_empty())),
			own("charts", "Over time", has_runs),
			own("traffic", "Messages", any(|run| !run.traffic.is_empty())),
			own("again", "Make it again", true),
		]);
	all.filter(|(.., is_there)| *is_there)
		.map(|(id, name, _)| (id, name))
		.collect()
}

fn head(out: &mut Out, report: &Report) {
	let title = Text(&report.title);
	put!(
		out,
		"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
		 <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
		 <meta name=\"color-scheme\" content=\"light dark\">\n\
		 <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
		 script-src 'unsafe-inline'; img-src data:\">\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
		 <a class=\"skip\" href=\"#main\">Skip to the report</a>\n{}<header>\n<div class=\"bar\">\
		 <p class=\"mark\" aria-hidden=\"true\"><i></i><i></i><i></i></p><h1>{title}</h1>\
		 <button id=\"theme\" type=\"button\" hidden>Colours: <span>as the system</span></button></div>\n\
		 <p class=\"lead\">{}</p>\n<nav aria-label=\"Sections\"><ul>\n",
		classes::symbols(),
		Text(&report.summary)
	);
	for (id, name) in sections(report) {
		put!(out, "<li><a href=\"#{id}\">{}</a></li>\n", Text(name));
	}
	put!(
		out,
		"</ul></nav>\n</header>\n<main id=\"main\" tabindex=\"-1\">\n\
		 <noscript><p class=\"note\">Without scripts the details of parablocks and the fragment trees are not shown.</p></noscript>\n"
	);
}

fn glance(out: &mut Out, report: &Report) {
	put!(
		out,
		"<section id=\"glance\" aria-labelledby=\"h-glance\">\n<h2 id=\"h-glance\">At a glance</h2>\n"
	);
	if !report.figures.is_empty() {
		put!(out, "<dl class=\"figures\">\n");
		for figure in &report.figures {
			put!(
				out,
				"<div><dt>{}</dt><dd><strong>{}</strong><span>{}</span></dd></div>\n",
				Text(&figure.label),
				Text(&figure.value),
				Text(&figure.note)
			);
		}
		put!(out, "</dl>\n");
	}
	tables::main(out, &report.table);
	for note in &report.notes {
		put!(out, "<p class=\"note\">{}</p>\n", Text(note));
	}
	put!(out, "</section>\n");
}

fn again(out: &mut Out, report: &Report) {
	put!(
		out,
		"<section id=\"again\" aria-labelledby=\"h-again\">\n<h2 id=\"h-again\">Make it again</h2>\n\
		 <p>The same command gives the same run, and the same page, byte for byte.</p>\n\
		 <div class=\"command\"><pre tabindex=\"0\" role=\"region\" aria-label=\"Command\"><code id=\"command\">{}</code></pre>\
		 <button type=\"button\" id=\"copy\" hidden>Copy</button></div>\n",
		Text(&report.command)
	);
	tables::parameters(out, &report.runs);
	put!(out, "</section>\n");
}

/// A parablock's icon of its class.
fn icon(class: Class) -> String {
	format!(
		"<svg class=\"icon k-{0}\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><use href=\"#i-{0}\"/></svg>",
		class.key()
	)
}
