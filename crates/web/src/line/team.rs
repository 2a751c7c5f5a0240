//! The team: who is in it, who is on duty, and the way in and out.

use kuvert_view::{DeskCommand, TeamMemberView, TeamRole};
use leptos::prelude::*;

use super::audit::Audit;
use super::canned::CannedAnswers;
use super::entries::Choice;
use super::labels::Labels;
use super::link_sheet::link_sheet;
use super::team_state::{post, team};
use super::tools::supervises;
use crate::components::dialog::Confirm;
use crate::i18n::{t, t1};
use crate::screens::desk::PaneHead;

/// Roles, by words.
const ROLES: [(TeamRole, &str, &str); 4] = [
    (TeamRole::Agent, "agent", "desk-role-agent"),
    (TeamRole::Supervisor, "supervisor", "desk-role-supervisor"),
    (TeamRole::ReadOnly, "read-only", "desk-role-read-only"),
    (TeamRole::Owner, "owner", "desk-role-owner"),
];

fn role_key(role: TeamRole) -> &'static str {
    ROLES.into_iter().find(|(one, ..)| *one == role).map_or("desk-role-agent", |(_, _, key)| key)
}

/// The page.
#[component]
pub(super) fn TeamPage() -> impl IntoView {
    let team = team();
    let members = team.members();
    let desk = team.desk();
    let is_owner = Memo::new(move |_| team.role().get() == Some(TeamRole::Owner));
    let sees_log = Memo::new(move |_| team.role().get() >= Some(TeamRole::Supervisor));
    let supervises = supervises();
    let staffing = Memo::new(move |_| desk.with(|desk| desk.as_ref().map_or(0, |desk| desk.staffing)));
    let count = move || u32::try_from(staffing.get()).unwrap_or(u32::MAX);
    let (leaving, asks) = (RwSignal::new(None::<TeamMemberView>), RwSignal::new(false));
    let name = Signal::derive(move || leaving.get().map(|member| member.name).unwrap_or_default());
    let dismiss = Callback::new(move |()| {
        if let Some(member) = leaving.get_untracked() {
            post(&DeskCommand::Dismiss { member: member.id });
        }
    });
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead>
                <h1 id="screen-heading" tabindex="-1">{t("desk-team")}</h1>
            </PaneHead>
            <div class="page-body">
                <section class="sheet">
                    <ul class="team-members" data-testid="members">
                        {move || {
                            let item = |member| member_item(member, is_owner, leaving, asks);
                            members.get().into_iter().map(item).collect_view()
                        }}
                    </ul>
                    {move || (staffing.get() > 0).then(|| view! {
                        <p class="hint" role="status" data-testid="staffing">{t1("desk-staffing", "count", count)}</p>
                    })}
                </section>
                {move || is_owner.get().then(|| view! { <Invite/> })}
                {move || supervises.get().then(|| view! { <Labels/> <CannedAnswers/> })}
                {move || sees_log.get().then(|| view! { <Audit/> })}
            </div>
            <Confirm
                open=asks
                heading=Signal::derive(t1("desk-dismiss-heading", "name", move || name.get()))
                text=Signal::derive(t("desk-dismiss-text"))
                yes="desk-dismiss-sure"
                on_yes=dismiss
            />
        </article>
    }
}

fn member_item(
    member: TeamMemberView,
    is_owner: Memo<bool>,
    leaving: RwSignal<Option<TeamMemberView>>,
    asks: RwSignal<bool>,
) -> AnyView {
    let is_me = team().me() == Some(member.id);
    let duty = if member.on_duty { "desk-on-duty" } else { "desk-off-duty" };
    let (one, name, role) = (member.clone(), member.name.clone(), member.role);
    let dismiss = move |_| {
        leaving.set(Some(one.clone()));
        asks.set(true);
    };
    let dismiss = StoredValue::new(dismiss);
    view! {
        <li class="team-member" data-testid="member">
            <span class="team-name">
                {member.is_here.then(|| view! { <span class="team-here" aria-hidden="true"></span> })}
                <bdi>{name}</bdi> {is_me.then(|| view! { " " <span class="hint">{t("desk-you")}</span> })}
            </span>
            <span class="hint">
                {t(role_key(role))} " · " {t(duty)}
                {member.is_here.then(|| view! { " · " <span data-testid="here">{t("desk-here")}</span> })}
            </span>
            {move || (is_owner.get() && !is_me).then(|| role_choice(&member))}
            {move || (is_owner.get() && !is_me).then(|| view! {
                <button type="button" class="button-quiet" on:click=move |event| dismiss.with_value(|dismiss| dismiss(event))>
                    {t("desk-dismiss")}
                </button>
            })}
        </li>
    }
    .into_any()
}

/// What a member may do, for an owner to change.
fn role_choice(member: &TeamMemberView) -> AnyView {
    let (id, role) = (member.id, member.role);
    let name = Signal::stored(member.name.clone());
    let choose = move |event: web_sys::Event| {
        let word = event_target_value(&event);
        if let Some((role, ..)) = ROLES.into_iter().find(|(_, one, _)| *one == word) {
            post(&DeskCommand::SetRole { member: id, role });
        }
    };
    let option = |(one, word, key): (TeamRole, &'static str, &'static str)| {
        let is_chosen = one == role;
        view! { <option value=word selected=is_chosen>{t(key)}</option> }
    };
    view! {
        <select
            class="choice team-role"
            data-testid="member-role"
            aria-label=t1("desk-role-of", "name", move || name.get())
            on:change=choose
        >
            {ROLES.map(option).collect_view()}
        </select>
    }
    .into_any()
}

/// A link for one colleague.
#[component]
fn Invite() -> impl IntoView {
    let invitation = team().invitation();
    let role = RwSignal::new("agent".to_owned());
    let invite = move |_| {
        let role = role.with_untracked(|word| ROLES.into_iter().find(|(_, one, _)| one == word));
        invitation.set(None);
        post(&DeskCommand::Invite { role: role.map_or(TeamRole::Agent, |(role, ..)| role) });
    };
    on_cleanup(move || invitation.set(None));
    let options = ROLES.map(|(_, word, key)| (word, key)).to_vec();
    view! {
        <section class="sheet">
            <h2>{t("desk-invite-heading")}</h2>
            <p>{t("desk-invite-text")}</p>
            <Choice id="role" label="desk-role" options=options value=role/>
            <button type="button" class="button" data-testid="invite" on:click=invite>{t("desk-invite")}</button>
            {move || invitation.get().map(|link| {
                link_sheet(link, "desk-invitation", "desk-invitation-hint", "invitation", ())
            })}
        </section>
    }
}
