//! The whole road on a runtime: a run in which as much happens as the runtime has somebody for.

use super::{echo::Echo, governance::Governance, told, upward, Finding, Level};
use crate::{
	orders::OrderDesk, runtime::Runtime, Devnet, DevnetError, Model, ParaReport, Parachain, RunConfig,
	RunReport, FIRST_PARA,
};
use async_backing_primitives::{
	keys, wiring::path, AsyncBackingParams, CandidateEvent, Hash, HostConfiguration, ParaId, SessionIndex,
};
use async_backing_relay_client::{Genesis, QueryError, RelayClient};
use async_backing_runtime_metadata::Chain;
use std::collections::BTreeSet;

/// Slots of a session, on a runtime whose genesis takes a length.
const SESSION: u32 = 12;
/// Longest session that is waited for to end, in slots.
const LONGEST_SESSION: u64 = 60;
/// Blocks beside those of sessions: from the last change to an inclusion, and until a code is replaced.
const BESIDE: u32 = 10;
/// Blocks of a run that no session change is waited for in.
const WITHOUT_SESSION: u32 = 30;
/// Blocks from the announcement of a code to its use.
const UPGRADE_DELAY: u32 = 12;

const GUIDE: &str = "docs/guide/adopting.md";

/// Takes the runtime the whole road.
///
/// # Errors
/// This machine does not finish: the engine does not start, or is too slow. What the runtime does is a finding.
pub(super) fn road(runtime: &Runtime, preset: &mut Option<String>) -> Result<Vec<Finding>, DevnetError> {
	let mut findings = Vec::new();
	let orders = can_order(runtime);
	let root = runtime.metadata.pallet("pallet_sudo").is_some();
	let mut config = RunConfig {
		preset: preset.clone(),
		customer_is_root: root,
		on_demand: u32::from(orders.is_ok()),
		params: AsyncBackingParams {
			max_candidate_depth: 4,
			allowed_ancestry_len: 3,
		},
		model: Model {
			upgrade_delay: UPGRADE_DELAY,
			..Model::default()
		},
		..RunConfig::default()
	};
	let prepared = prepare(runtime, &mut config, &mut findings);
	preset.clone_from(&config.preset);
	let (mut devnet, sends) = match prepared {
		Ok(prepared) => prepared,
		Err(error) => return failed("genesis", error).map(|finding| with(findings, finding)),
	};
	findings.push(Finding::of(
		Level::Ok,
		"genesis",
		"validators, paras and cores of a run over the preset",
		format!(
			"{} validators, {} paras, sessions of {} slots",
			config.validators,
			config.para_ids().count(),
			devnet.relay().session_length()
		),
		GUIDE,
	));
	match told::told(devnet.relay().client()) {
		Ok(told) => findings.push(told),
		Err(error) => return failed("genesis", error.into()).map(|finding| with(findings, finding)),
	}
	let governance = root.then(|| Governance::send(&mut devnet, &config));
	let report = match devnet.run(|_| ()) {
		Ok(report) => report,
		Err(error) => return failed("the run", error).map(|finding| with(findings, finding)),
	};
	findings.extend(outcome(&devnet, &config, &report));
	let asked = Asked {
		governance,
		orders,
		upward: sends,
		changes: report.sessions.saturating_sub(1),
	};
	match seen(devnet.relay().client(), &config, asked) {
		Ok(seen) => findings.extend(seen),
		Err(error) => {
			return failed("the state after the run", error.into()).map(|finding| with(findings, finding))
		}
	}
	Ok(findings)
}

fn with(mut findings: Vec<Finding>, finding: Finding) -> Vec<Finding> {
	findings.push(finding);
	findings
}

/// What the runtime did wrong; an error if it is this machine that does not go on.
fn failed(what: &str, error: DevnetError) -> Result<Finding, DevnetError> {
	match error {
		DevnetError::Engine(_) | DevnetError::Unfinished { .. } => Err(error),
		error => Ok(Finding::of(
			Level::Fail,
			what,
			"relay blocks with candidates in them",
			error.to_string(),
			GUIDE,
		)),
	}
}

/// Whether orders can be sent, or why not.
fn can_order(runtime: &Runtime) -> Result<(), DevnetError> {
	let chain = Chain {
		spec_version: runtime.version.spec_version,
		transaction_version: runtime.version.transaction_version,
		genesis: Hash::zero(),
	};
	let mut desk = OrderDesk::new(runtime.metadata.clone(), chain);
	desk.wish_order(ParaId(FIRST_PARA))?;
	desk.bring(&BTreeSet::new(), 0).map(drop)
}

