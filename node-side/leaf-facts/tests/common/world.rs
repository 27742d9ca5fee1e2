//! Ten blocks of a chain with three paras: one on core 0 with a candidate pending, one on core 1, and one that comes to
//! core 1 a block later.

use super::{At, Block, Client};
use async_backing_leaf_facts::{ask, Answer, FactsError};
use async_backing_primitives::{
	AsyncBackingParams, BackingState, CandidateCommitments, CandidateDescriptor, CandidateEvent,
	CandidatePendingAvailability, CandidateReceipt, ClaimQueue, CommittedCandidateReceipt, Constraints,
	ConstraintsExtension, CoreIndex, CoreState, DescriptorFields, GridSeed, GroupRotationInfo, Hash,
	HeadData, Header, InboundHrmpLimitations, NodeFeatures, OccupiedCore, OccupiedCoreAssumption,
	OutboundHrmpChannelLimitations, ParaId, PersistedValidationData, RelayChainBlockInfo, SessionInfo,
	ValidationCodeHash, ValidatorId, ValidatorIndex, HEAD_DATA_LIMIT_BEFORE_V9,
};
use codec::Encode;
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest},
	AllowedSlots, BabeEpochConfiguration, Epoch,
};
use sp_runtime::{Digest, DigestItem};

pub const LEAF: u32 = 9;
/// Children of blocks from here on run in session 5, those of earlier ones in session 4.
pub const SESSION_START: u32 = 4;
pub const FIRST_SLOT: u64 = 1000;
pub const EPOCH: u64 = 25;
pub const PENDING: ParaId = ParaId(1);
pub const SCHEDULED: ParaId = ParaId(2);
pub const CLAIMED: ParaId = ParaId(3);

pub struct World {
	pub client: Client,
	/// By number.
	pub hashes: Vec<Hash>,
}

impl World {
	/// Blocks whose runtimes have this version of ParachainHost, and BABE's API.
	pub fn new(host: impl Into<Option<u32>>, own: bool) -> Self {
		let host = host.into();
		let (mut client, mut hashes) = (Client::default(), vec![]);
		let mut parent = Hash::repeat_byte(0xff);
		for number in 0..=LEAF {
			let header = header(number, parent);
			let hash = header.hash();
			hashes.push(hash);
			let mut at = At::new(header);
			(at.host, at.own) = (host, own);
			fill(&mut at, number, &hashes);
			client.0.insert(hash, at);
			parent = hash;
		}
		Self { client, hashes }
	}

	pub fn leaf(&self) -> Hash {
		self.hashes[LEAF as usize]
	}

	/// The runtime at a block.
	pub fn at(&mut self, number: u32) -> &mut At {
		let hash = self.hashes[number as usize];
		self.client.0.get_mut(&hash).expect("it is there")
	}

	pub fn forget(&mut self, number: u32) {
		let hash = self.hashes[number as usize];
		assert!(self.client.0.remove(&hash).is_some());
	}

	pub fn ask(&self) -> Result<Answer, FactsError> {
		ask::<_, Block>(&self.client, self.leaf())
	}

	pub fn info(&self, number: u32) -> RelayChainBlockInfo {
		let header = header(number, Hash::zero());
		RelayChainBlockInfo {
			hash: self.hashes[number as usize],
			number,
			storage_root: header.state_root,
		}
	}

	/// The backing state of the para that has a candidate pending.
	pub fn backing_state(&self) -> BackingState {
		backing_state(PENDING, &self.hashes)
	}
}

fn header(number: u32, parent_hash: Hash) -> Header {
	let claim = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
		authority_index: 0,
		slot: (FIRST_SLOT + u64::from(number)).into(),
	});
	let logs = match number {
		0 => vec![],
		_ => vec![DigestItem::babe_pre_digest(claim)],
	};
	Header {
		parent_hash,
		number,
		state_root: Hash::repeat_byte(number as u8),
		extrinsics_root: Hash::zero(),
		digest: Digest { logs },
	}
}

