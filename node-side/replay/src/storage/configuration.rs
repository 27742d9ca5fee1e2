//! The host configuration in the layouts that chains stored over the years.

use async_backing_primitives::{
	ApprovalVotingParams, AsyncBackingParams, ExecutorParams, HostConfiguration, NodeFeatures,
	MAX_HRMP_CHANNELS,
};
use codec::{Compact, Decode, DecodeAll, Encode};
use sp_runtime::Perbill;

/// A layout of the published configuration pallet, or ours. Storage versions are theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishedConfiguration {
	/// Version 5, of early 2023: with weights for the upward queue, and parathreads.
	V5,
	/// Version 12, since 2024: the scheduler's parameters are a struct.
	V12,
	/// Version 13: without two of these, with the age of relay parents.
	V13,
	/// Ours.
	Ours,
}

type Weight = (Compact<u64>, Compact<u64>);

/// Version 5 in parts: limits and parameters; the weight of a turn of the upward queue, channels; execution; cores, periods
/// and approvals; the weight of one upward message, and votes on codes.
type V5 = (
	([u32; 9], AsyncBackingParams, [u32; 2], Weight),
	([u32; 2], [u128; 2], [u32; 5]),
	(ExecutorParams, [u32; 7], [Option<u32>; 2], [u32; 7]),
	(Weight, bool, [u32; 2]),
);

/// Before the scheduler's parameters: the same in versions 12 and 13.
type Common = (
	([u32; 9], AsyncBackingParams, [u32; 3], [u128; 2], [u32; 4]),
	(ExecutorParams, u32, Option<u32>, [u32; 10]),
	(NodeFeatures, ApprovalVotingParams),
);
type V12 = (Common, [u32; 2], Option<u32>, [u32; 4], [Perbill; 2], u128, u32);
type V13 = (Common, [u32; 2], Option<u32>, [u32; 3], [Perbill; 2], u128, u32);

/// Reads a stored configuration in whichever layout it has to the last byte, newest first. Fields that a layout lacks have the
/// default. Layouts can be equally long: values beyond every ceiling give a wrong one away.
pub fn read_configuration(stored: &[u8]) -> Option<(PublishedConfiguration, HostConfiguration)> {
	use PublishedConfiguration::*;
	let readings = [
		(Ours, ours(stored)),
		(V13, v13(stored)),
		(V12, v12(stored)),
		(V5, v5(stored)),
	];
	readings
		.into_iter()
		.find_map(|(layout, config)| Some((layout, config.filter(is_plausible)?)))
}

/// Where the layout stops that comes nearest to reading these bytes, and why.
pub(super) fn nearest(stored: &[u8]) -> String {
	let readings = [
		(PublishedConfiguration::Ours, stop::<HostConfiguration>(stored)),
		(PublishedConfiguration::V13, stop::<V13>(stored)),
		(PublishedConfiguration::V12, stop::<V12>(stored)),
		(PublishedConfiguration::V5, stop::<V5>(stored)),
	];
	// What reads a value with a few bytes behind it is nearer than what lacks some.
	let distance = |offset: usize, is_read: bool| stored.len() - offset + if is_read { 0 } else { 8 };
	let nearest = readings
		.into_iter()
		.min_by_key(|(_, (offset, error))| distance(*offset, error.is_none()));
	let Some((layout, (offset, error))) = nearest else {
		return String::new();
	};
	let why = match (error, stored.len() - offset) {
		(Some(error), _) => error,
		(None, 0) => "it is read to the last byte, but no chain can have these values".into(),
		(None, more) => format!("{more} more bytes behind the value"),
	};
	format!(
		"expected a HostConfiguration of version 5, 12 or 13 or ours; byte {offset}, as {layout:?}: {why}"
	)
}

/// Where reading stops, and why if it fails.
fn stop<T: Decode>(stored: &[u8]) -> (usize, Option<String>) {
	let mut rest = stored;
	let error = T::decode(&mut rest).err();
	let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
	(
		stored.len() - rest.len(),
		error.map(|error| words(error.to_string())),
	)
}

fn is_plausible(config: &HostConfiguration) -> bool {
	config.async_backing_params.validate().is_ok()
		&& config.hrmp_max_parachain_outbound_channels <= MAX_HRMP_CHANNELS
		&& config.hrmp_max_parachain_inbound_channels <= MAX_HRMP_CHANNELS
}

fn ours(stored: &[u8]) -> Option<HostConfiguration> {
	HostConfiguration::decode_all(&mut &*stored).ok()
}

fn v12(stored: &[u8]) -> Option<HostConfiguration> {
	V12::decode_all(&mut &*stored).ok()?;
	let HostConfiguration {
		max_relay_parent_session_age,
		hrmp_max_messages_consumed_per_candidate,
		..
	} = HostConfiguration::default();
	let rest = (
		max_relay_parent_session_age,
		hrmp_max_messages_consumed_per_candidate,
	)
		.encode();
	ours(&[stored, &rest].concat())
}

