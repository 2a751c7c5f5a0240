//! What a line owes to who writes to it: copies, erasure, business records, the log of who did what; and what a customer can ask for.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use kuvert_client::Session;
use kuvert_view::{
    AuditView, DeskCommand as Wish, DeskUpdate, MessageId, PaperView, RightsUpdate, RightsWish, UiCommand,
    ViewUpdate,
};
use serde_json::json;
use tokio::time::Instant;

use super::desk::{begin, end, wish};
use super::lookup::{find_contact, id_of};
use super::message::{Wait, delivered, message_id};
use super::{CATCH_UP, Common, Failure, ask, catch_up, open};
use crate::output::{Output, foreign, time};

/// What a customer tells the line who asks for everything to be erased.
const ERASE: &str = "Please erase everything that you have of me (Art. 17 GDPR).";

/// Commands about the rights of customers, at a desk.
#[derive(Debug, Subcommand)]
pub(crate) enum RightsCommand {
    /// Write what the line has of a customer into a folder, as pages and as JSON (Art. 15 and 20 GDPR)
    Export(CopyArgs),
    /// Erase a customer on both sides at once, but for business records, and write the receipt into a folder (Art. 17 GDPR)
    Erase(EraseArgs),
    /// Keep a message as a business record
    Keep(KeepArgs),
    /// Take a message out of the business records
    Unkeep(UnkeepArgs),
    /// Show who did what when, and whether that log is as it was written
    Audit(AuditArgs),
    /// Write the list of the line's processing activities into a folder (Art. 30 GDPR)
    Activities(ActivitiesArgs),
}

/// What customers of a line can ask for.
#[derive(Debug, Subcommand)]
pub(crate) enum OwnCommand {
    /// Write everything that was said with a business line into a folder, as pages and as JSON
    Export(CopyArgs),
    /// Delete everything that was said with a business line here, and ask it to erase all that it has of you
    AskErasure(AskArgs),
    /// Tell a business line how satisfied you were, where it asks for that
    Rate(RateArgs),
}

/// How it was.
#[derive(Debug, clap::Args)]
pub(crate) struct RateArgs {
    /// Kuvert ID or name of the line
    who: String,
    /// 1 to 5, where 5 is best
    #[arg(value_parser = clap::value_parser!(u8).range(1..=5))]
    score: u8,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What to copy, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct CopyArgs {
    /// Kuvert ID or name
    who: String,
    /// A folder that is there; a file of the same name is not replaced
    folder: PathBuf,
    /// Language of the pages
    #[arg(long, default_value = "de", value_parser = ["de", "en"])]
    language: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Whom to erase.
#[derive(Debug, clap::Args)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    of: CopyArgs,
    /// What the customer is told when everything is gone
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    tell: String,
}

/// Whom to ask.
#[derive(Debug, clap::Args)]
pub(crate) struct AskArgs {
    /// Kuvert ID or name of the line
    who: String,
    /// What the line is told
    #[arg(long, value_name = "TEXT", default_value = ERASE)]
    message: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What to keep.
#[derive(Debug, clap::Args)]
pub(crate) struct KeepArgs {
    /// The message, by its number in the history
    #[arg(value_name = "ID", value_parser = message_id)]
    message: MessageId,
    /// For how many years after the end of the one in which it was written
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(["6", "8", "10"]))]
    years: String,
    /// Why, as in: invoice
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What is not kept any more.
#[derive(Debug, clap::Args)]
pub(crate) struct UnkeepArgs {
    /// The message, by its number in the history
    #[arg(value_name = "ID", value_parser = message_id)]
    message: MessageId,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What of the log to show.
#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    /// Write all of it into this folder as a table, too
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What the list needs to know beside what the line publishes.
#[derive(Debug, clap::Args)]
pub(crate) struct ActivitiesArgs {
    /// A folder that is there; a file of the same name is not replaced
    folder: PathBuf,
    /// How to reach the data protection officer
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    officer: String,
    /// Who runs the relay on the line's behalf, if the line does not do so itself
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    operator: String,
    /// Language of the list
    #[arg(long, default_value = "de", value_parser = ["de", "en"])]
    language: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

impl RightsCommand {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Export(args) => &args.common,
            Self::Erase(args) => &args.of.common,
            Self::Keep(args) => &args.common,
            Self::Unkeep(args) => &args.common,
            Self::Audit(args) => &args.common,
            Self::Activities(args) => &args.common,
        }
    }

    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        match self {
            Self::Export(args) => export(args, output).await,
            Self::Erase(args) => erase(args, output).await,
            Self::Keep(args) => {
                let years = args.years.parse().unwrap_or(10);
                let keep = RightsWish::Keep { message: args.message, years, reason: args.reason };
                mark(&args.common, "kuvert desk keep", &args.wait, keep, output).await
            }
            Self::Unkeep(args) => {
                let unkeep = RightsWish::Unkeep { message: args.message };
                mark(&args.common, "kuvert desk unkeep", &args.wait, unkeep, output).await
            }
            Self::Audit(args) => audit(&args, output).await,
            Self::Activities(args) => {
                let mut session = begin(&args.common, "kuvert desk activities", &args.wait).await?;
                let (language, officer, operator) = (args.language, args.officer, args.operator);
                let made = asked(&mut session, RightsWish::Activities { language, officer, operator })?;
                say_written(&written(&papers(made), &args.folder)?, output)?;
                session.close().await;
                Ok(())
            }
        }
    }
}

