//! Reading with bounds: lengths are judged before memory is reserved for them, all bytes are used up, and what was wrong
//! is told.

use crate::{Cost, DecodeError, Fault, MAX_DEPTH, MAX_MEMORY_PER_BYTE};
use alloc::vec::Vec;
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Compact, Decode, Encode, Input};
use core::ops::RangeInclusive;

/// A message that travels alone: what a peer sends at once, and how much of it is allowed.
pub trait Wire: Encode + Read {
	/// What it is, for errors.
	const NAME: &'static str;
	/// Most bytes of its encoding.
	const LIMIT: usize;
	/// What a peer is charged for bytes that are none.
	const COST: Cost = Cost::Major;

	/// Reads a message that has to use up all bytes. Cost: linear in their number, memory at most
	/// [`MAX_MEMORY_PER_BYTE`] for each.
	///
	/// # Errors
	/// [`DecodeError`] names the first fault, where it is, and its cost.
	fn from_wire(bytes: &[u8]) -> Result<Self, DecodeError> {
		let error = |offset, fault| DecodeError {
			message: Self::NAME,
			offset,
			fault,
			cost: Self::COST,
		};
		if bytes.len() > Self::LIMIT {
			let fault = Fault::TooLong {
				limit: Self::LIMIT,
				got: bytes.len(),
			};
			return Err(error(0, fault));
		}
		let mut reader = Reader::new(bytes);
		let message = Self::read(&mut reader).map_err(|fault| error(reader.offset(), fault))?;
		match reader.remaining() {
			0 => Ok(message),
			got => Err(error(reader.offset(), Fault::TrailingBytes { got })),
		}
	}
}

/// A value that can be read from the front of a message.
///
/// It is the one way from bytes to our messages; they have no unbounded [`Decode`].
pub trait Read: Sized {
	/// Reads one and leaves what is behind it.
	///
	/// # Errors
	/// The first [`Fault`].
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault>;
}

/// The unread part of a message, and what reading it may still reserve.
///
/// As [`Input`] it lets the types of the primitives decode themselves under the same bounds of depth and memory.
#[derive(Debug)]
pub struct Reader<'a> {
	rest: &'a [u8],
	len: usize,
	reserved: usize,
	depth: u32,
	fault: Option<Fault>,
}

impl<'a> Reader<'a> {
	/// At the front of a message.
	pub const fn new(bytes: &'a [u8]) -> Self {
		Self {
			rest: bytes,
			len: bytes.len(),
			reserved: 0,
			depth: 0,
			fault: None,
		}
	}

	/// Bytes read so far.
	pub const fn offset(&self) -> usize {
		self.len - self.rest.len()
	}

	/// Bytes left.
	pub const fn remaining(&self) -> usize {
		self.rest.len()
	}

	/// Bytes of memory reserved so far, on the heap.
	pub const fn reserved(&self) -> usize {
		self.reserved
	}

	/// Counts memory that is about to be reserved.
	///
	/// # Errors
	/// [`Fault::TooMuchMemory`].
	pub fn reserve(&mut self, bytes: usize) -> Result<(), Fault> {
		let limit = self.len.saturating_mul(MAX_MEMORY_PER_BYTE);
		let got = self.reserved.saturating_add(bytes);
		if got > limit {
			return Err(Fault::TooMuchMemory { limit, got });
		}
		self.reserved = got;
		Ok(())
	}

