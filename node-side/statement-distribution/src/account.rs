//! How many bytes of candidates one validator may put into everybody's memory (law 3).

use async_backing_fragment_tree::Candidate;
use async_backing_primitives::{AsyncBackingParams, Constraints, ParaId, ValidatorIndex};
use std::collections::BTreeMap;

/// Candidates of a para with a new code that one validator may second at one relay parent: a para announces one and then waits
/// (R-CODE-4); a second one for the other side of a fork of the para.
pub const MAX_CODES_PER_VALIDATOR: usize = 2;

/// What a candidate takes beside head data, messages and code.
const CANDIDATE_BYTES: usize = 4 * 1024;
/// Most bytes of one code where no leaf says: the ceiling of the configuration (R-ABP-6).
const LARGEST_CODE: usize = 5 * 1024 * 1024;

/// Bounds of what one validator may second for a para at one relay parent, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondedBytes {
	/// Of all candidates together, without codes.
	pub plain: usize,
	/// Of one code.
	pub code: usize,
}

impl SecondedBytes {
	/// What depth and constraints allow: `D + 1` candidates (R-SD-3), each with two head data, and on a path of them the
	/// messages that the chain takes, once more for what it takes while they are pending.
	pub fn new(params: AsyncBackingParams, constraints: &Constraints) -> Self {
		let each = (constraints.max_head_data_size as usize)
			.saturating_mul(2)
			.saturating_add(CANDIDATE_BYTES);
		let channels = constraints.hrmp_channels_out.iter();
		let messages = channels
			.map(|(_, channel)| channel.bytes_remaining as usize)
			.fold(constraints.ump_remaining_bytes as usize, usize::saturating_add);
		Self {
			plain: each
				.saturating_mul(params.max_unincluded() as usize)
				.saturating_add(messages.saturating_mul(2)),
			code: constraints.max_code_size as usize,
		}
	}

	/// Where no leaf tells the constraints of the para: room for heads of a typical size and for no messages to speak of.
	pub(crate) fn without_constraints(limit: usize) -> Self {
		Self {
			plain: CANDIDATE_BYTES.saturating_mul(16).saturating_mul(limit),
			code: LARGEST_CODE,
		}
	}

	/// The larger of both in each respect.
	pub(crate) fn max(self, other: Self) -> Self {
		Self {
			plain: self.plain.max(other.plain),
			code: self.code.max(other.code),
		}
	}

	/// Most bytes that one validator puts into the memory of another at one relay parent, for one para of those whose turn its
	/// core may have.
	pub fn total(&self) -> usize {
		self.code
			.saturating_mul(MAX_CODES_PER_VALIDATOR)
			.saturating_add(self.plain)
	}
}

/// What validators seconded at one relay parent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
	/// By para as well: what one takes that shares a core is not taken from another.
	charged: BTreeMap<(ValidatorIndex, ParaId), (usize, usize)>,
}

impl Accounts {
	/// Charges a candidate to the first of its seconders that has room for it; `false` if none has.
	pub(crate) fn charge(
		&mut self,
		seconders: impl IntoIterator<Item = ValidatorIndex>,
		candidate: &Candidate,
		bounds: SecondedBytes,
	) -> bool {
		let code = candidate
			.commitments()
			.new_validation_code
			.as_ref()
			.map(|code| code.0.len());
		if code.is_some_and(|code| code > bounds.code) {
			return false;
		}
		let plain = candidate.bytes().saturating_sub(code.unwrap_or(0));
		let para = candidate.para_id();
		for seconder in seconders {
			let (held, codes) = self.charged.get(&(seconder, para)).copied().unwrap_or_default();
			let (held, codes) = (
				held.saturating_add(plain),
				codes.saturating_add(code.is_some().into()),
			);
			if held <= bounds.plain && codes <= MAX_CODES_PER_VALIDATOR {
				self.charged.insert((seconder, para), (held, codes));
				return true;
			}
		}
		false
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::actors::{self, candidate};

	/// Two paras share a core: what a validator seconds for one leaves the other its room.
	#[test]
	fn law_3_r_bak_13_each_para_has_room_of_its_own() {
		let one = candidate(1, 0, 1);
		let other = candidate(1, 1, 1);
		assert_eq!([one.para_id(), other.para_id()], [0, 1].map(actors::para));
		let bounds = SecondedBytes {
			plain: one.bytes().max(other.bytes()),
			code: 0,
		};
		let mut accounts = Accounts::default();
		let mut charge = |candidate| accounts.charge([ValidatorIndex(4)], candidate, bounds);
		assert!(charge(&one));
		assert!(charge(&other), "another para");
		assert!(!charge(&one) && !charge(&other), "no more of either");
	}
}
