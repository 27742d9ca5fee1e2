//! What cores are for on both sides, and why that is not the same: where a schedule begins is compared when it is made, how many
//! orders wait for each para when a block has ended. So a difference is met in the block that makes it, where its cause can be
//! seen, and not when it reaches what nodes are told.

use crate::rows::Row;
use async_backing_interop_relay::chain as theirs;
use async_backing_primitives::{BlockNumber, ClaimQueue, CoreIndex, CoreState, ParaId};
use async_backing_relay_runtime::{Runtime, RuntimeEvent, System};
use core::cmp::Ordering;
use pallet_async_backing_scheduler::{Claim, CoreClaims, Event, OnDemandOrders, Schedules};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Where a schedule of a core begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begin {
	pub(crate) at: BlockNumber,
	/// Another one begins there as well.
	pub(crate) is_taken: bool,
}

/// Where ours lets the schedule begin that `execute` makes; `None` if it refuses.
pub(crate) fn begin_of_ours(core: u32, execute: impl FnOnce() -> bool) -> Option<Begin> {
	let core = CoreIndex(core);
	let before = Schedules::<Runtime>::get(core);
	if !execute() {
		return None;
	}
	let events = System::events().into_iter().rev();
	let at = events.map(|record| record.event).find_map(|event| match event {
		RuntimeEvent::ParaScheduler(Event::CoreAssigned {
			core: assigned,
			begin,
		}) if assigned == core => Some(begin),
		_ => None,
	})?;
	let is_taken = before.iter().any(|schedule| schedule.begin == at);
	Some(Begin { at, is_taken })
}

/// Where theirs does.
pub(crate) fn begin_of_theirs(core: u32, call: &theirs::Call) -> Result<Begin, String> {
	let before = theirs::last_schedule(core);
	let last = theirs::would_execute(call, || theirs::last_schedule(core))?;
	let at = last.ok_or("accepted, and not written down")?;
	Ok(Begin {
		at,
		is_taken: before == Some(at),
	})
}

/// Why a schedule that both accept is not made on either; `Err` if nothing says why.
///
/// `seen` is what nodes saw of the core in the parent's state, from `now` on.
pub(crate) fn why_not(
	ours: Begin,
	theirs: Begin,
	seen: Option<&VecDeque<ParaId>>,
	now: BlockNumber,
) -> Option<Result<Row, ()>> {
	let is_behind_seen = now + seen.map_or(0, |claims| claims.len() as u32) <= ours.at;
	// What should have begun begins with the next block.
	match ours.at.cmp(&theirs.at.max(now + 1)) {
		Ordering::Less if is_behind_seen => Some(Ok(Row::EndedWork)),
		Ordering::Equal if ours.is_taken || theirs.is_taken => Some(Ok(Row::Replaced)),
		Ordering::Equal => None,
		Ordering::Less | Ordering::Greater => Some(Err(())),
	}
}

/// How many orders of each para wait, or are handed out to a block that is to come.
type Book = BTreeMap<ParaId, u32>;

fn book(orders: impl IntoIterator<Item = ParaId>) -> Book {
	let mut book = Book::new();
	for para in orders {
		*book.entry(para).or_default() += 1;
	}
	book
}

fn book_of_ours() -> Book {
	let cores = CoreClaims::<Runtime>::get();
	let claims = cores.iter().flat_map(|core| &core.claims);
	let handed_out = claims.filter_map(|claim| match claim {
		Claim::Pool(para) => *para,
		_ => None,
	});
	let waiting = OnDemandOrders::<Runtime>::get();
	book(waiting.iter().map(|order| order.para).chain(handed_out))
}

/// Orders of a para that only one side has.
pub(crate) struct Fate {
	pub(crate) para: ParaId,
	pub(crate) ours: u32,
	pub(crate) theirs: u32,
	pub(crate) row: Option<Row>,
}

/// What decides about orders in a block.
pub(crate) struct Block<'a> {
	/// Cores that serve orders, or did.
	pub(crate) pool: &'a BTreeSet<CoreIndex>,
	/// Cores at the leaf.
	pub(crate) cores: &'a [CoreState],
	/// What nodes were told at the leaf that cores are for.
	pub(crate) claims: Option<&'a ClaimQueue>,
	/// A session begins behind the block.
	pub(crate) is_last_of_session: bool,
}

impl Block<'_> {
	/// Cores that serve orders whose candidate at the leaf is of the para.
	fn occupied_by(&self, para: ParaId) -> impl Iterator<Item = CoreIndex> + '_ {
		self.pool.iter().copied().filter(move |core| {
			let state = self.cores.get(core.0 as usize);
			matches!(state, Some(CoreState::Occupied(state)) if state.candidate_descriptor.para_id() == para)
		})
	}

	/// How many orders of the para the block was to serve.
	fn due(&self, para: ParaId) -> usize {
		let is_due = |core: &&CoreIndex| {
			let claims = self.claims.and_then(|claims| claims.get(*core));
			claims.and_then(VecDeque::front) == Some(&para)
		};
		self.pool.iter().filter(is_due).count()
	}

	/// Orders of which a block makes more on one side than on the other. `beyond` is how many cores serve orders on theirs that
	/// the session does not have.
	pub(crate) fn fates(
		&self,
		ours: &mut sp_io::TestExternalities,
		theirs: &mut sp_io::TestExternalities,
		beyond: usize,
	) -> Vec<Fate> {
		let of_ours = ours.execute_with(book_of_ours);
		let of_theirs = book(theirs.execute_with(theirs::orders).into_iter().map(ParaId));
		let paras: BTreeSet<_> = of_ours.keys().chain(of_theirs.keys()).copied().collect();
		let fate = |para: ParaId| {
			let [ours, theirs] = [&of_ours, &of_theirs].map(|book| book.get(&para).copied().unwrap_or(0));
			let apart = ours.abs_diff(theirs) as usize;
			let row = match ours.cmp(&theirs) {
				Ordering::Equal => return None,
				// It is due on a core that its own bonus candidate occupies.
				Ordering::Less => {
					let own = self.occupied_by(para).count().min(self.due(para));
					(apart <= own).then_some(Row::Returned)
				}
				Ordering::Greater if self.is_last_of_session => {
					let lost = self.occupied_by(para).count() + self.due(para);
					(apart <= lost).then_some(Row::Dropped)
				}
				Ordering::Greater => (apart <= beyond).then_some(Row::Nowhere),
			};
			Some(Fate {
				para,
				ours,
				theirs,
				row,
			})
		};
		paras.into_iter().filter_map(fate).collect()
	}
}

