//! Between collators and validators, versions 1 to 4 (R-NET-59 to R-NET-69).

use crate::{
	reader::fields, CollationVersion, DecodeError, Envelope, Fault, Notification, PeerSet, Read, Reader,
	Wire, MAX_SEGMENT_LEN,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	CandidateHash, DescriptorVersion, Hash, HeadHash, ParaId, Statement, UncheckedSigned,
};
use codec::{Encode, EncodeLike, Output};

/// sr25519 key of a collator: made anew at every start, so it says nothing about who collates (R-NET-67).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
pub struct CollatorId(pub [u8; 32]);
fields!(CollatorId { 0 });

/// sr25519 signature of a collator, over [`declare_payload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode)]
pub struct CollatorSignature(pub [u8; 64]);
fields!(CollatorSignature { 0 });

/// What a collator signs to declare itself: the multihash bytes of its peer id and `COLL` (R-NET-67).
pub fn declare_payload(peer_id: &[u8]) -> Vec<u8> {
	[peer_id, b"COLL"].concat()
}

/// A statement with the candidate, if it is the first, whose signature nobody has verified yet (R-NET-68).
pub type SignedStatement = UncheckedSigned<Statement>;

impl Read for SignedStatement {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(Self {
			payload: Read::read(reader)?,
			validator_index: Read::read(reader)?,
			signature: Read::read(reader)?,
		})
	}
}

/// Says for which para a peer collates (R-NET-61). The first message of versions 1 to 3.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Declaration {
	/// The key.
	pub collator: CollatorId,
	/// The para.
	pub para_id: ParaId,
	/// Over [`declare_payload`] of the sender.
	pub signature: CollatorSignature,
}
fields!(Declaration {
	collator,
	para_id,
	signature
});

/// A message of version 1, 2 or 3, which differ in what an advertisement says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // lives as long as it takes to handle
pub enum CollatorMessage<A> {
	/// From a collator: who it is.
	Declare(Declaration),
	/// From a collator: a collation can be fetched.
	Advertise(A),
	/// From a validator: an advertised collation was seconded (R-NET-65).
	Seconded {
		/// The candidate's scheduling parent.
		scheduling_parent: Hash,
		/// The statement that seconds it.
		statement: SignedStatement,
	},
}

const DECLARE: u8 = 0;
const ADVERTISE: u8 = 1;
const SECONDED: u8 = 4;

impl<A: Encode> Encode for CollatorMessage<A> {
	fn size_hint(&self) -> usize {
		match self {
			Self::Declare(declaration) => declaration.size_hint(),
			Self::Advertise(advertisement) => advertisement.size_hint(),
			Self::Seconded {
				scheduling_parent,
				statement,
			} => scheduling_parent
				.size_hint()
				.saturating_add(statement.size_hint()),
		}
		.saturating_add(2)
	}

	fn encode_to<W: Output + ?Sized>(&self, dest: &mut W) {
		// A wrapper with one alternative.
		dest.push_byte(0);
		match self {
			Self::Declare(declaration) => (DECLARE, declaration).encode_to(dest),
			Self::Advertise(advertisement) => (ADVERTISE, advertisement).encode_to(dest),
			Self::Seconded {
				scheduling_parent,
				statement,
			} => (SECONDED, scheduling_parent, statement).encode_to(dest),
		}
	}
}

impl<A: Encode> EncodeLike for CollatorMessage<A> {}

impl<A: Read> Read for CollatorMessage<A> {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		reader.index("collation protocol", &[0])?;
		Ok(
			match reader.index("collator message", &[DECLARE, ADVERTISE, SECONDED])? {
				DECLARE => Self::Declare(Read::read(reader)?),
				ADVERTISE => Self::Advertise(Read::read(reader)?),
				_ => Self::Seconded {
					scheduling_parent: Read::read(reader)?,
					statement: Read::read(reader)?,
				},
			},
		)
	}
}

/// What an advertisement of some version says.
pub trait Advertisement: Encode + Read {
	/// The version.
	const VERSION: CollationVersion;
	/// Name of its messages, for errors.
	const NAME: &'static str;
}

impl<A: Advertisement> Notification for CollatorMessage<A> {
	const NAME: &'static str = A::NAME;
	const SET: PeerSet = PeerSet::Collation;
}

/// A collation on an active leaf (R-NET-62).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct AdvertisementV1 {
	/// The leaf.
	pub relay_parent: Hash,
}
fields!(AdvertisementV1 { relay_parent });

impl Advertisement for AdvertisementV1 {
	const VERSION: CollationVersion = CollationVersion::V1;
	const NAME: &'static str = "collation message, version 1";
}

/// A collation, by hashes only (R-NET-63).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct AdvertisementV2 {
	/// The block that fixes core and group.
	pub scheduling_parent: Hash,
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// Hash of the head data that it builds on.
	pub parent_head_data_hash: HeadHash,
}
fields!(AdvertisementV2 {
	scheduling_parent,
	candidate_hash,
	parent_head_data_hash
});

impl Advertisement for AdvertisementV2 {
	const VERSION: CollationVersion = CollationVersion::V2;
	const NAME: &'static str = "collation message, version 2";
}

/// A collation whose scheduling parent may differ from its relay parent (R-NET-64).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct AdvertisementV3 {
	/// The block that fixes core and group.
	pub scheduling_parent: Hash,
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// Hash of the head data that it builds on.
	pub parent_head_data_hash: HeadHash,
	/// Version of its descriptor.
	pub descriptor_version: DescriptorClaim,
	/// The block that it was executed against.
	pub relay_parent: Hash,
}
fields!(AdvertisementV3 {
	scheduling_parent,
	candidate_hash,
	parent_head_data_hash,
	descriptor_version,
	relay_parent
});

