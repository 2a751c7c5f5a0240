//! What every back end must do. Each test runs against each of them.

use std::path::Path;
use std::sync::Arc;

use super::*;

/// Opens a back end; the same directory again finds what is durable.
type Open = fn(&Path) -> Arc<dyn RelayStore>;

fn embedded(path: &Path) -> Arc<dyn RelayStore> {
    Arc::new(Embedded::open(path).expect("opens"))
}

fn memory(_: &Path) -> Arc<dyn RelayStore> {
    Arc::new(Memory::default())
}

/// Every back end, and whether it survives being closed.
const BACK_ENDS: [(Open, bool); 2] = [(embedded, true), (memory, false)];

/// Runs `test` on a fresh store of each back end, with rows in memory only and, where there is a difference, with rows
/// that went to disk between its steps.
fn each(test: impl Fn(&dyn RelayStore, &dyn Fn(&dyn RelayStore))) {
    for (open, _) in BACK_ENDS {
        for settled in [false, true] {
            let dir = tempfile::tempdir().expect("a directory");
            let store = open(dir.path());
            let between = move |store: &dyn RelayStore| {
                if settled {
                    drop(store.snapshot().expect("settles"));
                }
            };
            test(&*store, &between);
            store.close();
        }
    }
}

fn value(text: &str) -> Value {
    Value::copy_from_slice(text.as_bytes())
}

fn put(key: &[u8], text: &str) -> (Table, Key, Change) {
    (Table::Cards, Key::new(key), Change::Put(value(text)))
}

fn remove(key: &[u8]) -> (Table, Key, Change) {
    (Table::Cards, Key::new(key), Change::Remove)
}

fn entry(inbox: InboxId, seq: u64, len: usize) -> (Table, Key, Change) {
    let row = vec![u8::try_from(seq).expect("small"); ENTRY_HEAD + len];
    (Table::Queue, Key::new(&entry_key(inbox, seq)), Change::Insert(row.into()))
}

#[test]
fn the_last_change_of_a_row_counts() {
    each(|store, between| {
        let read = |key: &[u8]| store.get(Table::Cards, key).expect("reads");
        store.write(vec![put(b"a", "1"), put(b"b", "1")]).expect("writes");
        between(store);
        store.write(vec![put(b"a", "2"), remove(b"b"), remove(b"never")]).expect("writes");
        assert_eq!((read(b"a"), read(b"b"), read(b"c")), (Some(value("2")), None, None));
        between(store);
        assert_eq!((read(b"a"), read(b"b")), (Some(value("2")), None));
        store.write(vec![put(b"b", "3"), remove(b"a")]).expect("writes");
        between(store);
        assert_eq!((read(b"a"), read(b"b")), (None, Some(value("3"))));
        assert_eq!(store.get(Table::Fanouts, b"b").expect("reads"), None, "tables are apart");
    });
}

#[test]
fn an_inserted_row_that_was_removed_does_not_come_back() {
    each(|store, between| {
        let insert = |text| (Table::Cards, Key::new(b"a"), Change::Insert(value(text)));
        store.write(vec![insert("1")]).expect("writes");
        between(store);
        store.write(vec![remove(b"a")]).expect("writes");
        store.write(vec![insert("2")]).expect("writes");
        between(store);
        store.write(vec![remove(b"a")]).expect("writes");
        between(store);
        assert_eq!(store.get(Table::Cards, b"a").expect("reads"), None);
        assert!(store.keys(Table::Cards, b"", 9).expect("lists").is_empty());
    });
}

#[test]
fn a_stretch_ends_at_its_bounds_and_at_a_hole() {
    each(|store, between| {
        let inbox = InboxId::new([1; 16]);
        store.write([3, 4, 5, 7].map(|seq| entry(inbox, seq, 100)).to_vec()).expect("writes");
        store.write(vec![entry(InboxId::new([2; 16]), 8, 100)]).expect("writes");
        between(store);
        let read = |after, count, bytes| {
            let found = store.entries(inbox, after, count, bytes).expect("reads");
            found.map(|stretch| (stretch.first, stretch.sealed.len()))
        };
        assert_eq!(read(0, 10, 1000), Some((3, 3)));
        assert_eq!(read(3, 10, 1000), Some((4, 2)));
        assert_eq!(read(0, 2, 1000), Some((3, 2)));
        assert_eq!(read(0, 10, 250), Some((3, 2)));
        assert_eq!(read(0, 10, 1), Some((3, 1)));
        assert_eq!(read(5, 10, 1000), Some((7, 1)));
        assert_eq!(read(7, 10, 1000), None);
    });
}

