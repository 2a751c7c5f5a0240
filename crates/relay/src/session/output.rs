//! The writing half of a session.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use kuvert_wire::{InboxId, RelayFrame, encode_entries_into, encode_into, limits};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::framing::{write_binary, write_close, write_ping, write_pong};
use super::input::Talk;
use super::transport::with_output;
use super::{Gone, Session};
use crate::store::{RelayStore, StoreError, Stretch};

/// Bytes that the socket did not take at once.
#[derive(Default)]
pub(super) struct Unsent {
    bytes: Vec<u8>,
    /// How many of them it took since.
    taken: usize,
    /// Their part of what all sessions may hold; none if that is used up.
    _held: Option<OwnedSemaphorePermit>,
}

impl Unsent {
    fn new(bytes: &[u8], room: &Arc<Semaphore>) -> Self {
        let held = u32::try_from(bytes.len().div_ceil(1024)).ok();
        let held = held.and_then(|kib| Arc::clone(room).try_acquire_many_owned(kib).ok());
        Self { bytes: bytes.to_vec(), taken: 0, _held: held }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken == self.bytes.len()
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }
}

/// Entries to be read for sending.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    inbox: InboxId,
    after: u64,
    count: usize,
    /// Last seq stored, as far as the session was told.
    last: u64,
    /// Bytes, unless the first entry alone is longer.
    bytes: usize,
}

impl Wanted {
    /// What is there without waiting.
    fn recent(&self, store: &dyn RelayStore) -> Option<Stretch> {
        store.recent_entries(self.inbox, self.after, self.count, self.bytes)
    }

    /// What is there. May wait for the disk.
    pub(super) fn read(&self, store: &dyn RelayStore) -> Result<Option<Stretch>, StoreError> {
        store.entries(self.inbox, self.after, self.count, self.bytes)
    }
}

