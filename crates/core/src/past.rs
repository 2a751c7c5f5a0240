//! What still comes from epochs that a group has left.
//!
//! A device that heals overtakes its own inbox: it has the commits from the channel, while posts of the epochs that it leaves may
//! still be on their way, above all from another relay. So the group's state is set aside as it was where the inbox is. It goes
//! on by what the inbox brings, commit by commit, opens the posts in between, seals nothing, and is deleted when it has come to
//! where the group went on (ADR 12).

use std::cmp::Ordering;

use kuvert_mls::{Group, GroupKey, MlsError, Provider};
use kuvert_store::{GroupRow, MlsStorage, OutboxKind, OutboxRow, PastRow};
use kuvert_wire::{ChannelId, Entry, decode, limits};

use crate::ClientError;
use crate::inbox::{ChannelEntry, Progress, is_peer_fault};
use crate::limits::KEEP_PAST;
use crate::step::Step;
use crate::wishes::aside;

/// Beside what [`aside`] gives, which has fewer bits.
const PAST: i64 = 1 << 41;

/// The number under which the state of a group from before is set aside.
fn number(channel: &[u8; 16]) -> i64 {
    aside(channel) + PAST
}

fn storage(error: kuvert_store::MlsStorageError) -> MlsError {
    MlsError::Storage(error.to_string())
}

