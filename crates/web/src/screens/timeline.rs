//! The messages of a conversation, with separators between days and above what was unread.
//!
//! A window of the conversation is in the page, however long that is: what comes near its upper or lower edge is loaded before
//! it is reached, and what is far away is dropped (`window.rs`). The scrolling box is laid out from its end (`column-reverse`),
//! so that the browser keeps the newest message in view; `anchor.rs` keeps what is being read in its place while rows come
//! and go. What is done to messages is heard here once for all of them, by the `data-act` of what was pressed.

use std::time::Duration;

use kuvert_view::{ConversationId, MessageId, MessageView, UiCommand};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent, TouchEvent};

use super::anchor::Anchor;
use super::gestures::{Gesture, Gestures};
use crate::components::bubble::{Bubble, unconfirmed};
use crate::components::icon::{Icon, icon};
use crate::i18n::{language, t, t1, text};
use crate::line;
use crate::state::state;
use crate::talk::{Overlay, Place, Talk};
use crate::window::Row;
use crate::{bridge, browser, dates};

/// More of the conversation is loaded when less than so many screens are left to either side.
const SCREENS_AHEAD: f64 = 3.0;
/// Pixels from the end at which the way back to it is offered.
const FAR_FROM_END: f64 = 320.0;
/// How long a message to which one has gone is marked.
const MARKED: Duration = Duration::from_millis(1_800);

/// The timeline of a conversation.
#[component]
pub(crate) fn TimelineView(
    /// Which conversation.
    id: ConversationId,
    /// The other person's name.
    name: Signal<String>,
    /// Whether several people write here.
    is_group: Signal<bool>,
    /// Whether one can write here, and so answer.
    can_write: Signal<bool>,
) -> impl IntoView {
    let talk = state().talk();
    let scroller = NodeRef::<html::Div>::new();
    let sheet = NodeRef::<html::Div>::new();
    let is_far = RwSignal::new(false);
    let here = Here { talk, id, anchor: Anchor::new(scroller, sheet), is_far, can_write };
    here.anchor.follow(move || here.moved());
    follow_rows(here);
    on_cleanup(move || talk.leave(id));
    view! {
        <div
            class="timeline"
            role="region"
            tabindex="0"
            aria-label=t("conversation-messages")
            aria-describedby="timeline-hint"
            node_ref=scroller
            on:scroll=move |_| here.moved()
            on:keydown=move |event| here.key(&event)
        >
            <div class="timeline-sheet" node_ref=sheet>
                {older_button(here)}
                {beginning(talk, id, name, is_group)}
                <RowList here=here name=name is_group=is_group/>
            </div>
        </div>
        <p class="hidden-words" id="timeline-hint">{t("timeline-hint")}</p>
        <NewestButton here=here/>
    }
}

/// The timeline that is shown; cheap to copy.
#[derive(Clone, Copy)]
struct Here {
    talk: Talk,
    id: ConversationId,
    anchor: Anchor,
    is_far: RwSignal<bool>,
    can_write: Signal<bool>,
}

impl Here {
    /// The box was scrolled, or what is in it changed: notes the place, and loads what will soon be reached.
    fn moved(self) {
        let Some(extent) = self.anchor.note() else { return };
        self.talk.set_at_end(extent.below < 2.0);
        let has_newer = self.talk.rows().with_untracked(|rows| rows.has_newer);
        let is_far = extent.below > FAR_FROM_END || has_newer;
        if self.is_far.get_untracked() != is_far {
            self.is_far.set(is_far);
        }
        let ahead = SCREENS_AHEAD * extent.screen;
        if extent.above < ahead {
            self.talk.load_older(self.id);
        }
        if extent.below < ahead {
            self.talk.load_newer(self.id);
        }
    }

    /// The message that an element belongs to.
    fn message_of(self, element: &Element) -> Option<MessageView> {
        let row = element.closest("[data-message]").ok().flatten()?;
        let id = row.get_attribute("data-message")?.parse().ok().map(MessageId)?;
        Some(self.talk.message(id)?.get_untracked())
    }

    fn open_menu(self, message: MessageView, at: (f64, f64), by_finger: bool) {
        self.talk.overlay().set(Some(Overlay::Menu { message, at, by_finger }));
    }

    /// Answers a message.
    fn reply(self, message: &MessageView) {
        if self.can_write.get_untracked() && can_be_answered(message) {
            self.talk.reply(self.id, message);
            browser::focus("composer");
        }
    }

    /// Something in a message was pressed.
    fn press(self, event: &MouseEvent) {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        let Some(button) = target.closest("[data-act]").ok().flatten() else { return };
        let Some(message) = self.message_of(&button) else { return };
        match button.get_attribute("data-act").as_deref() {
            Some("menu") => {
                let place = button.get_bounding_client_rect();
                self.open_menu(message, (place.left(), place.bottom()), !browser::has_keyboard());
            }
            Some("react") => {
                let reaction = button.get_attribute("data-reaction").unwrap_or_default();
                react(&message, reaction);
            }
            Some("jump") => {
                let target = button.get_attribute("data-target").and_then(|id| id.parse().ok());
                if let Some(target) = target {
                    self.talk.want(self.id, MessageId(target), true);
                }
            }
            _ => {}
        }
    }

