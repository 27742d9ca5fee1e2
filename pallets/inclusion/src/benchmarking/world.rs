//! The chain that is measured: paras on all its cores, and a block whose inherent is to come.

use super::BenchmarkHelper;
use crate::{
	weights::{ANNOUNCED_BYTES, LOOKAHEAD_MEASURED},
	Config, Pallet, PendingAvailability, PendingCandidate, ValidatorBits,
};
use alloc::{format, vec, vec::Vec};
use async_backing_primitives::{
	ports::{ActiveConfiguration, CoreScheduler, CurrentSession, HorizontalChannels, ParaState},
	supermajority_threshold, AsyncBackingParams, AvailabilityBitfield, BackedCandidate, BlockNumber,
	CandidateCommitments, CandidateDescriptor, CommittedCandidateReceipt, CompactStatement, CoreIndex,
	DescriptorFields, Hash, HeadData, Header, HostConfiguration, OutboundHrmpMessage, ParaId,
	ParachainsInherentData, PersistedValidationData, SigningContext, UncheckedSigned,
	UncheckedSignedAvailabilityBitfield, ValidationCode, ValidatorId, ValidatorIndex, ValidityAttestation,
	MAX_HEAD_DATA_SIZE, MAX_ON_DEMAND_ORDERS,
};
use codec::{Decode, Encode};
use frame_support::traits::Hooks;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::One, Digest, RuntimeAppPublic, SaturatedConversion};

/// Cores of the chain that is measured, and paras with a core each: as many as the largest relay chain plans.
pub(super) const CORES: u32 = crate::weights::CORES_MEASURED;
/// Validators of the chain that is measured: groups of five.
pub(super) const VALIDATORS: u32 = 1_000;
/// Bytes of head data, as a typical parachain has them.
pub(super) const HEAD_BYTES: usize = 128;
/// First para.
pub(super) const FIRST_PARA: u32 = 2_000;
/// Blocks before the one that is measured.
pub(super) const START: BlockNumber = 100;

/// Blocks between the orders that wait and the block that is measured: more than an order has to wait.
const ORDERED_BEFORE: BlockNumber = 10;

/// Block in which horizontal messages came that wait.
pub(super) const RECEIVED: BlockNumber = START - 2;

/// The key of a validator. From a seed as it is: stretching a phrase takes a thousand times longer.
pub(super) fn key(validator: u32) -> ValidatorId {
	ValidatorId::generate_pair(Some(format!("0x{validator:064x}").into_bytes()))
}

fn paras(count: u32) -> Vec<ParaId> {
	(0..count).map(|core| ParaId(FIRST_PARA + core)).collect()
}

pub(super) fn code() -> ValidationCode {
	ValidationCode(vec![1; 64])
}

/// Code that only the para at a core has or announces.
pub(super) fn own_code(core: u32) -> ValidationCode {
	let mut bytes = vec![9; ANNOUNCED_BYTES as usize];
	bytes[..4].copy_from_slice(&core.to_le_bytes());
	ValidationCode(bytes)
}

pub(super) fn genesis_head() -> HeadData {
	HeadData(vec![0; HEAD_BYTES])
}

pub(super) fn first_head() -> HeadData {
	HeadData(vec![1; HEAD_BYTES])
}

fn config(cores: u32, lookahead: u32) -> HostConfiguration {
	HostConfiguration {
		num_cores: cores,
		scheduling_lookahead: lookahead,
		// Orders cost what the first did, and all of them have room.
		on_demand_fee_variability: Default::default(),
		on_demand_queue_max_size: MAX_ON_DEMAND_ORDERS,
		async_backing_params: AsyncBackingParams {
			max_candidate_depth: 3,
			allowed_ancestry_len: 2,
		},
		minimum_backing_votes: 1,
		max_downward_message_size: 1_024,
		max_head_data_size: MAX_HEAD_DATA_SIZE,
		hrmp_max_parachain_outbound_channels: 64,
		hrmp_max_parachain_inbound_channels: 64,
		max_upward_message_num_per_candidate: 128,
		hrmp_max_message_num_per_candidate: 128,
		..Default::default()
	}
}

/// A chain whose next inherent is measured.
pub(super) struct World<T> {
	_runtime: core::marker::PhantomData<T>,
	pub(super) parent: Header,
}

