//! `try_state` finds what is wrong.

use crate::{
	mock::*, ClaimQueueSnapshot, ClaimQueueSnapshots, InherentIncluded, OnChainVotes, Pallet,
	PendingAvailability, PendingCandidate, PendingReceipt, PendingReceipts, RelayParentWindow,
};
use async_backing_primitives::{ClaimQueue, CoreIndex, Hash, HeadData, ValidatorIndex};

fn change(index: usize, change: impl FnOnce(&mut PendingCandidate)) {
	PendingAvailability::<Test>::mutate(|list| change(&mut list[index]));
}

fn change_receipt(change: impl FnOnce(&mut PendingReceipt)) {
	PendingReceipts::<Test>::mutate(pending(PARA)[0], |stored| {
		change(stored.as_mut().expect("it is pending"))
	});
}

#[test]
fn try_state_names_what_is_wrong() {
	type Row = (&'static str, fn());
	let rows: [Row; 22] = [
		("outlives its block (R-INC-1)", || {
			InherentIncluded::<Test>::put(())
		}),
		("snapshots are not those of the window (R-REL-7)", || {
			ClaimQueueSnapshots::<Test>::remove(parent().number);
		}),
		("of the latest block was not noted (R-REL-7)", || {
			ClaimQueueSnapshots::<Test>::remove(now());
		}),
		("longer than the ancestry allows (R-REL-2)", || {
			neighbours(|state| state.config.async_backing_params.allowed_ancestry_len = 0);
		}),
		("does not end with the parent", || {
			RelayParentWindow::<Test>::mutate(|window| {
				window.update(block(0), 0);
			});
		}),
		("two candidates occupy one core (R-GLO-12)", || {
			change(1, |candidate| candidate.core = CoreIndex(0))
		}),
		("a core that does not exist is occupied", || {
			change(1, |candidate| candidate.core = CoreIndex(2))
		}),
		("a receipt is missing", || {
			PendingReceipts::<Test>::remove(pending(PARA)[0]);
		}),
		("do not pair up", || {
			PendingAvailability::<Test>::mutate(|list| list.truncate(1));
		}),
		("do not ascend by para", || {
			change(0, |candidate| candidate.para = OTHER);
		}),
		("not what its hash says (R-GLO-2)", || {
			change_receipt(|stored| stored.commitments_hash = Default::default())
		}),
		("relay parents move backwards (R-REL-4)", || {
			change(1, |candidate| candidate.relay_parent_number = 2)
		}),
		("does not build on the one before (R-BCK-4)", || {
			neighbours(|state| state.heads.insert(PARA, HeadData(vec![9])));
		}),
		("does not end with the parent", || {
			frame_system::BlockHash::<Test>::insert(parent().number, Hash::repeat_byte(9));
		}),
		("is of another session (R-REL-7)", || {
			let far = ClaimQueue::from([(CoreIndex(2), [PARA].into())]);
			ClaimQueueSnapshots::<Test>::insert(parent().number, ClaimQueueSnapshot::from(far));
		}),
		("outside its group backed a candidate (R-BKV-2)", || {
			change_receipt(|stored| {
				(0..4).for_each(|validator| {
					stored.backers.insert(ValidatorIndex(validator));
				})
			})
		}),
		("occupies a core that it does not name (R-BCK-3)", || {
			change(0, |candidate| candidate.core = CoreIndex(1));
			change(1, |candidate| candidate.core = CoreIndex(0));
		}),
		("was backed in a later block", || {
			change(1, |candidate| candidate.backed_in = 9)
		}),
		("an available candidate was not enacted (R-ENA-3)", || {
			change(0, |candidate| {
				(0..4).for_each(|validator| {
					candidate.availability_votes.insert(ValidatorIndex(validator));
				})
			})
		}),
		("nobody says who backed what (R-INC-2)", || {
			change(1, |candidate| candidate.backed_in = now());
			OnChainVotes::<Test>::kill();
		}),
		("not for what it backed (R-INC-2)", || {
			change(1, |candidate| candidate.backed_in = now());
		}),
		("nobody backed a candidate (R-BKV-1)", || {
			change_receipt(|stored| stored.backers = crate::ValidatorBits::none_of(4))
		}),
	];
	for (expected, corrupt) in rows {
		Setup::elastic(2).run(|| {
			run_to(4);
			let first = Candidate::first();
			finish_block_with(inherent(&[], &[&first, &first.child(1, 2)]));
			enter(inherent(&[], &[])).expect("an empty inherent is fine");
			InherentIncluded::<Test>::kill();
			Pallet::<Test>::take_snapshot();
			assert_eq!(Pallet::<Test>::do_try_state(), Ok(()), "sound before: {expected}");
			let found = frame_support::storage::with_transaction_unchecked(|| {
				corrupt();
				frame_support::storage::TransactionOutcome::Rollback(Pallet::<Test>::do_try_state())
			});
			let message = format!("{:?}", found.expect_err(expected));
			assert!(
				message.contains(expected),
				"expected {expected:?}, found {message}"
			);
			InherentIncluded::<Test>::put(());
		});
	}
}
