//! The own backing group at one relay parent: who knows what, before there is a quorum (R-SD-2 to R-SD-6).

use crate::{
	filter::{Kind, StatementSet},
	store::Store,
	Misdeed,
};
use async_backing_primitives::{AsyncBackingParams, CandidateHash, ValidatorIndex};
use std::collections::{BTreeMap, BTreeSet};

/// Candidates that a validator may second at a relay parent (R-SD-3).
pub const fn seconding_limit(params: &AsyncBackingParams) -> u32 {
	params.max_unincluded()
}

/// `Seconded` statements that a group of so many may hear at a relay parent, each from any of its members (R-SD-6): the limit of
/// each author, for each author and each who relays it.
pub const fn seconded_bound(params: &AsyncBackingParams, group: u32) -> u64 {
	let (limit, group) = (seconding_limit(params) as u64, group as u64);
	limit.saturating_mul(group).saturating_mul(group)
}

/// What is known of a candidate between this validator and another member.
#[derive(Clone, Debug)]
struct Between {
	/// What the member sent on this connection.
	received: StatementSet,
	/// What it was sent on this connection.
	sent: StatementSet,
	/// It knows the candidate: it sent or was sent a Seconded, or seconded it itself.
	knows: bool,
	/// Something that it sent is signed rightly: it has the candidate, as far as anybody can tell, and may be asked for it.
	vouches: bool,
}

/// What becomes of a statement that may be received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accept {
	/// It counts.
	Fully,
	/// Its author has seconded as many candidates as it may: the sender is taken to know it, and that is all.
	WithPrejudice,
}

/// Memory: of each member as sender at most `limit` candidates of each author, [`seconded_bound`] in all (R-SD-6), each with
/// four bits for each pair of members.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
	members: Vec<ValidatorIndex>,
	limit: usize,
	between: BTreeMap<(usize, CandidateHash), Between>,
	/// Candidates of an author (second) that a member relayed (first), also on earlier connections.
	relayed: BTreeMap<(usize, usize), BTreeSet<CandidateHash>>,
}

impl Cluster {
	pub(crate) fn new(members: Vec<ValidatorIndex>, limit: usize) -> Self {
		Self {
			members,
			limit,
			between: BTreeMap::new(),
			relayed: BTreeMap::new(),
		}
	}

	pub(crate) fn members(&self) -> &[ValidatorIndex] {
		&self.members
	}

	pub(crate) fn position(&self, validator: ValidatorIndex) -> Option<usize> {
		self.members.iter().position(|member| *member == validator)
	}

	fn between(&mut self, member: usize, candidate: CandidateHash) -> &mut Between {
		let size = self.members.len();
		self.between
			.entry((member, candidate))
			.or_insert_with(|| Between {
				received: StatementSet::blank(size),
				sent: StatementSet::blank(size),
				knows: false,
				vouches: false,
			})
	}

	fn knows(&self, member: usize, candidate: CandidateHash) -> bool {
		self.between
			.get(&(member, candidate))
			.is_some_and(|between| between.knows)
	}

	/// Whether a member may send this statement of another one (R-SD-4). If so it is noted.
	pub(crate) fn receive(
		&mut self,
		sender: usize,
		author: usize,
		kind: Kind,
		candidate: CandidateHash,
		store: &Store,
	) -> Result<Accept, Misdeed> {
		let known = self.between.get(&(sender, candidate));
		if known.is_some_and(|between| between.received.has(kind, author)) {
			return Err(Misdeed::Duplicate);
		}
		let Some(author_index) = self.members.get(author).copied() else {
			return Err(Misdeed::CandidateUnknown(candidate));
		};
		let accept = match kind {
			Kind::Seconded => {
				let limit = self.limit;
				let relayed = self.relayed.entry((sender, author)).or_default();
				if !relayed.contains(&candidate) && relayed.len() >= limit {
					return Err(Misdeed::ExcessiveSeconded {
						author: author_index,
						limit,
					});
				}
				relayed.insert(candidate);
				match store.may_second(author_index, candidate, limit) {
					true => Accept::Fully,
					false => Accept::WithPrejudice,
				}
			}
			Kind::Valid if !self.knows(sender, candidate) => {
				return Err(Misdeed::CandidateUnknown(candidate));
			}
			Kind::Valid => Accept::Fully,
		};
		let between = self.between(sender, candidate);
		between.received.note(kind, author);
		between.knows |= kind == Kind::Seconded;
		Ok(accept)
	}

	/// A member answered a request for the candidate, or seconded it.
	pub(crate) fn note_knows(&mut self, member: usize, candidate: CandidateHash) {
		self.between(member, candidate).knows = true;
	}

	/// What a member sent about the candidate is signed rightly.
	pub(crate) fn note_vouches(&mut self, member: usize, candidate: CandidateHash) {
		// Of an earlier connection nothing counts any more.
		if let Some(between) = self.between.get_mut(&(member, candidate)) {
			between.vouches = true;
		}
	}

	/// What may be sent to a member of these statements about a candidate (R-SD-5): what it has neither sent nor been
	/// sent, Seconded first, and Valid only if it knows the candidate then (R-SD-2).
	pub(crate) fn owed(
		&self,
		member: usize,
		candidate: CandidateHash,
		stored: &StatementSet,
	) -> Vec<(Kind, usize)> {
		let (mut owed, mut knows) = match self.between.get(&(member, candidate)) {
			None => (stored.without(&StatementSet::default()), false),
			Some(between) => {
				let mut known = between.received.clone();
				known.add(&between.sent);
				(stored.without(&known), between.knows)
			}
		};
		// Its own statements it knows.
		owed.retain(|(_, author)| *author != member);
		knows |= stored.has(Kind::Seconded, member);
		owed.retain(|(kind, _)| {
			knows |= *kind == Kind::Seconded;
			knows
		});
		owed
	}

	/// A statement was sent to a member.
	pub(crate) fn note_sent(&mut self, member: usize, candidate: CandidateHash, kind: Kind, author: usize) {
		let between = self.between(member, candidate);
		between.sent.note(kind, author);
		between.knows |= kind == Kind::Seconded;
	}

	/// Whether a member may ask for the candidate: it was told of it.
	pub(crate) fn may_ask(&self, member: usize, candidate: CandidateHash) -> bool {
		let between = self.between.get(&(member, candidate));
		between.is_some_and(|between| between.sent.has_seconded())
	}

	/// Members that have a candidate, as far as is known: who sent something about it that is signed rightly (law 4).
	pub(crate) fn holders(&self, candidate: CandidateHash) -> impl Iterator<Item = ValidatorIndex> + '_ {
		self.members
			.iter()
			.enumerate()
			.filter_map(move |(member, index)| {
				let between = self.between.get(&(member, candidate))?;
				(between.knows && between.vouches).then_some(*index)
			})
	}

	/// A member is behind another connection, or gone: nothing that was sent arrived for certain.
	pub(crate) fn reset(&mut self, member: usize) {
		self.between.retain(|(of, _), _| *of != member);
	}

	/// Entries.
	#[cfg(any(test, feature = "laws"))]
	pub(crate) fn len(&self) -> usize {
		self.between.len()
	}
}
