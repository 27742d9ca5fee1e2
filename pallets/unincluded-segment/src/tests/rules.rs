use super::*;
use frame_support::inherent::ProvideInherent;
use frame_support::traits::{Hooks, UnfilteredDispatchable};
use sp_inherents::{InherentData, IsFatalError};

#[test]
fn r_seg_1_and_2_blocks_stay_until_they_are_included() {
	run(AnyHook::Capacity(3), || {
		let genesis = genesis();
		let first = block(&genesis, &Relay::new(1, &genesis), sends(&[1, 2], &[]));
		assert_eq!(lengths(), [(2, 3)]);
		let second = block(&first, &Relay::new(2, &genesis), sends(&[3], &[]));
		let third = block(&second, &Relay::new(3, &genesis), nothing());
		assert_eq!(lengths(), [(2, 3), (1, 3), (0, 0)], "R-SEG-1");
		assert_eq!(
			begin(&third, &Relay::new(4, &genesis)),
			refused(Error::SegmentFull),
			"R-SEG-2: three are under way"
		);
		begin(&third, &Relay::new(4, &second)).expect("R-SEG-2: two are included");
		System::assert_last_event(Event::AncestorsIncluded { count: 2 }.into());
		end(sends(&[1], &[])).expect("there is room");
		assert_eq!(lengths(), [(0, 0), (1, 1)]);
	});
}

#[test]
fn r_seg_2_an_included_head_that_is_none_of_the_segment_drops_nothing() {
	run(AnyHook::Capacity(3), || {
		let genesis = genesis();
		let first = block(&genesis, &Relay::new(1, &genesis), nothing());
		let unknown = HeadData(vec![1, 2, 3]);
		block(&first, &Relay::new(2, &unknown), nothing());
		assert_eq!(lengths().len(), 2);
	});
}

#[test]
fn r_seg_3_the_sum_of_what_is_under_way_stays_within_the_relay_chain() {
	run(AnyHook::Capacity(3), || {
		let genesis = genesis();
		let mut relay = Relay::new(1, &genesis);
		relay.upward = (4, 100);
		let first = block(&genesis, &relay, sends(&[10, 10], &[(2001, 30)]));
		for (outputs, expected) in [
			(
				sends(&[1, 1, 1], &[]),
				SegmentError::UmpMessagesOverflow { limit: 4, total: 5 },
			),
			(
				sends(&[50, 31], &[]),
				SegmentError::UmpBytesOverflow {
					limit: 100,
					total: 101,
				},
			),
			(
				sends(&[], &[(2001, 11)]),
				SegmentError::HrmpBytesOverflow {
					recipient: ParaId(2001),
					limit: 40,
					total: 41,
				},
			),
			(
				sends(&[], &[(2002, 1)]),
				SegmentError::NoSuchHrmpChannel(ParaId(2002)),
			),
			(
				sends(&[], &[(2001, 1), (2001, 1)]),
				SegmentError::RecipientsNotAscending(1),
			),
		] {
			let result = taken_back(|| {
				begin(&first, &relay).expect("the block is valid so far");
				end(outputs)
			});
			assert_eq!(result, Err(InvalidBlock::Segment(expected)), "R-SEG-3");
		}
		let told = {
			block(&first, &relay, sends(&[50, 30], &[(2001, 10)]));
			Told::get().expect("it was told")
		};
		assert_eq!(
			(told.limits.ump_remaining, told.limits.ump_remaining_bytes),
			(2, 80),
			"R-SEG-3: what is left"
		);
		assert_eq!(told.limits.hrmp_channels_out[0].1.bytes_remaining, 10);
		assert_eq!(told.relay_state.channels_out[0].1.max_total_size, 40);
	});
}

#[test]
fn r_ump_1_r_hrmp_5_no_block_sends_what_no_candidate_may() {
	run(AnyHook::Capacity(3), || {
		let genesis = genesis();
		for (outputs, expected) in [
			(sends(&[1; 4], &[]), OutputError::TooManyUpward { got: 4, max: 3 }),
			(
				sends(&[51], &[]),
				OutputError::UpwardTooLarge { got: 51, max: 50 },
			),
			(
				sends(&[], &[(2001, 1), (2002, 1), (2003, 1)]),
				OutputError::TooManyHorizontal { got: 3, max: 2 },
			),
			(
				sends(&[], &[(2001, 51)]),
				OutputError::HorizontalTooLarge {
					recipient: ParaId(2001),
					got: 51,
					max: 50,
				},
			),
		] {
			let result = taken_back(|| {
				begin(&genesis, &Relay::new(1, &genesis)).expect("the block is valid so far");
				end(outputs)
			});
			assert_eq!(result, Err(InvalidBlock::Outputs(expected)));
		}
	});
}

