//! Who looks after a conversation, and where it stands.

use kuvert_desk::limits::{MAX_PAST_CLAIMS, MAX_TIME, MAX_TURNS};
use kuvert_desk::room::{CaseEvent, Event, Reason, Status};

use crate::support::*;

fn hand_over(to: kuvert_desk::room::DeviceKey) -> CaseEvent {
    CaseEvent::HandOver { to, note: String::new() }
}

fn status(status: Status) -> CaseEvent {
    CaseEvent::SetStatus { status }
}

#[test]
fn of_two_claims_the_first_one_wins() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_fails(DAVE, CaseEvent::Claim, Reason::Taken);
    desk.case_fails(CAROL, CaseEvent::Claim, Reason::Nothing);
    assert_eq!(desk.case().claimed_by(), Some(CAROL));
    assert_eq!(desk.case().status, Status::Open);
}

#[test]
fn who_looks_on_claims_nothing() {
    let mut desk = Desk::staffed();
    desk.case_fails(ERIN, CaseEvent::Claim, Reason::NotAllowed);
    desk.case_fails(STRANGER, CaseEvent::Claim, Reason::Stranger);
    assert!(desk.cases.is_empty());
}

#[test]
fn a_claim_is_released_by_who_has_it_or_a_supervisor() {
    let mut desk = Desk::staffed();
    desk.case_fails(CAROL, CaseEvent::Release, Reason::Nothing);
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_fails(DAVE, CaseEvent::Release, Reason::NotAllowed);
    desk.wait(SECOND);
    desk.case_does(CAROL, CaseEvent::Release);
    assert_eq!(desk.case().claimed_by(), None);
    let past = desk.case().past_claims[0];
    assert_eq!((past.member, past.from, past.until), (CAROL, START, START + SECOND));
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_does(BEN, CaseEvent::Release);
    assert_eq!(desk.case().claimed_by(), None);
}

#[test]
fn a_claim_is_handed_over_by_who_has_it_or_a_supervisor() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_fails(DAVE, hand_over(DAVE), Reason::NotAllowed);
    desk.case_fails(CAROL, hand_over(ERIN), Reason::Missing);
    desk.case_fails(CAROL, hand_over(STRANGER), Reason::Missing);
    desk.case_fails(CAROL, hand_over(CAROL), Reason::Nothing);
    desk.case_does(CAROL, CaseEvent::HandOver { to: DAVE, note: "wants a receipt".into() });
    assert_eq!(desk.case().claimed_by(), Some(DAVE));
    assert_eq!(desk.case().claim.as_ref().map(|claim| claim.note.as_str()), Some("wants a receipt"));
    desk.case_does(BEN, hand_over(CAROL));
    assert_eq!(desk.case().past_claims.len(), 2);
}

#[test]
fn what_nobody_claimed_is_handed_to_anybody() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, hand_over(DAVE));
    assert_eq!(desk.case().claimed_by(), Some(DAVE));
}

#[test]
fn only_a_supervisor_takes_a_claim_from_somebody() {
    let mut desk = Desk::staffed();
    desk.case_fails(BEN, CaseEvent::TakeOver, Reason::Missing);
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_fails(DAVE, CaseEvent::TakeOver, Reason::NotAllowed);
    desk.case_does(BEN, CaseEvent::TakeOver);
    desk.case_fails(BEN, CaseEvent::TakeOver, Reason::Nothing);
    assert_eq!(desk.case().claimed_by(), Some(BEN));
}

#[test]
fn a_conversation_is_new_then_open_then_waiting_then_done_then_open_again() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::AddNote { text: "looks urgent".into(), mentions: vec![] });
    assert_eq!(desk.case().status, Status::New);
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_does(CAROL, status(Status::Waiting { until: Some(START + DAY) }));
    desk.case_does(CAROL, status(Status::Waiting { until: None }));
    assert_eq!(desk.case().claimed_by(), Some(CAROL), "who waits still looks after it");
    desk.case_does(CAROL, status(Status::Done));
    assert_eq!(desk.case().claimed_by(), None, "what is done needs nobody");
    desk.case_does(DAVE, status(Status::Open));
    desk.case_fails(DAVE, status(Status::Open), Reason::Nothing);
    let turns: Vec<Status> = desk.case().turns.iter().map(|turn| turn.status).collect();
    let waiting = |until| Status::Waiting { until };
    assert_eq!(turns, [Status::Open, waiting(Some(START + DAY)), waiting(None), Status::Done, Status::Open]);
}

#[test]
fn a_status_is_set_by_who_looks_after_it() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.case_fails(DAVE, status(Status::Done), Reason::NotAllowed);
    desk.case_fails(CAROL, status(Status::New), Reason::Invalid);
    for until in [-1, MAX_TIME + 1] {
        desk.case_fails(CAROL, status(Status::Waiting { until: Some(until) }), Reason::Invalid);
    }
    desk.case_does(BEN, status(Status::Done));
    desk.case_does(DAVE, CaseEvent::Claim);
    assert_eq!(desk.case().status, Status::Open, "who claims what is done opens it again");
}

#[test]
fn history_keeps_the_last_ones() {
    let mut desk = Desk::staffed();
    for _ in 0..MAX_TURNS {
        desk.wait(SECOND);
        desk.case_does(CAROL, CaseEvent::Claim);
        desk.case_does(CAROL, status(Status::Done));
    }
    assert_eq!(desk.case().past_claims.len(), MAX_PAST_CLAIMS);
    assert_eq!(desk.case().turns.len(), MAX_TURNS);
    assert_eq!(desk.case().past_claims.last().map(|past| past.until), Some(desk.now));
}

#[test]
fn time_never_goes_back() {
    let mut desk = Desk::staffed();
    desk.now = i64::MIN;
    desk.case_does(CAROL, CaseEvent::Claim);
    assert_eq!(desk.case().since, START);
    desk.now = i64::MAX;
    desk.does(DAVE, Event::Duty { device: DAVE, on: true });
    assert_eq!(desk.team.last_at(), MAX_TIME);
}
