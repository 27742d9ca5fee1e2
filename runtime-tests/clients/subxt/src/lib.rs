//! What subxt asks of a devnet, by its dynamic interface: nothing here was generated from a runtime.

mod chain;
mod collator;
mod parachains;
mod transactions;

use std::{error::Error, future::Future, time::Duration};
use subxt::{
	config::PolkadotConfig,
	rpcs::client::RpcClient,
	OnlineClient,
};

/// What became of a call: what was found, or why it failed.
pub type Outcome = Result<String, Box<dyn Error + Send + Sync>>;

/// A call of the matrix and what became of it.
#[derive(Debug)]
pub struct Row {
	/// Name of the call, as `calls.json` has it.
	pub call: String,
	/// What became of it.
	pub outcome: Outcome,
}

/// The list that every client works through.
const CALLS: &str = include_str!("../../calls.json");
/// How long one call may take: a change of governance waits for two sessions.
const PATIENCE: Duration = Duration::from_secs(180);
/// The para that is asked about.
const PARA: u32 = 2000;

/// A connection, as subxt has it and as it is.
struct Chain {
	api: OnlineClient<PolkadotConfig>,
	rpc: RpcClient,
	calls: serde_json::Value,
}

/// Works through the list at a devnet.
pub async fn run(url: &str) -> Vec<Row> {
	let chain = match connect(url).await {
		Ok(chain) => chain,
		Err(error) => {
			return vec![Row {
				call: "chain".into(),
				outcome: Err(error),
			}]
		}
	};
	let mut rows = Vec::new();
	macro_rules! rows {
		($($call:literal: $check:expr),* $(,)?) => { $( rows.push(row($call, $check).await); )* };
	}
	rows! {
		"chain": chain::name(&chain),
		"metadata": chain::metadata(&chain),
		"constants": chain::constants(&chain),
		"balance": chain::balance(&chain),
		"storage": chain::storage(&chain),
	}
	rows.extend(transactions::all(&chain).await);
	rows! {
		"best blocks": chain::best_blocks(&chain),
		"final blocks": chain::final_blocks(&chain),
		"storage subscription": chain::storage_subscription(&chain),
		"groups": parachains::groups(&chain),
		"cores": parachains::cores(&chain),
		"claim queue": parachains::claim_queue(&chain),
		"backing state": parachains::backing_state(&chain),
		"constraints": parachains::constraints(&chain),
		"pending candidates": parachains::pending_candidates(&chain),
		"candidate events": parachains::candidate_events(&chain),
		"governance": parachains::governance(&chain),
		"collator: subscriptions": collator::subscriptions(&chain),
		"collator: calls": collator::calls(&chain),
		"collator: runtime": collator::runtime(&chain),
		"collator: relay proof": collator::proof(&chain),
		"collator: version": collator::version(&chain),
		"methods": chain::methods(&chain),
	}
	rows
}

/// The names of all rows, in order.
pub fn calls() -> Vec<String> {
	let calls: serde_json::Value = serde_json::from_str(CALLS).unwrap_or_default();
	let rows = calls["rows"].as_array().cloned().unwrap_or_default();
	rows.iter().filter_map(|row| Some(row[0].as_str()?.to_owned())).collect()
}

async fn connect(url: &str) -> Result<Chain, Box<dyn Error + Send + Sync>> {
	let rpc = RpcClient::from_url(url).await?;
	Ok(Chain {
		api: OnlineClient::from_rpc_client(rpc.clone()).await?,
		rpc,
		calls: serde_json::from_str(CALLS)?,
	})
}

async fn row(call: &str, check: impl Future<Output = Outcome>) -> Row {
	let outcome = tokio::time::timeout(PATIENCE, check).await;
	Row {
		call: call.into(),
		outcome: outcome.unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}").into())),
	}
}

/// An error in words unless `condition` holds.
fn ensure(condition: bool, otherwise: impl Into<String>) -> Result<(), Box<dyn Error + Send + Sync>> {
	if condition {
		Ok(())
	} else {
		Err(otherwise.into().into())
	}
}
