//! What has to be proven or forgotten.

use std::collections::BTreeMap;

use kuvert_desk::limits::{MAX_CONSENTS, MAX_PURPOSE, MAX_SCORE_DAYS, MAX_SCORED, MAX_TAGS};
use kuvert_desk::room::{
    CapacityId, CaseEvent, Event, Hash, NewCapacity, Part, Reason, Snapshot, Status, verify,
};

use crate::support::*;

fn score(number: u8, score: u8) -> CaseEvent {
    CaseEvent::Score { message: message(number), score }
}

fn consent(number: u8, purpose: &str, at: i64) -> CaseEvent {
    let text = Hash::new([7; 32]);
    CaseEvent::Consent { message: message(number), purpose: purpose.into(), text, version: 1, at }
}

fn withdraw(number: u8, purpose: &str, at: i64) -> CaseEvent {
    CaseEvent::WithdrawConsent { message: message(number), purpose: purpose.into(), at }
}

#[test]
fn satisfaction_is_counted_for_the_line_and_kept_with_nobody() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, score(1, 5));
    desk.case_fails(DAVE, score(1, 5), Reason::Nothing);
    desk.case_does(CAROL, score(2, 1));
    desk.does(CAROL, Event::case(conversation(2), score(3, 5)));
    for wrong in [0, 6] {
        desk.case_fails(CAROL, score(4, wrong), Reason::Invalid);
    }
    let days: Vec<_> = desk.team.scores().days.values().copied().collect();
    assert_eq!(days, [[1, 0, 0, 0, 2]]);
    assert_eq!(desk.case().scored, [message(1), message(2)]);
}

#[test]
fn satisfaction_is_known_for_a_bounded_time() {
    let mut desk = Desk::staffed();
    for number in 0..=MAX_SCORE_DAYS {
        desk.case_does(CAROL, score((number % 251) as u8, 5));
        desk.wait(DAY);
    }
    let days = &desk.team.scores().days;
    assert_eq!(days.len(), MAX_SCORE_DAYS);
    assert_eq!(days.keys().next(), Some(&(START / DAY + 1)));
    assert_eq!(desk.case().scored.len(), MAX_SCORED);
}

#[test]
fn of_an_erased_customer_only_a_hash_and_the_time_stay() {
    let mut desk = Desk::staffed();
    let customer = conversation(0x77);
    let note = CaseEvent::AddNote { text: "lives in Ulmenweg 3".into(), mentions: vec![] };
    desk.does(CAROL, Event::case(customer, note));
    desk.cases.take_touched();
    desk.fails(CAROL, Event::case(customer, CaseEvent::Erase), Reason::NotAllowed);
    desk.does(BEN, Event::case(customer, CaseEvent::Erase));
    desk.fails(BEN, Event::case(customer, CaseEvent::Erase), Reason::Nothing);
    assert!(desk.cases.is_empty());
    assert_eq!(desk.cases.erased_at(customer), Some(START));
    let gone = Part::Case(customer);
    assert!(desk.cases.take_touched().contains(&gone));
    assert_eq!(gone.encode(&desk.team, &desk.cases), None, "what was written down of it goes");
    let state = desk.state();
    let contains = |bytes: &[u8]| state.windows(bytes.len()).any(|window| window == bytes);
    assert!(!contains(b"Ulmenweg"));
    assert!(!contains(customer.as_bytes()));
}

#[test]
fn business_records_are_still_known_after_their_customer_was_erased() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Tag { message: message(1), years: 8, reason: "Rechnung".into() });
    let note = CaseEvent::AddNote { text: "lives in Ulmenweg 3".into(), mentions: vec![] };
    desk.case_does(CAROL, note.clone());
    desk.case_does(CAROL, CaseEvent::AskErasure { message: message(2), at: START });
    desk.case_fails(CAROL, CaseEvent::AskErasure { message: message(3), at: START }, Reason::Nothing);
    desk.case_does(BEN, CaseEvent::Erase);
    let case = desk.case();
    assert_eq!(case.tags.keys().collect::<Vec<_>>(), [&message(1)]);
    assert!(case.notes.is_empty() && case.asked_erasure.is_none() && case.status == Status::Done);
    desk.case_fails(BEN, CaseEvent::Erase, Reason::Nothing);
    desk.case_fails(CAROL, note.clone(), Reason::Erased);
    // Who comes again is begun anew, and the record stays one.
    desk.case_does(CAROL, CaseEvent::SetStatus { status: Status::Open });
    desk.case_does(CAROL, note);
    assert_eq!(desk.case().tags.len(), 1);
    desk.case_does(BEN, CaseEvent::Erase);
    desk.case_does(BEN, CaseEvent::Untag { message: message(1) });
    assert!(desk.case().tags.is_empty());
    // What was kept for its record alone goes with it, and once.
    desk.case_does(BEN, CaseEvent::Erase);
    assert!(desk.cases.get(conversation(1)).is_none());
    desk.case_fails(BEN, CaseEvent::Erase, Reason::Nothing);
}

