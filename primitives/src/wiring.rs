//! Checks of how a runtime is put together, for the integrity tests of the pallets.
//!
//! Rust's types see to it that every port has somebody who answers it. They do not see that a pallet has the name under
//! which parachains read its storage (R-KEY-1 to R-KEY-9), that it hears of session changes (R-ABP-9), or that the one that
//! hands them out comes last. A runtime that gets one of these wrong compiles, and its parachains stand still without a
//! word. So each pallet's integrity test, which FRAME runs with the runtime's own tests, looks at the runtime around it:
//! the types of all calls and events tell which pallets there are, how they are named and where.
//!
//! In Wasm it costs the names of the types: pallets publish [`Neighbour`]s in the metadata, so that tools see of a blob what
//! integrity tests see of its source.

use alloc::{format, string::String, vec::Vec};
use codec::Encode;
use scale_info::{form::MetaForm, Type, TypeDef, TypeInfo};

/// Paths of the pallets that know one another: those of their crates.
pub mod path {
	/// Host configuration.
	pub const CONFIGURATION: &str = "pallet_async_backing_configuration";
	/// Sessions.
	pub const SESSIONS: &str = "pallet_async_backing_sessions";
	/// Heads and code.
	pub const PARAS: &str = "pallet_async_backing_paras";
	/// Downward messages.
	pub const DMP: &str = "pallet_async_backing_dmp";
	/// Upward messages.
	pub const UMP: &str = "pallet_async_backing_ump";
	/// Horizontal messages.
	pub const HRMP: &str = "pallet_async_backing_hrmp";
	/// Cores and claims.
	pub const SCHEDULER: &str = "pallet_async_backing_scheduler";
	/// Backing and inclusion.
	pub const INCLUSION: &str = "pallet_async_backing_inclusion";
	/// The call of the inherent.
	pub const INHERENT: &str = "pallet_async_backing_inclusion::inherent";
	/// BABE.
	pub const BABE: &str = "pallet_babe";
}

/// A pallet of a runtime, as the types of its calls and events tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PalletOf {
	/// Its name in the runtime.
	pub name: String,
	/// Its index in the runtime.
	pub index: u8,
	/// Where it is defined: its crate, and the module if it is not the crate's first pallet.
	pub path: String,
}

/// An item of a pallet's `Config` that is meant for another pallet here, and who is given. Pallets publish all of theirs as
/// the constant [`NEIGHBOURS`] of the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, TypeInfo)]
pub struct Neighbour {
	/// The item.
	pub item: &'static str,
	/// Where the pallet that it is meant for is defined: one of [`path`].
	pub path: &'static str,
	/// Name of the type that is given, `()` for nobody.
	pub given: &'static str,
}

/// Name of the constant with a pallet's neighbours.
pub const NEIGHBOURS: &str = "Neighbours";

impl Neighbour {
	/// The item `item` of a `Config`, given as the type `Given`, is meant for the pallet that is defined at `path`.
	pub fn of<Given>(item: &'static str, path: &'static str) -> Self {
		Self {
			item,
			path,
			given: core::any::type_name::<Given>(),
		}
	}
}

/// What is wrong with an item of a `Config` that is meant for the pallet at `path`, given as the type of that name: it must not
/// be `()` if the runtime has this pallet, nor another of the pallets here.
pub fn fault_of(item: &str, path: &str, given: &str, pallets: &[PalletOf]) -> Option<String> {
	let names = |path: &str| given.contains(&format!("{path}::pallet::Pallet<"));
	let pallet = pallets.iter().find(|pallet| pallet.path == path)?;
	let elsewhere = !names(path) && pallets.iter().any(|other| names(&other.path));
	(given == "()" || elsewhere).then(|| {
		format!(
			"`type {item} = {given}`, but the runtime has `{}` ({path}), which would never hear of anything",
			pallet.name
		)
	})
}

/// The pallets of a runtime that have calls or events.
#[derive(Clone, Debug, Default)]
pub struct Wiring {
	pallets: Vec<PalletOf>,
	faults: Vec<String>,
}

impl Wiring {
	/// Looks at the runtime with these calls and events: `frame_system::Config::RuntimeCall` and `RuntimeEvent`.
	pub fn of<RuntimeCall: TypeInfo + 'static, RuntimeEvent: TypeInfo + 'static>() -> Self {
		let mut pallets = pallets_in(&RuntimeCall::type_info());
		pallets.extend(pallets_in(&RuntimeEvent::type_info()));
		pallets.sort();
		pallets.dedup();
		Self {
			pallets,
			faults: Vec::new(),
		}
	}

	/// The pallet that is defined there, if the runtime has it.
	pub fn pallet(&self, path: &str) -> Option<&PalletOf> {
		self.pallets.iter().find(|pallet| pallet.path == path)
	}