#[test]
fn a_queue_reads_as_one_wherever_its_entries_lie() {
    each(|store, between| {
        let inbox = InboxId::new([1; 16]);
        let gone = |seq| (Table::Queue, Key::new(&entry_key(inbox, seq)), Change::Remove);
        store.write((1..=4).map(|seq| entry(inbox, seq, 9)).collect()).expect("writes");
        between(store);
        store.write(vec![gone(1), gone(2), entry(inbox, 5, 9)]).expect("writes");
        between(store);
        store.write(vec![entry(inbox, 6, 9)]).expect("writes");
        let all = store.entries(inbox, 0, 100, 1000).expect("reads").expect("entries");
        assert_eq!((all.first, all.sealed.len()), (3, 4));
        assert_eq!(all.sealed[3], value("\u{6}".repeat(9).as_str()));
        let recent = store.recent_entries(inbox, 5, 100, 1000).expect("just written");
        assert_eq!(recent, store.entries(inbox, 5, 100, 1000).expect("reads").expect("one"));
        store.write(vec![gone(3), gone(4), gone(5), gone(6)]).expect("writes");
        assert_eq!(store.entries(inbox, 0, 100, 1000).expect("reads"), None);
        assert_eq!(store.recent_entries(inbox, 5, 100, 1000), None);
    });
}

#[test]
fn keys_are_listed_in_order_and_in_parts() {
    each(|store, between| {
        store.write(vec![put(b"b", "1"), put(b"d", "1"), put(b"e", "1")]).expect("writes");
        between(store);
        store.write(vec![put(b"a", "1"), put(b"c", "1"), remove(b"d")]).expect("writes");
        let list = |after: &[u8], count| store.keys(Table::Cards, after, count).expect("lists").concat();
        assert_eq!(list(b"", 9), b"abce");
        assert_eq!(list(b"b", 1), b"c");
        assert_eq!(list(b"c", 9), b"e");
    });
}

#[test]
fn a_snapshot_shows_one_moment() {
    each(|store, _| {
        store.write(vec![put(b"a", "1"), put(b"b", "1")]).expect("writes");
        let before = store.snapshot().expect("a snapshot");
        store.write(vec![put(b"a", "2"), remove(b"b"), put(b"c", "2")]).expect("writes");
        let after = store.snapshot().expect("a snapshot");
        let rows = |snapshot: &dyn Snapshot| {
            let mut text = String::new();
            let mut add = |key: &[u8], value: &[u8]| {
                text.push_str(&String::from_utf8_lossy(&[key, value].concat()));
                Ok(())
            };
            snapshot.rows(Table::Cards, &mut add).expect("reads");
            text
        };
        assert_eq!(rows(&*before), "a1b1");
        assert_eq!(rows(&*after), "a2c2");
    });
}

#[test]
fn what_was_written_is_there_after_the_store_was_opened_again() {
    for (open, _) in BACK_ENDS.iter().filter(|(_, durable)| *durable) {
        let dir = tempfile::tempdir().expect("a directory");
        for round in 0..6u8 {
            let store = open(dir.path());
            for past in 0..round {
                assert!(store.get(Table::Cards, &[past]).expect("reads").is_some());
            }
            let last = store.get(Table::Cards, b"last").expect("reads");
            assert_eq!(last, round.checked_sub(1).map(|past| value(&past.to_string())));
            store.write(vec![put(&[round], "x"), put(b"last", &round.to_string())]).expect("writes");
            if round % 2 == 0 {
                drop(store.snapshot().expect("settles"));
            }
            store.close();
        }
    }
}

#[test]
fn a_closed_store_says_so() {
    for (open, _) in BACK_ENDS {
        let dir = tempfile::tempdir().expect("a directory");
        let store = open(dir.path());
        store.close();
        assert!(matches!(store.get(Table::Cards, b"a"), Err(StoreError::Closed)));
        assert!(matches!(store.write(vec![put(b"a", "1")]), Err(StoreError::Closed)));
        assert!(matches!(store.keys(Table::Cards, b"", 1), Err(StoreError::Closed)));
        assert!(matches!(store.entries(InboxId::new([1; 16]), 0, 1, 1), Err(StoreError::Closed)));
        assert!(store.snapshot().is_err());
        store.close();
    }
}
