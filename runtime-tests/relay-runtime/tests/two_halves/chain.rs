//! The relay chain: real blocks of the native runtime, each in two halves, before and after the inherent.

use crate::plan::{Op, Start, PARAS};
use async_backing_primitives::{
	hash_of, AsyncBackingParams, CoreIndex, HeadData, Header, HostConfiguration, ParaId,
	ParachainsInherentData, RelayChainBlockInfo, ValidationCode, ValidatorPair, ValidatorSignature,
};
use async_backing_relay_runtime as runtime;
use codec::Encode;
use frame_support::storage::with_storage_layer;
use frame_system::RawOrigin;
use pallet_async_backing_scheduler::{CoreAssignment, PARTS_OF_A_CORE};
use rand_chacha::{rand_core::SeedableRng as _, ChaCha20Rng};
use runtime::{
	AccountId, Executive, ParaInclusion, RuntimeGenesisConfig, RuntimeOrigin, SLOT_DURATION_MILLIS,
};
use serde_json::{json, Value};
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_core::Pair as _;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{traits::Convert as _, BuildStorage as _, Digest, DigestItem, DispatchResult, Storage};
use std::sync::LazyLock;

/// Slots of a session: short, so that stories cross the end of one.
pub(crate) const SESSION_SLOTS: u64 = 12;
/// Who makes all blocks, by its index among the validators of genesis.
pub(crate) const AUTHOR: u32 = 5;
/// Slot of block 1.
pub(crate) const FIRST_SLOT: u64 = 1_000;

/// Validators with their keys; making one from its phrase takes longer than a block.
pub(crate) static KEYS: LazyLock<Vec<ValidatorPair>> = LazyLock::new(|| {
	use Sr25519Keyring::{Alice, Bob, Charlie, Dave, Eve, Ferdie};
	[Alice, Bob, Charlie, Dave, Eve, Ferdie]
		.map(|key| ValidatorPair::from(key.pair()))
		.to_vec()
});

static ROOMY: LazyLock<Storage> = LazyLock::new(|| {
	// Core 0 is idle, core 3 is in the pool; the third para has no core of its own.
	genesis(configuration(), &[(1, PARAS[0]), (2, PARAS[1])], &[3])
});
static NARROW: LazyLock<Storage> = LazyLock::new(|| {
	// More cores than validators, so that some groups are empty.
	genesis(narrow(), &[(1, PARAS[0]), (2, PARAS[1]), (6, PARAS[2])], &[3])
});

/// Signs, the same every time: `sp_core`'s pairs draw randomness for each signature, and with it other hashes of blocks, which
/// decide ties.
pub(crate) fn sign(key: &ValidatorPair, message: &[u8]) -> ValidatorSignature {
	let pair: &sp_core::sr25519::Pair = key.as_ref();
	let seed = sp_io::hashing::blake2_256(&[key.public().as_ref(), message].concat());
	let transcript = schnorrkel::context::attach_rng(
		schnorrkel::signing_context(b"substrate").bytes(message),
		ChaCha20Rng::from_seed(seed),
	);
	let keypair: &schnorrkel::Keypair = pair.as_ref();
	sp_core::sr25519::Signature::from_raw(keypair.sign(transcript).to_bytes()).into()
}

pub(crate) fn code(version: u8) -> ValidationCode {
	ValidationCode(vec![version; 12])
}

pub(crate) fn genesis_head(para: ParaId) -> HeadData {
	HeadData(para.0.encode())
}

pub(crate) fn configuration() -> HostConfiguration {
	HostConfiguration {
		num_cores: 4,
		scheduling_lookahead: 3,
		group_rotation_frequency: 4,
		paras_availability_period: 2,
		minimum_validation_upgrade_delay: 3,
		validation_upgrade_delay: 3,
		validation_upgrade_cooldown: 5,
		max_upward_queue_count: 6,
		max_upward_message_num_per_candidate: 4,
		hrmp_channel_max_capacity: 3,
		hrmp_max_message_num_per_candidate: 2,
		hrmp_max_messages_consumed_per_candidate: 1,
		hrmp_sender_deposit: 10,
		hrmp_recipient_deposit: 10,
		on_demand_base_fee: 10,
		..HostConfiguration::default()
	}
}

/// Where every limit is met soon: nothing waits behind a pending candidate, and queues take hardly anything.
fn narrow() -> HostConfiguration {
	let usual = configuration();
	HostConfiguration {
		async_backing_params: AsyncBackingParams {
			max_candidate_depth: 0,
			..usual.async_backing_params
		},
		num_cores: 7,
		max_upward_queue_count: 3,
		max_upward_queue_size: 100,
		max_upward_message_size: 60,
		hrmp_channel_max_total_size: 64,
		hrmp_channel_max_message_size: 64,
		..usual
	}
}

