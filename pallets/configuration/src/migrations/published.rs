//! A chain that has the published configuration pallet under the same name gets ours.

use crate::{ActiveConfig, Config, Pallet, PendingConfig, PendingConfigs, MAX_PENDING, STORAGE_VERSION};
use alloc::vec::Vec;
use async_backing_primitives::{
	ApprovalVotingParams, AsyncBackingParams, ExecutorParams, HostConfiguration, NodeFeatures, SessionIndex,
	MAX_HRMP_CHANNELS,
};
use codec::{DecodeAll, Encode};
use core::marker::PhantomData;
use frame_support::{
	storage::unhashed,
	traits::{ConstU32, Get, OnRuntimeUpgrade},
	weights::Weight,
	BoundedVec,
};
use sp_runtime::Perbill;

/// Their configuration before the scheduler's parameters, part by part: the same in versions 12 and 13.
type Common = (
	([u32; 9], AsyncBackingParams, [u32; 3], [u128; 2], [u32; 4]),
	(ExecutorParams, u32, Option<u32>, [u32; 10]),
	(NodeFeatures, ApprovalVotingParams),
);
/// Version 12: the scheduler's parameters with the two that have no meaning any more.
type Version12 = (Common, [u32; 2], Option<u32>, [u32; 4], [Perbill; 2], u128, u32);
/// Version 13: without these two, and with `max_relay_parent_session_age`.
type Version13 = (Common, [u32; 2], Option<u32>, [u32; 3], [Perbill; 2], u128, u32);

/// Reads a value that a chain stored in the published layout, version 13 or 12, whichever it is to the last byte, or in
/// ours. What is not in it has the default. Other layouts can be as long; numbers of channels beyond every ceiling give
/// them away.
pub fn decode_configuration(stored: &[u8]) -> Option<HostConfiguration> {
	let is_plausible = |config: &HostConfiguration| {
		config.hrmp_max_parachain_outbound_channels <= MAX_HRMP_CHANNELS
			&& config.hrmp_max_parachain_inbound_channels <= MAX_HRMP_CHANNELS
	};
	HostConfiguration::decode_all(&mut &stored[..])
		.ok()
		.filter(is_plausible)
		.or_else(|| Version13::decode_all(&mut &stored[..]).ok().and_then(from_13))
		.or_else(|| Version12::decode_all(&mut &stored[..]).ok().and_then(from_12))
		.filter(is_plausible)
}

/// As [`decode_configuration`], of what waits, with the sessions in which it takes effect.
fn decode_pending(stored: &[u8]) -> Option<Vec<(SessionIndex, HostConfiguration)>> {
	type Waiting<T> = Vec<(SessionIndex, T)>;
	let each = |waiting: Waiting<HostConfiguration>| Some(waiting);
	Waiting::<HostConfiguration>::decode_all(&mut &stored[..])
		.ok()
		.and_then(each)
		.or_else(|| {
			let waiting = Waiting::<Version13>::decode_all(&mut &stored[..]).ok()?;
			waiting
				.into_iter()
				.map(|(session, config)| Some((session, from_13(config)?)))
				.collect()
		})
		.or_else(|| {
			let waiting = Waiting::<Version12>::decode_all(&mut &stored[..]).ok()?;
			waiting
				.into_iter()
				.map(|(session, config)| Some((session, from_12(config)?)))
				.collect()
		})
}

fn from_12(theirs: Version12) -> Option<HostConfiguration> {
	let HostConfiguration {
		max_relay_parent_session_age,
		hrmp_max_messages_consumed_per_candidate,
		..
	} = HostConfiguration::default();
	let ours = (
		theirs,
		max_relay_parent_session_age,
		hrmp_max_messages_consumed_per_candidate,
	);
	HostConfiguration::decode_all(&mut &ours.encode()[..]).ok()
}

fn from_13(theirs: Version13) -> Option<HostConfiguration> {
	let HostConfiguration {
		max_availability_timeouts,
		ttl,
		..
	} = HostConfiguration::default();
	let (common, periods, per_core, [lookahead, cores, queue], shares, fee, session_age) = theirs;
	let scheduling = [lookahead, cores, max_availability_timeouts, queue];
	let config = from_12((common, periods, per_core, scheduling, shares, fee, ttl))?;
	Some(HostConfiguration {
		max_relay_parent_session_age: session_age,
		..config
	})
}

/// Rewrites what the published configuration pallet of the same name stored, in versions 12 and 13 of its layout, and
/// notes our storage version.
///
/// Without it the stored values would not decode, and the pallet would work with the default. Values that are
/// inconsistent by our rules are kept, and can be repaired by several calls (R-ABP-6). A layout that is older is not
/// touched but logged: bring the chain to version 12 first. Does nothing where our layout is stored.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdoptPublishedConfiguration<T>(PhantomData<T>);

