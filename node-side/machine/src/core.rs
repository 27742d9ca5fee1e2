//! What every core is.

use crate::{Input, Instant, Outbox, Words};

/// A deterministic state machine: no clock, no randomness, no thread, no socket, no `async`.
///
/// The seven laws that its driver and its neighbours rely on are in the crate's README; the feature `laws` has a kit that
/// tries them.
pub trait Core {
	/// What it hears and says.
	type Words: Words;

	/// Takes an input in, at a time that never goes back, and says what is to be done. Every input is legal, whoever sent
	/// it: none makes a core panic.
	fn handle(&mut self, now: Instant, input: Input<Self::Words>, out: &mut Outbox<Self::Words>);
}
