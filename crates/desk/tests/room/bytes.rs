//! Events and state as bytes. What stands in `vectors` was written down by devices and must be read for ever.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use kuvert_desk::limits::{MAX_EVENT, MAX_SNAPSHOT};
use kuvert_desk::room::{
    Canned, CannedId, CapacityId, CaseEvent, Event, EventId, Hash, NewCapacity, Part, Role, Snapshot,
    StateError, Status, load, parts,
};
use kuvert_wire::DecodeError;

use crate::support::*;

/// One event of each kind about a conversation.
pub(crate) fn case_events() -> Vec<CaseEvent> {
    let (request, message, note) = (message(6), message(8), EventId::new([7; 32]));
    let (capacity, lot, purpose) = (CapacityId::new([5; 16]), "Parkett".to_owned(), "Newsletter".to_owned());
    vec![
        CaseEvent::Claim,
        CaseEvent::Release,
        CaseEvent::HandOver { to: DAVE, note: "urgent".into() },
        CaseEvent::TakeOver,
        CaseEvent::AddNote { text: "a note".into(), mentions: vec![DAVE] },
        CaseEvent::EditNote { note, text: "another".into(), mentions: vec![] },
        CaseEvent::DeleteNote { note },
        CaseEvent::AddLabel { label: label(3) },
        CaseEvent::RemoveLabel { label: label(3) },
        CaseEvent::SetStatus { status: Status::Waiting { until: Some(START) } },
        CaseEvent::SetReminder { at: START, member: CAROL, text: "call".into() },
        CaseEvent::ClearReminder { reminder: note },
        CaseEvent::SetRequest { request, state: 2 },
        CaseEvent::Offer { request, to: vec![CAROL, DAVE], ttl: 30_000 },
        CaseEvent::Take { request },
        CaseEvent::Decline { request },
        CaseEvent::Escalated { request },
        CaseEvent::Reserve { capacity, lot, quantity: 2, request, hold_until: START + DAY },
        CaseEvent::Confirm { capacity, request },
        CaseEvent::Cancel { capacity, request },
        CaseEvent::Score { message, score: 4 },
        CaseEvent::Erase,
        CaseEvent::Tag { message, years: 8, reason: "Rechnung".into() },
        CaseEvent::Untag { message },
        CaseEvent::Consent {
            message,
            purpose: purpose.clone(),
            text: Hash::new([9; 32]),
            version: 3,
            at: START,
        },
        CaseEvent::WithdrawConsent { message, purpose, at: START },
        CaseEvent::AskErasure { message, at: START },
        CaseEvent::Waits { since: Some(START) },
    ]
}

/// One event of each kind.
pub(crate) fn events() -> Vec<Event> {
    let name = || "Frank".to_owned();
    let canned = Canned { title: "Hallo".into(), language: "de".into(), text: "Hallo {name}".into() };
    let capacity = NewCapacity {
        id: CapacityId::new([5; 16]),
        title: "Metropolis".into(),
        lots: BTreeMap::from([("Loge".into(), 4), ("Parkett".into(), 100)]),
        closes_at: START + DAY,
        from: START + DAY,
        until: START + DAY + SECOND,
    };
    let mut all = vec![
        Event::Unknown,
        Event::Founded { name: name() },
        Event::Join { device: DAVE, name: name(), role: Role::Agent },
        Event::Rename { device: DAVE, name: name() },
        Event::SetRole { device: DAVE, role: Role::Supervisor },
        Event::Dismiss { device: DAVE },
        Event::Duty { device: DAVE, on: true },
        Event::SetSettings { version: 1, bytes: vec![1, 2, 3] },
        Event::SetLabel { label: label(3), name: "Rezept".into(), colour: 2 },
        Event::DropLabel { label: label(3) },
        Event::SetCanned { id: CannedId::new([4; 16]), canned },
        Event::DropCanned { id: CannedId::new([4; 16]) },
        Event::SetCapacities { capacities: vec![capacity] },
        Event::DropCapacity { id: CapacityId::new([5; 16]) },
        Event::Present,
        Event::Answering { conversation: conversation(1) },
    ];
    all.extend(case_events().into_iter().map(|event| Event::case(conversation(1), event)));
    all
}

/// Kinds of events by which something goes: dropped, dismissed, released, deleted, taken off, cleared, cancelled, erased, untagged;
/// and by which that is asked for.
const ENDS: [u16; 12] = [5, 9, 11, 13, 258, 263, 265, 268, 276, 278, 280, 316];

/// The kind of event that says who waits; it came after the snapshot in `vectors` was written down.
const WAITS: u16 = 283;

/// A desk in which something of everything happened.
fn lived_in() -> Desk {
    let mut desk = Desk::staffed();
    for event in events().iter().filter(|event| !ENDS.contains(&event.kind()) && event.kind() != WAITS) {
        desk.wait(SECOND);
        for by in [CAROL, BEN, ANNA] {
            desk.says(by, event.clone());
        }
    }
    for number in [2, 3] {
        desk.does(BEN, Event::case(conversation(number), CaseEvent::Claim));
    }
    desk.does(BEN, Event::case(conversation(3), CaseEvent::Erase));
    desk
}

fn snapshot(desk: &Desk) -> Snapshot {
    Snapshot { after: event_id(desk.count), team: desk.team.clone(), cases: desk.cases.clone() }
}

#[test]
fn events_are_encoded_as_they_always_were() {
    let encoded: String = events()
        .iter()
        .map(|event| format!("{} {}\n", event.kind(), HEXLOWER.encode(&event.encode())))
        .collect();
    assert_eq!(encoded, include_str!("vectors/events.txt"), "now:\n{encoded}");
}

