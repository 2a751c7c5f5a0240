//! The one dialog above a conversation: menu, reactions, deletion, details, timer, day. At a pointer it is a menu at that
//! place; on a phone, a sheet from below. The browser keeps the focus in it, ends it with Escape and on a phone's way back, and
//! returns the focus.

use kuvert_view::ConversationId;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, KeyboardEvent};

use super::dialogs;
use super::emoji;
use super::menu;
use crate::browser;
use crate::i18n::{language, text};
use crate::state::state;
use crate::talk::{Overlay, Talk};

/// Pixels between a menu and the edges of the window.
const MARGIN: f64 = 8.0;

/// What lies above a conversation.
#[component]
pub(crate) fn Overlays(
    /// Which conversation.
    id: ConversationId,
    /// Whether one can write here.
    can_write: Signal<bool>,
) -> impl IntoView {
    let talk = state().talk();
    let overlay = talk.overlay();
    let dialog = NodeRef::<html::Dialog>::new();
    let kind = Memo::new(move |_| overlay.with(|overlay| overlay.as_ref().map(kind)));
    Effect::new(move |_| {
        let kind = kind.get();
        // Once its content is there, which takes the focus.
        leptos::task::spawn_local(async move {
            let Some(dialog) = dialog.try_get_untracked().flatten() else { return };
            match kind {
                Some(_) => show(&dialog, overlay),
                None if dialog.open() => dialog.close(),
                None => {}
            }
        });
    });
    let lang = language();
    let label = move || kind.get().map(|(_, key)| text(lang.get(), key, &[]));
    // Only a press that began beside the dialog ends it: not the end of the one that opened it.
    let pressed = StoredValue::new(false);
    let is_beside = move |target: Option<web_sys::EventTarget>| {
        let target = target.and_then(|target| target.dyn_into::<Element>().ok());
        target.is_some_and(|target| target.tag_name().eq_ignore_ascii_case("dialog"))
    };
    view! {
        <dialog
            node_ref=dialog
            class=move || kind.get().map_or("overlay", |(class, _)| class)
            aria-label=label
            on:cancel=move |event: Event| {
                event.prevent_default();
                overlay.set(None);
            }
            on:close=move |_| {
                // Said a moment later: it may be open again by then.
                let is_open = dialog.get_untracked().is_some_and(|dialog| dialog.open());
                if !is_open && overlay.with_untracked(Option::is_some) {
                    overlay.set(None);
                }
            }
            on:pointerdown=move |event| pressed.set_value(is_beside(event.target()))
            on:click=move |event| {
                if pressed.get_value() && is_beside(event.target()) {
                    overlay.set(None);
                }
            }
        >
            {move || {
                kind.get()?;
                overlay.get_untracked().map(|shown| content(talk, id, shown, can_write))
            }}
        </dialog>
    }
}

/// How an overlay looks, and what it is called.
fn kind(overlay: &Overlay) -> (&'static str, &'static str) {
    match overlay {
        Overlay::Menu { by_finger: true, .. } => ("overlay overlay-is-sheet", "message-menu"),
        Overlay::Menu { .. } => ("overlay overlay-is-menu", "message-menu"),
        Overlay::Reactions { .. } => ("dialog", "reactions-heading"),
        Overlay::Delete { .. } => ("dialog", "delete-heading"),
        Overlay::Details { .. } => ("dialog", "details-heading"),
        Overlay::Timer => ("dialog", "timer-heading"),
        Overlay::Day => ("dialog", "day-heading"),
    }
}

fn content(talk: Talk, id: ConversationId, shown: Overlay, can_write: Signal<bool>) -> AnyView {
    match shown {
        Overlay::Menu { message, .. } => menu::menu(talk, id, message, can_write.get_untracked()),
        Overlay::Reactions { message } => emoji::picker(talk, message),
        Overlay::Delete { message } => dialogs::delete(talk, &message),
        Overlay::Details { .. } => dialogs::details(talk),
        Overlay::Timer => dialogs::timer(talk, id),
        Overlay::Day => dialogs::day(talk, id),
    }
}

/// Opens the dialog, puts a menu to its place, and gives the focus to what takes it first.
fn show(dialog: &HtmlDialogElement, overlay: RwSignal<Option<Overlay>>) {
    if !dialog.open() && dialog.show_modal().is_err() {
        return;
    }
    let style = HtmlElement::style(dialog);
    let _ = style.remove_property("left");
    let _ = style.remove_property("top");
    let at = overlay.with_untracked(|overlay| match overlay {
        Some(Overlay::Menu { at, by_finger: false, .. }) => Some(*at),
        _ => None,
    });
    if let Some((x, y)) = at {
        put(dialog, x, y);
    }
    let first = dialog.query_selector("[data-first]").ok().flatten();
    match first.and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
        Some(first) => browser::focus_in_place(&first),
        None => browser::focus_in_place(dialog),
    }
}

/// Puts a menu where it was asked for, as far as it fits.
fn put(dialog: &HtmlDialogElement, x: f64, y: f64) {
    let size = |length: Result<wasm_bindgen::JsValue, _>| {
        length.ok().and_then(|length: wasm_bindgen::JsValue| length.as_f64()).unwrap_or_default()
    };
    let (width, height) = (size(window().inner_width()), size(window().inner_height()));
    let own = dialog.get_bounding_client_rect();
    let left = x.min(width - own.width() - MARGIN).max(MARGIN);
    let top = y.min(height - own.height() - MARGIN).max(MARGIN);
    let style = HtmlElement::style(dialog);
    let _ = style.set_property("left", &format!("{left}px"));
    let _ = style.set_property("top", &format!("{top}px"));
}

/// Moves the focus through a menu by the keys that menus have. What stands in a `.menu-line` lies side by side.
pub(crate) fn menu_key(talk: Talk, event: &KeyboardEvent) {
    let Some(menu) = event.current_target().and_then(|menu| menu.dyn_into::<Element>().ok()) else { return };
    let items = items(&menu);
    let focused = document().active_element();
    let Some(at) = items.iter().position(|item| Some(item.as_ref()) == focused.as_ref()) else { return };
    let in_line = |item: &HtmlElement| item.closest(".menu-line").ok().flatten();
    let line = in_line(&items[at]);
    let count = items.len();
    let next = match event.key().as_str() {
        "Home" => 0,
        "End" => count - 1,
        "ArrowRight" => (at + 1) % count,
        "ArrowLeft" => (at + count - 1) % count,
        // Past what lies side by side.
        "ArrowDown" => (1..=count)
            .map(|step| (at + step) % count)
            .find(|next| line.is_none() || in_line(&items[*next]) != line)
            .unwrap_or(at),
        "ArrowUp" => {
            let above = (1..=count)
                .map(|step| (at + count - step) % count)
                .find(|next| line.is_none() || in_line(&items[*next]) != line)
                .unwrap_or(at);
            // To the first of those that lie side by side.
            let line = in_line(&items[above]);
            match line {
                Some(_) => items.iter().position(|item| in_line(item) == line).unwrap_or(above),
                None => above,
            }
        }
        // A menu is left by the key that goes on.
        "Tab" => {
            event.prevent_default();
            talk.overlay().set(None);
            return;
        }
        _ => return,
    };
    event.prevent_default();
    let _ = items[next].focus();
}

fn items(menu: &Element) -> Vec<HtmlElement> {
    let Ok(found) = menu.query_selector_all("[role^='menuitem']") else { return Vec::new() };
    (0..found.length())
        .filter_map(|at| found.item(at))
        .filter_map(|item| item.dyn_into::<HtmlElement>().ok())
        .collect()
}
