//! What a finger does to a message: holding opens its menu, a swipe to the right answers it.
//!
//! Vertical movement is the browser's (`touch-action: pan-y`): as soon as it scrolls, it cancels the pointer, and so the gesture.

use std::rc::Rc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, PointerEvent, TouchEvent};

use crate::browser;

/// How long a finger is held for the menu.
const HOLD: Duration = Duration::from_millis(450);
/// Pixels that a finger may tremble.
const TREMBLE: f64 = 10.0;
/// Pixels after which a swipe answers.
const SWIPE: f64 = 56.0;
/// Pixels that a bubble follows at most.
const FOLLOWED: f64 = 76.0;
/// Pixels at the left edge that belong to the browser's own swipe, back to the page before.
const EDGE: f64 = 24.0;

/// What a finger did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Gesture {
    /// It was held, at this place of the page.
    Held(f64, f64),
    /// It swiped to the right.
    Swiped,
}

/// A finger that is down.
struct Finger {
    pointer: i32,
    from: (f64, f64),
    moved: f64,
    is_swipe: bool,
    row: HtmlElement,
    hold: Option<TimeoutHandle>,
}

type OnGesture = Rc<dyn Fn(Gesture, &Element)>;

/// Follows one finger at a time; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Gestures {
    finger: StoredValue<Option<Finger>, LocalStorage>,
    on: StoredValue<OnGesture, LocalStorage>,
    /// The finger that is down has opened the menu.
    has_held: StoredValue<bool>,
}

impl Gestures {
    /// Calls `on` with what was done, and to what.
    pub(crate) fn new(on: impl Fn(Gesture, &Element) + 'static) -> Self {
        Self {
            finger: StoredValue::new_local(None),
            on: StoredValue::new_local(Rc::new(on)),
            has_held: StoredValue::new(false),
        }
    }

    fn done(self, gesture: Gesture, row: &Element) {
        let on = self.on.with_value(Rc::clone);
        on(gesture, row);
    }

    /// A finger comes down.
    pub(crate) fn down(self, event: &PointerEvent) {
        self.cancel();
        if event.pointer_type() != "touch" || !event.is_primary() {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let row = target.and_then(|target| target.closest("[data-message]").ok().flatten());
        let Some(row) = row.and_then(|row| row.dyn_into::<HtmlElement>().ok()) else { return };
        let from = (f64::from(event.client_x()), f64::from(event.client_y()));
        let hold = set_timeout_with_handle(move || self.held(), HOLD).ok();
        let pointer = event.pointer_id();
        self.finger.set_value(Some(Finger { pointer, from, moved: 0.0, is_swipe: false, row, hold }));
    }

    fn held(self) {
        let Some(Some(finger)) = self.finger.try_update_value(Option::take) else { return };
        settle(&finger.row);
        self.has_held.set_value(true);
        self.done(Gesture::Held(finger.from.0, finger.from.1), &finger.row);
    }

    /// A finger moves.
    pub(crate) fn moved(self, event: &PointerEvent) {
        let cancelled = self.finger.try_update_value(|finger| {
            let finger = finger.as_mut().filter(|finger| finger.pointer == event.pointer_id())?;
            let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
            let (right, down) = (x - finger.from.0, y - finger.from.1);
            if right.abs().max(down.abs()) > TREMBLE {
                finger.hold.take().inspect(TimeoutHandle::clear);
                let is_sideways = right > down.abs() * 1.5 && finger.from.0 > EDGE;
                if !finger.is_swipe && !is_sideways {
                    return Some(true);
                }
                finger.is_swipe = true;
            }
            if finger.is_swipe {
                finger.moved = right.clamp(0.0, FOLLOWED);
                pull(&finger.row, finger.moved);
            }
            Some(false)
        });
        if cancelled.flatten() == Some(true) {
            self.cancel();
        }
    }

    /// A finger goes up.
    pub(crate) fn up(self, event: &PointerEvent) {
        let Some(Some(finger)) = self.finger.try_update_value(Option::take) else { return };
        finger.hold.as_ref().inspect(|hold| hold.clear());
        settle(&finger.row);
        if finger.pointer == event.pointer_id() && finger.is_swipe && finger.moved >= SWIPE {
            self.done(Gesture::Swiped, &finger.row);
        }
    }

    /// A finger that opened the menu and goes up must not press what has come to lie below it.
    pub(crate) fn lifted(self, event: &TouchEvent) {
        if self.has_held.get_value() {
            self.has_held.set_value(false);
            event.prevent_default();
        }
    }

    /// The browser scrolls, or something else took the finger.
    pub(crate) fn cancel(self) {
        if let Some(Some(finger)) = self.finger.try_update_value(Option::take) {
            finger.hold.as_ref().inspect(|hold| hold.clear());
            settle(&finger.row);
        }
    }
}

/// Lets a bubble follow the finger; for who asked for less motion it stays, and only its colour tells.
fn pull(row: &HtmlElement, by: f64) {
    let _ = row.class_list().add_1("row-is-pulled");
    let _ = row.class_list().toggle_with_force("row-will-answer", by >= SWIPE);
    if !browser::matches("(prefers-reduced-motion: reduce)") {
        let _ = row.style().set_property("--pulled", &format!("{by}px"));
    }
}

fn settle(row: &HtmlElement) {
    let _ = row.class_list().remove_2("row-is-pulled", "row-will-answer");
    let _ = row.style().remove_property("--pulled");
}
