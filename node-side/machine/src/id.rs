//! Names of what is under way. An id says nothing but which; whoever made it knows the rest.

macro_rules! ids {
	($($(#[$doc:meta])* $name:ident;)*) => {$(
		$(#[$doc])*
		#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
		pub struct $name(pub u64);
	)*};
}

ids! {
	/// A connection to somebody, made by the driver. It means nothing after the peer disconnected: who comes back has
	/// another one.
	PeerId;
	/// A request of ours, made by the [`Outbox`](crate::Outbox).
	RequestId;
	/// A request of somebody else, made by the driver, and answered exactly once.
	Ticket;
	/// A job, made by the [`Outbox`](crate::Outbox).
	JobId;
	/// A timer, made by the [`Outbox`](crate::Outbox).
	TimerId;
	/// A batch of writes, made by the [`Outbox`](crate::Outbox).
	BatchId;
	/// A question for a proposal, made by the driver.
	ProposeId;
}
