//! The command, started and listened to.

// Each test program takes what it needs.
#![allow(dead_code)]

use std::process::{Command, Output};

pub(crate) fn command(arguments: &str) -> Command {
	let mut command = Command::new(env!("CARGO_BIN_EXE_async-backing"));
	command.args(arguments.split_whitespace()).env("NO_COLOR", "1");
	command
}

pub(crate) fn run(arguments: &str) -> Output {
	command(arguments).output().expect("the command starts")
}

pub(crate) fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

/// The one line on the error output of a command that is refused.
pub(crate) fn refused(arguments: &str) -> String {
	let output = run(arguments);
	assert_eq!(
		output.status.code(),
		Some(2),
		"{arguments}: {}",
		text(&output.stderr)
	);
	assert!(output.stdout.is_empty(), "{arguments}");
	text(&output.stderr).trim_end().to_owned()
}
