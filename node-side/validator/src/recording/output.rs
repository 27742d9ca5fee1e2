//! Outputs, each as a hash of all of it and the beginning of it in words.

use super::{
	input::{encode_request, encode_response},
	Said,
};
use crate::{Job, NodeWords};
use async_backing_availability::{AvailabilityJob, ErasureChunk, Wanted};
use async_backing_backing::job::{Expected, Job as BackingJob, ValidationJob};
use async_backing_collator_protocol::CheckCollation;
use async_backing_machine::{Batch, Judgement, Output, Priority};
use async_backing_primitives::hash_bytes;
use async_backing_provisioner::Proposal;
use codec::Encode;
use std::fmt::{self, Debug, Write};

/// Letters of an output that are kept.
const LETTERS: usize = 200;

/// What is kept of an output.
pub(super) fn said(output: &Output<NodeWords>) -> Said {
	let mut bytes = Vec::new();
	encode(output, &mut bytes);
	Said {
		hash: hash_bytes(&bytes),
		text: beginning(output),
	}
}

/// The beginning of what somebody says of itself; the rest of it is not even looked at.
pub(super) fn beginning(what: &impl Debug) -> String {
	struct Beginning(String);

	impl Write for Beginning {
		fn write_str(&mut self, more: &str) -> fmt::Result {
			let room = LETTERS.saturating_sub(self.0.len());
			let end = (0..=more.len().min(room))
				.rev()
				.find(|end| more.is_char_boundary(*end));
			let (taken, rest) = more.split_at(end.unwrap_or(0));
			self.0.push_str(taken);
			match rest.is_empty() {
				true => Ok(()),
				false => Err(fmt::Error),
			}
		}
	}

	let mut text = Beginning(String::new());
	if write!(text, "{what:?}").is_err() {
		text.0.push_str("..");
	}
	text.0
}

/// Appends all that an output says.
fn encode(output: &Output<NodeWords>, into: &mut Vec<u8>) {
	match output {
		Output::Notify(to, message) => {
			let peers: Vec<_> = to.as_slice().iter().map(|peer| peer.0).collect();
			(0u8, peers, message).encode_to(into);
		}
		Output::Request {
			id,
			peer,
			request,
			timeout,
		} => {
			(1u8, id.0, peer.0, timeout).encode_to(into);
			encode_request(request, into);
		}
		Output::Respond(ticket, Ok(response)) => {
			(2u8, ticket.0).encode_to(into);
			encode_response(response, into);
		}
		Output::Respond(ticket, Err(refusal)) => (3u8, ticket.0, refusal.to_string()).encode_to(into),
		Output::Report(peer, judgement) => {
			let is_cost = matches!(judgement, Judgement::Cost(..));
			(4u8, peer.0, is_cost, judgement.value(), judgement.reason()).encode_to(into);
		}
		Output::Job {
			id,
			priority,
			deadline,
			job,
		} => {
			let priority = match priority {
				Priority::Low => 0u8,
				Priority::Normal => 1,
				Priority::High => 2,
			};
			(5u8, id.0, priority, deadline).encode_to(into);
			encode_job(job, into);
		}
		Output::Cancel(job) => (6u8, job.0).encode_to(into),
		Output::Store(id, Batch { writes }) => (7u8, id.0, writes).encode_to(into),
		Output::SetTimer(id, at) => (8u8, id.0, at).encode_to(into),
		Output::ClearTimer(id) => (9u8, id.0).encode_to(into),
		Output::Proposal(id, proposal) => {
			let Proposal {
				bitfields,
				backed_candidates,
			} = proposal;
			(10u8, id.0, bitfields, backed_candidates).encode_to(into);
		}
		Output::Disconnect(peer) => (11u8, peer.0).encode_to(into),
		Output::Event(event) => (12u8, format!("{event:?}")).encode_to(into),
	}
}

/// Appends all that a job is about: of what is large its bytes, of the rest its words.
fn encode_job(job: &Job, into: &mut Vec<u8>) {
	match job {
		Job::Backing(BackingJob::Validate(job)) => {
			let ValidationJob {
				candidate,
				descriptor,
				expected,
				validation_data,
				pov,
				validators,
			} = &**job;
			(0u8, candidate, descriptor, *validators as u64).encode_to(into);
			match expected {
				Expected::Hash(hash) => (0u8, hash).encode_to(into),
				Expected::Outputs(candidate) => (1u8, candidate.hash()).encode_to(into),
			}
			validation_data.to_whole().encode_to(into);
			pov.encode_to(into);
		}
		Job::Backing(BackingJob::Recall(bytes)) => (1u8, &**bytes).encode_to(into),
		Job::Availability(job) => {
			2u8.encode_to(into);
			encode_availability_job(job, into);
		}
		Job::CheckCollation(CheckCollation {
			pov,
			parent_head,
			validation_data,
		}) => {
			(3u8, &**pov, parent_head.as_deref()).encode_to(into);
			validation_data.to_whole().encode_to(into);
		}
		Job::Backing(BackingJob::Sign { .. })
		| Job::Statements(_)
		| Job::Code(_)
		| Job::CheckBitfields(_)
		| Job::SignBitfield { .. } => (4u8, format!("{job:?}")).encode_to(into),
	}
}

fn encode_availability_job(job: &AvailabilityJob, into: &mut Vec<u8>) {
	let wanted_index = |wanted: &Wanted| match wanted {
		Wanted::Data => None,
		Wanted::Chunk(index) => Some(*index),
	};
	match job {
		AvailabilityJob::CheckChunk { root, chunk, keep } => (0u8, root, &**chunk, keep).encode_to(into),
		AvailabilityJob::Recover {
			root,
			validators,
			wanted,
			chunks,
		} => {
			(1u8, root, *validators as u64, wanted_index(wanted)).encode_to(into);
			let chunks: Vec<&ErasureChunk> = chunks.iter().map(|chunk| &**chunk).collect();
			chunks.encode_to(into);
		}
		AvailabilityJob::CheckData {
			root,
			validators,
			wanted,
			data,
		} => (2u8, root, *validators as u64, wanted_index(wanted), &**data).encode_to(into),
		AvailabilityJob::Pack { data, chunk } => (3u8, &**data, &**chunk).encode_to(into),
		AvailabilityJob::Code { validators, data } => (4u8, *validators as u64, &**data).encode_to(into),
		AvailabilityJob::Unpack(records) => {
			5u8.encode_to(into);
			for record in records.iter() {
				(&record.chunks, &record.data, record.wants_pov).encode_to(into);
			}
		}
	}
}
