//! `kuvert desk label`, `canned`, `answer`, `remind`, `role`, `find` and `statistics`: the tools with which a team works its queue.

use clap::Subcommand;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use kuvert_client::Session;
use kuvert_view::{
    CannedView, DeskCommand as Wish, DeskUpdate, LabelView, NoteId, ToolCommand as Tool, UiCommand,
};
use serde_json::json;
use tokio::time::Instant;

use super::desk::{Role, begin, change, end, member, shown, wish};
use super::desk_insight::{FindArgs, StatisticsArgs};
use super::lookup::{find_contact, id_of};
use super::message::{QUEUED, Wait};
use super::{Common, Failure, ask, own_message, sent};
use crate::output::{Output, foreign};

/// The tools of a team.
#[derive(Debug, Subcommand)]
pub(crate) enum DeskTool {
    /// Define labels, and put them on conversations
    #[command(subcommand)]
    Label(LabelTool),
    /// Keep prepared answers; {name}, {line} and {agent} in them are filled in
    #[command(subcommand)]
    Canned(CannedTool),
    /// Send a customer a prepared answer
    Answer(AnswerArgs),
    /// Be reminded of a conversation
    Remind(RemindArgs),
    /// Let a member do other things; for owners
    Role(RoleArgs),
    /// Find customers by name, by labels, by notes, and by what was written
    Find(FindArgs),
    /// Show how much the line did, and how fast; nothing is said of single members
    Statistics(StatisticsArgs),
}

/// What to do with labels.
#[derive(Debug, Subcommand)]
pub(crate) enum LabelTool {
    /// Show the line's labels
    List(ListArgs),
    /// Define a label, or change its name or colour; for supervisors
    Set(LabelArgs),
    /// Have a label no more; for supervisors
    Drop(NameArgs),
    /// Put a label on a conversation
    Put(OnCaseArgs),
    /// Take a label off a conversation
    Take(OnCaseArgs),
}

/// What to do with prepared answers.
#[derive(Debug, Subcommand)]
pub(crate) enum CannedTool {
    /// Show them
    List(ListArgs),
    /// Add one, or change the one with this title and language; for supervisors
    Set(CannedArgs),
    /// Have one no more, in all its languages; for supervisors
    Drop(NameArgs),
    /// Take over what fits a line of this kind; for supervisors
    Suggest(SuggestArgs),
}

