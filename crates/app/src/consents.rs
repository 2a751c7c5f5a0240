//! What customers consent to and take back, that they ask to be erased, and how satisfied they were: written down in the desk room by the device that sees
//! it first.

use kuvert_content::MessageId as MimiId;
use kuvert_core::{ClientError, DataKind, MessageKind, MessageRow, SenderKind, Timestamp};
use kuvert_desk::consent::{Consent, consents_of};
use kuvert_desk::form::{Answers, FieldKind, consent_hash};
use kuvert_desk::line::LineProfile;
use kuvert_desk::room::{self, Case, CaseEvent, Event, Hash};
use kuvert_desk::score::Score;
use kuvert_view::{ConsentView, ConversationId};
use kuvert_wire::ChannelId;

use crate::App;
use crate::app::MAX_CAME;
use crate::desk::Desk;
use crate::views;

/// Messages that are looked at when a conversation is shown.
const PAGE: u32 = 200;
/// Messages whose consents were looked at, as far as that is remembered.
const MAX_NOTED: usize = 10_000;

impl App {
    /// The newest messages of a conversation are looked at for consents that nobody has written down.
    pub(crate) fn look_for_consents(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let rows = self.client.messages(views::conversation_row(conversation), None, PAGE)?;
        let came = rows.iter().filter(|row| is_said(row)).map(|row| row.id);
        let noted = self.desk.as_deref().map(|desk| &desk.noted);
        let came: Vec<_> = came.filter(|id| noted.is_none_or(|noted| !noted.contains(id))).collect();
        if self.desk_came.len() < MAX_CAME {
            self.desk_came.extend(came);
        }
        Ok(())
    }

    /// Writes down what customers consented to and took back, and that they ask to be erased.
    pub(crate) fn note_consents(&mut self, now: Timestamp) -> Result<(), ClientError> {
        if self.desk_came.is_empty() {
            return Ok(());
        }
        let came = std::mem::take(&mut self.desk_came);
        let is_ready = self.client.desk()?.is_some_and(|desk| desk.is_member && !desk.is_behind);
        if !is_ready || self.check_answers().is_err() {
            // When the conversation is shown, it is looked at again.
            return Ok(());
        }
        for id in came {
            self.desk()?;
            let is_new = self.desk.as_mut().is_some_and(|desk| {
                if desk.noted.len() >= MAX_NOTED {
                    desk.noted.clear();
                }
                desk.noted.insert(id)
            });
            let row = self.client.message(id)?.filter(is_said);
            if let (Some(row), true) = (row, is_new) {
                self.note_consent(now, &row)?;
            }
        }
        Ok(())
    }

