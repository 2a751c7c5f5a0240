//! What a transaction does that metrics count, once it is durable.

use crate::metrics::Metrics;

/// Changes of figures.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Entries that were queued.
    pub(super) queued: u64,
    /// Entries that gave way to gaps.
    pub(super) lost: u64,
    /// Blobs more or less.
    pub(super) blobs: i64,
    /// Bytes of blobs more or less.
    pub(super) blob_bytes: i64,
    /// Blobs that expired.
    pub(super) blobs_expired: u64,
    /// Rows for other relays more or less.
    pub(super) outbox: i64,
    /// Rows for other relays that gave way to notices.
    pub(super) outbox_replaced: u64,
    /// Rows and notices for other relays that went without a trace.
    pub(super) outbox_dropped: u64,
}

impl Counts {
    /// Adds everything to the relay's figures.
    pub(crate) fn add_to(&self, metrics: &Metrics) {
        metrics.entries_queued.add(self.queued);
        metrics.entries_lost.add(self.lost);
        metrics.blobs.add(self.blobs);
        metrics.blob_bytes.add(self.blob_bytes);
        metrics.blobs_expired.add(self.blobs_expired);
        metrics.outbox_waiting.add(self.outbox);
        metrics.outbox_replaced.add(self.outbox_replaced);
        metrics.outbox_dropped.add(self.outbox_dropped);
    }
}
