//! Benchmarks of what an inherent carries and causes, each component by itself.
//!
//! Every benchmark executes a real inherent with real signatures. [`UnitWeights`](crate::weights::UnitWeights) takes the
//! components apart again: what one more unit adds, without the inherent around it (R-WGT-6).

use crate::{weights::CANDIDATES_WITH_VOTES, Call, Config, Pallet, PendingAvailability};
use alloc::{vec, vec::Vec};
use async_backing_primitives::{
	ports::{ActiveConfiguration, CoreScheduler, CurrentSession, ParaState},
	supermajority_threshold, AvailabilityBitfield, BackedCandidate, BackingBits, BlockNumber,
	CandidateCommitments, CandidateDescriptor, CommittedCandidateReceipt, CompactStatement, CoreIndex,
	DescriptorFields, Hash, HeadData, Header, HostConfiguration, OutboundHrmpMessage, ParaId,
	ParachainsInherentData, PersistedValidationData, SigningContext, UncheckedSigned,
	UncheckedSignedAvailabilityBitfield, ValidationCode, ValidatorId, ValidatorIndex, ValidityAttestation,
};
use frame_benchmarking::v2::*;
use frame_support::traits::Hooks;
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::{traits::One, Digest, RuntimeAppPublic, SaturatedConversion};

/// The chain around the pallet, as a benchmark wants it.
pub trait BenchmarkHelper {
	/// Puts the chain into a session with these validators and this configuration: each para is active with the head and
	/// the code, and has the core at its position.
	fn set_up(
		validators: Vec<ValidatorId>,
		config: HostConfiguration,
		paras: &[ParaId],
		head: &HeadData,
		code: &ValidationCode,
	);
	/// Opens a channel that takes as much as the configuration allows.
	fn open_channel(sender: ParaId, recipient: ParaId);
	/// Lets so many downward messages wait for a para.
	fn send_downward(para: ParaId, count: u32);
}

/// Cores of the chain that is measured, and paras with a core each: as many as the largest relay chain plans.
const CORES: u32 = 200;
/// Most candidates that a benchmark works with, as many as fit into the time that a benchmark may take.
const MAX_CANDIDATES: u32 = 100;
/// Validators of the chain that is measured: groups of five.
const VALIDATORS: u32 = 1_000;
/// Bytes of head data, as a typical parachain has them.
const HEAD_BYTES: usize = 128;
/// First para.
const FIRST_PARA: u32 = 2_000;
/// Blocks before the one that is measured.
const START: BlockNumber = 100;

fn paras() -> Vec<ParaId> {
	(0..CORES).map(|core| ParaId(FIRST_PARA + core)).collect()
}

fn code() -> ValidationCode {
	ValidationCode(vec![1; 64])
}

fn genesis_head() -> HeadData {
	HeadData(vec![0; HEAD_BYTES])
}

fn config() -> HostConfiguration {
	HostConfiguration {
		num_cores: CORES,
		minimum_backing_votes: 1,
		max_downward_message_size: 1_024,
		hrmp_max_parachain_outbound_channels: 64,
		hrmp_max_parachain_inbound_channels: 64,
		max_upward_message_num_per_candidate: 128,
		hrmp_max_message_num_per_candidate: 128,
		..Default::default()
	}
}

/// A chain whose next inherent is measured.
struct World<T> {
	_runtime: core::marker::PhantomData<T>,
	parent: Header,
}

impl<T: Config> World<T> {
	/// A session with paras on all cores, and a block begun whose inherent is to come.
	fn new() -> Self {
		let keys = (0..VALIDATORS)
			.map(|_| ValidatorId::generate_pair(None))
			.collect();
		T::BenchmarkHelper::set_up(keys, config(), &paras(), &genesis_head(), &code());
		Self::block(START)
	}

	/// Begins a block.
	fn block(number: BlockNumber) -> Self {
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
		frame_system::Pallet::<T>::initialize(&now, &parent.hash(), &Digest::default());
		Self {
			_runtime: core::marker::PhantomData,
			parent,
		}
	}

	fn inherent(&self) -> ParachainsInherentData {
		ParachainsInherentData {
			bitfields: Vec::new(),
			backed_candidates: Vec::new(),
			disputes: Vec::new(),
			parent_header: self.parent.clone(),
		}
	}

	/// Executes an inherent and begins the next block.
	fn next(self, data: ParachainsInherentData) -> Self {
		Pallet::<T>::enter(RawOrigin::None.into(), data).expect("the benchmark's inherent is good");
		let now = frame_system::Pallet::<T>::block_number();
		Pallet::<T>::on_finalize(now);
		Self::block((now + One::one()).saturated_into())
	}

	fn context(&self) -> SigningContext {
		SigningContext {
			session_index: T::Session::index(),
			parent_hash: self.parent.hash(),
		}
	}

