//! Messages after they were written: answered, changed, deleted, reacted to, found.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Person, Relay, ended};

/// The history without times, and what `key` says in each message.
fn each(person: &Person, with: &Person, key: &str) -> Vec<Value> {
    let history = person.run(&["history", &with.id]).json();
    history.as_array().expect("messages").iter().map(|message| message[key].clone()).collect()
}

#[test]
fn messages_are_answered_edited_reacted_to_and_deleted() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.befriend(&bob);
    alice.send(&bob, "at noon?");
    bob.hear(2);
    let question = each(&bob, &alice, "id")[1].to_string();
    let sent = bob.run(&["send", "alice", "yes", "--reply-to", &question]).json();
    let answer = sent["message"].to_string();
    let react = bob.run(&["react", &format!("#{question}"), "👍"]).json();
    assert_eq!(react, json!({ "message": question.parse::<u64>().expect("a number"), "state": "sent" }));
    bob.run(&["edit", &answer, "no, at one"]).json();
    alice.hear(1);
    alice.run(&["contact", "list"]).json();
    assert_eq!(
        each(&alice, &bob, "text"),
        ["Hello! I would like to write to you.", "at noon?", "no, at one"]
    );
    let own = each(&alice, &bob, "id");
    assert_eq!(each(&alice, &bob, "reply_to"), [json!(null), json!(null), own[1].clone()]);
    assert!(each(&alice, &bob, "edited_at")[2].is_i64());
    assert_eq!(each(&alice, &bob, "reactions")[1], json!([{ "text": "👍", "count": 1, "own": false }]));
    let shown = alice.text(&["history", "bob"]).stdout;
    assert!(shown.contains(&format!("Bob (answers #{}): no, at one [edited]", own[1])), "{shown}");

    let foreign = alice.run(&["edit", &own[2].to_string(), "mine"]);
    assert_eq!(foreign.failure().0, "not_yours");
    assert_eq!(alice.run(&["delete", &own[2].to_string()]).failure().0, "not_yours");
    let unknown = alice.run(&["send", "bob", "x", "--reply-to", "9999"]);
    assert_eq!(unknown.failure().0, "unknown_message");
    assert_eq!(alice.run(&["react", "9999", "x"]).failure().0, "unknown_message");
    assert_eq!(bob.run(&["react", &question, "--none"]).json()["state"], "sent");
    bob.run(&["delete", &answer]).json();
    alice.run(&["delete", &own[0].to_string(), "--here"]).json();
    let left = each(&alice, &bob, "deleted");
    assert_eq!(left, [json!(null), json!(true)]);
    assert_eq!(each(&alice, &bob, "reactions")[0], json!(null));
    assert_eq!(each(&bob, &alice, "id").len(), 3, "the other side keeps what was deleted here alone");
}

#[test]
fn a_listener_reports_reactions_edits_and_deletions() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.befriend(&bob);
    bob.send(&alice, "at noon?");
    alice.hear(1);
    let [(greeting, question), (at_bob, answer)] =
        [(&alice, &bob), (&bob, &alice)].map(|(one, other)| match each(one, other, "id").as_slice() {
            [first, second] => (first.clone(), second.clone()),
            all => panic!("{all:?}"),
        });
    let mut listening = alice.command(&["listen", "--json"]);
    let mut listening = listening.stdout(Stdio::piped()).spawn().expect("runs");
    let lines = BufReader::new(listening.stdout.take().expect("piped")).lines();
    let mut events = lines.map(|line| serde_json::from_str::<Value>(&line.expect("a line")).expect("JSON"));
    assert!(events.any(|event| event["event"] == "connected"));
    bob.run(&["react", &at_bob.to_string(), "👍"]).json();
    bob.run(&["react", &at_bob.to_string(), "--none"]).json();
    bob.run(&["edit", &answer.to_string(), "at one?"]).json();
    bob.run(&["delete", &answer.to_string()]).json();
    let mut found = Vec::new();
    for mut event in events {
        let kind = event["event"].clone();
        // What was delivered before is not reported again because something else happened to it.
        if ["reaction", "edited", "deleted", "delivered", "read"].iter().any(|one| kind == *one) {
            assert!(event["at"].take().is_i64());
            found.push(event);
        }
        if kind == "deleted" {
            break;
        }
    }
    listening.kill().expect("still running");
    listening.wait().expect("ends");
    let event = |more: Value| {
        let mut event = json!({ "id": bob.id, "from": "Bob", "at": null });
        event.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        event
    };
    let expected = [
        json!({ "event": "reaction", "message": greeting, "reaction": "👍" }),
        json!({ "event": "reaction", "message": greeting, "reaction": null }),
        json!({ "event": "edited", "message": question, "text": "at one?" }),
        json!({ "event": "deleted", "message": question }),
    ];
    assert_eq!(found, expected.map(event));
}

#[test]
fn messages_are_found_by_the_beginnings_of_their_words() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let [bob, carol] = [("b", "Bob"), ("c", "Carol")].map(|(d, n)| Person::new(&dir, d, n, &relay.origin()));
    for (other, texts) in [(&bob, ["Grüße aus Köln", "the red house"]), (&carol, ["the blue House", "x"])]
    {
        alice.befriend(other);
        texts.iter().for_each(|text| alice.send(other, text));
    }
    let found = |args: &[&str]| {
        let found = alice.run(&[&["search"], args].concat()).json();
        let of = |message: &Value| (message["text"].clone(), message["in"]["name"].clone());
        found.as_array().expect("messages").iter().map(of).collect::<Vec<_>>()
    };
    let (red, blue) = ((json!("the red house"), json!("Bob")), (json!("the blue House"), json!("Carol")));
    assert_eq!(found(&["hou"]), [red.clone(), blue.clone()]);
    assert_eq!(found(&["HOUSE", "the"]), [red.clone(), blue.clone()]);
    assert_eq!(found(&["house", "--in", "bob"]), [red]);
    assert_eq!(found(&["house", "--limit", "1"]), [blue]);
    assert_eq!(found(&["grusse koln"]).len(), 1, "without accents");
    assert_eq!(found(&["\"*("]), []);
    let nothing = alice.text(&["search", "giraffe"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, ""));
    assert_eq!(ended(&mut alice.command(&["search"])).code, 2);
}

#[test]
fn what_has_expired_is_neither_shown_nor_found_by_a_command_that_only_looks() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.befriend(&bob);
    alice.run(&["send", "bob", "burn after reading", "--expires", "1"]).json();
    // Two messages: the greeting, too.
    assert_eq!(bob.hear(2).len(), 2);
    let gone_by = Instant::now() + Duration::from_secs(20);
    for person in [&alice, &bob] {
        let shown = || {
            let other = if person.id == alice.id { &bob } else { &alice };
            (person.texts_with(other).len(), person.run(&["search", "burn"]).json().as_array().map(Vec::len))
        };
        while shown() != (1, Some(0)) {
            assert!(Instant::now() < gone_by, "{:?}", shown());
        }
    }
}
