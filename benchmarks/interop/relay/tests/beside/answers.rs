//! What both sides tell nodes and parachains, compared.

use crate::{
	ours,
	plan::PARAS,
	rows::Row,
	scheduling::{without_claims, Orders},
};
use async_backing_interop_relay::chain::{self as published, Answers};
use async_backing_primitives::{
	BlockNumber, CandidateEvent, ClaimQueue, Constraints, CoreState, ParaId, ValidatorIndex,
};
use codec::{DecodeAll, Encode};
use core::fmt::Debug;
use sp_io::TestExternalities;
use std::collections::VecDeque;

/// An answer that is not the same.
pub(crate) struct Difference {
	pub(crate) row: Option<Row>,
	pub(crate) name: String,
	pub(crate) ours: String,
	pub(crate) theirs: String,
}

/// What else is to know of a para.
#[derive(Clone, Default)]
struct Known {
	/// Number of the relay parent of its last candidate that waits.
	tip: Option<BlockNumber>,
	/// What theirs says that its upward queue has room for, in SCALE, as the key tells it.
	room: Vec<u8>,
	/// What cores are for, on both sides, and why that is not the same.
	claims: Claims,
}

/// Claim queues, and why they are not the same.
#[derive(Clone, Default)]
struct Claims {
	ours: ClaimQueue,
	theirs: ClaimQueue,
	row: Option<Row>,
}

/// An answer of both sides.
pub(crate) struct Told {
	/// The question with the para that it is about, or the key.
	pub(crate) question: String,
	pub(crate) ours: Vec<u8>,
	pub(crate) theirs: Vec<u8>,
	/// What says why they differ.
	pub(crate) rows: Vec<Row>,
}

/// Compares all answers and keys in the state after a block. Returns them, and what differs.
pub(crate) fn compare(
	ours: &mut TestExternalities,
	theirs: &mut TestExternalities,
	orders: &Orders<'_>,
) -> (Vec<Told>, Vec<Difference>) {
	let mut all = Vec::new();
	let mut differences = Vec::new();
	let mut note =
		|whose: &str, keys: &[(String, Vec<u8>)], known: &Known, ours: Answers, theirs: Answers| {
			assert_eq!(ours.len(), theirs.len(), "the same questions");
			for (position, ((name, ours), (same, theirs))) in ours.into_iter().zip(theirs).enumerate() {
				assert_eq!(name, same, "the same questions");
				let mut rows = Vec::new();
				if ours != theirs {
					let found = differ(whose, &name, &ours, &theirs, known);
					rows.extend(found.iter().filter_map(|difference| difference.row));
					differences.extend(found);
				}
				let question = match keys.get(position) {
					Some((_, key)) => sp_core::bytes::to_hex(key, false),
					None => format!("{whose}{name}"),
				};
				all.push(Told {
					question,
					ours,
					theirs,
					rows,
				});
			}
		};
	let of_ours = ours.execute_with(ours::answers);
	let of_theirs = theirs.execute_with(published::answers);
	let known = Known {
		claims: claims(&of_ours, &of_theirs, orders),
		..Known::default()
	};
	note("", &[], &known, of_ours, of_theirs);
	for para in PARAS {
		let whose = format!("{para}: ");
		let of_theirs = theirs.execute_with(|| published::answers_of(para.0));
		let constraints = of_theirs.iter().find(|(name, _)| name == "backing_constraints");
		let constraints =
			constraints.and_then(|(_, answer)| Option::<Constraints>::decode_all(&mut &answer[..]).ok()?);
		let known = Known {
			tip: ours.execute_with(|| ours::relay_parent_of_tip(para)),
			room: constraints.map(|base| room(&base).encode()).unwrap_or_default(),
			..Known::default()
		};
		note(
			&whose,
			&[],
			&known,
			ours.execute_with(|| ours::answers_of(para)),
			of_theirs,
		);
		let others: Vec<_> = PARAS
			.map(|other| other.0)
			.into_iter()
			.filter(|other| *other != para.0)
			.collect();
		let keys = published::well_known_keys(para.0, &others);
		let values = |chain: &mut TestExternalities| -> Answers {
			chain.execute_with(|| {
				keys.iter()
					.map(|(name, key)| {
						(
							name.clone(),
							sp_io::storage::get(key)
								.map(|value| value.to_vec())
								.unwrap_or_default(),
						)
					})
					.collect()
			})
		};
		let (values_of_ours, values_of_theirs) = (values(ours), values(theirs));
		note(&whose, &keys, &known, values_of_ours, values_of_theirs);
	}
	(all, differences)
}

