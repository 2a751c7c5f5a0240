//! Completions and manual pages.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::{KUVERT, ended};

#[test]
fn every_shell_gets_completions_and_every_command_a_page() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = ended(Command::new(KUVERT).args(["completions", shell]));
        assert_eq!(script.code, 0, "{}", script.stderr);
        assert!(script.stdout.contains("history") && script.stdout.contains("profile"), "{shell}");
    }
    assert_eq!(ended(Command::new(KUVERT).args(["completions", "sh"])).code, 2);
    let page = ended(Command::new(KUVERT).arg("man")).stdout;
    assert!(page.contains(".TH kuvert 1") && page.contains("Exit codes"), "{page}");
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(ended(Command::new(KUVERT).args(["man", "--to"]).arg(dir.path())).code, 0);
    for page in ["kuvert.1", "kuvert-send.1", "kuvert-contact-add.1", "kuvert-relay.1"] {
        let page = fs::read_to_string(dir.path().join(page)).expect(page);
        assert!(page.contains(".SH SYNOPSIS"));
    }
    let missing = dir.path().join("no");
    let refused = ended(Command::new(KUVERT).args(["man", "--to"]).arg(&missing));
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains(missing.to_str().expect("UTF-8")), "{}", refused.stderr);
}

#[test]
fn who_reads_only_the_beginning_of_a_script_is_not_told_of_it() {
    let mut child = Command::new(KUVERT)
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("ends");
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}
