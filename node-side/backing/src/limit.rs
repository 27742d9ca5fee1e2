//! The seconding limit: one candidate a depth, leaf and para (R-BAK-3, R-BAK-4).

use crate::Membership;
use async_backing_primitives::{CandidateHash, Hash, ParaId};
use std::collections::BTreeMap;
use thiserror::Error;

/// This validator seconded another candidate where this one would stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("candidate {by} was seconded at depth {depth} of leaf {leaf} already (R-BAK-3)")]
pub struct DepthTaken {
	/// The leaf.
	pub leaf: Hash,
	/// The depth.
	pub depth: u32,
	/// Who is there.
	pub by: CandidateHash,
}

/// Which own candidate stands where.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecondedDepths {
	leaves: BTreeMap<Hash, BTreeMap<(ParaId, u32), CandidateHash>>,
}

impl SecondedDepths {
	pub(crate) fn add_leaf(&mut self, leaf: Hash) {
		self.leaves.entry(leaf).or_default();
	}

	pub(crate) fn remove_leaf(&mut self, leaf: Hash) {
		self.leaves.remove(&leaf);
	}

	/// Whether a candidate that would stand there may be seconded (R-BAK-3).
	pub(crate) fn check(
		&self,
		para: ParaId,
		candidate: CandidateHash,
		membership: &Membership,
	) -> Result<(), DepthTaken> {
		for (leaf, depths) in membership {
			let Some(taken) = self.leaves.get(leaf) else {
				continue;
			};
			for depth in depths {
				match taken.get(&(para, *depth)) {
					Some(by) if *by != candidate => {
						return Err(DepthTaken {
							leaf: *leaf,
							depth: *depth,
							by: *by,
						});
					}
					_ => {}
				}
			}
		}
		Ok(())
	}

	/// Whether a candidate that would stand there keeps clear of an own one, which stands where `taken` says (R-BAK-3).
	pub(crate) fn check_against(
		by: CandidateHash,
		taken: &Membership,
		membership: &Membership,
	) -> Result<(), DepthTaken> {
		for (leaf, depths) in membership {
			let at_leaf = taken.iter().find(|(other, _)| other == leaf);
			let Some((_, taken)) = at_leaf else { continue };
			if let Some(depth) = depths.iter().find(|depth| taken.contains(depth)) {
				return Err(DepthTaken {
					leaf: *leaf,
					depth: *depth,
					by,
				});
			}
		}
		Ok(())
	}

	/// Notes where an own candidate stands (R-BAK-4). Whoever stands there already stays.
	pub(crate) fn note(&mut self, para: ParaId, candidate: CandidateHash, membership: &Membership) {
		for (leaf, depths) in membership {
			if let Some(taken) = self.leaves.get_mut(leaf) {
				for depth in depths {
					taken.entry((para, *depth)).or_insert(candidate);
				}
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_bak_3_one_candidate_a_depth_leaf_and_para() {
		let (a, b) = (
			CandidateHash(Hash::repeat_byte(1)),
			CandidateHash(Hash::repeat_byte(2)),
		);
		let (leaf, other) = (Hash::repeat_byte(8), Hash::repeat_byte(9));
		let at = |leaf, depths: &[u32]| vec![(leaf, depths.to_vec())];
		let mut depths = SecondedDepths::default();
		depths.add_leaf(leaf);
		depths.add_leaf(other);
		depths.note(ParaId(1), a, &at(leaf, &[0, 2]));
		let taken = |depth| Err(DepthTaken { leaf, depth, by: a });
		let rows = [
			("taken", ParaId(1), b, at(leaf, &[0]), taken(0)),
			("any of several", ParaId(1), b, at(leaf, &[1, 2]), taken(2)),
			("another depth", ParaId(1), b, at(leaf, &[1]), Ok(())),
			("another leaf", ParaId(1), b, at(other, &[0]), Ok(())),
			("another para", ParaId(2), b, at(leaf, &[0]), Ok(())),
			("itself", ParaId(1), a, at(leaf, &[0]), Ok(())),
		];
		for (name, para, candidate, membership, expected) in rows {
			assert_eq!(
				depths.check(para, candidate, &membership),
				expected,
				"R-BAK-3: {name}"
			);
		}
		depths.remove_leaf(leaf);
		assert_eq!(
			depths.check(ParaId(1), b, &at(leaf, &[0])),
			Ok(()),
			"the leaf is gone"
		);
	}
}
