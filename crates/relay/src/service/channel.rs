//! Channels: one total order of posts per conversation, and one winner among the commits of an epoch.

use std::collections::HashSet;

use kuvert_wire::{
    ChannelId, ChannelInfo, ChannelState, Commit, CreateChannel, Entry, ErrorCode, Fanout, FanoutKey,
    FanoutTarget, FetchChannel, PlainEntry, Post, RelayAddress, WelcomeDeposit, decode, limits,
};
use subtle::ConstantTimeEq;

use super::outbox::Parcels;
use super::{Outcome, Refusal, Success, Work, refused};
use crate::store::{ChannelRow, HealingRow, StoreError, Table, handshake_key};

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
        let Some(group_info) = &state.group_info else { return refused(ErrorCode::BadFrame) };
        // Who has no inbox here, and knows nobody who has, leaves nothing here.
        if let Err(code) = self.depositable(request.inbox, &request.token)? {
            return refused(code);
        }
        if let Some(row) = self.tx.channel(request.channel)? {
            let key = request.channel.as_bytes();
            let same = row.epoch == state.epoch
                && row.post_secret == state.post_secret
                && self.tx.get(Table::Fanouts, key)?.is_some_and(|stored| stored == state.fanout)
                && self.tx.get(Table::GroupInfos, key)?.is_some_and(|stored| stored == **group_info);
            return if same { Ok(Ok(Success::Accepted(0))) } else { refused(ErrorCode::Taken) };
        }
        let row = ChannelRow {
            epoch: state.epoch,
            post_secret: state.post_secret,
            seq: 0,
            used: self.today,
            handshakes: 0,
            handshake_bytes: 0,
        };
        self.put_state(request.channel, &row, state, HealingRow::default());
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
        let mut parcels = self.parcels(&targets);
        if !self.find_room(&mut parcels, post.body.len())? {
            return refused(ErrorCode::Busy);
        }
        self.tx.put_row(Table::Channels, post.channel.as_bytes(), &row);
        let Post { channel, epoch, id, .. } = *post;
        let entry = Entry::Post { channel, seq: row.seq, epoch, id, body: post.body.clone() };
        self.fan_out(&targets, parcels, &entry)?;
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
            if let Err(code) = self.can_welcome(welcome)? {
                return refused(code);
            }
        }
        let mut parcels = self.parcels(&targets);
        parcels.welcomes.extend(welcomes.iter().filter_map(|w| Some((self.elsewhere(w.relay.as_ref())?, w))));
        if !self.find_room(&mut parcels, post.body.len())? {
            return refused(ErrorCode::Busy);
        }
        let Some(row) = self.advance(&row, commit)? else { return refused(ErrorCode::TooLarge) };
        let Post { channel, epoch, id, .. } = *post;
        let entry = Entry::Commit { channel, seq: row.seq, epoch, id, body: post.body.clone() };
        self.fan_out(&targets, parcels, &entry)?;
        for welcome in welcomes {
            let is_here = self.elsewhere(welcome.relay.as_ref()).is_none();
            if let Some(inbox) = self.tx.inbox(welcome.inbox)?.filter(|_| is_here) {
                self.queue(welcome.inbox, inbox, &PlainEntry::deposit(&welcome.body))?;
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

    /// Queues `entry` for every target that is here and whose token holds, and for those at other relays. The sender does
    /// not learn which those are.
    fn fan_out(
        &mut self,
        targets: &[FanoutTarget],
        parcels: Parcels<'_>,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let plain = PlainEntry::of(entry);
        let mut done = HashSet::with_capacity(targets.len());
        for target in targets {
            if self.elsewhere(target.relay.as_ref()).is_some() || done.contains(&target.inbox) {
                continue;
            }
            if let Ok(row) = self.depositable(target.inbox, &target.token)? {
                self.queue(target.inbox, row, &plain)?;
                done.insert(target.inbox);
            }
        }
        self.forward(parcels, entry)
    }

    /// The relay of an inbox, if it is not this one.
    pub(super) fn elsewhere<'r>(&self, relay: Option<&'r RelayAddress>) -> Option<&'r RelayAddress> {
        relay.filter(|relay| !self.service.origins.contains(&relay.origin))
    }

    /// Whether a welcome can be delivered, or why not. The token of an inbox elsewhere is checked there, when the welcome
    /// comes.
    fn can_welcome(&self, welcome: &WelcomeDeposit) -> Result<Result<(), ErrorCode>, StoreError> {
        Ok(match self.elsewhere(welcome.relay.as_ref()) {
            Some(relay) if self.delivers_to(relay) => Ok(()),
            Some(_) => Err(ErrorCode::NoSuchRelay),
            None => match self.depositable(welcome.inbox, &welcome.token)? {
                Ok(_) => Ok(()),
                Err(_) => Err(ErrorCode::BadToken),
            },
        })
    }

    /// Moves a channel to the state that a commit brings. `None` if it would have to keep too many commits then.
    fn advance(&mut self, row: &ChannelRow, commit: &Commit) -> Result<Option<ChannelRow>, StoreError> {
        let Commit { post, next, .. } = commit;
        let mut advanced = ChannelRow {
            epoch: next.epoch,
            post_secret: next.post_secret,
            seq: row.seq + 1,
            used: self.today,
            handshakes: 0,
            handshake_bytes: 0,
        };
        if next.group_info.is_some() {
            self.forget_handshakes(post.channel, row);
        } else {
            advanced.handshakes = row.handshakes + 1;
            advanced.handshake_bytes = row.handshake_bytes + post.body.len() as u64;
            if advanced.handshakes > limits::MAX_HANDSHAKES
                || advanced.handshake_bytes > limits::MAX_HANDSHAKE_BYTES
            {
                return Ok(None);
            }
            let key = handshake_key(post.channel, row.handshakes);
            self.tx.put(Table::Handshakes, key, post.body.clone());
        }
        let mut healing = self.healing(post.channel)?;
        healing.remember(row.epoch, &row.post_secret);
        self.put_state(post.channel, &advanced, next, healing);
        Ok(Some(advanced))
    }

    fn put_state(
        &mut self,
        channel: ChannelId,
        row: &ChannelRow,
        state: &ChannelState,
        mut healing: HealingRow,
    ) {
        let key = channel.as_bytes();
        self.tx.put_row(Table::Channels, key, row);
        self.tx.put(Table::Fanouts, key, state.fanout.clone());
        if let Some(group_info) = &state.group_info {
            self.tx.put(Table::GroupInfos, key, group_info.to_vec());
        }
        healing.access.clone_from(&state.access);
        self.tx.put_row(Table::Healing, key, &healing);
    }

    fn healing(&self, channel: ChannelId) -> Result<HealingRow, StoreError> {
        self.tx.row(Table::Healing, channel.as_bytes())?.ok_or(StoreError::Corrupt)
    }

    fn forget_handshakes(&mut self, channel: ChannelId, row: &ChannelRow) {
        for place in 0..row.handshakes {
            self.tx.remove(Table::Handshakes, handshake_key(channel, place));
        }
    }

    /// Removes a channel with everything that belongs to it.
    pub(super) fn remove_channel(&mut self, channel: ChannelId, row: &ChannelRow) {
        self.forget_handshakes(channel, row);
        for table in [Table::Channels, Table::Fanouts, Table::GroupInfos, Table::Healing] {
            self.tx.remove(table, channel.as_bytes());
        }
    }

    /// Shows what the channel keeps to who was a member in this or one of the last epochs. What it needs a member's keys
    /// to read is sealed under the group key, which those who were removed since do not have.
    pub(super) fn fetch_channel(&mut self, request: &FetchChannel) -> Outcome {
        let channel = request.channel;
        let Some(row) = self.tx.channel(channel)? else { return refused(ErrorCode::NoSuchChannel) };
        let healing = self.healing(channel)?;
        let is_current = request.epoch == row.epoch
            && bool::from(request.secret.hash().as_bytes().ct_eq(row.post_secret.as_bytes()));
        if !is_current && !healing.knows(request.epoch, &request.secret) {
            return refused(ErrorCode::BadSecret);
        }
        let group_info = match request.after {
            0 => {
                let info = self.tx.get(Table::GroupInfos, channel.as_bytes())?.ok_or(StoreError::Corrupt)?;
                Some(Vec::from(info).into())
            }
            _ => None,
        };
        let mut handshakes = Vec::new();
        let (mut place, mut size) = (request.after, 0);
        while place < row.handshakes {
            let body = self.tx.get(Table::Handshakes, &handshake_key(channel, place))?;
            let body = body.ok_or(StoreError::Corrupt)?;
            size += body.len();
            if size > limits::MAX_HANDSHAKE_PAGE {
                break;
            }
            handshakes.push(Vec::from(body).into());
            place += 1;
        }
        let more = place < row.handshakes;
        let info = ChannelInfo {
            id: request.id,
            epoch: row.epoch,
            group_info,
            access: healing.access,
            handshakes,
            more,
        };
        Ok(Ok(Success::Channel(Box::new(info))))
    }
}
