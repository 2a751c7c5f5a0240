//! The way between page and engine: bytes of `kuvert-view`, posted to the worker that `boot.js` started.
//!
//! `boot.js` keeps what the worker says before this module runs in the worker's property `kuvertWaiting`, and a
//! failure to start in `kuvertFailed`. Beside bytes, the worker says a few things of its own as objects: see `worker.js`.
//!
//! A worker may end at any moment: by a fault, for lack of memory, or because another tab took the profile. Then another one is
//! started here, and given again what was not answered ([`crate::unanswered`]); what is shown stays where it is.

use std::cell::RefCell;
use std::time::Duration;

use js_sys::{Array, Date, Function, Promise, Reflect, Uint8Array};
use kuvert_view::{Posted, Storage, UiCommand, ViewUpdate, decode_update, encode_posted};
use leptos::prelude::{GetUntracked, set_timeout};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Event, MessageEvent, Worker};
use zeroize::Zeroizing;

use crate::batch;
use crate::files::browser::url_of;
use crate::state::AppState;
use crate::unanswered::{Crashes, Unanswered};

/// How a worker comes by the profile; `worker.js` reads it.
#[derive(Clone, Copy)]
enum Start {
    /// If nobody holds it, or else in its turn.
    InTurn,
    /// At once, whoever holds it.
    TakeOver,
}

struct Bridge {
    state: AppState,
    worker: Worker,
    /// Tells this worker from those before it: what they still say is not heard.
    generation: u32,
    unanswered: Unanswered,
    crashes: Crashes,
}

thread_local! {
    static BRIDGE: RefCell<Option<Bridge>> = const { RefCell::new(None) };
}

/// What `boot.js` offers under this name.
pub(crate) fn offered(name: &str) -> Option<JsValue> {
    let kuvert = Reflect::get(&js_sys::global(), &JsValue::from_str("kuvert")).ok()?;
    Reflect::get(&kuvert, &JsValue::from_str(name))
        .ok()
        .filter(|value| !value.is_undefined() && !value.is_null())
}

/// The texts of a language, which `boot.js` fetches.
pub(crate) async fn texts(tag: &str) -> Option<String> {
    let fetch: Function = offered("texts")?.dyn_into().ok()?;
    let promise = fetch.call1(&JsValue::NULL, &JsValue::from_str(tag)).ok()?;
    JsFuture::from(Promise::resolve(&promise)).await.ok()?.as_string()
}

/// What `boot.js` offered was used up.
pub(crate) fn withdraw(name: &str) {
    if let Ok(kuvert) = Reflect::get(&js_sys::global(), &JsValue::from_str("kuvert")) {
        let _ = Reflect::set(&kuvert, &JsValue::from_str(name), &JsValue::NULL);
    }
}

/// Posts a command to the engine. It is given again if the engine ends before it answers.
pub(crate) fn post(command: &UiCommand) {
    let _ = post_numbered(command);
}

/// The same, and says under which number it may come back as refused.
pub(crate) fn post_numbered(command: &UiCommand) -> u64 {
    BRIDGE.with_borrow_mut(|slot| {
        let Some(bridge) = slot else { return 0 };
        let posted = bridge.unanswered.post(command.clone());
        send(&bridge.worker, &posted);
        posted.number
    })
}

fn send(worker: &Worker, posted: &Posted) {
    let bytes = Uint8Array::from(Zeroizing::new(encode_posted(posted)).as_slice());
    // Handed over rather than copied: a passphrase does not stay behind.
    let _ = worker.post_message_with_transfer(&bytes, &Array::of1(&bytes.buffer()));
}

/// Whether words of the user are on their way to the engine, which would be lost with the page.
pub(crate) fn has_words() -> bool {
    BRIDGE.with_borrow(|slot| slot.as_ref().is_some_and(|bridge| bridge.unanswered.has_words()))
}

/// Posts a command with files beside it, which are not copied.
pub(crate) fn post_with(command: UiCommand, beside: &[JsValue]) {
    BRIDGE.with_borrow_mut(|slot| {
        if let Some(bridge) = slot {
            let posted = bridge.unanswered.post(command);
            let parts = Array::of1(&Uint8Array::from(encode_posted(&posted).as_slice()));
            beside.iter().for_each(|file| {
                parts.push(file);
            });
            let _ = bridge.worker.post_message(&parts);
        }
    });
}

/// Applies everything the engine says, from the first word on.
pub(crate) fn connect(state: AppState) {
    let worker = offered("worker").and_then(|worker| worker.dyn_into::<Worker>().ok());
    let mut page = [0; 16];
    let (Some(worker), Ok(())) = (worker, getrandom::fill(&mut page)) else {
        state.engine_stopped();
        return;
    };
    listen(&worker, 0);
    let (unanswered, crashes) = (Unanswered::new(page), Crashes::default());
    let bridge = Bridge { state, worker: worker.clone(), generation: 0, unanswered, crashes };
    BRIDGE.with_borrow_mut(|slot| *slot = Some(bridge));

    let property = |name: &str| Reflect::get(&worker, &JsValue::from_str(name)).unwrap_or_default();
    if let Ok(waiting) = property("kuvertWaiting").dyn_into::<Array>() {
        waiting.iter().for_each(|data| receive(state, data));
    }
    if property("kuvertFailed").is_truthy() {
        crashed(state);
    }
}

