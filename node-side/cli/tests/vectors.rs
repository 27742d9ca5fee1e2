//! `async-backing vectors` and `target`, from the outside.

mod common;

use common::{refused, run, text};
use std::{
	io::{Read, Write},
	process::Stdio,
};

#[test]
fn what_is_written_is_what_is_compared() {
	let folder = std::env::temp_dir().join(format!("async-backing-vectors-{}", std::process::id()));
	let path = folder.display();
	let missing = run(&format!("vectors --check {path}"));
	assert_eq!(missing.status.code(), Some(1), "there is no such folder");
	assert!(run(&format!("vectors {path}")).status.success());
	let same = run(&format!("vectors --check {path}"));
	assert!(same.status.success(), "{}", text(&same.stderr));
	std::fs::write(folder.join("groups.json"), "{}\n").expect("there is room");
	std::fs::write(folder.join("more"), "").expect("there is room");
	let other = run(&format!("vectors --check {path}"));
	assert_eq!(other.status.code(), Some(1));
	let said = text(&other.stderr);
	assert!(
		said.contains("groups.json from line 1 on") && said.contains("more is not one of them"),
		"{said}"
	);
	std::fs::remove_dir_all(folder).expect("it is ours");
}

#[test]
fn the_target_answers_while_the_pipe_is_open() {
	assert!(
		refused("target").contains("--stdio"),
		"there is no other way to ask yet"
	);
	let mut target = common::command("target --stdio")
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.spawn()
		.expect("the command starts");
	let (mut ask, mut hear) = (
		target.stdin.take().expect("a pipe"),
		target.stdout.take().expect("a pipe"),
	);
	let mut answer = vec![0; 16];
	for id in 1..4 {
		let question = format!("{{\"id\": {id}, \"ask\": \"group_for_core\", \"session_start_block\": 10, \"group_rotation_frequency\": 5, \"at\": 15, \"core\": 0, \"cores\": 3}}\n");
		ask.write_all(question.as_bytes()).expect("it listens");
		hear.read_exact(&mut answer)
			.expect("it answers before the next question");
		assert_eq!(
			text(&answer),
			format!("{{\"id\": {id}, \"ok\": 1}}\n")[..16],
			"R-GRP-4"
		);
		// Every answer has 18 bytes and the end of the line.
		let mut rest = vec![0; format!("{{\"id\": {id}, \"ok\": 1}}\n").len() - 16];
		hear.read_exact(&mut rest).expect("it answers");
	}
	drop(ask);
	assert!(target.wait().expect("it ends").success(), "with its input");
}

#[test]
#[cfg(target_os = "linux")]
fn a_target_that_nobody_hears_ends_in_peace() {
	let mut target = common::command("target --stdio")
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.stderr(Stdio::piped())
		.spawn()
		.expect("the command starts");
	drop(target.stdout.take());
	let mut ask = target.stdin.take().expect("a pipe");
	// It may be gone before all is written.
	let _ = ask.write_all("{}\n".repeat(1000).as_bytes());
	drop(ask);
	let output = target.wait_with_output().expect("it ends");
	assert!(output.status.success(), "{}", text(&output.stderr));
}
