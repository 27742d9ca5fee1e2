#![doc = include_str!("../README.md")]
#![recursion_limit = "256"]
// `construct_runtime!` writes public items without documentation and without `Debug`.
#![allow(missing_docs, missing_debug_implementations)]

pub mod alone;
#[macro_use]
mod configs;
mod neighbours;

/// All pallets where they belong; BABE and horizontal messages under these names.
macro_rules! usual {
	($babe:ident, $hrmp:ident) => {
		runtime! {
			$babe: pallet_babe = 1,
			Timestamp: pallet_timestamp = 2,
			Session: pallet_session = 3,
			Balances: pallet_balances = 4,
			MessageQueue: pallet_message_queue = 5,
			Configuration: pallet_async_backing_configuration = 6,
			Paras: pallet_async_backing_paras = 7,
			ParaScheduler: pallet_async_backing_scheduler = 8,
			Dmp: pallet_async_backing_dmp = 9,
			Ump: pallet_async_backing_ump = 10,
			$hrmp: pallet_async_backing_hrmp = 11,
			ParaInclusion: pallet_async_backing_inclusion = 12,
			ParaInherent: pallet_async_backing_inclusion::inherent = 13,
			ParaSessionInfo: pallet_async_backing_sessions = 14,
		}
	};
}

/// All as it should be.
pub mod sound {
	usual!(Babe, Hrmp);
	configs!();
}

/// `ParasHrmp`.
pub mod misnamed {
	usual!(Babe, ParasHrmp);
	type Hrmp = ParasHrmp;
	configs!();
}

/// BABE has another name.
pub mod babe_misnamed {
	usual!(Consensus, Hrmp);
	type Babe = Consensus;
	configs!();
}

/// Sessions are declared last, but under `#[frame_support::runtime]` it is the index that counts.
pub mod by_index {
	#[frame_support::runtime]
	mod runtime {
		#[runtime::runtime]
		#[runtime::derive(
			RuntimeCall,
			RuntimeEvent,
			RuntimeError,
			RuntimeOrigin,
			RuntimeFreezeReason,
			RuntimeHoldReason,
			RuntimeSlashReason,
			RuntimeLockId,
			RuntimeTask,
			RuntimeViewFunction
		)]
		#[derive(Clone, Copy, Debug, PartialEq, Eq)]
		pub struct Runtime;

		#[runtime::pallet_index(0)]
		pub type System = frame_system;
		#[runtime::pallet_index(1)]
		pub type Babe = pallet_babe;
		#[runtime::pallet_index(2)]
		pub type Timestamp = pallet_timestamp;
		#[runtime::pallet_index(3)]
		pub type Session = pallet_session;
		#[runtime::pallet_index(4)]
		pub type Balances = pallet_balances;
		#[runtime::pallet_index(5)]
		pub type MessageQueue = pallet_message_queue;
		#[runtime::pallet_index(6)]
		pub type Configuration = pallet_async_backing_configuration;
		#[runtime::pallet_index(7)]
		pub type Paras = pallet_async_backing_paras;
		#[runtime::pallet_index(9)]
		pub type ParaScheduler = pallet_async_backing_scheduler;
		#[runtime::pallet_index(10)]
		pub type Dmp = pallet_async_backing_dmp;
		#[runtime::pallet_index(11)]
		pub type Ump = pallet_async_backing_ump;
		#[runtime::pallet_index(12)]
		pub type Hrmp = pallet_async_backing_hrmp;
		#[runtime::pallet_index(13)]
		pub type ParaInclusion = pallet_async_backing_inclusion;
		#[runtime::pallet_index(14)]
		pub type ParaInherent = pallet_async_backing_inclusion::inherent;
		#[runtime::pallet_index(8)]
		pub type ParaSessionInfo = pallet_async_backing_sessions;
	}
	configs!();
}

/// Sessions have the highest index, but in `construct_runtime!` it is the place that counts.
pub mod by_place {
	runtime! {
		Babe: pallet_babe = 1,
		Timestamp: pallet_timestamp = 2,
		Session: pallet_session = 3,
		Balances: pallet_balances = 4,
		MessageQueue: pallet_message_queue = 5,
		Configuration: pallet_async_backing_configuration = 6,
		Paras: pallet_async_backing_paras = 7,
		ParaSessionInfo: pallet_async_backing_sessions = 14,
		ParaScheduler: pallet_async_backing_scheduler = 8,
		Dmp: pallet_async_backing_dmp = 9,
		Ump: pallet_async_backing_ump = 10,
		Hrmp: pallet_async_backing_hrmp = 11,
		ParaInclusion: pallet_async_backing_inclusion = 12,
		ParaInherent: pallet_async_backing_inclusion::inherent = 13,
	}
	configs!();
}

/// What is wrong here is wrong in a `Config`, or is not there.
macro_rules! with_fault {
	($(#[$doc:meta])* $module:ident, $($item:ident = $given:ty),+) => {
		$(#[$doc])*
		pub mod $module {
			usual!(Babe, Hrmp);
			configs!($($item = $given),+);
		}
	};
}

with_fault!(
	/// Sessions tell the horizontal messages nothing.
	untold, SessionsHrmp = ()
);
with_fault!(
	/// The orders of a para that is gone stay.
	forgetful, ParasScheduler = ()
);
with_fault!(
	/// Upward and horizontal messages are told in one another's place.
	swapped, SessionsHrmp = Ump, SessionsUmp = Hrmp
);
with_fault!(
	/// The configuration asks nobody for the session.
	timeless, SessionIndex = ()
);
with_fault!(
	/// Inclusion gives downward messages to nobody.
	deaf, InclusionDmp = ()
);
with_fault!(
	/// The message queue tells nobody of its queues.
	unheard, QueueChangeHandler = ()
);
with_fault!(
	/// Validators bring no key for parachains.
	keyless, ParaKey = Babe
);

/// Nobody brings the inherent in.
pub mod callless {
	runtime! {
		Babe: pallet_babe = 1,
		Timestamp: pallet_timestamp = 2,
		Session: pallet_session = 3,
		Balances: pallet_balances = 4,
		MessageQueue: pallet_message_queue = 5,
		Configuration: pallet_async_backing_configuration = 6,
		Paras: pallet_async_backing_paras = 7,
		ParaScheduler: pallet_async_backing_scheduler = 8,
		Dmp: pallet_async_backing_dmp = 9,
		Ump: pallet_async_backing_ump = 10,
		Hrmp: pallet_async_backing_hrmp = 11,
		ParaInclusion: pallet_async_backing_inclusion = 12,
		ParaSessionInfo: pallet_async_backing_sessions = 13,
	}
	configs!();
}
