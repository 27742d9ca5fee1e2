//! Views that keep one path, beside those that keep forks (R-SEL-5).

use super::*;

/// A view that keeps one path.
fn chain_at(leaves: &[LeafFacts]) -> View {
	let mut view = View::new(ViewConfig {
		selection: Selection::Chain,
		..ViewConfig::default()
	});
	let update = view.update_leaves(leaves, &[]);
	assert_eq!(update.diagnostics, []);
	view
}

/// Two candidates on the included head, the one with the lower hash first, and one on the second.
fn cast() -> [Candidate; 3] {
	let fork = |to, salt| {
		Spec {
			salt,
			..spec(0, to, 20)
		}
		.build()
	};
	let mut both = [fork(1, 1), fork(2, 2)];
	both.sort_by_key(Candidate::hash);
	let [low, high] = both;
	let above = high.commitments().head_data.0[0];
	[low, high, spec(above, 3, 20).build()]
}

fn stands(view: &View, candidate: &Candidate) -> bool {
	!view.membership(PARA, candidate.hash()).is_empty()
}

/// Introduces all of them.
fn with(mut view: View, candidates: &[&Candidate]) -> View {
	for candidate in candidates {
		view.introduce_checked((*candidate).clone()).expect("it fits");
	}
	view
}

#[test]
fn r_sel_5_a_chain_drops_the_fork_with_the_higher_hash_and_what_builds_on_it() {
	let [low, high, above] = cast();
	let leaf = leaf(20).with(PARA, 0, &[]);
	let mut chain = with(chain_at(std::slice::from_ref(&leaf)), &[&low, &high, &above]);
	for candidate in [&low, &high, &above] {
		assert!(stands(&chain, candidate), "until one of them is backed all stand");
	}
	chain.note_backed(PARA, high.hash()).expect("it is known");
	assert!(stands(&chain, &low), "a lower hash may still win");
	chain.note_backed(PARA, low.hash()).expect("it is known");
	for lost in [&high, &above] {
		assert!(!stands(&chain, lost));
		assert!(chain.candidate(PARA, lost.hash()).is_none(), "it is forgotten");
	}
	let asked = HypotheticalCandidate::Complete(&high);
	assert_eq!(chain.hypothetical_membership(None, PARA, asked, false), []);
	assert_eq!(chain.vouched_membership(PARA, asked), []);
	assert_eq!(
		chain.introduce_checked(high.clone()).err(),
		Some(IntroduceError::LostFork(high.hash()))
	);
	let best = |view: &View| {
		let backable = view.get_backable(leaf.block.hash, PARA, &[], 9);
		backable
			.into_iter()
			.map(|of| of.candidate_hash)
			.collect::<Vec<_>>()
	};
	assert_eq!(best(&chain), [low.hash()]);

	// The same with forks kept: the longer path is the better one.
	let mut tree = with(view_at(std::slice::from_ref(&leaf)), &[&low, &high, &above]);
	for candidate in [&low, &high, &above] {
		tree.note_backed(PARA, candidate.hash()).expect("it is known");
	}
	assert_eq!(best(&tree), [high.hash(), above.hash()], "R-SEL-3");
}

#[test]
fn r_sel_5_who_comes_second_with_a_higher_hash_has_lost() {
	let [low, high, _] = cast();
	let leaf = leaf(20).with(PARA, 0, &[]);
	let mut chain = with(chain_at(&[leaf]), &[&low, &high]);
	chain.note_backed(PARA, low.hash()).expect("it is known");
	assert!(stands(&chain, &low) && !stands(&chain, &high));
}

#[test]
fn r_sco_5_what_is_pending_wins_whatever_its_hash_at_the_leaf_where_it_is() {
	let [low, high, above] = cast();
	let before = leaf(20).with(PARA, 0, &[]);
	let mut chain = with(chain_at(&[before]), &[&low, &high]);
	// Both heads of a fork: one has taken the candidate with the higher hash.
	let took = leaf_of(0, 21).with(PARA, 0, &[&high]);
	let update = chain.update_leaves(std::slice::from_ref(&took), &[]);
	assert_eq!(update.diagnostics, []);
	let at = |view: &View, candidate: &Candidate| {
		let membership = view.membership(PARA, candidate.hash());
		membership.into_iter().map(|(leaf, _)| leaf).collect::<Vec<_>>()
	};
	assert_eq!(
		at(&chain, &low),
		[block(20).hash],
		"it stands where nothing is pending"
	);
	let mut both = vec![block(20).hash, took.block.hash];
	both.sort_unstable();
	assert_eq!(at(&chain, &high), both);
	let introduced = chain.introduce_checked(above).expect("its parent is there");
	assert!(!introduced.membership.is_empty());
	// When the older leaf goes nothing speaks for the other one.
	let _ = chain.update_leaves(&[], &[block(20).hash]);
	assert!(!stands(&chain, &low));
}
