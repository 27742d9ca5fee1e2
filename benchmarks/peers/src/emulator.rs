//! Judging a candidate and stacking what it changes, beside the inclusion emulator.
//!
//! Ours goes from base and stacked modifications to base and stacked modifications, in one call. The emulator is used in
//! three ways, from what its own users do to the leanest that its interface allows.

use crate::{
	measure::{compare, timed},
	report::{Row, Table},
};
use async_backing_node_benchmarks::cases::{Case, Size};
use async_backing_primitives::*;
use codec::{Decode, Encode};
use polkadot_node_subsystem_util::inclusion_emulator as emulator;
use polkadot_primitives as theirs;
use std::sync::Arc;

const CASE: &str = "One candidate behind another: four horizontal and four upward messages, a head of 300 bytes. Realistic: 30 \
	channels, 100 downward messages, 50 watermarks; the other rows change one of these. Nothing is hashed on either side.";

pub(crate) fn transcode<To: Decode>(from: &impl Encode) -> To {
	To::decode(&mut &from.encode()[..]).expect("one encoding")
}

/// What theirs does. Ours always goes from base and stacked modifications to base and stacked modifications.
#[derive(Clone, Copy)]
enum Peer {
	/// What fragment chains do for each candidate: apply what is stacked to the base, clone the result into a fragment,
	/// which checks, and stack.
	Chain,
	/// The same without the clone: apply, check, stack.
	Stack,
	/// On constraints that were put together before: check, apply.
	Apply,
}

fn row(name: &str, peer: Peer, size: Size) -> Row {
	let case = Case::new(size);
	let none = ConstraintModifications::default();
	let data = expected_validation_data(&case.relay_parent, &Operating::new(&case.base, &none));
	let first = check_fragment(
		&case.relay_parent,
		&Operating::new(&case.base, &none),
		&case.fragment(&case.first, &data),
	)
	.expect("the first candidate is legal");
	let data = expected_validation_data(&case.relay_parent, &Operating::new(&case.base, &first));

	let mut ours = timed(|| {
		let operating = Operating::new(&case.base, &first);
		check_and_stack(
			&case.relay_parent,
			&operating,
			&case.fragment(&case.second, &data),
		)
		.expect("the second candidate is legal")
	});

	let base: theirs::async_backing::Constraints = transcode(&case.base);
	let base = emulator::Constraints::from(base);
	let relay_parent = emulator::RelayChainBlockInfo {
		hash: case.relay_parent.hash,
		number: case.relay_parent.number,
		storage_root: case.relay_parent.storage_root,
	};
	let code: theirs::ValidationCodeHash = transcode(&case.base.validation_code_hash);
	let [first_there, second_there]: [theirs::CandidateCommitments; 2] =
		[transcode(&case.first), transcode(&case.second)];
	let parent_data: theirs::PersistedValidationData = transcode(&expected_validation_data(
		&case.relay_parent,
		&Operating::new(&case.base, &none),
	));
	let applied = emulator::Fragment::check_against_constraints(
		&relay_parent,
		&base,
		&first_there,
		&code,
		&parent_data,
	)
	.expect("the first candidate is legal there");
	let operating = base.apply_modifications(&applied).expect("it was checked");
	let data_there: theirs::PersistedValidationData = transcode(&data);
	let check = |operating: &emulator::Constraints| {
		emulator::Fragment::check_against_constraints(
			&relay_parent,
			operating,
			&second_there,
			&code,
			&data_there,
		)
		.expect("the second candidate is legal there")
	};
	let candidate = Arc::new(emulator::ProspectiveCandidate {
		commitments: second_there.clone(),
		persisted_validation_data: data_there.clone(),
		pov_hash: Hash::zero(),
		validation_code_hash: code,
	});
	let mut cumulative = applied.clone();
	let mut chain = timed(|| {
		let constraints = base.apply_modifications(&applied).expect("it was checked");
		let fragment = emulator::Fragment::new(relay_parent.clone(), constraints.clone(), candidate.clone())
			.expect("the second candidate is legal there");
		cumulative.stack(fragment.constraint_modifications());
		fragment
	});
	let comparison = match peer {
		Peer::Chain => compare(&mut ours, &mut chain),
		Peer::Stack => {
			let mut cumulative = applied.clone();
			let mut stack = timed(|| {
				let operating = base.apply_modifications(&applied).expect("it was checked");
				cumulative.stack(&check(&operating));
			});
			compare(&mut ours, &mut stack)
		}
		Peer::Apply => {
			let mut apply = timed(|| {
				operating
					.apply_modifications(&check(&operating))
					.expect("it was checked")
			});
			compare(&mut ours, &mut apply)
		}
	};
	Row {
		name: name.to_owned(),
		comparison,
	}
}

/// A table for each way of using the emulator.
pub fn tables() -> Vec<Table> {
	let realistic = Size::REALISTIC;
	let sizes = [
		("realistic", realistic),
		(
			"300 channels",
			Size {
				channels: 300,
				..realistic
			},
		),
		(
			"3,000 channels",
			Size {
				channels: 3000,
				..realistic
			},
		),
		(
			"10,000 downward messages",
			Size {
				downward: 10_000,
				..realistic
			},
		),
	];
	let peers = [
		(
			Peer::Chain,
			"Judging a candidate, beside what fragment chains do",
			"Theirs, for each candidate: apply what is stacked to the base, clone the result into a fragment, which \
			 checks, and stack.",
		),
		(
			Peer::Stack,
			"The same, without their clone",
			"Theirs: apply what is stacked to the base, check, and stack.",
		),
		(
			Peer::Apply,
			"The same, on constraints that they put together before",
			"Theirs: check, and apply.",
		),
	];
	peers
		.map(|(peer, title, note)| Table {
			title,
			peer: "inclusion emulator, polkadot-node-subsystem-util 36",
			note: format!("{CASE} {note}"),
			rows: sizes.map(|(name, size)| row(name, peer, size)).to_vec(),
		})
		.to_vec()
}
