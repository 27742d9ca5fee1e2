//! Sets of statements of a group about a candidate: two bits a member.

use async_backing_primitives::{CandidateHash, CompactStatement, StatementFilter};

/// What kind of statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
	Seconded,
	Valid,
}

impl Kind {
	/// Both, in the order in which they are sent (R-SD-2).
	pub(crate) const ALL: [Self; 2] = [Self::Seconded, Self::Valid];

	pub(crate) fn of(statement: &CompactStatement) -> Self {
		match statement {
			CompactStatement::Seconded(_) => Self::Seconded,
			CompactStatement::Valid(_) => Self::Valid,
		}
	}

	pub(crate) fn statement(self, candidate: CandidateHash) -> CompactStatement {
		match self {
			Self::Seconded => CompactStatement::Seconded(candidate),
			Self::Valid => CompactStatement::Valid(candidate),
		}
	}
}

/// What is done with filters here. Lists of unequal lengths are as if the shorter one ended in zeros.
pub(crate) trait Filter {
	fn has(&self, kind: Kind, member: usize) -> bool;
	/// Says whether it was not there. What is beyond the end is not noted.
	fn note(&mut self, kind: Kind, member: usize) -> bool;
	/// The bits that are set here and not there, Seconded first.
	fn without(&self, other: &Self) -> Vec<(Kind, usize)>;
	/// Everything that is set there is set here.
	fn covers(&self, other: &Self) -> bool;
	fn add(&mut self, other: &Self);
	fn remove(&mut self, other: &Self);
}

fn list(filter: &StatementFilter, kind: Kind) -> impl Iterator<Item = bool> + '_ {
	let bits = match kind {
		Kind::Seconded => &filter.seconded_in_group,
		Kind::Valid => &filter.validated_in_group,
	};
	bits.iter().map(|bit| *bit)
}

impl Filter for StatementFilter {
	fn has(&self, kind: Kind, member: usize) -> bool {
		let bits = match kind {
			Kind::Seconded => &self.seconded_in_group,
			Kind::Valid => &self.validated_in_group,
		};
		bits.get(member).is_some_and(|bit| *bit)
	}

	fn note(&mut self, kind: Kind, member: usize) -> bool {
		let bits = match kind {
			Kind::Seconded => &mut self.seconded_in_group,
			Kind::Valid => &mut self.validated_in_group,
		};
		bits.get_mut(member)
			.is_some_and(|mut bit| !std::mem::replace(&mut *bit, true))
	}

	fn without(&self, other: &Self) -> Vec<(Kind, usize)> {
		let of = |kind| {
			let set = list(self, kind).enumerate().filter(|(_, bit)| *bit);
			set.map(move |(member, _)| (kind, member))
		};
		let all = Kind::ALL.into_iter().flat_map(of);
		all.filter(|(kind, member)| !other.has(*kind, *member)).collect()
	}

	fn covers(&self, other: &Self) -> bool {
		other.without(self).is_empty()
	}

	fn add(&mut self, other: &Self) {
		for (kind, member) in other.without(self) {
			self.note(kind, member);
		}
	}

	fn remove(&mut self, other: &Self) {
		self.mask_seconded(&other.seconded_in_group);
		self.mask_valid(&other.validated_in_group);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn filters_are_sets() {
		let mut some = StatementFilter::blank(3);
		assert!(some.note(Kind::Valid, 2) && !some.note(Kind::Valid, 2), "once");
		assert!(
			some.note(Kind::Seconded, 0) && !some.note(Kind::Seconded, 3),
			"beyond the end"
		);
		let other = {
			let mut other = StatementFilter::blank(3);
			other.note(Kind::Valid, 2);
			other
		};
		assert_eq!(some.without(&other), [(Kind::Seconded, 0)]);
		assert!(some.covers(&other) && !other.covers(&some));
		let mut sum = other.clone();
		sum.add(&some);
		assert_eq!(sum, some);
		sum.remove(&other);
		assert_eq!(
			sum.without(&StatementFilter::blank(3)),
			[(Kind::Seconded, 0)],
			"R-SD-2: first"
		);
	}
}
