//! What tools ask about parachains.

use crate::{ensure, Chain, Outcome, PARA};
use std::error::Error;
use subxt::{
	dynamic::{self, At, Value},
	OnlineClient, PolkadotConfig,
};
use subxt_signer::sr25519::dev;

/// A function of `ParachainHost`, with its answer decoded by the metadata.
async fn ask(chain: &Chain, function: &str, arguments: Vec<Value>) -> Result<Value<()>, Box<dyn Error + Send + Sync>> {
	let at = chain.api.at_current_block().await?;
	let call = dynamic::runtime_api_call::<_, Value>("ParachainHost", function, arguments);
	Ok(at.runtime_apis().call(call).await?)
}

fn para() -> Vec<Value> {
	vec![Value::u128(PARA.into())]
}

pub(crate) async fn groups(chain: &Chain) -> Outcome {
	let answer = ask(chain, "validator_groups", Vec::new()).await?;
	let groups = answer.at(0).ok_or("no groups")?;
	ensure(groups.at(1).is_some(), format!("{answer}"))?;
	ensure(answer.at(1).and_then(|info| info.at("group_rotation_frequency")).is_some(), format!("{answer}"))?;
	Ok(answer.to_string())
}

pub(crate) async fn cores(chain: &Chain) -> Outcome {
	let answer = ask(chain, "availability_cores", Vec::new()).await?;
	ensure(answer.at(1).is_some(), format!("{answer}"))?;
	Ok("two cores".into())
}

pub(crate) async fn claim_queue(chain: &Chain) -> Outcome {
	let answer = ask(chain, "claim_queue", Vec::new()).await?;
	ensure(answer.to_string().contains("2000"), format!("{answer}"))?;
	Ok(answer.to_string())
}

pub(crate) async fn backing_state(chain: &Chain) -> Outcome {
	let answer = ask(chain, "para_backing_state", para()).await?;
	let constraints = answer.at(0).and_then(|state| state.at("constraints"));
	ensure(constraints.is_some(), format!("{answer}"))?;
	Ok("with constraints".into())
}

pub(crate) async fn constraints(chain: &Chain) -> Outcome {
	let answer = ask(chain, "backing_constraints", para()).await?;
	let parent = answer.at(0).and_then(|constraints| constraints.at("min_relay_parent_number"));
	Ok(format!("min_relay_parent_number {}", parent.ok_or(format!("{answer}"))?))
}

pub(crate) async fn pending_candidates(chain: &Chain) -> Outcome {
	let mut blocks = chain.api.stream_blocks().await?;
	for _ in 0..30 {
		blocks.next().await.ok_or("the stream ends")??;
		let answer = ask(chain, "candidates_pending_availability", para()).await?;
		if let Some(candidate) = answer.at(0) {
			ensure(candidate.at("commitments").is_some(), format!("{candidate}"))?;
			return Ok("a receipt with commitments".into());
		}
	}
	Err("no candidate is pending in thirty blocks".into())
}

/// Fields of the first event of this name in a final block among the next ones.
async fn seen(
	api: &OnlineClient<PolkadotConfig>,
	pallet: &str,
	name: &str,
	within: usize,
) -> Result<(u64, Value<()>), Box<dyn Error + Send + Sync>> {
	let mut blocks = api.stream_blocks().await?;
	for _ in 0..within {
		let block = blocks.next().await.ok_or("the stream ends")??;
		let at = block.at().await?;
		let events = at.events().fetch().await?;
		for event in events.iter() {
			let event = event?;
			if event.pallet_name() == pallet && event.event_name() == name {
				return Ok((block.number(), event.decode_fields_unchecked_as::<Value>()?));
			}
		}
	}
	Err(format!("no {pallet}.{name} in {within} blocks").into())
}

pub(crate) async fn candidate_events(chain: &Chain) -> Outcome {
	let (number, _) = seen(&chain.api, "ParaInclusion", "CandidateIncluded", 30).await?;
	let events = ask(chain, "candidate_events", Vec::new()).await?;
	ensure(events.to_string().contains("Candidate") || events.at(0).is_none(), format!("{events}"))?;
	Ok(format!("in block {number}"))
}

pub(crate) async fn governance(chain: &Chain) -> Outcome {
	let before = ask(chain, "async_backing_params", Vec::new()).await?;
	let depth = before.at("max_candidate_depth").and_then(Value::as_u128).ok_or("no depth")?;
	let wanted = depth + 1;
	let ancestry = before.at("allowed_ancestry_len").and_then(Value::as_u128).ok_or("no length")?;
	let params = Value::named_composite([
		("max_candidate_depth", Value::u128(wanted)),
		("allowed_ancestry_len", Value::u128(ancestry)),
	]);
	let call = Value::named_variant("set_async_backing_params", [("params", params)]);
	let sudo = dynamic::tx("Sudo", "sudo", vec![Value::unnamed_variant("Configuration", [call])]);
	// Watched from outside: by blocks alone, beginning before it is sent.
	let api = chain.api.clone();
	let watcher = tokio::spawn(async move { seen(&api, "Configuration", "Activated", 400).await });
	let mut transactions = chain.api.transactions().await?;
	let events = transactions
		.sign_and_submit_then_watch_default(&sudo, &dev::alice())
		.await?
		.wait_for_finalized_success()
		.await?;
	let mut staged = false;
	for event in events.iter() {
		let event = event?;
		staged |= event.pallet_name() == "Configuration" && event.event_name() == "Staged";
	}
	ensure(staged, "no Configuration.Staged")?;
	let (number, _) = watcher.await??;
	let after = ask(chain, "async_backing_params", Vec::new()).await?;
	let now = after.at("max_candidate_depth").and_then(Value::as_u128);
	ensure(now == Some(wanted), format!("{after}"))?;
	Ok(format!("max_candidate_depth {depth} to {wanted}, in force from block {number}"))
}
