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
		// Chunk by chunk, so that the tables in use stay in the nearest cache.
		match self.data_chunks {
			1 => self.encode_pieces::<1>(bytes),
			2 => self.encode_pieces::<2>(bytes),
			_ => self.encode_pieces::<MAX_DATA_CHUNKS>(bytes),
		}
	}

	/// As `encode`, for `K` data chunks: a constant, so that the inner loop unrolls.
	fn encode_pieces<const K: usize>(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
		let mut symbols: Vec<[u8; 2]> = Vec::with_capacity(bytes.len() / 2 + K);
		let pairs = bytes.chunks_exact(2);
		let odd = pairs.remainder().first().map(|byte| [*byte, 0]);
		symbols.extend(pairs.map(|pair| [pair[0], pair[1]]).chain(odd));
		symbols.resize(symbols.len().next_multiple_of(K), [0, 0]);
		let data = (0..K).map(|position| {
			symbols
				.iter()
				.skip(position)
				.step_by(K)
				.flatten()
				.copied()
				.collect()
		});
		let parity = self.parity.iter().map(|tables| {
			let mut chunk = Vec::with_capacity(symbols.len() / K * 2);
			for piece in symbols.chunks_exact(K) {
				let mut sum = 0;
				for ([high, low], [of_high, of_low]) in piece.iter().zip(tables) {
					sum ^= of_high[usize::from(*high)] ^ of_low[usize::from(*low)];
				}
				chunk.extend_from_slice(&sum.to_be_bytes());
			}
			chunk
		});
		data.chain(parity).collect()
	}
}
