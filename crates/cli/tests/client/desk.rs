//! A business line by commands: an owner, two colleagues and a customer, each command a process of its own.

use std::fs;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::support::{Person, Relay};

/// A process that is ended when the test is over.
pub(crate) struct Listening(Child);

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Keeps a device online.
pub(crate) fn listen(person: &Person) -> Listening {
    let child = person.command(&["listen", "--json"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    Listening(child.expect("the binary runs"))
}

pub(crate) fn stranger(dir: &tempfile::TempDir, folder: &str) -> Person {
    Person { profile: dir.path().join(folder), id: String::new() }
}

pub(crate) fn case(person: &Person, args: &[&str]) -> Value {
    person.run(&[&["desk"], args].concat()).json()
}

/// A line with its owner, and the link to it.
fn open_line(dir: &tempfile::TempDir, relay: &Relay) -> (Person, String) {
    let owner = stranger(dir, "olga");
    let made =
        case(&owner, &["create", "--name", "Pharmacy", "--person", "Olga", "--relay", &relay.origin()]);
    assert_eq!((&made["name"], &made["role"]), (&json!("Pharmacy"), &json!("owner")), "{made}");
    let description = dir.path().join("line.toml");
    let example = owner.text(&["desk", "publish", "--example"]);
    fs::write(&description, example.stdout).expect("writes");
    let file = description.to_str().expect("UTF-8");
    let link = case(&owner, &["publish", file])["link"].as_str().expect("a link").to_owned();
    (owner, link)
}

/// A colleague who has joined.
pub(crate) fn hire(dir: &tempfile::TempDir, owner: &Person, name: &str, role: &str) -> Person {
    let invited = case(owner, &["invite", "--role", role]);
    let online = listen(owner);
    let colleague = stranger(dir, name);
    let link = invited["invitation"].as_str().expect("a link");
    let joined = case(&colleague, &["join", link, "--person", name, "--timeout", "30"]);
    assert_eq!((&joined["role"], &joined["behind"]), (&json!(role), &json!(false)), "{joined}");
    drop(online);
    // The card that names them may have been on its way.
    case(owner, &["show"]);
    colleague
}

#[test]
fn a_team_answers_a_customer_and_the_first_claim_wins() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay);
    let anne = hire(&dir, &owner, "Anne", "agent");
    let bert = hire(&dir, &owner, "Bert", "supervisor");
    // The card names all devices by now.
    let team = case(&owner, &["show"]);
    assert_eq!(team["members"].as_array().map(Vec::len), Some(3), "{team}");

    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    carla.run(&["contact", "add", &link, "--message", "Do you have cough syrup?"]).json();
    let queue = case(&anne, &["queue", "new"]);
    assert_eq!(queue["rows"][0]["last"], "Do you have cough syrup?", "{queue}");
    assert_eq!(case(&anne, &["claim", "Carla"])["mine"], true);
    let second = case(&bert, &["claim", "Carla"]);
    assert_eq!((&second["mine"], &second["claimed_by"]), (&json!(false), &json!("Anne")));

    case(&bert, &["note", "Carla", "She asked last week, too", "--mention", "Anne"]);
    let noted = case(&anne, &["case", "Carla"]);
    assert_eq!(noted["notes"][0]["mentions_me"], true, "{noted}");
    assert_eq!(anne.run(&["send", "Carla", "Yes, we do."]).json()["state"], "sent");
    case(&anne, &["hand-over", "Carla", "Bert", "--note", "takes over"]);
    assert_eq!(case(&bert, &["queue", "mine"])["rows"][0]["name"], "Carla");
    assert_eq!(case(&bert, &["status", "Carla", "done"])["status"], "done");
    assert_eq!(case(&owner, &["show"])["counts"]["done"], 1);
    // What the customer has is the answer, and nothing of what the team said.
    assert_eq!(carla.hear(1), ["Yes, we do."]);
    let all = carla.run(&["history", "Pharmacy"]).stdout;
    assert!(!all.contains("last week") && !all.contains("takes over"), "{all}");
}

