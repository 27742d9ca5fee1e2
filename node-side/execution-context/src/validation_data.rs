//! Validation data: the part of the context that goes into execution, and whose hash the candidate carries (R-PVD-1).

use crate::{Known, Source};
use async_backing_primitives::{BlockNumber, Hash, HeadData, PersistedValidationData, RelayChainBlockInfo};

/// Validation data of a candidate on this head and this relay parent, for those who have the parts in hand.
///
/// The relay chain's own form of it is
/// [`expected_validation_data`](async_backing_primitives::expected_validation_data), which [contexts](crate) go through; a
/// test holds both to one answer.
pub fn validation_data(
	relay_parent: &RelayChainBlockInfo,
	parent_head: HeadData,
	max_pov_size: u32,
) -> PersistedValidationData {
	PersistedValidationData {
		parent_head,
		relay_parent_number: relay_parent.number,
		relay_parent_storage_root: relay_parent.storage_root,
		max_pov_size,
	}
}

/// Validation data, each field with where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationData {
	/// Head data on which the candidate builds: the required parent.
	pub parent_head: Known<HeadData>,
	/// Number of the relay parent.
	pub relay_parent_number: Known<BlockNumber>,
	/// State root in the relay parent's own header (R-PVD-2).
	pub relay_parent_storage_root: Known<Hash>,
	/// Most bytes of the proof of validity. Constant within a session (R-PVD-3).
	pub max_pov_size: Known<u32>,
}

impl ValidationData {
	/// Fields of `data` with their sources: of the head, of number and root, and of the limit.
	pub(crate) fn new(
		data: PersistedValidationData,
		head: Source,
		relay_parent: Source,
		limit: Source,
	) -> Self {
		Self {
			parent_head: Known::new(data.parent_head, head),
			relay_parent_number: Known::new(data.relay_parent_number, relay_parent),
			relay_parent_storage_root: Known::new(data.relay_parent_storage_root, relay_parent),
			max_pov_size: Known::new(data.max_pov_size, limit),
		}
	}

	/// As they go into execution. Cost: copies the head data.
	pub fn to_persisted(&self) -> PersistedValidationData {
		PersistedValidationData {
			parent_head: self.parent_head.value.clone(),
			relay_parent_number: self.relay_parent_number.value,
			relay_parent_storage_root: self.relay_parent_storage_root.value,
			max_pov_size: self.max_pov_size.value,
		}
	}

	/// The hash in the candidate's descriptor (R-PVD-1). Cost: as [`to_persisted`](Self::to_persisted), and hashes it.
	pub fn hash(&self) -> Hash {
		self.to_persisted().hash()
	}
}
