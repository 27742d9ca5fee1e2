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
//!
//! [[calls]]                        # that somebody sends it
//! at = 12                          # parablock
//! root = true                      # by the sudo pallet; default: signed by an account that has money
//! pallet = "frame_system"          # where the pallet is defined
//! call = "remark"
//! arguments = { remark = "0x00" }
//!
//! [[downward]]                     # messages that the relay chain sends it
//! after = 5                        # relay blocks
//! message = "0x0102"
//!
//! [[channels]]                     # for messages to other paras, open from the next session on
//! to = 2000
//! capacity = 8                     # messages
//! size = 1024                      # bytes of one
//! ```
//!
//! The adder takes none of those that are about a runtime, from `preset` to `calls`.

mod check;
mod error;

pub use error::SpecError;

use crate::{
	substrate::read_code, Adder, AuraKey, Bounds, Call, SetupError, Substrate, SubstrateConfig, Upgrade,
	Workload,
};
use async_backing_collator::BlockProducer;
use async_backing_primitives::{HeadData, ParaId, ValidationCode};
use async_backing_relay_client::{Genesis, RuntimeExecutor};
use serde::Deserialize;
use serde_json::Value;
use sp_core::bytes::{from_hex, to_hex};
use std::{
	collections::BTreeMap,
	fmt,
	io::Read,
	path::{Path, PathBuf},
};

/// Presets that are taken if none is named, in this order.
const PRESETS: [&str; 2] = ["development", "local_testnet"];
/// Largest number of cores of one parachain.
pub const MAX_CORES: u32 = 16;
/// Most accounts of a workload: each has a key and a place in the genesis.
pub const MAX_ACCOUNTS: u32 = 10_000;
/// Most bytes of a file that is read: more than any chain takes as a code.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;

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
	/// What somebody sends it.
	#[serde(default)]
	pub calls: Vec<CallSpec>,
	/// What the relay chain sends it.
	#[serde(default)]
	pub downward: Vec<DownwardSpec>,
	/// Paras that it can send messages to.
	#[serde(default)]
	pub channels: Vec<ChannelSpec>,
}

/// A transaction.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CallSpec {
	/// Parablock that has it.
	pub at: u32,
	/// Whether the sudo pallet makes the call, as root.
	#[serde(default)]
	pub root: bool,
	/// Where the pallet is defined, as `pallet_balances`.
	pub pallet: String,
	/// Name of the call.
	pub call: String,
	/// Its arguments, by their names.
	#[serde(default)]
	pub arguments: Value,
}

/// A message of the relay chain.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DownwardSpec {
	/// Relay blocks before the one that sends it.
	pub after: u32,
	/// What it says, as hexadecimal text.
	pub message: String,
}

/// A channel for messages to another para.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChannelSpec {
	/// Who receives them.
	pub to: u32,
	/// Messages that wait in it at most.
	#[serde(default = "eight")]
	pub capacity: u32,
	/// Bytes of a message at most.
	#[serde(default = "kibibyte")]
	pub size: u32,
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

fn eight() -> u32 {
	8
}

fn kibibyte() -> u32 {
	1024
}

/// A parachain, ready to be run.
pub struct ForeignPara {
	/// The file that describes it.
	pub path: PathBuf,
	/// Its id.
	pub id: ParaId,
	/// Cores that it has.
	pub cores: u32,
	/// Its validation function at genesis.
	pub code: ValidationCode,
	/// Who builds its blocks.
	pub producer: Box<dyn BlockProducer>,
	/// What the relay chain sends it: after how many relay blocks, and the message as hexadecimal text.
	pub downward: Vec<(u32, String)>,
	/// Paras that it can send messages to.
	pub channels: Vec<ChannelSpec>,
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
		let unreadable = |source| SpecError::Read {
			path: path.into(),
			source,
		};
		let text = String::from_utf8(read(path)?)
			.map_err(|error| unreadable(std::io::Error::new(std::io::ErrorKind::InvalidData, error)))?;
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
		check::check(&spec, path)?;
		Ok(spec)
	}

	/// Makes the parachains that these files describe, ascending by their ids.
	///
	/// # Errors
	/// [`SpecError`], also if two are of one para. Nothing is made then.
	pub fn load_all(
		files: &[PathBuf],
		seed: u64,
		executor: &RuntimeExecutor,
	) -> Result<Vec<ForeignPara>, SpecError> {
		let mut ids: BTreeMap<u32, &Path> = BTreeMap::new();
		for file in files {
			let id = Self::read(file)?.id;
			if let Some(other) = ids.insert(id, file) {
				return Err(SpecError::SameId {
					path: file.clone(),
					id: ParaId(id),
					other: other.into(),
				});
			}
		}
		ids.into_values()
			.map(|file| Self::load(file, seed, executor))
			.collect()
	}

	/// Makes the parachain that a file describes. Files that it names are beside it.
	///
	/// # Errors
	/// [`SpecError`].
	pub fn load(path: &Path, seed: u64, executor: &RuntimeExecutor) -> Result<ForeignPara, SpecError> {
		let spec = Self::read(path)?;
		let beside = |file: &Path| {
			let file = path.parent().unwrap_or_else(|| Path::new("")).join(file);
			read(&file).map(ValidationCode)
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
			path: path.into(),
			id,
			cores: spec.cores,
			code,
			producer,
			downward: spec
				.downward
				.iter()
				.map(|sent| {
					(
						sent.after,
						to_hex(&from_hex(&sent.message).unwrap_or_default(), false),
					)
				})
				.collect(),
			channels: spec.channels,
		})
	}

	fn config(
		&self,
		code: ValidationCode,
		upgrade: Option<Upgrade>,
		seed: u64,
		executor: &RuntimeExecutor,
	) -> Result<SubstrateConfig, SetupError> {
		// Before anything of it is executed.
		read_code(&code)?;
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
		config.calls = self.calls.iter().map(CallSpec::call).collect();
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

impl ForeignPara {
	/// Whether its channels lead to other paras of a run that has these.
	///
	/// # Errors
	/// [`SpecError::NoSuchPara`].
	pub fn check_channels(&self, paras: &[ParaId]) -> Result<(), SpecError> {
		let mut receivers = self.channels.iter().map(|channel| ParaId(channel.to));
		match receivers.find(|to| !paras.contains(to)) {
			None => Ok(()),
			Some(to) => Err(SpecError::NoSuchPara {
				path: self.path.clone(),
				to,
			}),
		}
	}
}

impl CallSpec {
	fn call(&self) -> Call {
		Call {
			at: self.at,
			root: self.root,
			pallet: self.pallet.clone(),
			call: self.call.clone(),
			arguments: match &self.arguments {
				Value::Null => Value::Object(Default::default()),
				arguments => arguments.clone(),
			},
		}
	}
}

/// Reads a file that is no larger than what it can be of use.
fn read(path: &Path) -> Result<Vec<u8>, SpecError> {
	let unreadable = |source| SpecError::Read {
		path: path.into(),
		source,
	};
	let file = std::fs::File::open(path).map_err(unreadable)?;
	let bytes = file.metadata().map_err(unreadable)?.len();
	if bytes > MAX_FILE {
		return Err(SpecError::TooLarge {
			path: path.into(),
			bytes,
			max: MAX_FILE,
		});
	}
	let mut content = Vec::new();
	// What is no plain file may have more than it says.
	file.take(MAX_FILE)
		.read_to_end(&mut content)
		.map_err(unreadable)?;
	Ok(content)
}

#[cfg(test)]
mod tests;
