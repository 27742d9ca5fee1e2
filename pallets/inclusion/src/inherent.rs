//! The call that brings the inherent in, as a pallet of its own.
//!
//! Tools look for `ParaInherent::enter` and for the events of `ParaInclusion`, so a call and what it does have two names in
//! a runtime. The rules, the storage and the errors are those of the inclusion pallet; nothing is decided here.
//!
//! ```
//! # use pallet_async_backing_inclusion as inclusion;
//! # fn of<Runtime: inclusion::inherent::Config>() -> impl Fn(async_backing_primitives::ParachainsInherentData) -> inclusion::inherent::Call<Runtime> {
//! // What an author puts into a block.
//! |data| inclusion::inherent::Call::enter { data }
//! # }
//! ```

pub use pallet::*;

#[allow(missing_debug_implementations)] // types that the macros write
#[frame_support::pallet]
pub mod pallet {
	use crate::{Pallet as Inclusion, LOG_TARGET};
	use async_backing_primitives::{InherentError, ParachainsInherentData, PARACHAINS_INHERENT_IDENTIFIER};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	/// The pallet.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// It needs nothing beside the inclusion pallet.
	#[pallet::config]
	pub trait Config: frame_system::Config + crate::Config {}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// The inherent: exactly one a block (R-INC-1), and all that it carries is accepted or the call fails (R-INC-3).
		///
		/// # Errors
		/// [`Error`](crate::Error) of the inclusion pallet names the rule that refused something; storage is as before.
		#[pallet::call_index(0)]
		#[pallet::weight((Inclusion::<T>::booked_weight(data), DispatchClass::Mandatory))]
		pub fn enter(origin: OriginFor<T>, data: ParachainsInherentData) -> DispatchResult {
			ensure_none(origin)?;
			Inclusion::<T>::execute(data)
		}
	}

	#[pallet::inherent]
	impl<T: Config> ProvideInherent for Pallet<T> {
		type Call = Call<T>;
		type Error = InherentError;
		const INHERENT_IDENTIFIER: InherentIdentifier = PARACHAINS_INHERENT_IDENTIFIER;

		fn create_inherent(data: &InherentData) -> Option<Self::Call> {
			let data = match data.get_data::<ParachainsInherentData>(&Self::INHERENT_IDENTIFIER) {
				Ok(data) => data?,
				Err(error) => {
					log::error!(target: LOG_TARGET, "parachains inherent data do not decode: {error:?}");
					return None;
				}
			};
			if !Inclusion::<T>::is_parent(&data.parent_header) {
				log::error!(target: LOG_TARGET, "parachains inherent data are for another parent (R-INC-1)");
				return None;
			}
			Some(Call::enter {
				data: Inclusion::<T>::filter(data),
			})
		}

		fn is_inherent_required(_: &InherentData) -> Result<Option<Self::Error>, Self::Error> {
			Ok(Some(InherentError::Missing))
		}

		fn is_inherent(call: &Self::Call) -> bool {
			matches!(call, Call::enter { .. })
		}
	}
}
