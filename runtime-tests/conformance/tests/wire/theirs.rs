//! The one layout that the published crates keep to themselves: the envelope (R-NET-54).

use codec::{Decode, Encode};
use polkadot_node_network_protocol::View;

#[derive(Encode, Decode)]
pub(crate) enum Envelope<M> {
	#[codec(index = 1)]
	Message(M),
	#[codec(index = 2)]
	View(View),
}
