//! Ports: how the pallets see one another.
//!
//! Each pallet implements the port of the data it owns and asks for those of its neighbours in its `Config`. A runtime
//! may bring its own implementation of any, or `()` where it has none. Implementations never panic; reading an unknown
//! para finds nothing.

use crate::{
	AssignmentId, AuthorityDiscoveryId, BlockNumber, CandidateHash, ClaimQueue, CoreIndex, DisputeProof,
	DisputeState, DisputeStatementSet, GroupRotationInfo, HeadData, HostConfiguration,
	OpaqueKeyOwnershipProof, OutboundHrmpChannelLimitations, OutboundHrmpMessage, ParaId, PendingSlashes,
	SessionIndex, UpwardMessage, ValidationCode, ValidationCodeHash, ValidatorId, ValidatorIndex,
};
use alloc::{collections::BTreeSet, vec::Vec};

mod nobody;
#[cfg(test)]
mod tests;

pub use nobody::{StaticConfiguration, Unwired};

/// The host configuration in force. Owned by the configuration pallet.
pub trait ActiveConfiguration {
	/// The configuration of the current session (R-ABP-7).
	fn active() -> HostConfiguration;
}

/// How the session driver brings a new configuration into force.
pub trait ConfigurationOfSession: ActiveConfiguration {
	/// Activates what is staged for `session` and returns the configuration before and after (R-ABP-7).
	fn activate_for(session: SessionIndex) -> (HostConfiguration, HostConfiguration);
}

/// A session change as pallets hear of it, at the end of the session's last block (R-ABP-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionChange {
	/// The session that begins.
	pub session_index: SessionIndex,
	/// Its first block: the one after the block being processed.
	pub session_start: BlockNumber,
	/// Its validators, shuffled and truncated.
	pub validators: Vec<ValidatorId>,
	/// Configuration of the session that ends.
	pub old_configuration: HostConfiguration,
	/// Configuration of the session that begins, already in force.
	pub new_configuration: HostConfiguration,
	/// Randomness that nobody could choose.
	pub random_seed: [u8; 32],
}

/// Told of session changes, in the order of R-ABP-9.
pub trait OnSessionChange {
	/// Puts the pallet into the session that begins.
	fn on_session_change(change: &SessionChange);
}

