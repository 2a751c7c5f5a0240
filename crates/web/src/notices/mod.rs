//! Notifications: what the user wants, what the browser allows, and what follows from both.
//!
//! While Kuvert is open in the background this page shows them itself. While it is closed the relay wakes its service worker,
//! where the user turned notifications on and the relay pushes; [`reconcile`] keeps the browser's subscription and what the engine
//! knows of it the same.

mod browser;

use kuvert_view::{ConversationId, ConversationView, PushView, UiCommand};
use leptos::prelude::*;

use crate::i18n::{self, Lang, language};
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::{AppState, Profile};
use crate::{bridge, browser as page};

pub(crate) use browser::{Permission, ask, permission, show_from_page};

/// Where the choices are kept, in this browser.
const WANTED_KEY: &str = "kuvert-notices";
const DETAIL_KEY: &str = "kuvert-notices-detail";

/// What is known of notifications; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Notices {
    supported: bool,
    permission: RwSignal<Permission>,
    wanted: RwSignal<bool>,
    detailed: RwSignal<bool>,
    push: RwSignal<Option<PushView>>,
    /// The subscription that the engine was given last, by its endpoint: it is not given again.
    given: RwSignal<Option<String>>,
    /// The browser or the relay did not do it.
    failed: RwSignal<bool>,
    words: RwSignal<Words>,
}

/// What a notification says that says nothing of the message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Words {
    title: String,
    body: String,
    lang: &'static str,
}

/// How notifications stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// This browser has none.
    Unsupported,
    /// The user, or the browser, forbade them.
    Denied,
    /// Off.
    Off,
    /// The relay does not know of it yet.
    Starting,
    /// On, also while Kuvert is closed.
    On,
    /// On while Kuvert is open: the relay sends no pushes, or this browser takes none.
    WhileOpen,
    /// On while Kuvert is open: the browser's push service, or the relay, did not do its part.
    Failed,
}

/// What a notification shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) title: String,
    pub(crate) body: String,
    /// A later one with the same tag takes its place.
    pub(crate) tag: String,
    /// What to open.
    pub(crate) conversation: Option<ConversationId>,
}

/// How notifications stand, by what is known.
pub(crate) fn standing(
    (supported, pushable): (bool, bool),
    permission: Permission,
    (wanted, failed): (bool, bool),
    push: Option<&PushView>,
) -> Standing {
    match (permission, push) {
        _ if !supported => Standing::Unsupported,
        (Permission::Denied, _) => Standing::Denied,
        (Permission::Undecided, _) => Standing::Off,
        _ if !wanted => Standing::Off,
        _ if !pushable => Standing::WhileOpen,
        (_, Some(push)) if push.known && push.relay_key.is_none() => Standing::WhileOpen,
        _ if failed => Standing::Failed,
        (_, Some(push)) if push.endpoint.is_some() && push.settled => Standing::On,
        _ => Standing::Starting,
    }
}

/// The notification for a change of the list, if it brought something that was not seen.
pub(crate) fn notice(
    before: Option<&ConversationView>,
    after: &ConversationView,
    detailed: bool,
    words: &Words,
) -> Option<Notice> {
    if after.unread <= before.map_or(0, |before| before.unread) || after.blocked {
        return None;
    }
    let Words { title, body, .. } = words.clone();
    if !detailed {
        // All of them are one: how many people wrote is not told either.
        return Some(Notice { title, body, tag: "kuvert".into(), conversation: None });
    }
    let text = after.last.as_ref().map(|last| last.text.clone()).filter(|text| !text.is_empty());
    Some(Notice {
        title: after.title.clone(),
        body: text.unwrap_or(body),
        tag: format!("kuvert-{}", after.id.0),
        conversation: Some(after.id),
    })
}

impl Notices {
    /// As this browser was told before.
    pub(crate) fn new() -> Self {
        Self {
            supported: browser::is_supported(),
            permission: RwSignal::new(browser::permission()),
            wanted: RwSignal::new(page::stored(WANTED_KEY).is_some_and(|value| value == "on")),
            detailed: RwSignal::new(page::stored(DETAIL_KEY).is_some_and(|value| value == "on")),
            push: RwSignal::new(None),
            given: RwSignal::new(None),
            failed: RwSignal::new(false),
            words: RwSignal::new(Words::default()),
        }
    }

    /// Takes what the engine says of pushes.
    pub(crate) fn apply(self, push: PushView) {
        self.push.set(Some(push));
    }

    /// A conversation is about to change in the list: shows a notification if nobody sees it otherwise.
    pub(crate) fn changes(self, list: Option<&[ConversationView]>, after: &ConversationView) {
        let is_on = self.wanted.get_untracked() && self.permission.get_untracked() == Permission::Granted;
        if !is_on || page::is_visible() {
            return;
        }
        let before = list.and_then(|list| list.iter().find(|shown| shown.id == after.id));
        let notice =
            self.words.with_untracked(|words| notice(before, after, self.detailed.get_untracked(), words));
        if let Some(notice) = notice {
            let lang = self.words.with_untracked(|words| words.lang);
            leptos::task::spawn_local(browser::show(notice, lang));
        }
    }

