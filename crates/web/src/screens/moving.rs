//! The profile moves to another device, or comes from one.

use kuvert_view::{MoveFault, MoveView, UiCommand};
use leptos::prelude::*;

use crate::components::icon::{Icon, envelope, icon};
use crate::components::qr_code::qr_code;
use crate::i18n::{t, t1};
use crate::navigation::navigation;
use crate::route::Route;
use crate::shell::Shell;
use crate::state::{Profile, state};
use crate::{bridge, browser, keeping};

/// Whoever goes on at this device begins anew, at the list.
pub(crate) fn follow(shell: Shell) {
    let (moved, navigation) = (shell.moved(), navigation());
    Effect::new(move |_| {
        if moved.get() == Some(MoveView::Here) {
            navigation.replace(Route::Home);
            browser::reload();
        }
    });
}

/// The way to another device, in the settings: by a second press.
pub(crate) fn section() -> AnyView {
    let sure = RwSignal::new(false);
    let moved = state().shell().moved();
    let begin = move |_| bridge::post(&UiCommand::MoveOut);
    view! {
        <section class="sheet stack" aria-labelledby="move-title">
            <h2 id="move-title">{t("move-section")}</h2>
            <p>{t("move-text")}</p>
            {move || if sure.get() {
                view! {
                    <p role="alert">{t("move-sure")}</p>
                    <button type="button" class="button" data-testid="move-begin" on:click=begin>{t("move-begin")}</button>
                }
                .into_any()
            } else {
                view! {
                    <button type="button" class="button button-is-second" data-testid="move" on:click=move |_| sure.set(true)>
                        {t("move-begin")}
                    </button>
                }
                .into_any()
            }}
            {move || fault(moved.get())}
        </section>
    }
    .into_any()
}

/// What is shown in the place of a profile that moves.
pub(super) fn leaving() -> AnyView {
    let moved = state().shell().moved();
    let is_gone = Memo::new(move |_| moved.get() == Some(MoveView::Elsewhere));
    (move || if is_gone.get() { gone() } else { away(moved) }).into_any()
}

/// It is on its way, or may stay.
fn away(moved: Signal<Option<MoveView>>) -> AnyView {
    let link = Memo::new(move |_| match moved.get() {
        Some(MoveView::Link { link }) => Some(link),
        _ => None,
    });
    let is_long_ago = Memo::new(move |_| moved.get() == Some(MoveView::Failed(MoveFault::LongAgo)));
    let stay = move |_| bridge::post(&UiCommand::MoveStay { anyway: is_long_ago.get_untracked() });
    view! {
        <div class="sheet stack" data-testid="moving">
            <p class="brand brand-is-large">{envelope()} {t("app-name")}</p>
            <h1 tabindex="-1" id="screen-heading">{t("moving-heading")}</h1>
            <p class="lead">{t("moving-text")}</p>
            {move || match link.get() {
                Some(link) => shown(link),
                None => view! {
                    <button
                        type="button"
                        class="button button-is-wide"
                        data-testid="move-show"
                        on:click=move |_| bridge::post(&UiCommand::MoveOut)
                    >
                        {t("moving-show")}
                    </button>
                }
                .into_any(),
            }}
            {move || progress(moved.get())}
            {move || fault(moved.get())}
            <button type="button" class="button button-is-wide button-is-second" data-testid="move-stay" on:click=stay>
                {t("moving-stay")}
            </button>
        </div>
    }
    .into_any()
}

fn shown(link: String) -> AnyView {
    let to_copy = link.clone();
    let copy = move |_| {
        let link = to_copy.clone();
        leptos::task::spawn_local(async move {
            browser::copy(&link).await;
        });
    };
    view! {
        {qr_code(&link, "moving-qr", "moving-qr-hint")}
        <textarea
            class="link-text"
            data-testid="move-link"
            rows="4"
            readonly
            autocomplete="off"
            spellcheck="false"
            aria-label=t("link-label")
            prop:value=link
        ></textarea>
        <button type="button" class="button button-is-wide" on:click=copy>{icon(Icon::Copy)} {t("link-copy")}</button>
        <p class="note">{icon(Icon::Lock)} {t("moving-secret")}</p>
    }
    .into_any()
}

