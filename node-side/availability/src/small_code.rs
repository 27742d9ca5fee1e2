//! The same code for few validators, by tables.
//!
//! Coding is linear: the parity chunks are sums of what each symbol of data contributes, and a symbol contributes the
//! sum of what its two bytes do. For a handful of data chunks it is an order of magnitude faster to look those up than
//! to run a transform for each piece of data. The tables come from the transform itself, so the result is equal
//! (R-AVL-0).

use reed_solomon_novelpoly::{f2e16, CodeParams};

/// Above this many data chunks the transform wins.
const MAX_DATA_CHUNKS: usize = 4;

/// Contribution of each value of the high and of the low byte of a symbol.
type Table = [[u16; 256]; 2];

/// Tables for one number of validators.
pub(crate) struct SmallCode {
	/// Number of data chunks.
	data_chunks: usize,
	/// For each parity chunk, for each data chunk.
	parity: Vec<Vec<Table>>,
}

impl SmallCode {
	/// Tables for these parameters; `None` if there are too many data chunks for tables to be worth it.
	pub(crate) fn new(params: &CodeParams, validators: usize) -> Option<Self> {
		let data_chunks = params.k();
		if data_chunks > MAX_DATA_CHUNKS {
			return None;
		}
		let mut parity = vec![vec![[[0; 256]; 2]; data_chunks]; validators.saturating_sub(data_chunks)];
		let mut unit = vec![0u8; data_chunks * 2];
		for byte in 0..unit.len() {
			for bit in 0..8 {
				unit[byte] = 1 << bit;
				let coded = f2e16::encode_sub(&unit, params.n(), params.k()).ok()?;
				unit[byte] = 0;
				for (tables, symbol) in parity.iter_mut().zip(coded.iter().skip(data_chunks)) {
					let table = &mut tables[byte / 2][byte % 2];
					// Every value with this bit as its highest is the sum of the bit and a smaller value.
					let highest = 1 << bit;
					for value in highest..highest * 2 {
						table[value] = table[value - highest] ^ symbol.0;
					}
				}
			}
		}
		Some(Self { data_chunks, parity })
	}

	/// Codes bytes, of which there is at least one.
	pub(crate) fn encode(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
		let piece_len = self.data_chunks * 2;
		let len = bytes.len().div_ceil(piece_len) * 2;
		let mut chunks = vec![Vec::with_capacity(len); self.data_chunks + self.parity.len()];
		let pieces = bytes.chunks_exact(piece_len);
		let mut last = pieces.remainder().to_vec();
		if !last.is_empty() {
			last.resize(piece_len, 0);
		}
		let (data, parity) = chunks.split_at_mut(self.data_chunks);
		for piece in pieces.chain((!last.is_empty()).then_some(&last[..])) {
			for (chunk, symbol) in data.iter_mut().zip(piece.chunks_exact(2)) {
				chunk.extend_from_slice(symbol);
			}
			for (chunk, tables) in parity.iter_mut().zip(&self.parity) {
				let sum = tables
					.iter()
					.zip(piece.chunks_exact(2))
					.fold(0, |sum, (table, symbol)| {
						sum ^ table[0][usize::from(symbol[0])] ^ table[1][usize::from(symbol[1])]
					});
				chunk.extend_from_slice(&sum.to_be_bytes());
			}
		}
		chunks
	}
}
