//! What the team knows of a conversation: who looks after it, where it stands, and notes that the customer does not see.

use kuvert_view::{CaseStatus, CaseView, ConversationId, DeskCommand, MemberId, NoteView, TeamRole};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::canned::CannedChoice;
use super::entries::LongEntry;
use super::labels::CaseLabels;
use super::reminders::Reminders;
use super::rights::rights_part;
use super::team_state::{Team, post, team};
use super::tools::Answering;
use crate::dates;
use crate::i18n::{language, t, t1, text};

/// The panel beside a conversation; on a phone above it, folded.
#[component]
pub(super) fn CasePanel(
    /// Which conversation.
    id: ConversationId,
) -> impl IntoView {
    let team = team();
    let case = team.case(id);
    let can_act = Memo::new(move |_| team.role().get().is_some_and(|role| role >= TeamRole::Agent));
    let unfolded = RwSignal::new(false);
    view! {
        <aside class="case" class:case-is-unfolded=unfolded aria-label=t("desk-case") data-testid="case">
            <div class="case-head">
                {move || case.get().map(|case| claim_line(team, id, &case, can_act.get()))}
                <button
                    type="button"
                    class="button-quiet case-fold"
                    aria-expanded=move || unfolded.get().to_string()
                    on:click=move |_| unfolded.update(|unfolded| *unfolded = !*unfolded)
                >
                    {t("desk-case")}
                </button>
            </div>
            <Answering id=id/>
            <div class="case-body">
                {move || case.get().map(|case| view! {
                    {(!case.handed_over.is_empty()).then(|| view! {
                        <p class="case-handed" dir="auto">{case.handed_over.clone()}</p>
                    })}
                    {status_choice(id, case.status, can_act.get())}
                    {case.erase_at.map(erased)}
                    {rights_part(id, &case, team.role().get())}
                })}
                <CaseLabels id=id can_act=can_act/>
                {move || can_act.get().then(|| view! { <CannedChoice id=id/> <HandOver id=id/> })}
                <Reminders id=id can_act=can_act/>
                <section class="case-notes">
                    <h2>{t("desk-notes")}</h2>
                    <p class="hint">{t("desk-notes-hint")}</p>
                    <ul>
                        <For
                            each=move || case.get().map(|case| case.notes).unwrap_or_default()
                            key=|note| note.id
                            children=move |note| note_item(id, note)
                        />
                    </ul>
                    {move || can_act.get().then(|| view! { <NewNote id=id/> })}
                </section>
            </div>
        </aside>
    }
}

/// Who looks after it, and what the user can do about that.
fn claim_line(team: Team, id: ConversationId, case: &CaseView, can_act: bool) -> AnyView {
    let me = team.me();
    let button = |key: &'static str, wish: DeskCommand| {
        can_act.then(|| {
            view! { <button type="button" class="button" data-testid=key on:click=move |_| post(&wish)>{t(key)}</button> }
        })
    };
    match case.claimed_by {
        None => view! {
            <p class="case-claim">{t("desk-unclaimed")}</p>
            {button("desk-claim", DeskCommand::Claim { conversation: id })}
        }
        .into_any(),
        claimed if claimed == me => view! {
            <p class="case-claim case-claim-is-mine">{t("desk-mine")}</p>
            {button("desk-release", DeskCommand::Release { conversation: id })}
        }
        .into_any(),
        Some(member) => {
            let name = Memo::new(move |_| name_of(team, member));
            view! {
                <p class="case-claim">{t1("desk-claimed-by", "name", move || name.get())}</p>
                {button("desk-take-over", DeskCommand::TakeOver { conversation: id })}
            }
            .into_any()
        }
    }
}

fn name_of(team: Team, member: MemberId) -> String {
    let found =
        team.members().with(|all| all.iter().find(|one| one.id == member).map(|one| one.name.clone()));
    found.unwrap_or_default()
}

/// Where it stands.
fn status_choice(id: ConversationId, status: CaseStatus, can_act: bool) -> AnyView {
    let choices = [
        ("desk-status-open", CaseStatus::Open),
        ("desk-status-waiting", CaseStatus::Waiting { until: None }),
        ("desk-status-done", CaseStatus::Done),
    ];
    let is_at = |key: &str| match status {
        CaseStatus::New => false,
        CaseStatus::Open => key == "desk-status-open",
        CaseStatus::Waiting { .. } => key == "desk-status-waiting",
        CaseStatus::Done => key == "desk-status-done",
    };
    let buttons = choices.map(|(key, status)| {
        view! {
            <button
                type="button"
                class="queue-filter"
                data-testid=key
                disabled=!can_act
                aria-pressed=is_at(key).to_string()
                on:click=move |_| post(&DeskCommand::SetStatus { conversation: id, status })
            >
                {t(key)}
            </button>
        }
    });
    view! { <div class="queue-filters case-status" role="group" aria-label=t("desk-status")>{buttons}</div> }
        .into_any()
}

