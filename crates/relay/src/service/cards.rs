//! Cards: ciphertext with a version, stored for who shows the card's link around.

use kuvert_wire::CardId;

use super::{Admission, CardAnswer, Work};
use crate::store::{CardRow, StoreError, Table};

impl Work<'_, '_> {
    /// Stores a record whose signature was verified, if it is newer than the stored one.
    pub(super) fn put_card(
        &mut self,
        admission: &Admission,
        card: CardId,
        version: u64,
        record: &[u8],
    ) -> Result<CardAnswer, StoreError> {
        if self.depositable(admission.inbox, &admission.token)?.is_err() {
            return Ok(CardAnswer::NotAdmitted);
        }
        let stored = self.tx.row::<CardRow>(Table::Cards, card.as_bytes())?;
        let answer = match stored {
            None => CardAnswer::Created,
            Some(row) if row.record == record => CardAnswer::Replaced,
            Some(row) if row.version >= version => return Ok(CardAnswer::Outdated),
            Some(row) if row.record.is_empty() => CardAnswer::Created,
            Some(_) => CardAnswer::Replaced,
        };
        let row = CardRow { version, used: self.today, record: record.to_vec() };
        self.tx.put_row(Table::Cards, card.as_bytes(), &row);
        Ok(answer)
    }

    /// Notes the day on which a card was read.
    pub(super) fn use_card(&mut self, card: CardId) -> Result<(), StoreError> {
        if let Some(mut row) = self.tx.row::<CardRow>(Table::Cards, card.as_bytes())?
            && !row.record.is_empty()
        {
            row.used = self.today;
            self.tx.put_row(Table::Cards, card.as_bytes(), &row);
        }
        Ok(())
    }

    /// Leaves a tombstone, so that nobody who kept the record can put it back.
    pub(super) fn delete_card(&mut self, card: CardId, version: u64) -> Result<CardAnswer, StoreError> {
        let Some(row) = self.tx.row::<CardRow>(Table::Cards, card.as_bytes())? else {
            return Ok(CardAnswer::Absent);
        };
        if row.version > version {
            return Ok(if row.record.is_empty() { CardAnswer::Deleted } else { CardAnswer::Outdated });
        }
        let tombstone = CardRow { version, used: self.today, record: Vec::new() };
        self.tx.put_row(Table::Cards, card.as_bytes(), &tombstone);
        Ok(CardAnswer::Deleted)
    }
}
