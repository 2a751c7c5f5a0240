//! As many conversations as there can be.

use kuvert_desk::limits::{MAX_AUDIT, MAX_CASES, MAX_TOMBSTONES};
use kuvert_desk::room::{
    CaseEvent, DeviceKey, Event, Meta, Outcome, Part, Reason, Snapshot, StateError, Status,
};
use kuvert_wire::{ChannelId, encode};
use minicbor::Encoder;

use crate::support::*;

fn numbered(number: usize) -> ChannelId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    ChannelId::new(id)
}

/// Without the checks of [`Desk::says`], for the sake of time.
fn says(desk: &mut Desk, by: DeviceKey, number: usize, event: CaseEvent) -> Outcome {
    let meta = Meta { id: event_id(0), by, at: desk.now };
    desk.team.apply(&mut desk.cases, meta, &Event::case(numbered(number), event))
}

fn does(desk: &mut Desk, number: usize, event: CaseEvent) {
    assert_eq!(says(desk, BEN, number, event), Outcome::Applied);
}

#[test]
fn a_full_desk_forgets_what_is_done_for_longest_and_needs_no_proof() {
    let mut desk = Desk::staffed();
    for number in 0..MAX_CASES {
        does(&mut desk, number, CaseEvent::Claim);
    }
    let full = says(&mut desk, BEN, MAX_CASES, CaseEvent::Claim);
    assert_eq!(full, Outcome::Ignored(Reason::Full));
    for number in [7, 3, 5] {
        desk.wait(SECOND);
        does(&mut desk, number, CaseEvent::SetStatus { status: Status::Done });
    }
    does(&mut desk, 7, CaseEvent::Tag { message: message(1), years: 6, reason: "Brief".into() });
    assert_eq!(says(&mut desk, ERIN, MAX_CASES, CaseEvent::Claim), Outcome::Ignored(Reason::NotAllowed));
    assert_eq!(says(&mut desk, BEN, MAX_CASES, CaseEvent::Release), Outcome::Ignored(Reason::Nothing));
    assert_eq!(desk.cases.len(), MAX_CASES);
    desk.cases.take_touched();
    does(&mut desk, MAX_CASES, CaseEvent::Claim);
    assert_eq!(desk.cases.len(), MAX_CASES);
    assert!(desk.cases.get(numbered(3)).is_none());
    assert!(desk.cases.take_touched().contains(&Part::Case(numbered(3))));
    let bytes = desk.state();
    assert!(bytes.len() < 4 * 1024 * 1024, "{} bytes", bytes.len());
    assert!(Snapshot::decode(&bytes).is_ok());
}

#[test]
fn what_was_erased_first_is_forgotten_when_there_are_too_many() {
    let mut desk = Desk::staffed();
    for number in 0..=MAX_TOMBSTONES {
        desk.wait(1);
        does(&mut desk, number, CaseEvent::Erase);
    }
    assert_eq!(desk.cases.erased_at(numbered(0)), None);
    assert!(desk.cases.erased_at(numbered(1)).is_some());
    // By now the log has lost its beginning; each entry that goes is taken out of the database too.
    assert_eq!(desk.team.audit().entries().len(), MAX_AUDIT);
    desk.cases.take_touched();
    let first = desk.team.audit().entries().next().expect("an entry").number;
    does(&mut desk, 1, CaseEvent::SetStatus { status: Status::Open });
    let gone = Part::Audit(first);
    assert!(desk.cases.take_touched().contains(&gone));
    assert_eq!(gone.encode(&desk.team, &desk.cases), None);
}

#[test]
fn a_snapshot_with_more_than_there_can_be_is_refused() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    let (team, case) = (encode(&desk.team), encode(desk.case()));
    let with = |count: usize| {
        let mut bytes = vec![0x83];
        bytes.extend(encode(&event_id(1)));
        bytes.extend(&team);
        let mut e = Encoder::new(&mut bytes);
        e.array(2).expect("memory").map(count as u64).expect("memory");
        for number in 0..count {
            bytes.extend(encode(&numbered(number)));
            bytes.extend(&case);
        }
        bytes.push(0xa0);
        Snapshot::decode(&bytes).map(|snapshot| snapshot.cases.len())
    };
    assert_eq!(with(MAX_CASES), Ok(MAX_CASES));
    assert_eq!(with(MAX_CASES + 1), Err(StateError::OutOfBounds));
}
