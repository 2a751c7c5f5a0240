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

#[test]
fn a_customer_gets_a_copy_and_is_erased_but_for_what_has_to_be_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay);
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    carla.run(&["contact", "add", &link, "--message", "An invoice for <b>cough syrup</b>"]).json();
    desk(&owner, &["note", "Carla", "She pays late"]);
    owner.run(&["send", "Carla", "It is 5 euros"]).json();
    let history = owner.run(&["history", "Carla"]).json();
    let first = history[0]["id"].to_string();
    desk(&owner, &["keep", &first, "--years", "8", "--reason", "invoice"]);
    assert_eq!(desk(&owner, &["case", "Carla"])["records"], 1);

    let folder = |name: &str| {
        let folder = dir.path().join(name);
        fs::create_dir(&folder).expect("a folder");
        folder
    };
    let copies = folder("copies");
    let copies = copies.to_str().expect("UTF-8");
    desk(&owner, &["export", "Carla", copies, "--language", "en"]);
    let page = fs::read_to_string(format!("{copies}/kuvert.html")).expect("a page");
    for needed in ["cough syrup", "It is 5 euros", "She pays late", "Business record"] {
        assert!(page.contains(needed), "{needed}");
    }
    assert!(!page.contains("<b>cough"), "what people write is no markup");
    let json: Value =
        serde_json::from_str(&fs::read_to_string(format!("{copies}/kuvert.json")).expect("JSON"))
            .expect("JSON");
    assert_eq!(json["messages"][0]["kept"], "business_record", "{json}");

    let own = folder("own");
    carla.run(&["contact", "export", "Pharmacy", own.to_str().expect("UTF-8")]).json();
    let page = fs::read_to_string(own.join("kuvert.html")).expect("a page");
    assert!(page.contains("cough syrup") && !page.contains("pays late"), "{page}");

    carla.run(&["contact", "ask-erasure", "Pharmacy"]).json();
    assert_eq!(carla.run(&["history", "Pharmacy"]).json().as_array().map(Vec::len), Some(1));
    desk(&owner, &["queue"]);
    assert!(desk(&owner, &["case", "Carla"])["asked_erasure"].is_i64());
    let receipts = folder("receipts");
    let receipts = receipts.to_str().expect("UTF-8");
    desk(&owner, &["erase", "Carla", receipts, "--tell", "Everything is gone."]);
    let receipt = fs::read_to_string(format!("{receipts}/kuvert-receipt.json")).expect("a receipt");
    let receipt: Value = serde_json::from_str(&receipt).expect("JSON");
    assert_eq!(receipt["receipt"]["kept"][0]["reason"], "invoice", "{receipt}");
    assert_eq!(receipt["receipt"]["erased"][0]["what"], "messages", "{receipt}");
    assert!(receipt["receipt"]["asked_at"].is_string(), "{receipt}");

    let left = owner.run(&["history", "Carla"]).stdout;
    assert!(left.contains("cough syrup") && !left.contains("5 euros"), "{left}");
    let case = desk(&owner, &["case", "Carla"]);
    assert_eq!((&case["records"], case["notes"].as_array().map(Vec::len)), (&Value::from(1), Some(0)));
    // Also when the conversation is over again, and whoever comes again is looked after as ever.
    assert_eq!(desk(&owner, &["claim", "Carla"])["mine"], true);
    desk(&owner, &["status", "Carla", "done"]);
    assert!(owner.run(&["history", "Carla"]).stdout.contains("cough syrup"));
    assert_eq!(carla.hear(1).last().map(String::as_str), Some("Everything is gone."));
}

#[test]
fn who_did_what_is_known_and_the_list_of_activities_is_made() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay);
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    carla.run(&["contact", "add", &link, "--message", "A secret"]).json();
    desk(&owner, &["claim", "Carla"]);
    let to = dir.path().to_str().expect("UTF-8");
    let log = desk(&owner, &["audit", "--to", to]);
    assert!(log["tampered"].is_null(), "{log}");
    let entries = log["entries"].as_array().expect("entries");
    let claimed = entries.iter().find(|entry| entry["word"] == "claimed").expect("the claim");
    assert_eq!((&claimed["by"], &claimed["customer"]), (&Value::from("Olga"), &Value::from("Carla")));
    let table = fs::read_to_string(dir.path().join("kuvert-audit.csv")).expect("a table");
    assert!(table.contains(log["head"].as_str().expect("a hash")) && !table.contains("secret"), "{table}");
    desk(&owner, &["activities", to, "--officer", "dpo@example.org", "--language", "en"]);
    let list = fs::read_to_string(dir.path().join("kuvert-activities.html")).expect("a list");
    assert!(list.contains("dpo@example.org") && list.contains("Answering messages"), "{list}");
}