#[test]
fn a_dismissed_colleague_is_told_and_reads_nothing_more() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay);
    let anne = hire(&dir, &owner, "Anne", "agent");
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    carla.run(&["contact", "add", &link, "--message", "Hello"]).json();
    assert_eq!(case(&anne, &["queue"])["rows"][0]["name"], "Carla");
    let left = case(&owner, &["dismiss", "Anne"]);
    assert_eq!(left["members"].as_array().map(Vec::len), Some(1), "{left}");
    assert_eq!(left["staffing"], 0, "{left}");

    carla.run(&["send", "Pharmacy", "A secret"]).json();
    let (code, _) = anne.run(&["desk", "duty", "on"]).failure();
    assert_eq!(code, "no_member");
    // With the conversation went what was said there, and the name.
    assert_eq!(anne.run(&["history", "Carla"]).failure().0, "unknown_contact");
    assert_eq!(owner.hear(2), ["Hello", "A secret"]);
}

#[test]
fn a_line_is_published_only_as_it_may_be() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, _) = open_line(&dir, &relay);
    let description = dir.path().join("bad.toml");
    let example = owner.text(&["desk", "publish", "--example"]).stdout;
    fs::write(&description, example.replace("kind = \"other\"", "kind = \"pharmacy\"")).expect("writes");
    let file = description.to_str().expect("UTF-8");
    let (code, message) = owner.run(&["desk", "publish", file]).failure();
    assert_eq!(code, "not_published");
    assert!(message.contains("Chamber") && message.contains("Authority"), "{message}");
    fs::write(&description, "kind = 5").expect("writes");
    assert_eq!(owner.run(&["desk", "publish", file]).failure().0, "description_invalid");
    let private = Person::new(&dir, "dora", "Dora", &relay.origin());
    assert_eq!(private.run(&["desk", "show"]).failure().0, "no_line");
}

#[test]
fn a_form_is_filled_in_and_both_sides_see_where_it_stands() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay);
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    carla.run(&["contact", "add", &link, "--message", "Hello"]).json();
    let forms = carla.run(&["form", "Pharmacy"]).json();
    assert_eq!(forms["forms"][1]["title"], "Blood pressure", "{forms}");

    // What does not fit is said, and nothing is sent.
    let unfit = ["form", "Pharmacy", "blood-pressure", "--answer", "when=noon"];
    let (code, told) = carla.run(&unfit).failure();
    assert_eq!(code, "not_filled_in");
    assert!(told.contains("`day`") && told.contains("`when`"), "{told}");
    let fit =
        ["form", "Pharmacy", "blood-pressure", "--answer", "day=2027-05-31", "--answer", "when=morning"];
    assert_eq!(carla.run(&fit).json()["state"], "sent");

    let asked = case(&owner, &["request", "Carla"]);
    let request = &asked["requests"][0];
    assert_eq!(
        (&request["form"], &request["state"]),
        (&json!("blood-pressure"), &json!("Received")),
        "{asked}"
    );
    assert!(request["text"].as_str().is_some_and(|text| text.contains("2027-05-31")), "{asked}");
    let (code, _) = owner.run(&["desk", "request", "Carla", "Nowhere"]).failure();
    assert_eq!(code, "no_request");
    let moved = case(&owner, &["request", "Carla", "Confirmed", "--say", "At nine o'clock"]);
    assert_eq!(moved["requests"][0]["state"], "Confirmed", "{moved}");
    assert_eq!(carla.hear(1), ["Confirmed\nAt nine o'clock"]);

    // The time of the form counts from when the conversation is done.
    let done = case(&owner, &["status", "Carla", "done"]);
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_millis();
    let days = (done["erase_at"].as_i64().expect("a day") - i64::try_from(now).expect("a time")) / 86_400_000;
    assert!((6..=7).contains(&days), "{done}");
}

