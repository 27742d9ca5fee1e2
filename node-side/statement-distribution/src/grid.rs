//! Manifests at one relay parent, and what follows from them (R-SD-9 to R-SD-11).

use crate::{
	filter::{Kind, StatementSet},
	store::Key,
	topology::Routes,
	Misdeed,
};
use async_backing_primitives::{
	BackedCandidateManifest, CandidateHash, GroupIndex, Hash, HeadHash, ParaId, StatementFilter,
	ValidatorIndex,
};
use std::collections::{BTreeMap, BTreeSet};

/// Times that one manifest may come over one connection: it is announced again at two leaves at most, if nobody
/// acknowledged.
const MAX_REPEATS: u8 = 6;
/// Times that a manifest is sent again, at a new leaf, while nobody acknowledges it.
pub(crate) const MAX_REANNOUNCED: u8 = 2;
/// Times that one peer is answered about one candidate.
pub(crate) const MAX_SERVED: u8 = 4;

/// What somebody said of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
	pub(crate) group: GroupIndex,
	pub(crate) para: ParaId,
	pub(crate) parent_head: HeadHash,
	pub(crate) filter: StatementSet,
	repeats: u8,
}

/// What is known of a candidate between this validator and another one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mutual {
	/// What the first manifest to it said that there is.
	announced: Option<StatementSet>,
	/// Times that it was said again.
	reannounced: u8,
	/// What it has as far as is known: what its manifest or acknowledgement said, and what it was sent.
	theirs: Option<StatementSet>,
	/// It was answered: with these statements.
	served: Option<StatementSet>,
	times_served: u8,
	/// What it sent without being asked.
	received: Option<StatementSet>,
	/// An acknowledgement is due.
	owes_acknowledgement: bool,
}

/// What is to be sent to somebody about a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
	Manifest,
	Acknowledgement,
	Statements(Vec<(Kind, usize)>),
}

/// Memory: of each sender at most `limit` candidates of each member of a group, from the 2 x G at most who have a route to
/// us for it; and an entry for each candidate kept and each who is to be told, 2 x sqrt(n) at most beside these.
#[derive(Clone, Debug, Default)]
pub(crate) struct GridTracker {
	claims: BTreeMap<(ValidatorIndex, CandidateHash), Claim>,
	claimants: BTreeMap<Key, BTreeSet<ValidatorIndex>>,
	/// How many candidates of each member of a group a sender has claimed.
	seconded: BTreeMap<(ValidatorIndex, GroupIndex), Vec<u32>>,
	mutual: BTreeMap<Key, BTreeMap<ValidatorIndex, Mutual>>,
}

/// The group that a manifest is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupRules {
	pub(crate) size: usize,
	/// Votes for a quorum; `None` for a group that backs nothing.
	pub(crate) quorum: Option<usize>,
	pub(crate) limit: usize,
}

/// Whether a filter is for such a group, and enough.
pub(crate) fn check_filter(
	group: GroupIndex,
	filter: &StatementFilter,
	rules: GroupRules,
) -> Result<(), Misdeed> {
	if !filter.has_len(rules.size) {
		let got = filter
			.seconded_in_group
			.len()
			.max(filter.validated_in_group.len());
		return Err(Misdeed::ManifestMalformed {
			group,
			expected: rules.size,
			got,
		});
	}
	let expected = rules.quorum.unwrap_or(usize::MAX);
	// Votes of the disabled count here: whoever does not know yet that somebody is disabled is not to blame.
	let got = match filter.has_seconded() {
		true => filter.backing_validators(),
		false => 0,
	};
	if got < expected {
		return Err(Misdeed::ManifestInsufficient { expected, got });
	}
	Ok(())
}

impl GridTracker {
	/// Takes a manifest of somebody in.
	pub(crate) fn manifest(
		&mut self,
		sender: ValidatorIndex,
		manifest: &BackedCandidateManifest,
		routes: &Routes,
		rules: GroupRules,
	) -> Result<(), Misdeed> {
		let (group, candidate) = (manifest.group_index, manifest.candidate_hash);
		if !routes.receiving.contains(&sender) {
			return Err(Misdeed::ManifestDisallowed(group));
		}
		check_filter(group, &manifest.statement_knowledge, rules)?;
		let filter = StatementSet::from(&manifest.statement_knowledge);
		self.claim(sender, manifest, &filter, rules)?;
		let mutual = self.mutual(Key { candidate, group }, sender);
		mutual.note_theirs(&filter);
		mutual.owes_acknowledgement = true;
		Ok(())
	}

