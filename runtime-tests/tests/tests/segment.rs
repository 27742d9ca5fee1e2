//! Parachains that keep an unincluded segment, on the devnet: what they prove of the relay chain, the pace that they keep,
//! and what becomes of a collator that does not (R-SEG, R-HOO).

mod common;

use async_backing_collator::{
	parachain_keys, BlockProducer, FuelUse, PovSize, ProduceBlock, ProduceError, ProducedBlock,
	RelayParentState,
};
use async_backing_counter_parachain::{
	Block, Collator, Genesis, Pace, Producer, UpgradeStage, Workload, INITIAL_BALANCE,
};
use async_backing_devnet::{Devnet, Model, Occurrence, ParaReport, Parachain, RunConfig, RunReport};
use async_backing_primitives::{
	keys, AsyncBackingParams, HeadData, HeadHash, ParaId, RelayState, RelayStateReader, Slot, Unproven,
	ValidationCode, ValidationParams,
};
use codec::{Decode, Encode};
use common::{executor, relay_wasm};
use std::time::Duration;

const PARA: ParaId = ParaId(2000);
const ACCOUNTS: u32 = 16;
const ASYNCHRONOUS: AsyncBackingParams = AsyncBackingParams {
	max_candidate_depth: 4,
	allowed_ancestry_len: 3,
};

/// One para, whose blocks are small so that tests are fast.
fn config(blocks: u32) -> RunConfig {
	RunConfig {
		blocks,
		paras: 1,
		seed: 11,
		params: ASYNCHRONOUS,
		model: Model {
			extrinsic_cost: Duration::from_millis(50),
			..Model::default()
		},
		..RunConfig::default()
	}
}

fn code() -> ValidationCode {
	let code = async_backing_counter_parachain::WASM_BINARY.expect("these tests need the compiled parachain");
	ValidationCode(code.to_vec())
}

/// The pace that follows from a model.
fn pace(model: &Model) -> Pace {
	Pace {
		para: PARA,
		velocity: model.velocity,
		capacity: model.segment_capacity,
	}
}

fn devnet(config: RunConfig, producer: impl BlockProducer + 'static) -> Devnet {
	let parachain = Parachain::new(code(), producer);
	let mut devnet = Devnet::with_runtime_executor(config, relay_wasm(), vec![parachain], executor())
		.expect("the genesis is valid");
	devnet.keep_everything();
	devnet
}

fn run(config: RunConfig, producer: Producer) -> (RunReport, Devnet) {
	let mut devnet = devnet(config, producer);
	let report = devnet.run(|_| ()).expect("the relay chain runs");
	common::invariants::check_all(devnet.relay().client());
	(report, devnet)
}

fn run_with_pace(config: RunConfig, pace: Pace) -> (RunReport, Devnet) {
	let producer = Producer::paced(config.seed, ACCOUNTS, pace, None);
	run(config, producer)
}

fn of_para(report: &RunReport) -> &ParaReport {
	report.paras.first().expect("there is one")
}

/// Included blocks, oldest first.
fn blocks(devnet: &Devnet) -> Vec<Block> {
	let povs = devnet.included_povs(PARA);
	let decoded = povs.iter().map(|pov| Block::from_block_data(&pov.block_data));
	decoded
		.map(|block| block.expect("an included block decodes"))
		.collect()
}

struct ByKey<'a>(&'a Devnet, async_backing_primitives::Hash);

impl RelayStateReader for ByKey<'_> {
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Unproven> {
		self.0.relay().client().storage(self.1, key).map_err(|_| Unproven)
	}
}

#[test]
fn r_seg_2_the_counter_keeps_a_segment_and_loses_nothing_by_it() {
	let model = config(1).model;
	let without = run(config(16), Producer::new(11, PARA, ACCOUNTS)).0;
	let (with, devnet) = run_with_pace(config(16), pace(&model));
	let (without, with_pace) = (of_para(&without), of_para(&with));
	assert_eq!(with.refused_on_chain, 0);
	assert_eq!(with_pace.mean_interval_s, Some(6.0), "R-SLO-2: {with_pace:?}");
	// At the end of the run one is included, or not yet.
	assert!(
		with_pace.included + 1 >= without.included,
		"{with_pace:?} beside {without:?}"
	);
	assert_eq!(with_pace.wasted, 0, "{with_pace:?}");
	let each = |sum: u64, para: &ParaReport| sum / u64::from(para.included);
	assert_eq!(
		each(with_pace.extrinsics_included, with_pace),
		each(without.extrinsics_included, without)
	);
	let bytes = each(with_pace.pov_bytes_included, with_pace) - each(without.pov_bytes_included, without);
	assert!((1000..4096).contains(&bytes), "a few KB: {bytes}");
	let executed: Vec<_> = devnet
		.log()
		.occurrences()
		.iter()
		.filter_map(|(_, what)| match what {
			Occurrence::Executed { valid, .. } => Some(*valid),
			_ => None,
		})
		.collect();
	assert!(executed.len() > 20 && executed.iter().all(|valid| *valid));
}

