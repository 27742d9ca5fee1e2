//! Fragments and stacks: the inclusion emulator.

use crate::{bytes, cases, decoded, list, name, number};
use codec::{Decode, Encode};
use polkadot_node_subsystem_util::inclusion_emulator as emulator;
use polkadot_primitives as theirs;
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// Their constraints, put together field by field.
fn constraints(base: &Value) -> emulator::Constraints {
	let channels = list(&base["hrmp_channels_out"]).map(|channel| {
		let limits = theirs::async_backing::OutboundHrmpChannelLimitations {
			bytes_remaining: number(&channel["bytes_remaining"]),
			messages_remaining: number(&channel["messages_remaining"]),
		};
		(theirs::Id::from(number(&channel["recipient"])), limits)
	});
	let future = &base["future_validation_code"];
	let same = theirs::async_backing::Constraints {
		min_relay_parent_number: number(&base["min_relay_parent_number"]),
		max_pov_size: number(&base["max_pov_size"]),
		max_code_size: number(&base["max_code_size"]),
		max_head_data_size: number(&base["max_head_data_size"]),
		ump_remaining: number(&base["ump_remaining"]),
		ump_remaining_bytes: number(&base["ump_remaining_bytes"]),
		max_ump_num_per_candidate: number(&base["max_ump_num_per_candidate"]),
		dmp_remaining_messages: list(&base["dmp_remaining_messages"]).map(number).collect(),
		hrmp_inbound: theirs::async_backing::InboundHrmpLimitations {
			valid_watermarks: list(&base["valid_watermarks"]).map(number).collect(),
		},
		hrmp_channels_out: channels.collect(),
		max_hrmp_num_per_candidate: number(&base["max_hrmp_num_per_candidate"]),
		required_parent: bytes(&base["required_parent"]).into(),
		validation_code_hash: decoded(&base["validation_code_hash"]),
		upgrade_restriction: (base["upgrade_restricted"] == true)
			.then_some(theirs::UpgradeRestriction::Present),
		future_validation_code: (!future.is_null())
			.then(|| (number(&future["at"]), decoded(&future["code_hash"]))),
	};
	same.into()
}

fn commitments(outputs: &Value) -> theirs::CandidateCommitments {
	let upward: Vec<Vec<u8>> = list(&outputs["upward_messages"]).map(bytes).collect();
	let horizontal: Vec<(u32, Vec<u8>)> = list(&outputs["horizontal_messages"])
		.map(|message| (number(&message["recipient"]), bytes(&message["data"])))
		.collect();
	let code = &outputs["new_validation_code"];
	let code = (!code.is_null()).then(|| bytes(code));
	// Their lists are of bounded types; the layout is that of plain ones.
	let encoded = (
		upward,
		horizontal,
		code,
		bytes(&outputs["head_data"]),
		number(&outputs["processed_downward_messages"]),
		number(&outputs["hrmp_watermark"]),
	);
	Decode::decode(&mut &encoded.encode()[..]).expect("the layout is the same")
}

fn block(block: &Value) -> emulator::RelayChainBlockInfo {
	emulator::RelayChainBlockInfo {
		hash: decoded(&block["hash"]),
		number: number(&block["number"]),
		storage_root: decoded(&block["storage_root"]),
	}
}

/// The validation data that a case tells, or those that hash as it says.
fn data(
	candidate: &Value,
	relay_parent: &Value,
	operating: &emulator::Constraints,
) -> Option<theirs::PersistedValidationData> {
	if let Some(told) = candidate.get("validation_data") {
		return Some(theirs::PersistedValidationData {
			parent_head: bytes(&told["parent_head"]).into(),
			relay_parent_number: number(&told["relay_parent_number"]),
			relay_parent_storage_root: decoded(&told["relay_parent_storage_root"]),
			max_pov_size: number(&told["max_pov_size"]),
		});
	}
	let expected = theirs::PersistedValidationData {
		parent_head: operating.required_parent.clone(),
		relay_parent_number: number(&relay_parent["number"]),
		relay_parent_storage_root: decoded(&relay_parent["storage_root"]),
		max_pov_size: u32::try_from(operating.max_pov_size).expect("it is small"),
	};
	let hash: theirs::Hash = decoded(&candidate["validation_data_hash"]);
	(expected.hash() == hash).then_some(expected)
}

/// The first word of an error.
fn kind(text: &str) -> &str {
	text.split([' ', '(', '{']).next().unwrap_or_default()
}

fn watermark(told: &Value) -> Option<u32> {
	["head", "trunk"]
		.iter()
		.find_map(|kind| told["hrmp_watermark"].get(kind).map(number))
}