	/// Remembers what a manifest says, if it does not contradict what was said before.
	fn claim(
		&mut self,
		sender: ValidatorIndex,
		manifest: &BackedCandidateManifest,
		filter: &StatementSet,
		rules: GroupRules,
	) -> Result<(), Misdeed> {
		let (group, candidate) = (manifest.group_index, manifest.candidate_hash);
		let known = self.claims.get(&(sender, candidate));
		if let Some(known) = known {
			let is_same = known.group == group
				&& known.para == manifest.para_id
				&& known.parent_head == manifest.parent_head_data_hash;
			if !is_same || !filter.covers(&known.filter) {
				return Err(Misdeed::ManifestConflicting(candidate));
			}
			if known.repeats >= MAX_REPEATS {
				return Err(Misdeed::ManifestRepeated(
					u32::from(known.repeats).saturating_add(1),
				));
			}
		}
		// Bits that are not new were counted (R-SD-10).
		let blank = StatementSet::default();
		let new = filter.without(known.map_or(&blank, |known| &known.filter));
		let new = new.into_iter().filter(|(kind, _)| *kind == Kind::Seconded);
		let counts = self
			.seconded
			.entry((sender, group))
			.or_insert_with(|| vec![0; rules.size]);
		let mut more = counts.clone();
		for (_, member) in new {
			if let Some(count) = more.get_mut(member) {
				*count = count.saturating_add(1);
				if *count as usize > rules.limit {
					return Err(Misdeed::ManifestOverflow { limit: rules.limit });
				}
			}
		}
		*counts = more;
		let repeats = known.map_or(0, |known| known.repeats.saturating_add(1));
		let claim = Claim {
			group,
			para: manifest.para_id,
			parent_head: manifest.parent_head_data_hash,
			filter: filter.clone(),
			repeats,
		};
		self.claims.insert((sender, candidate), claim);
		self.claimants
			.entry(Key { candidate, group })
			.or_default()
			.insert(sender);
		Ok(())
	}

	/// Takes an acknowledgement of somebody in, who was told of the candidate.
	pub(crate) fn acknowledgement(
		&mut self,
		sender: ValidatorIndex,
		key: Key,
		filter: &StatementFilter,
		rules: GroupRules,
	) -> Result<(), Misdeed> {
		if !self.was_announced(sender, key) {
			return Err(Misdeed::AcknowledgementUnexpected(key.candidate));
		}
		check_filter(key.group, filter, rules)?;
		self.mutual(key, sender).note_theirs(&filter.into());
		Ok(())
	}

	fn mutual(&mut self, key: Key, with: ValidatorIndex) -> &mut Mutual {
		self.mutual.entry(key).or_default().entry(with).or_default()
	}

	fn find(&self, key: Key, with: ValidatorIndex) -> Option<&Mutual> {
		self.mutual.get(&key)?.get(&with)
	}

	/// Whether somebody was told of a candidate.
	pub(crate) fn was_announced(&self, to: ValidatorIndex, key: Key) -> bool {
		self.find(key, to)
			.is_some_and(|mutual| mutual.announced.is_some())
	}

	/// Whether somebody may send a statement about a candidate (R-SD-11): manifests were exchanged, ours did not have it,
	/// and it was not sent before. If so it is noted.
	pub(crate) fn receive(
		&mut self,
		sender: ValidatorIndex,
		key: Key,
		kind: Kind,
		member: usize,
		group_size: usize,
	) -> Result<(), Misdeed> {
		let mutual = self.mutual.get_mut(&key).and_then(|with| with.get_mut(&sender));
		let Some((mutual, announced)) = mutual.and_then(|mutual| {
			let announced = mutual.announced.clone().filter(|_| mutual.theirs.is_some())?;
			Some((mutual, announced))
		}) else {
			return Err(Misdeed::Unexpected(key.candidate));
		};
		let received = mutual
			.received
			.get_or_insert_with(|| StatementSet::blank(group_size));
		if received.has(kind, member) {
			return Err(Misdeed::Duplicate);
		}
		if announced.has(kind, member) {
			return Err(Misdeed::Unexpected(key.candidate));
		}
		received.note(kind, member);
		if let Some(theirs) = &mut mutual.theirs {
			theirs.note(kind, member);
		}
		Ok(())
	}

	/// What somebody claimed of a candidate, as asked of it: the statements that are not masked.
	pub(crate) fn claimants(&self, key: Key) -> impl Iterator<Item = (ValidatorIndex, &Claim)> {
		let claimants = self.claimants.get(&key).into_iter().flatten();
		claimants.filter_map(move |sender| Some((*sender, self.claims.get(&(*sender, key.candidate))?)))
	}

	/// Whether somebody told of a candidate.
	pub(crate) fn is_claimant(&self, sender: ValidatorIndex, candidate: CandidateHash) -> bool {
		self.claims.contains_key(&(sender, candidate))
	}

	/// The claims of one were wrong.
	pub(crate) fn forget_claimant(&mut self, key: Key, sender: ValidatorIndex) {
		if let Some(claimants) = self.claimants.get_mut(&key) {
			claimants.remove(&sender);
		}
		if let Some(mutual) = self.mutual.get_mut(&key) {
			mutual.remove(&sender);
		}
	}

