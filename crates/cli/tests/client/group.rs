//! Groups by commands, each a process of its own.

use serde_json::{Value, json};

use crate::support::{Person, Relay, texts};

fn members(person: &Person, group: &str) -> Vec<(String, bool)> {
    let listed = person.run(&["group", "members", group]).json();
    let mut members: Vec<_> = listed
        .as_array()
        .expect("an array")
        .iter()
        .map(|one| (one["name"].as_str().expect("a name").to_owned(), one["admin"] == true))
        .collect();
    members.sort();
    members
}

/// Fetches what waits and sends what is due.
fn come_by(people: &[&Person]) {
    for person in people {
        person.run(&["contact", "list"]).json();
    }
}

#[test]
fn a_group_is_made_written_to_changed_and_left() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let [anna, ben, chris] =
        ["Anna", "Ben", "Chris"].map(|name| Person::new(&dir, name, name, &relay.origin()));
    for other in [&ben, &chris] {
        other.befriend(&anna);
    }

    let made = anna.run(&["group", "create", "Walks", "ben"]).json();
    assert_eq!((&made["name"], &made["delivery"]), (&json!("Walks"), &json!("sent")), "{made}");
    assert_eq!(members(&anna, "walks"), [("Anna".into(), true), ("Ben".into(), false)]);
    assert_eq!(anna.run(&["group", "add", "Walks", "chris"]).json()["delivery"], "sent");
    come_by(&[&anna, &ben, &chris]);

    assert_eq!(anna.run(&["send", "Walks", "Shall we?"]).json()["state"], "sent");
    for person in [&ben, &chris] {
        let heard = person.run(&["listen", "--count", "1", "--timeout", "20"]).lines();
        assert_eq!(texts(&heard), ["Shall we?"], "{heard:?}");
    }
    assert_eq!(chris.run(&["send", "Walks", "Gladly"]).json()["state"], "sent");
    come_by(&[&ben]);
    let history = ben.run(&["history", "Walks"]).json();
    let said: Vec<&Value> =
        history.as_array().expect("an array").iter().filter(|one| one["from"] == "Chris").collect();
    assert_eq!(said.len(), 1, "{history}");

    let refused = ben.run(&["group", "remove", "Walks", "chris"]);
    assert_eq!((refused.code, refused.failure().0.as_str()), (1, "not_admin"));
    assert_eq!(anna.run(&["group", "rename", "Walks", "Long walks"]).json()["name"], "Long walks");
    come_by(&[&ben, &chris]);
    assert_eq!(ben.run(&["group", "leave", "Long walks"]).json()["delivery"], "sent");
    come_by(&[&anna, &chris, &anna, &chris]);
    assert_eq!(members(&chris, "Long walks"), [("Anna".into(), true), ("Chris".into(), false)]);
    assert_eq!(anna.run(&["group", "remove", "Long walks", "chris"]).json()["delivery"], "sent");
    come_by(&[&chris]);
    let left = chris.run(&["group", "list"]).json();
    assert_eq!(left[0]["state"], "removed", "{left}");
    assert_ne!(chris.run(&["send", "Long walks", "Hello?"]).code, 0);
}

#[test]
fn who_could_not_be_added_is_said_and_why() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let [anna, ben, chris, dora] =
        ["Anna", "Ben", "Chris", "Dora"].map(|name| Person::new(&dir, name, name, &relay.origin()));
    for other in [&ben, &chris] {
        other.befriend(&anna);
    }
    // Ben takes back what is needed to add him, and Dora has not accepted yet.
    ben.run(&["contact", "block", "anna"]).json();
    anna.run(&["contact", "add", &dora.link()]).json();
    let refused = anna.run(&["group", "create", "Walks", "chris", &dora.id]);
    assert_eq!((refused.code, refused.failure().0.as_str()), (1, "not_reachable"));

    let made = anna.run(&["group", "create", "Walks", "ben", "chris"]).json();
    let absent = json!([{ "id": ben.id, "name": "Ben", "why": "refused" }]);
    assert_eq!((&made["members"], &made["not_added"]), (&json!(2), &absent), "{made}");
    let again = anna.text(&["group", "add", "Walks", "ben"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(
        again.stdout.contains("Ben could not be added: their relay does not let you"),
        "{}",
        again.stdout
    );

    // Whoever made the group without waiting for that hears of it later.
    let heard = anna.run(&["listen", "--timeout", "2"]).lines();
    let failed: Vec<_> = heard.iter().filter(|event| event["event"] == "not_added").collect();
    assert_eq!(failed.len(), 2, "{heard:?}");
    let parts = ["from", "group", "contact", "why"].map(|key| failed[0][key].clone());
    assert_eq!(parts, [json!("Ben"), json!("Walks"), json!(ben.id), json!("refused")]);
    let heard = anna.run(&["listen", "--timeout", "2"]).lines();
    assert!(heard.iter().all(|event| event["event"] != "not_added"), "once: {heard:?}");
}
