//! An empty live driver: two validators in two tasks, streams of bytes between them, the wall clock, and one candidate.
//!
//! It shows that the ports are not guessed: what a driver of real sockets needs is here, each in a few lines. Peers are
//! streams, requests have ids on the wire and time-outs here, jobs run on threads that may block, timers are sleeps.

use async_backing_availability::erasure_root_of;
use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_machine::{
	Core, Input, Instant, JobFailure, Outbox, Output, PeerEvent, PeerId, RequestFailure, RequestId, Snapshot,
	Ticket, TimerId,
};
use async_backing_primitives::{
	AsyncBackingParams, AvailableData, BackingState, CandidateCommitments, CandidateDescriptor,
	CandidateHash, CandidateReceipt, Constraints, CoreIndex, CoreState, DescriptorFields, GridSeed,
	GroupRotationInfo, Hash, HeadData, LeafFacts, ParaAtLeaf, ParaId, PersistedValidationData, PoV,
	PvfCheckStatement, RelayChainBlockInfo, ValidationCodeHash, ValidationResult, ValidatorId,
	ValidatorIndex, ValidatorSignature,
};
use async_backing_validator::{
	work::{self, Ballots, Execution, Executor, Signer},
	Answer, CollatorPeer, Event, Exchange, Message, NodePeer, NodeWords, Question, Request, Validator,
	ValidatorConfig,
};
use async_backing_wire::{
	declare_payload, AdvertisementV2, CollationMessage, CollationResponse, CollationVersion, CollatorId,
	CollatorMessage, CollatorSignature, Declaration, Envelope, Protocol,
};
use codec::{Decode, DecodeAll, Encode};
use sp_core::{sr25519, Pair};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::Duration,
};
use tokio::{
	io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream},
	sync::mpsc,
};

/// What goes over a stream, behind its length.
#[allow(clippy::large_enum_variant)] // a few are made
#[derive(Debug, Encode, Decode)]
enum Frame {
	Message(Message),
	/// The name of its protocol, and its bytes.
	Request(u64, String, Vec<u8>),
	/// `None` if it is refused.
	Response(u64, Option<Vec<u8>>),
}

fn protocol(name: &str) -> Option<Protocol> {
	Protocol::ALL
		.into_iter()
		.find(|protocol| protocol.suffix() == name)
}

/// What happens to a node.
#[allow(clippy::large_enum_variant)] // lives as long as it takes to handle
enum Happens {
	Frame(PeerId, Frame),
	Gone(PeerId),
	TimedOut(RequestId),
	Input(Input<NodeWords>),
}

/// A node: the core, and a task that carries out what it wants.
struct Node {
	core: Validator,
	out: Outbox<NodeWords>,
	began: tokio::time::Instant,
	queue: mpsc::UnboundedSender<Happens>,
	streams: BTreeMap<PeerId, mpsc::Sender<Frame>>,
	/// Who was asked, in which protocol.
	open: BTreeMap<RequestId, (PeerId, Protocol)>,
	exchange: Exchange,
	/// Who waits for which answer.
	tickets: BTreeMap<Ticket, (PeerId, u64)>,
	cleared: BTreeSet<TimerId>,
	stored: Snapshot,
	port: Port,
	told: mpsc::UnboundedSender<Event>,
}

impl Node {
	fn now(&self) -> Instant {
		self.began.elapsed()
	}

	async fn run(mut self, mut happens: mpsc::UnboundedReceiver<Happens>) {
		while let Some(happened) = happens.recv().await {
			if let Some(input) = self.input(happened) {
				let now = self.now();
				self.core.handle(now, input, &mut self.out);
				self.carry_out();
			}
		}
	}

	/// What happened, as the core hears it.
	fn input(&mut self, happened: Happens) -> Option<Input<NodeWords>> {
		match happened {
			Happens::Frame(peer, Frame::Message(message)) => {
				Some(Input::Peer(peer, PeerEvent::Message(message)))
			}
			Happens::Frame(peer, Frame::Request(id, name, bytes)) => {
				let ticket = Ticket(self.tickets.keys().next_back().map_or(0, |last| last.0 + 1));
				let asked = protocol(&name).map(|protocol| self.exchange.asked(ticket, protocol, &bytes));
				let Some(Ok(request)) = asked else {
					self.send(peer, Frame::Response(id, None));
					return None;
				};
				self.tickets.insert(ticket, (peer, id));
				Some(Input::Request(peer, ticket, request))
			}
			// An answer counts if it comes from whom was asked.
			Happens::Frame(peer, Frame::Response(id, answer)) => {
				let id = RequestId(id);
				let (_, protocol) = *self.open.get(&id).filter(|(asked, _)| *asked == peer)?;
				self.open.remove(&id);
				let answer = answer.map(|bytes| Answer {
					protocol,
					bytes: bytes.into(),
				});
				let (answer, _) = self
					.exchange
					.answered(id, answer.ok_or(RequestFailure::Refused))?;
				Some(Input::Response(id, answer))
			}
			Happens::TimedOut(id) => {
				self.open.remove(&id)?;
				let (answer, _) = self.exchange.answered(id, Err(RequestFailure::TimedOut))?;
				Some(Input::Response(id, answer))
			}
			Happens::Gone(peer) => {
				self.streams.remove(&peer);
				Some(Input::Peer(peer, PeerEvent::Disconnected))
			}
			Happens::Input(Input::Timer(timer)) if self.cleared.remove(&timer) => None,
			Happens::Input(input) => Some(input),
		}
	}

