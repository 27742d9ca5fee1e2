//! How a runtime is put together, by its metadata: the integrity tests of the pallets for whoever has the blob alone.

use super::{Finding, Level};
use async_backing_primitives::{
	keys,
	wiring::{fault_of, path, NEIGHBOURS},
};
use async_backing_runtime_metadata::{Metadata, Pallet};
use sp_io::hashing::twox_128;

/// Pallets whose storage parachains read: where they are defined, their name, an item with the key that it must have, and the
/// rule.
const NAMED: [(&str, &str, &str, [u8; 32], &str); 6] = [
	(
		path::CONFIGURATION,
		"Configuration",
		"ActiveConfig",
		keys::ACTIVE_CONFIG,
		"R-KEY-1",
	),
	(
		path::PARAS,
		"Paras",
		"Heads",
		keys::PARAS_HEADS,
		"R-KEY-2, R-KEY-3",
	),
	(
		path::DMP,
		"Dmp",
		"DownwardMessageQueueHeads",
		keys::DOWNWARD_MESSAGE_QUEUE_HEADS,
		"R-KEY-4",
	),
	(
		path::HRMP,
		"Hrmp",
		"HrmpChannels",
		keys::HRMP_CHANNELS,
		"R-KEY-5, R-KEY-6",
	),
	(
		path::UMP,
		"Ump",
		"RelayDispatchQueueSize",
		keys::RELAY_DISPATCH_QUEUE_SIZE,
		"R-KEY-8",
	),
	(path::BABE, "Babe", "CurrentSlot", keys::CURRENT_SLOT, "R-KEY-9"),
];

/// Names that tools look for.
const LOOKED_FOR: [(&str, &str); 4] = [
	(path::INCLUSION, "ParaInclusion"),
	(path::INHERENT, "ParaInherent"),
	(path::SCHEDULER, "ParaScheduler"),
	(path::SESSIONS, "ParaSessionInfo"),
];

/// Who has to be done with a block before sessions hand a change out.
const EARLIER: [&str; 7] = [
	path::CONFIGURATION,
	path::PARAS,
	path::SCHEDULER,
	path::DMP,
	path::UMP,
	path::HRMP,
	path::INCLUSION,
];

/// Checks names, order and neighbours of the pallets.
pub fn wiring(metadata: &Metadata) -> Vec<Finding> {
	let mut findings = Vec::new();
	for row in NAMED {
		findings.push(named(metadata, row));
	}
	for (path, name) in LOOKED_FOR {
		if let Some(pallet) = metadata.pallet(path) {
			findings.push(Finding::if_holds(
				pallet.name == name,
				Level::Warn,
				format!("name of `{path}`"),
				format!("`{name}`, by which tools find it"),
				format!("`{}`", pallet.name),
				"docs/guide/adopting.md",
			));
		}
	}
	findings.extend(order(metadata, path::SESSIONS, &EARLIER, "R-ABP-9"));
	findings.extend(order(metadata, path::PARAS, &[path::CONFIGURATION], "R-ABP-6"));
	findings.extend(inherent(metadata));
	for pallet in &metadata.pallets {
		findings.extend(neighbours(metadata, pallet));
	}
	findings
}

fn named(
	metadata: &Metadata,
	(path, name, item, key, rule): (&str, &str, &str, [u8; 32], &'static str),
) -> Finding {
	let what = format!("name of `{path}`");
	let expected = format!("`{name}`, at which parachains read `{item}`");
	let Some(pallet) = metadata.pallet(path) else {
		// Messages are optional.
		let level = match path {
			path::DMP | path::UMP | path::HRMP => Level::Warn,
			_ => Level::Fail,
		};
		return Finding::of(level, what, expected, "the runtime has no such pallet", rule);
	};
	let prefix = pallet.prefix.as_ref().unwrap_or(&pallet.name);
	let found = [twox_128(prefix.as_bytes()), twox_128(item.as_bytes())].concat();
	let right = pallet.name == name && found == key;
	let came = match *prefix == pallet.name {
		true => format!("`{}` (index {})", pallet.name, pallet.index),
		false => format!(
			"`{}` (index {}), its storage `{prefix}`",
			pallet.name, pallet.index
		),
	};
	Finding::if_holds(right, Level::Fail, what, expected, came, rule)
}

/// The pallet that is defined at `path` comes after these, as far as the runtime has them.
fn order(metadata: &Metadata, path: &str, earlier: &[&str], rule: &'static str) -> Option<Finding> {
	let place = |path: &str| {
		let at = |pallet: &Pallet| pallet.path.as_deref() == Some(path);
		metadata.pallets.iter().position(at)
	};
	let own = place(path)?;
	let describe = |place: usize| {
		let pallet = metadata.pallets.get(place)?;
		Some(format!("`{}` (index {})", pallet.name, pallet.index))
	};
	let late: Vec<_> = earlier
		.iter()
		.filter_map(|other| place(other).filter(|other| *other > own))
		.filter_map(describe)
		.collect();
	let own_name = describe(own)?;
	Some(Finding::if_holds(
		late.is_empty(),
		Level::Fail,
		format!("order of {own_name}"),
		match path {
			path::SESSIONS => {
				"behind the other pallets, which are done with a block before it hands sessions out"
			}
			_ => "behind the configuration, within whose limits its genesis is built",
		},
		match late.is_empty() {
			true => format!("place {} of {}", own.saturating_add(1), metadata.pallets.len()),
			false => format!(
				"before {}; hooks and genesis go by index under `#[frame_support::runtime]`, and by place in \
				 `construct_runtime!`",
				late.join(", ")
			),
		},
		rule,
	))
}

fn inherent(metadata: &Metadata) -> Option<Finding> {
	metadata.pallet(path::INCLUSION)?;
	let call = metadata.pallet(path::INHERENT);
	let enter = call.filter(|call| metadata.arguments(call, "enter").is_some());
	Some(Finding::if_holds(
		enter.is_some(),
		Level::Fail,
		"the parachains inherent",
		format!(
			"a pallet of `{}` whose call `enter` each block has",
			path::INHERENT
		),
		match enter {
			Some(pallet) => format!("`{}::enter`", pallet.name),
			None => "the runtime has none, so that no block could be made".into(),
		},
		"R-INC-1",
	))
}

/// Whether all items of a pallet's `Config` that are meant for pallets here are given these.
fn neighbours(metadata: &Metadata, pallet: &Pallet) -> Option<Finding> {
	let path = pallet.path.as_deref()?;
	if !EARLIER.contains(&path) && path != path::SESSIONS {
		return None;
	}
	let what = format!("whom `{}` speaks to", pallet.name);
	let expected = "the pallets of the runtime, each in its place";
	let read = if path == path::SESSIONS {
		"R-ABP-9"
	} else {
		"docs/guide/adopting.md"
	};
	let Some(neighbours) = pallet.constant::<Vec<(String, String, String)>>(NEIGHBOURS) else {
		return Some(Finding::of(
			Level::Warn,
			what,
			expected,
			format!("the metadata has no constant `{NEIGHBOURS}`; the pallets' integrity tests tell"),
			read,
		));
	};
	let pallets = metadata.wiring();
	let faults: Vec<_> = neighbours
		.iter()
		.filter_map(|(item, path, given)| fault_of(item, path, given, &pallets))
		.collect();
	Some(Finding::if_holds(
		faults.is_empty(),
		Level::Fail,
		what,
		expected,
		match faults.is_empty() {
			true => {
				let items: Vec<_> = neighbours.iter().map(|(item, ..)| item.as_str()).collect();
				items.join(", ")
			}
			false => faults.join("; "),
		},
		read,
	))
}