#[impl_trait_for_tuples::impl_for_tuples(12)]
impl OnSessionChange for Tuple {
	fn on_session_change(change: &SessionChange) {
		for_tuples!( #( Tuple::on_session_change(change); )* );
	}
}

/// Told that a para is gone, so that nothing of it stays behind.
pub trait OnParaRemoved {
	/// Whether there is time at this session change to forget what is kept for `para`. If not, its removal waits for the next
	/// one (R-DEF-33); every para has its turn.
	fn has_time_for(_para: ParaId) -> bool {
		true
	}
	/// Forgets what is kept for `para`.
	fn on_para_removed(para: ParaId);
}

#[impl_trait_for_tuples::impl_for_tuples(12)]
impl OnParaRemoved for Tuple {
	fn has_time_for(para: ParaId) -> bool {
		for_tuples!( #( if !Tuple::has_time_for(para) { return false; } )* );
		true
	}

	fn on_para_removed(para: ParaId) {
		for_tuples!( #( Tuple::on_para_removed(para); )* );
	}
}

/// Told that root sets what a para's candidates are judged by (head, code, context), whatever its candidates say.
///
/// What is pending availability was judged by what is no more: enacted later, it would take the override back. So whoever
/// keeps pending candidates drops those of the para. The paras pallet overrides at the end of a block, so that the next leaf
/// shows what its child is judged by.
pub trait OnParaOverridden {
	/// Forgets what builds on the former state of `para`, which [`ParaState`] still answers.
	fn on_para_overridden(para: ParaId);
}

#[impl_trait_for_tuples::impl_for_tuples(12)]
impl OnParaOverridden for Tuple {
	fn on_para_overridden(para: ParaId) {
		for_tuples!( #( Tuple::on_para_overridden(para); )* );
	}
}

/// The current session. Owned by the sessions pallet.
pub trait CurrentSession {
	/// Index of the session.
	fn index() -> SessionIndex;
	/// Keys of the validators, in shuffled order: [`ValidatorIndex`] is a position in it.
	fn validators() -> Vec<ValidatorId>;
	/// How many there are. A pallet that stores them can tell without reading their keys.
	fn validator_count() -> usize {
		Self::validators().len()
	}
	/// Validators whose votes do not count (R-BKV-4).
	fn disabled() -> BTreeSet<ValidatorIndex>;
	/// The same as nodes see it in the state of the block before: by this the candidates of a block are judged, so that
	/// nobody who is disabled in the block before its inherent makes a quorum wrong that was right (R-BAK-14).
	///
	/// Like [`disabled`](Self::disabled) where nothing happens before the inherent that disables.
	fn disabled_in_parent() -> BTreeSet<ValidatorIndex> {
		Self::disabled()
	}
	/// Whether the session ends with this block, so that no candidate is backed in it (R-ABP-10).
	fn is_change_buffered() -> bool;
}

/// What candidates of a para are judged by, read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParaFacts {
	/// Latest included head (R-BASE-12).
	pub head: HeadData,
	/// Code that validates the next candidate on it (R-BASE-13).
	pub code_hash: ValidationCodeHash,
	/// Relay-parent number of the latest included candidate (R-REL-4).
	pub most_recent_context: Option<BlockNumber>,
	/// The scheduled upgrade, if both its code and its number are known (R-BASE-15).
	pub future_code: Option<(BlockNumber, ValidationCodeHash)>,
	/// Whether the para is leaving, in the state at hand (R-UMP-6).
	pub is_offboarding: bool,
}

/// State of parachains. Owned by the paras pallet.
pub trait ParaState {
	/// All parachains that may have blocks, ascending.
	fn parachains() -> Vec<ParaId>;
	/// Latest included head (R-BASE-12).
	fn head(para: ParaId) -> Option<HeadData>;
	/// Code that validates the next candidate on the included head (R-BASE-13).
	fn current_code_hash(para: ParaId) -> Option<ValidationCodeHash>;
	/// Code by its hash.
	fn code_by_hash(hash: ValidationCodeHash) -> Option<ValidationCode>;
	/// Relay-parent number of the latest included candidate (R-REL-4).
	fn most_recent_context(para: ParaId) -> Option<BlockNumber>;
	/// The scheduled upgrade, if both its code and its number are known (R-BASE-15).
	fn future_code(para: ParaId) -> Option<(BlockNumber, ValidationCodeHash)>;
	/// All that every candidate asks about its para. `None` without head or code (R-BASE-16).
	///
	/// Asks one by one; an implementation that stores them together has a cheaper way.
	fn facts(para: ParaId) -> Option<ParaFacts> {
		Some(ParaFacts {
			head: Self::head(para)?,
			code_hash: Self::current_code_hash(para)?,
			most_recent_context: Self::most_recent_context(para),
			future_code: Self::future_code(para),
			is_offboarding: Self::is_offboarding(para),
		})
	}
	/// Whether the para may not announce an upgrade: the signal is there, or a future code is (R-BASE-14).
	fn is_upgrade_restricted(para: ParaId) -> bool;
	/// Whether the para is leaving (R-UMP-6).
	fn is_offboarding(para: ParaId) -> bool;
	/// The same as nodes see it in the state of the block before: by this the candidates of a block are judged, so that a
	/// decision that falls in the block before its inherent makes nobody wrong who was right.
	///
	/// Like [`is_offboarding`](Self::is_offboarding) where no such decision falls.
	fn is_offboarding_in_parent(para: ParaId) -> bool {
		Self::is_offboarding(para)
	}
	/// Enacts an announcement (R-CODE-3).
	fn schedule_code_upgrade(
		para: ParaId,
		code: ValidationCode,
		now: BlockNumber,
		config: &HostConfiguration,
	);
	/// Enacts a new head, built on the relay block `relay_parent_number` (R-ENA-4, R-CODE-6, R-CODE-7).
	fn note_new_head(para: ParaId, head: HeadData, relay_parent_number: BlockNumber);
}

/// Downward message queues. Owned by the dmp pallet.
pub trait DownwardQueues {
	/// Number of messages that wait.
	fn len(para: ParaId) -> u32;
	/// Whether none waits.
	fn is_empty(para: ParaId) -> bool {
		Self::len(para) == 0
	}
	/// Block in which the message at `index` from the front was sent (R-BASE-8).
	fn sent_at(para: ParaId, index: u32) -> Option<BlockNumber>;
	/// Removes `count` messages from the front, or all if there are fewer (R-DMP-3).
	fn prune(para: ParaId, count: u32);
}

/// Size of a message queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueSize {
	/// Messages that wait.
	pub count: u32,
	/// Their bytes.
	pub bytes: u32,
}

/// Upward message queues. Owned by the ump pallet.
pub trait UpwardQueues {
	/// What waits in the para's queue (R-BASE-5, R-BASE-6).
	fn size(para: ParaId) -> QueueSize;
	/// Enqueues messages, signals already left out (R-UMP-7).
	fn enqueue(para: ParaId, messages: &[UpwardMessage]);
}

/// What remains of an outbound channel, and its limit on one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboundChannel {
	/// Bytes and messages that still fit (R-BASE-10).
	pub limitations: OutboundHrmpChannelLimitations,
	/// Largest single message, in bytes (R-HRMP-5).
	pub max_message_size: u32,
}

/// Horizontal messages that a para has not consumed yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitingMessages {
	/// How many.
	pub messages: u32,
	/// Inbound channels that have to be looked at for them: none if there are no messages.
	pub channels: u32,
	/// Whether anything is stored about what the para received, which consuming may have to write.
	pub is_stored: bool,
}

