//! How many bytes of candidates one validator may put into everybody's memory (law 3).
//!
//! What it seconds is kept for as long as its relay parent is in scope, and an announced code alone is megabytes. So what
//! a validator seconded is charged to it, whoever brought the statement, and what is over the limit is refused before it
//! is even verified.

use async_backing_primitives::{AsyncBackingParams, Constraints, ParaId, ValidatorIndex};
use std::collections::BTreeMap;

/// Candidates of a para with a new code that one validator may second in the scope of the leaves. A para announces one code on a
/// path and then waits (R-CODE-4); a fork of the relay chain may need it a second time.
pub const MAX_CODES_PER_VALIDATOR: usize = 2;

/// What a candidate takes beside head data, messages and code: receipt, table, tree, signals.
const CANDIDATE_BYTES: usize = 4 * 1024;

/// Most bytes of one code where no leaf says: the ceiling of the configuration (R-ABP-6).
const LARGEST_CODE: usize = 5 * 1024 * 1024;

/// Bounds of what one validator may second for a para, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondedLimits {
	/// Of all candidates at one relay parent together, without codes.
	pub plain: usize,
	/// Of one code.
	pub code: usize,
}

impl SecondedLimits {
	/// What depth and constraints of the para allow: `D + 1` candidates (R-SD-3), each with two head data, and on a path of
	/// them the messages that the chain takes, once more for what it takes while they are pending.
	pub fn new(params: AsyncBackingParams, constraints: &Constraints) -> Self {
		let each = (constraints.max_head_data_size as usize)
			.saturating_mul(2)
			.saturating_add(CANDIDATE_BYTES);
		let upward = constraints.ump_remaining_bytes as usize;
		let messages = constraints
			.hrmp_channels_out
			.iter()
			.map(|(_, channel)| channel.bytes_remaining as usize)
			.fold(upward, usize::saturating_add);
		Self {
			plain: each
				.saturating_mul(params.max_unincluded() as usize)
				.saturating_add(messages.saturating_mul(2)),
			code: constraints.max_code_size as usize,
		}
	}

	/// Where no leaf tells the constraints of the para: room for heads of a typical size and for no messages to speak of.
	pub fn without_constraints(params: AsyncBackingParams) -> Self {
		let each = CANDIDATE_BYTES.saturating_mul(16);
		Self {
			plain: each.saturating_mul(params.max_unincluded() as usize),
			code: LARGEST_CODE,
		}
	}

	/// The larger of both in each respect: a relay parent is judged by all leaves that have it in scope.
	pub(crate) fn max(self, other: Self) -> Self {
		Self {
			plain: self.plain.max(other.plain),
			code: self.code.max(other.code),
		}
	}

	/// Most bytes that one validator puts into the memory of another for one para, while so many relay parents are in scope:
	/// [`plain`](Self::plain) at each of them, and [`MAX_CODES_PER_VALIDATOR`] codes in all.
	pub fn max_bytes(&self, relay_parents: usize) -> usize {
		let codes = self.code.saturating_mul(MAX_CODES_PER_VALIDATOR);
		self.plain.saturating_mul(relay_parents).saturating_add(codes)
	}
}

/// What a candidate is charged with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Charge {
	/// Without the code.
	pub(crate) plain: usize,
	/// `None` if it announces none.
	pub(crate) code: Option<usize>,
}

impl Charge {
	/// Of a candidate that takes so many bytes in all.
	pub(crate) fn new(bytes: usize, code: Option<usize>) -> Self {
		Self {
			plain: bytes.saturating_sub(code.unwrap_or(0)),
			code,
		}
	}
}

/// What validators seconded at one relay parent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
	/// By para as well: what one takes that shares a core is not taken from another.
	charged: BTreeMap<(ValidatorIndex, ParaId), Account>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
	plain: usize,
	codes: usize,
}

impl Accounts {
	/// Candidates of a para with a code that a validator seconded here.
	pub(crate) fn codes(&self, validator: ValidatorIndex, para: ParaId) -> usize {
		self.of(validator, para).codes
	}

	/// Bytes without codes that a validator has here for a para.
	pub(crate) fn plain(&self, validator: ValidatorIndex, para: ParaId) -> usize {
		self.of(validator, para).plain
	}

	fn of(&self, validator: ValidatorIndex, para: ParaId) -> Account {
		let account = self.charged.get(&(validator, para));
		account.copied().unwrap_or_default()
	}

	pub(crate) fn charge(&mut self, validator: ValidatorIndex, para: ParaId, charge: Charge) {
		let account = self.charged.entry((validator, para)).or_default();
		account.plain = account.plain.saturating_add(charge.plain);
		account.codes = account.codes.saturating_add(usize::from(charge.code.is_some()));
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn law_3_the_bound_is_a_function_of_depth_ancestry_and_constraints() {
		let params = |depth| AsyncBackingParams::new(depth, 3).expect("legal");
		let constraints = Constraints {
			min_relay_parent_number: 0,
			max_pov_size: 5 << 20,
			max_code_size: 3 << 20,
			max_head_data_size: 20 << 10,
			ump_remaining: 100,
			ump_remaining_bytes: 1 << 20,
			max_ump_num_per_candidate: 16,
			dmp_remaining_messages: Vec::new(),
			hrmp_inbound: Default::default(),
			hrmp_channels_out: Vec::new(),
			max_hrmp_num_per_candidate: 10,
			required_parent: Default::default(),
			validation_code_hash: Default::default(),
			upgrade_restriction: None,
			future_validation_code: None,
		};
		let limits = SecondedLimits::new(params(4), &constraints);
		assert_eq!(limits.plain, 5 * (40 + 4) * 1024 + (2 << 20));
		assert_eq!(limits.max_bytes(4), 4 * limits.plain + (6 << 20));
		let deeper = SecondedLimits::new(params(5), &constraints);
		assert_eq!(deeper.plain - limits.plain, (40 + 4) * 1024);
		assert_eq!(limits.max(deeper), deeper);
	}

	#[test]
	fn a_code_is_not_charged_twice() {
		let (one, other) = (ParaId(1), ParaId(2));
		let mut accounts = Accounts::default();
		accounts.charge(ValidatorIndex(1), one, Charge::new(1000, Some(900)));
		accounts.charge(ValidatorIndex(1), one, Charge::new(50, None));
		let held = |validator, para| {
			let validator = ValidatorIndex(validator);
			(accounts.plain(validator, para), accounts.codes(validator, para))
		};
		assert_eq!(held(1, one), (150, 1));
		assert_eq!(
			held(1, other),
			(0, 0),
			"what one para takes is not taken from another"
		);
		assert_eq!(held(2, one), (0, 0));
	}
}
