//! The root of the app: which screen is shown, and what follows from going there.

use std::time::Duration;

use kuvert_view::{Connection, ConversationId, Storage, UiCommand};
use leptos::ev;
use leptos::prelude::*;

use crate::components::announcer::Announcer;
use crate::components::banners::{Alerts, Banners};
use crate::components::guarded::Guarded;
use crate::i18n::{self, Lang, Language, language};
use crate::navigation::{Navigation, navigation};
use crate::route::Route;
use crate::screens::card::CardScreen;
use crate::screens::components::Components;
use crate::screens::desk::Desk;
use crate::screens::door::AtTheDoor;
use crate::screens::elsewhere::{Broken, Elsewhere, Loading};
use crate::screens::gate::AtTheGate;
use crate::screens::moving;
use crate::screens::start::Start;
use crate::state::{AppState, Door, Profile, state};
use crate::theme::Look;
use crate::{bridge, browser, keeping, line, notices, pwa};

/// What fills the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Broken,
    Elsewhere,
    Gate,
    Loading,
    Start,
    Door(Door),
    OpenedLink,
    Components,
    Arrival,
    Desk,
}

/// The app.
#[component]
pub(crate) fn App() -> impl IntoView {
    let state = AppState::new();
    provide_context(state);
    provide_context(Navigation::begin());
    provide_context(Look::stored());
    let stored = browser::stored(LANGUAGE_KEY);
    let wishes = browser::languages();
    let lang = Lang::from_wishes(stored.iter().chain(&wishes).map(String::as_str));
    provide_context(Language(RwSignal::new(lang)));

    bridge::connect(state);
    bridge::post(&UiCommand::Start);
    follow_language();
    follow_route();
    follow_request();
    follow_title();
    stay_for_words();
    match line::hooks() {
        // The service worker keeps the page for everybody, and shows what comes there.
        Some(hooks) => (hooks.follow)(state),
        None => {
            pwa::follow(state);
            notices::follow(state);
        }
    }
    keeping::follow(state);
    moving::follow(state.shell());

    let stage = stage();
    view! {
        <Banners/>
        <Alerts/>
        <Announcer/>
        <Guarded/>
        {move || match stage.get() {
            Stage::Broken => view! { <Broken/> }.into_any(),
            Stage::Elsewhere => view! { <Elsewhere/> }.into_any(),
            Stage::Gate => view! { <AtTheGate/> }.into_any(),
            Stage::Loading => view! { <Loading/> }.into_any(),
            Stage::Start => match line::hooks() {
                Some(hooks) => (hooks.start)(),
                None => view! { <Start/> }.into_any(),
            },
            Stage::Door(door) => view! { <AtTheDoor door=door/> }.into_any(),
            Stage::OpenedLink => view! { <CardScreen/> }.into_any(),
            Stage::Arrival => moving::arrival(),
            Stage::Components => view! { <Components/> }.into_any(),
            Stage::Desk => match line::hooks() {
                Some(hooks) => (hooks.panes)(),
                None => view! { <Desk/> }.into_any(),
            },
        }}
    }
}

/// The browser asks before the page is closed while the engine has not taken what was written, or files are being sealed.
fn stay_for_words() {
    let files = state().files();
    let leaving = window_event_listener(ev::beforeunload, move |event| {
        if bridge::has_words() || files.is_sealing() {
            event.prevent_default();
        }
    });
    on_cleanup(move || leaving.remove());
}

/// Where the chosen language is kept; `boot.js` reads it too.
const LANGUAGE_KEY: &str = "kuvert-language";

/// Chooses and remembers the language.
pub(crate) fn choose_language(language: Language, lang: Lang) {
    browser::store(LANGUAGE_KEY, lang.tag());
    if i18n::is_loaded(lang) {
        language.0.set(lang);
        return;
    }
    leptos::task::spawn_local(async move {
        // Without a network the language stays as it is until the next visit.
        if let Some(texts) = bridge::texts(lang.tag()).await {
            i18n::load(lang, texts);
            language.0.set(lang);
        }
    });
}

/// How long another tab may hold the profile before that is said: a page that is loaded again meets the end of itself.
const PATIENCE: Duration = Duration::from_millis(800);

/// Whether another tab has held the profile for longer than a moment.
fn held_elsewhere() -> RwSignal<bool> {
    let state = state();
    let held = Memo::new(move |_| {
        state.storage().get() == Some(Storage::HeldElsewhere)
            || state.connection().get() == Some(Connection::Elsewhere)
    });
    let said = RwSignal::new(false);
    Effect::new(move |_| {
        if held.get() {
            set_timeout(move || said.set(held.get_untracked()), PATIENCE);
        } else {
            said.set(false);
        }
    });
    said
}

