//! What has come of numbered messages that come in order.

/// Counts along. Messages are numbered from 0.
#[derive(Default)]
pub(crate) struct Sequence {
    /// Number of the message that is due next.
    due: u64,
    /// Messages that were passed over.
    missing: u64,
}

impl Sequence {
    /// Notes a message that came. Returns whether it came for the first time.
    pub(crate) fn take(&mut self, number: u64) -> bool {
        let is_new = number >= self.due;
        if is_new {
            self.missing += number - self.due;
            self.due = number + 1;
        }
        is_new
    }

    /// Number of the message that is due next.
    pub(crate) fn due(&self) -> u64 {
        self.due
    }

    /// Of `accepted` messages, those that were passed over or did not come.
    pub(crate) fn lost(&self, accepted: u64) -> u64 {
        self.missing + accepted.saturating_sub(self.due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_is_lost_and_what_comes_again_is_not_new() {
        let mut sequence = Sequence::default();
        let news = [0, 1, 1, 4, 2].map(|number| sequence.take(number));
        assert_eq!(news, [true, true, false, true, false]);
        assert_eq!((sequence.due(), sequence.lost(5), sequence.lost(7)), (5, 2, 4));
    }
}
