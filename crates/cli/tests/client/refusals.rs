//! What cannot be done is said: which code, which exit code, which words.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::{Ended, KUVERT, Person, Proxy, Relay, ended};

/// Nobody listens here.
const NOWHERE: &str = "http://127.0.0.1:9";

#[track_caller]
fn assert_fails(ended: &Ended, exit: i32, code: &str, words: &[&str]) {
    let (found, message) = ended.failure();
    assert_eq!((ended.code, found.as_str()), (exit, code), "{message}");
    for word in words {
        assert!(message.contains(word), "{word} in: {message}");
    }
    assert_eq!(ended.stdout, "", "a failure has no result");
}

fn nobody(profile: PathBuf) -> Person {
    Person { profile, id: String::new() }
}

#[test]
fn without_an_identity_commands_say_how_to_make_one() {
    let dir = tempfile::tempdir().expect("a folder");
    let nobody = nobody(dir.path().join("typo"));
    assert_fails(&nobody.run(&["id", "show"]), 1, "no_identity", &["kuvert id create --name NAME"]);
    let link = format!("https://relay.example:8443/c/{}#{}", "A".repeat(22), "A".repeat(43));
    let words = ["kuvert id create", "--relay https://relay.example:8443"];
    assert_fails(&nobody.run(&["contact", "add", &link]), 1, "no_identity", &words);
    assert_fails(&nobody.run(&["history", "bob"]), 1, "no_identity", &[]);
    assert!(!nobody.profile.exists(), "looking makes no profile");
}

#[test]
fn an_identity_is_made_once_and_with_a_sound_name_and_relay() {
    let dir = tempfile::tempdir().expect("a folder");
    let alice = nobody(dir.path().join("a"));
    let create = |name: &str, relay: &str| alice.run(&["id", "create", "--name", name, "--relay", relay]);
    assert_fails(&create("", NOWHERE), 1, "name_invalid", &["1 to 64"]);
    assert_fails(&create("Alice", "http://relay.example"), 1, "relay_invalid", &["https://HOST"]);
    let invited = ["id", "create", "--name", "Alice", "--relay", NOWHERE, "--invite", "-short"];
    assert_fails(&alice.run(&invited), 1, "invite_invalid", &["22 letters"]);
    let id = create("Alice", NOWHERE).json()["id"].clone();
    let invite = "-123456789_123456789_A";
    assert_fails(&alice.run(&["id", "invite", invite]), 1, "unreachable", &["try again"]);
    assert_fails(&create("Mallory", NOWHERE), 1, "identity_exists", &["--profile"]);
    assert_eq!(alice.run(&["id", "show"]).json()["id"], id);
    let usage = ended(Command::new(KUVERT).args(["id", "create"]));
    assert_eq!(usage.code, 2);
}

#[test]
fn no_name_reads_as_an_id() {
    let dir = tempfile::tempdir().expect("a folder");
    let alice = Person::new(&dir, "a", "Alice", NOWHERE);
    let other = nobody(dir.path().join("b"));
    for name in [alice.id.as_str(), &alice.id.to_lowercase().replace('-', " "), "group-3", "GROUP-12"] {
        let made = other.run(&["id", "create", "--name", name, "--relay", NOWHERE]);
        assert_fails(&made, 1, "name_invalid", &["look like"]);
    }
}

#[test]
fn a_new_identity_says_whether_its_relay_has_an_inbox_for_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let create = |folder: &str, relay: &str| {
        let person = nobody(dir.path().join(folder));
        person.run(&["id", "create", "--name", "Alice", "--relay", relay]).json()["state"].clone()
    };
    assert_eq!(create("a", NOWHERE), "unreachable");
    let text = nobody(dir.path().join("b")).text(&["id", "create", "--name", "Alice", "--relay", NOWHERE]);
    assert!(text.code == 0 && text.stderr.contains("has not answered yet"), "{}", text.stderr);
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    assert_eq!(create("c", &relay.origin()), "ready");
    let invited = Relay::start_with(&dir.path().join("invited"), &[], &["--registration", "invite"]);
    assert_eq!(create("d", &invited.origin()), "invite_needed");
    let closed = Relay::start_with(&dir.path().join("closed"), &[], &["--registration", "closed"]);
    assert_eq!(create("e", &closed.origin()), "relay_closed");
}

