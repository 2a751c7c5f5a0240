//! Profiles on disks that fail.

use std::fs;

use crate::small_disk::Small;
use crate::support::{Person, Relay};

#[test]
fn a_damaged_database_is_said_and_left_as_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let anna = Person::new(&dir, "a", "Anna", "http://127.0.0.1:9");
    let database = anna.profile.join("kuvert.db");
    let mut damaged = fs::read(&database).expect("a database");
    // All pages but the first, which says that the key is the right one.
    damaged[4096..].fill(0xee);
    fs::write(&database, &damaged).expect("written");
    for args in [["id", "show"].as_slice(), &["contact", "list", "--offline"], &["history", "ben"]] {
        let (code, words) = anna.run(args).failure();
        assert_eq!(code, "damaged", "{words}");
        assert!(words.contains("backup"), "{words}");
    }
    assert_eq!(fs::read(&database).expect("still there"), damaged);
}

#[test]
fn on_a_full_disk_nothing_is_lost_and_all_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let folder = dir.path().join("a");
    fs::create_dir(&folder).expect("made");
    let Some(disk) = Small::mount(&folder, 16) else { return };
    let anna = Person::new(&dir, "a/profile", "Anna", &relay.origin());
    let ben = Person::new(&dir, "b", "Ben", &relay.origin());
    anna.befriend(&ben);
    anna.send(&ben, "before");
    disk.fill();
    for n in 0..5 {
        ben.send(&anna, &format!("message {n}"));
    }
    for args in [["send", "ben", "x"].as_slice(), &["listen", "--count", "5", "--timeout", "20"]] {
        let (code, words) = anna.run(args).failure();
        assert_eq!(code, "disk_full", "{words}");
        assert!(words.contains("make room"), "{words}");
    }
    assert_eq!(anna.texts_with(&ben)[1..], ["before"], "what was there can be read");
    disk.free();
    assert_eq!(anna.hear(5), (0..5).map(|n| format!("message {n}")).collect::<Vec<_>>());
    anna.send(&ben, "after");
    assert_eq!(ben.hear(3)[1..], ["before", "after"]);
}
