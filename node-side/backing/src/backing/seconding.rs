//! From a collation to an own statement.

use super::{Backing, CandidateState, Output, SecondingError, ValidationJob, ValidationOutcome, Work};
use crate::{
	relay_parent::RelayParent, AdmissionError, Collation, HypotheticalCandidate, Keystore, OutputsMismatch,
	SecondedCandidate, SignedStatement, StatementContent, View,
};
use async_backing_primitives::{
	injected_core_bits, CandidateDescriptor, CandidateHash, CandidateReceipt, CommittedCandidateReceipt,
	CompactStatement, Hash, HeadHash, PersistedValidationData, PoV, SignedCompactStatement, ValidatorIndex,
};
use std::sync::Arc;

impl Backing {
	/// Whether a candidate that a collator advertises is worth fetching (R-BAK-1, R-BAK-3, R-BAK-5).
	///
	/// # Errors
	/// [`SecondingError`] says why not.
	pub fn can_second(
		&self,
		candidate: CandidateHash,
		descriptor: &CandidateDescriptor,
		parent_head: HeadHash,
		view: &impl View,
	) -> Result<(), SecondingError> {
		self.pre_check(candidate, descriptor, parent_head, true, view)
	}

	fn pre_check(
		&self,
		candidate: CandidateHash,
		descriptor: &CandidateDescriptor,
		parent_head: HeadHash,
		backed_in_path_only: bool,
		view: &impl View,
	) -> Result<(), SecondingError> {
		let (parent, own) = self.own_place(descriptor.scheduling_parent())?;
		let para = descriptor.para_id();
		let own_core = parent
			.own_core()
			.ok_or(SecondingError::NotABacker(descriptor.scheduling_parent()))?;
		let named = descriptor.core_index();
		if named.is_some_and(|named| named != own_core) || !parent.has_claim(own_core, para) {
			return Err(SecondingError::NotAssigned {
				para,
				named,
				own: own_core,
			});
		}
		injected_core_bits(descriptor, own_core).map_err(AdmissionError::from)?;
		if descriptor.para_head() == parent_head {
			return Err(SecondingError::ZeroLengthCycle(parent_head));
		}
		if !parent.table.may_second(own) {
			return Err(SecondingError::LimitReached);
		}
		let incomplete = HypotheticalCandidate::Incomplete {
			hash: candidate,
			para,
			parent_head,
			relay_parent: descriptor.relay_parent(),
		};
		let membership = view.hypothetical_depths(incomplete, backed_in_path_only);
		if membership
			.iter()
			.all(|(leaf, depths)| depths.is_empty() || !self.leaves.contains_key(leaf))
		{
			return Err(SecondingError::NoDepth);
		}
		Ok(self.depths.check(para, candidate, &membership)?)
	}

	/// The relay parent, and this validator in its session.
	fn own_place(&self, scheduling_parent: Hash) -> Result<(&RelayParent, ValidatorIndex), SecondingError> {
		let parent = self
			.relay_parents
			.get(&scheduling_parent)
			.ok_or(SecondingError::UnknownRelayParent(scheduling_parent))?;
		let own = parent
			.session
			.own
			.ok_or(SecondingError::NotABacker(scheduling_parent))?;
		if !parent.counts(own) {
			return Err(SecondingError::Disabled(own));
		}
		Ok((parent, own))
	}

	/// A collation was fetched: executes it, if it may be seconded.
	///
	/// # Errors
	/// [`SecondingError`] says why it may not.
	pub fn collation_fetched(
		&mut self,
		collation: Collation,
		view: &impl View,
	) -> Result<Vec<Output>, SecondingError> {
		let Collation {
			receipt,
			pov,
			parent_head,
		} = collation;
		let (hash, descriptor) = (receipt.hash(), &receipt.descriptor);
		let (expected, got) = (descriptor.pov_hash(), pov.hash());
		if expected != got {
			return Err(SecondingError::PovMismatch { expected, got });
		}
		if let Some(known) = self.candidates.get(&hash) {
			// Somebody else seconded it, and the proof of validity comes from the collator first.
			let (parent, own) = self.own_place(known.scheduling_parent)?;
			let is_ours = parent.table.is_in_group(hash, own);
			let state = self.candidates.get_mut(&hash);
			let open = state
				.filter(|state| is_ours && !state.settled && !matches!(state.work, Work::Validating { .. }));
			let confirmed = open.and_then(|state| {
				let seconded = state.seconded.clone()?;
				Some(state.confirm(hash, &seconded, pov))
			});
			return match confirmed {
				Some(job) => Ok(vec![job]),
				None => Err(SecondingError::AlreadyKnown(hash)),
			};
		}
		self.pre_check(hash, descriptor, parent_head, false, view)?;
		let para = descriptor.para_id();
		let validation_data = view
			.validation_data(para, descriptor.relay_parent(), parent_head)
			.ok_or(SecondingError::NoValidationData(parent_head))?;
		let (expected, got) = (
			descriptor.persisted_validation_data_hash(),
			validation_data.hash(),
		);
		if expected != got {
			return Err(SecondingError::ValidationDataMismatch { expected, got });
		}
		let mut state = CandidateState::new(para, descriptor.scheduling_parent());
		let job = state.validate(hash, receipt, Arc::new(validation_data), pov);
		self.candidates.insert(hash, state);
		Ok(vec![job])
	}

