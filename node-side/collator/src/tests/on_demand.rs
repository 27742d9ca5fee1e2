//! A para without a core of its own: it has the claims that somebody ordered (R-SCH-8).

use super::*;

const OTHER: ParaId = ParaId(PARA.0 + 1);

/// A leaf at which another para has core 0, and this one so many claims of core 1.
fn leaf_with_claims(number: BlockNumber, included: &HeadData, claims: usize) -> LeafFacts {
	let mut facts = leaf(number, params(4, 3), 2, included);
	facts.claim_queue.insert(CoreIndex(0), vec![OTHER; 5].into());
	if claims == 0 {
		facts.claim_queue.remove(&CoreIndex(1));
		facts.paras.clear();
	} else {
		facts.claim_queue.insert(CoreIndex(1), vec![PARA; claims].into());
	}
	facts
}

#[test]
fn r_sch_8_one_block_for_one_order() {
	let genesis = genesis();
	let mut collator = Collator::new(config(5, 1), &genesis);
	// The order's claim is in the second block; the first has the chance of R-SCH-4.
	let (_, first) = build(&mut collator, &leaf_with_claims(10, &genesis, 2)).expect("there is a claim");
	assert_eq!(
		build(&mut collator, &leaf_with_claims(11, &genesis, 1)).map(|_| ()),
		Err(NoBuild::NoClaimLeft {
			unbacked: 1,
			claims: 1
		}),
		"R-SCH-8"
	);
	assert_eq!(collator.alive(&leaf_with_claims(11, &genesis, 1)), [first.hash]);
}

#[test]
fn r_vie_1_validators_drop_candidates_of_a_para_that_is_not_scheduled_so_its_collator_does() {
	let genesis = genesis();
	let mut collator = Collator::new(config(5, 1), &genesis);
	let (_, lost) = build(&mut collator, &leaf_with_claims(10, &genesis, 2)).expect("there is a claim");
	assert_eq!(
		build(&mut collator, &leaf_with_claims(11, &genesis, 0)).map(|_| ()),
		Err(NoBuild::NotScheduled(PARA))
	);
	// The next order: the relay parent of the lost one is in scope still, but nobody has it.
	let facts = leaf_with_claims(12, &genesis, 2);
	assert_eq!(collator.alive(&facts), [], "R-VIE-1");
	let (build_on, second) = build(&mut collator, &facts).expect("there is a claim");
	assert_eq!(*build_on.parent_head(), genesis, "R-PAR-2");
	assert_eq!(collator.alive(&facts), [second.hash]);
	// On a fork of the relay chain where the para stayed scheduled nothing is lost.
	let mut fork = leaf_with_claims(12, &genesis, 2);
	fork.ancestors[0].hash = Hash::repeat_byte(7);
	assert_eq!(collator.alive(&fork)[0], lost.hash, "R-VIE-1");
}

#[test]
fn law_3_relay_blocks_without_the_para_are_remembered_for_a_while() {
	let genesis = genesis();
	let mut collator = Collator::new(config(5, 1), &genesis);
	for number in 10..10 + 3 * REMEMBERED_FOR {
		let nothing = build(&mut collator, &leaf_with_claims(number, &genesis, 0)).map(|_| ());
		assert_eq!(nothing, Err(NoBuild::NotScheduled(PARA)));
	}
	assert_eq!(collator.unscheduled(), REMEMBERED_FOR as usize + 1, "law 3");
}