/// Horizontal message channels. Owned by the hrmp pallet.
pub trait HorizontalChannels {
	/// Relay blocks to which the watermark may move, ascending (R-BASE-9).
	fn valid_watermarks(para: ParaId) -> Vec<BlockNumber>;
	/// Messages that wait: relay blocks above the watermark, ascending, and how many came since the one before (R-BASE-17).
	/// Each valid watermark above the current one is among them.
	fn received(recipient: ParaId) -> Vec<(BlockNumber, u32)>;
	/// Recipients of the para's open outbound channels, ascending.
	fn recipients(sender: ParaId) -> Vec<ParaId>;
	/// The channel between two paras.
	fn outbound_channel(sender: ParaId, recipient: ParaId) -> Option<OutboundChannel>;
	/// What [`prune`](Self::prune) up to `watermark` would remove, at most: what a block has to have room for.
	fn waiting(recipient: ParaId, watermark: BlockNumber) -> WaitingMessages;
	/// Removes what the para consumed and moves its watermark (R-HRMP-3).
	///
	/// The candidate that does so was built on the relay block `relay_parent_number`, and [`ParaState::note_new_head`] is
	/// told of it next: as long as both numbers are the same, that is what the watermark is.
	fn prune(recipient: ParaId, watermark: BlockNumber, relay_parent_number: BlockNumber);
	/// Appends messages to their channels; a channel that is gone is skipped (R-HRMP-4).
	fn enqueue(sender: ParaId, messages: Vec<OutboundHrmpMessage>, now: BlockNumber);
}

/// How much a scheduler holds, as far as the work of a block depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SchedulerLoad {
	/// Cores of the session.
	pub cores: u32,
	/// Blocks that the claims of a core reach ahead.
	pub lookahead: u32,
	/// Orders that wait for a core.
	pub orders: u32,
	/// Encoded bytes of what is stored of all cores: their claims, and who shares them.
	pub core_bytes: u32,
}

/// Cores, their claims and their groups. Owned by the scheduler pallet.
pub trait CoreScheduler {
	/// Number of cores, hence of groups, in this session.
	fn core_count() -> u32;
	/// How much is read and written in every block. Costs less than reading it: an author weighs an inherent by it.
	fn load() -> SchedulerLoad;
	/// Backing groups of this session (R-GRP-5).
	fn groups() -> Vec<Vec<ValidatorIndex>>;
	/// How groups rotate, asked for block `now` (R-GRP-2).
	fn rotation_info(now: BlockNumber) -> GroupRotationInfo;
	/// For each core the paras entitled to the blocks after the current state: position 0 is the next block (R-SCH-4).
	///
	/// At the start of a block this is what nodes saw in the state of its parent (R-REL-7).
	fn claim_queue() -> ClaimQueue;
	/// Moves every claim one position forward and returns those of the block being processed, for cores that are free
	/// (R-SCH-6): not `occupied` by a pending candidate, in a session that does not end with the block (R-ABP-10).
	///
	/// Asked once a block, after candidates left their cores and before others are backed. `included` names the cores
	/// whose candidate was included in this block. Whoever asks backs on a returned core a candidate of the returned para
	/// or none, so a core that was free and is occupied a block later is so by that para.
	fn advance(occupied: &BTreeSet<CoreIndex>, included: &BTreeSet<CoreIndex>) -> Vec<(CoreIndex, ParaId)>;
}

