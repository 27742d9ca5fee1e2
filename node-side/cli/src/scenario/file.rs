//! The files: TOML, whose keys are the flags of `dev` by their names.
//!
//! Whatever is wrong is told with its line and its key. Each value is read alone by the same parser as the flag's, then all
//! together, so that a file and a command line cannot differ in what they take.

use crate::{args, rerun};
use async_backing_devnet::RootCall;
use serde::Deserialize;
use std::{collections::BTreeMap, fmt, ops::Range, path::Path};
use toml::{Spanned, Value};

/// Flags that say where something goes, to whom, or how it is shown: no part of a run.
const NO_PART: [&str; 10] = [
	"json",
	"report",
	"traffic",
	"calibrate",
	"watch",
	"root",
	"rpc",
	"rpc-address",
	"real-time",
	"keep-serving",
];

/// A file as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
	title: String,
	#[serde(default)]
	run: BTreeMap<Spanned<String>, Spanned<Value>>,
	#[serde(default)]
	root: Vec<Spanned<Root>>,
	#[serde(default)]
	expect: BTreeMap<Spanned<String>, Spanned<Value>>,
}

/// What root does: `--root`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Root {
	after: u32,
	pallet: String,
	call: String,
	arguments: serde_json::Value,
}

/// A scenario.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct File {
	/// What it is, in a few words.
	pub(crate) title: String,
	/// Arguments of `dev` that make its run.
	pub(crate) arguments: Vec<String>,
	/// What has to come of it.
	pub(crate) expected: Vec<Expected>,
}

/// What a figure of the outcome has to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expected {
	/// Which figure.
	pub(crate) figure: Figure,
	/// At least.
	pub(crate) least: u32,
	/// At most.
	pub(crate) most: u32,
}

/// Figures of an outcome, over all paras.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
	/// Parablocks built.
	Built,
	/// Parablocks included.
	Included,
	/// Parablocks that the chain refused although an honest author offered them.
	RefusedOnChain,
	/// Parablocks built and lost.
	Wasted,
	/// Parablocks that missed their turn and were offered again.
	Reused,
	/// Parablocks of the para that had least included.
	LeastIncluded,
	/// Relay blocks that lost to another fork.
	RelayBlocksLost,
	/// Sessions.
	Sessions,
	/// Transactions of the run that failed.
	FailedTransactions,
}

impl Figure {
	/// All of them.
	const ALL: [Self; 9] = [
		Self::Built,
		Self::Included,
		Self::RefusedOnChain,
		Self::Wasted,
		Self::Reused,
		Self::LeastIncluded,
		Self::RelayBlocksLost,
		Self::Sessions,
		Self::FailedTransactions,
	];

	/// Its key.
	pub(crate) const fn name(self) -> &'static str {
		match self {
			Self::Built => "built",
			Self::Included => "included",
			Self::RefusedOnChain => "refused-on-chain",
			Self::Wasted => "wasted",
			Self::Reused => "reused",
			Self::LeastIncluded => "least-included",
			Self::RelayBlocksLost => "relay-blocks-lost",
			Self::Sessions => "sessions",
			Self::FailedTransactions => "failed-transactions",
		}
	}
}

impl fmt::Display for Expected {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self { figure, least, most } = self;
		let name = figure.name();
		match (least, most) {
			(least, most) if least == most => write!(f, "{name} = {least}"),
			(least, &u32::MAX) => write!(f, "{name} at least {least}"),
			(0, most) => write!(f, "{name} at most {most}"),
			(least, most) => write!(f, "{name} from {least} to {most}"),
		}
	}
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
	/// Line, counted from 1.
	pub(crate) line: usize,
	/// Which key, if it is about one.
	pub(crate) key: Option<String>,
	/// What.
	pub(crate) reason: String,
}

impl fmt::Display for Wrong {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self { line, key, reason } = self;
		match key {
			Some(key) => write!(f, "line {line}: {key}: {reason}"),
			None => write!(f, "line {line}: {reason}"),
		}
	}
}

/// The text of a file, for telling lines.
struct Lines<'a>(&'a str);