/// What the runtime after block `number` says. `hashes` goes up to this block.
fn fill(at: &mut At, number: u32, hashes: &[Hash]) {
	let session = if number >= SESSION_START { 5u32 } else { 4 };
	at.answer("ParachainHost_session_index_for_child", (), session);
	at.answer("ParachainHost_availability_cores", (), cores(hashes));
	at.answer("ParachainHost_validators", (), validators());
	at.answer("ParachainHost_validator_groups", (), (groups(), rotation(number)));
	at.answer("ParachainHost_candidate_events", (), events(hashes));
	at.answer("ParachainHost_pvfs_require_precheck", (), codes_to_check());
	at.answer("ParachainHost_minimum_backing_votes", (), 2u32);
	at.answer("ParachainHost_async_backing_params", (), params(3));
	at.answer("ParachainHost_disabled_validators", (), vec![ValidatorIndex(1)]);
	at.answer("ParachainHost_node_features", (), features());
	at.answer("ParachainHost_claim_queue", (), claim_queue());
	at.answer("AsyncBackingApi_session_ends_from_slot", (), FIRST_SLOT + EPOCH);
	at.answer("BabeApi_current_epoch", (), epoch());
	at.answer("ParachainHost_session_info", session, Some(session_info()));
	for para in [PENDING, SCHEDULED, CLAIMED] {
		let state = backing_state(para, hashes);
		let data = PersistedValidationData {
			parent_head: state.constraints.required_parent.clone(),
			relay_parent_number: number,
			relay_parent_storage_root: at.header.state_root,
			max_pov_size: state.constraints.max_pov_size,
		};
		let receipts: Vec<_> = pending(para, hashes).into_iter().collect();
		at.answer(
			"ParachainHost_persisted_validation_data",
			(para, OccupiedCoreAssumption::TimedOut),
			Some(data),
		);
		at.answer("ParachainHost_para_backing_state", para, Some(&state));
		at.answer(
			"ParachainHost_backing_constraints",
			para,
			Some(&state.constraints),
		);
		at.answer("ParachainHost_candidates_pending_availability", para, receipts);
		at.answer("AsyncBackingApi_constraints_extension", para, Some(extension()));
	}
}

pub fn codes_to_check() -> Vec<ValidationCodeHash> {
	vec![ValidationCodeHash(Hash::repeat_byte(12))]
}

pub fn params(allowed_ancestry_len: u32) -> AsyncBackingParams {
	AsyncBackingParams {
		max_candidate_depth: 4,
		allowed_ancestry_len,
	}
}

pub fn validators() -> Vec<ValidatorId> {
	let keys = (1..=4).map(|who| sp_core::sr25519::Public::from_raw([who; 32]));
	keys.map(Into::into).collect()
}

pub fn groups() -> Vec<Vec<ValidatorIndex>> {
	vec![
		vec![ValidatorIndex(2), ValidatorIndex(0)],
		vec![ValidatorIndex(1), ValidatorIndex(3)],
	]
}

pub fn rotation(number: u32) -> GroupRotationInfo {
	GroupRotationInfo {
		session_start_block: SESSION_START + 1,
		group_rotation_frequency: 10,
		now: number + 1,
	}
}

pub fn features() -> NodeFeatures {
	let mut features = NodeFeatures::default();
	features.set(3, true);
	features
}

pub fn claim_queue() -> ClaimQueue {
	[
		(CoreIndex(0), [PENDING, PENDING].into()),
		(CoreIndex(1), [SCHEDULED, CLAIMED].into()),
		(CoreIndex(2), [].into()),
	]
	.into()
}

/// What the cores tell of it.
pub fn first_claims() -> ClaimQueue {
	let mut queue = claim_queue();
	for claims in queue.values_mut() {
		claims.truncate(1);
	}
	queue
}

pub fn extension() -> ConstraintsExtension {
	ConstraintsExtension {
		max_ump_message_size: 77,
		offboarding: true,
		..Default::default()
	}
}

const RANDOMNESS: [u8; 32] = [42; 32];

