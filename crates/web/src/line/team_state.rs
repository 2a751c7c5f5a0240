//! What the screens of a team share. [`Team::apply`] takes the engine's answers.

use std::time::Duration;

use kuvert_desk::form::Form;
use kuvert_view::{
    AuditView, CapacityView, CaseView, CheckedTicket, ConversationId, DeskCommand, DeskUpdate, DeskView,
    DispatchCommand, FaultView, LineDraft, MemberId, MessageId, OfferView, QueueFilter, QueueView,
    SeatsCommand, TeamMemberView, TeamRole, UiCommand,
};
use leptos::prelude::*;

use super::rights;
use super::search;
use super::tools::{self, Tools};
use crate::files::browser::{save, url_of_bytes};
use crate::harmless::clean;
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::{AppState, state};
use crate::{bridge, files};

/// From a change until what it changed is asked for: several changes of a moment are one.
const PAUSE: Duration = Duration::from_millis(80);

/// The part of the shared state that is about the line; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Team {
    /// `None` as long as the engine has not answered; within it, `None` where this is no device of a line.
    desk: RwSignal<Option<Option<DeskView>>>,
    filter: RwSignal<QueueFilter>,
    queue: RwSignal<Option<QueueView>>,
    case: RwSignal<Option<CaseView>>,
    invitation: RwSignal<Option<String>>,
    draft: RwSignal<Option<LineDraft>>,
    faults: RwSignal<Vec<FaultView>>,
    dismissed: RwSignal<bool>,
    templates: RwSignal<Vec<Form>>,
    audit: RwSignal<Option<AuditView>>,
    erasing: RwSignal<Option<ConversationId>>,
    keeping: RwSignal<Option<MessageId>>,
    tools: Tools,
    /// Requests that are offered to the user.
    pub(super) offers: RwSignal<Vec<OfferView>>,
    /// Who has what the user took too late.
    pub(super) taken_by: RwSignal<Option<String>>,
    /// Everything with limited seats.
    pub(super) capacities: RwSignal<Vec<CapacityView>>,
    /// What there is to say about a ticket.
    pub(super) ticket: RwSignal<Option<CheckedTicket>>,
}

