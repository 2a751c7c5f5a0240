//! Files between real processes and a real relay: killed in the middle, cleaned, refused, forged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::privacy;
use crate::support::{Person, Proxy, Relay};

/// A long file, in size and in slices.
const SIZE: usize = 20 * 1024 * 1024;
/// Where transfers are interrupted.
const MIDDLE: u64 = 6 * 1024 * 1024;
const SECRET: &str = "meet me at the old lighthouse";

/// Bytes that do not repeat, with a text in every page.
fn long_file(path: &Path) -> Vec<u8> {
    let mut state = 7u64;
    let mut bytes: Vec<u8> = (0..SIZE / 8)
        .flat_map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()
        })
        .collect();
    for page in bytes.chunks_mut(4096) {
        page[100..100 + SECRET.len()].copy_from_slice(SECRET.as_bytes());
    }
    fs::write(path, &bytes).expect("written");
    bytes
}

fn friends(dir: &tempfile::TempDir, origin: &str) -> (Person, Person) {
    let alice = Person::new(dir, "a", "Alice", origin);
    let bob = Person::new(dir, "b", "Bob", origin);
    alice.befriend(&bob);
    (alice, bob)
}

fn path_of(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn last(person: &Person, other: &Person) -> Value {
    person.run(&["history", &other.id, "--limit", "1"]).json()[0].clone()
}

/// Runs a command until files stand still, and kills it.
fn kill_in_the_middle(person: &Person, args: &[&str], proxy: &Proxy) {
    proxy.hold_files(Some(MIDDLE));
    let mut command = person.command(args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    proxy.wait_until_lost();
    child.kill().expect("still running");
    child.wait().expect("ends");
    proxy.hold_files(None);
}

/// All files below a folder.
fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
fn a_long_file_arrives_whole_though_both_sides_are_killed_in_the_middle() {
    let dir = tempfile::tempdir().expect("a folder");
    let (data, proxy) = (dir.path().join("relay"), Proxy::start());
    let relay = Relay::start(&data, &[&proxy.origin]);
    proxy.lead_to(Some(&relay));
    let (alice, bob) = friends(&dir, &proxy.origin);
    let original = dir.path().join("Leuchtturm.bin");
    let bytes = long_file(&original);

    let send = ["send", &bob.id, SECRET, "--file", path_of(&original), "--timeout", "60"];
    kill_in_the_middle(&alice, &send, &proxy);
    let waiting = last(&alice, &bob);
    assert_eq!((&waiting["state"], &waiting["files"][0]["state"]), (&json!("queued"), &json!("sending")));
    assert_eq!(count(&alice.profile.join("outgoing")), 1);
    // The original is not needed any more. The next command that stays long enough goes on.
    fs::remove_file(&original).expect("removed");
    let sent = alice.run(&["send", &bob.id, "did you get it?", "--timeout", "60"]).json();
    assert_eq!(sent["state"], "sent");
    let carried = proxy.hold_files(None);
    let left = SIZE as u64 * 9 / 8 - MIDDLE / 2;
    assert!(carried < left, "the upload went on where it was: {carried} bytes instead of {left}");
    assert_eq!(count(&alice.profile.join("outgoing")), 0, "nothing is kept that was sent");
    assert_eq!(last(&alice, &bob)["text"], "did you get it?");

    // RELAY-4, for files.
    let mut held = Vec::new();
    privacy::files(&data, &mut held);
    assert!(held.iter().any(|file| file.len() > SIZE), "the sealed file is there");
    for secret in [SECRET, "Leuchtturm"] {
        assert!(!held.iter().any(|file| file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes())));
    }

    let heard = bob.run(&["listen", "--count", "3", "--timeout", "20"]).lines();
    let event = heard.iter().find(|event| event["files"].is_array()).expect("a message with a file");
    let file = json!({ "name": "Leuchtturm.bin", "type": "application/octet-stream", "size": SIZE,
        "state": "offered", "path": null });
    assert_eq!((&event["text"], &event["files"]), (&json!(SECRET), &json!([file])));
    let (number, into) = (event["message"].to_string(), dir.path().join("saved"));
    let save = ["save", &number, "--to", path_of(&into), "--timeout", "60"];
    kill_in_the_middle(&bob, &save, &proxy);
    let part = into.join("Leuchtturm.bin.kuvert-part");
    let saved = fs::metadata(&part).expect("a part").len();
    assert!(saved > MIDDLE / 2 && saved < SIZE as u64, "{saved}");
    assert_eq!(count(&into), 1, "what is not complete has no other name");
    let done = bob.run(&save).json();
    let carried = proxy.hold_files(None);
    assert!(carried < left, "the download went on where it was: {carried} bytes instead of {left}");
    let path = PathBuf::from(done["files"][0]["path"].as_str().expect("a path"));
    assert_eq!((done["state"].as_str(), path.file_name()), (Some("saved"), Some("Leuchtturm.bin".as_ref())));
    assert!(fs::read(&path).expect("saved") == bytes);
    assert_eq!(count(&into), 1, "no part is left");
}

#[test]
fn a_message_is_taken_back_as_long_as_its_files_are_not_at_the_relay() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (alice, bob) = friends(&dir, &relay.origin());
    let file = dir.path().join("notes.txt");
    fs::write(&file, b"not for everybody").expect("written");
    drop(relay);
    let send = ["send", "bob", "see this", "--file", path_of(&file), "--timeout", "0.5"];
    let number = alice.run(&send).json()["message"].to_string();
    assert_eq!(last(&alice, &bob)["state"], "queued");
    assert_eq!(count(&alice.profile.join("outgoing")), 1);
    let cancelled = alice.run(&["cancel", &number]).json();
    assert_eq!(cancelled["state"], "cancelled");
    assert_ne!(last(&alice, &bob)["text"], "see this");
    assert_eq!(count(&alice.profile.join("outgoing")), 0);
    assert_eq!(alice.run(&["cancel", &number]).failure().0, "unknown_message");
    let first = last(&alice, &bob)["id"].to_string();
    assert_eq!(alice.run(&["cancel", &first]).failure().0, "nothing_to_cancel");
}

