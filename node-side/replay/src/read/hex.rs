//! Hexadecimal text.

use crate::ReadError;

/// The bytes of a text with or without `0x` in front.
pub(crate) fn decode(text: &str, place: impl Fn() -> String) -> Result<Vec<u8>, ReadError> {
	let digits = text.strip_prefix("0x").unwrap_or(text);
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

/// Whether a text can be hexadecimal: nothing but digits behind an optional `0x`, and some of them.
pub(crate) fn is_hex(text: &str) -> bool {
	let digits = text.strip_prefix("0x").unwrap_or(text);
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
		assert!(is_hex("0xab") && !is_hex("0x") && !is_hex("xyz"));
	}
}
