//! The state of block 0: a named preset of the runtime, a JSON patch over it, raw entries over that.

use crate::{RuntimeExecutor, SetupError};
use codec::{Decode, Encode};
use sc_chain_spec::json_patch;
use serde_json::{json, Value};
use sp_core::{
	crypto::Ss58Codec,
	ecdsa, ed25519, sr25519,
	storage::Storage,
	traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
	Pair,
};
use sp_io::hashing::blake2_256;
use sp_state_machine::BasicExternalities;
use std::collections::BTreeMap;

/// The genesis state of a chain.
#[derive(Clone, Debug, Default)]
pub struct Genesis {
	/// Name of a preset of the runtime; `None` takes the default configuration.
	pub preset: Option<String>,
	/// Laid over the preset, object by object; [`Value::Null`] changes nothing.
	pub patch: Value,
	/// Raw entries of the state that are written after the runtime has built it.
	pub entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Genesis {
	/// The preset `name` as it is.
	pub fn preset(name: impl Into<String>) -> Self {
		Self {
			preset: Some(name.into()),
			..Self::default()
		}
	}

	/// The same with `patch` laid over what is there.
	pub fn with(mut self, patch: Value) -> Self {
		json_patch::merge(&mut self.patch, patch);
		self
	}

	/// Asks the runtime for the state. Its code goes under `:code`.
	pub(crate) fn build(&self, executor: &RuntimeExecutor, wasm: &[u8]) -> Result<Storage, SetupError> {
		let mut config = self.config(executor, wasm)?;
		if !self.patch.is_null() {
			json_patch::merge(&mut config, self.patch.clone());
		}

		const BUILD: &str = "GenesisBuilder_build_state";
		let mut state = BasicExternalities::new_empty();
		let built: sp_genesis_builder::Result =
			executor.call_over(&mut state, wasm, BUILD, argument(&config)?)?;
		built.map_err(SetupError::Genesis)?;

		let mut storage = state.into_storages();
		storage
			.top
			.insert(sp_core::storage::well_known_keys::CODE.to_vec(), wasm.to_vec());
		storage.top.extend(self.entries.clone());
		Ok(storage)
	}

	/// The configuration that the patch is laid over: the preset over the runtime's default.
	///
	/// # Errors
	/// The blob is no runtime, or has no such preset.
	pub fn config(&self, executor: &RuntimeExecutor, wasm: &[u8]) -> Result<Value, SetupError> {
		let mut config = executor.preset(wasm, None)?;
		if let Some(name) = &self.preset {
			json_patch::merge(&mut config, executor.preset(wasm, Some(name))?);
		}
		Ok(config)
	}
}

/// A configuration as a runtime is handed it: as bytes that it allocates at once.
fn argument(config: &Value) -> Result<Vec<u8>, SetupError> {
	/// With the longest prefix that says how long it is.
	const MAX: usize = sp_core::MAX_POSSIBLE_ALLOCATION as usize - 5;
	let json = serde_json::to_vec(config)?;
	match json.len() {
		got if got > MAX => Err(SetupError::GenesisTooLarge { max: MAX, got }),
		_ => Ok(json),
	}
}

/// What a blob answers before there is a chain.
impl RuntimeExecutor {
	/// Calls a function of a runtime over an empty state. `arguments` is a tuple, or the only argument.
	///
	/// # Errors
	/// The blob is no runtime, has no such function or traps, or the answer is no `R`.
	pub fn call<R: Decode>(
		&self,
		wasm: &[u8],
		method: &'static str,
		arguments: impl Encode,
	) -> Result<R, SetupError> {
		self.call_over(&mut BasicExternalities::new_empty(), wasm, method, arguments)
	}

	fn call_over<R: Decode>(
		&self,
		state: &mut BasicExternalities,
		wasm: &[u8],
		method: &'static str,
		arguments: impl Encode,
	) -> Result<R, SetupError> {
		let code = WrappedRuntimeCode(wasm.into());
		let runtime = RuntimeCode {
			code_fetcher: &code,
			heap_pages: None,
			hash: blake2_256(wasm).to_vec(),
		};
		let (answer, _) = self.0.call(
			state,
			&runtime,
			method,
			&arguments.encode(),
			CallContext::Offchain,
		);
		let answer = answer.map_err(|source| SetupError::Runtime { method, source })?;
		R::decode(&mut &answer[..]).map_err(|source| SetupError::Decode { method, source })
	}

	/// Names of the runtime's genesis presets.
	///
	/// # Errors
	/// As [`call`](Self::call).
	pub fn presets(&self, wasm: &[u8]) -> Result<Vec<String>, SetupError> {
		self.call(wasm, "GenesisBuilder_preset_names", ())
	}