impl Lines<'_> {
	fn wrong(&self, at: Range<usize>, key: Option<&str>, reason: impl Into<String>) -> Wrong {
		let before = self.0.get(..at.start).unwrap_or(self.0);
		Wrong {
			line: before.matches('\n').count().saturating_add(1),
			key: key.map(str::to_owned),
			reason: reason.into(),
		}
	}
}

impl File {
	/// Reads a file. Paths in it are beside it.
	///
	/// # Errors
	/// What is wrong, in which line.
	pub(crate) fn read(text: &str, folder: &Path) -> Result<Self, Wrong> {
		let lines = Lines(text);
		let written: Written = toml::from_str(text).map_err(|error: toml::de::Error| {
			let at = error.span().unwrap_or(0..0);
			lines.wrong(at, None, error.message())
		})?;
		let mut arguments = Vec::new();
		for (key, value) in &written.run {
			let wrong = |reason: String| lines.wrong(key.span(), Some(key.get_ref()), reason);
			if NO_PART.contains(&key.get_ref().as_str()) {
				return Err(wrong("is no part of a run".into()));
			}
			let words = words(key.get_ref(), value.get_ref(), folder).map_err(wrong)?;
			rerun::dev(&words).map_err(|error| wrong(said(&error)))?;
			arguments.extend(words);
		}
		for root in &written.root {
			let Root {
				after,
				pallet,
				call,
				arguments: of_call,
			} = root.get_ref();
			let wrong = |reason| lines.wrong(root.span(), Some("root"), reason);
			let call = RootCall {
				after: *after,
				pallet: pallet.clone(),
				call: call.clone(),
				arguments: of_call.clone(),
			};
			let call: RootCall = call.to_string().parse().map_err(wrong)?;
			arguments.extend(["--root".to_owned(), call.to_string()]);
		}
		// What is right by itself may not go together.
		let together = |reason: String| lines.wrong(0..0, Some("run"), reason);
		let dev: args::Dev = rerun::dev(&arguments).map_err(|error| together(said(&error)))?;
		if dev.para_specs.is_empty() {
			dev.run_config()
				.validate()
				.map_err(|error| together(error.to_string()))?;
		}
		let mut expected = Vec::new();
		for (key, value) in &written.expect {
			let wrong = |reason: String| lines.wrong(key.span(), Some(key.get_ref()), reason);
			expected.push(expectation(key.get_ref(), value.get_ref()).map_err(wrong)?);
		}
		Ok(Self {
			title: written.title,
			arguments,
			expected,
		})
	}
}

/// The one line that says what is wrong with an argument.
fn said(error: &clap::Error) -> String {
	let text = error.to_string();
	let line = text.lines().next().unwrap_or_default();
	line.trim_start_matches("error: ").to_owned()
}

/// A key and its value as arguments of `dev`: a list is a flag for each of its values, `true` is a flag alone.
fn words(key: &str, value: &Value, folder: &Path) -> Result<Vec<String>, String> {
	let flag = format!("--{key}");
	let with = |value: String| vec![format!("{flag}={value}")];
	Ok(match value {
		Value::String(path) if key == "para-spec" => with(folder.join(path).display().to_string()),
		Value::String(text) => with(text.clone()),
		Value::Integer(number) => with(number.to_string()),
		Value::Float(number) => with(number.to_string()),
		Value::Boolean(true) => vec![flag],
		Value::Boolean(false) => Vec::new(),
		Value::Array(values) => {
			let mut all = Vec::new();
			for value in values {
				match value {
					Value::Array(_) => return Err("must be a value, or a list of values".into()),
					value => all.extend(words(key, value, folder)?),
				}
			}
			all
		}
		Value::Datetime(_) | Value::Table(_) => return Err("must be a value, or a list of values".into()),
	})
}

