//! Completions and manual pages.

use std::fs;
use std::process::Command;

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
    assert_eq!(ended(Command::new(KUVERT).args(["man", "--to"]).arg(dir.path().join("no"))).code, 1);
}
