//! Colours and weights. Every one of them only underlines what words say as well.

use kuvert_view::Trust;
use ratatui::style::{Color, Modifier, Style as Cell};

/// How things look; without colours if the user wants none.
#[derive(Debug, Clone, Copy)]
pub(in crate::client::chat) struct Style {
    is_plain: bool,
}

impl Style {
    pub(in crate::client::chat) fn new(is_plain: bool) -> Self {
        Self { is_plain }
    }

    pub(super) fn normal(self) -> Cell {
        Cell::new()
    }

    pub(super) fn strong(self) -> Cell {
        Cell::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn quiet(self) -> Cell {
        Cell::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn bar(self) -> Cell {
        Cell::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn bar_failure(self) -> Cell {
        self.bar().add_modifier(Modifier::BOLD)
    }

    pub(super) fn failure(self) -> Cell {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(super) fn own(self) -> Cell {
        self.colour(Color::Green)
    }

    pub(super) fn other(self) -> Cell {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    pub(super) fn chosen(self, has_keys: bool) -> Cell {
        if has_keys { self.bar() } else { self.strong() }
    }

    pub(super) fn trust(self, trust: Trust) -> Cell {
        match trust {
            Trust::New => self.quiet(),
            Trust::Introduced => self.colour(Color::Yellow),
            Trust::Verified => self.colour(Color::Green),
            Trust::Changed => self.failure(),
        }
    }

    /// Of a QR code: bright on dark, whatever the terminal's own colours are.
    pub(super) fn code(self) -> Cell {
        Cell::new().fg(Color::White).bg(Color::Black)
    }

    fn colour(self, colour: Color) -> Cell {
        if self.is_plain { Cell::new() } else { Cell::new().fg(colour) }
    }
}
