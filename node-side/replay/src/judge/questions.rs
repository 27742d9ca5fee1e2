//! What one block answers, given what was before it.

use super::{
	chains::proven_number,
	history::{parent_of, told_hashes, History},
	prepared::Prepared,
	session::Session,
	state::State,
};
use crate::{Block, Question, Verdict};
use async_backing_primitives::{
	check_backing_vote_count, check_intrinsic, check_relay_parent_progress, hash_bytes, AllowedRelayParents,
	AsyncBackingParams, CandidateEvent, INJECTED_CORE_BITS,
};
use std::collections::{BTreeMap, BTreeSet};

/// The block itself: bytes, parent, order.
pub(super) fn form(block: &Block, verdict: &mut Verdict) {
	let Some(inherent) = &block.inherent else {
		verdict.undecided(
			Question::Encoding,
			1,
			"no parachains inherent was found in the block",
		);
		return;
	};
	match (inherent.encodes_alike, &inherent.bits_unknown) {
		(Some(alike), _) => verdict.judge(Question::Encoding, alike, || {
			"encodes to other bytes than it came in".into()
		}),
		(None, Some(why)) if inherent.told_hash.is_some() => verdict.disagree(Question::Encoding, why),
		(None, why) => verdict.undecided(
			Question::Encoding,
			1,
			why.as_deref().unwrap_or("no bytes to compare with"),
		),
	}
	if let (Some(told), Some(bytes)) = (inherent.told_hash, &inherent.bytes) {
		let got = hash_bytes(bytes);
		verdict.judge(Question::Encoding, got == told, || {
			format!("the extrinsic hashes to {got:?}, told was {told:?}")
		});
	}
	let header = &inherent.data.parent_header;
	match block.parent_hash {
		Some(told) => verdict.judge(Question::Parent, header.hash() == told, || {
			format!(
				"the parent header hashes to {:?}, the parent is {told:?}",
				header.hash()
			)
		}),
		None => verdict.undecided(Question::Parent, 1, "the parent is not told"),
	}
	if let Some(number) = block.number {
		verdict.judge(
			Question::Parent,
			header.number.checked_add(1) == Some(number),
			|| format!("block {number}, but the parent header is of {}", header.number),
		);
	}
	order(block, verdict);
	let signed = inherent.data.bitfields.len();
	let voted: usize = inherent
		.data
		.backed_candidates
		.iter()
		.map(|backed| backed.validity_votes.len())
		.sum();
	let disputed: usize = inherent
		.data
		.disputes
		.iter()
		.map(|dispute| dispute.statements.len())
		.sum();
	verdict.undecided(
		Question::Signature,
		signed + voted + disputed,
		"the validators' keys are not in the data",
	);
}

/// R-INC-3.
fn order(block: &Block, verdict: &mut Verdict) {
	let Some(inherent) = &block.inherent else { return };
	let question = Question::Order;
	let validators: Vec<_> = inherent
		.data
		.bitfields
		.iter()
		.map(|bitfield| bitfield.validator_index)
		.collect();
	let ascends = validators
		.windows(2)
		.all(|pair| matches!(pair, [one, other] if one < other));
	verdict.judge(question, ascends, || {
		"bitfields do not ascend by validator".into()
	});
	let paras: Vec<_> = inherent
		.data
		.backed_candidates
		.iter()
		.map(|backed| backed.candidate.para_id())
		.collect();
	if paras.len() < 2 {
		return;
	}
	if paras.is_sorted() {
		return verdict.agree(question, 1);
	}
	let cores: Option<Vec<_>> = inherent
		.data
		.backed_candidates
		.iter()
		.map(|backed| {
			let hash = backed.hash();
			let event = block.told().iter().find(|told| {
				matches!(told.event, CandidateEvent::CandidateBacked(..)) && told.receipt().hash() == hash
			});
			event?.place().1
		})
		.collect();
	let is_one_each = paras.iter().collect::<BTreeSet<_>>().len() == paras.len();
	match cores {
		// Before a para could have several cores, chains asked for the order of cores.
		Some(cores) if is_one_each && cores.is_sorted() => {
			verdict.undecided(
				question,
				1,
				"candidates ascend by core, as chains with one core for each para had it",
			);
		}
		_ => verdict.disagree(question, format!("candidates do not ascend by para: {paras:?}")),
	}
}

