//! What is asked for: candidates of which somebody spoke and that are not known in full (R-SD-12, R-SD-14).

use crate::{filter::StatementSet, manners::Manners, store::Key};
use async_backing_machine::{Instant, JobId, PeerId, RequestId};
use async_backing_primitives::{Hash, ValidatorIndex};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

/// Candidates that are asked for at a time, up to a hundred groups (R-SD-12).
pub(crate) const MIN_PLACES: usize = 5;
/// Above that, a place for so many groups, each of which backs a candidate in a relay block. An answer takes two ways
/// and a check, 0.22 s where a way takes 0.1 s: the candidates of twenty groups take 4.4 s of the 6 s.
const GROUPS_OF_A_PLACE: usize = 20;

/// Candidates that are asked for at a time where there are so many groups, and with them responses that are being
/// checked, of 8 MiB at most each.
pub(crate) fn places(groups: usize) -> usize {
	groups.div_ceil(GROUPS_OF_A_PLACE).max(MIN_PLACES)
}

/// A candidate at a relay parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
	pub(crate) parent: Hash,
	pub(crate) key: Key,
}

/// A request that is under way.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
	pub(crate) wanted: Wanted,
	pub(crate) peer: PeerId,
	pub(crate) validator: ValidatorIndex,
	pub(crate) mask: StatementSet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
	/// It is asked for as soon as there is room.
	Ready,
	/// Nobody says enough of it to be asked, until something changes.
	Parked,
	/// Nobody who could be asked is connected.
	Absent,
	/// It was asked for, and the pause is not over.
	Pausing(Instant),
	/// Whoever has it is not to be asked now: it waits until this peer may be.
	Behind(PeerId),
	/// It is asked for, or the answer is being checked.
	Busy,
}

#[derive(Clone, Debug)]
struct Entry {
	/// Cluster before grid.
	is_grid: bool,
	attempts: u32,
	order: u64,
	state: State,
	/// How often each was asked.
	asked: BTreeMap<ValidatorIndex, u32>,
}

impl Entry {
	fn place(&self, wanted: Wanted) -> Place {
		(self.is_grid, self.attempts, self.order, wanted)
	}
}

/// Cluster first, then fewest attempts, then who came first.
type Place = (bool, u32, u64, Wanted);

/// Memory: an entry for each candidate that cluster or grid know and that is not confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
	/// Candidates that are asked for at a time.
	places: usize,
	entries: BTreeMap<Wanted, Entry>,
	ready: BTreeSet<Place>,
	pausing: BTreeSet<(Instant, Wanted)>,
	in_flight: BTreeMap<RequestId, InFlight>,
	checking: BTreeMap<JobId, InFlight>,
	manners: Manners<Place>,
	next: u64,
	/// When it was last looked who may be asked.
	#[cfg(feature = "laws")]
	looked_at: Instant,
}

impl Default for Requests {
	fn default() -> Self {
		Self {
			places: MIN_PLACES,
			entries: BTreeMap::new(),
			ready: BTreeSet::new(),
			pausing: BTreeSet::new(),
			in_flight: BTreeMap::new(),
			checking: BTreeMap::new(),
			manners: Manners::default(),
			next: 0,
			#[cfg(feature = "laws")]
			looked_at: Instant::ZERO,
		}
	}
}

impl Requests {
	/// There are so many groups now. What is under way stays so, if there are fewer.
	pub(crate) fn groups_are(&mut self, groups: usize) {
		self.places = places(groups);
	}

	/// Somebody spoke of a candidate: it is asked for, and if it is already, there is one more who may be asked.
	pub(crate) fn want(&mut self, wanted: Wanted, is_grid: bool) {
		let order = self.next;
		let entry = self.entries.entry(wanted).or_insert_with(|| Entry {
			is_grid,
			attempts: 0,
			order,
			state: State::Parked,
			asked: BTreeMap::new(),
		});
		if entry.order == order {
			self.next = order.saturating_add(1);
		}
		let place = entry.place(wanted);
		match entry.state {
			State::Parked | State::Absent => {}
			State::Behind(peer) => self.manners.withdraw(peer, &place),
			State::Ready | State::Pausing(_) | State::Busy => return,
		}
		entry.state = State::Ready;
		self.ready.insert(place);
	}

