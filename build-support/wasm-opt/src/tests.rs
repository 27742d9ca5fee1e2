use crate::{strip::without_sections, OptimizationError, OptimizationOptions, Pass};
use std::path::PathBuf;

const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

fn custom(name: &str, content: &[u8]) -> Vec<u8> {
	let mut section = vec![
		0,
		u8::try_from(1 + name.len() + content.len()).expect("it is short"),
	];
	section.push(u8::try_from(name.len()).expect("it is short"));
	section.extend_from_slice(name.as_bytes());
	section.extend_from_slice(content);
	section
}

/// One function of type `(i32) -> i32` with this body.
fn function(operators: &[u8]) -> Vec<u8> {
	let mut module = EMPTY.to_vec();
	module.extend_from_slice(&[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f]);
	module.extend_from_slice(&[3, 2, 1, 0]);
	let body = u8::try_from(operators.len() + 4).expect("it is short");
	module.extend_from_slice(&[10, body + 2, 1, body, 0, 0x20, 0]);
	module.extend_from_slice(operators);
	module.push(0x0b);
	module
}

fn file(name: &str, content: &[u8]) -> PathBuf {
	let path = std::env::temp_dir().join(format!("wasm-opt-{}-{name}.wasm", std::process::id()));
	std::fs::write(&path, content).expect("there is room");
	path
}

#[test]
fn a_module_of_webassembly_1_stays_as_it_is() {
	let module = function(&[]);
	let (from, to) = (file("stays", &module), file("stays-to", b""));
	let mut options = OptimizationOptions::new_opt_level_0();
	options.add_pass(Pass::SignextLowering).debug_info(true);
	options.run(&from, &to).expect("nothing is to be lowered");
	assert_eq!(std::fs::read(&to).expect("it was written"), module);
	options.run(&from, &from).expect("in place as well");
	assert_eq!(std::fs::read(&from).expect("it is there"), module);
}

#[test]
fn a_sign_extension_is_refused_and_nothing_is_written() {
	// i32.extend8_s
	let (from, to) = (
		file("extends", &function(&[0xc0])),
		file("extends-to", b"as it was"),
	);
	let said = OptimizationOptions::new_opt_level_0()
		.add_pass(Pass::SignextLowering)
		.run(&from, &to)
		.expect_err("it would have to be lowered");
	assert!(matches!(said, OptimizationError::NotMvp { .. }), "{said}");
	assert!(said.to_string().contains("sign extension"), "{said}");
	assert_eq!(std::fs::read(&to).expect("it is there"), b"as it was");
}

#[test]
fn a_file_that_is_not_there_is_named() {
	let said = OptimizationOptions::new_opt_level_0()
		.run("/no/such/file", "/no/such/file")
		.expect_err("it cannot be read");
	assert!(said.to_string().starts_with("/no/such/file: "), "{said}");
}

#[test]
fn what_is_for_debuggers_goes_and_the_rest_stays() {
	let (debug, version) = (custom(".debug_line", &[1, 2, 3]), custom("runtime_version", &[4]));
	let module =
		|sections: &[&[u8]]| [EMPTY.to_vec(), sections.concat(), function(&[])[8..].to_vec()].concat();
	let with = module(&[&debug, &version, &debug]);
	let without = module(&[&version]);
	let stripped = without_sections(&with, |name| name.starts_with(".debug_"));
	assert_eq!(stripped, without);
	assert_eq!(
		without_sections(&without, |_| false),
		without,
		"nothing to take out"
	);
	assert_eq!(without_sections(b"no module", |_| true), b"no module");
}
