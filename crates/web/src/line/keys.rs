//! The desk by keys. Each is a single letter that counts only where nothing is typed, and they can be turned off.

use kuvert_view::{CaseStatus, ConversationId, DeskCommand, QueueFilter};
use leptos::ev::{KeyboardEvent, keydown};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::team_state::{Team, post};
use crate::browser;
use crate::i18n::t;
use crate::navigation::{Navigation, navigation};
use crate::route::Route;

/// Where it is remembered that they are off.
const KEY: &str = "kuvert-desk-keys";
/// Keys, and what each does.
const KEYS: [(&str, &str); 9] = [
    ("/", "desk-key-search"),
    ("1 – 5", "desk-key-filter"),
    ("j", "desk-key-next"),
    ("k", "desk-key-previous"),
    ("c", "desk-key-claim"),
    ("r", "desk-key-reply"),
    ("n", "desk-key-note"),
    ("e", "desk-key-done"),
    ("?", "desk-key-help"),
];
/// Where a letter is one of a text, or chooses something.
const TYPED_IN: &str = "input, textarea, select, [contenteditable]";

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Search,
    Filter(QueueFilter),
    Next,
    Previous,
    Claim,
    Reply,
    Note,
    Done,
    Help,
}

fn wish_of(key: &str) -> Option<Wish> {
    Some(match key {
        "/" => Wish::Search,
        "1" => Wish::Filter(QueueFilter::New),
        "2" => Wish::Filter(QueueFilter::Mine),
        "3" => Wish::Filter(QueueFilter::All),
        "4" => Wish::Filter(QueueFilter::Waiting),
        "5" => Wish::Filter(QueueFilter::Done),
        "j" => Wish::Next,
        "k" => Wish::Previous,
        "c" => Wish::Claim,
        "r" => Wish::Reply,
        "n" => Wish::Note,
        "e" => Wish::Done,
        "?" => Wish::Help,
        _ => return None,
    })
}

fn are_on() -> bool {
    browser::stored(KEY).is_none_or(|value| value != "off")
}

/// Listens, as long as the page is there.
pub(super) fn follow(team: Team) {
    let navigation = navigation();
    let _ = window_event_listener(keydown, move |event| {
        if let Some(wish) = meant(&event)
            && fulfil(team, navigation, wish)
        {
            event.prevent_default();
        }
    });
}

/// What is asked for, if a key was meant for the desk.
fn meant(event: &KeyboardEvent) -> Option<Wish> {
    if event.ctrl_key() || event.alt_key() || event.meta_key() || event.default_prevented() || !are_on() {
        return None;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_typed = target.is_some_and(|target| target.closest(TYPED_IN).ok().flatten().is_some());
    let is_asked = document().query_selector("dialog[open]").ok().flatten().is_some();
    wish_of(&event.key()).filter(|_| !is_typed && !is_asked)
}

fn fulfil(team: Team, navigation: Navigation, wish: Wish) -> bool {
    let shown = navigation.route().with_untracked(Route::conversation);
    let on_case = |wish: fn(ConversationId) -> DeskCommand| {
        shown.map(|conversation| post(&wish(conversation))).is_some()
    };
    match wish {
        Wish::Search => focus("[data-testid=desk-search]"),
        Wish::Filter(filter) => {
            team.choose(filter);
            true
        }
        Wish::Next => step(1),
        Wish::Previous => step(-1),
        Wish::Claim => on_case(|conversation| DeskCommand::Claim { conversation }),
        Wish::Done => {
            on_case(|conversation| DeskCommand::SetStatus { conversation, status: CaseStatus::Done })
        }
        Wish::Reply => focus("#composer"),
        Wish::Note => focus(".case [data-testid=note]"),
        Wish::Help => {
            navigation.go(Route::Settings);
            true
        }
    }
}

fn focus(selector: &str) -> bool {
    let found = document().query_selector(selector).ok().flatten();
    found.and_then(|found| found.dyn_into::<HtmlElement>().ok()).is_some_and(|found| found.focus().is_ok())
}

/// To a conversation before or after the one that is shown.
fn step(by: isize) -> bool {
    let Ok(items) = document().query_selector_all(".team .list-items .item") else { return false };
    let items: Vec<HtmlElement> =
        (0..items.length()).filter_map(|at| items.get(at)?.dyn_into().ok()).collect();
    let shown = items.iter().position(|item| item.get_attribute("aria-current").is_some());
    let Some(next) = place(shown, by, items.len()).and_then(|place| items.get(place)) else { return false };
    next.click();
    next.scroll_into_view_with_bool(false);
    // Who goes through the queue by keys stays in it: the field, which takes the focus with the next frame, would take the keys.
    let row = next.clone();
    request_animation_frame(move || {
        request_animation_frame(move || browser::focus_in_place(&row));
    });
    true
}

/// Where a step leads.
fn place(shown: Option<usize>, by: isize, count: usize) -> Option<usize> {
    let next = match shown {
        Some(shown) => shown.checked_add_signed(by)?,
        None => 0,
    };
    (next < count).then_some(next)
}

/// Which keys there are, and whether they count: for the settings.
pub(super) fn section() -> AnyView {
    let on = RwSignal::new(are_on());
    let turn = move |_| {
        on.update(|on| *on = !*on);
        browser::store(KEY, if on.get_untracked() { "on" } else { "off" });
    };
    let row = |(key, words): (&'static str, &'static str)| {
        view! { <dt><kbd>{key}</kbd></dt><dd>{t(words)}</dd> }
    };
    view! {
        <section class="sheet" aria-labelledby="keys-title">
            <h2 id="keys-title">{t("desk-keys")}</h2>
            <div class="guard-choice">
                <input type="checkbox" id="keys-on" prop:checked=on on:change=turn/>
                <label for="keys-on">{t("desk-keys-on")}</label>
            </div>
            <dl class="keys">{KEYS.map(row)}</dl>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_stays_in_the_list() {
        assert_eq!(place(None, 1, 3), Some(0));
        assert_eq!(place(Some(0), 1, 3), Some(1));
        assert_eq!(place(Some(2), 1, 3), None);
        assert_eq!(place(Some(0), -1, 3), None);
        assert_eq!(place(None, 1, 0), None);
    }

    #[test]
    fn every_key_that_is_told_of_does_something() {
        for (key, _) in KEYS {
            assert!(wish_of(key).is_some() || key == "1 – 5", "{key}");
        }
        assert_eq!(wish_of("5"), Some(Wish::Filter(QueueFilter::Done)));
        assert_eq!(wish_of("x"), None);
    }
}
