//! Nothing is lost, doubled or out of order when processes are killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::support::{Mode, Person, Proxy, Relay, texts};

const ROUNDS: usize = 20;

/// A send whose output is watched.
fn sending(alice: &Person, bob: &Person, text: &str) -> Child {
    let mut command = alice.command(&["send", &bob.id, text, "--timeout", "60"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("runs")
}

/// SIGKILL: the process gets no chance to finish anything.
fn kill(mut child: Child) {
    child.kill().expect("still running");
    child.wait().expect("ends");
}

#[test]
fn a_client_killed_between_committed_and_sent_sends_once_and_in_order() {
    // CORE-1, CORE-3
    let dir = tempfile::tempdir().expect("a folder");
    let (data, proxy) = (dir.path().join("relay"), Proxy::start());
    let start = || {
        let relay = Relay::start(&data, &[&proxy.origin]);
        proxy.lead_to(Some(&relay));
        Some(relay)
    };
    let mut relay = start();
    let alice = Person::new(&dir, "a", "Alice", &proxy.origin);
    let bob = Person::new(&dir, "b", "Bob", &proxy.origin);
    alice.befriend(&bob);
    let mut all = bob.hear(1);
    for round in 0..ROUNDS {
        let text = format!("round {round}");
        match round % 3 {
            0 => {
                // The relay is down.
                proxy.lead_to(None);
                drop(relay.take());
                let mut child = sending(&alice, &bob, &text);
                let stderr = BufReader::new(child.stderr.take().expect("piped"));
                let note = stderr.lines().next().expect("a note").expect("UTF-8");
                assert_eq!(note, "the message is written down; waiting for the relay");
                kill(child);
                relay = start();
            }
            1 => {
                // The network is: the post left, and did not arrive.
                proxy.set(Mode::LosePosts);
                let child = sending(&alice, &bob, &text);
                proxy.wait_until_lost();
                kill(child);
            }
            _ => {
                // The post arrived, its answer did not.
                proxy.set(Mode::LoseAnswers);
                let child = sending(&alice, &bob, &text);
                proxy.wait_until_lost();
                kill(child);
            }
        }
        let last = alice.run(&["history", &bob.id, "--limit", "1"]).json();
        assert_eq!(last[0]["state"], "queued", "round {round}: written down, and not known to be sent");
        proxy.set(Mode::Pass);
        let mut due = vec![text];
        if round % 2 == 0 {
            due.push(format!("after round {round}"));
            alice.send(&bob, &due[1]);
        } else {
            alice.run(&["contact", "list"]).json();
        }
        assert_eq!(bob.hear(due.len()), due, "round {round}");
        all.append(&mut due);
    }
    assert_eq!(bob.texts_with(&alice), all);
    assert_eq!(alice.texts_with(&bob), all);
    let more = bob.run(&["listen", "--timeout", "0.3"]);
    assert_eq!((more.code, texts(&more.lines())), (4, vec![]), "nothing comes twice");
    alice.run(&["contact", "list"]).json();
    let states = alice.run(&["history", "bob", "--limit", "1000"]).json();
    assert!(states.as_array().expect("messages").iter().all(|m| m["state"] == "read"), "{states}");
}

#[test]
fn a_relay_killed_between_accepted_and_delivered_delivers_once() {
    // RELAY-1, with the real clients
    let dir = tempfile::tempdir().expect("a folder");
    let (data, proxy) = (dir.path().join("relay"), Proxy::start());
    let start = || {
        let relay = Relay::start(&data, &[&proxy.origin]);
        proxy.lead_to(Some(&relay));
        relay
    };
    let mut relay = start();
    let alice = Person::new(&dir, "a", "Alice", &proxy.origin);
    let bob = Person::new(&dir, "b", "Bob", &proxy.origin);
    alice.befriend(&bob);
    let mut all = bob.hear(1);
    for round in 0..ROUNDS {
        let (from, to) = if round % 2 == 0 { (&alice, &bob) } else { (&bob, &alice) };
        let text = format!("round {round}");
        from.send(to, &text);
        drop(relay);
        relay = start();
        assert_eq!(to.hear(1), [text.as_str()], "round {round}");
        all.push(text);
    }
    for (one, other) in [(&alice, &bob), (&bob, &alice)] {
        assert_eq!(one.texts_with(other), all);
        let more = one.run(&["listen", "--timeout", "0.3"]);
        assert_eq!((more.code, texts(&more.lines())), (4, vec![]), "nothing comes twice");
    }
}

#[test]
fn a_listener_is_back_when_the_relay_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let (data, proxy) = (dir.path().join("relay"), Proxy::start());
    let relay = Relay::start(&data, &[&proxy.origin]);
    proxy.lead_to(Some(&relay));
    let alice = Person::new(&dir, "a", "Alice", &proxy.origin);
    let bob = Person::new(&dir, "b", "Bob", &proxy.origin);
    alice.befriend(&bob);
    let mut command = bob.command(&["listen", "--json", "--count", "2", "--timeout", "30"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut wait_for = |what: &str| {
        let found = lines.by_ref().any(|line| line.expect("UTF-8").contains(what));
        assert!(found, "the listener ended without: {what}");
    };
    wait_for("\"connected\"");
    proxy.lead_to(None);
    drop(relay);
    wait_for("\"disconnected\"");
    let relay = Relay::start(&data, &[&proxy.origin]);
    proxy.lead_to(Some(&relay));
    wait_for("\"connected\"");
    alice.send(&bob, "still there?");
    wait_for("still there?");
    assert!(child.wait().expect("ends").success());
}