	/// It is of no use any more. Whoever is asked need not be listened to.
	pub(crate) fn forget(&mut self, wanted: Wanted) {
		if let Some(entry) = self.entries.remove(&wanted) {
			let place = entry.place(wanted);
			self.ready.remove(&place);
			match entry.state {
				State::Pausing(until) => {
					self.pausing.remove(&(until, wanted));
				}
				State::Behind(peer) => self.manners.withdraw(peer, &place),
				State::Ready | State::Parked | State::Absent | State::Busy => {}
			}
		}
	}

	/// A peer is gone: whatever waited for it may find somebody else.
	pub(crate) fn forget_peer(&mut self, peer: PeerId) {
		let waited = self.manners.forget(peer);
		self.wait_no_longer(waited);
	}

	/// There is somebody else to ask: whatever waits of which that one may have something is looked at again. What others claim does
	/// not make it dearer than a look at each.
	pub(crate) fn reconsider(&mut self, may_have: impl Fn(Wanted) -> bool) {
		for (wanted, entry) in &mut self.entries {
			let place = entry.place(*wanted);
			let waits = matches!(entry.state, State::Parked | State::Absent | State::Behind(_));
			if !waits || !may_have(*wanted) {
				continue;
			}
			if let State::Behind(peer) = entry.state {
				self.manners.withdraw(peer, &place);
			}
			entry.state = State::Ready;
			self.ready.insert(place);
		}
	}

	fn wait_no_longer(&mut self, waited: impl IntoIterator<Item = Place>) {
		for place in waited {
			let (.., wanted) = place;
			if let Some(entry) = self.entries.get_mut(&wanted) {
				entry.state = State::Ready;
				self.ready.insert(place);
			}
		}
	}

	/// Jobs that check answers about a candidate, which are of no use when it is known.
	pub(crate) fn useless_after(&self, wanted: Wanted) -> Vec<JobId> {
		let of = self
			.checking
			.iter()
			.filter(|(_, request)| request.wanted == wanted);
		of.map(|(job, _)| *job).collect()
	}

	/// Candidates at these relay parents stay. Returns jobs that are of no use any more.
	pub(crate) fn retain(&mut self, stays: impl Fn(Hash) -> bool) -> Vec<JobId> {
		let gone: Vec<_> = self
			.entries
			.keys()
			.filter(|wanted| !stays(wanted.parent))
			.copied()
			.collect();
		for wanted in gone {
			self.forget(wanted);
		}
		let useless = self.checking.iter().filter(|(_, of)| !stays(of.wanted.parent));
		useless.map(|(job, _)| *job).collect()
	}

	/// Those of which nobody said enough are tried again.
	pub(crate) fn unpark(&mut self) {
		self.retry(|state| state == State::Parked);
	}

	/// Those that nobody could be asked for are tried again, for whatever reason.
	pub(crate) fn unpark_all(&mut self) {
		self.retry(|state| matches!(state, State::Parked | State::Absent));
	}

	fn retry(&mut self, which: impl Fn(State) -> bool) {
		for (wanted, entry) in &mut self.entries {
			if which(entry.state) {
				entry.state = State::Ready;
				self.ready.insert(entry.place(*wanted));
			}
		}
	}

