//! Recovering available data in its three ways, as the job that a validator has done: whole data from a backer, the chunks
//! that are the plain data (R-AVL-2), and any `f + 1` (R-AVL-1). Each way codes the data again, to see whether the root is
//! right (R-AVL-5). Beside it what goes before: each chunk is checked (R-AVL-4).

use async_backing_availability::{
	encode, run, AvailabilityDone, AvailabilityJob, EncodedData, Recovered, Wanted,
};
use async_backing_primitives::{
	hash_bytes, recovery_threshold, systematic_recovery_threshold, AvailableData, BlockData,
	PersistedValidationData, PoV,
};
use criterion::{BenchmarkId, Criterion, Throughput};
use std::{hint::black_box, sync::Arc};

/// Groups on a small network, and Polkadot's validators.
const VALIDATORS: [usize; 2] = [100, 1000];
/// A busy parablock, and the largest one.
const MEBIBYTES: [usize; 2] = [1, 5];

/// Data that do not repeat themselves.
fn data(bytes: usize) -> Arc<AvailableData> {
	let blocks = (0..bytes / 32).flat_map(|block| hash_bytes(&block.to_le_bytes()).0);
	Arc::new(AvailableData {
		pov: PoV {
			block_data: BlockData(blocks.collect()),
		},
		validation_data: PersistedValidationData::default(),
	})
}

/// The work of each way.
fn ways(
	validators: usize,
	data: &Arc<AvailableData>,
	coded: &EncodedData,
) -> [(&'static str, AvailabilityJob); 3] {
	let (root, wanted) = (coded.root, Wanted::Data);
	let recover = |chunks: &[_]| AvailabilityJob::Recover {
		root,
		validators,
		wanted,
		chunks: chunks.to_vec(),
	};
	let plain = systematic_recovery_threshold(validators).expect("there is a code");
	let any = recovery_threshold(validators).expect("there is a code");
	let whole = AvailabilityJob::CheckData {
		root,
		validators,
		wanted,
		data: data.clone(),
	};
	// The last ones: none of them plain.
	let last = coded.chunks.get(validators - any..).unwrap_or_default();
	[
		("whole", whole),
		(
			"plain chunks",
			recover(coded.chunks.get(..plain).unwrap_or_default()),
		),
		("any chunks", recover(last)),
	]
}

fn recovery(criterion: &mut Criterion) {
	let mut group = criterion.benchmark_group("recovery");
	group.sample_size(10);
	for mebibytes in MEBIBYTES {
		let data = data(mebibytes << 20);
		for validators in VALIDATORS {
			let coded = encode(validators, &data).expect("there is a code");
			let size = format!("{mebibytes} MiB, {validators} validators");
			group.throughput(Throughput::Bytes((mebibytes as u64) << 20));
			for (way, job) in ways(validators, &data, &coded) {
				let done = run(job.clone());
				let is_here =
					matches!(&done, AvailabilityDone::Recovered(Ok(Recovered::Data(here))) if *here == data);
				assert!(is_here, "{way} of {size}");
				group.bench_function(BenchmarkId::new(way, &size), |bencher| {
					bencher.iter(|| run(black_box(&job).clone()));
				});
			}
			let checks: Vec<_> = coded
				.chunks
				.iter()
				.take(recovery_threshold(validators).expect("there is a code"))
				.map(|chunk| AvailabilityJob::CheckChunk {
					root: coded.root,
					chunk: chunk.clone(),
					keep: false,
				})
				.collect();
			group.bench_function(BenchmarkId::new("f + 1 chunks are checked", &size), |bencher| {
				bencher.iter(|| {
					black_box(&checks).iter().for_each(|check| {
						black_box(run(check.clone()));
					});
				});
			});
		}
	}
	group.finish();
}

fn main() {
	let mut criterion = Criterion::default().configure_from_args();
	recovery(&mut criterion);
	criterion.final_summary();
}
