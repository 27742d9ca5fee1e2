//! A transfer from its fee to its events.

use crate::{ensure, row, Chain, Outcome, Row};
use serde_json::Value as Json;
use std::error::Error;
use subxt::{
	dynamic::{self, Value},
	rpcs::rpc_params,
	tx::TransactionStatus,
};
use subxt_signer::sr25519::{dev, Keypair};

/// What the transfer led to.
struct Transfer {
	fee: u128,
	sent_at: u64,
	included_at: u64,
	events: Vec<(String, String)>,
	steps: Vec<&'static str>,
}

pub(crate) async fn all(chain: &Chain) -> Vec<Row> {
	let mut rows = vec![row("nonce", nonce(chain)).await];
	let transfer = tokio::time::timeout(crate::PATIENCE, transfer(chain)).await;
	let transfer = transfer.unwrap_or_else(|_| Err("the transfer is not final in time".into()));
	let transfer = &transfer;
	let of = |check: fn(&Transfer) -> Outcome| async move {
		match transfer {
			Ok(transfer) => check(transfer),
			Err(error) => Err(error.to_string().into()),
		}
	};
	let told = |transfer: &Transfer| {
		ensure(transfer.fee > 0, "no fee")?;
		Ok(format!("{}", transfer.fee))
	};
	let sent = |transfer: &Transfer| Ok(transfer.steps.join(", "));
	let next = |transfer: &Transfer| {
		let Transfer { sent_at, included_at, .. } = transfer;
		// A block may have come between looking and sending.
		ensure((sent_at + 1..=sent_at + 2).contains(included_at), format!("sent at {sent_at}, included at {included_at}"))?;
		Ok(format!("sent at {sent_at}, included at {included_at}"))
	};
	rows.push(row("fee", of(told)).await);
	rows.push(row("transfer", of(sent)).await);
	rows.push(row("next block", of(next)).await);
	rows.push(row("events", of(events)).await);
	rows.push(row("dry run", dry_run(chain)).await);
	rows
}

fn call() -> dynamic_call::Call {
	dynamic_call::transfer(&dev::bob(), 12_345)
}

mod dynamic_call {
	use super::{dynamic, Keypair, Value};

	pub(super) type Call = subxt::tx::DynamicPayload<Vec<Value>>;

	pub(super) fn transfer(to: &Keypair, amount: u128) -> Call {
		let to = Value::unnamed_variant("Id", [Value::from_bytes(to.public_key().0)]);
		dynamic::tx("Balances", "transfer_keep_alive", vec![to, Value::u128(amount)])
	}
}

async fn nonce(chain: &Chain) -> Outcome {
	let account = dev::alice().public_key().to_account_id();
	let of_node: u64 = chain
		.rpc
		.request("system_accountNextIndex", rpc_params![account.to_string()])
		.await?;
	let at = chain.api.at_current_block().await?;
	let of_state = at.transactions().account_nonce(&account).await?;
	ensure(of_node >= of_state, format!("{of_node} below {of_state}"))?;
	Ok(of_node.to_string())
}

async fn best_number(chain: &Chain) -> Result<u64, Box<dyn Error + Send + Sync>> {
	let header: Json = chain.rpc.request("chain_getHeader", rpc_params![]).await?;
	let number = header["number"].as_str().unwrap_or_default();
	Ok(u64::from_str_radix(number.trim_start_matches("0x"), 16)?)
}

async fn transfer(chain: &Chain) -> Result<Transfer, Box<dyn Error + Send + Sync>> {
	let mut transactions = chain.api.transactions().await?;
	let signed = transactions
		.create_signed(&call(), &dev::alice(), Default::default())
		.await?;
	let fee = signed.partial_fee_estimate().await?;
	let sent_at = best_number(chain).await?;
	let mut progress = signed.submit_and_watch().await?;
	let mut steps = Vec::new();
	let included = loop {
		match progress.next().await.ok_or("the stream ends")?? {
			TransactionStatus::Validated => steps.push("validated"),
			TransactionStatus::Broadcasted => steps.push("broadcast"),
			TransactionStatus::InBestBlock(_) => steps.push("in a block"),
			TransactionStatus::InFinalizedBlock(included) => {
				steps.push("final");
				break included;
			}
			other => return Err(format!("{other:?}").into()),
		}
	};
	let events = included.wait_for_success().await?;
	let mut told = Vec::new();
	for event in events.iter() {
		let event = event?;
		let fields = event.decode_fields_unchecked_as::<Value>()?;
		told.push((format!("{}.{}", event.pallet_name(), event.event_name()), fields.to_string()));
	}
	let included_at = included.at().await?.block_number();
	Ok(Transfer { fee, sent_at, included_at, events: told, steps })
}

fn events(transfer: &Transfer) -> Outcome {
	let find = |name: &str| {
		let found = transfer.events.iter().find(|(event, _)| event == name);
		found.map(|(_, fields)| fields.clone()).ok_or(format!("no {name}"))
	};
	let amount = find("Balances.Transfer")?;
	ensure(amount.contains("12345"), amount)?;
	let paid = find("TransactionPayment.TransactionFeePaid")?;
	ensure(paid.contains(&transfer.fee.to_string()), format!("{paid}, but {} was told", transfer.fee))?;
	find("System.ExtrinsicSuccess")?;
	Ok(format!("{} events", transfer.events.len()))
}

async fn dry_run(chain: &Chain) -> Outcome {
	let mut transactions = chain.api.transactions().await?;
	let signed = transactions
		.create_signed(&call(), &dev::charlie(), Default::default())
		.await?;
	let validity = signed.validate().await?;
	ensure(validity.is_valid(), format!("{validity:?}"))?;
	let bytes = signed.encoded().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
	let outcome: String = chain
		.rpc
		.request("system_dryRun", rpc_params![format!("0x{bytes}")])
		.await?;
	ensure(outcome == "0x0000", outcome.clone())?;
	Ok(outcome)
}
