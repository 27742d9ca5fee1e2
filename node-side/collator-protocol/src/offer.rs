//! What an advertisement says, whatever its version.

use async_backing_primitives::{
	CandidateHash, CandidateReceipt, CoreIndex, DescriptorVersion, Hash, HeadHash, ParaId, SessionIndex,
	UnsupportedDescriptor,
};
use async_backing_wire::{AdvertisementV2, AdvertisementV3, CollationVersion, DescriptorClaim};
use thiserror::Error;

/// An advertised candidate: hashes only (R-NET-63, R-NET-64). Everything that is done before it is fetched is done by these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
	/// The candidate.
	pub candidate: CandidateHash,
	/// Its para, as its collator declared.
	pub para: ParaId,
	/// The block that fixes core and group.
	pub scheduling_parent: Hash,
	/// The block that it was executed against. The same, unless version 3 says otherwise.
	pub relay_parent: Hash,
	/// Hash of the head data that it builds on.
	pub parent_head: HeadHash,
	/// Version of its descriptor, if it was said.
	pub descriptor: Option<DescriptorVersion>,
}

/// What is wrong with an offer, or with what was handed over for it (R-NET-84, R-NET-86).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OfferFault {
	/// A version byte that names no version.
	#[error("descriptor version {0} names no version (R-NET-64)")]
	UnknownDescriptor(u8),
	/// Only version 3 parts them.
	#[error("a {0:?} descriptor whose relay parent is not its scheduling parent (R-NET-84)")]
	PartedParents(DescriptorVersion),
	/// The candidate is another one.
	#[error("candidate {got}, but {expected} was advertised (R-NET-86)")]
	Candidate {
		/// As advertised.
		expected: CandidateHash,
		/// As handed over.
		got: CandidateHash,
	},
	/// It is of another para.
	#[error("a candidate of para {got}, but the collator declared {expected} (R-NET-86)")]
	Para {
		/// As declared.
		expected: ParaId,
		/// As handed over.
		got: ParaId,
	},
	/// Its relay parent is another one.
	#[error("relay parent {got}, but {expected} was advertised (R-NET-86)")]
	RelayParent {
		/// As advertised.
		expected: Hash,
		/// As handed over.
		got: Hash,
	},
	/// Its scheduling parent is another one.
	#[error("scheduling parent {got}, but {expected} was advertised (R-NET-86)")]
	SchedulingParent {
		/// As advertised.
		expected: Hash,
		/// As handed over.
		got: Hash,
	},
	/// Its descriptor has another version.
	#[error("a {got:?} descriptor, but {expected:?} was advertised (R-NET-86)")]
	Descriptor {
		/// As advertised.
		expected: DescriptorVersion,
		/// As handed over.
		got: DescriptorVersion,
	},
	/// The stream is too old for such a descriptor.
	#[error("a version 3 descriptor on a stream of version {0:?} (R-NET-86)")]
	NewerThanStream(CollationVersion),
	/// The chain takes no such descriptor.
	#[error(transparent)]
	Unsupported(#[from] UnsupportedDescriptor),
	/// It names another core than this validator's group serves.
	#[error("core {got}, but the group serves {expected} (R-NET-86)")]
	Core {
		/// The own one.
		expected: CoreIndex,
		/// The one that it names.
		got: CoreIndex,
	},
	/// It was made for another session.
	#[error("session {got}, but {expected} is running (R-NET-86)")]
	Session {
		/// Of the scheduling parent.
		expected: SessionIndex,
		/// The one that it names.
		got: SessionIndex,
	},
	/// The head data are not those that it was advertised to build on.
	#[error("parent head {got:?}, but {expected} was advertised (R-NET-86)")]
	ParentHead {
		/// As advertised.
		expected: HeadHash,
		/// Hash of what came.
		got: Option<HeadHash>,
	},
	/// The proof of validity is another one.
	#[error("a proof of validity that hashes to {got}, but the descriptor says {expected}")]
	Pov {
		/// Of the descriptor.
		expected: Hash,
		/// Of what came.
		got: Hash,
	},
	/// It was made with other validation data.
	#[error("validation data hash to {got}, but the descriptor says {expected} (R-NET-86)")]
	ValidationData {
		/// Of this node's.
		expected: Hash,
		/// Of the descriptor.
		got: Hash,
	},
}

