//! Enactment: the effects of a candidate that became available (R-ENA-4).

use crate::{pending::PendingCandidates, Config, Event, Pallet, PendingCandidate, PendingReceipt};
use async_backing_primitives::{
	ports::{DownwardQueues, HorizontalChannels, ParaState, Rewards, UpwardQueues},
	upward_messages_before_separator, HostConfiguration, ParaId,
};

/// Enacts a candidate. The order of effects is that of R-ENA-4.
///
/// All of them were checked when the candidate was backed, with those of the candidates before it stacked (R-BASE-18),
/// so none can exceed a limit as long as candidates are enacted in dependency order.
pub(crate) fn enact<T: Config>(
	candidate: PendingCandidate,
	stored: PendingReceipt,
	config: &HostConfiguration,
) {
	let (para, now, receipt) = (candidate.para, Pallet::<T>::now(), stored.to_plain());
	let commitments = stored.commitments;
	T::Rewards::reward_backing(stored.backers.indices());
	T::Rewards::reward_availability(candidate.availability_votes.indices());
	if let Some(code) = commitments.new_validation_code {
		T::Paras::schedule_code_upgrade(para, code, now, config);
	}
	T::Dmp::prune(para, commitments.processed_downward_messages);
	let upward = upward_messages_before_separator(&commitments.upward_messages);
	if !upward.is_empty() {
		T::Ump::enqueue(para, upward);
	}
	T::Hrmp::prune(para, commitments.hrmp_watermark, candidate.relay_parent_number);
	if !commitments.horizontal_messages.is_empty() {
		T::Hrmp::enqueue(para, commitments.horizontal_messages, now);
	}
	let head = commitments.head_data;
	Pallet::<T>::deposit_event(Event::CandidateIncluded {
		receipt,
		head: head.clone(),
		core: candidate.core,
		group: candidate.group,
	});
	T::Paras::note_new_head(para, head, candidate.relay_parent_number);
}

/// Enacts all pending candidates of a para, in storage as it is: for answers that assume it and are thrown away
/// (R-ENA-6).
pub(crate) fn enact_all_of<T: Config>(para: ParaId, config: &HostConfiguration) {
	let mut pending = PendingCandidates::<T>::load();
	for (candidate, stored) in pending.take_first(para, usize::MAX) {
		enact::<T>(candidate, stored, config);
	}
	pending.store();
}
