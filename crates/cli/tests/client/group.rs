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

    let absent = json!([{ "id": ben.id, "name": "Ben", "why": "refused" }]);
    let alone = anna.run(&["group", "create", "Talks", "ben"]);
    let (code, words) = alone.failure();
    assert_eq!((alone.code, code.as_str()), (1, "nobody_added"), "{words}");
    let made = alone.lines().remove(0);
    let id = made["id"].as_str().expect("an ID");
    assert!(words.contains(&format!("kuvert group leave {id}")), "{words}");
    assert_eq!((&made["members"], &made["not_added"]), (&json!(1), &absent), "{made}");
    let alone = anna.text(&["group", "create", "Strolls", "ben"]);
    assert_eq!(alone.code, 1, "{}", alone.stdout);
    assert!(alone.stderr.contains("none of these people could be added"), "{}", alone.stderr);
    for group in [id, "Strolls"] {
        assert_eq!(anna.run(&["group", "leave", group]).json()["state"], "left");
    }

    let made = anna.run(&["group", "create", "Walks", "ben", "chris"]).json();
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
    let failed: Vec<_> = failed.into_iter().filter(|event| event["group"] == "Walks").collect();
    assert_eq!(failed.len(), 2, "{heard:?}");
    let parts = ["from", "group", "contact", "why"].map(|key| failed[0][key].clone());
    assert_eq!(parts, [json!("Ben"), json!("Walks"), json!(ben.id), json!("refused")]);
    let heard = anna.run(&["listen", "--timeout", "2"]).lines();
    assert!(heard.iter().all(|event| event["event"] != "not_added"), "once: {heard:?}");
}

#[test]
fn whoever_is_not_reached_yet_may_still_come_to_a_new_group() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let [anna, ben] = ["Anna", "Ben"].map(|name| Person::new(&dir, name, name, &relay.origin()));
    ben.befriend(&anna);
    drop(relay);
    let made = anna.run(&["group", "create", "Walks", "ben", "--timeout", "1"]).json();
    assert_eq!((&made["delivery"], &made["not_added"][0]["why"]), (&json!("queued"), &json!("waiting")));
}

#[test]
fn the_group_of_somebody_who_is_no_contact_is_accepted_or_left() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let [anna, mut ben] = ["Anna", "Ben"].map(|name| Person::new(&dir, name, name, &relay.origin()));
    ben.link();
    // Ben goes on with a copy of his profile from before he knew Anna, who knows how he is reached.
    let before = dir.path().join("before");
    std::fs::create_dir(&before).expect("made");
    for entry in std::fs::read_dir(&ben.profile).expect("a folder") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("known").is_file() {
            std::fs::copy(entry.path(), before.join(entry.file_name())).expect("copied");
        }
    }
    anna.befriend(&ben);
    ben.profile = before;
    for group in ["Walks", "Talks"] {
        assert_eq!(anna.run(&["group", "create", group, "ben"]).json()["not_added"], json!([]));
    }
    let heard = ben.run(&["listen", "--timeout", "2"]).lines();
    let states: Vec<_> =
        heard.iter().filter(|event| event["event"] == "group").map(|event| &event["state"]).collect();
    assert_eq!(states, ["invited", "invited"], "{heard:?}");
    let accepted = ben.run(&["group", "accept", "Walks"]).json();
    assert_eq!((&accepted["state"], &accepted["delivery"]), (&json!("member"), &json!("sent")));
    let again = ben.run(&["group", "accept", "Walks"]);
    assert_eq!((again.code, again.failure().0.as_str()), (1, "nothing_to_accept"));
    assert_eq!(ben.run(&["group", "leave", "Talks"]).json()["delivery"], "sent");
    come_by(&[&anna, &ben]);
    assert_eq!(members(&anna, "Walks"), [("Anna".into(), true), ("Ben".into(), false)]);
    assert_eq!(members(&anna, "Talks"), [("Anna".into(), true)]);
    anna.run(&["send", "Walks", "Shall we?"]).json();
    assert_eq!(ben.hear(1), ["Shall we?"]);
    assert_eq!(ben.run(&["group", "list"]).json()[1]["state"], "left");
}
