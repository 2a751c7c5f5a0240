//! Where requests stand, and who takes one that is offered.

use kuvert_desk::limits::{MAX_OFFERED, MAX_OFFERS, MAX_REQUESTS, MAX_TTL, MIN_TTL};
use kuvert_desk::room::{CaseEvent, DeviceKey, Due, Event, Reason, due};

use crate::support::*;

const TTL: u32 = 30_000;

fn offer(to: &[DeviceKey]) -> CaseEvent {
    CaseEvent::Offer { request: message(1), to: to.to_vec(), ttl: TTL }
}

fn take() -> CaseEvent {
    CaseEvent::Take { request: message(1) }
}

fn decline() -> CaseEvent {
    CaseEvent::Decline { request: message(1) }
}

fn escalated() -> CaseEvent {
    CaseEvent::Escalated { request: message(1) }
}

fn taken_by(desk: &Desk) -> Option<DeviceKey> {
    desk.case().offers[&message(1)].taken_by
}

fn on_duty(desk: &mut Desk, devices: &[DeviceKey]) {
    for device in devices {
        desk.does(*device, Event::Duty { device: *device, on: true });
    }
}

#[test]
fn a_request_moves_on_by_who_claimed_it_or_a_supervisor() {
    let mut desk = Desk::staffed();
    let set = |state| CaseEvent::SetRequest { request: message(1), state };
    desk.case_fails(CAROL, set(1), Reason::NotAllowed);
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_does(CAROL, set(1));
    desk.case_fails(CAROL, set(1), Reason::Nothing);
    desk.case_fails(DAVE, set(2), Reason::NotAllowed);
    desk.case_does(BEN, set(2));
    assert_eq!(desk.case().requests[&message(1)].state, 2);
    assert_eq!(desk.case().requests[&message(1)].by, BEN);
}

#[test]
fn the_request_that_is_longest_unchanged_makes_room() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    for number in 0..=MAX_REQUESTS as u8 {
        desk.wait(SECOND);
        desk.case_does(CAROL, CaseEvent::SetRequest { request: message(number), state: 1 });
        if number == 5 {
            desk.case_does(CAROL, CaseEvent::SetRequest { request: message(0), state: 2 });
        }
    }
    assert_eq!(desk.case().requests.len(), MAX_REQUESTS);
    assert!(!desk.case().requests.contains_key(&message(1)));
    assert!(desk.case().requests.contains_key(&message(0)));
}

#[test]
fn of_two_who_take_a_request_the_first_one_has_it() {
    let mut desk = Desk::staffed();
    on_duty(&mut desk, &[CAROL, DAVE]);
    desk.case_does(BEN, CaseEvent::Claim);
    desk.case_does(BEN, offer(&[]));
    desk.case_does(DAVE, take());
    desk.case_fails(CAROL, take(), Reason::Taken);
    desk.case_fails(CAROL, decline(), Reason::Taken);
    desk.case_fails(DAVE, take(), Reason::Nothing);
    assert_eq!(taken_by(&desk), Some(DAVE));
    assert_eq!(desk.case().claimed_by(), Some(DAVE), "the conversation goes with it");
}

#[test]
fn an_offer_is_taken_by_those_whom_it_is_for() {
    let mut desk = Desk::staffed();
    on_duty(&mut desk, &[DAVE]);
    desk.case_fails(CAROL, take(), Reason::Missing);
    desk.case_does(BEN, offer(&[]));
    desk.case_fails(CAROL, take(), Reason::NotAllowed);
    desk.case_fails(CAROL, decline(), Reason::NotAllowed);
    desk.case_does(BEN, offer(&[CAROL, STRANGER, ERIN]));
    assert!(desk.case().offers[&message(1)].to.iter().eq(&[CAROL]));
    desk.case_fails(DAVE, take(), Reason::NotAllowed);
    desk.case_does(CAROL, take());
}

#[test]
fn an_offer_is_made_by_who_looks_after_the_customer() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_fails(DAVE, offer(&[]), Reason::NotAllowed);
    desk.case_fails(CAROL, offer(&[STRANGER]), Reason::Missing);
    desk.case_fails(CAROL, offer(&[DAVE; MAX_OFFERED + 1]), Reason::Invalid);
    for ttl in [MIN_TTL - 1, MAX_TTL + 1] {
        desk.case_fails(CAROL, CaseEvent::Offer { request: message(1), to: vec![], ttl }, Reason::Invalid);
    }
    desk.case_does(CAROL, offer(&[DAVE]));
    desk.case_does(CAROL, offer(&[]));
    desk.case_does(BEN, offer(&[DAVE]));
    desk.case_fails(CAROL, offer(&[]), Reason::Taken);
    desk.case_does(DAVE, take());
    desk.case_does(DAVE, offer(&[CAROL]));
    assert_eq!(taken_by(&desk), None, "who took it may offer it to others");
}

