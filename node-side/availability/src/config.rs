//! How much is kept, for how long, and for whom. Every number with its reason.

use crate::{
	bucket::Rate,
	erasure::chunk_len,
	trie::{MAX_PROOF_NODES, MAX_PROOF_NODE_LEN},
};
use async_backing_primitives::{
	recovery_threshold, BlockNumber, MAX_CORES, MAX_HEAD_DATA_SIZE, MAX_POV_SIZE,
};
use std::time::Duration;

/// How long an answer to a request for a chunk is waited for (R-NET-16, R-NET-17).
pub const CHUNK_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an answer to a request for available data is waited for (R-NET-22).
pub const DATA_TIMEOUT: Duration = Duration::from_secs(2);
/// Requests for own chunks that are open at once, to all peers, on up to so many cores: what one honest peer would queue
/// (R-NET-26). Further ones wait. [`max_fetches`] says how many there are on more cores. It is also how many requests all
/// recoveries of a [`Recoverer`](crate::Recoverer) have open.
pub const MAX_OPEN_REQUESTS: usize = 100;
/// Chunks that are asked for, or checked, at once for one recovery: a session of 1,000 validators needs 334 of them, ten
/// round trips.
pub const MAX_PARALLEL_CHUNKS: usize = 32;
/// How often a plain chunk (R-AVL-2) that its holder does not give is asked for of the backing group before others are asked
/// for theirs: two of the group are likely to have it, and each costs a time-out at most.
pub const PLAIN_RETRIES: usize = 2;
/// Candidates that are recovered at once on up to 100 cores: each may hold the chunks of the largest data.
/// [`max_recoveries`] says how many there are on more cores. However many, the data of no more than these is put together
/// and coded at once, which takes several times the data.
pub const MAX_RECOVERIES: usize = 2;
/// Cores for each of which together one candidate is recovered at once: as many as at 100 cores, where there are
/// [two](MAX_RECOVERIES).
pub const CORES_PER_RECOVERY: usize = 50;
/// Validators outside the backing group that are asked for the own chunk: only who has recovered the data has it, so that
/// it is worth no more than a few attempts.
pub const MAX_OTHERS_ASKED: usize = 3;
/// How often all that can be asked for a chunk is asked at one leaf. The first may have come before the chunks were coded,
/// or among too many others.
pub const ROUNDS_PER_LEAF: u32 = 3;
/// The pause between two rounds. Bitfields are signed 1.5 s after a leaf (R-AVL-8): two rounds go before that.
pub const ROUND_PAUSE: Duration = Duration::from_millis(500);
/// How long a check, and the making of records, may take: later the block that it was for is gone.
pub const CHECK_TIME: Duration = Duration::from_secs(6);
/// How long a recovery may take: two relay blocks. Candidates wait longer than that.
pub const RECOVERY_TIME: Duration = Duration::from_secs(12);
/// Data that is small enough to be asked for whole instead of chunk by chunk: the bytes of a few chunks' proofs.
pub const SMALL_DATA: usize = 64 * 1024;
/// The same for who wants the data itself in a session where chunks are not mapped (R-AVL-6): chunks have to be decoded
/// then, which takes longer than the transfer of so much, and a member of the group sends a few of these within its
/// [time-out](DATA_TIMEOUT).
pub const SMALL_UNMAPPED_DATA: usize = 1024 * 1024;
/// Candidates that a [`Recoverer`](crate::Recoverer) is asked for at once: one on each core of the largest chain.
pub const MAX_WANTED: usize = 1024;
/// Requests for one proof of validity that wait until it is packed, which takes milliseconds, of who has no claim to it:
/// validators of other groups, strangers, and members of the group beyond their [claim](POVS_PER_MEMBER). Those who have
/// one always may wait, however large the group is: they are as many as their claims.
pub const MAX_WAITING_FOR_POV: usize = 64;
/// How often a member of the group gets the proof of validity of a new candidate, whatever went out of late: once, and once
/// more if the answer was lost. The asker is not told why it gets none, and takes a member of the group that refuses for one
/// that vouched for what it does not have (R-BAK-10, R-NET-114): so whoever asks as an honest one does is never refused.
/// What goes out by it is bounded by what this validator executes and by the size of the group, not by who asks.
pub const POVS_PER_MEMBER: u8 = 2;
/// Candidates whose proofs of validity members of the group have a claim to: those that were made within ten blocks, of
/// more the newest. At one each 500 ms a core has 120 in that time: two forks of that.
pub const MAX_NEW_POVS: usize = 256;
/// How often somebody whose share is everybody's may be refused without cost: it is empty because of others, so that to ask
/// is no misdeed. Counted by peer: at once as many requests as an honest node has waiting (R-NET-26), and ten a second,
/// since it begins again after [half a second](ROUND_PAUSE) with a few candidates. What is above it is a flood (R-NET-114).
pub const FREE_REFUSALS: Rate = Rate {
	per_second: 10,
	burst: 100,
};
/// Validators whose share is counted: those of a session of the largest size, and of the next. As many others whose
/// [refusals](FREE_REFUSALS) are.
pub const MAX_COUNTED_PEERS: usize = 4096;
/// What a request costs its sender beside the answer, in bytes: as much as the largest request (R-NET-16 to R-NET-22).
pub const REQUEST_COST: usize = 1000;
/// Largest available data, as coded, in bytes: the largest legal proof of validity and parent head, and what goes with
/// them. Longer chunks than it makes are wrong.
pub const MAX_AVAILABLE_DATA: usize = MAX_POV_SIZE as usize + MAX_HEAD_DATA_SIZE as usize + 64;