/// Nothing to choose.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which one.
#[derive(Debug, clap::Args)]
pub(crate) struct NameArgs {
    /// Its name or title
    name: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What a label is.
#[derive(Debug, clap::Args)]
pub(crate) struct LabelArgs {
    /// Its name
    name: String,
    /// Number of its colour
    #[arg(long, default_value = "0", value_parser = clap::value_parser!(u8).range(0..16))]
    colour: u8,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which label, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct OnCaseArgs {
    /// Kuvert ID or name of the customer
    customer: String,
    /// Name of the label
    label: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What a prepared answer is.
#[derive(Debug, clap::Args)]
pub(crate) struct CannedArgs {
    /// By which it is found
    title: String,
    /// What it says
    text: String,
    /// In which language it is
    #[arg(long, value_name = "TAG", default_value = "de")]
    language: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which suggestions.
#[derive(Debug, clap::Args)]
pub(crate) struct SuggestArgs {
    /// In which language: de or en
    #[arg(long, value_name = "TAG", default_value = "de")]
    language: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which answer goes to whom.
#[derive(Debug, clap::Args)]
pub(crate) struct AnswerArgs {
    /// Kuvert ID or name of the customer
    customer: String,
    /// Title of the answer
    title: String,
    /// The one in this language, where there are several
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// When to be reminded.
#[derive(Debug, clap::Args)]
pub(crate) struct RemindArgs {
    /// Kuvert ID or name of the customer
    customer: String,
    /// When, in local time, for example 2027-01-31T09:00
    #[arg(required_unless_present = "clear", value_parser = local_time)]
    at: Option<i64>,
    /// Of what
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    /// Clear your reminders of this conversation
    #[arg(long, conflicts_with = "at")]
    clear: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What a member may do.
#[derive(Debug, clap::Args)]
pub(crate) struct RoleArgs {
    /// Name of the member
    member: String,
    /// What they may do
    #[arg(value_enum)]
    role: Role,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

impl DeskTool {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Label(LabelTool::List(args)) | Self::Canned(CannedTool::List(args)) => &args.common,
            Self::Label(LabelTool::Drop(args)) | Self::Canned(CannedTool::Drop(args)) => &args.common,
            Self::Label(LabelTool::Set(args)) => &args.common,
            Self::Label(LabelTool::Put(args) | LabelTool::Take(args)) => &args.common,
            Self::Canned(CannedTool::Set(args)) => &args.common,
            Self::Canned(CannedTool::Suggest(args)) => &args.common,
            Self::Answer(args) => &args.common,
            Self::Remind(args) => &args.common,
            Self::Role(args) => &args.common,
            Self::Find(args) => args.common(),
            Self::Statistics(args) => args.common(),
        }
    }

    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        match self {
            Self::Label(tool) => tool.run(output).await,
            Self::Canned(tool) => tool.run(output).await,
            Self::Answer(args) => answer(args, output).await,
            Self::Remind(args) => remind(args, output).await,
            Self::Find(args) => args.run(output).await,
            Self::Statistics(args) => args.run(output).await,
            Self::Role(args) => {
                let mut session = begin(&args.common, "kuvert desk role", &args.wait).await?;
                let member = member(&mut session, &args.member)?;
                wish(&mut session, Wish::SetRole { member, role: args.role.into() })?;
                end(session, &args.wait, output).await
            }
        }
    }
}

impl LabelTool {
    async fn run(self, output: Output) -> Result<(), Failure> {
        match self {
            Self::List(args) => {
                let session = begin(&args.common, "kuvert desk label list", &args.wait).await?;
                end_with_labels(session, &args.wait, output).await
            }
            Self::Set(args) => {
                let mut session = begin(&args.common, "kuvert desk label set", &args.wait).await?;
                let label = label(&mut session, &args.name).ok().map(|label| label.id);
                let name = args.rename.unwrap_or(args.name);
                wish(&mut session, Wish::SetLabel { label, name, colour: args.colour })?;
                end_with_labels(session, &args.wait, output).await
            }
            Self::Drop(args) => {
                let mut session = begin(&args.common, "kuvert desk label drop", &args.wait).await?;
                let label = label(&mut session, &args.name)?.id;
                wish(&mut session, Wish::Tool(Tool::DropLabel { label }))?;
                end_with_labels(session, &args.wait, output).await
            }
            Self::Put(args) => put(args, true, output).await,
            Self::Take(args) => put(args, false, output).await,
        }
    }
}

async fn put(args: OnCaseArgs, on: bool, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk label", &args.wait).await?;
    let conversation = find_contact(&mut session, &args.customer)?;
    let label = label(&mut session, &args.label)?.id;
    let wish = Wish::Label { conversation: conversation.id, label, on };
    change(session, &conversation, wish, &args.wait, output).await
}

impl CannedTool {
    async fn run(self, output: Output) -> Result<(), Failure> {
        match self {
            Self::List(args) => {
                let session = begin(&args.common, "kuvert desk canned list", &args.wait).await?;
                end_with_canned(session, &args.wait, output).await
            }
            Self::Set(args) => {
                let mut session = begin(&args.common, "kuvert desk canned set", &args.wait).await?;
                let there = canned(&mut session, &args.title)?;
                let there = there.into_iter().find(|one| one.language == args.language);
                let set = Tool::SetCanned {
                    canned: there.map(|one| one.id),
                    title: args.title,
                    language: args.language,
                    text: args.text,
                };
                wish(&mut session, Wish::Tool(set))?;
                end_with_canned(session, &args.wait, output).await
            }
            Self::Drop(args) => {
                let mut session = begin(&args.common, "kuvert desk canned drop", &args.wait).await?;
                let there = canned(&mut session, &args.name)?;
                if there.is_empty() {
                    return Err(Failure::UnknownAnswer { title: args.name });
                }
                for one in there {
                    wish(&mut session, Wish::Tool(Tool::DropCanned { canned: one.id }))?;
                }
                end_with_canned(session, &args.wait, output).await
            }
            Self::Suggest(args) => {
                let mut session = begin(&args.common, "kuvert desk canned suggest", &args.wait).await?;
                wish(&mut session, Wish::Tool(Tool::SuggestCanned { language: args.language }))?;
                end_with_canned(session, &args.wait, output).await
            }
        }
    }
}

async fn answer(args: AnswerArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk answer", &args.wait).await?;
    let customer = find_contact(&mut session, &args.customer)?;
    let is_meant = |one: &CannedView| args.language.as_ref().is_none_or(|language| one.language == *language);
    let found = canned(&mut session, &args.title)?.into_iter().find(is_meant);
    let found = found.ok_or(Failure::UnknownAnswer { title: args.title })?;
    let fill = Tool::FillCanned { conversation: customer.id, canned: found.id };
    let filled = wish(&mut session, Wish::Tool(fill))?.into_iter().find_map(|update| match update {
        DeskUpdate::Filled { text, .. } => Some(text),
        _ => None,
    });
    let text = filled.ok_or(Failure::Refused)?;
    let write = UiCommand::Write {
        conversation: customer.id,
        text: text.clone(),
        reply_to: None,
        expires_after: None,
    };
    let message = own_message(&ask(&mut session, write)?).ok_or(Failure::Refused)?;
    let state = sent(&mut session, message, Instant::now() + args.wait.timeout).await?;
    let said = if state == "sent" { foreign(&text) } else { QUEUED.to_owned() };
    let value = json!({
        "id": id_of(&customer), "name": customer.title, "message": message.1.0, "state": state, "text": text,
    });
    output.result(&value, &said)?;
    session.close().await;
    Ok(())
}

async fn remind(args: RemindArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk remind", &args.wait).await?;
    let customer = find_contact(&mut session, &args.customer)?;
    let conversation = customer.id;
    if let Some(at) = args.at {
        let set = Tool::SetReminder { conversation, at, text: args.note };
        return change(session, &customer, Wish::Tool(set), &args.wait, output).await;
    }
    for reminder in own_reminders(wish(&mut session, Wish::ShowCase { conversation })?) {
        wish(&mut session, Wish::Tool(Tool::ClearReminder { conversation, reminder }))?;
    }
    change(session, &customer, Wish::ShowCase { conversation }, &args.wait, output).await
}

fn own_reminders(updates: Vec<DeskUpdate>) -> Vec<NoteId> {
    let cases = updates.into_iter().filter_map(|update| match update {
        DeskUpdate::Case(case) => Some(case.reminders),
        _ => None,
    });
    cases.flatten().filter(|reminder| reminder.is_mine).map(|reminder| reminder.id).collect()
}

/// The label with this name.
fn label(session: &mut Session, name: &str) -> Result<LabelView, Failure> {
    let wanted = name.trim().to_lowercase();
    let labels = shown(session)?.map(|desk| desk.labels).unwrap_or_default();
    let found = labels.into_iter().find(|label| label.name.to_lowercase() == wanted);
    found.ok_or_else(|| Failure::UnknownLabel { name: name.to_owned() })
}

/// The prepared answers with this title; all of them for none.
fn canned(session: &mut Session, title: &str) -> Result<Vec<CannedView>, Failure> {
    let wanted = title.trim().to_lowercase();
    let updates = wish(session, Wish::Tool(Tool::ShowCanned))?;
    let all = updates.into_iter().rev().find_map(|update| match update {
        DeskUpdate::Canned(canned) => Some(canned),
        _ => None,
    });
    let is_meant = |one: &CannedView| wanted.is_empty() || one.title.to_lowercase() == wanted;
    Ok(all.unwrap_or_default().into_iter().filter(is_meant).collect())
}

async fn end_with_labels(mut session: Session, wait: &Wait, output: Output) -> Result<(), Failure> {
    session.until_sent(Instant::now() + wait.timeout).await?;
    let labels = shown(&mut session)?.map(|desk| desk.labels).unwrap_or_default();
    let value = labels.iter().map(|label| json!({ "name": label.name, "colour": label.colour }));
    let value = json!({ "labels": value.collect::<Vec<_>>() });
    let mut lines: Vec<_> =
        labels.iter().map(|label| format!("{} (colour {})", foreign(&label.name), label.colour)).collect();
    if lines.is_empty() {
        lines.push("no labels yet; define one: kuvert desk label set NAME".to_owned());
    }
    output.result(&value, &lines.join("\n"))?;
    session.close().await;
    Ok(())
}

async fn end_with_canned(mut session: Session, wait: &Wait, output: Output) -> Result<(), Failure> {
    session.until_sent(Instant::now() + wait.timeout).await?;
    let all = canned(&mut session, "")?;
    let value =
        all.iter().map(|one| json!({ "title": one.title, "language": one.language, "text": one.text }));
    let value = json!({ "canned": value.collect::<Vec<_>>() });
    let mut lines: Vec<_> = all
        .iter()
        .map(|one| format!("{} [{}]: {}", foreign(&one.title), foreign(&one.language), foreign(&one.text)))
        .collect();
    if lines.is_empty() {
        lines.push("no prepared answers yet; take over suggestions: kuvert desk canned suggest".to_owned());
    }
    output.result(&value, &lines.join("\n"))?;
    session.close().await;
    Ok(())
}

/// A time of the local calendar, as milliseconds since 1970.
fn local_time(text: &str) -> Result<i64, String> {
    let time: Option<DateTime> = text.parse().ok();
    let zoned = time.and_then(|time| time.to_zoned(TimeZone::system()).ok());
    zoned
        .map(|zoned| zoned.timestamp().as_millisecond())
        .ok_or_else(|| "give a date and a time, like 2027-01-31T09:00".to_owned())
}
