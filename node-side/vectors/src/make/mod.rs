//! The vectors: questions that are made here, answered as everybody's are.
//!
//! Deterministic: the same code makes the same bytes.

mod base;
mod candidates;
mod erasure;
mod faults;
mod fragment;
mod groups;
mod order;
mod random;
mod signing;
mod spec;
mod stacking;
mod thresholds;
mod timeouts;
mod tree;
mod wire;

use crate::{answer, canonical, Malformed, Question};
use serde_json::{json, Value};

/// Most bytes of a file.
pub const MAX_FILE: usize = 300_000;

/// A question with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
	/// The rule that it is about.
	pub rule: &'static str,
	/// What is special about it.
	pub name: String,
	/// The question.
	pub question: Question,
}

impl Case {
	fn new(rule: &'static str, name: impl Into<String>, question: Question) -> Self {
		Self {
			rule,
			name: name.into(),
			question,
		}
	}

	/// With its answer, to what is read of the question's JSON.
	fn answered(&self) -> Result<Value, Malformed> {
		let asked = json!(self.question);
		let read =
			serde_json::from_value(asked.clone()).map_err(|error| Malformed::Json(error.to_string()))?;
		Ok(json!({ "rule": self.rule, "name": self.name, "question": asked, "answer": answer(read)? }))
	}
}

/// Cases of one family of rules.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorFile {
	/// Its name, without `.json`.
	pub family: &'static str,
	/// What it is about.
	pub about: &'static str,
	/// The cases.
	pub cases: Vec<Case>,
}

impl VectorFile {
	/// As JSON, a case a line.
	///
	/// # Errors
	/// [`Malformed`], with the case, if a question makes no sense.
	fn to_json(&self) -> Result<String, Malformed> {
		let mut lines = Vec::with_capacity(self.cases.len());
		for case in &self.cases {
			let answered = case.answered().map_err(|error| Malformed::Unfit {
				what: format!("{}: {} {}", self.family, case.rule, case.name),
				why: error.to_string(),
			})?;
			lines.push(canonical(&answered));
		}
		Ok(format!(
			"{{\n\"family\": {},\n\"about\": {},\n\"cases\": [\n{}\n]\n}}\n",
			Value::from(self.family),
			Value::from(self.about),
			lines.join(",\n")
		))
	}
}

/// Every family.
pub fn families() -> Vec<VectorFile> {
	vec![
		fragment::file(),
		fragment::more(),
		stacking::file(),
		base::file(),
		candidates::file(),
		tree::examples(),
		tree::histories(),
		groups::file(),
		thresholds::file(),
		timeouts::file(),
		erasure::file(),
		signing::file(),
		wire::file(),
	]
}

/// Everything in the folder of vectors: names and contents.
///
/// # Errors
/// [`Malformed`], with the case, if a question makes no sense.
pub fn files() -> Result<Vec<(String, String)>, Malformed> {
	let mut files = vec![
		("README.md".to_owned(), include_str!("readme.md").to_owned()),
		("schema.json".to_owned(), include_str!("schema.json").to_owned()),
	];
	for family in families() {
		files.push((format!("{}.json", family.family), family.to_json()?));
	}
	Ok(files)
}
