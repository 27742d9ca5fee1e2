//! Random histories of paras: whatever happens, lists, votes, signals and codes agree, who could hear an answer is who
//! clears it, and nothing outlives a para but the code that it ran, for a while.

use super::*;
use async_backing_primitives::BlockNumber;
use frame_support::traits::PalletInfoAccess;
use frame_system::RawOrigin;
use proptest::prelude::*;
use sp_core::Pair;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
enum Step {
	Register(u32, u8),
	Deregister(u32),
	Announce(u32, u8),
	Vote(u32, u8, bool),
	Trust(u8),
	Distrust(u8),
	/// A candidate is enacted whose relay parent is so many blocks back.
	Include(u32, u32),
	/// So many upward messages of a para wait from now on.
	Upward(u32, u32),
	Retention(u32),
	Blocks(u32),
	Session,
}

fn step() -> impl Strategy<Value = Step> {
	let (para, seed) = (|| 2000u32..2004, || 1u8..5);
	prop_oneof![
		2 => (para(), seed()).prop_map(|(para, seed)| Step::Register(para, seed)),
		1 => para().prop_map(Step::Deregister),
		3 => (para(), seed()).prop_map(|(para, seed)| Step::Announce(para, seed)),
		8 => (0u32..5, seed(), proptest::bool::weighted(0.8))
			.prop_map(|(validator, seed, accept)| Step::Vote(validator, seed, accept)),
		1 => seed().prop_map(Step::Trust),
		1 => seed().prop_map(Step::Distrust),
		4 => (para(), 1u32..6).prop_map(|(para, back)| Step::Include(para, back)),
		1 => (para(), 0u32..3).prop_map(|(para, count)| Step::Upward(para, count)),
		1 => (0u32..9).prop_map(Step::Retention),
		4 => (1u32..5).prop_map(Step::Blocks),
		2 => Just(Step::Session),
	]
}

/// What the states of past blocks show: for each para with an answer the block that it is of.
#[derive(Default)]
struct Shown(BTreeMap<(BlockNumber, ParaId), BlockNumber>);

impl Shown {
	/// Ends the block and begins the next.
	fn next_block(&mut self) {
		let now = System::block_number();
		run_to(now + 1);
		// The beginning of a block gives go-aheads, which are of that block.
		for (para, record) in ParaRecords::<Test>::iter() {
			if let Some(at) = record.answered_at.filter(|at| *at <= now) {
				self.0.insert((now, para), at);
			}
		}
	}

	/// Enacts a candidate, and checks that it clears what its relay parent shows and nothing else.
	fn include(&self, para: ParaId, relay_parent: BlockNumber) {
		let before = ParaRecords::<Test>::get(para).and_then(|record| record.answered_at);
		Paras::note_new_head(para, head(9), relay_parent);
		let Some(before) = before else {
			return;
		};
		let hears = self.0.get(&(relay_parent, para)) == Some(&before);
		assert_eq!(
			UpgradeGoAheadSignal::<Test>::contains_key(para),
			!hears,
			"R-CODE-7: answered in {before}, relay parent {relay_parent}"
		);
	}
}

fn take(step: Step, shown: &mut Shown) {
	let root = RuntimeOrigin::root();
	let now = System::block_number();
	let _ = match step {
		Step::Register(para, seed) => Paras::register(root, ParaId(para), head(1), code(seed)),
		Step::Deregister(para) => {
			let refused = neighbours(|state| state.upward.clone())
				.get(&ParaId(para))
				.is_some_and(|(count, _)| *count > 0);
			let done = Paras::deregister(root, ParaId(para));
			assert!(!(refused && done.is_ok()), "R-DEF-31");
			done
		}
		Step::Announce(para, seed) => {
			announce_only(ParaId(para), seed);
			Ok(())
		}
		Step::Vote(validator, seed, accept) => {
			let statement = verdict(validator, &code(seed), accept);
			let signature = pair(validator).sign(&statement.signing_payload());
			Paras::include_pvf_check_statement(RawOrigin::Authorized.into(), statement, signature)
		}
		Step::Trust(seed) => Paras::trust_code(root, code(seed)),
		Step::Distrust(seed) => Paras::distrust_code(root, code(seed).hash()),
		Step::Include(para, back) => {
			shown.include(ParaId(para), now.saturating_sub(back));
			Ok(())
		}
		Step::Upward(para, count) => {
			// Only paras that there are send.
			if Heads::<Test>::contains_key(ParaId(para)) {
				neighbours(|state| state.upward.insert(ParaId(para), (count, 10 * count)));
			}
			Ok(())
		}
		Step::Retention(blocks) => {
			configure(|config| config.code_retention_period = blocks);
			Ok(())
		}
		Step::Blocks(count) => {
			(0..count).for_each(|_| shown.next_block());
			Ok(())
		}
		Step::Session => {
			next_session();
			Ok(())
		}
	};
	Paras::do_try_state().expect("invariants hold after every step");
	for (para, (count, _)) in neighbours(|state| state.upward.clone()) {
		assert!(
			count == 0 || Heads::<Test>::contains_key(para),
			"R-DEF-31: a queue outlived its para"
		);
	}
}

/// Entries of the pallet's maps.
fn entries() -> usize {
	let prefix = sp_io::hashing::twox_128(Paras::name().as_bytes()).to_vec();
	let mut key = prefix.clone();
	let mut count = 0;
	while let Some(next) = sp_io::storage::next_key(&key).filter(|next| next.starts_with(&prefix)) {
		// Single values have 32 bytes.
		count += usize::from(next.len() > 32);
		key = next;
	}
	count
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]

	#[test]
	fn r_code_3_r_code_7_r_code_9_r_def_31_whatever_happens(
		steps in proptest::collection::vec(step(), 1..100),
	) {
		run(vec![genesis_para(2000, 1), genesis_para(2001, 2)], || {
			let mut shown = Shown::default();
			for step in steps {
				take(step, &mut shown);
			}
			// When nothing is decided any more, nobody waits.
			for _ in 0..3 {
				next_session();
			}
			prop_assert_eq!(Paras::pvfs_require_precheck(), []);

			// And when all are gone and root vouches for nothing, nothing is left.
			neighbours(|state| state.upward.clear());
			for para in Paras::parachains() {
				let _ = Paras::deregister(RuntimeOrigin::root(), para);
			}
			for seed in 1..5 {
				let _ = Paras::distrust_code(RuntimeOrigin::root(), code(seed).hash());
			}
			for _ in 0..3 {
				next_session();
			}
			prop_assert_eq!(Paras::parachains(), []);
			for _ in 0..30 {
				shown.next_block();
			}
			prop_assert_eq!(entries(), 0, "R-DEF-31, R-CODE-9");
			Ok(())
		})?;
	}
}
