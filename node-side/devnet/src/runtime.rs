//! A runtime of which nothing is known beforehand: what its blob says of itself, and a genesis for a run on it.

use crate::{DevnetError, Parachain, RunConfig};
use async_backing_primitives::{wiring::path, HostConfiguration, ValidationCode};
use async_backing_relay_client::{Genesis, RuntimeExecutor, ValidatorKeys};
use async_backing_runtime_metadata::{Blob, Metadata, Pallet};
use serde_json::{json, Map, Value};
use sp_core::{
	crypto::{AccountId32, Ss58Codec},
	ed25519, Pair,
};
use sp_version::RuntimeVersion;
use std::collections::BTreeMap;

/// What a run asks a runtime for, and the first version that has it.
pub(crate) const APIS: [(&str, u32); 7] = [
	("Core", 4),
	("Metadata", 1),
	("BlockBuilder", 6),
	("GenesisBuilder", 1),
	("BabeApi", 2),
	// `backing_constraints` (R-BIN-30).
	("ParachainHost", 13),
	("AsyncBackingApi", 1),
];

/// Pallets without which no para can be brought into a genesis.
const PALLETS: [&str; 3] = [path::CONFIGURATION, path::PARAS, path::SCHEDULER];

/// Presets that are taken if none is named and the runtime has them, the first first.
const PRESETS: [&str; 3] = ["devnet", "local_testnet", "development"];

/// What the one who sends transactions has at genesis, in the chain's smallest unit.
const ENDOWMENT: u64 = 1 << 60;

/// Who orders blocks, and is root where that is asked for. Its signatures follow from what is signed, which those of
/// sr25519 keys do not.
pub(crate) fn customer() -> ed25519::Pair {
	ed25519::Pair::from_string("//Alice", None).expect("the seed is well-formed; qed")
}

/// A runtime's blob, and what it says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Runtime {
	/// As it was given, compressed or not.
	pub(crate) code: Vec<u8>,
	pub(crate) blob: Blob,
	pub(crate) version: RuntimeVersion,
	pub(crate) metadata: Metadata,
	pub(crate) executor: RuntimeExecutor,
}

impl Runtime {
	/// Reads a blob.
	///
	/// # Errors
	/// It is no runtime, or lacks an API that a run asks.
	pub(crate) fn read(code: &[u8], executor: RuntimeExecutor) -> Result<Self, DevnetError> {
		let mut blob = Blob::read(code)?;
		let version = match &blob.version {
			Some(version) => version.clone(),
			None => executor.call(code, "Core_version", ())?,
		};
		blob.version = Some(version.clone());
		for (name, expected) in APIS {
			let found = blob.api(name);
			if found.is_none_or(|found| found < expected) {
				return Err(DevnetError::Api {
					name,
					expected,
					found,
				});
			}
		}
		let metadata = metadata(&blob, code, &executor)?;
		Ok(Self {
			code: code.to_vec(),
			blob,
			version,
			metadata,
			executor,
		})
	}

	/// The pallet that is defined there.
	///
	/// # Errors
	/// [`DevnetError::NoPallets`].
	fn pallet(&self, path: &'static str) -> Result<&Pallet, DevnetError> {
		self.metadata
			.pallet(path)
			.ok_or(DevnetError::NoPallets { missing: vec![path] })
	}

	/// Name of the preset that a run begins with; `None` for the runtime's default configuration.
	///
	/// # Errors
	/// The runtime does not answer.
	pub(crate) fn preset(&self, config: &RunConfig) -> Result<Option<String>, DevnetError> {
		if config.preset.is_some() {
			return Ok(config.preset.clone());
		}
		let known = self.executor.presets(&self.code)?;
		let preset = PRESETS
			.into_iter()
			.find(|name| known.iter().any(|known| known == name));
		Ok(preset.map(str::to_owned))
	}

	/// Whether a genesis configuration says how long a session is.
	pub(crate) fn takes_session_length(&self, base: &Value) -> bool {
		base.get(EPOCH_LENGTH)
			.is_some_and(|length| length.get("slots").is_some())
	}

