//! The scope of a tree as text: the lecture's fields, and what is in them.

use async_backing_fragment_tree::{drawing::short, Scope};
use async_backing_primitives::{Hash, RelayChainBlockInfo};

/// Tells a scope, field by field (R-SCO-1).
pub(super) fn told(scope: &Scope) -> String {
	let base = &scope.base_constraints().constraints;
	let ancestors = scope.ancestors().iter().map(block);
	let pending = scope.pending_availability().iter().map(|pending| {
		let is_in_scope = scope.in_scope(pending.relay_parent.hash).is_some();
		format!(
			"candidate {} on relay block {}, {}",
			brief(pending.candidate_hash.0),
			pending.relay_parent.number,
			if is_in_scope {
				"in scope"
			} else {
				"out of scope (R-SCO-5)"
			}
		)
	});
	let constraints = [
		format!("min_relay_parent_number {}", base.min_relay_parent_number),
		format!("max_pov_size {}", base.max_pov_size),
		format!(
			"ump_remaining {}, {} bytes",
			base.ump_remaining, base.ump_remaining_bytes
		),
		format!("required_parent head {}", brief(scope.required_parent_hash().0)),
		format!("validation_code_hash {}", brief(base.validation_code_hash.0)),
	];
	let fields = [
		("para", vec![scope.para().0.to_string()]),
		("relay_parent", vec![block(scope.relay_parent())]),
		("ancestors", ancestors.collect()),
		("pending_availability", pending.collect()),
		("base_constraints", constraints.into()),
		("max_depth", vec![scope.max_depth().to_string()]),
	];
	let mut text = String::new();
	for (name, lines) in fields {
		let lines = match lines.is_empty() {
			true => vec!["none".to_owned()],
			false => lines,
		};
		for (position, line) in lines.into_iter().enumerate() {
			let name = if position == 0 { name } else { "" };
			text += &format!("{name:<22}{line}\n");
		}
	}
	text
}

fn block(block: &RelayChainBlockInfo) -> String {
	format!(
		"relay block {}, hash {}, storage root {}",
		block.number,
		brief(block.hash),
		brief(block.storage_root)
	)
}

fn brief(hash: Hash) -> String {
	short(&format!("{hash:?}")).to_owned()
}
