//! The own link: to copy, to share, to scan; and a field for a link that one was given.

use kuvert_view::{Connection, UiCommand};
use leptos::prelude::*;

use super::desk::PaneHead;
use crate::components::icon::{Icon, icon};
use crate::i18n::{language, t, text};
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::state;
use crate::{bridge, browser, qr};

/// The page with the own link.
#[component]
pub(crate) fn MyLink() -> impl IntoView {
    let state = state();
    let link = state.link();
    let connection = Memo::new(move |_| state.connection().get());
    Effect::new(move |_| {
        // Asked again whenever a connection comes back, for as long as there is no link.
        connection.track();
        if link.with_untracked(Option::is_none) {
            bridge::post(&UiCommand::ShowLink);
        }
    });
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
                <PasteLink/>
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
            {qr_code(&link)}
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
    view! {
        <section class="paste" aria-labelledby="renew-heading">
            <h2 id="renew-heading">{t("link-renew-heading")}</h2>
            <p>{t("link-renew-text")}</p>
            {move || if asked.get() {
                view! {
                    <div class="buttons" role="group" aria-labelledby="renew-heading">
                        <button type="button" class="button" on:click=move |_| state.renew_link()>
                            {t("link-renew-sure")}
                        </button>
                        <button type="button" class="button button-is-second" on:click=move |_| asked.set(false)>
                            {t("link-renew-keep")}
                        </button>
                    </div>
                }.into_any()
            } else {
                view! {
                    <button type="button" class="button button-is-second" on:click=move |_| asked.set(true)>
                        {t("link-renew-button")}
                    </button>
                }.into_any()
            }}
        </section>
    }
}

/// Dark on light in both themes, as cameras expect it.
fn qr_code(link: &str) -> AnyView {
    let Some(picture) = qr::picture(link) else {
        return ().into_any();
    };
    view! {
        <figure class="qr">
            <svg
                role="img"
                data-testid="qr"
                aria-label=t("link-qr")
                viewBox=format!("0 0 {0} {0}", picture.side)
                shape-rendering="crispEdges"
            >
                <rect class="qr-light" width="100%" height="100%"></rect>
                <path class="qr-dark" d=picture.path></path>
            </svg>
            <figcaption class="hint">{t("link-qr-hint")}</figcaption>
        </figure>
    }
    .into_any()
}

/// A field for a link that one was given in another way than by opening it.
#[component]
fn PasteLink() -> impl IntoView {
    let navigation = navigation();
    let typed = RwSignal::new(String::new());
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let link = typed.with_untracked(|typed| typed.trim().to_owned());
        if !link.is_empty() {
            navigation.go(Route::OpenedLink(link));
        }
    };
    view! {
        <section class="paste" aria-labelledby="paste-heading">
            <h2 id="paste-heading">{t("link-paste-heading")}</h2>
            <form class="paste-row" on:submit=open>
                <div class="field">
                    <label for="paste-link">{t("link-paste-label")}</label>
                    <input
                        id="paste-link"
                        type="url"
                        autocomplete="off"
                        spellcheck="false"
                        prop:value=typed
                        on:input=move |event| typed.set(event_target_value(&event))
                    />
                </div>
                <button type="submit" class="button button-is-second">{t("link-paste-button")}</button>
            </form>
        </section>
    }
}