/// The network at rest, for as many blocks as there is something to see, and whether a para sends an upward message, or why not.
fn prepare(
	runtime: &Runtime,
	config: &mut RunConfig,
	findings: &mut Vec<Finding>,
) -> Result<(Devnet, Result<(), String>), DevnetError> {
	config.preset = runtime.preset(config)?;
	let genesis = Genesis {
		preset: config.preset.clone(),
		..Genesis::default()
	};
	let base = genesis.config(&runtime.executor, &runtime.code)?;
	let mut limits = None;
	if let Some(configuration) = runtime.metadata.pallet(path::CONFIGURATION) {
		let mut own = base.as_object().into_iter().flatten();
		let own = own.find(|(key, _)| key.to_lowercase() == configuration.name.to_lowercase());
		limits =
			own.and_then(|(_, own)| serde_json::from_value::<HostConfiguration>(own["config"].clone()).ok());
		findings.extend(limits.as_ref().map(tuning));
	}
	let sends = upward::can_send(&runtime.metadata, limits.as_ref());
	if runtime.takes_session_length(&base) {
		config.model.session_length = Some(SESSION);
	}
	let devnet = |config: &RunConfig| {
		let parachain = |para: ParaId| {
			let echo = Echo {
				upgrades: para.0 == FIRST_PARA,
				sends: para.0 == FIRST_PARA && sends.is_ok(),
			};
			Parachain::new(Echo::code(1), echo)
		};
		let parachains = config.para_ids().map(parachain).collect();
		Devnet::with_runtime_executor(
			config.clone(),
			&runtime.code,
			parachains,
			runtime.executor.clone(),
		)
	};
	let first = devnet(config)?;
	let session = first.relay().session_length();
	config.blocks = match u32::try_from(session) {
		Ok(slots) if session <= LONGEST_SESSION => slots
			.saturating_mul(2)
			.saturating_add(BESIDE)
			.max(WITHOUT_SESSION),
		_ => WITHOUT_SESSION,
	};
	drop(first);
	Ok((devnet(config)?, sends))
}

/// What the preset's own parameters are like together.
fn tuning(config: &HostConfiguration) -> Finding {
	let params = config.async_backing_params;
	let warnings = params.tuning_warnings(config.scheduling_lookahead, None);
	let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
	let came = format!(
		"depth {}, ancestry {}, lookahead {}",
		params.max_candidate_depth, params.allowed_ancestry_len, config.scheduling_lookahead
	);
	Finding::if_holds(
		warnings.is_empty(),
		Level::Warn,
		"parameters of the preset",
		"a lookahead of one more than the ancestry",
		match warnings.is_empty() {
			true => came,
			false => format!("{came}: {}", warnings.join("; ")),
		},
		"R-DEF-27, R-SCH-12, R-NET-77",
	)
}

/// What the run came to, para by para.
fn outcome(devnet: &Devnet, config: &RunConfig, report: &RunReport) -> Vec<Finding> {
	let mut findings: Vec<_> = report
		.paras
		.iter()
		.filter(|para| para.id < FIRST_PARA.saturating_add(config.paras))
		.map(|para| included(para, format!("blocks of para {}", para.id), "R-ENA-3"))
		.collect();
	findings.push(Finding::if_holds(
		report.refused_on_chain == 0,
		Level::Fail,
		"what nodes think the chain takes",
		"no candidate refused that an honest author offers",
		format!("{} refused", report.refused_on_chain),
		"R-DEP-1",
	));
	let session = devnet.relay().session_length();
	let changes = report.sessions.saturating_sub(1);
	findings.push(match session <= LONGEST_SESSION {
		true => Finding::if_holds(
			changes >= 1,
			Level::Fail,
			"session change",
			"sessions begin while the run goes",
			format!("{changes} in {} blocks", report.relay_blocks),
			"R-ABP-9",
		),
		false => Finding::of(
			Level::Warn,
			"session change",
			"sessions begin while the run goes",
			format!("a session has {session} slots, which is not waited for; a genesis with `epochLength.slots` makes it short"),
			GUIDE,
		),
	});
	findings
}

fn included(para: &ParaReport, what: String, rule: &'static str) -> Finding {
	Finding::if_holds(
		para.included > 0,
		Level::Fail,
		what,
		"built, backed and included",
		format!(
			"{} built, {} backed, {} included{}",
			para.built,
			para.backed,
			para.included,
			match (para.included, para.idle.first()) {
				(0, Some(idle)) => format!("; {}", idle.reason),
				_ => String::new(),
			}
		),
		rule,
	)
}

/// What was asked of the runtime, or why it could not be, and how many sessions began meanwhile.
struct Asked {
	governance: Option<Governance>,
	orders: Result<(), DevnetError>,
	upward: Result<(), String>,
	changes: u32,
}

