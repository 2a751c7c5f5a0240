//! Healing: what a device does that missed a commit (design section 5).
//!
//! Whatever shows that a channel is further than this device (a post of a later epoch, a conflict with an epoch that does
//! not come, a gap in the inbox) makes it ask the channel. It follows the commits that are kept there, or comes back by an
//! external commit in the place of its own leaf.

use kuvert_mls::{Healing, MlsError, Rejoined};
use kuvert_store::{GroupRow, GroupState, MlsStorage};
use kuvert_wire::{
    ChannelId, ChannelInfo, ClientFrame, Commit, Entry, ErrorCode, FetchChannel, PostId, decode, encode,
    limits,
};
use minicbor::bytes::ByteVec;

use crate::inbox::ChannelEntry;
use crate::limits::{ASK_AGAIN, MAX_KEPT, MAX_KEPT_BYTES, MAX_KEPT_STRANGE, MAX_PAGES};
use crate::notice::Notice;
use crate::outbox::{Intent, post_frame};
use crate::step::Step;
use crate::wishes::aside;
use crate::{ClientError, Event, Origin, Output};

/// What a channel told so far.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    channel: ChannelId,
    relay: String,
    request: PostId,
    epoch: u64,
    group_info: Vec<u8>,
    access: Vec<u8>,
    handshakes: Vec<ByteVec>,
    /// The last page has come; a blob is on its way.
    is_complete: bool,
}

impl Step<'_, '_> {
    /// Keeps an entry until what it needs has come.
    pub(crate) fn keep(&mut self, channel: ChannelId, entry: &Entry) -> Result<(), ClientError> {
        let most = match self.tx.group(channel.as_bytes())? {
            Some(_) => MAX_KEPT,
            None if self.tx.keeping()?.len() as u64 > MAX_KEPT_STRANGE => 0,
            None => MAX_KEPT_STRANGE,
        };
        if self.tx.keep_entry(channel.as_bytes(), &encode(entry), (most, MAX_KEPT_BYTES))? {
            Ok(())
        } else {
            self.dropped("more entries than can be kept for later")
        }
    }

    /// Works off what was kept for a channel, as far as it can be by now.
    pub(crate) fn work_off(&mut self, channel: ChannelId) -> Result<(), ClientError> {
        for kept in self.tx.kept_entries(channel.as_bytes())? {
            let Some(row) = self.tx.group(channel.as_bytes())?.filter(|row| row.ended.is_none()) else {
                return Ok(());
            };
            let entry = decode::<Entry>(&kept.entry, limits::MAX_FRAME);
            let Ok(Entry::Post { epoch, .. } | Entry::Commit { epoch, .. }) = &entry else {
                self.tx.remove_kept(kept.id)?;
                continue;
            };
            if *epoch > self.epoch_of(&row)? {
                continue;
            }
            self.tx.remove_kept(kept.id)?;
            if let Ok(entry) = entry {
                // Merging a commit works off the rest, in its turn.
                self.entry(&entry)?;
            }
        }
        Ok(())
    }

    /// A channel is in this epoch or a later one, and this device is not. The commits may still come: until then, patience.
    pub(crate) fn is_behind(
        &mut self,
        channel: &[u8; 16],
        epoch: u64,
        patience: i64,
    ) -> Result<(), ClientError> {
        let Some(row) = self.tx.group(channel)?.filter(|row| row.ended.is_none()) else { return Ok(()) };
        if row.behind < epoch {
            self.tx.set_behind(channel, epoch)?;
        }
        let until = self.now.plus_millis(patience);
        let known = self.sessions.patience.get(channel).copied();
        if known.is_none_or(|known| known > until) {
            self.sessions.patience.insert(*channel, until);
        }
        self.tend_healing()
    }

