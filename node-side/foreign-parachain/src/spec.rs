//! Files that describe a parachain to be run: TOML or JSON.
//!
//! ```toml
//! id = 2100
//! cores = 1                        # default 1
//! producer = "substrate"           # or "adder"
//! code = "parachain.wasm"          # beside this file
//! preset = "development"           # of the runtime's genesis; default: the first of the usual ones that it has
//! genesis-head = "0x..."           # if it is given, the genesis must have it
//! keys = ["//Alice", "//Bob"]      # secrets of Aura's authorities; default: the usual ones
//!
//! [genesis]                        # laid over the preset
//! aura = { authorities = [] }
//!
//! [workload]                       # of blocks, where the runtime has balances
//! accounts = 8
//! transfers = 8
//!
//! [upgrade]                        # told by the sudo pallet
//! code = "parachain-next.wasm"
//! at = 10                          # parablock that announces it
//! unchecked = false                # whether its version may be the same
//!
//! [bounds]                         # what a block takes at most
//! pov-base = 65536
//! fuel-base = 500000000
//! ```

use crate::{Adder, AuraKey, Bounds, SetupError, Substrate, SubstrateConfig, Upgrade, Workload};
use async_backing_collator::BlockProducer;
use async_backing_primitives::{HeadData, ParaId, ValidationCode};
use async_backing_relay_client::{Genesis, RuntimeExecutor};
use serde::Deserialize;
use serde_json::Value;
use sp_core::bytes::{from_hex, to_hex};
use std::{
	fmt,
	path::{Path, PathBuf},
};
use thiserror::Error;

/// Presets that are taken if none is named, in this order.
const PRESETS: [&str; 2] = ["development", "local_testnet"];
/// Largest number of cores of one parachain.
pub const MAX_CORES: u32 = 16;

/// Who builds a parachain's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Producer {
	/// Its runtime, by the interfaces of Cumulus.
	Substrate,
	/// The [adder](crate::adder).
	Adder,
}

/// A parachain to be run, as a file says it. See the [module](self).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ParaSpec {
	/// Its id.
	pub id: u32,
	/// Cores that it has.
	#[serde(default = "one")]
	pub cores: u32,
	/// Who builds its blocks.
	pub producer: Producer,
	/// File with its validation code. The adder has its own.
	pub code: Option<PathBuf>,
	/// Preset of its genesis.
	pub preset: Option<String>,
	/// What its genesis block must be: its head data, as hexadecimal text.
	pub genesis_head: Option<String>,
	/// Secrets of whoever seals its blocks.
	#[serde(default)]
	pub keys: Vec<String>,
	/// Laid over the preset.
	#[serde(default)]
	pub genesis: Value,
	/// What is in its blocks.
	#[serde(default)]
	pub workload: WorkloadSpec,
	/// A code that it upgrades to.
	pub upgrade: Option<UpgradeSpec>,
	/// What its blocks take at most.
	#[serde(default)]
	pub bounds: BoundsSpec,
}

/// Transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WorkloadSpec {
	/// Accounts that send each other money.
	pub accounts: Option<u32>,
	/// Transfers of a block at most.
	pub transfers: Option<u32>,
}

/// An upgrade.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UpgradeSpec {
	/// File with the code.
	pub code: PathBuf,
	/// Parablock that announces it.
	pub at: u32,
	/// Whether its version may be the same.
	#[serde(default)]
	pub unchecked: bool,
}

/// What a block takes at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BoundsSpec {
	/// Bytes of the PoV of an empty block.
	pub pov_base: Option<u64>,
	/// Bytes of the PoV for a transfer.
	pub pov_per_extrinsic: Option<u64>,
	/// Fuel of an empty block.
	pub fuel_base: Option<u64>,
	/// Fuel of a transfer.
	pub fuel_per_extrinsic: Option<u64>,
}

fn one() -> u32 {
	1
}

/// Why a file describes no parachain that can be run.
#[derive(Debug, Error)]
pub enum SpecError {
	/// A file cannot be read.
	#[error("{path}: cannot be read ({source})", path = .path.display())]
	Read {
		/// The file.
		path: PathBuf,
		/// Why.
		source: std::io::Error,
	},
	/// A file is no TOML, or JSON if it is named so, or says something that is not understood.
	#[error("{path}: {reason}", path = .path.display())]
	Format {
		/// The file.
		path: PathBuf,
		/// What, with key and line.
		reason: String,
	},
	/// A value is none that can be.
	#[error("{path}: `{key}` is {value}, but must be {allowed}", path = .path.display())]
	Value {
		/// The file.
		path: PathBuf,
		/// Name of the value.
		key: &'static str,
		/// What it is.
		value: String,
		/// What it may be.
		allowed: String,
	},
	/// What is described cannot be run.
	#[error("{path}: {source}", path = .path.display())]
	Setup {
		/// The file.
		path: PathBuf,
		/// Why.
		source: Box<SetupError>,
	},
}

/// A parachain, ready to be run.
pub struct ForeignPara {
	/// Its id.
	pub id: ParaId,
	/// Cores that it has.
	pub cores: u32,
	/// Its validation function at genesis.
	pub code: ValidationCode,
	/// Who builds its blocks.
	pub producer: Box<dyn BlockProducer>,
}

impl fmt::Debug for ForeignPara {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("ForeignPara")
			.field("id", &self.id)
			.field("cores", &self.cores)
			.field("code", &self.code.hash())
			.finish_non_exhaustive()
	}
}

