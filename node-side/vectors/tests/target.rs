//! Whatever is asked, there is an answer, one line each.

use async_backing_vectors::{files, serve, MAX_LINE};
use serde_json::{json, Value};
use std::io::{self, BufReader, Read, Write};

fn served(input: &[u8]) -> Vec<Value> {
	let mut output = Vec::new();
	// A small buffer, so that lines come in pieces.
	serve(BufReader::with_capacity(100, input), &mut output).expect("nothing fails");
	let text = String::from_utf8(output).expect("answers are text");
	text.lines()
		.map(|line| serde_json::from_str(line).expect("answers are JSON"))
		.collect()
}

fn vectors() -> Vec<Value> {
	let files = files().expect("all vectors make sense");
	files
		.iter()
		.filter(|(name, _)| name.ends_with(".json") && name != "schema.json")
		.flat_map(|(_, content)| {
			let vectors: Value = serde_json::from_str(content).expect("they are JSON");
			vectors["cases"].as_array().expect("there are cases").clone()
		})
		.collect()
}

#[test]
fn every_vector_through_the_pipe() {
	let cases = vectors();
	let mut input = String::new();
	for (id, case) in cases.iter().enumerate() {
		let mut question = case["question"].clone();
		question["id"] = json!(id);
		input += &format!("{question}\n\n");
	}
	let answers = served(input.trim_end().as_bytes());
	assert_eq!(answers.len(), cases.len(), "empty lines are passed over");
	for (id, (mut answer, case)) in answers.into_iter().zip(cases).enumerate() {
		let told = answer.as_object_mut().and_then(|fields| fields.remove("id"));
		assert_eq!(told, Some(json!(id)));
		assert_eq!(answer, case["answer"], "{}", case["name"]);
	}
}

#[test]
fn nonsense_is_answered_with_an_error() {
	let lines = [
		"{",
		"[]",
		"7",
		"null",
		"{}",
		r#"{"ask": 7}"#,
		r#"{"ask": "nothing"}"#,
		r#"{"ask": "thresholds"}"#,
		r#"{"ask": "thresholds", "validators": -1}"#,
		r#"{"ask": "thresholds", "validators": 4294967296}"#,
		r#"{"ask": "thresholds", "validators": 1, "more": 1}"#,
		r#"{"ask": "thresholds", "validators": 1.5}"#,
		r#"{"ask": "decode_constraints", "bytes": "0xABCD"}"#,
		r#"{"ask": "decode_constraints", "bytes": "12"}"#,
		r#"{"ask": "split_into_groups", "validators": 4000000000, "groups": 4000000000}"#,
		r#"{"ask": "decode_message", "message": "nothing", "bytes": "0x"}"#,
		r#"{"ask": "verify_signature", "key": "0x", "payload": "0x", "signature": "0x"}"#,
		r#"{"ask": "stack", "modifications": [{"outbound_hrmp": [{"recipient": 1, "bytes": 1, "messages": 1}, {"recipient": 1, "bytes": 1, "messages": 1}]}]}"#,
		r#"{"ask": "signing_payload"}"#,
		r#"{"ask": "signing_payload", "bitfield": {"bits": "2", "session": 1, "relay_parent": "0x0000000000000000000000000000000000000000000000000000000000000000"}}"#,
	];
	let input = lines.join("\n");
	let answers = served(input.as_bytes());
	assert_eq!(answers.len(), lines.len());
	for (line, answer) in lines.iter().zip(answers) {
		assert!(answer["error"].is_string(), "{line}: {answer}");
	}
}

#[test]
fn long_lines_cost_no_memory_and_the_next_is_answered() {
	let question = r#"{"ask": "thresholds", "validators": 4}"#;
	let mut input = vec![b'x'; 3 * MAX_LINE];
	input.extend_from_slice(format!("\n{question}\n").as_bytes());
	// Exactly as long as may be: spaces behind a question.
	for len in [MAX_LINE, MAX_LINE + 1] {
		input.extend_from_slice(question.as_bytes());
		input.extend(vec![b' '; len - question.len()]);
		input.push(b'\n');
	}
	input.extend_from_slice(&[0xff, 0xfe, b'\n']);
	input.extend(vec![b' '; 2 * MAX_LINE]);
	let answers = served(&input);
	let errors: Vec<_> = answers
		.iter()
		.map(|answer| answer.get("error").is_some())
		.collect();
	assert_eq!(errors, [true, false, false, true, true, true]);
	assert_eq!(answers[1]["ok"]["availability"], 3, "R-ENA-1");
}