    /// Entries were lost: any channel may be further than this device knows.
    pub(crate) fn lost_entries(&mut self) -> Result<(), ClientError> {
        for row in self.tx.groups()? {
            let epoch = self.epoch_of(&row)?;
            self.is_behind(&row.channel, epoch + 1, 0)?;
            if self.desk_room()? == Some(row.conversation) {
                self.desk_is_behind()?;
            }
        }
        Ok(())
    }

    /// The relay has forgotten the inbox, or was set back: what waited is gone, commits above all, and nobody counted.
    pub(crate) fn lost_uncounted(&mut self) -> Result<(), ClientError> {
        self.event(Event::Gap { lost: 0 });
        self.lost_entries()
    }

    /// Everything that waited has come: what is still missing will not come by itself.
    pub(crate) fn caught_up(&mut self) -> Result<(), ClientError> {
        self.forget_old_past()?;
        self.merge_answered()?;
        self.sessions.retries.wake_all();
        self.work_off_welcomes()?;
        for row in self.tx.groups()? {
            if row.behind > 0 {
                self.sessions.patience.insert(row.channel, self.now);
            }
        }
        for channel in self.tx.keeping()? {
            self.work_off(ChannelId::new(channel))?;
        }
        self.resume_uploads()?;
        self.seal_unseen()?;
        self.tend_desk()?;
        self.tend_leaves()?;
        self.tend_groups()
    }

    /// Asks one channel at a time, when its time has come.
    pub(crate) fn tend_healing(&mut self) -> Result<(), ClientError> {
        if self.sessions.asking.is_some() || !self.sessions.live {
            return Ok(());
        }
        let next = self.sessions.patience.iter().min_by_key(|(_, at)| **at).map(|(c, at)| (*c, *at));
        let Some((channel, at)) = next else { return Ok(()) };
        if at > self.now {
            self.outputs.push(Output::WakeAt(at));
            return Ok(());
        }
        self.sessions.patience.remove(&channel);
        let row = self.tx.group(&channel)?.filter(|row| row.ended.is_none());
        match row {
            // A way back in waits for its verdict.
            Some(row) if row.intent == Intent::Rejoin as u8 => self.tend_healing(),
            // Coming back would let in who is to be kept out.
            Some(row) if self.is_blocked(row.conversation)? => self.tend_healing(),
            Some(row) if row.behind > self.epoch_of(&row)? => self.ask_channel(&row),
            Some(row) => {
                self.tx.set_behind(&row.channel, 0)?;
                self.tend_healing()
            }
            None => self.tend_healing(),
        }
    }

    fn ask_channel(&mut self, row: &GroupRow) -> Result<(), ClientError> {
        let channel = ChannelId::new(row.channel);
        self.sessions.asking = Some(Asking {
            channel,
            relay: row.relay.clone(),
            request: self.fresh_id(),
            epoch: 0,
            group_info: Vec::new(),
            access: Vec::new(),
            handshakes: Vec::new(),
            is_complete: false,
        });
        self.ask_page(row)
    }

    fn ask_page(&mut self, row: &GroupRow) -> Result<(), ClientError> {
        let request = self.fresh_id();
        let Some(asking) = &mut self.sessions.asking else { return Ok(()) };
        asking.request = request;
        let after = asking.handshakes.len() as u64;
        let group = self.load_group(row)?;
        let frame = FetchChannel {
            id: request,
            channel: group.channel(),
            epoch: group.epoch(),
            secret: group.post_secret(&self.provider())?,
            after,
        };
        if !self.ask(&row.relay, &ClientFrame::FetchChannel(frame))? {
            // Asked as soon as the relay can be.
            self.sessions.asking = None;
            self.sessions.patience.insert(row.channel, self.now.plus_millis(ASK_AGAIN));
        }
        Ok(())
    }

    /// Whether this is the answer to what a channel was asked.
    pub(crate) fn is_asking(&self, relay: &Origin, id: PostId) -> bool {
        let asking = self.sessions.asking.as_ref();
        asking.is_some_and(|asking| asking.request == id && asking.relay == relay.as_str())
    }

