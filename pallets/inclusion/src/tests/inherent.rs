//! The inherent as a whole: exactly one a block, and creation makes what execution accepts.

use crate::{inherent::Call, mock::*, process, Error, InherentError, Pallet};
use async_backing_primitives::{HeadData, ParachainsInherentData, PARACHAINS_INHERENT_IDENTIFIER};
use frame_support::{
	assert_noop, assert_ok,
	inherent::{InherentData, ProvideInherent},
};
use proptest::prelude::*;
use sp_inherents::IsFatalError;
use sp_runtime::DispatchError;

fn provided(data: &ParachainsInherentData) -> InherentData {
	let mut inherents = InherentData::new();
	inherents
		.put_data(PARACHAINS_INHERENT_IDENTIFIER, data)
		.expect("nothing has this identifier");
	inherents
}

#[test]
#[should_panic(expected = "R-INC-1")]
fn r_inc_1_a_block_without_the_inherent_is_refused() {
	Setup::default().run(end_block);
}

#[test]
fn r_inc_1_exactly_one_inherent_for_this_parent() {
	Setup::default().run(|| {
		let mut foreign = inherent(&[], &[]);
		foreign.parent_header.number += 1;
		assert_noop!(enter(foreign.clone()), Error::<Test>::InvalidParentHeader);
		assert!(
			Inherent::create_inherent(&provided(&foreign)).is_none(),
			"R-INC-1"
		);
		assert_noop!(
			Inherent::enter(frame_system::RawOrigin::Signed(1).into(), inherent(&[], &[])),
			DispatchError::BadOrigin
		);
		assert_ok!(enter(inherent(&[], &[])));
		assert_noop!(enter(inherent(&[], &[])), Error::<Test>::SecondInherent);
	});
}

#[test]
fn r_inc_1_a_node_checks_that_the_inherent_is_there() {
	Setup::default().run(|| {
		let data = inherent(&[], &[&Candidate::first()]);
		assert_eq!(
			Inherent::is_inherent_required(&provided(&data)),
			Ok(Some(InherentError::Missing)),
			"R-INC-1"
		);
		assert!(InherentError::Missing.is_fatal_error());
		let call = Inherent::create_inherent(&provided(&data)).expect("the data are there");
		assert!(Inherent::is_inherent(&call));
		assert_eq!(call, Call::enter { data });
		assert!(Inherent::create_inherent(&InherentData::new()).is_none());
		let mut garbage = InherentData::new();
		garbage
			.put_data(PARACHAINS_INHERENT_IDENTIFIER, &7u8)
			.expect("nothing has this identifier");
		assert!(Inherent::create_inherent(&garbage).is_none());
	});
}

#[test]
fn r_inc_3_disputes_that_are_not_worth_keeping() {
	Setup::default().run(|| {
		let mut data = inherent(&[], &[&Candidate::first()]);
		data.disputes.push(async_backing_primitives::DisputeStatementSet {
			candidate_hash: Default::default(),
			session: 0,
			statements: vec![],
		});
		assert_noop!(enter(data.clone()), Error::<Test>::DisputesNotCanonical);
		let filtered = Pallet::<Test>::filter(data);
		assert_eq!(
			(filtered.disputes.len(), filtered.backed_candidates.len()),
			(0, 1),
			"R-INC-3"
		);
		assert_ok!(enter(filtered));
	});
}

/// What somebody may offer: mostly sensible, sometimes not.
#[derive(Clone, Debug)]
struct Offer {
	/// How many offers back the one is that this one builds on.
	parent: usize,
	core: u16,
	/// How many blocks before the parent its relay parent is.
	age: u32,
	voters: Vec<usize>,
	/// Something that is wrong with it.
	flaw: u8,
}

fn offers() -> impl Strategy<Value = Vec<Offer>> {
	let offer =
		(0..3usize, 0..4u16, 0..5u32, 0..8u8, 0..20u8).prop_map(|(parent, core, age, voters, flaw)| Offer {
			parent,
			core,
			age,
			voters: if voters == 0 { vec![0] } else { vec![0, 1] },
			flaw,
		});
	proptest::collection::vec(offer, 0..7)
}

fn candidates(offers: &[Offer], salt: u8) -> Vec<Candidate> {
	let latest = pending(PARA)
		.last()
		.and_then(crate::PendingReceipts::<Test>::get)
		.map_or(included_head(PARA), |stored| stored.commitments.head_data);
	let mut heads = vec![latest];
	let mut made = Vec::new();
	for (index, offer) in offers.iter().enumerate() {
		let parent_head = heads[heads.len().saturating_sub(1 + offer.parent)].clone();
		let mut candidate = Candidate::new(PARA, offer.core, &parent_head, salt.wrapping_add(index as u8));
		candidate.on(block(parent().number.saturating_sub(offer.age)));
		candidate.voters = offer.voters.clone();
		match offer.flaw {
			0 => candidate.session = 9,
			1 => candidate.code = code(5).hash(),
			2 => candidate.commitments.head_data = HeadData(vec![1; 30_000]),
			3 => candidate.para = OTHER,
			4 => candidate.group = Some(3),
			5 => candidate.commitments.head_data = genesis_head(PARA),
			_ => {}
		}
		heads.push(candidate.head());
		made.push(candidate);
	}
	made
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 48, ..Default::default() })]
	#[test]
	fn r_inc_3_what_creation_makes_execution_accepts(
		blocks in proptest::collection::vec((offers(), proptest::collection::vec((0u32..9, 0u8..16, 0u8..12), 0..10)), 1..5)
	) {
		let setup = Setup {
			cores: 4,
			assignments: vec![(0, PARA), (1, PARA), (2, PARA), (3, OTHER)],
			validators: 8,
			rotation: 3,
			availability_period: 1,
			..Setup::default()
		};
		setup.run(|| {
			for (round, (offers, votes)) in blocks.iter().enumerate() {
				let bitfields: Vec<_> = votes
					.iter()
					.map(|(validator, cores, flaw)| {
						let cores: Vec<_> = (0..4).filter(|core| cores >> core & 1 == 1).collect();
						let mut bitfield = bitfield(*validator, &cores);
						match flaw {
							0 => bitfield.payload.0.push(true),
							1 => bitfield.signature = super::super::mock::bitfield(0, &[]).signature,
							_ => {},
						}
						bitfield
					})
					.collect();
				let candidates = candidates(offers, round as u8 * 16);
				let data = inherent(&bitfields, &candidates.iter().collect::<Vec<_>>());
				let filtered = Pallet::<Test>::filter(data);
				assert_eq!(Pallet::<Test>::filter(filtered.clone()), filtered, "R-INC-3: nothing more to leave out");
				let processed = frame_support::storage::with_transaction_unchecked(|| {
					let processed = process::process::<Test>(process::Mode::Execute, filtered.clone());
					frame_support::storage::TransactionOutcome::Rollback(processed)
				});
				assert_eq!(processed, Ok(filtered.clone()), "R-INC-3: processed equals submitted");
				finish_block_with(filtered);
			}
		});
	}
}
