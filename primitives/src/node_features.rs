//! What the nodes of a network have agreed to use (R-BIN-30).

use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Decode, DecodeWithMemTracking, Encode, Input, MaxEncodedLen};
use scale_info::TypeInfo;

/// Most features: as many as a call that names one by a byte can reach.
pub const MAX_NODE_FEATURES: usize = 256;

/// The feature by which the chunk of a validator depends on the core, so that the plain chunks of different candidates are
/// with different validators (R-AVL-6).
pub const SYSTEMATIC_CHUNKS: u8 = 2;

/// Features that the nodes of a network have agreed to use, one bit each; one beyond the end is off.
///
/// Encodes as the bits do. At most [`MAX_NODE_FEATURES`]: what has more does not decode. JSON has a list of truths.
///
/// ```
/// use async_backing_primitives::NodeFeatures;
///
/// let mut features = NodeFeatures::default();
/// features.set(3, true);
/// assert!(features.is_on(3) && !features.is_on(4));
/// assert_eq!(features.len(), 4);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, TypeInfo)]
#[cfg_attr(
	feature = "serde",
	derive(serde::Serialize, serde::Deserialize),
	serde(into = "alloc::vec::Vec<bool>", try_from = "alloc::vec::Vec<bool>")
)]
pub struct NodeFeatures(BitVec<u8, Lsb0>);

/// More than [`MAX_NODE_FEATURES`] features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} node features, but at most {MAX_NODE_FEATURES}")]
pub struct TooManyNodeFeatures(
	/// How many.
	pub usize,
);

impl NodeFeatures {
	/// Whether the nodes use this feature.
	pub fn is_on(&self, feature: u8) -> bool {
		self.0.get(usize::from(feature)).is_some_and(|bit| *bit)
	}

	/// Switches a feature. The bits grow as far as needed.
	pub fn set(&mut self, feature: u8, on: bool) {
		let feature = usize::from(feature);
		if feature >= self.0.len() {
			self.0.resize(feature.saturating_add(1), false);
		}
		self.0.set(feature, on);
	}

	/// Number of bits.
	pub fn len(&self) -> usize {
		self.0.len()
	}

	/// Whether there is no bit.
	pub fn is_empty(&self) -> bool {
		self.0.is_empty()
	}
}

impl TryFrom<BitVec<u8, Lsb0>> for NodeFeatures {
	type Error = TooManyNodeFeatures;

	fn try_from(bits: BitVec<u8, Lsb0>) -> Result<Self, Self::Error> {
		if bits.len() > MAX_NODE_FEATURES {
			return Err(TooManyNodeFeatures(bits.len()));
		}
		Ok(Self(bits))
	}
}

impl TryFrom<alloc::vec::Vec<bool>> for NodeFeatures {
	type Error = TooManyNodeFeatures;

	fn try_from(bits: alloc::vec::Vec<bool>) -> Result<Self, Self::Error> {
		bits.into_iter().collect::<BitVec<u8, Lsb0>>().try_into()
	}
}

impl From<NodeFeatures> for alloc::vec::Vec<bool> {
	fn from(features: NodeFeatures) -> Self {
		features.0.into_iter().collect()
	}
}

impl Decode for NodeFeatures {
	fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
		Self::try_from(BitVec::decode(input)?).map_err(|_| "more node features than can be".into())
	}
}

impl DecodeWithMemTracking for NodeFeatures {}

impl MaxEncodedLen for NodeFeatures {
	fn max_encoded_len() -> usize {
		// The number of bits as a compact number takes two bytes.
		MAX_NODE_FEATURES.div_ceil(8).saturating_add(2)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_bin_30_features_encode_as_bits_and_stay_within_their_bound() {
		let mut features = NodeFeatures::default();
		assert_eq!(features.encode(), [0], "R-BIN-30");
		features.set(3, true);
		features.set(9, true);
		features.set(3, false);
		assert_eq!(features.encode(), [10 << 2, 0, 2], "R-BIN-30");
		features.set(255, true);
		let largest = features.encode();
		assert_eq!(largest.len(), NodeFeatures::max_encoded_len());
		assert_eq!(NodeFeatures::decode(&mut &largest[..]), Ok(features));

		let too_many = BitVec::<u8, Lsb0>::repeat(true, 257);
		assert!(NodeFeatures::decode(&mut &too_many.encode()[..]).is_err());
		assert_eq!(NodeFeatures::try_from(too_many), Err(TooManyNodeFeatures(257)));
	}

	#[test]
	fn r_bin_30_a_feature_is_on_if_its_bit_is_and_off_beyond_the_end() {
		let none = NodeFeatures::default();
		assert!(none.is_empty());
		assert_eq!(none.len(), 0);
		assert!(!none.is_on(0));

		let mut features = none;
		features.set(SYSTEMATIC_CHUNKS, true);
		assert!(!features.is_empty());
		assert_eq!(features.len(), 3, "as far as needed");
		let on: alloc::vec::Vec<u8> = (0..=255).filter(|feature| features.is_on(*feature)).collect();
		assert_eq!(on, [2]);
		features.set(2, false);
		assert!(!features.is_on(2));
		assert_eq!(features.len(), 3, "what is switched off keeps its place");
	}

	#[test]
	fn r_bin_30_features_are_a_list_of_truths_elsewhere() {
		let truths = alloc::vec![false, true, true];
		let features = NodeFeatures::try_from(truths.clone()).expect("three are not too many");
		assert_eq!(
			[0, 1, 2, 3].map(|feature| features.is_on(feature)),
			[false, true, true, false]
		);
		assert_eq!(alloc::vec::Vec::<bool>::from(features), truths);
		assert_eq!(
			NodeFeatures::try_from(alloc::vec![true; 257]),
			Err(TooManyNodeFeatures(257))
		);
	}
}
