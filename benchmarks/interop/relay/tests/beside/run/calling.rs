//! Calls of governance and paras in a history: both sides execute what both accept, in the same way.

use super::{said, Both, Case, Found};
use crate::{
	calls::{self, published},
	chain, form, ours,
	plan::{Op, PARAS},
	rows::Row,
	scheduling,
};
use async_backing_interop_relay::chain as theirs;
use async_backing_primitives::{ClaimQueue, CoreIndex};
use sp_core::Bytes;

impl Both {
	/// Whether both execute a call: that gives a core work only where both begin it in the same block.
	fn assign(
		&mut self,
		op: &Op,
		call: &theirs::Call,
		now: u32,
		seen: Option<&ClaimQueue>,
		case: &impl Fn(String, String, String) -> Case,
		found: &mut Found,
	) -> bool {
		let theirs::Call::AssignCore {
			core, end, shares, ..
		} = call
		else {
			return true;
		};
		let ours = self
			.ours
			.execute_with(|| ours::try_out(|| scheduling::begin_of_ours(*core, || chain::execute(op))));
		let theirs = self
			.theirs
			.execute_with(|| scheduling::begin_of_theirs(*core, call));
		let row = match (ours, &theirs) {
			(None, Err(_)) => return false,
			(Some(ours), Ok(theirs)) => {
				match scheduling::why_not(
					ours,
					*theirs,
					seen.and_then(|seen| seen.get(&CoreIndex(*core))),
					now,
				) {
					Some(row) => row.ok(),
					None => {
						if shares.iter().any(|(para, _)| para.is_none()) {
							self.pool.insert(CoreIndex(*core));
						}
						return true;
					}
				}
			}
			(Some(_), Err(error)) => (error == "DisallowedInsert").then_some(Row::Inserted),
			// It ends before it could begin.
			(None, Ok(theirs)) => end
				.is_some_and(|end| end <= theirs.at.max(now + 1))
				.then_some(Row::EndsFirst),
		};
		let said = |begin: Option<scheduling::Begin>| match begin {
			Some(begin) if begin.is_taken => format!("begins at {}, where another one does", begin.at),
			Some(begin) => format!("begins at {}", begin.at),
			None => "refused".to_owned(),
		};
		let said_by_theirs = theirs.map_or_else(|error| error, |begin| said(Some(begin)));
		found.differs(row, case(format!("{call:?}"), said(ours), said_by_theirs));
		false
	}

	/// Calls that both know, where both let them through.
	///
	/// `seen` is what nodes saw that cores are for.
	pub(super) fn calls(
		&mut self,
		ops: &[Op],
		seen: Option<&ClaimQueue>,
		case: &impl Fn(String, String, String) -> Case,
		found: &mut Found,
	) {
		for op in &ops.iter().map(calls::further).collect::<Vec<_>>() {
			if let Op::Disable(validator) = *op {
				// Theirs asks the session pallet as well, and is told of it below.
				self.ours.execute_with(|| chain::execute(op));
				self.recorder.call(form::Call::Disable { validator });
				continue;
			}
			let now = self.ours.execute_with(ours::now);
			let Some(call) = published(op, now) else {
				continue;
			};
			if !self.assign(op, &call, now, seen, case, found) {
				continue;
			}
			let ours = self.ours.execute_with(|| ours::try_out(|| chain::execute(op)));
			let theirs = self.theirs.execute_with(|| theirs::would_execute(&call, || ()));
			if ours && theirs.is_ok() {
				assert!(self.ours.execute_with(|| chain::execute(op)), "it was tried");
				self.recorder.call(calls::written(&call));
				self.execute_by_theirs(&call, case, found);
				found.calls += 1;
			} else if ours != theirs.is_ok() {
				let said_by_ours = if ours { form::ACCEPTED } else { "refused" }.to_owned();
				let case = case(format!("{call:?}"), said_by_ours, said(&theirs));
				found.differs(Row::of_call(&call, ours), case);
			}
		}
		theirs::set_disabled(self.ours.execute_with(ours::disabled));
	}

	/// Theirs executes a call. What it tells paras of their channels with it, they are sent on our side by hand, so that the
	/// same messages wait.
	fn execute_by_theirs(
		&mut self,
		call: &theirs::Call,
		case: &impl Fn(String, String, String) -> Case,
		found: &mut Found,
	) {
		let waiting = || PARAS.map(|para| theirs::downward_messages(para.0));
		let before = self.theirs.execute_with(waiting);
		self.theirs
			.execute_with(|| theirs::execute(call))
			.expect("it was tried");
		if matches!(call, theirs::Call::SendDownward { .. }) {
			return;
		}
		let after = self.theirs.execute_with(waiting);
		for ((para, before), after) in PARAS.into_iter().zip(before).zip(after) {
			for message in after.into_iter().skip(before.len()) {
				let case = case(
					format!("{call:?}: a downward message to {para}"),
					"none".to_owned(),
					format!("{} bytes of XCM", message.len()),
				);
				found.differs(Some(Row::Notices), case);
				self.recorder.call(form::Call::Notice {
					para: para.0,
					message: Bytes(message.clone()),
				});
				self.ours.execute_with(|| ours::send_downward(para, message));
			}
		}
	}
}