impl OwnCommand {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Export(args) => &args.common,
            Self::AskErasure(args) => &args.common,
            Self::Rate(args) => &args.common,
        }
    }

    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        match self {
            Self::Export(args) => export_own(args, output).await,
            Self::AskErasure(args) => ask_erasure(args, output).await,
            Self::Rate(args) => rate(args, output).await,
        }
    }
}

/// Gives a wish, and returns what came of it.
fn asked(session: &mut Session, rights: RightsWish) -> Result<Vec<RightsUpdate>, Failure> {
    let updates = wish(session, Wish::Rights(rights))?;
    Ok(updates
        .into_iter()
        .filter_map(|update| match update {
            DeskUpdate::Rights(update) => Some(update),
            _ => None,
        })
        .collect())
}

fn papers(updates: Vec<RightsUpdate>) -> Vec<PaperView> {
    let paper = |update| match update {
        RightsUpdate::Paper(paper) => Some(paper),
        RightsUpdate::Audit(_) => None,
    };
    updates.into_iter().filter_map(paper).collect()
}

/// Writes files, and returns where they are.
fn written(papers: &[PaperView], folder: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for file in papers.iter().flat_map(|paper| &paper.files) {
        let path = folder.join(&file.name);
        let mut to = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| Failure::Folder { path: path.clone(), error })?;
        to.write_all(file.text.as_bytes())?;
        names.push(path.display().to_string());
    }
    Ok(names)
}

fn say_written(files: &[String], output: Output) -> Result<(), Failure> {
    output.result(&json!({ "files": files }), &files.join("\n"))?;
    Ok(())
}

async fn export(args: CopyArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk export", &args.wait).await?;
    let conversation = find_contact(&mut session, &args.who)?.id;
    let (mut files, mut after, mut part) = (Vec::new(), None, 1);
    loop {
        let language = args.language.clone();
        let made = papers(asked(&mut session, RightsWish::Export { conversation, language, after, part })?);
        files.extend(written(&made, &args.folder)?);
        after = made.last().and_then(|paper| paper.next);
        part += 1;
        if after.is_none() {
            break;
        }
    }
    say_written(&files, output)?;
    session.close().await;
    Ok(())
}

async fn erase(args: EraseArgs, output: Output) -> Result<(), Failure> {
    let of = args.of;
    let mut session = begin(&of.common, "kuvert desk erase", &of.wait).await?;
    let conversation = find_contact(&mut session, &of.who)?.id;
    let erase = RightsWish::Erase { conversation, language: of.language, words: args.tell };
    let made = papers(asked(&mut session, erase)?);
    say_written(&written(&made, &of.folder)?, output)?;
    session.until_sent(Instant::now() + of.wait.timeout).await?;
    session.close().await;
    Ok(())
}