impl<T: Config> World<T> {
	/// A session of the largest chain with paras on all cores, and a block begun whose inherent is to come.
	pub(super) fn new() -> Self {
		Self::sized(VALIDATORS, CORES)
	}

	/// The same with so many validators and cores.
	pub(super) fn sized(validators: u32, cores: u32) -> Self {
		Self::looking_ahead(validators, cores, LOOKAHEAD_MEASURED)
	}

	/// The same with claims for so many blocks ahead.
	pub(super) fn looking_ahead(validators: u32, cores: u32, lookahead: u32) -> Self {
		let keys = (0..validators).map(key).collect();
		let config = config(cores, lookahead);
		T::BenchmarkHelper::set_up(keys, config, &paras(cores), &genesis_head(), &code());
		Self::block(START)
	}

	/// The same chain, on which so many orders of one para wait. Two cores are there for them, of which one finds none,
	/// since a para is served once in a block (R-SCH-8).
	pub(super) fn with_orders(count: u32) -> Self {
		let _ = Self::new();
		// Before the block, so that they are ready in it; as its transactions, so that none is handed out as they come.
		frame_system::Pallet::<T>::set_block_number((START - ORDERED_BEFORE).into());
		frame_system::Pallet::<T>::note_inherents_applied();
		T::BenchmarkHelper::let_orders_wait(&paras(CORES - 2), 2, count);
		Self::block(START)
	}

	/// The block in the window after a rotation in which all that was backed first has had its time (R-TMO-1).
	pub(super) fn late() -> BlockNumber {
		let timeouts = Pallet::<T>::timeouts();
		(START + 1..)
			.find(|number| timeouts.is_active(*number) && timeouts.times_out(START, *number))
			.unwrap_or(START)
	}

	/// Begins a block.
	pub(super) fn block(number: BlockNumber) -> Self {
		let parent = Header {
			parent_hash: Hash::repeat_byte(1),
			number: number - 1,
			state_root: Hash::repeat_byte(2),
			extrinsics_root: Hash::repeat_byte(3),
			digest: Digest::default(),
		};
		let now: BlockNumberFor<T> = number.into();
		// The system pallet wants block to follow block; a benchmark skips what happens in between.
		frame_system::Pallet::<T>::set_block_number(parent.number.into());
		Pallet::<T>::take_snapshot();
		frame_system::Pallet::<T>::reset_events();
		frame_system::Pallet::<T>::initialize(&now, &parent.hash(), &Digest::default());
		Self {
			_runtime: core::marker::PhantomData,
			parent,
		}
	}

	pub(super) fn inherent(&self) -> ParachainsInherentData {
		ParachainsInherentData {
			bitfields: Vec::new(),
			backed_candidates: Vec::new(),
			disputes: Vec::new(),
			parent_header: self.parent.clone(),
		}
	}

	/// An inherent that carries these candidates.
	pub(super) fn offering(
		&self,
		candidates: impl IntoIterator<Item = BackedCandidate>,
	) -> ParachainsInherentData {
		ParachainsInherentData {
			backed_candidates: candidates.into_iter().collect(),
			..self.inherent()
		}
	}

	/// Executes an inherent and begins the next block.
	pub(super) fn next(self, data: ParachainsInherentData) -> Self {
		Pallet::<T>::execute(data).expect("the benchmark's inherent is good");
		let now = frame_system::Pallet::<T>::block_number();
		Pallet::<T>::on_finalize(now);
		Self::block((now + One::one()).saturated_into())
	}

	pub(super) fn context(&self) -> SigningContext {
		SigningContext {
			session_index: T::Session::index(),
			parent_hash: self.parent.hash(),
		}
	}

	/// The first candidate of the para at a core, with so many votes. Its head data are a typical parachain's unless the
	/// commitments have some.
	pub(super) fn candidate(
		&self,
		core: u32,
		votes: usize,
		commitments: CandidateCommitments,
	) -> BackedCandidate {
		let head_data = match &commitments.head_data {
			HeadData(bytes) if bytes.is_empty() => first_head(),
			head_data => head_data.clone(),
		};
		let first = CandidateCommitments {
			head_data,
			..commitments
		};
		self.candidate_behind(core, votes, first, &genesis_head())
	}

