//! What nodes say and do between relay blocks: messages, executions, notices.

use super::{node, Devnet, Event};
use crate::{clock::Instant, collator::Ready, log::Occurrence, network::NodeIndex};
use async_backing_primitives::{CandidateHash, PersistedValidationData, PoV, ValidationCodeHash};
use async_backing_validator::{Input, Message, Notice, Output, Peer};
use codec::Encode;

impl Devnet {
	/// A collator's block is ready: it is announced to a backer.
	pub(super) fn collated(&mut self, now: Instant, position: usize) {
		let from = self.collator_node(position);
		let Some(collator) = self.collators.get_mut(position) else {
			return;
		};
		let Some(Ready {
			candidate,
			built,
			backer,
			advertisement,
		}) = collator.finish()
		else {
			return;
		};
		let (para, extrinsics) = (built.para, built.extrinsics);
		self.tally.built(candidate, built);
		self.log.push(
			now,
			Occurrence::Built {
				para,
				candidate,
				extrinsics,
			},
		);
		self.send(now, from, &Peer::Validator(backer), advertisement);
	}

	pub(super) fn deliver(&mut self, now: Instant, from: NodeIndex, to: NodeIndex, message: Message) {
		let bytes = u32::try_from(message.encoded_size()).unwrap_or(u32::MAX);
		let kind = message.kind();
		self.log.push(
			now,
			Occurrence::Delivered {
				from: from.into(),
				to: to.into(),
				kind,
				bytes,
			},
		);
		match to.0.checked_sub(self.validators.len()) {
			None => {
				if self.withholds(to.0, &message) {
					return;
				}
				let from = self.peer(from);
				self.validator_input(now, to.0, Input::Received { from, message });
			}
			Some(collator) => {
				let requester = self.peer(from);
				let answer = self
					.collators
					.get(collator)
					.and_then(|collator| collator.answer(&message));
				if let Some(answer) = answer {
					self.send(now, to, &requester, answer);
				}
			}
		}
	}

	/// Whether a fault keeps a validator from seeing a request for a chunk.
	fn withholds(&self, _validator: usize, message: &Message) -> bool {
		let Message::RequestChunk(candidate, _) = message else {
			return false;
		};
		let Some(para) = self.tally.candidate(*candidate).map(|built| built.para) else {
			return false;
		};
		let collator = self.collators.iter().find(|collator| collator.para() == para);
		let built_number = collator.and_then(|collator| collator.built_number(*candidate));
		built_number.is_some_and(|number| self.config.faults.withholds(para, number))
	}

	pub(super) fn validator_input(&mut self, now: Instant, position: usize, input: Input) {
		let Some(validator) = self.validators.get_mut(position) else {
			return;
		};
		for output in validator.state.handle(now, input) {
			self.validator_output(now, position, output);
		}
	}

	fn validator_output(&mut self, now: Instant, position: usize, output: Output) {
		match output {
			Output::Send { to, message } => self.send(now, NodeIndex(position), &to, message),
			Output::Broadcast(message) => {
				for to in (0..self.validators.len()).filter(|to| *to != position) {
					self.send_to(now, NodeIndex(position), NodeIndex(to), message.clone());
				}
			}
			Output::Execute {
				candidate,
				code,
				validation_data,
				pov,
			} => {
				self.execute(now, position, candidate, code, &validation_data, &pov);
			}
			Output::Wake { at, timer } => self.clock.schedule(
				at,
				Event::Wake {
					validator: position,
					timer,
				},
			),
			Output::Notice(notice) => self.note(now, position, notice),
		}
	}

	/// Executes a candidate for real, and lets the validator know when its virtual processor is done.
	fn execute(
		&mut self,
		now: Instant,
		position: usize,
		candidate: CandidateHash,
		code: ValidationCodeHash,
		data: &PersistedValidationData,
		pov: &PoV,
	) {
		let model = &self.config.model;
		let extrinsics = self
			.tally
			.candidate(candidate)
			.map_or(0, |built| built.extrinsics);
		let cost = model.extrinsic_cost.saturating_mul(extrinsics);
		let (cost, outcome) = if cost > model.backing_execution_limit {
			let reason = format!(
				"execution takes {cost:?}, but at most {:?}",
				model.backing_execution_limit
			);
			(model.backing_execution_limit, Err(reason))
		} else {
			(cost, self.executor.execute(candidate, code, data, pov))
		};
		let Some(validator) = self.validators.get_mut(position) else {
			return;
		};
		validator.busy_until = validator.busy_until.max(now) + cost;
		self.clock.schedule(
			validator.busy_until,
			Event::Executed {
				validator: position,
				candidate,
				outcome,
			},
		);
	}

	fn note(&mut self, now: Instant, position: usize, notice: Notice) {
		let validator = node(position);
		let occurrence = match notice {
			Notice::Seconded(candidate) => {
				self.tally.seconded(candidate);
				Occurrence::Seconded { validator, candidate }
			}
			Notice::Backable(candidate) => {
				self.tally.backable(candidate, now);
				Occurrence::Backable { validator, candidate }
			}
			Notice::Complaint(reason) => Occurrence::Complaint {
				node: validator,
				reason,
			},
		};
		self.log.push(now, occurrence);
	}

	fn send(&mut self, now: Instant, from: NodeIndex, to: &Peer, message: Message) {
		let to = match to {
			Peer::Validator(key) => self.by_key.get(key).map(|position| NodeIndex(*position)),
			Peer::Collator(para) => {
				let position = self
					.collators
					.iter()
					.position(|collator| collator.para() == *para);
				position.map(|position| self.collator_node(position))
			}
		};
		if let Some(to) = to {
			self.send_to(now, from, to, message);
		}
	}

	fn send_to(&mut self, now: Instant, from: NodeIndex, to: NodeIndex, message: Message) {
		let at = self.network.send(now, from, message.encoded_size());
		self.clock.schedule(at, Event::Deliver { from, to, message });
	}

	fn collator_node(&self, position: usize) -> NodeIndex {
		NodeIndex(self.validators.len() + position)
	}

	fn peer(&self, node: NodeIndex) -> Peer {
		match node
			.0
			.checked_sub(self.validators.len())
			.and_then(|collator| self.collators.get(collator))
		{
			Some(collator) => Peer::Collator(collator.para()),
			None => {
				let key = self
					.relay
					.validators()
					.get(node.0)
					.map(|keys| keys.sr25519_public());
				Peer::Validator(key.unwrap_or_default().into())
			}
		}
	}
}