fn differ(whose: &str, name: &str, ours: &[u8], theirs: &[u8], known: &Known) -> Vec<Difference> {
	let row = match name {
		// An empty list is one byte.
		"channels in" | "channels out" => (ours.is_empty() && theirs == [0]).then_some(Row::EmptyIndex),
		"upward queue, room" => (ours == known.room).then_some(Row::RoomTold),
		// An Abort.
		"go-ahead" => (ours == [0] && theirs.is_empty()).then_some(Row::Abort),
		_ => None,
	};
	match name {
		"availability_cores" => cores(whose, ours, theirs, &known.claims),
		"claim_queue" => {
			let Claims { ours, theirs, row } = &known.claims;
			let named = [ours, theirs].map(shown);
			Some(vec![difference(
				*row,
				format!("{whose}{name}"),
				&named[0],
				&named[1],
			)])
		}
		"candidate_events" => events(whose, ours, theirs),
		"disabled_validators" => disabled(whose, ours, theirs),
		"channel" => channel(whose, ours, theirs),
		"backing_constraints" => constraints(whose, ours, theirs, known.tip),
		_ => None,
	}
	.unwrap_or_else(|| vec![difference(row, format!("{whose}{name}"), &ours, &theirs)])
}

/// Difference of two things that can be shown.
fn difference(row: Option<Row>, name: String, ours: &impl Debug, theirs: &impl Debug) -> Difference {
	Difference {
		row,
		name,
		ours: format!("{ours:?}"),
		theirs: format!("{theirs:?}"),
	}
}

/// Core by core: what differs on purpose is made the same.
fn cores(whose: &str, mut ours: &[u8], mut theirs: &[u8], claims: &Claims) -> Option<Vec<Difference>> {
	let ours = Vec::<CoreState>::decode_all(&mut ours).ok()?;
	let theirs = Vec::<CoreState>::decode_all(&mut theirs).ok()?;
	let mut known = Vec::new();
	let mut aligned = theirs.clone();
	for (core, (ours, theirs)) in ours.iter().zip(&mut aligned).enumerate() {
		if let (CoreState::Occupied(ours), CoreState::Occupied(theirs)) = (ours, theirs) {
			if ours.time_out_at != theirs.time_out_at {
				let name = format!("{whose}availability_cores, core {core}: time_out_at");
				known.push(difference(
					Some(Row::TimeOutTold),
					name,
					&ours.time_out_at,
					&theirs.time_out_at,
				));
				theirs.time_out_at = ours.time_out_at;
			}
		}
	}
	if ours != aligned {
		// What the claim queues say of them differs as these do.
		let is_claim = without_claims(&ours, &claims.ours)
			.zip(without_claims(&aligned, &claims.theirs))
			.is_some_and(|(ours, theirs)| ours == theirs);
		known.push(difference(
			claims.row.filter(|_| is_claim),
			format!("{whose}availability_cores"),
			&ours,
			&aligned,
		));
	}
	Some(known)
}

/// Core by core, to be read.
fn shown(claims: &ClaimQueue) -> Vec<(u32, Vec<u32>)> {
	let paras = |claims: &VecDeque<ParaId>| claims.iter().map(|para| para.0).collect();
	claims
		.iter()
		.map(|(core, claims)| (core.0, paras(claims)))
		.collect()
}

/// Claim queues among the answers.
fn claims(ours: &Answers, theirs: &Answers, orders: &Orders<'_>) -> Claims {
	let queue = |answers: &Answers| {
		let answer = answers.iter().find(|(name, _)| name == "claim_queue");
		answer
			.and_then(|(_, answer)| ClaimQueue::decode_all(&mut &answer[..]).ok())
			.expect("both tell it")
	};
	let (ours, theirs) = (queue(ours), queue(theirs));
	let row = (ours != theirs).then(|| orders.why(&ours, &theirs)).flatten();
	Claims { ours, theirs, row }
}

/// The same ones: theirs names them in the session pallet's order.
fn disabled(whose: &str, mut ours: &[u8], mut theirs: &[u8]) -> Option<Vec<Difference>> {
	let ours = Vec::<ValidatorIndex>::decode_all(&mut ours).ok()?;
	let theirs = Vec::<ValidatorIndex>::decode_all(&mut theirs).ok()?;
	let mut sorted = theirs.clone();
	sorted.sort_unstable();
	let row = (ours == sorted).then_some(Row::DisabledOrder);
	Some(vec![difference(
		row,
		format!("{whose}disabled_validators"),
		&ours,
		&theirs,
	)])
}

/// All that parachains read stands where it does; behind it ours has what it knows besides.
fn channel(whose: &str, ours: &[u8], theirs: &[u8]) -> Option<Vec<Difference>> {
	let tail = ours.strip_prefix(theirs)?;
	let row = (!theirs.is_empty() && tail.len() == 8).then_some(Row::ChannelRecord);
	let sizes = [ours, theirs].map(|value| format!("{} bytes", value.len()));
	Some(vec![difference(
		row,
		format!("{whose}channel"),
		&sizes[0],
		&sizes[1],
	)])
}

