//! Pages as a whole.

use crate::{
	html, picture,
	sample::{sample, sample_of},
	Class, Report, MAX_TREE_BYTES,
};

/// The limit for a run of 200 relay blocks.
const LIMIT: usize = 2_000_000;

#[test]
fn the_same_report_gives_the_same_bytes() {
	assert_eq!(html(&sample()), html(&sample()));
}

#[test]
fn a_page_of_200_relay_blocks_is_below_2_mb() {
	let page = html(&sample_of(200, 2));
	assert!(page.len() < LIMIT, "{} bytes", page.len());
}

#[test]
fn trees_that_do_not_fit_are_left_out_by_name() {
	let report = sample_of(200, 30);
	let page = html(&report);
	let trees = page.len();
	assert!(page.contains("the trees of these paras are not in it"), "{trees}");
	let without = |mut report: Report| {
		report.runs.iter_mut().for_each(|run| run.trees.clear());
		html(&report).len()
	};
	assert!(trees - without(report) < MAX_TREE_BYTES + 20_000, "{trees}");
}

#[test]
fn every_block_is_a_bar_of_exactly_one_class() {
	let report = sample();
	let page = html(&report);
	let blocks = report
		.runs
		.iter()
		.flat_map(|run| &run.paras)
		.flat_map(|para| &para.blocks);
	let blocks: Vec<_> = blocks.collect();
	assert_eq!(page.matches("<g class=\"b k-").count(), blocks.len());
	for class in Class::ALL {
		let bars = page.matches(&format!("<g class=\"b k-{}", class.key())).count();
		let expected = blocks.iter().filter(|block| block.class == class).count();
		assert_eq!(bars, expected, "{}", class.name());
		assert!(expected > 0, "the sample has every class, also {}", class.name());
	}
}

#[test]
fn what_a_run_says_is_never_markup() {
	const HOSTILE: &str = "</script><b onclick=\"x\">'&";
	let mut report = sample();
	for text in [
		&mut report.title,
		&mut report.summary,
		&mut report.command,
		&mut report.version,
	] {
		*text = HOSTILE.into();
	}
	report.notes = vec![HOSTILE.into()];
	report.figures[0].label = HOSTILE.into();
	report.table.rows[0].cells[0] = HOSTILE.into();
	for run in &mut report.runs {
		run.name = HOSTILE.into();
		run.parameters[0].value = HOSTILE.into();
		run.traffic[0].kind = HOSTILE.into();
		run.paras[0].idle[0].name = HOSTILE.into();
		run.paras[0].blocks[0].reason = HOSTILE.into();
		run.paras[0].blocks[0].candidate = HOSTILE.into();
		run.trees[0].title = HOSTILE.into();
	}
	let page = html(&report);
	assert!(!page.contains(HOSTILE));
	assert!(!page.contains("<b onclick"));
	assert_eq!(
		page.matches("</script>").count(),
		2,
		"the data's and the script's own"
	);
}

#[test]
fn a_page_asks_for_nothing() {
	let page = html(&sample());
	for word in [
		"http://",
		"https://",
		"src=",
		"@import",
		"fetch(",
		"XMLHttpRequest",
	] {
		assert!(!page.contains(word), "{word}");
	}
}

#[test]
fn a_run_without_anything_is_a_page() {
	let mut report = sample();
	for run in &mut report.runs {
		run.relay_blocks.clear();
		run.paras.iter_mut().for_each(|para| para.blocks.clear());
		run.trees.clear();
		run.traffic.clear();
	}
	let page = html(&report);
	assert!(page.contains("none was built"));
	assert!(!page.contains("id=\"trees\""));
	assert!(html(&Report::default()).ends_with("</html>\n"));
}

#[test]
fn a_picture_has_every_block_in_its_class_and_stands_alone() {
	let report = sample();
	let drawn = picture(&report);
	let blocks = report
		.runs
		.iter()
		.flat_map(|run| &run.paras)
		.flat_map(|para| &para.blocks);
	assert_eq!(drawn.matches("data-i=").count(), blocks.count());
	for class in Class::ALL {
		assert!(
			drawn.contains(&format!(">{}</text>", class.name())),
			"{}",
			class.name()
		);
	}
	assert!(drawn.starts_with("<svg xmlns=") && drawn.ends_with("</svg>\n"));
	assert!(!drawn.contains("<script") && !drawn.contains("http-equiv"));
	assert_eq!(drawn.matches("<svg").count(), drawn.matches("</svg>").count());
	assert_eq!(drawn, picture(&report));
}
