//! Ceilings of on-chain collections.
//!
//! Each bounds storage so that its size is known, and is far enough from what chains use that governance never meets
//! it. Configured limits are below these.

/// Cores: the injected core index has eight bits (R-BIN-16), but version 2 candidates name cores up to 65535; a
/// thousand is five times what the largest relay chain plans.
pub const MAX_CORES: u32 = 1024;
/// Validators of a session: twice what the largest relay chain plans.
pub const MAX_VALIDATORS: u32 = 2048;
/// Parachains on one relay chain.
pub const MAX_PARAS: u32 = 4096;
/// Claims of one core in the claim queue.
pub const MAX_LOOKAHEAD: u32 = 256;
/// Candidates of one para that may be pending: every legal depth (R-ABP-4).
pub const MAX_UNINCLUDED_LIMIT: u32 = 256;
/// Entries of the relay-parent window: every legal ancestry length and the newest block (R-ABP-4).
pub const MAX_RELAY_PARENTS: u32 = 256;
/// Encoded bytes of one candidate's commitments: the largest legal code (5 MiB), the largest legal head data (1 MiB)
/// and 2 MiB of messages, twice what the largest relay chain lets a para queue. More than a block of that chain carries.
pub const MAX_COMMITMENTS_SIZE: u32 = 8 * 1024 * 1024;
/// Open channels of one para in either direction.
pub const MAX_HRMP_CHANNELS: u32 = 256;
/// Bytes of one downward message: as much as an upward one may have.
pub const MAX_DOWNWARD_MESSAGE_SIZE: u32 = 128 * 1024;
/// Downward messages that wait for one para. Constraints name each of them (R-BASE-8), so they must stay small.
pub const MAX_DOWNWARD_MESSAGES: u32 = 1024;
/// Bytes of downward messages that wait for one para. A node reads the whole queue in one answer of the runtime,
/// whose allocator hands out at most 32 MiB at once.
pub const MAX_DOWNWARD_QUEUE_SIZE: u32 = 16 * 1024 * 1024;
/// Messages that may wait in one horizontal channel: twice what the largest relay chain allows. It bounds what a para that
/// stands still for long finds in all its channels, so that its digest can count it, and what a closed channel leaves to be
/// removed.
pub const MAX_HRMP_CHANNEL_CAPACITY: u32 = 2048;
/// Bytes of one horizontal message: as much as an upward one may have.
pub const MAX_HRMP_MESSAGE_SIZE: u32 = 128 * 1024;
/// On-demand orders that are paid for and not served: those that wait, those handed out to claims of the claim queue, and
/// those whose candidate is pending. One for each para that there can be.
///
/// All count against it, whatever the number of cores and the lookahead, so the order book has room for each that comes
/// back (R-SCH-6): a configured queue size up to this one promises nothing that the book can't hold.
pub const MAX_ON_DEMAND_ORDERS: u32 = MAX_PARAS;
