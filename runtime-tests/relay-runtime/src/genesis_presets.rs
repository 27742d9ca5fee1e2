//! Named genesis configurations, each a patch over the default one.

use crate::{
	config::consensus::EPOCH_CONFIGURATION, AccountId, BabeConfig, Balance, BalancesConfig,
	ParaSchedulerConfig, RuntimeGenesisConfig, SessionConfig, SessionKeys, SudoConfig,
};
use alloc::{vec, vec::Vec};
use async_backing_primitives::{CoreIndex, HostConfiguration, ParaId};
use frame_support::build_struct_json_patch;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Two validators, Alice and Bob; `local_testnet` is the same.
pub const LOCAL_RUNTIME_PRESET: &str = "local";

/// Six validators, Alice to Ferdie: two backing groups of three.
pub const DEVNET_RUNTIME_PRESET: &str = "devnet";

/// The first parachain; smaller ids are reserved for parachains of the system.
const FIRST_PARA: u32 = 2000;

/// Pays for on-demand orders. Not a validator, and with a key whose signatures are deterministic.
pub const CUSTOMER: Ed25519Keyring = Ed25519Keyring::Alice;

/// What every account of a preset starts with.
const ENDOWMENT: Balance = 1 << 60;

/// The validators of the presets, in order.
const VALIDATORS: [(Sr25519Keyring, Ed25519Keyring); 6] = [
	(Sr25519Keyring::Alice, Ed25519Keyring::Alice),
	(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
	(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
	(Sr25519Keyring::Dave, Ed25519Keyring::Dave),
	(Sr25519Keyring::Eve, Ed25519Keyring::Eve),
	(Sr25519Keyring::Ferdie, Ed25519Keyring::Ferdie),
];

/// The validator's account and the session keys that it holds. One sr25519 key serves for all but GRANDPA.
fn validator(sr25519: Sr25519Keyring, ed25519: Ed25519Keyring) -> (AccountId, AccountId, SessionKeys) {
	let account = sr25519.to_account_id();
	let keys = SessionKeys {
		babe: sr25519.public().into(),
		grandpa: ed25519.public().into(),
		para_validator: sr25519.public().into(),
		para_assignment: sr25519.public().into(),
		authority_discovery: sr25519.public().into(),
	};
	(account.clone(), account, keys)
}

fn preset(validators: &[(Sr25519Keyring, Ed25519Keyring)]) -> serde_json::Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		babe: BabeConfig {
			epoch_config: EPOCH_CONFIGURATION
		},
		balances: BalancesConfig {
			balances: VALIDATORS
				.iter()
				.map(|(account, _)| account.to_account_id())
				.chain([CUSTOMER.to_account_id()])
				.map(|account| (account, ENDOWMENT))
				.collect::<Vec<_>>(),
		},
		session: SessionConfig {
			keys: validators
				.iter()
				.map(|(sr25519, ed25519)| validator(*sr25519, *ed25519))
				.collect::<Vec<_>>(),
		},
		// One core for each of the first parachains; their number is the configuration's default.
		para_scheduler: ParaSchedulerConfig {
			assignments: (0..HostConfiguration::default().num_cores)
				.map(|core| (CoreIndex(core), ParaId(FIRST_PARA + core)))
				.collect::<Vec<_>>(),
		},
		sudo: SudoConfig {
			key: Some(Sr25519Keyring::Alice.to_account_id())
		},
	})
}

/// The JSON patch named `id`, or `None` when there is no such preset.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		DEV_RUNTIME_PRESET => preset(&VALIDATORS[..1]),
		LOCAL_TESTNET_RUNTIME_PRESET | LOCAL_RUNTIME_PRESET => preset(&VALIDATORS[..2]),
		DEVNET_RUNTIME_PRESET => preset(&VALIDATORS),
		_ => return None,
	};
	serde_json::to_vec(&patch).ok()
}

/// The names that [`get_preset`] knows.
pub fn preset_names() -> Vec<PresetId> {
	vec![
		PresetId::from(DEV_RUNTIME_PRESET),
		PresetId::from(LOCAL_TESTNET_RUNTIME_PRESET),
		PresetId::from(LOCAL_RUNTIME_PRESET),
		PresetId::from(DEVNET_RUNTIME_PRESET),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_runtime::BuildStorage;

	/// Lays `patch` over `base`, object by object.
	fn merge(base: &mut serde_json::Value, patch: serde_json::Value) {
		match (base, patch) {
			(serde_json::Value::Object(base), serde_json::Value::Object(patch)) => {
				for (key, value) in patch {
					merge(base.entry(key).or_insert(serde_json::Value::Null), value);
				}
			}
			(base, patch) => *base = patch,
		}
	}

	#[test]
	fn each_preset_builds_a_state_with_its_validators() {
		let presets = [
			(DEV_RUNTIME_PRESET, 1),
			(LOCAL_RUNTIME_PRESET, 2),
			(LOCAL_TESTNET_RUNTIME_PRESET, 2),
			(DEVNET_RUNTIME_PRESET, 6),
		];
		assert_eq!(preset_names().len(), presets.len());
		for (name, validators) in presets {
			let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serialises");
			let patch = get_preset(&name.into()).expect("is named by preset_names");
			merge(&mut config, serde_json::from_slice(&patch).expect("is JSON"));
			let config: RuntimeGenesisConfig = serde_json::from_value(config).expect("deserialises");

			let mut state = sp_io::TestExternalities::new(config.build_storage().expect("builds"));
			state.execute_with(|| {
				assert_eq!(crate::Babe::authorities().len(), validators, "{name}");
				assert_eq!(crate::Grandpa::grandpa_authorities().len(), validators, "{name}");
				assert_eq!(crate::Session::validators().len(), validators, "{name}");
				assert_eq!(epoch_slots(), 50, "{name}");
			});
		}
		assert_eq!(get_preset(&"nonsense".into()), None);
	}

	fn epoch_slots() -> u64 {
		<crate::EpochLength as frame_support::traits::Get<u64>>::get()
	}
}
