//! Who operates the line's devices; settings, labels and canned answers.

use kuvert_desk::limits::{MAX_CANNED, MAX_COLOURS, MAX_LABELS, MAX_MEMBERS, MAX_SETTINGS};
use kuvert_desk::room::{Canned, CannedId, CaseEvent, DeviceKey, Event, LabelId, Outcome, Reason, Role};

use crate::support::*;

fn join(device: DeviceKey, role: Role) -> Event {
    Event::Join { device, name: "Frank".into(), role }
}

fn rename(device: DeviceKey, name: &str) -> Event {
    Event::Rename { device, name: name.into() }
}

fn numbered(number: usize) -> DeviceKey {
    let mut key = [0xff; 32];
    key[..8].copy_from_slice(&(number as u64).to_be_bytes());
    DeviceKey::new(key)
}

#[test]
fn a_member_says_how_their_own_device_is_reached() {
    let mut desk = Desk::staffed();
    desk.does(BEN, Event::SetReach { reach: vec![1, 2] });
    assert_eq!(desk.team.member(BEN).and_then(|member| member.reach.as_deref()), Some(&vec![1, 2]));
    desk.fails(BEN, Event::SetReach { reach: vec![1, 2] }, Reason::Nothing);
    desk.fails(BEN, Event::SetReach { reach: vec![0; 1025] }, Reason::Invalid);
}

#[test]
fn a_desk_is_founded_once_and_before_everything_else() {
    let mut desk = Desk::default();
    desk.fails(ANNA, join(BEN, Role::Owner), Reason::NotFounded);
    desk.fails(ANNA, Event::Founded { name: " ".into() }, Reason::Invalid);
    desk.does(ANNA, Event::Founded { name: "Anna".into() });
    desk.fails(BEN, Event::Founded { name: "Ben".into() }, Reason::AlreadyFounded);
    assert_eq!(desk.team.role(ANNA), Some(Role::Owner));
    assert_eq!(desk.team.role(BEN), None);
}

#[test]
fn only_owners_say_who_is_a_member_and_what_they_may_do() {
    let mut desk = Desk::staffed();
    for by in [BEN, CAROL, ERIN] {
        desk.fails(by, join(STRANGER, Role::Agent), Reason::NotAllowed);
        desk.fails(by, Event::SetRole { device: CAROL, role: Role::Owner }, Reason::NotAllowed);
        desk.fails(by, Event::Dismiss { device: DAVE }, Reason::NotAllowed);
    }
    desk.does(ANNA, join(STRANGER, Role::Agent));
    desk.fails(ANNA, join(STRANGER, Role::Agent), Reason::Nothing);
    desk.does(ANNA, Event::SetRole { device: STRANGER, role: Role::Owner });
    desk.fails(ANNA, Event::SetRole { device: STRANGER, role: Role::Owner }, Reason::Nothing);
    desk.does(STRANGER, Event::Dismiss { device: ANNA });
    desk.fails(ANNA, join(ANNA, Role::Owner), Reason::Stranger);
}

#[test]
fn the_last_owner_stays_one() {
    let mut desk = Desk::staffed();
    desk.fails(ANNA, Event::Dismiss { device: ANNA }, Reason::LastOwner);
    desk.fails(ANNA, Event::SetRole { device: ANNA, role: Role::Agent }, Reason::LastOwner);
    desk.does(ANNA, Event::SetRole { device: BEN, role: Role::Owner });
    desk.does(ANNA, Event::SetRole { device: ANNA, role: Role::Agent });
    desk.fails(BEN, Event::Dismiss { device: BEN }, Reason::LastOwner);
}

#[test]
fn supervisors_rename_but_not_owners() {
    let mut desk = Desk::staffed();
    desk.does(BEN, rename(CAROL, "Caroline"));
    assert_eq!(desk.team.member(CAROL).map(|member| member.name.as_str()), Some("Caroline"));
    desk.fails(BEN, rename(CAROL, "Caroline"), Reason::Nothing);
    desk.fails(BEN, rename(CAROL, "two\nlines"), Reason::Invalid);
    desk.fails(BEN, rename(ANNA, "Anne"), Reason::NotAllowed);
    desk.fails(CAROL, rename(DAVE, "David"), Reason::NotAllowed);
    desk.fails(CAROL, rename(CAROL, "C"), Reason::NotAllowed);
    desk.does(ANNA, rename(ANNA, "Anne"));
}

#[test]
fn who_is_dismissed_has_no_claims_and_no_say_but_keeps_a_name() {
    let mut desk = Desk::staffed();
    desk.case_does(CAROL, CaseEvent::Claim);
    desk.does(CAROL, Event::Duty { device: CAROL, on: true });
    desk.cases.take_touched();
    desk.does(ANNA, Event::Dismiss { device: CAROL });
    assert_eq!(desk.case().claimed_by(), None);
    assert!(desk.cases.take_touched().contains(&kuvert_desk::room::Part::Case(conversation(1))));
    assert!(!desk.team.is_on_duty(CAROL));
    assert_eq!(desk.team.member(CAROL).map(|member| member.name.as_str()), Some("Carol"));
    desk.case_fails(CAROL, CaseEvent::Claim, Reason::Stranger);
    assert_eq!(desk.says(CAROL, Event::Present), Outcome::Ignored(Reason::Stranger));
    desk.fails(ANNA, Event::Dismiss { device: CAROL }, Reason::Missing);
    desk.does(ANNA, join(CAROL, Role::ReadOnly));
    assert_eq!(desk.team.role(CAROL), Some(Role::ReadOnly));
}