impl ParaSpec {
	/// Reads a file: JSON if its name ends so, else TOML.
	///
	/// # Errors
	/// [`SpecError`] with the file, and the key and the line where there are some.
	pub fn read(path: &Path) -> Result<Self, SpecError> {
		let text = std::fs::read_to_string(path).map_err(|source| SpecError::Read {
			path: path.into(),
			source,
		})?;
		let format = |reason| SpecError::Format {
			path: path.into(),
			reason,
		};
		let is_json = path.extension().is_some_and(|extension| extension == "json");
		let spec: Self = match is_json {
			true => serde_json::from_str(&text).map_err(|error| {
				let line = text
					.lines()
					.nth(error.line().saturating_sub(1))
					.unwrap_or_default();
				format(format!("{error}: {}", line.trim()))
			})?,
			// Its message shows the line.
			false => {
				toml::from_str(&text).map_err(|error| format(error.to_string().trim_end().to_owned()))?
			}
		};
		spec.check(path)?;
		Ok(spec)
	}

	fn check(&self, path: &Path) -> Result<(), SpecError> {
		let wrong = |key, value: String, allowed: &str| SpecError::Value {
			path: path.into(),
			key,
			value,
			allowed: allowed.into(),
		};
		if !(1..=MAX_CORES).contains(&self.cores) {
			return Err(wrong(
				"cores",
				self.cores.to_string(),
				"at least 1 and at most 16",
			));
		}
		let is_adder = self.producer == Producer::Adder;
		if is_adder != self.code.is_none() {
			let value = self
				.code
				.as_ref()
				.map_or_else(|| "missing".into(), |code| code.display().to_string());
			let allowed = match is_adder {
				true => "left out: the adder has its own",
				false => "the file with the validation code",
			};
			return Err(wrong("code", value, allowed));
		}
		for secret in &self.keys {
			if AuraKey::of_secret(secret).is_err() {
				// A secret is not repeated.
				return Err(wrong("keys", "no secret".into(), "secrets as `//Alice` is one"));
			}
		}
		if let Some(head) = &self.genesis_head {
			if from_hex(head).is_err() {
				return Err(wrong("genesis-head", head.clone(), "hexadecimal text"));
			}
		}
		Ok(())
	}

	/// Makes the parachain that a file describes. Files that it names are beside it.
	///
	/// # Errors
	/// [`SpecError`].
	pub fn load(path: &Path, seed: u64, executor: &RuntimeExecutor) -> Result<ForeignPara, SpecError> {
		let spec = Self::read(path)?;
		let beside = |file: &Path| {
			let file = path.parent().unwrap_or_else(|| Path::new("")).join(file);
			let read = std::fs::read(&file);
			read.map(ValidationCode)
				.map_err(|source| SpecError::Read { path: file, source })
		};
		let setup = |source| SpecError::Setup {
			path: path.into(),
			source: Box::new(source),
		};
		let id = ParaId(spec.id);
		let (code, producer): (_, Box<dyn BlockProducer>) = match (&spec.code, spec.producer) {
			(Some(code), Producer::Substrate) => {
				let code = beside(code)?;
				let upgrade = spec
					.upgrade
					.as_ref()
					.map(|upgrade| {
						Ok(Upgrade {
							code: beside(&upgrade.code)?,
							at: upgrade.at,
							unchecked: upgrade.unchecked,
						})
					})
					.transpose()?;
				let config = spec
					.config(code.clone(), upgrade, seed, executor)
					.map_err(setup)?;
				let producer = Substrate::new(config, executor.clone()).map_err(setup)?;
				(code, Box::new(producer))
			}
			_ => (Adder::validation_code(), Box::new(Adder::default())),
		};
		spec.compare(&producer.genesis_head()).map_err(setup)?;
		Ok(ForeignPara {
			id,
			cores: spec.cores,
			code,
			producer,
		})
	}

	fn config(
		&self,
		code: ValidationCode,
		upgrade: Option<Upgrade>,
		seed: u64,
		executor: &RuntimeExecutor,
	) -> Result<SubstrateConfig, SetupError> {
		let preset = match &self.preset {
			Some(preset) => Some(preset.clone()),
			None => {
				let known = executor.presets(&code.0)?;
				let preset = PRESETS
					.into_iter()
					.find(|preset| known.iter().any(|known| known == preset));
				preset.map(str::to_owned)
			}
		};
		let mut config = SubstrateConfig::new(
			code,
			ParaId(self.id),
			Genesis {
				preset,
				patch: self.genesis.clone(),
				..Genesis::default()
			},
		);
		config.cores = u16::try_from(self.cores).unwrap_or(u16::MAX);
		if !self.keys.is_empty() {
			let keys = self
				.keys
				.iter()
				.filter_map(|secret| AuraKey::of_secret(secret).ok());
			config.keys = keys.flatten().collect();
		}
		let Workload { accounts, transfers } = config.workload;
		config.workload = Workload {
			accounts: self.workload.accounts.unwrap_or(accounts),
			transfers: self.workload.transfers.unwrap_or(transfers),
		};
		config.upgrade = upgrade;
		config.seed = seed;
		let Bounds { pov, fuel } = &mut config.bounds;
		let bounds = self.bounds;
		pov.base = bounds.pov_base.unwrap_or(pov.base);
		pov.per_extrinsic = bounds.pov_per_extrinsic.unwrap_or(pov.per_extrinsic);
		fuel.base = bounds.fuel_base.unwrap_or(fuel.base);
		fuel.per_extrinsic = bounds.fuel_per_extrinsic.unwrap_or(fuel.per_extrinsic);
		Ok(config)
	}

	fn compare(&self, found: &HeadData) -> Result<(), SetupError> {
		let expected = self.genesis_head.as_ref().and_then(|head| from_hex(head).ok());
		match expected {
			Some(expected) if expected != found.0 => Err(SetupError::GenesisHead {
				expected: to_hex(&expected, false),
				found: to_hex(&found.0, false),
			}),
			_ => Ok(()),
		}
	}
}

#[cfg(test)]
mod tests;
