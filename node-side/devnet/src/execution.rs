//! Execution of candidates: once for real, charged to everybody who does it.
//!
//! What a validation function answers depends on nothing but its input, so one execution of a (candidate, code, proof)
//! serves all simulated validators. Each is charged the virtual time of its own: that of the fuel it took.
//!
//! The engine is one with a clock, so that no guest can hold up a run for ever. That clock is the real one, and a verdict must
//! not depend on it: what it ends is [`ExecutionFailure::Unfinished`], and that is the end of the run
//! ([`DevnetError::Unfinished`](crate::DevnetError::Unfinished)).

use crate::{once::Codings, Model, Parachain};
use async_backing_availability::ErasureError;
use async_backing_collator::FuelUse;
use async_backing_machine::JobFailure;
use async_backing_primitives::{
	AvailableData, CandidateHash, Hash, PersistedValidationData, PoV, ValidationCode, ValidationCodeHash,
};
use async_backing_pvf::{
	Engine, EngineError, Failure, InProcess, InProcessConfig, Limits, Unfinished, FUEL_PER_SECOND,
};
use async_backing_validator::work::{self, Coded, Execution, ExecutionFailure};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::OnceLock,
	time::{Duration, Instant},
};

/// Executions that are remembered: far more than are in flight.
const REMEMBERED: usize = 1024;
/// Real time for the preparation of a code: that of a lenient preparation on a machine that has other things to do.
const PREPARATION: Duration = Duration::from_secs(360);
/// Real time for an execution: three hundred times what its fuel is worth, so that a run on a machine that has much else to do is
/// the same as a run alone.
const EXECUTION: Duration = Duration::from_secs(600);
/// The same to the engine.
const STRETCH: u32 = 300;
/// Codes that are compiled at the same time: one for each run that goes on beside others, of which each waits for its own. None is
/// ever turned away.
const PREPARATIONS: usize = 1024;

type Key = (CandidateHash, ValidationCodeHash, Hash);

/// Who executes candidates, for all nodes.
pub(crate) trait Executes: work::Executor {
	/// Whether it can execute this code.
	fn knows(&self, code: ValidationCodeHash) -> bool;

	/// A code of the chain, and how many bytes it may have there after decompression.
	fn learn(&mut self, code: ValidationCode, bomb_limit: usize);
}

/// A validation function, and how fast a simulated machine executes it.
#[derive(Debug)]
struct Code {
	code: ValidationCode,
	bomb_limit: usize,
	speed: Speed,
}

impl work::Executor for Box<dyn Executes> {
	fn prepare(&mut self, code: ValidationCodeHash, at: Hash) -> Result<(), ExecutionFailure> {
		(**self).prepare(code, at)
	}

	fn execute(
		&mut self,
		candidate: CandidateHash,
		code: ValidationCodeHash,
		validation_data: &PersistedValidationData,
		pov: &PoV,
	) -> Execution {
		(**self).execute(candidate, code, validation_data, pov)
	}

	fn code(
		&mut self,
		candidate: CandidateHash,
		validators: usize,
		data: AvailableData,
	) -> Result<Coded, ErasureError> {
		(**self).code(candidate, validators, data)
	}
}

/// How long a job may take by the real clock.
#[derive(Clone, Copy, Debug)]
struct Patience {
	preparation: Duration,
	execution: Duration,
}

/// Executes candidates with some engine, and remembers the outcomes.
#[derive(Debug)]
pub(crate) struct Executor<E = InProcess> {
	engine: E,
	limits: Limits,
	patience: Patience,
	/// Of the codes that parachains came with: how fast they are.
	speeds: BTreeMap<ValidationCodeHash, Speed>,
	codes: BTreeMap<ValidationCodeHash, Code>,
	execution_limit: Duration,
	outcomes: BTreeMap<Key, Execution>,
	/// Oldest first.
	remembered: VecDeque<Key>,
	codings: Codings,
}

impl Executor {
	/// An executor that knows how fast the codes of these parachains are. The codes themselves it
	/// [learns](Executes::learn) from the chain.
	///
	/// # Errors
	/// The engine does not start.
	pub(crate) fn new(parachains: &[Parachain], model: &Model) -> Result<Self, EngineError> {
		Ok(Self::with(engine()?, parachains, model))
	}
}

/// The engine of all runs of this process, so that what one of them compiled the others have: what a code is compiled to follows
/// from the code alone, and no run can tell.
fn engine() -> Result<InProcess, EngineError> {
	static ENGINE: OnceLock<InProcess> = OnceLock::new();
	if let Some(engine) = ENGINE.get() {
		return Ok(engine.clone());
	}
	let engine = InProcess::new(InProcessConfig {
		stretch: STRETCH,
		preparations: PREPARATIONS,
		..InProcessConfig::default()
	})?;
	// Two that begin at once may both make one: one of these stays.
	Ok(ENGINE.get_or_init(|| engine).clone())
}

