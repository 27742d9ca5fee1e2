//! What a Cumulus parachain is made from, and whether it can be run here.

use super::{runtime::relay_parent_offset, workload::Accounts};
use crate::SetupError;
use async_backing_collator::{FuelUse, PovSize};
use async_backing_primitives::{ParaId, ValidationCode};
use async_backing_relay_client::{signing, Genesis, RelayClient};
use async_backing_runtime_metadata::Blob;
use serde_json::{json, Map, Value};
use sp_core::{
	bytes::to_hex,
	crypto::{SecretStringError, Ss58Codec},
	ed25519, sr25519, Pair,
};
use sp_runtime::AccountId32;

/// The accounts that presets of the field know.
const USUAL_KEYS: [&str; 6] = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie"];

/// What each account of the workload has in the beginning.
const BALANCE: u64 = 1 << 60;

/// APIs that are asked, with the versions that have what is.
const APIS: [(&str, u32); 5] = [
	("Core", 4),
	("BlockBuilder", 6),
	("AuraApi", 1),
	("CollectCollationInfo", 2),
	("GenesisBuilder", 1),
];

/// A key that seals blocks.
#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "nobody has many")]
pub enum AuraKey {
	/// As almost everybody has.
	Sr25519(sr25519::Pair),
	/// As system parachains have where they began.
	Ed25519(ed25519::Pair),
}

impl std::fmt::Debug for AuraKey {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_tuple("AuraKey")
			.field(&to_hex(&self.public(), false))
			.finish()
	}
}

impl AuraKey {
	/// Both keys of a secret, as `//Alice` is one: which of them is an authority the runtime says.
	///
	/// # Errors
	/// It is none.
	pub fn of_secret(secret: &str) -> Result<[Self; 2], SecretStringError> {
		Ok([
			Self::Sr25519(sr25519::Pair::from_string(secret, None)?),
			Self::Ed25519(ed25519::Pair::from_string(secret, None)?),
		])
	}

	/// Those of the accounts that presets of the field know: Alice, Bob and so on.
	pub fn usual() -> Vec<Self> {
		let keys = USUAL_KEYS
			.iter()
			.filter_map(|secret| Self::of_secret(secret).ok());
		keys.flatten().collect()
	}

	/// The public key.
	pub fn public(&self) -> [u8; 32] {
		match self {
			Self::Sr25519(pair) => pair.public().0,
			Self::Ed25519(pair) => pair.public().0,
		}
	}

	/// Signs. Equal arguments give equal signatures.
	pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
		match self {
			Self::Sr25519(pair) => signing::sign(pair, message).0,
			Self::Ed25519(pair) => pair.sign(message).0,
		}
	}
}

/// Transfers of which blocks are made, where the runtime has balances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
	/// Accounts that send each other money. None, and there are no transfers.
	pub accounts: u32,
	/// Transfers in each block at most.
	pub transfers: u32,
}

impl Default for Workload {
	fn default() -> Self {
		Self {
			accounts: 8,
			transfers: 8,
		}
	}
}

/// An upgrade of the parachain's code while the run goes, told by the sudo pallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
	/// The code.
	pub code: ValidationCode,
	/// The parablock that announces it.
	pub at: u32,
	/// Whether the code may be of the version that the parachain has: it is not looked at then.
	pub unchecked: bool,
}

/// A transaction that somebody sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
	/// The parablock that has it.
	pub at: u32,
	/// Whether the sudo pallet makes the call, as root. If not, an account beside those of the workload signs it.
	pub root: bool,
	/// Where the pallet is defined.
	pub pallet: String,
	/// Name of the call.
	pub call: String,
	/// Its arguments, by their names.
	pub arguments: Value,
}

/// What a block takes at most. How fast a simulated machine executes follows from it; too little, and backers run out of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
	/// Bytes of a PoV.
	pub pov: PovSize,
	/// Fuel of the validation function.
	pub fuel: FuelUse,
}

impl Default for Bounds {
	/// A few times what the runtimes of `docs/interop.md` take.
	fn default() -> Self {
		Self {
			pov: PovSize {
				base: 64 * 1024,
				per_extrinsic: 2 * 1024,
			},
			fuel: FuelUse {
				base: 500_000_000,
				per_extrinsic: 5_000_000,
				..FuelUse::default()
			},
		}
	}
}

/// What a Cumulus parachain is made from.
#[derive(Clone, Debug)]
pub struct SubstrateConfig {
	/// Its runtime, which is its validation function as well; compressed or not.
	pub code: ValidationCode,
	/// Its id on the relay chain. Its genesis is told, where it has a place for it.
	pub para: ParaId,
	/// Cores that it has at most, which blocks say that pick one.
	pub cores: u16,
	/// Its genesis.
	pub genesis: Genesis,
	/// Whoever of these is the author of a slot seals the block.
	pub keys: Vec<AuraKey>,
	/// What is in its blocks.
	pub workload: Workload,
	/// The code that it changes to.
	pub upgrade: Option<Upgrade>,
	/// What is sent beside the workload.
	pub calls: Vec<Call>,
	/// Where all randomness comes from.
	pub seed: u64,
	/// What its blocks take at most.
	pub bounds: Bounds,
}