	/// A candidate of the para at a core behind this head, with so many votes. Its watermark is at its relay parent unless
	/// the commitments have one.
	pub(super) fn candidate_behind(
		&self,
		core: u32,
		votes: usize,
		commitments: CandidateCommitments,
		parent_head: &HeadData,
	) -> BackedCandidate {
		let para = ParaId(FIRST_PARA + core);
		let commitments = CandidateCommitments {
			hrmp_watermark: match commitments.hrmp_watermark {
				0 => self.parent.number,
				watermark => watermark,
			},
			..commitments
		};
		let data = PersistedValidationData {
			parent_head: parent_head.clone(),
			relay_parent_number: self.parent.number,
			relay_parent_storage_root: self.parent.state_root,
			max_pov_size: T::Configuration::active().max_pov_size,
		};
		let candidate = CommittedCandidateReceipt {
			descriptor: CandidateDescriptor::v2(DescriptorFields {
				para_id: para,
				relay_parent: self.parent.hash(),
				core_index: core.saturated_into(),
				session_index: T::Session::index(),
				persisted_validation_data_hash: data.hash(),
				para_head: commitments.head_data.hash(),
				validation_code_hash: T::Paras::current_code_hash(para).unwrap_or_default(),
				..Default::default()
			}),
			commitments,
		};
		let statement = CompactStatement::Valid(candidate.hash());
		let payload = statement.signing_payload(&self.context());
		let groups = T::Scheduler::groups();
		let rotation = T::Scheduler::rotation_info(self.parent.number + 1);
		let members = rotation
			.group_for_core(CoreIndex(core), groups.len())
			.and_then(|group| groups.get(group.as_usize()))
			.cloned()
			.unwrap_or_default();
		let keys = T::Session::validators();
		let validity_votes = members
			.iter()
			.take(votes)
			.filter_map(|member| keys.get(member.as_usize())?.sign(&payload))
			.map(ValidityAttestation::Explicit)
			.collect();
		let voters = (0..members.len()).map(|position| position < votes);
		BackedCandidate::new(candidate, validity_votes, voters.collect(), CoreIndex(core))
			.expect("cores are fewer than 256")
	}

	/// A block in which these candidates wait for one more vote for their availability, as many as there are on the
	/// first cores.
	pub(super) fn with_pending(count: u32, commitments: impl Fn(u32) -> CandidateCommitments) -> Self {
		Self::new().then_pending(count, commitments)
	}

	/// The next block, in which these candidates wait in the same way.
	pub(super) fn then_pending(self, count: u32, commitments: impl Fn(u32) -> CandidateCommitments) -> Self {
		let data = ParachainsInherentData {
			backed_candidates: (0..count)
				.map(|core| self.candidate(core, 1, commitments(core)))
				.collect(),
			..self.inherent()
		};
		let world = self.next(data);
		attest_almost::<T>(count);
		world
	}

	/// What the first `count` validators attest: all cores.
	pub(super) fn bitfields(&self, count: u32) -> Vec<UncheckedSignedAvailabilityBitfield> {
		let keys = T::Session::validators();
		let payload = AvailabilityBitfield((0..T::Scheduler::core_count()).map(|_| true).collect());
		let bytes = payload.signing_payload(&self.context());
		(0..count)
			.zip(&keys)
			.filter_map(|(index, key)| {
				Some(UncheckedSigned {
					payload: payload.clone(),
					validator_index: ValidatorIndex(index),
					signature: key.sign(&bytes)?,
				})
			})
			.collect()
	}

	/// The inherent that lets what almost is available be enacted.
	pub(super) fn enacting(&self) -> ParachainsInherentData {
		ParachainsInherentData {
			bitfields: self.bitfields(1),
			..self.inherent()
		}
	}
}

/// The inherent as a block carries it: the call's index, and the data.
pub(super) fn encoded(data: ParachainsInherentData) -> Vec<u8> {
	(0u8, data).encode()
}

/// What a block does with an inherent.
pub(super) fn execute<T: Config>(mut encoded: &[u8]) {
	let (_, data) = <(u8, ParachainsInherentData)>::decode(&mut encoded).expect("it was encoded");
	core::hint::black_box(Pallet::<T>::booked_weight(&data));
	Pallet::<T>::execute(data).expect("the inherent is good");
}

