//! Votes on new code (R-CODE-3): validators prepare code that nobody runs yet, and say whether it can be.
//!
//! Code that is in use or trusted is accepted at once. Everybody who brings the same unknown code waits for one vote. A
//! vote ends when a supermajority accepts, when none can any more, or when it is too old; session changes begin the
//! count anew, since the validators change.

use crate::{
	CheckCause, CodeByHash, CodeVote, CodeVotes, CodesUnderVote, Config, Error, Event, Pallet, TrustedCodes,
	Voters, WeightInfo, MAX_CODE_VOTES, VERDICT_LONGEVITY, VERDICT_PRIORITY,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{ActiveConfiguration, CurrentSession},
	supermajority_threshold, HostConfiguration, PvfCheckStatement, ValidationCode, ValidationCodeHash,
	ValidatorSignature,
};
use frame_support::{dispatch::DispatchResult, ensure, weights::Weight};
use sp_runtime::{
	transaction_validity::{
		InvalidTransaction, TransactionValidityError, TransactionValidityWithRefund, ValidTransaction,
	},
	SaturatedConversion,
};

/// What a verdict that cannot be counted is refused with in the transaction pool, beside the kinds that exist.
const NO_VOTE: u8 = 1;
const NO_VALIDATOR: u8 = 2;

impl<T: Config> Pallet<T> {
	/// Takes in a use of code, which is of a legal length, and begins or joins a vote about it unless it is known.
	pub(crate) fn check_code(
		code_hash: ValidationCodeHash,
		code: crate::BoundedCode,
		cause: CheckCause,
		config: &HostConfiguration,
	) {
		let is_known = CodeByHash::<T>::contains_key(code_hash);
		Self::use_code(code_hash, code);
		let vote = CodeVotes::<T>::get(code_hash);
		if is_known && vote.is_none() {
			return Self::accept(code_hash, cause, config);
		}
		let began = vote.is_none();
		let mut vote = vote.unwrap_or_else(|| CodeVote {
			accept: Voters::default(),
			reject: Voters::default(),
			age: 0,
			causes: Default::default(),
		});
		// There is room: each cause is of another para, each code under vote has one, and there are no more paras.
		let _ = vote.causes.try_push(cause);
		if began {
			CodesUnderVote::<T>::mutate(|codes| {
				let position = codes.partition_point(|other| *other < code_hash);
				let _ = codes.try_insert(position, code_hash);
			});
		}
		CodeVotes::<T>::insert(code_hash, vote);
		Self::deposit_event(Event::CodeCheckStarted {
			para: cause.para(),
			code_hash,
		});
	}

	/// Whether a code can be checked: it is known, so that it needs no vote or joins the one about it, or there may be one
	/// more vote.
	pub(crate) fn may_check_code(code_hash: ValidationCodeHash) -> bool {
		CodesUnderVote::<T>::decode_len().unwrap_or(0) < MAX_CODE_VOTES as usize
			|| CodeByHash::<T>::contains_key(code_hash)
	}

	/// What a verdict costs: the last one, which ends the vote, for everybody who waits.
	pub(crate) fn weight_of_verdict(statement: &PvfCheckStatement) -> Weight {
		let Some(vote) = CodeVotes::<T>::get(statement.subject) else {
			return T::WeightInfo::end_vote_accepting(0);
		};
		let validators = T::Session::validator_count();
		let needed = supermajority_threshold(validators);
		let waiting = vote.causes.len().saturated_into();
		if statement.accept && vote.accept.len().saturating_add(1) >= needed {
			T::WeightInfo::end_vote_accepting(waiting)
		} else if !statement.accept && vote.reject.len() >= validators.saturating_sub(needed) {
			T::WeightInfo::end_vote_rejecting(waiting)
		} else {
			T::WeightInfo::end_vote_accepting(0)
		}
	}

	/// What vouching for a code costs: storing it, and ending the vote about it if there is one.
	pub(crate) fn weight_of_trust(code: &ValidationCode) -> Weight {
		let stored = T::WeightInfo::trust_code(code.0.len().saturated_into());
		match Self::waiting_for(code.hash()) {
			0 => stored,
			waiting => stored.saturating_add(T::WeightInfo::end_vote_accepting(waiting)),
		}
	}