impl<E: Engine> Executor<E> {
	fn with(engine: E, parachains: &[Parachain], model: &Model) -> Self {
		let speeds = parachains.iter().map(|parachain| {
			let speed = Speed::new(parachain.fuel(), model);
			(parachain.validation_code().hash(), speed)
		});
		Self {
			engine,
			limits: Limits::default(),
			patience: Patience {
				preparation: PREPARATION,
				execution: EXECUTION,
			},
			speeds: speeds.collect(),
			codes: BTreeMap::new(),
			execution_limit: model.backing_execution_limit,
			outcomes: BTreeMap::new(),
			remembered: VecDeque::new(),
			codings: Codings::default(),
		}
	}

	fn prepared(&self, code: ValidationCodeHash) -> Result<(E::Artifact, Speed), ExecutionFailure> {
		let Some(known) = self.codes.get(&code) else {
			// The driver has the whole chain: it lost a code.
			return Err(JobFailure::Dropped.into());
		};
		let deadline = Instant::now() + self.patience.preparation;
		let artifact = self
			.engine
			.prepare(&known.code, known.bomb_limit, deadline)
			.map_err(failure)?;
		Ok((artifact, known.speed))
	}

	fn execute_now(
		&self,
		code: ValidationCodeHash,
		data: &PersistedValidationData,
		pov: &PoV,
	) -> Result<Execution, ExecutionFailure> {
		let (artifact, speed) = self.prepared(code)?;
		let params = async_backing_pvf::validation_params(data, pov).map_err(|error| error.to_string())?;
		let deadline = Instant::now() + self.patience.execution;
		let validated = self
			.engine
			.execute(&artifact, &params, &self.limits, deadline)
			.map_err(failure)?;
		let announced = validated.result.new_validation_code.as_ref();
		let code_bytes = announced.map_or(0, |code| code.0.len());
		let time = speed.time(validated.fuel_used, code_bytes);
		let limit = self.execution_limit;
		if time > limit {
			return Ok(Execution {
				outcome: Err(format!("execution takes {time:?}, but at most {limit:?}").into()),
				fuel: fuel_of(limit),
			});
		}
		Ok(Execution {
			outcome: Ok(validated.result),
			fuel: fuel_of(time),
		})
	}
}

/// What an engine's failure is to a job.
fn failure<V: std::error::Error + 'static>(failure: Failure<V>) -> ExecutionFailure {
	match failure {
		Failure::Verdict(verdict) => verdict.to_string().into(),
		Failure::Unfinished(Unfinished::Late) => JobFailure::Late.into(),
		Failure::Unfinished(Unfinished::Busy { .. } | Unfinished::Died { .. }) => JobFailure::Dropped.into(),
	}
}

impl<E: Engine> Executes for Executor<E> {
	fn knows(&self, code: ValidationCodeHash) -> bool {
		self.codes.contains_key(&code)
	}

	fn learn(&mut self, code: ValidationCode, bomb_limit: usize) {
		let hash = code.hash();
		// Of a code that came later nothing is known: its fuel is worth what fuel is worth.
		let speed = self.speeds.get(&hash).copied().unwrap_or_default();
		self.codes.insert(
			hash,
			Code {
				code,
				bomb_limit,
				speed,
			},
		);
	}
}

impl<E: Engine> work::Executor for Executor<E> {
	fn prepare(&mut self, code: ValidationCodeHash, _: Hash) -> Result<(), ExecutionFailure> {
		self.prepared(code).map(drop)
	}

	/// Executes at most once for each candidate, code and proof of validity. Its fuel is that of the model's machine, which a
	/// unit of Wasm's is worth more or less on, as `extrinsic_cost` has it.
	fn execute(
		&mut self,
		candidate: CandidateHash,
		code: ValidationCodeHash,
		validation_data: &PersistedValidationData,
		pov: &PoV,
	) -> Execution {
		let key = (candidate, code, pov.hash());
		if let Some(outcome) = self.outcomes.get(&key) {
			return outcome.clone();
		}
		let execution = match self.execute_now(code, validation_data, pov) {
			Ok(execution) => execution,
			Err(failure) => Execution {
				outcome: Err(failure),
				fuel: 0,
			},
		};
		if matches!(execution.outcome, Err(ExecutionFailure::Unfinished(_))) {
			return execution;
		}
		if self.remembered.len() >= REMEMBERED {
			if let Some(oldest) = self.remembered.pop_front() {
				self.outcomes.remove(&oldest);
			}
		}
		self.remembered.push_back(key);
		self.outcomes.insert(key, execution.clone());
		execution
	}

