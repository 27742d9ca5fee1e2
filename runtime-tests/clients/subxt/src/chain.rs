//! What every Substrate chain is asked.

use crate::{ensure, Chain, Outcome};
use serde_json::Value as Json;
use subxt::{
	dynamic::{self, Value},
	rpcs::rpc_params,
	utils::AccountId32,
};
use subxt_signer::sr25519::dev;

pub(crate) async fn name(chain: &Chain) -> Outcome {
	let name: String = chain.rpc.request("system_chain", rpc_params![]).await?;
	let health: Json = chain.rpc.request("system_health", rpc_params![]).await?;
	ensure(health["isSyncing"] == false, format!("health {health}"))?;
	let at = chain.api.at_current_block().await?;
	ensure(at.spec_version() > 0, "no runtime version")?;
	ensure(at.genesis_hash() == Some(chain.api.genesis_hash()), "two genesis hashes")?;
	Ok(name)
}

pub(crate) async fn metadata(chain: &Chain) -> Outcome {
	let at = chain.api.at_current_block().await?;
	let metadata = at.metadata();
	let pallets = metadata.pallets().count();
	let apis = metadata.runtime_api_traits().count();
	for name in ["ParaInherent", "ParaInclusion", "ParaScheduler", "Configuration", "Sudo"] {
		ensure(metadata.pallet_by_name(name).is_some(), format!("no pallet {name}"))?;
	}
	ensure(apis > 10, format!("{apis} runtime APIs"))?;
	Ok(format!("{pallets} pallets, {apis} runtime APIs"))
}

pub(crate) async fn constants(chain: &Chain) -> Outcome {
	let at = chain.api.at_current_block().await?;
	let cores = at.constants().entry(dynamic::constant::<u32>("ParaScheduler", "MaxCores"))?;
	ensure(cores > 0, "no cores")?;
	Ok(format!("MaxCores {cores}"))
}

pub(crate) async fn balance(chain: &Chain) -> Outcome {
	let at = chain.api.at_current_block().await?;
	let address = dynamic::storage::<(AccountId32,), Value>("System", "Account");
	let account = at
		.storage()
		.fetch(address, (dev::alice().public_key().to_account_id(),))
		.await?
		.decode()?;
	let text = account.to_string();
	ensure(text.contains("free"), text.clone())?;
	Ok(text)
}

pub(crate) async fn storage(chain: &Chain) -> Outcome {
	let at = chain.api.at_current_block().await?;
	let address = dynamic::storage::<(AccountId32,), Value>("System", "Account");
	let entry = at.storage().entry(address)?;
	let mut accounts = entry.iter(()).await?;
	let mut count = 0;
	while let Some(account) = accounts.next().await {
		account?.value().decode()?;
		count += 1;
	}
	ensure(count >= 6, format!("{count} accounts"))?;
	Ok(format!("{count} accounts"))
}

pub(crate) async fn best_blocks(chain: &Chain) -> Outcome {
	let mut blocks = chain.api.stream_best_blocks().await?;
	// It begins with the last final block, and goes on with the best one.
	blocks.next().await.ok_or("the stream ends")??;
	let mut numbers: Vec<u64> = Vec::new();
	while numbers.len() < 3 {
		let block = blocks.next().await.ok_or("the stream ends")??;
		if let Some(last) = numbers.last() {
			ensure(block.number() == last + 1, format!("{} after {last}", block.number()))?;
		}
		numbers.push(block.number());
	}
	Ok(format!("{numbers:?}"))
}

pub(crate) async fn final_blocks(chain: &Chain) -> Outcome {
	let mut blocks = chain.api.stream_blocks().await?;
	let mut numbers: Vec<u64> = Vec::new();
	while numbers.len() < 3 {
		let block = blocks.next().await.ok_or("the stream ends")??;
		let best: Json = chain.rpc.request("chain_getHeader", rpc_params![]).await?;
		let best = u64::from_str_radix(best["number"].as_str().unwrap_or_default().trim_start_matches("0x"), 16)?;
		ensure(block.number() <= best, format!("{} is final, {best} the best", block.number()))?;
		if let Some(last) = numbers.last() {
			ensure(block.number() == last + 1, format!("{} after {last}", block.number()))?;
		}
		numbers.push(block.number());
	}
	Ok(format!("{numbers:?}"))
}

/// subxt has no subscription of its own for a value: it is that of the node.
pub(crate) async fn storage_subscription(chain: &Chain) -> Outcome {
	let at = chain.api.at_current_block().await?;
	let now = dynamic::storage::<(), u64>("Timestamp", "Now");
	let key = at.storage().entry(now)?.fetch_key(())?;
	let key = format!("0x{}", key.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
	let mut changes = chain
		.rpc
		.subscribe::<Json>("state_subscribeStorage", rpc_params![[key]], "state_unsubscribeStorage")
		.await?;
	let mut seen = Vec::new();
	while seen.len() < 3 {
		let change = changes.next().await.ok_or("the stream ends")??;
		let value = change["changes"][0][1].clone();
		ensure(!seen.contains(&value), format!("{value} twice"))?;
		seen.push(value);
	}
	Ok("Timestamp.Now, three times".into())
}

pub(crate) async fn methods(chain: &Chain) -> Outcome {
	let methods: Json = chain.rpc.request("rpc_methods", rpc_params![]).await?;
	let methods = methods["methods"].as_array().cloned().unwrap_or_default();
	for wanted in chain.calls["method_groups"].as_array().into_iter().flatten() {
		ensure(methods.contains(wanted), format!("no {wanted}"))?;
	}
	Ok(format!("{} methods", methods.len()))
}
