//! A run of the devnet, as a page shows it.

use crate::table;
use async_backing_devnet::{Authoring, Fate, RunConfig, RunReport, Story, ToldParablock};
use async_backing_fragment_tree::drawing::State;
use async_backing_report::{
	Class, Moment, Para, Parablock, Parameter, Place, RelayBlock, Run, Traffic, Tree,
};
use std::time::Duration;

fn ms(at: Duration) -> u64 {
	u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}

/// The class that the page has for a fate.
fn class(fate: Fate) -> Class {
	match fate {
		Fate::Included => Class::Included,
		Fate::InFlight => Class::InFlight,
		Fate::ForkLost => Class::ForkLost,
		Fate::RelayParentOutOfScope => Class::RelayParentOutOfScope,
		Fate::ParentLost => Class::ParentLost,
		Fate::SessionEnd => Class::SessionEnd,
		Fate::NoClaim => Class::NoClaim,
		Fate::BlockFull => Class::BlockFull,
		Fate::AvailabilityLate => Class::AvailabilityLate,
		Fate::Refused => Class::Refused,
	}
}

pub(super) fn of(story: &Story, config: &RunConfig, report: &RunReport) -> Run {
	let mut trees: Vec<_> = story.trees.iter().collect();
	trees.sort_by_key(|tree| (tree.drawing.para, tree.relay_block));
	Run {
		name: table::name(report),
		parameters: parameters(config, report),
		slot_ms: ms(config.model.slot),
		relay_blocks: story
			.relay_blocks
			.iter()
			.map(|block| RelayBlock {
				number: block.number,
				hash: format!("{:?}", block.hash),
				at_ms: ms(block.at),
				session: block.session,
				author: u32::try_from(block.author).ok(),
				is_best: block.is_best,
			})
			.collect(),
		paras: report
			.paras
			.iter()
			.map(|para| {
				let blocks = story.parablocks.iter().filter(|block| block.para.0 == para.id);
				Para {
					id: para.id,
					blocks: blocks.map(|block| parablock(block, story, config)).collect(),
					idle: para
						.idle
						.iter()
						.map(|idle| parameter(&idle.reason, idle.leaves))
						.collect(),
				}
			})
			.collect(),
		traffic: story
			.traffic
			.iter()
			.map(|traffic| Traffic {
				kind: traffic.kind.into(),
				messages: traffic.messages,
				bytes: traffic.bytes,
			})
			.collect(),
		trees: trees
			.into_iter()
			.map(|tree| Tree {
				para: tree.drawing.para.0,
				relay_block: tree.relay_block,
				title: tree.drawing.subtitle(),
				drawing: tree.drawing.figure(),
				places: tree
					.drawing
					.nodes
					.iter()
					.map(|node| Place {
						parent: node.parent,
						depth: node.depth,
						candidate: node.candidate.clone(),
						relay_parent: node.relay_parent,
						state: match node.state {
							State::Pending => "pending availability",
							State::Backable => "backable",
							State::Seconded => "seconded",
						}
						.into(),
						is_best: node.is_on_best_path,
					})
					.collect(),
			})
			.collect(),
	}
}

fn parablock(block: &ToldParablock, story: &Story, config: &RunConfig) -> Parablock {
	let moment = |position: Option<usize>| {
		let relay_block = position?;
		let at = story.relay_blocks.get(relay_block)?.at;
		Some(Moment {
			at_ms: ms(at),
			relay_block,
		})
	};
	Parablock {
		candidate: format!("{:?}", block.candidate.0),
		height: block.height,
		relay_parent: block.relay_parent_number,
		core: Some(block.core.0),
		built_ms: Some(ms(block.built)),
		seconded_ms: block.seconded.map(ms),
		backable_ms: block.backable.map(ms),
		backed: moment(block.backed),
		included: moment(block.included),
		timed_out: moment(block.timed_out),
		lost_ms: block.lost.map(ms),
		extrinsics: Some(block.extrinsics),
		pov_bytes: u64::try_from(block.pov_bytes).ok(),
		authoring_ms: Some(ms(config.model.extrinsic_cost.saturating_mul(block.extrinsics))),
		class: class(block.fate),
		reason: block.reason.clone(),
	}
}

fn parameter(name: &str, value: impl ToString) -> Parameter {
	Parameter {
		name: name.into(),
		value: value.to_string(),
	}
}

/// What a run follows from, and by what it is known again.
fn parameters(config: &RunConfig, report: &RunReport) -> Vec<Parameter> {
	let model = &config.model;
	let millis = |at: Duration| format!("{} ms", at.as_millis());
	let authoring = match config.authoring {
		Authoring::Lookahead => "lookahead",
		Authoring::SlotBased => "slot-based",
	};
	let session_length = model.session_length;
	let mut all = vec![
		parameter("seed", config.seed),
		parameter("relay blocks", report.relay_blocks),
		parameter("sessions", report.sessions),
		parameter("max_candidate_depth", config.params.max_candidate_depth),
		parameter("allowed_ancestry_len", config.params.allowed_ancestry_len),
		parameter("validators", config.validators),
		parameter("cores", config.cores()),
		parameter("paras", report.paras.len()),
		parameter("collators per para", config.collators_per_para),
		parameter("authoring", authoring),
		parameter("segment capacity", model.segment_capacity),
		parameter("velocity", model.velocity),
		parameter("backing votes", model.minimum_backing_votes),
		parameter("slot", millis(model.slot)),
		parameter("leaf everywhere after", millis(model.leaf_active_after)),
		parameter("link latency", millis(model.link_latency)),
		parameter("link jitter", millis(model.link_jitter)),
		parameter("bandwidth", format!("{} bytes/s", model.bandwidth)),
		parameter(
			"cost of an extrinsic",
			format!("{} us", model.extrinsic_cost.as_micros()),
		),
		parameter(
			"execution limit of backers",
			millis(model.backing_execution_limit),
		),
		parameter("bitfields after", millis(model.bitfield_after)),
		parameter("inherent after", millis(model.inherent_after)),
		parameter("collator's reserve", millis(model.collator_margin)),
	];
	if let Some(slots) = session_length {
		all.push(parameter("slots of a session", slots));
	}
	if config.on_demand > 0 {
		all.push(parameter("on-demand paras", config.on_demand));
	}
	all.push(parameter("best relay head", &report.head));
	all.push(parameter("hash of all events", &report.events));
	all.push(parameter("hash of the runtime", &report.runtime));
	all
}
