//! The writing half of a session.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use kuvert_wire::{RelayFrame, encode_entries_into, encode_into, limits};
use tokio::time::Instant;

use super::framing::{write_binary, write_close, write_ping, write_pong};
use super::input::Talk;
use super::transport::with_output;
use super::{Gone, Session};
use crate::store::Stretch;

/// Bytes that the socket did not take at once.
#[derive(Default)]
pub(super) struct Unsent {
    bytes: Vec<u8>,
    /// How many of them it took since.
    taken: usize,
}

impl Unsent {
    pub(super) fn is_empty(&self) -> bool {
        self.taken == self.bytes.len()
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[self.taken..]
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
                        *unsent = Unsent { bytes: out[written..].to_vec(), taken: 0 };
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
        let Some(delivery) = &mut self.delivery else { return Ok(None) };
        let last = self.line.last();
        let count = delivery.due(last);
        if count == 0 {
            return Ok(None);
        }
        let (inbox, after) = (delivery.inbox, delivery.sent());
        let recent = self.context.store.recent_entries(inbox, after, count, limits::MAX_ENTRIES_BYTES);
        let stretch = match recent {
            Some(stretch) => Some(stretch),
            None => {
                let store = Arc::clone(&self.context.store);
                let read = move || store.entries(inbox, after, count, limits::MAX_ENTRIES_BYTES);
                match tokio::task::spawn_blocking(read).await {
                    Ok(Ok(stretch)) => stretch,
                    Ok(Err(error)) => {
                        tracing::error!(class = error.class(), "entries could not be read");
                        return Err(Gone);
                    }
                    Err(_) => return Err(Gone),
                }
            }
        };
        match &stretch {
            Some(stretch) => delivery.advance(stretch),
            None => delivery.nothing_left(last),
        }
        Ok(stretch)
    }

    /// Appends everything that is to be sent now.
    fn write_frames(&mut self, stretch: Option<&Stretch>, out: &mut Vec<u8>) {
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
        if self.in_flight == 0 {
            self.limited = false;
            self.line.settle();
        }
    }
}

fn write_frame(frame: &RelayFrame, payload: &mut Vec<u8>, out: &mut Vec<u8>) {
    payload.clear();
    encode_into(frame, payload);
    debug_assert!(payload.len() <= limits::MAX_FRAME, "frames keep their bound");
    write_binary(payload, out);
}
