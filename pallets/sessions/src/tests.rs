use crate::{
	handover_impls::shuffle, mock::*, ActiveValidatorIndices, ActiveValidatorKeys, BufferedChange,
	BufferedSessionChange, CurrentSessionIndex, Event, RememberedSessions,
};
use async_backing_primitives::{
	ports::{CurrentSession, SessionChange},
	HostConfiguration, ValidatorIndex, MAX_VALIDATORS,
};
use frame_support::{
	storage::{with_transaction_unchecked, TransactionOutcome},
	traits::{Get, OneSessionHandler},
	BoundedVec,
};
use std::collections::BTreeSet;

fn told(log: &[Entry]) -> Vec<&SessionChange> {
	log.iter()
		.filter_map(|entry| match entry {
			Entry::Told {
				receiver: 1, change, ..
			} => Some(&**change),
			_ => None,
		})
		.collect()
}

fn sorted_validators() -> Vec<Vec<u8>> {
	let mut keys: Vec<Vec<u8>> = Sessions::validators()
		.iter()
		.map(|key| AsRef::<[u8]>::as_ref(key).to_vec())
		.collect();
	keys.sort();
	keys
}

fn keys_of(validators: impl IntoIterator<Item = u64>) -> Vec<Vec<u8>> {
	let mut keys: Vec<Vec<u8>> = validators
		.into_iter()
		.map(|validator| AsRef::<[u8]>::as_ref(&key(validator)).to_vec())
		.collect();
	keys.sort();
	keys
}

#[test]
fn the_first_session_begins_at_genesis_with_block_one() {
	run(6, 0, || {
		let log = take_log();
		let changes = told(&log);
		assert_eq!(changes.len(), 1);
		assert_eq!(changes[0].session_index, 0);
		assert_eq!(
			changes[0].session_start, 1,
			"the first block that can have a relay parent"
		);
		assert_eq!(sorted_validators(), keys_of(0..6));
		begin_block();
		assert!(
			!Sessions::is_change_buffered(),
			"R-ABP-10: candidates can be backed in block 1"
		);
		end_block();
		assert_eq!(take_log(), []);
	});
}

#[test]
fn the_first_session_begins_whichever_genesis_is_built_first() {
	use frame_support::traits::BuildGenesisConfig;
	sp_io::TestExternalities::default().execute_with(|| {
		take_log();
		crate::GenesisConfig::<Test>::default().build();
		assert_eq!(take_log(), [], "no validators are known yet");
		let validators = [(0, key(0)), (1, key(1))];
		Sessions::on_genesis_session(validators.iter().map(|(account, key)| (account, key.clone())));
		assert_eq!(told(&take_log()).len(), 1);
		assert_eq!(sorted_validators(), keys_of(0..2));
		assert_eq!(Sessions::validator_count(), 2, "without reading their keys");
		Sessions::do_try_state().expect("nothing stays buffered");
	});
}

#[test]
fn r_abp_9_configuration_then_shared_state_then_everybody_in_order() {
	run(4, 0, || {
		run_through(SESSION - 1);
		take_log();
		run_through(SESSION);
		let log = take_log();
		assert_eq!(
			log[0],
			Entry::Activated {
				session: 1,
				current: 0
			},
			"R-ABP-9: configuration first"
		);
		let rest: Vec<(u8, u32, u32)> = log[1..]
			.iter()
			.map(|entry| match entry {
				Entry::Told {
					receiver,
					change,
					current,
				} => (*receiver, change.session_index, *current),
				Entry::Activated { .. } => panic!("activated twice"),
			})
			.collect();
		assert_eq!(
			rest,
			(1..=9).map(|receiver| (receiver, 1, 1)).collect::<Vec<_>>(),
			"R-ABP-9: paras, scheduler, inclusion, disputes, messages, others"
		);
		let change = told(&log)[0];
		assert_eq!(
			change.session_start,
			SESSION + 1,
			"R-ABP-9: session start = b + 1"
		);
		assert_eq!(
			change.old_configuration,
			HostConfiguration {
				num_cores: 1,
				..Default::default()
			}
		);
		assert_eq!(
			change.new_configuration,
			HostConfiguration {
				num_cores: 2,
				..Default::default()
			}
		);
		System::assert_has_event(
			Event::SessionStarts {
				session: 1,
				validators: 4,
			}
			.into(),
		);
	});
}

