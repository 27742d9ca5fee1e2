//! A deliberately naive tree: the set of all legal paths, enumerated from scratch, with constraints that are really
//! applied step by step. Slow and obvious.

use super::*;
use std::collections::BTreeSet;

/// A candidate of the storage and whether it is backed.
pub(crate) type Known = BTreeMap<CandidateHash, (Candidate, bool)>;
type Path = Vec<CandidateHash>;

pub(crate) struct Model<'a> {
	world: &'a World,
	known: &'a Known,
	pub(crate) paths: BTreeSet<Path>,
}

impl<'a> Model<'a> {
	pub(crate) fn new(world: &'a World, known: &'a Known) -> Self {
		let mut model = Self {
			world,
			known,
			paths: BTreeSet::new(),
		};
		model.extend(&mut Vec::new());
		model
	}

	fn extend(&mut self, path: &mut Path) {
		for (hash, (candidate, _)) in self.known {
			if self.fits(path, candidate) {
				path.push(*hash);
				self.paths.insert(path.clone());
				self.extend(path);
				path.pop();
			}
		}
	}

	/// Constraints after a legal path, applied one candidate after the other.
	fn constraints_after(&self, path: &[CandidateHash]) -> Constraints {
		path.iter().fold(self.world.base.clone(), |constraints, hash| {
			let candidate = &self.known[hash].0;
			let identity = ConstraintModifications::default();
			let operating = Operating::new(&constraints, &identity);
			let number = candidate.relay_parent_number();
			let modifications = candidate_modifications(number, &operating, candidate.commitments());
			constraints
				.apply_modifications(&modifications.expect("the path is legal"))
				.expect("the path is legal")
		})
	}

	fn is_pending(&self, hash: CandidateHash) -> bool {
		self.world.pending.iter().any(|pending| pending.hash() == hash)
	}

	/// Whether a candidate may follow a path: R-TRE-3 read aloud. `None` for the candidate's content judges the rest.
	pub(crate) fn fits(&self, path: &[CandidateHash], candidate: &Candidate) -> bool {
		let constraints = self.constraints_after(path);
		if constraints.required_parent.hash() != candidate.parent_head_hash() {
			return false;
		}
		let trunk: Path = self.world.pending.iter().map(Candidate::hash).collect();
		if trunk.starts_with(path) && trunk.get(path.len()) == Some(&candidate.hash()) {
			return true;
		}
		if path.len() > self.world.max_depth as usize {
			return false;
		}
		let number = candidate.relay_parent_number();
		let is_pending = self.is_pending(candidate.hash());
		if !is_pending && !(LEAF - 2..=LEAF).contains(&number) {
			return false;
		}
		let above = path
			.last()
			.map_or(0, |hash| self.known[hash].0.relay_parent_number());
		if number < above {
			return false;
		}
		let identity = ConstraintModifications::default();
		let operating = Operating::new(&constraints, &identity);
		check_fragment(&block(number), &operating, &candidate.as_fragment(is_pending)).is_ok()
	}

	/// Depths at which a candidate could stand.
	pub(crate) fn hypothetical_depths(&self, candidate: &Candidate, backed_only: bool) -> Vec<u32> {
		let is_backed = |path: &Path| path.iter().all(|hash| self.known[hash].1);
		let all: BTreeSet<_> = self
			.paths
			.iter()
			.chain([&Vec::new()])
			.filter(|path| !backed_only || is_backed(path))
			.filter(|path| self.fits(path, candidate))
			.map(|path| path.len() as u32)
			.collect();
		all.into_iter().collect()
	}

	/// Best path after a required one, by trying all.
	pub(crate) fn best_after(&self, required: &[CandidateHash]) -> Path {
		if !required.is_empty() && !self.paths.contains(required) {
			return Vec::new();
		}
		self.paths
			.iter()
			.filter(|path| path.starts_with(required))
			.filter(|path| {
				let distinct: BTreeSet<_> = path.iter().collect();
				let new = &path[required.len()..];
				distinct.len() == path.len()
					&& new
						.iter()
						.all(|hash| self.known[hash].1 && !self.is_pending(*hash))
			})
			.map(|path| path[required.len()..].to_vec())
			.max_by(|a, b| a.len().cmp(&b.len()).then_with(|| b.cmp(a)))
			.unwrap_or_default()
	}

	/// Compares a tree with the model in everything that the model knows.
	pub(crate) fn assert_agrees(&self, tree: &FragmentTree) {
		let of_tree = paths(tree);
		assert_eq!(
			of_tree.iter().cloned().collect::<BTreeSet<_>>(),
			self.paths,
			"R-TRE-5: nodes"
		);
		for hash in self.known.keys() {
			let depths: BTreeSet<_> = self
				.paths
				.iter()
				.filter(|path| path.last() == Some(hash))
				.map(|path| path.len() as u32 - 1)
				.collect();
			assert_eq!(
				tree.depths(*hash),
				depths.into_iter().collect::<Vec<_>>(),
				"R-TRE-8"
			);
		}
		for required in self.paths.iter().chain([&Vec::new()]) {
			let best = self.best_after(required);
			let selected: Path = tree
				.select_children(required, usize::MAX)
				.map(Candidate::hash)
				.collect();
			assert_eq!(selected, best, "R-SEL-3: best path after {required:?}");
			assert_eq!(tree.best_len(required), Some(best.len()), "R-SEL-3");
		}
	}
}
