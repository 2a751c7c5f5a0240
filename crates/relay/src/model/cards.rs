//! Cards, as `/v1/cards/{id}` answers for them. Statuses are those of HTTP.

use data_encoding::BASE64URL_NOPAD;
use kuvert_wire::{CardDeletion, CardId, CardRecord, InboxId, Token, headers};

use super::Model;
use crate::service::{Admission, Answer, CardAnswer, Op};

impl Model {
    /// Reads a card: status and record.
    pub fn card(&mut self, card: CardId) -> (u16, Vec<u8>) {
        match self.context.store.card(card) {
            Ok(Some(row)) if row.record.is_empty() => (410, Vec::new()),
            Ok(Some(row)) => {
                if row.used != self.today {
                    self.perform(Op::UseCard(card));
                }
                (200, row.record)
            }
            Ok(None) => (404, Vec::new()),
            Err(_) => (503, Vec::new()),
        }
    }

    /// Stores a card for who shows a token of an inbox here, in `headers`.
    pub fn put_card(&mut self, card: CardId, headers: &[(&'static str, String)], record: &[u8]) -> u16 {
        let header = |name| {
            let found = headers.iter().find(|(other, _)| *other == name)?;
            BASE64URL_NOPAD.decode(found.1.as_bytes()).ok()
        };
        let inbox = header(headers::INBOX).and_then(|bytes| InboxId::from_slice(&bytes));
        let token = header(headers::TOKEN).and_then(|bytes| Token::from_slice(&bytes));
        let (Some(inbox), Some(token)) = (inbox, token) else { return 401 };
        let Ok(version) = CardRecord::verified(card, record).map(|record| record.version) else { return 400 };
        let admission = Admission { inbox, token };
        match self.perform(Op::PutCard { admission, card, version, record: record.to_vec() }) {
            Some(Answer::Card(CardAnswer::Created)) => 201,
            Some(Answer::Card(CardAnswer::Replaced)) => 200,
            Some(Answer::Card(CardAnswer::NotAdmitted)) => 403,
            Some(Answer::Card(CardAnswer::Outdated)) => 409,
            _ => 503,
        }
    }

    /// Deletes a card.
    pub fn delete_card(&mut self, card: CardId, deletion: &[u8]) -> u16 {
        let Ok(version) = CardDeletion::verified(card, deletion).map(|deletion| deletion.version) else {
            return 400;
        };
        match self.perform(Op::DeleteCard { card, version }) {
            Some(Answer::Card(CardAnswer::Deleted)) => 204,
            Some(Answer::Card(CardAnswer::Absent)) => 404,
            Some(Answer::Card(CardAnswer::Outdated)) => 409,
            _ => 503,
        }
    }
}
