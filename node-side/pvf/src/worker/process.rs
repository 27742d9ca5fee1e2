//! A worker process, as its node sees it.

use super::{
	wire::{self, Answer, Ask},
	WorkerProgram,
};
use crate::Unfinished;
use std::{
	io,
	process::{Child, Command, Stdio},
	sync::mpsc::{channel, Receiver, RecvTimeoutError, Sender},
	thread,
	time::{Duration, Instant},
};

/// How long the system may take to say how a process ended that has closed its pipes.
const LAST_BREATH: Duration = Duration::from_millis(200);

/// Sets limits on a process and becomes the program. `ulimit -d` counts what a process can write to, in KiB: an engine reserves
/// far more addresses than it uses.
const LIMITED: &str = r#"ulimit -c 0 && ulimit -d "$0" && exec "$@""#;

/// A process that is killed when this is dropped.
pub(super) struct Process {
	child: Child,
	asks: Sender<Ask>,
	answers: Receiver<io::Result<Option<Answer>>>,
}

impl Process {
	/// Starts a worker without environment, and with no more than `memory` bytes to write to if that is given.
	pub(super) fn start(program: &WorkerProgram, memory: Option<u64>) -> Result<Self, Unfinished> {
		Self::spawn(program, memory).map_err(|error| Unfinished::Died {
			reason: format!("{} does not start: {error}", program.path.display()),
		})
	}

	fn spawn(program: &WorkerProgram, memory: Option<u64>) -> io::Result<Self> {
		let mut command = match memory {
			Some(bytes) => {
				let mut command = Command::new("/bin/sh");
				command
					.args(["-c", LIMITED, &(bytes / 1024).to_string()])
					.arg(&program.path);
				command
			}
			None => Command::new(&program.path),
		};
		let mut child = command
			.args(&program.args)
			.env_clear()
			.current_dir("/")
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.spawn()?;
		let pipes = child.stdin.take().zip(child.stdout.take());
		let (mut stdin, mut stdout) = pipes.ok_or_else(|| io::Error::other("it has no pipes"))?;
		let ((asks, asked), (answered, answers)) = (channel(), channel());
		// So that whoever waits for an answer can stop waiting, and whoever writes to a process that does not read as well.
		let thread = thread::Builder::new().name("pvf-worker".into());
		let talk = move || {
			for ask in asked {
				let answer = wire::write(&mut stdin, &ask).and_then(|()| wire::read(&mut stdout));
				let is_last = !matches!(answer, Ok(Some(_)));
				if answered.send(answer).is_err() || is_last {
					return;
				}
			}
		};
		if let Err(error) = thread.spawn(talk) {
			end(&mut child);
			return Err(error);
		}
		Ok(Self { child, asks, answers })
	}

	/// What it answers by the deadline. After an error the process is of no use.
	pub(super) fn ask(&mut self, ask: Ask, deadline: Instant) -> Result<Answer, Unfinished> {
		if self.asks.send(ask).is_err() {
			return Err(self.died("it is gone"));
		}
		let left = deadline.saturating_duration_since(Instant::now());
		match self.answers.recv_timeout(left) {
			Ok(Ok(Some(answer))) => Ok(answer),
			Ok(Ok(None)) => Err(self.died("it closed its pipe")),
			Ok(Err(error)) => Err(self.died(&error.to_string())),
			Err(RecvTimeoutError::Timeout) => Err(Unfinished::Late),
			Err(RecvTimeoutError::Disconnected) => Err(self.died("it is gone")),
		}
	}

	/// How it ended, if it did.
	fn died(&mut self, reason: &str) -> Unfinished {
		let until = Instant::now() + LAST_BREATH;
		loop {
			match self.child.try_wait() {
				Ok(Some(status)) => {
					return Unfinished::Died {
						reason: format!("the worker ended with {status}"),
					}
				}
				Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(2)),
				_ => {
					return Unfinished::Died {
						reason: format!("the worker: {reason}"),
					}
				}
			}
		}
	}
}

impl Drop for Process {
	fn drop(&mut self) {
		end(&mut self.child);
	}
}

/// Kills it, whatever it does, and takes it off the system's list. One that has ended already is none the worse.
fn end(child: &mut Child) {
	let _ = child.kill();
	let _ = child.wait();
}