	/// The next bytes.
	///
	/// # Errors
	/// [`Fault::Truncated`].
	pub fn take(&mut self, expected: usize) -> Result<&'a [u8], Fault> {
		let got = self.rest.len();
		let (taken, rest) = self
			.rest
			.split_at_checked(expected)
			.ok_or(Fault::Truncated { expected, got })?;
		self.rest = rest;
		Ok(taken)
	}

	/// The next bytes as an array.
	///
	/// # Errors
	/// [`Fault::Truncated`].
	pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
		let mut array = [0; N];
		array.copy_from_slice(self.take(N)?);
		Ok(array)
	}

	/// A byte that chooses among alternatives.
	///
	/// # Errors
	/// [`Fault::Truncated`], [`Fault::UnknownIndex`].
	pub fn index(&mut self, what: &'static str, expected: &'static [u8]) -> Result<u8, Fault> {
		let [got] = self.array()?;
		if expected.contains(&got) {
			Ok(got)
		} else {
			Err(Fault::UnknownIndex { what, expected, got })
		}
	}

	/// A value that decodes itself.
	///
	/// # Errors
	/// [`Fault::Malformed`], or the bound that was hit.
	pub fn scale<T: Decode>(&mut self, what: &'static str) -> Result<T, Fault> {
		T::decode(self).map_err(|cause| self.fault.take().unwrap_or(Fault::Malformed { what, cause }))
	}

	/// A compact length within bounds, for values that have at least `min_size` bytes each and are left entirely.
	///
	/// # Errors
	/// [`Fault::TooMany`], [`Fault::TooFew`], [`Fault::Truncated`].
	pub fn length(
		&mut self,
		what: &'static str,
		bounds: RangeInclusive<usize>,
		min_size: usize,
	) -> Result<usize, Fault> {
		let Compact(got) = self.scale::<Compact<u32>>("compact length")?;
		let got = usize::try_from(got).unwrap_or(usize::MAX);
		let (expected, limit) = bounds.into_inner();
		if got > limit {
			return Err(Fault::TooMany { what, limit, got });
		}
		if got < expected {
			return Err(Fault::TooFew { what, expected, got });
		}
		let needed = got.saturating_mul(min_size);
		if needed > self.remaining() {
			return Err(Fault::Truncated {
				expected: needed,
				got: self.remaining(),
			});
		}
		Ok(got)
	}

	/// A list with a compact length.
	///
	/// # Errors
	/// Those of [`length`](Self::length), and what is wrong with an element.
	pub fn list<T: Read>(
		&mut self,
		what: &'static str,
		bounds: RangeInclusive<usize>,
		min_size: usize,
	) -> Result<Vec<T>, Fault> {
		let len = self.length(what, bounds, min_size)?;
		self.reserve(len.saturating_mul(size_of::<T>()))?;
		let mut list = Vec::with_capacity(len);
		for _ in 0..len {
			list.push(T::read(self)?);
		}
		Ok(list)
	}

	/// A byte string with a compact length, still in the message.
	///
	/// # Errors
	/// Those of [`length`](Self::length).
	pub fn bytes(&mut self, what: &'static str, bounds: RangeInclusive<usize>) -> Result<&'a [u8], Fault> {
		let len = self.length(what, bounds, 1)?;
		self.reserve(len)?;
		self.take(len)
	}

	/// A bit list with a compact length, least significant bit first.
	///
	/// # Errors
	/// [`Fault::StrayBits`], [`Fault::TooMany`], [`Fault::TooFew`], [`Fault::Truncated`].
	pub fn bits(
		&mut self,
		what: &'static str,
		bounds: RangeInclusive<usize>,
	) -> Result<BitVec<u8, Lsb0>, Fault> {
		let len = self.length(what, bounds, 0)?;
		let bytes = self.take(len.div_ceil(8))?;
		let used = len % 8;
		if let Some(got) = bytes.last().filter(|last| used > 0 && **last >> used > 0) {
			return Err(Fault::StrayBits { what, got: *got });
		}
		self.reserve(bytes.len())?;
		let mut bits = BitVec::from_slice(bytes);
		bits.truncate(len);
		Ok(bits)
	}

	/// Keeps a fault for [`scale`](Self::scale), which the codec's own error has no room for.
	fn refuse(&mut self, fault: Fault) -> codec::Error {
		self.fault.get_or_insert(fault);
		"out of bounds".into()
	}
}

impl Input for Reader<'_> {
	/// Not told: the codec would refuse a byte string that is too long with an error that says nothing. So it goes on
	/// to read it, in steps of 16 KiB at first, within the bound of memory.
	fn remaining_len(&mut self) -> Result<Option<usize>, codec::Error> {
		Ok(None)
	}

	fn read(&mut self, into: &mut [u8]) -> Result<(), codec::Error> {
		match self.take(into.len()) {
			Ok(bytes) => {
				into.copy_from_slice(bytes);
				Ok(())
			}
			Err(fault) => Err(self.refuse(fault)),
		}
	}

	fn descend_ref(&mut self) -> Result<(), codec::Error> {
		self.depth = self.depth.saturating_add(1);
		if self.depth > MAX_DEPTH {
			let fault = Fault::TooDeep {
				limit: MAX_DEPTH,
				got: self.depth,
			};
			return Err(self.refuse(fault));
		}
		Ok(())
	}

	fn ascend_ref(&mut self) {
		self.depth = self.depth.saturating_sub(1);
	}

	fn on_before_alloc_mem(&mut self, size: usize) -> Result<(), codec::Error> {
		self.reserve(size).map_err(|fault| self.refuse(fault))
	}
}

impl Read for u8 {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		let [byte] = reader.array()?;
		Ok(byte)
	}
}

impl<const N: usize> Read for [u8; N] {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		reader.array()
	}
}

/// Types of the primitives that read as they decode.
macro_rules! scale {
	($($what:literal: $type:ty),* $(,)?) => {$(
		impl Read for $type {
			fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
				reader.scale($what)
			}
		}
	)*};
}

scale! {
	"number": u32,
	"hash": async_backing_primitives::Hash,
	"candidate hash": async_backing_primitives::CandidateHash,
	"head hash": async_backing_primitives::HeadHash,
	"para": async_backing_primitives::ParaId,
	"core": async_backing_primitives::CoreIndex,
	"group": async_backing_primitives::GroupIndex,
	"validator": async_backing_primitives::ValidatorIndex,
	"validator signature": async_backing_primitives::ValidatorSignature,
	"compact statement": async_backing_primitives::CompactStatement,
	"statement": async_backing_primitives::Statement,
	"candidate receipt": async_backing_primitives::CandidateReceipt,
	"committed candidate receipt": async_backing_primitives::CommittedCandidateReceipt,
	"head data": async_backing_primitives::HeadData,
	"persisted validation data": async_backing_primitives::PersistedValidationData,
	"kind of dispute statement": async_backing_primitives::ValidDisputeStatementKind,
	"kind of dispute statement against": async_backing_primitives::InvalidDisputeStatementKind,
}

/// Reads a struct field by field, in the order of its layout.
macro_rules! fields {
	($name:ident { $($field:tt),* $(,)? }) => {
		impl $crate::Read for $name {
			fn read(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::Fault> {
				Ok(Self { $($field: $crate::Read::read(reader)?),* })
			}
		}
	};
}
pub(crate) use fields;
