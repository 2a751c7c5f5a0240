//! Verification: two people make sure that nobody stands between them, by code or by words.

use kuvert_view::{ConversationId, Trust, UiCommand, VerificationView};
use leptos::prelude::*;

use super::desk::PaneHead;
use crate::components::dialog::Confirm;
use crate::components::icon::{Icon, icon};
use crate::components::marks::{trust_hint, trust_mark};
use crate::components::qr_code::qr_code;
use crate::components::scanner::Scanner;
use crate::i18n::{t, t1};
use crate::scan::{Scanned, scanned};
use crate::state::state;
use crate::{bridge, browser};

/// The page that verifies a contact.
#[component]
pub(crate) fn Verify(
    /// The conversation with them.
    id: ConversationId,
) -> impl IntoView {
    let state = state();
    state.people().ask_verification(id);
    let conversation = state.conversation(id);
    let shown = state.people().verification(id);
    let name = Signal::derive(move || {
        conversation.with(|shown| shown.as_ref().map(|shown| shown.title.clone()).unwrap_or_default())
    });
    let trust = Memo::new(move |_| conversation.with(|shown| shown.as_ref().map(|shown| shown.trust)));
    let takes_back = RwSignal::new(false);
    let unverify = Callback::new(move |()| bridge::post(&UiCommand::Unverify { conversation: id }));
    Effect::new(move |before: Option<Option<Trust>>| {
        let trust = trust.get();
        if before.flatten().is_some_and(|before| before != Trust::Verified) && trust == Some(Trust::Verified)
        {
            request_animation_frame(|| browser::focus("verify-state"));
        }
        trust
    });
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead deep=true>
                <h1 id="screen-heading" tabindex="-1">{t("verify-heading")}</h1>
            </PaneHead>
            <div class="page-body">
                <p class="lead">{t1("verify-why", "name", move || name.get())}</p>
                {move || trust.get().map(|trust| level(trust, takes_back, name))}
                {move || shown.get().map(|shown| own_code(&shown, name))}
                <OtherCode id=id name=name/>
                {move || shown.get().map(|shown| view! { <Words shown=shown name=name/> })}
            </div>
            <Confirm
                open=takes_back
                heading=Signal::derive(t("verify-undo-heading"))
                text=Signal::derive(t1("verify-undo-text", "name", move || name.get()))
                yes="verify-undo-sure"
                on_yes=unverify
            />
        </article>
    }
}

/// How well the contact is known now.
fn level(trust: Trust, takes_back: RwSignal<bool>, name: Signal<String>) -> AnyView {
    let (is_verified, is_changed) = (trust == Trust::Verified, trust == Trust::Changed);
    view! {
        <section
            class="sheet"
            class:sheet-is-good=is_verified
            class:sheet-is-warning=is_changed
            id="verify-state"
            tabindex="-1"
            role="status"
            data-testid="verify-state"
        >
            <p class="trust-line">{trust_mark(trust)} <span>{t(trust_hint(trust))}</span></p>
            {is_changed.then(|| view! { <p>{t("verify-changed")}</p> })}
            {is_verified.then(|| view! {
                <p>{t1("verify-both", "name", move || name.get())}</p>
                <div class="buttons">
                    <button type="button" class="button-quiet" on:click=move |_| takes_back.set(true)>
                        {t("verify-undo")}
                    </button>
                </div>
            })}
        </section>
    }
    .into_any()
}

/// What the contact scans.
fn own_code(shown: &VerificationView, name: Signal<String>) -> AnyView {
    view! {
        <section class="sheet" aria-labelledby="own-code-heading">
            <h2 id="own-code-heading">{t1("verify-own-heading", "name", move || name.get())}</h2>
            {qr_code(&shown.code, "verify-own-code", "verify-own-hint")}
        </section>
    }
    .into_any()
}

/// Scans what the contact shows.
#[component]
fn OtherCode(
    /// The conversation with them.
    id: ConversationId,
    /// Their name.
    name: Signal<String>,
) -> impl IntoView {
    let wrong = RwSignal::new(None);
    let on_code = Callback::new(move |code: String| match scanned(&code) {
        Scanned::Verification(code) => {
            wrong.set(None);
            bridge::post(&UiCommand::Verify { conversation: id, code });
        }
        Scanned::Link(_) => wrong.set(Some("verify-code-is-link")),
        Scanned::Other => wrong.set(Some("failure-code-unreadable")),
    });
    let lang = crate::i18n::language();
    let words =
        move || wrong.get().map(|key| crate::i18n::text(lang.get(), key, &[("name", name.get().into())]));
    view! {
        <section class="sheet" aria-labelledby="other-code-heading">
            <h2 id="other-code-heading">{t1("verify-scan-heading", "name", move || name.get())}</h2>
            <p>{t1("verify-scan-text", "name", move || name.get())}</p>
            <Scanner on_code=on_code/>
            <p class="wrong" role="alert">{words}</p>
        </section>
    }
}

/// The words, and what follows from them.
#[component]
fn Words(
    /// What is compared.
    shown: VerificationView,
    /// The contact's name.
    name: Signal<String>,
) -> impl IntoView {
    let id = shown.conversation;
    let differ = RwSignal::new(false);
    let same = move |_| {
        differ.set(false);
        bridge::post(&UiCommand::ConfirmWords { conversation: id });
    };
    view! {
        <section class="sheet" aria-labelledby="words-heading">
            <h2 id="words-heading">{t("verify-words-heading")}</h2>
            <p>{t1("verify-words-text", "name", move || name.get())}</p>
            <ol class="safety-words" data-testid="safety-words" lang="zxx">
                {shown.words.into_iter().map(|word| view! { <li>{word}</li> }).collect::<Vec<_>>()}
            </ol>
            <div class="buttons">
                <button type="button" class="button" data-testid="words-same" on:click=same>
                    {icon(Icon::Tick)}
                    {t("verify-words-same")}
                </button>
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="words-differ"
                    on:click=move |_| differ.set(true)
                >
                    {t("verify-words-differ")}
                </button>
            </div>
            <div role="alert">
                {move || differ.get().then(|| view! {
                    <p class="warning-note">
                        {icon(Icon::Warning)}
                        <span>{t1("verify-differ-text", "name", move || name.get())}</span>
                    </p>
                })}
            </div>
        </section>
    }
}