    /// How notifications stand.
    pub(crate) fn standing(self) -> Memo<Standing> {
        let features = (self.supported, browser::is_pushable());
        Memo::new(move |_| {
            let wish = (self.wanted.get(), self.failed.get());
            self.push.with(|push| standing(features, self.permission.get(), wish, push.as_ref()))
        })
    }

    /// Whether they name who wrote, and what.
    pub(crate) fn detailed(self) -> Signal<bool> {
        self.detailed.into()
    }

    /// The user decided whether they name who wrote, and what.
    pub(crate) fn choose_detail(self, detailed: bool) {
        page::store(DETAIL_KEY, if detailed { "on" } else { "off" });
        self.detailed.set(detailed);
    }

    /// The user turns them on: the only moment at which the browser is asked.
    pub(crate) fn turn_on(self) {
        self.failed.set(false);
        self.given.set(None);
        leptos::task::spawn_local(async move {
            let permission = browser::ask().await;
            if permission == Permission::Granted {
                page::store(WANTED_KEY, "on");
                self.wanted.set(true);
            }
            self.permission.set(permission);
        });
    }

    /// The profile is thrown away that they were turned on for: its relay is to wake nobody here any more. Nothing waits for the
    /// browser, which may have no network.
    pub(crate) fn forget(self) {
        self.turn_off();
        leptos::task::spawn_local(browser::unsubscribe());
    }

    /// The user turns them off.
    pub(crate) fn turn_off(self) {
        page::store(WANTED_KEY, "off");
        self.wanted.set(false);
        self.given.set(None);
    }
}

/// Follows language, browser, engine and list.
pub(crate) fn follow(state: AppState) {
    let notices = state.notices();
    let language = language();
    Effect::new(move |_| {
        let lang = language.get();
        let words = words(lang);
        leptos::task::spawn_local(browser::keep_words(words.clone()));
        notices.words.set(words);
    });
    let has_profile = Memo::new(move |_| state.profile().with(|one| matches!(one, Profile::Known(_))));
    let starts = state.shell().starts();
    Effect::new(move |_| {
        starts.track();
        if has_profile.get() {
            bridge::post(&UiCommand::ShowPush);
        }
    });
    Effect::new(move |_| {
        notices.permission.track();
        notices.wanted.track();
        if notices.push.with(Option::is_some) {
            leptos::task::spawn_local(reconcile(notices));
        }
    });
    let _ = window_event_listener_untyped("visibilitychange", move |_| {
        if page::is_visible() {
            // Decided in the browser's own settings, perhaps.
            notices.permission.set(browser::permission());
            leptos::task::spawn_local(browser::clear());
        }
    });
    leptos::task::spawn_local(browser::clear());
    follow_worker(notices);
    let unread = Memo::new(move |_| {
        let sum = |list: &Vec<ConversationView>| list.iter().map(|one| one.unread).sum::<u32>();
        state.conversations().with(|list| list.as_ref().map_or(0, sum))
    });
    Effect::new(move |_| browser::badge(unread.get()));
}

/// What the service worker says: the subscription changed, or a notification was pressed.
fn follow_worker(notices: Notices) {
    let navigation = navigation();
    browser::listen(move |said| match said {
        browser::Said::Subscription => {
            notices.given.set(None);
            leptos::task::spawn_local(reconcile(notices));
        }
        browser::Said::Open(conversation) => navigation.go(Route::Conversation(conversation)),
    });
}

fn words(lang: Lang) -> Words {
    let text = |key| i18n::text(lang, key, &[]);
    Words { title: text("app-name"), body: text("notices-something-new"), lang: lang.tag() }
}

/// Makes the browser's subscription and what the engine knows of it what the user wants.
async fn reconcile(notices: Notices) {
    let Some(view) = notices.push.get_untracked() else { return };
    let is_granted = notices.permission.get_untracked() == Permission::Granted;
    if !(notices.wanted.get_untracked() && is_granted) {
        if view.endpoint.is_some() {
            bridge::post(&UiCommand::SetPush { subscription: None });
            browser::unsubscribe().await;
        }
        return;
    }
    let Some(key) = view.relay_key.filter(|_| browser::is_pushable()) else { return };
    let Some(subscription) = browser::subscription(&key).await else {
        notices.failed.set(true);
        return;
    };
    // While the browser was asked, the engine or the user may have gone on.
    let Some(view) = notices.push.get_untracked().filter(|_| notices.wanted.get_untracked()) else { return };
    let given = notices.given.get_untracked();
    let next = next(&subscription.endpoint, &view, given.as_deref());
    notices.failed.set(next == Next::Refused);
    if next == Next::Give {
        notices.given.set(Some(subscription.endpoint.clone()));
        bridge::post(&UiCommand::SetPush { subscription: Some(subscription) });
    }
}

/// What follows from the subscription that the browser has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The engine has it, or is about it.
    Rest,
    /// The engine is to have it.
    Give,
    /// It was given before and not kept: the relay refused it.
    Refused,
}

fn next(endpoint: &str, push: &PushView, given: Option<&str>) -> Next {
    match given {
        _ if push.endpoint.as_deref() == Some(endpoint) => Next::Rest,
        Some(given) if given != endpoint => Next::Give,
        Some(_) if push.settled => Next::Refused,
        Some(_) => Next::Rest,
        None => Next::Give,
    }
}

#[cfg(test)]
mod tests;
