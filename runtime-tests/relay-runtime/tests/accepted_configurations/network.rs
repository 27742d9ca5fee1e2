//! An honest network of four validators and one para, on real blocks of the native runtime.

use async_backing_primitives::{
	hash_of, runtime_api::runtime_decl_for_parachain_host::ParachainHostV16, AvailabilityBitfield,
	BackedCandidate, CandidateCommitments, CandidateDescriptor, CandidateEvent, CommittedCandidateReceipt,
	CompactStatement, CoreIndex, CoreState, DescriptorFields, HeadData, Header, HostConfiguration, ParaId,
	ParachainsInherentData, PersistedValidationData, SigningContext, UncheckedSigned,
	UncheckedSignedAvailabilityBitfield, ValidationCode, ValidatorId, ValidatorIndex, ValidatorPair,
	ValidatorSignature, ValidityAttestation,
};
use async_backing_relay_runtime as runtime;
use codec::Encode;
use frame_support::storage::with_storage_layer;
use frame_system::RawOrigin;
use runtime::{Block, Executive, ParaInclusion, Runtime, RuntimeGenesisConfig, SLOT_DURATION_MILLIS};
use serde_json::{json, Value};
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_core::Pair as _;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{BuildStorage as _, Digest, DigestItem, DispatchResult, Storage};
use std::sync::LazyLock;

/// Slots of a session: as few as leave room for a candidate to be backed, included, and for the next one.
pub(crate) const SESSION_SLOTS: u64 = 6;
const FIRST_SLOT: u64 = 1_000;
const PARA: ParaId = ParaId(2000);
const VALIDATORS: usize = 4;

/// Keys of the validators; making one from its phrase takes longer than a block.
static KEYS: LazyLock<Vec<ValidatorPair>> = LazyLock::new(|| {
	use Sr25519Keyring::{Alice, Bob, Charlie, Dave};
	[Alice, Bob, Charlie, Dave]
		.map(|key| ValidatorPair::from(key.pair()))
		.to_vec()
});

static GENESIS: LazyLock<Storage> = LazyLock::new(genesis);

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

fn genesis() -> Storage {
	let preset =
		runtime::genesis_presets::get_preset(&runtime::genesis_presets::DEVNET_RUNTIME_PRESET.into());
	let mut preset: Value = serde_json::from_slice(&preset.expect("it is one")).expect("it is JSON");
	let keys = preset["session"]["keys"].as_array_mut().expect("there are some");
	keys.truncate(VALIDATORS);
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serialises");
	merge(&mut config, preset);
	let hexadecimal = |bytes: &[u8]| sp_core::bytes::to_hex(bytes, false);
	merge(
		&mut config,
		json!({
			"epochLength": { "slots": SESSION_SLOTS },
			"paras": { "paras": [{ "id": PARA, "head": hexadecimal(&[0]), "code": hexadecimal(&[1; 12]) }] },
			"paraScheduler": { "assignments": [[0, PARA]] },
		}),
	);
	let config: RuntimeGenesisConfig = serde_json::from_value(config).expect("deserialises");
	config.build_storage().expect("builds")
}

/// A fresh chain in which nothing was executed after genesis.
pub(crate) fn externalities() -> sp_io::TestExternalities {
	sp_io::TestExternalities::new(GENESIS.clone())
}

/// The network at its best block, whose state is the one at hand.
pub(crate) struct Network {
	parent: Header,
	slot: u64,
	/// Makes every head another one.
	built: u8,
	/// Candidates included so far.
	pub(crate) included: u32,
}

impl Network {
	pub(crate) fn new() -> Self {
		let root = sp_io::storage::root(runtime::VERSION.state_version());
		let parent = Header {
			parent_hash: Default::default(),
			number: 0,
			state_root: sp_core::H256::from_slice(&root),
			extrinsics_root: Default::default(),
			digest: Digest::default(),
		};
		Self {
			parent,
			slot: FIRST_SLOT,
			built: 0,
			included: 0,
		}
	}

	/// Session in which the next block is.
	pub(crate) fn session(&self) -> u32 {
		<Runtime as ParachainHostV16<Block>>::session_index_for_child()
	}

	/// A block with whatever the validators have, or with nothing.
	pub(crate) fn produce(&mut self, is_working: bool) {
		let data = if is_working { self.inherent() } else { self.empty() };
		self.begin_block();
		let kept = ParaInclusion::filter(data);
		let outcome: DispatchResult =
			with_storage_layer(|| runtime::ParaInherent::enter(RawOrigin::None.into(), kept));
		outcome.expect("what creation keeps, execution takes");
		let header = Executive::finalize_block();
		let events = <Runtime as ParachainHostV16<Block>>::candidate_events();
		let included = |event: &&CandidateEvent| matches!(event, CandidateEvent::CandidateIncluded(..));
		self.included += events.iter().filter(included).count() as u32;
		self.parent = header;
		self.slot += 1;
	}

