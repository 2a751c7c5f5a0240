//! A place in a text, and what stands there.

/// A character of a text, as the guard sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// An ASCII letter in lower case, or a digit.
    Word(u8),
    /// What separates groups of one number: spaces and hyphens.
    Gap,
    /// A line break.
    Break,
    /// Any other letter of the Latin script: it belongs to a word, and to no number.
    Foreign,
    /// Any other character.
    Other(char),
}

impl Sign {
    fn of(letter: char) -> Self {
        match letter {
            '0'..='9' | 'a'..='z' => Self::Word(letter as u8),
            'A'..='Z' => Self::Word(letter.to_ascii_lowercase() as u8),
            ' ' | '\t' | '-' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{2010}'..='\u{2015}' => Self::Gap,
            '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{2212}' => Self::Gap,
            '\r' | '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Self::Break,
            '\u{c0}'..='\u{24f}' => Self::Foreign,
            _ => Self::Other(letter),
        }
    }

    /// Whether it continues a word.
    pub(super) const fn is_word(self) -> bool {
        matches!(self, Self::Word(_) | Self::Foreign)
    }

    /// Whether it is a digit.
    pub(super) const fn is_digit(self) -> bool {
        matches!(self, Self::Word(b'0'..=b'9'))
    }
}

/// Characters that have no width: they are passed over as if they were not there.
const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// A place in a text. Copies are independent, so that one may look ahead.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// What stands before, and before that.
    before: [Option<Sign>; 2],
}

impl<'a> Scan<'a> {
    /// The beginning of a text.
    pub(super) fn new(text: &'a str) -> Self {
        let mut scan = Self { text, at: 0, before: [None; 2] };
        scan.pass_invisible();
        scan
    }

    /// Bytes of the text before this place.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// What stands here.
    pub(super) fn peek(&self) -> Option<Sign> {
        self.rest().chars().next().map(Sign::of)
    }

    /// What stands before this place, the nearer first.
    pub(super) const fn before(&self) -> [Option<Sign>; 2] {
        self.before
    }

    /// Whether no word stands directly before.
    pub(super) fn begins_word(&self) -> bool {
        !self.before[0].is_some_and(Sign::is_word)
    }

    /// Passes one character, and returns it with where it ends.
    pub(super) fn next(&mut self) -> Option<(Sign, usize)> {
        let letter = self.rest().chars().next()?;
        let sign = Sign::of(letter);
        self.at += letter.len_utf8();
        self.before = [Some(sign), self.before[0]];
        let end = self.at;
        self.pass_invisible();
        Some((sign, end))
    }

    /// Goes on to a place between two characters, forwards only.
    pub(super) fn skip_to(&mut self, at: usize) {
        while self.at < at && self.next().is_some() {}
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn pass_invisible(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_invisible).len();
    }
}