#[test]
fn what_the_shell_or_the_environment_got_wrong_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a-file");
    fs::write(&file, "").expect("written");
    let refused = nobody(file.clone()).run(&["id", "show"]);
    assert_fails(&refused, 1, "profile", &["a-file is not a folder", "--profile"]);
    assert_fails(
        &nobody(file).run(&["id", "create", "--name", "Alice"]),
        1,
        "profile",
        &["a-file is not a folder"],
    );
    let usage = ended(Command::new(KUVERT).args(["send", "bob"]).env("KUVERT_PROFILE", dir.path()));
    assert!(usage.code == 2 && usage.stderr.contains("<TEXT>"), "{}", usage.stderr);
    assert!(!usage.stderr.contains("--profile"), "{}", usage.stderr);
}

#[test]
fn a_wrong_or_missing_key_is_said_and_destroys_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let alice = Person::new(&dir, "a", "Alice", NOWHERE);
    let (key, database) = (alice.profile.join("key"), alice.profile.join("kuvert.db"));
    let (right, before) = (fs::read(&key).expect("a key"), fs::read(&database).expect("a database"));
    fs::write(&key, [7; 32]).expect("written");
    assert_fails(&alice.run(&["id", "show"]), 1, "wrong_key", &["put the key file back"]);
    fs::write(&key, [7; 31]).expect("written");
    assert_fails(&alice.run(&["id", "show"]), 1, "key_invalid", &["32 bytes", "backup"]);
    fs::remove_file(&key).expect("removed");
    assert_fails(&alice.run(&["id", "show"]), 1, "key_missing", &["backup", "nothing was changed"]);
    assert_fails(&alice.run(&["id", "create", "--name", "Alice"]), 1, "key_missing", &[]);
    assert!(!key.exists());
    assert_eq!(fs::read(&database).expect("still there"), before);
    fs::write(&key, right).expect("written");
    assert_eq!(alice.run(&["id", "show"]).json()["id"], alice.id.as_str());
}

#[test]
fn a_profile_in_use_names_the_command_to_end() {
    // STORE-2
    let dir = tempfile::tempdir().expect("a folder");
    let alice = Person::new(&dir, "a", "Alice", NOWHERE);
    let mut command = alice.command(&["listen", "--json"]);
    let mut listener = command.stdout(Stdio::piped()).spawn().expect("runs");
    let mut line = String::new();
    BufReader::new(listener.stdout.take().expect("piped")).read_line(&mut line).expect("an event");
    assert!(line.contains("\"disconnected\""), "{line}");
    let process = format!("kuvert listen (process {})", listener.id());
    let refused = alice.run(&["id", "show"]);
    assert_fails(&refused, 3, "profile_in_use", &[&process, "end that command"]);
    listener.kill().expect("still running");
    listener.wait().expect("ends");
    assert_eq!(alice.run(&["id", "show"]).code, 0, "a killed process holds nothing");
}

#[test]
fn a_contact_has_to_be_known_and_named_without_doubt() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let [bob, other] = ["b", "c"].map(|folder| Person::new(&dir, folder, "Bob", &relay.origin()));
    alice.befriend(&bob);
    assert_fails(&alice.run(&["send", "carol", "x"]), 1, "unknown_contact", &["carol", "contact list"]);
    assert_fails(&alice.run(&["send", "bo", "x"]), 1, "unknown_contact", &["did you mean Bob?"]);
    let last = if bob.id.ends_with('0') { "1" } else { "0" };
    let mistyped = format!("{}{last}", &bob.id[..bob.id.len() - 1]);
    assert_fails(&alice.run(&["send", &mistyped, "x"]), 1, "id_mistyped", &[]);
    assert_fails(&alice.run(&["send", "bob", " "]), 1, "text_invalid", &["16 KiB"]);

    assert_eq!(alice.run(&["contact", "add", &other.link()]).json()["state"], "requested");
    assert_fails(&alice.run(&["send", "bob", "x"]), 1, "ambiguous_name", &[&bob.id, &other.id]);
    assert_fails(&alice.run(&["send", &other.id, "x"]), 1, "not_accepted", &["not accepted yet"]);
    assert_fails(&alice.run(&["contact", "accept", &other.id]), 1, "nothing_to_accept", &[]);
    let relaxed = bob.id.replace('-', " ").to_lowercase();
    assert_eq!(alice.run(&["send", &relaxed, "x"]).json()["state"], "sent");
}

