//! Compilations that are running, and those who wait for them.
//!
//! Invariants:
//! - A code is compiled by one thread at a time; who else wants it waits for the same.
//! - At most so many are running, those included for which nobody waits any more: a compilation can't be stopped, but it is
//!   not begun again either.
//! - Whoever waits hears an outcome or its deadline, even if the compiler panics; when it hears an outcome the place is free.

use crate::{Failure, PrepareError, Unfinished};
use async_backing_primitives::{ValidationCode, ValidationCodeHash};
use std::{
	collections::BTreeMap,
	sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
	thread,
	time::Instant,
};

/// Turns a code into something that can be executed. May take long and may panic.
type Compile<T> = Box<dyn Fn(&ValidationCode) -> Outcome<T> + Send + Sync>;

/// What a compilation came to.
type Outcome<T> = Result<T, Failure<PrepareError>>;

/// Compilations that are running.
pub(crate) struct Preparations<T> {
	compile: Compile<T>,
	most: usize,
	running: Mutex<BTreeMap<ValidationCodeHash, Arc<Preparation<T>>>>,
}

impl<T: Clone + Send + 'static> Preparations<T> {
	/// None yet, and never more than `most`.
	pub(crate) fn new(
		most: usize,
		compile: impl Fn(&ValidationCode) -> Outcome<T> + Send + Sync + 'static,
	) -> Self {
		Self {
			compile: Box::new(compile),
			most,
			running: Mutex::default(),
		}
	}

	/// How many are running.
	pub(crate) fn len(&self) -> usize {
		self.lock().len()
	}

	/// Waits for the compilation of a code with this hash, which begins now if it is not running.
	///
	/// # Errors
	/// [`Unfinished`] if there is no room, the deadline passes or the compiler panics; else what the compiler says.
	pub(crate) fn wait(
		self: &Arc<Self>,
		code: &ValidationCode,
		hash: ValidationCodeHash,
		deadline: Instant,
	) -> Outcome<T> {
		if Instant::now() >= deadline {
			return Err(Unfinished::Late.into());
		}
		let (preparation, is_new) = self.join(hash)?;
		if is_new {
			let ending = Ending {
				all: self.clone(),
				hash,
				preparation: preparation.clone(),
				// Stands if the compiler panics.
				outcome: Err(died("the compiler gave up").into()),
			};
			let code = code.clone();
			thread::Builder::new()
				.name("pvf-prepare".into())
				.spawn(move || ending.compile(&code))
				.map_err(|error| died(format!("no thread for it: {error}")))?;
		}
		preparation.outcome_by(deadline)
	}

	/// The compilation that is running, or a place for one.
	fn join(&self, hash: ValidationCodeHash) -> Result<(Arc<Preparation<T>>, bool), Unfinished> {
		let mut running = self.lock();
		if let Some(preparation) = running.get(&hash) {
			return Ok((preparation.clone(), false));
		}
		if running.len() >= self.most {
			return Err(Unfinished::Busy {
				running: running.len(),
				most: self.most,
			});
		}
		let preparation = Arc::<Preparation<T>>::default();
		running.insert(hash, preparation.clone());
		Ok((preparation, true))
	}
}

impl<T> Preparations<T> {
	fn lock(&self) -> MutexGuard<'_, BTreeMap<ValidationCodeHash, Arc<Preparation<T>>>> {
		// The map is in order at every step.
		self.running.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

fn died(reason: impl Into<String>) -> Unfinished {
	Unfinished::Died {
		reason: reason.into(),
	}
}

/// A compilation, as those see it who wait for it.
struct Preparation<T> {
	outcome: Mutex<Option<Outcome<T>>>,
	ended: Condvar,
}

impl<T> Default for Preparation<T> {
	fn default() -> Self {
		Self {
			outcome: Mutex::new(None),
			ended: Condvar::new(),
		}
	}
}

impl<T: Clone> Preparation<T> {
	fn outcome_by(&self, deadline: Instant) -> Outcome<T> {
		let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
		loop {
			if let Some(outcome) = &*outcome {
				return outcome.clone();
			}
			let left = deadline.saturating_duration_since(Instant::now());
			if left.is_zero() {
				return Err(Unfinished::Late.into());
			}
			let waited = self.ended.wait_timeout(outcome, left);
			outcome = waited.unwrap_or_else(PoisonError::into_inner).0;
		}
	}
}

/// The compiling thread's duty: whatever happens to it, its place is free again, and nobody waits in vain.
struct Ending<T: Clone> {
	all: Arc<Preparations<T>>,
	hash: ValidationCodeHash,
	preparation: Arc<Preparation<T>>,
	outcome: Outcome<T>,
}

impl<T: Clone> Ending<T> {
	fn compile(mut self, code: &ValidationCode) {
		self.outcome = (self.all.compile)(code);
	}
}

impl<T: Clone> Drop for Ending<T> {
	fn drop(&mut self) {
		self.all.lock().remove(&self.hash);
		let preparation = &self.preparation;
		let mut outcome = preparation.outcome.lock().unwrap_or_else(PoisonError::into_inner);
		*outcome = Some(self.outcome.clone());
		preparation.ended.notify_all();
	}
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
	use super::*;
	use std::{
		sync::mpsc::{channel, Sender},
		time::Duration,
	};

