//! The service worker (`sw.js`): registered once the app runs, and asked for new builds.
//!
//! A new build is fetched in the background and waits. The page that is open goes on with its own build until the user
//! says otherwise; then the new service worker takes over, and the page is loaded again.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use js_sys::{Function, Promise, Reflect};
use kuvert_view::Storage;
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

use crate::bridge;
use crate::browser;
use crate::shell::Shell;
use crate::state::{AppState, Profile};

/// From the first screen until the service worker fetches what the page has fetched just now: the first visit has better
/// things to do.
const AFTER_START: Duration = Duration::from_secs(2);
/// How often a page that stays open asks for a new build.
const EVERY: Duration = Duration::from_secs(60 * 60);

thread_local! {
    static REGISTRATION: RefCell<Option<ServiceWorkerRegistration>> = const { RefCell::new(None) };
    /// The user wants the new build.
    static MOVING: Cell<bool> = const { Cell::new(false) };
}

/// Registers the service worker once the first screen is there.
pub(crate) fn follow(state: AppState) {
    let Some(container) = container() else { return };
    let shell = state.shell();
    let is_known = Memo::new(move |_| {
        state.profile().with(|profile| *profile != Profile::Unknown)
            || state.storage().get() == Some(Storage::HeldElsewhere)
            || state.shell().gate().with(Option::is_some)
    });
    Effect::new(move |before: Option<bool>| {
        let now = is_known.get();
        if now && before != Some(true) {
            set_timeout(move || register(shell), AFTER_START);
        }
        now || before == Some(true)
    });
    // The first service worker ever takes the page it came with. Any other one means that a tab has moved to a new build:
    // this one or another, and then this one can go on, and should follow.
    let had_one = Cell::new(container.controller().is_some());
    let moved = Closure::<dyn Fn(Event)>::new(move |_| {
        if MOVING.get() {
            browser::reload();
        } else if had_one.replace(true) {
            shell.new_version_came();
        }
    });
    let _ = container.add_event_listener_with_callback("controllerchange", moved.as_ref().unchecked_ref());
    moved.forget();
    // Who comes back to a page that was open for days.
    let _ = window_event_listener_untyped("visibilitychange", move |_| {
        if browser::is_visible() {
            look_for_new();
        }
    });
    let _ = set_interval_with_handle(look_for_new, EVERY);
}

/// The service worker of this page's origin, where the browser has such a thing.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    let container = Reflect::get(&navigator, &JsValue::from_str("serviceWorker")).ok()?;
    container.is_object().then(|| container.unchecked_into())
}

fn register(shell: Shell) {
    let Some(register) = bridge::offered("register").and_then(|offered| offered.dyn_into::<Function>().ok())
    else {
        return;
    };
    leptos::task::spawn_local(async move {
        // A browser that refuses, as in a private window, shows the app all the same; it does not open offline then.
        let Ok(promise) = register.call0(&JsValue::NULL) else { return };
        let Ok(registration) = JsFuture::from(Promise::resolve(&promise)).await else { return };
        let registration: ServiceWorkerRegistration = registration.unchecked_into();
        watch(&registration, shell);
        REGISTRATION.with_borrow_mut(|slot| *slot = Some(registration));
    });
}

fn watch(registration: &ServiceWorkerRegistration, shell: Shell) {
    if registration.waiting().is_some() {
        shell.new_version_came();
    }
    let watched = registration.clone();
    let found = Closure::<dyn Fn(Event)>::new(move |_| {
        let Some(installing) = watched.installing() else { return };
        let worker = installing.clone();
        let changed = Closure::<dyn Fn(Event)>::new(move |_| {
            // The first one ever has nobody to take over from.
            let is_update = container().is_some_and(|container| container.controller().is_some());
            if worker.state() == ServiceWorkerState::Installed && is_update {
                shell.new_version_came();
            }
        });
        installing.set_onstatechange(Some(changed.as_ref().unchecked_ref()));
        changed.forget();
    });
    registration.set_onupdatefound(Some(found.as_ref().unchecked_ref()));
    found.forget();
}

fn look_for_new() {
    REGISTRATION.with_borrow(|registration| {
        if let Some(promise) = registration.as_ref().and_then(|registration| registration.update().ok()) {
            // Without a network there is nothing new.
            leptos::task::spawn_local(async move {
                let _ = JsFuture::from(promise).await;
            });
        }
    });
}

/// Moves to the build that waits: its service worker takes over, and then the page is loaded again.
pub(crate) fn use_new_version() {
    let waiting = REGISTRATION.with_borrow(|registration| registration.as_ref().and_then(|r| r.waiting()));
    match waiting {
        Some(waiting) => {
            MOVING.set(true);
            let _ = waiting.post_message(&JsValue::from_str("go"));
        }
        // Another tab has moved already.
        None => browser::reload(),
    }
}

/// Whether the browser offers to install the app, as a signal that follows it.
pub(crate) fn can_install() -> RwSignal<bool> {
    let can = || bridge::offered("install").is_some();
    let offered = RwSignal::new(can());
    let heard = window_event_listener_untyped("kuvert-install", move |_| offered.set(can()));
    on_cleanup(move || heard.remove());
    offered
}

/// Has the browser ask whether the app is to be installed. It offers that once.
pub(crate) fn install(offered: RwSignal<bool>) {
    let Some(event) = bridge::offered("install") else { return };
    let prompt =
        Reflect::get(&event, &JsValue::from_str("prompt")).ok().and_then(|f| f.dyn_into::<Function>().ok());
    if let Some(prompt) = prompt {
        let _ = prompt.call0(&event);
    }
    bridge::withdraw("install");
    offered.set(false);
}
