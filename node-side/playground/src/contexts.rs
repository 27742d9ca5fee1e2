//! What the next block behind a candidate has, and what a collator, a backer and an approver of the candidate itself have
//! (R-COL-1 to R-COL-4).

use crate::world::{code, World, PARAS};
use alloc::{
	borrow::ToOwned,
	format,
	string::{String, ToString},
	sync::Arc,
	vec,
	vec::Vec,
};
use async_backing_execution_context::{
	approver, collator, ConstraintField, ExecutionContext, Source, Standing, Unincluded,
};
use async_backing_primitives::{
	AvailableData, ConsensusHook, Constraints, ExpectParentIncluded, FixedCapacity, FixedVelocity, HeadHash,
	HookBlock, ParaId, RelaySlotInfo, SegmentError, ValidationCodeHash,
};
use core::num::NonZeroU32;
use serde::Serialize;

/// The three contexts, and what is left for the next block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contexts {
	/// Name of the candidate behind which the next block would stand, or of the included head.
	pub behind: String,
	/// The relay parent of that block: the leaf that is looked at.
	pub relay_parent: String,
	/// Candidates before it.
	pub depth: usize,
	/// Why there is no such block.
	pub refusal: Option<String>,
	/// The constraints, field by field.
	pub fields: Vec<Field>,
	/// What hooks of a parachain say of that block.
	pub hooks: Vec<Hook>,
	/// What a collator, a backer and an approver of the candidate have, and from where.
	pub roles: Vec<Role>,
}

/// A field of the constraints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
	/// Its name.
	pub name: &'static str,
	/// The rule that says where it is from.
	pub rule: String,
	/// At the included head.
	pub base: String,
	/// For the next block.
	pub left: String,
	/// Who changed it.
	pub by: Vec<String>,
}

/// What a hook says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hook {
	/// Its name, with its parameters.
	pub name: String,
	/// Whether a collator builds (R-HOO-3).
	pub builds: bool,
	/// What the chain says of the block, by the state of its relay parent (R-HOO-1, R-HOO-2).
	pub verdict: String,
}

/// A value of a context, as those have it who execute the candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Role {
	/// What it is.
	pub what: &'static str,
	/// What a collator has, and from where.
	pub collator: String,
	/// What a backer has.
	pub backer: String,
	/// What an approver has.
	pub approver: String,
}

/// What there is behind a candidate, or behind the best path, on a leaf.
pub(crate) fn shown(world: &World, leaf: usize, para: ParaId, at: Option<usize>) -> Contexts {
	let at = at.or_else(|| world.best_end(leaf, para));
	let Some(block) = world.blocks.get(leaf) else {
		return Contexts::default();
	};
	let included = block
		.paras
		.get(&para)
		.map(|state| state.head.hash())
		.unwrap_or_default();
	let (behind, parent) = match at.and_then(|at| world.candidates.get(at)) {
		Some(entry) => (entry.name.clone(), entry.candidate.output_head_hash()),
		None => ("the included head".to_owned(), included),
	};
	let mut contexts = Contexts {
		behind,
		relay_parent: block.name.clone(),
		roles: at.map(|at| roles(world, at)).unwrap_or_default(),
		..Contexts::default()
	};
	match world.view.context(para, block.info.hash, parent) {
		Ok(context) => {
			contexts.depth = context.depth();
			contexts.fields = fields(world, &context);
			contexts.hooks = hooks(world, &context, block.info.number.into());
		}
		Err(error) => contexts.refusal = Some(world.with_names(&error.to_string())),
	}
	contexts
}

fn fields(world: &World, context: &ExecutionContext) -> Vec<Field> {
	let all = ConstraintField::ALL.into_iter();
	all.map(|field| Field {
		name: field.name(),
		rule: format!("R-BASE-{}", field.rule()),
		base: value(world, field, &context.base.value.constraints),
		left: value(world, field, &context.constraints.constraints),
		by: context
			.sources(field)
			.filter_map(|source| source.candidate())
			.filter_map(|hash| world.position_of(hash))
			.map(|at| world.name(at))
			.collect(),
	})
	.collect()
}

