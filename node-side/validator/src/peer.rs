//! Who is there.

use async_backing_chain_view::Identity;
use async_backing_collator_protocol::CollatorPeer;

/// What a peer has proved to be, and what it speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodePeer {
	/// The keys under which it validates, if it does.
	pub identity: Identity,
	/// Its stream of the collation protocol, if it has opened one (R-NET-75): what is said there comes and goes as
	/// [`Message::Collation`](crate::Message::Collation).
	pub collation: Option<CollatorPeer>,
}

impl NodePeer {
	/// Somebody who proved nothing and has opened a stream of the collation protocol.
	pub fn collator(who: CollatorPeer) -> Self {
		Self {
			identity: Identity::stranger(),
			collation: Some(who),
		}
	}
}

impl From<Identity> for NodePeer {
	/// Somebody who speaks of validation alone.
	fn from(identity: Identity) -> Self {
		Self {
			identity,
			collation: None,
		}
	}
}
