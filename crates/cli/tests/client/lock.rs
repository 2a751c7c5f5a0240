//! Profiles that are locked with a passphrase or a key file.

use std::fs;

use serde_json::json;

use crate::support::Person;

#[test]
fn a_locked_profile_opens_with_its_secret_only_and_loses_nothing_otherwise() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (first, second) = (file("first", "open sesame\n"), file("second", "another passphrase"));
    let key_file = file("key file", &"0123456789abcdef".repeat(2));
    let person = Person { profile: dir.path().join("profile"), id: String::new() };
    let made = person.run(&["id", "create", "--name", "Anna", "--passphrase-file", &first]).json();
    let show = |secret: &[&str]| person.run(&[&["id", "show"], secret].concat());

    assert_eq!(show(&[]).failure().0, "locked");
    assert_eq!(show(&["--passphrase-file", &second]).failure().0, "wrong_passphrase");
    assert_eq!(show(&["--key-file", &key_file]).failure().0, "locked");
    assert_eq!(show(&["--passphrase-file", "/nowhere"]).failure().0, "secret_unreadable");
    assert_eq!(show(&["--passphrase-file", &first]).json()["id"], made["id"]);

    let lock = |args: &[&str]| person.run(&[&["lock"], args].concat());
    assert_eq!(lock(&["--passphrase-file", &first]).failure().0, "nothing_to_lock_with");
    let short = file("short", "1234567");
    let refused = lock(&["--passphrase-file", &first, "--new-passphrase-file", &short]);
    assert_eq!(refused.failure().0, "secret_too_short");
    let changed = lock(&["--passphrase-file", &first, "--new-passphrase-file", &second]).json();
    assert_eq!(changed, json!({ "protection": "passphrase" }));
    assert_eq!(show(&["--passphrase-file", &first]).failure().0, "wrong_passphrase");
    let changed = lock(&["--passphrase-file", &second, "--new-key-file", &key_file]).json();
    assert_eq!(changed, json!({ "protection": "key_file" }));
    assert_eq!(show(&["--key-file", &second]).failure().0, "wrong_key_file");
    assert_eq!(show(&["--key-file", &key_file]).json()["id"], made["id"]);
    assert_eq!(lock(&["--key-file", &key_file, "--remove"]).json(), json!({ "protection": "none" }));
    assert_eq!(show(&[]).json()["id"], made["id"]);
    assert_eq!(show(&["--passphrase-file", &first]).failure().0, "not_locked");
}
