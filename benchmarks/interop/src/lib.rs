#![doc = include_str!("../README.md")]

mod history;
mod ours;
mod published;
mod run;

pub use history::{Capacity, History, Step};
pub use ours::Ours;
pub use published::Published;
pub use run::{Chain, Kind, Sent, Verdict};

use cumulus_primitives_core::{relay_chain, AbridgedHostConfiguration, ParaId};
use cumulus_test_relay_sproof_builder::RelayStateSproofBuilder;
use sp_core::H256;
use sp_trie::StorageProof;

/// Under which id the relay chain knows the chains.
pub const PARA: u32 = 2000;

/// The relay parent's state in the layout of the published crates, and a proof of it: root and proof.
pub fn relay_state(step: &Step, included: Option<Vec<u8>>) -> (H256, StorageProof) {
	let mut state = RelayStateSproofBuilder {
		para_id: ParaId::from(PARA),
		included_para_head: included.map(relay_chain::HeadData),
		relay_dispatch_queue_remaining_capacity: step.tells_capacity.then_some(step.upward_room),
		current_slot: step.relay_slot.into(),
		upgrade_go_ahead: step.go_ahead.map(|go_ahead| {
			if go_ahead {
				relay_chain::UpgradeGoAhead::GoAhead
			} else {
				relay_chain::UpgradeGoAhead::Abort
			}
		}),
		..Default::default()
	};
	state.host_config = AbridgedHostConfiguration {
		max_code_size: 1 << 20,
		max_head_data_size: 1 << 10,
		// Relay chains that do not tell what remains have their limits without what waits.
		max_upward_queue_count: step.upward_room.0,
		max_upward_queue_size: step.upward_room.1,
		max_upward_message_size: 1 << 10,
		max_upward_message_num_per_candidate: step.max_upward,
		hrmp_max_message_num_per_candidate: 16,
		validation_upgrade_cooldown: 6,
		validation_upgrade_delay: 6,
		async_backing_params: relay_chain::AsyncBackingParams {
			max_candidate_depth: 3,
			allowed_ancestry_len: 2,
		},
	};
	for &(recipient, messages, bytes) in &step.channels {
		let channel = state.upsert_outbound_channel(recipient.into());
		channel.max_message_size = 1 << 10;
		// Something waits already, so that what remains is a difference.
		(channel.msg_count, channel.total_size) = (2, 20);
		(channel.max_capacity, channel.max_total_size) = (messages + 2, bytes + 20);
	}
	state.into_state_root_and_proof()
}
