//! Bit lists: of groups, and of indices that somebody claims.

use crate::{Fault, Read, Reader, MAX_BITFIELD_BITS, MAX_GROUP_BITS, MAX_INDEX_BITS};
use async_backing_primitives::{AvailabilityBitfield, StatementFilter};
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Encode, EncodeLike, Output};

/// Indices of cores or of candidates in a block, at least one, each below [`MAX_INDEX_BITS`]: a bit list that ends in a
/// one (R-NET-95).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Indices(BitVec<u8, Lsb0>);

/// Indices that cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoIndices {
	/// There are none.
	#[error("no index, but at least one is needed (R-NET-95)")]
	None,
	/// One is too large.
	#[error("index {got}, but at most {limit} is allowed (R-NET-105)")]
	TooLarge {
		/// Largest index.
		limit: usize,
		/// The first one above it.
		got: usize,
	},
}

impl Indices {
	/// From indices in any order.
	///
	/// # Errors
	/// [`NoIndices`].
	pub fn new(indices: impl IntoIterator<Item = u32>) -> Result<Self, NoIndices> {
		const LIMIT: usize = MAX_INDEX_BITS - 1;
		let mut bits = BitVec::new();
		for index in indices {
			let got = usize::try_from(index).unwrap_or(usize::MAX);
			if got > LIMIT {
				return Err(NoIndices::TooLarge { limit: LIMIT, got });
			}
			if got >= bits.len() {
				bits.resize(got + 1, false);
			}
			bits.set(got, true);
		}
		if bits.is_empty() {
			return Err(NoIndices::None);
		}
		Ok(Self(bits))
	}

	/// The indices, ascending.
	pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
		// Below MAX_INDEX_BITS by construction.
		self.0.iter_ones().map(|index| index as u32)
	}

	/// Whether an index is among them.
	pub fn contains(&self, index: u32) -> bool {
		usize::try_from(index).is_ok_and(|index| self.0.get(index).is_some_and(|bit| *bit))
	}

	/// How many there are, at least one. Linear in the number of bits.
	pub fn count(&self) -> usize {
		self.0.count_ones()
	}
}

impl Encode for Indices {
	fn size_hint(&self) -> usize {
		size_of::<u32>() + self.0.len().div_ceil(8)
	}

	fn encode_to<W: Output + ?Sized>(&self, dest: &mut W) {
		self.0.encode_to(dest);
	}
}

impl EncodeLike for Indices {}

impl Read for Indices {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		const WHAT: &str = "index bits";
		let bits = reader.bits(WHAT, 1..=MAX_INDEX_BITS)?;
		if bits.last().is_some_and(|last| *last) {
			return Ok(Self(bits));
		}
		Err(Fault::LastBitZero {
			what: WHAT,
			got: bits.len(),
		})
	}
}

impl Read for AvailabilityBitfield {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		reader.bits("availability bits", 0..=MAX_BITFIELD_BITS).map(Self)
	}
}

impl Read for StatementFilter {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		const WHAT: &str = "bits of confirming statements";
		let seconded_in_group = reader.bits("bits of seconding statements", 1..=MAX_GROUP_BITS)?;
		let validated_in_group = reader.bits(WHAT, 0..=MAX_GROUP_BITS)?;
		if validated_in_group.len() != seconded_in_group.len() {
			return Err(Fault::UnequalBits {
				what: WHAT,
				expected: seconded_in_group.len(),
				got: validated_in_group.len(),
			});
		}
		Ok(Self {
			seconded_in_group,
			validated_in_group,
		})
	}
}
