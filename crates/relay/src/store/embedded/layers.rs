//! Rows that are durable in the journal and not yet in the tables.

use std::collections::{BTreeMap, HashMap, VecDeque, btree_map, hash_map};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::store::{Change, Key, MAX_KEY, Table, Value};

/// Memory that a row costs beside its bytes, roughly.
const ROW: usize = 96;

/// Changes to tables, the last one of each row.
pub(super) struct Layer {
    tables: [Rows; Table::ALL.len()],
    bytes: usize,
}

/// The rows of one table.
enum Rows {
    Sorted(BTreeMap<Key, Slot>),
    /// Several times faster to change and to look up; put in order only when somebody asks for that.
    Hashed(HashMap<Key, Slot, RandomState>),
    /// Entries come at the end of their inbox's queue and go at its front.
    Queues(Queues),
}

/// Entries by inbox.
#[derive(Default)]
struct Queues {
    /// In key order, none of them empty.
    by_inbox: HashMap<[u8; INBOX], VecDeque<(Key, Slot)>, RandomState>,
    count: usize,
}

/// Bytes of an entry's key that name its inbox.
const INBOX: usize = 16;

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

impl Default for Layer {
    fn default() -> Self {
        Self::expecting(0)
    }
}

impl Layer {
    /// Empty, with room for so many remembered requests.
    pub(super) fn expecting(repeats: usize) -> Self {
        let rows = |at| match Table::ALL.get(at) {
            // One for each request, under ids without order, and read by id alone.
            Some((Table::Repeats, _)) => {
                Rows::Hashed(HashMap::with_capacity_and_hasher(repeats, RandomState::default()))
            }
            Some((Table::Queue, _)) => Rows::Queues(Queues::default()),
            _ => Rows::Sorted(BTreeMap::new()),
        };
        Self { tables: std::array::from_fn(rows), bytes: 0 }
    }

    /// How many requests it remembers.
    pub(super) fn repeats(&self) -> usize {
        self.tables[Table::Repeats as usize].len()
    }

    /// Bytes of memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tables.iter().all(|rows| rows.len() == 0)
    }

    /// Takes a batch in.
    pub(super) fn apply(&mut self, batch: impl IntoIterator<Item = (Table, Key, Change)>) {
        for (table, key, change) in batch {
            let rows = &mut self.tables[table as usize];
            let fresh = matches!(change, Change::Insert(_));
            let slot = match change {
                Change::Insert(value) | Change::Put(value) => Slot { value: Some(value), fresh },
                Change::Remove => Slot { value: None, fresh },
            };
            self.bytes += slot.weight();
            if let Some((place, slot)) = rows.place(key, slot) {
                self.bytes -= place.weight();
                place.value = slot.value;
                if place.fresh && place.value.is_none() {
                    self.bytes -= place.weight();
                    rows.remove(&key);
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
        self.tables[table as usize].range(from, until).into_iter()
    }

    /// All rows of a table in key order; `None` stands for a removed one.
    pub(super) fn rows(&self, table: Table) -> Vec<(&Key, Option<&Value>)> {
        self.tables[table as usize].range(Key::new(&[]), Key::new(&[0xff; MAX_KEY]))
    }
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Self::Sorted(rows) => rows.len(),
            Self::Hashed(rows) => rows.len(),
            Self::Queues(rows) => rows.count,
        }
    }

    fn get(&self, key: &Key) -> Option<&Slot> {
        match self {
            Self::Sorted(rows) => rows.get(key),
            Self::Hashed(rows) => rows.get(key),
            Self::Queues(rows) => rows.get(key),
        }
    }

    /// Puts `slot` where no row is; where one is, returns its place, and `slot` untouched.
    fn place(&mut self, key: Key, slot: Slot) -> Option<(&mut Slot, Slot)> {
        match self {
            Self::Sorted(rows) => match rows.entry(key) {
                btree_map::Entry::Occupied(place) => Some((place.into_mut(), slot)),
                btree_map::Entry::Vacant(place) => {
                    place.insert(slot);
                    None
                }
            },
            Self::Hashed(rows) => match rows.entry(key) {
                hash_map::Entry::Occupied(place) => Some((place.into_mut(), slot)),
                hash_map::Entry::Vacant(place) => {
                    place.insert(slot);
                    None
                }
            },
            Self::Queues(rows) => rows.place(key, slot),
        }
    }

    fn remove(&mut self, key: &Key) {
        match self {
            Self::Sorted(rows) => drop(rows.remove(key)),
            Self::Hashed(rows) => drop(rows.remove(key)),
            Self::Queues(rows) => rows.remove(key),
        }
    }

    /// Rows within `from..=until` in key order.
    fn range(&self, from: Key, until: Key) -> Vec<(&Key, Option<&Value>)> {
        fn row<'r>((key, slot): (&'r Key, &'r Slot)) -> (&'r Key, Option<&'r Value>) {
            (key, slot.value.as_ref())
        }
        match self {
            Self::Sorted(rows) => rows.range(from..=until).map(row).collect(),
            Self::Hashed(rows) => {
                let within = rows.iter().filter(|(key, _)| (from..=until).contains(key));
                let mut found: Vec<_> = within.map(row).collect();
                found.sort_unstable_by_key(|(key, _)| **key);
                found
            }
            Self::Queues(rows) => rows.range(from, until).into_iter().map(row).collect(),
        }
    }
}

