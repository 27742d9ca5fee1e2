//! The well-known keys of relay-chain state, proven by the compiled runtime and read the way parachains read them.
//!
//! A parachain has a state root and a proof, nothing else. The records below are what parachain runtimes declare: they
//! know the first fields of some values and ignore what follows. They are written out here, not taken from the crates
//! under test, so that a change of the runtime's own types shows.

mod common;

use async_backing_primitives::{
	hash_of, keys, AsyncBackingParams, AvailabilityBitfield, BackedCandidate, BackingBits,
	CandidateCommitments, CandidateDescriptor, CommittedCandidateReceipt, CompactStatement, CoreIndex,
	DescriptorFields, GroupRotationInfo, HeadData, OutboundHrmpMessage, ParaId, ParachainsInherentData,
	PersistedValidationData, SigningContext, UncheckedSigned, ValidationCode, ValidatorId, ValidatorIndex,
	ValidatorSignature, ValidityAttestation, PARACHAINS_INHERENT_IDENTIFIER,
};
use async_backing_relay_client::{BuildBlock, Hash, ImportOutcome};
use async_backing_relay_runtime as runtime;
use codec::Decode;
use common::{sudo::by_sudo, Chain, FIRST_SLOT};
use serde_json::json;
use sp_core::{Blake2Hasher, Pair};
use sp_inherents::InherentData;
use sp_state_machine::{create_proof_check_backend, Backend, MemoryDB, StorageProof, TrieBackend};

const SENDER: ParaId = ParaId(2000);
const RECIPIENT: ParaId = ParaId(2001);
/// A para that nobody registered.
const NOBODY: ParaId = ParaId(1999);

const GENESIS_HEAD: [u8; 4] = [0xab; 4];
const NEW_HEAD: [u8; 5] = [0xcd; 5];
const CODE: [u8; 16] = [0xee; 16];
const NEW_CODE: [u8; 17] = [0xff; 17];

/// The part of the host configuration that parachains know (R-KEY-1).
#[derive(Debug, PartialEq, Eq, Decode)]
struct AbridgedHostConfiguration {
	max_code_size: u32,
	max_head_data_size: u32,
	max_upward_queue_count: u32,
	max_upward_queue_size: u32,
	max_upward_message_size: u32,
	max_upward_message_num_per_candidate: u32,
	hrmp_max_message_num_per_candidate: u32,
	validation_upgrade_cooldown: u32,
	validation_upgrade_delay: u32,
	async_backing_params: AsyncBackingParams,
}

/// The part of a channel that parachains know (R-KEY-5).
#[derive(Debug, PartialEq, Eq, Decode)]
struct AbridgedHrmpChannel {
	max_capacity: u32,
	max_total_size: u32,
	max_message_size: u32,
	msg_count: u32,
	total_size: u32,
	mqc_head: Option<Hash>,
}

#[derive(Debug, PartialEq, Eq, Decode)]
enum GoAhead {
	#[codec(index = 0)]
	Abort,
	#[codec(index = 1)]
	GoAhead,
}

#[derive(Debug, PartialEq, Eq, Decode)]
enum Restriction {
	#[codec(index = 0)]
	Present,
}

/// Relay-chain state as far as a proof tells it.
struct RelayState(TrieBackend<MemoryDB<Blake2Hasher>, Blake2Hasher>);

impl RelayState {
	/// The state behind a root; `None` for a proof of another state.
	fn new(root: Hash, proof: StorageProof) -> Option<Self> {
		create_proof_check_backend(root, proof).ok().map(Self)
	}

	/// The state after a block of a chain, as far as `keys` go.
	fn of(chain: &Chain, block: Hash, keys: &[Vec<u8>]) -> Self {
		let keys: Vec<_> = keys.iter().map(|key| &key[..]).collect();
		let proof = chain
			.client
			.storage_proof(block, &keys)
			.expect("the block is known");
		let root = chain.client.state_root(block).expect("the block is known");
		Self::new(root, proof).expect("the proof is of this state")
	}

	/// A value; `None` when the proof shows that there is none. What follows the part that is known is ignored.
	fn read<V: Decode>(&self, key: &[u8]) -> Option<V> {
		let value = self.0.storage(key).expect("the proof tells of the key");
		value.map(|bytes| V::decode(&mut &bytes[..]).expect("the value decodes"))
	}

