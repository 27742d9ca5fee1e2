//! What a collator does wrong on purpose. It is not told of it: its own blocks look right to it.

use crate::{words::NotAuthored, Misconduct};
use async_backing_collator::{BlockProducer, BuildOn, Collated, ProduceBlock, ProducedBlock};
use async_backing_primitives::{
	AvailableData, CandidateCommitments, CandidateDescriptor, ConstraintSource, DescriptorFields, Hash,
	OutboundHrmpChannelLimitations, OutboundHrmpMessage, ParaId, ValidationCode, MIN_CODE_SIZE,
};
use codec::Encode;
use std::sync::Arc;

/// Blocks of a private fork before the first that is shown: more than others build meanwhile, so that head data that say
/// no more than how many there are differ as well.
const PRIVATE: usize = 64;

/// A block as its collator makes it, and where it says that it belongs. `before` is where a block on an older relay parent was
/// built.
pub(super) fn produce(
	producer: &mut dyn BlockProducer,
	block: &ProduceBlock<'_>,
	build_on: &BuildOn,
	before: Option<&BuildOn>,
	misconduct: Option<Misconduct>,
) -> Result<(ProducedBlock, BuildOn), NotAuthored> {
	let mut build_on = build_on.clone();
	if misconduct == Some(Misconduct::PrivateFork) {
		for _ in 0..PRIVATE {
			let parent_head = build_on.parent_head();
			let hidden = ProduceBlock {
				parent_head,
				..*block
			};
			let hidden = producer.produce(&hidden).map_err(NotAuthored::failed)?;
			let head = hidden.commitments.head_data;
			let context = Arc::make_mut(&mut build_on.context);
			context.required_parent.value = head.hash();
			context.validation_data.parent_head.value = head;
		}
	}
	let parent_head = build_on.parent_head();
	let block = ProduceBlock {
		parent_head,
		..*block
	};
	let mut produced = producer.produce(&block).map_err(NotAuthored::failed)?;
	match misconduct {
		Some(Misconduct::Mute) => return Err(NotAuthored::failed("it keeps its block to itself")),
		Some(Misconduct::Invalid) => {
			let processed = &mut produced.commitments.processed_downward_messages;
			*processed = processed.saturating_add(1);
		}
		Some(Misconduct::WrongHead) => produced.commitments.head_data.0.push(0),
		Some(Misconduct::GarbledPov) => drop(produced.pov.block_data.0.pop()),
		Some(Misconduct::OlderRelayParent) => {
			if let Some(before) = before {
				goes_back(&mut build_on, before);
				produced.commitments.hrmp_watermark = before.relay_parent.number;
			}
		}
		Some(exceeds) if exceeds.exceeds() => exceed(exceeds, &build_on, &mut produced.commitments),
		Some(_) | None => {}
	}
	Ok((produced, build_on))
}

/// Says of a block that it belongs on an older relay parent.
fn goes_back(build_on: &mut BuildOn, before: &BuildOn) {
	build_on.relay_parent = before.relay_parent;
	build_on.session_index = before.session_index;
	let context = Arc::make_mut(&mut build_on.context);
	let (data, older) = (&mut context.validation_data, &before.context.validation_data);
	data.relay_parent_number = older.relay_parent_number;
	data.relay_parent_storage_root = older.relay_parent_storage_root;
}

/// The para after those that a run may have: there is no channel to it.
const NOBODY: u32 = 1_000_000;