    /// A relay greeted: its channels need not wait any longer.
    pub(crate) fn relay_can_be_asked(&mut self, relay: &Origin) -> Result<(), ClientError> {
        for row in self.tx.groups()? {
            if row.relay == relay.as_str() && row.behind > 0 {
                self.sessions.patience.insert(row.channel, self.now);
            }
        }
        self.tend_healing()
    }

    /// The session on which a channel was asked is gone: asked again on the next one.
    pub(crate) fn asking_lost(&mut self, relay: &Origin) {
        if let Some(asking) = self.sessions.asking.take_if(|asking| asking.relay == relay.as_str()) {
            self.sessions.patience.insert(*asking.channel.as_bytes(), self.now);
        }
    }

    /// A page of what a channel keeps.
    pub(crate) fn channel_info(&mut self, info: ChannelInfo) -> Result<(), ClientError> {
        let Some(mut asking) = self.sessions.asking.take().filter(|asking| asking.request == info.id) else {
            return Ok(());
        };
        let row = self.tx.group(asking.channel.as_bytes())?.filter(|row| row.ended.is_none());
        let Some(row) = row else { return self.tend_healing() };
        if asking.handshakes.is_empty() {
            asking.epoch = info.epoch;
            asking.group_info = info.group_info.map(Vec::from).unwrap_or_default();
        }
        if asking.epoch != info.epoch {
            // The channel moved on between two pages.
            return self.is_behind(&row.channel, info.epoch, 0);
        }
        asking.access = info.access;
        asking.handshakes.extend(info.handshakes);
        let pages = asking.handshakes.len() <= MAX_PAGES * 256;
        let more = info.more && pages;
        asking.is_complete = !more;
        self.sessions.asking = Some(asking);
        if more { self.ask_page(&row) } else { self.heal(&row) }
    }

    /// A channel cannot be asked.
    pub(crate) fn channel_refused(&mut self, code: ErrorCode) -> Result<(), ClientError> {
        let Some(asking) = self.sessions.asking.take() else { return Ok(()) };
        let channel = *asking.channel.as_bytes();
        match code {
            ErrorCode::BadSecret => {
                if let Some(row) = self.tx.group(&channel)? {
                    self.lost(&row, &Notice::Lost)?;
                }
            }
            // Whoever posts next makes it anew.
            ErrorCode::NoSuchChannel => self.tx.set_behind(&channel, 0)?,
            _ => {
                self.sessions.patience.insert(channel, self.now.plus_millis(ASK_AGAIN));
            }
        }
        self.tend_healing()
    }

    /// All that the channel keeps is here: follows it, or finds the way back in.
    pub(crate) fn heal(&mut self, row: &GroupRow) -> Result<(), ClientError> {
        let Some(asking) = self.sessions.asking.clone().filter(|asking| asking.is_complete) else {
            return Ok(());
        };
        let healed = self.attempt(|step| step.follow_or_rejoin(row, &asking))?;
        match healed {
            Err(ClientError::Mls(MlsError::NeedsBlob(blob))) => {
                return self.fetch_blob(&blob, asking.channel);
            }
            Err(ClientError::Mls(MlsError::Violation { by, .. })) => {
                let notice = Notice::Broken(self.person(by, "")?);
                self.lost(row, &notice)?;
            }
            Err(ClientError::Mls(MlsError::PeerFault(_) | MlsError::Certificate(_))) => {
                self.lost(row, &Notice::Lost)?;
            }
            result => result?,
        }
        self.sessions.asking = None;
        self.tend_healing()
    }

