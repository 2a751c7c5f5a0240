//! Blobs: what the store knows of them. Their bytes are files, see [`crate::blobs`].
//!
//! A row precedes its file and goes before it, so that a file without a row belongs to nobody and may be removed.

use std::ops::Range;

use kuvert_wire::{BlobSecretHash, InboxId, Token, limits};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Work;
use crate::blobs::BlobName;
use crate::day::Day;
use crate::seal::random;
use crate::store::{BlobRow, StoreError, Table};

/// Where the bytes of all blobs stand, as far as they are stored: what was only announced keeps nobody out.
const TOTAL: &[u8] = b"blob bytes";

/// A change of a blob's row.
#[derive(Debug)]
pub(crate) enum BlobOp {
    /// Announces a blob.
    Create(CreateBlob),
    /// Counts the bytes `from..to`, which its file holds durably; a blob that is complete by that stays for `days`.
    /// Unless all blobs together would have more than `quota` then.
    Grow { name: BlobName, from: u64, to: u64, days: u32, quota: u64 },
    /// Forgets it. Its file may be removed afterwards.
    Remove(BlobName),
}

/// Announces a blob of `size` bytes.
#[derive(Debug)]
pub(crate) struct CreateBlob {
    pub(crate) name: BlobName,
    /// An inbox at this relay whose owner gave a token to who uploads. Not stored.
    pub(crate) inbox: InboxId,
    pub(crate) token: Token,
    pub(crate) size: u64,
    pub(crate) secret: BlobSecretHash,
    /// The most that tokens of one inbox may announce on one day.
    pub(crate) allowance: u64,
    /// The most that all blobs together may have.
    pub(crate) quota: u64,
}

/// How that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BlobAnswer {
    /// The blob as it is: just announced, or announced before with the same size and secret, or grown.
    Is(BlobRow),
    /// There is another blob of that name.
    Taken,
    /// No inbox here that the token opens.
    BadToken,
    /// The inbox's allowance for today is used up.
    OverAllowance,
    /// The relay's quota is used up.
    OverQuota,
    /// There is no such blob, or not with that many bytes.
    Gone,
    /// The row is gone.
    Removed,
}

/// Counts what tokens of an inbox announced today, in memory only and without knowing inboxes: each falls on one of a
/// fixed number of counters, another one every day, and shares its allowance with those that fall there, too.
#[derive(Default)]
pub(super) struct Announced {
    day: Option<Day>,
    key: Zeroizing<[u8; 32]>,
    counters: Vec<u64>,
}

impl Announced {
    /// Adds to today's count, unless that would pass the allowance.
    fn add(&mut self, today: Day, inbox: InboxId, size: u64, allowance: u64) -> bool {
        if self.day != Some(today) {
            *self = Self { day: Some(today), key: random(), counters: vec![0; limits::BLOB_COUNTERS] };
        }
        let digest =
            Sha256::new().chain_update(self.key.as_slice()).chain_update(inbox.as_bytes()).finalize();
        let place = digest.iter().take(4).fold(0, |place, &byte| place << 8 | usize::from(byte));
        let counter = &mut self.counters[place % limits::BLOB_COUNTERS];
        match counter.checked_add(size) {
            Some(sum) if sum <= allowance => {
                *counter = sum;
                true
            }
            _ => false,
        }
    }
}

impl Work<'_, '_> {
    /// Changes a blob's row.
    pub(super) fn blob(&mut self, op: &BlobOp) -> Result<BlobAnswer, StoreError> {
        match op {
            BlobOp::Create(request) => self.create_blob(request),
            BlobOp::Grow { name, from, to, days, quota } => self.grow_blob(*name, *from..*to, *days, *quota),
            BlobOp::Remove(name) => self.remove_blob(*name).map(|()| BlobAnswer::Removed),
        }
    }

    fn create_blob(&mut self, request: &CreateBlob) -> Result<BlobAnswer, StoreError> {
        if self.depositable(request.inbox, &request.token)?.is_err() {
            return Ok(BlobAnswer::BadToken);
        }
        let key = request.name.as_bytes();
        if let Some(row) = self.tx.row::<BlobRow>(Table::Blobs, key)? {
            let same = row.size == request.size && row.secret == request.secret;
            return Ok(if same { BlobAnswer::Is(row) } else { BlobAnswer::Taken });
        }
        let total = self.blob_bytes()?.saturating_add(request.size);
        if total > request.quota {
            return Ok(BlobAnswer::OverQuota);
        }
        // What a failed batch announced stays counted; tomorrow it is forgotten.
        if !self.service.blobs.add(self.today, request.inbox, request.size, request.allowance) {
            return Ok(BlobAnswer::OverAllowance);
        }
        let until = self.today.plus(limits::UNFINISHED_BLOB_DAYS);
        let row = BlobRow { size: request.size, stored: 0, secret: request.secret, until };
        self.tx.put_row(Table::Blobs, key, &row);
        self.counts.blobs += 1;
        Ok(BlobAnswer::Is(row))
    }

