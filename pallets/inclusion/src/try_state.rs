//! What always holds between blocks.

use crate::{
	pending::PendingCandidates, ClaimQueueSnapshots, Config, InherentIncluded, Pallet, PendingAvailability,
	PendingCandidate, PendingReceipt, PendingReceipts, RelayParentWindow,
};
use alloc::collections::BTreeSet;
use async_backing_primitives::{
	ports::{ActiveConfiguration, CoreScheduler, CurrentSession, ParaState},
	validation_data_hash, HeadData,
};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the pallet's storage, between blocks.
	///
	/// # Errors
	/// Names what does not hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		ensure!(
			!InherentIncluded::<T>::exists(),
			"the mark of the inherent outlives its block (R-INC-1)"
		);
		check_window::<T>()?;
		let mut cores = BTreeSet::new();
		let mut hashes = BTreeSet::new();
		let stored = PendingAvailability::<T>::get();
		ensure!(
			!stored.is_empty() || !PendingAvailability::<T>::exists(),
			"an empty list of pending candidates is stored"
		);
		ensure!(
			stored.windows(2).all(|pair| pair[0].para <= pair[1].para),
			"pending candidates do not ascend by para"
		);
		for candidate in &stored {
			ensure!(
				cores.insert(candidate.core),
				"two candidates occupy one core (R-GLO-12)"
			);
			ensure!(
				hashes.insert(candidate.hash),
				"a candidate is pending twice (R-BCK-2)"
			);
		}
		for chain in PendingCandidates::<T>::load().chains() {
			check_chain::<T>(chain)?;
		}
		let core_count = T::Scheduler::core_count();
		ensure!(
			cores.iter().all(|core| core.0 < core_count),
			"a core that does not exist is occupied"
		);
		let stored: BTreeSet<_> = PendingReceipts::<T>::iter_keys().collect();
		ensure!(stored == hashes, "receipts and pending candidates do not pair up");
		Ok(())
	}
}

/// The window is contiguous up to the parent, not longer than allowed, and there is a snapshot for each entry and for the
/// latest block.
fn check_window<T: Config>() -> Result<(), TryRuntimeError> {
	let window = RelayParentWindow::<T>::get();
	let longest = T::Configuration::active()
		.async_backing_params
		.relay_parent_window() as usize;
	ensure!(
		window.len() <= longest,
		"the window is longer than the ancestry allows (R-REL-2)"
	);
	if let Some(latest) = window.latest() {
		ensure!(
			latest.number.saturating_add(1) == Pallet::<T>::now(),
			"the window does not end with the parent"
		);
	}
	let latest = Pallet::<T>::now();
	let mut snapshots: BTreeSet<_> = ClaimQueueSnapshots::<T>::iter_keys().collect();
	// There before the first block if somebody began a session, after it in any case.
	let is_taken = snapshots.remove(&latest);
	ensure!(
		is_taken || window.is_empty(),
		"the claim queue of the latest block was not noted (R-REL-7)"
	);
	let numbers: BTreeSet<_> = window.iter().map(|info| info.number).collect();
	ensure!(
		numbers == snapshots,
		"claim queue snapshots are not those of the window (R-REL-7)"
	);
	Ok(())
}

/// Candidates are what their hashes say, and build on one another and on the included head.
fn check_chain<T: Config>(chain: &[PendingCandidate]) -> Result<(), TryRuntimeError> {
	let Some(para) = chain.first().map(|candidate| candidate.para) else {
		return Ok(());
	};
	let validators = T::Session::validators().len();
	let window = RelayParentWindow::<T>::get();
	let mut parent = T::Paras::head(para).ok_or("a para without head has pending candidates")?;
	let mut context = T::Paras::most_recent_context(para);
	let mut backed_in = 0;
	for candidate in chain {
		let stored = PendingReceipts::<T>::get(candidate.hash).ok_or("a receipt is missing")?;
		ensure!(
			stored.descriptor.para_id() == para,
			"a candidate is stored for another para"
		);
		ensure!(
			stored.to_plain().hash() == candidate.hash,
			"a candidate is not what its hash says (R-GLO-2)"
		);
		ensure!(
			Some(candidate.relay_parent_number) >= context,
			"relay parents move backwards (R-REL-4)"
		);
		ensure!(
			candidate.relay_parent_number < candidate.backed_in,
			"a relay parent is not an ancestor"
		);
		ensure!(
			candidate.backed_in >= backed_in,
			"candidates are not in the order of backing (R-BCK-5)"
		);
		let bits = [&candidate.availability_votes, &stored.backers];
		ensure!(
			bits.iter().all(|bits| bits.validators() as usize == validators),
			"votes of another session"
		);
		ensure!(stored.backers.count() > 0, "nobody backed a candidate (R-BKV-1)");
		if let Some(relay_parent) = window.lookup(stored.descriptor.relay_parent()) {
			let expected = validation_data_hash(&parent, &relay_parent, stored.max_pov_size);
			let claimed = stored.descriptor.persisted_validation_data_hash();
			ensure!(
				expected == claimed,
				"a candidate does not build on the one before (R-BCK-4)"
			);
		}
		parent = check_commitments(candidate, stored)?;
		context = Some(candidate.relay_parent_number);
		backed_in = candidate.backed_in;
	}
	Ok(())
}

/// The stored commitments are those of the candidate. Returns its head data.
fn check_commitments(
	candidate: &PendingCandidate,
	stored: PendingReceipt,
) -> Result<HeadData, TryRuntimeError> {
	let commitments = stored.commitments;
	ensure!(
		crate::OutputSizes::of(&commitments, candidate.outputs.applies_upgrade) == candidate.outputs,
		"the cost of a candidate's enactment is not that of its commitments (R-WGT-6)"
	);
	ensure!(
		commitments.hrmp_watermark == candidate.hrmp_watermark,
		"a candidate's watermark is not that of its commitments"
	);
	ensure!(
		commitments.hash() == stored.commitments_hash,
		"commitments are not those of the candidate"
	);
	ensure!(
		commitments.head_data.hash() == stored.descriptor.para_head(),
		"head data is not the descriptor's"
	);
	Ok(commitments.head_data)
}