#[test]
fn r_seg_2_what_a_block_proves_is_the_state_of_its_relay_parent() {
	let (_, devnet) = run_with_pace(config(10), pace(&config(1).model));
	let client = devnet.relay().client();
	let mut relay = client.ancestry(client.best().hash, 100).expect("it is known");
	relay.reverse();
	for block in blocks(&devnet) {
		let at = relay[block.header.relay_parent.number as usize];
		let root = client.state_root(at).expect("it is known");
		assert_eq!(block.header.relay_parent.storage_root, root, "R-PVD-2");
		let state = RelayState::read(&ByKey(&devnet, at), PARA).expect("it is a relay chain");
		assert_eq!(state.slot, client.slot(at).expect("it is known"), "R-KEY-9");
		let head = client
			.storage(at, &keys::map_key(&keys::PARAS_HEADS, &PARA))
			.expect("it is known")
			.and_then(|head| HeadData::decode(&mut &head[..]).ok());
		assert_eq!(state.included_head, head.map(|head| head.hash()), "R-KEY-2");
		assert!(state.ump_remaining > 0 && state.host.max_code_size > 0);
	}
}

/// All that parachains of the field read is proven as well, for producers that are not ours.
#[test]
fn r_key_1_to_9_a_proof_of_the_keys_of_the_field_says_all_that_a_parachain_reads() {
	let devnet = devnet(config(3), Producer::new(11, PARA, ACCOUNTS));
	let client = devnet.relay().client();
	let at = client.best().hash;
	let state = devnet.relay().state(at);
	let keys = parachain_keys(&state, PARA).expect("it is known");
	let proof = state.prove(&keys).expect("it is known");
	let nodes = proof.clone().into_memory_db::<sp_runtime::traits::BlakeTwo256>();
	let root = client.state_root(at).expect("it is known");
	let backend = sp_state_machine::TrieBackendBuilder::new(nodes, root).build();
	for key in &keys {
		use sp_state_machine::Backend;
		let proven = backend.storage(key).expect("it is proven, or that there is none");
		assert_eq!(proven, client.storage(at, key).expect("it is known"));
	}
	assert_eq!(state.downward_messages(PARA).expect("it is known"), []);
	assert!(state.horizontal_messages(PARA).expect("it is known").is_empty());
	let unknown = devnet.relay().state(Default::default());
	assert!(unknown.prove(&keys).is_err() && unknown.downward_messages(PARA).is_err());
}

#[test]
fn r_hoo_1_a_capacity_and_a_velocity_of_one_are_the_pace_of_synchronous_backing() {
	let mut narrow = config(17);
	narrow.model.segment_capacity = 1;
	let (report, _) = run_with_pace(narrow.clone(), pace(&narrow.model));
	let para = of_para(&report);
	assert_eq!(report.refused_on_chain, 0);
	assert_eq!((para.wasted, para.timed_out), (0, 0), "{para:?}");
	let mut synchronous = config(17);
	synchronous.params = AsyncBackingParams::default();
	let beside = run_with_pace(synchronous, pace(&config(1).model)).0;
	// A block is larger, as it may be backed later; and for the same reason one more may be under way at the end.
	let of_synchronous = of_para(&beside);
	assert!(
		para.mean_interval_s.is_some_and(|mean| mean >= 12.0),
		"R-SLO-1: {para:?}"
	);
	assert_eq!(of_synchronous.mean_interval_s, Some(12.0), "R-SLO-1");
	assert!(para.included <= of_synchronous.included, "{para:?}");
}