impl Session {
    /// Sends what there is to send, unless the socket has not taken all of the last.
    pub(super) async fn send(&mut self) -> Result<(), Gone> {
        while self.unsent.is_empty() {
            if self.talk.in_flight == 0 {
                self.talk.answers_room = None;
            }
            let stretch = self.talk.next_stretch().await?;
            let mut anything = false;
            poll_fn(|cx| {
                let Self { transport, talk, unsent, took, .. } = self;
                Poll::Ready(with_output(|out| {
                    talk.write_frames(stretch.as_ref(), out);
                    anything = !out.is_empty();
                    let written = transport.poll_write(cx, out).map_err(|_| Gone)?;
                    if written < out.len() {
                        *unsent = Unsent::new(&out[written..], &talk.context.room.unsent);
                        *took = Instant::now();
                    }
                    Ok(())
                }))
            })
            .await?;
            if !anything {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends what the socket did not take; returns whether all of it is sent.
    pub(super) fn poll_unsent(&mut self, cx: &mut std::task::Context<'_>) -> Result<bool, Gone> {
        let written = self.transport.poll_write(cx, self.unsent.bytes()).map_err(|_| Gone)?;
        if written > 0 {
            self.took = Instant::now();
        }
        self.unsent.taken += written;
        if self.unsent.is_empty() {
            self.unsent = Unsent::default();
        }
        Ok(self.unsent.is_empty())
    }

    /// Ends the sending side, and reads until the client has ended its side.
    pub(super) async fn close(&mut self) {
        let ended = poll_fn(|cx| {
            if !self.unsent.is_empty() {
                match self.poll_unsent(cx) {
                    Ok(true) => {}
                    Ok(false) => return Poll::Pending,
                    Err(Gone) => return Poll::Ready(false),
                }
            }
            self.transport.poll_shutdown(cx).map(|ended| ended.is_ok())
        });
        if ended.await {
            poll_fn(|cx| {
                loop {
                    match self.transport.poll_read(cx, |bytes| bytes.len()) {
                        Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(()),
                        Poll::Ready(Ok(_)) => {}
                        Poll::Pending => return Poll::Pending,
                    }
                }
            })
            .await;
        }
    }
}

impl Talk {
    /// Entries to send now, as far as the window allows.
    async fn next_stretch(&mut self) -> Result<Option<Stretch>, Gone> {
        let Some(wanted) = self.wanted() else { return Ok(None) };
        let stretch = match wanted.recent(&*self.context.store) {
            Some(stretch) => Some(stretch),
            None => {
                let store = Arc::clone(&self.context.store);
                match tokio::task::spawn_blocking(move || wanted.read(&*store)).await {
                    Ok(Ok(stretch)) => stretch,
                    Ok(Err(error)) => {
                        tracing::error!(class = error.class(), "entries could not be read");
                        return Err(Gone);
                    }
                    Err(_) => return Err(Gone),
                }
            }
        };
        self.found(wanted, stretch.as_ref());
        Ok(stretch)
    }

    /// Which entries may be sent now, if any.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        let delivery = self.delivery.as_ref()?;
        let last = self.line.last();
        let count = delivery.due(last);
        let bytes = bytes_of_one_frame(&self.context.room.unsent);
        (count > 0).then(|| Wanted { inbox: delivery.inbox, after: delivery.sent(), count, last, bytes })
    }

    /// Notes what was found of the entries that were wanted; it is sent next.
    pub(super) fn found(&mut self, wanted: Wanted, stretch: Option<&Stretch>) {
        match (&mut self.delivery, stretch) {
            (Some(delivery), Some(stretch)) => delivery.advance(stretch),
            (Some(delivery), None) => delivery.nothing_left(wanted.last),
            (None, _) => {}
        }
    }

    /// Appends everything that is to be sent now.
    pub(super) fn write_frames(&mut self, stretch: Option<&Stretch>, out: &mut Vec<u8>) {
        let mut payload = Vec::new();
        for notice in self.notices.drain(..) {
            write_frame(&notice, &mut payload, out);
        }
        if let Some(ping) = self.pong.take() {
            write_pong(&ping, out);
        }
        if std::mem::take(&mut self.ping) {
            write_ping(out);
        }
        self.write_answers(&mut payload, out);
        if let Some(Stretch { first, sealed }) = stretch {
            payload.clear();
            self.context.metrics.entries_delivered.add(sealed.len() as u64);
            encode_entries_into(*first, sealed, &mut payload);
            debug_assert!(payload.len() <= limits::MAX_FRAME, "frames keep their bound");
            write_binary(&payload, out);
        }
        if self.delivery.as_mut().is_some_and(super::Delivery::becomes_live) {
            write_frame(&RelayFrame::Live, &mut payload, out);
        }
        if std::mem::take(&mut self.closing) {
            write_close(out);
        }
        self.context.metrics.bytes_sent.add(out.len() as u64);
    }

    fn write_answers(&mut self, payload: &mut Vec<u8>, out: &mut Vec<u8>) {
        if self.in_flight == 0 {
            return;
        }
        let mut answers = Vec::new();
        self.line.take_answers(&mut answers);
        debug_assert!(answers.len() <= self.in_flight, "every answer answers a request");
        self.in_flight = self.in_flight.saturating_sub(answers.len());
        for answer in &answers {
            if let RelayFrame::Refused { code, .. } = answer {
                self.context.metrics.refusals.inc(*code);
            }
            write_frame(answer, payload, out);
        }
        if self.in_flight == 0 && self.is_owner() {
            self.limited = false;
            self.line.settle();
        }
    }
}

/// How much of an inbox is read at once: little, while many devices do not read what they were sent.
fn bytes_of_one_frame(room: &Semaphore) -> usize {
    if room.available_permits() * 1024 < limits::MAX_ENTRIES_BYTES { 0 } else { limits::MAX_ENTRIES_BYTES }
}

fn write_frame(frame: &RelayFrame, payload: &mut Vec<u8>, out: &mut Vec<u8>) {
    payload.clear();
    encode_into(frame, payload);
    debug_assert!(payload.len() <= limits::MAX_FRAME, "frames keep their bound");
    write_binary(payload, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_many_devices_do_not_read_entries_go_out_one_by_one() {
        // RELAY-5: MAX_UNSENT
        let room = Arc::new(Semaphore::new(limits::MAX_UNSENT / 1024));
        assert_eq!(bytes_of_one_frame(&room), limits::MAX_ENTRIES_BYTES);
        let stuck = vec![0; limits::MAX_ENTRIES_BYTES];
        let mut sessions: Vec<_> =
            (0..limits::MAX_UNSENT / limits::MAX_ENTRIES_BYTES).map(|_| Unsent::new(&stuck, &room)).collect();
        assert_eq!(bytes_of_one_frame(&room), 0);
        // What is over all the same is one entry, and holds nothing.
        sessions.push(Unsent::new(&stuck[..1000], &room));
        assert_eq!(room.available_permits(), 0);
        sessions.remove(0);
        assert_eq!(bytes_of_one_frame(&room), limits::MAX_ENTRIES_BYTES);
    }
}
