//! The own bitfield: promised, signed, shared.

use super::*;

impl Bitfields {
	/// The time came for the own bitfield: writes down what it says, before it is signed.
	pub(super) fn promise(&mut self, leaf: Hash, around: Around<'_>, out: &mut Out) {
		let Some(at) = self.leaves.get_mut(&leaf).filter(|at| at.own == Own::Waiting) else {
			return;
		};
		if self.promises.get(leaf).is_some() {
			return self.sign(leaf, around, out);
		}
		let number = at.facts.block.number;
		if !self.promises.may_promise(number) {
			return;
		}
		let Some(bitfield) = around.holdings.bitfield(leaf, around.chain) else {
			return;
		};
		at.own = Own::UnderWay;
		let promise = Promise {
			number,
			bitfield,
			signature: None,
		};
		let batch = out.store(self.promises.put(leaf, promise));
		self.writing.insert(batch, Written::Promise(leaf));
	}

	pub(super) fn sign(&mut self, leaf: Hash, around: Around<'_>, out: &mut Out) {
		let (Some(at), Some(promise)) = (self.leaves.get_mut(&leaf), self.promises.get(leaf)) else {
			return;
		};
		let own = around.chain.own_index(leaf);
		let Some(key) = own.and_then(|own| at.facts.validators.get(own.as_usize())) else {
			return;
		};
		let job = BitfieldJob::Sign {
			key: key.clone(),
			payload: promise.bitfield.signing_payload(&at.facts.signing_context(leaf)),
		};
		match out.job(Priority::High, around.now.saturating_add(CHECK_WITHIN), job) {
			Some(job) => {
				at.own = Own::UnderWay;
				self.signing.insert(job, leaf);
			}
			None => {
				at.own = Own::Waiting;
				self.set_timer(Timer::Own(leaf), around.now.saturating_add(RETRY), out);
			}
		}
	}

	/// The own bitfield outlives a crash: others may hear it.
	pub(super) fn share(&mut self, leaf: Hash, chain: &ChainView, out: &mut Out) {
		let Some(at) = self.leaves.get_mut(&leaf) else {
			return;
		};
		at.own = Own::Shared;
		let Some(bitfield) = signed(&self.promises, leaf, chain) else {
			return;
		};
		self.keep(leaf, bitfield, chain, out);
	}
}
