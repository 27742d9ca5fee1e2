//! The inherent in JSON: candidates, bitfields, disputes, header of the parent.

use super::node::Node;
use crate::ReadError;
use async_backing_primitives::{
	CandidateCommitments, CandidateDescriptor, CandidateHash, CandidateReceipt, CommittedCandidateReceipt,
	DisputeStatement, DisputeStatementSet, HeadData, Header, InvalidDisputeStatementKind,
	OutboundHrmpMessage, ParaId, ValidDisputeStatementKind, ValidationCode, ValidatorIndex,
	ValidatorSignature, ValidityAttestation,
};
use codec::{DecodeAll, Encode};
use sp_runtime::{Digest, DigestItem};

/// An inherent whose bit lists are bytes: the services leave out how many bits there are.
#[derive(Clone, Debug)]
pub(super) struct RawInherent {
	pub(super) bitfields: Vec<(Vec<u8>, ValidatorIndex, ValidatorSignature)>,
	pub(super) candidates: Vec<RawCandidate>,
	pub(super) disputes: Vec<DisputeStatementSet>,
	pub(super) parent_header: Header,
}

#[derive(Clone, Debug)]
pub(super) struct RawCandidate {
	pub(super) candidate: CommittedCandidateReceipt,
	pub(super) votes: Vec<ValidityAttestation>,
	pub(super) indices: Vec<u8>,
}

pub(super) fn read_inherent(node: &Node<'_>) -> Result<RawInherent, ReadError> {
	Ok(RawInherent {
		bitfields: node.get(&["bitfields"])?.each(|bitfield| {
			let payload = bitfield.get(&["payload"])?;
			let bits = match payload.value.is_array() {
				true => payload.item(0)?.bits()?,
				false => payload.bits()?,
			};
			let index = ValidatorIndex(bitfield.get(&["validatorIndex"])?.u32()?);
			Ok((bits, index, signature(&bitfield.get(&["signature"])?)?))
		})?,
		candidates: node.get(&["backedCandidates"])?.each(|backed| {
			let candidate = backed.get(&["candidate"])?;
			Ok(RawCandidate {
				candidate: CommittedCandidateReceipt {
					descriptor: descriptor(&candidate.get(&["descriptor"])?)?,
					commitments: commitments(&candidate.get(&["commitments"])?)?,
				},
				votes: backed.get(&["validityVotes"])?.each(|vote| attestation(&vote))?,
				indices: backed.get(&["validatorIndices"])?.bits()?,
			})
		})?,
		disputes: match node.find(&["disputes"]) {
			Some(disputes) => disputes.each(|set| dispute(&set))?,
			None => Vec::new(),
		},
		parent_header: header(&node.get(&["parentHeader"])?)?,
	})
}

fn signature(node: &Node<'_>) -> Result<ValidatorSignature, ReadError> {
	node.decoded("a signature of 64 bytes")
}

pub(super) fn read_receipt(node: &Node<'_>) -> Result<CandidateReceipt, ReadError> {
	if node.value.is_string() {
		return node.decoded("a receipt of 324 bytes");
	}
	Ok(CandidateReceipt {
		descriptor: descriptor(&node.get(&["descriptor"])?)?,
		commitments_hash: node.get(&["commitmentsHash"])?.hash()?,
	})
}

/// A descriptor in the fields of version 1, or of versions 2 and 3, whichever the service's metadata had: 292 bytes in either
/// case (R-BIN-11).
fn descriptor(node: &Node<'_>) -> Result<CandidateDescriptor, ReadError> {
	let exactly = |names: &[&'static str], length: usize| -> Result<Vec<u8>, ReadError> {
		let field = node.get(names)?;
		let bytes = field.bytes()?;
		match bytes.len() == length {
			true => Ok(bytes),
			false => Err(field.not("bytes of the length that a descriptor has there")),
		}
	};
	let mut bytes = Vec::with_capacity(CandidateDescriptor::ENCODED_LEN);
	bytes.extend(node.get(&["paraId"])?.u32()?.to_le_bytes());
	bytes.extend(exactly(&["relayParent"], 32)?);
	let collator = node.find(&["collatorId", "collator"]);
	match collator {
		Some(_) => bytes.extend(exactly(&["collatorId", "collator"], 32)?),
		None => {
			let version = node.get(&["version"])?;
			bytes.push(match version.value.is_array() {
				true => version.item(0)?.small("a number of 8 bits")?,
				false => version.small("a number of 8 bits")?,
			});
			bytes.extend(
				node.get(&["coreIndex"])?
					.small::<u16>("a number of 16 bits")?
					.to_le_bytes(),
			);
			bytes.extend(node.get(&["sessionIndex"])?.u32()?.to_le_bytes());
			match node.find(&["schedulingSessionOffset"]) {
				Some(offset) => {
					bytes.push(offset.small("a number of 8 bits")?);
					bytes.extend(exactly(&["reserved1"], 24)?);
				}
				None => bytes.extend(exactly(&["reserved1"], 25)?),
			}
		}
	}
	bytes.extend(exactly(&["persistedValidationDataHash"], 32)?);
	bytes.extend(exactly(&["povHash"], 32)?);
	bytes.extend(exactly(&["erasureRoot"], 32)?);
	match (collator, node.find(&["schedulingParent"])) {
		(Some(_), _) => bytes.extend(exactly(&["signature"], 64)?),
		(None, Some(_)) => {
			bytes.extend(exactly(&["schedulingParent"], 32)?);
			bytes.extend(exactly(&["reserved2"], 32)?);
		}
		(None, None) => bytes.extend(exactly(&["reserved2"], 64)?),
	}
	bytes.extend(exactly(&["paraHead"], 32)?);
	bytes.extend(exactly(&["validationCodeHash"], 32)?);
	CandidateDescriptor::decode_all(&mut &bytes[..]).map_err(|_| node.not("a descriptor of 292 bytes"))
}

