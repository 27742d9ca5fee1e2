//! How many bits there are: the services tell bit lists as bytes.
//!
//! Nothing is guessed. All bitfields have as many bits as there are cores, and index bits as many as the group has members,
//! with eight for the core where the chain injects it (R-BIN-16); groups are of two sizes (R-GRP-5). So there are few ways to
//! read an inherent, and the hash of the extrinsic, which the service tells, says which one it is.

use super::{
	candidates::{encode_bits, RawInherent},
	extrinsic::PALLETS,
};
use crate::Told;
use async_backing_primitives::{
	hash_bytes, AvailabilityBitfield, BackedCandidate, BackingBits, CandidateEvent, CandidateHash,
	GroupIndex, Hash, ParachainsInherentData, UncheckedSigned, INJECTED_CORE_BITS,
};
use bitvec::{order::Lsb0, slice::BitSlice, vec::BitVec};
use codec::{Compact, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// Validators above the highest index that there can be without one of them having sent a bitfield or vote.
const SILENT: u32 = 64;

/// An inherent with its bits.
pub(super) struct Recovered {
	pub(super) data: ParachainsInherentData,
	/// The extrinsic, if its hash says that it is this one.
	pub(super) bytes: Option<Vec<u8>>,
	/// Why the number of bits is not known.
	pub(super) unknown: Option<String>,
}

/// A way to read the bits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reading {
	cores: usize,
	indices: Vec<usize>,
}

pub(super) fn recover(raw: &RawInherent, told: &[Told], hash: Option<Hash>) -> Recovered {
	let readings = readings(raw, told);
	let tail = (&raw.disputes, &raw.parent_header).encode();
	let fixed: Vec<_> = raw
		.candidates
		.iter()
		.map(|candidate| (&candidate.candidate, &candidate.votes).encode())
		.collect();
	let found = hash.and_then(|hash| {
		let versions = |pallet: u8| [[4, pallet, 0], [5, pallet, 0]];
		let mut prefixes: Vec<_> = PALLETS.into_iter().flat_map(versions).collect();
		// Another chain may have the pallet anywhere: tried for what is left once these have failed.
		if readings.len() <= 16 {
			prefixes.extend((0..=u8::MAX).flat_map(versions));
		}
		prefixes.iter().find_map(|prefix| {
			readings.iter().find_map(|reading| {
				let extrinsic = extrinsic(raw, reading, *prefix, &fixed, &tail);
				(hash_bytes(&extrinsic) == hash).then_some((reading, extrinsic))
			})
		})
	});
	if let Some((reading, extrinsic)) = found {
		return Recovered {
			data: with_bits(raw, reading),
			bytes: Some(extrinsic),
			unknown: None,
		};
	}
	let unknown = match hash {
		None => "the JSON tells bytes of bit lists and no hash of the extrinsic that would say how many bits"
			.into(),
		Some(hash) => format!(
			"none of {} ways to read the bits gives the extrinsic {hash:?}",
			readings.len()
		),
	};
	// Bits are those of whole bytes then: where they end nobody says, and nothing may be concluded from it.
	let whole = Reading {
		cores: raw.bitfields.first().map_or(0, |(bytes, ..)| bytes.len() * 8),
		indices: raw
			.candidates
			.iter()
			.map(|candidate| candidate.indices.len() * 8)
			.collect(),
	};
	Recovered {
		data: with_bits(raw, &whole),
		bytes: None,
		unknown: Some(unknown),
	}
}

