//! What a validator is made from, in SCALE. The codec knows no `usize`: these are 64 bits here.

use super::rerun::LATEST;
use crate::ValidatorConfig;
use async_backing_availability::{AvailabilityConfig, Rate, Serving};
use async_backing_backing::BackingConfig;
use async_backing_chain_view::Limits;
use async_backing_collator_protocol::{SlotClock, ValidatorSideConfig};
use async_backing_machine::Instant;
use async_backing_prospective_parachains::{Selection, TreeLimits, UnconnectedLimits, ViewConfig};
use async_backing_statement_distribution::DistributionConfig;
use codec::{Decode, Encode, Error, Input};

pub(super) fn encode(config: &ValidatorConfig, into: &mut Vec<u8>) {
	// In this way, so that what is new cannot be forgotten.
	let ValidatorConfig {
		key,
		bitfield_after,
		gossip_seed,
		backing,
		statements,
		view,
		availability,
		collators,
		preparation,
		limits,
	} = config;
	(key, bitfield_after, gossip_seed, preparation).encode_to(into);
	let BackingConfig {
		pov_timeout,
		validation,
		sign,
	} = backing;
	(pov_timeout, validation, sign).encode_to(into);
	let DistributionConfig {
		request_timeout,
		retry,
		check,
		serve_bytes_per_second,
		serve_burst,
	} = statements;
	(request_timeout, retry, check, serve_bytes_per_second, serve_burst).encode_to(into);
	let ViewConfig {
		v3_enabled,
		tree_limits,
		unconnected: UnconnectedLimits {
			max_candidates,
			max_bytes,
		},
		selection,
	} = view;
	let tree_limits = tree_limits.map(
		|TreeLimits {
		     max_candidates,
		     max_nodes,
		     max_nodes_per_candidate,
		 }| (max_candidates, max_nodes, max_nodes_per_candidate),
	);
	let keeps_all = match selection {
		Selection::Tree => true,
		Selection::Chain => false,
	};
	(v3_enabled, tree_limits).encode_to(into);
	(*max_candidates as u64, *max_bytes as u64, keeps_all).encode_to(into);
	let AvailabilityConfig {
		keep_included,
		keep_unavailable,
		max_bytes,
		max_candidates,
		serving: Serving {
			total,
			validator,
			strangers,
		},
	} = availability;
	(
		keep_included,
		keep_unavailable,
		*max_bytes as u64,
		*max_candidates as u64,
	)
		.encode_to(into);
	for Rate { per_second, burst } in [total, validator, strangers] {
		(per_second, burst).encode_to(into);
	}
	let ValidatorSideConfig { v3_enabled, slots } = collators;
	let slots = slots.map(|SlotClock { at, slot, duration }| (at, slot, duration));
	(v3_enabled, slots).encode_to(into);
	let Limits {
		leaves,
		blocks,
		facts,
		finalized,
		peers,
		authorities,
	} = limits;
	let sizes = [leaves, blocks, facts, peers, authorities].map(|size| *size as u64);
	(sizes, finalized).encode_to(into);
}

pub(super) fn decode(input: &mut impl Input) -> Result<ValidatorConfig, Error> {
	let (key, bitfield_after, gossip_seed, preparation) = Decode::decode(input)?;
	let (pov_timeout, validation, sign) = Decode::decode(input)?;
	let backing = BackingConfig {
		pov_timeout,
		validation,
		sign,
	};
	let (request_timeout, retry, check, serve_bytes_per_second, serve_burst) = Decode::decode(input)?;
	let statements = DistributionConfig {
		request_timeout,
		retry,
		check,
		serve_bytes_per_second,
		serve_burst,
	};
	let (v3_enabled, tree_limits): (bool, Option<_>) = Decode::decode(input)?;
	let (max_candidates, max_bytes, keeps_all) = Decode::decode(input)?;
	let view = ViewConfig {
		v3_enabled,
		tree_limits: tree_limits.map(
			|(max_candidates, max_nodes, max_nodes_per_candidate)| TreeLimits {
				max_candidates,
				max_nodes,
				max_nodes_per_candidate,
			},
		),
		unconnected: UnconnectedLimits {
			max_candidates: size(max_candidates)?,
			max_bytes: size(max_bytes)?,
		},
		selection: match keeps_all {
			true => Selection::Tree,
			false => Selection::Chain,
		},
	};
	let (keep_included, keep_unavailable, max_bytes, max_candidates) = Decode::decode(input)?;
	let mut rate = || -> Result<Rate, Error> {
		let (per_second, burst) = Decode::decode(input)?;
		Ok(Rate { per_second, burst })
	};
	let serving = Serving {
		total: rate()?,
		validator: rate()?,
		strangers: rate()?,
	};
	let availability = AvailabilityConfig {
		keep_included,
		keep_unavailable,
		max_bytes: size(max_bytes)?,
		max_candidates: size(max_candidates)?,
		serving,
	};
	let (v3_enabled, slots): (bool, Option<_>) = Decode::decode(input)?;
	let slots = slots.map(|(at, slot, duration)| SlotClock { at, slot, duration });
	let collators = ValidatorSideConfig { v3_enabled, slots };
	let (sizes, finalized): ([u64; 5], _) = Decode::decode(input)?;
	let [leaves, blocks, facts, peers, authorities] = sizes;
	let config = ValidatorConfig {
		key,
		bitfield_after,
		gossip_seed,
		backing,
		statements,
		view,
		availability,
		collators,
		preparation,
		limits: Limits {
			leaves: size(leaves)?,
			blocks: size(blocks)?,
			facts: size(facts)?,
			finalized,
			peers: size(peers)?,
			authorities: size(authorities)?,
		},
	};
	match longest(&config) <= LATEST {
		true => Ok(config),
		false => Err("something takes longer than any clock".into()),
	}
}

/// The longest of all times: a validator reckons with them.
fn longest(config: &ValidatorConfig) -> Instant {
	let (backing, statements) = (&config.backing, &config.statements);
	let clock = config.collators.slots;
	let slots = clock.map_or_else(Vec::new, |SlotClock { at, duration, .. }| vec![at, duration]);
	[
		config.bitfield_after,
		config.preparation,
		backing.pov_timeout,
		backing.validation,
		backing.sign,
		statements.request_timeout,
		statements.retry,
		statements.check,
	]
	.into_iter()
	.chain(slots)
	.max()
	.unwrap_or_default()
}

fn size(size: u64) -> Result<usize, Error> {
	usize::try_from(size).map_err(|_| Error::from("more than this machine can address"))
}
