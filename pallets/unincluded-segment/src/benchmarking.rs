//! Benchmarks of the inherent and of the end of a block.

use crate::{ports::RelayStateSource, types::*, Call, Config, CurrentRelayParent, Pallet, StoredSegment};
use alloc::{vec, vec::Vec};
use async_backing_primitives::{
	keys, AbridgedHostConfiguration, AbridgedHrmpChannel, HeadData, OutboundHrmpChannelModification,
	OutboundHrmpMessage, ParaId, PersistedValidationData, RelayState,
};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::traits::Get;
use frame_system::RawOrigin;

/// The recipient of channel `index`.
fn recipient(index: u32) -> ParaId {
	ParaId(3_000u32.saturating_add(index))
}

fn host() -> AbridgedHostConfiguration {
	AbridgedHostConfiguration {
		max_upward_queue_count: 1_000,
		max_upward_queue_size: 1 << 20,
		max_upward_message_size: 1 << 16,
		max_upward_message_num_per_candidate: 16,
		hrmp_max_message_num_per_candidate: 1_000,
		max_code_size: 1 << 20,
		..Default::default()
	}
}

fn channel() -> AbridgedHrmpChannel {
	AbridgedHrmpChannel {
		max_capacity: 1_000,
		max_total_size: 1 << 20,
		max_message_size: 1 << 16,
		..Default::default()
	}
}

/// A segment of `a` blocks, each of which sends on `c` channels.
fn segment<T: Config>(a: u32, c: u32) -> SegmentRecord<T::MaxAncestors, T::MaxChannels> {
	let sent = OutboundHrmpChannelModification {
		bytes_submitted: 10,
		messages_submitted: 1,
	};
	let block = |number: u32| AncestorRecord {
		ump_messages_sent: 1,
		ump_bytes_sent: 10,
		outbound_hrmp: (0..c)
			.map(|index| (recipient(index), sent))
			.collect::<Vec<_>>()
			.try_into()
			.expect("the caller clamps"),
		head: Some(HeadData(number.encode()).hash()),
		go_ahead: None,
	};
	SegmentRecord {
		ancestors: (0..a)
			.map(block)
			.collect::<Vec<_>>()
			.try_into()
			.expect("the caller clamps"),
		hrmp_watermark: Some(0),
		relay_slot: None,
		relay_parent: Some(0),
	}
}

#[benchmarks]
mod benches {
	use super::*;

	/// All blocks of the segment become included, so each is subtracted.
	#[benchmark]
	fn set_validation_data(a: Linear<0, 12>, c: Linear<0, 256>) -> Result<(), BenchmarkError> {
		let a = a.min(T::MaxAncestors::get());
		StoredSegment::<T>::put(segment::<T>(a, T::MaxChannels::get()));
		let parent = HeadData(vec![7; 200]);
		frame_system::Pallet::<T>::initialize(&1u32.into(), &parent.hash().0, &Default::default());

		let para = T::ParaId::get();
		let recipients: Vec<_> = (0..c).map(recipient).collect();
		let mut state = vec![
			(keys::ACTIVE_CONFIG.to_vec(), host().encode()),
			(keys::CURRENT_SLOT.to_vec(), 0u64.encode()),
			(keys::map_key(&keys::PARAS_HEADS, &para), parent.encode()),
			(
				keys::map_key(&keys::HRMP_EGRESS_CHANNELS_INDEX, &para),
				recipients.encode(),
			),
			(
				keys::relay_dispatch_queue_remaining_capacity(para),
				(1_000u32, 1u32 << 20).encode(),
			),
		];
		state.extend(recipients.iter().map(|recipient| {
			// With the deposits that relay chains keep behind what parachains know.
			let value = (channel(), 0u128, 0u128).encode();
			(RelayState::channel_key(para, *recipient), value)
		}));
		let (root, evidence) = T::RelayState::evidence(state);
		let data = ParachainInherentData {
			validation_data: PersistedValidationData {
				parent_head: parent,
				relay_parent_number: 1,
				relay_parent_storage_root: root,
				max_pov_size: 5 << 20,
			},
			relay_state: evidence,
		};
		#[extrinsic_call]
		_(RawOrigin::None, data);
		assert!(CurrentRelayParent::<T>::exists());
		assert!(StoredSegment::<T>::get().ancestors.is_empty());
		Ok(())
	}

	/// The block sends on the channels on which those before it do.
	#[benchmark]
	fn on_finalize(a: Linear<0, 11>, c: Linear<0, 64>) -> Result<(), BenchmarkError> {
		let a = a.min(T::MaxAncestors::get().saturating_sub(1));
		let c = c.min(T::MaxChannels::get());
		StoredSegment::<T>::put(segment::<T>(a, c));
		let state = RelayState {
			host: host(),
			ump_remaining: 1_000,
			ump_remaining_bytes: 1 << 20,
			channels_out: (0..c).map(|index| (recipient(index), channel())).collect(),
			..Default::default()
		};
		CurrentRelayParent::<T>::put(
			RelayParentRecord::new(1, None, state).expect("as many as there can be"),
		);
		let outputs = Outputs {
			upward_messages: vec![vec![7; 10]],
			horizontal_messages: (0..c)
				.map(|index| OutboundHrmpMessage {
					recipient: recipient(index),
					data: vec![7; 10],
				})
				.collect(),
			hrmp_watermark: None,
		};
		let result;
		#[block]
		{
			result = Pallet::<T>::do_finalize_with(|_| outputs);
		}
		assert_eq!(result, Ok(()));
		assert_eq!(
			StoredSegment::<T>::get().ancestors.len() as u32,
			a.saturating_add(1)
		);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, sp_io::TestExternalities::default(), crate::mock::Test);
}
