//! Drawings of made-up contexts, and flags that do not fit together.

use super::*;
use crate::args::{Cli, Command};
use async_backing_execution_context::{
	backer::{self, Found},
	collator, ExecutionContext, Standing, Unincluded,
};
use async_backing_primitives::{
	BackingState, CandidateCommitments, CandidateHash, Constraints, ExtendedConstraints, HeadData,
	ParaAtLeaf, RelayChainBlockInfo, ValidationCodeHash,
};
use clap::Parser;

fn block(number: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::repeat_byte(number as u8),
		number,
		storage_root: Hash::repeat_byte(100 + number as u8),
	}
}

fn base() -> Constraints {
	Constraints {
		min_relay_parent_number: 9,
		max_pov_size: 5 << 20,
		max_code_size: 3 << 20,
		max_head_data_size: 20_480,
		ump_remaining: 10,
		ump_remaining_bytes: 1000,
		max_ump_num_per_candidate: 16,
		dmp_remaining_messages: vec![7, 8, 9, 11],
		hrmp_inbound: Default::default(),
		hrmp_channels_out: vec![],
		max_hrmp_num_per_candidate: 10,
		required_parent: HeadData(vec![0; 4]),
		validation_code_hash: ValidationCodeHash(Hash::repeat_byte(6)),
		upgrade_restriction: None,
		future_validation_code: None,
	}
}

/// Two candidates above the included head: the first sends and processes messages.
fn commitments() -> [CandidateCommitments; 2] {
	let first = CandidateCommitments {
		head_data: HeadData(vec![1; 4]),
		upward_messages: vec![vec![1; 10]; 4],
		processed_downward_messages: 2,
		hrmp_watermark: 10,
		..Default::default()
	};
	let second = CandidateCommitments {
		head_data: HeadData(vec![2; 4]),
		hrmp_watermark: 11,
		..Default::default()
	};
	[first, second]
}

fn unincluded(commitments: &[CandidateCommitments; 2], standing: [Standing; 2]) -> [Unincluded<'_>; 2] {
	let of = |position: usize, standing| Unincluded {
		candidate: CandidateHash(Hash::repeat_byte(0x51 + position as u8)),
		parent_head: match position {
			0 => HeadData(vec![0; 4]).hash(),
			_ => commitments[0].head_data.hash(),
		},
		output_head: commitments[position].head_data.hash(),
		relay_parent: block(10 + position as u32).hash,
		relay_parent_number: 10 + position as u32,
		commitments: &commitments[position],
		standing,
	};
	[of(0, standing[0]), of(1, standing[1])]
}

fn of_collator() -> ExecutionContext {
	let at_leaf = ParaAtLeaf {
		backing_state: BackingState {
			constraints: base(),
			pending_availability: vec![],
		},
		extension: None,
	};
	let commitments = commitments();
	let own = unincluded(&commitments, [Standing::Executed; 2]);
	collator::context(ParaId(2000), block(12), &at_leaf, own).expect("it fits")
}

fn of_backer() -> ExecutionContext {
	let base = ExtendedConstraints::from(base());
	let found = Found {
		para: ParaId(2000),
		relay_parent: block(12),
		leaf: 13,
		base: &base,
		included: HeadData(vec![0; 4]).hash(),
	};
	let commitments = commitments();
	let path = unincluded(&commitments, [Standing::Pending, Standing::Seconded]);
	backer::context(found, path).expect("it fits")
}

fn pictures() -> [Picture; 2] {
	[of_collator(), of_backer()].map(|context| Picture::asked(&context, 12, 13))
}

