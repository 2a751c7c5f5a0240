//! Two people get to know each other and talk.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Person, Proxy, Relay, texts};

/// The value without its times, which are checked to be of this century.
fn timeless(mut value: Value) -> Value {
    let values = match &mut value {
        Value::Array(values) => values.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for value in values {
        let at = value.as_object_mut().expect("an object").remove("at").expect("a time");
        assert!(at.as_i64().expect("milliseconds") > 1_700_000_000_000);
    }
    value
}

#[test]
fn a_request_is_accepted_and_both_sides_write() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    let own = alice.run(&["id", "show"]).json();
    assert_eq!(own, json!({ "id": alice.id, "name": "Alice", "relay": relay.origin() }));

    let link = bob.link();
    assert!(link.starts_with(&format!("{}/c/", relay.origin())));
    assert_eq!(link, bob.link(), "the link stays the same");
    let added = alice.run(&["contact", "add", &link, "--message", "It is me, Alice"]).json();
    let contact =
        json!({ "id": bob.id, "name": "Bob", "state": "requested", "trust": "new", "delivery": "sent" });
    assert_eq!(added, contact);
    let early = alice.run(&["send", "bob", "one more"]);
    assert_eq!((early.code, early.failure().0.as_str()), (1, "not_accepted"));

    let heard = bob.run(&["listen", "--count", "1", "--timeout", "20"]).lines();
    let request = heard.iter().find(|event| event["event"] == "request").expect("a request");
    let (id, message) = (&alice.id, bob.run(&["history", "alice"]).json()[0]["id"].clone());
    let expected = json!({ "event": "request", "id": id, "from": "Alice", "text": "It is me, Alice", "message": message });
    assert_eq!(timeless(request.clone()), expected);
    assert_eq!(bob.run(&["send", "alice", "x"]).failure().0, "not_accepted_by_you");
    let accepted = bob.run(&["contact", "accept", "alice"]).json();
    assert_eq!((&accepted["state"], &accepted["delivery"]), (&json!("accepted"), &json!("sent")));

    let sent = bob.run(&["send", "ALICE", "Hello Alice"]).json();
    assert_eq!((&sent["id"], &sent["state"]), (&json!(alice.id), &json!("sent")));
    let heard = alice.run(&["listen", "--count", "1", "--timeout", "20"]).lines();
    let events: Vec<_> = heard.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(events.iter().filter(|event| **event == "accepted").count(), 1, "{events:?}");
    assert_eq!(texts(&heard), ["Hello Alice"]);
    alice.send(&bob, "Hello Bob");
    assert_eq!(bob.hear(1), ["Hello Bob"]);

    // Catching up fetches the reports.
    for person in [&alice, &bob] {
        assert_eq!(person.run(&["contact", "list"]).json()[0]["state"], "accepted");
    }
    let history = timeless(alice.run(&["history", "bob"]).json());
    let ids: Vec<_> = history.as_array().expect("messages").iter().map(|m| m["id"].clone()).collect();
    assert!(ids.is_sorted_by_key(|id| id.as_u64()));
    let expected = json!([
        { "id": ids[0], "from": "me", "text": "It is me, Alice", "state": "read" },
        { "id": ids[1], "from": "Bob", "text": "Hello Alice", "state": "received" },
        { "id": ids[2], "from": "me", "text": "Hello Bob", "state": "read" },
    ]);
    assert_eq!(history, expected);
    let other = bob.run(&["history", &alice.id, "--limit", "2"]).json();
    let brief: Vec<_> =
        other.as_array().expect("messages").iter().map(|m| (&m["from"], &m["state"])).collect();
    assert_eq!(brief, [(&json!("me"), &json!("read")), (&json!("Alice"), &json!("received"))]);
}

#[test]
fn what_nobody_listened_to_is_reported_first_and_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.befriend(&bob);
    for text in ["one", "two", "three"] {
        alice.send(&bob, text);
    }
    // A command that fetches the messages, and one that answers them, report nothing and hide nothing.
    bob.run(&["contact", "list"]).json();
    bob.send(&alice, "answer");
    assert_eq!(bob.hear(3), ["Hello! I would like to write to you.", "one", "two"]);
    assert_eq!(bob.hear(1), ["three"]);
    let nothing = bob.run(&["listen", "--timeout", "0.3"]);
    assert_eq!((nothing.code, texts(&nothing.lines())), (4, vec![]));
}

#[test]
fn a_text_can_come_from_stdin_and_never_controls_the_terminal() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.befriend(&bob);
    let hostile = "red \u{1b}[31m alert\u{7}\n\u{202e}turned \u{9b}2J";
    let mut command = alice.command(&["send", "bob", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("runs");
    child.stdin.take().expect("piped").write_all(hostile.as_bytes()).expect("written");
    assert!(child.wait().expect("ends").success());

    assert_eq!(bob.hear(2)[1], hostile, "programs get what was written");
    let shown = bob.text(&["history", "alice"]).stdout;
    assert!(shown.contains("red \u{fffd}[31m alert\u{fffd}\u{21b5}\u{fffd}turned \u{fffd}2J"), "{shown:?}");
    let line_ends = shown.matches('\n').count();
    assert_eq!(shown.chars().filter(|c| c.is_control()).count(), line_ends);
    let json = bob.run(&["history", "alice"]).stdout;
    assert!(!json.trim_end().chars().any(char::is_control));
}

#[test]
fn a_link_waits_for_a_relay_that_is_reached_late() {
    let dir = tempfile::tempdir().expect("a folder");
    let proxy = Proxy::start();
    let relay = Relay::start(&dir.path().join("relay"), &[&proxy.origin]);
    let alice = Person::new(&dir, "a", "Alice", &proxy.origin);
    assert_eq!(alice.run(&["link", "--timeout", "0.5"]).failure().0, "unreachable");
    let mut command = alice.command(&["link", "--json", "--timeout", "25"]);
    let waiting = command.stdout(Stdio::piped()).spawn().expect("runs");
    std::thread::sleep(Duration::from_millis(1_500));
    proxy.lead_to(Some(&relay));
    let ended = waiting.wait_with_output().expect("ends");
    let shown: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    assert_eq!(shown["link"], alice.link());
}

#[test]
fn a_link_that_was_taken_back_leads_nowhere_and_contacts_stay() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.befriend(&bob);
    let carol = Person::new(&dir, "c", "Carol", &relay.origin());
    let old = bob.link();
    let new = bob.run(&["link", "--new"]).json()["link"].as_str().expect("a link").to_owned();
    assert_ne!(new, old);
    let gone = carol.run(&["contact", "add", &old]);
    assert_eq!((gone.code, gone.failure().0.as_str()), (1, "card_gone"));
    assert_eq!(carol.run(&["contact", "add", &new]).json()["state"], "requested");
    assert_eq!(bob.run(&["link", "--revoke"]).json(), json!({ "link": null, "state": "revoked" }));
    assert_eq!(bob.run(&["link", "--revoke"]).json()["state"], "revoked", "there is none any more");
    assert_eq!(carol.run(&["contact", "add", &new]).failure().0, "card_gone");
    alice.send(&bob, "still here");
    drop(relay);
    let offline = bob.run(&["link", "--revoke"]).json()["state"].clone();
    assert_eq!(offline, "revoked", "there is nothing to tell the relay");
}
