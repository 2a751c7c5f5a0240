//! Which inboxes are owned by a session right now, so that new entries wake it and a later session can take over.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kuvert_wire::InboxId;
use tokio::sync::Notify;

/// The owner sessions of this process. Node-local and never stored: after a restart devices connect again.
#[derive(Default)]
pub(crate) struct Sessions {
    owners: Mutex<HashMap<InboxId, Arc<Owner>>>,
}

/// What the two halves of an owner session, the writer and a successor share.
#[derive(Default)]
pub(crate) struct Owner {
    /// There may be something to deliver: new entries, or room for more.
    pub(crate) wake: Notify,
    /// Another session took over.
    pub(crate) taken_over: Notify,
    /// Last seq sent.
    pub(crate) sent: AtomicU64,
    /// Last seq acknowledged.
    pub(crate) acknowledged: AtomicU64,
}

impl Owner {
    /// Notes an acknowledgement. Returns `None` if it names what was never sent, otherwise whether it is news.
    pub(crate) fn acknowledge(&self, seq: u64) -> Option<bool> {
        if seq > self.sent.load(Ordering::Acquire) {
            return None;
        }
        let news = self.acknowledged.fetch_max(seq, Ordering::AcqRel) < seq;
        if news {
            self.wake.notify_one();
        }
        Some(news)
    }
}

/// Ends the registration of a session when it ends.
pub(crate) struct Registration {
    sessions: Arc<Sessions>,
    inbox: InboxId,
    pub(crate) owner: Arc<Owner>,
}

impl Sessions {
    /// Makes a session the one that owns `inbox`, in place of any other.
    pub(crate) fn take_over(self: &Arc<Self>, inbox: InboxId, acknowledged: u64) -> Registration {
        let owner = Arc::new(Owner {
            sent: AtomicU64::new(acknowledged),
            acknowledged: AtomicU64::new(acknowledged),
            ..Owner::default()
        });
        if let Some(former) = self.lock().insert(inbox, Arc::clone(&owner)) {
            former.taken_over.notify_one();
        }
        Registration { sessions: Arc::clone(self), inbox, owner }
    }

    /// Tells the session that owns `inbox`, if there is one, to look for entries.
    pub(crate) fn wake(&self, inbox: InboxId) {
        if let Some(owner) = self.lock().get(&inbox) {
            owner.wake.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<InboxId, Arc<Owner>>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut owners = self.sessions.lock();
        if owners.get(&self.inbox).is_some_and(|owner| Arc::ptr_eq(owner, &self.owner)) {
            owners.remove(&self.inbox);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_former_session_that_ends_late_does_not_end_its_successor() {
        let sessions = Arc::new(Sessions::default());
        let inbox = InboxId::new([1; 16]);
        let first = sessions.take_over(inbox, 0);
        let second = sessions.take_over(inbox, 0);
        drop(first);
        assert!(sessions.lock().contains_key(&inbox));
        drop(second);
        assert!(sessions.lock().is_empty());
    }

    #[test]
    fn an_acknowledgement_is_monotone_and_names_only_what_was_sent() {
        // RELAY-2
        let owner = Owner { sent: AtomicU64::new(5), ..Owner::default() };
        assert_eq!(owner.acknowledge(6), None);
        assert_eq!(owner.acknowledge(4), Some(true));
        assert_eq!(owner.acknowledge(3), Some(false));
        assert_eq!(owner.acknowledged.load(Ordering::SeqCst), 4);
    }
}
