//! Drawings of made-up trees.

use super::*;
use crate::args::Cli;
use clap::Parser;

const FORMATS: [Format; 4] = [Format::Text, Format::Dot, Format::Svg, Format::Json];

fn example(candidates: u32) -> Drawing {
	example::tree(candidates, 0).drawing()
}

fn drawn(candidates: u32, format: Format) -> String {
	write(&example(candidates), format).expect("it can be written")
}

#[test]
fn text_has_a_column_for_each_depth() {
	assert_eq!(drawn(14, Format::Text), include_str!("golden.txt"));
}

#[test]
fn dot_names_every_node_and_edge_once() {
	let drawing = example(14);
	let text = drawing.dot();
	assert_eq!(text.matches("\\nrelay parent ").count(), drawing.nodes.len());
	assert_eq!(text.matches(" -> ").count(), drawing.nodes.len());
	assert!(text.contains("\tincluded -> n0 [penwidth=1];") && text.ends_with("}\n"));
}

#[test]
fn a_picture_keeps_its_boxes_apart() {
	for candidates in [1, 14, 50, 200] {
		let drawing = example(candidates);
		let mut places: Vec<_> = drawing.nodes.iter().map(|node| (node.row, node.depth)).collect();
		places.sort_unstable();
		places.dedup();
		assert_eq!(places.len(), drawing.nodes.len(), "two nodes in one place");
		let picture = drawing.svg();
		assert_eq!(picture.matches("<path").count(), drawing.nodes.len());
		assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
		assert_eq!(picture.matches('<').count(), picture.matches('>').count());
	}
}

#[test]
fn json_tells_what_a_program_needs() {
	let json: serde_json::Value = serde_json::from_str(&drawn(14, Format::Json)).expect("it is JSON");
	assert_eq!((&json["para"], &json["leaf"]), (&2000.into(), &20.into()));
	let nodes = json["nodes"].as_array().expect("a list");
	assert_eq!(nodes.len(), 14);
	assert_eq!(nodes[0]["state"], "pending");
	assert_eq!(nodes[0]["parent"], serde_json::Value::Null);
	assert_eq!(nodes[1]["parent"], 0);
}

#[test]
fn r_sel_6_the_best_path_begins_behind_what_is_pending() {
	let tree = example::tree(14, 0);
	let pending: Vec<_> = tree
		.scope()
		.pending_availability()
		.iter()
		.map(|pending| pending.candidate_hash)
		.collect();
	let best: Vec<_> = tree
		.select_children(&pending, usize::MAX)
		.map(|best| format!("{:?}", best.hash().0))
		.collect();
	let drawn: Vec<_> = tree
		.drawing()
		.nodes
		.into_iter()
		.filter(|node| node.is_on_best_path)
		.map(|node| node.candidate)
		.collect();
	assert!(!best.is_empty());
	assert_eq!(drawn, best, "R-SEL-3");
}

#[test]
fn the_same_seed_draws_the_same_and_another_something_else() {
	for format in FORMATS {
		assert_eq!(drawn(50, format), drawn(50, format));
	}
	assert_ne!(example(50), example::tree(50, 1).drawing());
}

fn args(line: &[&str]) -> Tree {
	let words = ["async-backing", "tree"].iter().chain(line);
	match Cli::try_parse_from(words).expect("it parses").command {
		crate::args::Command::Tree(tree) => tree,
		other => panic!("another command: {other:?}"),
	}
}

#[test]
fn an_unknown_para_or_validator_is_named_with_what_there_is() {
	let refusal = |line: &[&str]| {
		let args = args(line);
		let error = check(&args, &args.run_config()).expect_err("there is no such thing");
		assert!(error.is_usage());
		error.to_string()
	};
	assert_eq!(
		refusal(&["--para", "1999"]),
		"invalid value '1999' for '--para': must be one of 2000, 2001"
	);
	assert_eq!(
		refusal(&["--validator", "6"]),
		"invalid value '6' for '--validator': must be at most 5"
	);
	let args = args(&["--at", "3"]);
	assert!(check(&args, &args.run_config()).is_ok());
}

#[test]
fn r_vie_1_several_trees_are_one_picture() {
	let trees = [example(14), example(5)];
	let nodes: usize = trees.iter().map(|tree| tree.nodes.len()).sum();
	let picture = sheet(&trees, Format::Svg).expect("it can be written");
	assert_eq!(picture.matches("<path").count(), nodes);
	assert_eq!(picture.matches("<svg").count(), 3);
	assert_eq!(picture.matches("</svg>").count(), 3);
	let text = sheet(&trees, Format::Text).expect("it can be written");
	assert_eq!(text.matches("\nincluded ").count(), 2);
	assert!(sheet(&trees, Format::Dot)
		.expect_err("there is one graph in a file")
		.is_usage());
}

#[test]
fn every_slide_is_drawn_after_each_of_its_steps() {
	for key in slides() {
		for step in 1..9 {
			for format in [Format::Text, Format::Svg] {
				let drawn = slide::drawn(key, Some(step), format).expect("it is drawn");
				assert!(drawn.contains("at relay block 1"), "{key}, step {step}: {drawn}");
			}
		}
		let text = slide::drawn(key, None, Format::Text).expect("it is drawn");
		assert!(text.contains("\n1. ") && text.contains("\n   "), "{key}: {text}");
	}
	assert!(slide::drawn("questions", None, Format::Text)
		.expect_err("there is no such slide")
		.is_usage());
	assert!(Cli::try_parse_from(["async-backing", "tree", "--slide", "questions"]).is_err());
}