/// A field in words.
fn value(world: &World, field: ConstraintField, of: &Constraints) -> String {
	use ConstraintField::*;
	let list = |numbers: &[u32]| match numbers {
		[] => "none".to_owned(),
		numbers => numbers
			.iter()
			.map(ToString::to_string)
			.collect::<Vec<_>>()
			.join(", "),
	};
	match field {
		MinRelayParentNumber => of.min_relay_parent_number.to_string(),
		MaxPovSize => of.max_pov_size.to_string(),
		MaxCodeSize => of.max_code_size.to_string(),
		MaxHeadDataSize => of.max_head_data_size.to_string(),
		UmpRemaining => of.ump_remaining.to_string(),
		UmpRemainingBytes => of.ump_remaining_bytes.to_string(),
		MaxUmpNumPerCandidate => of.max_ump_num_per_candidate.to_string(),
		DmpRemainingMessages => list(&of.dmp_remaining_messages),
		HrmpInbound => list(&of.hrmp_inbound.valid_watermarks),
		HrmpChannelsOut => {
			let channels = of.hrmp_channels_out.iter().map(|(recipient, left)| {
				let (messages, bytes) = (left.messages_remaining, left.bytes_remaining);
				format!("to {recipient}: {messages} messages, {bytes} bytes")
			});
			channels.collect::<Vec<_>>().join(", ")
		}
		MaxHrmpNumPerCandidate => of.max_hrmp_num_per_candidate.to_string(),
		RequiredParent => head_name(world, of.required_parent.hash()),
		ValidationCodeHash => code_name(of.validation_code_hash),
		UpgradeRestriction => if of.upgrade_restriction.is_some() {
			"present"
		} else {
			"none"
		}
		.to_owned(),
		FutureValidationCode => of.future_validation_code.map_or_else(
			|| "none".to_owned(),
			|(at, code)| format!("{} from {at}", code_name(code)),
		),
	}
}

fn head_name(world: &World, head: HeadHash) -> String {
	let of = world
		.candidates
		.iter()
		.find(|entry| entry.candidate.output_head_hash() == head);
	of.map_or_else(|| "genesis".to_owned(), |entry| format!("head of {}", entry.name))
}

fn code_name(hash: ValidationCodeHash) -> String {
	let of = PARAS.into_iter().find(|para| code(*para).hash() == hash);
	of.map_or_else(|| "other code".to_owned(), |para| format!("code of {para}"))
}

/// What the hooks say, each of the same block. Relay blocks are a slot apart, so their numbers are slots.
fn hooks(world: &World, context: &ExecutionContext, slot: u64) -> Vec<Hook> {
	let unincluded = u32::try_from(context.depth()).unwrap_or(u32::MAX);
	let latest = context.ancestors.last().map(|last| {
		let same = context.ancestors.iter().rev();
		let same = same.take_while(|before| before.relay_parent_number == last.relay_parent_number);
		RelaySlotInfo {
			slot: last.relay_parent_number.into(),
			authored: u32::try_from(same.count()).unwrap_or(u32::MAX),
		}
	});
	let block = HookBlock {
		parent: context.required_parent.value,
		included: Some(context.included),
		relay_slot: Some(slot),
		latest,
		para_slot: None,
	};
	let say = |name: String, hook: &dyn ConsensusHook| Hook {
		name,
		builds: hook.can_build_upon(unincluded, latest, slot),
		verdict: match hook.on_relay_state(&block) {
			// What the chain's segment says then (R-SEG-2).
			Ok(verdict) if unincluded >= verdict.capacity.get() => SegmentError::Full {
				length: unincluded,
				capacity: verdict.capacity.get(),
			}
			.to_string(),
			Ok(verdict) => format!("takes it; {} may be unincluded", verdict.capacity),
			Err(error) => world.with_names(&error.to_string()),
		},
	};
	let FixedVelocity { velocity, capacity } = world.hook;
	let fixed = NonZeroU32::new(capacity).unwrap_or(NonZeroU32::MIN);
	vec![
		say("ExpectParentIncluded".to_owned(), &ExpectParentIncluded),
		say(format!("FixedCapacity({fixed})"), &FixedCapacity(fixed)),
		say(format!("FixedVelocity({velocity}, {capacity})"), &world.hook),
	]
}

