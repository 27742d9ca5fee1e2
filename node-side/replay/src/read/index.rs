//! A folder of extrinsics with an index that says what the chain's nodes told of each block.

use super::{extrinsic::read_extrinsic, node::Node, rest::read_weight};
use crate::{Block, Inherent, ReadError, Told};
use async_backing_primitives::{
	CandidateEvent, CandidateHash, CandidateReceipt, CoreIndex, GroupIndex, HeadData,
};
use std::path::Path;

/// Whether this is an entry of such an index.
pub(super) fn is_entry(node: &Node<'_>) -> bool {
	node.find(&["extrinsicHash"]).is_some() && node.find(&["extrinsics"]).is_none()
}

/// Whether this can only be meant as such an entry, but lacks the extrinsic's hash.
pub(super) fn is_entry_without_hash(node: &Node<'_>) -> bool {
	let tells = |name| node.find(&[name]).is_some();
	tells("number") && ["chain", "events", "file"].into_iter().any(tells) && !tells("extrinsics")
}

/// Reads the block that an entry is about. Its extrinsic is `CHAIN-NUMBER.extrinsic.scale` beside the index, or the file that
/// the entry names.
pub(super) fn read_entry(node: &Node<'_>, folder: &Path) -> Result<Block, ReadError> {
	let told_hash = node.get(&["extrinsicHash"])?.hash()?;
	let number = node.get(&["number"])?.u32()?;
	let chain = node.find(&["chain"]).map(|chain| chain.text()).transpose()?;
	let named = node.find(&["file"]).map(|file| file.text()).transpose()?;
	let file = match named {
		Some(file) => file.to_owned(),
		None => format!("{}-{number}.extrinsic.scale", chain.unwrap_or("block")),
	};
	// An index names files beside it, and nothing else.
	let path = match Path::new(&file).file_name() {
		Some(name) => folder.join(name),
		None => return Err(node.not("the name of a file")),
	};
	let bytes = super::read_file(&path)?;
	let source = path.display().to_string();
	let inherent = read_extrinsic(&bytes).map_err(|error| ReadError::Extrinsic {
		place: source.clone(),
		source: error,
	})?;
	let success = node.find(&["success"]).filter(|success| success.value.is_array());
	// The inherent's is the second: the first extrinsic sets the time.
	let booked = success
		.and_then(|success| {
			let is_told_for_all = node
				.find(&["extrinsicsInBlock"])
				.and_then(|all| Some(all.value.as_array()?.len() == success.value.as_array()?.len()));
			let at = is_told_for_all
				.unwrap_or(false)
				.then(|| position(node))
				.flatten()
				.unwrap_or(0);
			success.item(at).ok()?.find(&["weight"])
		})
		.map(|weight| read_weight(&weight))
		.transpose()?;
	let hash_at = |names: &[&str]| node.find(names).map(|hash| hash.hash()).transpose();
	Ok(Block {
		source,
		chain: chain.map(str::to_owned),
		number: Some(number),
		hash: hash_at(&["hash"])?,
		parent_hash: hash_at(&["parentHash"])?,
		state_root: hash_at(&["stateRoot"])?,
		inherent: Some(Inherent {
			told_hash: Some(told_hash),
			..inherent
		}),
		events: match node.find(&["events"]) {
			Some(events) => Some(events.each(|event| told(&event))?),
			None => None,
		},
		booked,
	})
}

/// Where the inherent stands among the block's extrinsics.
fn position(node: &Node<'_>) -> Option<usize> {
	let hash = node.find(&["extrinsicHash"])?;
	let all = node.find(&["extrinsicsInBlock"])?;
	all.value.as_array()?.iter().position(|other| other == hash.value)
}

fn told(node: &Node<'_>) -> Result<Told, ReadError> {
	let receipt: CandidateReceipt = node.get(&["receipt"])?.decoded("a receipt of 324 bytes")?;
	let head = HeadData(node.get(&["headData"])?.bytes()?);
	let number = |name| node.find(&[name]).map(|number| number.u32()).transpose();
	let (core, group) = (number("core")?, number("group")?);
	let kind = node.get(&["kind"])?;
	let is_time_out = kind.text()? == "CandidateTimedOut";
	let has_core = core.is_some() && (group.is_some() || is_time_out);
	let (core, group) = (
		CoreIndex(core.unwrap_or_default()),
		GroupIndex(group.unwrap_or_default()),
	);
	let event = match kind.text()? {
		"CandidateBacked" => CandidateEvent::CandidateBacked(receipt, head, core, group),
		"CandidateIncluded" => CandidateEvent::CandidateIncluded(receipt, head, core, group),
		"CandidateTimedOut" => CandidateEvent::CandidateTimedOut(receipt, head, core),
		_ => return Err(kind.not("CandidateBacked, CandidateIncluded or CandidateTimedOut")),
	};
	let candidate_hash = node
		.find(&["candidateHash"])
		.map(|hash| hash.hash().map(CandidateHash));
	Ok(Told {
		event,
		candidate_hash: candidate_hash.transpose()?,
		has_core,
	})
}