	/// A value, and that nothing follows it.
	fn read_all<V: Decode>(&self, key: &[u8]) -> Option<V> {
		use codec::DecodeAll;
		let value = self.0.storage(key).expect("the proof tells of the key");
		value.map(|bytes| V::decode_all(&mut &bytes[..]).expect("the value decodes and ends"))
	}

	/// Channels of a para, found through an index: by the other end's id.
	fn channels(
		&self,
		index: &[u8; 32],
		para: ParaId,
		ends: fn(ParaId, ParaId) -> (ParaId, ParaId),
	) -> Vec<(ParaId, AbridgedHrmpChannel)> {
		let others: Vec<ParaId> = self.read_all(&keys::map_key(index, &para)).unwrap_or_default();
		let channel = |other| {
			let key = keys::map_key(&keys::HRMP_CHANNELS, &ends(para, other));
			(other, self.read(&key).expect("a channel in an index exists"))
		};
		others.into_iter().map(channel).collect()
	}
}

/// All that parachain `para` reads of the relay chain in one block, with the channels that it may have.
fn keys_of(para: ParaId, others: &[ParaId]) -> Vec<Vec<u8>> {
	let mut all = vec![keys::ACTIVE_CONFIG.to_vec(), keys::CURRENT_SLOT.to_vec()];
	let maps = [
		keys::PARAS_HEADS,
		keys::UPGRADE_GO_AHEAD_SIGNAL,
		keys::UPGRADE_RESTRICTION_SIGNAL,
		keys::DOWNWARD_MESSAGE_QUEUE_HEADS,
		keys::HRMP_INGRESS_CHANNELS_INDEX,
		keys::HRMP_EGRESS_CHANNELS_INDEX,
		keys::RELAY_DISPATCH_QUEUE_SIZE,
	];
	all.extend(maps.map(|prefix| keys::map_key(&prefix, &para)));
	all.push(keys::relay_dispatch_queue_remaining_capacity(para));
	for other in others {
		all.push(keys::map_key(&keys::HRMP_CHANNELS, &(para, *other)));
		all.push(keys::map_key(&keys::HRMP_CHANNELS, &(*other, para)));
	}
	all
}

/// A chain with two parachains whose code upgrades take few blocks.
fn chain() -> Chain {
	let hexadecimal = |bytes: &[u8]| sp_core::bytes::to_hex(bytes, false);
	let para =
		|id: ParaId| json!({ "id": id.0, "head": hexadecimal(&GENESIS_HEAD), "code": hexadecimal(&CODE) });
	let patch = json!({
		"configuration": { "config": {
			"paras_availability_period": 2,
			"validation_upgrade_cooldown": 4,
			"validation_upgrade_delay": 2,
			"minimum_validation_upgrade_delay": 3,
		} },
		"paras": { "paras": [para(SENDER), para(RECIPIENT)] },
	});
	Chain::new(16, 6, patch)
}

/// Imports the next block, with this inherent and these transactions of the admin.
fn next_block(
	chain: &Chain,
	inherent: ParachainsInherentData,
	calls: impl IntoIterator<Item = runtime::RuntimeCall>,
) -> Hash {
	let best = chain.client.best();
	let slot = FIRST_SLOT + u64::from(best.number);
	let mut inherents = InherentData::new();
	inherents
		.put_data(PARACHAINS_INHERENT_IDENTIFIER, &inherent)
		.expect("nothing is there yet");
	let extrinsics = (0..).zip(calls).map(|(nonce, call)| by_sudo(chain, nonce, call));
	let built = chain
		.client
		.build_block(BuildBlock {
			inherents,
			extrinsics: extrinsics.collect(),
			..BuildBlock::new(best.hash, slot, chain.author(best.hash, slot))
		})
		.expect("the slot is ours");
	assert_eq!(built.refused, []);
	assert_eq!(built.inherents, 2, "time and parachains (R-INC-1)");
	match chain.client.import(built.block) {
		Ok(ImportOutcome::Imported {
			block,
			new_best: true,
		}) => block.hash,
		other => panic!("{other:?}"),
	}
}

/// The best block's child without bitfields and candidates.
fn empty(chain: &Chain) -> ParachainsInherentData {
	ParachainsInherentData {
		bitfields: Vec::new(),
		backed_candidates: Vec::new(),
		disputes: Vec::new(),
		parent_header: chain.client.header(chain.client.best().hash).expect("is known"),
	}
}