#[test]
fn files_are_saved_as_they_come_and_pictures_tell_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (alice, bob) = friends(&dir, &relay.origin());
    let told = b"GIF89a\x01\0\x01\0\0\0\0\x21\xfe\x06SECRET\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0\x3b";
    let (picture, empty) = (dir.path().join("a.gif"), dir.path().join("empty"));
    fs::write(&picture, told).expect("written");
    fs::write(&empty, b"").expect("written");
    let into = dir.path().join("inbox");
    fs::create_dir(&into).expect("made");
    fs::write(into.join("a.gif"), b"mine").expect("written");
    let sent = alice.run(&["send", "bob", "--file", path_of(&picture), "--file", path_of(&empty)]).json();
    assert_eq!(sent["state"], "sent");
    let heard = bob.run(&["listen", "--count", "2", "--timeout", "20", "--save", path_of(&into)]);
    assert_eq!(heard.code, 0, "{}", heard.stderr);
    let saved: Vec<_> = heard.lines().into_iter().filter(|event| event["event"] == "saved").collect();
    assert_eq!(saved.len(), 2, "{}", heard.stdout);
    let cleaned = fs::read(into.join("a (2).gif")).expect("saved");
    assert!(cleaned.starts_with(b"GIF89a") && !cleaned.windows(6).any(|bytes| bytes == b"SECRET"));
    assert_eq!(fs::read(into.join("empty")).expect("saved"), b"");
    assert_eq!(fs::read(into.join("a.gif")).expect("there"), b"mine", "nothing is overwritten");
    assert_eq!(last(&bob, &alice)["files"][0]["state"], "saved");
    let shown = bob.text(&["history", "alice", "--limit", "1"]).stdout;
    assert!(shown.contains("[a.gif, 29 B] [empty, 0 B]"), "{shown}");
}

