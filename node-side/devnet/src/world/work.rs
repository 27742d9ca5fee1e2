//! The work behind jobs, and its price.

use super::World;
use crate::{
	authoring::Order,
	relay::Chain,
	words::{Authored, Done},
};
use async_backing_availability::erasure_root_of;
use async_backing_collator::collate;
use async_backing_primitives::{ValidatorId, ValidatorSignature};
use async_backing_relay_client::{signing, ValidatorKeys};
use async_backing_sim::{NodeId, Price};
use async_backing_validator::{work, Job};
use std::{sync::Arc, time::Duration};

/// Fuel of the simulated processors: nanoseconds of an undisturbed one.
pub(crate) const FUEL_PER_SECOND: u64 = 1_000_000_000;
/// For one sr25519 signature, made or verified.
const SIGNATURE: Duration = Duration::from_micros(50);

/// Signs with the key of one validator.
struct Signer<'a>(Option<&'a ValidatorKeys>);

impl work::Signer for Signer<'_> {
	fn sign(&self, validator: &ValidatorId, payload: &[u8]) -> Option<ValidatorSignature> {
		let keys = self
			.0
			.filter(|keys| ValidatorId::from(keys.sr25519_public()) == *validator)?;
		Some(signing::sign(&keys.sr25519, payload).into())
	}
}

impl<C: Chain> World<C> {
	/// Work of a validator, at the price of its fuel, bytes and signatures.
	pub(super) fn validate(&mut self, node: NodeId, job: Job) -> (Done, Price) {
		let signer = Signer(self.relay.validators().get(node.0));
		let (done, price) = work::run(job, &mut self.executor, &signer);
		let signatures = nanos(SIGNATURE).saturating_mul(price.signatures);
		let price = Price {
			fuel: price.fuel.saturating_add(signatures),
			bytes: price.bytes,
		};
		(Done::Validator(done), price)
	}

	/// Executes a parablock and makes its candidate, at the price of its extrinsics.
	pub(super) fn author(&mut self, node: NodeId, order: &Order) -> (Done, Price) {
		let cost = self.config.model.extrinsic_cost;
		let Some(line) = self.line(node) else {
			return (Done::Authored(Err("it is no collator".into())), Price::default());
		};
		let Order { build_on, budget, .. } = order;
		let produced = line.producer.produce(
			&build_on.parent_head,
			&build_on.relay_parent,
			budget.extrinsics,
			budget.pov_size,
		);
		let produced = match produced {
			Ok(produced) => produced,
			Err(error) => return (Done::Authored(Err(error.to_string())), Price::default()),
		};
		let extrinsics = produced.extrinsics;
		let price = Price {
			fuel: nanos(cost.saturating_mul(extrinsics)),
			bytes: 0,
		};
		let collated = match collate(build_on, produced, |data| {
			erasure_root_of(build_on.validators, data)
		}) {
			Ok(collated) => collated,
			Err(error) => return (Done::Authored(Err(error.to_string())), price),
		};
		let (para, built) = (line.para, line.built);
		line.built = built.saturating_add(1);
		if self.config.faults.withholds(para, built) {
			self.withheld.insert(collated.hash);
		}
		let pov = Arc::new(collated.pov.clone());
		if let Some(povs) = &mut self.povs {
			povs.insert(collated.hash, pov.clone());
		}
		let authored = Authored {
			receipt: collated.receipt.to_plain(),
			collated,
			pov,
			extrinsics,
		};
		(Done::Authored(Ok(Box::new(authored))), price)
	}
}

fn nanos(time: Duration) -> u64 {
	u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
