//! Every hostile guest and proof of validity of `docs/pvf.md`, on engines that live on.

use super::{
	common::{
		guests::catalogue::{all, Case, End},
		params, result, validation_data, Guest,
	},
	engine,
};
use async_backing_pvf::{
	validation_params, Engine, Failure, InProcess, InProcessConfig, Limits, PrepareError, PvfEngine,
	Unfinished, ValidateError, FUEL_PER_SECOND,
};
use std::time::{Duration, Instant};

/// Far enough for whatever ends by itself.
const LONG: Duration = Duration::from_secs(300);
const LIMITS: Limits = Limits {
	memory_pages: 2080,
	fuel: FUEL_PER_SECOND / 10,
};

/// Without a clock: a machine may be busy.
fn run(engine: &PvfEngine, case: &Case) -> Result<(), ValidateError> {
	let pvf = engine.prepare(&case.code).unwrap();
	let params = validation_params(&validation_data(), &case.pov)?;
	pvf.validate(&params, &LIMITS)
		.map(|validated| assert_eq!(validated.result, result()))
}

#[test]
fn every_hostile_guest_ends_with_a_reason_and_the_host_lives_on() {
	let engine = engine();
	for case in all() {
		let name = &case.name;
		match case.end {
			End::Refused => {
				let refused = engine.prepare(&case.code);
				assert!(
					matches!(refused, Err(PrepareError::TooComplex { .. })),
					"{name}: {refused:?}"
				);
			}
			End::Verdict(words) => {
				let verdict = run(&engine, &case).expect_err(name).to_string();
				assert!(verdict.contains(words), "{name}: {verdict}");
			}
			End::Valid => assert_eq!(run(&engine, &case), Ok(()), "{name}"),
			End::Clock => is_ended_by_the_clock(&case),
		}
	}
	let guest = Guest::default();
	let pvf = engine.prepare(&guest.code(|body| guest.accept(body))).unwrap();
	assert_eq!(pvf.validate(&params(), &LIMITS).unwrap().result, result());
}

/// Its caller would wait for minutes; the engine does not.
fn is_ended_by_the_clock(case: &Case) {
	let engine = InProcess::new(InProcessConfig::default()).unwrap();
	let by = || Instant::now() + LONG;
	let artifact = engine.prepare(&case.code, 1 << 20, by()).unwrap();
	let params = validation_params(&validation_data(), &case.pov).unwrap();
	let outcome = engine.execute(&artifact, &params, &LIMITS, by());
	assert_eq!(
		outcome,
		Err(Failure::Unfinished(Unfinished::Late)),
		"{}",
		case.name
	);
}

#[test]
fn fuel_is_worth_time() {
	let worth = |fuel| Limits { fuel, ..LIMITS }.worth();
	assert_eq!(worth(0), Duration::ZERO);
	assert_eq!(worth(FUEL_PER_SECOND / 2), Duration::from_millis(500));
	assert_eq!(worth(7 * FUEL_PER_SECOND + 5), Duration::new(7, 1));
	assert!(worth(u64::MAX) > LONG);
	assert_eq!(
		Limits::default().worth(),
		Duration::from_secs(2),
		"the execution limit of backing"
	);
}