/// Each candidate in itself, and beside the event that tells of it.
pub(super) fn candidates(block: &Block, prepared: &[Prepared], verdict: &mut Verdict) {
	for told in block.told() {
		if let Some(hash) = told.candidate_hash {
			let got = told.receipt().hash();
			verdict.judge(Question::CandidateHash, got == hash, || {
				format!("the receipt in an event hashes to {got:?}, told was {hash:?}")
			});
		}
		let (head, expected) = (told.place().0.hash(), told.receipt().descriptor.para_head());
		verdict.judge(Question::ParaHead, head == expected, || {
			format!("head data in an event hash to {head:?}, the descriptor says {expected:?}")
		});
	}
	let backed = told_hashes(block, |event| {
		matches!(event, CandidateEvent::CandidateBacked(..))
	});
	let own: BTreeSet<_> = prepared.iter().map(|candidate| candidate.hash).collect();
	for hash in backed.difference(&own) {
		verdict.disagree(
			Question::CandidateHash,
			format!("the chain backed {hash:?}, and no candidate of the inherent hashes to that"),
		);
	}
	for candidate in prepared {
		let descriptor = &candidate.backed.candidate.descriptor;
		let commitments = &candidate.backed.candidate.commitments;
		match candidate.taken {
			// Receipts are equal if their hashes are: so are the commitments' hashes in them.
			Some(true) => {
				verdict.agree(Question::CandidateHash, 1);
				let told = block
					.told()
					.iter()
					.map(|told| told.receipt())
					.find(|receipt| receipt.hash() == candidate.hash);
				let expected = told.map(|receipt| receipt.commitments_hash);
				let got = commitments.hash();
				verdict.judge(Question::Commitments, expected == Some(got), || {
					format!("{:?}: {got:?}", candidate.hash)
				});
			}
			Some(false) => {
				let why = "the chain took no note of the candidate: it was dropped, or a dispute had stopped the chain";
				verdict.undecided(Question::CandidateHash, 1, why);
				verdict.undecided(Question::Commitments, 1, why);
			}
			None => {
				verdict.undecided(Question::CandidateHash, 1, "events are not told");
				verdict.undecided(Question::Commitments, 1, "events are not told");
			}
		}
		let (head, expected) = (commitments.head_data.hash(), descriptor.para_head());
		verdict.judge(Question::ParaHead, head == expected, || {
			format!(
				"{:?}: head data hash to {head:?}, the descriptor says {expected:?}",
				candidate.hash
			)
		});
		// Version 3 is told by the descriptor; that the chain has it switched on is told by its taking it.
		let outcome = check_intrinsic(
			descriptor,
			commitments,
			None,
			candidate.validation_data.as_ref(),
			true,
		);
		match (outcome, candidate.taken) {
			(Ok(_), _) => verdict.agree(Question::Intrinsic, 1),
			(Err(error), Some(true)) => {
				verdict.disagree(Question::Intrinsic, format!("{:?}: {error}", candidate.hash))
			}
			(Err(error), _) => verdict.undecided(
				Question::Intrinsic,
				1,
				format!("refused, and nothing says that the chain took it: {error}"),
			),
		}
	}
	sessions(prepared, verdict);
}

/// Candidates of one block that name their session name the same (R-BCK-2).
fn sessions(prepared: &[Prepared], verdict: &mut Verdict) {
	let taken = prepared.iter().filter(|candidate| candidate.taken == Some(true));
	let named: Vec<_> = taken
		.filter_map(|candidate| candidate.backed.candidate.descriptor.scheduling_session())
		.collect();
	let Some(first) = named.first() else { return };
	for (position, session) in named.iter().enumerate() {
		match position {
			0 => verdict.undecided(
				Question::Intrinsic,
				1,
				"the session that runs is not told: the first candidate that names one fixes it",
			),
			_ => verdict.judge(Question::Intrinsic, session == first, || {
				format!("a candidate of session {session}, another of {first}")
			}),
		}
	}
}

