//! What the benchmarks of the pallets ask of the chain around them.

use crate::{AccountId, Hrmp, Runtime, SovereignAccountOf};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{ActiveConfiguration, Disputes, HorizontalChannels, OnSessionChange, SessionChange},
	BlockNumber, CandidateDescriptor, CandidateHash, CoreIndex, DisputeStatementSet, HeadData,
	HostConfiguration, OutboundHrmpMessage, ParaId, SessionIndex, UpgradeGoAhead, ValidationCode,
	ValidatorId, MAX_CORES,
};
use core::sync::atomic::{AtomicBool, Ordering};
use frame_support::{
	traits::{fungible::Mutate, BuildGenesisConfig, Hooks},
	BoundedVec,
};
use frame_system::RawOrigin;
use sp_runtime::traits::Convert;

sp_api::decl_runtime_apis! {
	/// What the runtime predicts, to hold measurements against.
	pub trait PredictedWeight {
		/// Reference time that is charged for an inherent, in picoseconds, without the reading and writing.
		fn of_inherent(composition: pallet_async_backing_inclusion::benchmarking::Composition) -> u64;
	}
}

/// Whether [`SettledDisputes`] concluded.
static CONCLUDED: AtomicBool = AtomicBool::new(false);

/// Disputes that nobody votes in: they conclude against every candidate when a benchmark says so. Asking them costs
/// nothing, as asking a runtime without disputes does.
#[derive(Clone, Copy, Debug)]
pub struct SettledDisputes;

impl Disputes for SettledDisputes {
	fn is_frozen() -> bool {
		false
	}

	fn is_concluded_invalid(_: SessionIndex, _: CandidateHash) -> bool {
		CONCLUDED.load(Ordering::Relaxed)
	}

	fn included_at(_: SessionIndex, _: CandidateHash) -> Option<BlockNumber> {
		None
	}

	fn import(_: Vec<DisputeStatementSet>) -> Vec<DisputeStatementSet> {
		Vec::new()
	}

	fn note_included(_: SessionIndex, _: CandidateHash, _: BlockNumber) {}
}

/// Sets the relay runtime's pallets up.
#[derive(Clone, Copy, Debug)]
pub struct Helper;

impl Helper {
	/// The first session of a chain with these validators.
	fn begin_session(validators: Vec<ValidatorId>, config: HostConfiguration) {
		pallet_async_backing_configuration::ActiveConfig::<Runtime>::put(&config);
		let indices = (0..validators.len()).map(|index| index as u32).collect();
		pallet_async_backing_sessions::ActiveValidatorIndices::<Runtime>::put(BoundedVec::truncate_from(
			indices,
		));
		pallet_async_backing_sessions::ActiveValidatorKeys::<Runtime>::put(BoundedVec::truncate_from(
			validators.clone(),
		));
		crate::ParaScheduler::on_session_change(&SessionChange {
			session_index: 1,
			session_start: 1,
			validators,
			old_configuration: config.clone(),
			new_configuration: config,
			random_seed: [0; 32],
		});
	}

	fn register(paras: &[ParaId], head: &HeadData, code: &ValidationCode) {
		let paras = paras
			.iter()
			.map(|id| pallet_async_backing_paras::GenesisPara {
				id: *id,
				head: head.clone(),
				code: code.clone(),
			})
			.collect();
		pallet_async_backing_paras::GenesisConfig::<Runtime> {
			paras,
			..Default::default()
		}
		.build();
	}
}

impl pallet_async_backing_inclusion::benchmarking::BenchmarkHelper for Helper {
	fn set_up(
		validators: Vec<ValidatorId>,
		config: HostConfiguration,
		paras: &[ParaId],
		head: &HeadData,
		code: &ValidationCode,
	) {
		CONCLUDED.store(false, Ordering::Relaxed);
		Self::register(paras, head, code);
		let cores = (0..).map(CoreIndex);
		pallet_async_backing_scheduler::CoreClaims::<Runtime>::kill();
		pallet_async_backing_scheduler::GenesisConfig::<Runtime> {
			assignments: cores.zip(paras.iter().copied()).collect(),
			..Default::default()
		}
		.build();
		Self::begin_session(validators, config);
	}

	fn open_channel(sender: ParaId, recipient: ParaId) {
		let config = <crate::Configuration as ActiveConfiguration>::active();
		Hrmp::force_open_hrmp_channel(
			RawOrigin::Root.into(),
			sender,
			recipient,
			config.hrmp_channel_max_capacity,
			config.hrmp_channel_max_message_size,
		)
		.and_then(|()| Hrmp::force_process_hrmp_open(RawOrigin::Root.into(), 1))
		.expect("both paras are active and have room");
		// That is when it opens.
		Hrmp::on_finalize(0);
	}

	fn send_horizontal(sender: ParaId, recipient: ParaId, at: BlockNumber, count: u32) {
		let message = || OutboundHrmpMessage {
			recipient,
			data: alloc::vec![7; 1_024],
		};
		let messages = (0..count).map(|_| message()).collect();
		<Hrmp as HorizontalChannels>::enqueue(sender, messages, at);
	}

