//! Which texts of other devices are taken over.

use kuvert_content::Profile;

/// Whether a member may have this name: the rules are those of every name in Kuvert.
pub(super) fn is_name(text: &str) -> bool {
    Profile::new(text).is_ok_and(|profile| profile.name == text)
}

/// Whether this is one line of 1 to `most` characters, without white space at its ends and without control characters.
pub(super) fn is_line(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control)
}

/// The same, or nothing at all.
pub(super) fn is_line_or_empty(text: &str, most: usize) -> bool {
    text.is_empty() || is_line(text, most)
}

/// Whether this is a text of at most `most` bytes that says something.
pub(super) fn is_text(text: &str, most: usize) -> bool {
    text.len() <= most && !text.trim().is_empty()
}

/// Whether this could be a language tag (BCP 47), in small letters where those are usual: `de`, `de-AT`.
pub(super) fn is_language(text: &str, most: usize) -> bool {
    let is_subtag = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= most && text.split('-').all(is_subtag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_short_and_has_no_breaks() {
        assert!(is_line("ä", 1));
        for text in ["", "ab", " ", "\n"] {
            assert!(!is_line(text, 1), "{text:?}");
        }
        assert!(!is_line("a\nb", 9));
        assert!(!is_line(" a", 9));
        assert!(is_line_or_empty("", 1));
    }

    #[test]
    fn a_text_says_something() {
        assert!(is_text("a\nb", 3));
        assert!(!is_text("a\nbc", 3));
        assert!(!is_text(" \n", 3));
    }

    #[test]
    fn a_language_is_a_tag() {
        for (text, expected) in
            [("de", true), ("zh-Hans-CN", true), ("", false), ("de-", false), ("ü", false)]
        {
            assert_eq!(is_language(text, 10), expected, "{text}");
        }
        assert!(!is_language("de-de-de-de", 10));
    }
}