	fn carry_out(&mut self) {
		while let Some(output) = self.out.pop() {
			match output {
				Output::Notify(to, message) => {
					for peer in to.as_slice() {
						self.send(*peer, Frame::Message(message.clone()));
					}
				}
				Output::Request {
					id,
					peer,
					request,
					timeout,
				} => {
					let Question { protocol, bytes, .. } = self.exchange.ask(id, peer, request);
					self.open.insert(id, (peer, protocol));
					self.send(peer, Frame::Request(id.0, protocol.suffix().into(), bytes));
					self.after(timeout, Happens::TimedOut(id));
				}
				Output::Respond(ticket, answer) => {
					let answer = self.exchange.answer(ticket, &answer);
					if let Some((peer, id)) = self.tickets.remove(&ticket) {
						let bytes = answer.map(|answer| answer.bytes.to_vec());
						self.send(peer, Frame::Response(id, bytes));
					}
				}
				Output::Job {
					id, deadline, job, ..
				} => {
					let (queue, mut port) = (self.queue.clone(), self.port.clone());
					let left = deadline.saturating_sub(self.now());
					tokio::spawn(async move {
						let work = tokio::task::spawn_blocking(move || {
							let signer = port.clone();
							work::run(job, &mut port, &signer, &mut NoVotes).0
						});
						let done = match tokio::time::timeout(left, work).await {
							Ok(Ok(done)) => done,
							Ok(Err(_)) => Err(JobFailure::Dropped),
							Err(_) => Err(JobFailure::Late),
						};
						// The node may be gone.
						let _ = queue.send(Happens::Input(Input::Done(id, done)));
					});
				}
				Output::Store(id, batch) => {
					self.stored.apply(&batch);
					let _ = self.queue.send(Happens::Input(Input::Stored(id)));
				}
				Output::SetTimer(timer, at) => {
					let left = at.saturating_sub(self.now());
					self.after(left, Happens::Input(Input::Timer(timer)));
				}
				Output::ClearTimer(timer) => {
					self.cleared.insert(timer);
				}
				Output::Event(event) => {
					let _ = self.told.send(event);
				}
				Output::Disconnect(peer) => {
					self.streams.remove(&peer);
				}
				Output::Report(..) | Output::Cancel(_) | Output::Proposal(..) => {}
			}
		}
	}

	/// What finds no room in the stream is lost.
	fn send(&self, peer: PeerId, frame: Frame) {
		if let Some(stream) = self.streams.get(&peer) {
			let _ = stream.try_send(frame);
		}
	}

	fn after(&self, time: Duration, happens: Happens) {
		let queue = self.queue.clone();
		tokio::spawn(async move {
			tokio::time::sleep(time).await;
			let _ = queue.send(happens);
		});
	}
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), frame: Frame) -> bool {
	let bytes = frame.encode();
	let length = u32::try_from(bytes.len()).expect("frames are short");
	stream.write_u32(length).await.is_ok() && stream.write_all(&bytes).await.is_ok()
}

async fn write(mut stream: impl AsyncWrite + Unpin, mut frames: mpsc::Receiver<Frame>) {
	while let Some(frame) = frames.recv().await {
		if !send(&mut stream, frame).await {
			return;
		}
	}
}

async fn read(peer: PeerId, mut stream: impl AsyncRead + Unpin, queue: mpsc::UnboundedSender<Happens>) {
	while let Ok(length) = stream.read_u32().await {
		let mut bytes = vec![0; length.min(16 << 20) as usize];
		let frame = match stream.read_exact(&mut bytes).await {
			Ok(_) => Frame::decode_all(&mut &bytes[..]),
			Err(_) => break,
		};
		let Ok(frame) = frame else { break };
		if queue.send(Happens::Frame(peer, frame)).is_err() {
			return;
		}
	}
	let _ = queue.send(Happens::Gone(peer));
}

/// Keys, and what the one candidate gives.
#[derive(Clone)]
struct Port {
	key: sr25519::Pair,
	result: ValidationResult,
}

