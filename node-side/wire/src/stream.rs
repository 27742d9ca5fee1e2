//! Notification streams: peer sets, versions, slots and the handshake (R-NET-9, R-NET-10, R-NET-29 to R-NET-32).

use crate::{Fault, Reader, MAX_HANDSHAKE_SIZE};

/// Who hears a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerSet {
	/// Validators among themselves, and nodes that help gossip.
	Validation,
	/// Collators and validators.
	Collation,
}

/// How many peers a set has besides reserved ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
	/// Peers that dialled us.
	pub incoming: u32,
	/// Peers that we dialled.
	pub outgoing: u32,
	/// Whether peers that are not reserved are let in at all.
	pub open: bool,
}

impl PeerSet {
	/// The slots of a node, an authority or not (R-NET-32).
	pub const fn slots(self, authority: bool) -> Slots {
		match self {
			Self::Validation => Slots {
				incoming: 11,
				outgoing: 11,
				open: true,
			},
			Self::Collation => Slots {
				incoming: if authority { 310 } else { 0 },
				outgoing: 0,
				open: authority,
			},
		}
	}
}

/// The version of the validation protocol that is spoken; those before it are gone (R-NET-9).
pub(crate) const VALIDATION_VERSION: u32 = 3;

/// A version of the collation protocol (R-NET-59).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CollationVersion {
	/// Advertises on active leaves only, by relay parent. Collators of today refuse it.
	V1 = 1,
	/// Advertises a candidate by its hash and that of its parent head.
	V2 = 2,
	/// Says the descriptor's version and the relay parent too.
	V3 = 3,
	/// Advertises segments, and needs no declaration.
	V4 = 4,
}

impl CollationVersion {
	/// All of them, the newest first.
	pub const NEWEST_FIRST: [Self; 4] = [Self::V4, Self::V3, Self::V2, Self::V1];

	/// The number in the protocol's name.
	pub const fn number(self) -> u32 {
		self as u32
	}
}

/// What a node says it is, in the handshake of every stream but that of block announces (R-NET-29). A claim, no proof
/// (R-NET-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
	/// Follows the chain.
	Full = 1,
	/// Follows headers.
	Light = 2,
	/// Writes blocks or validates.
	Authority = 4,
}

impl Role {
	/// The handshake.
	pub const fn to_handshake(self) -> [u8; 1] {
		[self as u8]
	}

	/// The role in a handshake. One that has none is a reason to refuse the stream, not to charge the peer (R-NET-30).
	///
	/// # Errors
	/// [`Fault::TooLong`] above [`MAX_HANDSHAKE_SIZE`], [`Fault::Truncated`], [`Fault::TrailingBytes`],
	/// [`Fault::UnknownIndex`].
	pub fn from_handshake(bytes: &[u8]) -> Result<Self, Fault> {
		if bytes.len() > MAX_HANDSHAKE_SIZE {
			return Err(Fault::TooLong {
				limit: MAX_HANDSHAKE_SIZE,
				got: bytes.len(),
			});
		}
		let mut reader = Reader::new(bytes);
		let role = match reader.index("role", &[1, 2, 4])? {
			1 => Self::Full,
			2 => Self::Light,
			_ => Self::Authority,
		};
		match reader.remaining() {
			0 => Ok(role),
			got => Err(Fault::TrailingBytes { got }),
		}
	}
}
