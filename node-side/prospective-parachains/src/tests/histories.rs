//! Random histories over a growing, forking relay chain.

use super::*;
use proptest::{collection::vec as vec_of, prelude::*, sample::Index};

#[derive(Clone, Debug)]
enum Event {
	Introduce(Index),
	Back(Index),
	/// A block on top of a leaf, or beside it; what it includes of the best path there, and backs after that.
	Grow {
		on: Index,
		fork: bool,
		include: usize,
		back: usize,
	},
	/// A leaf is abandoned.
	Abandon(Index),
}

fn event() -> impl Strategy<Value = Event> {
	prop_oneof![
		6 => any::<Index>().prop_map(Event::Introduce),
		6 => any::<Index>().prop_map(Event::Back),
		3 => (any::<Index>(), prop::bool::weighted(0.2), 0usize..2, 0usize..3)
			.prop_map(|(on, fork, include, back)| Event::Grow { on, fork, include, back }),
		1 => any::<Index>().prop_map(Event::Abandon),
	]
}

/// What a leaf of the story is: its blocks newest first, and per para the included head and what is pending.
#[derive(Clone, Debug)]
struct Tip {
	blocks: Vec<RelayChainBlockInfo>,
	paras: BTreeMap<ParaId, (u8, Vec<Candidate>)>,
}

impl Tip {
	fn facts(&self) -> LeafFacts {
		let leaf_block = self.blocks[0];
		let mut facts = LeafFacts {
			block: leaf_block,
			ancestors: self.blocks[1..].iter().take(2).copied().collect(),
			..leaf(leaf_block.number)
		};
		for (para, (included, pending)) in &self.paras {
			facts = facts.with(*para, *included, &pending.iter().collect::<Vec<_>>());
		}
		for block in &self.blocks {
			facts.pending_relay_parents.insert(block.hash, *block);
		}
		facts
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn r_vie_4_r_tre_5_every_tree_is_the_one_built_from_scratch(
		pool in vec_of((0u8..4, 1u8..4, 0usize..6, 0u8..2, any::<bool>()), 1..14),
		events in vec_of(event(), 1..40),
	) {
		let start = Tip {
			blocks: (95..=100).rev().map(block).collect(),
			paras: [PARA, OTHER].map(|para| (para, (0, vec![]))).into(),
		};
		let mut view = view_at(&[start.facts()]);
		let mut tips = vec![start];
		let mut next_hash = 1_000_000u64;
		for event in &events {
			match event {
				Event::Introduce(index) => {
					let (from, step, age, salt, other) = *index.get(&pool);
					let blocks = &tips[0].blocks;
					let relay_parent = blocks[age.min(blocks.len() - 1)];
					let para = if other { OTHER } else { PARA };
					let spec = Spec { para, relay_parent, salt, ..spec(from, (from + step) % 5, 0) };
					let _refused_is_fine = view.introduce_checked(spec.build());
				}
				Event::Back(index) => {
					let known: Vec<_> = view
						.paras
						.iter()
						.flat_map(|(para, at)| at.storage.iter().map(|stored| (*para, stored.candidate().hash())))
						.collect();
					if !known.is_empty() {
						let (para, hash) = *index.get(&known);
						prop_assert!(view.note_backed(para, hash).is_ok(), "R-VIE-6");
					}
				}
				Event::Grow { on, fork, include, back } => {
					let position = on.index(tips.len());
					let mut tip = tips[position].clone();
					let parent = tip.blocks[0];
					for (para, (included, pending)) in &mut tip.paras {
						let path: Vec<_> = pending.iter().map(Candidate::hash).collect();
						let tree = view.tree(parent.hash, *para).expect("scheduled");
						let backed: Vec<_> = tree.select_children(&path, *back).cloned().collect();
						for enacted in pending.drain(..(*include).min(pending.len())) {
							*included = enacted.output_head().0[0];
						}
						pending.extend(backed);
					}
					next_hash += 1;
					let new = RelayChainBlockInfo {
						hash: Hash::from_low_u64_be(next_hash),
						number: parent.number + 1,
						storage_root: Hash::from_low_u64_be(next_hash + 77),
					};
					tip.blocks.insert(0, new);
					let gone = (!fork).then_some(parent.hash);
					let update = view.update_leaves(&[tip.facts()], gone.as_slice());
					// Heads go in circles here, so that a tree may reach its limits (R-TRE-11); what is pending has room there.
					let faults: Vec<_> = update
						.diagnostics
						.into_iter()
						.filter(|(_, _, said)| !matches!(said, Diagnostic::TreeFull(_)))
						.collect();
					prop_assert_eq!(faults, vec![], "pending candidates are known and chain up");
					for (para, (_, pending)) in &tip.paras {
						let tree = view.tree(new.hash, *para).expect("scheduled");
						for (depth, candidate) in pending.iter().enumerate() {
							prop_assert!(tree.depths(candidate.hash()).contains(&(depth as u32)), "R-VIE-2");
						}
					}
					if !fork {
						tips.remove(position);
					}
					tips.push(tip);
				}
				Event::Abandon(index) => {
					if tips.len() > 1 {
						let tip = tips.remove(index.index(tips.len()));
						let _ = view.update_leaves(&[], &[tip.blocks[0].hash]);
					}
				}
			}
			check(&view);
			prop_assert_eq!(view.leaves().count(), tips.len());
		}
	}
}
