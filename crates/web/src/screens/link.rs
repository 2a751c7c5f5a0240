//! The own link: to copy, to share, to print, to scan, and to take back.

use std::time::Duration;

use kuvert_view::{Connection, UiCommand};
use leptos::prelude::*;

use super::desk::PaneHead;
use crate::components::dialog::Confirm;
use crate::components::icon::{Icon, icon};
use crate::components::qr_code::qr_code;
use crate::i18n::{language, t, text};
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::state;
use crate::{bridge, browser};

/// How often the link is asked for, as long as there is none.
const ASK_AGAIN: Duration = Duration::from_secs(4);

/// The page with the own link.
#[component]
pub(crate) fn MyLink() -> impl IntoView {
    let state = state();
    let link = state.link();
    let connection = Memo::new(move |_| state.connection().get());
    let ask = move || {
        if link.with_untracked(Option::is_none) {
            bridge::post(&UiCommand::ShowLink);
        }
    };
    Effect::new(move |_| {
        // Asked again whenever a connection comes back, for as long as there is no link.
        connection.track();
        ask();
    });
    // And now and then: a relay that was busy says nothing when it is not any more.
    if let Ok(again) = set_interval_with_handle(ask, ASK_AGAIN) {
        on_cleanup(move || again.clear());
    }
    let (loading, waiting) = (t("link-loading"), t("link-waiting"));
    let words = move || if connection.get() == Some(Connection::Offline) { waiting() } else { loading() };
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead>
                <h1 id="screen-heading" tabindex="-1">{t("link-heading")}</h1>
            </PaneHead>
            <div class="page-body">
                <p class="lead">{t("link-text")}</p>
                {move || match link.get() {
                    Some(link) => view! { <LinkSheet link=link/> }.into_any(),
                    None => view! { <p class="sheet sheet-is-waiting" role="status">{words}</p> }.into_any(),
                }}
                {received()}
            </div>
        </article>
    }
}

/// The link as a code and as a text, with what one can do with it.
#[component]
fn LinkSheet(
    /// The link.
    link: String,
) -> impl IntoView {
    let (to_copy, to_share) = (link.clone(), link.clone());
    let copied = RwSignal::new(None::<bool>);
    let lang = language();
    let copy = move |_| {
        let link = to_copy.clone();
        leptos::task::spawn_local(async move { copied.set(Some(browser::copy(&link).await)) });
    };
    let share = move |_| browser::share(&text(lang.get_untracked(), "link-share-text", &[]), &to_share);
    let (worked, failed) = (t("link-copied"), t("link-copy-failed"));
    view! {
        <div class="sheet link-sheet">
            {qr_code(&link, "link-qr", "link-qr-hint")}
            <div class="link-side">
                <label for="link-text">{t("link-label")}</label>
                <textarea
                    id="link-text"
                    class="link-text"
                    data-testid="link-text"
                    rows="4"
                    readonly
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=link
                ></textarea>
                <div class="buttons">
                    <button type="button" class="button" on:click=copy>{icon(Icon::Copy)} {t("link-copy")}</button>
                    <button type="button" class="button button-is-second no-print" on:click=move |_| browser::print()>
                        {icon(Icon::Print)}
                        {t("link-print")}
                    </button>
                    {browser::can_share().then(|| view! {
                        <button type="button" class="button button-is-second" on:click=share>
                            {icon(Icon::Share)}
                            {t("link-share")}
                        </button>
                    })}
                </div>
                <p class="hint" role="status">
                    {move || copied.get().map(|done| if done { worked() } else { failed() })}
                </p>
            </div>
        </div>
        <p class="note">{icon(Icon::Lock)} {t("link-secret")}</p>
        <RenewLink/>
    }
}

/// Takes the link back for another one, after a second look.
#[component]
fn RenewLink() -> impl IntoView {
    let state = state();
    let asked = RwSignal::new(false);
    let renew = Callback::new(move |()| state.renew_link());
    view! {
        <section class="paste no-print" aria-labelledby="renew-heading">
            <h2 id="renew-heading">{t("link-renew-heading")}</h2>
            <p>{t("link-renew-text")}</p>
            <div class="buttons">
                <button type="button" class="button button-is-second" on:click=move |_| asked.set(true)>
                    {t("link-renew-button")}
                </button>
            </div>
        </section>
        <Confirm
            open=asked
            heading=Signal::derive(t("link-renew-heading"))
            text=Signal::derive(t("link-renew-text"))
            yes="link-renew-sure"
            no="link-renew-keep"
            danger=true
            on_yes=renew
        />
    }
}

/// The way for who was given a link.
fn received() -> AnyView {
    let navigation = navigation();
    view! {
        <section class="paste no-print" aria-labelledby="paste-heading">
            <h2 id="paste-heading">{t("link-paste-heading")}</h2>
            <div class="buttons">
                <button type="button" class="button button-is-second" on:click=move |_| navigation.go(Route::New)>
                    {icon(Icon::Scan)}
                    {t("new-heading")}
                </button>
            </div>
        </section>
    }
    .into_any()
}
