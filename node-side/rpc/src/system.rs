//! What a node says of its network: here there is none.

use async_backing_relay_client::{Block, FullClient};
use futures::{Stream, StreamExt};
use sc_client_api::UsageProvider;
use sc_rpc::system::{Health, NodeRole, Request, SyncState};
use std::sync::Arc;

/// Answers until nobody asks any more. An answer that nobody waits for is dropped.
pub(crate) async fn answer(
	mut requests: impl Stream<Item = Request<Block>> + Unpin,
	client: Arc<FullClient>,
) {
	let no_network = || {
		let reason = "there is no network".to_owned();
		Err(sc_rpc::system::error::Error::MalformattedPeerArg(reason))
	};
	while let Some(request) = requests.next().await {
		match request {
			Request::Health(answer) => {
				let health = Health {
					peers: 0,
					is_syncing: false,
					should_have_peers: false,
				};
				let _ = answer.send(health);
			}
			Request::LocalPeerId(answer) => {
				let _ = answer.send(String::new());
			}
			Request::LocalListenAddresses(answer) | Request::NetworkReservedPeers(answer) => {
				let _ = answer.send(Vec::new());
			}
			Request::Peers(answer) => {
				let _ = answer.send(Vec::new());
			}
			Request::NetworkState(answer) => {
				let _ = answer.send(serde_json::Value::Null);
			}
			Request::NetworkAddReservedPeer(_, answer) | Request::NetworkRemoveReservedPeer(_, answer) => {
				let _ = answer.send(no_network());
			}
			Request::NodeRoles(answer) => {
				let _ = answer.send(vec![NodeRole::Authority]);
			}
			Request::SyncState(answer) => {
				let best = client.usage_info().chain.best_number;
				let _ = answer.send(SyncState {
					starting_block: 0,
					current_block: best,
					highest_block: best,
				});
			}
		}
	}
}