/// In the same order of paras, which theirs enacts by the hashes of their ids.
fn events(whose: &str, mut ours: &[u8], mut theirs: &[u8]) -> Option<Vec<Difference>> {
	let ours = Vec::<CandidateEvent>::decode_all(&mut ours).ok()?;
	let theirs = Vec::<CandidateEvent>::decode_all(&mut theirs).ok()?;
	let place = |event: &CandidateEvent| match event {
		CandidateEvent::CandidateIncluded(receipt, ..) => (0, receipt.descriptor.para_id()),
		CandidateEvent::CandidateTimedOut(receipt, ..) => (1, receipt.descriptor.para_id()),
		CandidateEvent::CandidateBacked(receipt, ..) => (2, receipt.descriptor.para_id()),
	};
	let mut sorted = theirs.clone();
	sorted.sort_by_key(place);
	let row = (ours == sorted).then_some(Row::EnactmentOrder);
	let paras = |events: &[CandidateEvent]| events.iter().map(place).collect::<Vec<_>>();
	let name = format!("{whose}candidate_events (0 included, 1 timed out, 2 backed)");
	Some(vec![difference(row, name, &paras(&ours), &paras(&theirs))])
}

/// Field by field: what differs on purpose is made the same. `tip` is the relay parent of the last candidate that waits.
fn constraints(
	whose: &str,
	mut ours: &[u8],
	mut theirs: &[u8],
	tip: Option<BlockNumber>,
) -> Option<Vec<Difference>> {
	let ours = Option::<Constraints>::decode_all(&mut ours).ok()??;
	let theirs = Option::<Constraints>::decode_all(&mut theirs).ok()??;
	let name = |field: &str| format!("{whose}backing_constraints{field}");
	let mut known = Vec::new();
	let mut aligned = theirs.clone();
	if ours.max_head_data_size != theirs.max_head_data_size {
		known.push(difference(
			Some(Row::HeadDataLimit),
			name(".max_head_data_size"),
			&ours.max_head_data_size,
			&theirs.max_head_data_size,
		));
		aligned.max_head_data_size = ours.max_head_data_size;
	}
	let (least, least_of_theirs) = (ours.min_relay_parent_number, theirs.min_relay_parent_number);
	let is_of_tip = tip == Some(least_of_theirs);
	if least != least_of_theirs && (is_of_tip || least > least_of_theirs) {
		known.push(difference(
			Some(if is_of_tip {
				Row::RelayParentOfTip
			} else {
				Row::OldestRelayParent
			}),
			name(".min_relay_parent_number"),
			&least,
			&least_of_theirs,
		));
		aligned.min_relay_parent_number = ours.min_relay_parent_number;
	}
	let (of_ours, of_theirs) = (room(&ours), (theirs.ump_remaining, theirs.ump_remaining_bytes));
	if of_theirs != room(&theirs) && of_ours == room(&theirs) {
		known.push(difference(
			Some(Row::BelowZero),
			name(".ump_remaining"),
			&of_ours,
			&of_theirs,
		));
		(aligned.ump_remaining, aligned.ump_remaining_bytes) = of_ours;
	}
	let (watermarks, watermarks_of_theirs) = (
		&ours.hrmp_inbound.valid_watermarks,
		&theirs.hrmp_inbound.valid_watermarks,
	);
	if watermarks.len() == 1 && watermarks_of_theirs.is_empty() {
		known.push(difference(
			Some(Row::WatermarkTold),
			name(".valid_watermarks"),
			watermarks,
			watermarks_of_theirs,
		));
		aligned.hrmp_inbound = ours.hrmp_inbound.clone();
	}
	let is_kept = ours.future_validation_code.is_some() && ours.upgrade_restriction.is_some();
	if is_kept && theirs.upgrade_restriction.is_none() {
		known.push(difference(
			Some(Row::RestrictionTold),
			name(".upgrade_restriction"),
			&ours.upgrade_restriction,
			&theirs.upgrade_restriction,
		));
		aligned.upgrade_restriction = ours.upgrade_restriction;
	}
	if ours != aligned {
		let (ours, theirs) = fields_apart(&ours, &aligned);
		known.push(difference(None, name(""), &ours, &theirs));
	}
	Some(known)
}

/// Messages and bytes that an upward queue has room for. What is below zero on their side is far above on the wire.
fn room(base: &Constraints) -> (u32, u32) {
	let at_least_none = |room: u32| if room > u32::MAX / 2 { 0 } else { room };
	(
		at_least_none(base.ump_remaining),
		at_least_none(base.ump_remaining_bytes),
	)
}

/// What is not the same in what both print, so that it can be read.
fn fields_apart(ours: &Constraints, theirs: &Constraints) -> (String, String) {
	let [ours, theirs] = [ours, theirs].map(|constraints| format!("{constraints:#?}"));
	let apart = |one: &str, other: &str| {
		let other: Vec<_> = other.lines().collect();
		let lines = one.lines().filter(|line| !other.contains(line));
		lines.map(str::trim).collect::<Vec<_>>().join(" ")
	};
	(apart(&ours, &theirs), apart(&theirs, &ours))
}