	/// The pallet that is defined there must have this name, because `why`.
	pub fn named(mut self, path: &str, name: &str, why: &str) -> Self {
		let misnamed = self
			.pallets
			.iter()
			.filter(|pallet| pallet.path == path && pallet.name != name)
			.map(|pallet| {
				format!(
					"the runtime names `{path}` `{}`; it must be `{name}`: {why}",
					pallet.name
				)
			});
		let misnamed: Vec<_> = misnamed.collect();
		self.faults.extend(misnamed);
		self
	}

	/// The item `item` of a `Config`, given as the type `Given`, is meant for the pallet that is defined at `path`. It must
	/// not be `()` if the runtime has this pallet, nor another of the pallets here.
	pub fn given<Given>(mut self, item: &str, path: &str) -> Self {
		let fault = fault_of(item, path, core::any::type_name::<Given>(), &self.pallets);
		self.faults.extend(fault);
		self
	}

	/// The same for all neighbours of a pallet.
	pub fn all_given(mut self, neighbours: &[Neighbour]) -> Self {
		for Neighbour { item, path, given } in neighbours {
			self.faults.extend(fault_of(item, path, given, &self.pallets));
		}
		self
	}

	/// The runtime must have the pallet that is defined there, because `why`.
	pub fn required(mut self, path: &str, why: &str) -> Self {
		if self.pallet(path).is_none() {
			self.faults
				.push(format!("the runtime has no pallet of `{path}`: {why}"));
		}
		self
	}

	/// The pallets of `paths` that the runtime has must come before that of `path`: their hooks run and their genesis is
	/// built first, because `why`.
	///
	/// Integrity tests run in the same order, so whoever is asked notes that it was, through [`noted`](Self::noted).
	#[cfg(feature = "std")]
	pub fn after<Runtime: 'static>(mut self, path: &str, paths: &[&str], why: &str) -> Self {
		let late = paths.iter().filter_map(|other| {
			let pallet = self.pallet(other)?;
			let own = self.pallet(path)?;
			(!order::is_noted::<Runtime>(other)).then(|| {
				format!(
					"`{}` (index {}) comes before `{}` (index {}), but must come after it: {why}. Hooks and genesis go \
					 by index under `#[frame_support::runtime]`, and by place in `construct_runtime!`",
					own.name, own.index, pallet.name, pallet.index
				)
			})
		});
		let late: Vec<_> = late.collect();
		self.faults.extend(late);
		self
	}

	/// Another fault, unless `holds`.
	pub fn holds(mut self, holds: bool, fault: &str) -> Self {
		if !holds {
			self.faults.push(fault.into());
		}
		self
	}

	/// Notes that the integrity test of the pallet at `path` ran in this thread. `Runtime` tells runtimes apart.
	#[cfg(feature = "std")]
	pub fn noted<Runtime: 'static>(self, path: &'static str) -> Self {
		order::note::<Runtime>(path);
		self
	}

	/// What is wrong, in the order in which it was asked for.
	pub fn faults(&self) -> &[String] {
		&self.faults
	}

	/// Ends an integrity test.
	///
	/// # Panics
	/// With all faults, if there are any.
	pub fn check(self) {
		assert!(
			self.faults.is_empty(),
			"the runtime is wired wrongly:\n- {}",
			self.faults.join("\n- ")
		);
	}
}

/// The pallets that an outer enum of a runtime names, one a variant.
fn pallets_in(outer: &Type<MetaForm>) -> Vec<PalletOf> {
	let TypeDef::Variant(variants) = &outer.type_def else {
		return Vec::new();
	};
	let of_variant = |variant: &scale_info::Variant| {
		let inner = variant.fields.first()?.ty.type_info();
		let namespace = inner.path.namespace();
		// The module that `#[pallet]` is on is the pallet's own; where it is defined is what is around it.
		let (_, around) = namespace.split_last()?;
		Some(PalletOf {
			name: variant.name.into(),
			index: variant.index,
			path: around.join("::"),
		})
	};
	variants.variants.iter().filter_map(of_variant).collect()
}

#[cfg(feature = "std")]
mod order {
	use core::any::TypeId;
	use std::{cell::RefCell, collections::BTreeSet, thread_local};

	thread_local! {
		static NOTED: RefCell<BTreeSet<(TypeId, &'static str)>> = const { RefCell::new(BTreeSet::new()) };
	}

	pub(super) fn note<Runtime: 'static>(path: &'static str) {
		NOTED.with_borrow_mut(|noted| noted.insert((TypeId::of::<Runtime>(), path)));
	}

