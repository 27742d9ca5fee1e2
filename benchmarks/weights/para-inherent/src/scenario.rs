//! Inherents of the field's pallets: the same compositions as ours, put together with what the crates publish.

use crate::{
	parachains_configuration, parachains_initializer, parachains_paras, parachains_paras_inherent,
	parachains_scheduler, parachains_shared, AccountId, Header, ParaInherent, Runtime, RuntimeCall,
	RuntimeOrigin, System,
};
use alloc::{format, vec, vec::Vec};
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{BuildGenesisConfig, Hooks, OneSessionHandler, UnfilteredDispatchable},
};
use polkadot_primitives::{
	AvailabilityBitfield, BackedCandidate, CandidateCommitments, CandidateDescriptorV2,
	CommittedCandidateReceiptV2, CompactStatement, CoreIndex, HeadData, Id as ParaId, InherentData,
	PersistedValidationData, SigningContext, UncheckedSigned, UncheckedSignedAvailabilityBitfield,
	ValidationCode, ValidatorId, ValidatorIndex, ValidityAttestation,
};
use sp_core::H256;
use sp_runtime::{Digest, RuntimeAppPublic};

pub use pallet::*;

/// Benchmarks belong to a pallet; this one is nothing else.
#[frame_support::pallet]
pub mod pallet {
	#[pallet::config]
	pub trait Config: frame_system::Config {}

	#[pallet::pallet]
	pub struct Pallet<T>(_);
}

/// First para.
const FIRST_PARA: u32 = 2_000;
/// Bytes of head data.
const HEAD_BYTES: usize = 128;
/// Bytes of a message.
const MESSAGE_BYTES: usize = 100;
/// Blocks before the first that carries something.
const START: u32 = 100;

fn head(version: u8) -> HeadData {
	HeadData(vec![version; HEAD_BYTES])
}

fn code() -> ValidationCode {
	ValidationCode(vec![1; 64])
}

/// A block whose inherent is to come.
struct World {
	parent: Header,
	validators: Vec<ValidatorId>,
	cores: u32,
}

impl World {
	fn new(validators: u32, cores: u32) -> Self {
		let mut config = parachains_configuration::HostConfiguration::<u32> {
			max_code_size: 3 * 1024 * 1024,
			max_head_data_size: 20 * 1024,
			max_pov_size: 5 * 1024 * 1024,
			max_upward_queue_count: 1_024,
			max_upward_queue_size: 1024 * 1024,
			max_upward_message_size: 64 * 1024,
			max_upward_message_num_per_candidate: 128,
			max_downward_message_size: 1_024,
			minimum_backing_votes: 1,
			..Default::default()
		};
		config.scheduler_params.group_rotation_frequency = 1_000_000;
		config.scheduler_params.lookahead = 3;
		config.scheduler_params.max_validators_per_core = Some(5);
		parachains_configuration::ActiveConfig::<Runtime>::put(config);
		// Each gets a core.
		parachains_paras::GenesisConfig::<Runtime> {
			paras: (0..cores)
				.map(|core| {
					let genesis = parachains_paras::ParaGenesisArgs {
						genesis_head: head(0),
						validation_code: code(),
						para_kind: parachains_paras::ParaKind::Parachain,
					};
					(ParaId::from(FIRST_PARA + core), genesis)
				})
				.collect(),
			..Default::default()
		}
		.build();
		let account = AccountId::new([0; 32]);
		let keys = (0..validators).map(|index| {
			let seed = format!("0x{index:064x}").into_bytes();
			(&account, ValidatorId::generate_pair(Some(seed)))
		});
		parachains_initializer::Pallet::<Runtime>::on_genesis_session(keys);
		Self::block(START, cores)
	}

	fn block(number: u32, cores: u32) -> Self {
		let parent = Header {
			parent_hash: H256::repeat_byte(1),
			number: number - 1,
			state_root: H256::repeat_byte(2),
			extrinsics_root: H256::repeat_byte(3),
			digest: Digest::default(),
		};
		System::set_block_number(parent.number);
		System::reset_events();
		System::initialize(&number, &parent.hash(), &Digest::default());
		Self {
			parent,
			validators: parachains_shared::ActiveValidatorKeys::<Runtime>::get(),
			cores,
		}
	}

	fn inherent(&self) -> InherentData {
		InherentData {
			bitfields: Vec::new(),
			backed_candidates: Vec::new(),
			disputes: Vec::new(),
			parent_header: self.parent.clone(),
		}
	}

	fn next(self, data: InherentData) -> Self {
		ParaInherent::enter(RuntimeOrigin::none(), data).expect("the inherent is good");
		let number = System::block_number();
		ParaInherent::on_finalize(number);
		Self::block(number + 1, self.cores)
	}

	fn context(&self) -> SigningContext {
		SigningContext {
			session_index: parachains_shared::CurrentSessionIndex::<Runtime>::get(),
			parent_hash: self.parent.hash(),
		}
	}