#[test]
fn r_abp_10_the_change_is_buffered_during_the_last_block_and_only_then() {
	run(4, 0, || {
		for block in 1..=3 * SESSION {
			let session = (block - 1) / SESSION;
			begin_block();
			let is_last = block % SESSION == 0;
			assert_eq!(Sessions::is_change_buffered(), is_last, "R-ABP-10: block {block}");
			assert_eq!(
				Sessions::index(),
				session,
				"R-ABP-10: block {block} belongs to the session that ends"
			);
			end_block();
			assert!(!Sessions::is_change_buffered());
			let child_session = block / SESSION;
			assert_eq!(
				<Sessions as Get<u32>>::get(),
				child_session,
				"R-GLO-14: the session that the child runs in"
			);
			assert_eq!(
				Session::current_index(),
				child_session,
				"as the session pallet counts"
			);
		}
	});
}

#[test]
fn validators_are_shuffled_anew_for_every_session() {
	run(32, 0, || {
		let mut orders = BTreeSet::new();
		for session in 0..4 {
			run_through(session * SESSION);
			let indices = ActiveValidatorIndices::<Test>::get().into_inner();
			let keys: Vec<_> = indices.iter().map(|index| key(u64::from(*index))).collect();
			assert_eq!(
				keys,
				Sessions::validators(),
				"R-ABP-9: indices and keys go together"
			);
			assert_eq!(sorted_validators(), keys_of(0..32), "nobody is lost");
			orders.insert(indices);
		}
		assert_eq!(orders.len(), 4, "each session has an order of its own");
	});
}

#[test]
fn shuffling_depends_on_the_seed_alone() {
	let validators: Vec<_> = (0..5).map(key).collect();
	let (indices, keys) = shuffle(&validators, [7; 32], usize::MAX);
	assert_eq!((indices.clone(), keys), shuffle(&validators, [7; 32], 5));
	// Written out, so that another generator or another algorithm shows: it would be a fork.
	assert_eq!(indices, [3, 0, 4, 1, 2]);
	assert_eq!(
		shuffle(&validators, [7; 32], 2).0,
		indices[..2],
		"R-ABP-9: shuffled first, then truncated"
	);
	assert_eq!(shuffle(&[], [7; 32], 3), (vec![], vec![]));
}

#[test]
fn r_abp_9_validators_are_truncated_to_the_new_configuration() {
	run(9, 0, || {
		MaxValidators::set(Some(4));
		run_through(SESSION);
		assert_eq!(Sessions::validators().len(), 4, "R-ABP-9");
		let indices: BTreeSet<u32> = ActiveValidatorIndices::<Test>::get().into_iter().collect();
		assert_eq!(indices.len(), 4);
		assert_ne!(indices, (0..4).collect(), "which four is left to chance");
		MaxValidators::set(None);
		run_through(2 * SESSION);
		assert_eq!(Sessions::validators().len(), 9);
	});
}

#[test]
fn validators_beyond_the_ceiling_are_not_active() {
	run(1, 0, || {
		let many: Vec<_> = (0..u64::from(MAX_VALIDATORS) + 2).map(|v| (v, key(v))).collect();
		let validators = || many.iter().map(|(account, key)| (account, key.clone()));
		begin_block();
		Sessions::on_new_session(true, validators(), validators());
		end_block();
		assert_eq!(Sessions::validators().len() as u32, MAX_VALIDATORS);
	});
}

#[test]
fn a_new_set_of_validators_comes_in_after_its_session_of_delay() {
	run(3, 2, || {
		NextValidators::set(Some(vec![3, 4]));
		run_through(SESSION);
		assert_eq!(
			sorted_validators(),
			keys_of(0..3),
			"the session pallet keeps the genesis set for two sessions"
		);
		run_through(2 * SESSION - 1);
		assert_eq!(
			sorted_validators(),
			keys_of(0..3),
			"R-ABP-10: until the session ends"
		);
		run_through(2 * SESSION);
		assert_eq!(sorted_validators(), keys_of(3..5));
	});
}

