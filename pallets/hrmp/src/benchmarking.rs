//! Benchmarks of the calls and of the hook, each with channels, lists and messages as full as they may be.

use crate::{
	Call, ChannelIds, Config, HrmpAcceptedRequests, HrmpChannelContents, HrmpChannelId, HrmpChannels,
	HrmpCloseRequests, HrmpClosedQueue, HrmpClosingNow, HrmpOpenChannelRequests, OpenRequest, Pallet,
	ParaIds, MAX_CHANGES, MAX_REMOVED_PER_BLOCK,
};
use alloc::{vec, vec::Vec};
use async_backing_primitives::{
	ports::HorizontalChannels, OutboundHrmpMessage, ParaId, MAX_HRMP_CHANNELS, MAX_HRMP_CHANNEL_CAPACITY,
};
use frame_benchmarking::v2::*;
use frame_support::traits::{EnsureOrigin, Hooks, OriginTrait};
use frame_system::pallet_prelude::BlockNumberFor;

/// The chain around the pallet.
pub trait BenchmarkHelper {
	/// Makes a para active whose account can pay every deposit.
	fn endowed_para(para: ParaId);
}

/// Sets nothing up: for a runtime that does not run these benchmarks, but is compiled with them.
impl BenchmarkHelper for () {
	fn endowed_para(_: ParaId) {}
}

const CHANNEL: HrmpChannelId = HrmpChannelId {
	sender: ParaId(2_000),
	recipient: ParaId(2_001),
};
/// Channels of a para that is to be cleaned: all that it may have in both directions.
const CHANNELS: u32 = 2 * MAX_HRMP_CHANNELS;

fn paras<T: Config>() {
	T::BenchmarkHelper::endowed_para(CHANNEL.sender);
	T::BenchmarkHelper::endowed_para(CHANNEL.recipient);
}

fn admin<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
	T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)
}

/// The origin of a para, as a signed one of its account.
fn by<T: Config>(para: ParaId) -> T::RuntimeOrigin {
	use sp_runtime::traits::Convert;
	T::RuntimeOrigin::signed(T::SovereignAccountOf::convert(para))
}

fn request<T: Config>() -> Result<(), BenchmarkError> {
	Ok(Pallet::<T>::do_request(CHANNEL, 8, 64)?)
}

/// Asks for a channel between paras that are made for it, with deposits, and accepts it.
fn accepted<T: Config>(channel: HrmpChannelId) -> Result<(), BenchmarkError> {
	T::BenchmarkHelper::endowed_para(channel.sender);
	T::BenchmarkHelper::endowed_para(channel.recipient);
	Pallet::<T>::do_request(channel, 8, 64)?;
	Ok(Pallet::<T>::do_accept(channel)?)
}

fn open<T: Config>(channel: HrmpChannelId) -> Result<(), BenchmarkError> {
	accepted::<T>(channel)?;
	Pallet::<T>::open_accepted(1);
	Ok(())
}

/// So many channels, none of which shares an end with another.
fn distinct(count: u32) -> impl Iterator<Item = HrmpChannelId> {
	(0..count).map(|number| HrmpChannelId {
		sender: ParaId(10_000 + 2 * number),
		recipient: ParaId(10_001 + 2 * number),
	})
}

/// As many messages as the fullest channel has.
fn fill<T: Config>(channel: HrmpChannelId) {
	let message = OutboundHrmpMessage {
		recipient: channel.recipient,
		data: vec![7; 64],
	};
	let messages = vec![message; MAX_HRMP_CHANNEL_CAPACITY as usize];
	<Pallet<T> as HorizontalChannels>::enqueue(channel.sender, messages, 1);
}

/// A list that is full of channels that do not exist, but for those given.
fn full_with(channels: &[HrmpChannelId]) -> ChannelIds {
	let others = (0..MAX_CHANGES).map(|number| HrmpChannelId {
		sender: ParaId(900_000 + number),
		recipient: ParaId(1),
	});
	let others = others.take((MAX_CHANGES as usize).saturating_sub(channels.len()));
	ChannelIds::truncate_from(others.chain(channels.iter().copied()).collect())
}

