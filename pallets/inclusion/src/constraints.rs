//! Base constraints of a para, read from the ports (R-BASE-1 to R-BASE-17).
//!
//! [`StorageConstraints`] reads what a candidate touches and no more. The eager form that runtime APIs hand out is made
//! from the same answers, so the two cannot differ (R-BASE-18).

use crate::{Config, RelayParentWindow};
use async_backing_primitives::{
	ports::{DownwardQueues, HorizontalChannels, ParaFacts, ParaState, QueueSize, UpwardQueues},
	BlockNumber, ConstraintSource, Constraints, ConstraintsExtension, ExtendedConstraints, HeadData,
	HostConfiguration, HrmpConsumption, InboundHrmpLimitations, OutboundHrmpChannelLimitations, ParaId,
	UpgradeRestriction, ValidationCodeHash,
};
use core::{cell::OnceCell, marker::PhantomData};

/// Base constraints of one para, answered from storage.
pub(crate) struct StorageConstraints<'a, T> {
	para: ParaId,
	config: &'a HostConfiguration,
	min_relay_parent_number: BlockNumber,
	/// Whether the block in question is the child of the one at hand, as for those who ask.
	is_for_child: bool,
	facts: ParaFacts,
	upward_queue: OnceCell<QueueSize>,
	_runtime: PhantomData<T>,
}

impl<'a, T: Config> StorageConstraints<'a, T> {
	/// Constraints of `para`, where `earliest` is the oldest relay block in the window of the block in question: the one
	/// being processed, or the child of the one queried. `None` without head or code (R-BASE-16).
	pub(crate) fn new(para: ParaId, config: &'a HostConfiguration, earliest: BlockNumber) -> Option<Self> {
		let facts = T::Paras::facts(para)?;
		Some(Self {
			para,
			config,
			is_for_child: false,
			min_relay_parent_number: earliest.max(facts.most_recent_context.unwrap_or_default()),
			facts,
			upward_queue: OnceCell::new(),
			_runtime: PhantomData,
		})
	}

	/// For candidates of the child of the current block: what a node asks for (R-REL-6).
	pub(crate) fn for_child(para: ParaId, config: &'a HostConfiguration) -> Option<Self> {
		let ancestry = config.async_backing_params.allowed_ancestry_len;
		let now = crate::Pallet::<T>::now();
		let earliest = RelayParentWindow::<T>::get().earliest_for_child_of(now, ancestry);
		let constraints = Self::new(para, config, earliest)?;
		Some(Self {
			is_for_child: true,
			..constraints
		})
	}

	/// What is known of the para without asking again.
	pub(crate) fn facts(&self) -> &ParaFacts {
		&self.facts
	}

	/// Read for candidates that send upward messages only.
	fn upward_queue(&self) -> QueueSize {
		*self.upward_queue.get_or_init(|| T::Ump::size(self.para))
	}

	/// The same as a value (R-BASE-1 to R-BASE-17). Reads every queue and channel of the para.
	pub(crate) fn to_value(&self) -> ExtendedConstraints {
		let recipients = T::Hrmp::recipients(self.para);
		let restriction = self
			.is_upgrade_restricted()
			.then_some(UpgradeRestriction::Present);
		let constraints = Constraints {
			min_relay_parent_number: self.min_relay_parent_number(),
			max_pov_size: self.max_pov_size(),
			max_code_size: self.max_code_size(),
			max_head_data_size: self.max_head_data_size(),
			ump_remaining: self.ump_remaining(),
			ump_remaining_bytes: self.ump_remaining_bytes(),
			max_ump_num_per_candidate: self.max_ump_num_per_candidate(),
			dmp_remaining_messages: (0..self.dmp_len())
				.map_while(|index| self.dmp_sent_at(index))
				.collect(),
			hrmp_inbound: InboundHrmpLimitations {
				valid_watermarks: T::Hrmp::valid_watermarks(self.para),
			},
			hrmp_channels_out: recipients
				.iter()
				.filter_map(|recipient| Some((*recipient, self.outbound_channel(*recipient)?)))
				.collect(),
			max_hrmp_num_per_candidate: self.max_hrmp_num_per_candidate(),
			required_parent: self.facts.head.clone(),
			validation_code_hash: self.validation_code_hash(),
			upgrade_restriction: restriction,
			future_validation_code: self.future_validation_code(),
		};
		let extension = ConstraintsExtension {
			max_ump_message_size: self.config.max_upward_message_size,
			hrmp_max_message_size: recipients
				.iter()
				.filter_map(|recipient| Some((*recipient, self.max_hrmp_message_size(*recipient)?)))
				.collect(),
			offboarding: self.is_offboarding(),
			hrmp_max_messages_consumed: self.config.hrmp_max_messages_consumed_per_candidate,
			hrmp_waiting: T::Hrmp::received(self.para),
		};
		ExtendedConstraints {
			constraints,
			extension: Some(extension),
		}
	}
}