/// Disputes: which candidates nobody may build on. A runtime without disputes uses `()`.
pub trait Disputes {
	/// Whether no candidate may be backed or enacted any more (R-INC-5).
	fn is_frozen() -> bool;
	/// Whether a dispute concluded that the candidate is invalid.
	fn is_concluded_invalid(session: SessionIndex, candidate: CandidateHash) -> bool;
	/// In which block of this chain the candidate was included: decides the order of disputes (R-INC-5). `None` if it was
	/// not, or is forgotten.
	fn included_at(session: SessionIndex, candidate: CandidateHash) -> Option<BlockNumber>;
	/// Imports votes of disputes (step 4 of R-INC-2), and returns those that are worth keeping in the inherent.
	fn import(disputes: Vec<DisputeStatementSet>) -> Vec<DisputeStatementSet>;
	/// Notes that the candidate was included in this block (step 9 of R-INC-2).
	fn note_included(session: SessionIndex, candidate: CandidateHash, block: BlockNumber);
	/// Disputes that are open or were decided of late, for nodes that ask.
	fn recent() -> Vec<(SessionIndex, CandidateHash, DisputeState)> {
		Vec::new()
	}
}

impl Disputes for () {
	fn is_frozen() -> bool {
		false
	}

	fn is_concluded_invalid(_: SessionIndex, _: CandidateHash) -> bool {
		false
	}

	fn included_at(_: SessionIndex, _: CandidateHash) -> Option<BlockNumber> {
		None
	}

	fn import(_: Vec<DisputeStatementSet>) -> Vec<DisputeStatementSet> {
		Vec::new()
	}

	fn note_included(_: SessionIndex, _: CandidateHash, _: BlockNumber) {}
}

/// Rewards: told who did the work. A runtime without rewards uses `()`.
pub trait Rewards {
	/// These validators, ascending, backed a candidate that was enacted.
	fn reward_backing(validators: impl Iterator<Item = ValidatorIndex>);
	/// These validators, ascending, attested the availability of a candidate that was enacted.
	fn reward_availability(validators: impl Iterator<Item = ValidatorIndex>);
}

impl Rewards for () {
	fn reward_backing(_: impl Iterator<Item = ValidatorIndex>) {}
	fn reward_availability(_: impl Iterator<Item = ValidatorIndex>) {}
}

/// Keys of validators that the pallets here have no use for, but later checkers have (R-BIN-30). A runtime without
/// approval voting uses `()`, which knows none.
pub trait CheckerKeys {
	/// Keys that assign approval checks to these validators, in the same order. `indices` are their positions in the set of
	/// the session pallet, where keys of other pallets are in that pallet's order.
	fn assignment_keys(validators: &[ValidatorId], indices: &[ValidatorIndex]) -> Vec<AssignmentId>;
	/// Keys under which these validators publish their addresses, in the same order; those of others may follow.
	fn discovery_keys(validators: &[ValidatorId], indices: &[ValidatorIndex]) -> Vec<AuthorityDiscoveryId>;
}

impl CheckerKeys for () {
	fn assignment_keys(_: &[ValidatorId], _: &[ValidatorIndex]) -> Vec<AssignmentId> {
		Vec::new()
	}

	fn discovery_keys(_: &[ValidatorId], _: &[ValidatorIndex]) -> Vec<AuthorityDiscoveryId> {
		Vec::new()
	}
}

/// Slashing of validators that lost a dispute. A runtime without it uses `()`.
pub trait Slashing {
	/// Who lost a dispute and is not slashed yet.
	fn unapplied() -> Vec<(SessionIndex, CandidateHash, PendingSlashes)>;
	/// Proof that the key is a validator's, in the current session; `None` if it is nobody's.
	fn key_ownership_proof(validator: ValidatorId) -> Option<OpaqueKeyOwnershipProof>;
	/// Puts a report into the transaction pool of the node that asks. `None` if it can't be made.
	fn submit_report(dispute: DisputeProof, key_ownership: OpaqueKeyOwnershipProof) -> Option<()>;
}

impl Slashing for () {
	fn unapplied() -> Vec<(SessionIndex, CandidateHash, PendingSlashes)> {
		Vec::new()
	}

	fn key_ownership_proof(_: ValidatorId) -> Option<OpaqueKeyOwnershipProof> {
		None
	}

	fn submit_report(_: DisputeProof, _: OpaqueKeyOwnershipProof) -> Option<()> {
		None
	}
}
