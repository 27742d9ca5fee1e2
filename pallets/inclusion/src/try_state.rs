//! What always holds between blocks.

use crate::{
	pending::PendingCandidates, ClaimQueueSnapshots, Config, InherentIncluded, OnChainVotes, Pallet,
	PendingAvailability, PendingCandidate, PendingReceipt, PendingReceipts, RelayParentWindow,
};
use alloc::{collections::BTreeSet, vec::Vec};
use async_backing_primitives::{
	enactable_prefix,
	ports::{ActiveConfiguration, CoreScheduler, CurrentSession, ParaState},
	validation_data_hash, HeadData,
};
use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
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
		let core_count = T::Scheduler::core_count();
		ensure!(
			cores.iter().all(|core| core.0 < core_count),
			"a core that does not exist is occupied"
		);
		for chain in PendingCandidates::<T>::load().chains() {
			check_chain::<T>(chain)?;
			check_votes::<T>(chain)?;
		}
		check_votes_of_block::<T>(&stored)?;
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
			latest.number.saturating_add(1) == Pallet::<T>::now()
				&& latest.hash
					== frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::from(latest.number)),
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
	let cores = T::Scheduler::core_count();
	for (_, snapshot) in ClaimQueueSnapshots::<T>::iter() {
		ensure!(
			snapshot.cores().is_sorted_by(|one, other| one < other),
			"cores of a claim queue snapshot do not ascend (R-REL-7)"
		);
		ensure!(
			snapshot.cores().all(|core| core.0 < cores),
			"a claim queue snapshot is of another session (R-REL-7)"
		);
	}
	Ok(())
}

/// Candidates of a para are backed by their groups on the cores that they name, and the first still lacks votes.
fn check_votes<T: Config>(chain: &[PendingCandidate]) -> Result<(), TryRuntimeError> {
	let groups = T::Scheduler::groups();
	for candidate in chain {
		let stored = PendingReceipts::<T>::get(candidate.hash).ok_or("a receipt is missing")?;
		let members = groups
			.get(candidate.group.as_usize())
			.map_or(&[][..], Vec::as_slice);
		ensure!(
			stored.backers.indices().all(|backer| members.contains(&backer)),
			"somebody outside its group backed a candidate (R-BKV-2)"
		);
		ensure!(
			stored
				.descriptor
				.core_index()
				.is_none_or(|core| core == candidate.core),
			"a candidate occupies a core that it does not name (R-BCK-3)"
		);
		ensure!(
			candidate.backed_in <= Pallet::<T>::now(),
			"a candidate was backed in a later block"
		);
	}
	let votes = chain.iter().map(|candidate| candidate.availability_votes.count());
	ensure!(
		enactable_prefix(votes, T::Session::validator_count()) == 0,
		"an available candidate was not enacted (R-ENA-3)"
	);
	Ok(())
}

/// The votes of the latest block tell of everything that it backed.
fn check_votes_of_block<T: Config>(pending: &[PendingCandidate]) -> Result<(), TryRuntimeError> {
	let now = Pallet::<T>::now();
	let backed: BTreeSet<_> = pending
		.iter()
		.filter(|candidate| candidate.backed_in == now)
		.map(|candidate| candidate.hash)
		.collect();
	let Some(votes) = OnChainVotes::<T>::get().filter(|_| !backed.is_empty()) else {
		ensure!(backed.is_empty(), "nobody says who backed what (R-INC-2)");
		return Ok(());
	};
	let told = votes.0.backing_validators_per_candidate.iter();
	let told: BTreeSet<_> = told.map(|(receipt, _)| receipt.hash()).collect();
	ensure!(
		backed.is_subset(&told),
		"the votes of the latest block are not for what it backed (R-INC-2)"
	);
	ensure!(
		votes.0.session == T::Session::index(),
		"the votes of the latest block are of another session"
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
			let expected = validation_data_hash(&relay_parent, &parent, stored.max_pov_size);
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