	/// Execution of a candidate ended; `None` if it failed.
	pub fn validated(
		&mut self,
		candidate: CandidateHash,
		outcome: Option<ValidationOutcome>,
		view: &mut impl View,
		keystore: &mut impl Keystore,
	) -> Vec<Output> {
		let Some(state) = self.candidates.get_mut(&candidate) else {
			return Vec::new();
		};
		let (receipt, validation_data) = match std::mem::replace(&mut state.work, Work::Idle) {
			Work::Validating {
				receipt,
				validation_data,
			} => (*receipt, validation_data),
			other => {
				state.work = other;
				return Vec::new();
			}
		};
		state.settled = true;
		let Some(ValidationOutcome {
			commitments,
			erasure_root,
		}) = outcome
		else {
			return vec![Output::Invalid {
				candidate,
				mismatch: None,
			}];
		};
		if let Err(mismatch) = OutputsMismatch::check(&receipt, &commitments, erasure_root) {
			return vec![Output::Invalid {
				candidate,
				mismatch: Some(mismatch),
			}];
		}
		if state.seconded.is_some() {
			return self.state_and_share(candidate, StatementContent::Valid(candidate), view, keystore);
		}
		let receipt = CommittedCandidateReceipt {
			descriptor: receipt.descriptor,
			commitments,
		};
		let validation_data = Arc::unwrap_or_clone(validation_data);
		let seconded = Arc::new(SecondedCandidate {
			receipt,
			validation_data,
		});
		match self.second(candidate, &seconded, view) {
			Ok(()) => self.state_and_share(candidate, StatementContent::Seconded(seconded), view, keystore),
			Err(error) => {
				// Another validator may still second it.
				self.candidates.remove(&candidate);
				vec![Output::NotSeconded { candidate, error }]
			}
		}
	}

	/// Checks a valid collation once more, now that all of it is known, and takes it into the view (R-BAK-3, R-BAK-5).
	fn second(
		&mut self,
		candidate: CandidateHash,
		seconded: &Arc<SecondedCandidate>,
		view: &mut impl View,
	) -> Result<(), SecondingError> {
		let (parent, own) = self.own_place(seconded.receipt.descriptor.scheduling_parent())?;
		parent.admit(&seconded.receipt, &seconded.validation_data, own)?;
		if !parent.table.may_second(own) {
			return Err(SecondingError::LimitReached);
		}
		let complete = HypotheticalCandidate::Complete {
			hash: candidate,
			receipt: &seconded.receipt,
			validation_data: &seconded.validation_data,
		};
		let para = seconded.para_id();
		let mut membership = view.hypothetical_depths(complete, false);
		membership.retain(|(leaf, depths)| self.leaves.contains_key(leaf) && !depths.is_empty());
		if membership.is_empty() {
			return Err(SecondingError::NoDepth);
		}
		self.depths.check(para, candidate, &membership)?;
		if view.introduce(candidate, seconded) == crate::Introduction::Refused {
			return Err(SecondingError::NoDepth);
		}
		self.depths.note(para, candidate, &membership);
		if let Some(state) = self.candidates.get_mut(&candidate) {
			state.seconded = Some(seconded.clone());
			state.seconded_here = true;
		}
		Ok(())
	}