/// What a figure has to be: a number, or `"20.."`, `"..30"`, `"20..30"`, both ends among them.
fn expectation(key: &str, value: &Value) -> Result<Expected, String> {
	const FORM: &str = "must be a number, or a range such as '20..', '..30' or '20..30'";
	let figure = Figure::ALL
		.into_iter()
		.find(|figure| figure.name() == key)
		.ok_or_else(|| {
			let names = Figure::ALL.map(Figure::name).join("', '");
			format!("must be one of '{names}'")
		})?;
	let number = |text: &str, other: u32| match text.is_empty() {
		true => Ok(other),
		false => text.parse().map_err(|_| FORM),
	};
	let (least, most) = match value {
		Value::Integer(number) => {
			let number = u32::try_from(*number).map_err(|_| FORM)?;
			(number, number)
		}
		Value::String(text) => {
			let (least, most) = text.split_once("..").ok_or(FORM)?;
			(number(least, 0)?, number(most, u32::MAX)?)
		}
		_ => return Err(FORM.into()),
	};
	if least > most {
		return Err(FORM.into());
	}
	Ok(Expected { figure, least, most })
}

#[cfg(test)]
mod tests {
	use super::*;

	fn read(text: &str) -> Result<File, Wrong> {
		File::read(text, Path::new("."))
	}

	#[test]
	fn a_file_is_arguments_of_dev_and_what_has_to_come_of_them() {
		let text = r#"
			title = "Two sides"
			[run]
			blocks = 24
			validators = 7
			partition = "4..8:0-3|4-6"
			loss = ["2@4..8", "0.5"]
			[[root]]
			after = 3
			pallet = "configuration"
			call = "set_max_code_size"
			arguments = { new = 1000 }
			[expect]
			included = "20.."
			refused-on-chain = 0
		"#;
		let file = read(text).expect("it is one");
		assert_eq!(
			file.arguments,
			[
				"--blocks=24",
				"--loss=2@4..8",
				"--loss=0.5",
				"--partition=4..8:0-3|4-6",
				"--validators=7",
				"--root",
				r#"3:configuration.set_max_code_size={"new":1000}"#,
			]
		);
		let expected: Vec<_> = file.expected.iter().map(Expected::to_string).collect();
		assert_eq!(expected, ["included at least 20", "refused-on-chain = 0"]);
		let config = rerun::dev(&file.arguments).expect("they are").run_config();
		assert_eq!((config.blocks, config.validators), (24, 7));
		assert_eq!(config.faults.troubles.len(), 3);
		assert_eq!(config.root_calls.len(), 1);
	}

	#[test]
	fn what_is_wrong_is_told_with_its_line_and_key() {
		let rows = [
			("title = 3\n", 1, "invalid type: integer"),
			(
				"title = \"a\"\n[run]\nblocks = 24\nvalidatorz = 3\n",
				4,
				"validatorz",
			),
			(
				"title = \"a\"\n[run]\n\nblocks = 0\n",
				4,
				"blocks: invalid value '0'",
			),
			(
				"title = \"a\"\n[run]\nloss = [\"2\", \"200\"]\n",
				3,
				"loss: invalid value '200'",
			),
			(
				"title = \"a\"\n[run]\njson = \"x\"\n",
				3,
				"json: is no part of a run",
			),
			(
				"title = \"a\"\n[run]\nblocks = { a = 1 }\n",
				3,
				"blocks: must be a value",
			),
			(
				"title = \"a\"\n[expect]\nincludet = 3\n",
				3,
				"includet: must be one of 'built'",
			),
			(
				"title = \"a\"\n[expect]\nincluded = \"9..3\"\n",
				3,
				"included: must be a number",
			),
			("title = \"a\"\n[rum]\n", 2, "unknown field `rum`"),
			("title = \"a\"\n[[root]]\nafter = 1\n", 2, "missing field"),
			(
				"title = \"a\"\n[run]\nvalidators = 3\npartition = \"1..2:0|9\"\n",
				1,
				"run: ",
			),
		];
		for (text, line, reason) in rows {
			let wrong = read(text).expect_err(text);
			assert_eq!(wrong.line, line, "{text}: {wrong}");
			assert!(wrong.to_string().contains(reason), "{text}: {wrong}");
		}
	}
}
