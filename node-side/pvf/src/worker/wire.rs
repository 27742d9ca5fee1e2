//! What goes over the pipes between a node and its workers: frames of a length and a SCALE encoding.
//!
//! Both ends are the same build, so that nothing here needs versions.

use crate::{disk::Compiled, Limits, PrepareError, ValidateError, Validated, ENTRY_POINT, HEAP_BASE, MEMORY};
use async_backing_primitives::{ValidationCodeHash, ValidationParams};
use codec::{Decode, DecodeAll, Encode};
use std::io::{self, Read, Write};

/// Most bytes of a frame: parameters with the largest proof of validity, or a compiled code, and some.
const MAX_FRAME: u32 = 512 * 1024 * 1024;

/// What a worker is asked.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(super) enum Ask {
	/// Compile this code, compressed or not, if it has at most so many bytes after decompression.
	Prepare { code: Vec<u8>, max: u64 },
	/// Keep this compiled code for what follows.
	Load(ValidationCodeHash, Compiled),
	/// Execute a code that was loaded.
	Execute {
		code: ValidationCodeHash,
		params: ValidationParams,
		memory_pages: u32,
		fuel: u64,
	},
}

/// What it answers.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(super) enum Answer {
	/// The code, compiled; `None` if the compiler does not write it down.
	Prepared(Result<Option<Compiled>, Wire<PrepareError>>),
	/// The code is there, or was not compiled by an equal engine.
	Loaded(Result<(), Wire<PrepareError>>),
	/// The code is not loaded, or not any more.
	Unknown,
	/// What came out.
	Executed(Result<Wire<Validated>, Wire<ValidateError>>),
}

/// Something of ours that has no encoding of its own.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wire<T>(pub(super) T);

pub(super) fn write(to: &mut impl Write, frame: &impl Encode) -> io::Result<()> {
	let bytes = frame.encode();
	let length = u32::try_from(bytes.len())
		.ok()
		.filter(|length| *length <= MAX_FRAME)
		.ok_or_else(|| io::Error::other("a frame that is too long"))?;
	to.write_all(&length.to_le_bytes())?;
	to.write_all(&bytes)?;
	to.flush()
}

/// The next frame; `None` at the end.
pub(super) fn read<T: Decode>(from: &mut impl Read) -> io::Result<Option<T>> {
	let mut length = [0; 4];
	match from.read_exact(&mut length) {
		Ok(()) => {}
		Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
		Err(error) => return Err(error),
	}
	let length = u32::from_le_bytes(length);
	if length > MAX_FRAME {
		return Err(io::Error::other("a frame that is too long"));
	}
	// As it comes: a length is only a promise.
	let mut bytes = Vec::new();
	from.take(length.into()).read_to_end(&mut bytes)?;
	if bytes.len() != length as usize {
		return Ok(None);
	}
	let frame = T::decode_all(&mut &bytes[..]);
	frame
		.map(Some)
		.map_err(|_| io::Error::other("a frame that does not decode"))
}

impl Ask {
	pub(super) fn execute(code: ValidationCodeHash, params: ValidationParams, limits: &Limits) -> Self {
		Self::Execute {
			code,
			params,
			memory_pages: limits.memory_pages,
			fuel: limits.fuel,
		}
	}
}

impl Encode for Wire<Validated> {
	fn encode(&self) -> Vec<u8> {
		let Validated {
			result,
			fuel_used,
			memory_pages,
		} = &self.0;
		(result, fuel_used, memory_pages).encode()
	}
}

impl Decode for Wire<Validated> {
	fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
		let (result, fuel_used, memory_pages) = Decode::decode(input)?;
		Ok(Self(Validated {
			result,
			fuel_used,
			memory_pages,
		}))
	}
}

/// Words of errors that are constants of this crate, by their position.
const CONSTANTS: [&str; 17] = [
	"instructions",
	"instructions in all functions",
	"locals followed through loops",
	"locals followed through loops in all functions",
	"locals followed through blocks",
	"locals followed through blocks in all functions",
	"blocks inside each other",
	"targets of table jumps",
	"`validate_block`",
	"`__heap_base`",
	"`memory`, nor does it import one",
	"a memory",
	"a function (i32, i32) -> i64",
	"a global of type i32",
	ENTRY_POINT,
	HEAP_BASE,
	MEMORY,
];

