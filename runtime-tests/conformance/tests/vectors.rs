//! The committed vectors, confirmed by the published crates wherever these have the rule.
//!
//! What is read here is the JSON alone: nothing of ours stands between it and their functions. Where ours differs on
//! purpose, the test says which row of `docs/decisions/0009-intended-differences.md` it is.

#[path = "vectors/fragments.rs"]
mod fragments;
#[path = "vectors/messages.rs"]
mod messages;
#[path = "vectors/numbers.rs"]
mod numbers;
#[path = "vectors/signed.rs"]
mod signed;

use codec::DecodeAll;
use serde_json::Value;
use std::{fs, path::Path};

/// The cases of a family that ask this.
pub(crate) fn cases(family: &str, ask: &str) -> Vec<Value> {
	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../vectors/{family}.json"));
	let text = fs::read_to_string(&path).expect("`make vectors` writes it");
	let vectors: Value = serde_json::from_str(&text).expect("vectors are JSON");
	let cases = vectors["cases"].as_array().expect("there are cases").clone();
	let cases: Vec<_> = cases
		.into_iter()
		.filter(|case| case["question"]["ask"] == ask)
		.collect();
	assert!(!cases.is_empty(), "{family} asks {ask}");
	cases
}

/// What a case is called.
pub(crate) fn name(case: &Value) -> String {
	format!("{} {}", case["rule"], case["name"])
}

pub(crate) fn number(value: &Value) -> u32 {
	let number = value.as_u64().expect("a number");
	u32::try_from(number).expect("of 32 bits")
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
	let digits = value
		.as_str()
		.and_then(|text| text.strip_prefix("0x"))
		.expect("hex");
	(0..digits.len())
		.step_by(2)
		.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex"))
		.collect()
}

pub(crate) fn decoded<T: DecodeAll>(value: &Value) -> T {
	T::decode_all(&mut &bytes(value)[..]).expect("the vector has such a value")
}

pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
	value.as_array().into_iter().flatten()
}