#[test]
fn r_seg_4_the_watermark_does_not_move_back() {
	run(AnyHook::Capacity(5), || {
		let genesis = genesis();
		let at = |watermark| Outputs {
			hrmp_watermark: Some(watermark),
			..nothing()
		};
		let first = block(&genesis, &Relay::new(5, &genesis), at(3));
		assert_eq!(StoredSegment::<Test>::get().hrmp_watermark, Some(3));
		let second = block(&first, &Relay::new(6, &genesis), at(3));
		let third = block(&second, &Relay::new(7, &genesis), nothing());
		assert_eq!(
			StoredSegment::<Test>::get().hrmp_watermark,
			Some(7),
			"R-SEG-4: the relay parent where nothing is said"
		);
		let result = taken_back(|| {
			begin(&third, &Relay::new(8, &genesis)).expect("the block is valid so far");
			end(at(6))
		});
		assert_eq!(
			result,
			Err(InvalidBlock::Segment(SegmentError::WatermarkMovedBack {
				latest: 7,
				submitted: 6
			})),
			"R-SEG-4"
		);
	});
}

#[test]
fn r_seg_5_one_block_acts_on_the_answer_to_an_upgrade() {
	for (signal, answers) in [(UpgradeGoAhead::GoAhead, (1, 0)), (UpgradeGoAhead::Abort, (0, 1))] {
		run(AnyHook::Capacity(5), || {
			let genesis = genesis();
			Pending::set(true);
			let shows = |number, included, go_ahead| Relay {
				go_ahead,
				..Relay::new(number, included)
			};
			begin(&genesis, &shows(1, &genesis, Some(signal))).expect("the block is valid");
			System::assert_last_event(
				Event::GoAheadAnswered {
					signal,
					pending: true,
				}
				.into(),
			);
			let first = end(nothing()).expect("the block is valid");
			assert_eq!((Answers::get(), Pending::get()), (answers, false), "R-SEG-5");

			// The next ones see the signal, and leave it alone.
			let second = block(&first, &shows(2, &genesis, Some(signal)), nothing());
			assert_eq!(Answers::get(), answers, "R-SEG-5");
			assert_eq!(
				begin(&second, &shows(3, &genesis, None)),
				refused(Error::GoAheadVanished),
				"R-SEG-5: it stays while its block is not included"
			);
			let third = block(&second, &shows(3, &first, None), nothing());

			// Nothing is pending, but the relay chain's governance put code in force.
			begin(&third, &shows(4, &third, Some(UpgradeGoAhead::GoAhead))).expect("the block is valid");
			System::assert_last_event(
				Event::GoAheadAnswered {
					signal: UpgradeGoAhead::GoAhead,
					pending: false,
				}
				.into(),
			);
			assert_eq!(Answers::get(), answers);
			end(nothing()).expect("the block is valid");
		});
	}
}

#[test]
fn r_seg_6_when_an_upgrade_may_be_announced() {
	run(AnyHook::Capacity(5), || {
		let may = |size| Pallet::<Test>::ensure_may_announce(size).map_err(sp_runtime::DispatchError::from);
		assert_eq!(may(50), refused(Error::NoValidationData));
		let genesis = genesis();
		let mut relay = Relay::new(1, &genesis);
		begin(&genesis, &relay).expect("the block is valid");
		assert_eq!(may(50), Ok(()));
		assert_eq!(may(8), refused(Error::BadCodeSize), "R-CODE-1");
		assert_eq!(may(101), refused(Error::BadCodeSize), "R-CODE-1");
		Pending::set(true);
		assert_eq!(may(50), refused(Error::UpgradePending), "R-SEG-6");
		let first = end(nothing()).expect("the block is valid");

		relay.restriction = Some(UpgradeRestriction::Present);
		relay.go_ahead = Some(UpgradeGoAhead::GoAhead);
		begin(&first, &relay).expect("the block is valid");
		assert_eq!(may(50), refused(Error::AnnouncementRestricted), "R-SEG-6");
		let second = end(nothing()).expect("the block is valid");

		// The cooldown is over, but the relay chain has the code stored until the second block is included.
		relay.restriction = None;
		begin(&second, &relay).expect("the block is valid");
		assert!(!Pending::get());
		assert_eq!(may(50), refused(Error::UpgradePending), "R-CODE-2");
		let third = end(nothing()).expect("the block is valid");
		begin(&third, &Relay::new(2, &second)).expect("the block is valid");
		assert_eq!(may(50), Ok(()));
		end(nothing()).expect("the block is valid");
	});
}