pub(super) fn no_outputs(_: u32) -> CandidateCommitments {
	CandidateCommitments::default()
}

pub(super) fn large_head(bytes: u32) -> CandidateCommitments {
	CandidateCommitments {
		head_data: HeadData(vec![1; bytes as usize]),
		..Default::default()
	}
}

pub(super) fn watermark(block: BlockNumber) -> CandidateCommitments {
	CandidateCommitments {
		hrmp_watermark: block,
		..Default::default()
	}
}

/// Lets so many messages wait for the first para, in a channel from the para that is so many behind it.
pub(super) fn receive<T: Config>(position: u32, count: u32) {
	let (sender, recipient) = (ParaId(FIRST_PARA + position), ParaId(FIRST_PARA));
	T::BenchmarkHelper::open_channel(sender, recipient);
	T::BenchmarkHelper::send_horizontal(sender, recipient, RECEIVED, count);
}

/// Messages that wait for the first para.
pub(super) fn waiting<T: Config>() -> u32 {
	T::Hrmp::waiting(ParaId(FIRST_PARA), BlockNumber::MAX).messages
}

pub(super) fn one_upward_message(_: u32) -> CandidateCommitments {
	CandidateCommitments {
		upward_messages: vec![vec![7]],
		..Default::default()
	}
}

/// Outputs of the first para with a byte into each of so many channels, and who is at their other ends.
pub(super) fn into_channels(count: u32) -> (Vec<ParaId>, CandidateCommitments) {
	let recipients: Vec<_> = (1..=count)
		.map(|position| ParaId(FIRST_PARA + position))
		.collect();
	let messages = recipients.iter().map(|recipient| OutboundHrmpMessage {
		recipient: *recipient,
		data: vec![7],
	});
	let outputs = CandidateCommitments {
		horizontal_messages: messages.collect(),
		..Default::default()
	};
	(recipients, outputs)
}

/// Opens channels from the first para.
pub(super) fn open_channels<T: Config>(recipients: &[ParaId]) {
	for recipient in recipients {
		T::BenchmarkHelper::open_channel(ParaId(FIRST_PARA), *recipient);
	}
}

/// One candidate with these outputs, one bitfield away from being enacted.
pub(super) fn world_with_outputs<T: Config>(
	outputs: CandidateCommitments,
) -> (World<T>, ParachainsInherentData) {
	let world = World::<T>::with_pending(1, |_| outputs.clone());
	let data = world.enacting();
	(world, data)
}

pub(super) fn enacted<T: Config>() -> bool {
	T::Paras::head(ParaId(FIRST_PARA)) != Some(genesis_head())
}

pub(super) fn pending<T: Config>() -> u32 {
	PendingAvailability::<T>::decode_len().unwrap_or_default() as u32
}

/// Nobody attested anything yet.
pub(super) fn forget_votes<T: Config>() {
	let none = ValidatorBits::none_of(T::Session::validators().len());
	change_pending::<T>(|candidate| candidate.availability_votes = none.clone());
}

/// One candidate with these outputs behind open channels, one bitfield away from being enacted.
pub(super) fn world_with_channels<T: Config>(
	recipients: &[ParaId],
	outputs: CandidateCommitments,
) -> World<T> {
	let world = World::<T>::new();
	open_channels::<T>(recipients);
	make_pending(world, outputs)
}

/// Backs one candidate with these outputs, and leaves it one bitfield away from being enacted.
pub(super) fn make_pending<T: Config>(world: World<T>, outputs: CandidateCommitments) -> World<T> {
	let data = world.offering([world.candidate(0, 1, outputs)]);
	let world = world.next(data);
	attest_almost::<T>(1);
	world
}

/// Lets the candidates on the first cores wait for one more vote for their availability: that of the first validator.
pub(super) fn attest_almost<T: Config>(count: u32) {
	let almost = supermajority_threshold(T::Session::validators().len()) as u32 - 1;
	change_pending::<T>(|candidate| {
		if candidate.core.0 < count {
			for validator in 1..=almost {
				candidate.availability_votes.insert(ValidatorIndex(validator));
			}
		}
	});
}

/// Changes each candidate that waits.
pub(super) fn change_pending<T: Config>(change: impl FnMut(&mut PendingCandidate)) {
	PendingAvailability::<T>::mutate(|list| list.iter_mut().for_each(change));
}