	/// The genesis of a run: its validators, paras and parameters over what the preset says.
	///
	/// # Errors
	/// The runtime has no such preset, or no place for what a run changes.
	pub(crate) fn genesis(
		&self,
		config: &RunConfig,
		validators: &[ValidatorKeys],
		parachains: &[Parachain],
	) -> Result<Genesis, DevnetError> {
		let missing: Vec<_> = PALLETS
			.into_iter()
			.filter(|path| self.metadata.pallet(path).is_none())
			.collect();
		if !missing.is_empty() {
			return Err(DevnetError::NoPallets { missing });
		}
		let genesis = Genesis {
			preset: self.preset(config)?,
			..Genesis::default()
		};
		let base = genesis.config(&self.executor, &self.code)?;
		let patch = Patch {
			runtime: self,
			config,
			base: &base,
		};
		Ok(genesis.with(patch.whole(validators, parachains)?))
	}
}

/// The metadata of a runtime, of the newest version that is known here.
fn metadata(blob: &Blob, code: &[u8], executor: &RuntimeExecutor) -> Result<Metadata, DevnetError> {
	let newest = match blob.api("Metadata") {
		Some(version) if version >= 2 => {
			executor.call::<Option<Vec<u8>>>(code, "Metadata_metadata_at_version", 15u32)?
		}
		_ => None,
	};
	let bytes = match newest {
		Some(bytes) => bytes,
		None => executor.call::<Vec<u8>>(code, "Metadata_metadata", ())?,
	};
	Ok(Metadata::decode(&bytes)?)
}

/// What a run changes about a preset.
struct Patch<'a> {
	runtime: &'a Runtime,
	config: &'a RunConfig,
	/// The preset over the default configuration.
	base: &'a Value,
}