fn signature(chain: &Chain, validator: &ValidatorId, payload: &[u8]) -> ValidatorSignature {
	let public: &[u8] = validator.as_ref();
	let keys = chain
		.validators
		.iter()
		.find(|keys| keys.sr25519_public().0 == public);
	keys.expect("the genesis validators stay")
		.sr25519
		.sign(payload)
		.into()
}

/// What every vote is bound to in a child of `parent`.
fn context(chain: &Chain, parent: Hash) -> SigningContext {
	let session_index = chain
		.client
		.call(parent, "ParachainHost_session_index_for_child", ());
	SigningContext {
		session_index: session_index.expect("is answered"),
		parent_hash: parent,
	}
}

/// A candidate of [`SENDER`] on its genesis head and this relay parent, backed by its whole group. It processes a
/// downward message, sends two messages up and one to [`RECIPIENT`], and announces code.
fn backed(chain: &Chain, relay_parent: Hash) -> BackedCandidate {
	let header = chain.client.header(relay_parent).expect("is known");
	let context = context(chain, relay_parent);
	let commitments = CandidateCommitments {
		upward_messages: vec![b"one".to_vec(), b"three".to_vec()],
		horizontal_messages: vec![OutboundHrmpMessage {
			recipient: RECIPIENT,
			data: b"hello".to_vec(),
		}],
		new_validation_code: Some(ValidationCode(NEW_CODE.to_vec())),
		head_data: HeadData(NEW_HEAD.to_vec()),
		processed_downward_messages: 1,
		hrmp_watermark: header.number,
	};
	let data = PersistedValidationData {
		parent_head: HeadData(GENESIS_HEAD.to_vec()),
		relay_parent_number: header.number,
		relay_parent_storage_root: header.state_root,
		max_pov_size: 10 * 1024 * 1024,
	};
	let descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: SENDER,
		relay_parent,
		core_index: 0,
		session_index: context.session_index,
		persisted_validation_data_hash: data.hash(),
		para_head: commitments.head_data.hash(),
		validation_code_hash: ValidationCode(CODE.to_vec()).hash(),
		..Default::default()
	});
	let candidate = CommittedCandidateReceipt {
		descriptor,
		commitments,
	};

	let validators: Vec<ValidatorId> = chain
		.client
		.call(relay_parent, "ParachainHost_validators", ())
		.expect("is answered");
	let (groups, rotation): (Vec<Vec<ValidatorIndex>>, GroupRotationInfo) = chain
		.client
		.call(relay_parent, "ParachainHost_validator_groups", ())
		.expect("is answered");
	let group = rotation
		.group_for_core(CoreIndex(0), groups.len())
		.expect("the session has begun");
	let members = &groups[group.as_usize()];
	let payload = CompactStatement::Valid(candidate.hash()).signing_payload(&context);
	let votes = members
		.iter()
		.map(|member| signature(chain, &validators[member.0 as usize], &payload))
		.map(ValidityAttestation::Explicit)
		.collect();
	let all = members.iter().map(|_| true).collect::<BackingBits>();
	BackedCandidate::new(candidate, votes, all, CoreIndex(0)).expect("the core fits")
}

/// Bitfields of all validators which say that the candidate on the first of two cores is available.
fn attested(chain: &Chain, parent: Hash) -> ParachainsInherentData {
	let context = context(chain, parent);
	let validators: Vec<ValidatorId> = chain
		.client
		.call(parent, "ParachainHost_validators", ())
		.expect("is answered");
	let bitfield = |(index, validator): (u32, &ValidatorId)| {
		let payload = AvailabilityBitfield([true, false].into_iter().collect());
		UncheckedSigned {
			signature: signature(chain, validator, &payload.signing_payload(&context)),
			validator_index: ValidatorIndex(index),
			payload,
		}
	};
	ParachainsInherentData {
		bitfields: (0..).zip(&validators).map(bitfield).collect(),
		..empty(chain)
	}
}

