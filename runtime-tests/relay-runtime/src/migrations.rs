//! The pallets of asynchronous backing come to a chain that runs already, or are there in an older version.

use crate::Runtime;
use async_backing_primitives::HostConfiguration;
use frame_support::parameter_types;
use pallet_async_backing_configuration::migrations::StoreInitialConfiguration;
use pallet_async_backing_inclusion::migrations::ClaimQueuesByNumber;

parameter_types! {
	/// What a chain that had no configuration begins with.
	pub InitialConfiguration: HostConfiguration = HostConfiguration::default();
}

/// What an upgrade of a chain does that is without these pallets, beside noting their storage versions, which FRAME does,
/// or that has them in an older version.
pub type Migrations = (
	StoreInitialConfiguration<Runtime, InitialConfiguration>,
	ClaimQueuesByNumber<Runtime>,
);

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		genesis_presets, AllPalletsWithSystem, Configuration, Dmp, Hrmp, ParaInclusion, ParaScheduler,
		ParaSessionInfo, Paras, RuntimeGenesisConfig, System, Ump,
	};
	use async_backing_primitives::{
		keys,
		ports::{CoreScheduler, OnSessionChange, SessionChange},
		CoreIndex, ParaId,
	};
	use frame_support::{
		assert_ok,
		storage::unhashed,
		traits::{
			BeforeAllRuntimeMigrations, GetStorageVersion, OnRuntimeUpgrade, PalletInfoAccess, StorageVersion,
		},
	};
	use frame_system::RawOrigin;
	use sp_runtime::BuildStorage;

	fn prefix<P: PalletInfoAccess>() -> Vec<u8> {
		sp_io::hashing::twox_128(P::name().as_bytes()).to_vec()
	}

	/// The chain of the preset in its block 100, without anything of these pallets.
	fn chain_without_them() -> sp_io::TestExternalities {
		let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serialises");
		let patch = genesis_presets::get_preset(&genesis_presets::DEVNET_RUNTIME_PRESET.into());
		let patch: serde_json::Value =
			serde_json::from_slice(&patch.expect("it is a preset")).expect("it is JSON");
		for (key, value) in patch.as_object().expect("it is an object") {
			let fields = value.as_object().expect("a pallet's configuration is an object");
			for (field, value) in fields {
				config[key][field] = value.clone();
			}
		}
		let config: RuntimeGenesisConfig = serde_json::from_value(config).expect("deserialises");
		let mut storage = config.build_storage().expect("builds");
		let gone = [
			prefix::<Configuration>(),
			prefix::<Paras>(),
			prefix::<ParaScheduler>(),
			prefix::<Dmp>(),
			prefix::<Ump>(),
			prefix::<Hrmp>(),
			prefix::<ParaInclusion>(),
			prefix::<ParaSessionInfo>(),
		];
		storage
			.top
			.retain(|key, _| !gone.iter().any(|prefix| key.starts_with(prefix)));
		let mut chain = sp_io::TestExternalities::new(storage);
		chain.execute_with(|| System::set_block_number(100));
		chain
	}

	fn try_state_of_all() {
		for (pallet, state) in [
			("Configuration", Configuration::do_try_state()),
			("ParaSessionInfo", ParaSessionInfo::do_try_state()),
			("Paras", Paras::do_try_state()),
			("Dmp", Dmp::do_try_state()),
			("Ump", Ump::do_try_state()),
			("Hrmp", Hrmp::do_try_state()),
			("ParaScheduler", ParaScheduler::do_try_state()),
			("ParaInclusion", ParaInclusion::do_try_state()),
		] {
			assert_eq!(state, Ok(()), "{pallet}");
		}
	}

	#[test]
	fn r_key_1_a_chain_without_the_pallets_gets_them_and_serves_paras_from_the_next_session_on() {
		chain_without_them().execute_with(|| {
			assert_eq!(unhashed::get_raw(&keys::ACTIVE_CONFIG), None);
			AllPalletsWithSystem::before_all_runtime_migrations();
			<(Migrations, AllPalletsWithSystem)>::on_runtime_upgrade();
			assert_eq!(ParaInclusion::on_chain_storage_version(), StorageVersion::new(2));
			for version in [
				Configuration::on_chain_storage_version(),
				ParaSessionInfo::on_chain_storage_version(),
				Paras::on_chain_storage_version(),
				Dmp::on_chain_storage_version(),
				Ump::on_chain_storage_version(),
				Hrmp::on_chain_storage_version(),
				ParaScheduler::on_chain_storage_version(),
			] {
				assert_eq!(version, StorageVersion::new(1));
			}
			assert!(
				unhashed::get_raw(&keys::ACTIVE_CONFIG).is_some(),
				"R-KEY-1: parachains find it"
			);
			try_state_of_all();

			// Root brings a para and a core; the next session has validators.
			let code = async_backing_primitives::ValidationCode(vec![1; 20]);
			assert_ok!(Paras::trust_code(RawOrigin::Root.into(), code.clone()));
			assert_ok!(Paras::register(
				RawOrigin::Root.into(),
				ParaId(2000),
				vec![1].into(),
				code
			));
			let whole = vec![(
				pallet_async_backing_scheduler::CoreAssignment::Task(ParaId(2000)),
				pallet_async_backing_scheduler::PARTS_OF_A_CORE,
			)];
			let shares = whole.try_into().expect("one");
			assert_ok!(ParaScheduler::assign_core(
				RawOrigin::Root.into(),
				CoreIndex(0),
				0,
				None,
				shares
			));
			let config = HostConfiguration::default();
			for session_index in 1..=2 {
				<(Paras, ParaScheduler, ParaInclusion, Ump, Hrmp)>::on_session_change(&SessionChange {
					session_index,
					session_start: 101,
					validators: vec![sp_keyring::Sr25519Keyring::Alice.public().into(); 6],
					old_configuration: config.clone(),
					new_configuration: config.clone(),
					random_seed: [0; 32],
				});
			}
			try_state_of_all();
			let claims = <ParaScheduler as CoreScheduler>::claim_queue();
			assert_eq!(
				claims[&CoreIndex(0)],
				vec![ParaId(2000); config.scheduling_lookahead as usize]
			);
		});
	}
}