/// The inbox of an entry's key.
fn inbox_of(key: &Key) -> [u8; INBOX] {
    let mut inbox = [0; INBOX];
    let given = key.as_bytes();
    let len = given.len().min(INBOX);
    inbox[..len].copy_from_slice(&given[..len]);
    inbox
}

impl Queues {
    fn get(&self, key: &Key) -> Option<&Slot> {
        let queue = self.by_inbox.get(&inbox_of(key))?;
        let at = queue.binary_search_by_key(key, |(key, _)| *key).ok()?;
        Some(&queue.get(at)?.1)
    }

    fn place(&mut self, key: Key, slot: Slot) -> Option<(&mut Slot, Slot)> {
        let queue = self.by_inbox.entry(inbox_of(&key)).or_default();
        let at = match queue.back() {
            Some((last, _)) if *last >= key => queue.binary_search_by_key(&key, |(key, _)| *key),
            _ => Err(queue.len()),
        };
        match at {
            Ok(at) => queue.get_mut(at).map(|(_, place)| (place, slot)),
            Err(at) => {
                queue.insert(at, (key, slot));
                self.count += 1;
                None
            }
        }
    }

    fn remove(&mut self, key: &Key) {
        let hash_map::Entry::Occupied(mut place) = self.by_inbox.entry(inbox_of(key)) else { return };
        let queue = place.get_mut();
        if let Ok(at) = queue.binary_search_by_key(key, |(key, _)| *key) {
            queue.remove(at);
            self.count -= 1;
        }
        if queue.is_empty() {
            place.remove();
        }
    }

    /// Rows within `from..=until` in key order.
    fn range(&self, from: Key, until: Key) -> Vec<(&Key, &Slot)> {
        let (first, last) = (inbox_of(&from), inbox_of(&until));
        let mut queues: Vec<_> = if first == last {
            self.by_inbox.get(&first).into_iter().collect()
        } else {
            let within = self.by_inbox.iter().filter(|(inbox, _)| (first..=last).contains(*inbox));
            within.map(|(_, queue)| queue).collect()
        };
        queues.sort_unstable_by_key(|queue| queue.front().map(|(key, _)| *key));
        let rows = queues.into_iter().flatten().map(|(key, slot)| (key, slot));
        rows.filter(|(key, _)| (from..=until).contains(key)).collect()
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

    #[test]
    fn entries_are_in_order_whatever_the_order_in_which_they_came() {
        let key = |inbox: u8, seq: u64| {
            let mut key = [inbox; 24];
            key[16..].copy_from_slice(&seq.to_be_bytes());
            Key::new(&key)
        };
        let put = |key| (Table::Queue, key, Change::Insert(Value::from_static(b"1")));
        let mut layer = Layer::default();
        layer.apply([put(key(2, 1)), put(key(1, 9)), put(key(1, 7)), put(key(1, 8)), put(key(3, 1))]);
        let keys = |layer: &Layer, from, until| -> Vec<Key> {
            layer.range(Table::Queue, from, until).map(|(key, _)| *key).collect()
        };
        let all = [key(1, 7), key(1, 8), key(1, 9), key(2, 1), key(3, 1)];
        assert_eq!(layer.rows(Table::Queue).into_iter().map(|(key, _)| *key).collect::<Vec<_>>(), all);
        assert_eq!(keys(&layer, key(1, 8), key(2, 5)), all[1..4]);
        assert_eq!(keys(&layer, key(1, 8), key(1, 8)), all[1..2]);
        layer.apply([(Table::Queue, key(1, 8), Change::Remove), (Table::Queue, key(2, 1), Change::Remove)]);
        assert_eq!(keys(&layer, key(1, 0), key(2, 9)), [all[0], all[2]]);
        assert_eq!(layer.find(Table::Queue, &key(1, 8)), Found::Below);
        layer.apply([key(1, 7), key(1, 9), key(3, 1)].map(|key| (Table::Queue, key, Change::Remove)));
        assert!(layer.is_empty());
    }
}
