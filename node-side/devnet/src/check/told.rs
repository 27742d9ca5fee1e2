//! Whether the sessions of the chain reach the parachains' pallets.

use super::{Finding, Level};
use async_backing_primitives::ValidatorId;
use async_backing_relay_client::{QueryError, RelayClient};

/// Whether the first session, which begins with the genesis, has validators.
pub(super) fn told(client: &RelayClient) -> Result<Finding, QueryError> {
	let validators: Vec<ValidatorId> = client.call(client.best().hash, "ParachainHost_validators", ())?;
	Ok(first_session(validators.len()))
}

fn first_session(validators: usize) -> Finding {
	Finding::if_holds(
		validators > 0,
		Level::Fail,
		"validators of the first session",
		"those of the session pallet, by their keys for parachains",
		match validators {
			0 => "none; is `ParaSessionInfo` among the session keys, and among the `SessionHandler`s of \
			      `pallet_session::Config`?"
				.to_owned(),
			validators => format!("{validators}"),
		},
		"R-ABP-9",
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_abp_9_sessions_that_never_reach_the_parachains_are_named() {
		let finding = first_session(0);
		assert_eq!(finding.level, Level::Fail);
		assert!(finding.came.contains("`SessionHandler`s"), "{finding:?}");
		assert_eq!(first_session(6).level, Level::Ok);
	}
}
