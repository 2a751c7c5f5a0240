//! Text in rows that fit: columns counted as the terminal counts them, cut between what is seen as one character.
//!
//! All text that is shown passes through here, and nothing in it controls the terminal: see [`foreign`].

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::output::foreign;

/// Most code points of one visible character: what is piled up beyond that is not shown.
const MAX_PILE: usize = 12;

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// A text of several lines, harmless on a terminal.
pub(super) fn plain(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(line).collect();
    lines.join("\n")
}

/// A text on one line, harmless on a terminal.
pub(super) fn line(text: &str) -> String {
    foreign(text).graphemes(true).flat_map(|one| one.chars().take(MAX_PILE)).collect()
}

/// As many of these words as fit beside each other; what finds no room is left out, and all after it.
pub(super) fn as_many(words: &[&str], columns: usize) -> String {
    let mut shown = String::new();
    for word in words {
        let gap = if shown.is_empty() { "" } else { "  " };
        if width(&shown) + gap.len() + width(word) > columns {
            break;
        }
        shown.push_str(gap);
        shown.push_str(word);
    }
    shown
}

/// A text on one line, cut to `columns` with an ellipsis.
pub(super) fn clip(text: &str, columns: usize) -> String {
    let text = line(text);
    if width(&text) <= columns {
        return text;
    }
    let mut clipped = String::new();
    let mut used = 1;
    for one in text.graphemes(true) {
        used += width(one);
        if used > columns {
            break;
        }
        clipped.push_str(one);
    }
    if columns > 0 {
        clipped.push('…');
    }
    clipped
}

/// Cuts a text into rows, of `first` and then of `rest` columns: between words where there are some, and at every new
/// line. The rows are all of the text but its new lines; spaces at the end of a row may stand out.
pub(super) fn rows(text: &str, first: usize, rest: usize) -> Vec<Range<usize>> {
    let mut rows: Vec<Range<usize>> = Vec::new();
    let mut base = 0;
    for line in text.split('\n') {
        let (mut start, mut used, mut gap) = (0, 0, 0);
        for (at, one) in line.grapheme_indices(true) {
            let columns = shown_width(one);
            let is_space = one.chars().all(char::is_whitespace);
            let room = if rows.is_empty() { first } else { rest };
            if used + columns > room && !is_space && at > start {
                let end = if gap > start { gap } else { at };
                rows.push(base + start..base + end);
                used = line[end..at].graphemes(true).map(shown_width).sum();
                start = end;
            }
            used += columns;
            if is_space {
                gap = at + one.len();
            }
        }
        rows.push(base + start..base + line.len());
        base += line.len() + 1;
    }
    rows
}

/// Columns of one visible character, as it is shown.
pub(super) fn shown_width(one: &str) -> usize {
    if one.chars().all(|c| c.is_ascii_graphic()) { one.len() } else { width(&line(one)) }
}

/// Whether a text has letters that are written from right to left.
pub(super) fn is_right_to_left(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_rows(text: &str, first: usize, rest: usize, expected: &[&str]) {
        let cut: Vec<_> = rows(text, first, rest).into_iter().map(|range| &text[range]).collect();
        assert_eq!(cut, expected);
    }

    #[test]
    fn rows_end_between_words_and_long_words_are_cut() {
        assert_rows("", 5, 5, &[""]);
        assert_rows("one two three", 7, 7, &["one two ", "three"]);
        assert_rows("one two three", 3, 9, &["one ", "two three"]);
        assert_rows("abcdefgh ij", 3, 3, &["abc", "def", "gh ", "ij"]);
        assert_rows("a\n\nb\n", 5, 5, &["a", "", "b", ""]);
        assert_rows("ab cd", 0, 0, &["a", "b ", "c", "d"]);
    }

    #[test]
    fn wide_and_combined_characters_are_counted_and_never_cut() {
        assert_rows("日本語日本語", 5, 4, &["日本", "語日", "本語"]);
        assert_rows("👩‍👩‍👧👩‍👩‍👧", 2, 2, &["👩‍👩‍👧", "👩‍👩‍👧"]);
        assert_rows("e\u{301}e\u{301}e", 2, 2, &["e\u{301}e\u{301}", "e"]);
        assert_eq!(clip("日本語", 5), "日本…");
        assert_eq!(clip("日本語", 6), "日本語");
        assert_eq!(clip("abc", 0), "");
    }

    #[test]
    fn what_is_shown_controls_nothing_and_piles_nothing_up() {
        assert_eq!(plain("a\u{1b}[2J\nb\tc\u{202e}"), "a\u{fffd}[2J\nb c\u{fffd}");
        let pile = format!("e{}", "\u{301}".repeat(5000));
        assert_eq!(plain(&pile).chars().count(), MAX_PILE);
        assert!(is_right_to_left("a שלום") && !is_right_to_left("Grüße, 日本"));
    }
}
