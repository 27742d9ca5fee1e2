//! A plan for the terminal.

use super::{outcome::Outcome, verify::Verdict, Plan, Value};
use std::fmt::Write;

/// Why there is no run with one less of the lookahead.
const NO_LOOKAHEAD: &str =
	"one less of the lookahead is not tried: a run has the lookahead that its ancestry takes (R-NET-77), at least 2";

/// A plan without its runs.
pub(super) fn plan(plan: &Plan) -> String {
	let mut out = String::new();
	let cores = match (plan.cores, plan.share) {
		(1, 1) => "a core of its own".into(),
		(cores, 1) => format!("{cores} cores"),
		(_, share) => format!("a core that {share} paras share"),
	};
	let _ = writeln!(out, "A para with {cores}: {}", outcome(&plan.planned));
	let delays: Vec<_> = plan
		.backing_delays
		.iter()
		.map(|delay| format!("b + {delay}"))
		.collect();
	let _ = writeln!(
		out,
		"Built when relay block b is the newest, backed in {}, included a block later.\n",
		delays.join(", ")
	);
	let with_today = plan.today.is_some();
	let today = if with_today { "   today" } else { "" };
	let _ = writeln!(out, "{:<22} needs{today}   {:<20} with one less", "value", "rule");
	for Value {
		name,
		needs,
		has,
		rule,
		below,
	} in &plan.values
	{
		let today = match (with_today, has) {
			(false, _) => String::new(),
			(true, None) => format!("{:>8}", "-"),
			(true, Some(has)) if has < needs => format!("{:>8}", format!("{has}!")),
			(true, Some(has)) => format!("{has:>8}"),
		};
		let below = below.unwrap_or("there is no less");
		let _ = writeln!(out, "{name:<22} {needs:>5}{today}   {rule:<20} {below}");
	}
	if let Some(today) = &plan.today {
		let _ = writeln!(out, "\nToday: {}", outcome(today));
	}
	for remark in &plan.remarks {
		let _ = writeln!(out, "\nnote: {remark}");
	}
	out
}

fn outcome(outcome: &Outcome) -> String {
	let Outcome {
		blocks,
		every,
		block_time_s,
		authoring_s,
		extrinsics,
		extrinsics_per_minute,
	} = outcome;
	if *blocks == 0 {
		return "no block at all".into();
	}
	let blocks = match blocks {
		1 => "a block".into(),
		blocks => format!("{blocks} blocks"),
	};
	let every = match every {
		1 => "each relay block".into(),
		every => format!("every {every} relay blocks"),
	};
	format!(
		"{blocks} {every} ({block_time_s:.1} s), {extrinsics} extrinsics of {authoring_s:.2} s in each, {extrinsics_per_minute:.0} a \
		 minute"
	)
}

/// What runs came to.
pub(super) fn runs(runs: &[Verdict]) -> String {
	let mut out = String::new();
	let _ = writeln!(
		out,
		"\n{:<28} {:>8} {:>3} {:>3} {:>9} {:>9} {:>7}",
		"run", "segment", "D", "A", "included", "ext/min", "wasted"
	);
	for run in runs {
		let verdict = match (run.keeps, run.holds) {
			(true, true) => "keeps its pace".into(),
			(false, true) => "loses".into(),
			(true, false) => "loses nothing: CONTRADICTS the plan".into(),
			// The run has a beginning and an end, so that less than the promise is asked of it.
			(false, false) if !run.reaches => format!(
				"has less than {:.0}, which {:.0} a minute come to in such a run: CONTRADICTS the plan{}",
				run.least_per_minute,
				run.promised_per_minute,
				run.reasons
					.first()
					.map_or_else(String::new, |reason| format!(" ({reason})"))
			),
			(false, false) => String::from("is slower: CONTRADICTS the plan"),
		};
		let _ = writeln!(
			out,
			"{:<28} {:>8} {:>3} {:>3} {:>9} {:>9.0} {:>7}   {verdict}",
			run.name,
			run.segment_capacity,
			run.max_candidate_depth,
			run.allowed_ancestry_len,
			run.included,
			run.extrinsics_per_minute,
			run.wasted
		);
	}
	let _ = writeln!(out, "{NO_LOOKAHEAD}");
	out
}