#[test]
fn a_link_has_to_be_complete_and_somebody_elses() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let own = alice.link();
    let cut = own.split('#').next().expect("an address");
    assert_fails(&alice.run(&["contact", "add", cut]), 1, "bad_link", &["after #"]);
    assert_fails(&alice.run(&["contact", "add", &own]), 1, "own_link", &["somebody else"]);
    let secret = own.rsplit('#').next().expect("a secret");
    let gone = format!("{}/c/{}#{secret}", relay.origin(), "A".repeat(22));
    assert_fails(&alice.run(&["contact", "add", &gone]), 1, "card_gone", &["ask for a new one"]);
    let wrong = format!("{cut}#{}", "A".repeat(43));
    assert_fails(&alice.run(&["contact", "add", &wrong]), 1, "card_invalid", &["do not trust"]);
    let elsewhere = own.replace(&relay.origin(), NOWHERE);
    assert_fails(&alice.run(&["contact", "add", &elsewhere]), 1, "unreachable", &["try again"]);
}

#[test]
fn without_a_relay_messages_are_queued_and_the_rest_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.befriend(&bob);
    let link = bob.link();
    drop(relay);
    let queued = alice.run(&["send", "bob", "for later", "--timeout", "0.5"]).json();
    assert_eq!(queued["state"], "queued");
    assert_eq!(alice.run(&["history", "bob"]).json()[1]["state"], "queued");
    assert_eq!(alice.run(&["contact", "list", "--offline"]).json()[0]["name"], "Bob");
    let listed = alice.text(&["contact", "list"]);
    assert!(listed.stderr.contains("cannot be reached"), "{}", listed.stderr);
    let add = alice.run(&["contact", "add", &link, "--timeout", "0.5"]);
    assert_fails(&add, 1, "unreachable", &["try again"]);
    let carol = Person::new(&dir, "c", "Carol", NOWHERE);
    assert_fails(&carol.run(&["link", "--timeout", "1"]), 1, "unreachable", &["kuvert link shows it"]);
}

#[test]
fn a_request_that_was_refused_is_made_again_with_its_new_text() {
    let dir = tempfile::tempdir().expect("a folder");
    let (here, there) = (Proxy::start(), Proxy::start());
    let start = |flags: &[&str]| {
        [(&here, "here"), (&there, "there")].map(|(proxy, folder)| {
            let relay = Relay::start_with(&dir.path().join(folder), &[proxy.origin.as_str()], flags);
            proxy.lead_to(Some(&relay));
            relay
        })
    };
    // Relays hand nothing over to addresses of this machine unless they are told to.
    let apart = start(&[]);
    let alice = Person::new(&dir, "a", "Alice", &here.origin);
    let bob = Person::new(&dir, "b", "Bob", &there.origin);
    let link = bob.link();
    let asked = alice.run(&["contact", "add", &link, "--message", "first"]);
    assert_fails(&asked, 1, "no_such_relay", &["federation.private_addresses", "not sent"]);
    let words = ["did not get there", "kuvert contact add LINK"];
    assert_fails(&alice.run(&["send", &bob.id, "hello?"]), 1, "not_asked", &words);
    drop(apart);
    let _together = start(&["--federation-private-addresses"]);
    let asked = alice.run(&["contact", "add", &link, "--message", "second"]).json();
    assert_eq!(asked["delivery"], "sent", "{asked}");
    assert_eq!(bob.hear(1), ["second"]);
    assert_eq!(alice.texts_with(&bob), ["first", "second"]);
    let words = ["not accepted yet", "a day after"];
    assert_fails(&alice.run(&["send", &bob.id, "hello?"]), 1, "not_accepted", &words);
}