/// The state, if what was heard is still of interest.
fn hearing(generation: u32) -> Option<AppState> {
    BRIDGE.with_borrow(|slot| {
        slot.as_ref().filter(|bridge| bridge.generation == generation).map(|bridge| bridge.state)
    })
}

fn listen(worker: &Worker, generation: u32) {
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(state) = hearing(generation) {
            receive(state, event.data());
        }
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let on_error = Closure::<dyn Fn(Event)>::new(move |_| {
        if let Some(state) = hearing(generation) {
            crashed(state);
        }
    });
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    worker.set_onmessageerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
}

fn receive(state: AppState, data: JsValue) {
    match data.dyn_into::<Uint8Array>() {
        Ok(bytes) => match decode_update(&bytes.to_vec()) {
            Ok(ViewUpdate::Done { number }) => BRIDGE.with_borrow_mut(|slot| {
                if let Some(bridge) = slot
                    && bridge.unanswered.done(number)
                {
                    bridge.crashes.worked();
                }
            }),
            Ok(update) => batch::receive(state, update),
            Err(_) => state.version_differs(),
        },
        Err(parts) if parts.is_instance_of::<Array>() => receive_with(state, &parts.unchecked_into()),
        Err(word) => {
            let says =
                |name: &str| Reflect::get(&word, &JsValue::from_str(name)).is_ok_and(|v| v.is_truthy());
            if says("elsewhere") {
                batch::receive(state, ViewUpdate::Storage(Storage::HeldElsewhere));
            }
            if says("stolen") {
                batch::receive(state, ViewUpdate::Storage(Storage::HeldElsewhere));
                // The next one waits in line, for when the other tab is closed.
                end();
                start(state, Start::InTurn);
            }
        }
    }
}

/// Takes an update with a file beside it.
fn receive_with(state: AppState, parts: &Array) {
    let update = parts.get(0).dyn_into::<Uint8Array>().ok().map(|bytes| decode_update(&bytes.to_vec()));
    let beside = parts.get(1).dyn_into::<Blob>().ok();
    let beside = beside.and_then(|file| Some((url_of(&file)?, file.size() as u64)));
    match update {
        Some(Ok(update)) => state.apply_with(update, beside),
        _ => state.version_differs(),
    }
}

/// Takes the profile from the tab that holds it.
pub(crate) fn take_over(state: AppState) {
    end();
    start(state, Start::TakeOver);
}

/// The engine ended, and nobody wanted that.
fn crashed(state: AppState) {
    end();
    let storage = state.storage().get_untracked();
    let pause =
        BRIDGE.with_borrow_mut(|slot| slot.as_mut().and_then(|bridge| bridge.crashes.pause(Date::now())));
    let Some(pause) = pause.filter(|_| storage != Some(Storage::Passing)) else {
        // What lived in memory is gone with it.
        state.engine_stopped();
        return;
    };
    // Its lock may still be held by what is left of it, and others may wait for that lock.
    let way = if storage == Some(Storage::Lasting) { Start::TakeOver } else { Start::InTurn };
    let generation = BRIDGE.with_borrow(|slot| slot.as_ref().map(|bridge| bridge.generation));
    let again = move || {
        // Unless another one was started meanwhile, as by a take-over.
        if generation.and_then(hearing).is_some() {
            start(state, way);
        }
    };
    set_timeout(again, Duration::from_millis(pause.into()));
}

/// Ends the worker, and hears no more of it.
fn end() {
    BRIDGE.with_borrow_mut(|slot| {
        let Some(bridge) = slot else { return };
        bridge.generation += 1;
        match Reflect::get(&bridge.worker, &JsValue::from_str("kuvertEnd")).map(JsCast::dyn_into::<Function>)
        {
            Ok(Ok(end)) => drop(end.call0(&JsValue::NULL)),
            _ => bridge.worker.terminate(),
        }
    });
}

/// Starts another worker, and brings it to where the last one was.
fn start(state: AppState, way: Start) {
    let name = match way {
        Start::InTurn => "engine",
        Start::TakeOver => "take-over",
    };
    let started = offered("start")
        .and_then(|start| start.dyn_into::<Function>().ok())
        .and_then(|start| start.call1(&JsValue::NULL, &JsValue::from_str(name)).ok())
        .and_then(|worker| worker.dyn_into::<Worker>().ok());
    let Some(worker) = started else {
        state.engine_stopped();
        return;
    };
    BRIDGE.with_borrow_mut(|slot| {
        let Some(bridge) = slot else { return };
        listen(&worker, bridge.generation);
        bridge.worker = worker;
        let page = bridge.unanswered.post(UiCommand::Start);
        send(&bridge.worker, &page);
        for posted in bridge.unanswered.again() {
            send(&bridge.worker, posted);
        }
    });
    // What is shown is asked for behind what was given again, so that the answer has all of it.
    state.engine_started_again();
}
