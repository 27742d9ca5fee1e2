//! What it costs (R-NET-98, R-NET-114).

use crate::{job::BadCandidate, Misdeed};
use async_backing_machine::Cost;
use async_backing_primitives::{CandidateHash, GroupIndex, Hash, ParaId, ValidatorIndex};
use async_backing_wire::BadView;

#[test]
fn r_net_98_unexpected_and_excessive_is_minor_wrong_is_major() {
	let (candidate, block) = (CandidateHash(Hash::zero()), Hash::zero());
	let (author, group) = (ValidatorIndex(1), GroupIndex(1));
	let rows = [
		(Some(Cost::Minor), Misdeed::Stranger(block)),
		(Some(Cost::Minor), Misdeed::UnknownAuthor(author)),
		(None, Misdeed::Stale(block)),
		(None, Misdeed::Bygone(candidate)),
		(None, Misdeed::Disabled(author)),
		(Some(Cost::Minor), Misdeed::Duplicate),
		(Some(Cost::Minor), Misdeed::ExcessiveSeconded { author, limit: 1 }),
		(Some(Cost::Minor), Misdeed::CandidateUnknown(candidate)),
		(Some(Cost::Minor), Misdeed::Unexpected(candidate)),
		(Some(Cost::Major), Misdeed::BadSignature(author)),
		(Some(Cost::Minor), Misdeed::ManifestDisallowed(group)),
		(
			Some(Cost::Major),
			Misdeed::ManifestMalformed {
				group,
				expected: 1,
				got: 2,
			},
		),
		(
			Some(Cost::Major),
			Misdeed::ManifestUnassigned {
				group,
				para: ParaId(1),
			},
		),
		(
			Some(Cost::Major),
			Misdeed::ManifestInsufficient { expected: 2, got: 1 },
		),
		(Some(Cost::Major), Misdeed::ManifestConflicting(candidate)),
		(Some(Cost::Minor), Misdeed::ManifestOverflow { limit: 1 }),
		(Some(Cost::Minor), Misdeed::ManifestRepeated(9)),
		(Some(Cost::Major), Misdeed::Inaccurate(candidate)),
		(Some(Cost::Minor), Misdeed::AcknowledgementUnexpected(candidate)),
		(Some(Cost::Major), Misdeed::MaskMalformed { expected: 1, got: 2 }),
		(Some(Cost::Minor), Misdeed::RequestUnexpected(candidate)),
		(
			Some(Cost::Major),
			Misdeed::WrongAnswer(BadCandidate::Unassigned(ParaId(1))),
		),
		(Some(Cost::Major), Misdeed::Unrequested(author)),
		(
			Some(Cost::Major),
			Misdeed::AnswerInsufficient { expected: 2, got: 1 },
		),
		(Some(Cost::Major), Misdeed::View(BadView::Empty)),
	];
	for (cost, misdeed) in rows {
		assert_eq!(misdeed.cost(), cost, "R-NET-98, R-NET-114: {misdeed}");
		assert!(!misdeed.reason().is_empty());
	}
}
