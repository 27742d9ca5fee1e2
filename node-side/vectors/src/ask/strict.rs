//! What the JSON parser takes in silence, and a question must not have: one field twice, of which only the last would count; a
//! field by which the parser itself marks numbers; numbers that are not whole.

use serde_json::Value;
use std::collections::BTreeSet;

/// How the parser's own fields begin.
const PRIVATE: &str = "$serde_json::private::";

/// Fields of an object so far; `None` for a list.
type Level = Option<BTreeSet<String>>;

/// The first field that is there twice, or that only the parser uses. Looks at strings and brackets alone: whether the rest is
/// JSON says the parser.
///
/// # Errors
/// What is wrong.
pub(super) fn check_fields(line: &str) -> Result<(), String> {
	let mut levels: Vec<Level> = Vec::new();
	let mut rest = line;
	while let Some(at) = rest.find(['{', '[', '}', ']', '"']) {
		let (sign, behind) = rest.split_at(at).1.split_at(1);
		rest = behind;
		match sign {
			"{" => levels.push(Some(BTreeSet::new())),
			"[" => levels.push(None),
			"}" | "]" => {
				levels.pop();
			}
			_ => {
				let Some(end) = end_of_string(rest) else {
					return Ok(());
				};
				let (inner, behind) = rest.split_at(end);
				rest = behind.get(1..).unwrap_or_default();
				let is_field = rest.trim_start().starts_with(':');
				if let (true, Some(Some(fields))) = (is_field, levels.last_mut()) {
					take_field(fields, inner)?;
				}
			}
		}
	}
	Ok(())
}

fn take_field(fields: &mut BTreeSet<String>, inner: &str) -> Result<(), String> {
	// Spelt with escapes it is the same field.
	let Ok(name) = serde_json::from_str::<String>(&format!("\"{inner}\"")) else {
		return Ok(());
	};
	if name.starts_with(PRIVATE) {
		return Err(format!("{name:?} is no field of a question"));
	}
	match fields.replace(name) {
		Some(name) => Err(format!("the field {name:?} is there twice")),
		None => Ok(()),
	}
}

/// Where the quote is that ends a string.
fn end_of_string(text: &str) -> Option<usize> {
	let mut is_escaped = false;
	text.bytes().position(|byte| match byte {
		_ if is_escaped => {
			is_escaped = false;
			false
		}
		b'\\' => {
			is_escaped = true;
			false
		}
		byte => byte == b'"',
	})
}

/// Whether all numbers are whole, as all are that questions ask with.
///
/// # Errors
/// The one that is not, with its place.
pub(super) fn check_numbers(value: &Value, place: &str) -> Result<(), String> {
	match value {
		Value::Number(number) if !number.is_u64() && !number.is_i64() => {
			let digits = number.to_string();
			let shown: String = digits.chars().take(40).collect();
			let more = if shown.len() < digits.len() { "..." } else { "" };
			Err(format!(
				"{place}: expected a whole number of at most 64 bits, without point and exponent, came {shown}{more}"
			))
		}
		Value::Array(items) => (0_usize..)
			.zip(items)
			.try_for_each(|(at, item)| check_numbers(item, &format!("{place}[{at}]"))),
		Value::Object(fields) => fields
			.iter()
			.try_for_each(|(name, field)| check_numbers(field, &format!("{place}.{name}"))),
		_ => Ok(()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn fields_are_compared_within_one_object_and_as_they_are_meant() {
		for fine in [
			r#"{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":"\"a\":","d":"{"}"#,
			r#"["a","a"]"#,
			r#"{"a":"a","b":"$serde_json::private::Number"}"#,
			r#"{"a":"#,
			r#"{"a"#,
		] {
			assert_eq!(check_fields(fine), Ok(()), "{fine}");
		}
		for (wrong, expected) in [
			(r#"{"a":1,"a":1}"#, "\"a\" is there twice"),
			(r#"{"a":1,"\u0061" :1}"#, "\"a\" is there twice"),
			(r#"{"x":[{"a":{},"b":[1],"a":1}]}"#, "\"a\" is there twice"),
			(
				r#"{"x":{"\u0024serde_json::private::Number":"3"}}"#,
				"is no field of a question",
			),
		] {
			let error = check_fields(wrong).expect_err(wrong);
			assert!(error.contains(expected), "{error}");
		}
	}
}
