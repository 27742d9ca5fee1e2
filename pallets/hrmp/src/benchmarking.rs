//! Benchmarks of the calls.

use crate::{Call, Config, HrmpChannelId, HrmpChannels, HrmpCloseRequests, HrmpOpenChannelRequests, Pallet};
use alloc::vec;
use async_backing_primitives::{ports::HorizontalChannels, OutboundHrmpMessage, ParaId};
use frame_benchmarking::v2::*;
use frame_support::traits::{EnsureOrigin, OriginTrait};

/// The chain around the pallet.
pub trait BenchmarkHelper {
	/// Makes a para active whose account can pay every deposit.
	fn endowed_para(para: ParaId);
}

const CHANNEL: HrmpChannelId = HrmpChannelId {
	sender: ParaId(2_000),
	recipient: ParaId(2_001),
};

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

fn open<T: Config>() -> Result<(), BenchmarkError> {
	request::<T>()?;
	Pallet::<T>::do_accept(CHANNEL)?;
	Pallet::<T>::do_session_change();
	Ok(())
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn force_open_channel() -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		paras::<T>();
		#[extrinsic_call]
		_(
			origin as T::RuntimeOrigin,
			CHANNEL.sender,
			CHANNEL.recipient,
			8,
			64,
		);
		assert!(HrmpChannels::<T>::contains_key(CHANNEL));
		Ok(())
	}

	#[benchmark]
	fn force_close_channel(m: Linear<0, 8>) -> Result<(), BenchmarkError> {
		let origin = admin::<T>()?;
		paras::<T>();
		open::<T>()?;
		for _ in 0..m {
			let message = OutboundHrmpMessage {
				recipient: CHANNEL.recipient,
				data: vec![7; 64],
			};
			<Pallet<T> as HorizontalChannels>::enqueue(CHANNEL.sender, vec![message], 1);
		}
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, CHANNEL.sender, CHANNEL.recipient, m);
		assert!(!HrmpChannels::<T>::contains_key(CHANNEL));
		Ok(())
	}

	#[benchmark]
	fn init_open_channel() {
		paras::<T>();
		let origin = by::<T>(CHANNEL.sender);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, CHANNEL.recipient, 8, 64);
		assert!(HrmpOpenChannelRequests::<T>::contains_key(CHANNEL));
	}

	#[benchmark]
	fn accept_open_channel() -> Result<(), BenchmarkError> {
		paras::<T>();
		request::<T>()?;
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
		request::<T>()?;
		let origin = by::<T>(CHANNEL.recipient);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, CHANNEL);
		assert!(!HrmpOpenChannelRequests::<T>::contains_key(CHANNEL));
		Ok(())
	}

	#[benchmark]
	fn close_channel() -> Result<(), BenchmarkError> {
		paras::<T>();
		open::<T>()?;
		let origin = by::<T>(CHANNEL.sender);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, CHANNEL);
		assert_eq!(HrmpCloseRequests::<T>::get().into_inner(), [CHANNEL]);
		Ok(())
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_helper::externalities(),
		crate::mock::Test
	);
}
