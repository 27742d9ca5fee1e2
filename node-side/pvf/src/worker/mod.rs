//! The engine in processes of its own: what compiles and what executes can be killed, and take nothing with them.
//!
//! Invariants:
//! - This process compiles nothing, loads nothing and executes nothing: it passes on bytes.
//! - A worker that is late, ends or says what makes no sense is killed, and what it was asked is
//!   [unfinished](crate::Unfinished). No verdict follows from that.
//! - At most so many workers are there at a time, and each may write to so much memory, where the system can hold it to that.

mod process;
mod serve;
mod wire;

pub use serve::{main, serve};

use crate::{
	disk::{Compiled, Disk, DiskConfig, Key},
	engine::check_size,
	preparations::Preparations,
	Engine, EngineError, Failure, Limits, PrepareError, PvfConfig, PvfEngine, Unfinished, ValidateError,
	Validated, STRETCH,
};
use async_backing_primitives::{Hash, ValidationCode, ValidationCodeHash, ValidationParams};
use process::Process;
use std::{
	collections::VecDeque,
	ffi::OsString,
	fmt, io,
	path::PathBuf,
	sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};
use wire::{Answer, Ask, Wire};

/// What a worker runs: a program that calls [`main`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerProgram {
	/// The file, with its whole path: a worker begins in the root directory.
	pub path: PathBuf,
	/// Its arguments.
	pub args: Vec<OsString>,
}

impl WorkerProgram {
	/// The program of this process, with other arguments.
	///
	/// # Errors
	/// The system does not say which program that is.
	pub fn this(args: impl IntoIterator<Item = OsString>) -> io::Result<Self> {
		Ok(Self {
			path: std::env::current_exe()?,
			args: args.into_iter().collect(),
		})
	}
}

/// Settings of [`Workers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkersConfig {
	/// What a worker runs.
	pub program: WorkerProgram,
	/// Largest code that is compiled, in bytes after decompression, whatever a chain allows.
	pub max_code_size: usize,
	/// Compiled codes that are kept in memory; the longest unused goes first.
	pub cached_codes: usize,
	/// Where they are kept from one run to the next, if anywhere.
	pub disk: Option<DiskConfig>,
	/// Most codes that are compiled at the same time.
	pub preparations: usize,
	/// After this a compilation is killed, whoever waits for it.
	pub preparation_limit: Duration,
	/// Most executions at the same time; others wait for a place.
	pub executions: usize,
	/// Most bytes that a worker can write to, where there is a `/bin/sh` that can say so. `None` for no bound.
	pub memory: Option<u64>,
}

impl WorkersConfig {
	/// The defaults, for a worker that this program runs.
	pub fn new(program: WorkerProgram) -> Self {
		let PvfConfig {
			max_code_size,
			cached_codes,
			disk,
			..
		} = PvfConfig::default();
		Self {
			program,
			max_code_size,
			cached_codes,
			disk,
			// A compilation takes all cores for seconds.
			preparations: 2,
			preparation_limit: Duration::from_secs(60),
			executions: 4,
			// One call of a host function may take a GiB, a guest's memory 130 MiB, and a compilation half a GiB.
			memory: cfg!(target_os = "linux").then_some(2 << 30),
		}
	}
}

/// Wasmtime in worker processes, as an [`Engine`]. Clones share everything.
#[derive(Clone)]
pub struct Workers {
	shared: Arc<Shared>,
	preparations: Arc<Preparations<WorkerArtifact>>,
}

struct Shared {
	config: WorkersConfig,
	settings: Hash,
	disk: Option<Disk>,
	/// Most recently used last.
	codes: Mutex<VecDeque<WorkerArtifact>>,
	executors: Mutex<Executors>,
	/// An executor was given back, or died.
	returned: Condvar,
}

#[derive(Default)]
struct Executors {
	idle: Vec<Process>,
	/// Those that execute something.
	busy: usize,
}

/// A code that [`Workers`] made ready.
#[derive(Clone)]
pub struct WorkerArtifact(Arc<(ValidationCodeHash, Compiled)>);

impl WorkerArtifact {
	/// Hash of the code as it was handed in, compressed or not (R-BIN-32).
	pub fn code_hash(&self) -> ValidationCodeHash {
		self.0 .0
	}

	fn fits(&self, max: usize) -> Result<(), PrepareError> {
		match self.0 .1.size <= max as u64 {
			true => Ok(()),
			false => Err(PrepareError::TooLarge { max }),
		}
	}
}

