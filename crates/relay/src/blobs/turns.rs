//! One at a time changes a blob's file, and who comes later is not kept waiting by an upload whose connection is dead.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedMutexGuard, watch};

use super::BlobName;

/// Who changes which blob.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<BlobName, Arc<Slot>>>);

struct Slot {
    gate: Arc<tokio::sync::Mutex<()>>,
    /// Counts who came.
    newest: watch::Sender<u64>,
}

/// The right to change a blob, until it is dropped.
pub(super) struct Turn {
    _guard: OwnedMutexGuard<()>,
    mine: u64,
    newest: watch::Receiver<u64>,
    _place: Place,
}

impl Turns {
    /// Asks who has the turn to end it, and waits for that.
    pub(super) async fn take(self: &Arc<Self>, name: BlobName) -> Turn {
        let place = self.place(name);
        let mut mine = 0;
        place.slot.newest.send_modify(|newest| {
            *newest += 1;
            mine = *newest;
        });
        let newest = place.slot.newest.subscribe();
        let guard = Arc::clone(&place.slot.gate).lock_owned().await;
        Turn { _guard: guard, mine, newest, _place: place }
    }

    fn place(self: &Arc<Self>, name: BlobName) -> Place {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots
            .entry(name)
            .or_insert_with(|| Arc::new(Slot { gate: Arc::default(), newest: watch::channel(0).0 }));
        Place { turns: Arc::clone(self), name, slot: Arc::clone(slot) }
    }
}

impl Turn {
    #[cfg(test)]
    pub(super) fn is_undisturbed(&self) -> bool {
        *self.newest.borrow() == self.mine
    }

    /// Waits until somebody else wants the turn.
    pub(super) async fn is_wanted(&mut self) {
        let mine = self.mine;
        // The sender lives as long as this turn's place does.
        let _ = self.newest.wait_for(|newest| *newest > mine).await;
    }
}

/// Somebody who has or waits for a turn. The last one takes the slot with it.
struct Place {
    turns: Arc<Turns>,
    name: BlobName,
    slot: Arc<Slot>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut slots = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The map's and this one: places are only handed out under the lock.
        if Arc::strong_count(&self.slot) == 2 {
            slots.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn who_comes_later_asks_and_waits_and_nothing_is_left_behind() {
        let turns = Arc::new(Turns::default());
        let name = BlobName::new([1; 16]);
        let mut first = turns.take(name).await;
        let other = turns.take(BlobName::new([2; 16])).await;
        assert!(poll(pin!(first.is_wanted())).is_pending());

        let mut second = Box::pin(turns.take(name));
        assert!(poll(second.as_mut()).is_pending());
        first.is_wanted().await;
        let mut third = Box::pin(turns.take(name));
        assert!(poll(third.as_mut()).is_pending());
        drop(first);
        let Poll::Ready(mut second) = poll(second.as_mut()) else { panic!("its turn") };
        second.is_wanted().await;
        drop(third);
        drop(second);
        drop(other);
        assert!(turns.0.lock().expect("not poisoned").is_empty());
    }
}
