//! Blocks as nodes make and execute them: hooks of all pallets, other inherents before and after this pallet's, and the
//! limits of `CheckWeight`.

use super::*;
use crate::OtherInherents;
use async_backing_primitives::PARACHAINS_INHERENT_IDENTIFIER;
use frame_support::{
	dispatch::DispatchClass, inherent::ProvideInherent, weights::constants::WEIGHT_REF_TIME_PER_MICROS,
};
use frame_system::CheckWeight;
use sp_inherents::InherentData;
use sp_runtime::{
	generic, testing::TestSignature, traits::BlakeTwo256, transaction_validity::TransactionValidityError,
	DispatchError,
};

/// A block of the mock.
pub type Block = generic::Block<generic::Header<u32, BlakeTwo256>, Extrinsic>;
/// An extrinsic of the mock.
pub type Extrinsic = generic::UncheckedExtrinsic<u64, RuntimeCall, TestSignature, CheckWeight<Test>>;
type Executive =
	frame_executive::Executive<Test, Block, frame_system::ChainContext<Test>, Test, AllPalletsWithSystem>;

parameter_types! {
	/// What hooks take of each block: picoseconds.
	pub static HooksTime: u64 = 0;
	/// Bytes of digest that hooks deposit in each block.
	pub static DigestBytes: u32 = 0;
	/// What this pallet sets aside for other inherents.
	pub static SetAside: (Weight, u32) = (Weight::zero(), 16 * 1024);
}

/// Nothing but this pallet's inherent uses anything.
pub(crate) fn reset() {
	HooksTime::set(0);
	DigestBytes::set(0);
	SetAside::set((Weight::zero(), 16 * 1024));
}

/// Sets aside what a test says.
pub struct Set;

impl OtherInherents for Set {
	fn weight<T: frame_system::Config>() -> Weight {
		SetAside::get().0
	}

	fn bytes() -> u32 {
		SetAside::get().1
	}
}

/// Limits of a block of so many microseconds, unchecked: a test may say what no runtime should.
pub(super) fn limits(micros: u64, mandatory: Option<WeightsPerClass>) -> BlockWeights {
	let whole = Weight::from_parts(micros * WEIGHT_REF_TIME_PER_MICROS, u64::MAX);
	let mut limits = BlockWeights::simple_max(whole);
	if let Some(mandatory) = mandatory {
		*limits.per_class.get_mut(DispatchClass::Mandatory) = mandatory;
	}
	limits
}

/// A pallet with an inherent of its own, and hooks that use what a test says.
#[frame_support::pallet(dev_mode)]
pub mod neighbour {
	use super::{DigestBytes, HooksTime};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_runtime::DigestItem;

	#[pallet::pallet]
	pub struct Pallet<T, I = ()>(_);

	#[pallet::config]
	pub trait Config<I: 'static = ()>: frame_system::Config {}

	#[pallet::hooks]
	impl<T: Config<I>, I: 'static> Hooks<BlockNumberFor<T>> for Pallet<T, I> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			if DigestBytes::get() > 0 {
				let bytes = vec![5; DigestBytes::get() as usize / 2];
				frame_system::Pallet::<T>::deposit_log(DigestItem::Consensus(*b"BABE", bytes));
			}
			Weight::from_parts(HooksTime::get() / 2, 0)
		}
	}

	#[pallet::call]
	impl<T: Config<I>, I: 'static> Pallet<T, I> {
		/// Weighs as much as it says.
		#[pallet::weight((*weight, DispatchClass::Mandatory))]
		pub fn take(origin: OriginFor<T>, weight: Weight, bytes: Vec<u8>) -> DispatchResult {
			ensure_none(origin)?;
			let _ = (weight, bytes);
			Ok(())
		}
	}

	#[pallet::inherent]
	impl<T: Config<I>, I: 'static> ProvideInherent for Pallet<T, I> {
		type Call = Call<T, I>;
		type Error = sp_inherents::MakeFatalError<()>;
		const INHERENT_IDENTIFIER: InherentIdentifier = *b"another0";

		fn create_inherent(_: &InherentData) -> Option<Self::Call> {
			None
		}

		fn is_inherent(call: &Self::Call) -> bool {
			matches!(call, Call::take { .. })
		}
	}
}

impl neighbour::Config<frame_support::instances::Instance1> for Test {}
impl neighbour::Config<frame_support::instances::Instance2> for Test {}

/// Begins a block as a node does, after the one that the mock began.
pub(crate) fn begin() {
	if !crate::InherentIncluded::<Test>::exists() {
		super::enter(inherent(&[], &[])).expect("an empty inherent is fine");
	}
	end_block();
	begin_after_last();
}

/// Ends a block that [`begin`] began.
pub(crate) fn end() {
	let header = Executive::finalize_block();
	Headers::mutate(|headers| headers.push(header));
}

/// Ends a block that [`begin`] began, and begins the next.
pub(crate) fn next() {
	end();
	begin_after_last();
}

fn begin_after_last() {
	let parent = parent_header();
	let header = Header::new(
		parent.number + 1,
		Default::default(),
		Default::default(),
		hash_of(&parent),
		Default::default(),
	);
	Executive::initialize_block(&header);
}

/// The inherent that an author makes of these data.
pub(crate) fn create(data: &ParachainsInherentData) -> ParachainsInherentData {
	let mut inherents = InherentData::new();
	inherents
		.put_data(PARACHAINS_INHERENT_IDENTIFIER, data)
		.expect("there is one of each");
	match Inherent::create_inherent(&inherents) {
		Some(crate::inherent::Call::enter { data }) => data,
		other => panic!("R-INC-1: every block has an inherent, got {other:?}"),
	}
}

/// Applies the inherent as a block does.
pub(crate) fn apply(
	data: ParachainsInherentData,
) -> Result<Result<(), DispatchError>, TransactionValidityError> {
	apply_call(crate::inherent::Call::enter { data }.into())
}

/// Applies the inherent of the pallet before or the one after, which takes so much.
pub(crate) fn apply_other(
	early: bool,
	weight: Weight,
	bytes: u32,
) -> Result<Result<(), DispatchError>, TransactionValidityError> {
	let bytes = vec![0; bytes as usize];
	apply_call(if early {
		neighbour::Call::<Test, frame_support::instances::Instance1>::take { weight, bytes }.into()
	} else {
		neighbour::Call::<Test, frame_support::instances::Instance2>::take { weight, bytes }.into()
	})
}

fn apply_call(call: RuntimeCall) -> Result<Result<(), DispatchError>, TransactionValidityError> {
	Executive::apply_extrinsic(Extrinsic::new_bare(call))
}

/// Bytes of an inherent as a block carries it.
pub(crate) fn length(data: &ParachainsInherentData) -> usize {
	use codec::Encode;
	Extrinsic::new_bare(crate::inherent::Call::enter { data: data.clone() }.into()).encoded_size()
}