	fn candidate(
		&self,
		core: u32,
		votes: u32,
		heads: (u8, u8),
		outputs: CandidateCommitments,
	) -> BackedCandidate {
		let commitments = CandidateCommitments {
			head_data: head(heads.1),
			hrmp_watermark: self.parent.number,
			..outputs
		};
		let config = parachains_configuration::ActiveConfig::<Runtime>::get();
		let data = PersistedValidationData {
			parent_head: head(heads.0),
			relay_parent_number: self.parent.number,
			relay_parent_storage_root: self.parent.state_root,
			max_pov_size: config.max_pov_size,
		};
		let candidate = CommittedCandidateReceiptV2 {
			descriptor: CandidateDescriptorV2::new_v1(
				ParaId::from(FIRST_PARA + core),
				self.parent.hash(),
				data.hash(),
				H256::default(),
				H256::default(),
				commitments.head_data.hash(),
				code().hash(),
			),
			commitments,
		};
		let statement = CompactStatement::Valid(candidate.hash());
		let groups = parachains_scheduler::ValidatorGroups::<Runtime>::get();
		let group = &groups[core as usize];
		let votes: Vec<_> = group
			.iter()
			.take(votes as usize)
			.map(|validator| {
				let key = &self.validators[validator.0 as usize];
				let signed =
					UncheckedSigned::benchmark_sign(key, statement.clone(), &self.context(), *validator);
				ValidityAttestation::Explicit(signed.benchmark_signature())
			})
			.collect();
		let bits = (0..group.len()).map(|position| position < votes.len()).collect();
		BackedCandidate::new(candidate, votes, bits, CoreIndex(core))
	}

	/// What these validators attest: all cores.
	fn bitfields(&self, validators: core::ops::Range<u32>) -> Vec<UncheckedSignedAvailabilityBitfield> {
		let payload = AvailabilityBitfield((0..self.cores).map(|_| true).collect());
		validators
			.map(|index| {
				let key = &self.validators[index as usize];
				UncheckedSigned::benchmark_sign(key, payload.clone(), &self.context(), ValidatorIndex(index))
			})
			.collect()
	}
}

/// See `Composition` of `pallet-async-backing-inclusion`.
struct Composition {
	validators: u32,
	cores: u32,
	bitfields: u32,
	candidates: u32,
	votes: u32,
	pending: u32,
	upward_messages: u32,
}

impl Composition {
	fn build(self) -> RuntimeCall {
		let outputs = || CandidateCommitments {
			upward_messages: vec![vec![7; MESSAGE_BYTES]; self.upward_messages as usize]
				.try_into()
				.expect("they are few"),
			horizontal_messages: Default::default(),
			new_validation_code: None,
			head_data: head(0),
			processed_downward_messages: 0,
			hrmp_watermark: 0,
		};
		let mut world = World::new(self.validators, self.cores);
		let first = InherentData {
			backed_candidates: (0..self.pending)
				.map(|core| world.candidate(core, 1, (0, 1), outputs()))
				.collect(),
			..world.inherent()
		};
		world = world.next(first);
		// All but one of those that make a candidate available.
		let almost = self.validators - (self.validators - 1) / 3 - 1;
		let votes = InherentData {
			bitfields: world.bitfields(1..almost + 1),
			..world.inherent()
		};
		world = world.next(votes);
		let candidates = (0..self.candidates).map(|core| {
			let heads = if core < self.pending { (1, 2) } else { (0, 2) };
			world.candidate(core, self.votes, heads, outputs())
		});
		let data = InherentData {
			backed_candidates: candidates.collect(),
			bitfields: world.bitfields(0..self.bitfields),
			..world.inherent()
		};
		RuntimeCall::ParaInherent(parachains_paras_inherent::Call::enter { data })
	}
}

#[frame_benchmarking::v2::benchmarks]
mod benches {
	use super::*;
	use codec::{Decode, Encode};
	use polkadot_runtime_parachains::inclusion::Event;

	/// `n` validators and `k` cores; the rest as in the pallet's own `compose`.
	#[benchmark]
	fn compose(
		n: Linear<6, 1_000>,
		k: Linear<1, 200>,
		b: Linear<0, 1_000>,
		c: Linear<0, 200>,
		v: Linear<1, 5>,
		e: Linear<0, 200>,
		m: Linear<0, 16>,
	) {
		let call = Composition {
			validators: n,
			cores: k,
			bitfields: b,
			candidates: c,
			votes: v,
			pending: e,
			upward_messages: m,
		}
		.build();
		let encoded = call.encode();
		#[block]
		{
			// As a block does: the call is decoded, weighed and dispatched.
			let call = RuntimeCall::decode(&mut encoded.as_slice()).expect("it was encoded");
			core::hint::black_box(call.get_dispatch_info());
			call.dispatch_bypass_filter(RuntimeOrigin::none())
				.expect("the inherent is good");
		}
		let events = System::read_events_no_consensus();
		let (mut backed, mut included) = (0, 0);
		for record in events {
			match record.event {
				crate::RuntimeEvent::ParaInclusion(Event::CandidateBacked(..)) => backed += 1,
				crate::RuntimeEvent::ParaInclusion(Event::CandidateIncluded(..)) => included += 1,
				_ => {}
			}
		}
		assert_eq!((backed, included), (c, e));
	}
}
