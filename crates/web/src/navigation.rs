//! The way through the screens, with the browser's back button.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::line;
use crate::route::{Route, is_link_path};

/// The fragment of the page with every component.
const COMPONENTS: &str = "#components";
/// The path of links by which a profile moves here.
const ARRIVAL: &str = "/move";

/// Where the user is; [`Navigation::go`] and the browser's history are the only writers.
#[derive(Clone, Copy)]
pub(crate) struct Navigation {
    route: RwSignal<Route>,
    depth: RwSignal<u32>,
}

impl Navigation {
    /// Begins where the address and the history say, and follows the history from then on.
    pub(crate) fn begin() -> Self {
        let (route, depth) = current();
        let navigation = Self { route: RwSignal::new(route), depth: RwSignal::new(depth) };
        let follow = move || {
            let (route, depth) = current();
            navigation.depth.set(depth);
            navigation.route.set(route);
        };
        // Handles of listeners that live as long as the page are dropped without removing them.
        let _ = window_event_listener(ev::popstate, move |_| follow());
        let _ = window_event_listener(ev::hashchange, move |_| follow());
        navigation
    }

    /// The screen that is shown.
    pub(crate) fn route(self) -> Signal<Route> {
        self.route.into()
    }

    /// Goes to a screen. Coming from an opened link, the link leaves the address bar and the history.
    pub(crate) fn go(self, route: Route) {
        let shown = self.route.get_untracked();
        if shown == route {
            return;
        }
        let depth = self.depth.get_untracked();
        if at_link() || matches!(shown, Route::OpenedLink(_) | Route::Invitation(_) | Route::Arrival(_)) {
            write(&route, depth, true);
        } else {
            self.depth.set(depth + 1);
            write(&route, depth + 1, false);
        }
        self.route.set(route);
    }

    /// Goes to a screen in the place of this one: the way back leads past it.
    pub(crate) fn replace(self, route: Route) {
        write(&route, self.depth.get_untracked(), true);
        self.route.set(route);
    }

    /// Goes one step back, at least to the list.
    pub(crate) fn back(self) {
        let history = window().history();
        match history {
            Ok(history) if self.depth.get_untracked() > 0 => {
                let _ = history.back();
            }
            _ => {
                write(&Route::Home, 0, true);
                self.route.set(Route::Home);
            }
        }
    }
}

/// The way through the screens, for everything below the root of the app.
pub(crate) fn navigation() -> Navigation {
    expect_context::<Navigation>()
}

fn at_link() -> bool {
    is_link_path(&window().location().pathname().unwrap_or_default())
}

fn current() -> (Route, u32) {
    let entry = window().history().ok().and_then(|history| history.state().ok()).and_then(|s| s.as_string());
    if at_link() {
        let link = window().location().href().unwrap_or_default();
        return (Route::OpenedLink(link), 0);
    }
    if window().location().hash().is_ok_and(|hash| hash == COMPONENTS) {
        return (Route::Components, 0);
    }
    if window().location().pathname().is_ok_and(|path| path == ARRIVAL) {
        return (Route::Arrival(window().location().href().unwrap_or_default()), 0);
    }
    if line::hooks().is_some() && window().location().hash().is_ok_and(|hash| hash.len() > 1) {
        return (Route::Invitation(window().location().href().unwrap_or_default()), 0);
    }
    entry.map_or((Route::Home, 0), |entry| Route::from_entry(&entry))
}

fn write(route: &Route, depth: u32, in_place: bool) {
    let Ok(history) = window().history() else {
        return;
    };
    let entry = JsValue::from_str(&route.entry(depth));
    let _ = if in_place {
        history.replace_state_with_url(&entry, "", Some(line::home()))
    } else {
        history.push_state_with_url(&entry, "", Some(line::home()))
    };
}
