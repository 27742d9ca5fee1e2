//! Bytes in JSON: lower-case hex behind `0x`.

use serde::{de::Error, Deserialize, Deserializer, Serialize, Serializer};

/// Bytes, written as hex behind `0x`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

/// As hex behind `0x`.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
	const DIGITS: &[u8; 16] = b"0123456789abcdef";
	let bytes = bytes.as_ref();
	let mut text = String::with_capacity(2 + 2 * bytes.len());
	text.push_str("0x");
	for byte in bytes {
		for digit in [byte >> 4, byte & 15] {
			text.push(
				DIGITS
					.get(usize::from(digit))
					.map_or('0', |digit| char::from(*digit)),
			);
		}
	}
	text
}

/// The bytes behind `0x`; `None` for an odd number of digits, upper case, or anything else.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
	let digit = |digit: &u8| match digit {
		b'0'..=b'9' => Some(digit - b'0'),
		b'a'..=b'f' => Some(digit - b'a' + 10),
		_ => None,
	};
	let digits = text.strip_prefix("0x")?.as_bytes();
	if digits.len() % 2 == 1 {
		return None;
	}
	digits
		.chunks_exact(2)
		.map(|pair| match pair {
			[high, low] => Some(digit(high)? << 4 | digit(low)?),
			_ => None,
		})
		.collect()
}

impl Serialize for Hex {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&hex(&self.0))
	}
}

impl<'de> Deserialize<'de> for Hex {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = String::deserialize(deserializer)?;
		match bytes(&text) {
			Some(bytes) => Ok(Self(bytes)),
			None => Err(D::Error::custom(
				"bytes are pairs of lower-case hex digits behind 0x",
			)),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bytes_have_one_form() {
		assert_eq!(hex([0, 0xaf, 9]), "0x00af09");
		assert_eq!(bytes("0x00af09"), Some(vec![0, 0xaf, 9]));
		assert_eq!(bytes("0x"), Some(vec![]));
		for other in ["", "00", "0x0", "0xAF", "0x0g", "0X00", "0xä"] {
			assert_eq!(bytes(other), None, "{other}");
		}
	}
}
