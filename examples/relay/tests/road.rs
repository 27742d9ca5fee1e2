//! A candidate's whole way on the runtime, and that the READMEs show what is compiled.

use async_backing_example_relay as runtime;
use async_backing_primitives::{
	hash_of,
	runtime_api::runtime_decl_for_parachain_host::ParachainHostV16,
	test_helpers::{validator_id, Author, Draft, Signers},
	CandidateEvent, CoreIndex, HeadData, Header, ParaId, ParachainsInherentData, RelayChainBlockInfo,
	ValidationCode,
};
use codec::Encode;
use frame_system::RawOrigin;
use runtime::{AccountId, Block, Executive, Runtime, RuntimeGenesisConfig, SessionKeys, EPOCH_SLOTS};
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_runtime::{BuildStorage, Digest, DigestItem};

const PARA: ParaId = ParaId(2000);
const VALIDATORS: u32 = 4;
const FIRST_SLOT: u64 = 1_000;

fn code() -> ValidationCode {
	ValidationCode(vec![1; 16])
}

fn genesis() -> sp_io::TestExternalities {
	let keys = (0..VALIDATORS).map(|index| {
		let raw: [u8; 32] = sp_core::sr25519::Public::from(validator_id(index)).0;
		let keys = SessionKeys {
			babe: sp_core::sr25519::Public::from_raw(raw).into(),
			para_validator: validator_id(index),
		};
		(AccountId::from(raw), AccountId::from(raw), keys)
	});
	let config = RuntimeGenesisConfig {
		session: pallet_session::GenesisConfig {
			keys: keys.collect(),
			..Default::default()
		},
		paras: pallet_async_backing_paras::GenesisConfig {
			paras: vec![pallet_async_backing_paras::GenesisPara {
				id: PARA,
				head: HeadData(vec![0]),
				code: code().into(),
			}],
			..Default::default()
		},
		para_scheduler: pallet_async_backing_scheduler::GenesisConfig {
			assignments: vec![(CoreIndex(0), PARA)],
			..Default::default()
		},
		..Default::default()
	};
	config.build_storage().expect("builds").into()
}

/// The chain at its best block.
struct Chain {
	parent: Header,
	events: Vec<CandidateEvent>,
}

impl Chain {
	fn new() -> Self {
		let root = sp_io::storage::root(runtime::VERSION.state_version());
		let parent = Header {
			parent_hash: Default::default(),
			number: 0,
			state_root: sp_core::H256::from_slice(&root),
			extrinsics_root: Default::default(),
			digest: Digest::default(),
		};
		Self {
			parent,
			events: Vec::new(),
		}
	}

	fn parent(&self) -> RelayChainBlockInfo {
		RelayChainBlockInfo {
			hash: hash_of(&self.parent),
			number: self.parent.number,
			storage_root: self.parent.state_root,
		}
	}

	fn grow(&mut self, data: ParachainsInherentData) {
		let slot = FIRST_SLOT + u64::from(self.parent.number);
		let author = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: (slot % u64::from(VALIDATORS)) as u32,
			slot: slot.into(),
		});
		Executive::initialize_block(&Header {
			parent_hash: hash_of(&self.parent),
			number: self.parent.number + 1,
			state_root: Default::default(),
			extrinsics_root: Default::default(),
			digest: Digest {
				logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, author.encode())],
			},
		});
		runtime::Timestamp::set(RawOrigin::None.into(), slot * 6_000).expect("it is the slot's time");
		runtime::ParaInherent::enter(RawOrigin::None.into(), data).expect("it is good");
		self.parent = Executive::finalize_block();
		self.events = <Runtime as ParachainHostV16<Block>>::candidate_events();
	}
}

#[test]
fn a_candidate_is_backed_and_included_and_the_next_one_in_the_next_session() {
	type Host = Runtime;
	genesis().execute_with(|| {
		let mut chain = Chain::new();
		let nobody = Signers::unshuffled(0);
		chain.grow(Author::new(&chain.parent, 0, 0, &nobody).inherent());
		for (session, head) in [(0u32, 1u8), (1, 2)] {
			assert_eq!(
				<Host as ParachainHostV16<Block>>::session_index_for_child(),
				session
			);
			let validators = <Host as ParachainHostV16<Block>>::validators();
			assert_eq!(validators.len() as u32, VALIDATORS, "R-ABP-9: session {session}");
			let signers = Signers::of(&validators, VALIDATORS);
			let (groups, rotation) = <Host as ParachainHostV16<Block>>::validator_groups();
			let group = rotation.group_for_core(CoreIndex(0), groups.len());
			let group = groups[group.expect("there is a group for each core").as_usize()].clone();
			let constraints =
				<Host as ParachainHostV16<Block>>::backing_constraints(PARA).expect("it is active");
			let mut draft = Draft::new(
				PARA,
				chain.parent(),
				constraints.required_parent,
				HeadData(vec![head]),
				constraints.validation_code_hash,
				constraints.max_pov_size,
			);
			draft.session = session;
			let voters: Vec<usize> = (0..group.len()).collect();
			let author = |chain: &Chain| Author::new(&chain.parent, session, groups.len() as u32, &signers);
			let backed = author(&chain)
				.backing(draft.back(&group, &voters, &signers))
				.inherent();
			chain.grow(backed);
			assert!(matches!(chain.events[..], [CandidateEvent::CandidateBacked(..)]));

			let available = author(&chain).attesting(&[CoreIndex(0)]).inherent();
			chain.grow(available);
			assert!(matches!(
				chain.events[..],
				[CandidateEvent::CandidateIncluded(..)]
			));
			let info = <Host as ParachainHostV16<Block>>::session_info(session).expect("it is remembered");
			assert_eq!(info.validators, validators);
			assert_eq!(
				info.discovery_keys.len(),
				validators.len(),
				"R-BIN-30: one for each"
			);
			while <Host as ParachainHostV16<Block>>::session_index_for_child() == session {
				chain.grow(author(&chain).inherent());
			}
		}
		assert!(u64::from(chain.parent.number) >= 2 * EPOCH_SLOTS);
	});
}

/// Without what only benchmarks need, and with one kind of blank.
fn normal(text: &str) -> String {
	let lines: Vec<_> = text.lines().map(str::trim).collect();
	lines.join("\n")
}

#[test]
fn the_readmes_show_configurations_that_compile() {
	let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pallets/");
	let compiled = normal(concat!(
		include_str!("../src/pallets.rs"),
		include_str!("../src/lib.rs"),
		// A pallet for parachains: this runtime has no place for it, but its tests have a parachain's.
		include_str!("../../../pallets/unincluded-segment/src/tests/readme.rs"),
	));
	let mut shown = 0;
	for entry in std::fs::read_dir(root).expect("the pallets are there") {
		let folder = entry.expect("it can be read").path();
		let path = folder.join("README.md");
		let Ok(readme) = std::fs::read_to_string(&path) else {
			continue;
		};
		// Every second part between fences is code.
		for block in readme.split("```").skip(1).step_by(2) {
			let (_, code) = block.split_once('\n').unwrap_or_default();
			let is_wiring = |item: &&str| {
				item.contains("::Config for Runtime")
					|| ["impl_opaque", "parameter_types!", "impl<LocalCall>"]
						.iter()
						.any(|start| item.starts_with(start))
			};
			for item in code.split("\n\n").filter(is_wiring) {
				let item = normal(item.trim());
				assert!(
					compiled.contains(&item),
					"{}: not what is compiled:\n{item}",
					path.display()
				);
				shown += 1;
			}
		}
	}
	assert!(shown >= 16, "only {shown} configurations are shown");
}
