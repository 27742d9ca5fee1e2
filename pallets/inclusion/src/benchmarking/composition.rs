//! Whole inherents, from empty to full, to hold the sum of the measured components against.

use super::{
	world::{first_head, genesis_head, World, FIRST_PARA, HEAD_BYTES, RECEIVED},
	BenchmarkHelper,
};
use crate::Config;
use alloc::{vec, vec::Vec};
use async_backing_primitives::{
	CandidateCommitments, HeadData, OutboundHrmpMessage, ParaId, ParachainsInherentData, ValidationCode,
};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// Bytes of each message of a composition.
const MESSAGE_BYTES: usize = 100;

/// What an inherent carries, and what it finds and sets free. All candidates have the same outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Composition {
	/// Validators of the session.
	pub validators: u32,
	/// Cores, each with a para.
	pub cores: u32,
	/// Bitfields that name all cores with a candidate. If there is one, all that wait are enacted.
	pub bitfields: u32,
	/// Candidates that are backed: from the first core on, or behind those with a candidate that stays.
	pub candidates: u32,
	/// Votes of each.
	pub votes: u32,
	/// Candidates that wait for availability, on the first cores.
	pub pending: u32,
	/// Upward messages of each candidate, of 100 bytes.
	pub upward_messages: u32,
	/// Horizontal messages of each candidate, of 100 bytes, each to another para. As many wait for each para whose candidate
	/// waits, of 1 KiB, which that candidate has consumed.
	pub horizontal_messages: u32,
	/// Downward messages that each candidate that waits has processed, of 1 KiB.
	pub downward_messages: u32,
	/// Bytes of new code that the first candidate announces: of those that wait, else of those that are backed.
	pub code_bytes: u32,
}

impl Composition {
	/// Sets the chain up, and returns its next inherent.
	pub fn build<T: Config>(self) -> ParachainsInherentData {
		let world = self.with_pending(World::<T>::sized(self.validators, self.cores));
		let first = if self.bitfields == 0 { self.pending } else { 0 };
		let code = if self.pending == 0 { self.code_bytes } else { 0 };
		let candidates = (first..first.saturating_add(self.candidates).min(self.cores)).map(|core| {
			let parent = if core < self.pending {
				first_head()
			} else {
				genesis_head()
			};
			let outputs = CandidateCommitments {
				head_data: HeadData(vec![2; HEAD_BYTES]),
				..self.outputs(core, if core == first { code } else { 0 })
			};
			world.candidate_behind(core, self.votes as usize, outputs, &parent)
		});
		ParachainsInherentData {
			backed_candidates: candidates.collect(),
			bitfields: world.bitfields(self.bitfields),
			..world.inherent()
		}
	}

	/// Lets candidates wait, and messages before that.
	fn with_pending<T: Config>(self, world: World<T>) -> World<T> {
		for core in 0..self.cores {
			for recipient in self.recipients(core) {
				T::BenchmarkHelper::open_channel(ParaId(FIRST_PARA + core), recipient);
			}
		}
		for core in 0..self.pending {
			for sender in self.senders(core) {
				T::BenchmarkHelper::send_horizontal(sender, ParaId(FIRST_PARA + core), RECEIVED, 1);
			}
			T::BenchmarkHelper::send_downward(ParaId(FIRST_PARA + core), self.downward_messages);
		}
		world.then_pending(self.pending, |core| CandidateCommitments {
			processed_downward_messages: self.downward_messages,
			..self.outputs(core, if core == 0 { self.code_bytes } else { 0 })
		})
	}

	fn outputs(self, core: u32, code_bytes: u32) -> CandidateCommitments {
		let message = || vec![7; MESSAGE_BYTES];
		let horizontal = self
			.recipients(core)
			.into_iter()
			.map(|recipient| OutboundHrmpMessage {
				recipient,
				data: message(),
			});
		CandidateCommitments {
			upward_messages: (0..self.upward_messages).map(|_| message()).collect(),
			horizontal_messages: horizontal.collect(),
			new_validation_code: (code_bytes > 0).then(|| ValidationCode(vec![9; code_bytes as usize])),
			..Default::default()
		}
	}

	/// The paras before it in the ring.
	fn senders(self, core: u32) -> impl Iterator<Item = ParaId> {
		let cores = self.cores.max(1);
		(1..=self.horizontal_messages)
			.map(move |distance| ParaId(FIRST_PARA + (core + cores - distance % cores) % cores))
	}

	/// The next paras in a ring.
	fn recipients(self, core: u32) -> Vec<ParaId> {
		let mut recipients: Vec<_> = (1..=self.horizontal_messages)
			.map(|distance| ParaId(FIRST_PARA + (core + distance) % self.cores.max(1)))
			.collect();
		recipients.sort_unstable();
		recipients
	}
}
