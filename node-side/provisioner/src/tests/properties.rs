//! Whatever the leaf and whatever is offered.

use super::*;

proptest::proptest! {
	/// Whatever the cores hold, the choice keeps the canonical form and the chain's own limits.
	#[test]
	fn r_prv_10_the_choice_is_canonical_and_fits(
		kinds in proptest::collection::vec((0u8..4, 0u32..3, 0usize..5, 9u32..14), 0..8), depth in 0u32..5,
		offers in proptest::collection::vec(proptest::collection::vec(0u16..8, 0..6), 3),
	) {
		let (mut cores, mut pending) = (Vec::new(), BTreeMap::<ParaId, Vec<u8>>::new());
		for (name, (kind, para, votes, time_out_at)) in (1u8..).zip(&kinds) {
			let para = ParaId(*para);
			cores.push(match kind {
				0 => CoreState::Free,
				1 => scheduled(para),
				_ => {
					pending.entry(para).or_default().push(name);
					let mut bits = bitvec![u8, Lsb0; 0; 4];
					bits[..(*votes).min(4)].fill(true);
					occupied(para, name, *time_out_at, bits)
				},
			});
		}
		let paras = (0..3).map(ParaId).map(|para| {
			(para, at_leaf(pending.get(&para).map_or(&[][..], |pending| &pending[..])))
		});
		let mut leaf = leaf(4, cores, paras.collect());
		leaf.params.max_candidate_depth = depth;
		let offers: Vec<_> = (0..3).map(ParaId).zip(offers.iter().map(|offer| &offer[..])).collect();
		let proposal = provision(&leaf, 11, Vec::new(), &mut Source::new(&offers));
		let placed = placed(&proposal);
		let mut used: Vec<_> = placed.iter().map(|(_, core)| *core).collect();
		used.sort_unstable();
		used.dedup();
		proptest::prop_assert_eq!(used.len(), placed.len(), "R-PRV-5: a core is used once");
		proptest::prop_assert!(placed.windows(2).all(|pair| pair[0].0 <= pair[1].0), "R-INC-3");
		let usable = usable_cores(&leaf, &[]);
		for (para, core) in &placed {
			proptest::prop_assert!(usable[&ParaId(*para)].usable.contains(&CoreIndex(*core)), "R-PRV-4");
		}
		for (para, cores) in &usable {
			let accepted = placed.iter().filter(|(placed, _)| *placed == para.0).count();
			let stays = cores.required_path.len() - cores.will_enact;
			proptest::prop_assert!(accepted == 0 || stays + accepted - 1 <= depth as usize, "R-PRV-6");
		}
	}
}
