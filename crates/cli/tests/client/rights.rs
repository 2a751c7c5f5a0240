//! What a line owes to who writes to it, by commands: an owner and a customer, each command a process of its own.

use std::fs;

use serde_json::Value;

use crate::support::{Person, Relay};

/// What a prescription's printout says, which nobody may hand on by chat.
const PRESCRIPTION: &str = "Task/160.000.036.967.704.52/$accept?ac=\
    2a4b2d2df1b2a4b2d2df1b2a4b2d2df1b2a4b2d2df1b2a4b2d2df1b2a4b2d2d1";
/// The example of ISO 13616.
const IBAN: &str = "DE89 3704 0044 0532 0130 00";

fn desk(person: &Person, args: &[&str]) -> Value {
    person.run(&[&["desk"], args].concat()).json()
}

/// A line that was published, and the link to it.
fn open_line(dir: &tempfile::TempDir, relay: &Relay) -> (Person, String) {
    let owner = Person { profile: dir.path().join("olga"), id: String::new() };
    desk(&owner, &["create", "--name", "Pharmacy", "--person", "Olga", "--relay", &relay.origin()]);
    let description = dir.path().join("line.toml");
    fs::write(&description, owner.text(&["desk", "publish", "--example"]).stdout).expect("writes");
    let link = desk(&owner, &["publish", description.to_str().expect("UTF-8")])["link"].clone();
    (owner, link.as_str().expect("a link").to_owned())
}

#[test]
fn a_prescription_is_refused_and_an_iban_asked_about_on_both_sides() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay);
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    // Also in the very first message, and whoever says so.
    let add = ["contact", "add", &link, "--anyway", "--message", PRESCRIPTION];
    assert_eq!(carla.run(&add).failure().0, "guard_refused");
    carla.run(&["contact", "add", &link, "--message", "Hello"]).json();
    assert_eq!(carla.run(&["send", "Pharmacy", PRESCRIPTION, "--anyway"]).failure().0, "guard_refused");
    let (code, words) = carla.run(&["send", "Pharmacy", &format!("Refund to {IBAN}, please")]).failure();
    assert!(code == "guarded" && words.contains(IBAN), "{words}");
    let sent = carla.run(&["send", "Pharmacy", &format!("Refund to {IBAN}"), "--anyway"]).json();
    let number = sent["message"].to_string();
    assert_eq!(carla.run(&["edit", &number, PRESCRIPTION, "--anyway"]).failure().0, "guard_refused");
    let letter = dir.path().join("letter.txt");
    fs::write(&letter, "letter").expect("writes");
    let file = letter.to_str().expect("UTF-8");
    let code = carla.run(&["send", "Pharmacy", IBAN, "--file", file]).failure().0;
    assert_eq!(code, "guarded");
    // What the line did not ask for goes, and so does everything between people.
    carla.run(&["send", "Pharmacy", "My insurance number is A123456780"]).json();
    assert_eq!(owner.hear(3).len(), 3);

    assert_eq!(owner.run(&["send", "Carla", IBAN]).failure().0, "guarded");
    assert_eq!(owner.run(&["send", "Carla", PRESCRIPTION, "--anyway"]).failure().0, "guard_refused");
    owner.run(&["send", "Carla", IBAN, "--anyway"]).json();
    assert_eq!(carla.hear(1), [IBAN]);
}
