//! Time-outs of availability.

use super::{faults::made, random::Random, Case, VectorFile};
use serde_json::json;

pub(super) fn file() -> VectorFile {
	let mut cases = Vec::new();
	let mut ask =
		|rule, name: String, (start, frequency, period): (u32, u32, u32), backed_in: u32, at: u32| {
			let question = made(json!({
				"ask": "time_out",
				"session_start": start,
				"group_rotation_frequency": frequency,
				"paras_availability_period": period,
				"backed_in": backed_in,
				"at": at,
			}));
			cases.push(Case::new(rule, name, question));
		};
	for at in 10..=25 {
		ask(
			"R-TMO-1",
			format!("example: the window at {at}"),
			(10, 5, 2),
			10,
			at,
		);
	}
	for (backed_in, at) in [(11, 14), (12, 14), (13, 15), (14, 19), (15, 19)] {
		for at in [at - 1, at, at + 1] {
			ask(
				"R-TMO-4",
				format!("example: backed in {backed_in}, at {at}"),
				(10, 5, 2),
				backed_in,
				at,
			);
		}
	}
	ask(
		"R-PRE-2",
		"the last blocks that there are".into(),
		(u32::MAX - 2, 5, 2),
		u32::MAX - 1,
		u32::MAX,
	);
	ask(
		"R-TMO-1",
		"a period of 0 never opens the window".into(),
		(10, 5, 0),
		11,
		1000,
	);
	ask(
		"R-TMO-2",
		"a frequency of 0 leaves it open".into(),
		(10, 0, 2),
		11,
		13,
	);
	ask("R-TMO-1", "before the session".into(), (10, 5, 2), 3, 8);
	ask("R-TMO-1", "the block before the session".into(), (10, 5, 2), 3, 9);
	ask(
		"R-TMO-2",
		"a period longer than a rotation".into(),
		(10, 5, 7),
		11,
		17,
	);
	let mut random = Random::new(9);
	for n in 0..80 {
		let place = (random.below(50), random.within(1, 12), random.within(1, 12));
		let backed_in = place.0 + random.below(60);
		let at = backed_in + random.below(2 * place.2);
		ask("R-TMO-3", format!("random {n}"), place, backed_in, at);
	}
	VectorFile {
		family: "time_outs",
		about: "Whether block `at` looks for time-outs, whether it drops a candidate backed in `backed_in`, and which block will.",
		cases,
	}
}