/// Collator and chain do not agree: the collator thinks that there is room for five, the chain has it for one. Where it asks,
/// nothing comes of that.
#[test]
fn r_hoo_3_a_collator_asks_the_chain_before_it_builds() {
	let one = Pace {
		capacity: 1,
		..pace(&config(1).model)
	};
	let (report, _) = run_with_pace(config(16), one);
	let para = of_para(&report);
	assert_eq!(report.refused_on_chain, 0);
	assert_eq!((para.wasted, para.timed_out), (0, 0), "{para:?}");
	assert!(para.included >= 4, "{para:?}");
	assert!(
		para.idle.iter().any(|idle| idle.reason.contains("R-HOO-3")),
		"it says why: {:?}",
		para.idle
	);
}

#[test]
fn r_seg_2_a_collator_that_ignores_the_hook_is_refused_by_validators_with_the_reason() {
	let model = config(1).model;
	let one = Pace {
		capacity: 1,
		..pace(&model)
	};
	let mut producer = Producer::paced(11, ACCOUNTS, one, None);
	producer.pretend(pace(&model));
	let (report, devnet) = run(config(16), producer);
	assert_eq!(report.refused_on_chain, 0, "nobody offers what is not backed");
	let reason = "1 blocks are not included, and at most 1 may be with this one (R-SEG-2)";
	let complaints: Vec<_> = devnet
		.log()
		.occurrences()
		.iter()
		.filter_map(|(_, what)| match what {
			Occurrence::Complaint { node, reason } if *node < 6 => Some(reason.clone()),
			_ => None,
		})
		.collect();
	assert!(
		complaints.iter().any(|complaint| complaint.contains(reason)),
		"{complaints:?}"
	);
	let para = of_para(&report);
	assert!(para.wasted > 0, "{para:?}");
	assert!(para.included >= 1, "the first one is valid: {para:?}");
	assert_eq!(para.timed_out, 0, "{para:?}");
}

#[test]
fn r_seg_8_a_segment_of_several_cores_loses_nothing() {
	let mut several = RunConfig {
		cores_per_para: 3,
		params: AsyncBackingParams {
			max_candidate_depth: 11,
			..ASYNCHRONOUS
		},
		..config(16)
	};
	(several.model.velocity, several.model.segment_capacity) = (3, 12);
	let (report, _) = run_with_pace(several.clone(), pace(&several.model));
	let without = run(several, Producer::new(11, PARA, ACCOUNTS)).0;
	let (para, without) = (of_para(&report), of_para(&without));
	assert_eq!(report.refused_on_chain, 0);
	assert_eq!(para.wasted, 0, "{para:?}");
	assert!(
		para.included + 3 >= without.included,
		"but for what a relay block takes at the end: {para:?} beside {without:?}"
	);
	assert!(para.mean_interval_s.is_some_and(|mean| mean < 2.5), "{para:?}");
}

/// The counter's own code, in other bytes: with a section that nobody reads.
fn next_code() -> ValidationCode {
	let code = code();
	let mut plain = sp_maybe_compressed_blob::decompress(&code.0, 1 << 25)
		.expect("it is code")
		.into_owned();
	plain.extend_from_slice(&[0, 9, 7]);
	plain.extend_from_slice(b"version\x02");
	ValidationCode(plain)
}

