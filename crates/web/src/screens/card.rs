//! Somebody's link was opened: who that is, and the first message to them, with one button.

use kuvert_desk::form::Form as LineForm;
use kuvert_view::{CardView, ConversationId, UiCommand};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::components::field::{NameField, wrong_line};
use crate::components::icon::{Icon, envelope, icon};
use crate::components::line_card::{form_buttons, line_card};
use crate::components::stamp::stamp;
use crate::components::switches::LanguageSwitch;
use crate::i18n::{t, t1};
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::{Profile, state};
use crate::text::{is_complete_link, is_too_long, relay_elsewhere, relay_name, valid_name, valid_text};
use crate::{bridge, browser};

/// The page of an opened link.
#[component]
pub(crate) fn CardScreen() -> impl IntoView {
    let state = state();
    let card = Memo::new(move |_| state.card().get());
    let before = state.failures().get_untracked();
    // What fails later leaves the form, and what was typed into it, as it is.
    let has_failed = Memo::new(move |_| card.with(Option::is_none) && state.failures().get() > before);
    view! {
        <main class="letter">
            <div class="sheet">
                <p class="brand">{envelope()} {t("app-name")}</p>
                {move || match (card.get(), has_failed.get()) {
                    (Some(card), _) => opened(card),
                    (None, true) => view! { <Unopened/> }.into_any(),
                    (None, false) => opening(),
                }}
            </div>
            <footer class="quiet-switches"><LanguageSwitch/></footer>
        </main>
    }
}

fn opening() -> AnyView {
    view! {
        <h1 id="screen-heading" tabindex="-1">{t("card-loading")}</h1>
        <p class="lead" role="status">{t("card-loading-hint")}</p>
    }
    .into_any()
}

/// The link could not be opened; the alert above says why. One of another relay can be opened there.
#[component]
fn Unopened() -> impl IntoView {
    let route = navigation().route().get_untracked();
    match &route {
        Route::OpenedLink(link) => match relay_elsewhere(link, &browser::origin()) {
            Some(relay) => elsewhere(link.trim().to_owned(), relay_name(relay).to_owned()),
            None => view! { <Again/> }.into_any(),
        },
        _ => view! { <Again/> }.into_any(),
    }
}

fn elsewhere(link: String, relay: String) -> AnyView {
    let relay = Signal::stored(relay);
    let button = t1("card-elsewhere-button", "relay", move || relay.get());
    view! {
        <h1 id="screen-heading" tabindex="-1">{t("card-elsewhere-heading")}</h1>
        <p class="lead">{t("card-elsewhere-text")}</p>
        <a class="button" href=link rel="noreferrer" data-testid="open-elsewhere">{button}</a>
    }
    .into_any()
}

#[component]
fn Again() -> impl IntoView {
    let navigation = navigation();
    let state = state();
    let again = move |_| {
        if let Route::OpenedLink(link) = navigation.route().get_untracked() {
            state.open_link(link);
        }
    };
    let route = navigation.route().get_untracked();
    let helps = matches!(&route, Route::OpenedLink(link) if is_complete_link(link));
    view! {
        <h1 id="screen-heading" tabindex="-1">{t("card-failed-heading")}</h1>
        <div class="buttons">
            {helps.then(|| view! {
                <button type="button" class="button" on:click=again>{t("card-retry")}</button>
            })}
            <button
                type="button"
                class="button"
                class:button-is-second=helps
                on:click=move |_| navigation.go(Route::Home)
            >
                {t("card-home")}
            </button>
        </div>
    }
}

fn opened(card: CardView) -> AnyView {
    let name: Signal<String> = Signal::stored(card.name.clone());
    let invitation = t1("card-heading", "name", move || name.get());
    let is_stranger = !card.own && card.conversation.is_none();
    let heading = move || if is_stranger { invitation() } else { name.get() };
    let rest = match (card.own, card.conversation) {
        (true, _) => own_link(),
        (false, Some(conversation)) => known(conversation),
        (false, None) => view! {
            <p class="lead">{t("card-intro")}</p>
            <FirstMessage
                link=card.link.clone()
                name=name
                is_line=card.line.is_some()
                forms=card.line.as_ref().map(|line| line.forms.clone()).unwrap_or_default()
            />
        }
        .into_any(),
    };
    view! {
        <div class="card-head">
            {stamp(&card.name, &card.kuvert_id)}
            <h1 id="screen-heading" tabindex="-1">{heading}</h1>
        </div>
        {card.line.map(|line| line_card(*line, name))}
        <dl class="facts">
            <dt>{t("card-id")}</dt>
            <dd class="kuvert-id">{card.kuvert_id}</dd>
            <dt>{t("card-relay")}</dt>
            <dd>{relay_name(&card.relay).to_owned()}</dd>
        </dl>
        {rest}
    }
    .into_any()
}

fn own_link() -> AnyView {
    let navigation = navigation();
    view! {
        <p class="lead">{t("card-own")}</p>
        <button type="button" class="button" on:click=move |_| navigation.go(Route::MyLink)>
            {t("card-own-button")}
        </button>
    }
    .into_any()
}

fn known(conversation: ConversationId) -> AnyView {
    let navigation = navigation();
    view! {
        <p class="lead">{t("card-known")}</p>
        <button
            type="button"
            class="button"
            on:click=move |_| navigation.go(Route::Conversation(conversation))
        >
            {t("card-open")}
        </button>
    }
    .into_any()
}

