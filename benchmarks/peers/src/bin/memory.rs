//! Counts the memory that candidates take, on both sides, and prints the section about it.

use async_backing_bench_peers::memory::{markdown, Count};
use stats_alloc::{StatsAlloc, INSTRUMENTED_SYSTEM};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn counted() -> Count {
	let stats = ALLOCATOR.stats();
	Count {
		// Bytes that a reallocation added or took are among those allocated and deallocated.
		bytes: stats.bytes_allocated as i64 - stats.bytes_deallocated as i64,
		allocations: (stats.allocations + stats.reallocations) as i64,
	}
}

fn main() {
	print!("{}", markdown(counted));
}
