//! Every form of input reads to the same, and whatever is wrong has its place.

mod common;

use async_backing_primitives::{ParachainsInherentData, INJECTED_CORE_BITS};
use async_backing_replay::{
	judge, read, read_extrinsic, replay, Block, ExtrinsicError, Options, Question, ReadError,
};
use common::{chain, extrinsic, rest, Spelling};
use proptest::prelude::*;
use serde_json::{json, Value};
use std::{fs, path::PathBuf};

/// A folder that goes with its value.
struct Folder(PathBuf);

impl Folder {
	fn new(name: &str) -> Self {
		let folder = std::env::temp_dir().join(format!("async-backing-replay-{name}-{}", std::process::id()));
		fs::create_dir_all(&folder).expect("there is room for a folder");
		Self(folder)
	}

	fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
		let path = self.0.join(name);
		fs::write(&path, content).expect("there is room for a file");
		path
	}
}

impl Drop for Folder {
	fn drop(&mut self) {
		let _gone_or_not = fs::remove_dir_all(&self.0);
	}
}

fn data(block: &Block) -> &ParachainsInherentData {
	&block.inherent.as_ref().expect("it has one").data
}

#[test]
fn r_bin_16_both_spellings_of_json_read_as_the_extrinsic_does() {
	let folder = Folder::new("spellings");
	let blocks = chain(5);
	for spelling in [Spelling::Camel, Spelling::Snake] {
		let range: Value = blocks.iter().map(|block| rest(block, spelling)).collect();
		let path = folder.write("range.json", range.to_string());
		let found = read(&[path]);
		assert!(found.errors.is_empty(), "{:?}", found.errors);
		assert_eq!(found.blocks.len(), blocks.len());
		for (block, expected) in std::iter::zip(&found.blocks, &blocks) {
			assert_eq!(
				data(block),
				data(expected),
				"R-BIN-16: bits are found by the extrinsic's hash"
			);
			let inherent = block.inherent.as_ref().expect("it has one");
			assert_eq!(inherent.bytes.as_deref(), Some(&extrinsic(data(expected))[..]));
			assert_eq!(
				(block.hash, block.number, block.booked),
				(expected.hash, expected.number, expected.booked)
			);
			let events = |block: &Block| {
				block
					.events
					.iter()
					.flatten()
					.map(|told| told.event.clone())
					.collect::<Vec<_>>()
			};
			assert_eq!(events(block), events(expected));
		}
		let report = judge(found.blocks, &Options::default(), None);
		assert!(report.passes(), "{report}");
	}
}

#[test]
fn json_without_the_extrinsics_hash_leaves_bits_undecided() {
	let folder = Folder::new("no-hash");
	let mut told = rest(&chain(1)[0], Spelling::Camel);
	told["extrinsics"][1]["hash"] = Value::Null;
	let report = replay(
		&[folder.write("block.json", told.to_string())],
		&Options::default(),
		None,
	);
	assert!(report.passes(), "{report}");
	assert_eq!(report.total.of(Question::Encoding).undecided_count(), 1);
	told["extrinsics"][1]["hash"] = json!(format!("0x{}", "00".repeat(32)));
	let report = replay(
		&[folder.write("block.json", told.to_string())],
		&Options::default(),
		None,
	);
	assert_eq!(
		report.total.of(Question::Encoding).disagree.len(),
		1,
		"no reading has this hash"
	);
}

#[test]
fn one_extrinsic_as_scale_and_hexadecimal_and_in_lists() {
	let folder = Folder::new("extrinsic");
	let bytes = extrinsic(data(&chain(1)[0]));
	let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
	let timestamp = "0x280403000b99e04d568001";
	let files = [
		folder.write("a.scale", &bytes),
		folder.write("a.hex", format!("0x{digits}\n")),
		folder.write("plain.hex", &digits),
		folder.write("no-length.scale", &bytes[2..]),
		folder.write("list.json", json!([timestamp, format!("0x{digits}")]).to_string()),
		folder.write("raw.json", json!({ "extrinsics": [timestamp, format!("0x{digits}")], "number": "100" }).to_string()),
		folder.write(
			"rpc.json",
			json!({ "result": { "block": { "header": { "number": "0x64" }, "extrinsics": [format!("0x{digits}")] } } }).to_string(),
		),
	];
	let found = read(&files);
	assert!(found.errors.is_empty(), "{:?}", found.errors);
	assert_eq!(found.blocks.len(), files.len());
	for block in &found.blocks {
		assert_eq!(data(block), data(&chain(1)[0]), "{}", block.source);
		assert_eq!(block.number(), Some(100));
	}
	// The same files as a folder.
	assert_eq!(read(std::slice::from_ref(&folder.0)).blocks.len(), files.len());
}

