//! `kuvert desk find` and `statistics`: what a desk finds and counts in what it may see.

use kuvert_view::{
    DeskCommand as Wish, DeskUpdate, FoundCaseView, LabelCountView, LabelId, LabelView, StatisticsView,
    ToolCommand as Tool, UiCommand, ViewUpdate,
};
use serde_json::{Value, json};

use super::desk::{begin, shown, wish};
use super::lookup::id_of;
use super::message::Wait;
use super::{Common, Failure, ask};
use crate::output::{Output, foreign, time};

/// What to look for.
#[derive(Debug, clap::Args)]
pub(crate) struct FindArgs {
    /// Beginnings of words
    #[arg(required = true)]
    words: Vec<String>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What to count.
#[derive(Debug, clap::Args)]
pub(crate) struct StatisticsArgs {
    /// In how many days, today included
    #[arg(long, default_value = "30", value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

impl FindArgs {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        let mut session = begin(&self.common, "kuvert desk find", &self.wait).await?;
        let labels = shown(&mut session)?.map(|desk| desk.labels).unwrap_or_default();
        let words = self.words.join(" ");
        let found = wish(&mut session, Wish::Tool(Tool::Find { words: words.clone() }))?;
        let cases = found.into_iter().find_map(|update| match update {
            DeskUpdate::FoundCases(found) => Some(found.cases),
            _ => None,
        });
        let cases = cases.unwrap_or_default();
        let search = UiCommand::Search { words, conversation: None, before: None };
        let messages = ask(&mut session, search)?.into_iter().find_map(|update| match update {
            ViewUpdate::Found { messages, .. } => Some(messages),
            _ => None,
        });
        let (mut lines, mut rows) = (Vec::new(), Vec::new());
        for case in &cases {
            let named = session.app().conversation(case.conversation)?;
            let id = named.map(|one| id_of(&one)).unwrap_or_default();
            let (line, row) = shown_case(case, &id, &labels);
            lines.push(line);
            rows.push(row);
        }
        let mut written = Vec::new();
        for found in messages.unwrap_or_default() {
            let Some(one) = session.app().conversation(found.conversation)? else { continue };
            let message = found.message;
            lines.push(format!(
                "{}  {} ({}) {}",
                time(message.at),
                foreign(&one.title),
                id_of(&one),
                foreign(&message.text)
            ));
            written.push(json!({
                "id": id_of(&one), "name": one.title, "message": message.id.0, "at": message.at, "text": message.text,
            }));
        }
        if lines.is_empty() {
            lines.push("nothing was found".to_owned());
        }
        output.result(&json!({ "cases": rows, "messages": written }), &lines.join("\n"))?;
        session.close().await;
        Ok(())
    }
}

fn shown_case(case: &FoundCaseView, id: &str, labels: &[LabelView]) -> (String, Value) {
    let on: Vec<_> = case.labels.iter().map(|label| name_of(labels, *label)).collect();
    let mut line = format!("{} ({id})", foreign(&case.name));
    for label in &on {
        line += &format!(" [{}]", foreign(label));
    }
    if case.is_done {
        line += " done";
    }
    if !case.note.is_empty() {
        line += &format!(": note: {}", foreign(&case.note));
    }
    let row = json!({ "id": id, "name": case.name, "labels": on, "note": case.note, "done": case.is_done });
    (line, row)
}

fn name_of(labels: &[LabelView], id: LabelId) -> String {
    labels.iter().find(|label| label.id == id).map(|label| label.name.clone()).unwrap_or_default()
}

impl StatisticsArgs {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        let mut session = begin(&self.common, "kuvert desk statistics", &self.wait).await?;
        let labels = shown(&mut session)?.map(|desk| desk.labels).unwrap_or_default();
        let counted = wish(&mut session, Wish::Tool(Tool::ShowStatistics { days: self.days }))?;
        let view = counted.into_iter().find_map(|update| match update {
            DeskUpdate::Statistics(view) => Some(view),
            _ => None,
        });
        let view = view.ok_or(Failure::Refused)?;
        output.result(&as_json(&view, &labels), &in_words(&view, &labels))?;
        session.close().await;
        Ok(())
    }
}

fn as_json(view: &StatisticsView, labels: &[LabelView]) -> Value {
    let label = |one: &LabelCountView| {
        json!({
            "name": name_of(labels, one.label), "opened": one.opened, "first_answer_ms": one.first_answer,
        })
    };
    json!({
        "days": view.by_day.iter().map(|day| json!({
            "at": day.at, "opened": day.opened, "answered": day.answered, "done": day.done, "reopened": day.reopened,
        })).collect::<Vec<_>>(),
        "first_answer_ms": view.first_answer,
        "labels": view.labels.iter().map(label).collect::<Vec<_>>(),
        "scores": view.scores,
    })
}

fn in_words(view: &StatisticsView, labels: &[LabelView]) -> String {
    let sum =
        |of: fn(&kuvert_view::DayView) -> u32| view.by_day.iter().map(|day| u64::from(of(day))).sum::<u64>();
    let mut lines = vec![format!(
        "in {} days: {} conversations began, {} answers to who waited, {} done, {} opened again",
        view.days,
        sum(|day| day.opened),
        sum(|day| day.answered),
        sum(|day| day.done),
        sum(|day| day.reopened),
    )];
    if let Some(took) = view.first_answer {
        lines.push(format!("half of the answers came within {} minutes of opening hours", minutes(took)));
    }
    for one in &view.labels {
        let name = name_of(labels, one.label);
        lines.push(format!("  {}: {} began", foreign(&name), one.opened));
    }
    if view.asks_satisfaction {
        let [one, two, three, four, five] = view.scores;
        lines.push(format!("satisfaction, from 1 to 5: {one}, {two}, {three}, {four}, {five}"));
    }
    lines.join("\n")
}

/// Whole minutes, rounded up.
fn minutes(millis: i64) -> i64 {
    (millis + 59_999) / 60_000
}
