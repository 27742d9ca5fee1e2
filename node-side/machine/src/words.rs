//! The words of one core.

use std::fmt::Debug;

/// What cannot be said.
pub type Never = std::convert::Infallible;

/// The words of a core: what it hears and says, beside what all cores have in common. A kind of word that a core does not
/// use is [`Never`]. The type itself is only a name: derive what is asked for.
pub trait Words: Clone + Debug + PartialEq + 'static {
	/// What the relay chain did.
	type Chain: Clone + Debug + PartialEq;
	/// Who a peer has proved to be, such as the keys of its authority discovery.
	type Identity: Clone + Debug + PartialEq;
	/// What a peer says it knows, such as relay blocks.
	type View: Clone + Debug + PartialEq;
	/// A message that has no answer.
	type Message: Clone + Debug + PartialEq;
	/// A message that has one answer.
	type Request: Clone + Debug + PartialEq;
	/// The answer.
	type Response: Clone + Debug + PartialEq;
	/// Work that is too heavy to be done while an input waits: everything that hashes, codes, verifies or copies more
	/// than 64 KiB, executes, or needs a key.
	type Job: Clone + Debug + PartialEq;
	/// What a job came to.
	type Done: Clone + Debug + PartialEq;
	/// What a proposal is asked for, such as a parent and a slot.
	type Proposing: Clone + Debug + PartialEq;
	/// The proposal.
	type Proposal: Clone + Debug + PartialEq;
	/// What an observer may want to know. Nothing in a node reads it.
	type Event: Clone + Debug + PartialEq;
}
