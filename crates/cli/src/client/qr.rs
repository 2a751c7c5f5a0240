//! QR codes of two modules per row, for a dark screen.

use qrcode::{EcLevel, QrCode};

/// A code with as much of a bright border as there is room for, at least one module; `None` if it does not fit into so many
/// columns and rows.
pub(super) fn rows(text: &str, (columns, rows): (usize, usize)) -> Option<Vec<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let modules = code.width();
    let border = (1..=4).rev().find(|border| {
        let side = modules + 2 * border;
        side <= columns && side.div_ceil(2) <= rows
    })?;
    // Rows are pairs of modules, from the border's first one on.
    let is_bright = |x: usize, y: usize| {
        let within = |at: usize| at.checked_sub(border).filter(|at| *at < modules);
        match (within(x), within(y)) {
            (Some(x), Some(y)) => code[(x, y)] == qrcode::Color::Light,
            _ => x < modules + 2 * border && y < modules + 2 * border,
        }
    };
    let side = modules + 2 * border;
    let row = |y: usize| {
        let symbol = |x: usize| match (is_bright(x, 2 * y), is_bright(x, 2 * y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        (0..side).map(symbol).collect()
    };
    Some((0..side.div_ceil(2)).map(row).collect())
}

/// A code for a terminal that shows these lines, too, and a prompt; in words where its window is too small for both.
pub(super) fn beside(text: &str, lines: &[&str]) -> String {
    // Where the size is not known, it is that of the first terminals.
    let (columns, all) = crossterm::terminal::size().unwrap_or((80, 24));
    within((usize::from(columns), usize::from(all)), text, lines)
}

fn within((columns, all): (usize, usize), text: &str, lines: &[&str]) -> String {
    let taken: usize = lines.iter().map(|line| line.chars().count().div_ceil(columns.max(1)).max(1)).sum();
    match rows(text, (columns, all.saturating_sub(taken + 1))) {
        Some(code) => code.join("\n"),
        None => "(the QR code needs a larger window)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_and_its_code_fit_into_a_terminal_of_24_rows_together_with_the_prompt() {
        let link = format!("https://relay.example.org/c/{}#{}", "A".repeat(22), "b".repeat(43));
        let code = within((80, 24), &link, &[&link]);
        assert!(code.lines().all(|line| line.chars().count() <= 80));
        // Two rows of link, one of prompt.
        assert!(code.contains('█') && code.lines().count() <= 21, "{}", code.lines().count());
        assert!(within((80, 20), &link, &[&link]).contains("larger window"));
    }
}
