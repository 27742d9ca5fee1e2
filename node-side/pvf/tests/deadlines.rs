//! Preparation and execution as jobs with deadlines: what is late is no verdict, and nobody waits in vain.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use async_backing_primitives::ValidationCode;
use async_backing_pvf::{
	Engine, Failure, InProcess, InProcessConfig, Limits, PrepareError, PvfConfig, PvfEngine, Unfinished,
	ValidateError,
};
use common::{params, result, Guest};
use std::{
	thread,
	time::{Duration, Instant},
};
use wasm_encoder::BlockType;

const LIMITS: Limits = Limits {
	memory_pages: 64,
	fuel: 10_000_000,
};
const BOMB_LIMIT: usize = 1 << 20;
/// For what has to end by itself: long enough for the slowest machine.
const LONG: Duration = Duration::from_secs(60);
/// Fuel for longer than any test.
const FOR_EVER: Limits = Limits {
	fuel: u64::MAX / 2,
	..LIMITS
};

fn engine() -> InProcess {
	InProcess::new(InProcessConfig::default()).unwrap()
}

fn by(time: Duration) -> Instant {
	Instant::now() + time
}

/// Accepts every block.
fn accepting() -> ValidationCode {
	let guest = Guest::default();
	guest.code(|body| guest.accept(body))
}

fn looping() -> ValidationCode {
	Guest::default().code(|body| {
		body.loop_(BlockType::Empty).br(0).end().unreachable();
	})
}

/// The port as drivers see it: any engine.
fn validate(
	engine: &impl Engine,
	code: &ValidationCode,
	limits: &Limits,
	time: Duration,
) -> Result<async_backing_pvf::Validated, Failure<ValidateError>> {
	let artifact = engine.prepare(code, BOMB_LIMIT, by(LONG)).unwrap();
	engine.execute(&artifact, &params(), limits, by(time))
}

#[test]
fn with_time_enough_the_verdicts_and_the_fuel_are_those_without_a_clock() {
	let (timed, untimed) = (engine(), PvfEngine::new(PvfConfig::default()).unwrap());
	let code = accepting();
	let expected = untimed
		.prepare(&code)
		.unwrap()
		.validate(&params(), &LIMITS)
		.unwrap();
	assert_eq!(validate(&timed, &code, &LIMITS, LONG), Ok(expected.clone()));
	assert_eq!(expected.result, result());

	let short = Limits {
		fuel: expected.fuel_used - 1,
		..LIMITS
	};
	let verdict = ValidateError::OutOfFuel { limit: short.fuel };
	assert_eq!(
		validate(&timed, &code, &short, LONG),
		Err(Failure::Verdict(verdict))
	);
	let verdict = ValidateError::OutOfFuel { limit: LIMITS.fuel };
	assert_eq!(
		validate(&timed, &looping(), &LIMITS, LONG),
		Err(Failure::Verdict(verdict))
	);

	let nonsense = ValidationCode(b"not Wasm".to_vec());
	let verdict = untimed.prepare(&nonsense).unwrap_err();
	assert!(matches!(verdict, PrepareError::InvalidModule { .. }));
	assert_eq!(
		timed.prepare(&nonsense, BOMB_LIMIT, by(LONG)).unwrap_err(),
		Failure::Verdict(verdict)
	);
	assert_eq!(timed.preparing(), 0, "failures leave nothing behind");
}

#[test]
fn r_bak_11_a_guest_that_does_not_end_is_stopped_at_its_deadline() {
	let engine = engine();
	let begun = Instant::now();
	let outcome = validate(&engine, &looping(), &FOR_EVER, Duration::from_millis(50));
	assert_eq!(outcome, Err(Failure::Unfinished(Unfinished::Late)));
	assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
	// The engine is as good as before.
	assert_eq!(
		validate(&engine, &accepting(), &LIMITS, LONG).unwrap().result,
		result()
	);
}