/// Six authorities, of whom the first four validate.
fn session_info() -> SessionInfo {
	let keys = (11..=16).map(|who| sp_core::sr25519::Public::from_raw([who; 32]));
	SessionInfo {
		discovery_keys: keys.map(Into::into).collect(),
		..Default::default()
	}
}

pub fn grid() -> GridSeed {
	GridSeed {
		randomness: RANDOMNESS,
		authorities: 6,
	}
}

fn epoch() -> Epoch {
	Epoch {
		epoch_index: 1,
		start_slot: FIRST_SLOT.into(),
		duration: EPOCH,
		authorities: vec![],
		randomness: RANDOMNESS,
		config: BabeEpochConfiguration {
			c: (1, 4),
			allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots,
		},
	}
}

/// The pending candidate, with a relay parent that is older than the ancestors that are in scope.
pub fn pending(para: ParaId, hashes: &[Hash]) -> Option<CommittedCandidateReceipt> {
	(para == PENDING && hashes.len() > 6).then(|| CommittedCandidateReceipt {
		descriptor: CandidateDescriptor::v2(DescriptorFields {
			para_id: para,
			relay_parent: hashes[5],
			session_index: 5,
			..Default::default()
		}),
		commitments: CandidateCommitments {
			head_data: HeadData(vec![9; 40]),
			..Default::default()
		},
	})
}

pub fn cores(hashes: &[Hash]) -> Vec<CoreState> {
	let first = match pending(PENDING, hashes) {
		None => CoreState::Scheduled(PENDING.into()),
		Some(receipt) => CoreState::Occupied(OccupiedCore {
			next_up_on_available: Some(PENDING.into()),
			occupied_since: 8,
			time_out_at: 20,
			next_up_on_time_out: None,
			availability: Default::default(),
			group_responsible: 0u32.into(),
			candidate_hash: receipt.hash(),
			candidate_descriptor: receipt.descriptor,
		}),
	};
	vec![first, CoreState::Scheduled(SCHEDULED.into()), CoreState::Free]
}

pub fn events(hashes: &[Hash]) -> Vec<CandidateEvent> {
	let backed = |receipt: CommittedCandidateReceipt| {
		let plain = CandidateReceipt {
			commitments_hash: receipt.commitments.hash(),
			descriptor: receipt.descriptor,
		};
		CandidateEvent::CandidateBacked(plain, receipt.commitments.head_data, CoreIndex(0), 0u32.into())
	};
	pending(PENDING, hashes).into_iter().map(backed).collect()
}

pub fn backing_state(para: ParaId, hashes: &[Hash]) -> BackingState {
	let constraints = Constraints {
		min_relay_parent_number: 6,
		max_pov_size: 5_000_000,
		max_code_size: 3_000_000,
		max_head_data_size: HEAD_DATA_LIMIT_BEFORE_V9,
		ump_remaining: 100,
		ump_remaining_bytes: 1_000_000,
		max_ump_num_per_candidate: 16,
		dmp_remaining_messages: vec![3, 4],
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![5, 7],
		},
		hrmp_channels_out: vec![(
			CLAIMED,
			OutboundHrmpChannelLimitations {
				bytes_remaining: 10,
				messages_remaining: 1,
			},
		)],
		max_hrmp_num_per_candidate: 10,
		required_parent: HeadData(vec![para.0 as u8; 33]),
		validation_code_hash: ValidationCodeHash(Hash::repeat_byte(0xc0)),
		upgrade_restriction: None,
		future_validation_code: None,
	};
	let pending = pending(para, hashes).map(|receipt| CandidatePendingAvailability {
		candidate_hash: receipt.hash(),
		relay_parent_number: 5,
		max_pov_size: constraints.max_pov_size,
		descriptor: receipt.descriptor,
		commitments: receipt.commitments,
	});
	BackingState {
		constraints,
		pending_availability: pending.into_iter().collect(),
	}
}

/// The bytes of `Some(state)` as runtimes with primitives of version 8 write them: without the head-data limit.
pub fn older_layout(state: &BackingState) -> Vec<u8> {
	let bytes = Some(state).encode();
	[&bytes[..13], &bytes[17..]].concat()
}
