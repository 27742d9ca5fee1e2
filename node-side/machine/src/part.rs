//! A core within a core.

use crate::{Output, Words};

/// Words of a part that can be said in the words of a whole.
pub trait Part<Whole: Words>: Words {
	/// A message.
	fn message(message: Self::Message) -> Whole::Message;
	/// A request.
	fn request(request: Self::Request) -> Whole::Request;
	/// A response.
	fn response(response: Self::Response) -> Whole::Response;
	/// A job.
	fn job(job: Self::Job) -> Whole::Job;

	/// An output, unless it is a proposal or an event: these are for the neighbours within the whole.
	///
	/// # Errors
	/// [`Said`] gives them back.
	fn output(output: Output<Self>) -> Result<Output<Whole>, Said<Self>>
	where
		Self: Sized,
	{
		Ok(match output {
			Output::Notify(to, message) => Output::Notify(to, Self::message(message)),
			Output::Request {
				id,
				peer,
				request,
				timeout,
			} => Output::Request {
				id,
				peer,
				request: Self::request(request),
				timeout,
			},
			Output::Respond(ticket, answer) => Output::Respond(ticket, answer.map(Self::response)),
			Output::Report(peer, judgement) => Output::Report(peer, judgement),
			Output::Job {
				id,
				priority,
				deadline,
				job,
			} => Output::Job {
				id,
				priority,
				deadline,
				job: Self::job(job),
			},
			Output::Cancel(job) => Output::Cancel(job),
			Output::Store(id, batch) => Output::Store(id, batch),
			Output::SetTimer(timer, at) => Output::SetTimer(timer, at),
			Output::ClearTimer(timer) => Output::ClearTimer(timer),
			Output::Disconnect(peer) => Output::Disconnect(peer),
			Output::Proposal(_, proposal) => return Err(Said::Proposal(proposal)),
			Output::Event(event) => return Err(Said::Event(event)),
		})
	}
}

/// What a part says to its neighbours.
#[derive(Clone, Debug, PartialEq)]
pub enum Said<W: Words> {
	/// A proposal.
	Proposal(W::Proposal),
	/// An event.
	Event(W::Event),
}
