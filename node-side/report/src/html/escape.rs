//! Text on its way into HTML and into scripts.

use std::fmt::{self, Display, Write};

/// Text that means itself in HTML, in an element or between double quotes.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		for symbol in self.0.chars() {
			match symbol {
				'&' => f.write_str("&amp;")?,
				'<' => f.write_str("&lt;")?,
				'>' => f.write_str("&gt;")?,
				'"' => f.write_str("&quot;")?,
				'\'' => f.write_str("&#39;")?,
				symbol => f.write_char(symbol)?,
			}
		}
		Ok(())
	}
}

/// JSON that can stand in a `script` element: nothing in it ends or opens one.
pub(super) fn script_json(json: &str) -> String {
	// These are in strings only, where an escape means the same.
	json.replace('<', "\\u003c")
		.replace('>', "\\u003e")
		.replace('&', "\\u0026")
}

/// The first eight digits of a hash.
pub(super) fn short(hash: &str) -> &str {
	let digits = hash.strip_prefix("0x").unwrap_or(hash);
	digits.get(..8).unwrap_or(digits)
}

/// Milliseconds as seconds.
pub(super) fn seconds(ms: u64) -> String {
	format!("{}.{:02} s", ms / 1000, ms % 1000 / 10)
}

/// Bytes in a unit that fits.
pub(super) fn bytes(bytes: u64) -> String {
	match bytes {
		0..=9_999 => format!("{bytes} B"),
		10_000..=999_999 => format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100),
		_ => format!("{}.{:02} MB", bytes / 1_000_000, bytes % 1_000_000 / 10_000),
	}
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
	let digits = number.to_string();
	let mut text = String::new();
	for (position, digit) in digits.chars().enumerate() {
		if position > 0 && (digits.len() - position).is_multiple_of(3) {
			text.push('\u{202f}');
		}
		text.push(digit);
	}
	text
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn nothing_of_a_text_is_markup() {
		let hostile = "</script><img src=x onerror='alert(1)'> & \"quotes\"";
		let text = Text(hostile).to_string();
		assert_eq!(
			text,
			"&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt; &amp; &quot;quotes&quot;"
		);
		let json = serde_json::to_string(hostile).expect("it is text");
		let script = script_json(&json);
		assert!(!script.contains(['<', '>', '&']), "{script}");
		let read: String = serde_json::from_str(&script).expect("it is the same JSON");
		assert_eq!(read, hostile);
	}

	#[test]
	fn figures_are_read_at_a_glance() {
		assert_eq!(grouped(0), "0");
		assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
		assert_eq!(bytes(9_999), "9999 B");
		assert_eq!(bytes(12_340), "12.3 kB");
		assert_eq!(bytes(12_345_678), "12.34 MB");
		assert_eq!(seconds(12_345), "12.34 s");
		assert_eq!(short("0x0123456789"), "01234567");
	}
}
