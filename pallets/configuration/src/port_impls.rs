//! The ports that this pallet answers.

use crate::{ActiveConfig, Config, Pallet};
use async_backing_primitives::{
	ports::{ActiveConfiguration, ConfigurationOfSession},
	HostConfiguration, SessionIndex,
};

impl<T: Config> ActiveConfiguration for Pallet<T> {
	fn active() -> HostConfiguration {
		ActiveConfig::<T>::get()
	}
}

impl<T: Config> ConfigurationOfSession for Pallet<T> {
	fn activate_for(session: SessionIndex) -> (HostConfiguration, HostConfiguration) {
		Self::do_activate(session)
	}
}