/// What is in the state after the run, and in its blocks.
fn seen(client: &RelayClient, config: &RunConfig, asked: Asked) -> Result<Vec<Finding>, QueryError> {
	let best = client.best();
	let inclusions = inclusions(client)?;
	let mut findings = Vec::new();
	let last = inclusions.last().map(|(session, _)| *session).unwrap_or_default();
	let first = inclusions
		.first()
		.map(|(session, _)| *session)
		.unwrap_or_default();
	if last > first {
		let lives = |session: SessionIndex| {
			inclusions
				.iter()
				.any(|(other, paras)| *other == session && !paras.is_empty())
		};
		let dead: Vec<_> = (first.saturating_add(1)..last)
			.filter(|session| !lives(*session))
			.map(|session| session.to_string())
			.collect();
		findings.push(Finding::if_holds(
			dead.is_empty(),
			Level::Fail,
			"blocks after a session change",
			"paras go on in the next session",
			match dead.is_empty() {
				true => format!("inclusions in each session, {first} to {last}"),
				false => format!("nothing is included in session {}", dead.join(", ")),
			},
			"R-ABP-9",
		));
	}
	findings.push(upgrade(client)?);
	let blocks_of = |para: ParaId| {
		let paras = inclusions.iter().flat_map(|(_, paras)| paras);
		paras.filter(|id| **id == para).count()
	};
	findings.push(match asked.orders {
		Ok(()) => {
			let para = ParaId(FIRST_PARA.saturating_add(config.paras));
			let count = blocks_of(para);
			Finding::if_holds(
				count > 0,
				Level::Fail,
				format!("blocks that are ordered, for para {para}"),
				"each order gives a block",
				format!("{count} included"),
				"R-SCH-8",
			)
		}
		Err(error) => Finding::of(
			Level::Warn,
			"blocks that are ordered",
			"a transaction orders one",
			format!("not tried: {error}"),
			"R-SCH-8",
		),
	});
	findings.extend(Governance::findings(asked.governance, client, asked.changes)?);
	findings.extend(read_by_parachains(client)?);
	findings.extend(upward::findings(
		asked.upward,
		client,
		blocks_of(ParaId(FIRST_PARA)),
	)?);
	findings.push(Finding::of(
		Level::Ok,
		"the run",
		format!("{} relay blocks", config.blocks),
		format!("{} relay blocks", best.number),
		GUIDE,
	));
	Ok(findings)
}

/// Paras with an inclusion, block by block, with the session that the block ran in.
fn inclusions(client: &RelayClient) -> Result<Vec<(SessionIndex, Vec<ParaId>)>, QueryError> {
	let best = client.best();
	let mut chain = client.ancestry(best.hash, best.number as usize)?;
	chain.reverse();
	chain.push(best.hash);
	chain
		.windows(2)
		.filter_map(|pair| <[Hash; 2]>::try_from(pair).ok())
		.map(|[parent, block]| {
			let session = client.call(parent, "ParachainHost_session_index_for_child", ())?;
			let included = |event| match event {
				CandidateEvent::CandidateIncluded(receipt, ..) => Some(receipt.descriptor.para_id()),
				_ => None,
			};
			let events = client.candidate_events(block)?;
			Ok((session, events.into_iter().filter_map(included).collect()))
		})
		.collect()
}

fn upgrade(client: &RelayClient) -> Result<Finding, QueryError> {
	let para = ParaId(FIRST_PARA);
	let facts = client.leaf_facts(client.best().hash)?;
	let code = facts
		.paras
		.get(&para)
		.map(|para| para.backing_state.constraints.validation_code_hash);
	Ok(Finding::if_holds(
		code == Some(Echo::code(2).hash()),
		Level::Fail,
		format!("a code upgrade of para {para}"),
		"announced, voted on by the validators, in force",
		match code {
			Some(code) if code == Echo::code(2).hash() => "the new code is in force",
			Some(code) if code == Echo::code(1).hash() => "the old code is still in force",
			Some(_) => "some other code is in force",
			None => "the para is not scheduled at the end of the run",
		},
		"R-CODE-3, R-CODE-6",
	))
}

/// Whether what parachains read is in the state.
fn read_by_parachains(client: &RelayClient) -> Result<Vec<Finding>, QueryError> {
	let best = client.best().hash;
	let para = ParaId(FIRST_PARA);
	let rows = [
		("the host configuration", keys::ACTIVE_CONFIG.to_vec(), "R-KEY-1"),
		(
			"a para's head",
			keys::map_key(&keys::PARAS_HEADS, &para),
			"R-KEY-2",
		),
		("the slot", keys::CURRENT_SLOT.to_vec(), "R-KEY-9"),
	];
	rows.into_iter()
		.map(|(what, key, rule)| {
			let found = client.storage(best, &key)?.is_some();
			Ok(Finding::if_holds(
				found,
				Level::Fail,
				format!("what parachains read: {what}"),
				"there, at its well-known key",
				if found { "it is there" } else { "there is nothing" },
				rule,
			))
		})
		.collect()
}