#[test]
fn a_deadline_stops_its_own_execution_and_no_other() {
	let engine = engine();
	let code = looping();
	let artifact = engine.prepare(&code, BOMB_LIMIT, by(LONG)).unwrap();
	let late = |time: Duration| {
		let (engine, artifact) = (engine.clone(), artifact.clone());
		thread::spawn(move || {
			let deadline = by(time);
			let outcome = engine.execute(&artifact, &params(), &FOR_EVER, deadline);
			assert_eq!(outcome, Err(Failure::Unfinished(Unfinished::Late)));
			assert!(
				Instant::now() >= deadline,
				"others' clocks are none of its business"
			);
		})
	};
	let running = [30, 60, 90, 120].map(|millis| late(Duration::from_millis(millis)));
	for execution in running {
		execution.join().unwrap();
	}
}

#[test]
fn what_has_no_time_left_is_not_begun() {
	let engine = engine();
	let late = engine
		.prepare(&accepting(), BOMB_LIMIT, Instant::now())
		.unwrap_err();
	assert_eq!(late, Failure::Unfinished(Unfinished::Late));
	assert_eq!(engine.preparing(), 0);
	let artifact = engine.prepare(&accepting(), BOMB_LIMIT, by(LONG)).unwrap();
	let late = engine.execute(&artifact, &params(), &LIMITS, Instant::now());
	assert_eq!(late, Err(Failure::Unfinished(Unfinished::Late)));
}

#[test]
fn what_is_prepared_is_ready_whatever_the_time() {
	let engine = engine();
	let code = accepting();
	let artifact = engine.prepare(&code, BOMB_LIMIT, by(LONG)).unwrap();
	assert_eq!((artifact.code_hash(), engine.preparing()), (code.hash(), 0));
	let again = engine.prepare(&code, BOMB_LIMIT, Instant::now()).unwrap();
	assert!(engine.execute(&again, &params(), &LIMITS, by(LONG)).is_ok());
}

#[test]
fn an_engine_without_room_says_so() {
	let config = InProcessConfig {
		preparations: 0,
		..InProcessConfig::default()
	};
	let refused = InProcess::new(config)
		.unwrap()
		.prepare(&accepting(), BOMB_LIMIT, by(LONG));
	let busy = Unfinished::Busy { running: 0, most: 0 };
	assert_eq!(refused.unwrap_err(), Failure::Unfinished(busy));
}

#[test]
fn code_above_the_bound_of_its_chain_is_refused_whatever_others_allow() {
	let engine = engine();
	let code = accepting();
	let (exact, max) = (code.0.len(), code.0.len() - 1);
	let too_large = Failure::Verdict(PrepareError::TooLarge { max });
	assert_eq!(engine.prepare(&code, max, by(LONG)).unwrap_err(), too_large);
	assert_eq!(engine.preparing(), 0, "nothing was begun");
	engine.prepare(&code, exact, by(LONG)).unwrap();
	assert_eq!(engine.prepare(&code, max, by(LONG)).unwrap_err(), too_large);
}

#[test]
fn an_engine_may_be_another_one() {
	/// Executes nothing: it was told what comes out.
	struct Told(Result<(), Unfinished>);

	impl Engine for Told {
		type Artifact = ();

		fn prepare(&self, _: &ValidationCode, _: usize, _: Instant) -> Result<(), Failure<PrepareError>> {
			Ok(())
		}

		fn execute(
			&self,
			(): &(),
			_: &async_backing_primitives::ValidationParams,
			_: &Limits,
			_: Instant,
		) -> Result<async_backing_pvf::Validated, Failure<ValidateError>> {
			self.0.clone()?;
			Ok(async_backing_pvf::Validated {
				result: result(),
				fuel_used: 1,
				memory_pages: 1,
			})
		}
	}

	let code = accepting();
	assert_eq!(
		validate(&Told(Ok(())), &code, &LIMITS, LONG).unwrap().result,
		result()
	);
	let died = Unfinished::Died {
		reason: "killed".into(),
	};
	assert_eq!(
		validate(&Told(Err(died.clone())), &code, &LIMITS, LONG),
		Err(Failure::Unfinished(died))
	);
}
