//! The full-screen client in a real terminal.

use std::process::Command;

use crate::support::{Person, Relay, texts};
use crate::terminal::Terminal;

fn chat(person: &Person) -> Command {
    let mut command = person.command(&["chat"]);
    command.env("TZ", "UTC").env("TERM", "xterm-256color");
    command
}

#[test]
fn a_link_a_request_its_acceptance_and_messages_in_full_screen() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    let link = bob.link();

    let mut at_alice = Terminal::run(chat(&alice), (24, 80));
    at_alice.see("Kuvert Alice connected");
    at_alice.press(&format!("\u{1b}[200~{link}\u{1b}[201~"));
    at_alice.see("Add a contact");
    at_alice.press("\r");
    at_alice.see(&format!("{} at {}", bob.id, relay.origin()));
    at_alice.press("\r");
    at_alice.see("You asked to write to Bob.");
    at_alice.see("Hello, this is Alice. sent");

    let mut at_bob = Terminal::run(chat(&bob), (12, 40));
    at_bob.see("1 unread");
    at_bob.press("\r");
    at_bob.see("Alice asks to write to you. Press y to accept, n to decline.");
    at_bob.press("y");
    at_bob.see("Enter send");
    at_bob.press("Hello\u{1b}\rAlice\r");
    at_bob.see("me: Hello Alice read");
    at_alice.see("Bob: Hello Alice");
    at_alice.press("Hello Bob\r");
    at_bob.see("Alice: Hello Bob");
    at_bob.resize((24, 100));
    at_bob.see("Kuvert Bob connected >Alice");

    at_alice.press("\u{3}");
    assert!(at_alice.end().success());
    at_bob.terminate();
    assert!(at_bob.end().success());
    let history = alice.texts_with(&bob);
    assert_eq!(history, ["Hello, this is Alice.", "Hello\nAlice", "Hello Bob"]);
}

#[test]
fn the_full_screen_says_that_the_relay_is_gone_and_sends_later() {
    let dir = tempfile::tempdir().expect("a folder");
    let proxy = crate::support::Proxy::start();
    let relay = Relay::start(&dir.path().join("relay"), &[&proxy.origin]);
    proxy.lead_to(Some(&relay));
    let alice = Person::new(&dir, "a", "Alice", &proxy.origin);
    let bob = Person::new(&dir, "b", "Bob", &proxy.origin);
    alice.befriend(&bob);
    proxy.lead_to(None);
    let mut at_alice = Terminal::run(chat(&alice), (24, 80));
    at_alice.see("relay not reached, trying again");
    at_alice.press("\rlater\r");
    at_alice.see("me: later waiting to be sent");
    proxy.lead_to(Some(&relay));
    at_alice.see("me: later sent");
    let refused = alice.run(&["history", "bob"]);
    assert_eq!(refused.code, 3, "one program at a time");
    assert!(refused.failure().1.contains("kuvert chat (process "));
    at_alice.press("\u{3}");
    assert!(at_alice.end().success());
}

#[test]
fn what_was_read_in_full_screen_is_not_reported_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.befriend(&bob);
    alice.send(&bob, "read in full screen");
    let mut at_bob = Terminal::run(chat(&bob), (24, 80));
    at_bob.see("Kuvert Bob 2 unread connected");
    at_bob.press("\r");
    at_bob.see("Alice: read in full screen");
    at_bob.press("\u{3}");
    assert!(at_bob.end().success());
    // What was read and changes now is told as a change; what was deleted before it was read hides nothing.
    let history = alice.run(&["history", &bob.id]).json();
    let first = history[1]["id"].to_string();
    alice.run(&["edit", &first, "read, and changed"]).json();
    for text in ["new", "taken back"] {
        alice.send(&bob, text);
    }
    let history = alice.run(&["history", &bob.id]).json();
    alice.run(&["delete", &history[3]["id"].to_string()]).json();
    bob.run(&["contact", "list"]).json();
    let heard = bob.run(&["listen", "--timeout", "2"]).lines();
    assert_eq!(texts(&heard).first().map(String::as_str), Some("new"), "{heard:?}");
    assert!(!texts(&heard).iter().any(|text| text.starts_with("read")), "{heard:?}");
}

#[test]
fn without_a_terminal_the_full_screen_says_what_to_use_instead() {
    let dir = tempfile::tempdir().expect("a folder");
    let alice = Person::new(&dir, "a", "Alice", "http://127.0.0.1:9");
    let refused = alice.run(&["chat"]);
    assert_eq!((refused.code, refused.failure().0.as_str()), (1, "no_terminal"));
}

#[test]
fn a_file_is_sent_and_saved_in_full_screen() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let alice = Person::new(&dir, "a", "Alice", &relay.origin());
    let bob = Person::new(&dir, "b", "Bob", &relay.origin());
    alice.befriend(&bob);
    let (plan, downloads) = (dir.path().join("plan.txt"), dir.path().join("downloads"));
    std::fs::write(&plan, "a plan").expect("written");
    std::fs::create_dir(&downloads).expect("made");
    let mut at_alice = Terminal::run(chat(&alice), (24, 80));
    at_alice.see("Kuvert Alice connected");
    at_alice.press("\r");
    at_alice.see("Enter send");
    at_alice.press("here it is\u{f}");
    at_alice.see("Send a file");
    at_alice.press(&format!("{}\r", plan.display()));
    at_alice.see("me: here it is [plan.txt, 6 B]");
    let mut command = chat(&bob);
    command.env("XDG_DOWNLOAD_DIR", &downloads);
    let mut at_bob = Terminal::run(command, (24, 80));
    at_bob.see("Kuvert Bob 2 unread connected");
    at_bob.press("\r");
    at_bob.see("[plan.txt, 6 B, Tab and w save it]");
    at_bob.press("\tw");
    at_bob.see("6 B, saved as");
    assert_eq!(std::fs::read(downloads.join("plan.txt")).expect("saved"), b"a plan");
    at_alice.press("\u{3}");
    at_bob.press("\u{3}");
    assert!(at_alice.end().success() && at_bob.end().success());
}
