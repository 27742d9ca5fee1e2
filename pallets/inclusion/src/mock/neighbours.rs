//! The other pallets, as far as this one sees them. Their state is in storage, so that it is rolled back like theirs.

use super::validator_id;
use async_backing_primitives::{ports::*, *};
use codec::{Decode, Encode};
use frame_support::storage::unhashed;
use std::collections::{BTreeMap, BTreeSet};

/// Something that this pallet made a neighbour do, in order.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Effect {
	RewardBacking(Vec<ValidatorIndex>),
	RewardAvailability(Vec<ValidatorIndex>),
	ScheduleCode(ParaId, ValidationCode),
	PruneDownward(ParaId, u32),
	EnqueueUpward(ParaId, Vec<UpwardMessage>),
	PruneHorizontal(ParaId, BlockNumber),
	EnqueueHorizontal(ParaId, Vec<OutboundHrmpMessage>),
	NewHead(ParaId, HeadData, BlockNumber),
	Included(SessionIndex, CandidateHash),
}

/// What the neighbours answer.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub(crate) struct State {
	pub(crate) config: HostConfiguration,
	pub(crate) session: SessionIndex,
	pub(crate) validators: u32,
	/// Their keys, if not those that [`validator_id`] makes.
	pub(crate) keys: Vec<ValidatorId>,
	pub(crate) disabled: BTreeSet<ValidatorIndex>,
	pub(crate) change_buffered: bool,
	pub(crate) heads: BTreeMap<ParaId, HeadData>,
	pub(crate) codes: BTreeMap<ParaId, ValidationCodeHash>,
	pub(crate) future_codes: BTreeMap<ParaId, (BlockNumber, ValidationCodeHash)>,
	pub(crate) contexts: BTreeMap<ParaId, BlockNumber>,
	pub(crate) restricted: BTreeSet<ParaId>,
	pub(crate) leaving: BTreeSet<ParaId>,
	/// Those of them whose removal was decided in this block.
	pub(crate) leaving_now: BTreeSet<ParaId>,
	pub(crate) downward: BTreeMap<ParaId, Vec<BlockNumber>>,
	pub(crate) upward: BTreeMap<ParaId, (u32, u32)>,
	pub(crate) watermarks: BTreeMap<ParaId, Vec<BlockNumber>>,
	/// Blocks of the horizontal messages that wait, ascending.
	pub(crate) inbound: BTreeMap<ParaId, Vec<BlockNumber>>,
	/// Messages left, bytes left, largest message.
	pub(crate) channels: BTreeMap<(ParaId, ParaId), (u32, u32, u32)>,
	pub(crate) frozen: bool,
	pub(crate) invalid: BTreeSet<CandidateHash>,
	/// Whether disputes concluded against every candidate.
	pub(crate) all_invalid: bool,
	/// Where candidates of disputes were included.
	pub(crate) included: BTreeMap<CandidateHash, BlockNumber>,
	pub(crate) effects: Vec<Effect>,
}

/// Reads or changes what the neighbours answer.
pub(crate) fn neighbours<R>(change: impl FnOnce(&mut State) -> R) -> R {
	let mut state: State = unhashed::get_or_default(b"neighbours");
	let result = change(&mut state);
	unhashed::put(b"neighbours", &state);
	result
}

fn read<R>(read: impl FnOnce(State) -> R) -> R {
	read(unhashed::get_or_default(b"neighbours"))
}

/// Benchmarks, which bring their own keys, ask for no effects; copying all of them at every change would take minutes.
fn note(effect: Effect) {
	neighbours(|state| {
		if state.keys.is_empty() {
			state.effects.push(effect);
		}
	});
}

pub struct Neighbours;

impl ActiveConfiguration for Neighbours {
	fn active() -> HostConfiguration {
		read(|state| state.config)
	}
}

impl CurrentSession for Neighbours {
	fn index() -> SessionIndex {
		read(|state| state.session)
	}

