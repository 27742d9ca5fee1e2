//! The clock on the wall, and being stopped meanwhile.

use std::{
	sync::{Arc, Condvar, Mutex, PoisonError},
	time::{Duration, Instant},
};

/// Somebody wants a run to end. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<(Mutex<bool>, Condvar)>);

impl Interrupt {
	/// Ends the run before its next event, and whoever waits wakes up.
	pub fn stop(&self) {
		let (stopped, changed) = &*self.0;
		*stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
		changed.notify_all();
	}

	/// Whether the run is to end.
	pub fn is_stopped(&self) -> bool {
		*self.0 .0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Waits until then, or until the run is to end; whether it is.
	pub fn wait_until(&self, then: Instant) -> bool {
		self.wait(then.saturating_duration_since(Instant::now()))
	}

	/// Waits so long, or until the run is to end; whether it is.
	pub fn wait(&self, time: Duration) -> bool {
		let (stopped, changed) = &*self.0;
		let stopped = stopped.lock().unwrap_or_else(PoisonError::into_inner);
		if time.is_zero() {
			return *stopped;
		}
		let waited = changed.wait_timeout_while(stopped, time, |stopped| !*stopped);
		let (stopped, _) = waited.unwrap_or_else(PoisonError::into_inner);
		*stopped
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn whoever_waits_wakes_up_when_the_run_is_to_end() {
		let interrupt = Interrupt::default();
		assert!(!interrupt.wait(Duration::from_millis(1)));
		let waiting = interrupt.clone();
		let waiter = std::thread::spawn(move || waiting.wait(Duration::from_secs(600)));
		interrupt.stop();
		assert!(waiter.join().expect("it waits and ends"));
		assert!(interrupt.is_stopped() && interrupt.wait_until(Instant::now()));
	}
}
