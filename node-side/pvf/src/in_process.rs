//! The engine in this process: threads of its own, and the clock beside the fuel.

use crate::{
	execute::Clock, preparations::Preparations, Engine, EngineError, Failure, Limits, PrepareError,
	PreparedPvf, PvfConfig, PvfEngine, Unfinished, ValidateError, Validated, STRETCH,
};
use async_backing_primitives::{ValidationCode, ValidationCodeHash, ValidationParams};
use std::{
	fmt,
	sync::{
		mpsc::{self, RecvTimeoutError},
		Arc,
	},
	thread,
	time::{Duration, Instant},
};

/// After a deadline has passed, how often the guest is told: the first time may be a moment too early for it.
const INSIST: Duration = Duration::from_millis(5);

/// Settings of [`InProcess`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InProcessConfig {
	/// How code is compiled and kept.
	pub pvf: PvfConfig,
	/// Most codes that are compiled at the same time.
	pub preparations: usize,
	/// What an execution may take of the clock, in times that its fuel is worth. Who runs on a machine that has much else to do,
	/// and holds no other node up, may wait longer than [`STRETCH`].
	pub stretch: u32,
}

impl Default for InProcessConfig {
	fn default() -> Self {
		Self {
			pvf: PvfConfig::default(),
			// A compilation takes all cores for seconds and hundreds of MiB. A group serves few paras, and a hostile para can
			// hold one place for as long as its largest code takes.
			preparations: 4,
			stretch: STRETCH,
		}
	}
}

/// Wasmtime in this process, as an [`Engine`]. Clones share everything.
///
/// Code and guest share the process with the node: limits and bounds are checked, but a defect of the compiler would be one
/// of the node.
#[derive(Clone)]
pub struct InProcess {
	engine: Arc<PvfEngine>,
	preparations: Arc<Preparations<PreparedPvf>>,
	stretch: u32,
}

impl fmt::Debug for InProcess {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("InProcess")
			.field("engine", &self.engine)
			.field("preparing", &self.preparing())
			.finish()
	}
}

/// A code that [`InProcess`] made ready, compiled so that a clock can stop it.
#[derive(Clone, Debug)]
pub struct Artifact(PreparedPvf);

impl Artifact {
	/// Hash of the code as it was handed in, compressed or not (R-BIN-32).
	pub fn code_hash(&self) -> ValidationCodeHash {
		self.0.code_hash()
	}
}

impl InProcess {
	/// An engine that knows no code yet.
	///
	/// # Errors
	/// [`EngineError::Configuration`] when this machine's architecture cannot be compiled for.
	pub fn new(config: InProcessConfig) -> Result<Self, EngineError> {
		let engine = Arc::new(PvfEngine::interruptible(config.pvf)?);
		let compiler = engine.clone();
		let preparations = Preparations::new(config.preparations, move |code| {
			compiler.prepare(code).map_err(Failure::Verdict)
		});
		Ok(Self {
			engine,
			preparations: Arc::new(preparations),
			stretch: config.stretch,
		})
	}

	/// How many codes are being compiled, those included for which nobody waits any more.
	pub fn preparing(&self) -> usize {
		self.preparations.len()
	}
}

impl Engine for InProcess {
	type Artifact = Artifact;

	/// A compilation that is late goes on, and who asks again gets its result.
	fn prepare(
		&self,
		code: &ValidationCode,
		bomb_limit: usize,
		deadline: Instant,
	) -> Result<Artifact, Failure<PrepareError>> {
		let hash = code.hash();
		if let Some(pvf) = self.engine.cached(hash, bomb_limit)? {
			return Ok(Artifact(pvf));
		}
		// Before anybody waits for it: others may allow more.
		self.engine.check_size(code, bomb_limit)?;
		self.preparations.wait(code, hash, deadline).map(Artifact)
	}

	/// The guest is stopped at its deadline, or after [so many times](InProcessConfig::stretch) what its fuel is worth. A host function
	/// ends first: hashing the largest memory takes a fraction of a second, and is paid for in fuel.
	fn execute(
		&self,
		artifact: &Artifact,
		params: &ValidationParams,
		limits: &Limits,
		deadline: Instant,
	) -> Result<Validated, Failure<ValidateError>> {
		if Instant::now() >= deadline {
			return Err(Unfinished::Late.into());
		}
		let deadline = limits.late_at(deadline, self.stretch);
		let Artifact(pvf) = artifact;
		let (done, watched) = mpsc::channel::<()>();
		thread::scope(|scope| {
			let watch = thread::Builder::new().name("pvf-deadline".into());
			watch
				.spawn_scoped(scope, move || {
					let mut wait = deadline.saturating_duration_since(Instant::now());
					while watched.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
						pvf.tick();
						wait = INSIST;
					}
				})
				.map_err(|error| Unfinished::Died {
					reason: format!("no thread for its clock: {error}"),
				})?;
			let outcome = pvf.validate_by(params, limits, Clock::Until(deadline));
			// Ends the watch, which the scope waits for.
			drop(done);
			outcome
		})
	}
}
