//! What is put together to be measured.

use codec::Encode;
use frame_benchmarking::BenchmarkParameter as Parameter;

/// An inherent and the chain that it is for: `Composition` of the pallet's benchmarks, field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
pub struct Composition {
	/// Validators of the session.
	pub validators: u32,
	/// Cores, each with a para.
	pub cores: u32,
	/// Bitfields about all cores. If there is one, all that wait are enacted.
	pub bitfields: u32,
	/// Candidates that are backed.
	pub candidates: u32,
	/// Votes of each.
	pub votes: u32,
	/// Candidates that wait for availability.
	pub pending: u32,
	/// Upward messages of each candidate, of 100 bytes.
	pub upward_messages: u32,
	/// Horizontal messages of each candidate, of 100 bytes. Each that waits has consumed as many, of 1 KiB.
	pub horizontal_messages: u32,
	/// Downward messages that each candidate that waits has processed.
	pub downward_messages: u32,
	/// Bytes of new code that one candidate announces.
	pub code_bytes: u32,
}

impl Composition {
	/// An inherent that carries nothing, where nothing waits.
	pub const fn empty(validators: u32, cores: u32) -> Self {
		Self {
			validators,
			cores,
			bitfields: 0,
			candidates: 0,
			votes: 1,
			pending: 0,
			upward_messages: 0,
			horizontal_messages: 0,
			downward_messages: 0,
			code_bytes: 0,
		}
	}

	/// The components of the benchmark `compose` of our pallet.
	pub fn components(&self) -> Vec<(Parameter, u32)> {
		let mut components = self.shared_components();
		components.extend([
			(Parameter::h, self.horizontal_messages),
			(Parameter::d, self.downward_messages),
			(Parameter::u, self.code_bytes),
		]);
		components
	}

	/// Those that the field's inherent is composed of as well: the rest of the fields is left out.
	pub fn shared_components(&self) -> Vec<(Parameter, u32)> {
		vec![
			(Parameter::n, self.validators),
			(Parameter::k, self.cores),
			(Parameter::b, self.bitfields),
			(Parameter::c, self.candidates),
			(Parameter::v, self.votes),
			(Parameter::e, self.pending),
			(Parameter::m, self.upward_messages),
		]
	}
}

/// From small to full: what the weights are held against.
pub fn from_small_to_full() -> Vec<Composition> {
	let large = Composition::empty(1_000, 200);
	let small = Composition::empty(200, 40);
	let mut all = vec![large, small];
	for bitfields in [10, 100, 300, 1_000] {
		all.push(Composition { bitfields, ..large });
	}
	for candidates in [5, 20, 50, 100, 200] {
		for votes in [1, 2, 5] {
			all.push(Composition {
				candidates,
				votes,
				..large
			});
		}
	}
	for pending in [10, 50, 200] {
		// Nothing becomes of them; all of them are enacted; and others take their place.
		all.push(Composition { pending, ..large });
		for (bitfields, candidates) in [(1, 0), (1_000, 0), (1_000, pending)] {
			all.push(Composition {
				pending,
				bitfields,
				candidates,
				votes: 2,
				..large
			});
		}
	}
	let enacting = Composition {
		bitfields: 1,
		pending: 50,
		..large
	};
	for count in [1, 4, 16] {
		all.push(Composition {
			upward_messages: count,
			..enacting
		});
		all.push(Composition {
			horizontal_messages: count.min(8),
			..enacting
		});
		all.push(Composition {
			downward_messages: count,
			..enacting
		});
	}
	all.push(Composition {
		upward_messages: 4,
		horizontal_messages: 2,
		candidates: 100,
		votes: 3,
		..large
	});
	for code_bytes in [100_000, 1_000_000] {
		all.push(Composition {
			code_bytes,
			candidates: 10,
			..large
		});
		all.push(Composition {
			code_bytes,
			..enacting
		});
	}
	all.push(full(1_000, 200));
	for bitfields in [50, 200] {
		all.push(Composition { bitfields, ..small });
	}
	all.push(Composition {
		candidates: 40,
		votes: 2,
		..small
	});
	all.push(full(200, 40));
	all
}

/// Every validator attests, every core is freed and taken again, and everybody sends messages.
pub fn full(validators: u32, cores: u32) -> Composition {
	Composition {
		bitfields: validators,
		candidates: cores,
		votes: 5,
		pending: cores,
		upward_messages: 4,
		horizontal_messages: 2,
		downward_messages: 2,
		..Composition::empty(validators, cores)
	}
}
