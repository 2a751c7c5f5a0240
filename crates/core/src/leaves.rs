//! Living leaves: the own one in each group is renewed now and then, which says that this device is in use, and devices of others
//! that were not in use for long are dropped until they come back (design section 5).

use kuvert_store::GroupState;
use kuvert_wire::derive_key;

use crate::group::turn;
use crate::limits::{RENEW_LEAF, TEND_LEAVES, TURN};
use crate::step::Step;
use crate::wishes::Wish;
use crate::{ClientError, IdentityKey};

const _: () = assert!(2 * RENEW_LEAF + 7 * 86_400 < kuvert_mls::limits::UNUSED_AFTER);

impl Step<'_, '_> {
    /// Looks after the leaves of all groups, at most once a day, when something happens anyway. Who is dropped was seen as unused a
    /// day before, so that a device that is there after all can show it.
    pub(crate) fn tend_leaves(&mut self) -> Result<(), ClientError> {
        if !self.sessions.live || self.sessions.next_tending.is_some_and(|next| next > self.now) {
            return Ok(());
        }
        self.sessions.next_tending = Some(self.now.plus_millis(TEND_LEAVES));
        let known = std::mem::take(&mut self.sessions.unused);
        for row in self.tx.groups()? {
            let profile = self.tx.group_profile(row.conversation)?;
            if row.ended.is_some()
                || row.behind > 0
                || profile.is_none_or(|it| it.state != GroupState::Member)
            {
                continue;
            }
            let group = self.load_group(&row)?;
            let now = self.now.seconds();
            let spread = spread(self.account()?.inbox().as_bytes(), &row.channel);
            if group.own_renewed()?.saturating_add(RENEW_LEAF + spread) <= now {
                self.wish(row.conversation, &Wish::Renew, self.now.0)?;
            }
            let unused = group.unused(now)?;
            let turn = if unused.is_empty() { 0 } else { turn(&group, IdentityKey([0; 32]))? * TURN };
            self.keep_loaded(group);
            for device in unused {
                if known.contains(&(row.channel, device)) {
                    self.wish(row.conversation, &Wish::Drop(device), self.now.plus_millis(turn).0)?;
                }
                self.sessions.unused.insert((row.channel, device));
            }
            self.advance(row.conversation)?;
        }
        Ok(())
    }
}

/// Seconds by which this device renews its leaf in a group later than others may.
fn spread(inbox: &[u8], channel: &[u8]) -> u64 {
    let random = derive_key(inbox, "kuvert renewal v1", channel);
    u64::from(random[0]) * RENEW_LEAF / 256
}
