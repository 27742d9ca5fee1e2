//! Execution of candidates: once for real, charged to everybody who does it.
//!
//! What a validation function answers depends on nothing but its input, so one execution of a (candidate, code) serves
//! all simulated validators. Each is charged the virtual time of its own.

use async_backing_primitives::{
	CandidateHash, Hash, PersistedValidationData, PoV, ValidationCode, ValidationCodeHash, ValidationParams,
	ValidationResult,
};
use async_backing_pvf::{EngineError, Limits, PvfConfig, PvfEngine};
use std::collections::BTreeMap;

/// Why a candidate is held invalid, as text.
pub(crate) type InvalidReason = String;

/// Executes candidates, and remembers the outcomes.
#[derive(Debug)]
pub(crate) struct Executor {
	engine: PvfEngine,
	limits: Limits,
	codes: BTreeMap<ValidationCodeHash, ValidationCode>,
	outcomes: BTreeMap<(CandidateHash, ValidationCodeHash, Hash), Result<ValidationResult, InvalidReason>>,
}

impl Executor {
	/// An executor that knows these codes.
	///
	/// # Errors
	/// The engine does not start.
	pub(crate) fn new(codes: impl IntoIterator<Item = ValidationCode>) -> Result<Self, EngineError> {
		let codes = codes.into_iter().map(|code| (code.hash(), code)).collect();
		let engine = PvfEngine::new(PvfConfig::default())?;
		Ok(Self {
			engine,
			limits: Limits::default(),
			codes,
			outcomes: BTreeMap::new(),
		})
	}

	/// What the validation function says of a candidate. Executes at most once for each candidate, code and witness.
	pub(crate) fn execute(
		&mut self,
		candidate: CandidateHash,
		code: ValidationCodeHash,
		data: &PersistedValidationData,
		pov: &PoV,
	) -> Result<ValidationResult, InvalidReason> {
		let key = (candidate, code, pov.hash());
		if let Some(outcome) = self.outcomes.get(&key) {
			return outcome.clone();
		}
		let outcome = self.execute_now(code, data, pov);
		self.outcomes.insert(key, outcome.clone());
		outcome
	}

	fn execute_now(
		&self,
		code: ValidationCodeHash,
		data: &PersistedValidationData,
		pov: &PoV,
	) -> Result<ValidationResult, InvalidReason> {
		let code = self
			.codes
			.get(&code)
			.ok_or_else(|| format!("nobody has code {code}"))?;
		let params = ValidationParams {
			parent_head: data.parent_head.clone(),
			block_data: pov.block_data.clone(),
			relay_parent_number: data.relay_parent_number,
			relay_parent_storage_root: data.relay_parent_storage_root,
		};
		let prepared = self.engine.prepare(code).map_err(|error| error.to_string())?;
		let validated = prepared
			.validate(&params, &self.limits)
			.map_err(|error| error.to_string())?;
		Ok(validated.result)
	}
}