impl SubstrateConfig {
	/// One that seals with the [usual keys](AuraKey::usual).
	pub fn new(code: ValidationCode, para: ParaId, genesis: Genesis) -> Self {
		Self {
			code,
			para,
			cores: 1,
			genesis,
			keys: AuraKey::usual(),
			workload: Workload::default(),
			upgrade: None,
			calls: Vec::new(),
			seed: 0,
			bounds: Bounds::default(),
		}
	}
}

/// What a run lays over the genesis that was asked for: the para's id, the accounts of the workload, and who may upgrade.
pub(super) fn patch(
	base: &Value,
	para: ParaId,
	accounts: &Accounts,
	needs_root: bool,
) -> Result<Value, SetupError> {
	let mut patch = Map::new();
	if base.get("parachainInfo").is_some() {
		patch.insert("parachainInfo".into(), json!({ "parachainId": para.0 }));
	}
	let account = |public: [u8; 32]| AccountId32::from(public).to_ss58check();
	if let Some(balances) = base.get("balances") {
		let mut all = match &balances["balances"] {
			Value::Array(balances) => balances.clone(),
			_ => Vec::new(),
		};
		all.extend(accounts.publics().map(|public| json!([account(public), BALANCE])));
		patch.insert("balances".into(), json!({ "balances": all }));
	}
	if needs_root {
		base.get("sudo").ok_or(SetupError::NoSudo)?;
		patch.insert("sudo".into(), json!({ "key": account(accounts.root()) }));
	}
	Ok(Value::Object(patch))
}

/// Whether a parachain with this blob can upgrade to a code, as far as both say.
///
/// # Errors
/// [`SetupError`]: the code is none, the same, or of no later version although that is looked at.
pub(super) fn check_upgrade(blob: &Blob, code: &ValidationCode, upgrade: &Upgrade) -> Result<(), SetupError> {
	let next = Blob::read(&upgrade.code.0).map_err(SetupError::UpgradeBlob)?;
	if !next.exports.contains("validate_block") {
		return Err(SetupError::UpgradeNotAParachain);
	}
	if upgrade.code == *code {
		return Err(SetupError::UpgradeSame);
	}
	match (&blob.version, &next.version) {
		(Some(now), Some(next)) if !upgrade.unchecked => {
			let same_chain = now.spec_name == next.spec_name;
			match same_chain && next.spec_version > now.spec_version {
				true => Ok(()),
				false => Err(SetupError::UpgradeVersion {
					now: format!("{} {}", now.spec_name, now.spec_version),
					next: format!("{} {}", next.spec_name, next.spec_version),
				}),
			}
		}
		_ => Ok(()),
	}
}

/// What a code says of itself, if it is a parachain's runtime whose blocks can be built, as far as it says.
///
/// # Errors
/// [`SetupError`]: it is none. Nothing was executed.
pub(crate) fn read_code(code: &ValidationCode) -> Result<Blob, SetupError> {
	let mut blob = Blob::read(&code.0)?;
	// A parachain may have had many.
	blob.wasm = Vec::new();
	if !blob.exports.contains("validate_block") {
		return Err(SetupError::NotAParachain);
	}
	// One that does not say has to be asked.
	if blob
		.version
		.as_ref()
		.is_some_and(|version| !version.apis.is_empty())
	{
		check_apis(&blob)?;
	}
	Ok(blob)
}

fn check_apis(blob: &Blob) -> Result<(), SetupError> {
	for (name, expected) in APIS {
		let found = blob.api(name);
		if found.is_none_or(|found| found < expected) {
			return Err(SetupError::Api {
				name,
				expected,
				found,
			});
		}
	}
	Ok(())
}

/// Whether blocks can be built, and how many relay blocks the runtime demands on top of a relay parent.
pub(super) fn check(
	client: &RelayClient,
	blob: &Blob,
	para: ParaId,
	keys: &[AuraKey],
) -> Result<u32, SetupError> {
	let genesis = client.genesis_hash();
	let mut blob = blob.clone();
	blob.version = Some(client.call(genesis, "Core_version", ())?);
	check_apis(&blob)?;
	if blob.api("GetParachainInfo").is_some() {
		let found: ParaId = client.call(genesis, "GetParachainInfo_parachain_id", ())?;
		if found != para {
			return Err(SetupError::ParaId {
				expected: para,
				found,
			});
		}
	}
	if blob.api("SchedulingV3EnabledApi").is_some()
		&& client.call::<bool>(genesis, "SchedulingV3EnabledApi_scheduling_v3_enabled", ())?
	{
		return Err(SetupError::SchedulingV3);
	}
	let authorities: Vec<[u8; 32]> = client.call(genesis, "AuraApi_authorities", ())?;
	let is_ours = |authority: &[u8; 32]| keys.iter().any(|key| key.public() == *authority);
	match authorities.iter().any(is_ours) {
		true => Ok(relay_parent_offset(client, &blob, genesis)?),
		false => Err(SetupError::NoAuthority {
			authorities: authorities
				.iter()
				.map(|authority| to_hex(authority, false))
				.collect(),
		}),
	}
}
