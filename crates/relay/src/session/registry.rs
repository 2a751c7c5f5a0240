//! What a session shares with the writer, and which inboxes are owned by a session right now.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use foldhash::fast::RandomState;
use futures_util::task::AtomicWaker;
use kuvert_wire::{InboxId, RelayFrame};

/// The owner sessions of this process. Node-local and never stored: after a restart devices connect again.
#[derive(Default)]
pub(crate) struct Sessions {
    owners: Mutex<HashMap<InboxId, Arc<Line>, RandomState>>,
}

/// The way from the writer, or from a successor, to a session.
#[derive(Default)]
pub(crate) struct Line {
    waker: AtomicWaker,
    due: AtomicBool,
    /// Answers to requests, in their order.
    answers: Mutex<Vec<RelayFrame>>,
    /// A request of this session was refused as busy; so are those that were under way behind it, so that none of them
    /// overtakes it. Ends when the client says that it knows ([`kuvert_wire::ClientFrame::Resume`]); on an owner session,
    /// where the order is not of importance, when all are answered.
    refusing: AtomicBool,
    /// Last seq stored in the owned inbox, as far as it was told.
    last: AtomicU64,
    taken_over: AtomicBool,
}

impl Line {
    /// Makes the session look at everything here.
    pub(crate) fn wake(&self) {
        self.due.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Waits for [`Self::wake`].
    pub(crate) fn poll_woken(&self, cx: &Context<'_>) -> Poll<()> {
        if self.due.swap(false, Ordering::AcqRel) {
            return Poll::Ready(());
        }
        self.waker.register(cx.waker());
        if self.due.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Hands answers over.
    pub(crate) fn answer(&self, answers: impl IntoIterator<Item = RelayFrame>) {
        self.lock().extend(answers);
        self.wake();
    }

    /// Takes the answers that are there into `into`, which is empty.
    pub(crate) fn take_answers(&self, into: &mut Vec<RelayFrame>) {
        std::mem::swap(&mut *self.lock(), into);
    }

    /// From now on, requests are refused as busy.
    pub(crate) fn refuse(&self) {
        self.refusing.store(true, Ordering::Release);
    }

    /// Whether requests are refused as busy.
    pub(crate) fn refuses(&self) -> bool {
        self.refusing.load(Ordering::Acquire)
    }

    /// The next request is no longer behind a refused one.
    pub(crate) fn settle(&self) {
        self.refusing.store(false, Ordering::Release);
    }

    /// Last seq stored, as far as the session was told.
    pub(super) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// Tells up to which seq entries are stored.
    pub(crate) fn stored(&self, last: u64) {
        self.last.fetch_max(last, Ordering::AcqRel);
    }

    /// Whether another session owns the inbox now.
    pub(super) fn was_taken_over(&self) -> bool {
        self.taken_over.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RelayFrame>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the registration of a session when it ends.
pub(super) struct Registration {
    sessions: Arc<Sessions>,
    inbox: InboxId,
    line: Arc<Line>,
}

impl Sessions {
    /// Makes a session the one that owns `inbox`, in place of any other.
    pub(super) fn take_over(self: &Arc<Self>, inbox: InboxId, line: &Arc<Line>) -> Registration {
        if let Some(former) = self.lock().insert(inbox, Arc::clone(line)) {
            former.taken_over.store(true, Ordering::Release);
            former.wake();
        }
        Registration { sessions: Arc::clone(self), inbox, line: Arc::clone(line) }
    }

    /// Tells the sessions that own these inboxes up to which seq entries are stored.
    pub(crate) fn deliver(&self, stored: impl IntoIterator<Item = (InboxId, u64)>) {
        let owners = self.lock();
        for (inbox, last) in stored {
            if let Some(line) = owners.get(&inbox) {
                line.stored(last);
                line.wake();
            }
        }
    }

    /// Whether a session owns this inbox.
    pub(crate) fn is_owned(&self, inbox: InboxId) -> bool {
        self.lock().contains_key(&inbox)
    }

    /// The inboxes that are owned by a session.
    pub(crate) fn owned(&self) -> Vec<InboxId> {
        self.lock().keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<InboxId, Arc<Line>, RandomState>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut owners = self.sessions.lock();
        if owners.get(&self.inbox).is_some_and(|line| Arc::ptr_eq(line, &self.line)) {
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
        let lines = [Arc::new(Line::default()), Arc::new(Line::default())];
        let first = sessions.take_over(inbox, &lines[0]);
        let second = sessions.take_over(inbox, &lines[1]);
        assert!(lines[0].was_taken_over() && !lines[1].was_taken_over());
        drop(first);
        assert_eq!(sessions.owned(), [inbox]);
        drop(second);
        assert!(sessions.lock().is_empty());
    }

    #[test]
    fn a_wake_is_not_lost_whenever_it_comes() {
        let line = Line::default();
        let cx = Context::from_waker(std::task::Waker::noop());
        assert_eq!(line.poll_woken(&cx), Poll::Pending);
        line.wake();
        line.wake();
        assert_eq!(line.poll_woken(&cx), Poll::Ready(()));
        assert_eq!(line.poll_woken(&cx), Poll::Pending);
    }
}