#[test]
fn what_was_under_way_brings_nothing_back_of_an_erased_customer() {
    let mut desk = Desk::staffed();
    desk.case_does(BEN, CaseEvent::Erase);
    let note = CaseEvent::AddNote { text: "lives in Ulmenweg 3".into(), mentions: vec![] };
    desk.case_fails(CAROL, note.clone(), Reason::Erased);
    desk.case_fails(CAROL, CaseEvent::Claim, Reason::Erased);
    // Who comes again is begun anew on purpose.
    desk.case_does(CAROL, CaseEvent::SetStatus { status: Status::Open });
    desk.case_does(CAROL, note);
    assert_eq!(desk.cases.erased_at(conversation(1)), Some(START));
    desk.wait(SECOND);
    desk.case_does(BEN, CaseEvent::Erase);
    assert_eq!(desk.cases.erased_at(conversation(1)), Some(START + SECOND));
}

#[test]
fn an_erased_customers_seats_are_not_sold_again() {
    let mut desk = Desk::staffed();
    let capacity = CapacityId::new([1; 16]);
    let offered = |seats| NewCapacity {
        id: capacity,
        title: "Metropolis".into(),
        lots: BTreeMap::from([("Parkett".into(), seats)]),
        closes_at: START + DAY,
        from: START + DAY,
        until: START + DAY,
    };
    desk.does(BEN, Event::SetCapacities { capacities: vec![offered(10)] });
    let reserve = |number, quantity| CaseEvent::Reserve {
        capacity,
        lot: "Parkett".into(),
        quantity,
        request: message(number),
        hold_until: START + SECOND,
    };
    desk.case_does(CAROL, reserve(1, 3));
    desk.case_does(CAROL, CaseEvent::Confirm { capacity, request: message(1) });
    desk.case_does(CAROL, reserve(2, 2));
    desk.does(CAROL, Event::case(conversation(2), reserve(3, 1)));
    desk.cases.take_touched();
    desk.case_does(BEN, CaseEvent::Erase);
    assert!(desk.cases.take_touched().contains(&Part::Capacity(capacity)));
    let shown = desk.team.capacity(capacity).expect("offered");
    assert_eq!(shown.free("Parkett", START), 6, "three are given, one is held by somebody else");
    assert_eq!(shown.reservations.len(), 1);
    desk.fails(BEN, Event::SetCapacities { capacities: vec![offered(3)] }, Reason::Taken);
    desk.does(BEN, Event::SetCapacities { capacities: vec![offered(4)] });
    assert_eq!(desk.team.capacity(capacity).map(|shown| shown.free("Parkett", START)), Some(0));
}

#[test]
fn a_business_record_is_tagged_by_agents_and_untagged_by_supervisors() {
    let mut desk = Desk::staffed();
    let tag = |years, reason: &str| CaseEvent::Tag { message: message(1), years, reason: reason.into() };
    for years in [0, 7, 11] {
        desk.case_fails(CAROL, tag(years, "Rechnung"), Reason::Invalid);
    }
    desk.case_fails(CAROL, tag(8, ""), Reason::Invalid);
    desk.case_does(CAROL, tag(8, "Rechnung"));
    desk.case_fails(DAVE, tag(8, "Rechnung"), Reason::Nothing);
    desk.case_fails(DAVE, tag(6, "Brief"), Reason::NotAllowed);
    desk.case_does(DAVE, tag(10, "Jahresabschluss"));
    desk.case_fails(CAROL, CaseEvent::Untag { message: message(1) }, Reason::NotAllowed);
    desk.case_does(BEN, tag(6, "Brief"));
    assert_eq!(desk.case().tags[&message(1)].years, 6);
    desk.case_does(BEN, CaseEvent::Untag { message: message(1) });
    desk.case_fails(BEN, CaseEvent::Untag { message: message(1) }, Reason::Missing);
}

