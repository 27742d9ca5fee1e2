//! What the part hears and says, and its jobs.

use async_backing_chain_view::{Identity, LeafUpdate};
use async_backing_machine::{JobFailure, Never, Words};
use async_backing_primitives::{Hash, PvfCheckStatement, ValidationCodeHash, ValidatorId};

/// Work about validation codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeJob {
	/// Make a code ready for execution.
	Prepare {
		/// The code.
		code: ValidationCodeHash,
		/// A leaf in whose state it is found.
		at: Hash,
	},
	/// Sign what this validator says of a code, and hand it to the chain.
	Vote {
		/// The key to sign with.
		validator: ValidatorId,
		/// What is said.
		statement: PvfCheckStatement,
		/// The leaf whose runtime takes it.
		at: Hash,
	},
}

/// What it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeDone {
	/// The code is ready, or why no block can be checked with it.
	Prepared(Result<(), String>),
	/// The vote is with the chain, or why it is not.
	Voted(Result<(), String>),
}

/// What an observer may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeEvent {
	/// A code was prepared: it can be executed, or why it never can.
	Prepared {
		/// The code.
		code: ValidationCodeHash,
		/// What came out.
		result: Result<(), String>,
	},
	/// This machine did not finish with a code, which says nothing about it (R-BAK-11).
	Unfinished {
		/// The code.
		code: ValidationCodeHash,
		/// Why.
		failure: JobFailure,
	},
	/// A vote was handed to the chain (R-CODE-3).
	Voted(PvfCheckStatement),
}

/// Words of the part that sees to codes. It has nothing to say to peers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CodeWords;

impl Words for CodeWords {
	type Chain = LeafUpdate;
	type Identity = Identity;
	type View = Never;
	type Message = Never;
	type Request = Never;
	type Response = Never;
	type Job = CodeJob;
	type Done = CodeDone;
	type Proposing = Never;
	type Proposal = Never;
	type Event = CodeEvent;
}