async fn mark(
    common: &Common,
    command: &str,
    wait: &Wait,
    rights: RightsWish,
    output: Output,
) -> Result<(), Failure> {
    let mut session = begin(common, command, wait).await?;
    asked(&mut session, rights)?;
    end(session, wait, output).await
}

async fn audit(args: &AuditArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk audit", &args.wait).await?;
    if let Some(folder) = &args.to {
        written(&papers(asked(&mut session, RightsWish::ExportAudit)?), folder)?;
    }
    for update in asked(&mut session, RightsWish::ShowAudit { before: None })? {
        if let RightsUpdate::Audit(log) = update {
            show_audit(&log, output)?;
        }
    }
    session.close().await;
    Ok(())
}

fn show_audit(log: &AuditView, output: Output) -> Result<(), Failure> {
    let value = json!({
        "head": log.head,
        "tampered": log.tampered,
        "entries": log.entries.iter().map(|entry| json!({
            "number": entry.number,
            "at": entry.at,
            "word": entry.word,
            "by": entry.by,
            "customer": entry.customer,
        })).collect::<Vec<_>>(),
    });
    let line = |entry: &kuvert_view::AuditEntryView| {
        let customer =
            entry.customer.as_ref().map(|name| format!(" ({})", foreign(name))).unwrap_or_default();
        format!("{}  {} {}{customer}", time(entry.at), foreign(&entry.by), entry.word)
    };
    let mut lines: Vec<_> = log.entries.iter().map(line).collect();
    lines.push(match log.tampered {
        Some(number) => format!("this log was changed afterwards: entry {number} is not as it was written"),
        None => format!("as it was written; its newest entry has the hash {}", log.head),
    });
    output.result(&value, &lines.join("\n"))?;
    Ok(())
}

async fn export_own(args: CopyArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert contact export")?;
    catch_up(&mut session, CATCH_UP.min(args.wait.timeout)).await?;
    let conversation = find_contact(&mut session, &args.who)?.id;
    let (mut files, mut after, mut part) = (Vec::new(), None, 1);
    loop {
        let language = args.language.clone();
        let updates = ask(&mut session, UiCommand::Export { conversation, language, after, part })?;
        let made: Vec<_> = updates
            .into_iter()
            .filter_map(|update| match update {
                ViewUpdate::Paper(paper) => Some(paper),
                _ => None,
            })
            .collect();
        files.extend(written(&made, &args.folder)?);
        after = made.last().and_then(|paper| paper.next);
        part += 1;
        if after.is_none() {
            break;
        }
    }
    say_written(&files, output)?;
    session.close().await;
    Ok(())
}

async fn rate(args: RateArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert contact rate")?;
    let deadline = Instant::now() + args.wait.timeout;
    catch_up(&mut session, CATCH_UP.min(args.wait.timeout)).await?;
    let line = find_contact(&mut session, &args.who)?;
    let score = args.score;
    let words = stars(score);
    ask(&mut session, UiCommand::Rate { conversation: line.id, score, words })?;
    let state = delivered(&mut session, deadline).await?;
    let value = json!({ "id": id_of(&line), "name": line.title, "score": score, "state": state });
    output.result(&value, "the line was told")?;
    session.close().await;
    Ok(())
}

/// How it was, for the eyes.
fn stars(score: u8) -> String {
    (1..=5).map(|star| if star <= score { '★' } else { '☆' }).collect()
}

async fn ask_erasure(args: AskArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert contact ask-erasure")?;
    let deadline = Instant::now() + args.wait.timeout;
    catch_up(&mut session, CATCH_UP.min(args.wait.timeout)).await?;
    let line = find_contact(&mut session, &args.who)?;
    ask(&mut session, UiCommand::AskErasure { conversation: line.id, words: args.message })?;
    let state = delivered(&mut session, deadline).await?;
    let value = json!({ "id": id_of(&line), "name": line.title, "state": state });
    output.result(&value, "deleted here; the line was asked to erase what it has of you")?;
    session.close().await;
    Ok(())
}