impl Executor for Port {
	fn execute(
		&mut self,
		_: CandidateHash,
		_: ValidationCodeHash,
		_: &PersistedValidationData,
		_: &PoV,
	) -> Execution {
		Execution {
			outcome: Ok(self.result.clone()),
			fuel: 1,
		}
	}
}

/// Nobody asks for votes here.
struct NoVotes;

impl Ballots for NoVotes {
	fn submit(&mut self, _: Hash, _: PvfCheckStatement, _: ValidatorSignature) -> Result<(), String> {
		Err("there is no chain".into())
	}
}

impl Signer for Port {
	fn sign(&self, validator: &ValidatorId, payload: &[u8]) -> Option<ValidatorSignature> {
		(ValidatorId::from(self.key.public()) == *validator).then(|| self.key.sign(payload).into())
	}
}

const PARA: ParaId = ParaId(2000);

fn pair(index: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[index + 1; 32])
}

fn block(number: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(number.into()),
		number,
		storage_root: Hash::repeat_byte(3),
	}
}

/// A relay block with one core, and both validators in the group that backs candidates on it.
fn leaf() -> LeafFacts {
	let constraints = Constraints {
		min_relay_parent_number: 9,
		max_pov_size: 1 << 20,
		max_code_size: 1 << 20,
		max_head_data_size: 1024,
		ump_remaining: 10,
		ump_remaining_bytes: 1000,
		max_ump_num_per_candidate: 5,
		dmp_remaining_messages: Vec::new(),
		hrmp_inbound: Default::default(),
		hrmp_channels_out: Vec::new(),
		max_hrmp_num_per_candidate: 4,
		required_parent: HeadData(vec![0]),
		validation_code_hash: ValidationCodeHash(Hash::repeat_byte(9)),
		upgrade_restriction: None,
		future_validation_code: None,
	};
	let at_leaf = ParaAtLeaf {
		backing_state: BackingState {
			constraints,
			pending_availability: Vec::new(),
		},
		extension: None,
	};
	LeafFacts {
		block: block(10),
		parent_hash: block(9).hash,
		slot: 10,
		session_index: 1,
		session_ends_from_slot: 1000,
		params: AsyncBackingParams {
			max_candidate_depth: 1,
			allowed_ancestry_len: 1,
		},
		ancestors: vec![block(9)],
		validators: [0, 1].map(|index| pair(index).public().into()).into(),
		groups: vec![[0, 1].map(ValidatorIndex).into()],
		rotation: GroupRotationInfo {
			session_start_block: 1,
			group_rotation_frequency: 1000,
			now: 11,
		},
		minimum_backing_votes: 2,
		disabled: Vec::new(),
		cores: vec![CoreState::Scheduled(PARA.into())],
		ancestor_claim_queues: Default::default(),
		claim_queue: [(CoreIndex(0), [PARA, PARA].into())].into(),
		paras: [(PARA, at_leaf)].into(),
		pending_relay_parents: Default::default(),
		codes_to_check: Vec::new(),
		node_features: Default::default(),
		grid: Some(GridSeed {
			randomness: [7; 32],
			authorities: 2,
		}),
		events: Vec::new(),
	}
}

/// A candidate with what its collator holds.
fn candidate() -> (CandidateReceipt, PoV, ValidationResult, PersistedValidationData) {
	let pov = PoV {
		block_data: vec![7; 5000].into(),
	};
	let validation_data = PersistedValidationData {
		parent_head: HeadData(vec![0]),
		relay_parent_number: 10,
		relay_parent_storage_root: block(10).storage_root,
		max_pov_size: 1 << 20,
	};
	let available = AvailableData {
		pov: pov.clone(),
		validation_data: validation_data.clone(),
	};
	let result = ValidationResult {
		head_data: HeadData(vec![1]),
		hrmp_watermark: 10,
		..Default::default()
	};
	let commitments = CandidateCommitments::from(result.clone());
	let descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: PARA,
		relay_parent: block(10).hash,
		core_index: 0,
		session_index: 1,
		persisted_validation_data_hash: validation_data.hash(),
		pov_hash: pov.hash(),
		erasure_root: erasure_root_of(2, &available).expect("two validators"),
		para_head: commitments.head_data.hash(),
		validation_code_hash: ValidationCodeHash(Hash::repeat_byte(9)),
	});
	let receipt = CandidateReceipt {
		descriptor,
		commitments_hash: commitments.hash(),
	};
	(receipt, pov, result, validation_data)
}

