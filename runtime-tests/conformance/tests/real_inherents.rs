//! Inherents of public relay chains by our types: what `benchmarks/weights` compares weights on is what the blocks held.
//!
//! The blocks are no part of the project. Their folder is `ASYNC_BACKING_CHAIN_DATA`; without it there is nothing to count,
//! and the suite says so.

use async_backing_primitives::{upward_messages_before_separator, ParachainsInherentData};
use codec::{Compact, Decode, Encode};
use facts::{RealInherent, REAL};
use std::{fs, path::PathBuf};

#[path = "../../../benchmarks/weights/src/inherent/real/facts.rs"]
mod facts;

const FOLDER: &str = "ASYNC_BACKING_CHAIN_DATA";
/// Where Polkadot has `ParaInherent`, and `enter` in it.
const CALL: [u8; 2] = [54, 0];

fn folder() -> Option<PathBuf> {
	let folder = std::env::var_os(FOLDER).map(|folder| PathBuf::from(folder).join("blocks"));
	let found = folder.filter(|folder| folder.is_dir());
	if found.is_none() {
		println!("skipped: {FOLDER} names no folder with blocks");
	}
	found
}

/// The inherent of an extrinsic: its length, the version of the format, the call, the argument.
fn inherent_of(extrinsic: &[u8]) -> ParachainsInherentData {
	let mut rest = extrinsic;
	let length = Compact::<u32>::decode(&mut rest).expect("a length").0;
	assert_eq!(length as usize, rest.len());
	let [4 | 5, call @ ..] = rest else {
		panic!("an unsigned extrinsic")
	};
	let argument = call.strip_prefix(&CALL).expect("ParaInherent::enter");
	let inherent = ParachainsInherentData::decode(&mut &argument[..]).expect("R-BIN-17: decodes");
	assert_eq!(inherent.encode(), argument, "R-BIN-17: to the last byte");
	inherent
}

fn count<T>(items: impl IntoIterator<Item = T>, of: impl Fn(T) -> usize) -> u32 {
	let sum: usize = items.into_iter().map(of).sum();
	u32::try_from(sum).expect("a block holds few")
}

#[test]
fn r_bin_17_r_wgt_6_compositions_of_real_inherents() {
	let Some(folder) = folder() else { return };
	let index = fs::read_to_string(folder.join("index.json")).expect("an index");
	for real in REAL {
		let block = real.block;
		let file = folder.join(format!("polkadot-{block}.extrinsic.scale"));
		let extrinsic = fs::read(file).expect("the block is there");
		let inherent = inherent_of(&extrinsic);
		let candidates = || inherent.backed_candidates.iter();
		let commitments = || candidates().map(|backed| &backed.candidate.commitments);
		let cores = inherent.bitfields[0].payload.0.len();
		// What the chain said of it: the text from its number to that of the next block.
		let said = index
			.split("\"number\":")
			.find(|said| said.trim_start().starts_with(&format!("{block},")))
			.expect("the block is listed");
		let booked = said
			.split("\"refTime\":")
			.nth(1)
			.and_then(|rest| rest.split('"').nth(1));
		let counted = RealInherent {
			block,
			day: real.day,
			cores: u32::try_from(cores).expect("few"),
			validators: real.validators,
			bitfields: count([()], |()| inherent.bitfields.len()),
			candidates: count([()], |()| inherent.backed_candidates.len()),
			votes: count(candidates(), |backed| backed.validity_votes.len()),
			upward_messages: count(commitments(), |commitments| {
				upward_messages_before_separator(&commitments.upward_messages).len()
			}),
			horizontal_messages: count(commitments(), |commitments| commitments.horizontal_messages.len()),
			downward_messages: count(commitments(), |commitments| {
				commitments.processed_downward_messages as usize
			}),
			code_upgrades: count(commitments(), |commitments| {
				usize::from(commitments.new_validation_code.is_some())
			}),
			dispute_votes: count(&inherent.disputes, |dispute| dispute.statements.len()),
			enacted: count([()], |()| said.matches("\"CandidateIncluded\"").count()),
			bytes: count([()], |()| inherent.encoded_size()),
			booked: booked
				.and_then(|booked| booked.parse().ok())
				.expect("what was booked"),
		};
		assert_eq!(counted, real, "block {block}");

		let highest = inherent
			.bitfields
			.iter()
			.map(|bitfield| bitfield.validator_index.0);
		let highest = highest.max().expect("some bitfields");
		assert!(highest < real.validators, "there is no validator {highest}");
		assert!(inherent
			.bitfields
			.is_sorted_by_key(|bitfield| bitfield.validator_index));
		for backed in candidates() {
			let (bits, core) = backed.split_indices().expect("R-BIN-16");
			assert!(core.as_usize() < cores);
			assert_eq!(bits.count_ones(), backed.validity_votes.len(), "R-BKV-2");
			assert_eq!(
				bits.len(),
				real.validators as usize / cores,
				"groups of the size that the table says"
			);
		}
	}
}
