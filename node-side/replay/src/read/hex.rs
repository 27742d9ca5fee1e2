//! Hexadecimal text.

use crate::ReadError;

/// What stands behind `0x` or `0X`, or all of it.
fn digits(text: &str) -> &str {
	let behind = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
	behind.unwrap_or(text)
}

/// The bytes of a text with or without `0x` in front.
pub(crate) fn decode(text: &str, place: impl Fn() -> String) -> Result<Vec<u8>, ReadError> {
	let digits = digits(text);
	let skipped = text.len() - digits.len();
	let mut values = Vec::with_capacity(digits.len());
	for (position, character) in digits.chars().enumerate() {
		let value = character.to_digit(16).and_then(|value| u8::try_from(value).ok());
		values.push(value.ok_or_else(|| ReadError::Hex {
			place: place(),
			position: position + skipped,
			got: character,
		})?);
	}
	if values.len() % 2 == 1 {
		return Err(ReadError::HalfByte {
			place: place(),
			digits: values.len(),
		});
	}
	Ok(values
		.chunks_exact(2)
		.map(|pair| pair.iter().fold(0, |byte, value| byte << 4 | value))
		.collect())
}

/// The hexadecimal text of a file in one piece, if it is nothing but digits behind an optional `0x`, and some of them: editors
/// and `xxd` break it into lines.
pub(crate) fn in_one_piece(text: &str) -> Option<String> {
	let joined: String = text.split_whitespace().collect();
	is_hex(&joined).then_some(joined)
}

fn is_hex(text: &str) -> bool {
	let digits = digits(text);
	!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_no_hexadecimal_is_named_with_its_position() {
		let read = |text| decode(text, || "here".into());
		assert_eq!(read("0x00fF").ok(), Some(vec![0, 255]));
		assert_eq!(read("").ok(), Some(vec![]));
		assert!(matches!(
			read("0x0g"),
			Err(ReadError::Hex {
				position: 3,
				got: 'g',
				..
			})
		));
		assert!(matches!(read("0x0é"), Err(ReadError::Hex { position: 3, .. })));
		assert!(matches!(
			read("0x123"),
			Err(ReadError::HalfByte { digits: 3, .. })
		));
		assert_eq!(read("0XAb").ok(), Some(vec![0xab]));
		assert_eq!(in_one_piece("0Xab\r\ncd 12\n").as_deref(), Some("0Xabcd12"));
		assert!(is_hex("0xab") && !is_hex("0x") && !is_hex("xyz"));
	}
}