#[test]
fn what_the_relay_has_altered_is_not_saved() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("relay");
    let relay = Relay::start(&data, &[]);
    let (alice, bob) = friends(&dir, &relay.origin());
    let original = dir.path().join("a.txt");
    fs::write(&original, vec![b'x'; 300_000]).expect("written");
    alice.run(&["send", "bob", "--file", path_of(&original)]).json();
    let heard = bob.run(&["listen", "--count", "2", "--timeout", "20"]).lines();
    let with_file = heard.iter().find(|event| event["files"].is_array()).expect("a message with a file");
    let number = with_file["message"].to_string();
    let blob = blob_in(&data, 300_000).expect("the blob");
    let mut bytes = fs::read(&blob).expect("read");
    bytes[200_000] ^= 1;
    fs::write(&blob, &bytes).expect("written");
    let into = dir.path().join("saved");
    let refused = bob.run(&["save", &number, "--to", path_of(&into)]);
    assert_eq!((refused.code, refused.failure().0.as_str()), (1, "file_not_saved"));
    assert_eq!(count(&into), 0);
    bytes[200_000] ^= 1;
    fs::write(&blob, &bytes).expect("written");
    assert_eq!(bob.run(&["save", &number, "--to", path_of(&into)]).json()["state"], "saved");
    let no_folder = bob.run(&["save", &number, "--to", path_of(&original)]).failure();
    assert_eq!(no_folder.0, "no_folder");
    assert!(no_folder.1.contains(path_of(&original)), "{}", no_folder.1);
    let no_number = bob.text(&["save", "abc"]);
    assert!(
        no_number.code == 2 && no_number.stderr.contains("kuvert history shows it"),
        "{}",
        no_number.stderr
    );
    drop(relay);
    let nowhere = bob.run(&["save", &number, "--to", path_of(&into), "--timeout", "0.5"]).json();
    assert_eq!((&nowhere["state"], &nowhere["files"]), (&json!("queued"), &json!([])));
}

/// The only file below a folder that has about this size.
fn blob_in(folder: &Path, size: u64) -> Option<PathBuf> {
    fs::read_dir(folder).expect("readable").find_map(|entry| {
        let path = entry.expect("an entry").path();
        let found = fs::metadata(&path).expect("there");
        if found.is_dir() {
            return blob_in(&path, size);
        }
        (found.is_file() && (size..size * 9 / 8).contains(&found.len())).then_some(path)
    })
}

#[test]
fn what_cannot_be_sent_is_refused_with_a_reason() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start_with(&dir.path().join("relay"), &[], &["--blobs-max-size", "100 KiB"]);
    let (alice, bob) = friends(&dir, &relay.origin());
    let refused = |args: &[&str]| {
        let ended = alice.run(&[&["send", "bob"], args].concat());
        (ended.code, ended.failure())
    };
    let missing = dir.path().join("missing");
    let (code, (name, words)) = refused(&["--file", path_of(&missing)]);
    assert_eq!((code, name.as_str()), (1, "file_invalid"));
    assert!(words.contains("missing cannot be read"), "{words}");
    assert!(refused(&["--file", path_of(dir.path())]).1.1.contains("not a file"));
    let broken = dir.path().join("broken.png");
    fs::write(&broken, b"\x89PNG\r\n\x1a\nbroken").expect("written");
    assert!(refused(&["look", "--file", path_of(&broken)]).1.1.contains("damaged"));
    assert_eq!(
        last(&alice, &bob)["text"],
        "Hello! I would like to write to you.",
        "nothing was written down"
    );
    let large = dir.path().join("large");
    fs::write(&large, vec![1; 200_000]).expect("written");
    let (code, (name, words)) = refused(&["too large", "--file", path_of(&large)]);
    assert_eq!((code, name.as_str()), (1, "file_not_sent"));
    assert!(words.contains("takes no files of this size"), "{words}");
    let failed = last(&alice, &bob);
    assert_eq!((&failed["state"], &failed["files"][0]["state"]), (&json!("failed"), &json!("not_sent")));
    // Texts go on.
    alice.send(&bob, "then not");
    assert_eq!(alice.run(&["save", &failed["id"].to_string()]).failure().0, "nothing_to_save");
    assert_eq!(alice.run(&["save", "999"]).failure().0, "unknown_message");
}