    fn note_consent(&mut self, now: Timestamp, row: &MessageRow) -> Result<(), ClientError> {
        let Some(message) = MimiId::from_slice(&row.mimi) else { return Ok(()) };
        let Ok(channel) = self.channel(views::conversation_id(row.conversation)) else { return Ok(()) };
        let line = self.own_profile()?;
        let said = match self.client.data(row.id)? {
            Some((DataKind::Score, bytes)) => return self.note_score(now, channel, message, &bytes),
            Some((DataKind::Consent, bytes)) => Consent::decode(&bytes).into_iter().collect(),
            Some((DataKind::Request, bytes)) => match (Answers::decode(&bytes), line) {
                (Ok(answers), Some(line)) => {
                    let form = line.form(&answers.form);
                    let given = form.map(|form| consents_of(&answers, form)).unwrap_or_default();
                    given.into_iter().map(Consent::Given).collect()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        // What stayed of somebody who was erased is not written down anew.
        let is_over = self.desk()?.cases.erased_at(channel).is_some_and(|erased| row.at <= erased);
        if is_over {
            return Ok(());
        }
        let events: Vec<_> =
            said.iter().flat_map(|said| self.events_of(channel, message, row.at, said)).collect();
        for event in events {
            let event = Event::case(channel, event);
            self.begin_anew(now, &event)?;
            self.post(now, &event)?;
        }
        Ok(())
    }

    /// Counts how satisfied a customer was, if the line asked and nobody has counted it yet.
    fn note_score(
        &mut self,
        now: Timestamp,
        channel: ChannelId,
        message: MimiId,
        bytes: &[u8],
    ) -> Result<(), ClientError> {
        let asks = self.own_profile()?.is_some_and(|line| line.asks_satisfaction);
        let Some(score) = Score::decode(bytes).ok().filter(|_| asks) else { return Ok(()) };
        let cases = &self.desk()?.cases;
        let is_known = cases.get(channel).is_some_and(|case| case.scored.contains(&message));
        if is_known || cases.erased_at(channel).is_some() {
            return Ok(());
        }
        self.post(now, &Event::case(channel, CaseEvent::Score { message, score: score.value() }))
    }

    /// What is not known yet of what a customer said.
    fn events_of(&self, channel: ChannelId, message: MimiId, at: i64, said: &Consent) -> Vec<CaseEvent> {
        let case = self.desk.as_ref().and_then(|desk| desk.cases.get(channel));
        let consents = case.map_or(&[][..], |case| &case.consents);
        let withdraw =
            |purpose: &str| CaseEvent::WithdrawConsent { message, purpose: purpose.to_owned(), at };
        let holds = |purpose: &str| {
            consents.iter().any(|one| one.purpose == purpose && one.withdrawn_at.is_none() && one.at <= at)
        };
        match said {
            Consent::Given(given) => {
                let is_known =
                    consents.iter().any(|one| one.message == message && one.purpose == given.purpose);
                let (purpose, text) = (given.purpose.clone(), Hash::new(given.hash));
                let event = CaseEvent::Consent { message, purpose, text, version: given.version, at };
                if is_known { Vec::new() } else { vec![event] }
            }
            Consent::Withdrawn { purpose } if holds(purpose) => vec![withdraw(purpose)],
            Consent::Withdrawn { .. } => Vec::new(),
            Consent::Erase => {
                let mut purposes: Vec<&str> = consents.iter().map(|one| one.purpose.as_str()).collect();
                purposes.sort_unstable();
                purposes.dedup();
                let mut all: Vec<_> = purposes.into_iter().filter(|one| holds(one)).map(withdraw).collect();
                if case.is_none_or(|case| case.asked_erasure.is_none()) {
                    all.push(CaseEvent::AskErasure { message, at });
                }
                all
            }
        }
    }
}

/// Whether a message may say something about consents.
fn is_said(row: &MessageRow) -> bool {
    matches!(row.kind, MessageKind::Structured | MessageKind::Score) && row.sender == SenderKind::Contact
}

/// What a customer consented to, with the texts that the line still shows.
pub(crate) fn consents(desk: &Desk, case: &Case) -> Vec<ConsentView> {
    let line = LineProfile::decode(&desk.team.settings().bytes).ok();
    let view = |consent: &room::Consent| ConsentView {
        purpose: purpose_of(line.as_ref(), &consent.purpose),
        text: text_of(line.as_ref(), &consent.text),
        version: consent.version,
        given_at: consent.at,
        withdrawn_at: consent.withdrawn_at,
    };
    case.consents.iter().map(view).collect()
}

/// A purpose as the line's form calls it: see [`consents_of`].
fn purpose_of(line: Option<&LineProfile>, purpose: &str) -> String {
    let named = purpose.split_once(": ").and_then(|(form, field)| {
        let form = line?.form(form)?;
        let language = line?.languages.first()?;
        let label = form.field(field)?.label.get(language);
        Some(format!("{}: {label}", form.title.get(language)))
    });
    named.unwrap_or_else(|| purpose.to_owned())
}

/// The text with this hash, if the line still shows it.
fn text_of(line: Option<&LineProfile>, hash: &Hash) -> String {
    let Some(line) = line else { return String::new() };
    let of_forms = line.forms.iter().flat_map(|form| &form.fields).filter_map(|field| match &field.kind {
        FieldKind::Consent { text } => Some(text),
        _ => None,
    });
    let texts = of_forms.chain([&line.privacy.text]).flat_map(|text| text.0.iter());
    let mut texts = texts.map(|(_, text)| text);
    texts.find(|text| consent_hash(text) == *hash.as_bytes()).cloned().unwrap_or_default()
}
