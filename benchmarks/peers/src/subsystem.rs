//! The published prospective-parachains subsystem, driven through its public interface and nothing else.
//!
//! It runs on this thread: a message is put into its mailbox, and its future is polled until it wants the next one. What
//! it asks of runtime and chain is answered on the spot, by [`Relay`]. So its times hold no switch between threads, and
//! of the way in and out only what [`Subsystem::round_trip`] measures.

use async_backing_node_benchmarks::forest::{self, Schedule};
use async_trait::async_trait;
use futures::{
	channel::{mpsc, oneshot},
	future::BoxFuture,
	task::noop_waker,
	FutureExt, StreamExt,
};
use polkadot_node_core_prospective_parachains::ProspectiveParachainsSubsystem;
use polkadot_node_subsystem::{
	messages::{
		BackableCandidateRef, ChainApiMessage, IntroduceSecondedCandidateRequest,
		ProspectiveParachainsMessage, RuntimeApiMessage, RuntimeApiRequest,
	},
	overseer::{self, Subsystem as _},
	ActivatedLeaf, ActiveLeavesUpdate, FromOrchestra, OverseerSignal, SubsystemError,
};
use polkadot_primitives as theirs;
use sc_utils::mpsc::{tracing_unbounded, TracingUnboundedReceiver, TracingUnboundedSender};
use std::{collections::HashSet, sync::Arc, task::Context as TaskContext};
use theirs::{CommittedCandidateReceiptV2 as Receipt, Hash, Id, PersistedValidationData};

type Message = FromOrchestra<ProspectiveParachainsMessage>;
type Outgoing = overseer::ProspectiveParachainsOutgoingMessages;
type Unpin = sc_client_api::UnpinWorkerMessage<theirs::Block>;

/// What the relay chain says.
#[derive(Clone)]
struct Relay(Arc<Answers>);

struct Answers {
	constraints: theirs::async_backing::Constraints,
	claim_queue: std::collections::BTreeMap<theirs::CoreIndex, std::collections::VecDeque<Id>>,
}

/// Number of a block of [`forest::block`].
fn number_of(hash: Hash) -> u32 {
	(hash.to_low_u64_be() >> 32) as u32
}

impl Relay {
	fn answer(&self, message: Outgoing) {
		match message {
			Outgoing::RuntimeApiMessage(RuntimeApiMessage::Request(_, request)) => {
				self.answer_runtime(request)
			}
			Outgoing::ChainApiMessage(ChainApiMessage::Ancestors {
				hash,
				k,
				response_channel,
			}) => {
				let ancestors = (forest::RELAY_PARENT - 2..number_of(hash)).rev().take(k);
				let hashes = ancestors.map(|number| forest::block(number, 0).hash);
				let _ = response_channel.send(Ok(hashes.collect()));
			}
			Outgoing::ChainApiMessage(ChainApiMessage::BlockHeader(hash, sender)) => {
				let number = number_of(hash);
				let header = theirs::Header {
					parent_hash: Default::default(),
					number,
					state_root: forest::block(number, 0).storage_root,
					extrinsics_root: Default::default(),
					digest: Default::default(),
				};
				let _ = sender.send(Ok(Some(header)));
			}
			other => panic!("nothing else is asked: {other:?}"),
		}
	}

	fn answer_runtime(&self, request: RuntimeApiRequest) {
		match request {
			RuntimeApiRequest::ClaimQueue(sender) => drop(sender.send(Ok(self.0.claim_queue.clone()))),
			RuntimeApiRequest::SessionIndexForChild(sender) => drop(sender.send(Ok(0))),
			RuntimeApiRequest::SchedulingLookahead(_, sender) => drop(sender.send(Ok(5))),
			RuntimeApiRequest::BackingConstraints(_, sender) => {
				drop(sender.send(Ok(Some(self.0.constraints.clone()))));
			}
			RuntimeApiRequest::CandidatesPendingAvailability(_, sender) => drop(sender.send(Ok(Vec::new()))),
			RuntimeApiRequest::AncestorRelayParentInfo(_, relay_parent, sender) => {
				let block = forest::block(number_of(relay_parent), 0);
				drop(sender.send(Ok(Some(theirs::vstaging::RelayParentInfo {
					number: block.number,
					state_root: block.storage_root,
				}))));
			}
			other => panic!("nothing else is asked: {other:?}"),
		}
	}
}

macro_rules! answers {
	($($message:ty),*) => {$(
		#[async_trait]
		impl overseer::SubsystemSender<$message> for Relay {
			async fn send_message(&mut self, message: $message) {
				self.answer(message.into());
			}

			async fn send_message_with_priority<P: overseer::gen::Priority>(&mut self, message: $message) {
				self.answer(message.into());
			}

			fn try_send_message(
				&mut self,
				message: $message,
			) -> Result<(), overseer::gen::TrySendError<$message>> {
				self.answer(message.into());
				Ok(())
			}

			fn try_send_message_with_priority<P: overseer::gen::Priority>(
				&mut self,
				message: $message,
			) -> Result<(), overseer::gen::TrySendError<$message>> {
				self.answer(message.into());
				Ok(())
			}

			async fn send_messages<I>(&mut self, messages: I)
			where
				I: IntoIterator<Item = $message> + Send,
				I::IntoIter: Send,
			{
				for message in messages {
					self.answer(message.into());
				}
			}

			fn send_unbounded_message(&mut self, message: $message) {
				self.answer(message.into());
			}
		}
	)*};
}
answers!(Outgoing, RuntimeApiMessage, ChainApiMessage, ());

struct Context {
	mailbox: mpsc::UnboundedReceiver<Message>,
	relay: Relay,
}

