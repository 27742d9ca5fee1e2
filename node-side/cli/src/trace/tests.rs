//! Drawings of roads that are made up.

use super::{
	lanes,
	road::{Concern, Did, Mark, Road, Said},
	svg, text,
	votes::{Row, Vote, Votes},
};
use async_backing_devnet::Passing;
use std::time::Duration;

fn ms(ms: u64) -> Duration {
	Duration::from_millis(ms)
}

/// A collator tells two validators, of which one votes; a third hears of it over the grid.
fn road() -> Road {
	let said = |kind, concern, from, began, heard: &[(usize, u64)]| Said {
		kind,
		concern,
		bytes: 100,
		from,
		began: ms(began),
		heard: heard.iter().map(|(node, at)| (*node, ms(*at))).collect(),
	};
	let did = |node, began, at, what| Did {
		node,
		began: ms(began),
		at: ms(at),
		what,
	};
	Road {
		title: "Para 2000, parablock 3 on relay block 8".into(),
		subtitle: "candidate 12345678".into(),
		validators: 3,
		parts: [
			("", vec![3]),
			("the group", vec![0, 1]),
			("everybody else", vec![2]),
		],
		said: vec![
			said("advertise", Concern::Collation, 3, 0, &[(0, 100), (1, 108)]),
			said("manifest", Concern::Grid, 0, 900, &[(2, 1000)]),
		],
		did: vec![
			did(3, 0, 0, Passing::Built),
			did(0, 200, 800, Passing::Executed { valid: true }),
			did(0, 800, 800, Passing::Seconded),
			did(2, 1000, 1000, Passing::Backable),
		],
		marks: vec![
			Mark {
				number: 9,
				at: ms(500),
				does: "",
			},
			Mark {
				number: 10,
				at: ms(1100),
				does: "backs it",
			},
		],
		span: (ms(0), ms(1100)),
	}
}

#[test]
fn a_road_is_told_in_the_order_of_time() {
	let expected = "Para 2000, parablock 3 on relay block 8
candidate 12345678

the group: validators 0, 1

  0.000 s  collator 0 has built it
  0.000 s  collator 0 to validators 0, 1: advertise, 100 bytes, there at 0.100 s to 0.108 s
  0.800 s  validator 0 has executed it, from 0.200 s on: valid
  0.800 s  validator 0 seconds it
  0.900 s  validator 0 to validator 2: manifest, 100 bytes, there at 1.000 s
  1.000 s  validator 2 knows a quorum for it
  1.100 s  relay block 10 backs it
";
	assert_eq!(text::road(&road()), expected);
}

#[test]
fn each_message_is_a_line_for_each_who_hears_it_and_all_is_in_the_picture() {
	let picture = svg::draw(&road());
	assert_eq!(picture.matches("<path class=\"said collation\" d=").count(), 2);
	assert_eq!(picture.matches("<path class=\"said grid\" d=").count(), 1);
	for words in [
		"block 10 backs it",
		"the group",
		"everybody else",
		"validator 2 knows a quorum",
	] {
		assert!(picture.contains(words), "{words}");
	}
	within(&picture);
}

#[test]
fn votes_are_told_and_drawn_each_on_the_line_of_its_validator() {
	let vote = |validator, at, seconds| Vote {
		validator,
		at: ms(at),
		seconds,
	};
	let row = |number: u64, on_chain| Row {
		name: format!("parablock {number}"),
		relay_parent: 8,
		built: ms(2000),
		votes: vec![vote(1, 4000, true), vote(4, 4200, false)],
		quorum: Some(ms(4200)),
		backed: on_chain,
		included: None,
	};
	let votes = Votes {
		title: "Para 2000".into(),
		rows: vec![row(1, Some((10, ms(12_000)))), row(2, None)],
		relay_blocks: vec![(8, ms(0)), (9, ms(6000)), (10, ms(12_000))],
	};
	let told = text::votes(&votes);
	let words: Vec<_> = told.split_whitespace().collect();
	let words = words.join(" ");
	for line in [
		"vote 4.200 s validator 4 confirms it, and knows a quorum",
		"backed 12.000 s in relay block 10",
		"backed never",
	] {
		assert!(words.contains(line), "{line}: {told}");
	}
	let picture = lanes::draw(&votes);
	assert_eq!(picture.matches("on-chain</text>").count(), 1);
	assert_eq!(picture.matches("<title>validator 4 confirms it").count(), 2);
	within(&picture);
}

/// Nothing is drawn outside of the picture, whatever the times are.
fn within(picture: &str) {
	let number = |text: &str| {
		text.split('"')
			.next()
			.and_then(|number| number.parse::<f64>().ok())
	};
	let width = picture
		.split("width=\"")
		.nth(1)
		.and_then(number)
		.expect("it has a width");
	for attribute in [" cx=\"", " x=\""] {
		for at in picture.split(attribute).skip(1).filter_map(number) {
			assert!((0.0..=width).contains(&at), "{at} in {width}");
		}
	}
}