/// What those have who execute a candidate.
fn roles(world: &World, at: usize) -> Vec<Role> {
	let Some(entry) = world.candidates.get(at) else {
		return Vec::new();
	};
	let candidate = &entry.candidate;
	let para = candidate.para_id();
	let of_relay = |number: u32| format!("relay block {number}");
	let told = |value: String, source: Source| format!("{value} ({source})");
	let of = |context: Result<ExecutionContext, String>| -> [String; 5] {
		match context {
			Ok(context) => {
				let data = &context.validation_data;
				let left: usize = context.ancestors.len();
				[
					told(
						of_relay(data.relay_parent_number.value),
						context.relay_parent.source,
					),
					told(
						head_name(world, context.required_parent.value),
						context.required_parent.source,
					),
					told(format!("and what {left} before it take"), context.base.source),
					told(
						code_name(context.validation_code_hash.value),
						context.validation_code_hash.source,
					),
					told(
						format!("hash {}", short(&data.hash())),
						data.relay_parent_number.source,
					),
				]
			}
			Err(why) => core::array::from_fn(|row| if row == 0 { why.clone() } else { "–".to_owned() }),
		}
	};
	let collator = of(collators(world, at));
	let backer = world
		.view
		.context(para, candidate.relay_parent(), candidate.parent_head_hash());
	let backer = of(backer.map_err(|error| world.with_names(&error.to_string())));
	let available = AvailableData {
		pov: entry.pov.clone(),
		validation_data: candidate.validation_data().clone(),
	};
	let receipt = candidate.receipt().to_plain();
	let approver = match approver::context(&receipt, Arc::new(available), Arc::new(code(para))) {
		Ok(context) => {
			let data = &context.validation_data;
			[
				told(
					of_relay(data.relay_parent_number.value),
					context.relay_parent.source,
				),
				told(
					head_name(world, context.required_parent.value),
					context.required_parent.source,
				),
				"not needed: inclusion has judged".to_owned(),
				told(code_name(context.validation_code_hash.value), context.code.source),
				told(
					format!("hash {}", short(&data.hash())),
					data.relay_parent_number.source,
				),
			]
		}
		Err(error) => {
			let why = world.with_names(&error.to_string());
			core::array::from_fn(|row| if row == 0 { why.clone() } else { "–".to_owned() })
		}
	};
	let whats = [
		"relay parent",
		"required parent",
		"base constraints",
		"validation code",
		"validation data",
	];
	let columns = collator.into_iter().zip(backer).zip(approver);
	whats
		.into_iter()
		.zip(columns)
		.map(|(what, ((collator, backer), approver))| Role {
			what,
			collator,
			backer,
			approver,
		})
		.collect()
}

fn short(hash: &impl core::fmt::Debug) -> String {
	let digits = format!("{hash:?}");
	async_backing_fragment_tree::drawing::short(&digits).to_owned()
}

/// The context in which a collator built the candidate: at its relay parent, behind blocks of its own.
fn collators(world: &World, at: usize) -> Result<ExecutionContext, String> {
	let entry = world.candidates.get(at).ok_or("unknown")?;
	let para = entry.candidate.para_id();
	let relay = world.blocks.get(entry.relay_parent).ok_or("unknown")?;
	let state = relay.paras.get(&para).ok_or("unknown")?;
	let at_relay_parent = world.para_at(entry.relay_parent, para).ok_or("unknown")?;
	let mut own = Vec::new();
	let mut next = entry.on;
	while let Some(above) = next {
		let is_known = state.pending.iter().any(|pending| pending.candidate == above);
		let ancestor = world.candidates.get(above).ok_or("unknown")?;
		if is_known || ancestor.candidate.output_head_hash() == state.head.hash() {
			break;
		}
		own.push(above);
		next = ancestor.on;
	}
	own.reverse();
	let own = own
		.iter()
		.filter_map(|at| world.candidates.get(*at))
		.map(|entry| {
			let candidate = &entry.candidate;
			Unincluded {
				candidate: candidate.hash(),
				parent_head: candidate.parent_head_hash(),
				output_head: candidate.output_head_hash(),
				relay_parent: candidate.relay_parent(),
				relay_parent_number: candidate.relay_parent_number(),
				commitments: candidate.commitments(),
				standing: Standing::Executed,
			}
		});
	collator::context(para, relay.info, &at_relay_parent, own)
		.map_err(|error| world.with_names(&error.to_string()))
}