/// All ways to read the bits, likely ones first.
fn readings(raw: &RawInherent, told: &[Told]) -> Vec<Reading> {
	let groups = groups(told);
	let group_of: Vec<_> = raw
		.candidates
		.iter()
		.map(|candidate| groups.get(&candidate.candidate.hash()).copied())
		.collect();
	let cores_at_least = told
		.iter()
		.filter_map(|told| told.place().1)
		.map(|core| core.0 + 1)
		.max();
	let highest = raw
		.bitfields
		.iter()
		.map(|(_, index, _)| index.0 + 1)
		.max()
		.unwrap_or(0);
	let bytes = raw
		.bitfields
		.iter()
		.map(|(bytes, ..)| bytes.len())
		.max()
		.unwrap_or(0);
	let set = raw
		.bitfields
		.iter()
		.map(|(bytes, ..)| used(bytes))
		.max()
		.unwrap_or(0);
	let cores = lengths(bytes, set.max(cores_at_least.unwrap_or(0) as usize));
	let mut seen = BTreeSet::new();
	let mut readings = Vec::new();
	let mut add = |reading: Reading| {
		let fits = std::iter::zip(&raw.candidates, &reading.indices).all(|(candidate, bits)| {
			lengths(candidate.indices.len(), used(&candidate.indices)).contains(bits)
		});
		if fits && seen.insert(reading.clone()) {
			readings.push(reading);
		}
	};
	for injected in [INJECTED_CORE_BITS, 0] {
		for validators in highest..=highest.saturating_add(SILENT) {
			for cores in cores.clone().filter(|cores| *cores > 0) {
				let count = u32::try_from(cores).unwrap_or(u32::MAX);
				let (size, larger) = (validators / count, validators % count);
				let bits = |is_larger: bool| size as usize + usize::from(is_larger) + injected;
				let known = |group: &Option<GroupIndex>| group.map(|group| bits(group.0 < larger));
				if group_of.iter().all(Option::is_some) {
					let indices = group_of.iter().filter_map(known).collect();
					add(Reading { cores, indices });
				} else {
					// Of a group that nobody told either size is possible; all of one size first.
					for is_larger in [false, true] {
						let of = |group| known(group).unwrap_or(bits(is_larger));
						add(Reading {
							cores,
							indices: group_of.iter().map(of).collect(),
						});
					}
				}
			}
		}
	}
	for cores in cores {
		// Groups of other sizes, for a chain that splits its validators another way: all alike.
		let indices = raw
			.candidates
			.first()
			.map_or(0..=0, |first| lengths(first.indices.len(), 0));
		for bits in indices {
			add(Reading {
				cores,
				indices: vec![bits; raw.candidates.len()],
			});
		}
	}
	readings
}

/// The group of each candidate that was backed, as told.
fn groups(told: &[Told]) -> BTreeMap<CandidateHash, GroupIndex> {
	let backed = told
		.iter()
		.filter(|told| matches!(told.event, CandidateEvent::CandidateBacked(..)));
	backed
		.filter_map(|told| Some((told.receipt().hash(), told.place().2?)))
		.collect()
}

/// Bits up to the last that is set.
fn used(bytes: &[u8]) -> usize {
	BitSlice::<u8, Lsb0>::from_slice(bytes)
		.last_one()
		.map_or(0, |last| last + 1)
}

/// Numbers of bits that fill so many bytes, and at least so many.
fn lengths(bytes: usize, at_least: usize) -> std::ops::RangeInclusive<usize> {
	let most = bytes * 8;
	at_least.max(most.saturating_sub(7)).min(most)..=most
}

fn extrinsic(
	raw: &RawInherent,
	reading: &Reading,
	prefix: [u8; 3],
	fixed: &[Vec<u8>],
	tail: &[u8],
) -> Vec<u8> {
	let count = |length: usize| Compact(u32::try_from(length).unwrap_or(u32::MAX));
	let mut body = prefix.to_vec();
	count(raw.bitfields.len()).encode_to(&mut body);
	for (bytes, index, signature) in &raw.bitfields {
		encode_bits(bytes, reading.cores, &mut body);
		index.encode_to(&mut body);
		signature.encode_to(&mut body);
	}
	count(raw.candidates.len()).encode_to(&mut body);
	for ((candidate, bits), fixed) in std::iter::zip(&raw.candidates, &reading.indices).zip(fixed) {
		body.extend(fixed);
		encode_bits(&candidate.indices, *bits, &mut body);
	}
	body.extend(tail);
	let mut extrinsic = count(body.len()).encode();
	extrinsic.extend(body);
	extrinsic
}

fn with_bits(raw: &RawInherent, reading: &Reading) -> ParachainsInherentData {
	let bits = |bytes: &[u8], count: usize| -> BackingBits {
		let mut bits = BitVec::from_slice(bytes);
		bits.truncate(count);
		bits
	};
	ParachainsInherentData {
		bitfields: raw
			.bitfields
			.iter()
			.map(|(bytes, index, signature)| UncheckedSigned {
				payload: AvailabilityBitfield(bits(bytes, reading.cores)),
				validator_index: *index,
				signature: signature.clone(),
			})
			.collect(),
		backed_candidates: std::iter::zip(&raw.candidates, &reading.indices)
			.map(|(candidate, count)| BackedCandidate {
				candidate: candidate.candidate.clone(),
				validity_votes: candidate.votes.clone(),
				validator_indices: bits(&candidate.indices, *count),
			})
			.collect(),
		disputes: raw.disputes.clone(),
		parent_header: raw.parent_header.clone(),
	}
}
