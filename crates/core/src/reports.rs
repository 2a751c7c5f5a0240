//! Reports: what became of own messages at others, and what others are told of theirs.

use kuvert_content::{Content, Report, Status};
use kuvert_store::{ConversationId, MessageId, MessageKind, MessageState, MetaKey, ReportKind};

use crate::limits::{REPORT_BURST, REPORT_PAUSE};
use crate::step::Step;
use crate::{ClientError, Event, Output};

impl Step<'_, '_> {
    /// Somebody says what became of messages.
    pub(crate) fn report(
        &mut self,
        conversation: ConversationId,
        from: &[u8; 32],
        report: &Report,
    ) -> Result<(), ClientError> {
        // Their clock may be wrong, but they cannot know of what is to come.
        let at = if (1..=self.now.0).contains(&report.at) { report.at } else { self.now.0 };
        for (mimi, status) in &report.statuses {
            let kind = match status {
                Status::Delivered => ReportKind::Delivered,
                Status::Read => ReportKind::Read,
                _ => continue,
            };
            if let Some(message) = self.tx.own_message(conversation, mimi.as_bytes())? {
                self.tx.add_receipt(message, from, kind, at)?;
                self.progress(conversation, message)?;
            }
        }
        Ok(())
    }

    /// A message is as far as it is with the last of those who were to get it.
    fn progress(&mut self, conversation: ConversationId, message: MessageId) -> Result<(), ClientError> {
        let others = self.others(conversation)?;
        let receipts = self.tx.receipts(message)?;
        let state = if receipts.iter().filter(|receipt| receipt.read.is_some()).count() >= others {
            MessageState::Read
        } else if receipts.len() >= others {
            MessageState::Delivered
        } else {
            return Ok(());
        };
        let before = self.how_far(message)?;
        self.tx.set_message_state(message, state)?;
        let after = self.how_far(message)?;
        for state in [MessageState::Delivered, MessageState::Read] {
            if before < state && state <= after {
                self.event(Event::Progressed { conversation, message, state });
            }
        }
        Ok(())
    }

    /// How far an own message is; one that failed or is gone has gone nowhere.
    fn how_far(&self, message: MessageId) -> Result<MessageState, ClientError> {
        let row = self.tx.message(message)?.filter(|row| row.kind != MessageKind::Deleted);
        let state = row.map(|row| row.state).filter(|state| *state <= MessageState::Read);
        Ok(state.unwrap_or(MessageState::Queued))
    }

    /// How many people other than the user a conversation has: at least one.
    fn others(&self, conversation: ConversationId) -> Result<usize, ClientError> {
        let group = self.tx.group_profile(conversation)?;
        Ok(group.map_or(1, |group| (group.members.max(2) - 1) as usize))
    }

    /// Owed reports go out once everything that waited has come.
    pub(crate) fn send_reports(&mut self) -> Result<(), ClientError> {
        if !self.sessions.live || self.account.is_none() {
            return Ok(());
        }
        for conversation in self.tx.owing_reports()? {
            if !self.is_report_due(conversation)? {
                continue;
            }
            let taken = self.tx.take_reports(conversation, kuvert_content::limits::MAX_REPORTED)?;
            if !self.reports_in(conversation)? {
                // The group has grown, or the user is not in it any more, since these were owed.
                continue;
            }
            let statuses = taken
                .iter()
                .filter_map(|(mimi, kind)| {
                    let status = match kind {
                        ReportKind::Delivered => Status::Delivered,
                        ReportKind::Read => Status::Read,
                    };
                    Some((kuvert_content::MessageId::from_slice(mimi)?, status))
                })
                .collect();
            let report = Report { statuses, at: self.now.0 };
            self.write_down(conversation, Content::report(self.rng.bytes(), &report), false)?;
        }
        Ok(())
    }

    /// Whether a report may go out now. In a group, where everybody reports to everybody, one covers what came in a while.
    fn is_report_due(&mut self, conversation: ConversationId) -> Result<bool, ClientError> {
        if self.tx.group_profile(conversation)?.is_none() {
            return Ok(true);
        }
        let now = self.now;
        self.sessions.paid_until.retain(|_, until| *until > now);
        // Every report pays for a pause, and pauses may be owed.
        let until = self.sessions.paid_until.entry(conversation).or_insert(now);
        let due = until.plus_millis(-REPORT_BURST * REPORT_PAUSE);
        let is_due = due <= now;
        if is_due {
            *until = until.plus_millis(REPORT_PAUSE);
        } else {
            self.outputs.push(Output::WakeAt(due));
        }
        Ok(is_due)
    }

    /// The user has seen everything in a conversation.
    pub(crate) fn mark_read(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let reports = sends_read_reports(self.tx)? && self.reports_in(conversation)?;
        Ok(self.tx.mark_read(conversation, self.now.0, reports)?)
    }

    /// Whether others are told what the user has read.
    pub(crate) fn set_read_reports(&mut self, on: bool) -> Result<(), ClientError> {
        Ok(self.tx.set_meta(MetaKey::ReadReports, &[u8::from(on)])?)
    }
}

/// Whether others are told what the user has read. They are, unless the user decided otherwise.
pub(crate) fn sends_read_reports(tx: &kuvert_store::Tx<'_>) -> Result<bool, ClientError> {
    Ok(tx.meta(MetaKey::ReadReports)?.is_none_or(|value| value.as_slice() != [0]))
}