impl fmt::Debug for WorkerArtifact {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("WorkerArtifact")
			.field("code_hash", &self.code_hash())
			.finish_non_exhaustive()
	}
}

impl fmt::Debug for Workers {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Workers")
			.field("config", &self.shared.config)
			.field("workers", &self.workers())
			.finish_non_exhaustive()
	}
}

impl Workers {
	/// No worker yet.
	///
	/// # Errors
	/// [`EngineError::Configuration`] when this machine's architecture cannot be compiled for, and [`EngineError::Cache`] when
	/// compiled codes cannot be kept on disk as [`WorkersConfig::disk`] asks.
	pub fn new(config: WorkersConfig) -> Result<Self, EngineError> {
		let shared = Arc::new(Shared {
			// What its workers will say: they are the same build on the same machine.
			settings: PvfEngine::new(PvfConfig::default())?.settings(),
			disk: config.disk.clone().map(Disk::open).transpose()?,
			codes: Mutex::default(),
			executors: Mutex::default(),
			returned: Condvar::new(),
			config,
		});
		let compiler = shared.clone();
		let preparations = Preparations::new(shared.config.preparations, move |code| compiler.compile(code));
		Ok(Self {
			shared,
			preparations: Arc::new(preparations),
		})
	}

	/// Workers that are there, idle ones included.
	pub fn workers(&self) -> usize {
		let executors = self.shared.executors();
		self.preparations
			.len()
			.saturating_add(executors.idle.len())
			.saturating_add(executors.busy)
	}
}

fn died(reason: impl Into<String>) -> Unfinished {
	Unfinished::Died {
		reason: reason.into(),
	}
}

impl Shared {
	fn executors(&self) -> MutexGuard<'_, Executors> {
		// In order at every step.
		self.executors.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn codes(&self) -> MutexGuard<'_, VecDeque<WorkerArtifact>> {
		self.codes.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn key(&self, code: ValidationCodeHash) -> Key {
		Key {
			code,
			settings: self.settings,
		}
	}

	/// A code that is ready.
	fn known(&self, hash: ValidationCodeHash) -> Option<WorkerArtifact> {
		let mut codes = self.codes();
		let position = codes.iter().position(|known| known.code_hash() == hash)?;
		let found = codes.remove(position)?;
		codes.push_back(found.clone());
		Some(found)
	}

	fn keep(&self, hash: ValidationCodeHash, compiled: Compiled) -> WorkerArtifact {
		let artifact = WorkerArtifact(Arc::new((hash, compiled)));
		let mut codes = self.codes();
		if self.config.cached_codes > 0 && !codes.iter().any(|known| known.code_hash() == hash) {
			if codes.len() >= self.config.cached_codes {
				codes.pop_front();
			}
			codes.push_back(artifact.clone());
		}
		artifact
	}

	/// Has a worker of its own compile a code, unless that is on disk.
	fn compile(&self, code: &ValidationCode) -> Result<WorkerArtifact, Failure<PrepareError>> {
		let hash = code.hash();
		if let Some(compiled) = self.disk.as_ref().and_then(|disk| disk.load(self.key(hash))) {
			return Ok(self.keep(hash, compiled));
		}
		let deadline = Instant::now() + self.config.preparation_limit;
		let mut worker = Process::start(&self.config.program, self.config.memory)?;
		let ask = Ask::Prepare {
			code: code.0.clone(),
			max: self.config.max_code_size as u64,
		};
		match worker.ask(ask, deadline)? {
			Answer::Prepared(Ok(Some(compiled))) => {
				if let Some(disk) = &self.disk {
					disk.store(self.key(hash), &compiled);
				}
				Ok(self.keep(hash, compiled))
			}
			Answer::Prepared(Ok(None)) => Err(died("the compiler does not write its code down").into()),
			Answer::Prepared(Err(Wire(verdict))) => Err(Failure::Verdict(verdict)),
			_ => Err(died("the worker answers something else").into()),
		}
	}

