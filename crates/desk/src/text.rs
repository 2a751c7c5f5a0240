//! Texts that customers read, in one or more languages.

use minicbor::{Decode, Encode};

use crate::form::limits::{MAX_LANGUAGE, MAX_LANGUAGES};

/// A text by language: tag (BCP 47, small letters where those are usual) and what it says in that language. The first one
/// stands in for languages that are missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Text(#[n(0)] pub Vec<(String, String)>);

/// Why a text cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// It says nothing, in this language or, where that is empty, in none.
    #[error("write something here{}", in_language(.0))]
    Empty(String),
    /// Longer than allowed.
    #[error("shorten it to {most} characters{}", in_language(.language))]
    TooLong {
        /// In this language.
        language: String,
        /// Characters allowed.
        most: usize,
    },
    /// It has line breaks where there can be one line only, or characters that cannot be seen.
    #[error("take out line breaks and invisible characters{}", in_language(.0))]
    Characters(String),
    /// More languages than allowed.
    #[error("keep at most {MAX_LANGUAGES} languages")]
    TooManyLanguages,
    /// This is no language tag.
    #[error("`{0}` is no language; use a tag like `de` or `en`")]
    Language(String),
    /// It stands twice in this language.
    #[error("keep one text in `{0}`")]
    LanguageTwice(String),
}

fn in_language(tag: &str) -> String {
    if tag.is_empty() { String::new() } else { format!(" (in `{tag}`)") }
}

/// What a text has to look like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Most characters in each language.
    pub(crate) most: usize,
    /// It may have line breaks.
    pub(crate) breaks: bool,
    /// It may be missing.
    pub(crate) optional: bool,
}

impl Shape {
    /// One line that says something.
    pub(crate) const fn line(most: usize) -> Self {
        Self { most, breaks: false, optional: false }
    }

    /// Paragraphs, or nothing.
    pub(crate) const fn maybe(most: usize) -> Self {
        Self { most, breaks: true, optional: true }
    }

    /// Paragraphs that say something.
    pub(crate) const fn block(most: usize) -> Self {
        Self { most, breaks: true, optional: false }
    }
}

impl Text {
    /// A text in German and English, German first.
    pub fn both(german: &str, english: &str) -> Self {
        Self(vec![("de".into(), german.into()), ("en".into(), english.into())])
    }

    /// A text in one language.
    pub fn one(language: &str, text: &str) -> Self {
        Self(vec![(language.into(), text.into())])
    }

    /// What it says in a language: `de-AT` finds `de-AT`, then `de`, then the first one there is; empty if there is none.
    pub fn get(&self, language: &str) -> &str {
        let main = language.split('-').next().unwrap_or_default();
        let find = |tag: &str| self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(tag));
        find(language).or_else(|| find(main)).or(self.0.first()).map_or("", |(_, text)| text)
    }

    /// The languages it is in, the one that stands in for others first.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(language, _)| language.as_str())
    }

    /// Whether it says nothing in any language.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, text)| text.trim().is_empty())
    }

    /// The first thing that is wrong with it.
    pub(crate) fn fault(&self, shape: Shape) -> Option<TextFault> {
        if self.0.is_empty() {
            return (!shape.optional).then(|| TextFault::Empty(String::new()));
        }
        if self.0.len() > MAX_LANGUAGES {
            return Some(TextFault::TooManyLanguages);
        }
        self.0.iter().enumerate().find_map(|(index, (language, text))| {
            if !is_language(language) {
                return Some(TextFault::Language(language.clone()));
            }
            if self.0[..index].iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(language)) {
                return Some(TextFault::LanguageTwice(language.clone()));
            }
            if text.trim().is_empty() && !shape.optional {
                return Some(TextFault::Empty(language.clone()));
            }
            if text.chars().count() > shape.most {
                return Some(TextFault::TooLong { language: language.clone(), most: shape.most });
            }
            (!is_plain(text, shape.breaks)).then(|| TextFault::Characters(language.clone()))
        })
    }
}

/// Whether this could be a language tag.
pub(crate) fn is_language(tag: &str) -> bool {
    let is_subtag = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tag.len() <= MAX_LANGUAGE && tag.split('-').all(is_subtag)
}

/// Whether a text has neither control characters nor such as change the direction of what follows; line breaks only if
/// they are allowed.
pub(crate) fn is_plain(text: &str, breaks: bool) -> bool {
    text.chars().all(|c| is_plain_char(c) || (breaks && c == '\n'))
}

/// Whether a text is one line of 1 to `most` characters without white space at its ends.
pub(crate) fn is_line(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && text.trim() == text && is_plain(text, false)
}

fn is_plain_char(c: char) -> bool {
    let breaks_lines = matches!(c, '\u{2028}' | '\u{2029}');
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !breaks_lines && !turns
}

/// One line of what a stranger wrote: what breaks lines becomes a space, what cannot be seen goes.
pub(crate) fn flat(text: &str) -> String {
    let spaced = |c: char| if c.is_whitespace() { Some(' ') } else { is_plain_char(c).then_some(c) };
    text.chars().filter_map(spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_by_language_and_else_by_the_first_one() {
        let text = Text::both("Hallo", "Hello");
        for (language, expected) in
            [("de", "Hallo"), ("en-GB", "Hello"), ("DE-at", "Hallo"), ("tr", "Hallo"), ("", "Hallo")]
        {
            assert_eq!(text.get(language), expected, "{language}");
        }
        assert_eq!(Text::one("de-AT", "Servus").get("de"), "Servus");
        assert_eq!(Text::default().get("de"), "");
    }

    #[test]
    fn a_text_says_something_in_each_of_its_languages_once() {
        let line = Shape::line(5);
        assert_eq!(Text::both("Hallo", "Hello").fault(line), None);
        let faults = [
            (Text::default(), TextFault::Empty("".into())),
            (Text::both("Hallo", " "), TextFault::Empty("en".into())),
            (Text::both("Hallo!", "Hello"), TextFault::TooLong { language: "de".into(), most: 5 }),
            (Text::one("d e", "a"), TextFault::Language("d e".into())),
            (
                Text(vec![("de".into(), "a".into()), ("DE".into(), "b".into())]),
                TextFault::LanguageTwice("DE".into()),
            ),
            (Text::one("de", "a\nb"), TextFault::Characters("de".into())),
            (Text::one("de", "a\u{202e}b"), TextFault::Characters("de".into())),
            (Text(vec![("de".into(), "a".into()); MAX_LANGUAGES + 1]), TextFault::TooManyLanguages),
        ];
        for (text, expected) in faults {
            assert_eq!(text.fault(line), Some(expected));
        }
        assert_eq!(Text::default().fault(Shape::maybe(5)), None);
        assert_eq!(Text::one("de", "a\nb").fault(Shape::block(5)), None);
    }

    #[test]
    fn what_a_stranger_wrote_stays_on_its_line() {
        assert_eq!(flat("a\r\nb\u{2028}c\u{0}\u{202e}d\u{a0}e"), "a  b cd e");
    }
}
