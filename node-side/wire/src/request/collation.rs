//! Collations, from the collator that advertised them (R-NET-70, R-NET-71).

use super::Request;
use crate::{
	reader::fields, Cost, Fault, Protocol, Read, Reader, Wire, MAX_DATA_RESPONSE_SIZE, MAX_REQUEST_SIZE,
};
use alloc::sync::Arc;
use async_backing_primitives::{CandidateHash, CandidateReceipt, Hash, HeadData, HeadHash, ParaId, PoV};
use codec::{Encode, EncodeLike, Output};

/// Asks for the collation of a para at a relay parent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode)]
pub struct CollationRequestV1 {
	/// The relay parent.
	pub relay_parent: Hash,
	/// The para.
	pub para_id: ParaId,
}
fields!(CollationRequestV1 {
	relay_parent,
	para_id
});

/// Asks for a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode)]
pub struct CollationRequestV2 {
	/// The block that fixes core and group.
	pub scheduling_parent: Hash,
	/// The para.
	pub para_id: ParaId,
	/// The candidate.
	pub candidate_hash: CandidateHash,
}
fields!(CollationRequestV2 {
	scheduling_parent,
	para_id,
	candidate_hash
});

/// Asks for the candidate of a parablock, however often that was submitted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode)]
pub struct CollationRequestV3 {
	/// The block that fixes core and group.
	pub scheduling_parent: Hash,
	/// The para.
	pub para_id: ParaId,
	/// Hash of the head data after the candidate.
	pub output_head_data_hash: HeadHash,
}
fields!(CollationRequestV3 {
	scheduling_parent,
	para_id,
	output_head_data_hash
});

macro_rules! request {
	($request:ty, $response:ty, $protocol:ident, $name:literal) => {
		impl Wire for $request {
			const NAME: &'static str = $name;
			const LIMIT: usize = MAX_REQUEST_SIZE;
		}

		impl Request for $request {
			type Response = $response;
			const PROTOCOL: Protocol = Protocol::$protocol;
		}
	};
}

request!(
	CollationRequestV1,
	CollationResponse,
	CollationV1,
	"request for a collation, version 1"
);
request!(
	CollationRequestV2,
	CollationResponse,
	CollationV2,
	"request for a collation, version 2"
);
request!(
	CollationRequestV3,
	CollationResponseV3,
	CollationV3,
	"request for a collation, version 3"
);

/// A collation, in versions 1 and 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollationResponse {
	/// The candidate.
	pub receipt: CandidateReceipt,
	/// Its proof of validity, as the collator made it: compressed or not (R-NET-72).
	pub pov: Arc<PoV>,
	/// The head data that it builds on, for those who do not have the parent yet.
	pub parent_head_data: Option<HeadData>,
}

const WITHOUT_PARENT: u8 = 0;
const WITH_PARENT: u8 = 1;

impl Encode for CollationResponse {
	fn size_hint(&self) -> usize {
		1usize
			.saturating_add(self.receipt.size_hint())
			.saturating_add(self.pov.size_hint())
			.saturating_add(self.parent_head_data.size_hint())
	}

	fn encode_to<W: Output + ?Sized>(&self, dest: &mut W) {
		match &self.parent_head_data {
			None => (WITHOUT_PARENT, &self.receipt, &self.pov).encode_to(dest),
			Some(head) => (WITH_PARENT, &self.receipt, &self.pov, head).encode_to(dest),
		}
	}
}

impl EncodeLike for CollationResponse {}

impl Read for CollationResponse {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		let index = reader.index("collation", &[WITHOUT_PARENT, WITH_PARENT])?;
		Ok(Self {
			receipt: Read::read(reader)?,
			pov: Read::read(reader)?,
			parent_head_data: match index {
				WITHOUT_PARENT => None,
				_ => Some(Read::read(reader)?),
			},
		})
	}
}

impl Wire for CollationResponse {
	const NAME: &'static str = "collation";
	const LIMIT: usize = MAX_DATA_RESPONSE_SIZE;
	/// R-NET-86.
	const COST: Cost = Cost::Minor;
}

/// A collation, in version 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollationResponseV3 {
	/// The candidate.
	pub receipt: CandidateReceipt,
	/// Its proof of validity, as the collator made it: compressed or not (R-NET-72).
	pub pov: Arc<PoV>,
	/// The head data that it builds on.
	pub parent_head_data: HeadData,
}

impl Encode for CollationResponseV3 {
	fn size_hint(&self) -> usize {
		1usize
			.saturating_add(self.receipt.size_hint())
			.saturating_add(self.pov.size_hint())
			.saturating_add(self.parent_head_data.size_hint())
	}

	fn encode_to<W: Output + ?Sized>(&self, dest: &mut W) {
		// The layout is an enum with one alternative.
		(0u8, &self.receipt, &self.pov, &self.parent_head_data).encode_to(dest);
	}
}

impl EncodeLike for CollationResponseV3 {}

impl Read for CollationResponseV3 {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		reader.index("collation", &[0])?;
		Ok(Self {
			receipt: Read::read(reader)?,
			pov: Read::read(reader)?,
			parent_head_data: Read::read(reader)?,
		})
	}
}

impl Wire for CollationResponseV3 {
	const NAME: &'static str = "collation, version 3";
	const LIMIT: usize = MAX_DATA_RESPONSE_SIZE;
	/// R-NET-86.
	const COST: Cost = Cost::Minor;
}
