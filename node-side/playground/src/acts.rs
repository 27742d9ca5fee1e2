//! What each move does.

use crate::{
	chain::{Happened, ParaState},
	moves::Plan,
	world::{genesis_head, Entry, Outcome, World, GROUP, MOST, PARAS},
};
use alloc::{
	borrow::ToOwned,
	collections::BTreeSet,
	format,
	string::{String, ToString},
	vec,
	vec::Vec,
};
use async_backing_fragment_tree::AttachError;
use async_backing_primitives::{
	AsyncBackingParams, BlockData, CandidateCommitments, DescriptorFields, Hash, HeadData,
	OutboundHrmpMessage, ParaId, PoV, ValidationCode,
};
use async_backing_prospective_parachains::{Candidate, IntroduceError, View};

/// Leaves and reasons in words, each once.
fn why_not(reasons: &[(Hash, AttachError)]) -> Vec<String> {
	let reasons: BTreeSet<_> = reasons
		.iter()
		.map(|(leaf, reason)| format!("at {leaf}: {reason}"))
		.collect();
	reasons.into_iter().collect()
}

impl World {
	pub(crate) fn block(&mut self, on: u32) -> (String, Outcome) {
		let parent = on as usize;
		let done = "relay block".to_owned();
		if parent >= self.blocks.len() || self.blocks.len() >= MOST {
			return (done, Err(format!("there is no relay block {on} to build on")));
		}
		let built = self.extend(parent);
		let block = &self.blocks[built];
		let done = format!("relay block {} on {}", block.name, self.blocks[parent].name);
		let Happened {
			included,
			timed_out,
			backed,
			refused,
		} = &block.happened;
		let list = |what: &str, which: &[usize]| {
			let names: Vec<_> = which
				.iter()
				.filter_map(|at| Some(self.candidates.get(*at)?.name.as_str()))
				.collect();
			(!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
		};
		let mut parts: Vec<_> = [
			list("includes", included),
			list("drops, timed out,", timed_out),
			list("backs", backed),
		]
		.into_iter()
		.flatten()
		.collect();
		for (at, why) in refused {
			let name = self.candidates.get(*at).map_or("?", |entry| &entry.name);
			parts.push(format!("does not take {name}: {why}"));
		}
		if parts.is_empty() {
			parts.push("has nothing to back".to_owned());
		}
		(done, Ok(parts.join("; ")))
	}

	/// Builds a candidate, and tells the view.
	pub(crate) fn build(&mut self, plan: &Plan) -> (String, Outcome) {
		let para = PARAS
			.into_iter()
			.find(|para| para.0 == plan.para)
			.unwrap_or(PARAS[0]);
		let number = self
			.candidates
			.iter()
			.filter(|of| of.candidate.para_id() == para)
			.count();
		let letter = if para == PARAS[0] { 'A' } else { 'B' };
		let name = format!("{letter}{}", number + 1);
		let refuse = |why: String| (format!("candidate {name}"), Err(why));
		if self.candidates.len() >= MOST {
			return refuse("a game has no more candidates".to_owned());
		}
		let Some(relay) = self.blocks.get(plan.relay_parent as usize) else {
			return refuse(format!("there is no relay block {}", plan.relay_parent));
		};
		let (relay_info, relay_name) = (relay.info, relay.name.clone());
		let on = match plan.on.map(|on| self.entry(on)) {
			None => None,
			Some(Ok((at, entry))) if entry.candidate.para_id() == para => Some(at),
			Some(Ok((_, entry))) => {
				return refuse(format!("{} is a candidate of another para", entry.name));
			}
			Some(Err(why)) => return refuse(why),
		};
		let parent_head = match on.and_then(|at| self.candidates.get(at)) {
			Some(entry) => entry.candidate.output_head().clone(),
			None => relay
				.paras
				.get(&para)
				.map_or_else(|| genesis_head(para), |state| state.head.clone()),
		};
		let after = match on.and_then(|at| self.candidates.get(at)) {
			Some(entry) => entry.name.clone(),
			None => "the included head".to_owned(),
		};
		let done = format!("{name} on {after}, relay parent {relay_name}");
		let head_data = match plan.head_of.map(|of| self.entry(of)) {
			Some(Ok((_, other))) => other.candidate.output_head().clone(),
			_ => {
				let mut head = name.clone().into_bytes();
				head.resize(head.len() + (plan.head_len as usize).min(64), b'.');
				HeadData(head)
			}
		};
		let commitments = CandidateCommitments {
			upward_messages: vec![
				vec![1; (plan.upward_len as usize).min(256)];
				(plan.upward as usize).min(16)
			],
			horizontal_messages: PARAS
				.into_iter()
				.filter(|other| *other != para && plan.horizontal > 0)
				.map(|recipient| OutboundHrmpMessage {
					recipient,
					data: vec![2; (plan.horizontal as usize).min(256)],
				})
				.collect(),
			new_validation_code: plan.announces_code.then(|| ValidationCode(vec![3; 16])),
			head_data,
			processed_downward_messages: plan.downward,
			hrmp_watermark: relay_info.number.saturating_sub(plan.watermark_behind),
		};
		let pov = PoV {
			block_data: BlockData(name.clone().into_bytes()),
		};
		let position = self.unincluded_before(on);
		let core = self.cores_of(para).nth(position % (self.cores as usize).max(1));
		let fields = DescriptorFields {
			core_index: core.map_or(0, |core| core.0 as u16),
			pov_hash: pov.hash(),
			..DescriptorFields::default()
		};
		let mut stands = self.constraints(para, &ParaState::new(parent_head.clone()), 0);
		if plan.other_code {
			stands.validation_code_hash = ValidationCode(b"other code".to_vec()).hash();
		}
		let built = Candidate::building_on(para, &relay_info, parent_head, &stands, commitments, fields);
		let candidate = match built {
			Ok(candidate) => candidate,
			Err(error) => return (done, Err(error.to_string())),
		};
		self.candidates.push(Entry {
			name,
			plan: plan.clone(),
			candidate,
			on,
			relay_parent: plan.relay_parent as usize,
			pov,
			is_lost: plan.lost,
			votes: BTreeSet::from([0]),
			lost_votes: BTreeSet::new(),
			is_withheld: false,
			refusal: None,
		});
		let at = self.candidates.len() - 1;
		if plan.lost {
			return (
				done,
				Ok("nobody here hears of it: what builds on it will have to wait".to_owned()),
			);
		}
		let outcome = self.introduce(at);
		(done, outcome)
	}

	/// Candidates from the included head of its relay parent down to this one, as far as the plans say.
	fn unincluded_before(&self, on: Option<usize>) -> usize {
		let mut count = 0;
		let mut at = on;
		while let Some(entry) = at.and_then(|at| self.candidates.get(at)) {
			count += 1;
			at = entry.on;
		}
		count
	}

	/// Tells the view of a candidate, and of what validators said of it.
	pub(crate) fn introduce(&mut self, at: usize) -> Outcome {
		let Some(entry) = self.candidates.get(at) else {
			return Err(format!("there is no candidate {at}"));
		};
		let (para, hash) = (entry.candidate.para_id(), entry.candidate.hash());
		let is_quorum = entry.votes.len() >= self.quorum();
		// Of one that waits: why it does not stand behind the parent that is known.
		let mut behind_known = None;
		let outcome = match self.view.introduce_checked(entry.candidate.clone()) {
			Err(IntroduceError::FitsNowhere { reasons, .. }) => Err(why_not(&reasons).join("; ")),
			Err(error) => Err(error.to_string()),
			Ok(introduced) => {
				// The view has it, so it cannot be unknown.
				let _known = self.view.note_seconded(para, hash);
				if is_quorum {
					let _known = self.view.note_backed(para, hash);
				}
				let mut parts: Vec<_> = introduced
					.membership
					.iter()
					.map(|(leaf, depths)| {
						let depths: Vec<_> = depths.iter().map(ToString::to_string).collect();
						format!("at {leaf} it stands at depth {}", depths.join(" and "))
					})
					.collect();
				if parts.is_empty() {
					let known = introduced.unfit.into_iter();
					let known: Vec<_> = known
						.filter(|(_, reason)| matches!(reason, AttachError::Unfit(_)))
						.collect();
					let waits_for = if known.is_empty() { "its" } else { "another" };
					parts = why_not(&known);
					behind_known = (!known.is_empty()).then(|| parts.join("; "));
					parts.push(format!("it waits for {waits_for} parent (R-TRE-14)"));
				}
				for joined in introduced.joined {
					parts.push(format!("{joined} joins behind it"));
				}
				Ok(parts.join("; "))
			}
		};
		if let Some(entry) = self.candidates.get_mut(at) {
			entry.refusal = outcome.as_ref().err().cloned().or(behind_known);
		}
		outcome
	}

	pub(crate) fn vote(&mut self, candidate: u32, validator: u8, lost: bool) -> (String, Outcome) {
		let quorum = self.quorum();
		let (at, name) = match self.entry(candidate) {
			Ok((at, entry)) => (at, entry.name.clone()),
			Err(why) => return ("vote".to_owned(), Err(why)),
		};
		let done = format!("validator {validator} says that {name} is valid");
		if usize::from(validator) >= GROUP {
			return (
				done,
				Err(format!(
					"it is not of the group, which has {GROUP} members (R-GRP-1)"
				)),
			);
		}
		let entry = &mut self.candidates[at];
		if lost {
			if !entry.votes.contains(&validator) {
				entry.lost_votes.insert(validator);
			}
			return (done, Ok("the statement is lost on its way here".to_owned()));
		}
		entry.lost_votes.remove(&validator);
		if !entry.votes.insert(validator) {
			return (done, Err("it has said so already".to_owned()));
		}
		(done, self.count(at, quorum))
	}

	/// Counts the votes of a candidate.
	fn count(&mut self, at: usize, quorum: usize) -> Outcome {
		let entry = &self.candidates[at];
		let votes = entry.votes.len();
		if votes < quorum {
			return Ok(format!("{votes} of {quorum} votes (R-BKV-1)"));
		}
		if entry.is_lost {
			return Ok(format!(
				"{votes} votes, but the candidate itself has not come here"
			));
		}
		let (para, hash) = (entry.candidate.para_id(), entry.candidate.hash());
		match self.view.note_backed(para, hash) {
			Ok(true) => Ok(format!("{votes} of {quorum} votes: it is backable (R-BKV-1)")),
			Ok(false) => Ok(format!("{votes} votes; it was backable already")),
			Err(error) => Err(error.to_string()),
		}
	}

	pub(crate) fn deliver(&mut self, candidate: u32) -> (String, Outcome) {
		let quorum = self.quorum();
		let (at, name) = match self.entry(candidate) {
			Ok((at, entry)) => (at, entry.name.clone()),
			Err(why) => return ("delivery".to_owned(), Err(why)),
		};
		let done = format!("what was lost of {name} arrives");
		let entry = &mut self.candidates[at];
		let lost = core::mem::take(&mut entry.lost_votes);
		if !entry.is_lost && lost.is_empty() {
			return (done, Err("nothing of it was lost".to_owned()));
		}
		entry.votes.extend(lost);
		if !core::mem::take(&mut entry.is_lost) {
			return (done, self.count(at, quorum));
		}
		(done, self.introduce(at))
	}

	pub(crate) fn withhold(&mut self, candidate: u32, withheld: bool) -> (String, Outcome) {
		let (at, name) = match self.entry(candidate) {
			Ok((at, entry)) => (at, entry.name.clone()),
			Err(why) => return ("availability".to_owned(), Err(why)),
		};
		self.candidates[at].is_withheld = withheld;
		let (done, why) = match withheld {
			true => (
				format!("validators lack their chunks of {name}"),
				"where it is pending it will time out (R-TMO-2), and take those behind it along (R-TMO-5)",
			),
			false => (
				format!("validators have their chunks of {name}"),
				"where it is pending the next relay block includes it (R-ENA-3)",
			),
		};
		(done, Ok(why.to_owned()))
	}

	pub(crate) fn change_params(&mut self, depth: u32, ancestry: u32) -> (String, Outcome) {
		let done = format!("max_candidate_depth {depth}, allowed_ancestry_len {ancestry}");
		match AsyncBackingParams::new(depth, ancestry) {
			Ok(params) => self.params = params,
			Err(error) => return (done, Err(error.to_string())),
		}
		(done, self.begin_again())
	}

	pub(crate) fn change_cores(&mut self, count: u32) -> (String, Outcome) {
		let done = format!("{count} cores for each para");
		if !(1..=3).contains(&count) {
			return (done, Err("a para has 1 to 3 cores here".to_owned()));
		}
		self.cores = count;
		let outcome = self.begin_again();
		(done, outcome)
	}

	/// Makes the view anew, as after a change of session, and tells it of every candidate again. Says what that costs.
	fn begin_again(&mut self) -> Outcome {
		let stood: Vec<_> = (0..self.candidates.len())
			.filter(|at| self.is_known(*at))
			.collect();
		self.view = View::default();
		for tip in self.tips() {
			self.activate(tip);
		}
		for at in 0..self.candidates.len() {
			if !self.candidates[at].is_lost {
				// What it says is kept with the candidate.
				let _said = self.introduce(at);
			}
		}
		let lost = stood.into_iter().filter(|at| !self.is_known(*at));
		let lost: Vec<_> = lost
			.filter_map(|at| {
				let entry = self.candidates.get(at)?;
				Some(format!(
					"{} has no place: {}",
					entry.name,
					entry.refusal.as_deref()?
				))
			})
			.collect();
		Ok(match lost.is_empty() {
			true => "every candidate keeps its place".to_owned(),
			false => lost.join("; "),
		})
	}

	pub(crate) fn message(&mut self, para: u32) -> (String, Outcome) {
		let done = format!("a downward message to para {para}");
		if !PARAS.contains(&ParaId(para)) {
			return (done, Err("there is no such para".to_owned()));
		}
		let waiting = self.mail.entry(ParaId(para)).or_default();
		*waiting = waiting.saturating_add(1).min(8);
		(done, Ok("it is sent with the next relay block".to_owned()))
	}
}
