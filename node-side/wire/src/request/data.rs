//! Proofs of validity and available data, by candidate (R-NET-102).

use super::Request;
use crate::{reader::fields, Fault, Protocol, Read, Reader, Wire, MAX_DATA_RESPONSE_SIZE, MAX_REQUEST_SIZE};
use alloc::sync::Arc;
use async_backing_primitives::{AvailableData, BlockData, CandidateHash, PoV};
use codec::Encode;

/// The answer of one who has, or has not, what he was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub enum Lookup<T> {
	/// Here it is.
	#[codec(index = 0)]
	Found(T),
	/// Not mine. An answer, and no failure (R-NET-34).
	#[codec(index = 1)]
	NotFound,
}

/// What a [`Lookup`] finds.
pub trait Found: Encode + Read {
	/// Name of the answer, for errors.
	const NAME: &'static str;
}

impl<T> Lookup<T> {
	/// What was found.
	pub fn found(self) -> Option<T> {
		match self {
			Self::Found(found) => Some(found),
			Self::NotFound => None,
		}
	}
}

impl<T> From<Option<T>> for Lookup<T> {
	fn from(found: Option<T>) -> Self {
		found.map_or(Self::NotFound, Self::Found)
	}
}

impl<T: Read> Read for Lookup<T> {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(match reader.index("answer", &[0, 1])? {
			0 => Self::Found(Read::read(reader)?),
			_ => Self::NotFound,
		})
	}
}

impl<T: Found> Wire for Lookup<T> {
	const NAME: &'static str = T::NAME;
	const LIMIT: usize = MAX_DATA_RESPONSE_SIZE;
}

/// Asks for the proof of validity of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode)]
pub struct PovRequest {
	/// The candidate.
	pub candidate_hash: CandidateHash,
}
fields!(PovRequest { candidate_hash });

impl Wire for PovRequest {
	const NAME: &'static str = "request for a proof of validity";
	const LIMIT: usize = MAX_REQUEST_SIZE;
}

impl Request for PovRequest {
	type Response = PovResponse;
	const PROTOCOL: Protocol = Protocol::Pov;
}

/// The proof of validity, as the collator made it: compressed or not (R-NET-72).
pub type PovResponse = Lookup<Arc<PoV>>;

impl Found for Arc<PoV> {
	const NAME: &'static str = "proof of validity";
}

impl Read for PoV {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		let bytes = reader.bytes("bytes of a proof of validity", 0..=MAX_DATA_RESPONSE_SIZE)?;
		Ok(Self {
			block_data: BlockData(bytes.to_vec()),
		})
	}
}

/// Shared, because megabytes are handed from hand to hand and never changed.
impl Read for Arc<PoV> {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		PoV::read(reader).map(Arc::new)
	}
}

/// Asks for all that is erasure-coded for a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode)]
pub struct AvailableDataRequest {
	/// The candidate.
	pub candidate_hash: CandidateHash,
}
fields!(AvailableDataRequest { candidate_hash });

impl Wire for AvailableDataRequest {
	const NAME: &'static str = "request for available data";
	const LIMIT: usize = MAX_REQUEST_SIZE;
}

impl Request for AvailableDataRequest {
	type Response = AvailableDataResponse;
	const PROTOCOL: Protocol = Protocol::AvailableData;
}

/// The proof of validity and its validation data.
pub type AvailableDataResponse = Lookup<Arc<AvailableData>>;

impl Found for Arc<AvailableData> {
	const NAME: &'static str = "available data";
}

/// Shared, for the same reason.
impl Read for Arc<AvailableData> {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(Self::new(AvailableData {
			pov: Read::read(reader)?,
			validation_data: Read::read(reader)?,
		}))
	}
}
