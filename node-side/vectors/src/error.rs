//! Questions that have no answer.

use thiserror::Error;

/// Why a question makes no sense. It says nothing about the rules: an answer that refuses something does.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
	/// It is no JSON, or no question that is known.
	#[error("no question: {0}")]
	Json(String),
	/// The line is too long to be read.
	#[error("a line of more than {max} bytes")]
	TooLong {
		/// Most bytes of a line.
		max: usize,
	},
	/// The line is no text.
	#[error("a line that is not UTF-8")]
	NotText,
	/// Bytes that are not the value that they should be.
	#[error("{what}: {why}")]
	Bytes {
		/// What they should be.
		what: &'static str,
		/// What is wrong.
		why: String,
	},
	/// Lists of constraints that are out of order, on which lookups rely.
	#[error("channels and watermarks have to ascend strictly, downward messages not to descend")]
	NotCanonical,
	/// Both forms of the validation data are there, or none.
	#[error("either validation_data or validation_data_hash is needed")]
	ValidationData,
	/// A name that no candidate has, or two have.
	#[error("{0:?} is the name of {1} candidates, but should be of one")]
	Name(String, usize),
	/// A number that makes answering too dear.
	#[error("{what} is {got}, but at most {max} here")]
	TooLarge {
		/// What it counts.
		what: &'static str,
		/// Most.
		max: u64,
		/// What it is.
		got: u64,
	},
	/// Pending candidates, or a path, that do not go together.
	#[error("{what}: {why}")]
	Unfit {
		/// Which part of the question.
		what: String,
		/// Why.
		why: String,
	},
}

/// Refuses a number that makes answering too dear.
pub(crate) fn at_most(what: &'static str, got: u64, max: u64) -> Result<(), Malformed> {
	match got > max {
		true => Err(Malformed::TooLarge { what, max, got }),
		false => Ok(()),
	}
}
