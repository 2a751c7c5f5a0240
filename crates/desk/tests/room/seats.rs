//! Seats and appointments: none is given away twice.

use std::collections::BTreeMap;

use kuvert_desk::limits::{
    KEEP_CLOSED, MAX_CAPACITIES, MAX_CAPACITIES_AT_ONCE, MAX_HOLD, MAX_LOTS, MAX_RESERVATIONS, MAX_SEATS,
};
use kuvert_desk::room::{Capacity, CapacityId, CaseEvent, Event, NewCapacity, Reason};

use crate::support::*;

const FILM: CapacityId = CapacityId::new([1; 16]);
const STALLS: &str = "Parkett";

fn film(seats: u32) -> NewCapacity {
    let lots = BTreeMap::from([(STALLS.to_owned(), seats), ("Loge".to_owned(), 2)]);
    let from = START + DAY;
    NewCapacity {
        id: FILM,
        title: "Metropolis, 20 Uhr".into(),
        lots,
        closes_at: from,
        from,
        until: from + SECOND,
    }
}

fn set(capacities: &[NewCapacity]) -> Event {
    Event::SetCapacities { capacities: capacities.to_vec() }
}

fn cinema(seats: u32) -> Desk {
    let mut desk = Desk::staffed();
    desk.does(BEN, set(&[film(seats)]));
    desk
}

fn reserve(request: u8, lot: &str, quantity: u32) -> CaseEvent {
    let hold_until = START + 600 * SECOND;
    CaseEvent::Reserve { capacity: FILM, lot: lot.into(), quantity, request: message(request), hold_until }
}

fn hold(request: u8, quantity: u32) -> CaseEvent {
    reserve(request, STALLS, quantity)
}

fn confirm(request: u8) -> CaseEvent {
    CaseEvent::Confirm { capacity: FILM, request: message(request) }
}

fn cancel(request: u8) -> CaseEvent {
    CaseEvent::Cancel { capacity: FILM, request: message(request) }
}

fn shown(desk: &Desk) -> &Capacity {
    desk.team.capacity(FILM).expect("it is offered")
}

fn free(desk: &Desk) -> u32 {
    shown(desk).free(STALLS, desk.now)
}

#[test]
fn of_two_customers_the_first_one_has_the_last_seat() {
    let mut desk = cinema(3);
    desk.does(CAROL, Event::case(conversation(1), hold(1, 2)));
    desk.fails(DAVE, Event::case(conversation(2), hold(2, 2)), Reason::Taken);
    desk.does(DAVE, Event::case(conversation(2), hold(2, 1)));
    assert_eq!(free(&desk), 0);
    assert_eq!(shown(&desk).free("Loge", desk.now), 2, "others are not touched");
}

#[test]
fn a_hold_that_is_over_frees_its_seats() {
    let mut desk = cinema(2);
    desk.case_does(CAROL, hold(1, 2));
    desk.case_fails(CAROL, hold(1, 2), Reason::Nothing);
    desk.now = START + 600 * SECOND - 1;
    assert_eq!(free(&desk), 0);
    desk.wait(1);
    assert_eq!(free(&desk), 2);
    desk.case_fails(CAROL, confirm(1), Reason::OutOfTime);
    let later = CaseEvent::Reserve {
        capacity: FILM,
        lot: STALLS.into(),
        quantity: 2,
        request: message(2),
        hold_until: desk.now + 1,
    };
    desk.does(DAVE, Event::case(conversation(2), later));
    assert_eq!(shown(&desk).reservations.len(), 1);
    // A device whose clock is behind does not bring the first hold back.
    desk.now = START;
    desk.case_fails(CAROL, confirm(1), Reason::Missing);
}

#[test]
fn what_is_confirmed_stays_until_it_is_cancelled() {
    let mut desk = cinema(2);
    desk.case_fails(CAROL, confirm(1), Reason::Missing);
    desk.case_does(CAROL, hold(1, 1));
    desk.case_does(CAROL, reserve(1, "Loge", 1));
    desk.case_does(CAROL, confirm(1));
    desk.case_fails(CAROL, confirm(1), Reason::Nothing);
    desk.wait(DAY);
    assert_eq!((free(&desk), shown(&desk).free("Loge", desk.now)), (1, 1));
    desk.fails(CAROL, Event::case(conversation(2), cancel(1)), Reason::Missing);
    desk.fails(CAROL, Event::case(conversation(2), confirm(1)), Reason::Missing);
    desk.case_does(CAROL, cancel(1));
    desk.case_fails(CAROL, cancel(1), Reason::Missing);
    assert_eq!((free(&desk), shown(&desk).free("Loge", desk.now)), (2, 2));
}

#[test]
fn a_reservation_has_to_make_sense() {
    let mut desk = cinema(2);
    desk.case_fails(ERIN, hold(1, 1), Reason::NotAllowed);
    desk.case_fails(CAROL, hold(1, 0), Reason::Invalid);
    desk.case_fails(CAROL, hold(1, 3), Reason::Taken);
    desk.case_fails(CAROL, reserve(1, "Balkon", 1), Reason::Missing);
    let until = |hold_until| CaseEvent::Reserve {
        capacity: FILM,
        lot: STALLS.into(),
        quantity: 1,
        request: message(1),
        hold_until,
    };
    desk.case_fails(CAROL, until(-1), Reason::Invalid);
    desk.case_fails(CAROL, until(START), Reason::OutOfTime);
    desk.case_fails(CAROL, until(START + MAX_HOLD + 1), Reason::Invalid);
    desk.case_does(CAROL, until(START + MAX_HOLD));
    desk.wait(DAY);
    desk.case_fails(CAROL, until(START + 2 * DAY), Reason::OutOfTime);
    let unknown = CaseEvent::Cancel { capacity: CapacityId::new([2; 16]), request: message(1) };
    desk.case_fails(CAROL, unknown, Reason::Missing);
}