#[test]
fn what_nobody_took_in_time_is_escalated_once() {
    let mut desk = Desk::staffed();
    on_duty(&mut desk, &[DAVE]);
    desk.case_does(BEN, offer(&[]));
    let until = START + i64::from(TTL);
    assert_eq!(due(&desk.cases, START), Due { next: Some(until), ..Due::default() });
    desk.wait(i64::from(TTL) - 1);
    desk.case_fails(CAROL, escalated(), Reason::OutOfTime);
    desk.wait(1);
    let offers = vec![(conversation(1), message(1))];
    assert_eq!(due(&desk.cases, desk.now), Due { offers, ..Due::default() });
    desk.case_does(CAROL, escalated());
    desk.case_fails(DAVE, escalated(), Reason::Nothing);
    assert_eq!(due(&desk.cases, desk.now), Due::default());
    desk.case_does(CAROL, take());
    desk.case_fails(DAVE, escalated(), Reason::Taken);
    assert_eq!(taken_by(&desk), Some(CAROL), "now every agent may, also off duty");
}

#[test]
fn what_all_declined_is_escalated_at_once() {
    let mut desk = Desk::staffed();
    desk.case_does(BEN, offer(&[CAROL, DAVE]));
    desk.case_does(CAROL, decline());
    desk.case_fails(CAROL, decline(), Reason::Nothing);
    desk.case_fails(BEN, escalated(), Reason::OutOfTime);
    desk.case_does(DAVE, decline());
    assert_eq!(due(&desk.cases, START).offers.len(), 1);
    desk.case_does(BEN, escalated());
}

#[test]
fn who_took_a_request_can_give_it_back_to_all() {
    let mut desk = Desk::staffed();
    desk.case_does(BEN, offer(&[DAVE]));
    desk.case_does(DAVE, take());
    desk.wait(SECOND);
    desk.case_does(DAVE, decline());
    assert_eq!(taken_by(&desk), None);
    assert_eq!(desk.case().claimed_by(), None);
    desk.case_does(CAROL, take());
    assert_eq!(desk.case().claimed_by(), Some(CAROL));
}

#[test]
fn the_oldest_offer_makes_room() {
    let mut desk = Desk::staffed();
    for number in 0..=MAX_OFFERS as u8 {
        desk.wait(SECOND);
        desk.case_does(BEN, CaseEvent::Offer { request: message(number), to: vec![], ttl: TTL });
    }
    assert_eq!(desk.case().offers.len(), MAX_OFFERS);
    assert!(!desk.case().offers.contains_key(&message(0)));
}

#[test]
fn a_reminder_is_due_at_its_time() {
    let mut desk = Desk::staffed();
    for at in [START + 5, START + 2] {
        desk.case_does(CAROL, CaseEvent::SetReminder { at, member: CAROL, text: String::new() });
    }
    let [later, sooner] = [0, 1].map(|at| (conversation(1), desk.case().reminders[at].id));
    assert_eq!(due(&desk.cases, START).next, Some(START + 2));
    assert_eq!(due(&desk.cases, START + 2).reminders, [sooner]);
    assert_eq!(due(&desk.cases, START + 9), Due { reminders: vec![later, sooner], ..Due::default() });
}

#[test]
fn of_devices_that_offer_a_request_by_themselves_the_first_one_counts() {
    let mut desk = Desk::staffed();
    on_duty(&mut desk, &[CAROL, DAVE]);
    let once = CaseEvent::OfferOnce { request: message(1), ttl: 60_000 };
    desk.case_does(CAROL, once.clone());
    desk.case_does(DAVE, CaseEvent::Take { request: message(1) });
    // One that comes late, also from who may do more, does not ask again for what somebody has.
    desk.case_fails(DAVE, once.clone(), Reason::Taken);
    desk.case_fails(BEN, once.clone(), Reason::Taken);
    assert_eq!(taken_by(&desk), Some(DAVE));
    // Who looks after the customer does not stand in the way of the next request.
    let next = CaseEvent::OfferOnce { request: message(2), ttl: 60_000 };
    desk.case_does(CAROL, next);
}