	/// The next one to be asked for, if there is room: taken out, and to be [`sent`](Self::sent), [`parked`](Self::park) or
	/// made to [`wait`](Self::wait).
	pub(crate) fn take(&mut self, now: Instant) -> Option<Wanted> {
		#[cfg(feature = "laws")]
		{
			self.looked_at = now;
		}
		while let Some((until, wanted)) = self.pausing.first().copied().filter(|(until, _)| *until <= now) {
			self.pausing.remove(&(until, wanted));
			if let Some(entry) = self.entries.get_mut(&wanted) {
				entry.state = State::Ready;
				self.ready.insert(entry.place(wanted));
			}
		}
		self.manners.look(now);
		if !self.has_room() {
			return None;
		}
		let waited = self.manners.take(now);
		self.wait_no_longer(waited);
		self.ready.pop_first().map(|(.., wanted)| wanted)
	}

	/// When the next pause is over, of a candidate or of a peer.
	pub(crate) fn next_at(&self) -> Option<Instant> {
		let pause = self.pausing.first().map(|(until, _)| *until);
		pause.into_iter().chain(self.manners.next_at()).min()
	}

	/// Whether a peer may be asked for one more candidate.
	pub(crate) fn may_be_asked(&self, peer: PeerId, now: Instant) -> bool {
		self.manners.may_be_asked(peer, now)
	}

	/// How badly a peer answers: the greater the worse.
	pub(crate) fn badness(&self, peer: PeerId) -> (u32, Instant) {
		self.manners.badness(peer)
	}

	/// Of these, who may be asked soonest, as far as is known.
	pub(crate) fn soonest(&self, peers: impl IntoIterator<Item = PeerId>) -> Option<PeerId> {
		peers.into_iter().min_by_key(|peer| self.manners.badness(*peer))
	}

	/// Whoever has it is not to be asked now: it waits until this peer may be.
	pub(crate) fn wait(&mut self, peer: PeerId, wanted: Wanted, now: Instant) {
		if let Some(entry) = self.entries.get_mut(&wanted) {
			entry.state = State::Behind(peer);
			self.manners.wait(peer, entry.place(wanted), now);
		}
	}

	/// How often somebody was asked for a candidate.
	pub(crate) fn asked(&self, wanted: Wanted, validator: ValidatorIndex) -> u32 {
		let entry = self.entries.get(&wanted);
		entry
			.and_then(|entry| entry.asked.get(&validator))
			.copied()
			.unwrap_or(0)
	}

	/// Nobody says enough of it to be asked.
	pub(crate) fn park(&mut self, wanted: Wanted) {
		self.set_state(wanted, State::Parked);
	}

	/// Nobody who could be asked is there.
	pub(crate) fn nobody_is_there(&mut self, wanted: Wanted) {
		self.set_state(wanted, State::Absent);
	}

	fn set_state(&mut self, wanted: Wanted, state: State) {
		if let Some(entry) = self.entries.get_mut(&wanted) {
			entry.state = state;
		}
	}

	/// It was asked for.
	pub(crate) fn sent(&mut self, id: RequestId, request: InFlight) {
		if let Some(entry) = self.entries.get_mut(&request.wanted) {
			entry.state = State::Busy;
			let asked = entry.asked.entry(request.validator).or_default();
			*asked = asked.saturating_add(1);
		}
		self.manners.asked(request.peer);
		self.in_flight.insert(id, request);
	}

	/// There was no room in the outbox: it stays the next one.
	pub(crate) fn put_back(&mut self, wanted: Wanted) {
		if let Some(entry) = self.entries.get_mut(&wanted) {
			entry.state = State::Ready;
			self.ready.insert(entry.place(wanted));
		}
	}

	/// A request ended.
	pub(crate) fn ended(&mut self, id: RequestId) -> Option<InFlight> {
		let ended = self.in_flight.remove(&id)?;
		self.manners.ended(ended.peer);
		Some(ended)
	}

	/// The answer is being checked.
	pub(crate) fn check(&mut self, job: JobId, request: InFlight) {
		self.checking.insert(job, request);
	}

	/// The check ended.
	pub(crate) fn checked(&mut self, job: JobId) -> Option<InFlight> {
		self.checking.remove(&job)
	}