/// The calls with which governance lets the two paras talk, and talks to the sender.
fn preparations() -> Vec<runtime::RuntimeCall> {
	let open = |sender, recipient| {
		runtime::RuntimeCall::Hrmp(pallet_async_backing_hrmp::Call::force_open_hrmp_channel {
			sender,
			recipient,
			max_capacity: 8,
			max_message_size: 64,
		})
	};
	let down = |message: &[u8]| {
		runtime::RuntimeCall::Dmp(pallet_async_backing_dmp::Call::force_send {
			para: SENDER,
			message: message.to_vec().try_into().expect("is short"),
		})
	};
	vec![
		// Known code needs no vote of the validators.
		runtime::RuntimeCall::Paras(pallet_async_backing_paras::Call::trust_code {
			validation_code: ValidationCode(NEW_CODE.to_vec()),
		}),
		open(SENDER, RECIPIENT),
		open(RECIPIENT, SENDER),
		runtime::RuntimeCall::Hrmp(pallet_async_backing_hrmp::Call::force_process_hrmp_open { channels: 2 }),
		down(b"first"),
		down(b"second"),
	]
}

/// Head of a chain of messages, written out (R-BIN-32).
fn message_chain(messages: &[(u32, &[u8])]) -> Hash {
	messages.iter().fold(Hash::zero(), |head, (sent_at, message)| {
		hash_of(&(head, sent_at, hash_of(&message.to_vec())))
	})
}

#[test]
fn r_key_1_to_9_a_parachain_reads_what_the_compiled_runtime_wrote() {
	let chain = chain();
	let relay_parent = next_block(&chain, empty(&chain), preparations());
	let candidates = ParachainsInherentData {
		backed_candidates: vec![backed(&chain, relay_parent)],
		..empty(&chain)
	};
	let backed_in = next_block(&chain, candidates, []);

	// Nothing but the parents' messages is there while the candidate waits.
	let before = RelayState::of(&chain, backed_in, &keys_of(SENDER, &[RECIPIENT]));
	let head_key = keys::map_key(&keys::PARAS_HEADS, &SENDER);
	assert_eq!(
		before.read_all::<Vec<u8>>(&head_key),
		Some(GENESIS_HEAD.to_vec()),
		"R-KEY-2"
	);
	assert_eq!(
		before.read_all::<Restriction>(&keys::map_key(&keys::UPGRADE_RESTRICTION_SIGNAL, &SENDER)),
		None,
		"R-KEY-3: no upgrade was announced"
	);

	let included_in = next_block(&chain, attested(&chain, backed_in), []);
	let state = RelayState::of(&chain, included_in, &keys_of(SENDER, &[RECIPIENT]));
	let limits = AbridgedHostConfiguration {
		max_code_size: 3 * 1024 * 1024,
		max_head_data_size: 20 * 1024,
		max_upward_queue_count: 174_762,
		max_upward_queue_size: 1024 * 1024,
		max_upward_message_size: 64 * 1024,
		max_upward_message_num_per_candidate: 16,
		hrmp_max_message_num_per_candidate: 10,
		validation_upgrade_cooldown: 4,
		validation_upgrade_delay: 2,
		async_backing_params: AsyncBackingParams {
			max_candidate_depth: 4,
			allowed_ancestry_len: 3,
		},
	};
	assert_eq!(state.read(&keys::ACTIVE_CONFIG), Some(limits), "R-KEY-1");
	assert_eq!(
		state.read_all::<Vec<u8>>(&head_key),
		Some(NEW_HEAD.to_vec()),
		"R-KEY-2"
	);
	assert_eq!(
		state.read_all(&keys::map_key(&keys::UPGRADE_RESTRICTION_SIGNAL, &SENDER)),
		Some(Restriction::Present),
		"R-KEY-3"
	);
	assert_eq!(
		state.read_all(&keys::map_key(&keys::DOWNWARD_MESSAGE_QUEUE_HEADS, &SENDER)),
		Some(message_chain(&[(1, b"first"), (1, b"second")])),
		"R-KEY-4: also of messages that are processed"
	);
	let channel = |messages: &[(u32, &[u8])]| AbridgedHrmpChannel {
		max_capacity: 8,
		max_total_size: 100 * 1024,
		max_message_size: 64,
		msg_count: messages.len() as u32,
		total_size: messages.iter().map(|(_, data)| data.len() as u32).sum(),
		mqc_head: (!messages.is_empty()).then(|| message_chain(messages)),
	};
	assert_eq!(
		state.channels(&keys::HRMP_EGRESS_CHANNELS_INDEX, SENDER, |para, other| (
			para, other
		)),
		[(RECIPIENT, channel(&[(3, b"hello")]))],
		"R-KEY-5, R-KEY-6: sent in the block of inclusion"
	);
	assert_eq!(
		state.channels(&keys::HRMP_INGRESS_CHANNELS_INDEX, SENDER, |para, other| (
			other, para
		)),
		[(RECIPIENT, channel(&[]))],
		"R-KEY-5, R-KEY-6"
	);
	assert_eq!(
		state.read_all(&keys::relay_dispatch_queue_remaining_capacity(SENDER)),
		Some((174_762 - 2u32, 1024 * 1024 - 8u32)),
		"R-KEY-7"
	);
	assert_eq!(
		state.read_all(&keys::map_key(&keys::RELAY_DISPATCH_QUEUE_SIZE, &SENDER)),
		Some((2u32, 8u32)),
		"R-KEY-8"
	);
	assert_eq!(
		state.read_all(&keys::CURRENT_SLOT),
		Some(FIRST_SLOT + 2),
		"R-KEY-9: of block 3"
	);

	// The recipient sees the same channel from its side.
	let recipient = RelayState::of(&chain, included_in, &keys_of(RECIPIENT, &[SENDER]));
	assert_eq!(
		recipient.channels(&keys::HRMP_INGRESS_CHANNELS_INDEX, RECIPIENT, |para, other| (
			other, para
		)),
		[(SENDER, channel(&[(3, b"hello")]))],
		"R-KEY-6"
	);
}

