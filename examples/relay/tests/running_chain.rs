//! A chain that runs already gets the pallets by an upgrade, and then includes candidates. docs/guide/running-chain.md says the
//! same in words.

use async_backing_example_relay as after;
use async_backing_primitives::{
	hash_of,
	runtime_api::runtime_decl_for_parachain_host::ParachainHostV16,
	test_helpers::{attest, validator_id, Draft, Signers},
	CandidateEvent, CoreIndex, HeadData, Header, ParaId, ParachainsInherentData, RelayChainBlockInfo,
	SigningContext, ValidationCode, ValidatorId, PARACHAINS_INHERENT_IDENTIFIER,
};
use codec::Encode;
use frame_support::traits::{ConstU128, ConstU32, ConstU64, GetStorageVersion};
use frame_system::RawOrigin;
use pallet_async_backing_scheduler::{CoreAssignment, PARTS_OF_A_CORE};
use sp_block_builder::runtime_decl_for_block_builder::BlockBuilderV6;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_core::sr25519;
use sp_inherents::InherentData;
use sp_runtime::{
	generic, traits::ConvertInto, BuildStorage, Digest, DigestItem, MultiAddress, MultiSignature,
};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// The runtime that the chain began with: blocks, time, sessions and accounts.
mod before {
	use super::*;
	use after::{migrations::OldSessionKeys, AccountId};
	use frame_support::derive_impl;

	pub(super) type UncheckedExtrinsic =
		generic::UncheckedExtrinsic<MultiAddress<AccountId, ()>, RuntimeCall, MultiSignature, ()>;
	pub(super) type Block = generic::Block<after::Header, UncheckedExtrinsic>;
	pub(super) type Executive = frame_executive::Executive<
		Runtime,
		Block,
		frame_system::ChainContext<Runtime>,
		Runtime,
		AllPalletsWithSystem,
	>;

	frame_support::construct_runtime! {
		pub enum Runtime {
			System: frame_system = 0,
			Babe: pallet_babe = 1,
			Timestamp: pallet_timestamp = 2,
			Session: pallet_session = 3,
			Balances: pallet_balances = 4,
		}
	}

	frame_support::parameter_types! {
		pub Version: sp_version::RuntimeVersion = sp_version::RuntimeVersion {
			spec_version: 0,
			..after::VERSION
		};
	}

	#[derive_impl(frame_system::config_preludes::RelayChainDefaultConfig)]
	impl frame_system::Config for Runtime {
		type Block = Block;
		type Nonce = u32;
		type AccountId = AccountId;
		type Lookup = sp_runtime::traits::AccountIdLookup<AccountId, ()>;
		type AccountData = pallet_balances::AccountData<u128>;
		type Version = Version;
	}

	impl pallet_timestamp::Config for Runtime {
		type Moment = u64;
		type OnTimestampSet = Babe;
		type MinimumPeriod = ConstU64<3_000>;
		type WeightInfo = ();
	}

	impl pallet_babe::Config for Runtime {
		type EpochDuration = ConstU64<{ after::EPOCH_SLOTS }>;
		type ExpectedBlockTime = ConstU64<6_000>;
		type EpochChangeTrigger = pallet_babe::ExternalTrigger;
		type DisabledValidators = Session;
		type WeightInfo = ();
		type MaxAuthorities = ConstU32<100>;
		type MaxNominators = ConstU32<0>;
		type KeyOwnerProof = sp_core::Void;
		type EquivocationReportSystem = ();
	}

	/// How many inherents the runtime makes of what authors bring.
	pub(super) fn inherents(data: &InherentData) -> usize {
		data.create_extrinsics().len()
	}

	/// Hands the validators of genesis out again.
	#[derive(Clone, Copy, Debug)]
	pub struct KeepValidators;