/// How a validator keeps and serves data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvailabilityConfig {
	/// Relay blocks that an included candidate is kept for, counted from the block that included it to the newest
	/// finalised one. Approval checkers and disputes need it.
	pub keep_included: BlockNumber,
	/// Relay blocks that a candidate which was not included is kept for after it was last pending at a leaf, or made.
	pub keep_unavailable: BlockNumber,
	/// Bytes of chunks and data in memory and in the store. Above it the oldest go first: what is included or never will be,
	/// then what may be backed yet, then what is pending; and of these what others have as well: chunks of others, then whole
	/// data, then the own chunk. Own chunks of candidates that are pending stay in any case: they are promised.
	pub max_bytes: usize,
	/// Candidates of which anything is kept; more are treated in the same way.
	pub max_candidates: usize,
	/// What goes out.
	pub serving: Serving,
}

impl Default for AvailabilityConfig {
	/// 25 hours of six-second blocks for what was included, an hour for what was not, as Polkadot's validators
	/// do; a gibibyte.
	fn default() -> Self {
		Self {
			keep_included: 15_000,
			keep_unavailable: 600,
			max_bytes: 1 << 30,
			max_candidates: 1 << 15,
			serving: Serving::default(),
		}
	}
}

/// How many bytes of answers go out. Whoever is over it hears [`Busy`](async_backing_machine::Refusal::Busy).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serving {
	/// To all together. Members of a candidate's backing group may use it up for proofs of validity, and have a
	/// [claim](POVS_PER_MEMBER) to some beyond it; chunks are given
	/// while a quarter of the burst is left, whole data while half is, strangers get something while three quarters are.
	pub total: Rate,
	/// To one validator.
	pub validator: Rate,
	/// To all together who are no validators, such as collators that miss a parablock (R-NET-103).
	pub strangers: Rate,
}

impl Default for Serving {
	/// 50 MiB/s in all, the bandwidth that R-NET-26 reckons with, and at once four of the largest answers, of 16 MiB (R-NET-16
	/// to R-NET-22). A validator gets a sixth of it, and two of the largest answers at once, beside what it has a
	/// [claim](POVS_PER_MEMBER) to: that follows what the chain allows, however large proofs of validity and candidate depth
	/// are. Strangers together get a fiftieth.
	fn default() -> Self {
		const MIB: u32 = 1 << 20;
		let rate = |per_second, burst| Rate {
			per_second: per_second * MIB,
			burst: burst * MIB,
		};
		Self {
			total: rate(50, 64),
			validator: rate(8, 32),
			strangers: rate(1, 1),
		}
	}
}