/// What the form holds; cheap to copy.
#[derive(Clone, Copy)]
struct Form {
    name: RwSignal<String>,
    name_wrong: RwSignal<Option<&'static str>>,
    text: RwSignal<String>,
    text_wrong: RwSignal<Option<&'static str>>,
    /// How many failures there were when it was sent; more of them end the waiting.
    sent_at: RwSignal<Option<u32>>,
}

impl Form {
    fn new() -> Self {
        Self {
            name: RwSignal::new(String::new()),
            name_wrong: RwSignal::new(None),
            text: RwSignal::new(String::new()),
            text_wrong: RwSignal::new(None),
            sent_at: RwSignal::new(None),
        }
    }

    /// Begins the conversation with a line without a word: a form follows.
    fn begin(self, link: &str, has_identity: bool, failures: u32) {
        let name = self.name.with_untracked(|name| valid_name(name));
        if name.is_none() && !has_identity {
            self.name_wrong.set(Some("name-invalid"));
            return;
        }
        self.send(link, name.filter(|_| !has_identity), String::new(), failures);
    }

    fn send(self, link: &str, name: Option<String>, text: String, failures: u32) {
        if let Some(name) = name {
            bridge::post(&UiCommand::CreateIdentity { name, invite: None });
        }
        bridge::post(&UiCommand::SendRequest { link: link.to_owned(), text });
        self.sent_at.set(Some(failures));
    }

    /// Sends what was typed, or says what is wrong with it. The text stays until the request is written down.
    fn submit(self, link: &str, has_identity: bool, failures: u32) {
        let name = self.name.with_untracked(|name| valid_name(name));
        let text = self.text.with_untracked(|text| valid_text(text));
        if name.is_none() && !has_identity {
            self.name_wrong.set(Some("name-invalid"));
        }
        if text.is_none() {
            let too_long = self.text.with_untracked(|text| is_too_long(text));
            self.text_wrong.set(Some(if too_long { "text-too-long" } else { "text-missing" }));
        }
        let Some(text) = text.filter(|_| name.is_some() || has_identity) else {
            return;
        };
        self.send(link, name.filter(|_| !has_identity), text, failures);
    }
}

/// Own name, if there is no identity yet; the message; one button.
#[component]
fn FirstMessage(
    /// The link that was opened.
    link: String,
    /// Whose it is.
    name: Signal<String>,
    /// Whether it is a business line's, which nobody has to ask.
    is_line: bool,
    /// What it asks of customers.
    forms: Vec<LineForm>,
) -> impl IntoView {
    let state = state();
    let form = Form::new();
    let profile = state.profile();
    let has_identity = Memo::new(move |_| profile.with(|profile| matches!(profile, Profile::Known(_))));
    // The name field stays where it is while the identity is being made.
    let asks_name = !has_identity.get_untracked();
    let is_busy = Memo::new(move |_| form.sent_at.get().is_some_and(|sent| state.failures().get() == sent));
    let link = StoredValue::new(link);
    let open = Callback::new(move |at| {
        if !is_busy.get_untracked() {
            state.wanted_form().set(Some(at));
            let failures = state.failures().get_untracked();
            link.with_value(|link| form.begin(link, has_identity.get_untracked(), failures));
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        state.wanted_form().set(None);
        if !is_busy.get_untracked() {
            let failures = state.failures().get_untracked();
            link.with_value(|link| form.submit(link, has_identity.get_untracked(), failures));
        }
    };
    let (send, sending) = (t("card-send"), t("card-sending"));
    view! {
        <form class="stack" novalidate on:submit=submit>
            {asks_name.then(|| view! {
                <NameField
                    id="own-name"
                    label="card-own-name"
                    hint=Signal::derive(t1("card-own-name-hint", "name", move || name.get()))
                    value=form.name
                    wrong=form.name_wrong
                />
            })}
            {(!forms.is_empty()).then(|| view! {
                <div class="field">
                    <p class="field-label">{t("form-or")}</p>
                    {form_buttons(&forms, open)}
                </div>
            })}
            {message_field(form, name, if is_line { "line-message-hint" } else { "card-message-hint" })}
            <button
                type="submit"
                class="button button-is-wide"
                data-testid="send"
                aria-disabled=move || is_busy.get().to_string()
            >
                {icon(Icon::Send)}
                {move || if is_busy.get() { sending() } else { send() }}
            </button>
        </form>
    }
}

fn message_field(form: Form, name: Signal<String>, hint: &'static str) -> AnyView {
    view! {
        <div class="field">
            <label for="first-message">{t("card-message")}</label>
            <div class="grows" data-text=move || form.text.get()>
                <textarea
                    id="first-message"
                    data-testid="composer"
                    rows="3"
                    autocomplete="off"
                    dir="auto"
                    aria-describedby="first-message-hint first-message-wrong"
                    aria-invalid=move || form.text_wrong.get().is_some().to_string()
                    prop:value=form.text
                    on:input=move |event| {
                        form.text.set(event_target_value(&event));
                        form.text_wrong.set(None);
                    }
                ></textarea>
            </div>
            <p class="hint" id="first-message-hint">{t1(hint, "name", move || name.get())}</p>
            {wrong_line("first-message", form.text_wrong)}
        </div>
    }
    .into_any()
}