	fn code(
		&mut self,
		candidate: CandidateHash,
		validators: usize,
		data: AvailableData,
	) -> Result<Coded, ErasureError> {
		self.codings.code(candidate, validators, data)
	}
}

/// How fast a machine of the model executes a parachain's blocks: a collator counts extrinsics, at the model's price for
/// each, and a backer's time has to be what it counted. So what the validation function takes beside is fuel as on any
/// machine, and the rest is spread such that the largest block that a backer accepts takes as long as its extrinsics. A code
/// that a block announces is no extrinsic either: to hash it takes what it takes.
#[derive(Clone, Copy, Debug)]
struct Speed {
	/// Fuel that is worth what fuel is worth: of a block without extrinsics, and of announced code.
	beside: FuelUse,
	/// Fuel per second beyond that.
	per_second: u64,
}

impl Default for Speed {
	/// That of fuel.
	fn default() -> Self {
		Self {
			beside: FuelUse::default(),
			per_second: FUEL_PER_SECOND,
		}
	}
}

impl Speed {
	fn new(fuel: FuelUse, model: &Model) -> Self {
		let cost = model.extrinsic_cost.as_nanos().max(1);
		let most = (model.backing_execution_limit.as_nanos() / cost).max(1);
		let most = u32::try_from(most).unwrap_or(u32::MAX);
		let base = time_of(fuel.base, FUEL_PER_SECOND);
		let nanos = cost.saturating_mul(most.into()).saturating_sub(base.as_nanos());
		let of_extrinsics = fuel.of(most).saturating_sub(fuel.base);
		let per_second = u128::from(of_extrinsics)
			.saturating_mul(NANOS_PER_SECOND)
			.checked_div(nanos);
		Self {
			beside: fuel,
			per_second: per_second.map_or(u64::MAX, |speed| u64::try_from(speed).unwrap_or(u64::MAX)),
		}
	}

	/// What so much fuel takes, for a block that announces a code of so many bytes.
	fn time(self, fuel: u64, code_bytes: usize) -> Duration {
		let beside = self.beside.base.saturating_add(self.beside.of_code(code_bytes));
		let of_extrinsics = time_of(fuel.saturating_sub(beside), self.per_second);
		time_of(fuel.min(beside), FUEL_PER_SECOND).saturating_add(of_extrinsics)
	}
}

const NANOS_PER_SECOND: u128 = 1_000_000_000;