fn position(constant: &str) -> u8 {
	let found = CONSTANTS.iter().position(|known| *known == constant);
	found
		.and_then(|position| u8::try_from(position).ok())
		.unwrap_or(u8::MAX)
}

fn constant(position: u8) -> Result<&'static str, codec::Error> {
	CONSTANTS
		.get(usize::from(position))
		.copied()
		.ok_or_else(|| "an unknown word".into())
}

fn size(bytes: u64) -> Result<usize, codec::Error> {
	usize::try_from(bytes).map_err(|_| "a size that is no size here".into())
}

impl Encode for Wire<PrepareError> {
	fn encode(&self) -> Vec<u8> {
		match &self.0 {
			PrepareError::TooLarge { max } => (0u8, *max as u64).encode(),
			PrepareError::CorruptCompression => 1u8.encode(),
			PrepareError::InvalidModule { reason } => (2u8, reason).encode(),
			PrepareError::TooComplex {
				function,
				what,
				actual,
				max,
			} => (3u8, function, position(what), actual, max).encode(),
			PrepareError::MissingExport { expected } => (4u8, position(expected)).encode(),
			PrepareError::WrongExport { name, expected } => {
				(5u8, position(name), position(expected)).encode()
			}
			PrepareError::ImpossibleImport { module, name } => (6u8, module, name).encode(),
			PrepareError::WrongImport {
				name,
				expected,
				actual,
			} => (7u8, name, expected, actual).encode(),
		}
	}
}

impl Decode for Wire<PrepareError> {
	fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
		Ok(Self(match u8::decode(input)? {
			0 => PrepareError::TooLarge {
				max: size(Decode::decode(input)?)?,
			},
			1 => PrepareError::CorruptCompression,
			2 => PrepareError::InvalidModule {
				reason: Decode::decode(input)?,
			},
			3 => PrepareError::TooComplex {
				function: Decode::decode(input)?,
				what: constant(Decode::decode(input)?)?,
				actual: Decode::decode(input)?,
				max: Decode::decode(input)?,
			},
			4 => PrepareError::MissingExport {
				expected: constant(Decode::decode(input)?)?,
			},
			5 => PrepareError::WrongExport {
				name: constant(Decode::decode(input)?)?,
				expected: constant(Decode::decode(input)?)?,
			},
			6 => PrepareError::ImpossibleImport {
				module: Decode::decode(input)?,
				name: Decode::decode(input)?,
			},
			7 => PrepareError::WrongImport {
				name: Decode::decode(input)?,
				expected: Decode::decode(input)?,
				actual: Decode::decode(input)?,
			},
			_ => return Err("an unknown error".into()),
		}))
	}
}

impl Encode for Wire<ValidateError> {
	fn encode(&self) -> Vec<u8> {
		match &self.0 {
			ValidateError::OutOfFuel { limit } => (0u8, limit).encode(),
			ValidateError::MemoryLimit { pages, limit } => (1u8, pages, limit).encode(),
			ValidateError::Aborted { reason } => (2u8, reason).encode(),
			ValidateError::Trap { reason } => (3u8, reason).encode(),
			ValidateError::CorruptPov => 4u8.encode(),
			ValidateError::PovTooLarge { max } => (5u8, *max as u64).encode(),
			ValidateError::InputTooLarge { length } => (6u8, *length as u64).encode(),
			ValidateError::ResultOutOfBounds {
				pointer,
				length,
				memory,
			} => (7u8, pointer, length, *memory as u64).encode(),
			ValidateError::UndecodableResult { length, reason } => (8u8, *length as u64, reason).encode(),
		}
	}
}