#[test]
fn members_go_on_duty_themselves_or_are_put_there_by_a_supervisor() {
    let mut desk = Desk::staffed();
    desk.does(CAROL, Event::Duty { device: CAROL, on: true });
    desk.fails(CAROL, Event::Duty { device: CAROL, on: true }, Reason::Nothing);
    desk.fails(CAROL, Event::Duty { device: DAVE, on: true }, Reason::NotAllowed);
    desk.does(BEN, Event::Duty { device: CAROL, on: false });
    assert!(!desk.team.is_on_duty(CAROL));
}

#[test]
fn a_full_team_forgets_who_was_dismissed_first() {
    let mut desk = Desk::staffed();
    for number in desk.team.members().count()..MAX_MEMBERS {
        desk.does(ANNA, join(numbered(number), Role::Agent));
    }
    desk.fails(ANNA, join(numbered(MAX_MEMBERS), Role::Agent), Reason::Full);
    desk.does(ANNA, Event::Dismiss { device: DAVE });
    desk.wait(SECOND);
    desk.does(ANNA, Event::Dismiss { device: CAROL });
    desk.does(ANNA, join(numbered(MAX_MEMBERS), Role::Agent));
    assert!(desk.team.member(DAVE).is_none());
    assert!(desk.team.member(CAROL).is_some());
}

#[test]
fn of_two_changes_of_the_settings_the_first_one_stands() {
    let mut desk = Desk::staffed();
    let settings = |version, byte| Event::SetSettings { version, bytes: vec![byte; 3] };
    desk.fails(BEN, settings(1, 1), Reason::NotAllowed);
    desk.fails(ANNA, settings(0, 1), Reason::Stale);
    desk.fails(ANNA, settings(2, 1), Reason::Stale);
    desk.does(ANNA, settings(1, 1));
    desk.fails(ANNA, settings(1, 2), Reason::Stale);
    assert_eq!(desk.team.settings().bytes, [1; 3]);
    desk.does(ANNA, settings(2, 2));
    assert_eq!((desk.team.settings().version, &desk.team.settings().bytes[..]), (2, &[2; 3][..]));
    let large = |size| Event::SetSettings { version: 3, bytes: vec![0; size] };
    desk.fails(ANNA, large(MAX_SETTINGS + 1), Reason::Invalid);
    desk.does(ANNA, large(MAX_SETTINGS));
}

#[test]
fn labels_are_defined_by_supervisors() {
    let mut desk = Desk::staffed();
    let set = |number: usize, colour| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        Event::SetLabel { label: LabelId::new(id), name: format!("label {number}"), colour }
    };
    desk.fails(CAROL, set(0, 0), Reason::NotAllowed);
    desk.fails(BEN, set(0, MAX_COLOURS), Reason::Invalid);
    for number in 0..MAX_LABELS {
        desk.does(BEN, set(number, 1));
    }
    desk.fails(BEN, set(MAX_LABELS, 1), Reason::Full);
    desk.does(BEN, set(0, 2));
    assert_eq!(desk.team.labels().next().map(|(_, label)| label.colour), Some(2));
    desk.does(BEN, Event::DropLabel { label: label(0) });
    desk.fails(BEN, Event::DropLabel { label: label(0) }, Reason::Missing);
    assert_eq!(desk.team.labels().count(), MAX_LABELS - 1);
}

#[test]
fn canned_answers_are_written_by_supervisors() {
    let mut desk = Desk::staffed();
    let canned = |text: &str, language: &str| Canned {
        title: "Begrüßung".into(),
        language: language.into(),
        text: text.into(),
    };
    let id = |number: usize| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        CannedId::new(id)
    };
    let set = |number, canned| Event::SetCanned { id: id(number), canned };
    desk.fails(CAROL, set(0, canned("Hallo {name}", "de")), Reason::NotAllowed);
    desk.fails(BEN, set(0, canned(" ", "de")), Reason::Invalid);
    desk.fails(BEN, set(0, canned("Hallo", "d e")), Reason::Invalid);
    for number in 0..MAX_CANNED {
        desk.does(BEN, set(number, canned("Hallo {name}", "de")));
    }
    desk.fails(BEN, set(MAX_CANNED, canned("Hallo", "de")), Reason::Full);
    desk.does(BEN, set(0, canned("Hello", "en")));
    assert_eq!(desk.team.canned().next().map(|(_, canned)| canned.language.as_str()), Some("en"));
    desk.does(BEN, Event::DropCanned { id: id(0) });
    desk.fails(BEN, Event::DropCanned { id: id(0) }, Reason::Missing);
}

#[test]
fn what_a_later_version_says_changes_nothing() {
    let mut desk = Desk::staffed();
    desk.fails(ANNA, Event::Unknown, Reason::Unknown);
    assert_eq!(desk.says(CAROL, Event::Present), Outcome::Transient);
    let answering = Event::Answering { conversation: conversation(1) };
    assert_eq!(desk.says(CAROL, answering), Outcome::Transient);
}