/// Lays `patch` over `base`, object by object.
fn merge(base: &mut Value, patch: Value) {
	match (base, patch) {
		(Value::Object(base), Value::Object(patch)) => {
			for (key, value) in patch {
				merge(base.entry(key).or_insert(Value::Null), value);
			}
		}
		(base, patch) => *base = patch,
	}
}

/// The state that a chain begins with: which para has which core, and which cores are for orders.
pub(crate) fn genesis(
	configuration: HostConfiguration,
	assignments: &[(u32, ParaId)],
	pool: &[u32],
) -> Storage {
	let preset =
		runtime::genesis_presets::get_preset(&runtime::genesis_presets::DEVNET_RUNTIME_PRESET.into());
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serialises");
	let preset: Value = serde_json::from_slice(&preset.expect("it is one")).expect("it is JSON");
	let hexadecimal = |bytes: &[u8]| sp_core::bytes::to_hex(bytes, false);
	let paras = PARAS.map(
		|para| json!({ "id": para, "head": hexadecimal(&genesis_head(para).0), "code": hexadecimal(&code(1).0) }),
	);
	let sovereign = PARAS.map(|para| (runtime::SovereignAccountOf::convert(para), 1_000_000_000u64));
	let mut balances = preset["balances"]["balances"]
		.as_array()
		.cloned()
		.unwrap_or_default();
	balances.extend(sovereign.iter().map(|entry| json!(entry)));
	merge(&mut config, preset);
	merge(
		&mut config,
		json!({
			"configuration": { "config": configuration },
			"epochLength": { "slots": SESSION_SLOTS },
			"paras": { "paras": paras },
			"balances": { "balances": balances },
			"paraScheduler": { "assignments": assignments, "pool": pool },
		}),
	);
	let config: RuntimeGenesisConfig = serde_json::from_value(config).expect("deserialises");
	config.build_storage().expect("builds")
}

/// A fresh chain in which nothing was executed after genesis.
pub(crate) fn externalities(start: Start) -> sp_io::TestExternalities {
	sp_io::TestExternalities::new(match start {
		Start::Roomy => ROOMY.clone(),
		Start::Narrow => NARROW.clone(),
	})
}

/// The header of genesis.
pub(crate) fn genesis_header() -> Header {
	let root = sp_io::storage::root(runtime::VERSION.state_version());
	Header {
		parent_hash: Default::default(),
		number: 0,
		state_root: sp_core::H256::from_slice(&root),
		extrinsics_root: Default::default(),
		digest: Digest::default(),
	}
}

pub(crate) fn info(header: &Header) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: hash_of(header),
		number: header.number,
		storage_root: header.state_root,
	}
}

/// First half: everything that a block executes before its inherents.
pub(crate) fn begin_block(parent: &Header, slot: u64) {
	let author = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
		// The one that is never disabled: who is may not author.
		authority_index: AUTHOR,
		slot: slot.into(),
	});
	let header = Header {
		parent_hash: hash_of(parent),
		number: parent.number + 1,
		state_root: Default::default(),
		extrinsics_root: Default::default(),
		digest: Digest {
			logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, author.encode())],
		},
	};
	Executive::initialize_block(&header);
	runtime::Timestamp::set(RawOrigin::None.into(), slot * SLOT_DURATION_MILLIS)
		.expect("it is the slot's time");
}

/// The inherent.
pub(crate) fn enter(data: ParachainsInherentData) -> DispatchResult {
	with_storage_layer(|| runtime::ParaInherent::enter(RawOrigin::None.into(), data))
}

/// The end of the block. Its state is sound.
pub(crate) fn end_block() -> Header {
	let header = Executive::finalize_block();
	ParaInclusion::do_try_state().expect("the state is sound");
	runtime::ParaScheduler::do_try_state().expect("the state is sound");
	runtime::Hrmp::do_try_state().expect("the state is sound");
	runtime::Paras::do_try_state().expect("the state is sound");
	runtime::ParaSessionInfo::do_try_state().expect("the state is sound");
	header
}

fn root() -> RuntimeOrigin {
	RawOrigin::Root.into()
}

fn of_para(para: ParaId) -> RuntimeOrigin {
	RawOrigin::Signed(runtime::SovereignAccountOf::convert(para)).into()
}

fn customer() -> AccountId {
	Sr25519Keyring::Alice.to_account_id()
}

/// What somebody decided, executed as a scheduled call is: an error takes it back. Tells whether it went through.
pub(crate) fn execute(op: &Op) -> bool {
	with_storage_layer(|| dispatch(op)).is_ok()
}