    fn follow_or_rejoin(&mut self, row: &GroupRow, asking: &Asking) -> Result<(), ClientError> {
        let blobs = self.sessions.blobs.clone();
        let healing = Healing {
            epoch: asking.epoch,
            group_info: &asking.group_info,
            access: &asking.access,
            handshakes: &asking.handshakes,
            blobs: &blobs,
        };
        let epoch = self.epoch_of(row)?;
        if asking.epoch <= epoch {
            // Nothing was missed. What waits was held back for nothing.
            self.tx.set_behind(&row.channel, 0)?;
            self.seal_waiting(row.conversation)?;
            return self.advance(row.conversation);
        }
        if healing.since(epoch).is_some_and(|since| !since.is_empty()) {
            match self.attempt(|step| step.follow(row, &healing))? {
                Ok(()) => {
                    if let Some(now) = self.tx.group(&row.channel)?.filter(|row| row.ended.is_none()) {
                        // What was followed may have let in again who was blocked.
                        self.healed(&GroupRow { cut_off: row.cut_off, ..now }, asking.epoch)?;
                    }
                    return Ok(());
                }
                Err(ClientError::Mls(
                    MlsError::PeerFault(_) | MlsError::Certificate(_) | MlsError::Library(_),
                )) => {}
                Err(error) => return Err(error),
            }
        }
        self.rejoin(row, &healing)
    }

    /// Follows kept commits like those that come through the inbox.
    fn follow(&mut self, row: &GroupRow, healing: &Healing<'_>) -> Result<(), ClientError> {
        let channel = ChannelId::new(row.channel);
        // Entries that were kept are worked off on the way, so that it may go faster than by one.
        while let Some(row) = self.tx.group(&row.channel)?.filter(|row| row.ended.is_none()) {
            let epoch = self.epoch_of(&row)?;
            let Some(body) = healing.since(epoch).and_then(|since| since.first()) else { break };
            // What was posted before this commit may still be on its way to the inbox.
            self.keep_past(&row)?;
            if let Some(own) = self.own_commit_with(&row, body)? {
                self.accepted(own)?;
                continue;
            }
            self.process_commit(&row, &ChannelEntry { channel, epoch, id: PostId::new([0; 16]), body })?;
            let row = self.tx.group(&row.channel)?.filter(|row| row.ended.is_none());
            if row.is_some_and(|row| self.epoch_of(&row).is_ok_and(|now| now == epoch)) {
                return Err(MlsError::PeerFault("a commit that drops this device").into());
            }
        }
        Ok(())
    }

    /// The request of the own commit, if this is its body: it was accepted, and nobody said so.
    fn own_commit_with(&self, row: &GroupRow, body: &[u8]) -> Result<Option<PostId>, ClientError> {
        for waiting in self.tx.outbox()? {
            if waiting.channel != Some(row.channel) {
                continue;
            }
            if let Ok(ClientFrame::Commit(commit)) = decode(&waiting.frame, limits::MAX_FRAME)
                && commit.post.body == body
            {
                return Ok(Some(commit.post.id));
            }
        }
        Ok(None)
    }

    /// Comes back in the place of the own leaf. The state of then stays until the relay has accepted it (MLS-1).
    fn rejoin(&mut self, row: &GroupRow, healing: &Healing<'_>) -> Result<(), ClientError> {
        let account = self.account()?;
        let mut group = self.load_group(row)?;
        self.drop_own_commit(row, &mut group)?;
        let mut provider = self.provider();
        provider.storage.drop_aside(aside(&row.channel))?;
        provider.storage = provider.storage.aside(aside(&row.channel));
        let delivery = account.delivery(self.rng, self.now);
        let known = (group.channel(), group.data(), group.key());
        let Rejoined { group: next, post, next: state, blobs } =
            healing.rejoin(&provider, &account.device, &delivery, known, self.now.seconds())?;
        self.tx.set_intent(&row.channel, Intent::Rejoin as u8)?;
        self.tx.set_prospect(&row.channel, next.key().as_bytes())?;
        self.tx.drop_posts(&row.channel)?;
        let post = post_frame(self.fresh_id(), group.channel(), post);
        let commit = Commit { post, next: state, welcomes: Vec::new() };
        self.queue_after(row, blobs, ClientFrame::Commit(commit))
    }

