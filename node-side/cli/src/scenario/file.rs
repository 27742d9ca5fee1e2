//! The files: TOML, whose keys are the flags of `dev` by their names.
//!
//! Whatever is wrong is told with its line and its key. Each value is read alone by the same parser as the flag's, then all
//! together, so that a file and a command line cannot differ in what they take.

use crate::{
	args::{self, Cli},
	error::CliError,
	rerun,
};
use async_backing_devnet::{PartOfCall, RootCall, WrongCall};
use clap::{
	error::{ContextKind, ContextValue},
	Arg, ArgAction, CommandFactory,
};
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

/// Flags of a run, with where they are.
type Run = BTreeMap<Spanned<String>, Spanned<Value>>;

/// A file as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
	title: String,
	#[serde(default)]
	run: Run,
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
	pallet: Spanned<String>,
	call: Spanned<String>,
	arguments: Spanned<serde_json::Value>,
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
	/// Where its calls as root are, in their order.
	calls: Vec<CallAt>,
}

/// Lines of a call as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CallAt {
	pallet: usize,
	call: usize,
	arguments: usize,
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
	fn at(&self, at: &Range<usize>) -> usize {
		let before = self.0.get(..at.start).unwrap_or(self.0);
		before.matches('\n').count().saturating_add(1)
	}

	fn wrong(&self, at: Range<usize>, key: Option<&str>, reason: impl Into<String>) -> Wrong {
		Wrong {
			line: self.at(&at),
			key: key.map(str::to_owned),
			reason: reason.into(),
		}
	}

	/// Something that is wrong with the run as a whole: with the key that its flag is called by, if the file has that.
	fn wrong_together(&self, run: &Run, flag: Option<&str>, reason: String) -> Wrong {
		let own = flag.and_then(|flag| run.keys().find(|key| key.get_ref() == flag));
		if let Some(key) = own {
			return self.wrong(key.span(), Some(key.get_ref()), reason);
		}
		let header = self
			.0
			.lines()
			.position(|line| line.trim_start().starts_with("[run]"));
		Wrong {
			line: header.unwrap_or_default().saturating_add(1),
			key: Some("run".into()),
			reason,
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
		let mut calls = Vec::new();
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
			calls.push(CallAt {
				pallet: lines.at(&pallet.span()),
				call: lines.at(&call.span()),
				arguments: lines.at(&of_call.span()),
			});
			let call = RootCall {
				after: *after,
				pallet: pallet.get_ref().clone(),
				call: call.get_ref().clone(),
				arguments: of_call.get_ref().clone(),
			};
			let call: RootCall = call.to_string().parse().map_err(wrong)?;
			arguments.extend(["--root".to_owned(), call.to_string()]);
		}
		// What is right by itself may not go together.
		let dev: args::Dev = rerun::dev(&arguments).map_err(|error| {
			let flag = flag_of(&error);
			lines.wrong_together(&written.run, flag.as_deref(), said(&error))
		})?;
		if dev.para_specs.is_empty() {
			dev.run_config().validate().map_err(|error| {
				let error = CliError::from(error);
				lines.wrong_together(&written.run, error.flag().as_deref(), error.to_string())
			})?;
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
			calls,
		})
	}

	/// What is wrong with a call that the runtime does not have, and where.
	pub(crate) fn wrong_call(&self, wrong: &WrongCall) -> Wrong {
		let at = self.calls.get(wrong.position);
		let (key, line) = match wrong.part {
			PartOfCall::Pallet => ("pallet", at.map(|at| at.pallet)),
			PartOfCall::Call => ("call", at.map(|at| at.call)),
			PartOfCall::Arguments => ("arguments", at.map(|at| at.arguments)),
		};
		Wrong {
			line: line.unwrap_or(1),
			key: Some(key.into()),
			reason: wrong.reason.to_string(),
		}
	}
}

/// The flag that an error of the argument parser is about, without dashes.
fn flag_of(error: &clap::Error) -> Option<String> {
	let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
		return None;
	};
	let name = argument.trim_start_matches("--");
	name.split([' ', '=', '[']).next().map(str::to_owned)
}

/// Whether a flag of `dev` is one without a value; `None` if there is no such flag.
fn is_switch(key: &str) -> Option<bool> {
	let program = Cli::command();
	let mut flags = program.find_subcommand("dev")?.get_arguments();
	let flag: &Arg = flags.find(|flag| flag.get_long() == Some(key))?;
	Some(matches!(flag.get_action(), ArgAction::SetTrue))
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
		Value::Boolean(false) => match is_switch(key) {
			Some(true) => Vec::new(),
			Some(false) => return Err("must be a value, or a list of values: `false` is none".into()),
			None => return Err(format!("'{flag}' is no flag of a run")),
		},
		Value::Array(values) if values.is_empty() && is_switch(key).is_none() => {
			return Err(format!("'{flag}' is no flag of a run"))
		}
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
mod tests;
