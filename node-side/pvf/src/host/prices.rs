//! What host calls cost, in fuel.
//!
//! Measured by `make calibrate`, which writes `table.rs`; a price is what the call takes on the machine of the measurement at
//! [`FUEL_PER_SECOND`], and a quarter more. Prices are part of the consensus: all validators of a chain need the same.

/// Units of fuel that are worth a second: what an execution may take is [`crate::Limits::fuel`], and a host call of a
/// microsecond costs a millionth of this.
pub const FUEL_PER_SECOND: u64 = 5_000_000_000;

/// For a comparison of two nibbles while a trie is built.
pub(super) const TRIE_STEP: u64 = 4;

/// The price of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
	/// For each call.
	pub call: u64,
	/// For each byte that is read from or written to the guest's memory.
	pub byte: u64,
	/// For each item: of a trie, or a byte of a runtime that is unpacked.
	pub item: u64,
}

impl Price {
	/// For this many bytes.
	pub(super) fn of_bytes(self, bytes: u64) -> u64 {
		self.byte.saturating_mul(bytes)
	}
}

/// The price of the function `name`; the highest one for what is not in the table.
pub fn of(name: &str) -> Price {
	let name = match name {
		// It is called once.
		"ext_panic_handler_abort_on_panic_version_1" => "ext_misc_print_utf8_version_1",
		name => name,
	};
	super::table::TABLE
		.iter()
		.find(|(priced, ..)| *priced == name)
		.map_or(DEAREST, |&(_, call, byte, item)| Price { call, byte, item })
}

/// Of a function that nobody measured.
const DEAREST: Price = Price {
	call: 2_000_000,
	byte: 40,
	item: 100_000,
};