	/// The runtime's preset of this name as it is, or its default configuration.
	///
	/// # Errors
	/// As [`call`](Self::call), and [`SetupError::UnknownPreset`].
	pub fn preset(&self, wasm: &[u8], name: Option<&str>) -> Result<Value, SetupError> {
		let preset: Option<Vec<u8>> = self.call(wasm, "GenesisBuilder_get_preset", name)?;
		match preset {
			Some(preset) => Ok(serde_json::from_slice(&preset)?),
			None => Err(SetupError::UnknownPreset {
				name: name.unwrap_or_default().to_owned(),
				known: self.presets(wasm)?,
			}),
		}
	}
}

/// The keys of one validator, all from one seed.
///
/// One sr25519 key is the account, the BABE key and the parachain key; GRANDPA needs an ed25519 one, BEEFY an ecdsa one.
#[derive(Clone)]
pub struct ValidatorKeys {
	/// Account, BABE key and parachain key.
	pub sr25519: sr25519::Pair,
	/// GRANDPA key.
	pub ed25519: ed25519::Pair,
	/// BEEFY key.
	pub ecdsa: ecdsa::Pair,
}

impl std::fmt::Debug for ValidatorKeys {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_tuple("ValidatorKeys")
			.field(&self.sr25519.public())
			.finish()
	}
}

impl ValidatorKeys {
	/// The keys that follow from `seed`.
	pub fn from_seed(seed: &[u8; 32]) -> Self {
		Self {
			sr25519: sr25519::Pair::from_seed(seed),
			ed25519: ed25519::Pair::from_seed(seed),
			ecdsa: ecdsa::Pair::from_seed(seed),
		}
	}

	/// The public sr25519 key: account, BABE key and parachain key.
	pub fn sr25519_public(&self) -> sr25519::Public {
		self.sr25519.public()
	}

	/// The keys of validator `index` of a run with `seed`.
	pub fn of_run(seed: u64, index: u32) -> Self {
		Self::from_seed(&(b"async-backing/validator", seed, index).using_encoded(blake2_256))
	}
}

/// A patch that makes `validators`, in this order, the validators of a chain.
///
/// `session_keys` names the fields of the runtime's session keys; `grandpa` gets the ed25519 key, every other one
/// the sr25519 key.
pub fn validators_patch(validators: &[ValidatorKeys], session_keys: &[&str]) -> Value {
	let keys: Vec<Value> = validators
		.iter()
		.map(|validator| {
			let sr25519 = validator.sr25519.public().to_ss58check();
			let keys: serde_json::Map<String, Value> = session_keys
				.iter()
				.map(|name| {
					let key = match *name {
						"grandpa" => validator.ed25519.public().to_ss58check(),
						_ => sr25519.clone(),
					};
					(name.to_string(), key.into())
				})
				.collect();
			json!([sr25519, sr25519, keys])
		})
		.collect();
	json!({ "session": { "keys": keys } })
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_configuration_that_no_runtime_can_be_handed_is_an_error_with_its_size() {
		let code = |digits: usize| json!({ "code": "0".repeat(digits) });
		let frame = serde_json::to_vec(&code(0)).expect("it is JSON").len();
		let most = (32 << 20) - 5;
		assert_eq!(
			argument(&code(most - frame)).map(|json| json.len()).ok(),
			Some(most)
		);
		let refused = argument(&code(most - frame + 1)).map(|json| json.len());
		let refused = refused.expect_err("it is too long").to_string();
		let expected = format!(
			"the genesis configuration has {} bytes of JSON, of which a runtime takes {most}: fewer different codes, or shorter ones",
			most + 1
		);
		assert_eq!(refused, expected);
	}

	#[test]
	fn patches_are_laid_over_each_other() {
		let genesis = Genesis::preset("devnet")
			.with(json!({ "epochLength": { "slots": 10 } }))
			.with(json!({ "epochLength": { "slots": 20 }, "babe": null }));
		assert_eq!(
			genesis.patch,
			json!({ "epochLength": { "slots": 20 }, "babe": null })
		);
	}

	#[test]
	fn validators_are_patched_in_order_with_the_keys_that_are_named() {
		let validators = [ValidatorKeys::of_run(1, 0), ValidatorKeys::of_run(1, 1)];
		let patch = validators_patch(&validators, &["babe", "grandpa"]);
		let keys = &patch["session"]["keys"];
		assert_eq!(keys.as_array().map(Vec::len), Some(2));
		for (index, validator) in validators.iter().enumerate() {
			let account = validator.sr25519.public().to_ss58check();
			assert_eq!(keys[index][0], json!(account));
			assert_eq!(keys[index][2]["babe"], json!(account));
			assert_eq!(
				keys[index][2]["grandpa"],
				json!(validator.ed25519.public().to_ss58check())
			);
			assert!(keys[index][2].get("para").is_none());
		}
		assert_ne!(keys[0], keys[1]);
		assert_ne!(
			ValidatorKeys::of_run(2, 0).sr25519.public(),
			validators[0].sr25519.public(),
			"the seed counts"
		);
	}
}
