//! Disks that lose what they were told to keep.

use std::collections::BTreeSet;

use kuvert_relay::model::{Fate, Meddler, Written};

use super::Fault;

/// Bytes of a row that holds a gap, at most; every other entry is longer.
const MAX_GAP_ROW: usize = 92;
/// Bytes of an inbox's id, with which the keys of its rows begin.
const INBOX: usize = 16;

/// The disk of this fault, if it sits there.
pub(super) fn meddler(fault: Fault) -> Option<Meddler> {
    Some(match fault {
        Fault::RepeatStoredTwice | Fault::ForwardedTwice => losing(|row| row.table == "repeats"),
        Fault::RevocationForgotten => losing(|row| row.table == "revoked"),
        Fault::GapNotSaid => Box::new(|batch| {
            let is_gap = |row: &Written<'_>| {
                row.table == "queue" && row.value.is_some_and(|value| value.len() <= MAX_GAP_ROW)
            };
            batch.iter().map(|row| if is_gap(row) { Fate::Removed } else { Fate::Kept }).collect()
        }),
        Fault::CommitAcceptedTwice => commit_forgotten(),
        Fault::HalfFanout => half_fanout(),
        Fault::PackageHandedOutTwice => package_kept(),
        _ => return None,
    })
}

fn losing(which: fn(&Written<'_>) -> bool) -> Meddler {
    Box::new(move |batch| batch.iter().map(|row| if which(row) { Fate::Lost } else { Fate::Kept }).collect())
}

/// Loses what a commit changes of its channel, but not what it puts into inboxes.
fn commit_forgotten() -> Meddler {
    let mut known = BTreeSet::new();
    Box::new(move |batch| {
        let fanouts = || batch.iter().filter(|row| row.table == "fanouts").map(|row| row.key.to_vec());
        // The first list is the channel's creation.
        let committed: BTreeSet<_> = fanouts().filter(|key| known.contains(key)).collect();
        known.extend(fanouts());
        let is_of_channel = |row: &Written<'_>| {
            matches!(row.table, "channels" | "fanouts" | "group-infos" | "healing")
                && committed.contains(row.key)
        };
        batch.iter().map(|row| if is_of_channel(row) { Fate::Lost } else { Fate::Kept }).collect()
    })
}

/// Loses what one of several inboxes got, every now and then.
fn half_fanout() -> Meddler {
    let mut batches = 0_u64;
    Box::new(move |batch| {
        let inboxes: BTreeSet<_> = batch
            .iter()
            .filter(|row| row.table == "queue" && row.value.is_some())
            .filter_map(|row| row.key.get(..INBOX))
            .collect();
        batches += u64::from(inboxes.len() > 1);
        let chosen = if inboxes.len() > 1 && batches % 7 == 3 { inboxes.last().copied() } else { None };
        let is_lost = |row: &Written<'_>| {
            matches!(row.table, "queue" | "inboxes") && row.key.get(..INBOX) == chosen && chosen.is_some()
        };
        batch.iter().map(|row| if is_lost(row) { Fate::Lost } else { Fate::Kept }).collect()
    })
}

/// Keeps a key package that was handed out, and its place in the inbox.
fn package_kept() -> Meddler {
    Box::new(|batch| {
        let taken: BTreeSet<_> = batch
            .iter()
            .filter(|row| row.table == "packages" && row.value.is_none())
            .filter_map(|row| row.key.get(..INBOX))
            .collect();
        let is_kept = |row: &Written<'_>| {
            let of_taken = row.key.get(..INBOX).is_some_and(|inbox| taken.contains(inbox));
            of_taken && (row.table == "inboxes" || (row.table == "packages" && row.value.is_none()))
        };
        batch.iter().map(|row| if is_kept(row) { Fate::Lost } else { Fate::Kept }).collect()
    })
}