#[test]
fn an_appointment_is_a_capacity_of_one() {
    let mut desk = cinema(1);
    desk.does(CAROL, Event::case(conversation(1), hold(1, 1)));
    desk.fails(CAROL, Event::case(conversation(2), hold(2, 1)), Reason::Taken);
    desk.does(CAROL, Event::case(conversation(1), confirm(1)));
    desk.wait(700 * SECOND);
    desk.fails(CAROL, Event::case(conversation(2), hold(2, 1)), Reason::OutOfTime);
    assert_eq!(free(&desk), 0);
}

#[test]
fn fewer_seats_than_are_taken_are_refused() {
    let mut desk = cinema(5);
    desk.case_does(CAROL, hold(1, 3));
    desk.fails(BEN, set(&[film(2)]), Reason::Taken);
    let without_stalls = NewCapacity { lots: BTreeMap::from([("Loge".into(), 2)]), ..film(5) };
    desk.fails(BEN, set(&[without_stalls]), Reason::Taken);
    desk.does(BEN, set(&[film(3)]));
    assert_eq!(free(&desk), 0);
    desk.does(BEN, Event::DropCapacity { id: FILM });
    desk.fails(BEN, Event::DropCapacity { id: FILM }, Reason::Missing);
    desk.case_fails(CAROL, confirm(1), Reason::Missing);
}

#[test]
fn what_is_offered_has_to_make_sense() {
    let mut desk = Desk::staffed();
    desk.fails(CAROL, set(&[film(1)]), Reason::NotAllowed);
    desk.fails(CAROL, Event::DropCapacity { id: FILM }, Reason::NotAllowed);
    desk.fails(BEN, set(&[]), Reason::Invalid);
    desk.fails(BEN, set(&[film(1), film(1)]), Reason::Invalid);
    desk.fails(BEN, set(&vec![film(1); MAX_CAPACITIES_AT_ONCE + 1]), Reason::Invalid);
    let lots = |count: usize| (0..count).map(|number| (format!("{number}"), 1)).collect();
    let bad = [
        film(MAX_SEATS + 1),
        NewCapacity { title: String::new(), ..film(1) },
        NewCapacity { lots: lots(0), ..film(1) },
        NewCapacity { lots: lots(MAX_LOTS + 1), ..film(1) },
        NewCapacity { lots: BTreeMap::from([(" ".into(), 1)]), ..film(1) },
        NewCapacity { closes_at: -1, ..film(1) },
        NewCapacity { until: START, ..film(1) },
    ];
    for bad in bad {
        let good = NewCapacity { id: CapacityId::new([2; 16]), ..film(1) };
        desk.fails(BEN, set(&[good, bad]), Reason::Invalid);
    }
    assert_eq!(desk.team.capacities().count(), 0, "all of them or none");
    desk.does(BEN, set(&[NewCapacity { lots: lots(MAX_LOTS), ..film(1) }]));
}

#[test]
fn what_is_long_over_makes_room() {
    let mut desk = Desk::staffed();
    let numbered = |number: usize, until| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        NewCapacity { id: CapacityId::new(id), from: START, closes_at: START, until, ..film(1) }
    };
    let all: Vec<_> =
        (0..MAX_CAPACITIES).map(|number| numbered(number, START + 1 + number as i64 / 10)).collect();
    for some in all.chunks(MAX_CAPACITIES_AT_ONCE) {
        desk.does(BEN, set(some));
    }
    let one_more = numbered(MAX_CAPACITIES, START + DAY);
    desk.now = START + KEEP_CLOSED;
    desk.fails(BEN, set(std::slice::from_ref(&one_more)), Reason::Full);
    desk.wait(1);
    desk.does(BEN, set(&[one_more]));
    assert_eq!(desk.team.capacities().count(), MAX_CAPACITIES - 10 + 1);
}

#[test]
fn reservations_are_bounded() {
    let mut desk = cinema(MAX_SEATS);
    let hold = |number: usize, hold_until| {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        let request = kuvert_content::MessageId::new(id);
        let event =
            CaseEvent::Reserve { capacity: FILM, lot: STALLS.into(), quantity: 1, request, hold_until };
        Event::case(conversation(1), event)
    };
    let says = |desk: &mut Desk, number| {
        // Without the checks of the others, for the sake of time.
        let meta = kuvert_desk::room::Meta { id: event_id(0), by: CAROL, at: desk.now };
        desk.team.apply(&mut desk.cases, meta, &hold(number, START + SECOND))
    };
    for number in 0..MAX_RESERVATIONS {
        assert_eq!(says(&mut desk, number), kuvert_desk::room::Outcome::Applied);
    }
    desk.fails(CAROL, hold(MAX_RESERVATIONS, START + SECOND), Reason::Full);
    desk.wait(SECOND);
    desk.does(CAROL, hold(MAX_RESERVATIONS, START + 2 * SECOND));
    assert_eq!(shown(&desk).reservations.len(), 1, "holds that are over take no room");
}