/// Gives so many bytes of what another gives.
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self
			.0
			.wrapping_mul(6_364_136_223_846_793_005)
			.wrapping_add(1_442_695_040_888_963_407);
		self.0 >> 33
	}
}

#[test]
fn random_bytes_and_damaged_questions_are_answered() {
	let mut random = Random(7);
	let noise: Vec<u8> = (0..200_000).map(|_| random.next() as u8).collect();
	served(&noise);
	let cases = vectors();
	let mut input = Vec::new();
	for n in 0..6_000 {
		let case = &cases[n * 7 % cases.len()];
		let mut line = case["question"].to_string().into_bytes();
		for _ in 0..=random.next() % 2 {
			let at = random.next() as usize % line.len();
			match random.next() % 8 {
				0 => drop(line.remove(at)),
				1 => line.insert(at, b"0129"[random.next() as usize % 4]),
				2 => {
					let from = random.next() as usize % line.len();
					line[at] = line[from];
				}
				// What keeps it JSON, and mostly a question: another digit.
				_ => {
					let digits = line.iter().skip(at).position(u8::is_ascii_digit);
					if let Some(digit) = digits {
						line[at + digit] = b"0123456789"[random.next() as usize % 10];
					}
				}
			}
		}
		line.retain(|byte| *byte != b'\n');
		input.extend(line);
		input.push(b'\n');
	}
	let answers = served(&input);
	assert_eq!(answers.len(), 6_000);
	let count = |key: &str| answers.iter().filter(|answer| answer.get(key).is_some()).count();
	let counts = [count("ok"), count("refused"), count("error")];
	assert!(
		counts.iter().all(|count| *count > 300),
		"every kind of answer: {counts:?}"
	);
}

/// A reader that has gone after a line.
struct Gone(usize);

impl Write for Gone {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		match self.0.checked_sub(1) {
			Some(left) => {
				self.0 = left;
				Ok(bytes.len())
			}
			None => Err(io::ErrorKind::BrokenPipe.into()),
		}
	}

	fn flush(&mut self) -> io::Result<()> {
		Ok(())
	}
}

#[test]
fn a_closed_pipe_is_the_end_and_other_errors_are_errors() {
	let input = "{}\n".repeat(10);
	assert!(serve(input.as_bytes(), Gone(3)).is_ok());
	struct Broken;
	impl Read for Broken {
		fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
			Err(io::ErrorKind::UnexpectedEof.into())
		}
	}
	assert!(serve(BufReader::new(Broken), Vec::new()).is_err());
}

#[test]
fn what_a_parser_would_pass_over_is_answered_with_an_error_that_is_true() {
	for (line, expected) in [
		(
			r#"{"ask":"thresholds","validators":3,"validators":4}"#,
			"the field \"validators\" is there twice",
		),
		(
			r#"{"ask":"thresholds","ask":"nope","validators":3}"#,
			"the field \"ask\" is there twice",
		),
		(
			r#"{"ask":"thresholds","validators":{"$serde_json::private::Number":"3"}}"#,
			"is no field of a question",
		),
		(
			r#"{"ask":"thresholds","validators":1e1}"#,
			"question.validators: expected a whole number",
		),
		(r#"{"ask":"thresholds","validators":1.0}"#, "came 1.0"),
		(
			r#"{"ask":"thresholds","validators":99999999999999999999}"#,
			"at most 64 bits",
		),
	] {
		let answers = served(line.as_bytes());
		let error = answers[0]["error"].as_str().unwrap_or_default();
		assert!(error.contains(expected), "{line}: {answers:?}");
	}
	// An `id` is whatever the asker likes.
	let answers = served(br#"{"id":1.5,"ask":"thresholds","validators":3}"#);
	assert!(
		answers[0].get("ok").is_some() && answers[0]["id"] == json!(1.5),
		"{answers:?}"
	);
}