#[test]
fn a_block_without_parachains_is_no_error() {
	let folder = Folder::new("no-paras");
	let block = json!({ "number": "7", "extrinsics": [{ "method": { "pallet": "timestamp", "method": "set" }, "args": {} }] });
	let report = replay(
		&[folder.write("block.json", block.to_string())],
		&Options::default(),
		None,
	);
	assert!(report.passes(), "{report}");
	assert_eq!(report.blocks[0].candidates, 0);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
	let folder = Folder::new("wrong");
	let block = rest(&chain(1)[0], Spelling::Camel);
	let with = |pointer: &str, value: Value| {
		let mut changed = block.clone();
		*changed.pointer_mut(pointer).expect("it is there") = value;
		changed.to_string()
	};
	let data = "/extrinsics/1/args/data";
	let rows = [
		(
			with(&format!("{data}/bitfields/3/signature"), json!("0x12")),
			"bitfields[3].signature: expected a signature of 64 bytes",
		),
		(
			with(&format!("{data}/bitfields/3/payload"), json!("0x0g")),
			"bitfields[3].payload: character 3 is 'g'",
		),
		(
			with(&format!("{data}/parentHeader/number"), json!(-1)),
			"parentHeader.number: expected a number",
		),
		(
			with(&format!("{data}/backedCandidates/1/candidate"), json!([])),
			"backedCandidates[1].candidate: expected descriptor",
		),
		(
			with(
				&format!("{data}/backedCandidates/0/validityVotes/0"),
				json!({ "other": "0x" }),
			),
			"validityVotes[0]: expected an implicit",
		),
		(with("/number", json!("many")), ".number: expected a number"),
		("{\n  \"number\": }".into(), "line 2, column"),
		("{}".into(), "expected a block with extrinsics"),
		(String::new(), "too few for an extrinsic"),
		("0x280403000b99e04d568001".into(), "byte 5: number of bitfields"),
		("not at all".into(), "the length in front says"),
	];
	for (content, expected) in rows {
		let path = folder.write("wrong.json", content);
		let found = read(&[path]);
		let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
		assert!(
			errors.iter().any(|error| error.contains(expected)),
			"{expected}: {errors:?}"
		);
	}
	let missing = read(&[folder.0.join("nothing-here")]);
	assert!(matches!(missing.errors[..], [ReadError::Io { .. }]));
	let report = replay(&[folder.0.join("nothing-here")], &Options::default(), None);
	assert!(!report.passes(), "what can't be read is no success");
}

#[test]
fn r_bin_17_a_cut_extrinsic_says_where_it_ends() {
	let bytes = extrinsic(data(&chain(1)[0]));
	let body = &bytes[2..];
	for length in [0, 1, 2, 3, 10, 200, body.len() - 1] {
		let error = read_extrinsic(&body[..length]).expect_err("it is cut");
		match error {
			ExtrinsicError::Decode { offset, part, .. } => assert!(offset <= length && !part.is_empty()),
			ExtrinsicError::TooShort { .. } | ExtrinsicError::Length { .. } => {
				assert!(length < 4, "{length}")
			}
			other => panic!("{length}: {other}"),
		}
	}
	let longer = [body, &[0]].concat();
	assert_eq!(
		read_extrinsic(&longer).err(),
		Some(ExtrinsicError::Trailing {
			offset: body.len(),
			bytes: 1
		})
	);
	assert_eq!(INJECTED_CORE_BITS, 8);
}