#[test]
fn r_key_3_and_7_what_time_changes_is_proven_too() {
	let chain = chain();
	let relay_parent = next_block(&chain, empty(&chain), preparations());
	let candidates = ParachainsInherentData {
		backed_candidates: vec![backed(&chain, relay_parent)],
		..empty(&chain)
	};
	let backed_in = next_block(&chain, candidates, []);
	next_block(&chain, attested(&chain, backed_in), []);

	let capacity = keys::relay_dispatch_queue_remaining_capacity(SENDER);
	let go_ahead = keys::map_key(&keys::UPGRADE_GO_AHEAD_SIGNAL, &SENDER);
	let restriction = keys::map_key(&keys::UPGRADE_RESTRICTION_SIGNAL, &SENDER);
	let wanted = [capacity.clone(), go_ahead.clone(), restriction.clone()];
	let seen: Vec<_> = (4..=8)
		.map(|number| {
			let block = next_block(&chain, empty(&chain), []);
			let state = RelayState::of(&chain, block, &wanted);
			(
				number,
				state.read_all::<(u32, u32)>(&capacity),
				state.read_all::<GoAhead>(&go_ahead),
				state.read_all::<Restriction>(&restriction),
			)
		})
		.collect();
	// The queue is served in block 4. Announced in 3: go-ahead from 6 = 3 + 3 on, restricted until the end of 7 = 3 + 4.
	let all = Some((174_762, 1024 * 1024));
	let expected = [
		(4, all, None, Some(Restriction::Present)),
		(5, all, None, Some(Restriction::Present)),
		(6, all, Some(GoAhead::GoAhead), Some(Restriction::Present)),
		(7, all, Some(GoAhead::GoAhead), None),
		(8, all, Some(GoAhead::GoAhead), None),
	];
	assert_eq!(seen, expected, "R-KEY-3, R-KEY-7");
}

#[test]
fn r_key_2_absence_is_proven_and_silence_is_not_absence() {
	let chain = chain();
	let block = next_block(&chain, empty(&chain), []);
	let keys = keys_of(NOBODY, &[SENDER]);
	let state = RelayState::of(&chain, block, &keys);
	for key in &keys[2..] {
		assert_eq!(
			state.read::<Vec<u8>>(key),
			None,
			"of a para that is not registered"
		);
	}
	let elsewhere = keys::map_key(&keys::PARAS_HEADS, &SENDER);
	let state = RelayState::of(&chain, block, &[keys::CURRENT_SLOT.to_vec()]);
	assert!(
		state.0.storage(&elsewhere).is_err(),
		"R-KEY-2: the proof does not tell of this key, so it is not absent"
	);

	let root = chain.client.state_root(chain.client.genesis_hash()).unwrap();
	let proof = chain.client.storage_proof(block, &[&elsewhere]).unwrap();
	assert!(RelayState::new(root, proof).is_none(), "a proof of another state");
}