fn v13(stored: &[u8]) -> Option<HostConfiguration> {
	let (common, periods, per_core, [lookahead, cores, queue], shares, fee, session_age) =
		V13::decode_all(&mut &*stored).ok()?;
	let HostConfiguration {
		max_availability_timeouts,
		ttl,
		..
	} = HostConfiguration::default();
	let scheduling = [lookahead, cores, max_availability_timeouts, queue];
	let older: V12 = (common, periods, per_core, scheduling, shares, fee, ttl);
	Some(HostConfiguration {
		max_relay_parent_session_age: session_age,
		..v12(&older.encode())?
	})
}

fn v5(stored: &[u8]) -> Option<HostConfiguration> {
	let (limits, channels, execution, upward) = V5::decode_all(&mut &*stored).ok()?;
	let (first, async_backing_params, [max_pov_size, max_downward_message_size], _) = limits;
	let [max_code_size, max_head_data_size, max_upward_queue_count, max_upward_queue_size, max_upward_message_size, upward_num, hrmp_num, cooldown, delay] =
		first;
	let (
		[outbound, _],
		[sender_deposit, recipient_deposit],
		[capacity, total_size, inbound, _, message_size],
	) = channels;
	let (executor_params, periods, [max_validators_per_core, max_validators], approvals) = execution;
	let [code_retention_period, num_cores, _, group_rotation_frequency, paras_availability_period, _, scheduling_lookahead] =
		periods;
	let [dispute_period, acceptance_period, no_show_slots, n_delay_tranches, zeroth_delay_tranche_width, needed_approvals, relay_vrf_modulo_samples] =
		approvals;
	let (_, _, [pvf_voting_ttl, minimum_validation_upgrade_delay]) = upward;
	Some(HostConfiguration {
		max_code_size,
		max_head_data_size,
		max_upward_queue_count,
		max_upward_queue_size,
		max_upward_message_size,
		max_upward_message_num_per_candidate: upward_num,
		hrmp_max_message_num_per_candidate: hrmp_num,
		validation_upgrade_cooldown: cooldown,
		validation_upgrade_delay: delay,
		async_backing_params,
		max_pov_size,
		max_downward_message_size,
		hrmp_max_parachain_outbound_channels: outbound,
		hrmp_sender_deposit: sender_deposit,
		hrmp_recipient_deposit: recipient_deposit,
		hrmp_channel_max_capacity: capacity,
		hrmp_channel_max_total_size: total_size,
		hrmp_max_parachain_inbound_channels: inbound,
		hrmp_channel_max_message_size: message_size,
		executor_params,
		code_retention_period,
		max_validators,
		dispute_period,
		dispute_post_conclusion_acceptance_period: acceptance_period,
		no_show_slots,
		n_delay_tranches,
		zeroth_delay_tranche_width,
		needed_approvals,
		relay_vrf_modulo_samples,
		pvf_voting_ttl,
		minimum_validation_upgrade_delay,
		group_rotation_frequency,
		paras_availability_period,
		max_validators_per_core,
		scheduling_lookahead,
		num_cores,
		..HostConfiguration::default()
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	/// A value of each layout, made of the parts of ours.
	fn of(layout: PublishedConfiguration) -> Vec<u8> {
		let config = HostConfiguration {
			group_rotation_frequency: 11,
			num_cores: 7,
			..HostConfiguration::default()
		};
		let encoded = config.encode();
		match layout {
			PublishedConfiguration::Ours => encoded,
			PublishedConfiguration::V12 => encoded[..encoded.len() - 8].to_vec(),
			PublishedConfiguration::V13 => {
				let (common, periods, per_core, [lookahead, cores, _, queue], shares, fee, _) =
					V12::decode_all(&mut &encoded[..encoded.len() - 8]).expect("it is one");
				let newer: V13 = (
					common,
					periods,
					per_core,
					[lookahead, cores, queue],
					shares,
					fee,
					3,
				);
				newer.encode()
			}
			PublishedConfiguration::V5 => {
				let weight = (Compact(1_u64 << 40), Compact(1_u64 << 20));
				let value: V5 = (
					(
						[1 << 20; 9],
						AsyncBackingParams::default(),
						[1 << 20, 50_000],
						weight,
					),
					([30, 0], [1, 2], [1_000, 102_400, 30, 0, 102_400]),
					(
						ExecutorParams::default(),
						[14_400, 7, 0, 11, 5, 5, 1],
						[Some(5), None],
						[6, 600, 2, 40, 0, 2, 1],
					),
					(weight, true, [2, 15]),
				);
				value.encode()
			}
		}
	}

	#[test]
	fn r_key_1_each_layout_is_told_from_the_others_to_the_last_byte() {
		use PublishedConfiguration::*;
		for layout in [V5, V12, V13, Ours] {
			let stored = of(layout);
			let (found, config) = read_configuration(&stored).expect("it is one of them");
			assert_eq!(found, layout, "R-KEY-1");
			assert_eq!(
				(config.num_cores, config.group_rotation_frequency),
				(7, 11),
				"{layout:?}"
			);
			assert_eq!(config.hrmp_max_parachain_inbound_channels, 30, "{layout:?}");
			for cut in 0..stored.len() {
				let shorter = read_configuration(&stored[..cut]).map(|(found, _)| found);
				assert!(
					shorter != Some(layout),
					"{layout:?} without its last {} bytes",
					stored.len() - cut
				);
			}
			assert_ne!(
				read_configuration(&[&stored[..], &[0]].concat()).map(|(found, _)| found),
				Some(layout)
			);
		}
	}
}