fn hexadecimal(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is said about one file: blocks, and errors as text.
fn said(folder: &Folder, name: &str, content: impl AsRef<[u8]>) -> (Vec<Block>, Vec<String>) {
	let found = read(&[folder.write(name, content)]);
	let errors = found.errors.iter().map(ToString::to_string).collect();
	(found.blocks, errors)
}

const TIMESTAMP: &str = "0x280403000b99e04d568001";

#[test]
fn r_inc_1_an_inherent_among_extrinsics_that_does_not_decode_is_unread() {
	let folder = Folder::new("cut-among");
	let bytes = extrinsic(data(&chain(1)[0]));
	let cut = format!("0x{}", hexadecimal(&bytes[..bytes.len() - 10]));
	let longer = format!("0x{}00", hexadecimal(&bytes));
	for (inherent, expected) in [
		(&cut, "extrinsics[1]: the length in front says"),
		(&longer, "extrinsics[1]: the length"),
	] {
		for block in [
			json!({ "extrinsics": [TIMESTAMP, inherent], "number": "100" }),
			json!({ "result": { "block": { "header": { "number": "0x64" }, "extrinsics": [TIMESTAMP, inherent] } } }),
		] {
			let (blocks, errors) = said(&folder, "raw.json", block.to_string());
			assert!(blocks.is_empty() && errors.len() == 1, "{errors:?}");
			assert!(errors[0].contains(expected), "{errors:?}");
		}
	}
	// The right length, and one candidate cut: the byte is named.
	let mut wrong = bytes[2..].to_vec();
	wrong.truncate(300);
	let block = json!({ "extrinsics": [TIMESTAMP, format!("0x{}", hexadecimal(&wrong))] });
	let (_, errors) = said(&folder, "raw.json", block.to_string());
	assert!(errors[0].contains("extrinsics[1]: byte "), "{errors:?}");
	// Signed ones, and those of other pallets, are not ours.
	let block = json!({ "number": "7", "extrinsics": [TIMESTAMP, "0x1084360001"] });
	let report = replay(
		&[folder.write("raw.json", block.to_string())],
		&Options::default(),
		None,
	);
	assert!(report.passes() && report.blocks.len() == 1, "{report}");
	let why = report.total.of(Question::Encoding).undecided;
	assert!(
		why.keys()
			.all(|why| why.contains("no parachains inherent was found")),
		"{why:?}"
	);
	assert!(
		report.to_string().contains("no parachains inherent was found"),
		"{report}"
	);
	let twice =
		json!({ "extrinsics": [format!("0x{}", hexadecimal(&bytes)), format!("0x{}", hexadecimal(&bytes))] });
	let (blocks, errors) = said(&folder, "raw.json", twice.to_string());
	assert!(
		blocks.is_empty() && errors[0].contains("not a second (R-INC-1)"),
		"{errors:?}"
	);
}

#[test]
fn each_of_a_list_is_read_by_itself() {
	let folder = Folder::new("lists");
	let blocks = chain(3);
	let digits = |at: usize| format!("0x{}", hexadecimal(&extrinsic(data(&blocks[at]))));
	let list = json!([
		"zz",
		digits(0),
		TIMESTAMP,
		digits(1),
		rest(&blocks[2], Spelling::Camel),
		&digits(0)[..400]
	]);
	let (found, errors) = said(&folder, "list.json", list.to_string());
	assert_eq!(found.len(), 3, "{errors:?}");
	for (found, expected) in std::iter::zip(&found, &blocks) {
		assert_eq!(data(found), data(expected));
	}
	assert_eq!(errors.len(), 2, "{errors:?}");
	assert!(
		errors[0].contains("[0]: character 0") && errors[1].contains("[5]: the length"),
		"{errors:?}"
	);
	let (_, errors) = said(&folder, "list.json", json!([TIMESTAMP]).to_string());
	assert_eq!(errors.len(), 1, "nothing was found, and that is said");
}

#[test]
fn text_is_read_as_editors_and_tools_write_it_or_named() {
	let folder = Folder::new("forms");
	let block = &chain(1)[0];
	let bytes = extrinsic(data(block));
	let digits = hexadecimal(&bytes);
	let lines: Vec<_> = digits
		.as_bytes()
		.chunks(64)
		.map(String::from_utf8_lossy)
		.collect();
	let json = rest(block, Spelling::Camel).to_string();
	for (name, content) in [
		("bom.json", [&b"\xef\xbb\xbf"[..], json.as_bytes()].concat()),
		("bom.hex", [&b"\xef\xbb\xbf"[..], digits.as_bytes()].concat()),
		("lines.hex", lines.join("\r\n").into_bytes()),
		("upper.hex", format!("0X{}\n", digits.to_uppercase()).into_bytes()),
	] {
		let (blocks, errors) = said(&folder, name, content);
		assert!(errors.is_empty(), "{name}: {errors:?}");
		assert_eq!(data(&blocks[0]), data(block), "{name}");
	}
	let wide: Vec<u8> = json.encode_utf16().flat_map(u16::to_le_bytes).collect();
	let gzip = [&[0x1f, 0x8b, 8, 0][..], &[7; 300]].concat();
	for (name, content, expected) in [
		("wide.json", [&[0xff, 0xfe][..], &wide].concat(), "UTF-16"),
		("wide-without-mark.json", wide, "UTF-16"),
		("block.json.gz", gzip, "gzip"),
		("other.bin", vec![0xff; 300], "byte 0: 0xff begins no extrinsic"),
	] {
		let (_, errors) = said(&folder, name, content);
		assert!(
			errors.len() == 1 && errors[0].contains(expected),
			"{name}: {errors:?}"
		);
	}
}

#[test]
fn r_bin_16_bits_written_digit_by_digit_are_refused_with_their_place() {
	let folder = Folder::new("digits");
	for (pointer, place) in [
		(
			"/extrinsics/1/args/data/bitfields/3/payload",
			"bitfields[3].payload: expected the bytes of a list of bits",
		),
		(
			"/extrinsics/1/args/data/backedCandidates/1/validatorIndices",
			"backedCandidates[1].validatorIndices: expected the bytes",
		),
	] {
		let mut block = rest(&chain(1)[0], Spelling::Camel);
		*block.pointer_mut(pointer).expect("it is there") = json!("0b11");
		let (_, errors) = said(&folder, "block.json", block.to_string());
		assert!(errors.len() == 1 && errors[0].contains(place), "{errors:?}");
	}
}

#[test]
fn folders_hide_nothing() {
	let folder = Folder::new("folders");
	fs::create_dir_all(folder.0.join("blocks")).expect("there is room");
	folder.write("a.JSON", rest(&chain(1)[0], Spelling::Camel).to_string());
	let found = read(std::slice::from_ref(&folder.0));
	assert!(
		found.errors.is_empty() && found.blocks.len() == 1,
		"{:?}",
		found.errors
	);
	let entry = json!([{ "chain": "test", "number": 100, "events": [] }]);
	let (_, errors) = said(&folder, "index.json", entry.to_string());
	assert!(
		errors[0].contains("index.json[0]: expected extrinsicHash, came nothing"),
		"{errors:?}"
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn r_pre_2_no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
		let _either = read_extrinsic(&bytes);
	}

	#[test]
	fn r_pre_2_a_changed_block_is_judged_or_refused(
		at in any::<prop::sample::Index>(), to in any::<u8>(), block in 0..4_usize,
	) {
		let mut blocks = chain(4);
		let mut bytes = blocks[block].inherent.as_ref().and_then(|inherent| inherent.bytes.clone()).expect("it has them");
		let at = at.index(bytes.len());
		bytes[at] = to;
		if let Ok(inherent) = read_extrinsic(&bytes) {
			blocks[block].inherent = Some(inherent);
			let report = judge(blocks, &Options::default(), None);
			prop_assert_eq!(report.blocks.len(), 4);
			let _shown = report.to_string();
		}
	}

	#[test]
	fn r_pre_2_changed_json_is_judged_or_refused(choice in any::<prop::sample::Index>(), kind in 0..5_u8) {
		let folder = Folder::new("changed");
		let mut block = rest(&chain(1)[0], Spelling::Camel);
		let mut places = Vec::new();
		pointers(&block, String::new(), &mut places);
		let place = choice.get(&places).clone();
		if let Some(value) = block.pointer_mut(&place) {
			*value = match kind {
				0 => Value::Null,
				1 => json!("0x"),
				2 => json!(u64::MAX),
				3 => json!([["0x00"]]),
				_ => json!({ "a": "é" }),
			};
		}
		let report = replay(&[folder.write("changed.json", block.to_string())], &Options::default(), None);
		let _shown = report.to_string();
		prop_assert!(report.blocks.len() + report.unread.len() <= 2);
	}
}

fn pointers(value: &Value, place: String, into: &mut Vec<String>) {
	match value {
		Value::Object(fields) => fields
			.iter()
			.for_each(|(name, value)| pointers(value, format!("{place}/{name}"), into)),
		Value::Array(items) => (0..)
			.zip(items)
			.for_each(|(at, value): (u32, _)| pointers(value, format!("{place}/{at}"), into)),
		_ => {}
	}
	into.push(place);
}
