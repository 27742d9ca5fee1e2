//! The envelope of every message on a notification stream (R-NET-54).

use crate::{Fault, PeerSet, Read, Reader, View, Wire, MAX_NOTIFICATION_SIZE};
use codec::Encode;

/// The messages of a version of a peer set.
pub trait Notification: Encode + Read {
	/// What it is, for errors.
	const NAME: &'static str;
	/// Where it is sent.
	const SET: PeerSet;
}

/// What comes over a stream: a message, or how the peer's view changed.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
#[allow(clippy::large_enum_variant)] // lives as long as it takes to handle
pub enum Envelope<M> {
	/// A message.
	#[codec(index = 1)]
	Message(M),
	/// The peer's new view.
	#[codec(index = 2)]
	View(View),
}

impl<M: Read> Read for Envelope<M> {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(match reader.index("envelope", &[1, 2])? {
			1 => Self::Message(M::read(reader)?),
			_ => Self::View(View::read(reader)?),
		})
	}
}

impl<M: Notification> Wire for Envelope<M> {
	const NAME: &'static str = M::NAME;
	const LIMIT: usize = MAX_NOTIFICATION_SIZE;
}