	pub(super) fn is_noted<Runtime: 'static>(path: &str) -> bool {
		NOTED.with_borrow(|noted| {
			noted
				.iter()
				.any(|(runtime, other)| *runtime == TypeId::of::<Runtime>() && *other == path)
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::string::ToString;

	mod pallet_async_backing_hrmp {
		pub(crate) mod pallet {
			#[derive(scale_info::TypeInfo)]
			pub(crate) struct Event;
			pub(crate) struct Pallet<T>(core::marker::PhantomData<T>);
		}
	}

	mod pallet_async_backing_ump {
		pub(crate) mod pallet {
			#[derive(scale_info::TypeInfo)]
			pub(crate) struct Event;
			pub(crate) struct Pallet<T>(core::marker::PhantomData<T>);
		}
	}

	#[allow(dead_code)]
	#[derive(scale_info::TypeInfo)]
	enum RuntimeEvent {
		#[codec(index = 9)]
		ParasHrmp(pallet_async_backing_hrmp::pallet::Event),
		#[codec(index = 4)]
		Ump(pallet_async_backing_ump::pallet::Event),
	}

	#[derive(scale_info::TypeInfo)]
	enum RuntimeCall {}

	type Hrmp = pallet_async_backing_hrmp::pallet::Pallet<()>;
	type Ump = pallet_async_backing_ump::pallet::Pallet<()>;

	const HERE: &str = "async_backing_primitives::wiring::tests::";

	fn here(path: &str) -> String {
		[HERE, path].concat()
	}

	fn wiring() -> Wiring {
		Wiring::of::<RuntimeCall, RuntimeEvent>()
	}

	#[test]
	fn pallets_are_known_by_where_they_are_defined() {
		let found = wiring().pallet(&here(path::HRMP)).cloned();
		assert_eq!(
			found,
			Some(PalletOf {
				name: "ParasHrmp".to_string(),
				index: 9,
				path: here(path::HRMP),
			})
		);
		assert_eq!(wiring().pallet(&here(path::DMP)), None);
	}

	#[test]
	fn r_key_5_another_name_is_a_fault() {
		let wiring = wiring()
			.named(&here(path::HRMP), "Hrmp", "R-KEY-5")
			.named(&here(path::UMP), "Ump", "R-KEY-8")
			.named(&here(path::DMP), "Dmp", "R-KEY-4");
		assert_eq!(wiring.faults().len(), 1, "{:?}", wiring.faults());
		assert!(
			wiring.faults()[0].contains("`ParasHrmp`; it must be `Hrmp`: R-KEY-5"),
			"{:?}",
			wiring.faults()
		);
	}

	#[test]
	fn r_abp_9_nobody_and_somebody_else_are_faults() {
		let faults = |wiring: Wiring| wiring.faults().len();
		assert_eq!(faults(wiring().given::<Hrmp>("Hrmp", &here(path::HRMP))), 0);
		assert_eq!(
			faults(wiring().given::<(Hrmp, Ump)>("Hrmp", &here(path::HRMP))),
			0
		);
		assert_eq!(faults(wiring().given::<u8>("Hrmp", &here(path::HRMP))), 0);
		assert_eq!(faults(wiring().given::<()>("Dmp", &here(path::DMP))), 0);
		assert_eq!(faults(wiring().given::<()>("Hrmp", &here(path::HRMP))), 1);
		assert_eq!(faults(wiring().given::<Ump>("Hrmp", &here(path::HRMP))), 1);
	}

	#[test]
	fn r_abp_9_who_comes_before_is_noted_by_runtime() {
		struct Runtime;
		struct Other;
		let (hrmp, ump) = (here(path::HRMP), here(path::UMP));
		let late = |wiring: Wiring| wiring.faults().len();
		assert_eq!(
			late(wiring().after::<Runtime>(&ump, &[&hrmp, "absent"], "R-ABP-9")),
			1
		);
		let leaked: &'static str = hrmp.clone().leak();
		wiring().noted::<Runtime>(leaked).check();
		assert_eq!(late(wiring().after::<Runtime>(&ump, &[&hrmp], "R-ABP-9")), 0);
		assert_eq!(late(wiring().after::<Other>(&ump, &[&hrmp], "R-ABP-9")), 1);
	}

	#[test]
	#[should_panic(expected = "no pallet of `pallet_babe`")]
	fn faults_are_said_together() {
		wiring().required(path::BABE, "R-KEY-9").check();
	}

	#[test]
	fn r_abp_9_neighbours_are_asked_together_and_keep_what_was_found_before() {
		let (hrmp, ump): (&'static str, &'static str) = (here(path::HRMP).leak(), here(path::UMP).leak());
		let neighbours = [
			Neighbour::of::<Hrmp>("Hrmp", hrmp),
			Neighbour::of::<()>("Ump", ump),
			Neighbour::of::<Ump>("Hrmp", hrmp),
		];
		let wiring = wiring().required(path::BABE, "R-KEY-9").all_given(&neighbours);
		let begins = [
			"the runtime has no pallet of `pallet_babe`",
			"`type Ump = ()`",
			"`type Hrmp = ",
		];
		assert_eq!(wiring.faults().len(), 3, "{:?}", wiring.faults());
		for (fault, begin) in wiring.faults().iter().zip(begins) {
			assert!(fault.starts_with(begin), "{fault}");
		}
	}

	#[test]
	fn what_does_not_hold_is_a_fault_and_what_holds_is_none() {
		let wiring = wiring()
			.holds(false, "first")
			.holds(true, "second")
			.holds(false, "third");
		assert_eq!(wiring.faults(), ["first", "third"]);
		assert!(wiring.pallet(&here(path::UMP)).is_some(), "nothing else changes");
	}
}