	impl pallet_session::SessionManager<AccountId> for KeepValidators {
		fn new_session(_: u32) -> Option<Vec<AccountId>> {
			let validators = pallet_session::Validators::<Runtime>::get();
			(!validators.is_empty()).then_some(validators)
		}
		fn start_session(_: u32) {}
		fn end_session(_: u32) {}
	}

	impl pallet_session::Config for Runtime {
		type RuntimeEvent = RuntimeEvent;
		type ValidatorId = AccountId;
		type ValidatorIdOf = ConvertInto;
		type ShouldEndSession = Babe;
		type NextSessionRotation = Babe;
		type SessionManager = KeepValidators;
		// The keys' types name the pallet of the runtime after, which here is the one of the same name.
		type SessionHandler = (Babe,);
		type Keys = OldSessionKeys;
		type DisablingStrategy = ();
		type WeightInfo = ();
		type Currency = Balances;
		type KeyDeposit = ConstU128<0>;
	}

	#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
	impl pallet_balances::Config for Runtime {
		type AccountStore = System;
		type Balance = u128;
		type ExistentialDeposit = ConstU128<1>;
	}
}

/// The new runtime with what its upgrade does.
type Upgraded = frame_executive::Executive<
	after::Runtime,
	after::Block,
	frame_system::ChainContext<after::Runtime>,
	after::Runtime,
	after::AllPalletsWithSystem,
	after::migrations::Migrations,
>;

const PARA: ParaId = ParaId(2000);
const VALIDATORS: u32 = 4;
const FIRST_SLOT: u64 = 1_000;
/// Blocks of the old runtime: into the second session.
const OLD_BLOCKS: u32 = 12;

type Host = after::Runtime;

fn genesis() -> sp_io::TestExternalities {
	let keys = (0..VALIDATORS).map(|index| {
		let raw: [u8; 32] = sr25519::Public::from(validator_id(index)).0;
		let keys = after::migrations::OldSessionKeys {
			babe: sr25519::Public::from_raw(raw).into(),
		};
		(after::AccountId::from(raw), after::AccountId::from(raw), keys)
	});
	let config = before::RuntimeGenesisConfig {
		session: pallet_session::GenesisConfig {
			keys: keys.collect(),
			..Default::default()
		},
		..Default::default()
	};
	config.build_storage().expect("builds").into()
}

/// The chain at its best block.
struct Chain {
	parent: Header,
}

impl Chain {
	fn new() -> Self {
		let root = sp_io::storage::root(after::VERSION.state_version());
		let parent = Header {
			parent_hash: Default::default(),
			number: 0,
			state_root: sp_core::H256::from_slice(&root),
			extrinsics_root: Default::default(),
			digest: Digest::default(),
		};
		Self { parent }
	}

	fn parent(&self) -> RelayChainBlockInfo {
		RelayChainBlockInfo {
			hash: hash_of(&self.parent),
			number: self.parent.number,
			storage_root: self.parent.state_root,
		}
	}

	fn slot(&self) -> u64 {
		FIRST_SLOT + u64::from(self.parent.number)
	}

	/// What authors bring to the next block.
	fn inherents(&self) -> InherentData {
		let mut data = InherentData::new();
		data.put_data(sp_timestamp_identifier(), &(self.slot() * 6_000))
			.expect("nothing is there");
		data.put_data(PARACHAINS_INHERENT_IDENTIFIER, &self.empty())
			.expect("nothing is there");
		data
	}

	fn empty(&self) -> ParachainsInherentData {
		ParachainsInherentData {
			bitfields: Vec::new(),
			backed_candidates: Vec::new(),
			disputes: Vec::new(),
			parent_header: self.parent.clone(),
		}
	}

