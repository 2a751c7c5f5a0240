//! The messages of a conversation, with separators between days.
//!
//! The scrolling box is laid out from its end (`column-reverse`), so that the browser keeps the newest message in view,
//! and what is being read in its place while older messages are put before it. New messages below what is being read
//! would push it up; `keep_place` moves the box by as much.

use kuvert_view::{ConversationId, MessageId, MessageView, UiCommand};
use leptos::html;
use leptos::prelude::*;
use web_sys::{Element, ScrollBehavior, ScrollToOptions};

use crate::components::bubble::{Bubble, unconfirmed};
use crate::components::icon::{Icon, icon};
use crate::i18n::{language, t, text};
use crate::model::{Row, rows};
use crate::state::{AppState, state};
use crate::{bridge, browser, dates};

/// Pixels from the top at which older messages are asked for.
const NEAR_TOP: i32 = 240;
/// Pixels from the end at which the way back to it is offered.
const FAR_FROM_END: i32 = 320;

/// The timeline of a conversation.
#[component]
pub(crate) fn TimelineView(
    /// Which conversation.
    id: ConversationId,
    /// The other person's name.
    name: Signal<String>,
    /// Changes when the newest message should come into view.
    to_newest: Signal<u32>,
) -> impl IntoView {
    let state = state();
    let scroller = NodeRef::<html::Div>::new();
    let is_far = RwSignal::new(false);
    let older = Older::new(state, id);
    keep_place(state, scroller);
    Effect::new(move |_| {
        if to_newest.get() > 0
            && let Some(scroller) = scroller.get_untracked()
        {
            scroller.set_scroll_top(0);
        }
    });
    let on_scroll = move |_| {
        let Some(scroller) = scroller.get_untracked() else {
            return;
        };
        let from_end = scroller.scroll_top().abs();
        is_far.set(from_end > FAR_FROM_END);
        if scroller.scroll_height() - scroller.client_height() - from_end < NEAR_TOP {
            older.load();
        }
    };
    view! {
        <div
            class="timeline"
            role="region"
            tabindex="0"
            aria-label=t("conversation-messages")
            node_ref=scroller
            on:scroll=on_scroll
        >
            <div class="timeline-sheet">
                {older_button(older)}
                {beginning(state, id)}
                <Rows id=id name=name/>
            </div>
        </div>
        {move || is_far.get().then(|| newest_button(scroller))}
    }
}

/// Keeps what is being read in its place when messages come below it.
fn keep_place(state: AppState, scroller: NodeRef<html::Div>) {
    let timeline = state.timeline();
    let ends = Memo::new(move |_| {
        timeline.with(|timeline| {
            let id = |message: &MessageView| message.id;
            (timeline.messages.first().map(id), timeline.messages.last().map(id))
        })
    });
    let height = StoredValue::new(0);
    Effect::new(move |before: Option<Option<MessageId>>| {
        let (_, newest) = ends.get();
        let is_appended = before.flatten().is_some_and(|before| Some(before) != newest);
        // Measured once the new rows are laid out, and before they are painted.
        request_animation_frame(move || {
            let (Some(Some(scroller)), Some(known)) = (scroller.try_get_untracked(), height.try_get_value())
            else {
                return;
            };
            height.set_value(scroller.scroll_height());
            if is_appended && scroller.scroll_top() < -1 {
                scroller.set_scroll_top(scroller.scroll_top() + known - scroller.scroll_height());
            }
        });
        newest
    });
}

/// The rows: days, messages, and what the engine has not shown yet.
#[component]
fn Rows(
    /// Which conversation.
    id: ConversationId,
    /// The other person's name.
    name: Signal<String>,
) -> impl IntoView {
    let state = state();
    let timeline = state.timeline();
    let rows = Memo::new(move |_| {
        timeline.with(|timeline| match timeline.conversation {
            Some(shown) if shown == id => rows(&timeline.messages, dates::local_day),
            _ => Vec::new(),
        })
    });
    let outgoing = state.outgoing(id);
    view! {
        <ol class="rows">
            <For each=move || rows.get() key=|row| *row children=move |row| one_row(row, name)/>
            {move || outgoing.get().iter().map(|text| unconfirmed(text)).collect::<Vec<_>>()}
        </ol>
    }
}

fn one_row(row: Row, name: Signal<String>) -> AnyView {
    match row {
        Row::Day(_, at) => day_line(at),
        Row::Message(id, follows) => {
            view! { <li class="row"><Bubble id=id follows=follows name=name/></li> }.into_any()
        }
    }
}

fn day_line(at: i64) -> AnyView {
    let lang = language();
    let words = move || {
        let lang = lang.get();
        dates::separator(lang, at).unwrap_or_else(|| text(lang, "day-today", &[]))
    };
    view! { <li class="day"><span>{words}</span></li> }.into_any()
}

/// Asks for older messages, once at a time.
#[derive(Clone, Copy)]
struct Older {
    state: AppState,
    conversation: ConversationId,
    /// The oldest message for which older ones were asked for.
    asked: RwSignal<Option<MessageId>>,
}

impl Older {
    fn new(state: AppState, conversation: ConversationId) -> Self {
        Self { state, conversation, asked: RwSignal::new(None) }
    }

    fn is_offered(self) -> bool {
        self.state
            .timeline()
            .with(|timeline| timeline.has_older && timeline.conversation == Some(self.conversation))
    }

    fn load(self) {
        let oldest = self.state.timeline().with_untracked(|timeline| {
            let shown = timeline.has_older && timeline.conversation == Some(self.conversation);
            timeline.messages.first().filter(|_| shown).map(|message| message.id)
        });
        if let Some(before) = oldest.filter(|_| self.asked.get_untracked() != oldest) {
            self.asked.set(oldest);
            bridge::post(&UiCommand::LoadOlder { conversation: self.conversation, before });
        }
    }
}

fn older_button(older: Older) -> AnyView {
    let offered = Memo::new(move |_| older.is_offered());
    let button = move || {
        offered.get().then(|| {
            view! {
                <button type="button" class="button-quiet older" on:click=move |_| older.load()>
                    {t("conversation-older")}
                </button>
            }
        })
    };
    view! { {button} }.into_any()
}

/// What stands above the first message of all.
fn beginning(state: AppState, id: ConversationId) -> AnyView {
    let timeline = state.timeline();
    let is_whole = Memo::new(move |_| {
        timeline.with(|timeline| timeline.conversation == Some(id) && !timeline.has_older)
    });
    let line = move || {
        is_whole.get().then(|| {
            view! { <p class="note beginning">{icon(Icon::Lock)} {t("conversation-beginning")}</p> }
        })
    };
    view! { {line} }.into_any()
}

fn newest_button(scroller: NodeRef<html::Div>) -> AnyView {
    let scroll = move |_| {
        if let Some(scroller) = scroller.get_untracked() {
            to_end(&scroller);
        }
    };
    view! {
        <button type="button" class="to-newest" aria-label=t("conversation-newest") on:click=scroll>
            {icon(Icon::Down)}
        </button>
    }
    .into_any()
}

fn to_end(scroller: &Element) {
    let options = ScrollToOptions::new();
    options.set_top(0.0);
    let calm = browser::matches("(prefers-reduced-motion: reduce)");
    options.set_behavior(if calm { ScrollBehavior::Auto } else { ScrollBehavior::Smooth });
    scroller.scroll_to_with_scroll_to_options(&options);
}