impl Team {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            desk: RwSignal::new(None),
            filter: RwSignal::new(QueueFilter::New),
            queue: RwSignal::new(None),
            case: RwSignal::new(None),
            invitation: RwSignal::new(None),
            draft: RwSignal::new(None),
            faults: RwSignal::new(Vec::new()),
            dismissed: RwSignal::new(false),
            templates: RwSignal::new(Vec::new()),
            audit: RwSignal::new(None),
            erasing: RwSignal::new(None),
            keeping: RwSignal::new(None),
            tools: Tools::new(),
            offers: RwSignal::new(Vec::new()),
            taken_by: RwSignal::new(None),
            capacities: RwSignal::new(Vec::new()),
            ticket: RwSignal::new(None),
        }
    }

    /// Takes an update of the desk; one of another version has no effect.
    pub(crate) fn apply(self, bytes: &[u8]) {
        match DeskUpdate::decode(bytes) {
            Ok(DeskUpdate::Desk(desk)) => self.desk.set(Some(desk.map(harmless_desk))),
            Ok(DeskUpdate::Queue(queue)) => self.queue.set(Some(harmless_queue(queue))),
            Ok(DeskUpdate::Canned(canned)) => self.tools.take_canned(canned),
            Ok(DeskUpdate::Filled { conversation, text }) => {
                self.tools.filled.set(Some((conversation, text)))
            }
            Ok(DeskUpdate::FoundCases(found)) => self.tools.found.set(Some(search::harmless(found))),
            Ok(DeskUpdate::Statistics(counted)) => self.tools.statistics.set(Some(counted)),
            Ok(DeskUpdate::Case(case)) => self.case.set(Some(harmless_case(case))),
            Ok(DeskUpdate::Invitation { link }) => self.invitation.set(Some(link)),
            Ok(DeskUpdate::Description(draft)) => self.draft.set(Some(*draft)),
            Ok(DeskUpdate::NotPublished { faults }) => self.faults.set(faults),
            Ok(DeskUpdate::Rights(update)) => rights::apply(self, update),
            Ok(DeskUpdate::Dismissed) => self.dismissed.set(true),
            Ok(DeskUpdate::FormTemplates(forms)) => self.templates.set(forms),
            Ok(DeskUpdate::Poster { pdf, small }) => {
                if let Some(url) = url_of_bytes(&pdf, "application/pdf") {
                    save(&url, if small { "kuvert-a6.pdf" } else { "kuvert-a4.pdf" });
                    files::browser::revoke_later(url);
                }
            }
            Ok(update) => self.apply_requests(update),
            Err(_) => {}
        }
    }

    /// Takes what is said of offers and seats.
    fn apply_requests(self, update: DeskUpdate) {
        match update {
            DeskUpdate::Offers(mut offers) => {
                for offer in &mut offers {
                    clean(&mut offer.name);
                    clean(&mut offer.text);
                }
                self.offers.set(offers);
            }
            DeskUpdate::TakenBy(mut name) => {
                clean(&mut name);
                self.taken_by.set(Some(name));
            }
            DeskUpdate::Capacities(mut all) => {
                for one in &mut all {
                    clean(&mut one.title);
                    one.lots.iter_mut().for_each(|lot| clean(&mut lot.name));
                    for holder in &mut one.holders {
                        clean(&mut holder.name);
                        clean(&mut holder.lot);
                    }
                }
                self.capacities.set(all);
            }
            DeskUpdate::Ticket(mut ticket) => {
                if let CheckedTicket::Valid { title, name, .. } | CheckedTicket::Used { title, name, .. } =
                    &mut ticket
                {
                    clean(title);
                    clean(name);
                }
                self.ticket.set(Some(ticket));
            }
            _ => {}
        }
    }

    /// Forms that a line could begin with, once asked for.
    pub(crate) fn templates(self) -> Signal<Vec<Form>> {
        self.templates.into()
    }

    /// The line and its team, once known.
    pub(crate) fn desk(self) -> Memo<Option<DeskView>> {
        Memo::new(move |_| self.desk.get().flatten())
    }

    /// Whether the engine has answered.
    pub(crate) fn is_known(self) -> Memo<bool> {
        Memo::new(move |_| self.desk.with(Option::is_some))
    }

    /// What the user may do; `None` while they are no member.
    pub(crate) fn role(self) -> Memo<Option<TeamRole>> {
        Memo::new(move |_| self.desk.with(|desk| desk.as_ref()?.as_ref()?.role))
    }

    /// Who is in the team.
    pub(crate) fn members(self) -> Memo<Vec<TeamMemberView>> {
        Memo::new(move |_| {
            self.desk.with(|desk| {
                desk.as_ref().and_then(Option::as_ref).map(|desk| desk.members.clone()).unwrap_or_default()
            })
        })
    }

    /// The user.
    pub(crate) fn me(self) -> Option<MemberId> {
        self.desk.with_untracked(|desk| desk.as_ref()?.as_ref().map(|desk| desk.me))
    }

    /// Which conversations are listed.
    pub(crate) fn filter(self) -> Signal<QueueFilter> {
        self.filter.into()
    }

    /// The user wants to see others.
    pub(crate) fn choose(self, filter: QueueFilter) {
        self.filter.set(filter);
        post(&DeskCommand::ShowQueue { filter });
    }

    /// The conversations that are listed, once known.
    pub(crate) fn queue(self) -> Signal<Option<QueueView>> {
        self.queue.into()
    }

    /// What the team knows of a conversation, once known.
    pub(crate) fn case(self, conversation: ConversationId) -> Memo<Option<CaseView>> {
        Memo::new(move |_| {
            self.case.with(|case| case.as_ref().filter(|case| case.conversation == conversation).cloned())
        })
    }

    /// The link by which one device joins, if one was made.
    pub(crate) fn invitation(self) -> RwSignal<Option<String>> {
        self.invitation
    }

    /// What the line says of itself, once asked for.
    pub(crate) fn draft(self) -> RwSignal<Option<LineDraft>> {
        self.draft
    }

    /// What is wrong with what was to be published.
    pub(crate) fn faults(self) -> RwSignal<Vec<FaultView>> {
        self.faults
    }

    /// The log of who did what, once asked for.
    pub(super) fn audit(self) -> RwSignal<Option<AuditView>> {
        self.audit
    }

    /// The conversation with a customer of whom the user is asked whether they are to be erased.
    pub(super) fn erasing(self) -> RwSignal<Option<ConversationId>> {
        self.erasing
    }

    /// The message of which the user is asked how long it is kept.
    pub(super) fn keeping(self) -> RwSignal<Option<MessageId>> {
        self.keeping
    }

    /// What the tools of the queue share.
    pub(super) fn tools(self) -> Tools {
        self.tools
    }

    /// Whether the user does not belong to the line any more.
    pub(crate) fn dismissed(self) -> Signal<bool> {
        self.dismissed.into()
    }
}