#[async_trait]
impl overseer::SubsystemContext for Context {
	type Message = ProspectiveParachainsMessage;
	type Signal = OverseerSignal;
	type OutgoingMessages = Outgoing;
	type Sender = Relay;
	type Error = SubsystemError;

	async fn try_recv(&mut self) -> Result<Option<Message>, ()> {
		match self.mailbox.try_recv() {
			Ok(message) => Ok(Some(message)),
			Err(error) if error.is_closed() => Err(()),
			Err(_) => Ok(None),
		}
	}

	async fn recv(&mut self) -> Result<Message, SubsystemError> {
		self.mailbox
			.next()
			.await
			.ok_or_else(|| SubsystemError::Context("the mailbox is closed".to_owned()))
	}

	async fn recv_signal(&mut self) -> Result<OverseerSignal, SubsystemError> {
		Err(SubsystemError::Context("signals come with messages".to_owned()))
	}

	fn spawn(&mut self, _: &'static str, _: BoxFuture<'static, ()>) -> Result<(), SubsystemError> {
		Err(SubsystemError::Context("nothing is spawned".to_owned()))
	}

	fn spawn_blocking(&mut self, _: &'static str, _: BoxFuture<'static, ()>) -> Result<(), SubsystemError> {
		Err(SubsystemError::Context("nothing is spawned".to_owned()))
	}

	fn sender(&mut self) -> &mut Relay {
		&mut self.relay
	}
}

/// The running subsystem.
pub struct Subsystem {
	mailbox: mpsc::UnboundedSender<Message>,
	future: BoxFuture<'static, Result<(), SubsystemError>>,
	unpin: TracingUnboundedSender<Unpin>,
	_unpinned: TracingUnboundedReceiver<Unpin>,
}

impl Subsystem {
	/// Starts it, without leaves. They will have this schedule.
	pub fn start(schedule: &Schedule) -> Self {
		let (mailbox, receiver) = mpsc::unbounded();
		let context = Context {
			mailbox: receiver,
			relay: Relay(Arc::new(Answers {
				constraints: crate::emulator::transcode(&schedule.constraints),
				claim_queue: crate::emulator::transcode(&schedule.claim_queue()),
			})),
		};
		let future = ProspectiveParachainsSubsystem::new(Default::default())
			.start(context)
			.future;
		let (unpin, unpinned) = tracing_unbounded("unpin", 100_000);
		let mut subsystem = Self {
			mailbox,
			future,
			unpin,
			_unpinned: unpinned,
		};
		subsystem.run();
		subsystem
	}

	/// Lets it work until it wants another message.
	fn run(&mut self) {
		let waker = noop_waker();
		let outcome = self
			.future
			.as_mut()
			.poll_unpin(&mut TaskContext::from_waker(&waker));
		assert!(outcome.is_pending(), "it stopped: {outcome:?}");
	}

	fn send(&mut self, message: Message) {
		self.mailbox.unbounded_send(message).expect("it runs");
		self.run();
	}

	fn tell(&mut self, msg: ProspectiveParachainsMessage) {
		self.send(FromOrchestra::Communication { msg });
	}

	fn ask<T>(&mut self, question: impl FnOnce(oneshot::Sender<T>) -> ProspectiveParachainsMessage) -> T {
		let (sender, mut answer) = oneshot::channel();
		self.tell(question(sender));
		answer
			.try_recv()
			.ok()
			.flatten()
			.expect("it answers before it wants more")
	}

	/// A leaf comes and others go.
	pub fn update_leaves(&mut self, comes: (u32, u32), goes: Option<(u32, u32)>) {
		let hash = |(number, fork)| forest::block(number, fork).hash;
		let update = ActiveLeavesUpdate {
			activated: Some(ActivatedLeaf {
				hash: hash(comes),
				number: comes.0,
				unpin_handle: sc_client_api::UnpinHandle::new(hash(comes), self.unpin.clone()),
			}),
			deactivated: goes.map(hash).into_iter().collect(),
		};
		self.send(FromOrchestra::Signal(OverseerSignal::ActiveLeaves(update)));
	}

	/// A candidate is seconded. Returns whether it is kept.
	pub fn introduce(&mut self, receipt: Receipt, validation_data: PersistedValidationData) -> bool {
		let request = IntroduceSecondedCandidateRequest {
			candidate_para: receipt.descriptor.para_id(),
			candidate_receipt: receipt,
			persisted_validation_data: validation_data,
		};
		self.ask(|sender| ProspectiveParachainsMessage::IntroduceSecondedCandidate(request, sender))
	}

	/// A candidate is backed.
	pub fn back(&mut self, para: Id, candidate: theirs::CandidateHash) {
		self.tell(ProspectiveParachainsMessage::CandidateBacked(para, candidate));
	}

	/// Candidates that the next block may back.
	pub fn backable(&mut self, leaf: (u32, u32), count: u32) -> Vec<BackableCandidateRef> {
		self.ask(|sender| ProspectiveParachainsMessage::GetBackableCandidates {
			leaf: forest::block(leaf.0, leaf.1).hash,
			para_id: forest::PARA.0.into(),
			count,
			ancestors: HashSet::new(),
			sender,
		})
	}

	/// A question that it has no work with: what the way in and out costs.
	pub fn round_trip(&mut self) {
		self.ask(|sender| ProspectiveParachainsMessage::GetBackableCandidates {
			leaf: Hash::zero(),
			para_id: forest::PARA.0.into(),
			count: 1,
			ancestors: HashSet::new(),
			sender,
		});
	}

	/// As [`round_trip`](Self::round_trip), for messages without an answer.
	pub fn one_way(&mut self) {
		self.tell(ProspectiveParachainsMessage::CandidateBacked(
			0.into(),
			theirs::CandidateHash(Hash::zero()),
		));
	}
}
