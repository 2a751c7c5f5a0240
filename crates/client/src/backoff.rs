//! Pauses before a lost socket is opened again.

use std::time::Duration;

use crate::limits;

/// Grows from [`limits::BACKOFF_FIRST`] to [`limits::BACKOFF_LAST`].
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { next: limits::BACKOFF_FIRST }
    }

    /// The next pause, when the last socket was open for `open`. `chance` is a random number.
    pub(crate) fn pause(&mut self, open: Duration, chance: u8) -> Duration {
        if open >= limits::STEADY {
            self.next = limits::BACKOFF_FIRST;
        }
        let longest = self.next;
        self.next = (longest * 2).min(limits::BACKOFF_LAST);
        longest - longest / 2 * u32::from(chance) / u32::from(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::new();
        let pauses: Vec<_> = (0..12).map(|_| backoff.pause(Duration::ZERO, 0)).collect();
        assert_eq!(pauses[0], limits::BACKOFF_FIRST);
        assert_eq!(pauses[1], limits::BACKOFF_FIRST * 2);
        assert_eq!(pauses[11], limits::BACKOFF_LAST);
    }

    #[test]
    fn chance_shortens_a_pause_to_half_at_most() {
        assert_eq!(Backoff::new().pause(Duration::ZERO, u8::MAX), limits::BACKOFF_FIRST / 2);
    }

    #[test]
    fn a_steady_socket_is_opened_again_soon() {
        let mut backoff = Backoff::new();
        for _ in 0..8 {
            backoff.pause(Duration::ZERO, 0);
        }
        assert_eq!(backoff.pause(limits::STEADY, 0), limits::BACKOFF_FIRST);
    }
}