	/// The header that the next block begins with.
	fn next(&self) -> Header {
		let slot = self.slot();
		let author = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: (slot % u64::from(VALIDATORS)) as u32,
			slot: slot.into(),
		});
		Header {
			parent_hash: hash_of(&self.parent),
			number: self.parent.number + 1,
			state_root: Default::default(),
			extrinsics_root: Default::default(),
			digest: Digest {
				logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, author.encode())],
			},
		}
	}

	/// A block of the old runtime.
	fn grow_old(&mut self, root: impl FnOnce()) {
		before::Executive::initialize_block(&self.next());
		before::Timestamp::set(RawOrigin::None.into(), self.slot() * 6_000).expect("it is the slot's time");
		root();
		self.parent = before::Executive::finalize_block();
	}

	/// A block of the new runtime.
	fn grow(&mut self, data: ParachainsInherentData) -> Vec<CandidateEvent> {
		self.grow_with(data, || ())
	}

	fn grow_with(&mut self, data: ParachainsInherentData, root: impl FnOnce()) -> Vec<CandidateEvent> {
		Upgraded::initialize_block(&self.next());
		after::Timestamp::set(RawOrigin::None.into(), self.slot() * 6_000).expect("it is the slot's time");
		after::ParaInherent::enter(RawOrigin::None.into(), data).expect("it is good");
		root();
		self.parent = Upgraded::finalize_block();
		<Host as ParachainHostV16<after::Block>>::candidate_events()
	}

	/// Empty blocks until the session ends.
	fn finish_session(&mut self) {
		let session = <Host as ParachainHostV16<after::Block>>::session_index_for_child();
		while <Host as ParachainHostV16<after::Block>>::session_index_for_child() == session {
			self.grow(self.empty());
		}
	}
}

fn sp_timestamp_identifier() -> sp_inherents::InherentIdentifier {
	*b"timstap0"
}

fn code() -> ValidationCode {
	ValidationCode(vec![1; 16])
}

#[test]
fn r_inc_1_r_abp_9_a_chain_that_runs_gets_the_pallets_and_includes_candidates_from_the_next_session_on() {
	genesis().execute_with(|| {
		let mut chain = Chain::new();
		for _ in 1..OLD_BLOCKS {
			chain.grow_old(|| ());
		}
		// Authors that bring more than the old runtime wants do no harm.
		assert_eq!(before::inherents(&chain.inherents()), 1, "the time");
		chain.grow_old(|| {
			before::System::set_code_without_checks(RawOrigin::Root.into(), b"the new runtime".to_vec())
				.expect("root may");
		});

		// The next block is the new runtime's, which wants the inherent in it.
		sp_io::storage::start_transaction();
		Upgraded::initialize_block(&chain.next());
		let made = <Host as BlockBuilderV6<after::Block>>::inherent_extrinsics(chain.inherents());
		assert_eq!(made.len(), 2, "R-INC-1: time and parachains");
		after::Timestamp::set(RawOrigin::None.into(), chain.slot() * 6_000).expect("it is the slot's time");
		let without = catch_unwind(AssertUnwindSafe(Upgraded::finalize_block));
		assert!(
			without.is_err(),
			"R-INC-1: an author that does not know of it makes no block"
		);
		sp_io::storage::rollback_transaction();

		let session = before::Session::current_index();
		chain.grow(chain.empty());
		assert_eq!(after::Session::current_index(), session, "sessions go on");
		for version in [
			after::Configuration::on_chain_storage_version(),
			after::ParaSessionInfo::on_chain_storage_version(),
			after::Paras::on_chain_storage_version(),
			after::ParaScheduler::on_chain_storage_version(),
			after::Hrmp::on_chain_storage_version(),
		] {
			assert_eq!(version, 1);
		}
		assert!(
			<Host as ParachainHostV16<after::Block>>::validators().is_empty(),
			"not before a session begins"
		);

		// Root registers a para and gives it a core.
		chain.grow_with(chain.empty(), || {
			let root = || RawOrigin::Root.into();
			after::Paras::trust_code(root(), code()).expect("root may");
			after::Paras::register(root(), PARA, HeadData(vec![0]), code()).expect("root may");
			let whole = vec![(CoreAssignment::Task(PARA), PARTS_OF_A_CORE)];
			let shares = whole.try_into().expect("one");
			after::ParaScheduler::assign_core(root(), CoreIndex(0), 0, None, shares).expect("root may");
		});
		chain.finish_session();
		let validators = <Host as ParachainHostV16<after::Block>>::validators();
		assert_eq!(
			validators.len() as u32,
			VALIDATORS,
			"R-ABP-9: with the keys that the upgrade gave them"
		);
		// A para is registered two sessions from its registration on.
		chain.finish_session();

		let session = <Host as ParachainHostV16<after::Block>>::session_index_for_child();
		let signers = Signers::of(
			&<Host as ParachainHostV16<after::Block>>::validators(),
			VALIDATORS,
		);
		let (groups, rotation) = <Host as ParachainHostV16<after::Block>>::validator_groups();
		let group = rotation
			.group_for_core(CoreIndex(0), groups.len())
			.expect("there is a group for each core");
		let group = groups[group.as_usize()].clone();
		let constraints =
			<Host as ParachainHostV16<after::Block>>::backing_constraints(PARA).expect("it is active");
		let mut draft = Draft::new(
			PARA,
			chain.parent(),
			constraints.required_parent,
			HeadData(vec![1]),
			constraints.validation_code_hash,
			constraints.max_pov_size,
		);
		draft.session = session;
		let voters: Vec<usize> = (0..group.len()).collect();
		let backed = ParachainsInherentData {
			backed_candidates: vec![draft.back(&group, &voters, &signers)],
			..chain.empty()
		};
		let events = chain.grow(backed);
		assert!(
			matches!(events[..], [CandidateEvent::CandidateBacked(..)]),
			"{events:?}"
		);
		let context = SigningContext {
			session_index: session,
			parent_hash: chain.parent().hash,
		};
		let available = ParachainsInherentData {
			bitfields: attest(&context, &[CoreIndex(0)], groups.len() as u32, &signers),
			..chain.empty()
		};
		let events = chain.grow(available);
		assert!(
			matches!(events[..], [CandidateEvent::CandidateIncluded(..)]),
			"{events:?}"
		);
	});
}