	/// A worker that executes nothing, when there is one or room for one.
	fn executor(&self, deadline: Instant) -> Result<Lease<'_>, Unfinished> {
		let mut executors = self.executors();
		loop {
			if let Some(worker) = executors.idle.pop() {
				executors.busy = executors.busy.saturating_add(1);
				return Ok(Lease {
					shared: self,
					worker: Some(worker),
				});
			}
			if executors.busy < self.config.executions {
				executors.busy = executors.busy.saturating_add(1);
				drop(executors);
				let mut lease = Lease {
					shared: self,
					worker: None,
				};
				lease.worker = Some(Process::start(&self.config.program, self.config.memory)?);
				return Ok(lease);
			}
			let left = deadline.saturating_duration_since(Instant::now());
			if left.is_zero() {
				return Err(Unfinished::Late);
			}
			let waited = self.returned.wait_timeout(executors, left);
			executors = waited.unwrap_or_else(PoisonError::into_inner).0;
		}
	}

	fn execute(
		&self,
		artifact: &WorkerArtifact,
		params: &ValidationParams,
		limits: &Limits,
		deadline: Instant,
	) -> Result<Validated, Failure<ValidateError>> {
		let mut lease = self.executor(deadline)?;
		let ask = || Ask::execute(artifact.code_hash(), params.clone(), limits);
		// From when it has a worker: to wait for one is not the guest's doing.
		let mut answer = lease.ask(ask(), limits.late_at(deadline, STRETCH))?;
		if answer == Answer::Unknown {
			let load = Ask::Load(artifact.code_hash(), artifact.0 .1.clone());
			match lease.ask(load, deadline)? {
				Answer::Loaded(Ok(())) => {}
				Answer::Loaded(Err(Wire(error))) => {
					// It was kept from another build, in spite of everything.
					if let Some(disk) = &self.disk {
						disk.remove(self.key(artifact.code_hash()));
					}
					self.codes()
						.retain(|known| known.code_hash() != artifact.code_hash());
					return Err(died(format!("compiled code that does not load: {error}")).into());
				}
				_ => return Err(died("the worker answers something else").into()),
			}
			answer = lease.ask(ask(), limits.late_at(deadline, STRETCH))?;
		}
		let Answer::Executed(outcome) = answer else {
			return Err(died("the worker answers something else").into());
		};
		lease.give_back();
		match outcome {
			Ok(Wire(validated)) => Ok(validated),
			Err(Wire(verdict)) => Err(Failure::Verdict(verdict)),
		}
	}
}

/// A worker that executes something. If it is not given back it is killed.
struct Lease<'a> {
	shared: &'a Shared,
	worker: Option<Process>,
}

impl Lease<'_> {
	fn ask(&mut self, ask: Ask, deadline: Instant) -> Result<Answer, Unfinished> {
		match &mut self.worker {
			Some(worker) => worker.ask(ask, deadline),
			None => Err(died("there is no worker")),
		}
	}

	fn give_back(mut self) {
		let worker = self.worker.take();
		self.shared.executors().idle.extend(worker);
	}
}

impl Drop for Lease<'_> {
	fn drop(&mut self) {
		// Before there is room for another one.
		drop(self.worker.take());
		let mut executors = self.shared.executors();
		executors.busy = executors.busy.saturating_sub(1);
		drop(executors);
		self.shared.returned.notify_one();
	}
}

impl Engine for Workers {
	type Artifact = WorkerArtifact;

	/// A compilation that is late goes on until [`WorkersConfig::preparation_limit`], and who asks again gets its result.
	fn prepare(
		&self,
		code: &ValidationCode,
		bomb_limit: usize,
		deadline: Instant,
	) -> Result<WorkerArtifact, Failure<PrepareError>> {
		let hash = code.hash();
		let max = bomb_limit.min(self.shared.config.max_code_size);
		let artifact = match self.shared.known(hash) {
			Some(artifact) => artifact,
			None => {
				// Before anybody waits for it, and before all else that may be wrong with it: as every engine does.
				check_size(code, max)?;
				self.preparations.wait(code, hash, deadline)?
			}
		};
		artifact.fits(max)?;
		Ok(artifact)
	}

	/// A worker that is late, or takes longer than [`STRETCH`](crate::STRETCH) times what the fuel is worth, is killed. One that dies for another reason may have met with an accident: the block is executed
	/// once more, in another one.
	fn execute(
		&self,
		artifact: &WorkerArtifact,
		params: &ValidationParams,
		limits: &Limits,
		deadline: Instant,
	) -> Result<Validated, Failure<ValidateError>> {
		if Instant::now() >= deadline {
			return Err(Unfinished::Late.into());
		}
		match self.shared.execute(artifact, params, limits, deadline) {
			Err(Failure::Unfinished(Unfinished::Died { reason })) => {
				log::warn!(target: "pvf", "{}: {reason}; once more", artifact.code_hash());
				self.shared.execute(artifact, params, limits, deadline)
			}
			outcome => outcome,
		}
	}
}
