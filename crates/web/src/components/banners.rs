//! Lines above every screen: the connection, the storage, and alerts.

use kuvert_view::{Connection, Failure, Storage};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::new_version::NewVersion;
use crate::i18n::t;
use crate::state::{Alert, Profile, state};

/// Says when there is no connection, and when nothing is kept.
#[component]
pub(crate) fn Banners() -> impl IntoView {
    let state = state();
    // Without an identity there is nothing to connect for.
    let connection = Memo::new(move |_| {
        let is_known = state.profile().with(|profile| matches!(profile, Profile::Known(_)));
        state.connection().get().filter(|_| is_known)
    });
    let passing = Memo::new(move |_| state.storage().get() == Some(Storage::Passing));
    view! {
        <div class="banners" role="status">
            {move || match connection.get() {
                Some(Connection::Offline) => banner("banner", "connection-offline"),
                Some(Connection::Connecting) => banner("banner banner-is-slow", "connection-connecting"),
                _ => ().into_any(),
            }}
            {move || passing.get().then(|| banner("banner banner-is-warning", "storage-passing"))}
            <NewVersion/>
        </div>
    }
}

fn banner(class: &'static str, key: &'static str) -> AnyView {
    view! { <p class=class>{t(key)}</p> }.into_any()
}

/// Alerts, until they are dismissed.
#[component]
pub(crate) fn Alerts() -> impl IntoView {
    let alerts = state().alerts();
    view! {
        <div class="alerts" role="alert">
            <For each=move || alerts.get() key=|alert| alert_key(*alert) children=one_alert/>
        </div>
    }
}

fn one_alert(alert: Alert) -> AnyView {
    let state = state();
    view! {
        <div class="alert">
            {icon(Icon::Warning)}
            <p>{t(alert_key(alert))}</p>
            <button
                type="button"
                class="button-icon"
                aria-label=t("failure-dismiss")
                on:click=move |_| state.dismiss(alert)
            >
                {icon(Icon::Close)}
            </button>
        </div>
    }
    .into_any()
}

fn alert_key(alert: Alert) -> &'static str {
    match alert {
        Alert::Version => "failure-version",
        Alert::Lost => "alert-lost",
        Alert::Forgotten => "alert-forgotten",
        Alert::Failure(failure) => failure_key(failure),
    }
}

/// The text that says what happened and what to do.
pub(crate) fn failure_key(failure: Failure) -> &'static str {
    match failure {
        Failure::NameInvalid => "failure-name-invalid",
        Failure::TextInvalid => "failure-text-invalid",
        Failure::LinkUnreadable => "failure-link-unreadable",
        Failure::CardGone => "failure-card-gone",
        Failure::CardInvalid => "failure-card-invalid",
        Failure::Unreachable => "failure-unreachable",
        Failure::OtherRelay => "failure-other-relay",
        Failure::NotAccepted => "failure-not-accepted",
        Failure::NotAsked => "failure-not-asked",
        Failure::IdentityExists => "failure-identity-exists",
        Failure::NoIdentity => "failure-no-identity",
        Failure::Unknown => "failure-unknown",
        Failure::Database | Failure::DiskFull => "failure-database",
        Failure::OwnLink => "failure-own-link",
        Failure::ProfileInUse => "failure-profile-in-use",
        Failure::RelayClosed => "failure-relay-closed",
        Failure::InviteNeeded => "failure-invite-needed",
        Failure::InviteInvalid => "failure-invite-invalid",
        Failure::NotYours => "failure-not-yours",
        Failure::Blocked => "failure-blocked",
        Failure::NothingToDecline => "failure-nothing-to-decline",
        Failure::ReactionInvalid => "failure-reaction-invalid",
        Failure::CodeUnreadable => "failure-code-unreadable",
        Failure::CodeOfAnother => "failure-code-of-another",
        Failure::CodeForAnother => "failure-code-for-another",
        Failure::FilesInvalid => "failure-files-invalid",
        Failure::Guarded => "guard-refused-heading",
        Failure::NotOwner => "failure-not-owner",
        Failure::NoLine => "failure-no-line",
        Failure::TooLarge => "failure-too-large",
        Failure::NotAdmin => "failure-not-admin",
        Failure::LastAdmin => "failure-last-admin",
        Failure::NoMember => "failure-no-member",
        Failure::NotReachable => "failure-not-reachable",
        Failure::PictureInvalid => "failure-picture-invalid",
        Failure::TooMuchAtOnce => "failure-too-much",
        Failure::Moving => "failure-moving",
        Failure::FormChanged => "failure-form-changed",
        Failure::ScoreNotAsked => "failure-score-not-asked",
        Failure::TooLate => "failure-too-late",
    }
}