impl Advertisement for AdvertisementV3 {
	const VERSION: CollationVersion = CollationVersion::V3;
	const NAME: &'static str = "collation message, version 3";
}

/// The descriptor's version as an advertisement names it: perhaps one that we do not know (R-NET-64).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
pub enum DescriptorClaim {
	/// Version 1.
	#[codec(index = 0)]
	V1,
	/// Version 2.
	#[codec(index = 1)]
	V2,
	/// Version 3.
	#[codec(index = 2)]
	V3,
	/// A version byte that names none of these.
	#[codec(index = 3)]
	Unknown(u8),
}

impl From<DescriptorVersion> for DescriptorClaim {
	fn from(version: DescriptorVersion) -> Self {
		match version {
			DescriptorVersion::V1 => Self::V1,
			DescriptorVersion::V2 => Self::V2,
			DescriptorVersion::V3 => Self::V3,
		}
	}
}

impl DescriptorClaim {
	/// The version, if it is one that we know.
	pub const fn known(self) -> Option<DescriptorVersion> {
		match self {
			Self::V1 => Some(DescriptorVersion::V1),
			Self::V2 => Some(DescriptorVersion::V2),
			Self::V3 => Some(DescriptorVersion::V3),
			Self::Unknown(_) => None,
		}
	}
}

impl Read for DescriptorClaim {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(match reader.index("descriptor version", &[0, 1, 2, 3])? {
			0 => Self::V1,
			1 => Self::V2,
			2 => Self::V3,
			_ => Self::Unknown(Read::read(reader)?),
		})
	}
}

/// The one message of version 4: candidates that are not included yet, the oldest first, perhaps with gaps (R-NET-66).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Segment {
	/// The block that fixes core and group.
	pub scheduling_parent: Hash,
	/// Their para, which a peer never changes.
	pub para_id: ParaId,
	/// Version of their descriptors.
	pub descriptor_version: DescriptorClaim,
	/// At most [`MAX_SEGMENT_LEN`] of them.
	pub candidates: Vec<Fingerprint>,
}

/// A candidate of a segment, by the parablock that it is: the same when it is submitted again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode)]
pub struct Fingerprint {
	/// Hash of the head data after it.
	pub output_head_data_hash: HeadHash,
	/// Hash of the head data that it builds on.
	pub parent_head_data_hash: HeadHash,
	/// Which of the para's claims it is for, counted from the scheduling parent.
	pub claim_queue_offset: u8,
}
fields!(Fingerprint {
	output_head_data_hash,
	parent_head_data_hash,
	claim_queue_offset
});

impl Fingerprint {
	/// Encoded size, in bytes.
	pub const ENCODED_LEN: usize = 2 * 32 + 1;
}

impl Read for Segment {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(Self {
			scheduling_parent: Read::read(reader)?,
			para_id: Read::read(reader)?,
			descriptor_version: Read::read(reader)?,
			candidates: reader.list(
				"candidates of a segment",
				0..=MAX_SEGMENT_LEN,
				Fingerprint::ENCODED_LEN,
			)?,
		})
	}
}

impl Notification for Segment {
	const NAME: &'static str = "collation message, version 4";
	const SET: PeerSet = PeerSet::Collation;
}

/// A message of any version. Which one is said by the name of the stream, not by a byte.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // lives as long as it takes to handle
pub enum CollationMessage {
	/// Version 1.
	V1(CollatorMessage<AdvertisementV1>),
	/// Version 2.
	V2(CollatorMessage<AdvertisementV2>),
	/// Version 3.
	V3(CollatorMessage<AdvertisementV3>),
	/// Version 4.
	V4(Segment),
}

impl CollationMessage {
	/// The version that a stream has to have to carry it.
	pub const fn version(&self) -> CollationVersion {
		match self {
			Self::V1(_) => CollationVersion::V1,
			Self::V2(_) => CollationVersion::V2,
			Self::V3(_) => CollationVersion::V3,
			Self::V4(_) => CollationVersion::V4,
		}
	}

	/// Reads what came over a stream of this version.
	///
	/// # Errors
	/// As [`Wire::from_wire`].
	pub fn from_wire(version: CollationVersion, bytes: &[u8]) -> Result<Envelope<Self>, DecodeError> {
		fn read<M: Notification>(
			bytes: &[u8],
			of: fn(M) -> CollationMessage,
		) -> Result<Envelope<CollationMessage>, DecodeError> {
			Ok(match Envelope::<M>::from_wire(bytes)? {
				Envelope::Message(message) => Envelope::Message(of(message)),
				Envelope::View(view) => Envelope::View(view),
			})
		}
		match version {
			CollationVersion::V1 => read(bytes, Self::V1),
			CollationVersion::V2 => read(bytes, Self::V2),
			CollationVersion::V3 => read(bytes, Self::V3),
			CollationVersion::V4 => read(bytes, Self::V4),
		}
	}
}

impl Encode for CollationMessage {
	fn size_hint(&self) -> usize {
		match self {
			Self::V1(message) => message.size_hint(),
			Self::V2(message) => message.size_hint(),
			Self::V3(message) => message.size_hint(),
			Self::V4(segment) => segment.size_hint(),
		}
	}

	fn encode_to<W: Output + ?Sized>(&self, dest: &mut W) {
		match self {
			Self::V1(message) => message.encode_to(dest),
			Self::V2(message) => message.encode_to(dest),
			Self::V3(message) => message.encode_to(dest),
			Self::V4(segment) => segment.encode_to(dest),
		}
	}
}

impl EncodeLike for CollationMessage {}
