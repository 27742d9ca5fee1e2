//! What the relay-chain interface of a Cumulus collator asks over RPC (R-NET-140 to R-NET-142), method by method.

use crate::{ensure, Chain, Outcome};
use serde_json::{json, Value as Json};
use subxt::rpcs::rpc_params;

pub(crate) async fn subscriptions(chain: &Chain) -> Outcome {
	let mut found = Vec::new();
	for (subscribe, unsubscribe) in [
		("chain_subscribeAllHeads", "chain_unsubscribeAllHeads"),
		("chain_subscribeNewHeads", "chain_unsubscribeNewHeads"),
		("chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads"),
	] {
		let mut heads = chain.rpc.subscribe::<Json>(subscribe, rpc_params![], unsubscribe).await?;
		for _ in 0..2 {
			let head = heads.next().await.ok_or(format!("{subscribe} ends"))??;
			let number = head["number"].as_str().ok_or(format!("{subscribe}: {head}"))?;
			found.push(number.to_owned());
		}
	}
	Ok(found.join(" "))
}

pub(crate) async fn calls(chain: &Chain) -> Outcome {
	let genesis: String = chain.rpc.request("chain_getBlockHash", rpc_params![0]).await?;
	ensure(genesis == format!("{:?}", chain.api.genesis_hash()), genesis)?;
	let head: String = chain.rpc.request("chain_getHead", rpc_params![]).await?;
	let header: Json = chain.rpc.request("chain_getHeader", rpc_params![]).await?;
	ensure(header["digest"]["logs"].as_array().is_some_and(|logs| logs.len() >= 2), format!("{header}"))?;
	let last: String = chain.rpc.request("chain_getFinalizedHead", rpc_params![]).await?;
	// `:code`, and its hash.
	let code = "0x3a636f6465";
	let hash: Option<String> = chain.rpc.request("state_getStorageHash", rpc_params![code, &last]).await?;
	ensure(hash.is_some(), "no code")?;
	// System.Number
	let number = "0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac";
	let value: Option<String> = chain.rpc.request("state_getStorage", rpc_params![number, &head]).await?;
	ensure(value.is_some(), "no block number")?;
	let proof: Json = chain.rpc.request("state_getReadProof", rpc_params![[number], &head]).await?;
	ensure(proof["proof"].as_array().is_some_and(|nodes| !nodes.is_empty()), format!("{proof}"))?;
	// No child trie is there: the proof says so.
	let child = "0x3a6368696c645f73746f726167653a64656661756c743a00";
	let absent: Result<Json, _> = chain
		.rpc
		.request("state_getChildReadProof", rpc_params![child, ["0x00"], &head])
		.await;
	match absent {
		Ok(proof) => ensure(proof["proof"].is_array(), format!("{proof}"))?,
		Err(error) => ensure(error.to_string().contains("child"), error.to_string())?,
	}
	let health: Json = chain.rpc.request("system_health", rpc_params![]).await?;
	ensure(health["isSyncing"] == json!(false), format!("{health}"))?;
	Ok("all answered".into())
}

pub(crate) async fn runtime(chain: &Chain) -> Outcome {
	let head: String = chain.rpc.request("chain_getHead", rpc_params![]).await?;
	let mut count = 0;
	for call in chain.calls["collator_runtime"].as_array().into_iter().flatten() {
		let arguments = call[1].as_str().unwrap_or_default().replace("{head}", head.trim_start_matches("0x"));
		let answer: Result<String, _> = chain.rpc.request("state_call", rpc_params![&call[0], arguments, &head]).await;
		let answer = answer.map_err(|error| format!("{}: {error}", call[0]))?;
		ensure(answer.len() >= 4, format!("{}: {answer}", call[0]))?;
		count += 1;
	}
	Ok(format!("{count} calls"))
}

pub(crate) async fn proof(chain: &Chain) -> Outcome {
	let head: String = chain.rpc.request("chain_getHead", rpc_params![]).await?;
	let parts = &chain.calls["collator_proof"];
	for row in parts["there"].as_array().into_iter().flatten() {
		let value: Option<String> = chain.rpc.request("state_getStorage", rpc_params![&row[1], &head]).await?;
		ensure(value.is_some(), format!("no {}", row[0]))?;
	}
	let keys: Vec<&Json> = parts
		.as_object()
		.into_iter()
		.flat_map(|parts| parts.values())
		.filter_map(Json::as_array)
		.flatten()
		.map(|row| &row[1])
		.collect();
	let answer: Json = chain.rpc.request("state_getReadProof", rpc_params![&keys, &head]).await?;
	let nodes = answer["proof"].as_array().map_or(0, Vec::len);
	ensure(answer["at"] == json!(head) && nodes > 10, format!("{answer}"))?;
	Ok(format!("{} keys, {nodes} nodes", keys.len()))
}

pub(crate) async fn version(chain: &Chain) -> Outcome {
	let version: Json = chain.rpc.request("state_getRuntimeVersion", rpc_params![]).await?;
	// The first eight bytes of the Blake2 hash of `ParachainHost`.
	let host = version["apis"].as_array().into_iter().flatten().find(|api| api[0] == "0xaf2c0297a23e6d3d");
	let host = host.and_then(|api| api[1].as_u64()).ok_or(format!("{}", version["apis"]))?;
	ensure(host >= 13, format!("ParachainHost at {host}"))?;
	Ok(format!("ParachainHost at {host}"))
}
