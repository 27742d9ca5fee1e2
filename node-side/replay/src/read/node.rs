//! JSON with a place: whatever is wrong is named with the path to it.

use super::hex;
use crate::ReadError;
use async_backing_primitives::Hash;
use codec::DecodeAll;
use serde_json::Value;

/// A JSON value and the path to it.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
	pub(crate) value: &'a Value,
	pub(crate) place: String,
}

/// A name without the ways to spell it: `paraInherent`, `para_inherent` and `ParaInherent` are one.
pub(crate) fn plain(name: &str) -> String {
	name.chars()
		.filter(|character| character.is_ascii_alphanumeric())
		.map(|character| character.to_ascii_lowercase())
		.collect()
}

impl<'a> Node<'a> {
	pub(crate) fn new(value: &'a Value, place: impl Into<String>) -> Self {
		Self {
			value,
			place: place.into(),
		}
	}

	/// The value under the first of these names that is there, in any spelling, and is not null.
	pub(crate) fn find(&self, names: &[&str]) -> Option<Self> {
		let fields = self.value.as_object()?;
		names.iter().find_map(|wanted| {
			let wanted = plain(wanted);
			let (name, value) = fields
				.iter()
				.find(|(name, value)| plain(name) == wanted && !value.is_null())?;
			Some(Self::new(value, format!("{}.{name}", self.place)))
		})
	}

	/// The same, where it has to be.
	pub(crate) fn get(&self, names: &[&'static str]) -> Result<Self, ReadError> {
		self.find(names).ok_or_else(|| ReadError::Field {
			place: self.place.clone(),
			expected: names.first().copied().unwrap_or("a field"),
			got: "nothing of that name".into(),
		})
	}

	pub(crate) fn item(&self, position: usize) -> Result<Self, ReadError> {
		match self.value.get(position) {
			Some(value) => Ok(Self::new(value, format!("{}[{position}]", self.place))),
			None => Err(self.not("a longer list")),
		}
	}

	pub(crate) fn items(&self) -> Result<impl Iterator<Item = Self> + '_, ReadError> {
		let items = self.value.as_array().ok_or_else(|| self.not("a list"))?;
		Ok(items
			.iter()
			.enumerate()
			.map(|(position, value)| Self::new(value, format!("{}[{position}]", self.place))))
	}

	/// Each item of the list, read.
	pub(crate) fn each<T>(&self, read: impl Fn(Self) -> Result<T, ReadError>) -> Result<Vec<T>, ReadError> {
		self.items()?.map(read).collect()
	}

	pub(crate) fn text(&self) -> Result<&'a str, ReadError> {
		self.value.as_str().ok_or_else(|| self.not("a text"))
	}

	pub(crate) fn bytes(&self) -> Result<Vec<u8>, ReadError> {
		hex::decode(self.text()?, || self.place.clone())
	}

	/// The bytes of a list of bits. Some tools write such lists digit by digit (`0b1011`), which without `0x` would read as
	/// hexadecimal.
	pub(crate) fn bits(&self) -> Result<Vec<u8>, ReadError> {
		match self.text()? {
			text if text.starts_with("0b") || text.starts_with("0B") => {
				Err(self.not("the bytes of a list of bits in hexadecimal, 0x in front"))
			}
			_ => self.bytes(),
		}
	}

	/// A number: as such, as text with or without separators, or in hexadecimal.
	pub(crate) fn number(&self) -> Result<u64, ReadError> {
		let number = match self.value {
			Value::Number(number) => number.as_u64(),
			Value::String(text) => match text.strip_prefix("0x") {
				Some(digits) => u64::from_str_radix(digits, 16).ok(),
				None => text.replace([',', '_'], "").parse().ok(),
			},
			_ => None,
		};
		number.ok_or_else(|| self.not("a number"))
	}

	pub(crate) fn small<T: TryFrom<u64>>(&self, expected: &'static str) -> Result<T, ReadError> {
		T::try_from(self.number()?).map_err(|_| self.not(expected))
	}

	pub(crate) fn u32(&self) -> Result<u32, ReadError> {
		self.small("a number of 32 bits")
	}

	/// Bytes that are a value of `T` to the last one.
	pub(crate) fn decoded<T: DecodeAll>(&self, expected: &'static str) -> Result<T, ReadError> {
		T::decode_all(&mut &self.bytes()?[..]).map_err(|_| self.not(expected))
	}

	pub(crate) fn hash(&self) -> Result<Hash, ReadError> {
		self.decoded("a hash of 32 bytes")
	}

	/// An enumeration: its variant's name without spelling, and what is in it.
	pub(crate) fn variant(&self) -> Result<(String, Option<Self>), ReadError> {
		match self.value {
			Value::String(name) => Ok((plain(name), None)),
			Value::Object(fields) if fields.len() == 1 => {
				let (name, value) = fields.iter().next().ok_or_else(|| self.not("a variant"))?;
				let inner = Self::new(value, format!("{}.{name}", self.place));
				Ok((plain(name), Some(inner).filter(|inner| !inner.value.is_null())))
			}
			_ => Err(self.not("a variant")),
		}
	}

	/// The error that something else is here.
	pub(crate) fn not(&self, expected: &'static str) -> ReadError {
		let mut got = self.value.to_string();
		if let Some((cut, _)) = got.char_indices().nth(60) {
			got.truncate(cut);
			got.push_str("...");
		}
		ReadError::Field {
			place: self.place.clone(),
			expected,
			got,
		}
	}
}