	/// Who is owed something about a candidate that is backable with these statements, of those to be told and those who told,
	/// ascending. Cost: once through both, so that whoever has everything costs no more.
	pub(crate) fn partners(
		&self,
		key: Key,
		stored: &StatementSet,
		routes: &Routes,
		anew: bool,
	) -> BTreeSet<ValidatorIndex> {
		let with = self.mutual.get(&key);
		let is_new = |to: &&ValidatorIndex| with.is_none_or(|with| !with.contains_key(to));
		let mut partners: BTreeSet<_> = routes.sending.iter().filter(is_new).copied().collect();
		let owed = |(to, mutual): (&ValidatorIndex, &Mutual)| {
			let is_told = || routes.sending.contains(to);
			mutual.owed(stored, is_told, anew).map(|_| *to)
		};
		partners.extend(with.into_iter().flatten().filter_map(owed));
		partners
	}

	/// What is owed to somebody about a candidate that is backable with these statements.
	pub(crate) fn owed(
		&self,
		to: ValidatorIndex,
		key: Key,
		stored: &StatementSet,
		routes: &Routes,
		anew: bool,
	) -> Option<Owed> {
		let is_told = || routes.sending.contains(&to);
		match self.find(key, to) {
			Some(mutual) => mutual.owed(stored, is_told, anew),
			None => is_told().then_some(Owed::Manifest),
		}
	}

	/// A manifest or an acknowledgement was sent.
	pub(crate) fn note_announced(&mut self, to: ValidatorIndex, key: Key, stored: &StatementSet) {
		let mutual = self.mutual(key, to);
		mutual.owes_acknowledgement = false;
		match mutual.announced {
			// What the first one said is what it can know for certain.
			Some(_) => mutual.reannounced = mutual.reannounced.saturating_add(1),
			None => mutual.announced = Some(stored.clone()),
		}
	}

	/// A statement was sent.
	pub(crate) fn note_sent(&mut self, to: ValidatorIndex, key: Key, kind: Kind, member: usize) {
		if let Some(theirs) = &mut self.mutual(key, to).theirs {
			theirs.note(kind, member);
		}
	}

	/// Whether somebody is still answered about a candidate.
	pub(crate) fn may_be_served(&self, to: ValidatorIndex, key: Key) -> bool {
		self.find(key, to)
			.is_none_or(|mutual| mutual.times_served < MAX_SERVED)
	}

	/// Somebody was answered with these statements.
	pub(crate) fn note_served(&mut self, to: ValidatorIndex, key: Key, statements: &StatementSet) {
		let mutual = self.mutual(key, to);
		mutual.times_served = mutual.times_served.saturating_add(1);
		match &mut mutual.served {
			Some(served) => served.add(statements),
			None => mutual.served = Some(statements.clone()),
		}
		if let Some(theirs) = &mut mutual.theirs {
			theirs.add(statements);
		}
	}

	/// A validator is behind another connection, or gone: nothing that was sent arrived for certain. What it claimed is
	/// remembered, so that it can't claim more.
	pub(crate) fn reset(&mut self, validator: ValidatorIndex) {
		for with in self.mutual.values_mut() {
			with.remove(&validator);
		}
		let [first, last] = [0, 0xff].map(|byte| (validator, CandidateHash(Hash::repeat_byte(byte))));
		for claim in self.claims.range_mut(first..=last).map(|(_, claim)| claim) {
			claim.repeats = 0;
		}
	}

	/// Manifests that are remembered.
	#[cfg(any(test, feature = "laws"))]
	pub(crate) fn len(&self) -> usize {
		self.claims.len()
	}
}

impl Mutual {
	/// What is owed to who is behind this, if it is to be told at all.
	fn owed(&self, stored: &StatementSet, is_told: impl Fn() -> bool, anew: bool) -> Option<Owed> {
		if self.owes_acknowledgement {
			return Some(Owed::Acknowledgement);
		}
		match (&self.announced, &self.theirs) {
			(None, None) => is_told().then_some(Owed::Manifest),
			(None, Some(_)) => Some(Owed::Acknowledgement),
			(Some(_), None) => (anew && self.reannounced < MAX_REANNOUNCED).then_some(Owed::Manifest),
			(Some(_), Some(theirs)) => {
				let owed = stored.without(theirs);
				(!owed.is_empty()).then_some(Owed::Statements(owed))
			}
		}
	}

	fn note_theirs(&mut self, filter: &StatementSet) {
		match &mut self.theirs {
			Some(theirs) => theirs.add(filter),
			None => {
				let mut theirs = filter.clone();
				if let Some(served) = &self.served {
					theirs.add(served);
				}
				self.theirs = Some(theirs);
			}
		}
	}
}