fn commitments(node: &Node<'_>) -> Result<CandidateCommitments, ReadError> {
	let code = node.find(&["newValidationCode"]);
	Ok(CandidateCommitments {
		upward_messages: node.get(&["upwardMessages"])?.each(|message| message.bytes())?,
		horizontal_messages: node.get(&["horizontalMessages"])?.each(|message| {
			Ok(OutboundHrmpMessage {
				recipient: ParaId(message.get(&["recipient"])?.u32()?),
				data: message.get(&["data"])?.bytes()?,
			})
		})?,
		new_validation_code: code.map(|code| code.bytes()).transpose()?.map(ValidationCode),
		head_data: HeadData(node.get(&["headData"])?.bytes()?),
		processed_downward_messages: node.get(&["processedDownwardMessages"])?.u32()?,
		hrmp_watermark: node.get(&["hrmpWatermark"])?.u32()?,
	})
}

fn attestation(node: &Node<'_>) -> Result<ValidityAttestation, ReadError> {
	match node.variant()? {
		(kind, Some(inner)) if kind == "implicit" => Ok(ValidityAttestation::Implicit(signature(&inner)?)),
		(kind, Some(inner)) if kind == "explicit" => Ok(ValidityAttestation::Explicit(signature(&inner)?)),
		_ => Err(node.not("an implicit or explicit vote")),
	}
}

fn dispute(node: &Node<'_>) -> Result<DisputeStatementSet, ReadError> {
	Ok(DisputeStatementSet {
		candidate_hash: CandidateHash(node.get(&["candidateHash"])?.hash()?),
		session: node.get(&["session"])?.u32()?,
		statements: node.get(&["statements"])?.each(|vote| {
			let index = ValidatorIndex(vote.item(1)?.u32()?);
			Ok((statement(&vote.item(0)?)?, index, signature(&vote.item(2)?)?))
		})?,
	})
}

fn statement(node: &Node<'_>) -> Result<DisputeStatement, ReadError> {
	use ValidDisputeStatementKind::*;
	let (side, Some(kind)) = node.variant()? else {
		return Err(node.not("a vote for or against validity"));
	};
	let (name, inner) = kind.variant()?;
	let hash = || match &inner {
		Some(inner) => inner.hash(),
		None => Err(kind.not("a relay parent")),
	};
	let valid = |kind| Ok(DisputeStatement::Valid(kind));
	match (side.as_str(), name.as_str()) {
		("valid", "explicit") => valid(Explicit),
		("valid", "backingseconded") => valid(BackingSeconded(hash()?)),
		("valid", "backingvalid") => valid(BackingValid(hash()?)),
		("valid", "approvalchecking") => valid(ApprovalChecking),
		("valid", "approvalcheckingmultiplecandidates") => {
			let Some(inner) = &inner else {
				return Err(kind.not("candidates"));
			};
			let hashes = inner.each(|hash| hash.hash().map(CandidateHash))?;
			let hashes = hashes
				.try_into()
				.map_err(|_| inner.not("at most 16 candidates"))?;
			valid(ApprovalCheckingMultipleCandidates(hashes))
		}
		("invalid", "explicit") => Ok(DisputeStatement::Invalid(InvalidDisputeStatementKind::Explicit)),
		_ => Err(node.not("a kind of dispute vote")),
	}
}

fn header(node: &Node<'_>) -> Result<Header, ReadError> {
	let digest = node.get(&["digest"])?;
	let logs = digest.find(&["logs"]).unwrap_or(digest);
	Ok(Header {
		parent_hash: node.get(&["parentHash"])?.hash()?,
		number: node.get(&["number"])?.u32()?,
		state_root: node.get(&["stateRoot"])?.hash()?,
		extrinsics_root: node.get(&["extrinsicsRoot"])?.hash()?,
		digest: Digest {
			logs: logs.each(|log| digest_item(&log))?,
		},
	})
}

fn digest_item(node: &Node<'_>) -> Result<DigestItem, ReadError> {
	// As SCALE, or `{type, value}`, or a variant.
	if node.value.as_str().is_some_and(|text| text.starts_with("0x")) {
		return node.decoded("an item of a digest");
	}
	let (kind, inner) = match (node.find(&["type"]), node.find(&["value"])) {
		(Some(kind), inner) => (super::node::plain(kind.text()?), inner),
		_ => node.variant()?,
	};
	if kind == "runtimeenvironmentupdated" {
		return Ok(DigestItem::RuntimeEnvironmentUpdated);
	}
	let Some(inner) = inner else {
		return Err(node.not("an item of a digest"));
	};
	if kind == "other" {
		return Ok(DigestItem::Other(inner.bytes()?));
	}
	let engine = inner.item(0)?;
	let id = match engine.text()? {
		text if text.starts_with("0x") => engine.bytes()?,
		text => text.as_bytes().to_vec(),
	};
	let id = <[u8; 4]>::try_from(id).map_err(|_| engine.not("the four bytes of an engine"))?;
	let bytes = inner.item(1)?.bytes()?;
	match kind.as_str() {
		"prerun" | "preruntime" => Ok(DigestItem::PreRuntime(id, bytes)),
		"consensus" => Ok(DigestItem::Consensus(id, bytes)),
		"seal" => Ok(DigestItem::Seal(id, bytes)),
		_ => Err(node.not("an item of a digest")),
	}
}

/// What bit lists of an inherent are encoded with.
pub(super) fn encode_bits(bytes: &[u8], bits: usize, into: &mut Vec<u8>) {
	codec::Compact(u32::try_from(bits).unwrap_or(u32::MAX)).encode_to(into);
	into.extend(bytes);
}
