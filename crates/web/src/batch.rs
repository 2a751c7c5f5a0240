//! Updates of the engine, a frame's worth at a time.
//!
//! What the engine says is applied in its order: at once, that is with the next frame, while it says little, and some twenty
//! times a second while it says much. A stream of messages then costs the page few layouts, and leaves room for the keys that
//! are typed meanwhile.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use js_sys::Date;
use kuvert_view::ViewUpdate;
use leptos::prelude::*;

use crate::browser;
use crate::state::AppState;

/// Messages that are shown for the first time in one batch, at most: each builds a row of the page.
const MESSAGES_PER_FRAME: usize = 16;
/// Milliseconds after a batch within which the next one belongs to the same stream.
const STREAM: f64 = 100.0;
/// Between the batches of a stream.
const STREAM_PAUSE: Duration = Duration::from_millis(48);
/// A page in the background has no frames.
const HIDDEN_PAUSE: Duration = Duration::from_millis(60);

thread_local! {
    static WAITING: RefCell<VecDeque<ViewUpdate>> = const { RefCell::new(VecDeque::new()) };
    static IS_DUE: Cell<bool> = const { Cell::new(false) };
    /// When the last batch was applied.
    static LAST: Cell<f64> = const { Cell::new(0.0) };
}

/// Takes an update, which is applied with the next batch.
pub(crate) fn receive(state: AppState, update: ViewUpdate) {
    WAITING.with_borrow_mut(|waiting| waiting.push_back(update));
    if !IS_DUE.replace(true) {
        schedule(state);
    }
}

fn schedule(state: AppState) {
    if !browser::is_visible() {
        set_timeout(move || flush(state), HIDDEN_PAUSE);
    } else if Date::now() - LAST.get() < STREAM {
        set_timeout(move || flush(state), STREAM_PAUSE);
    } else {
        request_animation_frame(move || flush(state));
        // A page that goes to the background before its frame comes is not forgotten.
        set_timeout(move || flush(state), HIDDEN_PAUSE * 10);
    }
}

fn flush(state: AppState) {
    if !IS_DUE.get() {
        return;
    }
    let batch = WAITING.with_borrow_mut(|waiting| next(waiting, MESSAGES_PER_FRAME));
    state.apply_all(batch);
    LAST.set(Date::now());
    let is_done = WAITING.with_borrow(VecDeque::is_empty);
    IS_DUE.set(!is_done);
    if !is_done {
        schedule(state);
    }
}

/// Takes the updates of one batch out of those that wait. Of several about the same line of the list, the last one says all.
fn next(waiting: &mut VecDeque<ViewUpdate>, messages: usize) -> Vec<ViewUpdate> {
    let mut batch: Vec<ViewUpdate> = Vec::new();
    let mut taken = 0;
    while let Some(update) = waiting.pop_front() {
        if let ViewUpdate::Conversation(new) = &update {
            batch.retain(|before| !matches!(before, ViewUpdate::Conversation(old) if old.id == new.id));
        }
        taken += usize::from(matches!(update, ViewUpdate::Message { .. }));
        batch.push(update);
        if taken >= messages {
            break;
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use kuvert_view::{ConversationId, Delivery, MessageId, MessageView, Sender};

    use super::*;

    #[test]
    fn a_batch_takes_a_bounded_number_of_messages_in_their_order() {
        let message = |id| ViewUpdate::Message {
            conversation: ConversationId(1),
            message: MessageView::text(MessageId(id), Sender::Contact, "x", 0, Delivery::Received),
        };
        let mut waiting: VecDeque<_> = (0..40).map(message).collect();
        let mut seen = Vec::new();
        while !waiting.is_empty() {
            let batch = next(&mut waiting, 16);
            assert!(batch.len() <= 16);
            seen.extend(batch);
        }
        assert_eq!(seen, (0..40).map(message).collect::<Vec<_>>());
    }
}