/// Whether what a candidate changes is the same there.
fn assert_same(told: &Value, there: &emulator::ConstraintModifications, name: &str) {
	let sent: BTreeMap<u32, (u64, u64)> = list(&told["outbound_hrmp"])
		.map(|sent| {
			let sums = (
				u64::from(number(&sent["bytes"])),
				u64::from(number(&sent["messages"])),
			);
			(number(&sent["recipient"]), sums)
		})
		.collect();
	let there_sent: BTreeMap<u32, (u64, u64)> = there
		.outbound_hrmp
		.iter()
		.map(|(recipient, sent)| {
			(
				(*recipient).into(),
				(sent.bytes_submitted as u64, sent.messages_submitted as u64),
			)
		})
		.collect();
	assert_eq!(sent, there_sent, "R-MOD-3: {name}");
	let parent = there.required_parent.as_ref().map(|head| head.0.clone());
	let told_parent = (!told["required_parent"].is_null()).then(|| bytes(&told["required_parent"]));
	assert_eq!(told_parent, parent, "R-MOD-1: {name}");
	let there_watermark = there.hrmp_watermark.as_ref().map(|update| match update {
		emulator::HrmpWatermarkUpdate::Head(number) | emulator::HrmpWatermarkUpdate::Trunk(number) => *number,
	});
	assert_eq!(watermark(told), there_watermark, "R-MOD-2: {name}");
	assert_eq!(
		told["ump_messages_sent"],
		json!(there.ump_messages_sent),
		"R-MOD-4: {name}"
	);
	assert_eq!(
		told["ump_bytes_sent"],
		json!(there.ump_bytes_sent),
		"R-MOD-4: {name}"
	);
	assert_eq!(
		told["dmp_messages_processed"],
		json!(there.dmp_messages_processed),
		"R-MOD-5: {name}"
	);
	assert_eq!(
		told["code_upgrade_applied"],
		json!(there.code_upgrade_applied),
		"R-MOD-6: {name}"
	);
}

/// Refusals that ours has and the emulator has not: rows 1 and 3, and the extension (R-BASE-17).
const OURS_ALONE: [&str; 6] = [
	"WatermarkAheadOfRelayParent",
	"UmpMessageTooLarge",
	"HrmpMessageTooLarge",
	"UmpWhileOffboarding",
	"HrmpConsumptionOverflow",
	"CodeUpgradeRestricted",
];

#[test]
fn r_frg_1_to_r_frg_12_fragments() {
	let (mut accepted, mut refused, mut ours_alone, mut apart) = (0, 0, 0, 0);
	let families = ["check_fragment", "check_fragment_more"];
	for case in families.iter().flat_map(|family| cases(family, "check_fragment")) {
		let (question, answer, name) = (&case["question"], &case["answer"], name(&case));
		let candidate = &question["candidate"];
		let mut operating = constraints(&question["base"]);
		let mut path = Ok(());
		for above in list(&question["path"]) {
			let there = judge_above(&operating, above);
			path = path.and(there.map(|after| operating = after));
		}
		if path.is_err() {
			// Row 2: a watermark that stays where it is, which the emulator refuses.
			apart += 1;
			continue;
		}
		let outputs = commitments(&candidate["commitments"]);
		let Some(data) = data(candidate, &question["relay_parent"], &operating) else {
			assert_eq!(
				answer["refused"]["kind"], "PersistedValidationDataMismatch",
				"R-PVD-1: {name}"
			);
			continue;
		};
		let mut relay_parent = block(&question["relay_parent"]);
		if candidate["is_pending_availability"] == true {
			// Their callers lower the minimum instead.
			operating.min_relay_parent_number = operating.min_relay_parent_number.min(relay_parent.number);
		}
		relay_parent.number = number(&question["relay_parent"]["number"]);
		let code = decoded(&candidate["validation_code_hash"]);
		let there =
			emulator::Fragment::check_against_constraints(&relay_parent, &operating, &outputs, &code, &data);
		match (answer.get("ok"), there) {
			(Some(told), Ok(there)) => {
				assert_same(told, &there, &name);
				accepted += 1;
			}
			(None, Err(there)) => {
				refused += 1;
				let told = answer["refused"]["kind"].as_str().expect("it is refused");
				// What ours alone refuses with may stand before what they name.
				if !OURS_ALONE.contains(&told) || told == kind(&format!("{there:?}")) {
					assert_eq!(told, kind(&format!("{there:?}")), "{name}");
				}
			}
			(None, Ok(_)) => {
				let told = answer["refused"]["kind"].as_str().expect("it is refused");
				assert!(OURS_ALONE.contains(&told), "{name}: {told}");
				ours_alone += 1;
			}
			// Row 2: where the path left the watermark it may stay. Row 4: the separator and signals count there.
			(Some(_), Err(there)) => {
				let there = format!("{there:?}");
				let row = [
					"OutputsInvalid(DisallowedHrmpWatermark",
					"UmpMessagesPerCandidateOverflow",
				];
				assert!(row.iter().any(|row| there.starts_with(row)), "{name}: {there}");
				apart += 1;
			}
		}
	}
	println!("{accepted} accepted, {refused} refused, {ours_alone} refused here alone, {apart} there alone");
	assert!(
		accepted > 40 && refused > 50,
		"{accepted} accepted, {refused} refused"
	);
	assert!(apart < 20, "{apart} refused there alone");
}

