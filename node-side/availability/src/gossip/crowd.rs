//! Validators of a leaf's session that know the leaf.

use super::told::Told;
use async_backing_chain_view::Neighbours;
use async_backing_machine::PeerId;
use async_backing_primitives::ValidatorIndex;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
	pub(super) peer: PeerId,
	pub(super) index: ValidatorIndex,
	/// Its [slot](Told::slot).
	pub(super) slot: u32,
}

/// Validators of a leaf's session that know the leaf: so that what spreads takes no walk through all peers. Whoever is none there
/// hears nothing of it (law 7).
#[derive(Clone, Debug, Default)]
pub(super) struct Crowd {
	/// All of them, ascending.
	all: Vec<Member>,
	/// Those of them that are neighbours in the row, ascending.
	row: Vec<Member>,
	/// And in the column.
	column: Vec<Member>,
}

impl Crowd {
	pub(super) fn insert(
		&mut self,
		peer: PeerId,
		index: Option<ValidatorIndex>,
		neighbours: &Neighbours,
		told: &mut Told,
	) {
		let Some(index) = index else { return };
		let slot = told.slot(peer);
		let member = Member { peer, index, slot };
		insert(&mut self.all, member);
		if neighbours.row.contains(&index) {
			insert(&mut self.row, member);
		}
		if neighbours.column.contains(&index) {
			insert(&mut self.column, member);
		}
	}

	pub(super) fn remove(&mut self, peer: PeerId) {
		for members in [&mut self.all, &mut self.row, &mut self.column] {
			if let Ok(place) = members.binary_search_by_key(&peer, |member| member.peer) {
				members.remove(place);
			}
		}
	}

	/// All of them, ascending.
	pub(super) fn all(&self) -> &[Member] {
		&self.all
	}

	/// Neighbours in the row, if it goes along it, and in the column.
	pub(super) fn along(&self, row: bool, column: bool) -> impl Iterator<Item = &Member> {
		let row = row.then_some(&self.row);
		let column = column.then_some(&self.column);
		row.into_iter().chain(column).flatten()
	}
}

fn insert(members: &mut Vec<Member>, member: Member) {
	if let Err(place) = members.binary_search_by_key(&member.peer, |member| member.peer) {
		members.insert(place, member);
	}
}
