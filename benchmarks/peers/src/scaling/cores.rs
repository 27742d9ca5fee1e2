//! What grows with the cores of the relay chain.

use super::{Cost, Curve, Subject, SIZES};
use crate::{
	emulator::transcode,
	measure::{alone, compare, timed, timed_with},
};
use async_backing_node_benchmarks::forest::{Schedule, RELAY_PARENT};
use async_backing_primitives::{
	AssignedCores, AvailabilityBitfield, BackingState, CandidateCommitments, CandidateDescriptor,
	CandidateHash, CandidatePendingAvailability, ClaimQueue, CoreIndex, CoreState, DescriptorFields,
	GroupIndex, Hash, LeafFacts, OccupiedCore, ParaAtLeaf, ParaId, UncheckedSignedAvailabilityBitfield,
	ValidatorId, ValidatorIndex, ValidatorSignature,
};
use async_backing_provisioner::usable_cores;
use bitvec::vec::BitVec;
use polkadot_primitives as theirs;
use std::collections::{BTreeMap, VecDeque};

/// Claims of each core: one for each of the next blocks.
const CLAIMS: usize = 3;
/// Validators that attest availability.
const VALIDATORS: usize = 200;

pub(super) fn subject() -> Subject {
	Subject {
		title: "Cores",
		file: "scaling-cores",
		axis: "cores",
		curves: vec![
			Curve::measure(
				"the claim queue is turned around",
				Some("`transpose_claim_queue`, polkadot-primitives 26"),
				"From the claims of each core to the cores of each para. Three claims a core; each core \
				 has a para to itself, in no order. Theirs takes the queue by value; what cloning it costs is not \
				 counted.",
				SIZES,
				claims,
			),
			Curve::measure(
				"which cores the next block can use",
				None,
				"A candidate of another para is pending on each core, and 200 validators attest all of them: the \
				 provisioner counts votes and sees which cores become free.",
				SIZES,
				next_cores,
			),
		],
	}
}

fn claims(cores: usize) -> Cost {
	// 7919 is prime, and divides no size.
	let para = |core: usize| ParaId(2000 + (core * 7919 % cores) as u32);
	let queue: ClaimQueue = (0..cores)
		.map(|core| (CoreIndex(core as u32), VecDeque::from([para(core); CLAIMS])))
		.collect();
	let their_queue: BTreeMap<theirs::CoreIndex, VecDeque<theirs::Id>> = transcode(&queue);
	let mut ours = timed_with(|| (), |()| AssignedCores::from(&queue));
	let mut theirs = timed_with(|| their_queue.clone(), theirs::transpose_claim_queue);
	Cost::Both(compare(&mut ours, &mut theirs))
}

/// A leaf with so many cores, on each of which a candidate of another para is pending.
fn occupied_leaf(cores: usize) -> LeafFacts {
	let schedule = Schedule {
		paras: cores as u32,
		cores_per_para: 1,
		..Schedule::default()
	};
	let mut leaf = schedule.leaf(RELAY_PARENT, 0);
	let key = sp_core::sr25519::Public::from_raw([1; 32]);
	leaf.validators = vec![ValidatorId::from(key); VALIDATORS];
	for (number, (para, at_leaf)) in leaf.paras.iter_mut().enumerate() {
		let candidate = CandidateHash(Hash::from_low_u64_be(number as u64 + 1));
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: *para,
			core_index: number as u16,
			..Default::default()
		});
		leaf.cores.push(CoreState::Occupied(OccupiedCore {
			next_up_on_available: Some((*para).into()),
			occupied_since: RELAY_PARENT,
			time_out_at: RELAY_PARENT + 10,
			next_up_on_time_out: Some((*para).into()),
			availability: BitVec::repeat(false, VALIDATORS),
			group_responsible: GroupIndex(number as u32),
			candidate_hash: candidate,
			candidate_descriptor: descriptor.clone(),
		}));
		let pending = CandidatePendingAvailability {
			candidate_hash: candidate,
			descriptor,
			commitments: CandidateCommitments::default(),
			relay_parent_number: RELAY_PARENT,
			max_pov_size: 1 << 20,
		};
		*at_leaf = ParaAtLeaf {
			backing_state: BackingState {
				constraints: at_leaf.backing_state.constraints.clone(),
				pending_availability: vec![pending],
			},
			extension: None,
		};
	}
	leaf
}

fn next_cores(cores: usize) -> Cost {
	let leaf = occupied_leaf(cores);
	let signature = sp_core::sr25519::Signature::from_raw([1; 64]);
	let bitfield = |validator: usize| UncheckedSignedAvailabilityBitfield {
		payload: AvailabilityBitfield(BitVec::repeat(true, cores)),
		validator_index: ValidatorIndex(validator as u32),
		signature: ValidatorSignature::from(signature),
	};
	let bitfields: Vec<_> = (0..VALIDATORS).map(bitfield).collect();
	assert_eq!(usable_cores(&leaf, &bitfields).len(), cores);
	let mut ours = timed(|| usable_cores(&leaf, &bitfields));
	Cost::Ours(alone(&mut ours))
}
