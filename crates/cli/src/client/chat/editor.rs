//! A text that is being written: of several lines, or of one.

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

use super::rows;

/// Longest text that can be written, in bytes. Longer than what can be sent, so that somebody who pasted too much can
/// still shorten it.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// A text and where the cursor stands in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Editor {
    text: String,
    /// In bytes, between two visible characters.
    at: usize,
    is_single_line: bool,
}

impl Editor {
    /// A text of several lines, with the cursor at its end.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), at: text.len(), is_single_line: false }
    }

    /// A text of one line, with the cursor at its end.
    pub(super) fn single(text: &str) -> Self {
        Self { is_single_line: true, ..Self::new(text) }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Writes at the cursor what was typed or pasted, up to the bound.
    pub(super) fn insert(&mut self, text: &str) {
        let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
        if self.is_single_line {
            text = text.trim_matches('\n').replace('\n', " ");
        }
        let room = MAX_BYTES.saturating_sub(self.text.len());
        let end = (0..=room.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.text.insert_str(self.at, &text[..end]);
        self.at += end;
        // What was written may join with what stands around it.
        while !self.is_boundary(self.at) {
            self.at += 1;
        }
    }

    /// Takes a key; says whether it was one for the editor. `columns` is the width in which the text is shown.
    pub(super) fn key(&mut self, key: KeyEvent, columns: usize) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('a') if control => self.at = self.line_start(),
            KeyCode::Char('e') if control => self.at = self.line_end(),
            KeyCode::Char('w') if control => self.remove(self.word_left()..self.at),
            KeyCode::Char('u') if control => self.remove(self.line_start()..self.at),
            KeyCode::Char('k') if control => self.remove(self.at..self.line_end()),
            KeyCode::Char('b') if alt => self.at = self.word_left(),
            KeyCode::Char('f') if alt => self.at = self.word_right(),
            KeyCode::Char(_) if control || alt => return false,
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace if alt || control => self.remove(self.word_left()..self.at),
            KeyCode::Backspace => self.remove(self.left()..self.at),
            KeyCode::Delete => self.remove(self.at..self.right()),
            KeyCode::Left if control || alt => self.at = self.word_left(),
            KeyCode::Right if control || alt => self.at = self.word_right(),
            KeyCode::Left => self.at = self.left(),
            KeyCode::Right => self.at = self.right(),
            KeyCode::Home => self.at = self.line_start(),
            KeyCode::End => self.at = self.line_end(),
            KeyCode::Up => return self.vertically(columns, -1),
            KeyCode::Down => return self.vertically(columns, 1),
            _ => return false,
        }
        true
    }

    /// The text in rows of a width.
    pub(super) fn rows(&self, columns: usize) -> Vec<Range<usize>> {
        rows::rows(&self.text, columns, columns)
    }

    /// Row and column of the cursor.
    pub(super) fn cursor(&self, columns: usize) -> (usize, usize) {
        let rows = self.rows(columns);
        // At the end of a row that was cut, the cursor stands at the beginning of the next one.
        let row = rows.iter().rposition(|row| row.start <= self.at).unwrap_or(0);
        let before = rows.get(row).and_then(|row| self.text.get(row.start..self.at)).unwrap_or("");
        (row, before.graphemes(true).map(rows::shown_width).sum())
    }

    /// Moves by a row; `false` at the first or the last one.
    fn vertically(&mut self, columns: usize, by: isize) -> bool {
        let (row, column) = self.cursor(columns);
        let rows = self.rows(columns);
        let Some(row) = row.checked_add_signed(by).and_then(|to| rows.get(to)) else { return false };
        let mut used = 0;
        self.at = row.start;
        for (at, one) in self.text[row.clone()].grapheme_indices(true) {
            used += rows::shown_width(one);
            if used > column {
                break;
            }
            let end = row.start + at + one.len();
            // The end of a row that was cut is the beginning of the next one.
            if end < row.end || self.text[end..].starts_with('\n') || end == self.text.len() {
                self.at = end;
            }
        }
        true
    }

    fn remove(&mut self, range: Range<usize>) {
        self.at = range.start;
        self.text.replace_range(range, "");
        while !self.is_boundary(self.at) {
            self.at -= 1;
        }
    }

    fn is_boundary(&self, at: usize) -> bool {
        at == self.text.len()
            || self.text.is_char_boundary(at)
                && self.text.grapheme_indices(true).any(|(start, _)| start == at)
    }

    fn left(&self) -> usize {
        self.text[..self.at].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.at + self.text[self.at..].graphemes(true).next().map_or(0, str::len)
    }

    fn word_left(&self) -> usize {
        let mut words = self.text[..self.at].unicode_word_indices();
        words.next_back().map_or(0, |(at, _)| at)
    }

    fn word_right(&self) -> usize {
        let word = self.text[self.at..].unicode_word_indices().next();
        word.map_or(self.text.len(), |(at, word)| self.at + at + word.len())
    }

    fn line_start(&self) -> usize {
        self.text[..self.at].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.at..].find('\n').map_or(self.text.len(), |at| self.at + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(editor: &mut Editor, code: KeyCode) -> bool {
        editor.key(KeyEvent::new(code, KeyModifiers::NONE), 10)
    }

    fn control(editor: &mut Editor, c: char) {
        assert!(editor.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL), 10));
    }

    #[test]
    fn what_is_seen_as_one_character_is_moved_over_and_removed_as_one() {
        let mut editor = Editor::new("a👩‍👩‍👧e\u{301}");
        press(&mut editor, KeyCode::Backspace);
        assert_eq!(editor.text(), "a👩‍👩‍👧");
        press(&mut editor, KeyCode::Left);
        press(&mut editor, KeyCode::Char('b'));
        assert_eq!(editor.text(), "ab👩‍👩‍👧");
        press(&mut editor, KeyCode::Delete);
        assert_eq!(editor.text(), "ab");
        // An accent typed after its letter joins it.
        editor.insert("\u{301}");
        press(&mut editor, KeyCode::Backspace);
        assert_eq!(editor.text(), "a");
    }

    #[test]
    fn words_and_lines_are_removed_by_the_usual_keys() {
        let mut editor = Editor::new("first line\none two three");
        control(&mut editor, 'w');
        assert_eq!(editor.text(), "first line\none two ");
        control(&mut editor, 'u');
        assert_eq!(editor.text(), "first line\n");
        press(&mut editor, KeyCode::Up);
        control(&mut editor, 'k');
        assert_eq!(editor.text(), "\n");
        assert!(!editor.key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::ALT), 10));
    }

    #[test]
    fn the_cursor_moves_between_the_rows_that_are_seen() {
        let mut editor = Editor::new("one two three\nx");
        assert_eq!(editor.cursor(10), (2, 1));
        assert!(press(&mut editor, KeyCode::Up));
        assert_eq!(editor.cursor(10), (1, 1));
        press(&mut editor, KeyCode::End);
        assert_eq!(editor.cursor(10), (1, 5));
        assert!(press(&mut editor, KeyCode::Up));
        assert_eq!(editor.cursor(10), (0, 5));
        assert!(!press(&mut editor, KeyCode::Up), "there is nothing above");
        press(&mut editor, KeyCode::Down);
        press(&mut editor, KeyCode::Down);
        assert!(!press(&mut editor, KeyCode::Down), "there is nothing below");
    }

    #[test]
    fn pasted_text_is_bounded_and_of_one_line_where_there_is_one() {
        let mut editor = Editor::single("");
        editor.insert("https://relay\r\n");
        assert_eq!(editor.text(), "https://relay");
        editor.insert("\rx");
        assert_eq!(editor.text(), "https://relayx");
        let mut editor = Editor::new("");
        editor.insert("a\r\nb\rc");
        assert_eq!(editor.text(), "a\nb\nc");
        editor.insert(&"ü".repeat(MAX_BYTES));
        assert_eq!(editor.text().len(), MAX_BYTES - 1);
    }
}
