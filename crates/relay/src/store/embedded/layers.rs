//! Rows that are durable in the journal and not yet in the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::store::{Change, Key, Table, Value};

/// Memory that a row costs beside its bytes, roughly.
const ROW: usize = 96;

/// Changes to tables, the last one of each row.
#[derive(Default)]
pub(super) struct Layer {
    tables: [BTreeMap<Key, Slot>; Table::ALL.len()],
    bytes: usize,
}

/// The state of a row.
struct Slot {
    /// `None` if it was removed.
    value: Option<Value>,
    /// There is nothing under this key below: when the row goes, nothing has to be said.
    fresh: bool,
}

/// What a layer says of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'l> {
    Value(&'l Value),
    Removed,
    /// Nothing: look below.
    Below,
}

impl Layer {
    /// Bytes of memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tables.iter().all(BTreeMap::is_empty)
    }

    /// Takes a batch in.
    pub(super) fn apply(&mut self, batch: impl IntoIterator<Item = (Table, Key, Change)>) {
        for (table, key, change) in batch {
            let rows = &mut self.tables[table as usize];
            let inserts = matches!(change, Change::Insert(_));
            match change {
                Change::Insert(value) | Change::Put(value) => {
                    self.bytes += ROW + value.len();
                    let slot = Slot { value: Some(value), fresh: inserts };
                    if let Some(before) = rows.insert(key, slot) {
                        self.bytes -= before.weight();
                        if before.fresh != inserts
                            && let Some(slot) = rows.get_mut(&key)
                        {
                            slot.fresh = before.fresh;
                        }
                    }
                }
                Change::Remove => {
                    let fresh = match rows.get_mut(&key) {
                        Some(slot) => {
                            self.bytes -= slot.weight();
                            slot.value = None;
                            slot.fresh
                        }
                        None => {
                            rows.insert(key, Slot { value: None, fresh: false });
                            false
                        }
                    };
                    if fresh {
                        rows.remove(&key);
                    } else {
                        self.bytes += ROW;
                    }
                }
            }
        }
    }

    /// Looks a row up.
    pub(super) fn find(&self, table: Table, key: &Key) -> Found<'_> {
        match self.tables[table as usize].get(key) {
            Some(Slot { value: Some(value), .. }) => Found::Value(value),
            Some(Slot { value: None, .. }) => Found::Removed,
            None => Found::Below,
        }
    }

    /// Rows of a table in key order, within `from..=until`; `None` stands for a removed one.
    pub(super) fn range(
        &self,
        table: Table,
        from: Key,
        until: Key,
    ) -> impl Iterator<Item = (&Key, Option<&Value>)> {
        self.tables[table as usize].range(from..=until).map(|(key, slot)| (key, slot.value.as_ref()))
    }

    /// All rows of a table in key order; `None` stands for a removed one.
    pub(super) fn rows(&self, table: Table) -> impl Iterator<Item = (&Key, Option<&Value>)> {
        self.tables[table as usize].iter().map(|(key, slot)| (key, slot.value.as_ref()))
    }
}

impl Slot {
    fn weight(&self) -> usize {
        ROW + self.value.as_ref().map_or(0, Value::len)
    }
}

/// The layers above the tables: one that takes changes, and one that is moving to the tables.
#[derive(Default)]
pub(super) struct Layers {
    pub(super) active: Layer,
    pub(super) frozen: Option<Arc<Layer>>,
}

impl Layers {
    /// Looks a row up in both.
    pub(super) fn find(&self, table: Table, key: &Key) -> Found<'_> {
        match (self.active.find(table, key), &self.frozen) {
            (Found::Below, Some(frozen)) => frozen.find(table, key),
            (found, _) => found,
        }
    }

    /// Rows of a table within `from..=until` as both layers together say, in key order.
    pub(super) fn range(&self, table: Table, from: Key, until: Key) -> BTreeMap<Key, Option<Value>> {
        let frozen = self.frozen.iter().flat_map(|layer| layer.range(table, from, until));
        let all = frozen.chain(self.active.range(table, from, until));
        all.map(|(key, value)| (*key, value.cloned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(change: Change) -> Vec<(Table, Key, Change)> {
        vec![(Table::Queue, Key::new(b"a"), change)]
    }

    #[test]
    fn a_fresh_row_that_goes_leaves_nothing() {
        let value = || Value::from_static(b"1234");
        let mut layer = Layer::default();
        layer.apply(change(Change::Insert(value())));
        layer.apply(change(Change::Put(value())));
        assert_eq!(layer.bytes(), ROW + 4);
        layer.apply(change(Change::Remove));
        assert!(layer.is_empty());
        assert_eq!(layer.bytes(), 0);
    }

    #[test]
    fn a_row_that_may_lie_below_stays_removed() {
        let value = || Value::from_static(b"1234");
        let mut layer = Layer::default();
        for first in [Change::Put(value()), Change::Remove] {
            layer.apply(change(first));
            layer.apply(change(Change::Remove));
            assert_eq!(layer.find(Table::Queue, &Key::new(b"a")), Found::Removed);
            layer.apply(change(Change::Insert(value())));
            layer.apply(change(Change::Remove));
            assert_eq!(layer.find(Table::Queue, &Key::new(b"a")), Found::Removed);
            assert_eq!(layer.bytes(), ROW);
        }
    }
}
