//! The rights of customers, beside their conversation: what they consented to, a copy of what there is, erasure, business records.

use kuvert_view::{
    CaseView, ConsentView, ConversationId, DeskCommand, MessageId, MessageView, PaperView, RightsUpdate,
    RightsWish, TeamRole,
};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::entries::{Choice, Entry};
use super::team_state::{Team, post, team};
use crate::components::dialog::{Confirm, Dialog};
use crate::components::icon::{Icon, icon};
use crate::dates;
use crate::files::browser::save_text;
use crate::harmless::clean;
use crate::i18n::{language, t, t1, text};
use crate::talk::Talk;

/// How long a business record is kept, by words.
const YEARS: [(&str, &str); 3] = [("6", "desk-keep-6"), ("8", "desk-keep-8"), ("10", "desk-keep-10")];

/// Takes an update about rights: files are saved, the next part is asked for.
pub(super) fn apply(team: Team, update: RightsUpdate) {
    match update {
        RightsUpdate::Paper(paper) => {
            save(&paper);
            if let (Some(conversation), Some(after)) = (paper.conversation, paper.next) {
                let language = language_now();
                let after = Some(after);
                let part = paper.part + 1;
                wish(RightsWish::Export { conversation, language, after, part });
            }
        }
        RightsUpdate::Audit(mut log) => {
            for entry in &mut log.entries {
                clean(&mut entry.by);
                entry.customer.iter_mut().for_each(clean);
            }
            team.audit().set(Some(log));
        }
    }
}

/// Hands files to the browser.
fn save(paper: &PaperView) {
    for file in &paper.files {
        save_text(&file.text, &file.media_type, &file.name);
    }
}

fn language_now() -> String {
    document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_default()
}

pub(super) fn wish(wish: RightsWish) {
    post(&DeskCommand::Rights(wish));
}

/// The part of the panel beside a conversation.
pub(super) fn rights_part(id: ConversationId, case: &CaseView, role: Option<TeamRole>) -> AnyView {
    let can_act = role.is_some_and(|role| role >= TeamRole::Agent);
    let can_erase = role.is_some_and(|role| role >= TeamRole::Supervisor);
    let (records, asked) = (case.records, case.asked_erasure);
    let lang = language();
    let export = move |_| {
        let language = lang.get_untracked().tag().to_owned();
        wish(RightsWish::Export { conversation: id, language, after: None, part: 1 });
    };
    let asked = asked.map(|at| {
        let words = t1("desk-asks-erasure-since", "when", move || dates::in_short(lang.get(), at));
        view! { <p class="note rights-asked" data-testid="asks-erasure">{icon(Icon::Warning)} <span>{words}</span></p> }
    });
    let consents: Vec<_> = case.consents.iter().cloned().map(consent_item).collect();
    view! {
        {asked}
        <details class="more rights" data-testid="rights">
            <summary>{t("desk-rights")}</summary>
            <h3>{t("desk-consents")}</h3>
            {consents.is_empty().then(|| view! { <p class="hint">{t("desk-consents-none")}</p> })}
            <ul class="rights-consents">{consents}</ul>
            {(records > 0).then(|| view! { <p class="hint">{t1("desk-records", "count", move || records)}</p> })}
            {can_act.then(|| view! {
                <button type="button" class="button button-is-second" data-testid="desk-export" on:click=export>
                    {t("desk-export")}
                </button>
                <p class="hint">{t("desk-export-hint")}</p>
            })}
            {can_erase.then(|| view! {
                <button
                    type="button"
                    class="button button-is-danger"
                    data-testid="desk-erase"
                    on:click=move |_| team().erasing().set(Some(id))
                >
                    {t("desk-erase")}
                </button>
            })}
        </details>
    }
    .into_any()
}

fn consent_item(consent: ConsentView) -> AnyView {
    let lang = language();
    let (given, ended, version) = (consent.given_at, consent.withdrawn_at, consent.version);
    let when = move || {
        let lang = lang.get();
        let given = dates::in_short(lang, given);
        let args = [("when", given.into()), ("version", version.into())];
        let mut words = text(lang, "desk-consent-given", &args);
        if let Some(at) = ended {
            words.push(' ');
            words.push_str(&text(lang, "desk-consent-ended", &[("when", dates::in_short(lang, at).into())]));
        }
        words
    };
    view! {
        <li class="case-note" data-testid="consent">
            <p class="case-note-text"><bdi>{consent.purpose}</bdi></p>
            {(!consent.text.is_empty()).then(|| view! { <p class="case-note-text" dir="auto">{consent.text.clone()}</p> })}
            <p class="case-note-by">{when}</p>
        </li>
    }
    .into_any()
}

