//! The parachains inherent: what a block author brings in, once per block (R-INC-1, R-BIN-17).

use crate::{BackedCandidate, DisputeStatementSet, Header, UncheckedSignedAvailabilityBitfield};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_inherents::{InherentIdentifier, IsFatalError};

/// Identifies the inherent among those of a block.
pub const PARACHAINS_INHERENT_IDENTIFIER: InherentIdentifier = *b"parachn0";

/// Content of the inherent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ParachainsInherentData {
	/// Signed availability bitfields, ascending by validator.
	pub bitfields: Vec<UncheckedSignedAvailabilityBitfield>,
	/// Candidates with their votes, ascending by para, in chain order within a para (R-INC-3).
	pub backed_candidates: Vec<BackedCandidate>,
	/// Dispute votes.
	pub disputes: Vec<DisputeStatementSet>,
	/// Header of the parent block.
	pub parent_header: Header,
}

/// What can be wrong with the inherents of a block, as a node's check finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum InherentError {
	/// There is no parachains inherent.
	#[error("the block has no parachains inherent (R-INC-1)")]
	Missing,
}

impl IsFatalError for InherentError {
	fn is_fatal_error(&self) -> bool {
		true
	}
}

/// Hands a block's [`ParachainsInherentData`] to whoever makes or checks its inherents: among the `InherentDataProvider`s of
/// a Substrate node's authoring.
#[cfg(feature = "std")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParachainsInherentDataProvider(pub ParachainsInherentData);

#[cfg(feature = "std")]
mod provider {
	use super::{InherentError, ParachainsInherentDataProvider, PARACHAINS_INHERENT_IDENTIFIER};
	use codec::Decode;
	use core::{future::Future, pin::Pin};
	use sp_inherents::{Error, InherentData, InherentDataProvider, InherentIdentifier};

	// Written out as the trait's own macro would, which is not worth a dependency.
	impl InherentDataProvider for ParachainsInherentDataProvider {
		fn provide_inherent_data<'provider, 'data, 'both>(
			&'provider self,
			inherent_data: &'data mut InherentData,
		) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'both>>
		where
			'provider: 'both,
			'data: 'both,
			Self: 'both,
		{
			let put = inherent_data.put_data(PARACHAINS_INHERENT_IDENTIFIER, &self.0);
			Box::pin(core::future::ready(put))
		}

		fn try_handle_error<'provider, 'identifier, 'error, 'all>(
			&'provider self,
			identifier: &'identifier InherentIdentifier,
			error: &'error [u8],
		) -> Pin<Box<dyn Future<Output = Option<Result<(), Error>>> + Send + 'all>>
		where
			'provider: 'all,
			'identifier: 'all,
			'error: 'all,
			Self: 'all,
		{
			let is_ours = *identifier == PARACHAINS_INHERENT_IDENTIFIER;
			let decoded = is_ours.then(|| InherentError::decode(&mut &error[..]).ok());
			let handled = decoded
				.flatten()
				.map(|error| Err(Error::Application(Box::new(error))));
			Box::pin(core::future::ready(handled))
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::string::ToString;
	use core::task::{Context, Poll, Waker};
	use sp_inherents::InherentDataProvider;
	use sp_runtime::traits::Header as _;

	fn now<T>(future: impl core::future::Future<Output = T>) -> T {
		let mut context = Context::from_waker(Waker::noop());
		match std::pin::pin!(future).poll(&mut context) {
			Poll::Ready(value) => value,
			Poll::Pending => panic!("nothing is waited for"),
		}
	}

	#[test]
	fn r_inc_1_a_node_provides_the_inherent_and_names_its_absence() {
		let data = ParachainsInherentData {
			bitfields: Vec::new(),
			backed_candidates: Vec::new(),
			disputes: Vec::new(),
			parent_header: Header::new(
				7,
				Default::default(),
				Default::default(),
				Default::default(),
				Default::default(),
			),
		};
		let provider = ParachainsInherentDataProvider(data.clone());
		let provided = now(provider.create_inherent_data()).expect("nothing else has the identifier");
		assert_eq!(
			provided
				.get_data(&PARACHAINS_INHERENT_IDENTIFIER)
				.expect("it decodes"),
			Some(data)
		);
		let error = InherentError::Missing.encode();
		let handled = now(provider.try_handle_error(&PARACHAINS_INHERENT_IDENTIFIER, &error));
		let text = handled.expect("it is ours").expect_err("it is fatal").to_string();
		assert!(text.contains("R-INC-1"), "{text}");
		assert!(
			InherentError::Missing.is_fatal_error(),
			"a block without it is no block"
		);
		assert!(now(provider.try_handle_error(b"another0", &error)).is_none());
	}
}
