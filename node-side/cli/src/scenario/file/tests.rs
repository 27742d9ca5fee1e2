//! What files say, and where they are wrong.

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
			4,
			"partition: invalid value '1..2:0|9' for '--partition': must be a node below",
		),
		(
			"title = \"a\"\n[run]\nblocks = 9\nmisconduct = [\"v1=mute\", \"v9=mute\"]\n",
			4,
			"misconduct: invalid value 'v9=mute' for '--misconduct': must be a validator below 6",
		),
		(
			"title = \"a\"\n[run]\nchunk-v1 = \"9\"\nvalidators = 3\n",
			3,
			"chunk-v1: invalid value '9' for '--chunk-v1': must be",
		),
		(
			"title = \"a\"\n[run]\nupgrade = 1\n",
			3,
			"upgrade: invalid value '1' for '--upgrade': must be",
		),
		(
			"title = \"a\"\n\n[run]\nparas = 7\n",
			3,
			"run: invalid value '6' for '--validators'",
		),
		(
			"title = \"a\"\n[run]\nmisconduct = false\n",
			3,
			"misconduct: must be a value",
		),
		(
			"title = \"a\"\n[run]\nmisconducd = false\n",
			3,
			"misconducd: '--misconducd' is no flag",
		),
		(
			"title = \"a\"\n[run]\nlosss = []\n",
			3,
			"losss: '--losss' is no flag",
		),
	];
	for (text, line, reason) in rows {
		let wrong = read(text).expect_err(text);
		assert_eq!(wrong.line, line, "{text}: {wrong}");
		assert!(wrong.to_string().contains(reason), "{text}: {wrong}");
	}
}