/// Why claims are not the same: what there is to know of the cores that serve orders.
pub(crate) struct Orders<'a> {
	/// Cores that serve orders, or did.
	pub(crate) pool: &'a BTreeSet<CoreIndex>,
	/// What nodes were told at the leaf that cores are for.
	pub(crate) seen: Option<&'a ClaimQueue>,
	/// Why one side has other orders since this block, if it has.
	pub(crate) fate: Option<Row>,
	/// How many cores serve orders on theirs that the session does not have.
	pub(crate) beyond: usize,
}

impl Orders<'_> {
	/// Whether the order that one side has for a core in the next block is another core's on the other side, whose next order is of
	/// the same para: so that core shows the same on both, and this one a copy of what comes after (R-SCH-4).
	fn moves_behind_a_copy(&self, core: &CoreIndex, ours: &ClaimQueue, theirs: &ClaimQueue) -> bool {
		let claims = |queue: &ClaimQueue, core: &CoreIndex| queue.get(core).cloned().unwrap_or_default();
		let is_copy = |claims: &VecDeque<ParaId>| claims.len() > 1 && claims.front() == claims.get(1);
		let (of_ours, of_theirs) = (claims(ours, core), claims(theirs, core));
		let shown = match (is_copy(&of_ours), is_copy(&of_theirs)) {
			(true, false) => of_theirs.front(),
			(false, true) => of_ours.front(),
			_ => return false,
		};
		let is_the_rest_the_same = of_ours.iter().skip(1).eq(of_theirs.iter().skip(1));
		let mut others = self.pool.iter().filter(|other| *other != core);
		is_the_rest_the_same
			&& others.any(|other| {
				let claims_of_other = claims(ours, other);
				claims_of_other == claims(theirs, other)
					&& is_copy(&claims_of_other)
					&& claims_of_other.front() == shown
			})
	}

	/// The row that says why claims differ.
	pub(crate) fn why(&self, ours: &ClaimQueue, theirs: &ClaimQueue) -> Option<Row> {
		let all: BTreeSet<_> = ours.keys().chain(theirs.keys()).copied().collect();
		// An empty list is none.
		let claims = |queue: &ClaimQueue, core: &CoreIndex| {
			queue.get(core).filter(|claims| !claims.is_empty()).cloned()
		};
		let apart = all
			.into_iter()
			.filter(|core| claims(ours, core) != claims(theirs, core));
		let apart: Vec<_> = apart.collect();
		if apart.is_empty() {
			return Some(Row::EmptyClaims);
		}
		if !apart.iter().all(|core| self.pool.contains(core)) {
			return None;
		}
		let is_nowhere = self.beyond > 0;
		// Theirs moves what nodes saw of one of them, ours nothing.
		let is_dealt = self.seen.is_some_and(|seen| {
			apart.iter().all(|core| is_kept(seen, ours, core))
				&& apart.iter().any(|core| !is_kept(seen, theirs, core))
		});
		let is_dealt = is_dealt
			|| apart
				.iter()
				.all(|core| self.moves_behind_a_copy(core, ours, theirs));
		self.fate
			.or(is_dealt.then_some(Row::Dealt))
			.or(is_nowhere.then_some(Row::Nowhere))
	}
}

/// Whether what nodes saw of a core at the leaf is what they see behind the block, one place further ahead (R-SCH-5).
fn is_kept(seen: &ClaimQueue, now: &ClaimQueue, core: &CoreIndex) -> bool {
	let claims = |queue: &ClaimQueue| queue.get(core).cloned().unwrap_or_default();
	let (seen, now) = (claims(seen), claims(now));
	let rest: Vec<_> = seen.into_iter().skip(1).collect();
	now.len() >= rest.len() && rest.iter().zip(&now).all(|(seen, now)| seen == now)
}

/// Cores without what the claim queue says of them; `None` if they say another thing than it does.
pub(crate) fn without_claims(cores: &[CoreState], queue: &ClaimQueue) -> Option<Vec<CoreState>> {
	let front = |core| {
		queue
			.get(&CoreIndex(core))
			.and_then(|claims| claims.front())
			.copied()
	};
	let without = |(core, state): (u32, &CoreState)| match state {
		CoreState::Free => front(core).is_none().then_some(CoreState::Free),
		CoreState::Scheduled(scheduled) => {
			(front(core) == Some(scheduled.para_id)).then_some(CoreState::Free)
		}
		CoreState::Occupied(occupied) => {
			let mut occupied = occupied.clone();
			let next = [
				occupied.next_up_on_available.take(),
				occupied.next_up_on_time_out.take(),
			];
			let is_front = next
				.iter()
				.all(|next| next.as_ref().map(|next| next.para_id) == front(core));
			is_front.then_some(CoreState::Occupied(occupied))
		}
	};
	(0..).zip(cores).map(without).collect()
}
