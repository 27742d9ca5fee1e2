//! A small core that needs every law, its world, and its broken twins.
//!
//! A notary endorses documents. A clerk offers one; the notary asks the clerks of the document's session for the content,
//! one after the other, has it checked by a job, stores that it is going to endorse it, and tells everybody. Of two
//! documents for one place it endorses only one, ever. Clerks are found through their session; strangers get nothing.
//!
//! It is here to be read beside the guide, and to try the kit itself: a kit that passes the notary and finds each
//! [`Flaw`] is not blind.

mod notary;
mod scene;
#[cfg(test)]
mod tests;

pub use notary::{Notary, NUMBERS};
pub use scene::Scene;

use crate::{Never, Words};
use std::sync::Arc;

/// The words of a [`Notary`].
#[derive(Clone, Debug, PartialEq)]
pub struct Notarial;

impl Words for Notarial {
	type Chain = Session;
	type Identity = Option<Clerk>;
	type View = Never;
	type Message = Letter;
	type Request = Document;
	type Response = Arc<Vec<u8>>;
	type Job = Check;
	type Done = bool;
	type Proposing = ();
	type Proposal = Vec<Document>;
	type Event = Never;
}

/// Who has proved to be somebody.
pub type Clerk = u8;

/// A session begins. Only the last two count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
	/// Its number, ascending.
	pub number: u32,
	/// Its clerks: an index means one of these.
	pub clerks: Vec<Clerk>,
}

/// A document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document {
	/// In which session.
	pub session: u32,
	/// Its number in the session, below [`NUMBERS`]. The clerk with this index, modulo, is asked for it first.
	pub number: u32,
}

impl Document {
	/// Where it belongs: of several documents for one place only one is endorsed.
	pub const fn place(self) -> (u32, u32) {
		(self.session, self.number / 2)
	}

	/// What is in it.
	pub fn content(self) -> Vec<u8> {
		vec![(self.session ^ self.number) as u8; (self.number as usize).saturating_mul(8)]
	}
}

/// What is said without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
	/// There is this document.
	Offer(Document),
	/// I stand by this document.
	Endorse(Document),
}

/// Whether this is the content of the document.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
	/// The document.
	pub document: Document,
	/// What somebody says is in it.
	pub content: Arc<Vec<u8>>,
}

/// What may be wrong with a notary, for each law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
	/// It hashes 100 KB itself.
	Hashes,
	/// It hashes a content itself, which is small.
	HashesLittle,
	/// It copies a content a thousand times.
	Copies,
	/// After a failure it wants the document, and waits for nothing.
	Idles,
	/// After a failure it only waits for better times.
	Procrastinates,
	/// It answers tickets twice.
	AnswersTwice,
	/// It does not answer who waits.
	NeverAnswers,
	/// It asks the same clerk for ever.
	Insists,
	/// It waits for an answer for a day.
	WaitsForADay,
	/// It remembers every offer.
	Hoards,
	/// It remembers a little of every content that it has checked.
	Remembers,
	/// It does not forget who has left.
	KeepsTheGone,
	/// It does not cancel a check that is of no use any more.
	NeverCancels,
	/// It does not clear a timer that is of no use any more.
	NeverClears,
	/// It does not say who offers nonsense.
	NamesNobody,
	/// It does not say who sent a false content.
	NamesNobodyLater,
	/// It passes on what a stranger says.
	Believes,
	/// It endorses before that is stored.
	SignsEarly,
	/// It does not read what was stored.
	Forgets,
	/// It has an order of its own in every run.
	Random,
	/// It takes the newest session for every session.
	MistakesSession,
	/// It trusts a number.
	Panics,
}
