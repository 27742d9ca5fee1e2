//! The flight recorder of one validator, over all of its lives.

use async_backing_machine::{Input, Instant, Outbox};
use async_backing_validator::{
	recording::{Notes, Recorder},
	NodeWords, Validator, ValidatorConfig,
};
use std::{
	cell::{RefCell, RefMut},
	fmt, io,
	rc::Rc,
};

/// Whoever writes a recording.
pub(crate) type Writer = Box<dyn io::Write>;

/// A recording of one validator. Its core and the world share it: the core is told, and the world executes.
#[derive(Clone)]
pub(crate) struct Tape {
	/// Position of the validator.
	pub(crate) validator: usize,
	/// `None` once it was ended.
	recorder: Rc<RefCell<Option<Recorder<Writer>>>>,
}

impl fmt::Debug for Tape {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Tape")
			.field("validator", &self.validator)
			.finish_non_exhaustive()
	}
}

impl Tape {
	/// Begins a recording of a validator that is made from `config`.
	///
	/// # Errors
	/// The beginning cannot be written.
	pub(crate) fn new(validator: usize, config: &ValidatorConfig, to: Writer) -> io::Result<Self> {
		let recorder = Recorder::new(to, config)?;
		Ok(Self {
			validator,
			recorder: Rc::new(RefCell::new(Some(recorder))),
		})
	}

	/// The validator starts.
	pub(crate) fn started(&self) {
		if let Some(recorder) = &mut *self.recorder.borrow_mut() {
			recorder.started();
		}
	}

	/// Has the validator handle an input. Gives it back, with nothing done, if the recording has ended.
	pub(crate) fn handle(
		&self,
		validator: &mut Validator,
		now: Instant,
		input: Input<NodeWords>,
		out: &mut Outbox<NodeWords>,
	) -> Option<Input<NodeWords>> {
		match &mut *self.recorder.borrow_mut() {
			Some(recorder) => {
				recorder.handle(validator, now, input, out);
				None
			}
			None => Some(input),
		}
	}

	/// Where executions are noted; `None` if the recording has ended.
	pub(crate) fn notes(&self) -> Option<RefMut<'_, Notes>> {
		let recorder = self.recorder.borrow_mut();
		RefMut::filter_map(recorder, |recorder| recorder.as_mut().map(Recorder::notes)).ok()
	}

	/// Ends the recording. Returns the number of inputs in it, 0 if it was ended before.
	///
	/// # Errors
	/// It was not written to its end.
	pub(crate) fn end(&self) -> io::Result<u64> {
		self.recorder.borrow_mut().take().map_or(Ok(0), Recorder::finish)
	}
}
