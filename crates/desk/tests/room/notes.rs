//! Notes, labels and reminders of a conversation.

use kuvert_desk::limits::{MAX_CASE_LABELS, MAX_MENTIONS, MAX_NOTE, MAX_NOTES, MAX_REASON, MAX_REMINDERS};
use kuvert_desk::room::{CaseEvent, DeviceKey, Event, EventId, Reason};

use crate::support::*;

fn note(text: &str, mentions: &[DeviceKey]) -> CaseEvent {
    CaseEvent::AddNote { text: text.into(), mentions: mentions.to_vec() }
}

fn edit(note: EventId, text: &str) -> CaseEvent {
    CaseEvent::EditNote { note, text: text.into(), mentions: vec![] }
}

#[test]
fn a_note_is_changed_and_taken_back_by_who_wrote_it() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, note("ask @Dave", &[DAVE, STRANGER]));
    let id = desk.case().notes[0].id;
    assert!(desk.case().notes[0].mentions.iter().eq(&[DAVE]), "strangers are mentioned by nobody");
    desk.case_fails(BEN, edit(id, "never mind"), Reason::NotAllowed);
    desk.wait(SECOND);
    desk.case_does(CAROL, edit(id, "never mind"));
    let changed = &desk.case().notes[0];
    assert_eq!((changed.text.as_str(), changed.edited_at), ("never mind", Some(START + SECOND)));
    assert!(changed.mentions.is_empty());
    desk.case_fails(BEN, CaseEvent::DeleteNote { note: id }, Reason::NotAllowed);
    desk.case_does(CAROL, CaseEvent::DeleteNote { note: id });
    desk.case_fails(CAROL, CaseEvent::DeleteNote { note: id }, Reason::Missing);
    desk.case_fails(CAROL, edit(id, "again"), Reason::Missing);
}

#[test]
fn notes_are_bounded() {
    let mut desk = Desk::staffed();
    desk.case_fails(CAROL, note(" ", &[]), Reason::Invalid);
    desk.case_fails(CAROL, note(&"a".repeat(MAX_NOTE + 1), &[]), Reason::Invalid);
    desk.case_fails(CAROL, note("a", &[DAVE; MAX_MENTIONS + 1]), Reason::Invalid);
    desk.case_does(CAROL, note(&"a".repeat(MAX_NOTE), &[DAVE; MAX_MENTIONS]));
    for _ in 1..MAX_NOTES {
        desk.case_does(CAROL, note("a", &[]));
    }
    desk.case_fails(CAROL, note("a", &[]), Reason::Full);
}

#[test]
fn a_conversation_has_labels_that_the_team_defines() {
    let mut desk = Desk::staffed();
    let add = |number| CaseEvent::AddLabel { label: label(number) };
    desk.case_fails(CAROL, add(0), Reason::Missing);
    let most = MAX_CASE_LABELS as u8;
    for number in 0..=most {
        desk.does(BEN, Event::SetLabel { label: label(number), name: "x".into(), colour: 0 });
    }
    for number in 0..most {
        desk.case_does(CAROL, add(number));
    }
    desk.case_fails(CAROL, add(0), Reason::Nothing);
    desk.case_fails(CAROL, add(most), Reason::Full);
    desk.does(BEN, Event::DropLabel { label: label(0) });
    assert_eq!(desk.team.labels_of(desk.case()).count(), MAX_CASE_LABELS - 1);
    desk.case_does(CAROL, add(most));
    desk.case_does(CAROL, CaseEvent::RemoveLabel { label: label(1) });
    desk.case_fails(CAROL, CaseEvent::RemoveLabel { label: label(1) }, Reason::Nothing);
    assert_eq!(desk.case().labels.len(), MAX_CASE_LABELS - 1);
}

#[test]
fn a_reminder_is_for_a_member_who_answers() {
    let mut desk = Desk::staffed();
    let reminder = |at, member, text: &str| CaseEvent::SetReminder { at, member, text: text.into() };
    desk.case_fails(CAROL, reminder(START, ERIN, ""), Reason::Missing);
    desk.case_fails(CAROL, reminder(-1, DAVE, ""), Reason::Invalid);
    desk.case_fails(CAROL, reminder(START, DAVE, &"a".repeat(MAX_REASON + 1)), Reason::Invalid);
    for _ in 0..MAX_REMINDERS {
        desk.case_does(CAROL, reminder(START + DAY, DAVE, "call back"));
    }
    desk.case_fails(CAROL, reminder(START, DAVE, ""), Reason::Full);
    let id = desk.case().reminders[0].id;
    desk.case_does(DAVE, CaseEvent::ClearReminder { reminder: id });
    desk.case_fails(DAVE, CaseEvent::ClearReminder { reminder: id }, Reason::Missing);
}
