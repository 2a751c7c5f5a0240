//! Names of files that other people chose, made harmless.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::download::part_of;

/// Longest name in bytes: file systems take 255, and a number and `.kuvert-part` are added.
const MAX_NAME: usize = 200;
/// What a file without a usable name is called.
const NAMELESS: &str = "file";

/// A name that is one file in one folder, on every system: no path, no control characters and none that turn the direction
/// of writing, no hidden file, no name that Windows keeps to itself.
pub fn harmless(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control())
        .filter(|c| {
            !matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        })
        .map(|c| if matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    let kept = kept.trim().trim_start_matches('.').trim_end_matches(['.', ' ']).trim_start();
    let (stem, ending) = parts(kept);
    let ending = if ending.len() > MAX_NAME / 2 { "" } else { ending };
    let mut stem = cut(stem, MAX_NAME - ending.len()).trim_end().to_owned();
    if stem.is_empty() {
        NAMELESS.clone_into(&mut stem);
    }
    if is_reserved(&stem) {
        stem.insert(0, '_');
    }
    format!("{stem}{ending}")
}

/// A path in `folder` for a file of this name that is neither there nor in `taken`; it is in `taken` then.
pub fn free_path(folder: &Path, name: &str, taken: &mut BTreeSet<PathBuf>) -> PathBuf {
    let name = harmless(name);
    let (stem, ending) = parts(&name);
    let named = (1u32..).map(|number| match number {
        1 => folder.join(&name),
        number => folder.join(format!("{stem} ({number}){ending}")),
    });
    let mut free = named.filter(|path| {
        // A link that leads nowhere is there, too.
        let is_there = |path: &Path| path.symlink_metadata().is_ok();
        !taken.contains(path) && !is_there(path) && !is_there(&part_of(path))
    });
    let path = free.next().unwrap_or_else(|| folder.join(&name));
    taken.insert(path.clone());
    path
}

/// A name without its ending, and the ending with its dot.
fn parts(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

fn cut(text: &str, length: usize) -> &str {
    let mut at = length.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    &text[..at]
}

fn is_reserved(stem: &str) -> bool {
    let stem = stem.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let is_numbered = |device: &str| {
        stem.strip_prefix(device).is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || is_numbered("com") || is_numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_outside_is_one_file_in_one_folder() {
        for (name, expected) in [
            ("Strand.jpg", "Strand.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\system32\\cmd.exe", "cmd.exe"),
            ("/", "file"),
            ("", "file"),
            ("..", "file"),
            (".bashrc", "bashrc"),
            ("  a b .txt. ", "a b.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\u{1b}[2Jb\n.txt", "a[2Jb.txt"),
            ("a:b*c?.txt", "a_b_c_.txt"),
            ("con.txt", "_con.txt"),
            ("LPT1", "_LPT1"),
            ("Grüße 👩‍👩‍👧.txt", "Grüße 👩👩👧.txt"),
        ] {
            assert_eq!(harmless(name), expected, "{name:?}");
            assert_eq!(harmless(expected), expected, "what is harmless stays");
        }
        let long = format!("{}.jpeg", "ä".repeat(300));
        assert!(harmless(&long).len() <= MAX_NAME && harmless(&long).ends_with("ä.jpeg"));
        assert!(harmless(&format!("a.{}", "b".repeat(300))).len() <= MAX_NAME);
    }

    #[test]
    fn no_file_takes_the_place_of_another() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut taken = BTreeSet::new();
        std::fs::write(dir.path().join("a.txt"), b"").expect("written");
        std::fs::write(dir.path().join("a (2).txt.kuvert-part"), b"").expect("written");
        assert_eq!(free_path(dir.path(), "a.txt", &mut taken), dir.path().join("a (3).txt"));
        assert_eq!(free_path(dir.path(), "x/a.txt", &mut taken), dir.path().join("a (4).txt"));
        assert_eq!(free_path(dir.path(), "b", &mut taken), dir.path().join("b"));
        assert_eq!(free_path(dir.path(), "b", &mut taken), dir.path().join("b (2)"));
    }
}
