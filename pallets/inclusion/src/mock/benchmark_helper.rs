//! What the benchmarks ask of the chain around the pallet.

use super::{neighbours, Balances, BlockBytes, BlockMicros, ParentDraw, Scheduler, State, Test, RICH};
use async_backing_primitives::{
	ports::{OnSessionChange, SessionChange},
	BlockNumber, CoreIndex, Hash, HeadData, HostConfiguration, ParaId, ValidationCode, ValidationCodeHash,
	ValidatorId,
};
use frame_support::traits::{fungible::Mutate, BuildGenesisConfig};
use frame_system::RawOrigin;
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};

/// Prepares the neighbours.
pub struct Helper;

impl crate::benchmarking::BenchmarkHelper for Helper {
	fn set_up(
		validators: Vec<ValidatorId>,
		config: HostConfiguration,
		paras: &[ParaId],
		head: &HeadData,
		code: &ValidationCode,
	) {
		neighbours(|state| {
			*state = State {
				config: config.clone(),
				session: 1,
				validators: validators.len() as u32,
				keys: validators.clone(),
				heads: paras.iter().map(|para| (*para, head.clone())).collect(),
				codes: paras.iter().map(|para| (*para, code.hash())).collect(),
				..Default::default()
			};
		});
		pallet_async_backing_scheduler::CoreClaims::<Test>::kill();
		pallet_async_backing_scheduler::GenesisConfig::<Test> {
			assignments: (0..).map(CoreIndex).zip(paras.iter().copied()).collect(),
			..Default::default()
		}
		.build();
		Scheduler::on_session_change(&SessionChange {
			session_index: 1,
			session_start: 1,
			validators,
			old_configuration: config.clone(),
			new_configuration: config,
			random_seed: [0; 32],
		});
	}

	fn open_channel(sender: ParaId, recipient: ParaId) {
		neighbours(|state| {
			let limits = (
				state.config.hrmp_channel_max_capacity,
				state.config.hrmp_channel_max_total_size,
				state.config.hrmp_channel_max_message_size,
			);
			state.channels.insert((sender, recipient), limits);
		});
	}

	fn send_horizontal(_: ParaId, recipient: ParaId, at: BlockNumber, count: u32) {
		neighbours(|state| {
			let inbound = state.inbound.entry(recipient).or_default();
			inbound.extend((0..count).map(|_| at));
			let watermarks = state.watermarks.entry(recipient).or_default();
			if watermarks.last() != Some(&at) {
				watermarks.push(at);
			}
		});
	}

	fn fill_digest(recipient: ParaId) {
		neighbours(|state| {
			let watermarks = state.watermarks.entry(recipient).or_default();
			let last = watermarks.last().copied().unwrap_or_default();
			watermarks.extend((last..).skip(1).take(2_047));
		});
	}

	fn let_upgrade(para: ParaId, code: &ValidationCode, at: BlockNumber) {
		neighbours(|state| {
			let own = Hash::from_low_u64_be(para.0.into());
			state.codes.insert(para, ValidationCodeHash(own));
			state.future_codes.insert(para, (at, code.hash()));
		});
	}

	fn send_downward(para: ParaId, count: u32) {
		let now = super::now();
		neighbours(|state| {
			let queue = state.downward.entry(para).or_default();
			queue.extend((0..count).map(|_| now));
		});
	}

	fn let_orders_wait(paras: &[ParaId], pool: u32, count: u32) {
		let first_of_pool = paras.len() as u32;
		pallet_async_backing_scheduler::GenesisConfig::<Test> {
			assignments: (0..).map(CoreIndex).zip(paras.iter().copied()).collect(),
			pool: (first_of_pool..first_of_pool + pool).map(CoreIndex).collect(),
			..Default::default()
		}
		.build();
		Balances::set_balance(&RICH, u128::MAX / 2);
		for _ in 0..count {
			Scheduler::place_order_keep_alive(RawOrigin::Signed(RICH).into(), paras[0], u128::MAX)
				.expect("it is paid, and has room");
		}
	}

	fn conclude_against_all() -> bool {
		neighbours(|state| state.all_invalid = true);
		true
	}
}

impl pallet_async_backing_scheduler::benchmarking::BenchmarkHelper for Helper {
	/// Paras are put there by [`set_up`](crate::benchmarking::BenchmarkHelper::set_up).
	fn para(_: ParaId) {}
}

/// An empty chain whose blocks have room for every inherent, and a keystore for its validators.
pub(crate) fn externalities() -> sp_io::TestExternalities {
	BlockMicros::set(1_000_000_000_000);
	BlockBytes::set(u32::MAX);
	ParentDraw::set(None);
	let mut externalities = sp_io::TestExternalities::default();
	externalities.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	externalities
}
