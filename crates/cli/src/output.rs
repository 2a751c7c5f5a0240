//! What is written to the terminal: results to stdout, diagnostics to stderr; as text for people or as JSON for programs.
//!
//! Text from other people never controls the terminal: [`foreign`] replaces what could.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

/// How to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Writes one result, and flushes it.
    pub(crate) fn result(self, json: &Value, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.json {
            writeln!(stdout, "{}", json_line(json))?;
        } else {
            writeln!(stdout, "{text}")?;
        }
        stdout.flush()
    }

    /// Tells people something beside the result; programs do not need it.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            // Nobody may be reading.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Writes why a command failed.
    pub(crate) fn failure(self, code: &str, message: &str) {
        let line = if self.json {
            json_line(&serde_json::json!({ "error": { "code": code, "message": message } }))
        } else {
            format!("kuvert: {}", foreign(message))
        };
        // Nobody may be reading; the exit code says it too.
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// Whether a person looks at a screen that shows the results.
    pub(crate) fn is_terminal(self) -> bool {
        !self.json && io::stdout().is_terminal()
    }
}

/// Somebody else's text on one line, without anything that could control the terminal or turn the direction of what
/// follows: escape sequences, control characters, marks of direction, characters that are not seen.
pub(crate) fn foreign(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '\u{21b5}',
            '\t' => ' ',
            c if is_harmful(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// JSON on one line. What is harmful on a terminal is escaped: the same text to a program.
fn json_line(value: &Value) -> String {
    let mut line = String::new();
    for c in value.to_string().chars() {
        if is_harmful(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to memory cannot fail.
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(c);
        }
    }
    line
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A point in time in this computer's time zone, as in `2026-11-22 08:15:00`; milliseconds since 1970 (UTC).
pub(crate) fn time(at: i64) -> String {
    time_in(at, TimeZone::system())
}

fn time_in(at: i64, zone: TimeZone) -> String {
    // Clocks of others can say anything; what no calendar holds is shown as it came.
    let at_zone = Timestamp::from_millisecond(at).map(|at| at.to_zoned(zone));
    at_zone.map_or_else(|_| at.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_control_the_terminal() {
        let hostile = "a\u{1b}[2Jb\u{9b}31mc\rd\u{7f}\u{202e}e\u{2066}f\ng";
        let shown = foreign(hostile);
        assert_eq!(shown, "a\u{fffd}[2Jb\u{fffd}31mc\u{fffd}d\u{fffd}\u{fffd}e\u{fffd}f\u{21b5}g");
        assert_eq!(foreign("Grüß Gott, 👩‍👩‍👧 שלום"), "Grüß Gott, 👩‍👩‍👧 שלום");
    }

    #[test]
    fn json_says_the_same_without_controlling_the_terminal() {
        let text = "a\u{1b}\u{9b}\u{202e}\u{e0041}\n\"ü";
        let line = json_line(&serde_json::json!([text]));
        assert!(!line.chars().any(is_harmful));
        assert_eq!(serde_json::from_str::<Vec<String>>(&line).expect("JSON"), [text]);
    }

    #[test]
    fn times_are_read_by_people() {
        assert_eq!(time_in(951_827_696_789, TimeZone::UTC), "2000-02-29 12:34:56");
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(time_in(1_795_305_600_000, zone), "2026-11-22 01:00:00");
        assert_eq!(time_in(i64::MAX, TimeZone::UTC), i64::MAX.to_string());
    }
}
