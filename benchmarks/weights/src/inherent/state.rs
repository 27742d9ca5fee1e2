//! A runtime with benchmarks, and the state that they run in: that of FRAME's own command, so that weights and these
//! measurements know the same machine.

use codec::{Decode, Encode};
use frame_benchmarking::{BenchmarkBatch, BenchmarkParameter};
use sc_client_db::BenchmarkingState;
use sc_executor::{HeapAllocStrategy, WasmExecutor};
use sp_core::traits::{CallContext, ReadRuntimeVersionExt, RuntimeCode, WrappedRuntimeCode};
use sp_externalities::Extensions;
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::StateMachine;
use sp_storage::Storage;
use std::{borrow::Cow, error::Error};

type HostFunctions = (
	sp_io::SubstrateHostFunctions,
	frame_benchmarking::benchmarking::HostFunctions,
);

/// Pages of memory beyond those that the runtime asks for: setting a full relay chain up takes more than a block.
const HEAP: HeapAllocStrategy = HeapAllocStrategy::Static { extra_pages: 4_096 };

/// What one benchmark with one choice of components took.
#[derive(Clone, Debug, Default)]
pub struct Measured {
	/// Each execution, in nanoseconds, ascending.
	pub nanos: Vec<f64>,
	/// Storage values read, each counted once.
	pub reads: u32,
	/// Storage values written, each counted once.
	pub writes: u32,
}

impl Measured {
	/// The value below which this part of the executions lies, in nanoseconds.
	pub fn quantile(&self, part: f64) -> f64 {
		quantile(&self.nanos, part)
	}

	/// Half of the executions took less.
	pub fn median(&self) -> f64 {
		self.quantile(0.5)
	}

	/// Adds the executions of another round.
	pub fn merge(&mut self, other: Self) {
		self.nanos.extend(other.nanos);
		self.nanos.sort_by(f64::total_cmp);
		(self.reads, self.writes) = (other.reads, other.writes);
	}
}

/// The value below which this part of the values lies, which ascend. Zero if there are none.
pub fn quantile(ascending: &[f64], part: f64) -> f64 {
	let last = ascending.len().saturating_sub(1);
	ascending
		.get((last as f64 * part).round() as usize)
		.copied()
		.unwrap_or_default()
}

/// A compiled runtime with benchmarks.
pub struct Runtime {
	blob: Vec<u8>,
	executor: WasmExecutor<HostFunctions>,
	tracked: BenchmarkingState<BlakeTwo256>,
	timed: BenchmarkingState<BlakeTwo256>,
}

impl Runtime {
	/// A runtime that begins with this storage.
	pub fn new(blob: &[u8], genesis: Storage) -> Result<Self, Box<dyn Error>> {
		let executor = WasmExecutor::builder()
			.with_onchain_heap_alloc_strategy(HEAP)
			.with_offchain_heap_alloc_strategy(HEAP)
			.with_max_runtime_instances(2)
			.with_runtime_cache_size(2)
			.build();
		Ok(Self {
			blob: blob.to_vec(),
			executor,
			tracked: BenchmarkingState::new(genesis.clone(), None, false, true)?,
			timed: BenchmarkingState::new(genesis, None, false, false)?,
		})
	}

	/// Executes an inherent of the relay runtime so many times.
	pub fn compose(
		&self,
		components: &[(BenchmarkParameter, u32)],
		repeats: u32,
	) -> Result<Measured, Box<dyn Error>> {
		self.measure(
			("pallet_async_backing_inclusion", "ParaInclusion"),
			"compose",
			components,
			repeats,
		)
	}

	/// Checks `count` signatures of validators as an inherent does, so many times.
	pub fn check_signatures(&self, count: u32, repeats: u32) -> Result<Measured, Box<dyn Error>> {
		self.measure(
			("pallet_async_backing_inclusion", "ParaInclusion"),
			"check_signatures",
			&[(BenchmarkParameter::b, count)],
			repeats,
		)
	}

	/// Executes an inherent of the published pallets so many times.
	pub fn scenario(
		&self,
		components: &[(BenchmarkParameter, u32)],
		repeats: u32,
	) -> Result<Measured, Box<dyn Error>> {
		self.measure(("scenario", "Scenario"), "compose", components, repeats)
	}

	/// Executes a benchmark so many times, and once more to see that it does what it says and what it touches.
	fn measure(
		&self,
		(pallet, instance): (&str, &str),
		benchmark: &str,
		components: &[(BenchmarkParameter, u32)],
		repeats: u32,
	) -> Result<Measured, Box<dyn Error>> {
		let parameters = |verify: bool, repeats: u32| {
			(
				pallet.as_bytes(),
				instance.as_bytes(),
				benchmark.as_bytes(),
				components,
				verify,
				repeats,
			)
				.encode()
		};
		let run = |state, verify, repeats| -> Result<_, Box<dyn Error>> {
			let batches: Result<Vec<BenchmarkBatch>, String> = self.call(
				state,
				"Benchmark_dispatch_benchmark",
				&parameters(verify, repeats),
			)?;
			let batches =
				batches.map_err(|error| format!("{pallet}::{benchmark} {components:?}: {error}"))?;
			Ok(batches
				.into_iter()
				.flat_map(|batch| batch.results)
				.collect::<Vec<_>>())
		};
		// The tracked state also checks that the benchmark does what it says.
		let touched = run(&self.tracked, true, 1)?;
		let mut nanos: Vec<_> = run(&self.timed, false, repeats)?
			.iter()
			.map(|result| result.extrinsic_time as f64)
			.collect();
		nanos.sort_by(f64::total_cmp);
		let touched = touched.last().ok_or("the benchmark has no result")?;
		Ok(Measured {
			nanos,
			reads: touched.reads,
			writes: touched.writes,
		})
	}

	/// Asks a runtime API in the state of the beginning, and forgets what that changed.
	pub fn ask<A: Decode>(&self, method: &str, parameters: &impl Encode) -> Result<A, Box<dyn Error>> {
		self.call(&self.timed, method, &parameters.encode())
	}

	fn call<A: Decode>(
		&self,
		state: &BenchmarkingState<BlakeTwo256>,
		method: &str,
		parameters: &[u8],
	) -> Result<A, Box<dyn Error>> {
		let mut extensions = Extensions::default();
		extensions.register(KeystoreExt::new(MemoryKeystore::new()));
		extensions.register(ReadRuntimeVersionExt::new(self.executor.clone()));
		let fetcher = WrappedRuntimeCode(Cow::Borrowed(&self.blob));
		let code = RuntimeCode {
			code_fetcher: &fetcher,
			heap_pages: None,
			hash: sp_io::hashing::blake2_256(&self.blob).to_vec(),
		};
		let answer = StateMachine::new(
			state,
			&mut Default::default(),
			&self.executor,
			method,
			parameters,
			&mut extensions,
			&code,
			CallContext::Offchain,
		)
		.execute()
		.map_err(|error| format!("{method}: {error}"))?;
		Ok(A::decode(&mut answer.as_slice())?)
	}
}