	fn begin_block(&self) {
		let author = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: (self.slot % VALIDATORS as u64) as u32,
			slot: self.slot.into(),
		});
		let header = Header {
			parent_hash: hash_of(&self.parent),
			number: self.parent.number + 1,
			state_root: Default::default(),
			extrinsics_root: Default::default(),
			digest: Digest {
				logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, author.encode())],
			},
		};
		Executive::initialize_block(&header);
		runtime::Timestamp::set(RawOrigin::None.into(), self.slot * SLOT_DURATION_MILLIS)
			.expect("it is the slot's time");
	}

	fn empty(&self) -> ParachainsInherentData {
		ParachainsInherentData {
			bitfields: Vec::new(),
			backed_candidates: Vec::new(),
			disputes: Vec::new(),
			parent_header: self.parent.clone(),
		}
	}

	/// Everything is available, and each core of the para is built for at the latest relay parent.
	fn inherent(&mut self) -> ParachainsInherentData {
		let validators = <Runtime as ParachainHostV16<Block>>::validators();
		ParachainsInherentData {
			bitfields: self.bitfields(&validators),
			backed_candidates: self.candidate(&validators).into_iter().collect(),
			..self.empty()
		}
	}

	fn context(&self) -> SigningContext {
		SigningContext {
			session_index: self.session(),
			parent_hash: hash_of(&self.parent),
		}
	}

	fn bitfields(&self, validators: &[ValidatorId]) -> Vec<UncheckedSignedAvailabilityBitfield> {
		let cores = <Runtime as ParachainHostV16<Block>>::availability_cores();
		let is_occupied = |core: &CoreState| matches!(core, CoreState::Occupied(_));
		if !cores.iter().any(is_occupied) {
			return Vec::new();
		}
		let payload = AvailabilityBitfield(cores.iter().map(is_occupied).collect());
		let bytes = payload.signing_payload(&self.context());
		(0..)
			.zip(validators)
			.map(|(index, validator)| UncheckedSigned {
				payload: payload.clone(),
				validator_index: ValidatorIndex(index),
				signature: sign(validator, &bytes),
			})
			.collect()
	}

	/// A block of the para on what it has so far, with the votes of the whole group; none where no core is the para's, or
	/// nobody is in the group.
	fn candidate(&mut self, validators: &[ValidatorId]) -> Option<BackedCandidate> {
		let claims = <Runtime as ParachainHostV16<Block>>::claim_queue();
		let (core, _) = claims.iter().find(|(_, claims)| claims.front() == Some(&PARA))?;
		let (groups, rotation) = <Runtime as ParachainHostV16<Block>>::validator_groups();
		let group = rotation
			.at(self.parent.number + 1)
			.group_for_core(*core, groups.len())?;
		let group = groups.get(group.as_usize()).filter(|group| !group.is_empty())?;
		let state = <Runtime as ParachainHostV16<Block>>::para_backing_state(PARA)?;
		// Synchronous backing, or a full chain: the para waits until there is room. What is pending is available.
		let parent_head = state
			.pending_availability
			.last()
			.map_or(state.constraints.required_parent.clone(), |pending| {
				pending.commitments.head_data.clone()
			});
		self.built = self.built.wrapping_add(1);
		let commitments = CandidateCommitments {
			head_data: HeadData(vec![self.built]),
			hrmp_watermark: self.parent.number,
			..Default::default()
		};
		let validation_data = PersistedValidationData {
			parent_head,
			relay_parent_number: self.parent.number,
			relay_parent_storage_root: self.parent.state_root,
			max_pov_size: state.constraints.max_pov_size,
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: PARA,
			relay_parent: hash_of(&self.parent),
			core_index: u16::try_from(core.0).ok()?,
			session_index: self.session(),
			persisted_validation_data_hash: validation_data.hash(),
			para_head: commitments.head_data.hash(),
			validation_code_hash: ValidationCode(vec![1; 12]).hash(),
			..Default::default()
		});
		let candidate = CommittedCandidateReceipt {
			descriptor,
			commitments,
		};
		let payload = CompactStatement::Valid(candidate.hash()).signing_payload(&self.context());
		let votes = group
			.iter()
			.map(|member| ValidityAttestation::Explicit(sign(&validators[member.as_usize()], &payload)))
			.collect();
		let everybody = group.iter().map(|_| true).collect();
		BackedCandidate::new(candidate, votes, everybody, CoreIndex(core.0)).ok()
	}
}

fn sign(validator: &ValidatorId, payload: &[u8]) -> ValidatorSignature {
	let key = KEYS.iter().find(|key| key.public() == *validator);
	key.expect("the validators are known").sign(payload)
}

/// Root stages a configuration, as a scheduled call does. `None` where it is refused.
pub(crate) fn stage(config: HostConfiguration) -> Option<()> {
	let origin = RawOrigin::Root.into();
	with_storage_layer(|| runtime::Configuration::set_config(origin, config)).ok()
}

/// Root switches the check off.
pub(crate) fn bypass() {
	runtime::Configuration::set_bypass_consistency_check(RawOrigin::Root.into(), true).expect("it is root");
}

/// The state between blocks is sound.
pub(crate) fn is_sound() {
	for (pallet, state) in [
		("Configuration", runtime::Configuration::do_try_state()),
		("ParaSessionInfo", runtime::ParaSessionInfo::do_try_state()),
		("Paras", runtime::Paras::do_try_state()),
		("Hrmp", runtime::Hrmp::do_try_state()),
		("ParaScheduler", runtime::ParaScheduler::do_try_state()),
		("ParaInclusion", runtime::ParaInclusion::do_try_state()),
	] {
		assert_eq!(state, Ok(()), "{pallet}");
	}
}
