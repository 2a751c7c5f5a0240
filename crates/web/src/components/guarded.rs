//! Asks about a text that was not sent because of what stands in it, or says why it cannot be sent at all.

use kuvert_view::{GuardKind, GuardedView, UiCommand};
use leptos::prelude::*;

use super::dialog::Dialog;
use crate::files;
use crate::i18n::t;
use crate::state::{AppState, state};

/// The question, whenever there is one.
#[component]
pub(crate) fn Guarded() -> impl IntoView {
    let state = state();
    let guarded = state.guarded();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(guarded.with(Option::is_some)));
    // Closed in any way, the text stays where it is.
    Effect::new(move |before: Option<bool>| {
        let is_open = open.get();
        if before == Some(true) && !is_open {
            guarded.set(None);
        }
        is_open
    });
    let is_refused = move || guarded.with(|guarded| guarded.as_ref().is_some_and(|one| one.is_refused));
    let (refused, asked) = (t("guard-refused-heading"), t("guard-heading"));
    let heading = Signal::derive(move || if is_refused() { refused() } else { asked() });
    view! {
        <Dialog open=open heading=heading>
            {move || guarded.get_untracked().map(|guarded| question(state, open, guarded))}
        </Dialog>
    }
}

fn question(state: AppState, open: RwSignal<bool>, guarded: GuardedView) -> AnyView {
    let is_refused = guarded.is_refused;
    let found = guarded.found.iter().map(|(kind, place)| {
        view! { <li>{t(kind_key(*kind))} ": " <bdi class="guard-place">{place.clone()}</bdi></li> }
    });
    let found: Vec<_> = found.collect();
    let send = move |_| {
        state.guarded().set(None);
        open.set(false);
        match &*guarded.wish {
            UiCommand::SendFiles { conversation, .. } => files::send_anyway(state, *conversation),
            _ => state.talk().send_anyway(guarded.clone()),
        }
    };
    view! {
        <div class="stack" data-testid="guarded">
            <p>{t(if is_refused { "guard-refused-text" } else { "guard-text" })}</p>
            <ul class="guard-found">{found}</ul>
            <div class="dialog-buttons">
                {(!is_refused).then(|| view! {
                    <button type="button" class="button" data-testid="guard-anyway" on:click=send>
                        {t("guard-anyway")}
                    </button>
                })}
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="guard-keep"
                    autofocus
                    on:click=move |_| open.set(false)
                >
                    {t(if is_refused { "guard-understood" } else { "guard-change" })}
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// The text for what was found.
pub(crate) fn kind_key(kind: GuardKind) -> &'static str {
    match kind {
        GuardKind::Iban => "guard-iban",
        GuardKind::PaymentCard => "guard-card",
        GuardKind::HealthInsurance => "guard-insurance",
        GuardKind::TaxId => "guard-tax",
        GuardKind::Prescription => "guard-prescription",
    }
}