/// Starts a node with these streams, each to whoever proved to be this.
fn start(
	index: u8,
	result: ValidationResult,
	peers: Vec<(PeerId, NodePeer, DuplexStream)>,
) -> mpsc::UnboundedReceiver<Event> {
	let (queue, happens) = mpsc::unbounded_channel();
	let (told, events) = mpsc::unbounded_channel();
	let mut streams = BTreeMap::new();
	for (peer, who, stream) in peers {
		let (reader, writer) = tokio::io::split(stream);
		let (frames, to_write) = mpsc::channel(64);
		tokio::spawn(write(writer, to_write));
		let connected = Happens::Input(Input::Peer(peer, PeerEvent::Connected(who)));
		assert!(queue.send(connected).is_ok(), "the node reads it");
		tokio::spawn(read(peer, reader, queue.clone()));
		streams.insert(peer, frames);
	}
	let imported = ChainEvent::Imported {
		facts: Arc::new(leaf()),
		fresh: true,
	};
	assert!(
		queue.send(Happens::Input(Input::Chain(imported.into()))).is_ok(),
		"the node reads it"
	);
	let key = pair(index);
	let node = Node {
		core: Validator::new(ValidatorConfig::new(key.public().into())),
		out: Outbox::default(),
		began: tokio::time::Instant::now(),
		queue,
		streams,
		open: BTreeMap::new(),
		exchange: Exchange::default(),
		tickets: BTreeMap::new(),
		cleared: BTreeSet::new(),
		stored: Snapshot::default(),
		port: Port { key, result },
		told,
	};
	tokio::spawn(node.run(happens));
	events
}

/// The collator's end of its stream.
fn collator() -> CollatorPeer {
	CollatorPeer {
		peer_id: vec![7; 38],
		version: CollationVersion::V2,
	}
}

/// Says what it has, and hands it over.
async fn collate(mut stream: DuplexStream, receipt: CandidateReceipt, pov: PoV, parent_head: HeadData) {
	let declaration = Declaration {
		collator: CollatorId(pair(100).public().0),
		para_id: PARA,
		signature: CollatorSignature(pair(100).sign(&declare_payload(&collator().peer_id)).0),
	};
	let advertisement = AdvertisementV2 {
		scheduling_parent: receipt.descriptor.scheduling_parent(),
		candidate_hash: receipt.hash(),
		parent_head_data_hash: parent_head.hash(),
	};
	for said in [
		CollatorMessage::Declare(declaration),
		CollatorMessage::Advertise(advertisement),
	] {
		let message = Message::Collation(Envelope::Message(CollationMessage::V2(said)).encode());
		send(&mut stream, Frame::Message(message)).await;
	}
	while let Ok(length) = stream.read_u32().await {
		let mut bytes = vec![0; length as usize];
		stream.read_exact(&mut bytes).await.expect("a whole frame");
		if let Ok(Frame::Request(id, name, asked)) = Frame::decode_all(&mut &bytes[..]) {
			assert_eq!(protocol(&name), Some(Protocol::CollationV2));
			let asked = Request::from_wire(Protocol::CollationV2, &asked);
			assert_eq!(
				asked.map(|asked| asked.candidate()),
				Ok(receipt.hash()),
				"R-NET-70"
			);
			let collation = CollationResponse {
				receipt: receipt.clone(),
				pov: Arc::new(pov.clone()),
				parent_head_data: Some(parent_head.clone()),
			};
			send(&mut stream, Frame::Response(id, Some(collation.encode()))).await;
		}
	}
}

async fn is_backable(mut events: mpsc::UnboundedReceiver<Event>, candidate: CandidateHash) {
	while let Some(event) = events.recv().await {
		if event == Event::Backable(candidate) {
			return;
		}
	}
	panic!("the node ended");
}

#[test]
fn two_validators_back_a_candidate_over_streams() {
	let runtime = tokio::runtime::Builder::new_multi_thread()
		.worker_threads(2)
		.enable_time()
		.build()
		.expect("threads");
	runtime.block_on(async {
		let (receipt, pov, result, validation_data) = candidate();
		let hash = receipt.hash();
		let (here, there) = tokio::io::duplex(64 * 1024);
		let (of_collator, to_collator) = tokio::io::duplex(64 * 1024);
		let validator = |index| NodePeer::from(Identity::of(pair(index).public().into()));
		let first = start(
			0,
			result.clone(),
			vec![
				(PeerId(1), validator(1), here),
				(PeerId(2), NodePeer::collator(collator()), to_collator),
			],
		);
		let second = start(1, result, vec![(PeerId(1), validator(0), there)]);
		tokio::spawn(collate(of_collator, receipt, pov, validation_data.parent_head));
		let both = async {
			is_backable(first, hash).await;
			is_backable(second, hash).await;
		};
		let in_time = tokio::time::timeout(Duration::from_secs(20), both).await;
		assert!(in_time.is_ok(), "both know a quorum");
	});
}
