//! Tests of the texts: both languages are complete, and the code asks for no text that is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;

/// Keys of a file, each with the variables that its text uses.
fn keys(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in lang.source().lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
            assert!(keys.insert(key.to_owned(), BTreeSet::new()).is_none(), "{key} stands twice");
            current = key.to_owned();
        }
        for part in line.split('$').skip(1) {
            let name = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            keys.get_mut(&current).expect("a variable stands in a text").insert(name);
        }
    }
    keys
}

fn sources(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).expect("the sources can be read") {
        let path = entry.expect("the sources can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if !path.to_string_lossy().ends_with("tests.rs") {
            found.push_str(&std::fs::read_to_string(&path).expect("the sources can be read"));
        }
    }
}

/// Text literals in the sources that look like keys of texts, by the first part that all keys share.
fn literals(source: &str) -> BTreeSet<String> {
    let quoted = source.split('"').filter(|part| {
        part.contains('-') && part.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
    });
    quoted.map(str::to_owned).collect()
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_variables() {
    assert_eq!(keys(Lang::De), keys(Lang::En));
}

#[test]
fn both_files_are_without_error() {
    for lang in [Lang::De, Lang::En] {
        assert!(FluentResource::try_new(lang.source().to_owned()).is_ok(), "{lang:?}");
    }
}

#[test]
fn every_text_is_asked_for_and_every_text_asked_for_exists() {
    let mut source = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    let keys = keys(Lang::En);
    let literals = literals(&source);
    for key in keys.keys() {
        assert!(literals.contains(key), "no screen shows the text {key}");
    }
    let families: BTreeSet<&str> = keys.keys().filter_map(|key| key.split('-').next()).collect();
    for call in ["t(\"", "t1(\"", "text(lang, \"", "text(lang.get(), \""] {
        for rest in source.split(call).skip(1) {
            let key = rest.split('"').next().unwrap_or_default();
            let family = key.split('-').next().unwrap_or_default();
            if families.contains(family) {
                assert!(keys.contains_key(key), "the text {key} is missing");
            }
        }
    }
}

#[test]
fn numbers_choose_between_singular_and_plural() {
    assert_eq!(text(Lang::De, "list-unread", &[("count", 1.into())]), "1 ungelesene Nachricht");
    assert_eq!(text(Lang::De, "list-unread", &[("count", 3.into())]), "3 ungelesene Nachrichten");
    assert_eq!(text(Lang::En, "list-unread", &[("count", 1.into())]), "1 unread message");
}

#[test]
fn a_name_stands_in_a_text_as_it_is() {
    let shown = text(Lang::En, "request-asking", &[("name", "Anna".into())]);
    assert_eq!(shown, "Anna wants to write to you");
}

#[test]
fn the_first_wish_that_is_german_or_english_decides() {
    assert_eq!(Lang::from_wishes(["fr-FR", "de-AT", "en"]), Lang::De);
    assert_eq!(Lang::from_wishes(["en-GB", "de"]), Lang::En);
    assert_eq!(Lang::from_wishes(["fr"]), Lang::En);
}
