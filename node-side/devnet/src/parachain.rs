//! A parachain as the devnet takes it: its code, and who executes its blocks.

use async_backing_collator::{BlockProducer, FuelUse};
use async_backing_primitives::{HeadData, ValidationCode};
use std::fmt;

/// A parachain.
pub struct Parachain {
	validation_code: ValidationCode,
	genesis_head: HeadData,
	producer: Box<dyn BlockProducer>,
}

impl fmt::Debug for Parachain {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Parachain")
			.field("validation_code", &self.validation_code.hash())
			.field("genesis_head", &self.genesis_head)
			.finish_non_exhaustive()
	}
}

impl Parachain {
	/// A parachain that `producer` builds and `validation_code` validates.
	pub fn new(validation_code: ValidationCode, producer: impl BlockProducer + 'static) -> Self {
		Self {
			validation_code,
			genesis_head: producer.genesis_head(),
			producer: Box::new(producer),
		}
	}

	/// The validation function.
	pub fn validation_code(&self) -> &ValidationCode {
		&self.validation_code
	}

	/// Fuel of its validation function.
	pub(crate) fn fuel(&self) -> FuelUse {
		self.producer.fuel()
	}

	/// Head data with which it is registered.
	pub fn genesis_head(&self) -> &HeadData {
		&self.genesis_head
	}

	/// Who executes its blocks.
	pub(crate) fn into_producer(self) -> Box<dyn BlockProducer> {
		self.producer
	}
}
