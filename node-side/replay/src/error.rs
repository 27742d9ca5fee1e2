//! What can be wrong with input, each with its place.

use std::path::PathBuf;
use thiserror::Error;

/// Input that can't be read. Reading never panics, whatever the bytes.
#[derive(Debug, Error)]
pub enum ReadError {
	/// The file or folder can't be opened.
	#[error("{path}: {source}")]
	Io {
		/// Which.
		path: PathBuf,
		/// Why.
		source: std::io::Error,
	},
	/// The file is no JSON.
	#[error("{path}: line {line}, column {column}: {what}")]
	Json {
		/// The file.
		path: PathBuf,
		/// Where in it, from 1.
		line: usize,
		/// Where in the line, from 1.
		column: usize,
		/// What the parser says.
		what: String,
	},
	/// Something in the JSON is not what it has to be.
	#[error("{place}: expected {expected}, came {got}")]
	Field {
		/// Path to it: file, then fields and positions.
		place: String,
		/// What there has to be.
		expected: &'static str,
		/// What is there, shortened.
		got: String,
	},
	/// A text that should be hexadecimal is not.
	#[error("{place}: character {position} is {got:?}, which is no hexadecimal digit")]
	Hex {
		/// Path to it.
		place: String,
		/// Position of the character, from 0.
		position: usize,
		/// The character.
		got: char,
	},
	/// A hexadecimal text with half a byte.
	#[error("{place}: {digits} hexadecimal digits are no whole bytes")]
	HalfByte {
		/// Path to it.
		place: String,
		/// Their number.
		digits: usize,
	},
	/// An extrinsic is no parachains inherent.
	#[error("{place}: {source}")]
	Extrinsic {
		/// Path to it.
		place: String,
		/// Why not.
		source: ExtrinsicError,
	},
	/// It is packed, or text in another encoding.
	#[error("{place}: expected an extrinsic, hexadecimal or JSON as UTF-8, came {got}")]
	Form {
		/// File.
		place: String,
		/// What it is.
		got: &'static str,
	},
	/// There is nothing in it that could be judged.
	#[error("{place}: no relay block in it: {why}")]
	Nothing {
		/// File or folder.
		place: String,
		/// What was looked for.
		why: &'static str,
	},
	/// The file is larger than any block with its JSON.
	#[error("{path}: {bytes} bytes, but at most {max}")]
	TooLarge {
		/// The file.
		path: PathBuf,
		/// Its size.
		bytes: u64,
		/// Largest that is read.
		max: u64,
	},
}

/// Why bytes are no parachains inherent (R-BIN-17). Offsets are bytes from the beginning of the extrinsic.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExtrinsicError {
	/// It ends before the call.
	#[error("{bytes} bytes are too few for an extrinsic")]
	TooShort {
		/// Its length.
		bytes: usize,
	},
	/// It begins neither with a length nor with a version.
	#[error("byte 0: {got:#04x} begins no extrinsic: expected a length of at most four bytes, or version 0x04 or 0x05 ({bytes} bytes came)")]
	NoLength {
		/// The first byte.
		got: u8,
		/// How many there are.
		bytes: usize,
	},
	/// Neither is the length in front that of the rest, nor is there a call without one.
	#[error("the length in front says {said} bytes, but {got} follow")]
	Length {
		/// What it says.
		said: u32,
		/// What there is.
		got: usize,
	},
	/// It is signed, or of a version that is not known.
	#[error("byte {offset}: version {got:#04x}, but an inherent is 0x04 or 0x05")]
	Version {
		/// Where.
		offset: usize,
		/// What is there.
		got: u8,
	},
	/// It calls something else: `ParaInherent::enter` is the only call of its pallet.
	#[error("byte {offset}: call {got} of pallet {pallet}, but `ParaInherent::enter` is call 0")]
	Call {
		/// Where.
		offset: usize,
		/// Index of the pallet.
		pallet: u8,
		/// Index of the call.
		got: u8,
	},
	/// A part doesn't decode.
	#[error("byte {offset}: {part}: {what}")]
	Decode {
		/// Where decoding stopped.
		offset: usize,
		/// What was being read, with its position among its kind.
		part: String,
		/// What the decoder says.
		what: String,
	},
	/// It goes on behind the inherent.
	#[error("byte {offset}: {bytes} more bytes behind the inherent")]
	Trailing {
		/// Where the inherent ends.
		offset: usize,
		/// How many follow.
		bytes: usize,
	},
}
