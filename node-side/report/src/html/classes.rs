//! What became of the parablocks of each run.

use super::{escape::Text, icon, put, Out};
use crate::{Class, Run};

/// The icons, to be used by name.
pub(super) fn symbols() -> String {
	let mut out = Out::default();
	put!(
		out,
		"<svg width=\"0\" height=\"0\" class=\"symbols\" aria-hidden=\"true\" focusable=\"false\"><defs>"
	);
	for class in Class::ALL {
		put!(
			out,
			"<symbol id=\"i-{}\" viewBox=\"0 0 12 12\"><path d=\"{}\"/></symbol>",
			class.key(),
			class.icon()
		);
	}
	put!(
		out,
		"<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
		 <rect width=\"2\" height=\"6\" class=\"hatch\"/></pattern></defs></svg>\n"
	);
	out.0
}

/// How many of a run's parablocks end in each class.
pub(super) fn counts(run: &Run) -> [usize; Class::ALL.len()] {
	let mut counts = [0; Class::ALL.len()];
	for block in run.paras.iter().flat_map(|para| &para.blocks) {
		counts[block.class.position()] += 1;
	}
	counts
}

/// Included of those that were built, in tenths of a percent.
pub(super) fn confidence(run: &Run) -> Option<usize> {
	let counts = counts(run);
	let built: usize = counts.iter().sum();
	(counts[Class::Included.position()] * 2000 + built).checked_div(2 * built)
}

/// A share in tenths, as percent.
pub(super) fn percent(tenths: usize) -> String {
	format!("{}.{}\u{a0}%", tenths / 10, tenths % 10)
}

pub(super) fn section(out: &mut Out, runs: &[Run]) {
	put!(
		out,
		"<section id=\"fates\" aria-labelledby=\"h-fates\">\n<h2 id=\"h-fates\">What became of each parablock</h2>\n\
		 <p>Every parablock that a collator built ends in exactly one class. <em>Block confidence</em> is the share that was \
		 included.</p>\n"
	);
	for run in runs {
		let counts = counts(run);
		let built: usize = counts.iter().sum();
		let confidence = confidence(run).map_or("none was built".to_owned(), percent);
		put!(
			out,
			"<div class=\"share\"><p><b>{}</b> <span>block confidence {confidence}: {} of {built}</span></p><div class=\"stack\" \
			 aria-hidden=\"true\">",
			Text(&run.name),
			counts[Class::Included.position()]
		);
		for class in Class::ALL {
			let count = counts[class.position()];
			if count > 0 {
				put!(
					out,
					"<i class=\"k-{}\" style=\"flex-grow:{count}\"></i>",
					class.key()
				);
			}
		}
		put!(out, "</div></div>\n");
	}
	put!(
		out,
		"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Parablocks by class\"><table class=\"classes\">\n\
		 <thead><tr><th scope=\"col\">class</th>"
	);
	for run in runs {
		put!(out, "<th scope=\"col\" class=\"n\">{}</th>", Text(&run.name));
	}
	put!(
		out,
		"<th scope=\"col\">what it means</th></tr></thead>\n<tbody>\n"
	);
	let counts: Vec<_> = runs.iter().map(counts).collect();
	for class in Class::ALL {
		let none = counts.iter().all(|counts| counts[class.position()] == 0);
		put!(
			out,
			"<tr{}><th scope=\"row\">{} {}</th>",
			if none { " class=\"none\"" } else { "" },
			icon(class),
			class.name()
		);
		for counts in &counts {
			put!(out, "<td class=\"n\">{}</td>", counts[class.position()]);
		}
		put!(out, "<td>{}</td></tr>\n", class.meaning());
	}
	put!(out, "</tbody></table></div>\n");
	idle(out, runs);
	put!(out, "</section>\n");
}

/// Where nothing was built, and why.
fn idle(out: &mut Out, runs: &[Run]) {
	if runs
		.iter()
		.flat_map(|run| &run.paras)
		.all(|para| para.idle.is_empty())
	{
		return;
	}
	put!(
		out,
		"<details><summary>Leaves at which collators built nothing</summary><div class=\"wide\" tabindex=\"0\" role=\"region\" \
		 aria-label=\"Leaves at which nothing was built\"><table><thead><tr><th scope=\"col\">run</th><th scope=\"col\">para</th>\
		 <th scope=\"col\">reason</th><th scope=\"col\" class=\"n\">leaves</th></tr></thead><tbody>\n"
	);
	for run in runs {
		for para in &run.paras {
			for idle in &para.idle {
				put!(
					out,
					"<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td></tr>\n",
					Text(&run.name),
					para.id,
					Text(&idle.name),
					Text(&idle.value)
				);
			}
		}
	}
	put!(out, "</tbody></table></div></details>\n");
}
