//! Channels: one total order of posts per conversation, and one winner among the commits of an epoch.

use std::collections::HashSet;

use kuvert_wire::{
    ChannelState, Commit, CreateChannel, Entry, ErrorCode, Fanout, FanoutKey, FanoutTarget, InboxId, Post,
    Token, decode, limits,
};
use subtle::ConstantTimeEq;

use super::{Outcome, Refusal, Success, Work, refused};
use crate::store::{ChannelRow, InboxRow, StoreError, Table};

/// A post that may be posted: the channel as it is, and where its posts go.
struct Admitted {
    row: ChannelRow,
    targets: Vec<FanoutTarget>,
}

impl Work<'_, '_> {
    /// Creates a channel. The same content again is no error: the answer to the first may have been lost for long.
    pub(super) fn create_channel(&mut self, request: &CreateChannel) -> Outcome {
        let state = &request.state;
        if !state.is_within_limits() {
            return refused(ErrorCode::TooLarge);
        }
        if let Some(row) = self.tx.channel(request.channel)? {
            let key = request.channel.as_bytes();
            let same = row.epoch == state.epoch
                && row.post_secret == state.post_secret
                && self.tx.get(Table::Fanouts, key)?.is_some_and(|stored| stored == state.fanout)
                && self.tx.get(Table::GroupInfos, key)?.is_some_and(|stored| stored == state.group_info);
            return if same { Ok(Ok(Success::Accepted(0))) } else { refused(ErrorCode::Taken) };
        }
        let row = ChannelRow { epoch: state.epoch, post_secret: state.post_secret, seq: 0, used: self.today };
        self.put_channel(request.channel.as_bytes(), &row, Some(state));
        Ok(Ok(Success::Accepted(0)))
    }

    /// Posts to all members.
    pub(super) fn post(&mut self, post: &Post) -> Outcome {
        let Admitted { mut row, targets } = match self.admit(post)? {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Err(refusal)),
        };
        row.seq += 1;
        row.used = self.today;
        self.put_channel(post.channel.as_bytes(), &row, None);
        let Post { channel, epoch, id, .. } = *post;
        self.fan_out(&targets, &Entry::Post { channel, seq: row.seq, epoch, id, body: post.body.clone() })?;
        Ok(Ok(Success::Accepted(row.seq)))
    }

    /// Posts a commit to the members of the epoch that it ends, moves the channel to the next, and welcomes the new
    /// members. RELAY-3: all of it is in one transaction.
    pub(super) fn commit(&mut self, commit: &Commit) -> Outcome {
        let Commit { post, next, welcomes } = commit;
        let fits = welcomes.len() <= limits::MAX_WELCOMES
            && welcomes.iter().all(|welcome| welcome.body.len() <= limits::MAX_BODY);
        if !fits || !next.is_within_limits() {
            return refused(ErrorCode::TooLarge);
        }
        if post.epoch.checked_add(1) != Some(next.epoch) {
            return refused(ErrorCode::BadFrame);
        }
        let Admitted { row, targets } = match self.admit(post)? {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Err(refusal)),
        };
        // Without its welcome a new member would be lost to the group: all of them, or no commit.
        for welcome in welcomes {
            if self.depositable(welcome.inbox, &welcome.token)?.is_none() {
                return refused(ErrorCode::BadToken);
            }
        }
        let row = ChannelRow {
            epoch: next.epoch,
            post_secret: next.post_secret,
            seq: row.seq + 1,
            used: self.today,
        };
        self.put_channel(post.channel.as_bytes(), &row, Some(next));
        let Post { channel, epoch, id, .. } = *post;
        self.fan_out(&targets, &Entry::Commit { channel, seq: row.seq, epoch, id, body: post.body.clone() })?;
        for welcome in welcomes {
            if let Some(inbox) = self.tx.inbox(welcome.inbox)? {
                self.queue(welcome.inbox, inbox, &Entry::Deposit { body: welcome.body.clone() });
            }
        }
        Ok(Ok(Success::Accepted(row.seq)))
    }

    fn admit(&self, post: &Post) -> Result<Result<Admitted, Refusal>, StoreError> {
        if post.body.len() > limits::MAX_BODY {
            return Ok(Err(ErrorCode::TooLarge.into()));
        }
        let Some(row) = self.tx.channel(post.channel)? else {
            return Ok(Err(ErrorCode::NoSuchChannel.into()));
        };
        // MLS-3: only the current epoch's secret posts, so that a removed device's secret ends with the commit that
        // removed it. Who is late learns the epoch, catches up and seals anew.
        if post.epoch != row.epoch {
            return Ok(Err(Refusal { code: ErrorCode::Conflict, epoch: Some(row.epoch) }));
        }
        if !bool::from(post.secret.hash().as_bytes().ct_eq(row.post_secret.as_bytes())) {
            return Ok(Err(ErrorCode::BadSecret.into()));
        }
        let sealed = self.tx.get(Table::Fanouts, post.channel.as_bytes())?.ok_or(StoreError::Corrupt)?;
        let Ok(opened) = post.fanout_key.secret_box().open(FanoutKey::CONTEXT, &sealed) else {
            return Ok(Err(ErrorCode::BadSecret.into()));
        };
        match decode::<Fanout>(&opened, limits::MAX_FANOUT) {
            Ok(fanout) if fanout.is_within_limits() => Ok(Ok(Admitted { row, targets: fanout.targets })),
            _ => Ok(Err(ErrorCode::TooLarge.into())),
        }
    }

    /// Queues `entry` for every target that is here and whose token holds. The sender does not learn which those are.
    fn fan_out(&mut self, targets: &[FanoutTarget], entry: &Entry) -> Result<(), StoreError> {
        let mut done = HashSet::with_capacity(targets.len());
        for target in targets {
            let here = target.relay.as_ref().is_none_or(|relay| self.service.origins.contains(relay));
            if !here || done.contains(&target.inbox) {
                continue;
            }
            if let Some(row) = self.depositable(target.inbox, &target.token)? {
                self.queue(target.inbox, row, entry);
                done.insert(target.inbox);
            }
        }
        Ok(())
    }

    fn depositable(&self, inbox: InboxId, token: &Token) -> Result<Option<InboxRow>, StoreError> {
        Ok(self.tx.inbox(inbox)?.filter(|row| row.deposit_key.made(token)))
    }

    fn put_channel(&mut self, key: &[u8], row: &ChannelRow, state: Option<&ChannelState>) {
        self.tx.put_row(Table::Channels, key, row);
        if let Some(state) = state {
            self.tx.put(Table::Fanouts, key, state.fanout.clone());
            self.tx.put(Table::GroupInfos, key, state.group_info.clone());
        }
    }
}