/// Another device has it.
fn gone() -> AnyView {
    let notices = state().notices();
    let begin = move |_| {
        keeping::forget();
        notices.forget();
        browser::reload();
    };
    view! {
        <div class="sheet stack" data-testid="moved">
            <p class="brand brand-is-large">{envelope()} {t("app-name")}</p>
            <h1 tabindex="-1" id="screen-heading">{t("moved-heading")}</h1>
            <p class="lead" role="status">{t("moved-text")}</p>
            <button type="button" class="button button-is-wide" data-testid="moved-done" on:click=begin>{t("moved-done")}</button>
        </div>
    }
    .into_any()
}

/// A profile is to come here.
pub(crate) fn arrival() -> AnyView {
    let (state, navigation) = (state(), navigation());
    let moved = state.shell().moved();
    let is_free = Memo::new(move |_| state.profile().with(|profile| matches!(profile, Profile::Missing)));
    let is_coming = Memo::new(move |_| matches!(moved.get(), Some(MoveView::Coming { .. })));
    let take = move |_| {
        if let Route::Arrival(link) = navigation.route().get_untracked() {
            bridge::post(&UiCommand::MoveIn { link });
        }
    };
    view! {
        <main class="letter">
            <div class="sheet stack" data-testid="arrival">
                <p class="brand brand-is-large">{envelope()} {t("app-name")}</p>
                <h1 tabindex="-1" id="screen-heading">{t("arrival-heading")}</h1>
                {move || if is_free.get() {
                    view! {
                        <p class="lead">{t("arrival-text")}</p>
                        <p class="note">{icon(Icon::Warning)} {t("arrival-warning")}</p>
                        <button
                            type="button"
                            class="button button-is-wide"
                            data-testid="arrive"
                            disabled=is_coming
                            on:click=take
                        >
                            {t("arrival-take")}
                        </button>
                    }
                    .into_any()
                } else {
                    view! { <p class="lead">{t("move-fault-in-use")}</p> }.into_any()
                }}
                {move || progress(moved.get())}
                {move || fault(moved.get())}
                <button
                    type="button"
                    class="button button-is-wide button-is-second"
                    on:click=move |_| navigation.replace(Route::Home)
                >
                    {t("arrival-leave")}
                </button>
            </div>
        </main>
    }
    .into_any()
}

fn progress(moved: Option<MoveView>) -> AnyView {
    let (key, done, of) = match moved {
        Some(MoveView::Leaving { done, of }) => ("moving-leaving", done, of),
        Some(MoveView::Coming { done, of }) => ("arrival-coming", done, of),
        _ => return ().into_any(),
    };
    let percent = done.saturating_mul(100).checked_div(of).unwrap_or(100);
    let percent = u32::try_from(percent).unwrap_or(100);
    view! { <p role="status">{t1(key, "percent", move || percent)}</p> }.into_any()
}

fn fault(moved: Option<MoveView>) -> AnyView {
    let key = match moved {
        Some(MoveView::Undecided) => "move-undecided",
        Some(MoveView::Failed(fault)) => fault_key(fault),
        // Before it began, by its link: the other device went on.
        Some(MoveView::Elsewhere) => "move-fault-gone",
        _ => return ().into_any(),
    };
    view! { <p class="wrong" role="alert" data-testid="move-fault">{t(key)}</p> }.into_any()
}

fn fault_key(fault: MoveFault) -> &'static str {
    match fault {
        MoveFault::NoLink => "failure-link-unreadable",
        MoveFault::Gone => "move-fault-gone",
        MoveFault::Forged => "move-fault-forged",
        MoveFault::TooLarge => "move-fault-too-large",
        MoveFault::Refused => "move-fault-refused",
        MoveFault::Locked => "move-fault-locked",
        MoveFault::Passing => "move-fault-passing",
        MoveFault::InUse => "move-fault-in-use",
        MoveFault::Database => "move-fault-database",
        MoveFault::LongAgo => "move-fault-long-ago",
    }
}