/// The key for parachains that a validator has in the session pallet.
fn para_key(validator: &after::AccountId) -> ValidatorId {
	let keys = pallet_session::NextKeys::<after::Runtime>::get(validator);
	keys.expect("it has keys").para_validator
}

#[test]
fn two_upgrades_within_one_session_leave_the_keys_that_validators_brought_between_them() {
	genesis().execute_with(|| {
		let mut chain = Chain::new();
		for _ in 0..OLD_BLOCKS {
			chain.grow_old(|| ());
		}
		let session = before::Session::current_index();
		let [first, second] = [0, 1].map(|index| after::Session::validators()[index].clone());
		let upgrade = |chain: &mut Chain| {
			frame_system::LastRuntimeUpgrade::<after::Runtime>::kill();
			chain.grow(chain.empty());
		};
		upgrade(&mut chain);
		let given = para_key(&second);
		assert_eq!(
			given,
			ValidatorId::from(sr25519::Public::from_raw(second.clone().into())),
			"a copy of its BABE key"
		);

		// One brings a key of its own, and the chain is upgraded once more.
		let own = validator_id(77);
		let keys = after::SessionKeys {
			babe: sr25519::Public::from_raw(first.clone().into()).into(),
			para_validator: own.clone(),
		};
		pallet_session::NextKeys::<after::Runtime>::insert(&first, keys);
		upgrade(&mut chain);
		assert_eq!(
			after::Session::current_index(),
			session,
			"it is the same session still"
		);
		assert_eq!(para_key(&first), own, "the second upgrade leaves it alone");
		assert_eq!(para_key(&second), given);

		// The session after the next one has it.
		chain.finish_session();
		chain.finish_session();
		let validators = <Host as ParachainHostV16<after::Block>>::validators();
		assert!(
			validators.contains(&own) && validators.contains(&given),
			"{validators:?}"
		);
	});
}