impl Patch<'_> {
	fn whole(&self, validators: &[ValidatorKeys], parachains: &[Parachain]) -> Result<Value, DevnetError> {
		let mut patch = Map::new();
		let mut put = |key: String, value: Value| {
			patch.insert(key, value);
		};
		let config = self.config;
		self.fits(parachains)?;
		put(self.key(path::CONFIGURATION)?, json!({ "config": self.host() }));
		put(self.key(path::PARAS)?, self.registered(parachains)?);
		put(self.key(path::SCHEDULER)?, cores(config));
		put(
			self.key("pallet_session")?,
			json!({ "keys": self.session_keys(validators)? }),
		);
		// Each slot has one author, and session keys say who.
		put(
			self.key(path::BABE)?,
			json!({
				"authorities": [],
				"epochConfig": { "c": [0, 1], "allowed_slots": "PrimaryAndSecondaryPlainSlots" },
			}),
		);
		if config.needs_customer() || config.customer_is_root {
			put(
				self.key("pallet_balances")?,
				json!({ "balances": self.balances()? }),
			);
		}
		if !config.works.is_empty() || config.customer_is_root {
			put(
				self.key("pallet_sudo")?,
				json!({ "key": account(&customer().public().0) }),
			);
		}
		// A runtime whose sessions are as long as its genesis says takes their length from the run.
		if let (Some(slots), true) = (
			config.model.session_length,
			self.runtime.takes_session_length(self.base),
		) {
			put(EPOCH_LENGTH.into(), json!({ "slots": slots }));
		}
		Ok(Value::Object(patch))
	}

	/// Whether the chain takes codes and heads of such sizes, as far as its preset says.
	fn fits(&self, parachains: &[Parachain]) -> Result<(), DevnetError> {
		let limits = &self.base[self.key(path::CONFIGURATION)?]["config"];
		for (para, parachain) in self.config.para_ids().zip(parachains) {
			let code = parachain.validation_code().0.len();
			let head = parachain.genesis_head().0.len();
			for (what, bytes, limit) in [
				("validation code", code, "max_code_size"),
				("genesis head", head, "max_head_data_size"),
			] {
				let bytes = bytes as u64;
				match limits[limit].as_u64() {
					Some(max) if bytes > max => {
						return Err(DevnetError::TooLarge {
							para,
							what,
							bytes,
							limit,
							max,
						})
					}
					_ => {}
				}
			}
		}
		Ok(())
	}

	/// Under which key the genesis of the pallet that is defined there is: its name, as JSON writes names.
	fn key(&self, path: &'static str) -> Result<String, DevnetError> {
		let pallet = self.runtime.pallet(path)?;
		let same = |key: &&String| key.to_lowercase() == pallet.name.to_lowercase();
		let key = self.base.as_object().and_then(|base| base.keys().find(same));
		key.cloned().ok_or_else(|| DevnetError::NoGenesis {
			pallet: pallet.name.clone(),
		})
	}

	/// The paras of a run. A code that several run is said once, if the runtime has a place for that.
	fn registered(&self, parachains: &[Parachain]) -> Result<Value, DevnetError> {
		let says_codes_once = self.base[self.key(path::PARAS)?].get("codes").is_some();
		let mut codes: Vec<&ValidationCode> = Vec::new();
		let mut places = BTreeMap::new();
		let mut paras = Vec::with_capacity(parachains.len());
		for (id, parachain) in self.config.para_ids().zip(parachains) {
			let code = parachain.validation_code();
			let code = match says_codes_once {
				true => json!(*places.entry(code.hash()).or_insert_with(|| {
					codes.push(code);
					codes.len() - 1
				})),
				false => json!(code),
			};
			paras.push(json!({ "id": id, "head": parachain.genesis_head(), "code": code }));
		}
		Ok(match says_codes_once {
			true => json!({ "paras": paras, "codes": codes }),
			false => json!({ "paras": paras }),
		})
	}

	/// The values of the host configuration that a run has a say in.
	fn host(&self) -> Value {
		let config = self.config;
		let minimum = HostConfiguration::default()
			.minimum_validation_upgrade_delay
			.min(config.model.upgrade_delay);
		json!({
			"async_backing_params": config.params,
			// R-NET-77; of two there have to be at least, unless backing is synchronous (R-SCH-12), and more does no harm there.
			"scheduling_lookahead": config.params.matching_lookahead().max(2),
			"num_cores": config.cores(),
			"minimum_backing_votes": config.model.minimum_backing_votes,
			"validation_upgrade_delay": config.model.upgrade_delay,
			"minimum_validation_upgrade_delay": minimum,
		})
	}

	/// Account and session keys of each validator. All keys of one come from one seed.
	fn session_keys(&self, validators: &[ValidatorKeys]) -> Result<Value, DevnetError> {
		let names = self
			.runtime
			.metadata
			.session_keys()
			.ok_or(DevnetError::SessionKeys)?;
		let of = |validator: &ValidatorKeys| {
			let account = account(&validator.sr25519_public().0);
			let keys: Map<String, Value> = names
				.iter()
				.map(|(name, path)| {
					let key = match path {
						path if path.contains("grandpa") || path.contains("ed25519") => {
							validator.ed25519.public().to_ss58check()
						}
						path if path.contains("beefy") || path.contains("ecdsa") => {
							validator.ecdsa.public().to_ss58check()
						}
						_ => validator.sr25519.public().to_ss58check(),
					};
					(name.clone(), key.into())
				})
				.collect();
			json!([account, account, keys])
		};
		Ok(validators.iter().map(of).collect())
	}

	/// The preset's accounts and whoever sends transactions.
	fn balances(&self) -> Result<Value, DevnetError> {
		let key = self.key("pallet_balances")?;
		let mut balances = match &self.base[key]["balances"] {
			Value::Array(balances) => balances.clone(),
			_ => Vec::new(),
		};
		let customer = customer().public().0;
		let is_customer = |entry: &Value| {
			let account = entry[0].as_str().map(AccountId32::from_ss58check_with_version);
			matches!(account, Some(Ok((account, _))) if *AsRef::<[u8; 32]>::as_ref(&account) == customer)
		};
		if !balances.iter().any(is_customer) {
			balances.push(json!([account(&customer), ENDOWMENT]));
		}
		Ok(balances.into())
	}
}

/// Where a genesis has the length of a session, if it is the genesis that says it: in `slots` of this.
const EPOCH_LENGTH: &str = "epochLength";

fn account(key: &[u8; 32]) -> String {
	AccountId32::from(*key).to_ss58check()
}

fn cores(config: &RunConfig) -> Value {
	// Cores that are given work have no other.
	let given = !config.works.is_empty();
	let paras = config
		.leases()
		.flat_map(|(para, cores)| (0..cores).map(move |_| para));
	let assignments: Vec<_> = (0u32..).zip(paras).filter(|_| !given).collect();
	let pool = (config.leased_cores()..config.cores()).filter(|_| !given);
	json!({ "assignments": assignments, "pool": pool.collect::<Vec<_>>() })
}
