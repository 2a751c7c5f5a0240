//! Requests are remembered by their id, so that a repeat is answered like the first and stored once.

use kuvert_wire::{ErrorCode, InboxId, PostId, limits};
use sha2::{Digest, Sha256};

use super::{Refusal, Success, Work};
use crate::store::{RepeatRow, StoreError, Table, repeat_key};

/// Recognises a request by its bytes, so that an id cannot be used again for something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content([u8; 16]);

impl Content {
    /// Of the frame as it came; `owner` is the session's inbox, if it has one.
    pub(crate) fn of(frame: &[u8], owner: Option<InboxId>) -> Self {
        let owner = owner.map_or([0; 16], |inbox| *inbox.as_bytes());
        let digest = Sha256::new()
            .chain_update(b"kuvert request v1")
            .chain_update(owner)
            .chain_update(frame)
            .finalize();
        let mut content = [0; 16];
        content.copy_from_slice(&digest[..16]);
        Self(content)
    }
}

impl Work<'_, '_> {
    /// The answer to an earlier request with this id, if there was one.
    pub(super) fn remembered(
        &mut self,
        id: PostId,
        content: &Content,
    ) -> Result<Option<Result<Success, Refusal>>, StoreError> {
        for age in 0..self.repeat_days()? {
            let key = repeat_key(self.today.minus(age), id);
            let Some(row) = self.tx.row::<RepeatRow>(Table::Repeats, &key)? else { continue };
            if row.content != content.0 {
                return Ok(Some(Err(ErrorCode::BadFrame.into())));
            }
            return Ok(Some(Ok(match row.package {
                Some(package) => Success::KeyPackage(package.into()),
                None => Success::Accepted(row.seq),
            })));
        }
        Ok(None)
    }

    /// Days to look at, today first: most relays have seen nothing on the days before, and looking costs.
    fn repeat_days(&mut self) -> Result<u32, StoreError> {
        let days = match self.service.repeat_days {
            Some((day, days)) if day == self.today => days,
            _ => {
                let oldest = self.tx.store().keys(Table::Repeats, &[], 1)?;
                let is_older = |key: &Vec<u8>| key.as_slice() < self.today.0.to_be_bytes().as_slice();
                if oldest.first().is_some_and(is_older) { limits::REPEAT_DAYS } else { 1 }
            }
        };
        self.service.repeat_days = Some((self.today, days));
        Ok(days)
    }

    /// Remembers an answer, in the transaction that makes it true.
    pub(super) fn remember(&mut self, id: PostId, content: &Content, success: &Success) {
        let (seq, package) = match success {
            Success::Accepted(seq) => (*seq, None),
            Success::KeyPackage(package) => (0, Some(package.clone().into())),
            // Reading changes nothing, and is answered by what stands there then.
            Success::Channel(_) | Success::LastResort(_) => return,
        };
        let row = RepeatRow { content: content.0, seq, package };
        self.tx.put_row(Table::Repeats, &repeat_key(self.today, id), &row);
    }
}