fn time_of(fuel: u64, fuel_per_second: u64) -> Duration {
	let nanos = u128::from(fuel).saturating_mul(NANOS_PER_SECOND) / u128::from(fuel_per_second.max(1));
	Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// The fuel that is worth so much time: what an undisturbed processor of the simulation does in it.
pub(crate) fn fuel_of(time: Duration) -> u64 {
	let fuel = time.as_nanos().saturating_mul(FUEL_PER_SECOND.into()) / NANOS_PER_SECOND;
	u64::try_from(fuel).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::ValidationParams;
	use async_backing_pvf::{PrepareError, ValidateError, Validated};
	use work::Executor as _;

	#[test]
	fn the_largest_block_takes_the_execution_limit_and_others_what_their_collator_counts() {
		let fuel = FuelUse {
			base: 29_000_000,
			per_extrinsic: 52_000,
			per_code_byte: 40,
		};
		for cost in [1, 20] {
			let model = Model {
				extrinsic_cost: Duration::from_millis(cost),
				..Model::default()
			};
			let speed = Speed::new(fuel, &model);
			let most = 2000 / cost as u32;
			let time = |extrinsics| speed.time(fuel.of(extrinsics), 0);
			assert!(time(most) <= model.backing_execution_limit + Duration::from_micros(1));
			assert!(time(most) > model.backing_execution_limit - Duration::from_millis(1));
			for extrinsics in [0, most / 4, most / 2] {
				let counted = model.extrinsic_cost * extrinsics;
				let beside = time(extrinsics) - counted;
				assert!(beside <= Duration::from_millis(29), "{extrinsics}: {beside:?}");
			}
			// A block that announces code is as full as that leaves room for, and in time.
			for code in [0, 300_000, 3 << 20] {
				let extrinsics = fuel.extrinsics_beside(most, code);
				let announcing = speed.time(fuel.of(extrinsics) + fuel.of_code(code), code);
				let alone = Duration::from_millis(29) + time_of(fuel.of_code(code), FUEL_PER_SECOND);
				let limit = model.backing_execution_limit.max(alone) + Duration::from_micros(1);
				assert!(announcing <= limit, "{code}: {announcing:?}");
			}
		}
	}

	#[test]
	fn fuel_is_worth_the_same_time_both_ways() {
		for nanos in [0, 1, 999, 1_000_000_007, 2_000_000_000] {
			let time = Duration::from_nanos(nanos);
			assert_eq!(time_of(fuel_of(time), FUEL_PER_SECOND), time);
		}
	}

	/// Says what it is told, at once, and how large a code may be.
	#[derive(Clone, Debug)]
	struct Told {
		prepare: Result<(), Failure<PrepareError>>,
		execute: Result<(), Failure<ValidateError>>,
		bomb_limit: usize,
	}

	impl Engine for Told {
		type Artifact = ();

		fn prepare(
			&self,
			_: &ValidationCode,
			bomb_limit: usize,
			_: Instant,
		) -> Result<(), Failure<PrepareError>> {
			assert_eq!(bomb_limit, self.bomb_limit, "that of the chain");
			self.prepare.clone()
		}

		fn execute(
			&self,
			(): &(),
			_: &ValidationParams,
			_: &Limits,
			_: Instant,
		) -> Result<Validated, Failure<ValidateError>> {
			self.execute.clone()?;
			Ok(Validated {
				result: Default::default(),
				fuel_used: FUEL_PER_SECOND,
				memory_pages: 1,
			})
		}
	}

	fn code() -> ValidationCode {
		ValidationCode(vec![1; 9])
	}

	fn execute(engine: Told) -> Execution {
		let mut executor = Executor::with(engine, &[], &Model::default());
		executor.learn(code(), 1234);
		let (data, pov) = Default::default();
		executor.execute(CandidateHash::default(), code().hash(), &data, &pov)
	}

	#[test]
	fn r_bak_11_the_clock_of_an_engine_is_no_verdict_and_is_not_remembered() {
		let fine = Told {
			prepare: Ok(()),
			execute: Ok(()),
			bomb_limit: 1234,
		};
		assert_eq!(execute(fine.clone()).outcome, Ok(Default::default()));
		let verdict = execute(Told {
			execute: Err(ValidateError::CorruptPov.into()),
			..fine.clone()
		});
		assert!(matches!(verdict.outcome, Err(ExecutionFailure::Verdict(_))));
		let died = || Unfinished::Died {
			reason: "killed".into(),
		};
		let busy = || Unfinished::Busy { running: 1, most: 1 };
		for (unfinished, expected) in [
			(Unfinished::Late, JobFailure::Late),
			(died(), JobFailure::Dropped),
			(busy(), JobFailure::Dropped),
		] {
			for engine in [
				Told {
					prepare: Err(unfinished.clone().into()),
					..fine.clone()
				},
				Told {
					execute: Err(unfinished.clone().into()),
					..fine.clone()
				},
			] {
				let outcome = execute(engine).outcome;
				assert_eq!(outcome, Err(ExecutionFailure::Unfinished(expected)));
			}
		}
		let mut executor = Executor::with(fine, &[], &Model::default());
		let unknown = executor.prepare(code().hash(), Hash::default());
		assert_eq!(
			unknown,
			Err(JobFailure::Dropped.into()),
			"a code that nobody handed in"
		);
		executor.engine.execute = Err(Unfinished::Late.into());
		executor.learn(code(), 1234);
		let (data, pov) = Default::default();
		for (is_late, expected) in [
			(true, Err(JobFailure::Late.into())),
			(false, Ok(Default::default())),
		] {
			if !is_late {
				executor.engine.execute = Ok(());
			}
			let execution = executor.execute(CandidateHash::default(), code().hash(), &data, &pov);
			assert_eq!(execution.outcome, expected);
		}
	}

	#[test]
	fn a_real_engine_is_stopped_by_the_real_clock() {
		let engine = InProcess::new(InProcessConfig::default()).unwrap();
		let mut executor = Executor::with(engine, &[], &Model::default());
		executor.patience.preparation = Duration::ZERO;
		executor.learn(code(), 1 << 20);
		let late = executor.prepare(code().hash(), Hash::default());
		assert_eq!(late, Err(JobFailure::Late.into()));
		executor.patience.preparation = PREPARATION;
		let verdict = executor.prepare(code().hash(), Hash::default());
		assert!(
			matches!(verdict, Err(ExecutionFailure::Verdict(_))),
			"{verdict:?}"
		);
	}
}
