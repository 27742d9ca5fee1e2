//! The engine in worker processes: equal verdicts, and a node that lives on whatever its workers do.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use async_backing_primitives::ValidationCode;
use async_backing_pvf::{
	DiskConfig, Engine, EngineError, Failure, InProcess, InProcessConfig, Limits, PrepareError, PvfConfig,
	PvfEngine, Unfinished, ValidateError, WorkerProgram, Workers, WorkersConfig,
};
use common::{guests, params, result, Guest};
use std::{
	fs,
	path::Path,
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

fn program() -> WorkerProgram {
	WorkerProgram {
		path: env!("CARGO_BIN_EXE_async-backing-pvf-worker").into(),
		args: Vec::new(),
	}
}

/// Whatever this script does instead of a worker.
fn script(script: &str) -> WorkerProgram {
	WorkerProgram {
		path: "/bin/sh".into(),
		args: vec!["-c".into(), script.into()],
	}
}

fn config() -> WorkersConfig {
	WorkersConfig::new(program())
}

fn workers(config: WorkersConfig) -> Workers {
	Workers::new(config).unwrap()
}

fn by(time: Duration) -> Instant {
	Instant::now() + time
}

fn accepting() -> ValidationCode {
	let guest = Guest::default();
	guest.code(|body| guest.accept(body))
}

fn looping() -> ValidationCode {
	Guest::default().code(|body| {
		body.loop_(BlockType::Empty).br(0).end().unreachable();
	})
}

fn validate(
	engine: &impl Engine,
	code: &ValidationCode,
	limits: &Limits,
	time: Duration,
) -> Result<async_backing_pvf::Validated, Failure<ValidateError>> {
	let artifact = engine.prepare(code, BOMB_LIMIT, by(LONG)).unwrap();
	engine.execute(&artifact, &params(), limits, by(time))
}

fn is_died<V: std::error::Error>(outcome: &Failure<V>) -> bool {
	matches!(outcome, Failure::Unfinished(Unfinished::Died { .. }))
}

#[test]
fn verdicts_and_fuel_are_those_of_an_engine_in_this_process() {
	let (workers, here) = (
		workers(config()),
		InProcess::new(InProcessConfig::default()).unwrap(),
	);
	for code in [
		accepting(),
		looping(),
		guests::divisions(),
		guests::root_of_nothing(),
		guests::nested_keys(3000),
		guests::growing(60_000),
	] {
		for fuel in [1000, LIMITS.fuel] {
			let limits = Limits { fuel, ..LIMITS };
			let code = ValidationCode(code.0.clone());
			let [there, expected] = [
				validate_large(&workers, &code, &limits),
				validate_large(&here, &code, &limits),
			];
			assert_eq!(there, expected);
		}
	}
	assert_eq!(
		validate(&workers, &accepting(), &LIMITS, LONG).unwrap().result,
		result()
	);
	for code in [
		ValidationCode(b"not Wasm".to_vec()),
		guests::nested_loops(1400, 1200),
		ValidationCode(vec![0; BOMB_LIMIT + 1]),
	] {
		let there = workers.prepare(&code, BOMB_LIMIT, by(LONG)).unwrap_err();
		assert_eq!(there, here.prepare(&code, BOMB_LIMIT, by(LONG)).unwrap_err());
		assert!(matches!(there, Failure::Verdict(_)));
	}
	let max = accepting().0.len() - 1;
	let too_large = Failure::Verdict(PrepareError::TooLarge { max });
	assert_eq!(
		workers.prepare(&accepting(), max, by(LONG)).unwrap_err(),
		too_large
	);
}

fn validate_large(
	engine: &impl Engine,
	code: &ValidationCode,
	limits: &Limits,
) -> Result<async_backing_pvf::Validated, Failure<ValidateError>> {
	let artifact = engine.prepare(code, 16 << 20, by(LONG)).unwrap();
	engine.execute(&artifact, &params(), limits, by(LONG))
}

#[test]
fn r_bak_11_a_worker_whose_guest_does_not_end_is_killed_and_the_next_one_is_as_good() {
	let engine = workers(config());
	let begun = Instant::now();
	let late = validate(&engine, &looping(), &FOR_EVER, Duration::from_millis(300));
	assert_eq!(late, Err(Failure::Unfinished(Unfinished::Late)));
	assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
	assert_eq!(engine.workers(), 0, "it is gone");
	assert!(validate(&engine, &accepting(), &LIMITS, LONG).is_ok());
	assert_eq!(engine.workers(), 1, "an idle one is kept");
}

#[test]
fn a_chase_of_pointers_is_ended_by_the_clock() {
	let engine = workers(config());
	let code = guests::pointer_chase();
	let artifact = engine.prepare(&code, BOMB_LIMIT, by(LONG)).unwrap();
	let limits = Limits {
		fuel: FOR_EVER.fuel,
		..Limits::default()
	};
	let begun = Instant::now();
	let late = engine.execute(&artifact, &params(), &limits, by(Duration::from_millis(500)));
	assert_eq!(late, Err(Failure::Unfinished(Unfinished::Late)));
	assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
}

#[test]
fn a_worker_that_dies_is_no_verdict_and_the_node_lives_on() {
	// A stack that overflows, an assertion that does not hold, an exit, silence and nonsense: while it compiles.
	for death in [
		"kill -SEGV $$",
		"kill -ABRT $$",
		"exit 7",
		"read line; exec cat",
		"exec echo nonsense",
	] {
		let engine = workers(WorkersConfig {
			program: script(death),
			preparation_limit: Duration::from_secs(1),
			..config()
		});
		let outcome = engine.prepare(&accepting(), BOMB_LIMIT, by(LONG)).unwrap_err();
		let Failure::Unfinished(unfinished) = &outcome else {
			panic!("{death}: {outcome}")
		};
		assert!(
			matches!(unfinished, Unfinished::Died { .. } | Unfinished::Late),
			"{death}: {unfinished:?}"
		);
		assert_eq!(engine.workers(), 0, "{death}");
	}
	// Where there is no such program.
	let nowhere = WorkerProgram {
		path: "/nowhere/at/all".into(),
		args: Vec::new(),
	};
	for memory in [None, config().memory] {
		let engine = workers(WorkersConfig {
			program: nowhere.clone(),
			memory,
			..config()
		});
		assert!(is_died(
			&engine.prepare(&accepting(), BOMB_LIMIT, by(LONG)).unwrap_err()
		));
	}
}

#[test]
fn an_endless_compilation_is_killed_and_leaves_its_place() {
	let engine = workers(WorkersConfig {
		program: script("exec sleep 1000"),
		preparations: 1,
		preparation_limit: Duration::from_millis(500),
		..config()
	});
	let late = engine.prepare(&accepting(), BOMB_LIMIT, by(Duration::from_millis(20)));
	assert_eq!(late.unwrap_err(), Failure::Unfinished(Unfinished::Late));
	let busy = engine.prepare(&looping(), BOMB_LIMIT, by(LONG)).unwrap_err();
	let one = Unfinished::Busy { running: 1, most: 1 };
	assert_eq!(busy, Failure::Unfinished(one));
	let until = by(LONG);
	while engine.workers() > 0 {
		assert!(Instant::now() < until, "it is killed at its limit");
		thread::sleep(Duration::from_millis(10));
	}
}

/// A worker that dies when it executes for the first time, and a file that says it was there.
fn dies_once(directory: &Path, deaths: u8) -> WorkerProgram {
	let worker = program().path;
	let (worker, count) = (worker.display(), directory.join("count"));
	fs::write(&count, []).unwrap();
	let count = count.display();
	// The first worker compiles.
	script(&format!(
		"printf x >>{count}; n=$(/usr/bin/wc -c <{count}); \
		 if [ $n -gt 1 ] && [ $n -le $((1 + {deaths})) ]; then kill -SEGV $$; fi; exec {worker}"
	))
}

#[test]
fn an_execution_whose_worker_dies_is_done_once_more_and_not_a_third_time() {
	let directory = tempfile::tempdir().unwrap();
	let engine = |deaths| {
		workers(WorkersConfig {
			program: dies_once(directory.path(), deaths),
			..config()
		})
	};
	assert!(validate(&engine(1), &accepting(), &LIMITS, LONG).is_ok());
	let engine = engine(2);
	let outcome = validate(&engine, &accepting(), &LIMITS, LONG).unwrap_err();
	assert!(is_died(&outcome), "{outcome}");
	assert!(outcome.to_string().contains("signal"), "it says how: {outcome}");
	// Nothing was remembered about the code.
	assert!(validate(&engine, &accepting(), &LIMITS, LONG).is_ok());
}

#[cfg(target_os = "linux")]
#[test]
fn memory_of_a_worker_is_bounded() {
	let engine = workers(WorkersConfig {
		memory: Some(32 << 20),
		..config()
	});
	// As much as it takes to compile two lines of half a million instructions each.
	let outcome = engine.prepare(&guests::straight_line(499_000), 16 << 20, by(LONG));
	assert!(is_died(&outcome.unwrap_err()));
	let enough = workers(config());
	assert!(enough
		.prepare(&guests::straight_line(499_000), 16 << 20, by(LONG))
		.is_ok());
}

#[test]
fn executions_wait_for_a_place_until_their_deadline() {
	let engine = workers(WorkersConfig {
		executions: 1,
		..config()
	});
	let artifact = engine.prepare(&looping(), BOMB_LIMIT, by(LONG)).unwrap();
	let busy = {
		let (engine, artifact) = (engine.clone(), artifact.clone());
		thread::spawn(move || engine.execute(&artifact, &params(), &FOR_EVER, by(Duration::from_secs(2))))
	};
	while engine.workers() == 0 {
		thread::yield_now();
	}
	let late = engine.execute(&artifact, &params(), &LIMITS, by(Duration::from_millis(50)));
	assert_eq!(late, Err(Failure::Unfinished(Unfinished::Late)));
	let verdict = engine.execute(&artifact, &params(), &LIMITS, by(LONG));
	assert!(matches!(
		verdict,
		Err(Failure::Verdict(ValidateError::OutOfFuel { .. }))
	));
	assert_eq!(busy.join().unwrap(), Err(Failure::Unfinished(Unfinished::Late)));
}

fn disk(directory: &Path) -> Option<DiskConfig> {
	Some(DiskConfig {
		directory: directory.join("codes"),
		max_bytes: 64 << 20,
	})
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
	let entries = fs::read_dir(directory.join("codes")).unwrap();
	entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_code_on_disk_is_not_compiled_again() {
	let directory = tempfile::tempdir().unwrap();
	let expected = validate(
		&workers(WorkersConfig {
			disk: disk(directory.path()),
			..config()
		}),
		&accepting(),
		&LIMITS,
		LONG,
	);
	assert_eq!(files(directory.path()).len(), 1);
	// Nobody is there to compile.
	let engine = workers(WorkersConfig {
		preparations: 1,
		program: script("exit 1"),
		disk: disk(directory.path()),
		..config()
	});
	assert!(engine.prepare(&accepting(), BOMB_LIMIT, by(LONG)).is_ok());
	let again = workers(WorkersConfig {
		disk: disk(directory.path()),
		..config()
	});
	assert_eq!(validate(&again, &accepting(), &LIMITS, LONG), expected);
}

#[test]
fn an_engine_in_this_process_loads_from_disk_and_compiles_what_is_damaged() {
	let directory = tempfile::tempdir().unwrap();
	let engine = || {
		let config = PvfConfig {
			disk: disk(directory.path()),
			..PvfConfig::default()
		};
		PvfEngine::new(config).unwrap()
	};
	let validated = |engine: &PvfEngine| {
		let pvf = engine.prepare(&accepting()).unwrap();
		pvf.validate(&params(), &LIMITS).unwrap()
	};
	let expected = validated(&PvfEngine::new(PvfConfig::default()).unwrap());
	assert_eq!(validated(&engine()), expected);
	let [file] = &files(directory.path())[..] else {
		panic!("one code, one file")
	};
	let whole = fs::read(file).unwrap();
	assert_eq!(validated(&engine()), expected, "from disk");
	assert_eq!(fs::read(file).unwrap(), whole);
	for length in [0, 10, 100, whole.len() - 1] {
		fs::write(file, &whole[..length]).unwrap();
		assert_eq!(validated(&engine()), expected, "compiled again");
		assert_eq!(fs::read(file).unwrap().len(), whole.len(), "and kept");
	}
	// What an engine with interruption points compiled is another artefact of the same code.
	let config = PvfConfig {
		disk: disk(directory.path()),
		..PvfConfig::default()
	};
	let timed = InProcess::new(InProcessConfig {
		pvf: config,
		..InProcessConfig::default()
	});
	assert_eq!(
		validate(&timed.unwrap(), &accepting(), &LIMITS, LONG),
		Ok(expected)
	);
	assert_eq!(files(directory.path()).len(), 2);
}

#[test]
fn a_directory_that_is_none_is_an_error_of_the_engine() {
	let directory = tempfile::tempdir().unwrap();
	fs::write(directory.path().join("codes"), []).unwrap();
	let error = Workers::new(WorkersConfig {
		disk: disk(directory.path()),
		..config()
	});
	assert!(matches!(error, Err(EngineError::Cache { .. })));
}