impl<T: Config> ConstraintSource for StorageConstraints<'_, T> {
	fn min_relay_parent_number(&self) -> BlockNumber {
		self.min_relay_parent_number
	}

	fn max_pov_size(&self) -> u32 {
		self.config.max_pov_size
	}

	fn max_code_size(&self) -> u32 {
		self.config.max_code_size
	}

	fn max_head_data_size(&self) -> u32 {
		self.config.max_head_data_size
	}

	fn ump_remaining(&self) -> u32 {
		self.config
			.max_upward_queue_count
			.saturating_sub(self.upward_queue().count)
	}

	fn ump_remaining_bytes(&self) -> u32 {
		self.config
			.max_upward_queue_size
			.saturating_sub(self.upward_queue().bytes)
	}

	fn max_ump_num_per_candidate(&self) -> u32 {
		self.config.max_upward_message_num_per_candidate
	}

	fn dmp_len(&self) -> u32 {
		T::Dmp::len(self.para)
	}

	fn dmp_sent_at(&self, index: u32) -> Option<BlockNumber> {
		T::Dmp::sent_at(self.para, index)
	}

	fn is_valid_watermark(&self, watermark: BlockNumber) -> bool {
		T::Hrmp::valid_watermarks(self.para)
			.binary_search(&watermark)
			.is_ok()
	}

	fn outbound_channel(&self, recipient: ParaId) -> Option<OutboundHrmpChannelLimitations> {
		T::Hrmp::outbound_channel(self.para, recipient).map(|channel| channel.limitations)
	}

	fn max_hrmp_num_per_candidate(&self) -> u32 {
		self.config.hrmp_max_message_num_per_candidate
	}

	fn required_parent(&self) -> &HeadData {
		&self.facts.head
	}

	fn validation_code_hash(&self) -> ValidationCodeHash {
		self.facts.code_hash
	}

	fn is_upgrade_restricted(&self) -> bool {
		T::Paras::is_upgrade_restricted(self.para)
	}

	fn future_validation_code(&self) -> Option<(BlockNumber, ValidationCodeHash)> {
		self.facts.future_code
	}

	fn max_ump_message_size(&self) -> Option<u32> {
		Some(self.config.max_upward_message_size)
	}

	fn max_hrmp_message_size(&self, recipient: ParaId) -> Option<u32> {
		T::Hrmp::outbound_channel(self.para, recipient).map(|channel| channel.max_message_size)
	}

	/// Costs no read, but for paras that are leaving.
	fn is_offboarding(&self) -> bool {
		self.facts.is_offboarding && (self.is_for_child || T::Paras::is_offboarding_in_parent(self.para))
	}

	fn max_hrmp_consumed(&self) -> Option<u32> {
		Some(self.config.hrmp_max_messages_consumed_per_candidate)
	}

	fn hrmp_consumption(&self, after: Option<BlockNumber>, watermark: BlockNumber) -> HrmpConsumption {
		HrmpConsumption::between(&T::Hrmp::received(self.para), after, watermark)
	}
}
