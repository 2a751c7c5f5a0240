//! The page with every component, in the colours and the language of the moment: `/#components`.
//!
//! For who designs or changes a component: each stands here once in each of its states, made by the same functions that
//! the screens use. Nothing on the page does anything, and nothing leads to it from the app.

use kuvert_view::{
    ContactState, ContactView, ConversationId, Delivery, LineView, MessageId, MessageKind, MessageView,
    ReactionView, ReplyView, Sender, Trust,
};
use leptos::prelude::*;

use super::desk::PaneHead;
use super::list::{state_mark, unread_badge};
use crate::components::bubble::person_bubble;
use crate::components::composer::Composer;
use crate::components::dialog::{Confirm, Dialog};
use crate::components::field::NameField;
use crate::components::icon::{Icon, envelope, icon};
use crate::components::line_card::{line_card, line_notes};
use crate::components::marks::{delivery_mark, trust_mark};
use crate::components::stamp::stamp;
use crate::components::switches::{LanguageSwitch, ThemeSwitch};
use crate::i18n::{Lang, language, t, text};

/// The colours of the design system, by the names of their tokens.
const COLOURS: [&str; 14] = [
    "paper",
    "paper-deep",
    "sheet",
    "line",
    "line-strong",
    "ink",
    "ink-soft",
    "blue",
    "link",
    "own",
    "seal",
    "warning",
    "notice-paper",
    "focus",
];

/// People of the examples, whose Kuvert IDs choose the stamps' colours.
const PEOPLE: [(&str, &str); 4] = [("Anna", "A"), ("Ben", "B"), ("Chris", "C"), ("Anna Ben", "D")];

/// The page.
#[component]
pub(crate) fn Components() -> impl IntoView {
    view! {
        <main class="page components">
            <PaneHead>
                <h1 id="screen-heading" tabindex="-1">{t("components-heading")}</h1>
            </PaneHead>
            <div class="page-body">
                <p class="lead">{t("components-text")}</p>
                {colours()}
                {letters()}
                {buttons()}
                {fields()}
                {marks()}
                {talk()}
                {line()}
                {notices()}
                {dialogs()}
            </div>
        </main>
    }
}

/// A section with its heading.
fn section(heading: &'static str, content: AnyView) -> AnyView {
    view! {
        <section class="sheet">
            <h2>{t(heading)}</h2>
            {content}
        </section>
    }
    .into_any()
}

fn colours() -> AnyView {
    let swatch = |name: &'static str| {
        view! {
            <li class="swatch">
                <span class=format!("swatch-colour swatch-is-{name}")></span>
                <code>{name}</code>
            </li>
        }
    };
    section("components-colours", view! { <ul class="swatches">{COLOURS.map(swatch)}</ul> }.into_any())
}

fn letters() -> AnyView {
    let content = view! {
        <p class="brand">{envelope()} {t("app-name")}</p>
        <p class="components-title">{t("start-heading")}</p>
        <p class="lead">{t("start-sentence")}</p>
        <p>{t("list-empty-text")}</p>
        <p class="hint">{t("start-name-hint")}</p>
        <p class="kuvert-id">"ABCD-EFGH-JKMN-PQRS-TV"</p>
        <p class="note">{icon(Icon::Lock)} {t("start-note")}</p>
    };
    section("components-letters", content.into_any())
}

fn buttons() -> AnyView {
    let content = view! {
        <div class="buttons">
            <button type="button" class="button">{t("request-accept")}</button>
            <button type="button" class="button button-is-second">{t("request-decline")}</button>
            <button type="button" class="button" disabled>{t("request-accept")}</button>
            <button type="button" class="button-quiet">{icon(Icon::Link)} {t("nav-link")}</button>
            <button type="button" class="button-icon" aria-label=t("nav-back")>{icon(Icon::Back)}</button>
        </div>
    };
    section("components-buttons", content.into_any())
}

fn fields() -> AnyView {
    let content = view! {
        {name_field("components-name", "start-name", None)}
        {name_field("components-wrong", "settings-name", Some("name-invalid"))}
        <LanguageSwitch/>
        <ThemeSwitch/>
    };
    section("components-fields", content.into_any())
}

fn name_field(id: &'static str, label: &'static str, wrong: Option<&'static str>) -> AnyView {
    let (value, wrong) = (RwSignal::new(String::new()), RwSignal::new(wrong));
    let hint = Signal::derive(t("start-name-hint"));
    view! { <NameField id=id label=label hint=hint value=value wrong=wrong/> }.into_any()
}

