//! What is too heavy to be done while others wait (law 1): hashes of what a collator handed over.

use async_backing_fragment_tree::SharedValidationData;
use async_backing_primitives::{Hash, HeadData, HeadHash, PoV};
use std::sync::Arc;

/// A collation to be hashed, before it is held against its descriptor (R-NET-86).
#[derive(Clone, Debug, PartialEq)]
pub struct CheckCollation {
	/// The proof of validity.
	pub pov: Arc<PoV>,
	/// The head data on which it builds, if they came with it.
	pub parent_head: Option<Arc<HeadData>>,
	/// The validation data as this node knows them.
	pub validation_data: SharedValidationData,
}

/// What a [`CheckCollation`] comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashes {
	/// Of the proof of validity.
	pub pov: Hash,
	/// Of the head data.
	pub parent_head: Option<HeadHash>,
	/// Of the validation data.
	pub validation_data: Hash,
}

/// Does a job. Cost: hashes all of it.
pub fn run(job: &CheckCollation) -> Hashes {
	Hashes {
		pov: job.pov.hash(),
		parent_head: job.parent_head.as_ref().map(|head| head.hash()),
		validation_data: job.validation_data.to_whole().hash(),
	}
}