impl<T: Config> OnRuntimeUpgrade for AdoptPublishedConfiguration<T> {
	fn on_runtime_upgrade() -> Weight {
		let active = unhashed::get_raw(&ActiveConfig::<T>::hashed_key());
		let Some(stored) = active.filter(|stored| HostConfiguration::decode_all(&mut &stored[..]).is_err())
		else {
			return T::DbWeight::get().reads(1);
		};
		let Some(config) = decode_configuration(&stored) else {
			log::error!(
				target: "runtime::configuration",
				"the stored configuration has none of the layouts that are known: {} bytes",
				stored.len(),
			);
			return T::DbWeight::get().reads(1);
		};
		if let Err(error) = Pallet::<T>::check(&config) {
			log::warn!(target: "runtime::configuration", "the adopted configuration is inconsistent: {error}");
		}
		ActiveConfig::<T>::put(config);

		let waiting = unhashed::get_raw(&PendingConfigs::<T>::hashed_key())
			.and_then(|stored| decode_pending(&stored))
			.unwrap_or_default();
		let waiting = waiting
			.into_iter()
			.map(|(session, config)| PendingConfig { session, config })
			.take(MAX_PENDING as usize)
			.collect();
		let waiting = BoundedVec::<PendingConfig, ConstU32<MAX_PENDING>>::truncate_from(waiting);
		if waiting.is_empty() {
			PendingConfigs::<T>::kill();
		} else {
			PendingConfigs::<T>::put(waiting);
		}
		STORAGE_VERSION.put::<Pallet<T>>();
		T::DbWeight::get().reads_writes(2, 3)
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(_: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		Pallet::<T>::do_try_state()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::{Configuration, Test};
	use frame_support::traits::{GetStorageVersion, StorageVersion};

	/// A made-up configuration in their version 12, byte by byte: each number is its place.
	const VERSION_12: &str = "010000000200000003000000040000000500000006000000070000000800000009000000\
		0a0000000b0000000c0000000d0000000e0000000f00000000000000000000000000000010000000000000000000000000000000\
		1100000012000000130000001400000008010020000006009c0a00000000000015000000011600000017000000180000001900\
		00001a0000001b0000001c0000001d0000001e0000001f0000002000000028000221000000\
		2200000023000000012400000025000000260000002700000028000000290000002a0000002b00000000000000000000000000\
		00002c000000";

	fn expected() -> HostConfiguration {
		use async_backing_primitives::{ExecutorParam, PvfExecKind};
		let mut config = HostConfiguration {
			max_code_size: 1,
			max_head_data_size: 2,
			max_upward_queue_count: 3,
			max_upward_queue_size: 4,
			max_upward_message_size: 5,
			max_upward_message_num_per_candidate: 6,
			hrmp_max_message_num_per_candidate: 7,
			validation_upgrade_cooldown: 8,
			validation_upgrade_delay: 9,
			async_backing_params: AsyncBackingParams {
				max_candidate_depth: 10,
				allowed_ancestry_len: 11,
			},
			max_pov_size: 12,
			max_downward_message_size: 13,
			hrmp_max_parachain_outbound_channels: 14,
			hrmp_sender_deposit: 15,
			hrmp_recipient_deposit: 16,
			hrmp_channel_max_capacity: 17,
			hrmp_channel_max_total_size: 18,
			hrmp_max_parachain_inbound_channels: 19,
			hrmp_channel_max_message_size: 20,
			executor_params: vec![
				ExecutorParam::MaxMemoryPages(8192),
				ExecutorParam::PvfExecTimeout(PvfExecKind::Backing, 2716),
			]
			.try_into()
			.expect("few enough"),
			code_retention_period: 21,
			max_validators: Some(22),
			dispute_period: 23,
			dispute_post_conclusion_acceptance_period: 24,
			no_show_slots: 25,
			n_delay_tranches: 26,
			zeroth_delay_tranche_width: 27,
			needed_approvals: 28,
			relay_vrf_modulo_samples: 29,
			pvf_voting_ttl: 30,
			minimum_validation_upgrade_delay: 31,
			minimum_backing_votes: 32,
			approval_voting_params: ApprovalVotingParams {
				max_approval_coalesce_count: 33,
			},
			group_rotation_frequency: 34,
			paras_availability_period: 35,
			max_validators_per_core: Some(36),
			scheduling_lookahead: 37,
			num_cores: 38,
			max_availability_timeouts: 39,
			on_demand_queue_max_size: 40,
			on_demand_target_queue_utilization: Perbill::from_parts(41),
			on_demand_fee_variability: Perbill::from_parts(42),
			on_demand_base_fee: 43,
			ttl: 44,
			..HostConfiguration::default()
		};
		config.node_features.set(9, true);
		config
	}

	fn version_12() -> Vec<u8> {
		let byte = |at: usize| u8::from_str_radix(&VERSION_12[at..at + 2], 16).expect("it is hexadecimal");
		(0..VERSION_12.len()).step_by(2).map(byte).collect()
	}

	/// The same in their version 13: without the places 39 and 44, and with a session age at the end.
	fn version_13() -> Vec<u8> {
		let mut stored = version_12();
		let end = stored.len();
		stored.splice(end - 4.., 45u32.encode());
		// Before the base fee, two shares, the size of the queue.
		let at = end - 4 - 16 - 2 * 4 - 4 - 4;
		assert_eq!(stored[at..at + 4], 39u32.encode());
		stored.drain(at..at + 4);
		stored
	}

	#[test]
	fn r_key_1_golden_layouts_of_the_published_configuration() {
		let config = expected();
		assert_eq!(
			decode_configuration(&version_12()),
			Some(config.clone()),
			"version 12"
		);
		let ours = [0u32, 8192].encode();
		assert_eq!(
			[version_12(), ours].concat(),
			config.encode(),
			"version 13's session age, and what only we have, are last"
		);
		let age = HostConfiguration {
			max_availability_timeouts: 0,
			ttl: 5,
			max_relay_parent_session_age: 45,
			..config
		};
		let version_13 = version_13();
		assert_eq!(decode_configuration(&version_13), Some(age), "version 13");
		for wrong in [&version_12()[..200], &[version_13, vec![0; 5]].concat()] {
			assert_eq!(decode_configuration(wrong), None, "to the last byte");
		}
	}

	#[test]
	fn r_key_1_a_chain_with_the_published_pallet_keeps_its_configuration() {
		sp_io::TestExternalities::default().execute_with(|| {
			let waiting = [vec![4, 2, 0, 0, 0], version_12()].concat();
			unhashed::put_raw(&ActiveConfig::<Test>::hashed_key(), &version_12());
			unhashed::put_raw(&PendingConfigs::<Test>::hashed_key(), &waiting);
			StorageVersion::new(12).put::<Configuration>();
			assert!(
				Configuration::do_try_state().is_err(),
				"it would read as the default"
			);

			AdoptPublishedConfiguration::<Test>::on_runtime_upgrade();
			assert_eq!(Configuration::active_config(), expected(), "R-KEY-1");
			assert_eq!(Configuration::pending(), [(2, expected())], "R-ABP-5");
			assert_eq!(Configuration::on_chain_storage_version(), STORAGE_VERSION);
			assert_eq!(Configuration::do_try_state(), Ok(()));

			// Ours is not touched, and what nobody knows neither.
			AdoptPublishedConfiguration::<Test>::on_runtime_upgrade();
			assert_eq!(Configuration::active_config(), expected());
			unhashed::put_raw(&ActiveConfig::<Test>::hashed_key(), &[1, 2, 3]);
			AdoptPublishedConfiguration::<Test>::on_runtime_upgrade();
			let stored = unhashed::get_raw(&ActiveConfig::<Test>::hashed_key());
			assert_eq!(stored, Some(vec![1, 2, 3]));

			// A chain at version 13, whose configuration is shorter.
			let waiting = [vec![4, 2, 0, 0, 0], version_13()].concat();
			unhashed::put_raw(&ActiveConfig::<Test>::hashed_key(), &version_13());
			unhashed::put_raw(&PendingConfigs::<Test>::hashed_key(), &waiting);
			StorageVersion::new(13).put::<Configuration>();
			AdoptPublishedConfiguration::<Test>::on_runtime_upgrade();
			let adopted = Configuration::active_config();
			assert_eq!(
				(
					adopted.num_cores,
					adopted.on_demand_base_fee,
					adopted.max_relay_parent_session_age
				),
				(38, 43, 45)
			);
			assert_eq!(Configuration::pending(), [(2, adopted)], "R-ABP-5");
			assert_eq!(Configuration::do_try_state(), Ok(()));
		});
	}

	/// Values of real chains, where the folder is beside the checkout or named by `CHAIN_DATA`.
	#[test]
	fn r_key_1_stored_configurations_of_real_chains() {
		let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/chain-data");
		let folder = std::env::var("CHAIN_DATA").unwrap_or_else(|_| beside.into());
		let read = |name: &str| std::fs::read(format!("{folder}/storage/{name}"));
		let Ok(mainnet) = read("mainnet-2025-para1001-activeConfig.scale") else {
			println!("skipped: no chain data");
			return;
		};
		let config = decode_configuration(&mainnet).expect("version 12");
		assert_eq!(
			(
				config.scheduling_lookahead,
				config.num_cores,
				config.max_validators_per_core
			),
			(10, 62, Some(5))
		);
		assert_eq!(
			(
				config.needed_approvals,
				config.n_delay_tranches,
				config.dispute_period
			),
			(30, 213, 6)
		);
		assert_eq!(config.on_demand_queue_max_size, 500);
		assert_eq!(config.executor_params.0.len(), 3);
		assert_eq!(config.check_consistency(), Ok(()), "R-ABP-6");
		let testnet = read("westend-2024-para2096-activeConfig.scale").expect("it is beside the other");
		let config = decode_configuration(&testnet).expect("version 12");
		assert_eq!(
			(
				config.scheduling_lookahead,
				config.num_cores,
				config.max_validators
			),
			(2, 6, Some(200))
		);
		let older =
			read("westend-15946390-configuration-activeConfig.scale").expect("it is beside the other");
		assert_eq!(decode_configuration(&older), None, "not mistaken for another");
	}
}