	/// How many paras wait for the outcome of a vote.
	pub(crate) fn waiting_for(code_hash: ValidationCodeHash) -> u32 {
		CodeVotes::<T>::get(code_hash).map_or(0, |vote| vote.causes.len().saturated_into())
	}

	/// Whether a verdict counts.
	fn ensure_counts(statement: &PvfCheckStatement) -> Result<CodeVote, Error<T>> {
		let session = T::Session::index();
		ensure!(
			statement.session_index >= session,
			Error::<T>::VerdictOfOldSession
		);
		ensure!(
			statement.session_index == session,
			Error::<T>::VerdictOfFutureSession
		);
		let vote = CodeVotes::<T>::get(statement.subject).ok_or(Error::<T>::NoVoteOnCode)?;
		let validators = T::Session::validators().len();
		ensure!(
			statement.validator_index.as_usize() < validators,
			Error::<T>::UnknownValidator
		);
		let voted = |voters: &Voters| voters.binary_search(&statement.validator_index).is_ok();
		ensure!(
			!voted(&vote.accept) && !voted(&vote.reject),
			Error::<T>::AlreadyVoted
		);
		Ok(vote)
	}

	/// Whether a verdict may come into a block: it counts, and its signature is the validator's.
	///
	/// # Errors
	/// As a transaction pool understands them: what a later session makes valid may be tried again, what an earlier one
	/// would have to is dropped.
	pub(crate) fn authorize_verdict(
		statement: &PvfCheckStatement,
		signature: &ValidatorSignature,
	) -> TransactionValidityWithRefund {
		let refused = |error: Error<T>| -> TransactionValidityError {
			match error {
				Error::VerdictOfOldSession | Error::AlreadyVoted => InvalidTransaction::Stale.into(),
				Error::VerdictOfFutureSession => InvalidTransaction::Future.into(),
				Error::UnknownValidator => InvalidTransaction::Custom(NO_VALIDATOR).into(),
				_ => InvalidTransaction::Custom(NO_VOTE).into(),
			}
		};
		Self::ensure_counts(statement).map_err(refused)?;
		let validators = T::Session::validators();
		let validator = validators
			.get(statement.validator_index.as_usize())
			.ok_or(InvalidTransaction::Custom(NO_VALIDATOR))?;
		if !statement.is_signed_by(validator, signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		let validity = ValidTransaction::with_tag_prefix("PvfCheck")
			.priority(VERDICT_PRIORITY)
			.longevity(VERDICT_LONGEVITY)
			.and_provides((
				statement.session_index,
				statement.validator_index,
				statement.subject,
			))
			.propagate(true)
			.build()?;
		Ok((validity, Weight::zero()))
	}

	/// Counts a verdict, and ends the vote if it decides.
	///
	/// # Errors
	/// Those of [`include_pvf_check_statement`](Self::include_pvf_check_statement). Nothing is written then.
	pub(crate) fn do_note_verdict(statement: PvfCheckStatement) -> DispatchResult {
		let mut vote = Self::ensure_counts(&statement)?;
		let voters = if statement.accept {
			&mut vote.accept
		} else {
			&mut vote.reject
		};
		let position = voters.partition_point(|other| *other < statement.validator_index);
		// There is room for every validator.
		let _ = voters.try_insert(position, statement.validator_index);
		let validators = T::Session::validators().len();
		let needed = supermajority_threshold(validators);
		if vote.accept.len() >= needed {
			Self::end_with_acceptance(statement.subject, vote);
		} else if vote.reject.len() > validators.saturating_sub(needed) {
			Self::end_with_rejection(statement.subject, vote);
		} else {
			CodeVotes::<T>::insert(statement.subject, vote);
		}
		Ok(())
	}

	/// Begins the count of every vote anew, and rejects what is too old.
	pub(crate) fn age_votes(config: &HostConfiguration) {
		for code_hash in CodesUnderVote::<T>::get() {
			let Some(mut vote) = CodeVotes::<T>::get(code_hash) else {
				continue;
			};
			vote.age = vote.age.saturating_add(1);
			if vote.age >= config.pvf_voting_ttl {
				Self::end_with_rejection(code_hash, vote);
			} else {
				vote.accept = Voters::default();
				vote.reject = Voters::default();
				CodeVotes::<T>::insert(code_hash, vote);
			}
		}
	}

	/// A para waits for the outcome no longer. The vote goes with the last.
	pub(crate) fn withdraw_from_vote(code_hash: ValidationCodeHash, para: async_backing_primitives::ParaId) {
		let Some(mut vote) = CodeVotes::<T>::get(code_hash) else {
			return;
		};
		vote.causes.retain(|cause| cause.para() != para);
		if vote.causes.is_empty() {
			Self::forget_vote(code_hash);
		} else {
			CodeVotes::<T>::insert(code_hash, vote);
		}
	}

	fn forget_vote(code_hash: ValidationCodeHash) {
		CodeVotes::<T>::remove(code_hash);
		CodesUnderVote::<T>::mutate(|codes| codes.retain(|other| *other != code_hash));
	}

	fn end_with_acceptance(code_hash: ValidationCodeHash, vote: CodeVote) {
		Self::forget_vote(code_hash);
		Self::deposit_event(Event::CodeAccepted { code_hash });
		let config = T::Configuration::active();
		for cause in vote.causes {
			Self::accept(code_hash, cause, &config);
		}
	}

	fn end_with_rejection(code_hash: ValidationCodeHash, vote: CodeVote) {
		Self::forget_vote(code_hash);
		Self::deposit_event(Event::CodeRejected { code_hash });
		for cause in vote.causes {
			match cause {
				CheckCause::Onboarding(para) => Self::reject_registration(para),
				CheckCause::Upgrade { para, .. } => Self::reject_upgrade(para, code_hash),
			}
		}
	}

	fn accept(code_hash: ValidationCodeHash, cause: CheckCause, config: &HostConfiguration) {
		match cause {
			CheckCause::Onboarding(para) => Self::schedule_onboarding(para),
			CheckCause::Upgrade { para, included_at } => {
				Self::schedule_upgrade(para, code_hash, included_at, Self::now().max(included_at), config);
			}
		}
	}

	/// Ends the vote about a code with its acceptance.
	///
	/// # Errors
	/// [`Error::NoVoteOnCode`]. Nothing is written then.
	pub(crate) fn do_approve(code_hash: ValidationCodeHash) -> DispatchResult {
		let vote = CodeVotes::<T>::get(code_hash).ok_or(Error::<T>::NoVoteOnCode)?;
		Self::end_with_acceptance(code_hash, vote);
		Ok(())
	}

	/// Stores a code that needs no vote.
	///
	/// # Errors
	/// Those of [`trust_code`](Self::trust_code). Nothing is written then.
	pub(crate) fn do_trust(code: ValidationCode) -> DispatchResult {
		let code_hash = code.hash();
		let code = Self::bounded_code(code, &T::Configuration::active())?;
		let mut trusted = TrustedCodes::<T>::get();
		let Err(position) = trusted.binary_search(&code_hash) else {
			return Err(Error::<T>::AlreadyTrusted.into());
		};
		ensure!(
			trusted.try_insert(position, code_hash).is_ok(),
			Error::<T>::TooManyTrustedCodes
		);
		TrustedCodes::<T>::put(trusted);
		Self::use_code(code_hash, code);
		if let Some(vote) = CodeVotes::<T>::get(code_hash) {
			Self::end_with_acceptance(code_hash, vote);
		}
		Ok(())
	}

	/// Forgets that a code needs no vote.
	///
	/// # Errors
	/// [`Error::NotTrusted`]. Nothing is written then.
	pub(crate) fn do_distrust(code_hash: ValidationCodeHash) -> DispatchResult {
		let mut trusted = TrustedCodes::<T>::get();
		let position = trusted
			.binary_search(&code_hash)
			.map_err(|_| Error::<T>::NotTrusted)?;
		trusted.remove(position);
		TrustedCodes::<T>::put(trusted);
		Self::release_code(code_hash);
		Ok(())
	}

	/// Codes that wait for verdicts, ascending.
	pub fn pvfs_require_precheck() -> Vec<ValidationCodeHash> {
		CodesUnderVote::<T>::get().into_inner()
	}
}