#[test]
fn r_seg_7_relay_parents_do_not_move_back() {
	run(AnyHook::Capacity(5), || {
		let genesis = genesis();
		let first = block(&genesis, &Relay::new(4, &genesis), nothing());
		assert_eq!(
			begin(&first, &Relay::new(3, &genesis)),
			refused(Error::RelayParentMovedBack),
			"R-SEG-7"
		);
		Numbers::set(RelayParentNumbers::Strict);
		assert_eq!(
			begin(&first, &Relay::new(4, &genesis)),
			refused(Error::RelayParentMovedBack),
			"R-SEG-7: synchronously"
		);
		Numbers::set(RelayParentNumbers::Monotonic);
		block(&first, &Relay::new(4, &genesis), nothing());
	});
}

#[test]
fn r_seg_7_the_chain_begins_behind_the_relay_block_of_its_genesis() {
	run(AnyHook::Capacity(5), || {
		use frame_support::traits::BuildGenesisConfig;
		GenesisConfig::<Test> {
			relay_parent: Some(10),
			..Default::default()
		}
		.build();
		let genesis = genesis();
		assert_eq!(
			begin(&genesis, &Relay::new(9, &genesis)),
			refused(Error::RelayParentMovedBack),
			"R-SEG-7"
		);
		block(&genesis, &Relay::new(10, &genesis), nothing());
	});
}

#[test]
fn r_hoo_1_the_parent_has_to_be_included() {
	run(AnyHook::Parent, || {
		let genesis = genesis();
		let first = block(&genesis, &Relay::new(1, &genesis), nothing());
		assert_eq!(
			begin(&first, &Relay::new(2, &genesis)),
			refused(Error::RefusedByHook),
			"R-HOO-1"
		);
		let second = block(&first, &Relay::new(3, &first), nothing());
		let silent = Relay {
			included: None,
			..Relay::new(4, &first)
		};
		block(&second, &silent, nothing());
		assert_eq!(lengths().len(), 1, "R-HOO-1: taken for included");
	});
}

#[test]
fn r_hoo_1_other_hooks_need_the_included_head() {
	run(AnyHook::Capacity(3), || {
		let silent = Relay {
			included: None,
			..Relay::new(1, &genesis())
		};
		assert_eq!(begin(&genesis(), &silent), refused(Error::RefusedByHook));
	});
}

#[test]
fn r_hoo_2_the_block_is_of_the_slot_of_its_relay_parent() {
	let velocity = FixedVelocity {
		velocity: 1,
		capacity: 3,
	};
	let slots = InParaSlots {
		hook: velocity,
		relay_slot_duration: 6_000,
		para_slot_duration: 12_000,
	};
	run(AnyHook::Slots(slots), || {
		let genesis = genesis();
		for (slot, expected) in [
			(None, refused(Error::RefusedByHook)),
			(Some(1), refused(Error::RefusedByHook)),
			(Some(2), Ok(())),
		] {
			CurrentSlot::set(slot);
			assert_eq!(begin(&genesis, &Relay::new(5, &genesis)), expected, "R-HOO-2");
		}
		end(nothing()).expect("the block is valid");
	});
}

#[test]
fn r_hoo_3_r_hoo_4_the_runtime_api_says_what_the_chain_does() {
	let hook = FixedVelocity {
		velocity: 1,
		capacity: 3,
	};
	run(AnyHook::Velocity(hook), || {
		let can = |included: &HeadData, slot| UnincludedSegment::can_build_upon(included.hash(), slot);
		let genesis = genesis();
		assert!(can(&genesis, 5));
		let first = block(&genesis, &Relay::new(5, &genesis), nothing());
		assert!(can(&genesis, 5), "R-HOO-2: one more than the velocity");
		assert!(!can(&genesis, 4), "R-HOO-3: an older slot");
		let second = block(&first, &Relay::new(5, &genesis), nothing());
		assert!(!can(&genesis, 5), "R-HOO-4");
		assert_eq!(
			begin(&second, &Relay::new(5, &genesis)),
			refused(Error::RefusedByHook)
		);
		assert!(can(&genesis, 6), "R-HOO-4: two are unincluded");
		let third = block(&second, &Relay::new(6, &genesis), nothing());
		assert!(!can(&genesis, 7), "R-HOO-4: until inclusion advances");
		assert_eq!(
			begin(&third, &Relay::new(7, &genesis)),
			refused(Error::SegmentFull)
		);
		assert!(can(&first, 7), "R-HOO-4");
		block(&third, &Relay::new(7, &first), nothing());
	});
}