/// When what was said goes.
fn erased(at: i64) -> AnyView {
    let lang = language();
    let day = move || dates::in_short(lang.get(), at);
    view! { <p class="hint" data-testid="erased">{t1("desk-erased-at", "day", day)}</p> }.into_any()
}

/// To a colleague, with a word.
#[component]
fn HandOver(
    /// Which conversation.
    id: ConversationId,
) -> impl IntoView {
    let team = team();
    let members = team.members();
    let (open, note) = (RwSignal::new(false), RwSignal::new(String::new()));
    let others = Memo::new(move |_| {
        let me = team.me();
        let can = |role: TeamRole| role >= TeamRole::Agent;
        members
            .get()
            .into_iter()
            .filter(|member| Some(member.id) != me && can(member.role))
            .collect::<Vec<_>>()
    });
    let give = move |to: MemberId| {
        let note = note.try_update(std::mem::take).unwrap_or_default();
        post(&DeskCommand::HandOver { conversation: id, to, note: note.trim().to_owned() });
        open.set(false);
    };
    let lang = language();
    view! {
        <section class="case-part">
            <button
                type="button"
                class="button button-is-second"
                data-testid="desk-hand-over"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {t("desk-hand-over")}
            </button>
            {move || open.get().then(|| view! {
                <LongEntry id="hand-over-note" label="desk-hand-over-note" value=note wrong=RwSignal::new(None)/>
                {others.with(Vec::is_empty).then(|| view! { <p class="hint">{t("desk-alone")}</p> })}
                <ul class="case-members">
                    {others.get().into_iter().map(|member| {
                        let words = match (member.on_duty, member.is_here) {
                            (true, true) => "desk-hand-over-to-here",
                            (true, false) => "desk-hand-over-to",
                            (false, _) => "desk-hand-over-to-away",
                        };
                        let name = member.name.clone();
                        view! {
                            <li>
                                <button type="button" class="button-quiet" on:click=move |_| give(member.id)>
                                    {move || text(lang.get(), words, &[("name", name.clone().into())])}
                                </button>
                            </li>
                        }
                    }).collect_view()}
                </ul>
            })}
        </section>
    }
}

fn note_item(id: ConversationId, note: NoteView) -> AnyView {
    let lang = language();
    let (at, note_id) = (note.at, note.id);
    view! {
        <li class="case-note" class:case-note-mentions-me=note.mentions_me data-testid="note">
            <p class="case-note-by"><bdi>{note.author}</bdi> " " <time>{move || dates::in_list(lang.get(), at)}</time></p>
            <p class="case-note-text" dir="auto">{note.text}</p>
            {note.is_own.then(|| view! {
                <button
                    type="button"
                    class="button-quiet"
                    on:click=move |_| post(&DeskCommand::DeleteNote { conversation: id, note: note_id })
                >
                    {t("desk-note-delete")}
                </button>
            })}
        </li>
    }
    .into_any()
}

#[component]
fn NewNote(
    /// Which conversation.
    id: ConversationId,
) -> impl IntoView {
    let team = team();
    let (note, wrong) = (RwSignal::new(String::new()), RwSignal::new(None));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let written = note.with_untracked(|note| note.trim().to_owned());
        if written.is_empty() {
            wrong.set(Some("desk-note-missing"));
            return;
        }
        note.set(String::new());
        let mentions = team.members().with_untracked(|all| {
            all.iter().filter(|member| mentions(&written, &member.name)).map(|member| member.id).collect()
        });
        post(&DeskCommand::AddNote { conversation: id, text: written, mentions });
    };
    view! {
        <form class="stack" novalidate on:submit=submit>
            <LongEntry id="note" label="desk-note" hint="desk-note-hint" value=note wrong=wrong/>
            <button type="submit" class="button button-is-second" data-testid="desk-note-add">{t("desk-note-add")}</button>
        </form>
    }
}

/// Whether a note says `@Name`, and not the beginning of a longer name.
fn mentions(note: &str, name: &str) -> bool {
    let (note, name) = (note.to_lowercase(), format!("@{}", name.to_lowercase()));
    note.match_indices(&name)
        .any(|(at, _)| !note[at + name.len()..].chars().next().is_some_and(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_mentions_whom_it_names_and_nobody_whose_name_only_begins_so() {
        assert!(mentions("Bitte @Anne fragen", "Anne"));
        assert!(mentions("@anne: ?", "Anne"));
        assert!(mentions("an @Dr. Ott", "Dr. Ott"));
        assert!(!mentions("@Annette weiß es", "Anne"));
        assert!(!mentions("Anne", "Anne"));
    }
}
