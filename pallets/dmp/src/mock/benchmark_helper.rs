//! What the benchmarks ask of the chain around the pallet.

use super::MaxMessageSize;
use async_backing_primitives::{HostConfiguration, ParaId};

/// Prepares the neighbours.
pub struct Helper;

impl crate::benchmarking::BenchmarkHelper for Helper {
	/// The paras of the benchmarks are there.
	fn para(_: ParaId) {}
}

/// An empty chain with the limits of a real one.
pub(crate) fn externalities() -> sp_io::TestExternalities {
	MaxMessageSize::set(HostConfiguration::default().max_downward_message_size);
	sp_io::TestExternalities::default()
}
