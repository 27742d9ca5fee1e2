//! The other pallets, as far as one of them sees them.

use super::validator_id;
use crate::{ports::*, *};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use codec::{Decode, Encode};
use core::cell::RefCell;
use std::thread_local;

/// Something that a pallet made a neighbour do.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Effect {
	/// [`Rewards::reward_backing`].
	RewardBacking(Vec<ValidatorIndex>),
	/// [`Rewards::reward_availability`].
	RewardAvailability(Vec<ValidatorIndex>),
	/// [`ParaState::schedule_code_upgrade`].
	ScheduleCode(ParaId, ValidationCode),
	/// [`DownwardQueues::prune`].
	PruneDownward(ParaId, u32),
	/// [`UpwardQueues::enqueue`].
	EnqueueUpward(ParaId, Vec<UpwardMessage>),
	/// [`HorizontalChannels::prune`].
	PruneHorizontal(ParaId, BlockNumber),
	/// [`HorizontalChannels::enqueue`].
	EnqueueHorizontal(ParaId, Vec<OutboundHrmpMessage>),
	/// [`ParaState::note_new_head`].
	NewHead(ParaId, HeadData, BlockNumber),
	/// [`Disputes::note_included`].
	Included(SessionIndex, CandidateHash),
	/// [`OnParaRemoved::on_para_removed`].
	Removed(ParaId),
	/// [`OnParaOverridden::on_para_overridden`].
	Overridden(ParaId),
	/// [`OnSessionChange::on_session_change`], with the session that begins.
	SessionChanged(SessionIndex),
}

/// What the neighbours answer. The default is a chain without validators, paras or messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct State {
	/// The configuration in force.
	pub config: HostConfiguration,
	/// The session.
	pub session: SessionIndex,
	/// How many validators there are.
	pub validators: u32,
	/// Their keys, if not those of [`validator_id`].
	pub keys: Vec<ValidatorId>,
	/// Those whose votes do not count.
	pub disabled: BTreeSet<ValidatorIndex>,
	/// Whether the session ends with this block.
	pub change_buffered: bool,
	/// Paras with their heads.
	pub heads: BTreeMap<ParaId, HeadData>,
	/// Codes in force.
	pub codes: BTreeMap<ParaId, ValidationCodeHash>,
	/// Whether every para is there: those that `codes` does not name have the default of a hash.
	pub everybody: bool,
	/// Paras that are gone, whatever the above says.
	pub gone: BTreeSet<ParaId>,
	/// Scheduled upgrades.
	pub future_codes: BTreeMap<ParaId, (BlockNumber, ValidationCodeHash)>,
	/// Relay-parent numbers of the latest included candidates.
	pub contexts: BTreeMap<ParaId, BlockNumber>,
	/// Paras that may not announce an upgrade.
	pub restricted: BTreeSet<ParaId>,
	/// Paras that are leaving.
	pub leaving: BTreeSet<ParaId>,
	/// Those of them whose removal was decided in this block.
	pub leaving_now: BTreeSet<ParaId>,
	/// Blocks of the downward messages that wait, ascending.
	pub downward: BTreeMap<ParaId, Vec<BlockNumber>>,
	/// Upward messages that wait, and their bytes.
	pub upward: BTreeMap<ParaId, (u32, u32)>,
	/// Legal watermarks, ascending.
	pub watermarks: BTreeMap<ParaId, Vec<BlockNumber>>,
	/// Blocks of the horizontal messages that wait, ascending.
	pub inbound: BTreeMap<ParaId, Vec<BlockNumber>>,
	/// From whom to whom: messages left, bytes left, largest message.
	pub channels: BTreeMap<(ParaId, ParaId), (u32, u32, u32)>,
	/// Whether disputes froze the chain.
	pub frozen: bool,
	/// Candidates that disputes concluded against.
	pub invalid: BTreeSet<CandidateHash>,
	/// Whether disputes concluded against every candidate.
	pub all_invalid: bool,
	/// Where candidates of disputes were included.
	pub included: BTreeMap<CandidateHash, BlockNumber>,
	/// What the neighbours were made to do, oldest first.
	pub effects: Vec<Effect>,
}

impl State {
	/// With these paras, on empty heads and the default of a code hash.
	pub fn with_paras(mut self, paras: impl IntoIterator<Item = u32>) -> Self {
		for para in paras.into_iter().map(ParaId) {
			self.heads.insert(para, HeadData::default());
			self.codes.insert(para, ValidationCodeHash::default());
		}
		self
	}

	fn has(&self, para: ParaId) -> bool {
		!self.gone.contains(&para) && (self.everybody || self.codes.contains_key(&para))
	}
}

/// Where a chain keeps it.
const KEY: &[u8] = b"async_backing_primitives::test_helpers::neighbours";

thread_local! {
	/// What chains of this thread begin with.
	static BEGINNING: RefCell<State> = RefCell::default();
}

/// What the chain being executed says; `None` if nothing is executed, or nothing was changed in it.
fn stored() -> Option<State> {
	let bytes = sp_externalities::with_externalities(|chain| chain.storage(KEY)).flatten()?;
	Some(State::decode(&mut &bytes[..]).expect("nobody else writes under this key"))
}

fn read<R>(read: impl FnOnce(State) -> R) -> R {
	read(stored().unwrap_or_else(|| BEGINNING.with_borrow(State::clone)))
}

/// Reads or changes what the neighbours answer. While a chain is executed (in `execute_with`, or when its genesis is built)
/// that is in its storage, and rolled back like the pallets' own. Otherwise it is what chains of this thread begin with, as
/// long as none of their own is stored.
pub fn neighbours<R>(change: impl FnOnce(&mut State) -> R) -> R {
	let mut state = read(|state| state);
	let result = change(&mut state);
	let encoded = state.encode();
	if sp_externalities::with_externalities(|chain| chain.place_storage(KEY.to_vec(), Some(encoded)))
		.is_none()
	{
		BEGINNING.set(state);
	}
	result
}

/// Benchmarks, which bring their own keys, ask for no effects; copying all of them at every change would take minutes.
fn note(effect: Effect) {
	neighbours(|state| {
		if state.keys.is_empty() {
			state.effects.push(effect);
		}
	});
}

/// Code number `n`, which [`Neighbours`] knows if it is below 10.
pub fn code(n: u8) -> ValidationCode {
	ValidationCode(vec![n; 16])
}

/// Answers every port but that of the scheduler with what [`neighbours`] says: in the place of pallets that a mock has not.
#[derive(Clone, Copy, Debug)]
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
		read(|state| {
			let State { heads, gone, .. } = state;
			heads.into_keys().filter(|para| !gone.contains(para)).collect()
		})
	}

	fn head(para: ParaId) -> Option<HeadData> {
		read(|mut state| state.heads.remove(&para).filter(|_| !state.gone.contains(&para)))
	}

	fn current_code_hash(para: ParaId) -> Option<ValidationCodeHash> {
		read(|mut state| {
			state
				.has(para)
				.then(|| state.codes.remove(&para).unwrap_or_default())
		})
	}

	fn code_by_hash(hash: ValidationCodeHash) -> Option<ValidationCode> {
		(0..10).map(code).find(|code| code.hash() == hash)
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

impl OnParaRemoved for Neighbours {
	fn on_para_removed(para: ParaId) {
		note(Effect::Removed(para));
	}
}

impl OnParaOverridden for Neighbours {
	fn on_para_overridden(para: ParaId) {
		note(Effect::Overridden(para));
	}
}

impl OnSessionChange for Neighbours {
	fn on_session_change(change: &SessionChange) {
		note(Effect::SessionChanged(change.session_index));
	}
}
