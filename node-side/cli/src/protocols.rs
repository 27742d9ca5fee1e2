//! Nodes that speak older protocols among others, on the compiled runtime (R-NET-35, R-NET-99).

use crate::{
	rerun,
	runtime::{Runtime, RuntimeArgs},
};
use async_backing_devnet::RunReport;

/// Bytes of an index, which version 2 says beside a chunk and version 1 does not (R-NET-99).
const INDEX: u64 = 4;

fn report(runtime: &Runtime, more: &str) -> RunReport {
	let words = format!("--blocks 8 --validators 8 --seed 1 --extrinsic-cost-us 100000 {more}");
	let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
	let dev = rerun::dev(&words).expect(more);
	rerun::quietly(&dev, runtime).unwrap_or_else(|error| panic!("{more}: {error}"))
}

/// How many chunks were handed out, and their bytes.
fn chunks(report: &RunReport) -> (u64, u64) {
	let mut kinds = report.traffic.kinds.iter();
	let of = kinds.find(|kind| kind.kind == "chunk response");
	of.map_or((0, 0), |kind| (kind.messages, kind.bytes))
}

/// All that is included among nodes of one kind is among nodes of two, and chunks go in the version that both speak.
#[test]
fn r_net_35_old_and_new_nodes_hand_chunks_to_one_another() {
	let runtime = Runtime::of(&RuntimeArgs::default()).expect("these tests need the compiled runtime");
	let new = report(&runtime, "");
	let (count, bytes) = chunks(&new);
	assert!(count > 0);
	let included = |report: &RunReport| report.paras.iter().map(|para| para.included).collect::<Vec<_>>();
	for (old, fewest, most) in [("0-7", count, count), ("0-2,5", 1, count - 1)] {
		let report = report(&runtime, &format!("--chunk-v1 {old}"));
		assert_eq!(included(&report), included(&new), "{old}");
		let (also, fewer) = chunks(&report);
		assert_eq!(also, count, "{old}");
		let in_version_1 = (bytes - fewer) / INDEX;
		assert!(
			(fewest..=most).contains(&in_version_1) && (bytes - fewer) % INDEX == 0,
			"{old}: {in_version_1} of {count}"
		);
	}
}