impl OfferFault {
	/// The reason as reports have it.
	pub const fn reason(self) -> &'static str {
		match self {
			Self::UnknownDescriptor(_) => "advertised descriptor of no version",
			Self::PartedParents(_) => "advertised parents that differ",
			Self::ParentHead { .. } => "collation with another parent head",
			Self::Pov { .. } => "collation with another proof of validity",
			Self::ValidationData { .. } => "collation with other validation data",
			Self::Core { .. } => "collation for another core",
			Self::Session { .. } => "collation for another session",
			Self::NewerThanStream(_) | Self::Unsupported(_) => "collation with a wrong descriptor",
			Self::Candidate { .. }
			| Self::Para { .. }
			| Self::RelayParent { .. }
			| Self::SchedulingParent { .. }
			| Self::Descriptor { .. } => "collation is not as advertised",
		}
	}
}

impl Offer {
	/// What a version 2 advertisement of a collator of this para says: its descriptor parts no parents.
	pub const fn from_v2(para: ParaId, advertisement: &AdvertisementV2) -> Self {
		Self {
			candidate: advertisement.candidate_hash,
			para,
			scheduling_parent: advertisement.scheduling_parent,
			relay_parent: advertisement.scheduling_parent,
			parent_head: advertisement.parent_head_data_hash,
			descriptor: None,
		}
	}

	/// What a version 3 advertisement says.
	///
	/// # Errors
	/// [`OfferFault::UnknownDescriptor`], [`OfferFault::PartedParents`].
	pub fn from_v3(para: ParaId, advertisement: &AdvertisementV3) -> Result<Self, OfferFault> {
		let version = match advertisement.descriptor_version {
			DescriptorClaim::V1 => DescriptorVersion::V1,
			DescriptorClaim::V2 => DescriptorVersion::V2,
			DescriptorClaim::V3 => DescriptorVersion::V3,
			DescriptorClaim::Unknown(byte) => return Err(OfferFault::UnknownDescriptor(byte)),
		};
		let is_parted = advertisement.relay_parent != advertisement.scheduling_parent;
		if is_parted && version != DescriptorVersion::V3 {
			return Err(OfferFault::PartedParents(version));
		}
		Ok(Self {
			candidate: advertisement.candidate_hash,
			para,
			scheduling_parent: advertisement.scheduling_parent,
			relay_parent: advertisement.relay_parent,
			parent_head: advertisement.parent_head_data_hash,
			descriptor: Some(version),
		})
	}

	/// Holds the receipt that was handed over against what was advertised over a stream of this version (R-NET-86). Cost:
	/// hashes a receipt.
	///
	/// # Errors
	/// [`OfferFault`] says what differs.
	pub fn check(
		&self,
		receipt: &CandidateReceipt,
		stream: CollationVersion,
		v3_enabled: bool,
	) -> Result<(), OfferFault> {
		let descriptor = &receipt.descriptor;
		let (expected, got) = (self.para, descriptor.para_id());
		if expected != got {
			return Err(OfferFault::Para { expected, got });
		}
		let (expected, got) = (self.candidate, receipt.hash());
		if expected != got {
			return Err(OfferFault::Candidate { expected, got });
		}
		let (expected, got) = (self.scheduling_parent, descriptor.scheduling_parent());
		if expected != got {
			return Err(OfferFault::SchedulingParent { expected, got });
		}
		let (expected, got) = (self.relay_parent, descriptor.relay_parent());
		if expected != got {
			return Err(OfferFault::RelayParent { expected, got });
		}
		let got = descriptor.accepted_version(v3_enabled)?;
		if got == DescriptorVersion::V3 && stream < CollationVersion::V3 {
			return Err(OfferFault::NewerThanStream(stream));
		}
		match self.descriptor {
			Some(expected) if expected != got => Err(OfferFault::Descriptor { expected, got }),
			_ => Ok(()),
		}
	}

	/// Holds a receipt against the place where it is to be backed (R-NET-86): core and session, where it names them.
	///
	/// # Errors
	/// [`OfferFault::Core`], [`OfferFault::Session`].
	pub fn check_place(
		&self,
		receipt: &CandidateReceipt,
		own_core: CoreIndex,
		session: SessionIndex,
	) -> Result<(), OfferFault> {
		match receipt.descriptor.core_index() {
			Some(got) if got != own_core => {
				return Err(OfferFault::Core {
					expected: own_core,
					got,
				});
			}
			_ => {}
		}
		match receipt.descriptor.scheduling_session() {
			Some(got) if got != session => Err(OfferFault::Session {
				expected: session,
				got,
			}),
			_ => Ok(()),
		}
	}
}