fn marks() -> AnyView {
    let trust = [Trust::New, Trust::Introduced, Trust::Verified, Trust::Changed];
    let delivery = [Delivery::Queued, Delivery::Sent, Delivery::Delivered, Delivery::Read, Delivery::Failed];
    let content = view! {
        <p class="components-row">{PEOPLE.map(|(name, id)| stamp(name, id))}</p>
        <p class="components-row">{trust.map(trust_mark)}</p>
        <p class="components-row">{delivery.map(delivery_mark)}</p>
        <p class="components-row">
            {unread_badge(3)} {unread_badge(120)} {state_mark(ContactState::Asking)}
            {state_mark(ContactState::Requested)}
        </p>
    };
    section("components-marks", content.into_any())
}

/// Messages and the composer. Their buttons would need a conversation, so that none of them can be reached.
fn talk() -> AnyView {
    let lang = language();
    let name = Signal::stored("Ben".to_owned());
    let shown = move |message: MessageView| {
        let (first, follows) = (message.clone(), message.id == MessageId(3));
        person_bubble(Memo::new(move |_| message.clone()), &first, follows, name, false)
    };
    let content = view! {
        <div class="rows" inert>
            {move || messages(lang.get()).into_iter().map(shown).collect::<Vec<_>>()}
        </div>
        <div inert>
            <Composer conversation=ConversationId(0) name=name waiting=Signal::stored(false)/>
        </div>
    };
    section("components-talk", content.into_any())
}

/// A message of each look.
fn messages(lang: Lang) -> Vec<MessageView> {
    let said = |id, from, key: &str, delivery| {
        MessageView::text(MessageId(id), from, &text(lang, key, &[]), 0, delivery)
    };
    let received = said(1, Sender::Contact, "start-sentence", Delivery::Received);
    let mut styled = said(2, Sender::Contact, "app-name", Delivery::Received);
    styled.text = format!("**{0}**, *{0}*, `{0}`\n> {0}\n- https://kuvert.example", styled.text);
    styled.mentions_me = true;
    let mut deleted = said(3, Sender::Contact, "app-name", Delivery::Received);
    deleted.kind = MessageKind::Deleted;
    let mut answer = said(4, Sender::Own, "start-note", Delivery::Read);
    answer.reply = Some(ReplyView {
        message: Some(received.id),
        from: Sender::Contact,
        author: "Ben".into(),
        text: received.text.clone(),
        kind: MessageKind::Text,
    });
    answer.reactions = vec![
        ReactionView { text: "👍".into(), count: 2, own: true },
        ReactionView { text: "🎉".into(), count: 1, own: false },
    ];
    (answer.edited_at, answer.expires_at) = (Some(0), Some(0));
    let failed = said(5, Sender::Own, "start-heading", Delivery::Failed);
    vec![received, styled, deleted, answer, failed]
}

/// What a line shows of itself, and what is said while nobody is there.
fn line() -> AnyView {
    let line = LineView {
        kind: "cinema".into(),
        imprint: vec!["Anna Ben".into(), "anna@kuvert.example".into()],
        privacy: Vec::new(),
        greeting: vec![("de".into(), "Guten Tag!".into()), ("en".into(), "Hello!".into())],
        away: Vec::new(),
        open: Some((false, None)),
        retention: 30,
        is_read_by_all: true,
        forms: Vec::new(),
        seats: Vec::new(),
    };
    let contact = ContactView {
        conversation: ConversationId(0),
        groups: Vec::new(),
        line: Some(Box::new(line.clone())),
        erase_at: Some(0),
        asks_score: true,
    };
    let content = view! {
        {line_card(line, Signal::stored("Anna".to_owned()))}
        <div class="line-notes">{line_notes(contact)}</div>
    };
    section("components-line", content.into_any())
}

fn notices() -> AnyView {
    let content = view! {
        <p class="banner">{t("connection-offline")}</p>
        <p class="banner banner-is-warning">{t("storage-passing")}</p>
        <div class="alert">
            {icon(Icon::Warning)}
            <p>{t("failure-unreachable")}</p>
            <button type="button" class="button-icon" aria-label=t("failure-dismiss")>{icon(Icon::Close)}</button>
        </div>
        <p class="wrong">{t("text-too-long")}</p>
    };
    section("components-notices", content.into_any())
}

fn dialogs() -> AnyView {
    let (asks, shows) = (RwSignal::new(false), RwSignal::new(false));
    let content = view! {
        <div class="buttons">
            <button type="button" class="button button-is-second" on:click=move |_| asks.set(true)>
                {t("request-decline")}
            </button>
            <button type="button" class="button button-is-second" on:click=move |_| shows.set(true)>
                {t("nav-settings")}
            </button>
        </div>
        <Confirm
            open=asks
            heading=Signal::derive(t("request-decline"))
            text=Signal::derive(t("link-renew-text"))
            yes="request-decline-sure"
            danger=true
            on_yes=Callback::new(|()| {})
        />
        <Dialog open=shows heading=Signal::derive(t("nav-settings"))>
            <LanguageSwitch/>
        </Dialog>
    };
    section("components-dialogs", content.into_any())
}