fn dispatch(op: &Op) -> DispatchResult {
	use runtime::{Configuration, Dmp, Hrmp, ParaScheduler, Paras};
	let channel = |sender, recipient| pallet_async_backing_hrmp::HrmpChannelId { sender, recipient };
	match *op {
		Op::AssignCore {
			core,
			para,
			later,
			until,
		} => {
			let now = runtime::System::block_number();
			let assignment = para.map_or(CoreAssignment::Pool, CoreAssignment::Task);
			let shares = vec![(assignment, PARTS_OF_A_CORE)].try_into().expect("one fits");
			let end = until.map(|blocks| now + later + blocks);
			ParaScheduler::assign_core(root(), CoreIndex(core), now + later, end, shares)
		}
		Op::ShareCore { core, first, second } => {
			let half = PARTS_OF_A_CORE / 2;
			let shares = vec![
				(CoreAssignment::Task(first), half),
				(CoreAssignment::Task(second), half),
			];
			let shares = shares.try_into().expect("two fit");
			ParaScheduler::assign_core(root(), CoreIndex(core), 0, None, shares)
		}
		Op::PlaceOrder(para) => {
			ParaScheduler::place_order_keep_alive(RawOrigin::Signed(customer()).into(), para, u128::MAX)
		}
		Op::Configure(which, value) => {
			let mut config = Configuration::pending()
				.pop()
				.map_or_else(Configuration::active_config, |(_, config)| config);
			configure(&mut config, which, value);
			Configuration::set_config(root(), config)
		}
		Op::Deregister(para) => Paras::deregister(root(), para),
		Op::Register(para) => Paras::register(root(), para, genesis_head(para), code(1)),
		Op::TrustCode(version) => Paras::trust_code(root(), code(version)),
		Op::DistrustCode(version) => Paras::distrust_code(root(), code(version).hash()),
		Op::SetCode(para, version) => Paras::force_set_current_code(root(), para, code(version)),
		Op::SetHead(para, head) => Paras::force_set_current_head(root(), para, HeadData(vec![head; 5])),
		Op::SetContext(para, age) => {
			let context = runtime::System::block_number().saturating_sub(age);
			Paras::force_set_most_recent_context(root(), para, context)
		}
		Op::RemoveCooldown(para) => Paras::remove_upgrade_cooldown(root(), para),
		Op::ApproveCode(version) => Paras::force_approve_code(root(), code(version).hash()),
		Op::ForceOpen(sender, recipient, capacity) => {
			Hrmp::force_open_hrmp_channel(root(), sender, recipient, capacity, 64)
		}
		Op::ForceClose(sender, recipient) => Hrmp::force_close_channel(root(), sender, recipient),
		Op::ForceClean(para) => Hrmp::force_clean_hrmp(root(), para, 9, 9),
		Op::ForceProcessOpen => Hrmp::force_process_hrmp_open(root(), 9),
		Op::ForceProcessClose => Hrmp::force_process_hrmp_close(root(), 9),
		Op::PokeDeposits(sender, recipient) => Hrmp::poke_channel_deposits(root(), sender, recipient),
		Op::RequestChannel(sender, recipient) => Hrmp::init_open_channel(of_para(sender), recipient, 2, 32),
		Op::AcceptChannel(sender, recipient) => Hrmp::accept_open_channel(of_para(recipient), sender),
		Op::CancelRequest(sender, recipient) => {
			Hrmp::cancel_open_request(of_para(sender), channel(sender, recipient))
		}
		Op::CloseChannel(sender, recipient, by_sender) => {
			let by = if by_sender { sender } else { recipient };
			Hrmp::close_channel(of_para(by), channel(sender, recipient))
		}
		Op::SendDownward(para, bytes) => {
			let message = vec![1; bytes].try_into().expect("it is short");
			Dmp::force_send(root(), para, message)
		}
		Op::Disable(validator) => {
			runtime::Session::disable_index(validator);
			Ok(())
		}
	}
}

/// Changes one value of the configuration.
fn configure(config: &mut HostConfiguration, which: u8, value: u32) {
	match which {
		0 => config.async_backing_params.max_candidate_depth = value,
		1 => config.async_backing_params.allowed_ancestry_len = value,
		2 => config.num_cores = value,
		3 => config.scheduling_lookahead = value,
		4 => config.max_upward_queue_count = value,
		5 => config.max_upward_message_num_per_candidate = value,
		6 => config.max_upward_message_size = value,
		7 => config.hrmp_max_message_num_per_candidate = value,
		8 => config.max_head_data_size = 5 + value,
		9 => config.max_code_size = 10 + value,
		10 => config.minimum_backing_votes = value,
		11 => config.paras_availability_period = value,
		12 => config.group_rotation_frequency = value,
		13 => config.max_validators = Some(value),
		_ => config.max_pov_size = 1_000 + value,
	}
}