	/// Signs an own statement, counts it, and shares it before announcing what it led to (R-BAK-7).
	fn state_and_share(
		&mut self,
		candidate: CandidateHash,
		content: StatementContent,
		view: &mut impl View,
		keystore: &mut impl Keystore,
	) -> Vec<Output> {
		let Some(state) = self.candidates.get(&candidate) else {
			return Vec::new();
		};
		let (para, scheduling_parent) = (state.para, state.scheduling_parent);
		let Some(parent) = self.relay_parents.get_mut(&scheduling_parent) else {
			return Vec::new();
		};
		let (Some(own), Some(core)) = (parent.own(), parent.own_core()) else {
			// Disabled since it was asked to execute. It may have to confirm the candidate yet (R-BAK-14).
			self.reopen(candidate);
			return Vec::new();
		};
		let statement = match &content {
			StatementContent::Seconded(_) => CompactStatement::Seconded(candidate),
			StatementContent::Valid(_) => CompactStatement::Valid(candidate),
		};
		let signature = keystore.sign(&statement.signing_payload(&parent.signing_context()));
		let compact = SignedCompactStatement {
			statement,
			validator_index: own,
			signature: signature.clone(),
		};
		let group = parent.group_of(core).map(<[_]>::to_vec).unwrap_or_default();
		if parent.table.import(compact, Some((core, &group))) != Ok(true) {
			return Vec::new();
		}
		if matches!(content, StatementContent::Seconded(_)) {
			view.note_seconded(para, candidate);
		}
		let signed = SignedStatement {
			scheduling_parent,
			content,
			validator_index: own,
			signature,
		};
		let share = Output::Share(Arc::new(signed));
		std::iter::once(share)
			.chain(self.announce_if_backable(candidate, view))
			.collect()
	}

	/// Forgets that a candidate was executed, so that it is again if this validator may confirm it later.
	fn reopen(&mut self, candidate: CandidateHash) {
		if let Some(state) = self.candidates.get_mut(&candidate) {
			state.settled = false;
			state.asked.clear();
		}
	}

	/// A validator answered with a proof of validity, or could not. Answers that nobody waits for change nothing.
	pub fn pov_received(
		&mut self,
		from: ValidatorIndex,
		candidate: CandidateHash,
		pov: Option<Arc<PoV>>,
	) -> Vec<Output> {
		let Some(state) = self.candidates.get_mut(&candidate) else {
			return Vec::new();
		};
		if !matches!(state.work, Work::FetchingPov { asked } if asked == from) {
			return Vec::new();
		}
		let Some(seconded) = state.seconded.clone() else {
			return Vec::new();
		};
		match pov.filter(|pov| pov.hash() == seconded.receipt.descriptor.pov_hash()) {
			Some(pov) => {
				vec![state.confirm(candidate, &seconded, pov)]
			}
			None => {
				state.work = Work::Idle;
				self.fetch_pov(candidate).into_iter().collect()
			}
		}
	}

	/// Asks the next validator that stated the candidate (R-BAK-10), if this one is in its group, has not settled it
	/// and does nothing about it yet. What only disabled validators vouch for is left alone (R-BAK-14).
	pub(super) fn fetch_pov(&mut self, candidate: CandidateHash) -> Option<Output> {
		let state = self.candidates.get_mut(&candidate)?;
		if state.settled || !matches!(state.work, Work::Idle) {
			return None;
		}
		let seconded = state.seconded.as_ref()?;
		let parent = self.relay_parents.get(&state.scheduling_parent)?;
		let own = parent.own()?;
		if !parent.table.is_in_group(candidate, own) {
			return None;
		}
		let backers = parent.table.backers(candidate);
		let from = backers
			.into_iter()
			.find(|backer| *backer != own && parent.counts(*backer) && !state.asked.contains(backer))?;
		state.asked.insert(from);
		state.work = Work::FetchingPov { asked: from };
		Some(Output::FetchPov {
			candidate,
			pov_hash: seconded.receipt.descriptor.pov_hash(),
			from,
		})
	}
}

impl CandidateState {
	/// Starts the execution of what somebody else seconded.
	fn confirm(&mut self, candidate: CandidateHash, seconded: &SecondedCandidate, pov: Arc<PoV>) -> Output {
		let validation_data = Arc::new(seconded.validation_data.clone());
		self.validate(candidate, seconded.receipt.to_plain(), validation_data, pov)
	}

	/// Starts the execution.
	fn validate(
		&mut self,
		candidate: CandidateHash,
		receipt: CandidateReceipt,
		validation_data: Arc<PersistedValidationData>,
		pov: Arc<PoV>,
	) -> Output {
		let descriptor = receipt.descriptor.clone();
		self.work = Work::Validating {
			receipt: Box::new(receipt),
			validation_data: validation_data.clone(),
		};
		Output::Validate(ValidationJob {
			candidate,
			descriptor,
			validation_data,
			pov,
		})
	}
}
