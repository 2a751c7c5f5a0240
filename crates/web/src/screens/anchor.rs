//! Keeps what is being read in its place while rows come and go around it.
//!
//! Whenever the box was scrolled, the rows in view and their places are noted. When rows change, or one of them grows, the
//! first of them that is still there is put back to where it was, before anything is painted. At the end of the conversation
//! nothing is to be done: the box is laid out from there.

use kuvert_view::MessageId;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};

/// Rows in view that are remembered: if the first of them goes, the next one holds the place.
const REMEMBERED: usize = 12;
/// Pixels that are left above the line over what is unread.
const UNREAD_MARGIN: f64 = 24.0;

/// How much of the conversation lies where, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent {
    /// Above what is in view.
    pub(crate) above: f64,
    /// Below what is in view.
    pub(crate) below: f64,
    /// In view.
    pub(crate) screen: f64,
}

/// The scrolling box; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Anchor {
    scroller: NodeRef<html::Div>,
    sheet: NodeRef<html::Div>,
    /// Rows in view, each with the distance of its upper edge from that of the box.
    seen: StoredValue<Vec<(String, f64)>>,
}

impl Anchor {
    pub(crate) fn new(scroller: NodeRef<html::Div>, sheet: NodeRef<html::Div>) -> Self {
        Self { scroller, sheet, seen: StoredValue::new(Vec::new()) }
    }

    /// Follows the growth of rows from now on, until the view is gone; `moved` is called after it.
    pub(crate) fn follow(self, moved: impl Fn() + 'static) {
        let react = Closure::<dyn Fn()>::new(move || {
            self.restore();
            moved();
        });
        let Ok(observer) = ResizeObserver::new(react.as_ref().unchecked_ref()) else { return };
        let kept = StoredValue::new_local(Some((observer, react)));
        Effect::new(move |_| {
            if let Some(sheet) = self.sheet.get() {
                kept.with_value(|kept| {
                    if let Some((observer, _)) = kept {
                        observer.observe(&sheet);
                    }
                });
            }
        });
        on_cleanup(move || {
            if let Some(Some((observer, _))) = kept.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    }

    /// Notes what is in view, and says how much lies around it.
    pub(crate) fn note(self) -> Option<Extent> {
        let scroller = self.scroller.try_get_untracked().flatten()?;
        let top = scroller.get_bounding_client_rect().top();
        let bottom = top + f64::from(scroller.client_height());
        let mut seen = Vec::with_capacity(REMEMBERED);
        let mut row = self.first_in_view(top);
        while let Some(shown) = row.take().filter(|_| seen.len() < REMEMBERED) {
            let place = shown.get_bounding_client_rect().top();
            if place > bottom {
                break;
            }
            if let Some(id) = shown.get_attribute("data-message") {
                seen.push((id, place - top));
            }
            row = shown.next_element_sibling();
        }
        self.seen.set_value(seen);
        let screen = f64::from(scroller.client_height());
        let below = f64::from(scroller.scroll_top()).abs();
        let above = f64::from(scroller.scroll_height()) - screen - below;
        Some(Extent { above, below, screen })
    }

    fn rows(self) -> Option<Element> {
        self.sheet.try_get_untracked().flatten()?.query_selector(".rows").ok().flatten()
    }

    /// The first row whose lower edge is in view. Rows lie in order, so that few of them are measured.
    fn first_in_view(self, top: f64) -> Option<Element> {
        let rows = self.rows()?.children();
        let (mut from, mut to) = (0, rows.length());
        while from < to {
            let middle = (from + to) / 2;
            if rows.item(middle)?.get_bounding_client_rect().bottom() > top {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        rows.item(from)
    }

    /// The row of a message.
    pub(crate) fn row(self, message: MessageId) -> Option<Element> {
        self.row_named(&message.0.to_string())
    }

    fn row_named(self, id: &str) -> Option<Element> {
        self.rows()?.query_selector(&format!("[data-message='{id}']")).ok().flatten()
    }

    /// The newest row.
    pub(crate) fn last_row(self) -> Option<Element> {
        let mut row = self.rows()?.last_element_child();
        while let Some(shown) = row {
            if shown.has_attribute("data-message") {
                return Some(shown);
            }
            row = shown.previous_element_sibling();
        }
        None
    }

    /// Puts what was in view back to its place.
    pub(crate) fn restore(self) {
        let Some(scroller) = self.scroller.try_get_untracked().flatten() else { return };
        // The box itself stays at its end.
        if scroller.scroll_top() == 0 {
            return;
        }
        let top = scroller.get_bounding_client_rect().top();
        let moved = self.seen.with_value(|seen| {
            seen.iter().find_map(|(id, place)| {
                let row = self.row_named(id)?;
                Some(row.get_bounding_client_rect().top() - top - place)
            })
        });
        if let Some(moved) = moved.filter(|moved| moved.abs() > 0.4) {
            scroller.scroll_by_with_x_and_y(0.0, moved);
        }
    }

    /// Goes to the newest message, at once: rows that come meanwhile would stop a slow movement half way.
    pub(crate) fn to_end(self) {
        if let Some(scroller) = self.scroller.try_get_untracked().flatten() {
            scroller.set_scroll_top(0);
        }
    }

    /// Brings a message to the upper edge (`start`) or the middle (`center`) of the box.
    pub(crate) fn to_row(self, message: MessageId, edge: &str) {
        if let Some(row) = self.row(message) {
            self.scroll_to(&row, edge == "center");
        }
    }

    /// Brings the line above what is unread to the upper edge, or goes to the end if there is none.
    pub(crate) fn to_unread(self) {
        let line = self.rows().and_then(|rows| rows.query_selector(".unread-line").ok().flatten());
        match line {
            Some(line) => self.scroll_to(&line, false),
            None => self.to_end(),
        }
    }

    fn scroll_to(self, row: &Element, centred: bool) {
        let Some(scroller) = self.scroller.try_get_untracked().flatten() else { return };
        let (shown, place) = (scroller.get_bounding_client_rect(), row.get_bounding_client_rect());
        let free = f64::from(scroller.client_height()) - place.height();
        let margin = if centred { (free / 2.0).max(0.0) } else { UNREAD_MARGIN };
        scroller.scroll_by_with_x_and_y(0.0, place.top() - shown.top() - margin);
    }
}