#[test]
fn r_col_3_text_shows_the_path_the_limits_and_where_all_is_from() {
	let [_, picture] = pictures();
	let text = text::draw(&picture);
	let squeeze = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
	let lines: Vec<_> = text.lines().map(squeeze).collect();
	for line in [
		"advertisement: names relay parent and parent, and is not believed",
		"state of 13 ──▶ base constraints, 1 pending",
		"ump_remaining 10 6 1",
		"max_ump_num_per_candidate 16",
		"dmp_remaining_messages 7, 8, 9 and 1 more 9, 11 1",
		"hrmp_inbound none 11 1, 2",
		"max_pov_size 5242880",
		"max_pov_size 5242880 state of 13",
		"relay_parent_storage_root 70707070 header of 12",
	] {
		assert!(lines.iter().any(|other| other == line), "{line}\n{text}");
	}
	assert!(
		text.contains("══[1: P 51515151@10]══[2: S 52525252@11]══▶ ( the block @12 )"),
		"{text}"
	);
	assert!(
		text.lines()
			.all(|line| line.chars().count() <= 120 && line.trim_end() == line),
		"{text}"
	);
	assert!(
		text.contains("output of a seconded candidate (52525252)"),
		"{text}"
	);
}

#[test]
fn r_col_2_a_collator_chooses_and_counts_on_its_own_blocks() {
	let [picture, _] = pictures();
	let text = text::draw(&picture);
	assert!(
		text.contains("  state of 12 ──▶ base constraints, 0 pending"),
		"{text}"
	);
	assert!(text.contains("[2: E 52525252@11]══▶ ( the block @12 )"), "{text}");
	assert!(text.contains("output of an own block (52525252)"), "{text}");
	assert!(text.contains("parent search"), "{text}");
}

#[test]
fn arrows_meet_what_they_point_to() {
	for picture in pictures() {
		let text = text::draw(&picture);
		let column = |symbol| {
			text.lines()
				.find_map(|line| line.chars().position(|at| at == symbol))
				.expect("it is drawn")
		};
		assert_eq!(column('▲'), column('┘'), "{text}");
		let block = text
			.lines()
			.find(|line| line.contains("( the block"))
			.expect("it is drawn");
		let begins = block.chars().position(|at| at == '(').expect("it is there");
		assert!(column('▲') > begins, "{text}");
	}
}

#[test]
fn a_picture_is_well_formed_and_shows_each_candidate() {
	for picture in pictures() {
		let svg = svg::draw(&picture);
		assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
		assert_eq!(svg.matches('<').count(), svg.matches('>').count());
		for tag in ["text", "svg", "style"] {
			assert_eq!(
				svg.matches(&format!("<{tag}")).count(),
				svg.matches(&format!("</{tag}>")).count()
			);
		}
		assert_eq!(svg.matches("height=\"44\"").count(), 2 + picture.path.len());
	}
}

fn args(line: &[&str]) -> Context {
	let words = ["async-backing", "context"].iter().chain(line);
	match Cli::try_parse_from(words).expect("it parses").command {
		Command::Context(context) => context,
		other => panic!("another command: {other:?}"),
	}
}

#[test]
fn flags_of_a_backer_are_refused_for_others_and_before_the_relay_parent() {
	let refusal = |line: &[&str]| {
		let error = check(&args(line)).expect_err("they do not fit");
		assert!(error.is_usage());
		error.to_string()
	};
	assert_eq!(
		refusal(&["--leaf", "13"]),
		"invalid value '13' for '--leaf': only a backer looks from a leaf, at what a collator names; say '--as backer'"
	);
	let parent = "ab".repeat(32);
	assert!(refusal(&["--as", "approver", "--parent", &parent]).starts_with("invalid value '0xabab"));
	assert_eq!(
		refusal(&["--as", "backer", "--at", "12", "--leaf", "11"]),
		"invalid value '11' for '--leaf': relay parent 12 is not built yet at that leaf"
	);
	assert!(check(&args(&["--as", "backer", "--leaf", "12"])).is_ok());
}

#[test]
fn a_relay_parent_without_a_block_is_refused_with_those_near_it() {
	let error = find(&args(&["--at", "7"]), &[]).expect_err("there is none");
	assert!(error.is_usage());
	assert_eq!(
		error.to_string(),
		"invalid value '7' for '--at': must be a relay parent that para 2000 built on"
	);
}
