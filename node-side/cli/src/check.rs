//! Checking a runtime that is to be a relay chain's.

use crate::{
	args::CheckRuntime,
	error::CliError,
	output,
	runtime::{executor, read},
};
use async_backing_devnet::check::{check_runtime, CheckReport, Finding, Level};
use std::fmt::{self, Write};

/// Checks it, prints what was found, and fails if something failed.
pub(crate) fn check(args: &CheckRuntime) -> Result<(), CliError> {
	let code = read(&args.file)?;
	let report = check_runtime(&code, args.preset.as_deref(), executor())?;
	let text = match args.json {
		true => serde_json::to_string_pretty(&report)? + "\n",
		false => {
			let mut text = String::new();
			write(&mut text, &report).map_err(|_| CliError::Format)?;
			text
		}
	};
	output::print(&text)?;
	match count(&report, Level::Fail) {
		0 => Ok(()),
		failed => Err(CliError::Unfit { failed }),
	}
}

fn count(report: &CheckReport, level: Level) -> usize {
	report
		.findings
		.iter()
		.filter(|finding| finding.level == level)
		.count()
}

/// The list: what is as it should be in a line each, all else with what there should be and where to read.
fn write(out: &mut impl Write, report: &CheckReport) -> fmt::Result {
	if let (Some(runtime), Some(version)) = (&report.runtime, report.spec_version) {
		let preset = report.preset.as_ref();
		let preset = preset.map_or_else(
			|| "its default configuration".into(),
			|preset| format!("preset {preset}"),
		);
		writeln!(out, "{runtime} {version}, {preset}\n")?;
	}
	for Finding {
		level,
		what,
		expected,
		came,
		read,
	} in &report.findings
	{
		writeln!(out, "{level:<4}  {what}: {came}")?;
		if *level != Level::Ok {
			writeln!(out, "      expected: {expected}")?;
			writeln!(out, "      read: {read}")?;
		}
	}
	writeln!(
		out,
		"\n{} ok, {} warnings, {} failures",
		count(report, Level::Ok),
		count(report, Level::Warn),
		count(report, Level::Fail)
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_wrong_is_shown_with_what_should_be_and_where_to_read() {
		let finding = |level, what: &str| Finding {
			level,
			what: what.into(),
			expected: "`Hrmp`".into(),
			came: "`ParasHrmp`".into(),
			read: "R-KEY-5",
		};
		let report = CheckReport {
			schema: 1,
			runtime: Some("example".into()),
			spec_version: Some(7),
			preset: None,
			findings: vec![finding(Level::Ok, "one"), finding(Level::Fail, "two")],
		};
		let mut text = String::new();
		write(&mut text, &report).expect("a string takes everything");
		assert_eq!(
			text,
			"example 7, its default configuration\n\n\
			 ok    one: `ParasHrmp`\n\
			 fail  two: `ParasHrmp`\n      expected: `Hrmp`\n      read: R-KEY-5\n\n\
			 1 ok, 0 warnings, 1 failures\n"
		);
		assert!(!report.passes());
	}
}
