//! An execution context laid out for drawing, whatever it is drawn with.

use super::brief;
use async_backing_devnet::CandidateContexts;
use async_backing_execution_context::{
	approver::ApproverContext, ConstraintField, ExecutionContext, Known, Role, Source, Standing,
	ValidationData,
};
use async_backing_primitives::{BlockNumber, Constraints, HeadData, ParaId};

/// A value, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
	pub(crate) name: &'static str,
	pub(crate) value: String,
	pub(crate) source: Source,
}

/// A candidate between the included head and the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
	/// Hash of the candidate.
	pub(crate) candidate: String,
	/// Number of its relay parent.
	pub(crate) relay_parent: BlockNumber,
	pub(crate) standing: Standing,
}

/// A field of the constraints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
	/// Number of its rule, R-BASE.
	pub(crate) rule: u32,
	pub(crate) name: &'static str,
	/// What the relay chain's state says.
	pub(crate) base: String,
	/// What is left of it for the block, where candidates before it change it.
	pub(crate) left: Option<String>,
	/// Which of the candidates change it, counted from 1.
	pub(crate) changed_by: Vec<usize>,
	/// What in the relay chain's state it is derived from.
	pub(crate) origin: &'static str,
}

/// A context, laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
	pub(crate) role: Role,
	pub(crate) title: String,
	pub(crate) subtitle: String,
	/// Which relay parent and which parent, and who chose them.
	pub(crate) choices: Vec<Row>,
	/// Number of the relay block whose state has the base constraints, and hash of the included head; nobody needs them to
	/// approve.
	pub(crate) state: Option<(BlockNumber, String)>,
	pub(crate) path: Vec<Step>,
	/// Number of the relay parent.
	pub(crate) relay_parent: BlockNumber,
	pub(crate) limits: Vec<Limit>,
	/// What goes into execution beside the block.
	pub(crate) inputs: Vec<Row>,
	/// Hash of the validation data.
	pub(crate) hash: String,
	/// Whether that is the hash in the descriptor of the block; `None` without a block.
	pub(crate) is_in_descriptor: Option<bool>,
}

impl Picture {
	/// The context that somebody had for a block.
	pub(crate) fn of(context: &ExecutionContext, block: &CandidateContexts) -> Self {
		let by = match context.role {
			Role::Collator => "its collator builds it with",
			Role::Backer | Role::Approver => "its first backer checks it with",
		};
		let number = block.relay_parent.number;
		let mut picture = Self::laid_out(context, number);
		let title = format!(
			"Para {}, a block on relay block {number}: what {by}",
			context.para
		);
		picture.title = title;
		picture.subtitle = subtitle(block);
		let expected = block.receipt.descriptor.persisted_validation_data_hash();
		picture.is_in_descriptor = Some(context.validation_data.hash() == expected);
		picture
	}

	/// The context that a backer finds whose leaf is this relay block.
	pub(crate) fn asked(context: &ExecutionContext, relay_parent: BlockNumber, leaf: BlockNumber) -> Self {
		let mut picture = Self::laid_out(context, relay_parent);
		picture.title = format!(
			"Para {}, a block on relay block {relay_parent}: what a backer finds at leaf {leaf}",
			context.para
		);
		picture.subtitle =
			"whatever block a collator offers that names this relay parent and this parent".to_owned();
		picture
	}

	/// The context of whoever approves a block.
	pub(crate) fn of_approver(
		context: &ApproverContext,
		block: &CandidateContexts,
		included_in: BlockNumber,
	) -> Self {
		let number = block.relay_parent.number;
		let code = Known::new(
			format!(
				"{} ({} bytes)",
				brief(context.validation_code_hash.value.0),
				context.code.value.0.len()
			),
			context.code.source,
		);
		let pov = Row {
			name: "proof of validity",
			value: format!("{} bytes", context.available.pov.block_data.0.len()),
			source: Source::Availability,
		};
		let mut inputs = vec![row("validation code", code), pov];
		inputs.extend(data_rows(&context.validation_data));
		let expected = block.receipt.descriptor.persisted_validation_data_hash();
		let hash = context.validation_data.hash();
		Self {
			role: Role::Approver,
			title: format!(
				"Para {}, a block on relay block {number}: what an approver checks it again with",
				context.para
			),
			subtitle: format!("{}; included in relay block {included_in}", subtitle(block)),
			choices: choices(
				Known::new(brief(context.relay_parent.value), context.relay_parent.source),
				Known::new(
					brief(context.required_parent.value.0),
					context.required_parent.source,
				),
			),
			state: None,
			path: Vec::new(),
			relay_parent: number,
			limits: Vec::new(),
			inputs,
			hash: brief(hash),
			is_in_descriptor: Some(hash == expected),
		}
	}

