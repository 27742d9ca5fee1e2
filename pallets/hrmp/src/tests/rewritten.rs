//! Paras that are overwritten by other than a candidate.

use super::*;
use async_backing_primitives::{ports::OnParaOverridden, BlockNumber};

/// Gives the para another most recent context.
fn rewrite(para: ParaId, context: BlockNumber) {
	Hrmp::on_para_overridden(para);
	neighbours(|state| state.contexts.insert(para, context));
	assert_eq!(Hrmp::do_try_state(), Ok(()));
}

#[test]
fn r_base_9_another_context_moves_no_watermark() {
	// Raised above what waits, lowered below what was consumed.
	for context in [9, 2] {
		run(|| {
			open(A, B);
			send(A, B, 3, b"one");
			consume(B, 4, 4);
			for block in [5, 7] {
				send(A, B, block, b"two");
			}
			assert_eq!(Hrmp::valid_watermarks(B), [4, 5, 7]);
			rewrite(B, context);
			assert_eq!(Hrmp::valid_watermarks(B), [4, 5, 7], "R-BASE-9: {context}");
			assert_eq!(consume(B, 5, 10), 1);
			assert_eq!(contents(A, B), [(7, b"two".to_vec())], "R-HRMP-3");
			consume(B, 11, 11);
			assert_eq!(
				HrmpInboxes::<Test>::get(B).watermark,
				None,
				"the next that is its relay parent is not stored again"
			);
		});
	}
}

#[test]
fn r_base_9_a_watermark_of_its_own_stays() {
	run(|| {
		open(A, B);
		for block in [3, 5] {
			send(A, B, block, b"one");
		}
		consume(B, 3, 8);
		rewrite(B, 20);
		assert_eq!(Hrmp::valid_watermarks(B), [3, 5], "R-BASE-9");
	});
}

#[test]
fn r_base_9_without_a_candidate_nothing_was_consumed() {
	run(|| {
		open(A, B);
		send(A, B, 3, b"one");
		rewrite(B, 8);
		assert_eq!(
			Hrmp::valid_watermarks(B),
			[0, 3],
			"R-BASE-9: not 8, which would hide it"
		);
	});
}
