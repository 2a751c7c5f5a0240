//! Texts in Windows-1252, how wide they are, and where their lines break.

/// Longest text that is looked at, in characters.
const MAX_LETTERS: usize = 512;
const ELLIPSIS: u8 = 0x85;

/// Which of the two fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// Helvetica.
    Regular,
    /// Helvetica-Bold.
    Bold,
}

/// A line of Windows-1252.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) letters: Vec<u8>,
    /// Whether it ends inside of a word.
    pub(super) is_divided: bool,
}

impl Line {
    /// Puts an ellipsis at the end, in place of as much as has no room beside it.
    pub(super) fn cut(&mut self, face: Face, measure: i32) {
        self.letters.push(ELLIPSIS);
        while width(&self.letters, face) > measure && self.letters.len() > 1 {
            self.letters.remove(self.letters.len() - 2);
        }
    }
}

/// How wide letters are, in thousandths of their size.
pub(super) fn width(letters: &[u8], face: Face) -> i32 {
    let widths = if face == Face::Bold { &BOLD } else { &REGULAR };
    letters
        .iter()
        .map(|letter| widths.get(usize::from(*letter) - 32).map_or(0, |width| i32::from(*width)))
        .sum()
}

/// A text in lines that are no wider than `measure`, in thousandths of the size; at most `most` of them. Words that are
/// wider are divided.
pub(super) fn broken(text: &str, face: Face, measure: i32, most: usize) -> Vec<Line> {
    let letters = windows_1252(text);
    let mut lines: Vec<Line> = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    for word in letters.split(|letter| *letter == b' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            if width(&line, face) + width(b" ", face) + width(word, face) <= measure {
                line.push(b' ');
            } else {
                lines.push(Line { letters: std::mem::take(&mut line), is_divided: false });
            }
        }
        for letter in word {
            if !line.is_empty() && width(&line, face) + width(&[*letter], face) > measure {
                lines.push(Line { letters: std::mem::take(&mut line), is_divided: true });
            }
            line.push(*letter);
        }
    }
    if !line.is_empty() {
        lines.push(Line { letters: line, is_divided: false });
    }
    lines.truncate(most);
    lines
}

/// A text in Windows-1252, white space as spaces and what it does not have as question marks. Letters with marks of their
/// own, as some systems write umlauts, are put together.
fn windows_1252(text: &str) -> Vec<u8> {
    let mut letters: Vec<u8> = Vec::new();
    for letter in text.chars().take(MAX_LETTERS) {
        let code = u32::from(letter);
        let byte = match letter {
            '\u{308}' => {
                if let Some(last) = letters.last_mut() {
                    *last = with_dots(*last);
                }
                continue;
            }
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe0f}' | '\u{feff}' => continue,
            _ if letter.is_whitespace() => b' ',
            _ if letter.is_control() => b'?',
            ' '..='~' | '\u{a1}'..='\u{ff}' => code as u8,
            _ => HIGH.chars().zip(0x80..).find(|(high, _)| *high == letter).map_or(b'?', |(_, byte)| byte),
        };
        letters.push(byte);
    }
    letters
}

const fn with_dots(letter: u8) -> u8 {
    match letter {
        b'A' => 0xc4,
        b'O' => 0xd6,
        b'U' => 0xdc,
        b'a' => 0xe4,
        b'e' => 0xeb,
        b'i' => 0xef,
        b'o' => 0xf6,
        b'u' => 0xfc,
        _ => letter,
    }
}

/// What Windows-1252 has from 0x80 to 0x9f, where Latin-1 has control characters; those it has not are NUL.
const HIGH: &str = "€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ";

/// Widths of Helvetica from 0x20 on, as Adobe's metrics of the 14 standard fonts have them.
#[rustfmt::skip]
const REGULAR: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 0,
    556, 0, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 0, 611, 0,
    0, 222, 222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 0, 500, 667,
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

/// Widths of Helvetica-Bold from 0x20 on, as Adobe's metrics of the 14 standard fonts have them.
#[rustfmt::skip]
const BOLD: [u16; 224] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584, 0,
    556, 0, 278, 556, 500, 1000, 556, 556, 333, 1000, 667, 333, 1000, 0, 611, 0,
    0, 278, 278, 500, 500, 350, 556, 1000, 333, 1000, 556, 333, 944, 0, 500, 667,
    278, 333, 556, 556, 556, 556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278,
    611, 611, 611, 611, 611, 611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, measure: i32) -> Vec<String> {
        let lines = broken(text, Face::Regular, measure, 99);
        lines.into_iter().map(|line| String::from_utf8(line.letters).expect("ASCII")).collect()
    }

    #[test]
    fn german_is_written_as_it_is_and_other_scripts_as_question_marks() {
        assert_eq!(windows_1252("Größe „ä“ – 5 €"), b"Gr\xf6\xdfe \x84\xe4\x93 \x96 5 \x80");
        assert_eq!(windows_1252("u\u{308}A\u{308}n\u{308}\u{308}"), b"\xfc\xc4n");
        assert_eq!(windows_1252("аптека 😀\u{81}\0x"), b"?????? ???x");
        assert_eq!(windows_1252("a\tb\u{a0}c\u{200b}d\ne"), b"a b cd e");
        assert_eq!(windows_1252(&"x".repeat(1000)).len(), MAX_LETTERS);
    }

    #[test]
    fn every_letter_that_can_be_written_has_a_width() {
        assert_eq!(HIGH.chars().count(), 32);
        for letter in (0x20..=0x7e)
            .chain(0xa0..=0xff)
            .chain(HIGH.chars().zip(0x80..).filter_map(|(letter, byte)| (letter != '\0').then_some(byte)))
        {
            for face in [Face::Regular, Face::Bold] {
                assert!(width(&[letter], face) > 0, "{letter:#x}");
            }
        }
        // Umlauts are as wide as the letters below their dots.
        assert_eq!(width(b"\xe4\xf6\xfc\xc4\xd6\xdc", Face::Bold), width(b"aouAOU", Face::Bold));
        assert_eq!(width(b"Kuvert", Face::Regular), 667 + 556 + 500 + 556 + 333 + 278);
    }

    #[test]
    fn lines_break_at_spaces_and_inside_of_words_only_where_they_must() {
        // A digit is 556 wide, a space 278.
        assert_eq!(lines("12 34 56", 5 * 556), ["12 34", "56"]);
        assert_eq!(lines("12 34 56", 2 * 556), ["12", "34", "56"]);
        assert_eq!(lines("  12   34 ", 99_999), ["12 34"]);
        assert_eq!(lines("1 23456 7", 3 * 556), ["1", "234", "56", "7"]);
        assert_eq!(lines("123", 1), ["1", "2", "3"]);
        assert_eq!(lines("", 100), [""; 0]);
        let divided: Vec<bool> =
            broken("1 23456 7", Face::Regular, 3 * 556, 3).iter().map(|line| line.is_divided).collect();
        assert_eq!(divided, [false, true, false]);
    }

    #[test]
    fn what_is_cut_ends_with_an_ellipsis_that_has_room() {
        let mut line = Line { letters: b"12345".to_vec(), is_divided: false };
        line.cut(Face::Regular, 5 * 556);
        assert_eq!(line.letters, b"123\x85");
        line.cut(Face::Regular, 0);
        assert_eq!(line.letters, b"\x85");
    }
}