    fn grow_blob(
        &mut self,
        name: BlobName,
        Range { start: from, end: to }: Range<u64>,
        days: u32,
        quota: u64,
    ) -> Result<BlobAnswer, StoreError> {
        let row = self.tx.row::<BlobRow>(Table::Blobs, name.as_bytes())?;
        let Some(mut row) = row.filter(|row| row.stored == from && from <= to && to <= row.size) else {
            return Ok(BlobAnswer::Gone);
        };
        let total = self.blob_bytes()?.saturating_add(to - from);
        if total > quota {
            return Ok(BlobAnswer::OverQuota);
        }
        self.tx.put_row(Table::Totals, TOTAL, &total);
        row.stored = to;
        self.counts.blob_bytes += signed(to - from);
        let days = if to == row.size { days } else { limits::UNFINISHED_BLOB_DAYS };
        row.until = self.today.plus(days);
        self.tx.put_row(Table::Blobs, name.as_bytes(), &row);
        Ok(BlobAnswer::Is(row))
    }

    fn remove_blob(&mut self, name: BlobName) -> Result<(), StoreError> {
        if let Some(row) = self.tx.row::<BlobRow>(Table::Blobs, name.as_bytes())? {
            let total = self.blob_bytes()?.saturating_sub(row.stored);
            self.tx.put_row(Table::Totals, TOTAL, &total);
            self.tx.remove(Table::Blobs, name.as_bytes());
            self.counts.blobs -= 1;
            self.counts.blob_bytes -= signed(row.stored);
        }
        Ok(())
    }

    /// Removes a blob that nobody may read any more.
    pub(super) fn sweep_blob(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let name = BlobName::from_slice(key).ok_or(StoreError::Corrupt)?;
        let row = self.tx.row::<BlobRow>(Table::Blobs, key)?;
        if row.is_some_and(|row| row.until < self.today) {
            self.counts.blobs_expired += 1;
            self.remove_blob(name)?;
        }
        Ok(())
    }

    fn blob_bytes(&self) -> Result<u64, StoreError> {
        Ok(self.tx.row(Table::Totals, TOTAL)?.unwrap_or(0))
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Bench, Device};
    use super::super::{Answer, Op};
    use super::*;

    const QUOTA: u64 = 10 * limits::MAX_BLOB_BYTES_PER_DAY;
    const DAYS: u32 = 30;

    fn create(device: &Device, n: u8, size: u64) -> CreateBlob {
        CreateBlob {
            name: BlobName::new([n; 16]),
            inbox: device.inbox,
            token: device.token(),
            size,
            secret: BlobSecretHash::new([n; 32]),
            allowance: limits::MAX_BLOB_BYTES_PER_DAY,
            quota: QUOTA,
        }
    }

    fn apply(bench: &mut Bench, op: BlobOp) -> BlobAnswer {
        match bench.apply(&Op::Blob(op)) {
            Answer::Blob(answer) => answer,
            other => panic!("not about a blob: {other:?}"),
        }
    }

    fn sweep(bench: &mut Bench) {
        let mut next = Some(crate::service::SweepFrom::default());
        while let Some(from) = next {
            next = match bench.apply(&Op::Sweep(from)) {
                Answer::Swept(more) => more,
                other => panic!("not a sweep: {other:?}"),
            };
        }
    }

    fn row(bench: &Bench, n: u8) -> Option<BlobRow> {
        bench.store.row(Table::Blobs, &[n; 16]).expect("reads")
    }

    fn with_inbox() -> (Bench, Device) {
        let (mut bench, alice) = (Bench::new(), Device::new(1));
        bench.apply(&alice.own(0));
        (bench, alice)
    }

    #[test]
    fn an_inbox_announces_so_much_a_day_and_no_more() {
        // RELAY-5: MAX_BLOB_BYTES_PER_DAY, BLOB_COUNTERS
        let (mut bench, alice) = with_inbox();
        for n in 1..=2 {
            let half = create(&alice, n, limits::MAX_BLOB_BYTES_PER_DAY / 2);
            assert!(matches!(apply(&mut bench, BlobOp::Create(half)), BlobAnswer::Is(_)));
        }
        let again = create(&alice, 2, limits::MAX_BLOB_BYTES_PER_DAY / 2);
        assert!(
            matches!(apply(&mut bench, BlobOp::Create(again)), BlobAnswer::Is(_)),
            "a repeat costs nothing"
        );
        let more = || BlobOp::Create(create(&alice, 3, 1));
        assert_eq!(apply(&mut bench, more()), BlobAnswer::OverAllowance);
        assert_eq!(bench.service.blobs.counters.len(), limits::BLOB_COUNTERS);
        bench.today = bench.today.plus(1);
        assert!(matches!(apply(&mut bench, more()), BlobAnswer::Is(_)));
    }

