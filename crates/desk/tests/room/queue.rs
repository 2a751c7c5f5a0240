//! What members see, and in which order.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kuvert_desk::room::{
    CaseEvent, Counts, DeviceKey, Event, Facts, Reason, Role, Standing, Status, View, overdue, queue,
};
use kuvert_wire::ChannelId;

use crate::support::*;

type AllFacts = BTreeMap<ChannelId, Facts>;

fn wrote(at: i64) -> Facts {
    Facts { last_customer_at: Some(at), unread: 1, ..Facts::default() }
}

fn answered(at: i64) -> Facts {
    Facts { last_customer_at: Some(at - SECOND), last_answer_at: Some(at), ..Facts::default() }
}

fn shown(desk: &Desk, facts: &AllFacts, me: DeviceKey, view: View) -> Vec<ChannelId> {
    let queue = queue(&desk.team, &desk.cases, facts, me, desk.now, view);
    queue.rows.iter().map(|row| row.conversation).collect()
}

fn counts(desk: &Desk, facts: &AllFacts, me: DeviceKey) -> Counts {
    queue(&desk.team, &desk.cases, facts, me, desk.now, View::All).counts
}

/// The standing of the first conversation.
fn standing(desk: &Desk, facts: Facts) -> Standing {
    let facts = AllFacts::from([(conversation(1), facts)]);
    let all =
        [View::All, View::Done].map(|view| queue(&desk.team, &desk.cases, &facts, CAROL, desk.now, view));
    let mut rows = all.iter().flat_map(|queue| &queue.rows);
    rows.next().expect("it is somewhere").standing
}

fn set_status(status: Status) -> CaseEvent {
    CaseEvent::SetStatus { status }
}

#[test]
fn who_waits_longest_comes_first() {
    let mut desk = Desk::staffed();
    desk.does(CAROL, Event::case(conversation(2), CaseEvent::Claim));
    let patient = Facts { unanswered_since: Some(START - DAY), ..wrote(START) };
    let facts = AllFacts::from([
        (conversation(1), wrote(START - 1)),
        (conversation(2), wrote(START - 2)),
        (conversation(3), patient),
        (conversation(4), answered(START - 9)),
    ]);
    let [one, two, three, four] = [1, 2, 3, 4].map(conversation);
    assert_eq!(shown(&desk, &facts, CAROL, View::All), [three, two, one, four]);
    assert_eq!(shown(&desk, &facts, CAROL, View::New), [three, one]);
    assert_eq!(shown(&desk, &facts, CAROL, View::Mine), [two]);
    assert_eq!(shown(&desk, &facts, DAVE, View::Mine), []);
    assert_eq!(counts(&desk, &facts, CAROL), Counts { new: 2, mine: 1, all: 4, waiting: 0, done: 0 });
}

#[test]
fn a_customer_without_an_answer_is_never_hidden() {
    for status in
        [Status::Done, Status::Waiting { until: None }, Status::Waiting { until: Some(START + DAY) }]
    {
        let mut desk = Desk::staffed();
        desk.case_does(CAROL, set_status(status));
        let seen = Facts { unread: 0, ..wrote(START - SECOND) };
        assert_ne!(standing(&desk, seen), Standing::New, "it was seen and set aside");
        assert_eq!(standing(&desk, Facts { unread: 0, ..wrote(START + 1) }), Standing::New);
        let under_way = wrote(START - SECOND);
        assert_eq!(standing(&desk, under_way), Standing::New, "it was under way when it was set aside");
    }
}

#[test]
fn a_customer_who_writes_again_is_with_who_looks_after_them() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_does(CAROL, set_status(Status::Waiting { until: None }));
    assert_eq!(standing(&desk, answered(START)), Standing::Waiting);
    assert_eq!(standing(&desk, wrote(START + SECOND)), Standing::Open);
}

#[test]
fn what_waits_until_a_time_is_open_then() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, set_status(Status::Waiting { until: Some(START + DAY) }));
    assert_eq!(standing(&desk, answered(START)), Standing::Waiting);
    desk.wait(DAY);
    assert_eq!(standing(&desk, answered(START)), Standing::Open);
}

#[test]
fn what_waits_comes_by_its_time_and_what_is_done_by_the_last() {
    let mut desk = Desk::staffed();
    for (number, until) in [(1, None), (2, Some(START + 2 * DAY)), (3, Some(START + DAY))] {
        desk.does(CAROL, Event::case(conversation(number), set_status(Status::Waiting { until })));
    }
    let none = AllFacts::from([1, 2, 3].map(|number| (conversation(number), Facts::default())));
    assert_eq!(shown(&desk, &none, CAROL, View::Waiting), [3, 2, 1].map(conversation));
    for number in [2, 1, 3] {
        desk.wait(SECOND);
        desk.does(CAROL, Event::case(conversation(number), set_status(Status::Done)));
    }
    assert_eq!(shown(&desk, &none, CAROL, View::Done), [3, 1, 2].map(conversation));
    assert_eq!(counts(&desk, &none, CAROL), Counts { done: 3, ..Counts::default() });
}