/// Their constraints behind a candidate of the path, which is legal.
fn judge_above(operating: &emulator::Constraints, above: &Value) -> Result<emulator::Constraints, ()> {
	let relay_parent = emulator::RelayChainBlockInfo {
		hash: Default::default(),
		number: number(&above["relay_parent_number"]),
		storage_root: Default::default(),
	};
	let data = theirs::PersistedValidationData {
		parent_head: operating.required_parent.clone(),
		relay_parent_number: relay_parent.number,
		relay_parent_storage_root: Default::default(),
		max_pov_size: u32::try_from(operating.max_pov_size).map_err(drop)?,
	};
	let mut lenient = operating.clone();
	lenient.min_relay_parent_number = 0;
	let outputs = commitments(&above["commitments"]);
	let changes = emulator::Fragment::check_against_constraints(
		&relay_parent,
		&lenient,
		&outputs,
		&operating.validation_code_hash,
		&data,
	);
	operating
		.apply_modifications(&changes.map_err(drop)?)
		.map_err(drop)
}

/// Modifications in their form.
fn modifications(told: &Value) -> emulator::ConstraintModifications {
	let update = |kind: &str| told["hrmp_watermark"].get(kind).map(number);
	emulator::ConstraintModifications {
		required_parent: told
			.get("required_parent")
			.filter(|head| !head.is_null())
			.map(|head| bytes(head).into()),
		hrmp_watermark: update("head")
			.map(emulator::HrmpWatermarkUpdate::Head)
			.or(update("trunk").map(emulator::HrmpWatermarkUpdate::Trunk)),
		outbound_hrmp: list(&told["outbound_hrmp"])
			.map(|sent| {
				let sums = emulator::OutboundHrmpChannelModification {
					bytes_submitted: number(&sent["bytes"]) as usize,
					messages_submitted: number(&sent["messages"]) as usize,
				};
				(number(&sent["recipient"]).into(), sums)
			})
			.collect(),
		ump_messages_sent: number(&told["ump_messages_sent"]) as usize,
		ump_bytes_sent: number(&told["ump_bytes_sent"]) as usize,
		dmp_messages_processed: number(&told["dmp_messages_processed"]) as usize,
		code_upgrade_applied: told["code_upgrade_applied"] == true,
	}
}

#[test]
fn r_mod_8_stacks() {
	for case in cases("stacking", "stack") {
		// Their sums have 64 bits, so that nothing saturates.
		if case["rule"] == "R-PRE-2" {
			continue;
		}
		let mut there = emulator::ConstraintModifications::identity();
		for changes in list(&case["question"]["modifications"]) {
			there.stack(&modifications(changes));
		}
		assert_same(&case["answer"]["ok"], &there, &name(&case));
	}
}

#[test]
fn r_app_1_constraints_after_modifications() {
	let (mut applied, mut refused) = (0, 0);
	for case in cases("stacking", "apply") {
		let (question, answer, name) = (&case["question"], &case["answer"], name(&case));
		let there =
			constraints(&question["base"]).apply_modifications(&modifications(&question["modifications"]));
		match (answer.get("ok"), there) {
			(Some(told), Ok(there)) => {
				let told = constraints(&told["base"]);
				assert_eq!(told.required_parent, there.required_parent, "R-APP-2: {name}");
				assert_eq!(told.ump_remaining, there.ump_remaining, "R-APP-4: {name}");
				assert_eq!(
					told.ump_remaining_bytes, there.ump_remaining_bytes,
					"R-APP-4: {name}"
				);
				assert_eq!(
					told.dmp_remaining_messages, there.dmp_remaining_messages,
					"R-APP-4: {name}"
				);
				assert_eq!(told.hrmp_channels_out, there.hrmp_channels_out, "R-APP-4: {name}");
				assert_eq!(
					told.validation_code_hash, there.validation_code_hash,
					"R-APP-5: {name}"
				);
				assert_eq!(
					told.future_validation_code, there.future_validation_code,
					"R-APP-5: {name}"
				);
				// Row 2: ours keeps the watermark itself among the valid ones.
				let above = |constraints: &emulator::Constraints| {
					let moved = watermark(&question["modifications"]);
					let valid = constraints.hrmp_inbound.valid_watermarks.iter().copied();
					valid
						.filter(|number| moved.is_none_or(|moved| *number > moved))
						.collect::<Vec<_>>()
				};
				assert_eq!(above(&told), above(&there), "R-APP-3: {name}");
				applied += 1;
			}
			(None, Err(there)) => {
				let told = answer["refused"]["kind"].as_str().expect("it is refused");
				let there = format!("{there:?}");
				// Of several channels at fault they name any.
				let channel = |kind: &str| kind.starts_with("Hrmp") || kind == "NoSuchHrmpChannel";
				let same = told == kind(&there) || (channel(told) && channel(kind(&there)));
				assert!(same, "R-APP-1: {name}: {told}, but {there}");
				refused += 1;
			}
			(ours, there) => panic!("{name}: {ours:?}, but there {there:?}"),
		}
	}
	assert!(applied > 8 && refused > 8, "{applied} applied, {refused} refused");
}
