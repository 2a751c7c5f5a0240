//! Who did what when: the log that the team's devices keep, for owners and supervisors.

use kuvert_view::{AuditEntryView, AuditView, RightsWish};
use leptos::prelude::*;

use super::rights::wish;
use super::team_state::team;
use crate::dates;
use crate::i18n::{language, t, t1};

/// The section of the team's page.
#[component]
pub(super) fn Audit() -> impl IntoView {
    let log = team().audit();
    log.set(None);
    view! {
        <section class="sheet">
            <h2>{t("desk-audit")}</h2>
            <p class="hint">{t("desk-audit-hint")}</p>
            <div class="buttons">
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="audit-show"
                    on:click=move |_| wish(RightsWish::ShowAudit { before: None })
                >
                    {t("desk-audit-show")}
                </button>
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="audit-save"
                    on:click=move |_| wish(RightsWish::ExportAudit)
                >
                    {t("desk-audit-save")}
                </button>
            </div>
            {move || log.get().map(shown)}
        </section>
    }
}

fn shown(log: AuditView) -> AnyView {
    let last = log.entries.last().map(|entry| entry.number);
    let verdict = match log.tampered {
        Some(number) => {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let words = t1("desk-audit-tampered", "number", move || number);
            view! { <p class="wrong" role="alert" data-testid="audit-verdict">{words}</p> }.into_any()
        }
        None => {
            view! { <p class="hint" role="status" data-testid="audit-verdict">{t("desk-audit-intact")}</p> }
                .into_any()
        }
    };
    view! {
        {verdict}
        <p class="hint audit-head">{t("desk-audit-head")} " " <code>{log.head}</code></p>
        <ol class="audit" data-testid="audit">{log.entries.into_iter().map(entry).collect::<Vec<_>>()}</ol>
        {log.has_older.then(|| view! {
            <button
                type="button"
                class="button-quiet"
                on:click=move |_| wish(RightsWish::ShowAudit { before: last })
            >
                {t("desk-audit-older")}
            </button>
        })}
    }
    .into_any()
}

fn entry(entry: AuditEntryView) -> AnyView {
    let lang = language();
    let at = entry.at;
    view! {
        <li>
            <time>{move || dates::in_short(lang.get(), at)}</time>
            <span><bdi>{entry.by}</bdi> ": " {t(key(&entry.word))}</span>
            {entry.customer.map(|name| view! { <bdi class="hint">{name}</bdi> })}
        </li>
    }
    .into_any()
}

/// The text for a word of [`kuvert_view::audit_word`].
fn key(word: &str) -> &'static str {
    match word {
        "founded" => "desk-did-founded",
        "joined" => "desk-did-joined",
        "renamed" => "desk-did-renamed",
        "role" => "desk-did-role",
        "dismissed" => "desk-did-dismissed",
        "duty" => "desk-did-duty",
        "settings" => "desk-did-settings",
        "label-defined" => "desk-did-label-defined",
        "canned" => "desk-did-canned",
        "capacity" => "desk-did-capacity",
        "reach" => "desk-did-reach",
        "claimed" => "desk-did-claimed",
        "released" => "desk-did-released",
        "handed-over" => "desk-did-handed-over",
        "taken-over" => "desk-did-taken-over",
        "note" => "desk-did-note",
        "note-changed" => "desk-did-note-changed",
        "note-deleted" => "desk-did-note-deleted",
        "label" => "desk-did-label",
        "status" => "desk-did-status",
        "reminder" => "desk-did-reminder",
        "request" => "desk-did-request",
        "offer" => "desk-did-offer",
        "seats" => "desk-did-seats",
        "score" => "desk-did-score",
        "erased" => "desk-did-erased",
        "record" => "desk-did-record",
        "record-ended" => "desk-did-record-ended",
        "consent" => "desk-did-consent",
        "consent-withdrawn" => "desk-did-consent-withdrawn",
        "erasure-asked" => "desk-did-erasure-asked",
        _ => "desk-did-other",
    }
}