#[test]
fn what_a_member_claimed_who_answers_no_more_is_new() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.does(ANNA, Event::SetRole { device: CAROL, role: Role::ReadOnly });
    assert_eq!(standing(&desk, wrote(START)), Standing::New);
}

#[test]
fn a_conversation_without_a_word_is_not_shown() {
    let desk = Desk::staffed();
    let facts = AllFacts::from([(conversation(1), Facts::default())]);
    assert_eq!(counts(&desk, &facts, CAROL), Counts::default());
}

#[test]
fn a_row_tells_the_members_next_reminder() {
    let mut desk = Desk::staffed();
    for (at, member) in [(START + 2, CAROL), (START + 1, CAROL), (START, DAVE)] {
        desk.case_does(CAROL, CaseEvent::SetReminder { at, member, text: String::new() });
    }
    let facts = AllFacts::from([(conversation(1), Facts::default())]);
    let row = queue(&desk.team, &desk.cases, &facts, CAROL, desk.now, View::All).rows[0];
    assert_eq!(row.remind_at, Some(START + 1));
}

#[test]
fn who_waits_too_long_in_opening_hours_is_told() {
    let mut desk = Desk::staffed();
    desk.does(CAROL, Event::case(conversation(2), CaseEvent::Claim));
    desk.does(CAROL, Event::case(conversation(4), set_status(Status::Done)));
    let seen = Facts { unread: 0, ..wrote(START - 9 * SECOND) };
    let facts = AllFacts::from([
        (conversation(1), wrote(START - 8 * SECOND)),
        (conversation(2), wrote(START - 9 * SECOND)),
        (conversation(3), wrote(START - SECOND)),
        (conversation(4), seen),
        (conversation(5), answered(START - DAY)),
    ]);
    // Open half of the time.
    let found = overdue(&desk.cases, &facts, START, 4 * SECOND, |from, until| (until - from) / 2);
    let found: Vec<_> = found.iter().map(|one| (one.conversation, one.waited, one.claimed_by)).collect();
    assert_eq!(found, [(conversation(2), 4500, Some(CAROL)), (conversation(1), 4000, None)]);
}

#[test]
fn five_thousand_conversations_are_sorted_before_anybody_notices() {
    let mut desk = Desk::staffed();
    let mut facts = AllFacts::new();
    for number in 0..5000u64 {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        let id = ChannelId::new(id);
        let event = Event::case(id, CaseEvent::Claim);
        let meta = kuvert_desk::room::Meta { id: event_id(number), by: CAROL, at: START };
        desk.team.apply(&mut desk.cases, meta, &event);
        facts.insert(id, wrote(START + number as i64));
    }
    let began = Instant::now();
    let rows = queue(&desk.team, &desk.cases, &facts, CAROL, START, View::All).rows;
    let took = began.elapsed();
    assert_eq!(rows.len(), 5000);
    assert!(rows.is_sorted_by_key(|row| row.waiting_since));
    assert!(took < Duration::from_millis(500), "{took:?}, even without optimisation");
}

#[test]
fn who_is_not_in_a_conversation_sees_that_somebody_waits_as_long_as_the_team_says_so() {
    let mut desk = Desk::staffed();
    let nothing = AllFacts::new();
    let waits = |since| Event::case(conversation(1), CaseEvent::Waits { since });
    desk.fails(CAROL, waits(Some(START)), Reason::NotAllowed);
    let entries = desk.team.audit().entries().count();
    desk.does(BEN, waits(Some(START)));
    assert_eq!(desk.team.audit().entries().count(), entries, "nobody did anything");
    desk.fails(BEN, waits(Some(START)), Reason::Nothing);
    let row = queue(&desk.team, &desk.cases, &nothing, CAROL, desk.now, View::New).rows[0];
    assert_eq!((row.conversation, row.waiting_since), (conversation(1), Some(START)));
    // Whoever claims it is let in, and knows by themselves.
    desk.does(CAROL, Event::case(conversation(1), CaseEvent::Claim));
    let row = queue(&desk.team, &desk.cases, &nothing, CAROL, desk.now, View::Mine).rows[0];
    assert_eq!(row.waiting_since, None);
    desk.does(CAROL, Event::case(conversation(1), set_status(Status::Done)));
    assert_eq!(shown(&desk, &nothing, CAROL, View::New), []);
    desk.does(BEN, waits(Some(desk.now + SECOND)));
    assert_eq!(shown(&desk, &nothing, CAROL, View::New), [conversation(1)], "they wrote again");
    desk.does(BEN, waits(None));
    assert_eq!(shown(&desk, &nothing, CAROL, View::Done), [], "it is none of theirs");
}