	/// A peer gave what it was asked for.
	pub(crate) fn answered(&mut self, peer: PeerId) {
		self.manners.answered(peer);
	}

	/// A peer did not answer, or badly: it rests.
	pub(crate) fn blame(&mut self, peer: PeerId, now: Instant, pause: Duration) {
		let waited = self.manners.failed(peer, now, pause);
		self.wait_no_longer(waited);
	}

	/// Nobody answered, or badly: after a pause the candidate is asked for again.
	pub(crate) fn failed(&mut self, wanted: Wanted, now: Instant, pause: Duration) {
		if let Some(entry) = self.entries.get_mut(&wanted) {
			entry.attempts = entry.attempts.saturating_add(1);
			let until = now.saturating_add(pause);
			entry.state = State::Pausing(until);
			self.pausing.insert((until, wanted));
		}
	}

	/// Whether a candidate is still wanted.
	pub(crate) fn wants(&self, wanted: Wanted) -> bool {
		self.entries.contains_key(&wanted)
	}

	/// Whether the answer to a request is of use.
	pub(crate) fn awaits(&self, id: RequestId) -> bool {
		self.in_flight
			.get(&id)
			.is_some_and(|request| self.wants(request.wanted))
	}

	/// Whether something could be asked for, if there is room.
	pub(crate) fn has_ready(&self) -> bool {
		!self.ready.is_empty()
	}

	/// Whether one could be asked for now.
	pub(crate) fn has_room(&self) -> bool {
		self.in_flight.len().saturating_add(self.checking.len()) < self.places
	}