/// Runs a command to its end, and says how much memory it needed at most, in KiB.
#[cfg(target_os = "linux")]
fn peak_of(person: &Person, args: &[&str]) -> u64 {
    let mut command = person.command(args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("waits").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let found = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(found.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn a_long_file_needs_no_more_memory_than_a_few_slices() {
    /// More than twice what may be needed beside that of a short file.
    const LONG: u64 = 90 * 1024 * 1024;
    const MORE_KIB: u64 = 40 * 1024;
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (alice, bob) = friends(&dir, &relay.origin());
    let into = dir.path().join("saved");
    let mut peaks = Vec::new();
    for size in [100_000, LONG] {
        let path = dir.path().join(format!("{size}"));
        fs::File::create(&path).and_then(|file| file.set_len(size)).expect("written");
        let sent = peak_of(&alice, &["send", "bob", "--file", path_of(&path), "--timeout", "60"]);
        bob.run(&["contact", "list"]).json();
        let number = last(&bob, &alice)["id"].to_string();
        let saved = peak_of(&bob, &["save", &number, "--to", path_of(&into), "--timeout", "60"]);
        assert_eq!(fs::metadata(into.join(format!("{size}"))).expect("saved").len(), size);
        peaks.push((sent, saved));
    }
    assert!(peaks[1].0 <= peaks[0].0 + MORE_KIB && peaks[1].1 <= peaks[0].1 + MORE_KIB, "{peaks:?}");
}

#[test]
fn files_of_a_deleted_message_go_from_the_relay_and_from_both_sides() {
    // STORE-1, for files.
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("relay");
    let relay = Relay::start(&data, &[]);
    let (alice, bob) = friends(&dir, &relay.origin());
    let original = dir.path().join("a.txt");
    fs::write(&original, vec![b'x'; 300_000]).expect("written");
    let sent = alice.run(&["send", "bob", "--file", path_of(&original)]).json();
    bob.run(&["contact", "list"]).json();
    assert_eq!(last(&bob, &alice)["files"][0]["state"], "offered");
    assert!(blob_in(&data, 300_000).is_some());
    assert_eq!(alice.run(&["delete", &sent["message"].to_string()]).json()["state"], "sent");
    assert_eq!(blob_in(&data, 300_000), None);
    bob.run(&["contact", "list"]).json();
    let deleted = last(&bob, &alice);
    assert_eq!((&deleted["deleted"], &deleted["files"]), (&json!(true), &Value::Null));
    assert_eq!(bob.run(&["save", &deleted["id"].to_string()]).failure().0, "nothing_to_save");
}

#[test]
fn files_reach_people_at_another_relay_both_ways() {
    let dir = tempfile::tempdir().expect("a folder");
    let start = |name: &str| {
        let (data, proxy) = (dir.path().join(name), Proxy::start());
        let relay = Relay::start_with(&data, &[&proxy.origin], &["--federation-private-addresses"]);
        proxy.lead_to(Some(&relay));
        (data, proxy, relay)
    };
    let ((here, first, _here), (there, second, _there)) = (start("here"), start("there"));
    let alice = Person::new(&dir, "a", "Alice", &first.origin);
    let bob = Person::new(&dir, "b", "Bob", &second.origin);
    alice.run(&["contact", "add", &bob.link()]).json();
    bob.hear(1);
    bob.run(&["contact", "accept", "alice"]).json();
    let is_accepted = || alice.run(&["contact", "list"]).json()[0]["state"] == "accepted";
    assert!((0..50).any(|_| is_accepted()), "the acceptance arrives");
    let into = dir.path().join("saved");
    for (from, to, size) in [(&alice, &bob, 300_000), (&bob, &alice, 700_000)] {
        let path = dir.path().join(format!("{size}"));
        fs::write(&path, vec![b'x'; size]).expect("written");
        let sent = from.run(&["send", &to.id, "--file", path_of(&path), "--timeout", "20"]).json();
        assert_eq!(sent["state"], "sent");
        let heard = to.run(&["listen", "--count", "1", "--timeout", "20", "--save", path_of(&into)]);
        assert_eq!(heard.code, 0, "{} {}", heard.stdout, heard.stderr);
        assert!(fs::read(into.join(format!("{size}"))).expect("saved") == vec![b'x'; size]);
        // At the relay of the channel, whoever sends.
        assert!(blob_in(&here, size as u64).is_some() && blob_in(&there, size as u64).is_none());
    }
}
