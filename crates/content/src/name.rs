//! What files are called: names that other people chose made harmless, and kinds of files told by their names.

use crate::limits::MAX_FILE_NAME;

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
    let (stem, ending) = name_parts(kept);
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

/// Media types by the ending of a name, for what is no picture.
const MEDIA_TYPES: [(&str, &str); 24] = [
    ("csv", "text/csv"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("epub", "application/epub+zip"),
    ("gz", "application/gzip"),
    ("heic", "image/heic"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mkv", "video/matroska"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("zip", "application/zip"),
];
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A name for the eyes that fits into a message: its ending is kept where it is cut.
pub fn short_name(name: &str) -> String {
    if name.len() <= MAX_FILE_NAME { name.to_owned() } else { harmless(name) }
}

/// The media type by the ending of a name, for what is no picture.
pub fn media_type_of(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    MEDIA_TYPES.iter().find(|(known, _)| *known == ending).map_or(UNKNOWN_TYPE, |(_, media_type)| media_type)
}

/// A name without its ending, and the ending with its dot.
pub fn name_parts(name: &str) -> (&str, &str) {
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
    fn a_kind_is_told_by_the_ending_and_a_long_name_keeps_it() {
        assert_eq!(media_type_of("Brief.TXT"), "text/plain");
        assert_eq!(media_type_of("archive.tar.gz"), "application/gzip");
        for name in ["README", "a.unknown", "", "."] {
            assert_eq!(media_type_of(name), "application/octet-stream");
        }
        assert_eq!(short_name("a/b.txt"), "a/b.txt");
        let short = short_name(&format!("{}.pdf", "ü".repeat(200)));
        assert!(short.len() <= MAX_FILE_NAME && short.ends_with("ü.pdf"));
    }
}