/// Has a block do one thing more than its place lets through. Signals stay behind everything else (R-UMP-3).
fn exceed(what: Misconduct, build_on: &BuildOn, commitments: &mut CandidateCommitments) {
	let limits = &build_on.context.constraints;
	let channels = &limits.constraints.hrmp_channels_out;
	let one_more = |limit: u32| limit.saturating_add(1) as usize;
	match what {
		Misconduct::ExceedHead => {
			let size = one_more(limits.max_head_data_size());
			commitments.head_data.0.resize(size, 0);
		}
		Misconduct::ExceedCode => {
			let size = one_more(limits.max_code_size());
			commitments.new_validation_code = Some(ValidationCode(vec![0; size]));
		}
		Misconduct::ExceedUpgrades => {
			// It is no code, which validators say when they are asked whether it compiles.
			commitments.new_validation_code = Some(ValidationCode(vec![0; MIN_CODE_SIZE]));
		}
		Misconduct::ExceedUpwardCount => {
			let count = one_more(limits.max_ump_num_per_candidate());
			let messages = std::iter::repeat_n(vec![0], count);
			commitments.upward_messages.splice(0..0, messages);
		}
		Misconduct::ExceedUpwardBytes => {
			let size = one_more(limits.ump_remaining_bytes());
			commitments.upward_messages.insert(0, vec![0; size]);
		}
		Misconduct::ExceedDownward => {
			commitments.processed_downward_messages = limits.dmp_len().saturating_add(1);
		}
		Misconduct::ExceedHorizontal => {
			let open = channels.iter().map(|(recipient, _)| *recipient);
			let nobody = (NOBODY..).map(ParaId);
			let recipients = open
				.chain(nobody)
				.take(one_more(limits.max_hrmp_num_per_candidate()));
			let message = |recipient| OutboundHrmpMessage {
				recipient,
				data: vec![0],
			};
			commitments.horizontal_messages = recipients.map(message).collect();
		}
		Misconduct::ExceedChannelCount
		| Misconduct::ExceedChannelBytes
		| Misconduct::ExceedChannelMessage => {
			let size = |recipient, room: &OutboundHrmpChannelLimitations| {
				let largest = limits.max_hrmp_message_size(recipient);
				let fills = one_more(room.bytes_remaining);
				match what {
					Misconduct::ExceedChannelCount => 1,
					Misconduct::ExceedChannelBytes => {
						largest.map_or(fills, |largest| fills.min(largest as usize))
					}
					_ => largest.map_or(fills, one_more),
				}
			};
			let message =
				|(recipient, room): &(ParaId, OutboundHrmpChannelLimitations)| OutboundHrmpMessage {
					recipient: *recipient,
					data: vec![0; size(*recipient, room)],
				};
			let most = limits.max_hrmp_num_per_candidate() as usize;
			commitments.horizontal_messages = channels.iter().take(most).map(message).collect();
		}
		Misconduct::StrayWatermark => {
			let mut below = (0..build_on.relay_parent.number).rev();
			let stray = below.find(|block| !limits.is_valid_watermark(*block));
			commitments.hrmp_watermark = stray.unwrap_or(commitments.hrmp_watermark);
		}
		Misconduct::ExceedConsumed => {
			let watermark = commitments.hrmp_watermark;
			let waits = limits.hrmp_consumption(None, watermark);
			let exceeds = limits
				.max_hrmp_consumed()
				.is_some_and(|max| !waits.is_within(max));
			let waiting = limits.extension.iter().flat_map(|of| &of.hrmp_waiting);
			let step = waiting.map(|(block, _)| *block).find(|block| *block <= watermark);
			if let Some(step) = step.filter(|_| !exceeds || watermark % 2 == 1) {
				commitments.hrmp_watermark = step;
			}
		}
		Misconduct::ExceedWatermark => {
			commitments.hrmp_watermark = build_on.relay_parent.number.saturating_add(1);
		}
		_ => {}
	}
}

/// The same candidate with a proof of validity that is one byte larger than the chain takes. Backers have its hash, and the root of
/// it coded, from the descriptor.
///
/// # Errors
/// Nobody can code it.
pub(super) fn with_large_pov<Erasure: std::fmt::Display>(
	build_on: &BuildOn,
	collated: Collated,
	erasure_root: impl FnOnce(&AvailableData) -> Result<Hash, Erasure>,
) -> Result<Collated, NotAuthored> {
	let Collated {
		mut receipt,
		validation_data,
		mut pov,
		..
	} = collated;
	let max = build_on.max_pov_size() as usize;
	let bytes = &mut pov.block_data.0;
	bytes.resize(max, 0);
	// The length prefix counts as well.
	let excess = pov.encoded_size().saturating_sub(max.saturating_add(1));
	pov.block_data.0.truncate(max.saturating_sub(excess));
	let available = AvailableData { pov, validation_data };
	let erasure_root = erasure_root(&available)
		.map_err(|error| NotAuthored::failed(format!("its proof of validity has no code: {error}")))?;
	let AvailableData { pov, validation_data } = available;
	let before = &receipt.descriptor;
	receipt.descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: build_on.para,
		relay_parent: build_on.relay_parent.hash,
		core_index: u16::try_from(build_on.core.0).unwrap_or(u16::MAX),
		session_index: build_on.session_index,
		persisted_validation_data_hash: validation_data.hash(),
		pov_hash: pov.hash(),
		erasure_root,
		para_head: before.para_head(),
		validation_code_hash: before.validation_code_hash(),
	});
	Ok(Collated {
		hash: receipt.hash(),
		receipt,
		validation_data,
		pov,
	})
}