/// The core that a candidate names, beside the one that the chain tells (R-BIN-16, R-BCK-3).
fn core(candidate: &Prepared, verdict: &mut Verdict) {
	let question = Question::Core;
	let Some(told) = candidate.told_core else {
		return verdict.undecided(question, 1, "the core is not told");
	};
	let named = match (candidate.named, candidate.is_injected) {
		(Err(error), _) => return verdict.disagree(question, format!("{:?}: {error}", candidate.hash)),
		(Ok(Some(named)), _) => named,
		(Ok(None), None) => return verdict.undecided(
			question,
			1,
			"the descriptor names no core, and whether index bits end with one does not follow from the data",
		),
		(Ok(None), _) if candidate.others_name_cores => {
			return verdict.undecided(
				question,
				1,
				"the candidate names no core, although others of its block do",
			)
		}
		(Ok(None), _) => {
			return verdict.undecided(
				question,
				1,
				"neither descriptor nor index bits name a core: the chain is older than that",
			)
		}
	};
	// Index bits have room for the low eight bits of a core.
	let is_whole = candidate.backed.candidate.descriptor.core_index().is_some();
	let is_told = named == told || (!is_whole && named.0 == told.0 & 0xff);
	match candidate.is_injected {
		_ if candidate.taken != Some(true) => verdict.undecided(question, 1, "the chain's core is not told"),
		Some(false) if is_told => verdict.undecided(
			question,
			1,
			"the descriptor names the core, but index bits do not, as the chain asks for today",
		),
		_ => verdict.judge(question, is_told, || {
			format!("{:?} names core {named}, and took {told}", candidate.hash)
		}),
	}
}

/// A bitfield whose length is not the number of cores is dropped (R-BIT-1), and a block that carries what its chain drops fails
/// (R-INC-3).
pub(super) fn lengths(block: &Block, session: &Session, verdict: &mut Verdict) {
	let Some(inherent) = block
		.inherent
		.as_ref()
		.filter(|inherent| inherent.bits_unknown.is_none())
	else {
		return;
	};
	let mut wrong: BTreeMap<usize, Vec<_>> = BTreeMap::new();
	for bitfield in &inherent.data.bitfields {
		let bits = bitfield.payload.0.len();
		if session.is_of_wrong_length(bits) {
			wrong.entry(bits).or_default().push(bitfield.validator_index);
		}
	}
	for (bits, validators) in wrong {
		let first = validators.first().map(ToString::to_string).unwrap_or_default();
		verdict.disagree(
			Question::Order,
			format!(
				"bitfields of {bits} bits for {} cores are dropped (R-BIT-1): {}, the first of validator {first}",
				session.cores,
				validators.len()
			),
		);
	}
}

/// Core, group and votes.
pub(super) fn votes_and_groups(prepared: &[Prepared], session: &Session, verdict: &mut Verdict) {
	let fixing = session.fixing();
	for candidate in prepared {
		core(candidate, verdict);
		match (candidate.core, candidate.group, candidate.group_at) {
			(Some(core), Some(group), Some(at)) => {
				let seen = (at, core, group);
				match session.group_of(core, at) {
					_ if fixing == Some(seen) => {
						verdict.undecided(
							Question::Group,
							1,
							"the session's start is not told: the first candidate fixes it",
						);
					}
					Some(by_rule) => verdict.judge(Question::Group, by_rule == group, || {
						format!("core {core} at {at}: group {by_rule} by rotation, {group} by the chain")
					}),
					None if session.cores == 0 => verdict.undecided(
						Question::Group,
						1,
						"the number of cores does not follow from the data",
					),
					None => verdict.disagree(
						Question::Group,
						format!("no rotation gives group {group} for core {core} at {at} beside the others"),
					),
				}
			}
			(_, _, None) => verdict.undecided(Question::Group, 1, "the relay parent is not in the data"),
			_ => verdict.undecided(Question::Group, 1, "core and group are not told"),
		}
		let Some(size) = candidate.group_size else {
			verdict.undecided(
				Question::Votes,
				1,
				"how many index bits belong to the group does not follow from the data",
			);
			continue;
		};
		let by_rule = candidate.group.and_then(|group| session.group_size(group));
		if let Some(by_rule) = by_rule.filter(|by_rule| *by_rule != size) {
			verdict.disagree(
				Question::Votes,
				format!(
					"{:?}: index bits for a group of {size}, it has {by_rule}",
					candidate.hash
				),
			);
			continue;
		}
		// The minimum is configured, and in no block: one vote is needed in any case (R-BKV-1).
		match (
			candidate.is_injected,
			check_backing_vote_count(&candidate.backed, size, 1),
		) {
			(Some(false), Err(_)) if candidate.backed.validator_indices.len() < size + INJECTED_CORE_BITS => {
				let (votes, bits) = (
					candidate.backed.validity_votes.len(),
					candidate.backed.validator_indices.count_ones(),
				);
				verdict.judge(Question::Votes, votes == bits, || {
					format!("{:?}: {votes} votes for {bits} bits", candidate.hash)
				});
			}
			(_, Ok(_)) => verdict.agree(Question::Votes, 1),
			(_, Err(error)) => verdict.disagree(Question::Votes, format!("{:?}: {error}", candidate.hash)),
		}
	}
	if session.sizes_conflict {
		verdict.undecided(Question::Votes, 1, "no number of validators gives groups of these sizes by R-GRP-5: the chain may split them another way");
	}
}

