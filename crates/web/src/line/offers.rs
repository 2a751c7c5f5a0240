//! Requests that are offered to the user: above the queue, until somebody takes them.

use std::time::Duration;

use kuvert_view::{DeskCommand, DispatchCommand, OfferView};
use leptos::prelude::*;

use super::team_state::{post, team};
use crate::dates;
use crate::i18n::{language, t, t1};
use crate::navigation::navigation;
use crate::route::Route;

/// From one look at the clock to the next.
const TICK: Duration = Duration::from_secs(1);

/// The cards.
pub(super) fn offers() -> AnyView {
    let team = team();
    let (all, taken_by) = (team.offers, team.taken_by);
    let now = RwSignal::new(dates::now());
    if let Ok(ticking) = set_interval_with_handle(move || now.set(dates::now()), TICK) {
        on_cleanup(move || ticking.clear());
    }
    let too_late = move || {
        taken_by.get().map(|name| {
            let name = Signal::stored(name);
            view! {
                <p class="offer-taken" role="status" data-testid="offer-taken">
                    {t1("desk-offer-taken", "name", move || name.get())}
                    <button type="button" class="button-quiet" on:click=move |_| taken_by.set(None)>{t("desk-offer-seen")}</button>
                </p>
            }
        })
    };
    view! {
        {too_late}
        <ul class="offers" aria-live="polite" aria-label=t("desk-offers")>
            <For
                each=move || all.get()
                key=|offer| (offer.message, offer.is_escalated, offer.is_for_me)
                children=move |offer| card(offer, now)
            />
        </ul>
    }
    .into_any()
}

fn card(offer: OfferView, now: RwSignal<i64>) -> AnyView {
    let (message, conversation, until) = (offer.message, offer.conversation, offer.until);
    let navigation = navigation();
    let lang = language();
    let left = Memo::new(move |_| (until - now.get()).max(0) / 1000);
    let rest = move || format!("{}:{:02}", left.get() / 60, left.get() % 60);
    let waits = if offer.is_escalated {
        let since = move || dates::clock(lang.get(), until);
        view! { <p class="offer-time offer-time-is-over">{t1("desk-offer-escalated", "time", since)}</p> }
            .into_any()
    } else {
        view! { <p class="offer-time" data-testid="offer-time">{t1("desk-offer-time", "time", rest)}</p> }
            .into_any()
    };
    let take = move |_| {
        team().taken_by.set(None);
        post(&DeskCommand::Dispatch(DispatchCommand::Take { message }));
        navigation.go(Route::Conversation(conversation));
    };
    let decline = move |_| post(&DeskCommand::Dispatch(DispatchCommand::Decline { message }));
    view! {
        <li class="offer" class:offer-is-escalated=offer.is_escalated data-testid="offer">
            <p class="offer-name"><bdi>{offer.name.clone()}</bdi></p>
            <p class="offer-words" dir="auto">{offer.text.clone()}</p>
            {waits}
            <div class="offer-acts">
                <button type="button" class="button" data-testid="offer-take" on:click=take>{t("desk-offer-take")}</button>
                {offer.is_for_me.then(|| view! {
                    <button type="button" class="button button-is-second" data-testid="offer-decline" on:click=decline>
                        {t("desk-offer-decline")}
                    </button>
                })}
            </div>
        </li>
    }
    .into_any()
}
