//! Execution of candidates: once for real, charged to everybody who does it.
//!
//! What a validation function answers depends on nothing but its input, so one execution of a (candidate, code, proof)
//! serves all simulated validators. Each is charged the virtual time of its own: that of the fuel it took.

use crate::{Model, Parachain};
use async_backing_collator::FuelUse;
use async_backing_primitives::{
	CandidateHash, Hash, PersistedValidationData, PoV, ValidationCode, ValidationCodeHash,
};
use async_backing_pvf::{EngineError, Limits, PvfConfig, PvfEngine, FUEL_PER_SECOND};
use async_backing_validator::work::{self, Execution};
use std::{
	collections::{BTreeMap, VecDeque},
	time::Duration,
};

/// Executions that are remembered: far more than are in flight.
const REMEMBERED: usize = 1024;

type Key = (CandidateHash, ValidationCodeHash, Hash);

/// A validation function, and how fast a simulated machine executes it.
#[derive(Debug)]
struct Code {
	code: ValidationCode,
	speed: Speed,
}

/// Executes candidates, and remembers the outcomes.
#[derive(Debug)]
pub(crate) struct Executor {
	engine: PvfEngine,
	limits: Limits,
	codes: BTreeMap<ValidationCodeHash, Code>,
	execution_limit: Duration,
	outcomes: BTreeMap<Key, Execution>,
	/// Oldest first.
	remembered: VecDeque<Key>,
}

impl Executor {
	/// An executor that knows the codes of these parachains.
	///
	/// # Errors
	/// The engine does not start.
	pub(crate) fn new(parachains: &[Parachain], model: &Model) -> Result<Self, EngineError> {
		let codes = parachains.iter().map(|parachain| {
			let code = Code {
				code: parachain.validation_code().clone(),
				speed: Speed::new(parachain.fuel(), model),
			};
			(parachain.validation_code().hash(), code)
		});
		Ok(Self {
			engine: PvfEngine::new(PvfConfig::default())?,
			limits: Limits::default(),
			codes: codes.collect(),
			execution_limit: model.backing_execution_limit,
			outcomes: BTreeMap::new(),
			remembered: VecDeque::new(),
		})
	}

	fn execute_now(&self, code: ValidationCodeHash, data: &PersistedValidationData, pov: &PoV) -> Execution {
		let failed = |outcome: String| Execution {
			outcome: Err(outcome),
			fuel: 0,
		};
		let Some(Code { code, speed }) = self.codes.get(&code) else {
			return failed(format!("nobody has code {code}"));
		};
		let params = match async_backing_pvf::validation_params(data, pov) {
			Ok(params) => params,
			Err(error) => return failed(error.to_string()),
		};
		let prepared = match self.engine.prepare(code) {
			Ok(prepared) => prepared,
			Err(error) => return failed(error.to_string()),
		};
		let validated = match prepared.validate(&params, &self.limits) {
			Ok(validated) => validated,
			Err(error) => return failed(error.to_string()),
		};
		let time = speed.time(validated.fuel_used);
		let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
		let limit = self.execution_limit;
		if time > limit {
			return Execution {
				outcome: Err(format!("execution takes {time:?}, but at most {limit:?}")),
				fuel: nanos(limit),
			};
		}
		Execution {
			outcome: Ok(validated.result),
			fuel: nanos(time),
		}
	}
}

impl work::Executor for Executor {
	/// Executes at most once for each candidate, code and proof of validity. Its fuel is nanoseconds of the model: a unit
	/// of Wasm's is worth more or less, as `extrinsic_cost` has it.
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
		let execution = self.execute_now(code, validation_data, pov);
		if self.remembered.len() >= REMEMBERED {
			if let Some(oldest) = self.remembered.pop_front() {
				self.outcomes.remove(&oldest);
			}
		}
		self.remembered.push_back(key);
		self.outcomes.insert(key, execution.clone());
		execution
	}
}

/// How fast a machine of the model executes a parachain's blocks: a collator counts extrinsics, at the model's price for
/// each, and a backer's time has to be what it counted. So what the validation function takes beside is fuel as on any
/// machine, and the rest is spread such that the largest block that a backer accepts takes as long as its extrinsics.
#[derive(Clone, Copy, Debug)]
struct Speed {
	/// Fuel of a block without extrinsics.
	base: u64,
	/// Fuel per second beyond that.
	per_second: u64,
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
			base: fuel.base,
			per_second: per_second.map_or(u64::MAX, |speed| u64::try_from(speed).unwrap_or(u64::MAX)),
		}
	}

	/// What so much fuel takes.
	fn time(self, fuel: u64) -> Duration {
		let base = time_of(fuel.min(self.base), FUEL_PER_SECOND);
		base.saturating_add(time_of(fuel.saturating_sub(self.base), self.per_second))
	}
}

const NANOS_PER_SECOND: u128 = 1_000_000_000;

fn time_of(fuel: u64, fuel_per_second: u64) -> Duration {
	let nanos = u128::from(fuel).saturating_mul(NANOS_PER_SECOND) / u128::from(fuel_per_second.max(1));
	Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_largest_block_takes_the_execution_limit_and_others_what_their_collator_counts() {
		let fuel = FuelUse {
			base: 29_000_000,
			per_extrinsic: 52_000,
		};
		for cost in [1, 20] {
			let model = Model {
				extrinsic_cost: Duration::from_millis(cost),
				..Model::default()
			};
			let speed = Speed::new(fuel, &model);
			let most = 2000 / cost as u32;
			let time = |extrinsics| speed.time(fuel.of(extrinsics));
			assert!(time(most) <= model.backing_execution_limit + Duration::from_micros(1));
			assert!(time(most) > model.backing_execution_limit - Duration::from_millis(1));
			for extrinsics in [0, most / 4, most / 2] {
				let counted = model.extrinsic_cost * extrinsics;
				let beside = time(extrinsics) - counted;
				assert!(beside <= Duration::from_millis(29), "{extrinsics}: {beside:?}");
			}
		}
	}
}