/// Requests for own chunks that are open at once: a place for each core of a leaf, so that who withholds a chunk, and is
/// waited for until the time-out, takes the place of no other (R-AVL-7, R-AVL-8); [`MAX_OPEN_REQUESTS`] at least. Forks may
/// have other candidates on the same cores: who failed least goes first then, and among these who came first.
pub fn max_fetches(cores: usize) -> usize {
	cores.clamp(MAX_OPEN_REQUESTS, MAX_CORES as usize)
}

/// Candidates whose data is recovered at once for own chunks: one for each [`CORES_PER_RECOVERY`], [`MAX_RECOVERIES`] at
/// least.
pub fn max_recoveries(cores: usize) -> usize {
	let cores = cores.min(MAX_CORES as usize);
	cores.div_ceil(CORES_PER_RECOVERY).max(MAX_RECOVERIES)
}

/// Requests that all recoveries for own chunks have open: they have places of their own, so that they take none of
/// [those for the chunks](max_fetches), and the other way round.
pub fn max_recovery_requests(cores: usize) -> usize {
	max_recoveries(cores).saturating_mul(MAX_PARALLEL_CHUNKS)
}

/// Longest chunk that can be right, in bytes, and `None` where there is no code.
pub fn max_chunk_len(validators: usize) -> Option<usize> {
	chunk_len(validators, MAX_AVAILABLE_DATA)
}

/// Most bytes of memory that a validator needs (law 3), whatever peers send: what is kept, what is recovered, what is on
/// the way, and a few words for each candidate and validator.
///
/// `leaves` is the number of leaves that its chain view allows, `cores` that of the cores at each of them, `validators`
/// that of the largest session. Own chunks of what is pending are kept even above
/// [`max_bytes`](AvailabilityConfig::max_bytes), and what backing hands over is counted before the oldest is dropped: the
/// largest data with its chunks, a second time as proof of validity and as record.
pub fn memory_bound(config: &AvailabilityConfig, validators: usize, cores: usize, leaves: usize) -> usize {
	memory_bound_for(config, validators, cores, leaves, MAX_AVAILABLE_DATA)
}

/// As [`memory_bound`], where nobody has data that is larger than `largest`: for tests, which would see no leak otherwise.
pub fn memory_bound_for(
	config: &AvailabilityConfig,
	validators: usize,
	cores: usize,
	leaves: usize,
	largest: usize,
) -> usize {
	/// Maps and keys, for each candidate.
	const CANDIDATE: usize = 1024;
	/// The same, for each validator that a fetch may ask or has asked.
	const ASKED: usize = 64;
	/// What a member of a group got of a new proof of validity, and its places among who waits for it.
	const CLAIM: usize = 16 + 2 * 8 * POVS_PER_MEMBER as usize;
	let chunk = chunk_len(validators, largest)
		.unwrap_or(0)
		.saturating_add(MAX_PROOF_NODES * MAX_PROOF_NODE_LEN);
	let threshold = recovery_threshold(validators).unwrap_or(0);
	let pending = cores.saturating_mul(leaves);
	let kept = config.max_bytes.saturating_add(chunk.saturating_mul(pending));
	let coded = chunk
		.saturating_mul(validators)
		.saturating_add(largest.saturating_mul(4));
	let gathered = threshold
		.saturating_add(MAX_PARALLEL_CHUNKS)
		.saturating_mul(chunk)
		.saturating_mul(max_recoveries(cores));
	let recovered = coded.saturating_mul(MAX_RECOVERIES);
	let on_the_way = chunk.saturating_mul(max_fetches(cores));
	let words = CANDIDATE
		.saturating_mul(config.max_candidates.saturating_add(pending))
		.saturating_add(ASKED.saturating_mul(validators).saturating_mul(pending))
		.saturating_add(CLAIM.saturating_mul(validators).saturating_mul(MAX_NEW_POVS))
		.saturating_add(MAX_COUNTED_PEERS * 2 * 128);
	[coded, gathered, recovered, on_the_way, words]
		.into_iter()
		.fold(kept, usize::saturating_add)
}
