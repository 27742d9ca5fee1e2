//! Inputs and outputs of a validator.

use crate::{Message, Peer};
use async_backing_primitives::{
	CandidateHash, Hash, LeafFacts, PersistedValidationData, PoV, ValidationCodeHash, ValidationResult,
};
use std::{sync::Arc, time::Duration};

/// Something that happens to a validator.
#[derive(Clone, Debug)]
pub enum Input {
	/// A relay block became an active leaf. Give the new leaf before [`Input::LeafDeactivated`] for the old one.
	LeafActivated(Arc<LeafFacts>),
	/// A relay block is no active leaf any more.
	LeafDeactivated(Hash),
	/// A message arrived.
	Received {
		/// Who sent it.
		from: Peer,
		/// What it says.
		message: Message,
	},
	/// An execution that was asked for ended.
	Executed {
		/// The candidate.
		candidate: CandidateHash,
		/// What the validation function gave, or why it failed.
		outcome: Result<ValidationResult, String>,
	},
	/// The time came that was waited for.
	Timer(Timer),
}

/// What a validator waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
	/// The moment to sign the bitfield at a leaf (R-AVL-8).
	SignBitfield(Hash),
}

/// What the driver shall do, or what it may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
	/// Send a message.
	Send {
		/// To whom.
		to: Peer,
		/// What.
		message: Message,
	},
	/// Send a message to all other validators.
	Broadcast(Message),
	/// Execute a candidate within the limits of backing (R-BAK-11), and answer with [`Input::Executed`].
	Execute {
		/// The candidate.
		candidate: CandidateHash,
		/// Code to execute.
		code: ValidationCodeHash,
		/// Input of the validation function.
		validation_data: Arc<PersistedValidationData>,
		/// Input of the validation function.
		pov: Arc<PoV>,
	},
	/// Give [`Input::Timer`] at this time.
	Wake {
		/// When.
		at: Duration,
		/// With what.
		timer: Timer,
	},
	/// Something worth knowing.
	Notice(Notice),
}

/// Something worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
	/// This validator seconded a candidate.
	Seconded(CandidateHash),
	/// This validator knows a quorum for a candidate.
	Backable(CandidateHash),
	/// Something was refused or failed. Why, in words.
	Complaint(String),
}