	fn validators() -> Vec<ValidatorId> {
		let State { validators, keys, .. } = read(|state| state);
		if keys.is_empty() {
			(0..validators).map(validator_id).collect()
		} else {
			keys
		}
	}

	fn disabled() -> BTreeSet<ValidatorIndex> {
		read(|state| state.disabled)
	}

	fn is_change_buffered() -> bool {
		read(|state| state.change_buffered)
	}
}

impl ParaState for Neighbours {
	fn parachains() -> Vec<ParaId> {
		read(|state| state.heads.into_keys().collect())
	}

	fn head(para: ParaId) -> Option<HeadData> {
		read(|mut state| state.heads.remove(&para))
	}

	fn current_code_hash(para: ParaId) -> Option<ValidationCodeHash> {
		read(|mut state| state.codes.remove(&para))
	}

	fn code_by_hash(hash: ValidationCodeHash) -> Option<ValidationCode> {
		(0..10).map(super::code).find(|code| code.hash() == hash)
	}

	fn most_recent_context(para: ParaId) -> Option<BlockNumber> {
		read(|mut state| state.contexts.remove(&para))
	}

	fn future_code(para: ParaId) -> Option<(BlockNumber, ValidationCodeHash)> {
		read(|mut state| state.future_codes.remove(&para))
	}

	fn is_upgrade_restricted(para: ParaId) -> bool {
		read(|state| state.restricted.contains(&para) || state.future_codes.contains_key(&para))
	}

	fn is_offboarding(para: ParaId) -> bool {
		read(|state| state.leaving.contains(&para))
	}

	fn is_offboarding_in_parent(para: ParaId) -> bool {
		read(|state| state.leaving.contains(&para) && !state.leaving_now.contains(&para))
	}

	fn schedule_code_upgrade(
		para: ParaId,
		code: ValidationCode,
		now: BlockNumber,
		config: &HostConfiguration,
	) {
		neighbours(|state| {
			state
				.future_codes
				.insert(para, (now + config.validation_upgrade_delay, code.hash()));
		});
		note(Effect::ScheduleCode(para, code));
	}

	fn note_new_head(para: ParaId, head: HeadData, relay_parent_number: BlockNumber) {
		neighbours(|state| {
			state.heads.insert(para, head.clone());
			state.contexts.insert(para, relay_parent_number);
			match state.future_codes.get(&para).copied() {
				Some((at, code)) if relay_parent_number >= at => {
					state.future_codes.remove(&para);
					state.codes.insert(para, code);
				}
				_ => {}
			}
		});
		note(Effect::NewHead(para, head, relay_parent_number));
	}
}

impl DownwardQueues for Neighbours {
	fn len(para: ParaId) -> u32 {
		read(|state| state.downward.get(&para).map_or(0, |queue| queue.len() as u32))
	}

	fn sent_at(para: ParaId, index: u32) -> Option<BlockNumber> {
		read(|state| state.downward.get(&para)?.get(index as usize).copied())
	}

	fn prune(para: ParaId, count: u32) {
		neighbours(|state| {
			let queue = state.downward.entry(para).or_default();
			queue.drain(..queue.len().min(count as usize));
		});
		note(Effect::PruneDownward(para, count));
	}
}

impl UpwardQueues for Neighbours {
	fn size(para: ParaId) -> QueueSize {
		let (count, bytes) = read(|mut state| state.upward.remove(&para)).unwrap_or_default();
		QueueSize { count, bytes }
	}

	fn enqueue(para: ParaId, messages: &[UpwardMessage]) {
		neighbours(|state| {
			let (count, bytes) = state.upward.entry(para).or_default();
			*count += messages.len() as u32;
			*bytes += messages.iter().map(|message| message.len() as u32).sum::<u32>();
		});
		note(Effect::EnqueueUpward(para, messages.to_vec()));
	}
}