/// What the team shares, for everything below the root of a team's page.
pub(crate) fn team() -> Team {
    // Only a team's page shows what asks for it.
    state().team().unwrap_or_else(Team::new)
}

/// Posts a wish of somebody at the desk.
pub(crate) fn post(wish: &DeskCommand) {
    bridge::post(&UiCommand::Desk(wish.encode()));
}

/// Asks for the desk, and again for what a change may have changed.
pub(crate) fn follow(state: AppState) {
    let Some(team) = state.team() else { return };
    let route = navigation().route();
    let starts = state.shell().starts();
    Effect::new(move |_| {
        starts.track();
        post(&DeskCommand::ShowDesk);
    });
    tools::follow(team, state);
    let is_member = Memo::new(move |_| team.role().get().is_some());
    let shown = Memo::new(move |_| route.with(crate::route::Route::conversation));
    let is_due = StoredValue::new(false);
    let ask = move || {
        is_due.set_value(false);
        post(&DeskCommand::ShowQueue { filter: team.filter.get_untracked() });
        post(&DeskCommand::Dispatch(DispatchCommand::Show));
        if route.with_untracked(|route| *route == Route::Seats) {
            post(&DeskCommand::Seats(SeatsCommand::Show));
        }
        if let Some(conversation) = shown.get_untracked() {
            post(&DeskCommand::ShowCase { conversation });
        }
    };
    let touched = state.people().changes();
    Effect::new(move |_| {
        team.desk.track();
        touched.track();
        shown.track();
        if is_member.get() && !is_due.get_value() {
            is_due.set_value(true);
            set_timeout(ask, PAUSE);
        }
    });
}

fn harmless_desk(mut desk: DeskView) -> DeskView {
    clean(&mut desk.name);
    desk.members.iter_mut().for_each(|member| clean(&mut member.name));
    desk.labels.iter_mut().for_each(|label| clean(&mut label.name));
    desk
}

fn harmless_queue(mut queue: QueueView) -> QueueView {
    for row in &mut queue.rows {
        clean(&mut row.name);
        row.claimed_by.iter_mut().for_each(clean);
        row.answering.iter_mut().for_each(clean);
        row.last.iter_mut().for_each(|last| clean(&mut last.text));
    }
    queue
}

fn harmless_case(mut case: CaseView) -> CaseView {
    clean(&mut case.handed_over);
    for consent in &mut case.consents {
        clean(&mut consent.purpose);
        clean(&mut consent.text);
    }
    case.answering.iter_mut().for_each(clean);
    for reminder in &mut case.reminders {
        clean(&mut reminder.member);
        clean(&mut reminder.text);
    }
    for note in &mut case.notes {
        clean(&mut note.author);
        clean(&mut note.text);
    }
    case
}