impl<'a> Step<'a, '_> {
    /// A group is about to leave its epoch by another way than its inbox: sets its state aside, unless the inbox is out of that
    /// epoch, or is in an earlier one that was set aside before.
    pub(crate) fn keep_past(&mut self, row: &GroupRow) -> Result<(), ClientError> {
        let group = self.load_group(row)?;
        let epoch = group.epoch();
        if row.cut_off || self.inbox_has_passed(&row.channel, epoch)? {
            self.drop_past(&row.channel)?;
        } else if self.tx.past(&row.channel)?.is_none() {
            let is_own = |waiting: &OutboxRow| {
                waiting.kind == OutboxKind::Commit && waiting.channel == Some(row.channel)
            };
            let own = self.tx.outbox()?.into_iter().find(is_own);
            self.tx.mls().copy_aside(group.id(), number(&row.channel)).map_err(storage)?;
            self.tx.set_past(&PastRow {
                channel: row.channel,
                key: group.key().as_bytes().to_owned().into(),
                until: epoch + 1,
                since: self.now.0,
                own: own.map(|own| own.id),
            })?;
        }
        self.keep_loaded(group);
        self.past_goes_until(&row.channel, epoch + 1)
    }

    /// Whether entries of a later epoch have come: what was posted before lay before them.
    fn inbox_has_passed(&self, channel: &[u8; 16], epoch: u64) -> Result<bool, ClientError> {
        let later = |entry: &[u8]| match decode::<Entry>(entry, limits::MAX_FRAME) {
            Ok(Entry::Post { epoch: of, .. } | Entry::Commit { epoch: of, .. }) => of > epoch,
            _ => false,
        };
        Ok(self.tx.kept_entries(channel)?.iter().any(|kept| later(&kept.entry)))
    }

    /// The group itself has gone on to this epoch.
    pub(crate) fn past_goes_until(&mut self, channel: &[u8; 16], epoch: u64) -> Result<(), ClientError> {
        if let Some(past) = self.tx.past(channel)? {
            self.tx.set_past(&PastRow { until: epoch, ..past })?;
        }
        Ok(())
    }

    /// The inbox is in this epoch: forgets what was set aside, if that is where the group went on.
    pub(crate) fn past_reached(&mut self, row: &GroupRow, epoch: u64) -> Result<(), ClientError> {
        match self.tx.past(&row.channel)? {
            Some(past) if epoch >= past.until => self.drop_past(&row.channel),
            _ => Ok(()),
        }
    }

    /// A post of an epoch that the group has left.
    pub(crate) fn late_post(
        &mut self,
        row: &GroupRow,
        entry: &ChannelEntry<'_>,
    ) -> Result<Progress, ClientError> {
        if let Some((_, mut group)) = self.past_of(row)? {
            match entry.epoch.cmp(&group.epoch()) {
                Ordering::Equal => {
                    let opened = group.open(&self.past_provider(&row.channel), entry.body)?;
                    self.opened(row, opened)?;
                    return Ok(Progress::Done);
                }
                Ordering::Greater if self.sessions.waits_for_blob(&row.channel) => {
                    return Ok(Progress::Later);
                }
                // A commit in between is lost.
                Ordering::Greater => self.drop_past(&row.channel)?,
                Ordering::Less => {}
            }
        }
        if self.desk_room()? == Some(row.conversation) {
            self.desk_is_behind()?;
        }
        self.dropped("a post of an epoch that is over")?;
        Ok(Progress::Done)
    }

    /// A commit that ended an epoch which the group has left: it changes nothing but what was set aside.
    pub(crate) fn late_commit(
        &mut self,
        row: &GroupRow,
        entry: &ChannelEntry<'_>,
    ) -> Result<Progress, ClientError> {
        let Some((past, mut group)) = self.past_of(row)? else { return Ok(Progress::Done) };
        match entry.epoch.cmp(&group.epoch()) {
            Ordering::Less => return Ok(Progress::Done),
            Ordering::Greater if self.sessions.waits_for_blob(&row.channel) => return Ok(Progress::Later),
            Ordering::Greater => {
                self.drop_past(&row.channel)?;
                return Ok(Progress::Done);
            }
            Ordering::Equal => {}
        }
        match self.go_on(&past, &mut group, entry) {
            Ok(true) => self.tx.set_past(&PastRow {
                key: group.key().as_bytes().to_owned().into(),
                since: self.now.0,
                own: None,
                ..past
            })?,
            Ok(false) => self.drop_past(&row.channel)?,
            Err(fault) if is_peer_fault(&fault) => self.drop_past(&row.channel)?,
            Err(error) => return Err(error.into()),
        }
        Ok(Progress::Done)
    }

    /// Takes a commit into what was set aside. Says whether this device is still a member by it.
    fn go_on(&self, past: &PastRow, group: &mut Group, entry: &ChannelEntry<'_>) -> Result<bool, MlsError> {
        let provider = self.past_provider(&past.channel);
        if group.has_pending_commit() {
            if past.own.as_ref() == Some(entry.id.as_bytes()) {
                return group.accept_commit(&provider).map(|_| true);
            }
            group.drop_commit(&provider)?;
        }
        let merged = group.process_commit(&provider, entry.body, &self.sessions.blobs, self.now.seconds())?;
        Ok(!merged.is_removed && !merged.is_away)
    }

    fn past_of(&mut self, row: &GroupRow) -> Result<Option<(PastRow, Group)>, ClientError> {
        let Some(past) = self.tx.past(&row.channel)? else { return Ok(None) };
        let storage = self.past_provider(&row.channel).storage;
        match Group::load(&storage, ChannelId::new(row.channel), GroupKey::new(*past.key)) {
            Ok(group) => Ok(Some((past, group))),
            Err(MlsError::State(_)) => {
                self.drop_past(&row.channel)?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn past_provider(&self, channel: &[u8; 16]) -> Provider<'a, MlsStorage<'a>> {
        let provider = self.provider();
        Provider { storage: provider.storage.aside(number(channel)), ..provider }
    }

    /// Deletes what was set aside of a group.
    pub(crate) fn drop_past(&self, channel: &[u8; 16]) -> Result<(), ClientError> {
        if self.tx.remove_past(channel)? {
            self.tx.mls().drop_aside(number(channel))?;
        }
        Ok(())
    }

    /// Deletes what has waited for longer than anything is kept at a relay.
    pub(crate) fn forget_old_past(&mut self) -> Result<(), ClientError> {
        for channel in self.tx.past_since_before(self.now.0.saturating_sub(KEEP_PAST))? {
            self.drop_past(&channel)?;
        }
        Ok(())
    }
}
