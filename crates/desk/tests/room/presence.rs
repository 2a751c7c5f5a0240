//! Who is there, and who answers whom.

use kuvert_desk::limits::PRESENT_FOR;
use kuvert_desk::room::{CaseEvent, DeviceKey, Event, Presence};

use crate::support::*;

fn answering(number: u8) -> Event {
    Event::Answering { conversation: conversation(number) }
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
    assert!(presence.apply(&desk.team, DAVE, &answering(1), START));
    assert!(!presence.apply(&desk.team, DAVE, &answering(1), START + 1));
    assert!(presence.apply(&desk.team, CAROL, &answering(1), START + 1));
    assert_eq!(others(&presence, 1, START + 1), [DAVE]);
    assert_eq!(presence.next(START + 1), Some(START + 1 + PRESENT_FOR));
    assert_eq!(others(&presence, 1, START + PRESENT_FOR), [DAVE]);
    assert_eq!(others(&presence, 1, START + PRESENT_FOR + 1), []);
    assert_eq!(present(&presence, START + PRESENT_FOR + 1), []);
}

#[test]
fn who_says_anything_is_there() {
    let (desk, mut presence) = (Desk::staffed(), Presence::default());
    let claim = Event::case(conversation(2), CaseEvent::Claim);
    for (by, event) in [(ERIN, Event::Present), (CAROL, claim), (STRANGER, Event::Present)] {
        presence.apply(&desk.team, by, &event, START);
    }
    assert_eq!(present(&presence, START), [CAROL, ERIN], "but no stranger");
}

#[test]
fn a_member_answers_one_customer_at_a_time() {
    let (desk, mut presence) = (Desk::staffed(), Presence::default());
    presence.apply(&desk.team, DAVE, &answering(1), START);
    presence.apply(&desk.team, DAVE, &Event::Present, START + PRESENT_FOR - 1);
    assert_eq!(others(&presence, 1, START + PRESENT_FOR - 1), [DAVE]);
    assert_eq!(others(&presence, 1, START + PRESENT_FOR), [], "who is there does not answer for ever");
    presence.apply(&desk.team, DAVE, &answering(2), START);
    assert_eq!(others(&presence, 1, START), []);
    let done = Event::case(conversation(2), CaseEvent::Release);
    assert!(presence.apply(&desk.team, DAVE, &done, START));
    assert_eq!(others(&presence, 2, START), []);
}

#[test]
fn a_clock_that_is_set_back_shows_nobody_for_ever() {
    let (desk, mut presence) = (Desk::staffed(), Presence::default());
    presence.apply(&desk.team, DAVE, &answering(1), START + DAY);
    assert_eq!(others(&presence, 1, START), []);
    presence.apply(&desk.team, CAROL, &Event::Present, START);
    assert_eq!(present(&presence, START + DAY), []);
}