	#[cfg(feature = "laws")]
	pub(crate) fn wanted(&self) -> impl Iterator<Item = Wanted> + '_ {
		self.entries.keys().copied()
	}

	/// When it was last looked who may be asked.
	#[cfg(feature = "laws")]
	pub(crate) fn looked_at(&self) -> Instant {
		self.looked_at
	}

	/// Candidates that are not asked for and have no pause, unless they wait for somebody who may not be asked now.
	#[cfg(feature = "laws")]
	pub(crate) fn idle(&self) -> impl Iterator<Item = Wanted> + '_ {
		let is_idle = |state: State| match state {
			State::Parked | State::Absent => true,
			State::Behind(peer) => self.may_be_asked(peer, self.looked_at),
			State::Ready | State::Pausing(_) | State::Busy => false,
		};
		let idle = self.entries.iter().filter(move |(_, entry)| is_idle(entry.state));
		idle.map(|(wanted, _)| *wanted)
	}

	/// Law 3: whether anything is kept of a peer.
	#[cfg(feature = "laws")]
	pub(crate) fn knows(&self, peer: PeerId) -> bool {
		self.manners.knows(peer)
	}

	/// Candidates that are wanted.
	#[cfg(test)]
	pub(crate) fn len(&self) -> usize {
		self.entries.len()
	}

	/// Requests and jobs that are taken for open.
	#[cfg(any(test, feature = "laws"))]
	pub(crate) fn taken_for_open(&self) -> usize {
		self.in_flight.len() + self.checking.len()
	}

	/// Whether the outcome of a job is of use.
	#[cfg(feature = "laws")]
	pub(crate) fn is_of_use(&self, job: JobId) -> Option<bool> {
		self.checking.get(&job).map(|request| self.wants(request.wanted))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::{CandidateHash, GroupIndex};

	fn wanted(byte: u8) -> Wanted {
		let key = Key {
			candidate: CandidateHash(Hash::repeat_byte(byte)),
			group: GroupIndex(0),
		};
		Wanted {
			parent: Hash::repeat_byte(9),
			key,
		}
	}

	fn in_flight(wanted: Wanted, validator: u32) -> InFlight {
		InFlight {
			wanted,
			peer: PeerId(validator.into()),
			validator: ValidatorIndex(validator),
			mask: StatementSet::blank(1),
		}
	}

	const SECOND: Duration = Duration::from_secs(1);

	#[test]
	fn r_sd_12_cluster_first_fewest_attempts_first_five_in_flight_and_a_pause() {
		let mut requests = Requests::default();
		for byte in 1..=4 {
			requests.want(wanted(byte), true);
		}
		requests.want(wanted(5), false);
		requests.want(wanted(6), true);
		let first = requests.take(Duration::ZERO).expect("there is one");
		assert_eq!(first, wanted(5), "R-SD-12: cluster before grid");
		requests.sent(RequestId(5), in_flight(first, 0));
		for id in 0..4 {
			let next = requests.take(Duration::ZERO).expect("there is one");
			assert_eq!(next, wanted(id + 1), "R-SD-12: who came first");
			requests.sent(RequestId(id.into()), in_flight(next, 0));
		}
		assert_eq!(
			requests.take(Duration::ZERO),
			None,
			"R-SD-12: five in flight, where groups are few"
		);
		let ended = requests.ended(RequestId(0)).expect("it was under way");
		requests.failed(ended.wanted, Duration::ZERO, SECOND);
		assert_eq!(
			requests.take(Duration::ZERO),
			Some(wanted(6)),
			"R-SD-12: fewest attempts"
		);
		requests.put_back(wanted(6));
		assert_eq!(requests.next_at(), Some(SECOND));
		assert_eq!(
			requests.take(SECOND),
			Some(wanted(6)),
			"R-SD-12: fewest attempts, also after the pause"
		);
		requests.park(wanted(6));
		assert_eq!(requests.take(SECOND), Some(wanted(1)));
		requests.put_back(wanted(1));
		requests.unpark();
		assert_eq!(requests.take(SECOND), Some(wanted(6)));
		assert_eq!(
			(requests.asked(wanted(1), ValidatorIndex(0)), requests.len()),
			(1, 6)
		);
	}

	/// A place for each twenty groups keeps what one asks for ahead of what they back; up to a hundred groups it is the rule's
	/// five.
	#[test]
	fn r_sd_12_more_groups_than_a_hundred_have_more_places() {
		for (groups, expected) in [
			(0, 5),
			(1, 5),
			(100, 5),
			(101, 6),
			(120, 6),
			(200, 10),
			(1_000, 50),
		] {
			let mut requests = Requests::default();
			requests.groups_are(groups);
			for byte in 0..=100 {
				requests.want(wanted(byte), true);
			}
			let mut in_flight_now = 0;
			while let Some(next) = requests.take(Duration::ZERO) {
				requests.sent(RequestId(in_flight_now), in_flight(next, 0));
				in_flight_now += 1;
			}
			assert_eq!(in_flight_now, expected, "R-SD-12: of {groups} groups");
			requests.groups_are(0);
			assert_eq!(
				requests.taken_for_open() as u64,
				expected,
				"what is asked for stays so"
			);
			assert!(requests.ended(RequestId(0)).is_some());
			assert_eq!(
				requests.take(Duration::ZERO).is_some(),
				expected == 5,
				"R-SD-12: and nothing is added to it"
			);
		}
	}

	#[test]
	fn r_sd_14_what_is_gone_goes_and_nothing_else() {
		let mut requests = Requests::default();
		for byte in 1..=3 {
			requests.want(wanted(byte), true);
		}
		requests.forget(wanted(1));
		requests.forget(wanted(3));
		assert_eq!(requests.take(Duration::ZERO), Some(wanted(2)), "R-SD-14");
		requests.sent(RequestId(1), in_flight(wanted(2), 0));
		assert!(requests.awaits(RequestId(1)));
		requests.forget(wanted(2));
		assert!(!requests.awaits(RequestId(1)) && requests.ended(RequestId(1)).is_some());
		assert_eq!((requests.len(), requests.taken_for_open()), (0, 0));
	}
}
