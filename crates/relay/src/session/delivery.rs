//! How far the delivery of an inbox got.

use kuvert_wire::{InboxId, limits};

use crate::store::Stretch;

/// See the [module](self). Seqs: `acknowledged <= sent`.
pub(super) struct Delivery {
    pub(super) inbox: InboxId,
    /// Last seq sent.
    sent: u64,
    /// Last seq acknowledged.
    acknowledged: u64,
    /// Nothing up to here waits for acknowledgement.
    floor: u64,
    /// Last seq that waited when the session began; after it comes `Live`. `None` once that was said.
    live_after: Option<u64>,
    /// Up to here it is known that nothing more is to be sent.
    looked: u64,
}

impl Delivery {
    /// Delivers what follows `acknowledged`; `last` is the last seq that waits already.
    pub(super) fn new(inbox: InboxId, acknowledged: u64, last: u64) -> Self {
        let live_after = Some(last);
        Self { inbox, sent: acknowledged, acknowledged, floor: acknowledged, live_after, looked: 0 }
    }

    /// Last seq acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Last seq sent.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Entries that may be sent now, where entries up to `last` are stored.
    pub(super) fn due(&self, last: u64) -> usize {
        if last <= self.sent.max(self.looked) {
            return 0;
        }
        let unsettled = self.sent.saturating_sub(self.acknowledged.max(self.floor));
        usize::try_from(limits::DELIVERY_WINDOW.saturating_sub(unsettled)).unwrap_or(usize::MAX)
    }

    /// Notes that a stretch is about to be sent.
    pub(super) fn advance(&mut self, stretch: &Stretch) {
        debug_assert!(stretch.first > self.sent, "entries are sent once, in order");
        if stretch.first > self.sent + 1 {
            self.floor = stretch.first - 1;
        }
        self.sent = stretch.first + stretch.sealed.len() as u64 - 1;
    }

    /// Notes that nothing above [`Self::sent`] is stored, where seqs up to `last` were given out.
    pub(super) fn nothing_left(&mut self, last: u64) {
        self.looked = self.looked.max(last);
    }

    /// Whether everything that waited at the session's begin has been sent, the first time that this is so.
    pub(super) fn becomes_live(&mut self) -> bool {
        self.live_after.take_if(|last| self.sent.max(self.looked) >= *last).is_some()
    }

    /// Notes an acknowledgement. Returns `None` if it names what was never sent, otherwise whether it is news.
    pub(super) fn acknowledge(&mut self, seq: u64) -> Option<bool> {
        if seq > self.sent {
            return None;
        }
        let news = seq > self.acknowledged;
        self.acknowledged = self.acknowledged.max(seq);
        Some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Value;

    fn delivery(acknowledged: u64, last: u64) -> Delivery {
        Delivery::new(InboxId::new([1; 16]), acknowledged, last)
    }

    fn stretch(first: u64, count: usize) -> Stretch {
        Stretch { first, sealed: vec![Value::new(); count] }
    }

    #[test]
    fn an_acknowledgement_is_monotone_and_names_only_what_was_sent() {
        // RELAY-2
        let mut delivery = delivery(0, 5);
        delivery.advance(&stretch(1, 5));
        assert_eq!(delivery.acknowledge(6), None);
        assert_eq!(delivery.acknowledge(4), Some(true));
        assert_eq!(delivery.acknowledge(3), Some(false));
        assert_eq!(delivery.acknowledged, 4);
    }

    #[test]
    fn the_window_bounds_what_is_not_acknowledged() {
        // RELAY-5: DELIVERY_WINDOW
        let window = usize::try_from(limits::DELIVERY_WINDOW).expect("fits");
        let mut delivery = delivery(0, 10_000);
        assert_eq!(delivery.due(10_000), window);
        delivery.advance(&stretch(1, window));
        assert_eq!(delivery.due(10_000), 0);
        delivery.acknowledge(10);
        assert_eq!(delivery.due(10_000), 10);
        // What a gap passes over is not waited for.
        delivery.advance(&stretch(5_000, 1));
        assert_eq!(delivery.due(10_000), window - 1);
    }

    #[test]
    fn live_is_said_once_when_everything_that_waited_was_sent() {
        let mut quiet = delivery(7, 7);
        assert!(quiet.becomes_live() && !quiet.becomes_live());
        let mut waiting = delivery(0, 3);
        assert!(!waiting.becomes_live());
        waiting.advance(&stretch(1, 2));
        assert!(!waiting.becomes_live());
        waiting.advance(&stretch(3, 1));
        assert!(waiting.becomes_live() && !waiting.becomes_live());
        let mut emptied = delivery(0, 3);
        emptied.nothing_left(3);
        assert_eq!(emptied.due(3), 0);
        assert!(emptied.becomes_live());
    }
}
