//! Blocks as the public REST services tell them: `/blocks/N`, ranges of them, `/blocks/N/extrinsics-raw`, and the node's own
//! `chain_getBlock`.

use super::{
	bits, candidates,
	extrinsic::among_others,
	node::{plain, Node},
};
use crate::{Block, Booked, Inherent, ReadError, Told};
use async_backing_primitives::{CandidateEvent, CoreIndex, GroupIndex, HeadData};

/// Names of the pallet of the inherent over the years, as in [`plain`].
const INHERENT_PALLETS: [&str; 3] = ["parainherent", "parasinherent", "inclusioninherent"];
/// Names of the pallet whose events tell of candidates.
const INCLUSION_PALLETS: [&str; 4] = [
	"parainclusion",
	"parasinclusion",
	"inclusion",
	"parachainsinclusion",
];

/// Whether this is a block of such a service.
pub(super) fn is_block(node: &Node<'_>) -> bool {
	let block = unwrapped(node);
	block.find(&["extrinsics"]).is_some()
}

/// The block inside of what wraps it: an answer of JSON-RPC.
fn unwrapped<'a>(node: &Node<'a>) -> Node<'a> {
	let result = node.find(&["result"]).unwrap_or_else(|| node.clone());
	result.find(&["block"]).unwrap_or(result)
}

pub(super) fn read_block(node: &Node<'_>) -> Result<Block, ReadError> {
	let node = unwrapped(node);
	let header = node.find(&["header"]).unwrap_or_else(|| node.clone());
	let number = header.find(&["number"]).map(|number| number.u32()).transpose()?;
	let hash_at = |names: &[&str]| {
		let found = header.find(names).or_else(|| node.find(names));
		found.map(|hash| hash.hash()).transpose()
	};
	let mut block = Block {
		source: node.place.clone(),
		chain: node
			.find(&["chain", "specName", "network"])
			.and_then(|name| Some(name.text().ok()?.to_lowercase())),
		number,
		hash: hash_at(&["hash", "blockHash"])?,
		parent_hash: hash_at(&["parentHash"])?,
		state_root: hash_at(&["stateRoot"])?,
		..Block::default()
	};
	for extrinsic in node.get(&["extrinsics"])?.items()? {
		if extrinsic.value.is_string() {
			let read = among_others(&extrinsic.bytes()?).map_err(|source| ReadError::Extrinsic {
				place: extrinsic.place.clone(),
				source,
			})?;
			if let Some(inherent) = read {
				the_only(&extrinsic, &block)?;
				block.inherent = Some(inherent);
			}
			continue;
		}
		let Some((pallet, method)) = called(&extrinsic) else {
			return Err(extrinsic.not("an extrinsic with pallet and method"));
		};
		if INHERENT_PALLETS.contains(&pallet.as_str()) && method == "enter" {
			the_only(&extrinsic, &block)?;
			enter(&extrinsic, &mut block)?;
		}
	}
	let initialize = node
		.find(&["onInitialize"])
		.and_then(|hook| hook.find(&["events"]));
	let finalize = node.find(&["onFinalize"]).and_then(|hook| hook.find(&["events"]));
	for hook in [initialize, finalize].into_iter().flatten() {
		let told = events(&hook)?;
		if let Some(known) = &mut block.events {
			known.extend(told);
		}
	}
	Ok(block)
}

/// A block has one inherent (R-INC-1): of two, nobody could say which one is meant.
fn the_only(extrinsic: &Node<'_>, block: &Block) -> Result<(), ReadError> {
	match block.inherent {
		Some(_) => Err(extrinsic.not("one parachains inherent in a block, and not a second (R-INC-1)")),
		None => Ok(()),
	}
}