	/// For what has to end by itself: long enough for the slowest machine.
	const LONG: Duration = Duration::from_secs(60);

	/// Compilations that end when they are told how, whichever hears it first.
	fn told(most: usize) -> (Arc<Preparations<u8>>, Sender<u8>) {
		let (tell, hear) = channel();
		let hear = Mutex::new(hear);
		let compile = move |_: &ValidationCode| Ok(hear.lock().unwrap().recv().unwrap());
		(Arc::new(Preparations::new(most, compile)), tell)
	}

	fn code(number: u8) -> ValidationCode {
		ValidationCode(vec![number])
	}

	fn wait(all: &Arc<Preparations<u8>>, number: u8, time: Duration) -> Outcome<u8> {
		let code = code(number);
		all.wait(&code, code.hash(), Instant::now() + time)
	}

	const LATE: Outcome<u8> = Err(Failure::Unfinished(Unfinished::Late));
	const MOMENT: Duration = Duration::from_millis(20);

	#[test]
	fn one_that_is_late_goes_on_and_everybody_who_comes_waits_for_it() {
		let (all, tell) = told(1);
		assert_eq!(wait(&all, 0, MOMENT), LATE);
		assert_eq!(all.len(), 1);
		assert_eq!(
			wait(&all, 0, MOMENT),
			LATE,
			"not begun again: there is no second place"
		);
		let waiting: Vec<_> = (0..4)
			.map(|_| {
				let all = all.clone();
				thread::spawn(move || wait(&all, 0, LONG))
			})
			.collect();
		// All of them are there when it ends, but for those whom the machine keeps: these come to a new one.
		thread::sleep(MOMENT);
		for _ in 0..5 {
			tell.send(7).unwrap();
		}
		for waits in waiting {
			assert_eq!(waits.join().unwrap(), Ok(7));
		}
		assert_eq!(all.len(), 0);
	}

	#[test]
	fn those_for_which_nobody_waits_have_no_more_than_their_places() {
		let (all, tell) = told(2);
		assert_eq!([wait(&all, 0, MOMENT), wait(&all, 1, MOMENT)], [LATE, LATE]);
		let busy = Unfinished::Busy { running: 2, most: 2 };
		assert_eq!(
			wait(&all, 2, LONG),
			Err(busy.into()),
			"it says nothing about the code"
		);
		tell.send(1).unwrap();
		tell.send(1).unwrap();
		let until = Instant::now() + LONG;
		while all.len() > 0 {
			assert!(Instant::now() < until, "they end, and then there is room");
			thread::yield_now();
		}
		tell.send(2).unwrap();
		assert_eq!(wait(&all, 2, LONG), Ok(2));
		assert_eq!(all.len(), 0, "who hears an outcome finds the place free");
	}

	#[test]
	fn a_compiler_that_panics_is_no_verdict_and_leaves_its_place() {
		let compile = |code: &ValidationCode| match code.0[..] {
			[0] => panic!("a defect of the compiler"),
			[1] => Err(PrepareError::CorruptCompression.into()),
			_ => Ok(code.0[0]),
		};
		let all = Arc::new(Preparations::new(1, compile));
		let died = wait(&all, 0, LONG);
		assert!(
			matches!(died, Err(Failure::Unfinished(Unfinished::Died { .. }))),
			"{died:?}"
		);
		let verdict = Err(Failure::Verdict(PrepareError::CorruptCompression));
		assert_eq!(wait(&all, 1, LONG), verdict);
		assert_eq!(wait(&all, 2, LONG), Ok(2));
		assert_eq!(
			wait(&all, 2, Duration::ZERO),
			LATE,
			"what has no time left is not begun"
		);
		assert_eq!(all.len(), 0);
	}
}