#[test]
fn a_block_has_one_inherent_and_it_is_for_its_parent() {
	run(AnyHook::Capacity(3), || {
		let genesis = genesis();
		let relay = Relay::new(1, &genesis);
		initialize(&genesis);
		let elsewhere = relay.inherent(&HeadData(vec![9]));
		assert_eq!(inherent(elsewhere), refused(Error::WrongParentHead));
		let data = relay.inherent(&genesis);
		let call = Call::<Test>::set_validation_data { data: data.clone() };
		let signed = call.clone().dispatch_bypass_filter(RuntimeOrigin::signed(1));
		assert!(signed.is_err(), "nobody sends it");
		let result = call.dispatch_bypass_filter(RuntimeOrigin::none());
		let weight = result.expect("the block is valid").actual_weight;
		assert!(
			weight.is_some_and(|actual| actual.all_lte(UnincludedSegment::booked_weight(&data.relay_state)))
		);
		assert_eq!(inherent(data), refused(Error::SecondInherent));
		end(nothing()).expect("the block is valid");
	});
}

#[test]
fn a_proof_that_is_none_makes_the_block_invalid() {
	run(AnyHook::Capacity(3), || {
		let genesis = genesis();
		let relay = Relay::new(1, &genesis);
		initialize(&genesis);
		let mut other_root = relay.inherent(&genesis);
		other_root.validation_data.relay_parent_storage_root.0[0] ^= 1;
		assert_eq!(inherent(other_root), refused(Error::InvalidRelayState));
		// Every node is needed: they are on the way to keys that must be proven.
		let whole = relay.inherent(&genesis);
		let nodes: Vec<_> = whole.relay_state.iter_nodes().cloned().collect();
		let mut refused = 0;
		for left_out in 0..nodes.len() {
			let mut part = whole.clone();
			part.relay_state = sp_trie::StorageProof::new(
				nodes
					.iter()
					.enumerate()
					.filter(|(index, _)| *index != left_out)
					.map(|(_, node)| node.clone()),
			);
			let result = taken_back(|| inherent(part));
			refused += usize::from(result.is_err());
		}
		// But for the node with the relay chain's slot, which this hook does not ask for.
		assert!(
			refused + 1 >= nodes.len(),
			"{refused} of {} nodes are missed",
			nodes.len()
		);
	});
}

#[test]
#[should_panic(expected = "a block needs validation data (R-SEG-2)")]
fn a_block_without_the_inherent_is_invalid() {
	run(AnyHook::Capacity(3), || {
		initialize(&genesis());
		UnincludedSegment::on_finalize(1);
	});
}

#[test]
#[should_panic(expected = "no channel to para 2002 (R-SEG-3)")]
fn r_seg_3_a_block_that_sends_too_much_is_invalid() {
	run(AnyHook::Capacity(3), || {
		begin(&genesis(), &Relay::new(1, &genesis())).expect("the block is valid so far");
		Sends::set(sends(&[], &[(2002, 1)]));
		UnincludedSegment::on_finalize(1);
	});
}

#[test]
fn the_inherent_comes_from_the_collators_data() {
	run(AnyHook::Capacity(3), || {
		let data = Relay::new(1, &genesis()).inherent(&genesis());
		let mut inherents = InherentData::new();
		assert!(UnincludedSegment::create_inherent(&inherents).is_none());
		inherents
			.put_data(UNINCLUDED_SEGMENT_IDENTIFIER, &data)
			.expect("there is none");
		let call = UnincludedSegment::create_inherent(&inherents).expect("there is data");
		assert!(UnincludedSegment::is_inherent(&call));
		assert_eq!(call, Call::set_validation_data { data: data.clone() });
		let missing = UnincludedSegment::is_inherent_required(&inherents);
		assert!(missing.is_ok_and(|error| error.is_some_and(|error| error.is_fatal_error())));
		let mut garbage = InherentData::new();
		garbage
			.put_data(UNINCLUDED_SEGMENT_IDENTIFIER, &7u8)
			.expect("there is none");
		assert!(UnincludedSegment::create_inherent(&garbage).is_none());

		let params = async_backing_primitives::ValidationParams {
			parent_head: data.validation_data.parent_head.clone(),
			block_data: Default::default(),
			relay_parent_number: 1,
			relay_parent_storage_root: data.validation_data.relay_parent_storage_root,
		};
		assert!(data.is_for(&params));
		let later = async_backing_primitives::ValidationParams {
			relay_parent_number: 2,
			..params
		};
		assert!(!data.is_for(&later));
	});
}

#[test]
fn the_port_of_a_chain_that_sends_nothing() {
	run(AnyHook::Capacity(3), || {
		begin(&genesis(), &Relay::new(1, &genesis())).expect("the block is valid");
		let room = UnincludedSegment::room().expect("there is an inherent");
		assert_eq!(<() as BlockOutputs>::take(&room), Outputs::default());
		assert!(!<() as CodeUpgrades>::is_pending());
		<() as CodeUpgrades>::apply();
		<() as CodeUpgrades>::discard();
		end(nothing()).expect("the block is valid");
		assert!(UnincludedSegment::room().is_none());
	});
}
