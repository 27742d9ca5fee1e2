//! What is read, and how it is said what cannot be.

use super::*;

fn file(name: &str, text: &str) -> PathBuf {
	let path = std::env::temp_dir().join(format!("para-spec-{}-{name}", std::process::id()));
	std::fs::write(&path, text).expect("it can be written");
	path
}

#[test]
fn toml_and_json_say_the_same() {
	let toml = file(
		"same.toml",
		"id = 2100\nproducer = \"substrate\"\ncode = \"a.wasm\"\nkeys = [\"//Alice\"]\n[workload]\ntransfers = 3\n",
	);
	let json = file(
		"same.json",
		r#"{"id": 2100, "producer": "substrate", "code": "a.wasm", "keys": ["//Alice"], "workload": {"transfers": 3}}"#,
	);
	let [toml, json] = [toml, json].map(|path| ParaSpec::read(&path).expect("it is one"));
	assert_eq!(toml, json);
	assert_eq!((toml.id, toml.cores, toml.workload.transfers), (2100, 1, Some(3)));
}

#[test]
fn what_is_wrong_is_said_with_key_and_line() {
	let rows = [
		(
			"a.toml",
			"id = 2100\nproducer = \"moonshine\"\n",
			["line 2", "moonshine", "substrate"],
		),
		(
			"b.toml",
			"id = 2100\nproducer = \"adder\"\ncoers = 2\n",
			["line 3", "coers", "cores"],
		),
		("c.json", "{\n\"id\": \"many\"\n}", ["line 2", "\"id\"", "u32"]),
		(
			"d.toml",
			"id = 2100\nproducer = \"adder\"\ncores = 17\n",
			["`cores`", "17", "at most 16"],
		),
		(
			"e.toml",
			"id = 2100\nproducer = \"substrate\"\n",
			["`code`", "missing", "validation code"],
		),
		(
			"f.toml",
			"id = 2100\nproducer = \"adder\"\ngenesis-head = \"0xq\"\n",
			["`genesis-head`", "0xq", "hexadecimal"],
		),
		("g.toml", "id = 2100\n", ["producer", "missing", "g.toml"]),
	];
	for (name, text, parts) in rows {
		let error = ParaSpec::read(&file(name, text)).expect_err(name).to_string();
		for part in parts {
			assert!(error.contains(part), "{part} in: {error}");
		}
	}
}

#[test]
fn a_file_that_is_not_there_is_named() {
	let executor = RuntimeExecutor::default();
	let spec = file(
		"h.toml",
		"id = 2100\nproducer = \"substrate\"\ncode = \"nowhere.wasm\"\n",
	);
	let error = ParaSpec::load(&spec, 0, &executor)
		.expect_err("there is no code")
		.to_string();
	assert!(error.contains("nowhere.wasm: cannot be read"), "{error}");
	let spec = file(
		"i.toml",
		"id = 2100\nproducer = \"adder\"\ngenesis-head = \"0x00\"\n",
	);
	let error = ParaSpec::load(&spec, 0, &executor)
		.expect_err("it has another head")
		.to_string();
	assert!(error.contains("but 0x00 is given"), "{error}");
}
