use kuvert_view::{ContactState, Delivery, Familiarity, LastMessage, MessageKind, Sender, Trust};

use super::*;

fn conversation(unread: u32, text: &str) -> ConversationView {
    let (from, delivery, kind) = (Sender::Contact, Delivery::Sent, MessageKind::Text);
    ConversationView {
        id: ConversationId(7),
        title: "Anna".into(),
        kuvert_id: String::new(),
        trust: Trust::New,
        state: ContactState::Accepted,
        last: Some(LastMessage { text: text.into(), at: 1, from, delivery, kind }),
        unread,
        blocked: false,
        familiarity: Familiarity::Stranger,
        group: None,
    }
}

fn words() -> Words {
    Words { title: "Kuvert".into(), body: "Something new".into(), lang: "en" }
}

#[test]
fn a_notice_comes_with_what_is_new_and_names_nobody_unless_that_is_wanted() {
    let (seen, new) = (conversation(1, "one"), conversation(2, "two"));
    let bare = notice(Some(&seen), &new, false, &words()).expect("new");
    assert_eq!((bare.title.as_str(), bare.body.as_str()), ("Kuvert", "Something new"));
    assert_eq!((bare.tag.as_str(), bare.conversation), ("kuvert", None));
    let full = notice(Some(&seen), &new, true, &words()).expect("new");
    assert_eq!((full.title.as_str(), full.body.as_str()), ("Anna", "two"));
    assert_eq!(full.conversation, Some(ConversationId(7)));
    assert!(notice(None, &conversation(1, "one"), false, &words()).is_some(), "a request");
    let empty = notice(Some(&seen), &conversation(2, ""), true, &words()).expect("new");
    assert_eq!(empty.body, "Something new", "a picture has no text");
}

#[test]
fn what_was_seen_or_was_written_here_brings_no_notice() {
    let seen = conversation(1, "one");
    for after in [conversation(1, "edited"), conversation(0, "one")] {
        assert_eq!(notice(Some(&seen), &after, true, &words()), None);
    }
    let blocked = ConversationView { blocked: true, ..conversation(5, "x") };
    assert_eq!(notice(Some(&seen), &blocked, true, &words()), None);
}

#[test]
fn what_failed_once_stands_when_the_relay_takes_it() {
    let on = view(true, true, true);
    let (own, other) = ("https://push.example/1", "https://push.example/2");
    assert_eq!(next(own, &on, None), Next::Rest);
    assert_eq!(next(own, &on, Some(own)), Next::Rest);
    assert_eq!(next(other, &on, None), Next::Give, "the browser has another one");
    assert_eq!(next(other, &on, Some(own)), Next::Give);
    assert_eq!(next(own, &view(true, false, false), Some(own)), Next::Rest, "it is on its way");
    assert_eq!(next(own, &view(true, false, true), Some(own)), Next::Refused);
}

fn view(key: bool, endpoint: bool, settled: bool) -> PushView {
    PushView {
        known: true,
        relay_key: key.then(|| vec![4; 65].into()),
        endpoint: endpoint.then(|| "https://push.example/1".into()),
        settled,
    }
}

#[test]
fn how_notifications_stand_follows_from_browser_user_and_relay() {
    let all = (true, true);
    let (yes, no) = ((true, false), (false, false));
    let granted = Permission::Granted;
    let on = view(true, true, true);
    assert_eq!(standing((false, false), granted, yes, Some(&on)), Standing::Unsupported);
    assert_eq!(standing(all, Permission::Denied, yes, Some(&on)), Standing::Denied);
    assert_eq!(standing(all, Permission::Undecided, yes, Some(&on)), Standing::Off);
    assert_eq!(standing(all, granted, no, Some(&on)), Standing::Off);
    assert_eq!(standing(all, granted, yes, None), Standing::Starting);
    assert_eq!(standing(all, granted, yes, Some(&view(true, true, false))), Standing::Starting);
    assert_eq!(standing(all, granted, yes, Some(&on)), Standing::On);
    assert_eq!(standing(all, granted, yes, Some(&view(false, false, true))), Standing::WhileOpen);
    assert_eq!(standing((true, false), granted, yes, Some(&on)), Standing::WhileOpen);
    assert_eq!(standing(all, granted, (true, true), Some(&view(true, false, true))), Standing::Failed);
}