/// The inherent, its events, and what was booked for it.
fn enter(extrinsic: &Node<'_>, block: &mut Block) -> Result<(), ReadError> {
	let told_hash = extrinsic.find(&["hash"]).map(|hash| hash.hash()).transpose()?;
	if let Some(told) = extrinsic.find(&["events"]) {
		block.events = Some(events(&told)?);
		block.booked = booked(&told)?;
	}
	let args = extrinsic.get(&["args"])?;
	let args = args.find(&["data"]).unwrap_or(args);
	let raw = candidates::read_inherent(&args)?;
	let recovered = bits::recover(&raw, block.told(), told_hash);
	block.inherent = Some(Inherent {
		encodes_alike: recovered.bytes.as_ref().map(|_| true),
		data: recovered.data,
		bytes: recovered.bytes,
		told_hash,
		bits_unknown: recovered.unknown,
	});
	Ok(())
}

/// Pallet and method, in either form: `method: {pallet, method}`, or fields of their own.
fn called(node: &Node<'_>) -> Option<(String, String)> {
	let method = node.find(&["method", "call", "event"])?;
	let (pallet, name) = match method.value.as_str() {
		Some(name) => match name.split_once('.') {
			Some((pallet, name)) => (pallet.to_owned(), name.to_owned()),
			None => {
				let pallet = node.find(&["pallet", "section", "module", "palletName"])?;
				(pallet.text().ok()?.to_owned(), name.to_owned())
			}
		},
		None => {
			let pallet = method.find(&["pallet", "section", "module"])?;
			let name = method.find(&["method", "name", "call"])?;
			(pallet.text().ok()?.to_owned(), name.text().ok()?.to_owned())
		}
	};
	Some((plain(&pallet), plain(&name)))
}

fn events(node: &Node<'_>) -> Result<Vec<Told>, ReadError> {
	let mut told = Vec::new();
	for event in node.items()? {
		let Some((pallet, method)) = called(&event) else {
			return Err(event.not("an event with pallet and method"));
		};
		if INCLUSION_PALLETS.contains(&pallet.as_str()) && method.starts_with("candidate") {
			told.extend(candidate_event(&event, &method)?);
		}
	}
	Ok(told)
}

fn candidate_event(event: &Node<'_>, method: &str) -> Result<Option<Told>, ReadError> {
	let data = event.get(&["data", "fields"])?;
	let receipt = candidates::read_receipt(&data.item(0)?)?;
	let head = HeadData(data.item(1)?.bytes()?);
	let core = data.item(2).ok().map(|core| core.u32()).transpose()?;
	let group = data.item(3).ok().map(|group| group.u32()).transpose()?;
	let is_time_out = method == "candidatetimedout";
	let has_core = core.is_some() && (group.is_some() || is_time_out);
	let (core, group) = (
		CoreIndex(core.unwrap_or_default()),
		GroupIndex(group.unwrap_or_default()),
	);
	let event = match method {
		"candidatebacked" => CandidateEvent::CandidateBacked(receipt, head, core, group),
		"candidateincluded" => CandidateEvent::CandidateIncluded(receipt, head, core, group),
		"candidatetimedout" => CandidateEvent::CandidateTimedOut(receipt, head, core),
		_ => return Ok(None),
	};
	Ok(Some(Told {
		event,
		candidate_hash: None,
		has_core,
	}))
}

/// The weight in the event of success: one number on older chains, two on newer ones.
fn booked(events: &Node<'_>) -> Result<Option<Booked>, ReadError> {
	for event in events.items()? {
		if called(&event) != Some(("system".into(), "extrinsicsuccess".into())) {
			continue;
		}
		let data = event.get(&["data", "fields"])?;
		let first = data.item(0).unwrap_or(data);
		let info = first.find(&["dispatchInfo"]).unwrap_or(first);
		return match info.find(&["weight"]) {
			Some(weight) => read_weight(&weight).map(Some),
			None => Ok(None),
		};
	}
	Ok(None)
}

/// A weight, in either form.
pub(super) fn read_weight(weight: &Node<'_>) -> Result<Booked, ReadError> {
	match weight.find(&["refTime"]) {
		Some(time) => Ok(Booked {
			ref_time: time.number()?,
			proof_size: weight
				.find(&["proofSize"])
				.map(|size| size.number())
				.transpose()?,
		}),
		None => Ok(Booked {
			ref_time: weight.number()?,
			proof_size: None,
		}),
	}
}
