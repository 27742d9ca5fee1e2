//! Validation data that are put together later: whoever finds them copies nothing that may be large (law 1 of the node
//! side: no input is heavy).

use alloc::sync::Arc;
use async_backing_execution_context::validation_data;
use async_backing_primitives::{
	CommittedCandidateReceipt, HeadData, PersistedValidationData, RelayChainBlockInfo,
};

/// Head data in the hands of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharedHead {
	/// The output of this candidate.
	Output(Arc<CommittedCandidateReceipt>),
	/// What a candidate with these validation data builds on.
	Parent(Arc<PersistedValidationData>),
	/// By itself.
	Alone(Arc<HeadData>),
}

impl SharedHead {
	/// The head data.
	pub fn get(&self) -> &HeadData {
		match self {
			Self::Output(receipt) => &receipt.commitments.head_data,
			Self::Parent(data) => &data.parent_head,
			Self::Alone(head) => head,
		}
	}
}

/// Validation data of a candidate, whole or in parts. A clone copies some hundred bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharedValidationData {
	/// As they came with a candidate.
	Whole(Arc<PersistedValidationData>),
	/// As they follow from what is known (R-VIE-9).
	Parts {
		/// Head data on which the candidate builds.
		parent_head: SharedHead,
		/// Its relay parent.
		relay_parent: RelayChainBlockInfo,
		/// Most bytes of its proof of validity.
		max_pov_size: u32,
	},
}

impl SharedValidationData {
	/// Most bytes of the proof of validity.
	pub fn max_pov_size(&self) -> u32 {
		match self {
			Self::Whole(data) => data.max_pov_size,
			Self::Parts { max_pov_size, .. } => *max_pov_size,
		}
	}

	/// Puts them together. Cost: copies the head data, unless they are whole.
	pub fn to_whole(&self) -> Arc<PersistedValidationData> {
		match self {
			Self::Whole(data) => data.clone(),
			Self::Parts {
				parent_head,
				relay_parent,
				max_pov_size,
			} => Arc::new(validation_data(
				relay_parent,
				parent_head.get().clone(),
				*max_pov_size,
			)),
		}
	}
}

impl From<PersistedValidationData> for SharedValidationData {
	fn from(data: PersistedValidationData) -> Self {
		Self::Whole(Arc::new(data))
	}
}