impl HorizontalChannels for Neighbours {
	fn valid_watermarks(para: ParaId) -> Vec<BlockNumber> {
		read(|mut state| state.watermarks.remove(&para)).unwrap_or_default()
	}

	fn received(recipient: ParaId) -> Vec<(BlockNumber, u32)> {
		let inbound = read(|mut state| state.inbound.remove(&recipient)).unwrap_or_default();
		let mut received = BTreeMap::<_, u32>::new();
		inbound
			.into_iter()
			.for_each(|block| *received.entry(block).or_default() += 1);
		received.into_iter().collect()
	}

	fn recipients(sender: ParaId) -> Vec<ParaId> {
		read(|state| {
			state
				.channels
				.keys()
				.filter(|key| key.0 == sender)
				.map(|key| key.1)
				.collect()
		})
	}

	fn outbound_channel(sender: ParaId, recipient: ParaId) -> Option<OutboundChannel> {
		let (messages_remaining, bytes_remaining, max_message_size) =
			read(|mut state| state.channels.remove(&(sender, recipient)))?;
		let limitations = OutboundHrmpChannelLimitations {
			bytes_remaining,
			messages_remaining,
		};
		Some(OutboundChannel {
			limitations,
			max_message_size,
		})
	}

	fn waiting(recipient: ParaId, watermark: BlockNumber) -> WaitingMessages {
		let inbound = read(|mut state| state.inbound.remove(&recipient)).unwrap_or_default();
		let messages = inbound.iter().filter(|block| **block <= watermark).count() as u32;
		WaitingMessages {
			messages,
			channels: messages.min(1),
			is_stored: !inbound.is_empty(),
		}
	}

	fn prune(recipient: ParaId, watermark: BlockNumber, _: BlockNumber) {
		neighbours(|state| {
			let inbound = state.inbound.entry(recipient).or_default();
			inbound.retain(|block| *block > watermark);
			let valid = state.watermarks.entry(recipient).or_default();
			valid.retain(|number| *number > watermark);
			valid.insert(0, watermark);
		});
		note(Effect::PruneHorizontal(recipient, watermark));
	}

	fn enqueue(sender: ParaId, messages: Vec<OutboundHrmpMessage>, _: BlockNumber) {
		neighbours(|state| {
			for message in &messages {
				if let Some((count, bytes, _)) = state.channels.get_mut(&(sender, message.recipient)) {
					*count -= 1;
					*bytes -= message.data.len() as u32;
				}
			}
		});
		note(Effect::EnqueueHorizontal(sender, messages));
	}
}

impl Disputes for Neighbours {
	fn is_frozen() -> bool {
		read(|state| state.frozen)
	}

	fn is_concluded_invalid(_: SessionIndex, candidate: CandidateHash) -> bool {
		read(|state| state.all_invalid || state.invalid.contains(&candidate))
	}

	fn included_at(_: SessionIndex, candidate: CandidateHash) -> Option<BlockNumber> {
		read(|state| state.included.get(&candidate).copied())
	}

	/// A dispute without statements is not worth keeping; one with a statement concludes against its candidate.
	fn import(disputes: Vec<DisputeStatementSet>) -> Vec<DisputeStatementSet> {
		let kept: Vec<_> = disputes
			.into_iter()
			.filter(|dispute| !dispute.statements.is_empty())
			.collect();
		neighbours(|state| {
			state
				.invalid
				.extend(kept.iter().map(|dispute| dispute.candidate_hash))
		});
		kept
	}

	fn note_included(session: SessionIndex, candidate: CandidateHash, _: BlockNumber) {
		note(Effect::Included(session, candidate));
	}
}

impl Rewards for Neighbours {
	fn reward_backing(validators: impl Iterator<Item = ValidatorIndex>) {
		note(Effect::RewardBacking(validators.collect()));
	}

	fn reward_availability(validators: impl Iterator<Item = ValidatorIndex>) {
		note(Effect::RewardAvailability(validators.collect()));
	}
}