impl Decode for Wire<ValidateError> {
	fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
		Ok(Self(match u8::decode(input)? {
			0 => ValidateError::OutOfFuel {
				limit: Decode::decode(input)?,
			},
			1 => ValidateError::MemoryLimit {
				pages: Decode::decode(input)?,
				limit: Decode::decode(input)?,
			},
			2 => ValidateError::Aborted {
				reason: Decode::decode(input)?,
			},
			3 => ValidateError::Trap {
				reason: Decode::decode(input)?,
			},
			4 => ValidateError::CorruptPov,
			5 => ValidateError::PovTooLarge {
				max: size(Decode::decode(input)?)?,
			},
			6 => ValidateError::InputTooLarge {
				length: size(Decode::decode(input)?)?,
			},
			7 => ValidateError::ResultOutOfBounds {
				pointer: Decode::decode(input)?,
				length: Decode::decode(input)?,
				memory: size(Decode::decode(input)?)?,
			},
			8 => ValidateError::UndecodableResult {
				length: size(Decode::decode(input)?)?,
				reason: Decode::decode(input)?,
			},
			_ => return Err("an unknown error".into()),
		}))
	}
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
	use super::*;

	fn comes_back<T: Encode + Decode + PartialEq + std::fmt::Debug>(frame: T) {
		let mut bytes = Vec::new();
		write(&mut bytes, &frame).unwrap();
		write(&mut bytes, &frame).unwrap();
		let mut pipe = &bytes[..];
		assert_eq!(read::<T>(&mut pipe).unwrap().as_ref(), Some(&frame));
		assert_eq!(read::<T>(&mut pipe).unwrap(), Some(frame));
		assert_eq!(read::<T>(&mut pipe).unwrap(), None);
		assert_eq!(
			read::<T>(&mut &bytes[..bytes.len() / 2 - 1]).unwrap(),
			None,
			"cut off"
		);
	}

	#[test]
	fn every_error_comes_back_as_it_was() {
		let text = || "why".to_owned();
		for error in [
			PrepareError::TooLarge { max: 7 },
			PrepareError::CorruptCompression,
			PrepareError::InvalidModule { reason: text() },
			PrepareError::TooComplex {
				function: 3,
				what: "instructions",
				actual: 9,
				max: 8,
			},
			PrepareError::MissingExport {
				expected: "`__heap_base`",
			},
			PrepareError::WrongExport {
				name: MEMORY,
				expected: "a memory",
			},
			PrepareError::ImpossibleImport {
				module: text(),
				name: text(),
			},
			PrepareError::WrongImport {
				name: text(),
				expected: text(),
				actual: text(),
			},
		] {
			comes_back(Answer::Prepared(Err(Wire(error))));
		}
		for error in [
			ValidateError::OutOfFuel { limit: 1 },
			ValidateError::MemoryLimit { pages: 3, limit: 2 },
			ValidateError::Aborted { reason: text() },
			ValidateError::Trap { reason: text() },
			ValidateError::CorruptPov,
			ValidateError::PovTooLarge { max: 4 },
			ValidateError::InputTooLarge { length: 5 },
			ValidateError::ResultOutOfBounds {
				pointer: 1,
				length: 2,
				memory: 3,
			},
			ValidateError::UndecodableResult {
				length: 1,
				reason: text(),
			},
		] {
			comes_back(Answer::Executed(Err(Wire(error))));
		}
	}

	/// All words that errors are made of are among the constants: the sources say so.
	#[test]
	fn every_word_is_known() {
		let sources = [include_str!("../engine.rs"), include_str!("../weigh.rs")].concat();
		for word in &CONSTANTS[..14] {
			assert!(sources.contains(&format!("\"{word}\"")), "{word} is said no more");
			assert_eq!(constant(position(word)), Ok(*word));
		}
		let code = |of: &str| sources.matches(of).count();
		// Where an error is made with a word: each has one of those above.
		assert_eq!(code("MissingExport {"), 3);
		assert_eq!(code("WrongExport {"), 3);
		assert_eq!(crate::weigh::BOUNDS, 8);
	}

	#[test]
	fn a_length_is_only_a_promise() {
		let mut bytes = (MAX_FRAME + 1).to_le_bytes().to_vec();
		assert!(read::<Answer>(&mut &bytes[..]).is_err());
		bytes = MAX_FRAME.to_le_bytes().to_vec();
		assert_eq!(read::<Answer>(&mut &bytes[..]).unwrap(), None);
		bytes = [&2u32.to_le_bytes()[..], &[99, 99]].concat();
		assert!(read::<Answer>(&mut &bytes[..]).is_err());
	}
}
