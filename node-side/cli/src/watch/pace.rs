//! The clock on the wall, for a run that is watched and not served.

use async_backing_devnet::{sim::Instant, Outside};
use async_backing_primitives::Hash;
use sp_runtime::{transaction_validity::TransactionValidityError, OpaqueExtrinsic};
use std::{
	ops::ControlFlow,
	thread,
	time::{Duration, Instant as WallClock},
};

/// Keeps a run to the clock on the wall, or to so many times its speed. Nobody sends transactions.
#[derive(Debug)]
pub(crate) struct Pace {
	began: WallClock,
	factor: f64,
}

impl Pace {
	/// From now on, so many times as fast as the clock on the wall. `factor` is above zero.
	pub(crate) fn new(factor: f64) -> Self {
		Self {
			began: WallClock::now(),
			factor,
		}
	}

	/// How long to wait until this time of the run.
	fn left(&self, until: Instant, elapsed: Duration) -> Duration {
		Duration::try_from_secs_f64(until.as_secs_f64() / self.factor)
			.unwrap_or(Duration::MAX)
			.saturating_sub(elapsed)
	}
}

impl Outside for Pace {
	fn wait(&mut self, until: Instant) -> ControlFlow<()> {
		thread::sleep(self.left(until, self.began.elapsed()));
		ControlFlow::Continue(())
	}

	fn transactions(&mut self, _: Hash) -> Vec<OpaqueExtrinsic> {
		Vec::new()
	}

	fn refused(&mut self, _: Hash, _: &OpaqueExtrinsic, _: TransactionValidityError) {}

	fn finalized(&mut self, _: Hash) {}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_run_waits_for_its_clock_and_never_for_one_that_is_ahead() {
		let pace = Pace::new(10.0);
		let ms = Duration::from_millis;
		assert_eq!(pace.left(ms(6000), ms(100)), ms(500));
		assert_eq!(pace.left(ms(6000), ms(700)), Duration::ZERO);
	}
}
