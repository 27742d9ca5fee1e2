//! Random values of our types. Seeded, so that a failure comes again.
//!
//! Values lie on edges more often than chance would have it: zero, the compact encoding's steps, the largest number.

#![allow(dead_code)] // each suite takes what it needs

use async_backing_primitives::*;
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Decode, Encode};
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha8Rng,
};
use sp_core::{crypto::UncheckedFrom, sr25519};
use sp_runtime::Perbill;

/// A source of random values.
pub(crate) struct Random(ChaCha8Rng);

impl Random {
	pub(crate) fn new(seed: u64) -> Self {
		Self(ChaCha8Rng::seed_from_u64(seed))
	}

	/// A number below `limit`.
	pub(crate) fn below(&mut self, limit: u32) -> u32 {
		self.0.next_u32() % limit.max(1)
	}

	/// One time in `times`.
	pub(crate) fn one_in(&mut self, times: u32) -> bool {
		self.below(times) == 0
	}

	pub(crate) fn flip(&mut self) -> bool {
		self.one_in(2)
	}

	pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
		from[self.below(from.len() as u32) as usize].clone()
	}

	/// A number, often on an edge.
	pub(crate) fn number(&mut self) -> u32 {
		const EDGES: [u32; 9] = [0, 1, 63, 64, 16_383, 16_384, 1 << 30, u32::MAX - 1, u32::MAX];
		if self.flip() {
			self.pick(&EDGES)
		} else {
			self.0.next_u32()
		}
	}

	pub(crate) fn byte(&mut self) -> u8 {
		self.0.next_u32() as u8
	}

	pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
		let mut bytes = [0; N];
		self.0.fill_bytes(&mut bytes);
		bytes
	}

	/// Up to `max` bytes.
	pub(crate) fn bytes(&mut self, max: u32) -> Vec<u8> {
		let mut bytes = vec![0; self.below(max + 1) as usize];
		self.0.fill_bytes(&mut bytes);
		bytes
	}

	pub(crate) fn hash(&mut self) -> Hash {
		Hash::from(self.array())
	}

	pub(crate) fn bits(&mut self, max: u32) -> BitVec<u8, Lsb0> {
		(0..self.below(max + 1)).map(|_| self.flip()).collect()
	}

	/// Up to `max` values.
	pub(crate) fn list<T>(&mut self, max: u32, mut value: impl FnMut(&mut Self) -> T) -> Vec<T> {
		(0..self.below(max + 1)).map(|_| value(self)).collect()
	}

	pub(crate) fn option<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
		self.flip().then(|| value(self))
	}

	pub(crate) fn para(&mut self) -> ParaId {
		ParaId(self.number())
	}

	pub(crate) fn signature(&mut self) -> ValidatorSignature {
		sr25519::Signature::unchecked_from(self.array::<64>()).into()
	}

	pub(crate) fn validator_id(&mut self) -> ValidatorId {
		sr25519::Public::unchecked_from(self.array::<32>()).into()
	}

	pub(crate) fn candidate_hash(&mut self) -> CandidateHash {
		CandidateHash(self.hash())
	}

	pub(crate) fn head(&mut self) -> HeadData {
		HeadData(self.bytes(70))
	}

	pub(crate) fn commitments(&mut self) -> CandidateCommitments {
		CandidateCommitments {
			upward_messages: self.list(4, |random| random.bytes(20)),
			horizontal_messages: self.list(4, |random| OutboundHrmpMessage {
				recipient: random.para(),
				data: random.bytes(20),
			}),
			new_validation_code: self.option(|random| ValidationCode(random.bytes(70))),
			head_data: self.head(),
			processed_downward_messages: self.number(),
			hrmp_watermark: self.number(),
		}
	}

	/// 292 bytes that read as a descriptor of version 1, 2 or 3, or nearly.
	pub(crate) fn descriptor(&mut self) -> CandidateDescriptor {
		let mut bytes: [u8; CandidateDescriptor::ENCODED_LEN] = self.array();
		if !self.one_in(4) {
			// Not version 1: what it used for the collator is zero.
			bytes[43..68].fill(0);
			bytes[164..228].fill(0);
			bytes[36] = self.pick(&[0, 0, 0, 1, 1, 2, 255]);
			if self.flip() {
				// Version 3 says more.
				bytes[43] = self.byte();
				bytes[164..196].copy_from_slice(&self.array::<32>());
			}
			if self.one_in(4) {
				// One byte where none should be.
				let at = self.pick(&[43, 44, 59, 60, 67, 164, 195, 196, 227]);
				bytes[at] = self.byte();
			}
		}
		CandidateDescriptor::decode(&mut &bytes[..]).expect("every 292 bytes are a descriptor")
	}

	pub(crate) fn receipt(&mut self) -> CandidateReceipt {
		CandidateReceipt {
			descriptor: self.descriptor(),
			commitments_hash: self.hash(),
		}
	}

	pub(crate) fn committed_receipt(&mut self) -> CommittedCandidateReceipt {
		CommittedCandidateReceipt {
			descriptor: self.descriptor(),
			commitments: self.commitments(),
		}
	}

	pub(crate) fn validation_data(&mut self) -> PersistedValidationData {
		PersistedValidationData {
			parent_head: self.head(),
			relay_parent_number: self.number(),
			relay_parent_storage_root: self.hash(),
			max_pov_size: self.number(),
		}
	}

	pub(crate) fn constraints(&mut self) -> Constraints {
		Constraints {
			min_relay_parent_number: self.number(),
			max_pov_size: self.number(),
			max_code_size: self.number(),
			max_head_data_size: self.number(),
			ump_remaining: self.number(),
			ump_remaining_bytes: self.number(),
			max_ump_num_per_candidate: self.number(),
			dmp_remaining_messages: self.list(5, Self::number),
			hrmp_inbound: InboundHrmpLimitations {
				valid_watermarks: self.list(5, Self::number),
			},
			hrmp_channels_out: self.list(5, |random| {
				let limits = OutboundHrmpChannelLimitations {
					bytes_remaining: random.number(),
					messages_remaining: random.number(),
				};
				(random.para(), limits)
			}),
			max_hrmp_num_per_candidate: self.number(),
			required_parent: self.head(),
			validation_code_hash: ValidationCodeHash(self.hash()),
			upgrade_restriction: self.option(|_| UpgradeRestriction::Present),
			future_validation_code: self
				.option(|random| (random.number(), ValidationCodeHash(random.hash()))),
		}
	}

	pub(crate) fn pending(&mut self) -> CandidatePendingAvailability {
		CandidatePendingAvailability {
			candidate_hash: self.candidate_hash(),
			descriptor: self.descriptor(),
			commitments: self.commitments(),
			relay_parent_number: self.number(),
			max_pov_size: self.number(),
		}
	}

	pub(crate) fn compact_statement(&mut self) -> CompactStatement {
		let hash = self.candidate_hash();
		if self.flip() {
			CompactStatement::Seconded(hash)
		} else {
			CompactStatement::Valid(hash)
		}
	}

	pub(crate) fn signed_statement(&mut self) -> SignedCompactStatement {
		SignedCompactStatement {
			statement: self.compact_statement(),
			validator_index: ValidatorIndex(self.number()),
			signature: self.signature(),
		}
	}

	pub(crate) fn attestation(&mut self) -> ValidityAttestation {
		if self.flip() {
			ValidityAttestation::Implicit(self.signature())
		} else {
			ValidityAttestation::Explicit(self.signature())
		}
	}

	pub(crate) fn bitfield(&mut self) -> UncheckedSignedAvailabilityBitfield {
		UncheckedSigned {
			payload: AvailabilityBitfield(self.bits(40)),
			validator_index: ValidatorIndex(self.number()),
			signature: self.signature(),
		}
	}

	pub(crate) fn backed_candidate(&mut self) -> BackedCandidate {
		BackedCandidate {
			candidate: self.committed_receipt(),
			validity_votes: self.list(5, Self::attestation),
			validator_indices: self.bits(20),
		}
	}

	pub(crate) fn dispute_statement(&mut self) -> DisputeStatement {
		use ValidDisputeStatementKind::*;
		match self.below(6) {
			0 => DisputeStatement::Valid(Explicit),
			1 => DisputeStatement::Valid(BackingSeconded(self.hash())),
			2 => DisputeStatement::Valid(BackingValid(self.hash())),
			3 => DisputeStatement::Valid(ApprovalChecking),
			4 => {
				let candidates = self.list(16, Self::candidate_hash);
				let candidates = CoalescedApprovals::try_from(candidates).expect("at most sixteen");
				DisputeStatement::Valid(ApprovalCheckingMultipleCandidates(candidates))
			}
			_ => DisputeStatement::Invalid(InvalidDisputeStatementKind::Explicit),
		}
	}

	pub(crate) fn dispute_set(&mut self) -> DisputeStatementSet {
		DisputeStatementSet {
			candidate_hash: self.candidate_hash(),
			session: self.number(),
			statements: self.list(4, |random| {
				(
					random.dispute_statement(),
					ValidatorIndex(random.number()),
					random.signature(),
				)
			}),
		}
	}

	pub(crate) fn header(&mut self) -> Header {
		Header {
			parent_hash: self.hash(),
			number: self.number(),
			state_root: self.hash(),
			extrinsics_root: self.hash(),
			digest: sp_runtime::Digest {
				logs: self.list(3, |random| sp_runtime::DigestItem::Other(random.bytes(10))),
			},
		}
	}

	pub(crate) fn inherent(&mut self) -> ParachainsInherentData {
		ParachainsInherentData {
			bitfields: self.list(4, Self::bitfield),
			backed_candidates: self.list(3, Self::backed_candidate),
			disputes: self.list(3, Self::dispute_set),
			parent_header: self.header(),
		}
	}

	pub(crate) fn scheduled_core(&mut self) -> ScheduledCore {
		ScheduledCore {
			para_id: self.para(),
			collator: self.option(Self::hash),
		}
	}

	pub(crate) fn core_state(&mut self) -> CoreState {
		match self.below(3) {
			0 => CoreState::Occupied(OccupiedCore {
				next_up_on_available: self.option(Self::scheduled_core),
				occupied_since: self.number(),
				time_out_at: self.number(),
				next_up_on_time_out: self.option(Self::scheduled_core),
				availability: self.bits(40),
				group_responsible: GroupIndex(self.number()),
				candidate_hash: self.candidate_hash(),
				candidate_descriptor: self.descriptor(),
			}),
			1 => CoreState::Scheduled(self.scheduled_core()),
			_ => CoreState::Free,
		}
	}

	pub(crate) fn candidate_event(&mut self) -> CandidateEvent {
		let (receipt, head, core) = (self.receipt(), self.head(), CoreIndex(self.number()));
		let group = GroupIndex(self.number());
		match self.below(3) {
			0 => CandidateEvent::CandidateBacked(receipt, head, core, group),
			1 => CandidateEvent::CandidateIncluded(receipt, head, core, group),
			_ => CandidateEvent::CandidateTimedOut(receipt, head, core),
		}
	}

	pub(crate) fn filter(&mut self) -> StatementFilter {
		StatementFilter {
			seconded_in_group: self.bits(20),
			validated_in_group: self.bits(20),
		}
	}

	pub(crate) fn distribution_message(&mut self) -> StatementDistributionMessage {
		match self.below(3) {
			0 => StatementDistributionMessage::Statement(self.hash(), self.signed_statement()),
			1 => StatementDistributionMessage::BackedCandidateManifest(BackedCandidateManifest {
				scheduling_parent: self.hash(),
				candidate_hash: self.candidate_hash(),
				group_index: GroupIndex(self.number()),
				para_id: self.para(),
				parent_head_data_hash: HeadHash(self.hash()),
				statement_knowledge: self.filter(),
			}),
			_ => StatementDistributionMessage::BackedCandidateKnown(BackedCandidateAcknowledgement {
				candidate_hash: self.candidate_hash(),
				statement_knowledge: self.filter(),
			}),
		}
	}

	pub(crate) fn signal(&mut self) -> UmpSignal {
		if self.flip() {
			UmpSignal::SelectCore(CoreSelector(self.byte()), ClaimQueueOffset(self.byte()))
		} else {
			UmpSignal::ApprovedPeer(ApprovedPeerId::try_from(self.bytes(64)).expect("at most 64"))
		}
	}

	pub(crate) fn executor_params(&mut self) -> ExecutorParams {
		let entries: Vec<_> = self.list(4, |random| {
			let (number, long) = (random.number(), u64::from(random.number()) << 7);
			match random.below(8) {
				0 => ExecutorParam::MaxMemoryPages(number),
				1 => ExecutorParam::StackLogicalMax(number),
				2 => ExecutorParam::StackNativeMax(number),
				3 => ExecutorParam::PrecheckingMaxMemory(long),
				4 => ExecutorParam::PvfPrepTimeout(
					random.pick(&[PvfPrepKind::Precheck, PvfPrepKind::Prepare]),
					long,
				),
				5 => ExecutorParam::PvfExecTimeout(
					random.pick(&[PvfExecKind::Backing, PvfExecKind::Approval]),
					long,
				),
				6 => ExecutorParam::WasmExtBulkMemory,
				_ => ExecutorParam::EnabledHostFunction(ExecutorHostFunction::EccRfc163),
			}
		});
		entries.try_into().expect("few enough")
	}

	pub(crate) fn host_configuration(&mut self) -> HostConfiguration {
		let mut config = HostConfiguration {
			max_code_size: self.number(),
			max_head_data_size: self.number(),
			max_upward_queue_count: self.number(),
			max_upward_queue_size: self.number(),
			max_upward_message_size: self.number(),
			max_upward_message_num_per_candidate: self.number(),
			hrmp_max_message_num_per_candidate: self.number(),
			validation_upgrade_cooldown: self.number(),
			validation_upgrade_delay: self.number(),
			async_backing_params: AsyncBackingParams {
				max_candidate_depth: self.number(),
				allowed_ancestry_len: self.number(),
			},
			max_pov_size: self.number(),
			max_downward_message_size: self.number(),
			hrmp_max_parachain_outbound_channels: self.number(),
			hrmp_sender_deposit: self.number().into(),
			hrmp_recipient_deposit: self.number().into(),
			hrmp_channel_max_capacity: self.number(),
			hrmp_channel_max_total_size: self.number(),
			hrmp_max_parachain_inbound_channels: self.number(),
			hrmp_channel_max_message_size: self.number(),
			executor_params: self.executor_params(),
			code_retention_period: self.number(),
			max_validators: self.option(Self::number),
			dispute_period: self.number(),
			dispute_post_conclusion_acceptance_period: self.number(),
			no_show_slots: self.number(),
			n_delay_tranches: self.number(),
			zeroth_delay_tranche_width: self.number(),
			needed_approvals: self.number(),
			relay_vrf_modulo_samples: self.number(),
			pvf_voting_ttl: self.number(),
			minimum_validation_upgrade_delay: self.number(),
			minimum_backing_votes: self.number(),
			..Default::default()
		};
		config
			.node_features
			.set(self.below(256).try_into().expect("below 256"), self.flip());
		config.approval_voting_params.max_approval_coalesce_count = self.number();
		HostConfiguration {
			group_rotation_frequency: self.number(),
			paras_availability_period: self.number(),
			max_validators_per_core: self.option(Self::number),
			scheduling_lookahead: self.number(),
			num_cores: self.number(),
			max_availability_timeouts: self.number(),
			on_demand_queue_max_size: self.number(),
			on_demand_target_queue_utilization: Perbill::from_parts(self.number() % 1_000_000_001),
			on_demand_fee_variability: Perbill::from_parts(self.number() % 1_000_000_001),
			on_demand_base_fee: self.number().into(),
			ttl: self.number(),
			max_relay_parent_session_age: self.number(),
			hrmp_max_messages_consumed_per_candidate: self.number(),
			..config
		}
	}

	pub(crate) fn session_info(&mut self) -> SessionInfo {
		let indices = |random: &mut Self| random.list(5, |random| ValidatorIndex(random.number()));
		SessionInfo {
			active_validator_indices: indices(self),
			random_seed: self.array(),
			dispute_period: self.number(),
			validators: self.list(3, Self::validator_id),
			discovery_keys: self.list(3, |random| {
				sr25519::Public::unchecked_from(random.array::<32>()).into()
			}),
			assignment_keys: self.list(3, |random| {
				sr25519::Public::unchecked_from(random.array::<32>()).into()
			}),
			validator_groups: self.list(3, indices),
			n_cores: self.number(),
			zeroth_delay_tranche_width: self.number(),
			relay_vrf_modulo_samples: self.number(),
			n_delay_tranches: self.number(),
			no_show_slots: self.number(),
			needed_approvals: self.number(),
		}
	}

	/// The encoding, changed a little: a bit flipped, a byte set, cut short, or with something behind it.
	pub(crate) fn mutate(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
		for _ in 0..=self.below(3) {
			if bytes.is_empty() {
				bytes.push(self.byte());
				continue;
			}
			let at = self.below(bytes.len() as u32) as usize;
			match self.below(4) {
				0 => bytes[at] ^= 1 << self.below(8),
				1 => bytes[at] = self.pick(&[0, 1, 2, 3, 4, 255]),
				2 => bytes.truncate(at),
				_ => bytes.push(self.byte()),
			}
		}
		bytes
	}
}

/// The same value as another type with the same encoding.
pub(crate) fn transcode<To: Decode>(from: &impl Encode) -> To {
	let bytes = from.encode();
	let mut input = &bytes[..];
	let value = To::decode(&mut input).expect("both types have one encoding");
	assert!(input.is_empty(), "both types have one encoding, to its end");
	value
}
