//! Tells the program which compiler made it.

use std::{env, process::Command};

fn main() {
	println!("cargo::rerun-if-changed=build.rs");
	let compiler = env::var_os("RUSTC").expect("cargo sets it");
	let told = Command::new(compiler).arg("--version").output();
	let version = told.map_or_else(
		|_| "unknown compiler".into(),
		|told| String::from_utf8_lossy(&told.stdout).trim().to_owned(),
	);
	println!("cargo::rustc-env=COMPILER={version}");
}