#[test]
fn r_bkv_4_disabled_validators_by_their_shuffled_index() {
	run(8, 0, || {
		run_through(3);
		assert_eq!(Sessions::disabled(), BTreeSet::new());
		assert!(Session::disable_index(5));
		assert!(Session::disable_index(2));
		let expected = |who: &[u64]| -> BTreeSet<ValidatorIndex> {
			let position = |who: &u64| Sessions::validators().iter().position(|k| *k == key(*who));
			who.iter()
				.filter_map(position)
				.map(|position| ValidatorIndex(position as u32))
				.collect()
		};
		assert_eq!(Sessions::disabled(), expected(&[2, 5]), "R-BKV-4");
		assert_eq!(Sessions::disabled().len(), 2);
		assert!(Session::reenable_index(5));
		assert_eq!(
			Sessions::disabled(),
			expected(&[2]),
			"R-BKV-4: who is enabled again counts again"
		);
		// The set stays as it is, so the session pallet keeps the validator disabled; its index here is another.
		run_through(SESSION);
		assert_eq!(Sessions::disabled(), expected(&[2]), "R-BKV-4: in the new order");
		assert_eq!(Sessions::disabled().len(), 1);
	});
}

#[test]
fn r_bak_14_r_def_29_votes_count_by_who_was_disabled_when_nodes_asked() {
	run(8, 0, || {
		run_through(3);
		let position = |who: u64| {
			let position = Sessions::validators().iter().position(|k| *k == key(who));
			ValidatorIndex(position.expect("it is active") as u32)
		};
		let (five, two) = (BTreeSet::from([position(5)]), BTreeSet::from([position(2)]));
		assert!(Session::disable_index(5));
		assert_eq!(Sessions::disabled(), five, "what nodes see when this block ends");
		assert_eq!(
			Sessions::disabled_in_parent(),
			BTreeSet::new(),
			"R-BAK-14: its parent"
		);
		run_through(4);
		assert_eq!(Sessions::disabled_in_parent(), five, "R-BAK-14: in its child");
		assert!(Session::reenable_index(5) && Session::disable_index(2));
		assert_eq!(Sessions::disabled_in_parent(), five, "R-BAK-14");
		run_through(5);
		assert_eq!(Sessions::disabled_in_parent(), two, "R-BAK-14");
		// In the first block of a session validators have other indices.
		run_through(SESSION);
		assert_eq!(
			Sessions::disabled_in_parent(),
			BTreeSet::from([position(2)]),
			"R-BAK-14: in the new order"
		);
	});
}

#[test]
fn a_disabled_validator_that_is_not_active_is_nobody_here() {
	run(6, 0, || {
		MaxValidators::set(Some(1));
		run_through(SESSION);
		let active = ActiveValidatorIndices::<Test>::get();
		let idle = (0..6)
			.find(|index| !active.contains(index))
			.expect("one is active");
		assert!(Session::disable_index(idle));
		assert_eq!(Sessions::disabled(), BTreeSet::new());
	});
}

/// The chain as it is when it gets this pallet: everything of it is gone, and sessions went on without it.
fn adopt_at(session: u32) {
	CurrentSessionIndex::<Test>::kill();
	ActiveValidatorIndices::<Test>::kill();
	ActiveValidatorKeys::<Test>::kill();
	pallet_session::CurrentIndex::<Test>::put(session);
	take_log();
}

#[test]
fn r_def_34_a_chain_that_adopts_the_pallet_in_session_41_goes_on_with_42() {
	run(4, 0, || {
		run_through(5);
		adopt_at(41);
		assert_eq!(Sessions::index(), 41, "R-DEF-34");
		run_through(SESSION - 1);
		assert_eq!(
			<Sessions as Get<u32>>::get(),
			41,
			"R-DEF-34: before it heard of any change"
		);
		begin_block();
		assert_eq!(Session::current_index(), 42);
		assert_eq!(
			Sessions::index(),
			41,
			"R-ABP-10, R-DEF-34: the last block belongs to the session that ends"
		);
		end_block();
		assert_eq!(
			(Session::current_index(), Sessions::index()),
			(42, 42),
			"R-DEF-34"
		);
		let log = take_log();
		assert_eq!(
			told(&log)[0].session_index,
			42,
			"R-DEF-34: everybody hears the same"
		);
		assert_eq!(
			log[0],
			Entry::Activated {
				session: 42,
				current: 41
			},
			"R-ABP-7, R-DEF-34"
		);
		assert_eq!(Sessions::validators().len(), 4);
		run_through(2 * SESSION);
		assert_eq!(
			(Session::current_index(), Sessions::index()),
			(43, 43),
			"R-DEF-34"
		);
	});
}

