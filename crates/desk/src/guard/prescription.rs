//! Access to e-prescriptions: an id and an access code, however they are written.
//!
//! The 2D code of an e-prescription says `{"urls":["Task/160.000.036.967.704.52/$accept?ac=<64 hex digits>"]}` (gematik,
//! gemSpec_DM_eRp). Who holds id and code can have the prescription dispensed.

use std::ops::Range;

use super::{Finding, Kind, MAX_FINDINGS};

/// Most bytes between an id and its access code.
const NEARBY: usize = 512;
/// Most characters without meaning in a row inside an id or a code: a line break, and what mail programs put before lines.
const MAX_PASSED: usize = 12;
/// How often a text may have been percent-encoded.
const MAX_ENCODINGS: usize = 8;
const ID_DIGITS: usize = 17;
const CODE_DIGITS: usize = 64;
/// What stands before an id in the token.
const TASK: u64 = u64::from_be_bytes(*b"\0\0\0task/");
const TASK_MASK: u64 = 0xff_ffff_ffff;

/// A letter that is passed over: spaces, line breaks, quotes, the backslashes of JSON.
const PASSED: u8 = 0;
/// A letter that is no part of anything here.
const FOREIGN: u8 = 0xff;

/// A place in a text whose percent-encodings are read as what they stand for.
#[derive(Clone, Copy)]
struct Letters<'a> {
    text: &'a [u8],
    at: usize,
}

impl Letters<'_> {
    /// The next letter in lower case, [`PASSED`] or [`FOREIGN`].
    fn next(&mut self) -> Option<u8> {
        let first = *self.text.get(self.at)?;
        self.at += 1;
        if !first.is_ascii() {
            return Some(self.beyond_ascii(first));
        }
        let letter = if first == b'%' { self.percent().unwrap_or(first) } else { first };
        Some(match letter {
            0..=b' ' | b'"' | b'\'' | b'\\' | b'>' | b'`' => PASSED,
            0x7f.. => FOREIGN,
            _ => letter.to_ascii_lowercase(),
        })
    }

    fn peek(mut self) -> Option<u8> {
        self.next()
    }

    /// What a percent sign stands for that was just passed: `%24` for `$`, as `%2524` and so on.
    fn percent(&mut self) -> Option<u8> {
        let mut at = self.at;
        while self.text.get(at..)?.starts_with(b"25") && at < self.at + 2 * MAX_ENCODINGS {
            at += 2;
        }
        let digit = |at: usize| (*self.text.get(at)? as char).to_digit(16);
        let letter = u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()?;
        self.at = at + 2;
        Some(letter)
    }

    /// Passes the rest of a character. Spaces and those without a width are passed over.
    fn beyond_ascii(&mut self, first: u8) -> u8 {
        let rest = &self.text[self.at..];
        self.at += rest.iter().take_while(|byte| **byte & 0xc0 == 0x80).count();
        match (first, rest) {
            (0xc2, [0x85 | 0xa0 | 0xad, ..])
            | (0xe2, [0x80, 0x80..=0x8f | 0xa8..=0xaf, ..])
            | (0xe2, [0x81, 0x9f..=0xa4, ..])
            | (0xe3, [0x80, 0x80, ..])
            | (0xef, [0xbb, 0xbf, ..]) => PASSED,
            _ => FOREIGN,
        }
    }

    /// Passes `count` letters that `is_part`, and what has no meaning between them. What comes next must not go on with
    /// them. Calls `each` with every one.
    fn take(&mut self, count: usize, is_part: fn(u8) -> bool, mut each: impl FnMut(u8)) -> Option<()> {
        let (mut taken, mut passed) = (0, 0);
        while taken < count {
            match self.next()? {
                letter if is_part(letter) => {
                    each(letter);
                    (taken, passed) = (taken + 1, 0);
                }
                PASSED | b'.' if passed < MAX_PASSED && taken > 0 => passed += 1,
                _ => return None,
            }
        }
        (!self.peek().is_some_and(is_part)).then_some(())
    }
}

/// All prescriptions in a text, in their order, without overlaps.
pub(super) fn find(text: &str) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut letters = Letters { text: text.as_bytes(), at: 0 };
    let (mut id, mut code): (Option<Range<usize>>, Option<Range<usize>>) = (None, None);
    let (mut in_word, mut tail, mut task) = (false, 0_u64, 0);
    loop {
        let begin = letters.at;
        let is_task = tail & TASK_MASK == TASK;
        let part = if in_word { None } else { part(letters, is_task) };
        let Some((end, part)) = part else {
            let Some(letter) = letters.next() else { break };
            in_word = letter.is_ascii_alphanumeric();
            if letter == b't' {
                task = begin;
            }
            if letter != PASSED {
                tail = tail << 8 | u64::from(letter);
            }
            continue;
        };
        let start = if is_task { task } else { begin };
        let (own, other) = match part {
            Part::Id => (&mut id, &mut code),
            Part::Code => (&mut code, &mut id),
        };
        match other.take() {
            Some(earlier) if begin - earlier.end <= NEARBY => {
                found.push(Finding { kind: Kind::Prescription, range: earlier.start..end });
                *own = None;
            }
            _ => *own = Some(start..end),
        }
        letters.at = end;
        (in_word, tail) = (true, 0);
        if found.len() == MAX_FINDINGS {
            break;
        }
    }
    found
}

/// What makes up access to a prescription.
enum Part {
    Id,
    Code,
}

/// The id or the access code that begins at a place, and where it ends. An id must have right check digits (ISO 7064
/// MOD 97-10) unless it stands in a token.
fn part(letters: Letters<'_>, is_task: bool) -> Option<(usize, Part)> {
    if !letters.peek()?.is_ascii_hexdigit() {
        return None;
    }
    let mut rest = 0;
    let mut id = letters;
    let is_id = id.take(
        ID_DIGITS,
        |letter| letter.is_ascii_digit(),
        |digit| {
            rest = (rest * 10 + u32::from(digit - b'0')) % 97;
        },
    );
    if is_id.is_some() && (is_task || rest == 1) {
        return Some((id.at, Part::Id));
    }
    let mut code = letters;
    code.take(CODE_DIGITS, |letter| letter.is_ascii_hexdigit(), |_| {})?;
    Some((code.at, Part::Code))
}