/// Both ends of [`CHANNEL`] have asked, or were asked by, as many paras as can be but one.
fn fill_requests<T: Config>() {
	let others: Vec<_> = (1..MAX_HRMP_CHANNELS)
		.map(|number| ParaId(5_000 + number))
		.collect();
	let others = ParaIds::truncate_from(others);
	crate::HrmpEgressRequestsIndex::<T>::insert(CHANNEL.sender, others.clone());
	crate::HrmpIngressRequestsIndex::<T>::insert(CHANNEL.recipient, others);
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn force_open_hrmp_channel() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		accepted::<T>(CHANNEL)?;
		fill_requests::<T>();
		#[extrinsic_call]
		_(
			origin as T::RuntimeOrigin,
			CHANNEL.sender,
			CHANNEL.recipient,
			8,
			64,
		);
		let request = HrmpOpenChannelRequests::<T>::get(CHANNEL);
		assert!(request.is_some_and(|request| request.is_accepted && request.sender_deposit == 0));
		Ok(())
	}

	#[benchmark]
	fn force_close_channel() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		open::<T>(CHANNEL)?;
		fill::<T>(CHANNEL);
		HrmpCloseRequests::<T>::put(full_with(&[CHANNEL]));
		#[block]
		{
			Pallet::<T>::force_close_channel(origin as T::RuntimeOrigin, CHANNEL.sender, CHANNEL.recipient)?;
			Pallet::<T>::on_finalize(BlockNumberFor::<T>::default());
		}
		assert!(!HrmpChannels::<T>::contains_key(CHANNEL));
		Ok(())
	}

	#[benchmark]
	fn force_clean_hrmp(c: Linear<0, CHANNELS>) -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let inbound = c / 2;
		T::BenchmarkHelper::endowed_para(CHANNEL.sender);
		let request = OpenRequest {
			is_accepted: true,
			max_capacity: 8,
			max_total_size: 512,
			max_message_size: 64,
			sender_deposit: 0,
			recipient_deposit: 0,
		};
		for number in 0..c {
			let other = ParaId(10_000 + number);
			T::BenchmarkHelper::endowed_para(other);
			let (sender, recipient) = match number < inbound {
				true => (other, CHANNEL.sender),
				false => (CHANNEL.sender, other),
			};
			let channel = HrmpChannelId { sender, recipient };
			// More than the configuration allows, as its limits may have been lowered.
			Pallet::<T>::hold(sender, 1)?;
			Pallet::<T>::hold(recipient, 1)?;
			let deposits = OpenRequest {
				sender_deposit: 1,
				recipient_deposit: 1,
				..request
			};
			assert!(Pallet::<T>::open(channel, &deposits));
			let message = OutboundHrmpMessage {
				recipient,
				data: vec![7; 64],
			};
			<Pallet<T> as HorizontalChannels>::enqueue(sender, vec![message], 1);
		}
		HrmpCloseRequests::<T>::put(full_with(&[]));
		#[block]
		{
			Pallet::<T>::force_clean_hrmp(
				origin as T::RuntimeOrigin,
				CHANNEL.sender,
				inbound,
				c.saturating_sub(inbound),
			)?;
			Pallet::<T>::on_finalize(BlockNumberFor::<T>::default());
		}
		assert_eq!(HrmpChannels::<T>::iter_keys().count(), 0);
		Ok(())
	}

	#[benchmark]
	fn force_process_hrmp_open(c: Linear<0, MAX_CHANGES>) -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		for channel in distinct(c) {
			accepted::<T>(channel)?;
		}
		#[block]
		{
			Pallet::<T>::force_process_hrmp_open(origin as T::RuntimeOrigin, c)?;
			Pallet::<T>::on_finalize(BlockNumberFor::<T>::default());
		}
		assert_eq!(HrmpChannels::<T>::iter_keys().count(), c as usize);
		Ok(())
	}

	#[benchmark]
	fn force_process_hrmp_close(c: Linear<0, MAX_CHANGES>) -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		let channels: Vec<_> = distinct(c).collect();
		for channel in &channels {
			open::<T>(*channel)?;
			let message = OutboundHrmpMessage {
				recipient: channel.recipient,
				data: vec![7; 64],
			};
			<Pallet<T> as HorizontalChannels>::enqueue(channel.sender, vec![message], 1);
		}
		HrmpCloseRequests::<T>::put(ChannelIds::truncate_from(channels));
		#[block]
		{
			Pallet::<T>::force_process_hrmp_close(origin as T::RuntimeOrigin, c)?;
			Pallet::<T>::on_finalize(BlockNumberFor::<T>::default());
		}
		assert_eq!(HrmpChannels::<T>::iter_keys().count(), 0);
		Ok(())
	}

	#[benchmark]
	fn poke_channel_deposits() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		open::<T>(CHANNEL)?;
		HrmpChannels::<T>::mutate(CHANNEL, |open| {
			if let Some(open) = open {
				(open.sender_deposit, open.recipient_deposit) = (0, 0);
			}
		});
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, CHANNEL.sender, CHANNEL.recipient);
		assert!(HrmpChannels::<T>::get(CHANNEL).is_some_and(|open| open.sender_deposit > 0));
		Ok(())
	}

	#[benchmark]
	fn init_open_channel() {
		paras::<T>();
		fill_requests::<T>();
		let origin = by::<T>(CHANNEL.sender);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, CHANNEL.recipient, 8, 64);
		assert!(HrmpOpenChannelRequests::<T>::contains_key(CHANNEL));
	}

	#[benchmark]
	fn accept_open_channel() -> Result<(), BenchmarkError> {
		paras::<T>();
		request::<T>()?;
		let mut others = full_with(&[]).into_inner();
		others.pop();
		HrmpAcceptedRequests::<T>::put(ChannelIds::truncate_from(others));
		let origin = by::<T>(CHANNEL.recipient);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, CHANNEL.sender);
		let request = HrmpOpenChannelRequests::<T>::get(CHANNEL);
		assert!(request.is_some_and(|request| request.is_accepted));
		Ok(())
	}

	#[benchmark]
	fn cancel_open_request() -> Result<(), BenchmarkError> {
		paras::<T>();
		fill_requests::<T>();
		request::<T>()?;
		let origin = by::<T>(CHANNEL.recipient);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, CHANNEL);
		assert!(!HrmpOpenChannelRequests::<T>::contains_key(CHANNEL));
		Ok(())
	}

	#[benchmark]
	fn close_channel() -> Result<(), BenchmarkError> {
		open::<T>(CHANNEL)?;
		let mut others = full_with(&[]).into_inner();
		others.pop();
		HrmpCloseRequests::<T>::put(ChannelIds::truncate_from(others));
		let origin = by::<T>(CHANNEL.sender);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, CHANNEL);
		assert!(HrmpCloseRequests::<T>::get().contains(&CHANNEL));
		Ok(())
	}

	/// A step for a message, or for a channel.
	#[benchmark]
	fn remove_messages(m: Linear<0, MAX_REMOVED_PER_BLOCK>) -> Result<(), BenchmarkError> {
		open::<T>(CHANNEL)?;
		fill::<T>(CHANNEL);
		Pallet::<T>::close(CHANNEL);
		assert!(HrmpClosedQueue::<T>::exists() && !HrmpClosingNow::<T>::exists());
		let before = HrmpChannelContents::<T>::iter_keys().count();
		let removed;
		#[block]
		{
			removed = Pallet::<T>::do_remove_messages(m);
		}
		let after = HrmpChannelContents::<T>::iter_keys().count();
		assert_eq!(
			(removed, before.saturating_sub(after)),
			(m, m.saturating_sub(1) as usize)
		);
		Ok(())
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_helper::externalities(),
		crate::mock::Test
	);
}