#[test]
fn r_def_34_the_index_is_the_session_pallets_after_every_block() {
	run(4, 0, || {
		for block in 1..=5 * SESSION {
			begin_block();
			let ends = block % SESSION == 0;
			let session = (block - 1) / SESSION;
			assert_eq!(
				(Session::current_index(), Sessions::index()),
				(session + u32::from(ends), session),
				"R-DEF-34: within block {block}"
			);
			end_block();
			assert_eq!(
				Session::current_index(),
				Sessions::index(),
				"R-DEF-34: after block {block}"
			);
		}
	});
}

#[test]
fn r_def_34_sessions_that_begin_with_one_block_are_one_change() {
	run(4, 0, || {
		run_through(3);
		take_log();
		begin_block();
		(0..3).for_each(|_| Session::rotate_session());
		assert_eq!((Session::current_index(), Sessions::index()), (3, 0));
		assert!(Sessions::is_change_buffered());
		end_block();
		assert_eq!((Session::current_index(), Sessions::index()), (3, 3), "R-DEF-34");
		let log = take_log();
		let sessions: Vec<u32> = told(&log).iter().map(|change| change.session_index).collect();
		assert_eq!(sessions, [3], "R-DEF-34: told once, of the last");
		assert_eq!(
			log[0],
			Entry::Activated {
				session: 3,
				current: 0
			}
		);
		run_through(SESSION);
		assert_eq!((Session::current_index(), Sessions::index()), (4, 4), "R-DEF-34");
	});
}

#[test]
fn r_def_34_a_session_pallet_that_jumps_is_followed() {
	run(4, 0, || {
		run_through(SESSION - 1);
		// As where epochs without blocks are counted as sessions.
		pallet_session::CurrentIndex::<Test>::put(8);
		take_log();
		run_through(SESSION);
		assert_eq!((Session::current_index(), Sessions::index()), (9, 9), "R-DEF-34");
		assert_eq!(told(&take_log())[0].session_index, 9, "R-DEF-34");
	});
}

#[test]
fn r_def_34_state_with_an_index_of_its_own_is_unsound() {
	run(1, 0, || {
		CurrentSessionIndex::<Test>::put(4);
		let refused = Sessions::do_try_state().expect_err("it is not the session pallet's");
		assert!(format!("{refused:?}").contains("R-DEF-34"), "{refused:?}");
		CurrentSessionIndex::<Test>::put(0);
	});
}

#[test]
fn r_abp_9_the_check_of_invariants_finds_what_is_wrong_with_sessions() {
	let is_found = |reason: &'static str, break_it: &dyn Fn()| {
		Sessions::do_try_state().expect("all is well");
		let found = with_transaction_unchecked(|| {
			break_it();
			TransactionOutcome::Rollback(Sessions::do_try_state())
		});
		assert_eq!(found, Err(reason.into()));
	};
	let remember = |sessions: &[u32]| {
		RememberedSessions::<Test>::put(BoundedVec::truncate_from(sessions.to_vec()));
	};
	run(4, 0, || {
		run_through(SESSION);
		is_found("active validators: as many keys as indices", &|| {
			ActiveValidatorIndices::<Test>::mutate(|indices| indices.pop());
		});
		is_found("active validators: an index occurs twice", &|| {
			ActiveValidatorIndices::<Test>::mutate(|indices| indices[0] = indices[1]);
		});
		is_found(
			"R-ABP-9: a session change was not handed out at the end of its block",
			&|| {
				BufferedSessionChange::<Test>::put(BufferedChange {
					session: 2,
					validators: Default::default(),
				});
			},
		);
		is_found("remembered sessions do not ascend", &|| remember(&[1, 0]));
		is_found("what is remembered of sessions is not what is listed", &|| {
			remember(&[0]);
		});
		is_found("a session to come is remembered", &|| {
			let record = crate::Sessions::<Test>::get(1).expect("remembered");
			crate::Sessions::<Test>::insert(2, record);
			remember(&[0, 1, 2]);
		});
	});
}
