//! The client's one background task, run on the caller's thread.
//!
//! The client unpins blocks in a task that it hands to an executor. There is no executor here: the task is polled
//! after every import, so that nothing depends on the scheduling of threads.

use futures::{future::BoxFuture, FutureExt};
use sp_core::traits::SpawnNamed;
use std::sync::{Arc, Mutex, PoisonError};

/// Tasks that are polled by hand.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl Tasks {
	/// Polls each task once and drops those that are done. A task runs until it has to wait.
	pub(crate) fn poll(&self) {
		let mut tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
		tasks.retain_mut(|task| task.now_or_never().is_none());
		// A task may have spawned others meanwhile.
		self.0
			.lock()
			.unwrap_or_else(PoisonError::into_inner)
			.append(&mut tasks);
	}
}

impl SpawnNamed for Tasks {
	fn spawn_blocking(&self, _: &'static str, _: Option<&'static str>, future: BoxFuture<'static, ()>) {
		self.0.lock().unwrap_or_else(PoisonError::into_inner).push(future);
	}

	fn spawn(&self, name: &'static str, group: Option<&'static str>, future: BoxFuture<'static, ()>) {
		self.spawn_blocking(name, group, future);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_task_runs_as_far_as_its_input_goes_and_is_dropped_when_done() {
		let tasks = Tasks::default();
		let (sender, receiver) = futures::channel::oneshot::channel::<u8>();
		let seen = Arc::new(Mutex::new(None));
		let result = seen.clone();
		tasks.spawn(
			"test",
			None,
			async move {
				*result.lock().unwrap() = receiver.await.ok();
			}
			.boxed(),
		);
		tasks.poll();
		assert_eq!((*seen.lock().unwrap(), tasks.0.lock().unwrap().len()), (None, 1));
		sender.send(7).unwrap();
		tasks.poll();
		assert_eq!(
			(*seen.lock().unwrap(), tasks.0.lock().unwrap().len()),
			(Some(7), 0)
		);
	}
}
