//! The command as its users meet it: exit codes, closed pipes and full disks.

mod common;

use common::{command, refused, run, text};
use std::process::Stdio;

#[test]
fn contexts_that_cannot_be_are_refused_before_any_run() {
	assert_eq!(
		refused("context --para 1999"),
		"error: invalid value '1999' for '--para': must be one of 2000, 2001"
	);
	let error = refused("context --at 10000");
	assert!(
		error.contains("'10000'") && error.contains("--at") && error.contains("1..=9000"),
		"{error}"
	);
	let error = refused("context --as backer --at 12 --leaf 11");
	assert!(
		error.contains("relay parent 12 is not built yet at that leaf"),
		"{error}"
	);
}

#[test]
fn a_closed_pipe_ends_quietly() {
	for arguments in ["dev --blocks 1 --json -", "tree --example 900"] {
		let mut command = command(arguments);
		let mut child = command
			.stdout(Stdio::piped())
			.stderr(Stdio::piped())
			.spawn()
			.expect("the command starts");
		drop(child.stdout.take());
		let output = child.wait_with_output().expect("it ends");
		assert!(
			output.status.success(),
			"{arguments}: {:?} {}",
			output.status,
			text(&output.stderr)
		);
		assert_eq!(text(&output.stderr), "", "{arguments}");
	}
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_no_wrong_flag() {
	let output = run("tree --example 3 --out /dev/full");
	assert_eq!(output.status.code(), Some(1));
	let said = text(&output.stderr);
	assert!(
		said.starts_with("error: the file of '--out', '/dev/full', could not be written:"),
		"{said}"
	);

	let full = std::fs::File::options()
		.write(true)
		.open("/dev/full")
		.expect("it is there");
	let output = command("tree --example 3")
		.stdout(full)
		.output()
		.expect("the command starts");
	assert_eq!(output.status.code(), Some(1));
	assert!(text(&output.stderr).starts_with("error: the standard output could not be written"));
}

#[test]
fn an_old_report_stays_until_the_new_one_is_whole() {
	let folder = std::env::temp_dir().join(format!("async-backing-report-{}", std::process::id()));
	std::fs::create_dir_all(&folder).expect("there is room");
	let report = folder.join("run.json");
	std::fs::write(&report, "old").expect("there is room");
	let path = report.display();
	// It fails after it has opened the file: the relay parent is out of scope at that leaf.
	let output = run(&format!("context --at 3 --as backer --leaf 9 --out {path}"));
	assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
	assert_eq!(std::fs::read_to_string(&report).expect("it is there"), "old");
	let output = run(&format!("dev --blocks 2 --json {path}"));
	assert!(output.status.success(), "{}", text(&output.stderr));
	let new = std::fs::read_to_string(&report).expect("it is there");
	assert!(new.starts_with('{') && new.ends_with("}\n"), "{new}");
	let left: Vec<_> = std::fs::read_dir(&folder).expect("it is there").collect();
	assert_eq!(left.len(), 1, "no draft stays: {left:?}");
	std::fs::remove_dir_all(folder).expect("it is ours");
}
