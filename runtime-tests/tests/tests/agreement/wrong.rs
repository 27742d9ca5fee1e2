//! Candidates that are wrong by one.

use crate::node::{AtLeaf, Made};
use async_backing_primitives::{
	CandidateCommitments, CandidateDescriptor, CommittedCandidateReceipt, CoreIndex, HeadData,
	OutboundHrmpChannelLimitations, OutboundHrmpMessage, ParaId, ValidationCode,
};
use codec::{Decode, Encode};

/// A fault of outputs.
type Fault = fn(&mut CandidateCommitments, &AtLeaf, &Made);

const FAULTS: [Fault; 16] = [
	|outputs, _, _| outputs.hrmp_watermark += 1,
	|outputs, _, _| outputs.hrmp_watermark = outputs.hrmp_watermark.saturating_sub(1),
	|outputs, _, _| outputs.processed_downward_messages += 1,
	|outputs, _, _| {
		outputs.processed_downward_messages = outputs.processed_downward_messages.saturating_sub(1)
	},
	|outputs, leaf, made| {
		outputs.head_data = HeadData(vec![7; limit(leaf, made, |base| base.max_head_data_size) + 1])
	},
	|outputs, leaf, made| {
		outputs.new_validation_code = Some(ValidationCode(vec![
			7;
			limit(leaf, made, |base| base.max_code_size)
				+ 1
		]));
	},
	|outputs, _, _| outputs.new_validation_code = Some(ValidationCode(vec![7; 8])),
	|outputs, leaf, made| {
		outputs.upward_messages = vec![vec![1]; limit(leaf, made, |base| base.max_ump_num_per_candidate) + 1];
	},
	|outputs, leaf, made| {
		outputs.upward_messages = vec![vec![1]; limit(leaf, made, |base| base.ump_remaining) + 1];
	},
	|outputs, _, _| {
		let message = |recipient| OutboundHrmpMessage {
			recipient: ParaId(recipient),
			data: vec![],
		};
		outputs.horizontal_messages = vec![message(2001), message(2000)];
	},
	|outputs, _, _| {
		let message = |recipient| OutboundHrmpMessage {
			recipient: ParaId(recipient),
			data: vec![],
		};
		outputs.horizontal_messages = vec![message(1), message(2), message(3)];
	},
	|outputs, _, _| outputs.upward_messages = vec![vec![], vec![9]],
	|outputs, leaf, made| {
		if let Some((recipient, room)) = channel(leaf, made) {
			let bytes = beyond(room.bytes_remaining);
			outputs.horizontal_messages = vec![OutboundHrmpMessage {
				recipient,
				data: vec![2; bytes],
			}];
		}
	},
	// Wrong where the channel is full.
	|outputs, leaf, made| {
		if let Some((recipient, _)) = channel(leaf, made) {
			outputs.horizontal_messages = vec![OutboundHrmpMessage {
				recipient,
				data: vec![],
			}];
		}
	},
	|outputs, leaf, made| {
		let para = leaf.facts.paras.get(&made.para());
		if let Some(extension) = para.and_then(|para| para.extension.as_ref()) {
			outputs.upward_messages = vec![vec![1; beyond(extension.max_ump_message_size)]];
		}
	},
	|outputs, leaf, made| {
		let room = limit(leaf, made, |base| base.ump_remaining_bytes);
		outputs.upward_messages = vec![vec![1; beyond(room as u32)]];
	},
];

/// One byte more than there is room for; where there is much room none: nobody learns anything of a message of a megabyte.
fn beyond(room: u32) -> usize {
	if room < 1_000 {
		room as usize + 1
	} else {
		0
	}
}

/// The first channel on which the candidate's para sends.
fn channel(leaf: &AtLeaf, made: &Made) -> Option<(ParaId, OutboundHrmpChannelLimitations)> {
	let para = leaf.facts.paras.get(&made.para())?;
	let channels = &para.backing_state.constraints.hrmp_channels_out;
	channels.first().copied()
}

/// A byte of the descriptor that is another: para head, validation data, code, session, relay parent, version, core, para.
const BYTES: [usize; 8] = [230, 70, 262, 39, 6, 36, 37, 2];

/// What of the votes is wrong.
const VOTES: usize = 4;

fn limit(leaf: &AtLeaf, made: &Made, limit: fn(&async_backing_primitives::Constraints) -> u32) -> usize {
	let para = leaf.facts.paras.get(&made.para());
	para.map_or(0, |para| limit(&para.backing_state.constraints) as usize)
}

/// The same candidate, with one thing wrong; which one goes round with `next`. `None` where there is nothing to change.
pub(crate) fn by_one(leaf: &AtLeaf, honest: &Made, next: usize) -> Option<Made> {
	let which = next % (FAULTS.len() + BYTES.len() + VOTES);
	if let Some(fault) = FAULTS.get(which) {
		let mut outputs = honest.backed.candidate.commitments.clone();
		fault(&mut outputs, leaf, honest);
		let descriptor = patched(
			&honest.backed.candidate.descriptor,
			228,
			outputs.head_data.hash().as_ref(),
		)?;
		return remade(leaf, honest, descriptor, outputs);
	}
	let outputs = honest.backed.candidate.commitments.clone();
	if let Some(offset) = which.checked_sub(FAULTS.len()).and_then(|at| BYTES.get(at)) {
		let byte = honest.backed.candidate.descriptor.encode().get(*offset)? ^ 1;
		let descriptor = patched(&honest.backed.candidate.descriptor, *offset, &[byte])?;
		return remade(leaf, honest, descriptor, outputs);
	}
	let mut twisted = honest.clone();
	// Who counts votes finds out, so that no node has its quorum.
	twisted.is_backable = false;
	match which % VOTES {
		0 => {
			twisted.backed.validity_votes.pop()?;
		}
		1 => twisted.backed.validator_indices.insert(0, false),
		// Too few to name a core.
		2 => twisted.backed.validator_indices.truncate(3),
		_ => twisted.backed.validity_votes.reverse(),
	}
	let is_changed = twisted.backed != honest.backed;
	is_changed.then_some(twisted)
}

fn patched(descriptor: &CandidateDescriptor, offset: usize, with: &[u8]) -> Option<CandidateDescriptor> {
	let mut bytes = descriptor.encode();
	bytes.get_mut(offset..offset + with.len())?.copy_from_slice(with);
	CandidateDescriptor::decode(&mut &bytes[..]).ok()
}

/// With the votes of the group that backs the core there: who votes does not look.
fn remade(
	leaf: &AtLeaf,
	honest: &Made,
	descriptor: CandidateDescriptor,
	commitments: CandidateCommitments,
) -> Option<Made> {
	let relay_parent = honest.backed.candidate.descriptor.relay_parent();
	let known = leaf
		.facts
		.relay_parents()
		.find(|block| block.hash == relay_parent);
	let named = descriptor.core_index();
	let core = named
		.or_else(|| honest.backed.core().ok())
		.filter(|core| core.0 < 256)?;
	let receipt = CommittedCandidateReceipt {
		descriptor,
		commitments,
	};
	let twisted = leaf.voted(
		receipt,
		honest.validation_data.clone(),
		known.copied().unwrap_or_default(),
		CoreIndex(core.0),
		0,
	);
	// A fault that changes nothing makes none: it would be the same candidate with other votes.
	(twisted.hash() != honest.hash()).then_some(twisted)
}
