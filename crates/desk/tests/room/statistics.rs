//! What a line did in some time.

use std::collections::BTreeMap;

use kuvert_desk::room::{
    CaseEvent, DayCount, Event, FirstAnswer, LabelCount, MemberCount, Scope, Statistics, Status, statistics,
};

use crate::support::*;

fn counted(desk: &Desk, answers: &[FirstAnswer], per_member: bool) -> Statistics {
    let scope = Scope { period: START..START + 2 * DAY, per_member };
    let day_of = |at: i64| (at - START).div_euclid(DAY);
    // Open half of the time.
    statistics(&desk.team, &desk.cases, answers, &scope, day_of, |from, until| (until - from) / 2)
}

fn answer(number: u8, asked_at: i64, took: i64) -> FirstAnswer {
    FirstAnswer { conversation: conversation(number), asked_at, answered_at: asked_at + took }
}

#[test]
fn days_tell_what_began_and_ended() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.does(CAROL, Event::case(conversation(2), CaseEvent::Claim));
    desk.case_does(CAROL, CaseEvent::SetStatus { status: Status::Done });
    desk.wait(DAY);
    desk.case_does(DAVE, CaseEvent::Claim);
    desk.case_does(DAVE, CaseEvent::SetStatus { status: Status::Done });
    desk.wait(DAY);
    desk.case_does(DAVE, CaseEvent::Claim);
    let first = DayCount { opened: 2, done: 1, ..DayCount::default() };
    let second = DayCount { done: 1, reopened: 1, ..DayCount::default() };
    let statistics = counted(&desk, &[], false);
    assert_eq!(statistics.days, BTreeMap::from([(0, first), (1, second)]));
    assert_eq!(statistics.first_answer, None);
}

#[test]
fn half_of_the_first_answers_came_within_the_median() {
    let mut desk = Desk::staffed();
    desk.does(BEN, Event::SetLabel { label: label(1), name: "Rezept".into(), colour: 1 });
    desk.case_does(CAROL, CaseEvent::AddLabel { label: label(1) });
    let answers = [
        answer(1, START, 100),
        answer(1, START, 100),
        answer(2, START, 400),
        answer(3, START, 300),
        answer(4, START, 3 * DAY),
    ];
    let statistics = counted(&desk, &answers, false);
    assert_eq!(statistics.first_answer, Some(150), "each once, and only those of the time");
    assert_eq!(statistics.days[&0].answered, 3);
    let expected = LabelCount { opened: 1, first_answer: Some(50) };
    assert_eq!(statistics.labels, BTreeMap::from([(label(1), expected)]));
    assert_eq!(counted(&desk, &answers[..3], false).first_answer, Some(50), "the smaller of two");
}

#[test]
fn members_are_counted_only_where_the_line_decided_so() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_does(CAROL, CaseEvent::HandOver { to: DAVE, note: String::new() });
    desk.case_does(DAVE, CaseEvent::SetStatus { status: Status::Done });
    desk.case_does(CAROL, CaseEvent::Claim);
    assert_eq!(counted(&desk, &[], false).members, None);
    let expected =
        [(CAROL, MemberCount { claimed: 2, done: 0 }), (DAVE, MemberCount { claimed: 1, done: 1 })];
    assert_eq!(counted(&desk, &[], true).members, Some(BTreeMap::from(expected)));
}

#[test]
fn satisfaction_is_summed_up() {
    let mut desk = Desk::staffed();
    for (number, score) in [(1, 5), (2, 5), (3, 2)] {
        desk.case_does(CAROL, CaseEvent::Score { message: message(number), score });
    }
    desk.wait(4 * DAY);
    desk.case_does(CAROL, CaseEvent::Score { message: message(4), score: 1 });
    assert_eq!(counted(&desk, &[], false).scores, [0, 1, 0, 0, 2]);
}
