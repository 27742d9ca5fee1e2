//! The fragment tree at each relay block, at a slider.

use super::{data::Data, escape::Text, put, Out};
use crate::Run;

pub(super) fn section(out: &mut Out, runs: &[Run], data: &Data) {
	let paras = data.paras_with_trees();
	if paras.is_empty() {
		return;
	}
	put!(
		out,
		"<section id=\"trees\" aria-labelledby=\"h-trees\">\n<h2 id=\"h-trees\">Fragment trees</h2>\n\
		 <p>What a validator thinks the relay chain may accept next, right before the next relay block: candidates on the \
		 included head, a column for each depth. A fork is a second box below the first.</p>\n\
		 <form class=\"controls\" hidden>\n<div class=\"pick\"><label for=\"tree-run\">Run</label><select id=\"tree-run\">"
	);
	// Of the last run first: it is the one that the others are compared with.
	for (position, run) in runs.iter().enumerate().rev() {
		put!(out, "<option value=\"{position}\">{}</option>", Text(&run.name));
	}
	put!(
		out,
		"</select></div>\n<div class=\"pick\"><label for=\"tree-para\">Para</label><select id=\"tree-para\">"
	);
	for para in paras {
		put!(out, "<option>{para}</option>");
	}
	put!(
		out,
		"</select></div>\n<div class=\"slide\"><p><label for=\"tree-at\">Relay block</label> <output id=\"tree-number\" for=\"tree-at\"></output></p>\
		 <button type=\"button\" id=\"tree-back\" aria-label=\"One relay block back\">&#8249;</button>\
		 <input type=\"range\" id=\"tree-at\" min=\"0\" max=\"0\" value=\"0\" step=\"1\">\
		 <button type=\"button\" id=\"tree-on\" aria-label=\"One relay block on\">&#8250;</button>\
		 <button type=\"button\" id=\"tree-play\" aria-pressed=\"false\">Play</button></div>\n</form>\n\
		 <p id=\"tree-title\" class=\"tree-title\" aria-live=\"polite\"></p>\n\
		 <ul class=\"legend tree-legend\"><li><i class=\"t-root\"></i>included head</li><li><i class=\"t-pending\"></i>pending availability</li>\
		 <li><i class=\"t-backable\"></i>backable</li><li><i class=\"t-seconded\"></i>seconded</li>\
		 <li><i class=\"t-best\"></i>best path: what the next block should back</li></ul>\n\
		 <div class=\"scroll tree\" id=\"tree-drawing\" tabindex=\"0\" role=\"region\" aria-label=\"Drawing of the fragment tree\"></div>\n\
		 <details id=\"tree-places\"><summary>This tree as a table</summary><div class=\"wide\" tabindex=\"0\" role=\"region\" \
		 aria-label=\"This tree as a table\"></div></details>\n"
	);
	if !data.left_out.is_empty() {
		let left_out: Vec<_> = data.left_out.iter().map(u32::to_string).collect();
		put!(
			out,
			"<p class=\"note\">To keep the page small the trees of these paras are not in it: {}. <code>async-backing tree --para \
			 ID --at BLOCK</code> draws them.</p>\n",
			left_out.join(", ")
		);
	}
	put!(out, "</section>\n");
}
