//! How far files are, for people who look at a terminal; programs and log files see nothing of it.

use std::io::{self, IsTerminal, Write};

use crate::output::{Output, foreign};

/// Cells of a bar.
const CELLS: u64 = 24;
/// Longest name that is shown, in characters.
const MAX_NAME: usize = 32;

/// One line on stderr that says how far a file is.
pub(super) struct Progress {
    is_seen: bool,
    is_drawn: bool,
}

impl Progress {
    /// Draws nothing unless stderr is a terminal and results are for people.
    pub(super) fn new(output: Output) -> Self {
        Self { is_seen: !output.json && io::stderr().is_terminal(), is_drawn: false }
    }

    /// Says how far a file is; `what` is what happens to it.
    pub(super) fn show(&mut self, what: &str, name: &str, done: u64, of: u64) {
        if self.is_seen {
            // Nobody may be reading.
            let _ = write!(io::stderr().lock(), "\r\x1b[2K{}", line(what, name, done, of));
            self.is_drawn = true;
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            let _ = write!(io::stderr().lock(), "\r\x1b[2K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn line(what: &str, name: &str, done: u64, of: u64) -> String {
    let done = done.min(of);
    let part = |whole: u64| {
        if of == 0 { whole } else { (u128::from(done) * u128::from(whole) / u128::from(of)) as u64 }
    };
    let full = usize::try_from(part(CELLS)).unwrap_or_default();
    let bar = format!("{}{}", "#".repeat(full), "-".repeat(CELLS as usize - full));
    let shown: String = foreign(name).chars().take(MAX_NAME).collect();
    format!("{what} {shown} [{bar}] {:3} %  {} of {}", part(100), size(done), size(of))
}

/// A number of bytes for people, as in `12.3 MB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["kB", "MB", "GB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_a_file_is_and_cannot_be_forged() {
        assert_eq!(
            line("sending", "a\u{1b}[2J\nb", 1, 4),
            "sending a\u{fffd}[2J\u{21b5}b [######------------------]  25 %  1 B of 4 B"
        );
        assert!(line("saving", "x", 0, 0).contains("100 %"));
        assert!(line("saving", "x", 9, 4).contains("100 %"));
    }

    #[test]
    fn sizes_are_read_by_people() {
        let sizes =
            [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_999, "999.9 kB"), (1_000_000, "1.0 MB")];
        for (bytes, words) in
            sizes.into_iter().chain([(2_147_483_648, "2.1 GB"), (4_294_967_296_000, "4294.9 GB")])
        {
            assert_eq!(size(bytes), words);
        }
    }
}