#[test]
fn a_desk_finds_customers_and_counts_what_was_done() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, _) = open_line(&dir, &relay);
    let description = dir.path().join("line.toml");
    let asking = fs::read_to_string(&description).expect("reads");
    fs::write(&description, asking.replace("satisfaction = false", "satisfaction = true")).expect("writes");
    let file = description.to_str().expect("UTF-8");
    let link = case(&owner, &["publish", file])["link"].as_str().expect("a link").to_owned();
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    carla.run(&["contact", "add", &link, "--message", "Do you have cough syrup?"]).json();
    let dora = Person::new(&dir, "dora", "Dora", &relay.origin());
    dora.run(&["contact", "add", &link, "--message", "Is my ointment there?"]).json();
    case(&owner, &["queue"]);
    // Nobody is asked before all is done.
    assert_eq!(owner.run(&["send", "Carla", "Yes, we do."]).json()["state"], "sent");
    case(&owner, &["note", "Carla", "Prefers the small package"]);
    case(&owner, &["status", "Carla", "done"]);

    let found = case(&owner, &["find", "small", "pack"]);
    assert_eq!(found["cases"][0]["note"], "Prefers the small package", "{found}");
    assert_eq!(found["cases"][0]["done"], true);
    let found = case(&owner, &["find", "ointm"]);
    assert_eq!((&found["cases"], &found["messages"][0]["name"]), (&json!([]), &json!("Dora")), "{found}");

    assert_eq!(carla.hear(1), ["Yes, we do."]);
    assert_eq!(carla.run(&["contact", "rate", "Pharmacy", "4"]).json()["score"], 4);
    case(&owner, &["queue"]);
    let counted = case(&owner, &["statistics", "--days", "7"]);
    let days = counted["days"].as_array().expect("days");
    assert_eq!(days.len(), 7, "{counted}");
    let sum = |of: &str| days.iter().map(|day| day[of].as_u64().unwrap_or_default()).sum::<u64>();
    assert_eq!((sum("opened"), sum("answered"), sum("done")), (2, 1, 1), "{counted}");
    assert_eq!(counted["scores"], json!([0, 0, 0, 1, 0]), "{counted}");
}

#[test]
fn a_line_that_does_not_ask_is_not_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (_, link) = open_line(&dir, &relay);
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    carla.run(&["contact", "add", &link, "--message", "Hello"]).json();
    assert_eq!(carla.run(&["contact", "rate", "Pharmacy", "4"]).failure().0, "score_not_asked");
}

#[test]
fn a_team_works_its_queue_with_labels_prepared_answers_and_reminders() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay);
    let anne = hire(&dir, &owner, "Anne", "agent");
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    carla.run(&["contact", "add", &link, "--message", "Hello"]).json();

    let labels = case(&owner, &["label", "set", "urgent", "--colour", "1"]);
    assert_eq!(labels["labels"], json!([{ "name": "urgent", "colour": 1 }]));
    // Labels are for supervisors to define, and for everybody to use.
    assert_eq!(case(&anne, &["label", "set", "mine"])["labels"].as_array().map(Vec::len), Some(1));
    assert_eq!(case(&anne, &["label", "put", "Carla", "urgent"])["labels"], json!(["urgent"]));
    let renamed = case(&owner, &["label", "set", "urgent", "--rename", "hurry", "--colour", "2"]);
    assert_eq!(renamed["labels"], json!([{ "name": "hurry", "colour": 2 }]));
    assert_eq!(case(&anne, &["case", "Carla"])["labels"], json!(["hurry"]));
    assert_eq!(anne.run(&["desk", "label", "take", "Carla", "no such"]).failure().0, "unknown_label");
    assert_eq!(case(&anne, &["label", "take", "Carla", "hurry"])["labels"], json!([]));
    assert_eq!(case(&owner, &["label", "drop", "hurry"])["labels"], json!([]));

    // Suggestions are taken over once, however often that is asked for.
    let suggested = case(&owner, &["canned", "suggest"])["canned"].as_array().map(Vec::len);
    assert!(suggested > Some(3), "{suggested:?}");
    assert_eq!(case(&owner, &["canned", "suggest"])["canned"].as_array().map(Vec::len), suggested);
    case(&owner, &["canned", "set", "Hi", "Hello {name}, {agent} of {line} here {x}.", "--language", "en"]);
    let sent = case(&anne, &["answer", "Carla", "hi"]);
    assert_eq!(sent["text"], "Hello Carla, Anne of Pharmacy here {x}.");
    assert_eq!(carla.hear(1), ["Hello Carla, Anne of Pharmacy here {x}."]);
    case(&owner, &["canned", "drop", "Hi"]);
    assert_eq!(anne.run(&["desk", "answer", "Carla", "Hi"]).failure().0, "unknown_answer");

    let reminded = case(&anne, &["remind", "Carla", "2099-01-31T09:00", "--note", "call her"]);
    assert_eq!(
        (&reminded["reminders"][0]["text"], &reminded["reminders"][0]["mine"]),
        (&json!("call her"), &json!(true))
    );
    // A colleague's reminder is not the owner's to be cleared by a word without a name.
    assert_eq!(case(&owner, &["remind", "Carla", "--clear"])["reminders"].as_array().map(Vec::len), Some(1));
    assert_eq!(case(&anne, &["remind", "Carla", "--clear"])["reminders"], json!([]));

    case(&anne, &["role", "Anne", "owner"]);
    assert_eq!(case(&anne, &["show"])["role"], "agent", "nobody makes themselves an owner");
    case(&owner, &["role", "Anne", "supervisor"]);
    assert_eq!(case(&anne, &["show"])["role"], "supervisor");
}

