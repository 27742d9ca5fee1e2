//! Sets of statements of a group about a candidate: two bits a member.
//!
//! What is remembered between two validators are such sets, several for each pair and candidate, and there are millions of
//! them in a large network: so they are one word for groups of up to [`IN_A_WORD`] members, and allocate nothing. On the wire
//! they are two lists of bits ([`StatementFilter`]).

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

/// Members whose statements fit into one word.
const IN_A_WORD: usize = 32;

/// Which statements of a group there are about a candidate. Sets of groups of unequal sizes are compared as if the smaller
/// group had members who say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatementSet(Members);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Members {
	/// At most [`IN_A_WORD`]: how many, and their word.
	Few(u8, u64),
	/// More, with a word for each [`IN_A_WORD`].
	Many(Box<Many>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Many {
	members: usize,
	words: Box<[u64]>,
}

/// The lower half of a word says who has seconded, the upper one who has confirmed.
const fn bit(kind: Kind, place: usize) -> u64 {
	match kind {
		Kind::Seconded => 1 << place,
		Kind::Valid => 1 << (place + IN_A_WORD),
	}
}

impl Default for StatementSet {
	/// That of a group without members.
	fn default() -> Self {
		Self::blank(0)
	}
}

impl StatementSet {
	/// Nothing, of a group of this size.
	pub(crate) fn blank(members: usize) -> Self {
		Self(match u8::try_from(members) {
			Ok(few) if members <= IN_A_WORD => Members::Few(few, 0),
			_ => Members::Many(Box::new(Many {
				members,
				words: vec![0; members.div_ceil(IN_A_WORD)].into(),
			})),
		})
	}

	fn members(&self) -> usize {
		match &self.0 {
			Members::Few(members, _) => usize::from(*members),
			Members::Many(many) => many.members,
		}
	}

	fn words(&self) -> &[u64] {
		match &self.0 {
			Members::Few(_, word) => std::slice::from_ref(word),
			Members::Many(many) => &many.words,
		}
	}

	fn words_mut(&mut self) -> &mut [u64] {
		match &mut self.0 {
			Members::Few(_, word) => std::slice::from_mut(word),
			Members::Many(many) => &mut many.words,
		}
	}

	fn word(&self, at: usize) -> u64 {
		self.words().get(at).copied().unwrap_or(0)
	}

	pub(crate) fn has(&self, kind: Kind, member: usize) -> bool {
		self.word(member / IN_A_WORD) & bit(kind, member % IN_A_WORD) != 0
	}

	/// Says whether it was not there. What is beyond the end is not noted.
	pub(crate) fn note(&mut self, kind: Kind, member: usize) -> bool {
		if member >= self.members() {
			return false;
		}
		let Some(word) = self.words_mut().get_mut(member / IN_A_WORD) else {
			return false;
		};
		let bit = bit(kind, member % IN_A_WORD);
		let is_new = *word & bit == 0;
		*word |= bit;
		is_new
	}

	/// The statements that are here and not there, Seconded first, each kind in the order of the group.
	pub(crate) fn without(&self, other: &Self) -> Vec<(Kind, usize)> {
		if other.covers(self) {
			return Vec::new();
		}
		let members = 0..self.members();
		let of = |kind| members.clone().map(move |member| (kind, member));
		let all = Kind::ALL.into_iter().flat_map(of);
		all.filter(|(kind, member)| self.has(*kind, *member) && !other.has(*kind, *member))
			.collect()
	}

	/// Everything that is there is here.
	pub(crate) fn covers(&self, other: &Self) -> bool {
		let mut words = other.words().iter().enumerate();
		words.all(|(at, word)| word & !self.word(at) == 0)
	}

	pub(crate) fn add(&mut self, other: &Self) {
		let members = self.members();
		for (at, word) in self.words_mut().iter_mut().enumerate() {
			let here = members.saturating_sub(at * IN_A_WORD).min(IN_A_WORD);
			let mask = (1u64 << here) - 1;
			*word |= other.word(at) & (mask | mask << IN_A_WORD);
		}
	}

	pub(crate) fn remove(&mut self, other: &Self) {
		for (at, word) in self.words_mut().iter_mut().enumerate() {
			*word &= !other.word(at);
		}
	}

	/// Whether anybody has seconded.
	pub(crate) fn has_seconded(&self) -> bool {
		self.words().iter().any(|word| *word as u32 != 0)
	}

	/// Members that vouch for the candidate either way, each once.
	pub(crate) fn backing_validators(&self) -> usize {
		let of = |word: &u64| ((*word | *word >> IN_A_WORD) as u32).count_ones() as usize;
		self.words().iter().map(of).sum()
	}

	/// As it is sent.
	pub(crate) fn to_wire(&self) -> StatementFilter {
		let mut filter = StatementFilter::blank(self.members());
		for (kind, bits) in [
			(Kind::Seconded, &mut filter.seconded_in_group),
			(Kind::Valid, &mut filter.validated_in_group),
		] {
			for (member, mut bit) in bits.iter_mut().enumerate() {
				*bit = self.has(kind, member);
			}
		}
		filter
	}
}

impl From<&StatementFilter> for StatementSet {
	/// Of lists of unequal lengths the shorter one is as if it ended in zeros.
	fn from(filter: &StatementFilter) -> Self {
		let lists = [
			(Kind::Seconded, &filter.seconded_in_group),
			(Kind::Valid, &filter.validated_in_group),
		];
		let members = lists.iter().map(|(_, bits)| bits.len()).max().unwrap_or(0);
		let mut set = Self::blank(members);
		for (kind, bits) in lists {
			for member in bits.iter_ones() {
				set.note(kind, member);
			}
		}
		set
	}
}

/// What tests do with filters as they are sent.
#[cfg(any(test, feature = "laws"))]
pub(crate) trait Filter {
	/// What is beyond the end is not noted.
	fn note(&mut self, kind: Kind, member: usize);
}

#[cfg(any(test, feature = "laws"))]
impl Filter for StatementFilter {
	fn note(&mut self, kind: Kind, member: usize) {
		let bits = match kind {
			Kind::Seconded => &mut self.seconded_in_group,
			Kind::Valid => &mut self.validated_in_group,
		};
		if let Some(mut bit) = bits.get_mut(member) {
			*bit = true;
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::BTreeSet;

	#[test]
	fn a_set_takes_two_words() {
		assert_eq!(std::mem::size_of::<StatementSet>(), 16);
		assert_eq!(std::mem::size_of::<Option<StatementSet>>(), 16);
		assert!(matches!(StatementSet::blank(IN_A_WORD).0, Members::Few(..)));
		assert!(matches!(StatementSet::blank(IN_A_WORD + 1).0, Members::Many(..)));
	}

	#[test]
	fn filters_are_sets() {
		let mut some = StatementSet::blank(3);
		assert!(some.note(Kind::Valid, 2) && !some.note(Kind::Valid, 2), "once");
		assert!(
			some.note(Kind::Seconded, 0) && !some.note(Kind::Seconded, 3),
			"beyond the end"
		);
		let other = {
			let mut other = StatementSet::blank(3);
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
			sum.without(&StatementSet::blank(3)),
			[(Kind::Seconded, 0)],
			"R-SD-2: first"
		);
	}

	/// A few statements, as a set of pairs and as bits.
	fn some(members: usize, seed: &mut u64) -> (BTreeSet<(Kind, usize)>, StatementSet) {
		let (mut model, mut set) = (BTreeSet::new(), StatementSet::blank(members));
		for member in 0..members {
			for kind in Kind::ALL {
				*seed = seed
					.wrapping_mul(6_364_136_223_846_793_005)
					.wrapping_add(1_442_695_040_888_963_407);
				if *seed >> 62 == 0 {
					assert!(set.note(kind, member));
					model.insert((kind, member));
				}
			}
		}
		(model, set)
	}

	/// R-SD-2, R-SD-10: against sets of pairs, for groups of one word, of several, and of unequal sizes.
	#[test]
	fn bits_do_as_sets_of_pairs_do() {
		let mut seed = 1;
		for members in [0, 1, 5, 31, 32, 33, 64, 65, 300] {
			for others in [members, members / 2, members + 40] {
				let ((model, set), (other_model, other)) =
					(some(members, &mut seed), some(others, &mut seed));
				let list: Vec<_> = model.difference(&other_model).copied().collect();
				assert_eq!(set.without(&other), list, "{members} without {others}");
				assert_eq!(set.covers(&other), model.is_superset(&other_model));
				assert!(set.covers(&StatementSet::default()));
				assert_eq!(
					set.has_seconded(),
					model.iter().any(|(kind, _)| *kind == Kind::Seconded)
				);
				let vouching: BTreeSet<_> = model.iter().map(|(_, member)| member).collect();
				assert_eq!(set.backing_validators(), vouching.len());
				let mut sum = set.clone();
				sum.add(&other);
				let within = other_model.iter().filter(|(_, member)| *member < members);
				let both: BTreeSet<_> = model.iter().chain(within).copied().collect();
				assert_eq!(
					sum.without(&StatementSet::default()),
					both.iter().copied().collect::<Vec<_>>()
				);
				let mut rest = set.clone();
				rest.remove(&other);
				assert_eq!(rest.without(&StatementSet::default()), list);
				let wire = set.to_wire();
				assert!(wire.has_len(members) && wire.backing_validators() == vouching.len());
				assert_eq!(StatementSet::from(&wire), set);
			}
		}
	}
}
