//! What is stored, in counts and sizes.

use std::sync::{Arc, PoisonError, RwLock};

use crate::metrics::Metrics;
use crate::store::{BlobRow, RelayRow, RelayStore, StoreError, Table, read_row};

/// Counts and sizes of one table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Rows.
    pub(crate) rows: u64,
    /// Bytes of their keys and values.
    pub(crate) bytes: u64,
    /// The largest value.
    pub(crate) largest: u64,
}

/// Counts all tables as they are at one moment. Reads everything once, so that it is for now and then.
pub(crate) fn count(store: &dyn RelayStore) -> Result<Vec<(&'static str, Tally)>, StoreError> {
    let snapshot = store.snapshot()?;
    let mut tallies = Vec::new();
    for (table, name) in Table::ALL {
        let mut tally = Tally::default();
        snapshot.rows(*table, &mut |key, value| {
            tally.rows += 1;
            tally.bytes += (key.len() + value.len()) as u64;
            tally.largest = tally.largest.max(value.len() as u64);
            Ok(())
        })?;
        tallies.push((*name, tally));
    }
    Ok(tallies)
}

/// Counts what the store held before the relay was started, for figures that are counted along from then on.
pub(crate) fn begin(store: &dyn RelayStore, metrics: &Metrics) -> Result<(), StoreError> {
    let snapshot = store.snapshot()?;
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    snapshot.rows(Table::Blobs, &mut |_, row| {
        metrics.blobs.add(1);
        metrics.blob_bytes.add(signed(read_row::<BlobRow>(row)?.stored));
        Ok(())
    })?;
    snapshot.rows(Table::Relays, &mut |_, row| {
        let row: RelayRow = read_row(row)?;
        metrics.outbox_waiting.add(signed(row.next.saturating_sub(row.head)));
        Ok(())
    })
}

/// The latest counts, for metrics.
#[derive(Clone, Default)]
pub(crate) struct Tallies(Arc<RwLock<Vec<(&'static str, Tally)>>>);

impl Tallies {
    /// The counts of the last time.
    pub(crate) fn latest(&self) -> Vec<(&'static str, Tally)> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes new counts.
    pub(crate) fn set(&self, tallies: Vec<(&'static str, Tally)>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = tallies;
    }
}
