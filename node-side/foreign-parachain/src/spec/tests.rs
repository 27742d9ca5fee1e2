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

#[test]
fn what_no_run_could_make_sense_of_is_refused() {
	let adder = "id = 2100\nproducer = \"adder\"\n";
	let substrate = "id = 2100\nproducer = \"substrate\"\ncode = \"a.wasm\"\n";
	let rows = [
		(adder, "cores = 0", ["`cores`", "is 0", "at least 1"]),
		(adder, "code = \"a.wasm\"", ["`code`", "a.wasm", "has its own"]),
		(
			adder,
			"preset = \"development\"",
			["`preset`", "given", "left out"],
		),
		(adder, "keys = [\"//Alice\"]", ["`keys`", "given", "left out"]),
		(
			adder,
			"[upgrade]\ncode = \"b.wasm\"\nat = 3",
			["`upgrade`", "given", "left out"],
		),
		(
			adder,
			"[workload]\ntransfers = 3",
			["`workload`", "given", "left out"],
		),
		(
			adder,
			"[bounds]\nfuel-base = 3",
			["`bounds`", "given", "left out"],
		),
		(adder, "[genesis]\nsudo = 3", ["`genesis`", "given", "left out"]),
		(
			adder,
			"[[downward]]\nafter = 1\nmessage = \"0xq\"",
			["`downward.message`", "0xq", "hexadecimal"],
		),
		(
			adder,
			"[[downward]]\nafter = -1\nmessage = \"0x\"",
			["line", "-1", "u32"],
		),
		(
			adder,
			"[[channels]]\nto = 2100",
			["`channels.to`", "2100", "another para"],
		),
		(
			adder,
			"[[channels]]\nto = 7\n[[channels]]\nto = 7",
			["`channels.to`", "7", "named once"],
		),
		(substrate, "genesis = 3", ["`genesis`", "is 3", "a table"]),
		(
			substrate,
			"keys = [\"//Alice\", \"no words\"]",
			["`keys`", "no secret", "//Alice"],
		),
		(
			substrate,
			"[workload]\naccounts = 4000000000",
			["`workload.accounts`", "4000000000", "10000"],
		),
		(
			substrate,
			"[upgrade]\ncode = \"b.wasm\"\nat = 0",
			["`upgrade.at`", "is 0", "at least 1"],
		),
		(
			substrate,
			"[[calls]]\nat = 0\npallet = \"frame_system\"\ncall = \"remark\"",
			["`calls.at`", "is 0", "at least 1"],
		),
		(
			substrate,
			"[[calls]]\nat = 1\npallet = \"frame_system\"\ncall = \"remark\"\narguments = [1]",
			["`calls.arguments`", "[1]", "a table"],
		),
	];
	for (number, (head, more, parts)) in rows.into_iter().enumerate() {
		let file = file(&format!("refused-{number}.toml"), &format!("{head}{more}\n"));
		let error = ParaSpec::read(&file).expect_err(more).to_string();
		for part in parts {
			assert!(error.contains(part), "{part} in: {error}");
		}
	}
}

/// What is said of a Cumulus runtime with this code.
fn said_of(name: &str, code: &[u8]) -> String {
	let code_file = file(&format!("{name}.wasm"), "");
	std::fs::write(&code_file, code).expect("it can be written");
	let spec = file(
		&format!("{name}.toml"),
		&format!("id = 2100\nproducer = \"substrate\"\ncode = {code_file:?}\n"),
	);
	let error = ParaSpec::load(&spec, 0, &RuntimeExecutor::default()).expect_err(name);
	error.to_string()
}

#[test]
fn code_that_is_no_parachains_is_named() {
	let adder = Adder::validation_code().0;
	let packed = sp_maybe_compressed_blob::compress_weakly(&adder, 1 << 20).expect("it can be compressed");
	let bomb = sp_maybe_compressed_blob::compress_weakly(&vec![0; (50 << 20) + 1], 1 << 30)
		.expect("zeros can be compressed");
	let rows = [
		("empty", &b""[..], "begins with nothing"),
		("text", b"a runtime", "no Wasm file"),
		("cut", &adder[..adder.len() - 1], "no valid Wasm"),
		("adder", &adder, "does not export `Core_version`"),
		("packed", &packed, "does not export `Core_version`"),
		(
			"packed and cut",
			&packed[..packed.len() - 1],
			"cannot be decompressed",
		),
		("a bomb", &bomb, "cannot be decompressed"),
	];
	for (name, code, expected) in rows {
		let said = said_of(name, code);
		assert!(said.contains(expected), "{name}: {said}");
	}
}

#[test]
fn a_file_that_is_too_large_or_no_file_is_named() {
	let large = file("large.wasm", "");
	let sparse = std::fs::File::create(&large).expect("it can be written");
	sparse.set_len(MAX_FILE + 1).expect("it takes no room");
	let spec = file(
		"large.toml",
		&format!("id = 2100\nproducer = \"substrate\"\ncode = {large:?}\n"),
	);
	let error = ParaSpec::load(&spec, 0, &RuntimeExecutor::default()).expect_err("it is too large");
	assert!(
		error
			.to_string()
			.contains("67108865 bytes, but may have 67108864"),
		"{error}"
	);
	std::fs::remove_file(large).expect("it is there");
	for path in [std::env::temp_dir(), "/nowhere/at/all.toml".into()] {
		let error = ParaSpec::read(&path).expect_err("it is no file").to_string();
		assert!(error.contains("cannot be read"), "{error}");
	}
	let binary = file("binary.toml", "");
	std::fs::write(&binary, [0xff, 0xfe]).expect("it can be written");
	let error = ParaSpec::read(&binary).expect_err("it is no text").to_string();
	assert!(error.contains("invalid utf-8"), "{error}");
}

#[test]
fn two_files_of_one_para_are_both_named() {
	let one = file("one.toml", "id = 2100\nproducer = \"adder\"\n");
	let two = file("two.toml", "id = 2100\nproducer = \"adder\"\n");
	let executor = RuntimeExecutor::default();
	for files in [[one.clone(), two.clone()], [one.clone(), one.clone()]] {
		let error = ParaSpec::load_all(&files, 0, &executor)
			.expect_err("one id")
			.to_string();
		let [first, second] = files.map(|file| file.display().to_string());
		assert!(error.contains(&first) && error.contains(&second), "{error}");
		assert!(error.contains("`id` is 2100"), "{error}");
	}
}

#[test]
fn channels_lead_to_paras_of_the_run() {
	let spec = file(
		"channels.toml",
		"id = 2100\nproducer = \"adder\"\n[[channels]]\nto = 7\n[[downward]]\nafter = 2\nmessage = \"0x0102\"\n",
	);
	let para = ParaSpec::load(&spec, 0, &RuntimeExecutor::default()).expect("it is the adder");
	assert_eq!(para.downward, [(2, "0x0102".to_owned())]);
	assert!(para.check_channels(&[ParaId(7), ParaId(2100)]).is_ok());
	let error = para.check_channels(&[ParaId(2100)]).expect_err("nobody is there");
	assert!(error.to_string().contains("`channels.to` is 7"), "{error}");
}
