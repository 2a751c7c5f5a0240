use std::collections::BTreeMap;

use super::*;
use crate::form::{Answer, Choice, Day, Field, When};
use crate::request::StatusFlow;
use crate::room::{Cases, DeviceKey, Event, EventId, Meta, NewCapacity};
use crate::text::Text;

const ID: [u8; 16] = [7; 16];
/// A Tuesday morning in Germany.
const NOW: i64 = 1_795_507_200_000;

fn field(id: &str, kind: FieldKind) -> Field {
    Field { id: id.into(), label: Text::both(id, id), help: Text::default(), required: false, kind }
}

fn form(capacity: Option<[u8; 16]>, fields: Vec<Field>) -> Form {
    Form {
        id: "form".into(),
        version: 1,
        title: Text::both("Plätze", "Seats"),
        intro: Text::default(),
        fields,
        statuses: StatusFlow::default(),
        retention: None,
        dispatch: false,
        capacity,
    }
}

fn answers(values: Vec<(&str, Value)>) -> Answers {
    let values = values.into_iter().map(|(field, value)| Answer { field: field.into(), value }).collect();
    Answers { form: "form".into(), version: 1, values }
}

fn team(lots: &[(&str, u32)]) -> Team {
    let (mut team, mut cases) = (Team::default(), Cases::default());
    let mut apply = |number: u8, event: Event| {
        let meta = Meta { id: EventId::new([number; 32]), by: DeviceKey::new([1; 32]), at: NOW };
        team.apply(&mut cases, meta, &event);
    };
    apply(1, Event::Founded { name: "Olga".into() });
    let lots: BTreeMap<_, _> = lots.iter().map(|(name, seats)| ((*name).to_owned(), *seats)).collect();
    let new = NewCapacity {
        id: CapacityId::new(ID),
        title: "Casablanca".into(),
        lots,
        closes_at: NOW + 1_000_000_000,
        from: NOW,
        until: NOW + 1_000_000_000,
    };
    apply(2, Event::SetCapacities { capacities: vec![new] });
    team
}

#[test]
fn a_slot_is_read_as_it_is_written() {
    let slot = Slot::parse("2026-11-24 09:30-10:00 Dr. Ott").expect("a slot");
    assert_eq!((slot.begins, slot.ends), (570, Some(600)));
    assert_eq!(slot.name(), "2026-11-24 09:30-10:00");
    assert_eq!(slot.to().expect("an end") - slot.from(), 30 * 60_000);
    for bad in ["Parkett", "2026-11-24", "2026-11-24 9:30", "2026-11-24 10:00-09:00", "2026-13-24 10:00"] {
        assert_eq!(Slot::parse(bad), None, "{bad}");
    }
}

#[test]
fn a_series_has_slots_on_its_days_and_within_its_hours() {
    let first = Date::new(2026, 11, 23).expect("a Monday");
    let mut series = Series {
        first,
        last: first.plus_days(13),
        weekdays: [true, false, true, false, false, false, false],
        from: 9 * 60,
        to: 10 * 60,
        length: 20,
        gap: 10,
    };
    let names: Vec<_> = series.slots(100).iter().map(Slot::name).collect();
    assert_eq!(names.len(), 8, "two a day on four days: {names:?}");
    assert_eq!(names[1], "2026-11-23 09:30-09:50");
    assert_eq!(series.slots(3).len(), 4, "it stops when there are too many");
    series.length = 0;
    assert!(series.slots(100).is_empty());
}

#[test]
fn a_card_shows_what_forms_name_and_what_is_still_to_come() {
    let team = team(&[("2020-01-01 10:00", 1), ("2030-01-01 10:00", 1), ("Parkett", 3)]);
    assert!(free(&team, &[form(None, Vec::new())], NOW).is_empty(), "no form names it");
    let shown = free(&team, &[form(Some(ID), Vec::new())], NOW);
    assert_eq!(shown[0].lots, [("2030-01-01 10:00".to_owned(), 1), ("Parkett".to_owned(), 3)]);
    assert!(are_within_bounds(&shown));
    let long = Seats { title: "x".repeat(MAX_TITLE + 1), ..shown[0].clone() };
    assert!(!are_within_bounds(&[long]));
}

#[test]
fn who_chose_a_slot_takes_one_of_it_unless_the_form_counts_seats() {
    let team = team(&[("2030-01-01 10:00", 5)]);
    let when = FieldKind::DateTime { date_only: false, slots: Some(ID) };
    let fields = vec![field("when", when), field("seats", FieldKind::Quantity { max: 9 })];
    let day = Day { year: 2030, month: 1, day: 1 };
    let chosen = When { day, minute: Some(600), slot: Some("2030-01-01 10:00".into()) };
    let given = answers(vec![("when", Value::When(chosen)), ("seats", Value::Quantity(3))]);
    let one = wanted(&form(None, fields.clone()), &given, &team, NOW).expect("a slot");
    assert_eq!((one.lot.as_deref(), one.quantity), (Some("2030-01-01 10:00"), 1));
    let three = wanted(&form(Some(ID), fields), &given, &team, NOW).expect("a slot");
    assert_eq!(three.quantity, 3);
}

#[test]
fn who_chose_a_kind_takes_of_that_and_others_of_what_has_enough() {
    let team = team(&[("Loge", 1), ("Parkett", 8)]);
    let options = vec![Choice { id: "box".into(), label: Text::both("Loge", "Box") }];
    let fields = vec![
        field("kind", FieldKind::Choice { options, several: false }),
        field("seats", FieldKind::Quantity { max: 9 }),
    ];
    let form = form(Some(ID), fields);
    let any = answers(vec![("seats", Value::Quantity(2))]);
    assert_eq!(wanted(&form, &any, &team, NOW).expect("seats").lot.as_deref(), Some("Parkett"));
    let own = answers(vec![("kind", Value::Choice(vec!["box".into()])), ("seats", Value::Quantity(2))]);
    assert_eq!(wanted(&form, &own, &team, NOW).expect("seats").lot.as_deref(), Some("Loge"));
}

#[test]
fn every_request_has_a_code_of_its_own() {
    let code = ticket_code(MessageId::new([1; 32]));
    assert_eq!(code, ticket_code(MessageId::new([1; 32])));
    assert_ne!(code, ticket_code(MessageId::new([2; 32])));
    assert_eq!(code.len(), "KT-XXXX-XXXX-XXXX-XXXX".len(), "{code}");
}
