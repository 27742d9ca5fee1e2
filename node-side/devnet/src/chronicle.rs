//! The observer: what a run amounts to, out of its trace alone.

use crate::{
	branch::{Branch, Built},
	contexts::Contexts,
	invariants::Invariants,
	log::{EventLog, Occurrence},
	report::FailedTransactions,
	story::{Recorder, Roads},
	tally::{BuiltCandidate, Changes, Outcome, Tally},
	words::{DevnetWords, Done, Event, Job},
	world::{NewBlock, Note},
	RunConfig,
};
use async_backing_backing::job;
use async_backing_machine::{Input, Instant, JobId, Output, PeerEvent};
use async_backing_primitives::{CandidateEvent, CandidateHash, Hash, ParaId};
use async_backing_sim::{NodeId, Observer, Step, What};
use async_backing_validator::{Done as ValidatorDone, Event as ValidatorEvent, Job as ValidatorJob};
use std::{collections::BTreeMap, time::Duration};

/// Everything that is told of a run.
#[derive(Debug)]
pub(crate) struct Chronicle {
	pub(crate) tally: Tally,
	pub(crate) log: EventLog,
	/// What has to hold.
	pub(crate) invariants: Invariants,
	/// What candidates were executed with, if that is kept.
	pub(crate) contexts: Option<Contexts>,
	/// What the story of the run is told from.
	pub(crate) recorder: Recorder,
	/// What is said of candidates, if that is kept.
	pub(crate) roads: Option<Roads>,
	/// Included candidates, in the order of the chain.
	pub(crate) included: BTreeMap<ParaId, Vec<CandidateHash>>,
	pub(crate) sessions: u32,
	/// Relay blocks of the best chain.
	pub(crate) relay_blocks: u32,
	/// Transactions of the run that came to nothing: in which relay block, and why.
	failed: Vec<(Hash, String)>,
	/// The end of the best chain, and what is beside it.
	pub(crate) branch: Branch,
	/// Executions under way.
	executions: BTreeMap<(NodeId, JobId), CandidateHash>,
	extrinsic_cost: Duration,
}

impl Chronicle {
	pub(crate) fn new(config: &RunConfig) -> Self {
		Self {
			tally: Tally::default(),
			log: EventLog::default(),
			invariants: Invariants::new(config),
			contexts: None,
			recorder: Recorder::default(),
			roads: None,
			included: BTreeMap::new(),
			sessions: 1,
			relay_blocks: 0,
			failed: Vec::new(),
			branch: Branch::new(config.has_forks()),
			executions: BTreeMap::new(),
			extrinsic_cost: config.model.extrinsic_cost,
		}
	}

	fn input(&mut self, at: Instant, node: NodeId, from: Option<NodeId>, input: &Input<DevnetWords>) {
		let (kind, bytes) = match input {
			Input::Peer(_, PeerEvent::Message(message)) => (message.kind(), message.wire_size()),
			Input::Request(_, _, request) => (request.kind(), request.wire_size()),
			Input::Response(_, Ok(response)) => (response.kind(), response.wire_size()),
			Input::Done(id, result) => return self.done(at, node, *id, result),
			_ => return,
		};
		let Some(from) = from else { return };
		self.recorder.delivered(kind, bytes);
		self.log.push(
			at,
			Occurrence::Delivered {
				from: number(from),
				to: number(node),
				kind,
				bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
			},
		);
	}

	fn done<E>(&mut self, at: Instant, node: NodeId, id: JobId, result: &Result<Done, E>) {
		let Some(candidate) = self.executions.remove(&(node, id)) else {
			return;
		};
		let valid = matches!(
			result,
			Ok(Done::Validator(ValidatorDone::Backing(job::Done::Validated(Ok(
				_
			)))))
		);
		self.log.push(
			at,
			Occurrence::Executed {
				validator: number(node),
				candidate,
				valid,
			},
		);
	}

