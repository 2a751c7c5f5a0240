//! Who is there, and who answers whom.

use kuvert_desk::limits::{ANSWERING_FOR, PRESENT_FOR};
use kuvert_desk::room::{CaseEvent, DeviceKey, Event, Presence};

use crate::support::*;

fn answering(number: u8) -> Event {
    Event::Answering { conversation: conversation(number) }
}

/// A device says something, and it comes at once.
fn says(presence: &mut Presence, desk: &Desk, by: DeviceKey, event: &Event, now: i64) -> bool {
    presence.apply(&desk.team, by, event, now, now)
}

fn present(presence: &Presence, now: i64) -> Vec<DeviceKey> {
    presence.present(now).collect()
}

fn others(presence: &Presence, number: u8, now: i64) -> Vec<DeviceKey> {
    presence.answering(conversation(number), CAROL, now).collect()
}

#[test]
fn who_answers_is_shown_to_others_for_a_while() {
    let (desk, mut presence) = (Desk::staffed(), Presence::default());
    assert!(says(&mut presence, &desk, DAVE, &answering(1), START));
    assert!(!says(&mut presence, &desk, DAVE, &answering(1), START + 1));
    assert!(says(&mut presence, &desk, CAROL, &answering(1), START + 1));
    assert_eq!(others(&presence, 1, START + 1), [DAVE]);
    assert_eq!(others(&presence, 1, START + ANSWERING_FOR), [DAVE]);
    assert_eq!(others(&presence, 1, START + ANSWERING_FOR + 1), []);
    assert_eq!(present(&presence, START + PRESENT_FOR), [CAROL, DAVE]);
    assert_eq!(present(&presence, START + PRESENT_FOR + 1), []);
}

#[test]
fn what_comes_late_tells_of_when_it_was_said() {
    let (desk, mut presence) = (Desk::staffed(), Presence::default());
    let now = START + PRESENT_FOR - 1;
    presence.apply(&desk.team, DAVE, &answering(1), START, now);
    assert_eq!(present(&presence, now), [DAVE]);
    assert_eq!(others(&presence, 1, now), [], "that was long ago");
    assert_eq!(present(&presence, now + 1), []);
    assert!(!presence.apply(&desk.team, ERIN, &Event::Present, START, START + PRESENT_FOR));
    assert_eq!(present(&presence, START + PRESENT_FOR), []);
}

#[test]
fn a_clock_that_is_ahead_keeps_nobody_longer() {
    let (desk, mut presence) = (Desk::staffed(), Presence::default());
    presence.apply(&desk.team, DAVE, &Event::Present, START + DAY, START);
    assert_eq!(present(&presence, START + PRESENT_FOR - 1), [DAVE]);
    assert_eq!(present(&presence, START + PRESENT_FOR), []);
}

#[test]
fn who_says_anything_is_there() {
    let (desk, mut presence) = (Desk::staffed(), Presence::default());
    let claim = Event::case(conversation(2), CaseEvent::Claim);
    for (by, event) in [(ERIN, Event::Present), (CAROL, claim), (STRANGER, Event::Present)] {
        says(&mut presence, &desk, by, &event, START);
    }
    assert_eq!(present(&presence, START), [CAROL, ERIN], "but no stranger");
}

#[test]
fn a_member_answers_one_customer_at_a_time() {
    let (desk, mut presence) = (Desk::staffed(), Presence::default());
    says(&mut presence, &desk, DAVE, &answering(1), START);
    says(&mut presence, &desk, DAVE, &Event::Present, START + ANSWERING_FOR - 1);
    assert_eq!(others(&presence, 1, START + ANSWERING_FOR - 1), [DAVE]);
    assert_eq!(others(&presence, 1, START + ANSWERING_FOR), [], "who is there does not answer for ever");
    says(&mut presence, &desk, DAVE, &answering(2), START);
    assert_eq!(others(&presence, 1, START), []);
    let done = Event::case(conversation(2), CaseEvent::Release);
    assert!(says(&mut presence, &desk, DAVE, &done, START));
    assert_eq!(others(&presence, 2, START), []);
}

#[test]
fn a_clock_that_is_set_back_shows_nobody_for_ever() {
    let (desk, mut presence) = (Desk::staffed(), Presence::default());
    says(&mut presence, &desk, DAVE, &answering(1), START + DAY);
    assert_eq!(others(&presence, 1, START), []);
    says(&mut presence, &desk, CAROL, &Event::Present, START);
    assert_eq!(present(&presence, START + DAY), []);
}
