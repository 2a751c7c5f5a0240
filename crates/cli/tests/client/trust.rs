//! How one stands to a contact: verified, declined, blocked; and what is told of oneself.

use serde_json::json;

use crate::support::{Person, Relay};

#[test]
fn two_people_compare_words_and_scan_codes() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let [alice, bob, carol] =
        [("a", "Alice"), ("b", "Bob"), ("c", "Carol")].map(|(d, n)| Person::new(&dir, d, n, &relay.origin()));
    alice.befriend(&bob);
    alice.befriend(&carol);
    let (at_alice, at_bob) =
        (alice.run(&["contact", "verify", "bob"]).json(), bob.run(&["contact", "verify", "alice"]).json());
    assert_eq!(at_alice["words"], at_bob["words"]);
    assert_eq!(at_alice["words"].as_array().map(Vec::len), Some(6));
    let code = at_bob["code"].as_str().expect("a code");
    let wrong = alice.run(&["contact", "verify", "carol", "--code", code]);
    assert_eq!((wrong.code, wrong.failure().0.as_str()), (1, "code_of_another"));
    assert_eq!(alice.run(&["contact", "verify", "bob", "--code", "x"]).failure().0, "code_unreadable");
    let verified = alice.run(&["contact", "verify", "bob", "--code", code]).json();
    assert_eq!(verified, json!({ "id": bob.id, "name": "Bob", "state": "accepted", "trust": "verified" }));
    assert_eq!(bob.run(&["contact", "verify", "alice", "--same-words"]).json()["trust"], "verified");
    assert_eq!(bob.run(&["contact", "verify", "alice", "--undo"]).json()["trust"], "new");
}

#[test]
fn a_request_is_declined_and_a_contact_blocked() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.run(&["contact", "add", &bob.link()]).json();
    let declined = bob.run(&["contact", "decline", "alice"]).json();
    assert_eq!((&declined["state"], &declined["name"]), (&json!("declined"), &json!("Alice")));
    assert_eq!(bob.run(&["contact", "list"]).json(), json!([]));

    let carol = Person::new(&dir, "c", "Carol", &relay.origin());
    bob.befriend(&carol);
    assert_eq!(bob.run(&["contact", "decline", "carol"]).failure().0, "nothing_to_decline");
    let blocked = bob.run(&["contact", "block", "carol"]).json();
    assert_eq!((&blocked["state"], &blocked["delivery"]), (&json!("blocked"), &json!("sent")));
    assert_eq!(bob.run(&["send", "carol", "x"]).failure().0, "blocked");
    carol.run(&["send", &bob.id, "are you there?"]);
    assert_eq!(bob.run(&["contact", "list"]).json()[0]["state"], "blocked");
    assert!(!bob.texts_with(&carol).contains(&"are you there?".to_owned()), "it did not arrive");
    let unblocked = bob.run(&["contact", "unblock", "carol"]).json();
    assert_eq!((&unblocked["state"], &unblocked["delivery"]), (&json!("accepted"), &json!("sent")));
    carol.run(&["send", &bob.id, "are you back?"]);
    bob.run(&["send", "carol", "I am"]);
    carol.run(&["contact", "list"]).json();
    assert_eq!(bob.texts_with(&carol)[1..], ["are you back?", "I am"]);
    assert_eq!(carol.texts_with(&bob)[1..], ["are you there?", "are you back?", "I am"]);
}

#[test]
fn what_was_read_is_told_unless_decided_otherwise() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.befriend(&bob);
    assert_eq!(bob.run(&["settings"]).json(), json!({ "read_reports": true }));
    let last_state = || {
        alice.run(&["contact", "list"]).json();
        alice.run(&["history", "bob", "--limit", "1"]).json()[0]["state"].clone()
    };
    alice.send(&bob, "one");
    bob.hear(2);
    assert_eq!(last_state(), "read");
    assert_eq!(bob.run(&["settings", "--read-reports", "off"]).json(), json!({ "read_reports": false }));
    alice.send(&bob, "two");
    bob.hear(1);
    assert_eq!(last_state(), "delivered");
}