#[test]
fn r_seg_5_an_upgrade_in_flight_is_answered_by_exactly_one_block() {
	let mut upgrading = config(26);
	upgrading.model.upgrade_delay = 12;
	let pace = pace(&upgrading.model);
	let next = next_code();
	let producer = Producer::paced(upgrading.seed, ACCOUNTS, pace, Some(next.clone()));
	let genesis_head = producer.genesis_head();
	let genesis = Genesis {
		pace: Some(pace),
		upgrade: Some(next.hash()),
		..Workload::new(upgrading.seed, ACCOUNTS).genesis(PARA, INITIAL_BALANCE)
	};
	let (report, devnet) = run(upgrading, producer);
	assert_eq!(report.refused_on_chain, 0);
	let para = of_para(&report);
	assert_eq!((para.wasted, para.timed_out), (0, 0), "{para:?}");

	// A second collator sees the same in what was included, block by block.
	let mut collator = Collator::new(&genesis);
	assert_eq!(*collator.genesis_head(), genesis_head);
	let mut head = genesis_head;
	let (mut stages, mut answers) = (vec![UpgradeStage::Authorized], Vec::new());
	for pov in devnet.included_povs(PARA) {
		let block = Block::from_block_data(&pov.block_data).expect("an included block decodes");
		let params = ValidationParams {
			parent_head: head,
			block_data: pov.block_data.clone(),
			relay_parent_number: block.header.relay_parent.number,
			relay_parent_storage_root: block.header.relay_parent.storage_root,
		};
		head = collator.import(&params).expect("an included block is valid");
		let segment = collator
			.segment(&head)
			.expect("it is known")
			.expect("it keeps one");
		let answering = segment
			.segment
			.ancestors()
			.last()
			.and_then(|block| block.go_ahead);
		answers.extend(answering.map(|signal| (block.header.number, signal)));
		let upgrade = collator
			.upgrade(&head)
			.expect("it is known")
			.expect("there is one");
		assert_eq!(
			upgrade.answers as usize,
			answers.len(),
			"block {}",
			block.header.number
		);
		if stages.last() != Some(&upgrade.stage) {
			stages.push(upgrade.stage);
		}
	}
	assert_eq!(answers.len(), 1, "R-SEG-5: {answers:?}");
	let expected = [
		UpgradeStage::Authorized,
		UpgradeStage::Announced,
		UpgradeStage::Applied,
	];
	assert_eq!(stages, expected, "R-SEG-5, R-SEG-6");

	let client = devnet.relay().client();
	let facts = client
		.leaf_facts(client.best().hash)
		.expect("the runtime answers");
	let constraints = &facts.paras[&PARA].backing_state.constraints;
	assert_eq!(constraints.validation_code_hash, next.hash(), "R-CODE-6");
	let last = collator.header(&head).expect("it is known").number;
	assert!(
		last > answers[0].0 + 1,
		"the chain goes on under the new code: {last}, {answers:?}"
	);
}

/// What a producer does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
	/// It builds twice as much as there is time for.
	Greed,
	/// It has no block.
	Idleness,
}

/// A producer that does something wrong.
struct Faulty(Producer, Fault);

impl BlockProducer for Faulty {
	fn genesis_head(&self) -> HeadData {
		self.0.genesis_head()
	}

	fn pov_size(&self) -> PovSize {
		self.0.pov_size()
	}

	fn fuel(&self) -> FuelUse {
		self.0.fuel()
	}

	fn can_build_upon(
		&self,
		parent_head: &HeadData,
		included: HeadHash,
		slot: Slot,
	) -> Result<bool, ProduceError> {
		self.0.can_build_upon(parent_head, included, slot)
	}

	fn produce(&mut self, block: &ProduceBlock<'_>) -> Result<ProducedBlock, ProduceError> {
		match self.1 {
			Fault::Idleness => Err(ProduceError::new("the sequencer is away")),
			Fault::Greed => self.0.produce(&ProduceBlock {
				max_extrinsics: 2 * block.max_extrinsics,
				..*block
			}),
		}
	}
}

#[test]
fn r_bak_11_a_report_says_why_a_para_has_no_blocks() {
	for (fault, expected) in [
		(Fault::Greed, "execution takes"),
		(Fault::Idleness, "the sequencer is away"),
	] {
		let producer = Producer::paced(11, ACCOUNTS, pace(&config(1).model), None);
		let report = devnet(config(9), Faulty(producer, fault))
			.run(|_| ())
			.expect("the relay chain runs");
		let para = of_para(&report);
		assert_eq!((para.included, para.backed), (0, 0), "{fault:?}: {para:?}");
		let refusals = para.refusals.iter().map(|refusal| &refusal.reason);
		let idle = para.idle.iter().map(|idle| &idle.reason);
		let reasons: Vec<_> = match fault {
			Fault::Greed => refusals.collect(),
			Fault::Idleness => idle.collect(),
		};
		assert!(
			reasons.iter().any(|reason| reason.contains(expected)),
			"{fault:?}: {reasons:?}"
		);
	}
}

#[test]
fn the_same_run_twice_is_the_same_to_the_byte() {
	let twice = || {
		let (report, devnet) = run_with_pace(config(9), pace(&config(1).model));
		let povs: Vec<_> = devnet
			.included_povs(PARA)
			.iter()
			.map(|pov| pov.encode())
			.collect();
		let report = RunReport {
			wall_s: 0.0,
			..report
		};
		(report, devnet.trace(), povs)
	};
	let (first, second) = (twice(), twice());
	assert!(first.2.len() >= 5);
	assert_eq!(first, second);
}
