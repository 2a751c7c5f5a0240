//! Questions and small tasks that lie over the page until they are answered: the browser's own `<dialog>`.
//!
//! The browser keeps the rest of the page out of reach, closes on Escape and gives the focus back to what had it. What a
//! dialog holds is made when it opens and dropped when it closes, so that it begins anew each time.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::icon::{Icon, icon};
use crate::browser;
use crate::i18n::t;

/// Counts dialogs, for ids that name their headings.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// An id that no other dialog of the page has.
fn new_id() -> String {
    format!("dialog-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A dialog with a heading, a way to close it, and whatever it is for. An element with `autofocus` inside gets the focus.
///
/// It has to stand outside of what changes while it is open, or it goes with that.
#[component]
pub(crate) fn Dialog(
    /// Whether it is open: set it to open, and it is unset when the dialog was closed in any way.
    open: RwSignal<bool>,
    /// What stands above.
    #[prop(into)]
    heading: Signal<String>,
    /// What it is for.
    children: ChildrenFn,
) -> impl IntoView {
    let id = new_id();
    let labelled = id.clone();
    let head = StoredValue::new(id);
    let inside = StoredValue::new(children);
    let content = move || {
        view! {
            <header class="dialog-head">
                <h2 id=head.get_value()>{heading}</h2>
                <button
                    type="button"
                    class="button-icon"
                    aria-label=t("dialog-close")
                    on:click=move |_| open.set(false)
                >
                    {icon(Icon::Close)}
                </button>
            </header>
            {inside.with_value(|inside| inside())}
        }
        .into_any()
    };
    view! {
        <dialog class="dialog" aria-labelledby=labelled node_ref=follow(open) on:close=move |_| open.set(false) on:click=move |event| close_outside(&event, open)>
            {move || open.get().then(content)}
        </dialog>
    }
}

/// A question with two answers. The harmless one has the focus.
#[component]
pub(crate) fn Confirm(
    /// Whether it is open: set it to ask, and it is unset with the answer.
    open: RwSignal<bool>,
    /// What is asked.
    #[prop(into)]
    heading: Signal<String>,
    /// What it means.
    #[prop(into)]
    text: Signal<String>,
    /// Text key of the answer that does it.
    yes: &'static str,
    /// Text key of the answer that leaves all as it is.
    #[prop(default = "dialog-cancel")]
    no: &'static str,
    /// Whether what is asked cannot be taken back.
    #[prop(optional)]
    danger: bool,
    /// Called when it is to be done.
    on_yes: Callback<()>,
) -> impl IntoView {
    let id = new_id();
    let (labelled, described) = (id.clone(), format!("{id}-text"));
    let ids = StoredValue::new((labelled.clone(), described.clone()));
    let answer = move |_| {
        open.set(false);
        on_yes.run(());
    };
    let content = move || {
        let (head, body) = ids.get_value();
        view! {
            <h2 id=head>{heading}</h2>
            <p id=body>{text}</p>
            <div class="dialog-buttons">
                <button
                    type="button"
                    class="button"
                    class:button-is-danger=danger
                    data-testid="confirm-yes"
                    on:click=answer
                >
                    {t(yes)}
                </button>
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="confirm-no"
                    autofocus
                    on:click=move |_| open.set(false)
                >
                    {t(no)}
                </button>
            </div>
        }
        .into_any()
    };
    view! {
        <dialog
            class="dialog dialog-is-question"
            role="alertdialog"
            aria-labelledby=labelled
            aria-describedby=described
            node_ref=follow(open)
            on:close=move |_| open.set(false)
            on:click=move |event| close_outside(&event, open)
        >
            {move || open.get().then(content)}
        </dialog>
    }
}

/// The element of a dialog that is shown while `open` is set.
pub(crate) fn follow(open: RwSignal<bool>) -> NodeRef<html::Dialog> {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let (is_wanted, Some(dialog)) = (open.get(), node.get()) else {
            return;
        };
        if is_wanted {
            // Its content is there with the next frame; the browser then finds in it what takes the focus.
            request_animation_frame(move || {
                if open.try_get_untracked() == Some(true) && !dialog.open() {
                    let _ = dialog.show_modal();
                }
            });
        } else if dialog.open() {
            dialog.close();
            keep_focus();
        }
    });
    node
}

/// The browser gives the focus back to what had it; where that is gone, the screen's heading takes it.
fn keep_focus() {
    request_animation_frame(|| {
        let is_lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
        if is_lost {
            browser::focus("screen-heading");
        }
    });
}

/// A press beside the dialog closes it: its target is the dialog itself, whose content fills all of its box.
pub(crate) fn close_outside(event: &MouseEvent, open: RwSignal<bool>) {
    let is_outside = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| element.tag_name() == "DIALOG");
    if is_outside {
        open.set(false);
    }
}
