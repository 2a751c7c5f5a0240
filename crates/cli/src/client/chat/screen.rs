//! The terminal: taken over as a whole, and given back however the program ends.

use std::io::{self, Stdout, Write, stdout};
use std::sync::Once;

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{execute, queue};
use data_encoding::BASE64;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::process::{Signal, getpid, kill_process};

/// The terminal, given back when dropped; after a panic, before the panic is written.
pub(super) struct Screen {
    pub(super) terminal: Terminal<CrosstermBackend<Stdout>>,
}

static PANIC_GIVES_BACK: Once = Once::new();

impl Screen {
    /// Takes over the terminal.
    pub(super) fn take() -> io::Result<Self> {
        PANIC_GIVES_BACK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
            }));
        });
        match take_over().and_then(|()| Terminal::new(CrosstermBackend::new(stdout()))) {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Gives the terminal back to the shell and stops, as other programs do at Ctrl+Z; returns when it is continued.
    pub(super) fn pause(&mut self) -> io::Result<()> {
        give_back();
        kill_process(getpid(), Signal::TSTP)?;
        take_over()?;
        self.terminal.clear()
    }

    /// Hands a text to the terminal's clipboard (OSC 52). Terminals that do not let programs do that ignore it.
    pub(super) fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut stdout = stdout().lock();
        write!(stdout, "\u{1b}]52;c;{}\u{1b}\\", BASE64.encode(text.as_bytes()))?;
        stdout.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take_over() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)
}

/// Leaves the terminal as it was found. Does as much of it as is possible; nobody could do anything about the rest.
fn give_back() {
    let mut stdout = stdout();
    let _ = queue!(stdout, DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = stdout.flush();
    let _ = disable_raw_mode();
}