fn stage() -> Memo<Stage> {
    let state = state();
    let route = navigation().route();
    let elsewhere = held_elsewhere();
    Memo::new(move |_| {
        let opened_link = route.with(|route| matches!(route, Route::OpenedLink(_)));
        if route.with(|route| *route == Route::Components) {
            return Stage::Components;
        }
        if state.broken().get() {
            return Stage::Broken;
        }
        if elsewhere.get() {
            return Stage::Elsewhere;
        }
        if state.shell().gate().with(Option::is_some) {
            return Stage::Gate;
        }
        let is_arrival = route.with(|route| matches!(route, Route::Arrival(_)));
        if is_arrival && state.profile().with(|profile| *profile != Profile::Unknown) {
            return Stage::Arrival;
        }
        let door = state.door().get();
        state.profile().with(|profile| match (profile, door) {
            (Profile::Known(_), Some(door)) => Stage::Door(door),
            (profile, _) => stage_inside(profile, opened_link),
        })
    })
}

fn stage_inside(profile: &Profile, opened_link: bool) -> Stage {
    match profile {
        Profile::Unknown => Stage::Loading,
        _ if opened_link => Stage::OpenedLink,
        Profile::Missing => Stage::Start,
        Profile::Known(_) => Stage::Desk,
    }
}

fn follow_language() {
    let language = language();
    Effect::new(move |_| browser::set_root_attribute("lang", language.get().tag()));
}

/// Tells the engine what is shown. A conversation in a tab that is not in view is not being read.
fn follow_route() {
    let state = state();
    let route = navigation().route();
    let visible = RwSignal::new(browser::is_visible());
    let _ = window_event_listener_untyped("visibilitychange", move |_| {
        // What was typed outlasts a page that is closed, and a phone that ends it in the background.
        if !browser::is_visible() {
            state.talk().save();
        }
        visible.set(browser::is_visible());
    });

    let shown = Memo::new(move |_| visible.get().then(|| route.with(Route::conversation)).flatten());
    let starts = state.shell().starts();
    Effect::new(move |before: Option<Option<ConversationId>>| {
        starts.track();
        let shown = shown.get();
        match shown {
            Some(conversation) => state.talk().open(conversation),
            None if before.flatten().is_some() => bridge::post(&UiCommand::CloseConversation),
            None => {}
        }
        shown
    });

    // A card that was being fetched is not, after the engine was started again.
    Effect::new(move |before: Option<u32>| {
        let starts = starts.get();
        if before.is_some_and(|before| before != starts)
            && let Route::OpenedLink(link) = route.get_untracked()
        {
            bridge::post(&UiCommand::OpenLink { link });
        }
        starts
    });

    let place = Memo::new(move |_| route.get());
    Effect::new(move |before: Option<Route>| {
        let place = place.get();
        if let Route::OpenedLink(link) = &place {
            state.open_link(link.clone());
        }
        if before.is_some_and(|before| before != place) {
            focus_screen(&place);
        }
        place
    });
}

/// Moves the focus to the screen that has just been opened, once it is there.
fn focus_screen(place: &Route) {
    let writes = place.conversation().is_some() && browser::has_keyboard();
    let at_home = *place == Route::Home;
    request_animation_frame(move || {
        if at_home {
            browser::focus("list-heading");
            return;
        }
        browser::focus("screen-heading");
        if writes {
            browser::focus("composer");
        }
    });
}

/// Shows the conversation that a request began.
fn follow_request() {
    let requested = state().requested();
    let navigation = navigation();
    Effect::new(move |_| {
        let Some(conversation) = requested.get() else {
            return;
        };
        if navigation.route().with_untracked(|route| matches!(route, Route::OpenedLink(_))) {
            navigation.go(Route::Conversation(conversation));
            if let Some(place) = state().wanted_form().try_update(Option::take).flatten() {
                navigation.go(Route::Form(conversation, place));
            }
        }
    });
}

/// Names the page after its screen and what is unread. Names of people stay out: browsers keep titles on disk.
fn follow_title() {
    let state = state();
    let route = navigation().route();
    let language = language();
    Effect::new(move |_| {
        let lang = language.get();
        let app = i18n::text(lang, "app-name", &[]);
        let screen = route.with(|route| match route {
            Route::Home | Route::OpenedLink(_) | Route::Invitation(_) | Route::Arrival(_) => None,
            Route::Team => Some("desk-team"),
            Route::Seats => Some("desk-seats"),
            Route::Statistics => Some("desk-statistics"),
            Route::Describe => Some("desk-describe"),
            Route::Components => Some("components-heading"),
            Route::Conversation(_) => Some("conversation-messages"),
            Route::MyLink => Some("link-heading"),
            Route::Settings => Some("settings-heading"),
            Route::About(_) => Some("about-title"),
            Route::Verify(_) => Some("verify-heading"),
            Route::SearchIn(_) => Some("search-heading"),
            Route::Form(..) => Some("form-heading"),
            Route::New => Some("new-heading"),
            Route::NewGroup => Some("new-group-heading"),
        });
        let title = screen.map_or(app.clone(), |key| format!("{} · {app}", i18n::text(lang, key, &[])));
        let unread: u32 =
            state.conversations().with(|list| list.iter().flatten().map(|shown| shown.unread).sum());
        let title = match unread {
            0 => title,
            count => i18n::text(lang, "title-unread", &[("count", count.into()), ("title", title.into())]),
        };
        document().set_title(&title);
    });
}
