//! Notifications and pushes as the browser offers them. What it has not, or refuses, is an `Option`, never a panic.

use js_sys::{Array, ArrayBuffer, Function, Object, Promise, Reflect, Uint8Array};
use kuvert_view::{ConversationId, SubscriptionView};
use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageEvent;

use super::{Notice, Words};
use crate::line;

/// What a notification looks like beside its text.
const ICON: &str = "/icon-192.png";
/// Where the service worker finds the words of the chosen language; `sw.js` reads the same.
const WORDS_CACHE: &str = "kuvert-words";
const WORDS_PATH: &str = "/notices";

/// What the user told the browser about notifications of this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Nothing yet.
    Undecided,
    /// They are welcome.
    Granted,
    /// They are not.
    Denied,
}

/// What the service worker says to its pages.
pub(super) enum Said {
    /// The browser has another subscription than before, or none.
    Subscription,
    /// A notification was pressed.
    Open(ConversationId),
}

fn get(target: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(target, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

fn set(target: &JsValue, name: &str, value: impl Into<JsValue>) {
    let _ = Reflect::set(target, &name.into(), &value.into());
}

/// Calls a method, and waits for what it promises.
async fn call(target: &JsValue, name: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let method: Function = get(target, name)?.dyn_into().ok()?;
    let returned = method.apply(target, &arguments.iter().collect::<Array>()).ok()?;
    JsFuture::from(Promise::resolve(&returned)).await.ok()
}

/// The browser's way to the service worker. It is that of the page for everybody: a line's team has none, and what it were told there
/// would tie the line to the person who sits at the desk.
fn service_worker() -> Option<JsValue> {
    get(&window().navigator(), "serviceWorker").filter(|_| line::hooks().is_none())
}

/// Whether the browser shows notifications of pages that a service worker keeps.
pub(super) fn is_supported() -> bool {
    get(&window(), "Notification").is_some() && service_worker().is_some()
}

/// Whether the browser can be pushed to.
pub(super) fn is_pushable() -> bool {
    get(&window(), "PushManager").is_some()
}

pub(crate) fn permission() -> Permission {
    let said = get(&window(), "Notification").and_then(|notification| get(&notification, "permission"));
    read(said.as_ref())
}

fn read(said: Option<&JsValue>) -> Permission {
    match said.and_then(JsValue::as_string).as_deref() {
        Some("granted") => Permission::Granted,
        Some("denied") => Permission::Denied,
        _ => Permission::Undecided,
    }
}

/// Asks the user. To be called while a press is handled.
pub(crate) async fn ask() -> Permission {
    match get(&window(), "Notification") {
        Some(notification) => {
            call(&notification, "requestPermission", &[]).await;
            permission()
        }
        None => Permission::Undecided,
    }
}

/// The service worker's registration, once it is there.
async fn registration() -> Option<JsValue> {
    let container = service_worker()?;
    let ready: Promise = get(&container, "ready")?.dyn_into().ok()?;
    JsFuture::from(ready).await.ok()
}

async fn manager() -> Option<JsValue> {
    get(&registration().await?, "pushManager")
}

/// The subscription for this relay's key: the one that is there, or a new one.
pub(super) async fn subscription(key: &[u8]) -> Option<SubscriptionView> {
    let manager = manager().await?;
    let known = call(&manager, "getSubscription", &[]).await.filter(JsValue::is_object);
    let subscription = match known {
        Some(known) if bound_to(&known).as_deref() == Some(key) => known,
        known => {
            if let Some(known) = known {
                // Made for another key: the browser would refuse one for this.
                call(&known, "unsubscribe", &[]).await;
            }
            let options = Object::new();
            set(&options, "userVisibleOnly", true);
            set(&options, "applicationServerKey", Uint8Array::from(key));
            call(&manager, "subscribe", &[options.into()]).await?
        }
    };
    let endpoint = get(&subscription, "endpoint")?.as_string()?;
    let (key, auth) = (key_of(&subscription, "p256dh")?, key_of(&subscription, "auth")?);
    Some(SubscriptionView { endpoint, key, auth })
}

fn bytes(buffer: JsValue) -> Option<Vec<u8>> {
    buffer.dyn_into::<ArrayBuffer>().ok().map(|buffer| Uint8Array::new(&buffer).to_vec())
}

/// The relay's key that a subscription was made for.
fn bound_to(subscription: &JsValue) -> Option<Vec<u8>> {
    bytes(get(&get(subscription, "options")?, "applicationServerKey")?)
}

fn key_of(subscription: &JsValue, name: &str) -> Option<Vec<u8>> {
    let method: Function = get(subscription, "getKey")?.dyn_into().ok()?;
    bytes(method.call1(subscription, &name.into()).ok()?)
}

/// Gives the subscription up, if there is one.
pub(super) async fn unsubscribe() {
    if let Some(manager) = manager().await
        && let Some(subscription) = call(&manager, "getSubscription", &[]).await.filter(JsValue::is_object)
    {
        call(&subscription, "unsubscribe", &[]).await;
    }
}

/// Shows a notification.
pub(super) async fn show(notice: Notice, lang: &'static str) {
    let Some(registration) = registration().await else { return };
    let options = Object::new();
    for (name, value) in
        [("body", notice.body.as_str()), ("tag", &notice.tag), ("icon", ICON), ("lang", lang)]
    {
        set(&options, name, value);
    }
    set(&options, "renotify", true);
    if let Some(ConversationId(id)) = notice.conversation {
        set(&options, "data", id.to_string());
    }
    call(&registration, "showNotification", &[notice.title.into(), options.into()]).await;
}

/// Shows a notification that lives no longer than this page, as one without a service worker has to. Pressed, it brings the page back.
pub(crate) fn show_from_page(title: &str, body: &str, lang: &str) {
    let options = Object::new();
    for (name, value) in [("body", body), ("tag", "kuvert-desk"), ("icon", ICON), ("lang", lang)] {
        set(&options, name, value);
    }
    set(&options, "renotify", true);
    let constructor =
        get(&window(), "Notification").and_then(|constructor| constructor.dyn_into::<Function>().ok());
    let Some(constructor) = constructor else { return };
    // Some browsers show only those of service workers.
    let arguments = Array::of2(&title.into(), &options);
    let Ok(shown) = Reflect::construct(&constructor, &arguments) else { return };
    let pressed = Closure::once_into_js(|| {
        let _ = window().focus();
    });
    set(&shown, "onclick", pressed);
}

/// Takes away what is shown: the user is here.
pub(super) async fn clear() {
    let container = service_worker();
    // Without a service worker nothing was shown, and nothing is waited for.
    let Some(container) = container.filter(|container| get(container, "controller").is_some()) else {
        return;
    };
    let Some(ready) = get(&container, "ready").and_then(|ready| ready.dyn_into::<Promise>().ok()) else {
        return;
    };
    let Ok(registration) = JsFuture::from(ready).await else { return };
    let Some(shown) = call(&registration, "getNotifications", &[]).await else { return };
    for notification in Array::from(&shown).iter() {
        if let Some(close) = get(&notification, "close").and_then(|close| close.dyn_into::<Function>().ok()) {
            let _ = close.call0(&notification);
        }
    }
}

/// Marks the installed app's icon with the number of unread messages, where there is such a thing.
pub(super) fn badge(unread: u32) {
    let navigator = JsValue::from(window().navigator());
    let (name, arguments) =
        if unread > 0 { ("setAppBadge", vec![unread.into()]) } else { ("clearAppBadge", Vec::new()) };
    leptos::task::spawn_local(async move {
        call(&navigator, name, &arguments).await;
    });
}

/// Leaves the words of a notification where the service worker finds them: it has no language of its own.
pub(super) async fn keep_words(words: Words) {
    let Some(caches) = get(&window(), "caches") else { return };
    let Some(cache) = call(&caches, "open", &[WORDS_CACHE.into()]).await else { return };
    let text = Object::new();
    set(&text, "title", words.title);
    set(&text, "body", words.body);
    set(&text, "lang", words.lang);
    let Ok(text) = js_sys::JSON::stringify(&text) else { return };
    let constructor = get(&window(), "Response").and_then(|made| made.dyn_into::<Function>().ok());
    let Some(constructor) = constructor else { return };
    if let Ok(response) = Reflect::construct(&constructor, &Array::of1(&text)) {
        call(&cache, "put", &[WORDS_PATH.into(), response]).await;
    }
}

/// Hears what the service worker says, from now on.
pub(super) fn listen(hear: impl Fn(Said) + 'static) {
    let Some(container) = service_worker() else { return };
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let data = event.data();
        if get(&data, "subscription").is_some() {
            hear(Said::Subscription);
        } else if let Some(id) = get(&data, "open").and_then(|id| id.as_string()?.parse().ok()) {
            hear(Said::Open(ConversationId(id)));
        }
    });
    let add = get(&container, "addEventListener").and_then(|add| add.dyn_into::<Function>().ok());
    if let Some(add) = add {
        let _ = add.call2(&container, &"message".into(), on_message.as_ref());
        on_message.forget();
    }
    // What came before this listened is heard now.
    if let Some(start) = get(&container, "startMessages").and_then(|start| start.dyn_into::<Function>().ok())
    {
        let _ = start.call0(&container);
    }
}
