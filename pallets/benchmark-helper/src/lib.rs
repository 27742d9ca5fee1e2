#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg(feature = "runtime-benchmarks")]

extern crate alloc;

use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{ActiveConfiguration, Disputes, HorizontalChannels, OnSessionChange, SessionChange},
	BlockNumber, CandidateDescriptor, CandidateHash, CoreIndex, DisputeStatementSet, HeadData,
	HostConfiguration, OutboundHrmpMessage, ParaId, SessionIndex, UpgradeGoAhead, ValidationCode,
	ValidatorId, MAX_CORES,
};
use core::{
	marker::PhantomData,
	sync::atomic::{AtomicBool, Ordering},
};
use frame_support::{
	traits::{fungible::Mutate, BuildGenesisConfig, Hooks},
	BoundedVec,
};
use frame_system::RawOrigin;
use pallet_async_backing_configuration as configuration;
use pallet_async_backing_dmp as dmp;
use pallet_async_backing_hrmp as hrmp;
use pallet_async_backing_inclusion as inclusion;
use pallet_async_backing_paras as paras;
use pallet_async_backing_scheduler as scheduler;
use pallet_async_backing_sessions as sessions;
use sp_runtime::traits::{Convert, Zero};

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

/// Sets the pallets of a runtime up.
#[derive(Clone, Copy, Debug)]
pub struct Helper<Runtime>(PhantomData<Runtime>);

/// A runtime with all pallets, in whose currency accounts can be endowed.
pub trait Adopter:
	configuration::Config
	+ sessions::Config
	+ paras::Config
	+ scheduler::Config<Currency: Mutate<Self::AccountId, Balance = u128>>
	+ dmp::Config
	+ hrmp::Config<Currency: Mutate<Self::AccountId, Balance = u128>>
	+ inclusion::Config
{
}

impl<Runtime> Adopter for Runtime where
	Runtime: configuration::Config
		+ sessions::Config
		+ paras::Config
		+ scheduler::Config<Currency: Mutate<Runtime::AccountId, Balance = u128>>
		+ dmp::Config
		+ hrmp::Config<Currency: Mutate<Runtime::AccountId, Balance = u128>>
		+ inclusion::Config
{
}

impl<Runtime: Adopter> Helper<Runtime> {
	/// The first session of a chain with these validators.
	fn begin_session(validators: Vec<ValidatorId>, config: HostConfiguration) {
		configuration::ActiveConfig::<Runtime>::put(&config);
		let indices = (0..validators.len()).map(|index| index as u32).collect();
		sessions::ActiveValidatorIndices::<Runtime>::put(BoundedVec::truncate_from(indices));
		sessions::ActiveValidatorKeys::<Runtime>::put(BoundedVec::truncate_from(validators.clone()));
		scheduler::Pallet::<Runtime>::on_session_change(&SessionChange {
			session_index: 1,
			session_start: 1,
			validators,
			old_configuration: config.clone(),
			new_configuration: config,
			random_seed: [0; 32],
		});
	}

	/// Registers a para, and gives its account something to deposit.
	fn register_endowed(para: ParaId) {
		let code = ValidationCode(alloc::vec![1; 64]);
		Self::register(&[para], &HeadData(alloc::vec![1; 32]), &code);
		let account = <Runtime as hrmp::Config>::SovereignAccountOf::convert(para);
		<Runtime as hrmp::Config>::Currency::set_balance(&account, 1 << 100);
	}

	fn register(paras: &[ParaId], head: &HeadData, code: &ValidationCode) {
		let paras = paras
			.iter()
			.map(|id| paras::GenesisPara {
				id: *id,
				head: head.clone(),
				code: code.clone().into(),
			})
			.collect();
		paras::GenesisConfig::<Runtime> {
			paras,
			..Default::default()
		}
		.build();
	}
}

impl<Runtime: Adopter> inclusion::benchmarking::BenchmarkHelper for Helper<Runtime> {
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
		scheduler::CoreClaims::<Runtime>::kill();
		scheduler::GenesisConfig::<Runtime> {
			assignments: cores.zip(paras.iter().copied()).collect(),
			..Default::default()
		}
		.build();
		Self::begin_session(validators, config);
	}

	fn open_channel(sender: ParaId, recipient: ParaId) {
		let config = <configuration::Pallet<Runtime> as ActiveConfiguration>::active();
		hrmp::Pallet::<Runtime>::force_open_hrmp_channel(
			RawOrigin::Root.into(),
			sender,
			recipient,
			config.hrmp_channel_max_capacity,
			config.hrmp_channel_max_message_size,
		)
		.and_then(|()| hrmp::Pallet::<Runtime>::force_process_hrmp_open(RawOrigin::Root.into(), 1))
		.expect("both paras are active and have room");
		// That is when it opens.
		hrmp::Pallet::<Runtime>::on_finalize(Zero::zero());
	}

	fn send_horizontal(sender: ParaId, recipient: ParaId, at: BlockNumber, count: u32) {
		let message = || OutboundHrmpMessage {
			recipient,
			data: alloc::vec![7; 1_024],
		};
		let messages = (0..count).map(|_| message()).collect();
		<hrmp::Pallet<Runtime> as HorizontalChannels>::enqueue(sender, messages, at);
	}

	fn fill_digest(recipient: ParaId) {
		use hrmp::{DigestEntry, HrmpInboxes};
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
		use paras::{AnnouncedCode, CodeByHash, CodeByHashRefs, ParaRecords, UpgradeGoAheadSignal};
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
			dmp::Pallet::<Runtime>::queue_downward_message(para, alloc::vec![7; 1_024])
				.expect("there is room");
		}
	}

	fn let_orders_wait(paras: &[ParaId], pool: u32, count: u32) {
		let first_of_pool = paras.len() as u32;
		scheduler::GenesisConfig::<Runtime> {
			assignments: (0..).map(CoreIndex).zip(paras.iter().copied()).collect(),
			pool: (first_of_pool..first_of_pool.saturating_add(pool))
				.map(CoreIndex)
				.collect(),
			..Default::default()
		}
		.build();
		let payer: Runtime::AccountId = frame_benchmarking::account("payer", 0, 0);
		<Runtime as scheduler::Config>::Currency::set_balance(&payer, 1 << 100);
		for para in paras.iter().take(1) {
			for _ in 0..count {
				scheduler::Pallet::<Runtime>::place_order_keep_alive(
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

impl<Runtime: Adopter> hrmp::benchmarking::BenchmarkHelper for Helper<Runtime> {
	fn endowed_para(para: ParaId) {
		Self::register_endowed(para);
	}
}

impl<Runtime: Adopter> scheduler::benchmarking::BenchmarkHelper for Helper<Runtime> {
	fn para(para: ParaId) {
		Self::register_endowed(para);
	}
}

impl<Runtime: Adopter> dmp::benchmarking::BenchmarkHelper for Helper<Runtime> {
	fn para(para: ParaId) {
		Self::register_endowed(para);
	}
}

impl<Runtime: Adopter> paras::benchmarking::BenchmarkHelper for Helper<Runtime> {
	fn begin_session(validators: Vec<ValidatorId>) {
		Self::begin_session(validators, HostConfiguration::default());
	}

	fn occupy_cores(para: ParaId, candidates: u32) {
		use inclusion::{
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
