//! All hostile guests and proofs of validity, by the names that `docs/pvf.md` has for them.

use super::*;
use async_backing_primitives::{BlockData, PoV};
use async_backing_pvf::MAX_DECOMPRESSED_POV;
use sp_maybe_compressed_blob::compress_weakly;

/// How a guest has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
	/// Its code is not compiled.
	Refused,
	/// It has a verdict, by these words.
	Verdict(&'static str),
	/// It is valid: it is here for what its preparation takes.
	Valid,
	/// The clock ends it, as its fuel does not hold it.
	Clock,
}

/// What ends by its fuel.
const FUEL: End = End::Verdict("ran out of its");

/// Every one of them.
pub fn all() -> Vec<Case> {
	[povs(), executing(), compiling()].into_iter().flatten().collect()
}

/// A guest, and the proof of validity that it is given.
pub struct Case {
	pub name: String,
	pub code: ValidationCode,
	pub pov: PoV,
	pub end: End,
}

fn case(name: impl Into<String>, code: ValidationCode, end: End) -> Case {
	Case {
		name: name.into(),
		code,
		pov: pov(vec![200; 100]),
		end,
	}
}

fn pov(bytes: Vec<u8>) -> PoV {
	PoV {
		block_data: BlockData(bytes),
	}
}

/// Proofs of validity for a guest that reads all of them.
pub fn povs() -> Vec<Case> {
	const MANY: usize = 16 << 20;
	let packed = |bytes: usize| compress_weakly(&vec![0; bytes], usize::MAX).expect("zeros can be packed");
	let mut corrupt = packed(MANY);
	corrupt.truncate(corrupt.len() / 2);
	let nothing = "nothing in it";
	[
		("an honest PoV", vec![200; 100], End::Valid),
		(
			"PoV: a bomb of 40 MiB and a byte",
			packed(MAX_DECOMPRESSED_POV + 1),
			End::Verdict("when decompressed"),
		),
		(
			"PoV: as much as is unpacked",
			packed(MAX_DECOMPRESSED_POV),
			End::Verdict("does not fit in the guest's heap"),
		),
		("PoV: packed and cut", corrupt, End::Verdict("is corrupt")),
		("PoV: empty", Vec::new(), End::Verdict(nothing)),
		("PoV: 16 MiB of zeros", vec![0; MANY], End::Verdict(nothing)),
		(
			"PoV: 16 MiB of zeros, packed",
			packed(MANY),
			End::Verdict(nothing),
		),
	]
	.into_iter()
	.map(|(name, bytes, end)| Case {
		pov: pov(bytes),
		..case(name, summing(), end)
	})
	.collect()
}

/// Guests that execute long, or much.
pub fn executing() -> Vec<Case> {
	let odd = |odd: Odd| odd.code();
	vec![
		case("endless loop", forever(&Guest::default(), |_| ()), FUEL),
		case("chase of pointers through 128 MiB", pointer_chase(), End::Clock),
		case("a word in each page of 128 MiB", touching(), End::Valid),
		case("chain of divisions", divisions(), FUEL),
		case("deep recursion", recursion(), End::Verdict("stack")),
		case(
			"ordered trie root of 33,554,432 empty values",
			root_of_nothing(),
			FUEL,
		),
		case(
			"trie root of 3000 keys that nest",
			nested_keys(3000),
			End::Verdict("nodes on one path"),
		),
		case("trie root of 200 keys that nest", nested_keys(200), End::Valid),
		case("empty lines of log", logging(0), FUEL),
		case("lines of log of a MiB", logging(1 << 20), FUEL),
		case("calls that do nothing", idle_calls(), FUEL),
		case(
			"`memory.grow` that is refused",
			growing(60_000),
			End::Verdict("pages of memory"),
		),
		case("`memory.grow` by nothing", growing(0), FUEL),
		case(
			"start function that does not end",
			odd(Odd {
				starts: true,
				..Default::default()
			}),
			FUEL,
		),
		case(
			"table of 1,048,576 elements",
			odd(Odd {
				table: 1 << 20,
				..Default::default()
			}),
			End::Verdict("table"),
		),
		case(
			"table of 65,536 elements and 10,000 imports",
			odd(Odd {
				table: 1 << 16,
				imports: 10_000,
				..Default::default()
			}),
			End::Verdict("not a validation result"),
		),
		case(
			"100,000 imports",
			odd(Odd {
				imports: 100_000,
				..Default::default()
			}),
			End::Verdict("not a validation result"),
		),
	]
}

/// Guests that take long to compile.
pub fn compiling() -> Vec<Case> {
	let mut all = Vec::new();
	for (depth, locals, end) in [
		(12, 1000, FUEL),
		(100, 50, FUEL),
		(200, 10, FUEL),
		(20, 1000, FUEL),
		(200, 1000, End::Refused),
		(1400, 1200, End::Refused),
	] {
		let name = format!("{depth} nested loops with {locals} locals");
		all.push(case(name, nested_loops(depth, locals), end));
	}
	for (depth, locals, end) in [
		(500, 500, End::Valid),
		(1000, 100, End::Valid),
		(4000, 100, End::Valid),
		(4000, 4000, End::Refused),
		(5000, 10, End::Refused),
	] {
		let name = format!("{depth} nested blocks with {locals} locals");
		all.push(case(name, nested_blocks(depth, locals), end));
	}
	for (instructions, end) in [
		(100_000, End::Valid),
		(200_000, End::Valid),
		(499_000, End::Valid),
		(1_000_000, End::Refused),
	] {
		let name = format!("{instructions} instructions in one line");
		all.push(case(name, straight_line(instructions), end));
	}
	for (targets, end) in [(1000, End::Valid), (4000, End::Valid), (5000, End::Refused)] {
		let name = format!("jump table with {targets} targets");
		all.push(case(name, jump_table(targets), end));
	}
	all
}