    #[test]
    fn whose_token_admitted_a_blob_is_not_stored() {
        // RELAY-4
        let (mut bench, alice) = with_inbox();
        apply(&mut bench, BlobOp::Create(create(&alice, 9, 10)));
        let snapshot = bench.store.snapshot().expect("a snapshot");
        let holds = |bytes: &[u8]| bytes.windows(16).any(|window| window == alice.inbox.as_bytes());
        let mut holders = Vec::new();
        for (table, _) in Table::ALL {
            let mut look = |key: &[u8], row: &[u8]| {
                if holds(key) || holds(row) {
                    holders.push(*table);
                }
                Ok(())
            };
            snapshot.rows(*table, &mut look).expect("reads");
        }
        assert_eq!(holders, [Table::Inboxes]);
    }

    #[test]
    fn all_blobs_together_have_a_quota_and_give_it_back() {
        let (mut bench, alice) = with_inbox();
        let create = |n, size| BlobOp::Create(CreateBlob { allowance: u64::MAX, ..create(&alice, n, size) });
        let grow =
            |n, to| BlobOp::Grow { name: BlobName::new([n; 16]), from: 0, to, days: DAYS, quota: QUOTA };
        assert!(matches!(apply(&mut bench, create(1, QUOTA - 1)), BlobAnswer::Is(_)));
        assert!(matches!(apply(&mut bench, create(2, 2)), BlobAnswer::Is(_)), "announced is not stored");
        assert!(matches!(apply(&mut bench, grow(1, QUOTA - 1)), BlobAnswer::Is(_)));
        assert_eq!(apply(&mut bench, grow(2, 2)), BlobAnswer::OverQuota);
        assert!(matches!(apply(&mut bench, grow(2, 1)), BlobAnswer::Is(_)));
        assert_eq!(apply(&mut bench, create(3, 1)), BlobAnswer::OverQuota);
        for _ in 0..2 {
            apply(&mut bench, BlobOp::Remove(BlobName::new([2; 16])));
        }
        assert!(matches!(apply(&mut bench, create(3, 1)), BlobAnswer::Is(_)));
        assert!(matches!(apply(&mut bench, grow(3, 1)), BlobAnswer::Is(_)));
        assert_eq!(apply(&mut bench, create(4, 1)), BlobAnswer::OverQuota, "given back once");
    }

    #[test]
    fn only_bytes_that_follow_on_what_counts_are_counted() {
        let (mut bench, alice) = with_inbox();
        apply(&mut bench, BlobOp::Create(create(&alice, 1, 10)));
        let name = BlobName::new([1; 16]);
        let mut grow = |from, to| apply(&mut bench, BlobOp::Grow { name, from, to, days: 30, quota: QUOTA });
        assert!(matches!(grow(0, 4), BlobAnswer::Is(BlobRow { stored: 4, .. })));
        for (from, to) in [(0, 4), (3, 5), (4, 11), (4, 3)] {
            assert_eq!(grow(from, to), BlobAnswer::Gone, "{from}..{to}");
        }
        assert!(matches!(grow(4, 10), BlobAnswer::Is(BlobRow { stored: 10, .. })));
    }

    #[test]
    fn an_unfinished_blob_goes_after_a_day_and_a_finished_one_after_thirty() {
        // RELAY-5: UNFINISHED_BLOB_DAYS
        let (mut bench, alice) = with_inbox();
        for n in 1..=2 {
            apply(&mut bench, BlobOp::Create(create(&alice, n, 10)));
        }
        let name = BlobName::new([2; 16]);
        apply(&mut bench, BlobOp::Grow { name, from: 0, to: 10, days: DAYS, quota: QUOTA });
        let began = bench.today;
        let mut there = |days| {
            bench.today = began.plus(days);
            sweep(&mut bench);
            (row(&bench, 1).is_some(), row(&bench, 2).is_some())
        };
        assert_eq!(there(limits::UNFINISHED_BLOB_DAYS), (true, true));
        assert_eq!(there(limits::UNFINISHED_BLOB_DAYS + 1), (false, true));
        assert_eq!(there(DAYS), (false, true));
        assert_eq!(there(DAYS + 1), (false, false));
    }
}
