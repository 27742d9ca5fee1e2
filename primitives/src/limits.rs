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
/// Open channels of one para in either direction.
pub const MAX_HRMP_CHANNELS: u32 = 256;