#[test]
fn where_only_who_answers_reads_others_see_that_somebody_waits_and_nothing_else() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, _) = open_line(&dir, &relay);
    let (anne, bert) = (hire(&dir, &owner, "Anne", "agent"), hire(&dir, &owner, "Bert", "agent"));
    let description = dir.path().join("line.toml");
    let open = fs::read_to_string(&description).expect("reads");
    fs::write(&description, open.replace("readers = \"team\"", "readers = \"who-answers\"")).expect("writes");
    let file = description.to_str().expect("UTF-8");
    let link = case(&owner, &["publish", file])["link"].as_str().expect("a link").to_owned();
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    carla.run(&["contact", "add", &link, "--message", "My secret question"]).json();
    case(&owner, &["queue"]);
    case(&owner, &["show"]);

    let queue = case(&anne, &["queue", "new"]);
    assert_eq!(queue["rows"], json!([]), "{queue}");
    assert!(queue["outside"][0]["waiting_since"].is_i64(), "{queue}");
    let code = queue["outside"][0]["code"].as_str().expect("a code").to_owned();
    assert!(!queue.to_string().contains("Carla") && !queue.to_string().contains("secret"), "{queue}");

    // Who claims it is let in, and is told what was said.
    let listening = listen(&owner);
    let mine = case(&anne, &["claim", &code]);
    assert_eq!(mine["rows"][0]["name"], "Carla", "{mine}");
    until("Anne is told what was said", || is_told(&anne, "My secret question"));
    assert_eq!(anne.run(&["send", "Carla", "An answer"]).json()["state"], "sent");
    assert_eq!(carla.hear(1), ["An answer"]);

    // Handed over, it is the other one's, and nothing of it is left here.
    case(&anne, &["hand-over", "Carla", "Bert"]);
    until("Bert is let in", || case(&bert, &["queue", "mine"])["rows"][0]["name"] == "Carla");
    until("Bert is told what was said", || {
        is_told(&bert, "My secret question") && is_told(&bert, "An answer")
    });
    until("Anne is out", || {
        case(&anne, &["queue"]);
        !history(&anne).contains("secret")
    });
    assert_eq!(case(&anne, &["find", "Carla"])["cases"], json!([]));
    drop(listening);
}

fn history(person: &Person) -> String {
    person.run(&["history", "Carla"]).stdout
}

/// Whether a device has been told something that was said before it was let in. Looking fetches what has come.
fn is_told(person: &Person, text: &str) -> bool {
    case(person, &["queue"]);
    history(person).contains(text)
}

/// Tries again until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..60 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    panic!("{what}");
}
