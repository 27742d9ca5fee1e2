//! Modifications that no candidate makes: what is left of the errors, and stacking.

use crate::{bridge, common::Random, paths::random_base};
use async_backing_primitives::*;
use std::{borrow::Cow, collections::BTreeMap};

const CASES: u32 = 50_000;

fn random_modifications(random: &mut Random, base: &Constraints) -> ConstraintModifications<'static> {
	let near = |random: &mut Random, limit: u32| (limit + random.below(3)).saturating_sub(1);
	let watermark = match random.below(3) {
		0 if !base.hrmp_inbound.valid_watermarks.is_empty() => {
			random.pick(&base.hrmp_inbound.valid_watermarks)
		}
		_ => random.below(26),
	};
	let used = random.below(3);
	let mut outbound: BTreeMap<ParaId, OutboundHrmpChannelModification> = BTreeMap::new();
	for _ in 0..used {
		let recipient = ParaId(random.below(6));
		let left = base
			.hrmp_channels_out
			.iter()
			.find(|(para, _)| *para == recipient)
			.map(|(_, limits)| *limits)
			.unwrap_or_default();
		let sent = OutboundHrmpChannelModification {
			bytes_submitted: near(random, left.bytes_remaining),
			messages_submitted: near(random, left.messages_remaining),
		};
		outbound.insert(recipient, sent);
	}
	let exact = random.flip();
	let count = |random: &mut Random, limit: u32| {
		if exact {
			random.below(limit + 1)
		} else {
			near(random, limit)
		}
	};
	ConstraintModifications {
		required_parent: random.option(|random| Cow::Owned(HeadData(random.bytes(3)))),
		hrmp_watermark: random.option(|random| {
			if random.flip() {
				HrmpWatermarkUpdate::Head(watermark)
			} else {
				HrmpWatermarkUpdate::Trunk(watermark)
			}
		}),
		outbound_hrmp: outbound.into_iter().collect(),
		ump_messages_sent: count(random, base.ump_remaining),
		ump_bytes_sent: count(random, base.ump_remaining_bytes),
		dmp_messages_processed: count(random, base.dmp_remaining_messages.len() as u32),
		code_upgrade_applied: random.one_in(4),
		code_upgrade_announced: false,
	}
}

#[test]
fn r_con_1_to_r_con_6_and_r_app_1_to_r_app_5_hand_made_modifications() {
	let mut random = Random::new(5);
	let mut seen = BTreeMap::<String, u32>::new();
	for _ in 0..CASES {
		let base = random_base(&mut random);
		let modifications = random_modifications(&mut random, &base);
		let there = bridge::constraints(&base);
		let same = bridge::modifications(&modifications);
		let case = format!("{base:?} {modifications:?}");
		let ours = base.apply_modifications(&modifications);
		let theirs = there.apply_modifications(&same);
		assert_eq!(
			ours.is_ok(),
			base.check_modifications(&modifications).is_ok(),
			"R-APP-1: {case}"
		);
		assert_eq!(theirs.is_ok(), there.check_modifications(&same).is_ok(), "{case}");
		let name = match (&ours, &theirs) {
			(Ok(ours), Ok(theirs)) => {
				bridge::assert_same_constraints(ours, theirs, &modifications, false, &case);
				"accepted".to_owned()
			}
			(Err(ours), Err(_)) => {
				let theirs = there.check_modifications(&same).expect_err("refused by both");
				let theirs = bridge::translate_modification(&theirs);
				let some_channel = bridge::is_about_a_channel(ours) && bridge::is_about_a_channel(&theirs);
				assert!(
					*ours == theirs || some_channel,
					"R-CON-1..5: ours {ours:?}, theirs {theirs:?}: {case}"
				);
				format!("{ours:?}")
					.split([' ', '(', '{'])
					.next()
					.unwrap_or_default()
					.to_owned()
			}
			_ => panic!("R-CON-1..5: ours {ours:?}, theirs {theirs:?}: {case}"),
		};
		*seen.entry(name).or_default() += 1;
	}
	println!("{seen:#?}");
	assert_eq!(seen.len(), 9, "R-CON-1..5: every error occurs: {seen:?}");
}

#[test]
fn r_mod_8_stacking_adds_up_as_there() {
	let mut random = Random::new(8);
	for _ in 0..CASES {
		let base = random_base(&mut random);
		let mut ours = random_modifications(&mut random, &base);
		let mut theirs = bridge::modifications(&ours);
		for _ in 0..3 {
			let next = random_modifications(&mut random, &base);
			let unchanged = match (ours.hrmp_watermark, next.hrmp_watermark) {
				(Some(old), Some(new)) => old.watermark() == new.watermark(),
				_ => false,
			};
			theirs.stack(&bridge::modifications(&next));
			ours.stack(&next);
			let mut expected = bridge::modifications(&ours);
			if unchanged {
				// Row 7: the variant of an unchanged watermark stays.
				expected.hrmp_watermark.clone_from(&theirs.hrmp_watermark);
				theirs.hrmp_watermark = bridge::modifications(&ours).hrmp_watermark;
				expected.hrmp_watermark.clone_from(&theirs.hrmp_watermark);
			}
			assert_eq!(expected, theirs, "R-MOD-8");
		}
	}
}
