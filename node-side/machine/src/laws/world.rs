//! What a core's tests say about the core.

use super::{Breach, Choices, Open, Promise, LIGHT};
use crate::{Core, Input, JobId, Output, PeerId, RequestId, Words};
use std::time::Duration;

/// The words of a world's core.
pub type WordsOf<W> = <<W as World>::Core as Core>::Words;

/// Everything around a core that the kit cannot know: what the chain and the peers may say, what a job comes to, and what
/// the core has promised. Written once a core, in its crate's module `laws`, and used by its tests and fuzz targets.
///
/// The kit makes ids, keeps time, and decides when and how things end; a world decides what is said. Its decisions come
/// from the [`Choices`] alone: a run is made twice (law 6).
pub trait World {
	/// The core. One that is a part of a whole is tried within a small core that owns its context.
	type Core: Core;

	/// A core as it starts, before it has heard anything. After a crash, another one.
	fn core(&mut self) -> Self::Core;

	/// What happens next, honest or hostile, given what is open.
	fn next(&mut self, open: &Open<WordsOf<Self>>, choices: &mut Choices<'_>) -> Stimulus<WordsOf<Self>>;

	/// Does a job, for real.
	fn work(
		&mut self,
		job: <WordsOf<Self> as Words>::Job,
		choices: &mut Choices<'_>,
	) -> <WordsOf<Self> as Words>::Done;

	/// What a peer answers, well or badly. The kit sees to silence, refusals and disconnections.
	fn answer(
		&mut self,
		peer: PeerId,
		request: &<WordsOf<Self> as Words>::Request,
		open: &Open<WordsOf<Self>>,
		choices: &mut Choices<'_>,
	) -> Reply<WordsOf<Self>>;

	/// Law 3: the most bytes that the core may hold, as a function of the world's parameters (validators, cores, depth,
	/// ancestry), never of what was said. Without what is in the outbox.
	fn memory_bound(&self) -> usize;

	/// Law 3: the most bytes that the core may hold when everything has ended and everybody has left: what it keeps by
	/// itself, as this core says. A bound near to it shows what is kept of everything that ever was open.
	fn rest_bound(&self, _core: &Self::Core) -> usize {
		self.memory_bound()
	}

	/// Law 3: how many requests, jobs, batches and timers the core takes for open, or those of them that it counts. It
	/// forgets what has ended.
	fn taken_for_open(&self, _core: &Self::Core) -> usize {
		0
	}

	/// Law 3: whether the core keeps anything of a peer that has just left, but for what it learned from it.
	fn keeps(&self, _core: &Self::Core, _peer: PeerId) -> bool {
		false
	}

	/// Law 3: how many timers the core still has a use for, if it says. Others it clears.
	fn timers_of_use(&self, _core: &Self::Core) -> Option<usize> {
		None
	}

	/// Law 3: whether a job is of use: what it comes to changes anything. One that is not is cancelled, for it holds what
	/// it works on.
	fn is_of_use(&self, _core: &Self::Core, _job: JobId) -> bool {
		true
	}

	/// Law 1: bytes that may be hashed, coded or verified while an input is handled. Less than [`LIGHT`] in a world whose
	/// things are small: so little that none of them can be hashed as a whole without being noticed.
	fn light(&self) -> usize {
		LIGHT
	}

	/// Law 1: bytes above [`light`](Self::light), or of allocations above [`LIGHT`], that this input may cost: for what the
	/// own chain says, and at a start, never for what a peer sends.
	fn allowance(&self, input: &Input<WordsOf<Self>>) -> usize {
		match input {
			Input::Restored(snapshot) => snapshot.0.iter().fold(0, |sum, (key, value)| {
				key.len()
					.saturating_add(value.len())
					.saturating_mul(8)
					.saturating_add(sum)
			}),
			_ => 0,
		}
	}

	/// Law 2: whether the core wants something that it does not have. Then a request, a job, a timer or a batch is open.
	fn is_waiting(&self, _core: &Self::Core) -> bool {
		false
	}

	/// Law 2: whether the core, after these peers failed to answer this request (the last one just now), still wants the
	/// answer, and somebody is connected who was not tried in this [round](Self::round) and may have it. Then it asks within [`Self::patience`].
	fn has_successor(
		&self,
		_core: &Self::Core,
		_request: &<WordsOf<Self> as Words>::Request,
		_tried: &[PeerId],
		_open: &Open<WordsOf<Self>>,
	) -> bool {
		false
	}

	/// Law 2: which of its rounds of questions for this the core is in. In another round everybody may be asked once more,
	/// and has to be: who was tried before counts no longer.
	fn round(&self, _core: &Self::Core, _request: &<WordsOf<Self> as Words>::Request) -> u64 {
		0
	}

	/// Law 2: how long the core may take to answer a ticket or a question for a proposal, or to try the next peer, when
	/// nothing but time passes; and so how long it may wait for a request or a job.
	fn patience(&self) -> Duration {
		Duration::from_secs(60)
	}

	/// Law 4: whether a peer is a stranger. What it does has no effect that others can see.
	fn is_stranger(&self, _peer: PeerId, _open: &Open<WordsOf<Self>>) -> bool {
		false
	}

	/// Law 4: whether the core still waits for this answer. Nobody need be named for a bad one that is of no use any more.
	fn is_awaited(&self, _core: &Self::Core, _request: RequestId) -> bool {
		true
	}

	/// Law 4: an output that may come together with a refusal although others see it, because it would have come with any
	/// input at that time. None, if the core does nothing but react.
	fn would_come_anyway(&self, _output: &Output<WordsOf<Self>>) -> bool {
		false
	}

	/// Law 5: what an output promises, such as a signed statement.
	fn promises(&self, _output: &Output<WordsOf<Self>>) -> Vec<Promise> {
		Vec::new()
	}

	/// Law 5: whether a core that has just been restored knows of what it promised before the crash.
	fn remembers(&self, _core: &Self::Core, _promise: &Promise) -> bool {
		true
	}

	/// Law 7: whether this request goes to a peer that it may go to, by the session of its relay parent.
	fn is_right_peer(
		&self,
		_peer: PeerId,
		_request: &<WordsOf<Self> as Words>::Request,
		_open: &Open<WordsOf<Self>>,
	) -> bool {
		true
	}

	/// Hears every input before the core does.
	fn told(&mut self, _input: &Input<WordsOf<Self>>, _open: &Open<WordsOf<Self>>) {}

	/// Sees what the core wants done after each input, before it is carried out, and may judge it.
	///
	/// # Errors
	/// A law that the core has broken.
	fn judge(
		&mut self,
		_core: &Self::Core,
		_outputs: &[Output<WordsOf<Self>>],
		_open: &Open<WordsOf<Self>>,
	) -> Result<(), Breach> {
		Ok(())
	}

	/// The core is about to crash: all that was open is forgotten, and everybody is gone. What the world holds together
	/// with the core (an `Arc`) is let go, or law 3 does not see it.
	fn crashed(&mut self) {}
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus<W: Words> {
	/// What.
	pub act: Act<W>,
	/// What the peer means by it.
	pub intent: Intent,
}

impl<W: Words> Stimulus<W> {
	/// What is ordinary, or at least no fault of anybody.
	pub const fn honest(act: Act<W>) -> Self {
		Self {
			act,
			intent: Intent::Honest,
		}
	}

	/// What no honest peer does.
	pub const fn hostile(act: Act<W>, penalty: Penalty) -> Self {
		Self {
			act,
			intent: Intent::Hostile(penalty),
		}
	}
}

/// What may happen around a core. Ids are made by the kit.
#[derive(Clone, Debug, PartialEq)]
pub enum Act<W: Words> {
	/// The relay chain does something.
	Chain(W::Chain),
	/// Somebody connects.
	Connect(W::Identity),
	/// More is known of a peer, or something else.
	Identify(PeerId, W::Identity),
	/// A peer says what it knows.
	View(PeerId, W::View),
	/// A peer says something.
	Message(PeerId, W::Message),
	/// A peer asks.
	Request(PeerId, W::Request),
	/// Somebody wants a proposal, from now within this time.
	Propose(W::Proposing, Duration),
	/// Time passes.
	Nothing,
}

/// What a peer answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply<W: Words> {
	/// The answer.
	pub response: W::Response,
	/// What the peer means by it. A hostile answer is as good as none: the next peer is tried.
	pub intent: Intent,
}

/// What a peer means by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
	/// It keeps to the protocol.
	Honest,
	/// It does not, and a core that checks can know.
	Hostile(Penalty),
}

/// What a core does about something hostile (law 4). In no case is there an effect at once that others can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Penalty {
	/// Nothing need be done: it costs nothing, or may be a mistake.
	None,
	/// A report that names the peer and a cost, at once.
	AtOnce,
	/// The same, when it is checked. Not asked for if the peer goes, the core crashes or a job fails before.
	Later,
}
