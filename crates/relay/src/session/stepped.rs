//! A session that is moved by hand: what a connection's task does, without the connection and without the task.
//!
//! Frames go in and come out whole. Nothing here waits for anything but the writer, which whoever moves the session
//! moves as well. See [`crate::model`].

use std::collections::VecDeque;
use std::pin::pin;
use std::task::Poll;

use kuvert_wire::{ErrorCode, limits};

use super::framing::Message;
use super::input::Talk;
use super::{Context, End};
use crate::day::Day;
use crate::store::StoreError;
use crate::writer::{Busy, Thread};

/// Bits of the first byte that say what a frame of RFC 6455 is.
const OPCODE: u8 = 0x0f;
const BINARY: u8 = 0x02;

/// See the [module](self).
pub(crate) struct Stepped {
    talk: Talk,
    /// Frames that wait for their turn.
    unread: VecDeque<Vec<u8>>,
    /// Takes nothing more in.
    ending: bool,
}

impl Stepped {
    /// Begins with a greeting, which waits to be taken.
    pub(crate) fn new(context: Context) -> Self {
        Self { talk: Talk::new(context), unread: VecDeque::new(), ending: false }
    }

    /// Takes a frame that came.
    pub(crate) fn receive(&mut self, frame: Vec<u8>) {
        if !self.ending {
            self.unread.push_back(frame);
        }
    }

    /// Hands what came to the writer, as far as the bounds of a session allow.
    pub(crate) fn read(&mut self, writer: &mut Thread, today: Day) {
        while !self.ending && self.talk.reads() {
            let Some(frame) = self.unread.pop_front() else { break };
            let read = if frame.len() > limits::MAX_FRAME {
                self.talk.end(ErrorCode::BadFrame)
            } else {
                self.talk.message(Message::Binary(&frame))
            };
            self.ending |= read.is_err();
            if self.talk.own.is_some() {
                // What came before it is answered before it.
                self.submit(writer, today);
                self.ending |= self.own(writer, today).is_err();
            }
        }
        self.submit(writer, today);
    }

    fn submit(&mut self, writer: &mut Thread, today: Day) {
        wait(self.talk.submit(), writer, today);
    }

    fn own(&mut self, writer: &mut Thread, today: Day) -> Result<(), End> {
        let Some(own) = self.talk.own.take() else { return Ok(()) };
        let Some(claim) = self.talk.claim(*own)? else { return Ok(()) };
        let way = std::sync::Arc::clone(&self.talk.context.writer);
        let answer = match wait(way.perform(claim.op(), 0), writer, today) {
            Err(Busy) => claim.unwritten().answer(&*self.talk.context.store),
            answer => answer,
        };
        self.talk.owned(claim, answer)
    }

    /// Takes the frames that are to be sent now.
    ///
    /// # Errors
    /// Of the store, where entries are read; a connection ends then.
    pub(crate) fn take(&mut self) -> Result<Vec<Vec<u8>>, StoreError> {
        if self.talk.was_taken_over() && !self.ending {
            // Said once; the session then ends like one whose device did something wrong.
            self.ending = self.talk.end(ErrorCode::TakenOver).is_err();
        }
        if self.ending {
            self.talk.delivery = None;
        }
        let (mut frames, mut bytes) = (Vec::new(), Vec::new());
        loop {
            if self.talk.in_flight == 0 {
                self.talk.answers_room = None;
            }
            let stretch = match self.talk.wanted() {
                Some(wanted) => {
                    let stretch = wanted.read(&*self.talk.context.store)?;
                    self.talk.found(wanted, stretch.as_ref());
                    stretch
                }
                None => None,
            };
            bytes.clear();
            self.talk.write_frames(stretch.as_ref(), &mut bytes);
            if bytes.is_empty() {
                return Ok(frames);
            }
            split(&bytes, &mut frames);
        }
    }

    /// Whether frames that waited for what was taken can be read now.
    pub(crate) fn may_go_on(&self) -> bool {
        !self.ending && !self.unread.is_empty() && self.talk.reads()
    }

    /// Whether everything was said, and the connection is to be closed.
    pub(crate) fn is_over(&self) -> bool {
        self.ending && self.talk.in_flight == 0
    }
}

/// Moves the writer until it has done what is waited for.
pub(crate) fn wait<T>(future: impl Future<Output = T>, writer: &mut Thread, today: Day) -> T {
    let mut future = pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
        let worked = writer.work_off(today);
        debug_assert!(worked > 0, "a session waits for the writer only");
    }
}

/// Takes the payloads of binary messages out of what a relay writes: whole frames, not masked.
fn split(mut bytes: &[u8], frames: &mut Vec<Vec<u8>>) {
    while let [first, len, rest @ ..] = bytes {
        let (len, rest) = match (len, rest) {
            (126, [a, b, rest @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), rest),
            (127, rest) => match rest.split_first_chunk::<8>() {
                Some((len, rest)) => (usize::try_from(u64::from_be_bytes(*len)).unwrap_or(usize::MAX), rest),
                None => return,
            },
            (len, rest) => (usize::from(*len), rest),
        };
        let Some((payload, after)) = rest.split_at_checked(len) else { return };
        if first & OPCODE == BINARY {
            frames.push(payload.to_vec());
        }
        bytes = after;
    }
}