/// Asks before a customer is erased, and for how long a message is kept. Stands beside what changes.
#[component]
pub(super) fn RightsDialogs() -> impl IntoView {
    let erasing = team().erasing();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(erasing.with(Option::is_some)));
    let lang = language();
    let erase = Callback::new(move |()| {
        if let Some(conversation) = erasing.get_untracked() {
            let language = lang.get_untracked();
            let words = text(language, "desk-erased-words", &[]);
            wish(RightsWish::Erase { conversation, language: language.tag().to_owned(), words });
        }
    });
    // Asked again later, it is a question again.
    Effect::new(move |before: Option<bool>| {
        let is_open = open.get();
        if before == Some(true) && !is_open {
            erasing.set(None);
        }
        is_open
    });
    let keeping = team().keeping();
    let keeps = RwSignal::new(false);
    Effect::new(move |_| keeps.set(keeping.with(Option::is_some)));
    Effect::new(move |before: Option<bool>| {
        let is_open = keeps.get();
        if before == Some(true) && !is_open {
            keeping.set(None);
        }
        is_open
    });
    view! {
        <Confirm
            open=open
            heading=Signal::derive(t("desk-erase-heading"))
            text=Signal::derive(t("desk-erase-text"))
            yes="desk-erase-sure"
            danger=true
            on_yes=erase
        />
        <Dialog open=keeps heading=Signal::derive(t("desk-keep-heading"))>
            {move || keeping.get_untracked().map(|message| view! { <Keep message=message open=keeps/> })}
        </Dialog>
    }
}

/// For how long, and why.
#[component]
fn Keep(
    /// Which message.
    message: MessageId,
    /// Whether it is being asked.
    open: RwSignal<bool>,
) -> impl IntoView {
    let years = RwSignal::new("6".to_owned());
    let (reason, wrong) = (RwSignal::new(String::new()), RwSignal::new(None));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let reason = reason.with_untracked(|reason| reason.trim().to_owned());
        if reason.is_empty() {
            wrong.set(Some("desk-keep-reason-missing"));
            return;
        }
        let years = years.with_untracked(|years| years.parse().unwrap_or(6));
        wish(RightsWish::Keep { message, years, reason });
        open.set(false);
    };
    view! {
        <form class="stack" novalidate on:submit=submit data-testid="keep">
            <p class="hint">{t("desk-keep-hint")}</p>
            <Choice id="keep-years" label="desk-keep-years" options=YEARS.to_vec() value=years/>
            <Entry id="keep-reason" label="desk-keep-reason" hint="desk-keep-reason-hint" value=reason wrong=wrong/>
            <button type="submit" class="button" data-testid="keep-sure">{t("desk-keep-sure")}</button>
        </form>
    }
}

/// What a team can do with a message beside what everybody can.
pub(super) fn menu(talk: Talk, message: &MessageView) -> AnyView {
    let role = team().role().get_untracked();
    let id = message.id;
    let is_record = message.record.is_some();
    let is_allowed =
        role.is_some_and(|role| role >= if is_record { TeamRole::Supervisor } else { TeamRole::Agent });
    let go = move |_| {
        talk.overlay().set(None);
        if is_record {
            wish(RightsWish::Unkeep { message: id });
        } else {
            team().keeping().set(Some(id));
        }
    };
    let item = is_allowed.then(|| {
        view! {
            <button type="button" role="menuitem" tabindex="-1" class="menu-item" data-testid="menu-keep" on:click=go>
                {icon(Icon::Shield)}
                {t(if is_record { "desk-unkeep" } else { "desk-keep" })}
            </button>
        }
    });
    item.into_any()
}

/// Says at a message that it is a business record.
pub(super) fn mark(message: Memo<MessageView>) -> AnyView {
    let record = Memo::new(move |_| message.with(|message| message.record.clone()));
    let lang = language();
    let shown = move || {
        record.get().map(|record| {
            let words = move || {
                let until = dates::in_short(lang.get(), record.until);
                let args = [("until", until.into()), ("reason", record.reason.clone().into())];
                text(lang.get(), "desk-is-record", &args)
            };
            view! { <p class="record" data-testid="record">{icon(Icon::Shield)} <span>{words}</span></p> }
        })
    };
    view! { {shown} }.into_any()
}