#[test]
fn events_that_were_written_down_are_read() {
    let lines: Vec<&str> = include_str!("vectors/events.txt").lines().collect();
    assert_eq!(lines.len(), events().len());
    for (line, event) in lines.iter().zip(events()) {
        let (_, hex) = line.split_once(' ').expect("kind and bytes");
        let read = Event::decode(&HEXLOWER.decode(hex.as_bytes()).expect("hex")).expect("an event");
        assert!(read == event, "{line}");
    }
}

#[test]
fn a_snapshot_is_encoded_as_it_always_was() {
    let encoded = HEXLOWER.encode(&snapshot(&lived_in()).encode());
    assert_eq!(encoded, include_str!("vectors/snapshot.txt").trim_end(), "now:\n{encoded}");
}

#[test]
fn a_snapshot_is_read_as_it_was() {
    let desk = lived_in();
    let bytes = snapshot(&desk).encode();
    let read = Snapshot::decode(&bytes).expect("a snapshot");
    assert_eq!(read.encode(), bytes);
    assert_eq!(read.after, event_id(desk.count));
}

#[test]
fn every_kind_of_event_has_a_number_of_its_own() {
    let mut kinds: Vec<u16> = events().iter().map(Event::kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), events().len());
    assert_eq!(format!("{:?}", Event::Founded { name: "Anna".into() }), "Event(1)", "LOG-1");
}

#[test]
fn what_later_versions_say_is_unknown_and_more_fields_are_passed_over() {
    // [99, [1]], [14, [conversation, [99, []]]], [4, [device, 9]]
    let channel = kuvert_wire::encode(&conversation(1));
    let device = kuvert_wire::encode(&DAVE);
    let event = b"\x82\x18\x63\x81\x01".to_vec();
    let case_event = [b"\x82\x0e\x82", &channel[..], b"\x82\x18\x63\x80"].concat();
    let role = [b"\x82\x04\x82", &device[..], b"\x09"].concat();
    for bytes in [event, case_event, role] {
        assert!(Event::decode(&bytes).expect("a later event") == Event::Unknown);
        let cut = &bytes[..bytes.len() - 1];
        assert!(Event::decode(cut).is_err());
        assert_eq!(Event::decode(&[&bytes[..], b"\x00"].concat()), Err(DecodeError::Trailing));
    }
    let more = [b"\x82\x05\x82", &device[..], b"\x19\x01\x00"].concat();
    assert!(Event::decode(&more).expect("a known event") == Event::Dismiss { device: DAVE });
}

#[test]
fn an_event_or_snapshot_that_is_too_large_is_not_read() {
    let text = "a".repeat(MAX_EVENT);
    let event = Event::case(conversation(1), CaseEvent::AddNote { text, mentions: vec![] }).encode();
    assert!(matches!(Event::decode(&event), Err(DecodeError::TooLarge { limit: MAX_EVENT, .. })));
    let large = Snapshot::decode(&vec![0; MAX_SNAPSHOT + 1]);
    assert!(matches!(large, Err(StateError::Malformed(DecodeError::TooLarge { .. }))));
}

#[test]
fn a_state_is_loaded_from_the_parts_that_were_written_down() {
    let mut desk = lived_in();
    let mut table: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let mut write = |desk: &mut Desk, touched: std::collections::BTreeSet<Part>| {
        for part in touched {
            assert_eq!(Part::from_key(&part.key()), Some(part));
            match part.encode(&desk.team, &desk.cases) {
                Some(bytes) => drop(table.insert(part.key(), bytes)),
                None => drop(table.remove(&part.key())),
            }
        }
        let rows = table.iter().map(|(key, bytes)| (&key[..], &bytes[..]));
        let (team, cases) =
            load(rows.chain([(&b"\xff of a later version"[..], &b"\xff"[..])])).expect("a state");
        Desk { team, cases, ..Desk::default() }.state()
    };
    let touched = desk.cases.take_touched();
    assert!(touched.is_subset(&parts(&desk.team, &desk.cases)) || touched.len() > 10);
    assert!(write(&mut desk, touched) == desk.state());
    for event in [
        Event::case(conversation(2), CaseEvent::Erase),
        Event::DropCapacity { id: CapacityId::new([5; 16]) },
        Event::DropCanned { id: CannedId::new([4; 16]) },
        Event::Dismiss { device: DAVE },
    ] {
        desk.says(ANNA, event);
        let touched = desk.cases.take_touched();
        assert!(write(&mut desk, touched) == desk.state());
    }
    let all = parts(&desk.team, &desk.cases);
    assert!(write(&mut desk, all) == desk.state());
    assert!(desk.cases.take_touched().is_empty());
}

#[test]
fn a_note_writes_only_its_conversation_the_time_and_the_log() {
    let mut desk = lived_in();
    desk.cases.take_touched();
    desk.does(CAROL, Event::case(conversation(2), CaseEvent::AddNote { text: "y".into(), mentions: vec![] }));
    let last = desk.team.audit().entries().next_back().expect("an entry").number;
    let expected = [Part::Clock, Part::Case(conversation(2)), Part::Audit(last)];
    assert!(desk.cases.take_touched().iter().eq(&expected));
}

#[test]
fn keys_of_no_part_are_known_as_such() {
    for key in [&b""[..], b"\x00\x00", b"\x04", b"\x06short", b"\x08\x00", b"\x09"] {
        assert_eq!(Part::from_key(key), None, "{key:?}");
    }
}
