//! The code upgrade of a chain: announced once, answered once.

use super::*;

#[test]
fn r_seg_5_an_answer_is_taken_once_and_stays_until_its_block_is_included() {
	let mut chain = Chain::new(Some(PACE));
	let genesis = chain.collator.genesis_head().clone();
	let shows = |number, included: &HeadData| Relay {
		go_ahead: Some(UpgradeGoAhead::GoAhead),
		..Relay::new(number, included)
	};
	assert_eq!(chain.upgrade(&genesis), (UpgradeStage::Authorized, 0));
	let announced = chain
		.build_with(&genesis, &Relay::new(5, &genesis), Some(next_code()))
		.unwrap();
	let announcing = params(&genesis, &announced);
	let result = in_wasm(&announcing).unwrap().result;
	assert_eq!(result.new_validation_code, Some(next_code()), "R-CODE-1");
	assert_eq!(result, validate(&announcing).unwrap());
	assert_eq!(chain.upgrade(&announced.head), (UpgradeStage::Announced, 0));

	let first = chain.build(&announced.head, &shows(6, &announced.head)).unwrap();
	assert_eq!(chain.upgrade(&first.head), (UpgradeStage::Applied, 1));
	let second = chain.build(&first.head, &shows(7, &announced.head)).unwrap();
	assert_eq!(
		chain.upgrade(&second.head),
		(UpgradeStage::Applied, 1),
		"R-SEG-5: by one block"
	);
	for block in [params(&announced.head, &first), params(&first.head, &second)] {
		assert!(in_wasm(&block).is_ok());
	}
	assert!(matches!(
		segment_error(chain.build(&second.head, &Relay::new(8, &announced.head))),
		SegmentError::GoAheadVanished { .. }
	));
	// Nothing is shown any more when the block that acted on it is included.
	chain.build(&second.head, &Relay::new(8, &first.head)).unwrap();
}

#[test]
fn r_seg_6_code_is_announced_once_when_the_relay_chain_takes_it_and_no_other_code() {
	let mut chain = Chain::new(Some(PACE));
	let genesis = chain.collator.genesis_head().clone();
	let relay = Relay::new(5, &genesis);
	let error = |result: Result<BuiltBlock, BuildError>| match result {
		Err(BuildError::Invalid(error)) => error,
		other => panic!("{other:?}"),
	};
	let other = ValidationCode(vec![8; 100]);
	let unexpected = error(chain.build_with(&genesis, &relay, Some(other.clone())));
	assert_eq!(unexpected, BlockError::UnexpectedCode(other.hash()));
	let restricted = Relay {
		restriction: Some(UpgradeRestriction::Present),
		..relay.clone()
	};
	let refused = error(chain.build_with(&genesis, &restricted, Some(next_code())));
	assert_eq!(refused, BlockError::Announcement(AnnouncementError::Restricted));
	let announced = chain.build_with(&genesis, &relay, Some(next_code())).unwrap();
	let again = error(chain.build_with(&announced.head, &relay, Some(next_code())));
	assert_eq!(again, BlockError::UnexpectedCode(next_code().hash()));

	let rejected = Relay {
		go_ahead: Some(UpgradeGoAhead::Abort),
		..Relay::new(6, &announced.head)
	};
	let block = chain.build(&announced.head, &rejected).unwrap();
	assert_eq!(chain.upgrade(&block.head), (UpgradeStage::Rejected, 1));
	assert!(in_wasm(&params(&announced.head, &block)).is_ok());
}
