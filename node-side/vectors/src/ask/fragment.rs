//! Questions about places: whether a candidate fits there, and what it changes.

use super::refusal::{verdict, Answer, Refusal};
use crate::{
	error::at_most,
	json::{extended, Base, Block, Extension, Modifications, Outputs, ValidationData},
	Malformed,
};
use async_backing_primitives::{
	candidate_modifications, check_fragment, check_unconnected, BlockNumber, CandidateCommitments,
	ConstraintModifications, ExtendedConstraints, FragmentCandidate, Hash, Operating,
	PersistedValidationData, RelayChainBlockInfo, ValidationCodeHash, ValidationDataClaim,
};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// Longest path, as long as trees are deep.
const MAX_PATH: u64 = 256;

/// A candidate above.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Above {
	pub(crate) relay_parent_number: BlockNumber,
	pub(crate) commitments: Outputs,
}

/// A candidate as the check sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judged {
	pub(crate) commitments: Outputs,
	pub(crate) validation_code_hash: ValidationCodeHash,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) validation_data: Option<ValidationData>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) validation_data_hash: Option<Hash>,
	#[serde(default)]
	pub(crate) is_pending_availability: bool,
}

/// What the check borrows.
struct Parts {
	commitments: CandidateCommitments,
	data: Option<PersistedValidationData>,
	hash: Hash,
	code: ValidationCodeHash,
	is_pending: bool,
}

impl Judged {
	fn into_parts(self) -> Result<Parts, Malformed> {
		if self.validation_data.is_some() == self.validation_data_hash.is_some() {
			return Err(Malformed::ValidationData);
		}
		Ok(Parts {
			commitments: self.commitments.into(),
			data: self.validation_data.map(Into::into),
			hash: self.validation_data_hash.unwrap_or_default(),
			code: self.validation_code_hash,
			is_pending: self.is_pending_availability,
		})
	}
}

impl Parts {
	fn candidate(&self) -> FragmentCandidate<'_> {
		FragmentCandidate {
			commitments: &self.commitments,
			validation_code_hash: self.code,
			validation_data: match &self.data {
				Some(data) => ValidationDataClaim::Full(data),
				None => ValidationDataClaim::Hash(self.hash),
			},
			is_pending_availability: self.is_pending,
		}
	}
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckFragment {
	pub(crate) base: Base,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) extension: Option<Extension>,
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub(crate) path: Vec<Above>,
	pub(crate) relay_parent: Block,
	pub(crate) candidate: Judged,
}

impl CheckFragment {
	pub(super) fn answer(self) -> Answer {
		at_most("length of the path", self.path.len() as u64, MAX_PATH)?;
		let base = extended(self.base, self.extension)?;
		let stacked = stacked(&base, self.path)?;
		let parts = self.candidate.into_parts()?;
		let relay_parent = RelayChainBlockInfo::from(self.relay_parent);
		let operating = Operating::new(&base, &stacked);
		let judged = check_fragment(&relay_parent, &operating, &parts.candidate());
		verdict(judged, |changes| told(&changes))
	}
}

/// What a path changes, whether or not it is legal.
fn stacked(
	base: &ExtendedConstraints,
	path: Vec<Above>,
) -> Result<ConstraintModifications<'static>, Malformed> {
	let mut stacked = ConstraintModifications::default();
	for (position, above) in path.into_iter().enumerate() {
		let commitments = CandidateCommitments::from(above.commitments);
		let operating = Operating::new(base, &stacked);
		let changes = candidate_modifications(above.relay_parent_number, &operating, &commitments)
			.map(ConstraintModifications::into_owned)
			.map_err(|error| Malformed::Unfit {
				what: format!("candidate {position} of the path"),
				why: error.to_string(),
			})?;
		stacked.stack(&changes);
	}
	Ok(stacked)
}

fn told(changes: &ConstraintModifications<'_>) -> Value {
	json!(Modifications::from(changes))
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckUnconnected {
	pub(crate) base: Base,
	pub(crate) relay_parent: Block,
	pub(crate) candidate: Judged,
}

impl CheckUnconnected {
	pub(super) fn answer(self) -> Answer {
		let base = extended(self.base, None)?;
		let parts = self.candidate.into_parts()?;
		let relay_parent = RelayChainBlockInfo::from(self.relay_parent);
		let judged = check_unconnected(&relay_parent, &base, &parts.candidate());
		verdict(judged, |()| Value::from(true))
	}
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stack {
	pub(crate) modifications: Vec<Modifications>,
}

impl Stack {
	pub(super) fn answer(self) -> Answer {
		let mut stacked = ConstraintModifications::default();
		for changes in self.modifications {
			stacked.stack(&changes.try_into()?);
		}
		super::ok(told(&stacked))
	}
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Apply {
	pub(crate) base: Base,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) extension: Option<Extension>,
	pub(crate) modifications: Modifications,
}

impl Apply {
	pub(super) fn answer(self) -> Answer {
		let base = extended(self.base, self.extension)?;
		let changes = ConstraintModifications::try_from(self.modifications)?;
		match base.apply_modifications(&changes) {
			Err(error) => error.refused(),
			Ok(applied) => {
				let extension = applied.extension.as_ref().map(Extension::from);
				super::ok(json!({ "base": Base::from(&applied.constraints), "extension": extension }))
			}
		}
	}
}
