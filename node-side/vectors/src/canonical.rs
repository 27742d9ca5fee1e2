//! JSON in one form: whatever features a build of the JSON library has, the bytes are the same.

use serde_json::Value;

/// On one line, keys ascending, a space behind each comma and colon.
pub fn canonical(value: &Value) -> String {
	let mut text = String::new();
	write(value, &mut text);
	text
}

fn write(value: &Value, text: &mut String) {
	match value {
		Value::Array(items) => {
			text.push('[');
			for (position, item) in items.iter().enumerate() {
				separate(position, text);
				write(item, text);
			}
			text.push(']');
		}
		Value::Object(fields) => {
			let mut fields: Vec<_> = fields.iter().collect();
			fields.sort_by_key(|(key, _)| *key);
			text.push('{');
			for (position, (key, value)) in fields.into_iter().enumerate() {
				separate(position, text);
				text.push_str(&Value::from(key.as_str()).to_string());
				text.push_str(": ");
				write(value, text);
			}
			text.push('}');
		}
		plain => text.push_str(&plain.to_string()),
	}
}

fn separate(position: usize, text: &mut String) {
	if position > 0 {
		text.push_str(", ");
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn keys_ascend_and_all_is_on_one_line() {
		let value = json!({"b": [1, null, {"z": true, "a\n": "\""}], "a": {}});
		let text = canonical(&value);
		assert_eq!(text, r#"{"a": {}, "b": [1, null, {"a\n": "\"", "z": true}]}"#);
		assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
	}
}