	fn laid_out(context: &ExecutionContext, relay_parent: BlockNumber) -> Self {
		let state = match context.base.source {
			Source::State(number) => number,
			_ => relay_parent,
		};
		let code = Known::new(
			brief(context.validation_code_hash.value.0),
			context.validation_code_hash.source,
		);
		let mut inputs = vec![row("validation code", code)];
		inputs.extend(data_rows(&context.validation_data));
		Self {
			role: context.role,
			title: String::new(),
			subtitle: String::new(),
			choices: choices(
				Known::new(
					format!("{relay_parent} ({})", brief(context.relay_parent.value)),
					context.relay_parent.source,
				),
				Known::new(
					brief(context.required_parent.value.0),
					context.required_parent.source,
				),
			),
			state: Some((state, brief(context.included.0))),
			path: context
				.ancestors
				.iter()
				.map(|ancestor| Step {
					candidate: brief(ancestor.candidate.0),
					relay_parent: ancestor.relay_parent_number,
					standing: ancestor.standing,
				})
				.collect(),
			relay_parent,
			limits: limits(context),
			inputs,
			hash: brief(context.validation_data.hash()),
			is_in_descriptor: None,
		}
	}

	/// What is left and right of the arrow under a source: how it is called in the drawing.
	pub(crate) fn source(&self, source: Source) -> String {
		match source.candidate() {
			Some(candidate) => format!("{source} ({})", brief(candidate.0)),
			None => source.to_string(),
		}
	}
}

fn subtitle(block: &CandidateContexts) -> String {
	format!(
		"candidate {}, built on head {}",
		brief(block.candidate.0),
		brief(block.parent_head.0)
	)
}

fn choices(relay_parent: Known<String>, required_parent: Known<String>) -> Vec<Row> {
	vec![
		row("relay parent", relay_parent),
		row("required parent", required_parent),
	]
}

fn row(name: &'static str, known: Known<String>) -> Row {
	Row {
		name,
		value: known.value,
		source: known.source,
	}
}

fn data_rows(data: &ValidationData) -> [Row; 4] {
	[
		row(
			"parent_head",
			Known::new(head(&data.parent_head.value), data.parent_head.source),
		),
		row(
			"relay_parent_number",
			Known::new(
				data.relay_parent_number.value.to_string(),
				data.relay_parent_number.source,
			),
		),
		row(
			"relay_parent_storage_root",
			Known::new(
				brief(data.relay_parent_storage_root.value),
				data.relay_parent_storage_root.source,
			),
		),
		row(
			"max_pov_size",
			Known::new(data.max_pov_size.value.to_string(), data.max_pov_size.source),
		),
	]
}

fn head(head: &HeadData) -> String {
	format!("{} bytes, hash {}", head.0.len(), brief(head.hash().0))
}

fn limits(context: &ExecutionContext) -> Vec<Limit> {
	let (base, left) = (&context.base.value.constraints, &context.constraints.constraints);
	let limit = |field: ConstraintField| {
		let (base, left) = (value(field, base), value(field, left));
		let changes = context.ancestors.iter().zip(1..);
		Limit {
			rule: field.rule(),
			name: field.name(),
			left: (left != base).then_some(left),
			base,
			changed_by: changes
				.filter(|(ancestor, _)| field.is_changed_by(&ancestor.modifications))
				.map(|(_, number)| number)
				.collect(),
			origin: field.origin(),
		}
	};
	ConstraintField::ALL.into_iter().map(limit).collect()
}

/// A field, as short as it can be said.
fn value(field: ConstraintField, constraints: &Constraints) -> String {
	use ConstraintField::*;
	match field {
		MinRelayParentNumber => constraints.min_relay_parent_number.to_string(),
		MaxPovSize => constraints.max_pov_size.to_string(),
		MaxCodeSize => constraints.max_code_size.to_string(),
		MaxHeadDataSize => constraints.max_head_data_size.to_string(),
		UmpRemaining => constraints.ump_remaining.to_string(),
		UmpRemainingBytes => constraints.ump_remaining_bytes.to_string(),
		MaxUmpNumPerCandidate => constraints.max_ump_num_per_candidate.to_string(),
		DmpRemainingMessages => list(&constraints.dmp_remaining_messages, ToString::to_string),
		HrmpInbound => list(&constraints.hrmp_inbound.valid_watermarks, ToString::to_string),
		HrmpChannelsOut => list(
			&constraints.hrmp_channels_out,
			|(recipient, left): &(ParaId, _)| {
				format!(
					"{recipient}: {} in {} B",
					left.messages_remaining, left.bytes_remaining
				)
			},
		),
		MaxHrmpNumPerCandidate => constraints.max_hrmp_num_per_candidate.to_string(),
		RequiredParent => format!("head {}", brief(constraints.required_parent.hash().0)),
		ValidationCodeHash => brief(constraints.validation_code_hash.0),
		UpgradeRestriction => match constraints.upgrade_restriction {
			Some(_) => "present".to_owned(),
			None => "none".to_owned(),
		},
		FutureValidationCode => match constraints.future_validation_code {
			Some((at, code)) => format!("{} from {at}", brief(code.0)),
			None => "none".to_owned(),
		},
	}
}

/// The first few, and how many there are.
fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
	const SHOWN: usize = 3;
	let shown: Vec<_> = items.iter().take(SHOWN).map(show).collect();
	match items.len() {
		0 => "none".to_owned(),
		len if len > SHOWN => format!("{} and {} more", shown.join(", "), len - SHOWN),
		_ => shown.join(", "),
	}
}
