//! A profile moves to another device, and is on one device at a time.

use serde_json::json;

use crate::desk::{case, stranger};
use crate::support::{Person, Relay};

fn pair(dir: &tempfile::TempDir, relay: &Relay) -> (Person, Person) {
    let anna = Person::new(dir, "anna", "Anna", &relay.origin());
    let ben = Person::new(dir, "ben", "Ben", &relay.origin());
    anna.befriend(&ben);
    anna.send(&ben, "before");
    while ben.hear(1) != ["before"] {}
    (anna, ben)
}

fn link(person: &Person) -> String {
    let out = person.run(&["move", "out", "--no-wait"]).json();
    out["link"].as_str().expect("a link").to_owned()
}

#[test]
fn everything_goes_on_at_the_other_device_and_is_gone_here() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (anna, ben) = pair(&dir, &relay);
    let link = link(&anna);
    assert!(link.contains("/move#"), "{link}");
    // From now on nothing is done here.
    assert_eq!(anna.run(&["send", "Ben", "twice"]).failure().0, "moving");
    assert_eq!(anna.run(&["history", "Ben"]).failure().0, "moving");

    let there = stranger(&dir, "there");
    assert_eq!(there.run(&["move", "in", &link]).json()["moved"], true);
    let history = there.run(&["history", "Ben"]).stdout;
    assert!(history.contains("before"), "{history}");
    assert_eq!(there.run(&["send", "Ben", "after"]).json()["state"], "sent");
    assert_eq!(ben.hear(1), ["after"]);
    ben.run(&["send", "Anna", "welcome there"]).json();
    assert_eq!(there.hear(1), ["welcome there"]);

    // Nobody takes it a second time, and here nothing is left.
    let third = stranger(&dir, "third");
    assert_eq!(third.run(&["move", "in", &link]).failure().0, "not_moved");
    assert_eq!(anna.run(&["move", "stay"]).failure().0, "moved_away");
    for file in ["kuvert.db", "key"] {
        assert!(!anna.profile.join(file).exists(), "{file}");
    }
}

#[test]
fn who_stays_takes_everything_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (anna, ben) = pair(&dir, &relay);
    let link = link(&anna);
    assert_eq!(anna.run(&["move", "stay"]).json()["moved"], true);
    assert_eq!(anna.run(&["send", "Ben", "I stayed"]).json()["state"], "sent");
    assert_eq!(ben.hear(1), ["I stayed"]);
    assert_eq!(anna.run(&["move", "stay"]).failure().0, "not_moving");

    let there = stranger(&dir, "there");
    assert_eq!(there.run(&["move", "in", &link]).failure().0, "moved_away");
    assert!(!there.profile.join("kuvert.db").exists());
    // A later move is another one.
    let again = self::link(&anna);
    assert_eq!(there.run(&["move", "in", &again]).json()["moved"], true);
    assert_eq!(there.run(&["send", "Ben", "Now I moved"]).json()["state"], "sent");
    assert_eq!(ben.hear(1), ["Now I moved"]);
}

#[test]
fn what_cannot_move_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let olga = stranger(&dir, "olga");
    case(&olga, &["create", "--name", "Pharmacy", "--person", "Olga", "--relay", &relay.origin()]);
    assert_eq!(olga.run(&["move", "out"]).failure().0, "line_stays");
    let anna = Person::new(&dir, "anna", "Anna", &relay.origin());
    assert_eq!(anna.run(&["move", "stay"]).failure().0, "not_moving");
    let link = link(&anna);
    assert_eq!(anna.run(&["move", "in", &link]).failure().0, "profile_exists");
    let there = stranger(&dir, "there");
    let cut = &link[..link.len() - 2];
    assert_eq!(there.run(&["move", "in", cut]).failure().0, "not_moved");
    // What was damaged on its way is not taken, and the true one still is.
    let shown = there.run(&["move", "in", &link]).json();
    assert_eq!(shown, json!({ "moved": true }));
}