	fn output(&mut self, at: Instant, node: NodeId, output: &Output<DevnetWords>) {
		match output {
			Output::Job {
				id,
				job: Job::Validator(ValidatorJob::Backing(job::Job::Validate(job))),
				..
			} => {
				self.executions.insert((node, *id), job.candidate);
			}
			Output::Report(_, judgement) if judgement.value() < 0 => {
				self.complain(at, node, judgement.reason().to_owned());
			}
			Output::Event(event) => self.event(at, node, event),
			_ => {}
		}
	}

	fn event(&mut self, at: Instant, node: NodeId, event: &Event) {
		let validator = number(node);
		match event {
			Event::Built(built) => {
				self.tally.built(
					built.candidate,
					BuiltCandidate {
						para: built.para,
						parent_head: built.parent_head,
						output_head: built.output_head,
						relay_parent: built.relay_parent,
						core: built.core,
						extrinsics: built.extrinsics,
						pov_bytes: built.pov_bytes,
						due: built.due,
						authoring: self.extrinsic_cost.saturating_mul(built.extrinsics),
					},
				);
				self.log.push(
					at,
					Occurrence::Built {
						para: built.para,
						candidate: built.candidate,
						extrinsics: built.extrinsics,
					},
				);
			}
			Event::Validator(ValidatorEvent::Seconded(candidate)) => {
				self.tally.seconded(*candidate);
				let candidate = *candidate;
				self.log.push(at, Occurrence::Seconded { validator, candidate });
			}
			Event::Validator(ValidatorEvent::Backable(candidate)) => {
				self.tally.backable(*candidate, at);
				let candidate = *candidate;
				self.log.push(at, Occurrence::Backable { validator, candidate });
			}
			Event::Idle(para, reason) => self.tally.idle(*para, reason),
			Event::Validator(ValidatorEvent::Refused(candidate, reason)) => {
				self.tally.refused(*candidate, reason);
				self.complain(at, node, format!("{candidate}: {reason}"));
			}
			Event::Validator(ValidatorEvent::Complaint(reason)) | Event::Complaint(reason) => {
				self.complain(at, node, reason.clone());
			}
			Event::Validator(_) => {}
		}
	}

	/// How many of the run's transactions came to nothing on the best chain, for each reason.
	pub(crate) fn failed(&self) -> Vec<FailedTransactions> {
		let mut counted: Vec<FailedTransactions> = Vec::new();
		let lost = self.branch.lost();
		for (_, reason) in self.failed.iter().filter(|(block, _)| !lost.contains(block)) {
			match counted.iter_mut().find(|known| known.reason == *reason) {
				Some(known) => known.transactions = known.transactions.saturating_add(1),
				None => counted.push(FailedTransactions {
					reason: reason.clone(),
					transactions: 1,
				}),
			}
		}
		counted
	}

	fn complain(&mut self, at: Instant, node: NodeId, reason: String) {
		let node = number(node);
		self.log.push(at, Occurrence::Complaint { node, reason });
	}

	fn relay_block(&mut self, at: Instant, block: &NewBlock) {
		let hash = block.facts.block.hash;
		self.write_down(at, block);
		self.tally.relay_block_built(hash, &block.events);
		let failed = block.failed.iter().map(|reason| (hash, reason.clone()));
		self.failed.extend(failed);
		let built = || Built {
			at,
			block: block.clone(),
		};
		if !self.branch.is_next(block) {
			if !block.leads {
				return self.branch.put_aside(built());
			}
			let (begins_on, path) = self.branch.take_path(block.facts.parent_hash);
			while let Some((lost, changes)) = self.branch.pop_unless(begins_on) {
				self.take_back(&lost.block, changes);
				self.branch.put_aside(lost);
			}
			for Built { at, block } in path {
				let changes = self.extend(at, &block);
				self.branch.push(|| Built { at, block }, changes);
			}
		}
		let changes = self.extend(at, block);
		self.branch.push(built, changes);
	}

