//! Messages of the network: the golden ones of the rule book, and the same damaged.

use super::{faults::made, Case, VectorFile};
use crate::{ask::message_names, hex};
use serde_json::json;

/// Rule, hex, and what it is, one message a line. Computed by an encoder that is not ours.
const GOLDEN: &str = include_str!("../../../wire/src/tests/golden.txt");

/// Which message is in which line.
const MESSAGES: [(&str, &str); 31] = [
	("R-NET-160", "validation"),
	("R-NET-161", "collation/1"),
	("R-NET-162", "collation/2"),
	("R-NET-163", "collation/3"),
	("R-NET-164", "collation/1"),
	("R-NET-165", "collation/2"),
	("R-NET-166", "collation/3"),
	("R-NET-167", "collation/3"),
	("R-NET-168", "collation/3"),
	("R-NET-169", "collation/3"),
	("R-NET-170", "collation/4"),
	("R-NET-172", "collation/2"),
	("R-NET-173", "validation"),
	("R-NET-174", "validation"),
	("R-NET-175", "validation"),
	("R-NET-176", "validation"),
	("R-NET-177", "validation"),
	("R-NET-178", "validation"),
	("R-NET-179", "validation"),
	("R-NET-180", "req_chunk/1"),
	("R-NET-180", "req_chunk/2"),
	("R-NET-181", "req_collation/1"),
	("R-NET-182", "req_collation/2"),
	("R-NET-183", "req_collation/3"),
	("R-NET-184", "req_attested_candidate/2"),
	("R-NET-185", "chunk/1"),
	("R-NET-186", "chunk/2"),
	("R-NET-187", "pov/1"),
	("R-NET-187", "available_data/1"),
	("R-NET-188", "pov/1"),
	("R-NET-189", "dispute/1"),
];

pub(super) fn file() -> VectorFile {
	let mut cases = Vec::new();
	for (rule, message) in MESSAGES {
		let line = GOLDEN
			.lines()
			.find_map(|line| line.strip_prefix(rule)?.trim().split_once(' '));
		let Some((digits, what)) = line else {
			continue;
		};
		let bytes = hex::bytes(&format!("0x{digits}")).unwrap_or_default();
		let mut ask = |rule, name: String, bytes: &[u8]| {
			let question =
				made(json!({ "ask": "decode_message", "message": message, "bytes": hex::hex(bytes) }));
			cases.push(Case::new(rule, name, question));
		};
		ask(rule, format!("{message}: {what}"), &bytes);
		let cut = bytes.get(..bytes.len().saturating_sub(1)).unwrap_or_default();
		ask(
			"R-NET-54",
			format!("{message}: {what}, the last byte is missing"),
			cut,
		);
		ask(
			"R-NET-54",
			format!("{message}: {what}, a byte too many"),
			&[&bytes[..], &[0]].concat(),
		);
		let mut other = bytes.clone();
		if let Some(first) = other.first_mut() {
			*first = 9;
		}
		if message_names().contains(&message) && !message.starts_with("req_") {
			ask("R-NET-69", format!("{message}: {what}, another index"), &other);
		}
	}
	VectorFile {
		family: "wire",
		about: "Whether bytes are a message; `ok` is what they encode to again, which is the same. Where in the bytes a refusal was noticed may differ elsewhere.",
		cases,
	}
}
