//! Pictures of runs that are made up, and of one that is run.

use super::{frame, lines, over, Look};
use async_backing_devnet::{Fate, Story, ToldBlock, ToldParablock};
use async_backing_primitives::{CandidateHash, CoreIndex, Hash, ParaId};
use std::time::Duration;

const SLOT: Duration = Duration::from_secs(6);

fn look() -> Look {
	Look {
		slot: SLOT,
		blocks: 60,
		paras: vec![2000],
		title: "seed 0".into(),
	}
}

fn relay_block(number: u32, slot: u32, is_best: bool) -> ToldBlock {
	ToldBlock {
		number,
		hash: Hash::from_low_u64_be(u64::from(slot)),
		parent: Hash::zero(),
		at: SLOT * slot,
		author: 3,
		session: 0,
		is_best,
	}
}

fn parablock(height: u32, fate: Fate) -> ToldParablock {
	ToldParablock {
		para: ParaId(2000),
		candidate: CandidateHash(Hash::from_low_u64_be(height.into())),
		height: Some(height),
		relay_parent: Hash::zero(),
		relay_parent_number: Some(height),
		core: CoreIndex(0),
		built: SLOT * height + SLOT / 2,
		seconded: None,
		backable: None,
		backed: None,
		included: None,
		timed_out: None,
		extrinsics: 10,
		pov_bytes: 100,
		fate,
		reason: String::new(),
		lost: None,
	}
}

/// Four relay blocks, one of them lost, and an empty slot; a parablock that is included, one on-chain, one lost, one new.
fn story() -> Story {
	let included = ToldParablock {
		backed: Some(1),
		included: Some(3),
		..parablock(1, Fate::Included)
	};
	let pending = ToldParablock {
		backed: Some(3),
		..parablock(2, Fate::InFlight)
	};
	let lost = ToldParablock {
		lost: Some(SLOT * 4),
		..parablock(3, Fate::ForkLost)
	};
	let new = ToldParablock {
		seconded: Some(SLOT * 4),
		built: SLOT * 4,
		..parablock(4, Fate::InFlight)
	};
	Story {
		relay_blocks: vec![
			relay_block(1, 1, true),
			relay_block(2, 2, true),
			relay_block(2, 2, false),
			relay_block(3, 4, true),
		],
		parablocks: vec![included, pending, lost, new],
		traffic: Vec::new(),
		trees: Vec::new(),
	}
}

#[test]
fn a_picture_has_slots_forks_lanes_and_the_tree() {
	let tree = "Para 2000 at relay block 3\n2 candidate places\n\nincluded\ngenesis\n\nP pending\n= best";
	let drawn = frame::draw(&look(), &story(), vec![(2000, tree.into())], SLOT * 4, (40, 100));
	let expected = "seed 0
24.0 s, slot 4: relay block 3 of 60 by validator 3, session 0
1 relay blocks lost to other forks; 1 of 4 parablocks included
slots  .#Y.#   # block, Y forks, x lost, . empty
chain  1 - 2 (+1) - 3

para 2000  4 built, 1 included, 1 lost
    1 on 1            --========|                                   included in 3
    2 on 2                  ------=                                 backed in 3
    3 on 3                      --x                                 fork lost
    4 on 4                        -                                 seconded

Para 2000 at relay block 3
2 candidate places

included
genesis
";
	let squeezed = |text: &str| {
		let lines = text
			.lines()
			.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
		lines.collect::<Vec<_>>()
	};
	assert_eq!(squeezed(&drawn), squeezed(expected), "{drawn}");
}

#[test]
fn a_picture_fits_into_its_terminal_whatever_that_is() {
	let mut story = story();
	story
		.parablocks
		.extend((5..60).map(|height| parablock(height, Fate::InFlight)));
	let tree = "x".repeat(300) + "\n" + &"y\n".repeat(50);
	for size in [(40, 100), (24, 80), (10, 40), (5, 20), (1, 1), (200, 400)] {
		let drawn = frame::draw(&look(), &story, vec![(2000, tree.clone())], SLOT * 70, size);
		let (rows, columns) = size;
		assert!(drawn.lines().count() < rows.max(2), "{size:?}: {drawn}");
		for line in drawn.lines() {
			assert!(line.chars().count() <= columns, "{size:?}: {line}");
		}
	}
}

#[test]
fn each_relay_block_is_a_line_once() {
	let mut told = 0;
	let text = lines::since(&look(), &story(), &mut told);
	let expected = "slot 1: relay block 1 by validator 3: nothing of parachains
slot 2: relay block 2 by validator 3: backs 2000#1
slot 2: relay block 2 by validator 3: nothing of parachains
slot 4: relay block 3 by validator 3: backs 2000#2; includes 2000#1
";
	assert_eq!(text, expected);
	assert_eq!(lines::since(&look(), &story(), &mut told), "");
}

#[test]
fn a_picture_goes_over_the_one_before() {
	assert_eq!(over("a\nb\n"), "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
}

#[test]
fn a_run_that_is_watched_is_the_same_run_and_its_pictures_are_too() {
	use crate::{
		args::{Cli, Command},
		run_watched,
		runtime::{Runtime, RuntimeArgs},
	};
	use clap::Parser;
	use std::{cell::RefCell, rc::Rc};

	let line = "async-backing dev --blocks 12 --forks 40 --watch";
	let Command::Dev(dev) = Cli::try_parse_from(line.split_whitespace())
		.expect("it parses")
		.command
	else {
		panic!("{line}")
	};
	let config = dev.run_config();
	let run = |watched: bool| {
		let frames: Rc<RefCell<Vec<String>>> = Rc::default();
		let runtime = Runtime::of(&RuntimeArgs::default()).expect("there is the compiled runtime");
		let (_, report) = run_watched(config.clone(), runtime, |devnet| {
			if watched {
				let (look, frames) = (Look::of(&config), frames.clone());
				devnet.watch(move |devnet| {
					let story = devnet.story().expect("the relay chain runs").expect("it is kept");
					let trees = super::tree(devnet);
					let drawn = frame::draw(&look, &story, trees, devnet.now(), (60, 120));
					frames.borrow_mut().push(drawn);
				});
			}
		})
		.expect("the relay chain runs");
		let frames = frames.borrow().clone();
		(report.events, report.head, frames)
	};
	let (first, second, unwatched) = (run(true), run(true), run(false));
	assert_eq!(first, second);
	assert_eq!((&first.0, &first.1), (&unwatched.0, &unwatched.1));
	let frames = first.2;
	assert!(frames.len() >= 12, "{} pictures", frames.len());
	let last = frames.last().expect("there are some");
	for words in [
		"slots  ",
		"para 2000",
		"para 2001",
		"included in ",
		"Para 2000 at relay block",
		"═",
	] {
		assert!(last.contains(words), "{words}: {last}");
	}
	assert!(
		frames.iter().any(|drawn| drawn.contains("(+1)")),
		"there are forks: {last}"
	);
}