	/// The first candidate of the para at a core, with so many votes.
	fn candidate(&self, core: u32, votes: usize, commitments: CandidateCommitments) -> BackedCandidate {
		let para = ParaId(FIRST_PARA + core);
		let commitments = CandidateCommitments {
			head_data: HeadData(vec![1; HEAD_BYTES]),
			hrmp_watermark: self.parent.number,
			..commitments
		};
		let data = PersistedValidationData {
			parent_head: T::Paras::head(para).unwrap_or_default(),
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
				validation_code_hash: code().hash(),
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
		// Behind the voters' bits eight more name the core (R-BIN-16).
		let voters = (0..members.len()).map(|position| position < votes);
		let bits: BackingBits = voters.chain((0..8).map(|bit| core >> bit & 1 == 1)).collect();
		BackedCandidate {
			candidate,
			validity_votes,
			validator_indices: bits,
		}
	}

	/// A block in which these candidates wait for one more vote for their availability, as many as there are on the
	/// first cores.
	fn with_pending(count: u32, commitments: impl Fn(u32) -> CandidateCommitments) -> Self {
		let world = Self::new();
		let data = ParachainsInherentData {
			backed_candidates: (0..count)
				.map(|core| world.candidate(core, 1, commitments(core)))
				.collect(),
			..world.inherent()
		};
		let world = world.next(data);
		attest_almost::<T>(count);
		world
	}

	/// What the first `count` validators attest: all cores.
	fn bitfields(&self, count: u32) -> Vec<UncheckedSignedAvailabilityBitfield> {
		let keys = T::Session::validators();
		let payload = AvailabilityBitfield((0..CORES).map(|_| true).collect());
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
	fn enacting(&self) -> ParachainsInherentData {
		ParachainsInherentData {
			bitfields: self.bitfields(1),
			..self.inherent()
		}
	}
}

fn no_outputs(_: u32) -> CandidateCommitments {
	CandidateCommitments::default()
}

/// One candidate with these outputs, one bitfield away from being enacted.
fn world_with_outputs<T: Config>(outputs: CandidateCommitments) -> (World<T>, ParachainsInherentData) {
	let world = World::<T>::with_pending(1, |_| outputs.clone());
	let data = world.enacting();
	(world, data)
}

fn enacted<T: Config>() -> bool {
	T::Paras::head(ParaId(FIRST_PARA)) != Some(genesis_head())
}

fn pending<T: Config>() -> u32 {
	PendingAvailability::<T>::iter_values()
		.map(|list| list.len() as u32)
		.sum()
}

#[allow(clippy::expect_used)]
#[benchmarks]
mod benches {
	use super::*;

	/// Bitfields of so many validators about all cores, on each of which a candidate waits. None becomes available.
	#[benchmark]
	fn enter_bitfields(b: Linear<0, 600>) {
		let world = World::<T>::with_pending(MAX_CANDIDATES, no_outputs);
		PendingAvailability::<T>::translate_values(|mut list: crate::PendingList| {
			for candidate in list.iter_mut() {
				candidate.availability_votes = crate::ValidatorBits::none_of(VALIDATORS as usize);
			}
			Some(list)
		});
		let data = ParachainsInherentData {
			bitfields: world.bitfields(b),
			..world.inherent()
		};
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert_eq!(pending::<T>(), MAX_CANDIDATES);
	}

	/// So many candidates with one vote each.
	#[benchmark]
	fn enter_candidates(c: Linear<0, MAX_CANDIDATES>) {
		let world = World::<T>::new();
		let data = ParachainsInherentData {
			backed_candidates: (0..c)
				.map(|core| world.candidate(core, 1, no_outputs(core)))
				.collect(),
			..world.inherent()
		};
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert_eq!(pending::<T>(), c);
	}

	/// [`CANDIDATES_WITH_VOTES`] candidates with so many votes each.
	#[benchmark]
	fn enter_votes(v: Linear<1, 5>) {
		let world = World::<T>::new();
		let data = ParachainsInherentData {
			backed_candidates: (0..CANDIDATES_WITH_VOTES)
				.map(|core| world.candidate(core, v as usize, no_outputs(core)))
				.collect(),
			..world.inherent()
		};
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert_eq!(pending::<T>(), CANDIDATES_WITH_VOTES);
	}

	/// A candidate that is so many bytes larger than it need be.
	#[benchmark]
	fn enter_candidate_bytes(n: Linear<9, 1_000_000>) {
		let world = World::<T>::new();
		let upgrade = CandidateCommitments {
			new_validation_code: Some(ValidationCode(vec![7; n as usize])),
			..Default::default()
		};
		let data = ParachainsInherentData {
			backed_candidates: vec![world.candidate(0, 1, upgrade)],
			..world.inherent()
		};
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert_eq!(pending::<T>(), 1);
	}

	/// So many candidates without outputs become available by one bitfield.
	#[benchmark]
	fn enact_candidates(e: Linear<0, MAX_CANDIDATES>) {
		let world = World::<T>::with_pending(e, no_outputs);
		let data = world.enacting();
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert_eq!(pending::<T>(), 0);
	}

	/// One candidate with so many upward messages of a byte is enacted.
	#[benchmark]
	fn enact_upward_messages(m: Linear<0, 100>) {
		let (_world, data) = world_with_outputs::<T>(CandidateCommitments {
			upward_messages: vec![vec![7]; m as usize],
			..Default::default()
		});
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert!(enacted::<T>());
	}

	/// One candidate with an upward message of so many bytes is enacted.
	#[benchmark]
	fn enact_upward_bytes(n: Linear<1, 60_000>) {
		let (_world, data) = world_with_outputs::<T>(CandidateCommitments {
			upward_messages: vec![vec![7; n as usize]],
			..Default::default()
		});
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert!(enacted::<T>());
	}

	/// One candidate that sends a byte into so many channels is enacted.
	#[benchmark]
	fn enact_horizontal_messages(h: Linear<0, 50>) {
		let recipients: Vec<_> = (1..=h).map(|position| ParaId(FIRST_PARA + position)).collect();
		let outputs = CandidateCommitments {
			horizontal_messages: recipients
				.iter()
				.map(|recipient| OutboundHrmpMessage {
					recipient: *recipient,
					data: vec![7],
				})
				.collect(),
			..Default::default()
		};
		let world = world_with_channels::<T>(&recipients, outputs);
		let data = world.enacting();
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert!(enacted::<T>());
	}

	/// One candidate that sends so many bytes into a channel is enacted.
	#[benchmark]
	fn enact_horizontal_bytes(n: Linear<1, 60_000>) {
		let recipient = ParaId(FIRST_PARA + 1);
		let outputs = CandidateCommitments {
			horizontal_messages: vec![OutboundHrmpMessage {
				recipient,
				data: vec![7; n as usize],
			}],
			..Default::default()
		};
		let world = world_with_channels::<T>(&[recipient], outputs);
		let data = world.enacting();
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert!(enacted::<T>());
	}

	/// One candidate that processed so many downward messages is enacted.
	#[benchmark]
	fn enact_downward_messages(d: Linear<0, 100>) {
		let world = World::<T>::new();
		T::BenchmarkHelper::send_downward(ParaId(FIRST_PARA), d);
		let outputs = CandidateCommitments {
			processed_downward_messages: d,
			..Default::default()
		};
		let world = make_pending(world, outputs);
		let data = world.enacting();
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert!(enacted::<T>());
	}

	/// One candidate that announces code of so many bytes is enacted.
	#[benchmark]
	fn enact_code_bytes(n: Linear<9, 1_000_000>) {
		let (_world, data) = world_with_outputs::<T>(CandidateCommitments {
			new_validation_code: Some(ValidationCode(vec![7; n as usize])),
			..Default::default()
		});
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert!(enacted::<T>());
	}

	/// So many candidates time out.
	#[benchmark]
	fn time_out_candidates(t: Linear<0, MAX_CANDIDATES>) {
		let _ = World::<T>::with_pending(t, no_outputs);
		// In the window after a rotation, when the last of them had its time (R-TMO-1).
		let timeouts = Pallet::<T>::timeouts();
		let late = (START + 1..)
			.find(|number| timeouts.is_active(*number) && timeouts.times_out(START, *number))
			.unwrap_or(START);
		let world = World::<T>::block(late);
		let data = world.inherent();
		#[extrinsic_call]
		enter(RawOrigin::None, data);
		assert_eq!(pending::<T>(), 0);
	}

	#[benchmark]
	fn on_finalize() {
		let world = World::<T>::new();
		let data = world.inherent();
		Pallet::<T>::enter(RawOrigin::None.into(), data).expect("it is good");
		let now = frame_system::Pallet::<T>::block_number();
		#[block]
		{
			Pallet::<T>::on_finalize(now);
		}
	}
}

/// One candidate with these outputs behind open channels, one bitfield away from being enacted.
fn world_with_channels<T: Config>(recipients: &[ParaId], outputs: CandidateCommitments) -> World<T> {
	let world = World::<T>::new();
	for recipient in recipients {
		T::BenchmarkHelper::open_channel(ParaId(FIRST_PARA), *recipient);
	}
	make_pending(world, outputs)
}

/// Backs one candidate with these outputs, and leaves it one bitfield away from being enacted.
fn make_pending<T: Config>(world: World<T>, outputs: CandidateCommitments) -> World<T> {
	let data = ParachainsInherentData {
		backed_candidates: vec![world.candidate(0, 1, outputs)],
		..world.inherent()
	};
	let world = world.next(data);
	attest_almost::<T>(1);
	world
}

/// Lets the candidates on the first cores wait for one more vote for their availability: that of the first validator.
fn attest_almost<T: Config>(count: u32) {
	let almost = supermajority_threshold(VALIDATORS as usize) as u32 - 1;
	for para in (0..count).map(|core| ParaId(FIRST_PARA + core)) {
		PendingAvailability::<T>::mutate(para, |list| {
			for candidate in list.iter_mut() {
				for validator in 1..=almost {
					candidate.availability_votes.insert(ValidatorIndex(validator));
				}
			}
		});
	}
}