    /// Whether the way back in waits for its verdict in a later epoch than this one: a commit that was missed says nothing about it.
    pub(crate) fn rejoins_after(&self, row: &GroupRow, epoch: u64) -> Result<bool, ClientError> {
        if row.intent != Intent::Rejoin as u8 {
            return Ok(false);
        }
        let outbox = self.tx.outbox()?;
        let mut own = outbox.iter().filter(|waiting| waiting.channel == Some(row.channel));
        Ok(own.any(|waiting| match decode(&waiting.frame, limits::MAX_FRAME) {
            Ok(ClientFrame::Commit(commit)) => commit.post.epoch > epoch,
            _ => false,
        }))
    }

    /// The way back in was accepted: what was set aside takes the place of the old state.
    pub(crate) fn rejoined(&mut self, row: &GroupRow) -> Result<(), ClientError> {
        let storage: MlsStorage<'_> = self.tx.mls();
        self.keep_past(row)?;
        self.load_group(row)?.delete(&storage)?;
        storage.use_aside(aside(&row.channel))?;
        if let Some(key) = self.tx.take_prospect(&row.channel)? {
            self.tx.set_group_key(&row.channel, &key)?;
        }
        self.tx.set_intent(&row.channel, Intent::None as u8)?;
        let Some(row) = self.tx.group(&row.channel)? else { return Ok(()) };
        let epoch = self.epoch_of(&row)?;
        self.past_goes_until(&row.channel, epoch)?;
        self.healed(&row, epoch)?;
        if row.cut_off {
            // The new leaf has a token of its own.
            self.let_in_again(&row, true)?;
        }
        let group = self.load_group(&row)?;
        let before = group.data().clone();
        self.leave_again(&row, &group)?;
        self.merged(&row, &group, self.account()?.key(), &before, &[])
    }

    fn healed(&mut self, row: &GroupRow, epoch: u64) -> Result<(), ClientError> {
        self.tx.set_behind(&row.channel, 0)?;
        if self.desk_room()? == Some(row.conversation) {
            return self.desk_is_behind();
        }
        if row.cut_off {
            // The user wanted to miss it.
            return Ok(());
        }
        let channel = ChannelId::new(row.channel);
        let mark = [b"healed".as_slice(), &crate::group::mark(channel, epoch, 0)].concat();
        self.note(row.conversation, &Notice::Healed, &mark)?;
        Ok(())
    }

    /// There is no way back: that is said, once. Who was leaving has left.
    fn lost(&mut self, row: &GroupRow, notice: &Notice) -> Result<(), ClientError> {
        let profile = self.tx.group_profile(row.conversation)?;
        if profile.is_some_and(|profile| profile.state == GroupState::Leaving) {
            let group = self.load_group(row)?;
            return self.end_membership(row, group, GroupState::Left);
        }
        self.tx.set_behind(&row.channel, 0)?;
        // Nothing answers any more for what waits.
        let mut group = self.load_group(row)?;
        self.drop_own_commit(row, &mut group)?;
        self.keep_loaded(group);
        self.tx.drop_posts(&row.channel)?;
        for intent in self.tx.intents(row.conversation)? {
            self.forget_intent(intent.id)?;
        }
        let channel = ChannelId::new(row.channel);
        let mark = [b"lost".as_slice(), &crate::group::mark(channel, row.behind, 0)].concat();
        self.note(row.conversation, notice, &mark)?;
        if let Some(mut profile) = self.tx.group_profile(row.conversation)? {
            profile.state = GroupState::Broken;
            self.tx.set_group_profile(row.conversation, &profile)?;
            self.tx.forget_unseen(row.conversation, 0)?;
        }
        self.fail_waiting(row.conversation)?;
        self.event(Event::GroupLost(row.conversation));
        Ok(())
    }
}