    /// The browser's own menu is left to text that is selected, and to links.
    fn context_menu(self, event: &MouseEvent) {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        let is_link = target.closest("a[href]").ok().flatten().is_some();
        if is_link && browser::has_keyboard() || browser::has_selection() {
            return;
        }
        if let Some(message) = self.message_of(&target) {
            event.prevent_default();
            if browser::has_keyboard() {
                self.open_menu(message, (f64::from(event.client_x()), f64::from(event.client_y())), false);
            }
        }
    }

    /// Goes from message to message, and opens the menu of one.
    fn key(self, event: &KeyboardEvent) {
        let focused = document().active_element();
        let row = focused.as_ref().and_then(|focused| focused.closest("[data-message]").ok().flatten());
        let opens = matches!(event.key().as_str(), "ContextMenu" | "Enter" | " ")
            || event.key() == "F10" && event.shift_key();
        match (event.key().as_str(), &row) {
            ("ArrowUp", None) => self.focus_row(self.anchor.last_row(), event),
            ("ArrowUp", Some(row)) => self.focus_row(next_row(row, false), event),
            ("ArrowDown", Some(row)) => self.focus_row(next_row(row, true), event),
            ("Escape", Some(_)) => {
                event.prevent_default();
                browser::focus("composer");
            }
            (_, Some(row)) if opens => {
                // A key on a link or a button is theirs.
                let is_bubble = focused.is_some_and(|focused| focused.class_list().contains("bubble"));
                if let Some(message) = self.message_of(row).filter(|_| is_bubble) {
                    event.prevent_default();
                    let place = row.get_bounding_client_rect();
                    let left = place.left() + place.width() / 3.0;
                    self.open_menu(message, (left, place.top() + place.height().min(48.0)), false);
                }
            }
            _ => {}
        }
    }

    fn focus_row(self, row: Option<Element>, event: &KeyboardEvent) {
        let bubble = row.and_then(|row| row.query_selector(".bubble").ok().flatten());
        if let Some(bubble) = bubble.and_then(|bubble| bubble.dyn_into::<HtmlElement>().ok()) {
            event.prevent_default();
            let _ = bubble.focus();
        }
    }
}

/// Reacts to a message, or takes the same reaction back.
pub(crate) fn react(message: &MessageView, reaction: String) {
    let is_own = message.reactions.iter().any(|shown| shown.own && shown.text == reaction);
    let message = message.id;
    bridge::post(&if is_own {
        UiCommand::Unreact { message }
    } else {
        UiCommand::React { message, reaction }
    });
}

/// Whether a message says something that an answer can quote.
pub(crate) fn can_be_answered(message: &MessageView) -> bool {
    message.from != kuvert_view::Sender::System && message.kind != kuvert_view::MessageKind::Deleted
}

/// The next message below or above that a person wrote.
fn next_row(row: &Element, below: bool) -> Option<Element> {
    let step =
        |row: &Element| if below { row.next_element_sibling() } else { row.previous_element_sibling() };
    let mut next = step(row);
    while let Some(row) = next {
        if row.query_selector(".bubble").ok().flatten().is_some() {
            return Some(row);
        }
        next = step(&row);
    }
    None
}

/// Moves the box to where it is wanted, and keeps it in its place, once rows have changed.
fn follow_rows(here: Here) {
    let (rows, place) = (here.talk.rows(), here.talk.place());
    Effect::new(move |_| {
        rows.track();
        place.track();
        // After everything else that follows from the rows, and before they are painted.
        leptos::task::spawn_local(async move {
            let is_here = rows.try_with_untracked(|rows| rows.conversation == Some(here.id)).unwrap_or(false);
            match place.try_get_untracked().flatten().filter(|_| is_here) {
                Some(wanted) => {
                    place.set(None);
                    here.go(wanted);
                }
                None => here.anchor.restore(),
            }
            here.moved();
        });
    });
}

impl Here {
    fn go(self, place: Place) {
        match place {
            Place::End => self.anchor.to_end(),
            Place::Top(message) => self.anchor.to_row(message, "start"),
            Place::Unread => self.anchor.to_unread(),
            Place::Message(message) => {
                self.anchor.to_row(message, "center");
                if let Some(row) = self.anchor.row(message) {
                    mark(&row);
                }
            }
        }
    }
}

/// Marks a row for a moment, and gives it the focus.
fn mark(row: &Element) {
    let _ = row.class_list().add_1("row-is-found");
    let bubble = row.query_selector(".bubble").ok().flatten();
    if let Some(bubble) = bubble.and_then(|bubble| bubble.dyn_into::<HtmlElement>().ok()) {
        browser::focus_in_place(&bubble);
    }
    let row = row.clone();
    set_timeout(
        move || {
            let _ = row.class_list().remove_1("row-is-found");
        },
        MARKED,
    );
}