	fn fill_digest(recipient: ParaId) {
		use pallet_async_backing_hrmp::{DigestEntry, HrmpInboxes};
		HrmpInboxes::<Runtime>::mutate(recipient, |inbox| {
			let last = inbox.digest.last().map_or(0, |entry| entry.last);
			for block in (last..).skip(1) {
				let entry = DigestEntry {
					first: block,
					last: block,
					messages: 0,
				};
				if inbox.digest.try_push(entry).is_err() {
					break;
				}
			}
		});
	}

	fn let_upgrade(para: ParaId, code: &ValidationCode, at: BlockNumber) {
		use pallet_async_backing_paras::{
			AnnouncedCode, CodeByHash, CodeByHashRefs, ParaRecords, UpgradeGoAheadSignal,
		};
		let used_once = |code: &ValidationCode| {
			let code_hash = code.hash();
			CodeByHash::<Runtime>::insert(code_hash, BoundedVec::truncate_from(code.0.clone()));
			CodeByHashRefs::<Runtime>::insert(code_hash, 1);
			code_hash
		};
		let code_hash = used_once(code);
		UpgradeGoAheadSignal::<Runtime>::insert(para, UpgradeGoAhead::GoAhead);
		ParaRecords::<Runtime>::mutate_extant(para, |record| {
			record.code_hash = used_once(&ValidationCode([&[8], &code.0[..]].concat()));
			record.answered_at = Some(at);
			record.announced = Some(AnnouncedCode {
				code_hash,
				expected_at: Some(at),
			});
		});
	}

	fn send_downward(para: ParaId, count: u32) {
		for _ in 0..count {
			crate::Dmp::queue_downward_message(para, alloc::vec![7; 1_024]).expect("there is room");
		}
	}

	fn let_orders_wait(paras: &[ParaId], pool: u32, count: u32) {
		let first_of_pool = paras.len() as u32;
		pallet_async_backing_scheduler::GenesisConfig::<Runtime> {
			assignments: (0..).map(CoreIndex).zip(paras.iter().copied()).collect(),
			pool: (first_of_pool..first_of_pool.saturating_add(pool))
				.map(CoreIndex)
				.collect(),
			..Default::default()
		}
		.build();
		let payer = AccountId::from([7; 32]);
		crate::Balances::set_balance(&payer, 1 << 100);
		for para in paras.iter().take(1) {
			for _ in 0..count {
				crate::ParaScheduler::place_order_keep_alive(
					RawOrigin::Signed(payer.clone()).into(),
					*para,
					u128::MAX,
				)
				.expect("it is paid, and has room");
			}
		}
	}

	fn conclude_against_all() -> bool {
		CONCLUDED.store(true, Ordering::Relaxed);
		true
	}
}

/// Registers a para, and gives its account something to deposit.
fn endowed_para(para: ParaId) {
	let code = ValidationCode(alloc::vec![1; 64]);
	Helper::register(&[para], &HeadData(alloc::vec![1; 32]), &code);
	let account: AccountId = SovereignAccountOf::convert(para);
	crate::Balances::set_balance(&account, 1 << 100);
}

impl pallet_async_backing_hrmp::benchmarking::BenchmarkHelper for Helper {
	fn endowed_para(para: ParaId) {
		endowed_para(para);
	}
}

impl pallet_async_backing_scheduler::benchmarking::BenchmarkHelper for Helper {
	fn para(para: ParaId) {
		endowed_para(para);
	}
}

impl pallet_async_backing_dmp::benchmarking::BenchmarkHelper for Helper {
	fn para(para: ParaId) {
		endowed_para(para);
	}
}

impl pallet_async_backing_paras::benchmarking::BenchmarkHelper for Helper {
	fn begin_session(validators: Vec<ValidatorId>) {
		Self::begin_session(validators, HostConfiguration::default());
	}

	fn occupy_cores(para: ParaId, candidates: u32) {
		use pallet_async_backing_inclusion::{
			PendingAvailability, PendingCandidate, PendingReceipt, PendingReceipts, ValidatorBits,
		};
		let votes = ValidatorBits::none_of(1_000);
		let pending = (0..MAX_CORES).map(|core| {
			let mut hash = CandidateHash::default();
			hash.0.as_bytes_mut()[..4].copy_from_slice(&core.to_be_bytes());
			PendingCandidate {
				para: ParaId(if core < candidates { para.0 } else { para.0 + core }),
				hash,
				core: CoreIndex(core),
				group: Default::default(),
				relay_parent_number: 0,
				backed_in: 1,
				hrmp_watermark: 0,
				outputs: Default::default(),
				availability_votes: votes.clone(),
			}
		});
		let pending: Vec<_> = pending.collect();
		for candidate in pending.iter().take(candidates as usize) {
			let receipt = PendingReceipt {
				descriptor: CandidateDescriptor::v2(Default::default()),
				commitments: Default::default(),
				commitments_hash: Default::default(),
				backers: votes.clone(),
				max_pov_size: 0,
			};
			PendingReceipts::<Runtime>::insert(candidate.hash, receipt);
		}
		PendingAvailability::<Runtime>::put(BoundedVec::truncate_from(pending));
	}
}
