//! Judging a candidate behind another, and stacking what it changes.

use async_backing_node_benchmarks::cases::{Case, Size};
use async_backing_primitives::{check_and_stack, check_fragment, ConstraintModifications, Operating};
use criterion::Criterion;
use std::hint::black_box;

fn rules(criterion: &mut Criterion) {
	let realistic = Size::REALISTIC;
	let sizes = [
		("realistic", realistic),
		(
			"300 channels",
			Size {
				channels: 300,
				..realistic
			},
		),
		(
			"3000 channels",
			Size {
				channels: 3000,
				..realistic
			},
		),
		(
			"10000 downward",
			Size {
				downward: 10_000,
				..realistic
			},
		),
	];
	for (name, size) in sizes {
		let case = Case::new(size);
		let none = ConstraintModifications::default();
		let data = case.validation_data(&none);
		let first = check_and_stack(
			&case.relay_parent,
			&Operating::new(&case.base, &none),
			&case.fragment(&case.first, &data),
		)
		.expect("the first candidate is legal");
		let data = case.validation_data(&first);
		let candidate = case.fragment(&case.second, &data);
		criterion.bench_function(&format!("check/{name}"), |bencher| {
			bencher.iter(|| {
				let operating = Operating::new(black_box(&case.base), black_box(&first));
				check_fragment(&case.relay_parent, &operating, black_box(&candidate))
			});
		});
		criterion.bench_function(&format!("check and stack/{name}"), |bencher| {
			bencher.iter(|| {
				let operating = Operating::new(black_box(&case.base), black_box(&first));
				check_and_stack(&case.relay_parent, &operating, black_box(&candidate))
			});
		});
	}
}

fn main() {
	let mut criterion = Criterion::default().configure_from_args();
	rules(&mut criterion);
	criterion.final_summary();
}