/// The rows: days, messages, and what the engine has not shown yet.
#[component]
fn RowList(
    /// The timeline.
    here: Here,
    /// The other person's name.
    name: Signal<String>,
    /// Whether several people write here.
    is_group: Signal<bool>,
) -> impl IntoView {
    let (id, rows) = (here.id, here.talk.rows());
    let each =
        move || rows.with(|rows| if rows.conversation == Some(id) { rows.rows.clone() } else { Vec::new() });
    let outgoing = here.talk.outgoing(id);
    let has_newer = Memo::new(move |_| rows.with(|rows| rows.has_newer));
    let gestures = Gestures::new(move |gesture, element: &Element| {
        let Some(message) = here.message_of(element) else { return };
        match gesture {
            Gesture::Held(x, y) => here.open_menu(message, (x, y), true),
            Gesture::Swiped => here.reply(&message),
        }
    });
    view! {
        <ol
            class="rows"
            on:click=move |event| here.press(&event)
            on:contextmenu=move |event| here.context_menu(&event)
            on:pointerdown=move |event: PointerEvent| gestures.down(&event)
            on:pointermove=move |event: PointerEvent| gestures.moved(&event)
            on:pointerup=move |event: PointerEvent| gestures.up(&event)
            on:pointercancel=move |_| gestures.cancel()
            on:touchend=move |event: TouchEvent| gestures.lifted(&event)
        >
            <For each=each key=|row| *row children=move |row| one_row(here, row, name, is_group)/>
            {move || {
                let shown = if has_newer.get() { Vec::new() } else { outgoing.get() };
                shown.iter().map(|text| unconfirmed(text)).collect::<Vec<_>>()
            }}
        </ol>
    }
}

fn one_row(here: Here, row: Row, name: Signal<String>, is_group: Signal<bool>) -> AnyView {
    match row {
        Row::Day(_, at) => day_line(here, at),
        Row::Unread => {
            view! { <li class="unread-line" data-testid="unread-line"><span>{t("timeline-unread")}</span></li> }
                .into_any()
        }
        Row::Message(id, follows) => {
            let is_group = is_group.get_untracked();
            view! {
                <li class="row" data-message=id.0.to_string()>
                    <Bubble id=id follows=follows name=name is_group=is_group/>
                </li>
            }
            .into_any()
        }
    }
}

/// The name of a day; a press leads to any other.
fn day_line(here: Here, at: i64) -> AnyView {
    let lang = language();
    let words = move || {
        let lang = lang.get();
        dates::separator(lang, at).unwrap_or_else(|| text(lang, "day-today", &[]))
    };
    view! {
        <li class="day">
            <button
                type="button"
                class="day-button"
                title=t("day-choose")
                on:click=move |_| here.talk.overlay().set(Some(Overlay::Day))
            >
                {words}
            </button>
        </li>
    }
    .into_any()
}

fn older_button(here: Here) -> AnyView {
    let rows = here.talk.rows();
    let offered = Memo::new(move |_| rows.with(|rows| rows.has_older && rows.conversation == Some(here.id)));
    let button = move || {
        offered.get().then(|| {
            view! {
                <button
                    type="button"
                    class="button-quiet older"
                    on:click=move |_| here.talk.load_older(here.id)
                >
                    {t("conversation-older")}
                </button>
            }
        })
    };
    view! { {button} }.into_any()
}

/// What stands above the first message of all.
fn beginning(talk: Talk, id: ConversationId, name: Signal<String>, is_group: Signal<bool>) -> AnyView {
    let rows = talk.rows();
    let contact = state().people().contact(id);
    let is_line = Memo::new(move |_| {
        contact.with(|contact| contact.as_ref().is_some_and(|known| known.line.is_some()))
    });
    let (both, of_line) = (
        t(line::one_of("conversation-beginning", "desk-beginning")),
        t1("line-beginning", "name", move || name.get()),
    );
    let words = move || if is_line.get() { of_line() } else { both() };
    let is_whole = Memo::new(move |_| {
        rows.with(|rows| rows.conversation == Some(id) && !rows.has_older) && !is_group.get()
    });
    let above = move || {
        is_whole
            .get()
            .then(|| view! { <p class="note beginning">{icon(Icon::Lock)} <span>{words}</span></p> })
    };
    view! { {above} }.into_any()
}

/// The way to the newest message, with how many have come meanwhile.
#[component]
fn NewestButton(
    /// The timeline.
    here: Here,
) -> impl IntoView {
    let beyond = here.talk.beyond();
    let (plain, counted) =
        (t("conversation-newest"), t1("conversation-newest-unread", "count", move || beyond.get()));
    let label = move || if beyond.get() > 0 { counted() } else { plain() };
    let count = move || {
        (beyond.get() > 0).then(|| {
            let shown = if beyond.get() > 99 { "99+".to_owned() } else { beyond.get().to_string() };
            view! { <span class="badge" aria-hidden="true" data-testid="beyond">{shown}</span> }
        })
    };
    view! {
        <Show when=move || here.is_far.get()>
            <button
                type="button"
                class="to-newest"
                data-testid="to-newest"
                aria-label=label
                title=label
                on:click=move |_| here.talk.to_end(here.id)
            >
                {icon(Icon::Down)}
                {count}
            </button>
        </Show>
    }
}