/// What is known beside blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
	/// Parameters of asynchronous backing, if somebody told them.
	pub(super) params: Option<AsyncBackingParams>,
	/// Whether the largest size of a proof follows from candidates nearby.
	pub(super) are_sizes_known: bool,
}

/// R-REL-2 to R-REL-4, R-PVD-1. `state` is that after inclusions, before this block's candidates.
pub(super) fn places(
	block: &Block,
	prepared: &[Prepared],
	history: &History,
	state: &State,
	Known {
		params,
		are_sizes_known,
	}: Known,
	verdict: &mut Verdict,
) {
	let window = window(block, history, params);
	// Where the data don't fill the window, the number alone decides.
	let is_beyond = |lag: Option<u32>| {
		params.is_some_and(|params| {
			let full = params.relay_parent_window();
			window.len() >= full as usize || lag.is_none_or(|lag| lag > full)
		})
	};
	let mut context = state.context.clone();
	let mut heads = state.latest.clone();
	for candidate in prepared {
		let relay_parent = candidate.backed.candidate.descriptor.relay_parent();
		let number = candidate
			.lag
			.and_then(|lag| proven_number(block)?.checked_sub(lag));
		match (number, window.lookup(relay_parent)) {
			(None, _) => verdict.undecided(Question::RelayParent, 1, "the relay parent is not in the data"),
			(Some(number), found) => {
				let latest = context.get(&candidate.para).copied();
				match check_relay_parent_progress(latest, number) {
					Err(error) => {
						verdict.disagree(Question::RelayParent, format!("{:?}: {error}", candidate.hash))
					}
					Ok(()) if found.is_none() && is_beyond(candidate.lag) => {
						verdict.disagree(
							Question::RelayParent,
							format!("{:?}: {number} is not in the window (R-REL-3)", candidate.hash),
						);
					}
					Ok(()) => verdict.agree(Question::RelayParent, 1),
				}
				context.insert(candidate.para, number);
			}
		}
		let latest = heads.get(&candidate.para);
		let question = Question::ValidationData;
		match (&candidate.validation_data, candidate.relay_parent, latest) {
			(Some(data), _, Some(latest)) => verdict.judge(question, data.parent_head == *latest, || {
				format!("{:?} does not build on the newest head of para {}", candidate.hash, candidate.para)
			}),
			(Some(_), _, None) => verdict.agree(question, 1),
			(None, None, _) => verdict.undecided(question, 1, "the relay parent, or its state root, is not in the data"),
			(None, Some(_), Some(_)) if candidate.taken == Some(true) && are_sizes_known => verdict.disagree(
				question,
				format!("{:?}: neither the newest head of para {} nor another gives the hash, with any of the sizes of proofs that were tried", candidate.hash, candidate.para),
			),
			(None, Some(_), Some(_)) => verdict.undecided(question, 1, "the largest size of a proof is not one of those that were tried"),
			(None, Some(_), None) => verdict.undecided(question, 1, "the parent head is not in the data"),
		}
		if candidate.taken == Some(true) {
			heads.insert(
				candidate.para,
				candidate.backed.candidate.commitments.head_data.clone(),
			);
		}
	}
}

/// Relay parents that the block may have seen, as the chain's own window would hold them.
fn window(block: &Block, history: &History, params: Option<AsyncBackingParams>) -> AllowedRelayParents {
	let length = params.map_or(AsyncBackingParams::MAX, |params| params.allowed_ancestry_len);
	let mut known: Vec<_> = parent_of(block)
		.into_iter()
		.flat_map(|parent| history.ancestors(parent))
		.map_while(|hash| history.info(hash))
		.take(length as usize + 1)
		.collect();
	known.reverse();
	let mut window = AllowedRelayParents::default();
	for info in known {
		window.update(info, length);
	}
	window
}