	/// A relay block is the next one of the best chain. Returns what it changes of candidates.
	fn extend(&mut self, at: Instant, block: &NewBlock) -> Changes {
		self.relay_blocks = self.relay_blocks.saturating_add(1);
		for event in &block.events {
			if let CandidateEvent::CandidateIncluded(receipt, ..) = event {
				let of_para = self.included.entry(receipt.descriptor.para_id()).or_default();
				of_para.push(receipt.hash());
			}
		}
		if block.facts.session_index != block.session {
			self.sessions = self.sessions.saturating_add(1);
		}
		self.tally.relay_block(&Outcome {
			at,
			slot: block.slot,
			session: block.session,
			turns: &block.turns,
			offered: &block.offered,
			events: &block.events,
			facts: &block.facts,
		})
	}

	/// The newest relay block of the best chain is none of it any more.
	fn take_back(&mut self, block: &NewBlock, changes: Changes) {
		self.relay_blocks = self.relay_blocks.saturating_sub(1);
		for event in &block.events {
			if let CandidateEvent::CandidateIncluded(receipt, ..) = event {
				let of_para = self.included.entry(receipt.descriptor.para_id()).or_default();
				of_para.pop();
			}
		}
		if block.facts.session_index != block.session {
			self.sessions = self.sessions.saturating_sub(1);
		}
		self.tally.take_back(changes);
	}

	/// What happens in a relay block, on whatever fork.
	fn write_down(&mut self, at: Instant, block: &NewBlock) {
		let NewBlock {
			slot,
			author,
			session,
			events,
			facts,
			..
		} = block;
		self.log.push(
			at,
			Occurrence::RelayBlock {
				number: facts.block.number,
				hash: facts.block.hash,
				slot: *slot,
				author: number(NodeId(*author)),
			},
		);
		for event in events {
			let occurrence = match event {
				CandidateEvent::CandidateBacked(receipt, _, core, _) => Occurrence::Backed {
					candidate: receipt.hash(),
					core: *core,
				},
				CandidateEvent::CandidateIncluded(receipt, ..) => Occurrence::Included {
					candidate: receipt.hash(),
				},
				CandidateEvent::CandidateTimedOut(receipt, ..) => Occurrence::TimedOut {
					candidate: receipt.hash(),
				},
			};
			self.log.push(at, occurrence);
		}
		if facts.session_index != *session {
			self.log.push(
				at,
				Occurrence::SessionChanged {
					session: facts.session_index,
				},
			);
		}
	}
}

impl Observer<DevnetWords, Note> for Chronicle {
	fn see(&mut self, step: &Step<'_, DevnetWords, Note>) {
		let at = step.at;
		if let Some(contexts) = &mut self.contexts {
			contexts.see(step);
		}
		self.recorder.see(step);
		if let Some(roads) = &mut self.roads {
			roads.see(step);
		}
		self.invariants.see(step);
		match (step.node, step.what) {
			(Some(node), What::Input(input)) => self.input(at, node, step.other, input),
			(Some(node), What::Output(output)) => self.output(at, node, output),
			(Some(node), What::Crashed) => {
				self.executions.retain(|(of, _), _| *of != node);
				self.log.push(at, Occurrence::Crashed { node: number(node) });
			}
			(_, What::Note(Note::RelayBlock(block))) => self.relay_block(at, block),
			(_, What::Note(Note::Ordered(para))) => {
				self.tally.ordered(*para);
				self.log.push(at, Occurrence::Ordered { para: *para });
			}
			(_, What::Note(Note::NoAuthor { slot, author })) => {
				let author = number(NodeId(*author));
				self.log.push(at, Occurrence::NoAuthor { slot: *slot, author });
			}
			(_, What::Note(Note::EmptySlot { slot })) => {
				self.log.push(at, Occurrence::EmptySlot { slot: *slot });
			}
			_ => {}
		}
	}
}

fn number(node: NodeId) -> u32 {
	u32::try_from(node.0).unwrap_or(u32::MAX)
}
