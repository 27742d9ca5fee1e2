//! What went over the links of runs, as text.

use async_backing_devnet::{PerCandidate, RunReport};
use std::fmt;

/// Validators from which on a run's traffic is told unasked.
pub(crate) const MANY: u32 = 100;

/// Messages and bytes by kind, and what a validator heard of a candidate beside a full mesh and beside the bound of R-SD-6.
pub(crate) fn write(out: &mut impl fmt::Write, runs: &[RunReport]) -> fmt::Result {
	for run in runs {
		let params = run.params;
		writeln!(
			out,
			"\nmessages at max_candidate_depth {}, allowed_ancestry_len {}",
			params.max_candidate_depth, params.allowed_ancestry_len
		)?;
		writeln!(out, "  {:<28} {:>12} {:>16}", "kind", "messages", "bytes")?;
		for of in &run.traffic.kinds {
			writeln!(out, "  {:<28} {:>12} {:>16}", of.kind, of.messages, of.bytes)?;
		}
		let Some(per_candidate) = run.traffic.per_candidate else {
			continue;
		};
		let PerCandidate {
			messages,
			bytes,
			full_mesh_messages,
			full_mesh_bytes,
			seconded_bound,
		} = per_candidate;
		writeln!(
			out,
			"  a validator heard {messages:.2} messages, {bytes:.0} bytes, about a candidate; votes in a full mesh are \
			 {full_mesh_messages:.2}, {full_mesh_bytes:.0} bytes"
		)?;
		writeln!(
			out,
			"  a group may hear at most {seconded_bound} statements that second, at one relay parent (R-SD-6)"
		)?;
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::tests::run;
	use async_backing_devnet::{Traffic, TrafficOfKind};

	#[test]
	fn r_sd_6_traffic_is_told_by_kind_beside_a_full_mesh_and_the_bound() {
		let traffic = Traffic {
			kinds: vec![TrafficOfKind {
				kind: "statement".into(),
				messages: 1200,
				bytes: 168_000,
			}],
			per_candidate: Some(PerCandidate {
				messages: 1.5,
				bytes: 210.0,
				full_mesh_messages: 2.97,
				full_mesh_bytes: 415.8,
				seconded_bound: 125,
			}),
		};
		let run = RunReport {
			traffic,
			..run(4, 3, 6.0, 800)
		};
		let mut text = String::new();
		write(&mut text, &[run]).expect("fits");
		let expected = "
messages at max_candidate_depth 4, allowed_ancestry_len 3
  kind                             messages            bytes
  statement                            1200           168000
  a validator heard 1.50 messages, 210 bytes, about a candidate; votes in a full mesh are 2.97, 416 bytes
  a group may hear at most 125 statements that second, at one relay parent (R-SD-6)
";
		assert_eq!(text, expected);
	}
}