#[test]
fn business_records_are_bounded() {
    let mut desk = Desk::staffed();
    let tag = |number: usize| {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        let message = kuvert_content::MessageId::new(id);
        CaseEvent::Tag { message, years: 6, reason: "Brief".into() }
    };
    for number in 0..MAX_TAGS {
        desk.case_does(CAROL, tag(number));
    }
    desk.case_fails(CAROL, tag(MAX_TAGS), Reason::Full);
}

#[test]
fn a_consent_holds_until_it_is_taken_back() {
    let mut desk = Desk::staffed();
    let holding = |desk: &Desk| desk.case().consents_that_hold().count();
    desk.case_fails(CAROL, withdraw(9, "Newsletter", START), Reason::Missing);
    desk.case_does(CAROL, consent(1, "Newsletter", START));
    desk.case_fails(DAVE, consent(1, "Newsletter", START), Reason::Nothing);
    desk.case_does(CAROL, consent(1, "Umfrage", START));
    assert_eq!(holding(&desk), 2);
    desk.case_does(DAVE, withdraw(2, "Newsletter", START + 5));
    desk.case_fails(CAROL, withdraw(2, "Newsletter", START + 5), Reason::Missing);
    assert_eq!(holding(&desk), 1);
    assert_eq!(desk.case().consents[0].withdrawn_by, Some(message(2)), "the proof stays");
    desk.case_does(CAROL, consent(3, "Newsletter", START + 5));
    assert_eq!(holding(&desk), 1, "recorded late: the customer took consent back since");
    desk.case_does(CAROL, consent(4, "Newsletter", START + 6));
    assert_eq!(holding(&desk), 2);
    desk.case_fails(CAROL, consent(5, " ", START), Reason::Invalid);
    desk.case_fails(CAROL, consent(5, &"a".repeat(MAX_PURPOSE + 1), START), Reason::Invalid);
    desk.case_fails(CAROL, consent(5, "Newsletter", -1), Reason::Invalid);
}

#[test]
fn consents_that_were_taken_back_make_room_first() {
    let mut desk = Desk::staffed();
    for number in 0..MAX_CONSENTS as u8 {
        desk.case_does(CAROL, consent(number, &format!("purpose {number}"), START));
    }
    desk.case_fails(CAROL, consent(99, "one more", START), Reason::Full);
    desk.case_does(CAROL, withdraw(98, "purpose 7", START));
    desk.case_does(CAROL, consent(99, "one more", START));
    assert_eq!(desk.case().consents.len(), MAX_CONSENTS);
    assert!(desk.case().consents.iter().all(|consent| consent.purpose != "purpose 7"));
}

#[test]
fn the_log_tells_who_did_what_and_not_what_was_said() {
    let mut desk = Desk::staffed();
    let before = desk.team.audit().entries().len();
    let note = Event::case(conversation(1), CaseEvent::AddNote { text: "secret".into(), mentions: vec![] });
    desk.does(CAROL, note.clone());
    desk.fails(ERIN, note.clone(), Reason::NotAllowed);
    assert_eq!(desk.says(ERIN, Event::Present), kuvert_desk::room::Outcome::Transient);
    assert_eq!(desk.team.audit().entries().len(), before + 1, "what changed nothing is no deed");
    let entries: Vec<_> = desk.team.audit().entries().copied().collect();
    let last = entries.last().expect("an entry");
    assert_eq!((last.by, last.kind, last.at), (CAROL, note.kind(), START));
    assert!(last.conversation.is_some());
    assert_eq!(verify(&entries), Ok(desk.team.audit().head()));
    // A log of which somebody changed what carol did is not that of a snapshot either.
    let mut bytes = desk.state();
    let entry = kuvert_wire::encode(last);
    let at = bytes.windows(entry.len()).position(|window| window == entry).expect("it is in there");
    let by = bytes[at..].windows(32).position(|window| window == CAROL.as_bytes()).expect("her key");
    bytes[at + by..at + by + 32].copy_from_slice(DAVE.as_bytes());
    assert!(matches!(Snapshot::decode(&bytes), Err(kuvert_desk::room::StateError::Tampered(_))));
}
