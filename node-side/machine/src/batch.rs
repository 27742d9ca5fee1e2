//! What outlives a crash: keys and values, written in batches.

use std::collections::BTreeMap;

/// Writes that happen together or not at all. The last one of a key counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
	/// A value for each key, or `None` to remove it.
	pub writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Batch {
	/// Adds a value.
	pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
		self.writes.push((key.into(), Some(value.into())));
	}

	/// Removes a value.
	pub fn remove(&mut self, key: impl Into<Vec<u8>>) {
		self.writes.push((key.into(), None));
	}

	/// Whether nothing is written.
	pub fn is_empty(&self) -> bool {
		self.writes.is_empty()
	}
}

/// Everything that a core stored, by key, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(pub BTreeMap<Vec<u8>, Vec<u8>>);

impl Snapshot {
	/// Writes a batch.
	pub fn apply(&mut self, batch: &Batch) {
		for (key, value) in &batch.writes {
			match value {
				Some(value) => {
					self.0.insert(key.clone(), value.clone());
				}
				None => {
					self.0.remove(key);
				}
			}
		}
	}

	/// Values whose keys start like this, with the rest of their keys, ascending.
	pub fn with_prefix<'a>(&'a self, prefix: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + 'a {
		self.0
			.range(prefix.to_vec()..)
			.map_while(move |(key, value)| Some((key.strip_prefix(prefix)?, &value[..])))
	}
}
