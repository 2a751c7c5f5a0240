//! The bounds of memory and journal, and who moves rows, over a store whose rows move only when a test says so.

use super::*;
use crate::store::Change;

const ROW: usize = 4 * 1024 * 1024;

fn unmoved(path: &Path) -> Embedded {
    Embedded { shared: Arc::new(Shared::open(path).expect("opens")), mover: Mutex::new(None) }
}

/// Writes a large row.
fn write(store: &Embedded, key: u8) -> Result<(), StoreError> {
    store.write(vec![(Table::Cards, Key::new(&[key]), Change::Put(vec![key; ROW].into()))])
}

/// Whether rows were set aside to be moved.
fn are_set_aside(store: &Embedded) -> bool {
    store.shared.layers().frozen.is_some()
}

#[test]
fn rows_move_once_they_take_much_memory_and_wait_where_they_cannot() {
    // RELAY-5: MOVE_BYTES, MAX_LAYER
    let dir = tempfile::tempdir().expect("a directory");
    let store = unmoved(dir.path());
    let active = || store.shared.layers().active.bytes();
    let mut written = 0;
    let mut write_next = || {
        written += 1;
        write(&store, written)
    };
    while active() + ROW < limits::MOVE_BYTES {
        write_next().expect("written");
    }
    assert!(!are_set_aside(&store));
    write_next().expect("written");
    assert!(are_set_aside(&store));

    // Nobody moves them, and the next layer fills; then the write moves them itself.
    while active() < limits::MAX_LAYER {
        write_next().expect("written");
    }
    write_next().expect("written");
    assert!(are_set_aside(&store) && active() < 2 * ROW);
    while active() < limits::MAX_LAYER {
        write_next().expect("written");
    }
    store.shared.moving().failing = true;
    assert!(matches!(write_next(), Err(StoreError::Full)));
    assert!(active() < limits::MAX_LAYER + 2 * ROW);
    store.shared.move_frozen().expect("moved");
    write_next().expect("written");
    for key in (1..=written).filter(|key| *key != written - 1) {
        assert!(store.get(Table::Cards, &[key]).expect("reads").is_some(), "{key}");
    }
}

#[test]
fn rows_move_once_the_journal_is_long_and_wait_where_they_cannot() {
    // RELAY-5: MOVE_JOURNAL, MAX_JOURNAL
    let dir = tempfile::tempdir().expect("a directory");
    let store = unmoved(dir.path());
    let journal = || store.shared.journal().as_ref().map_or(0, Journal::len);
    // One row again and again takes little memory.
    while !are_set_aside(&store) {
        assert!(journal() < limits::MOVE_JOURNAL);
        write(&store, 1).expect("written");
    }
    assert_eq!(journal(), 0);
    store.shared.moving().failing = true;
    while journal() < limits::MAX_JOURNAL {
        write(&store, 1).expect("written");
    }
    assert!(matches!(write(&store, 1), Err(StoreError::Full)));
    store.shared.move_frozen().expect("moved");
    write(&store, 1).expect("written");
    assert!(journal() < limits::MOVE_JOURNAL);
}

#[test]
fn a_snapshot_does_not_wait_for_a_mover_that_waits_for_the_journal() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = unmoved(dir.path());
    write(&store, 1).expect("written");
    // Nobody else moves the rows: so it is while the mover waits for the journal, which the snapshot holds.
    drop(store.snapshot().expect("a snapshot"));
    assert!(store.shared.layers().active.is_empty() && store.shared.layers().frozen.is_none());
    assert!(store.get(Table::Cards, &[1]).expect("reads").is_some());
}
