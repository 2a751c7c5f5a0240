//! `kuvert desk calendar`: what was agreed on with customers goes to the agent's own calendar.
//!
//! A web page may speak to its own origin only, so that this works here and not in the browser, which offers files.

use std::path::PathBuf;

use clap::Subcommand;
use kuvert_client::Session;
use kuvert_client::caldav::{Calendar, CalendarEvent};
use kuvert_view::{AgreedView, DeskCommand as Wish, DeskUpdate, SeatsCommand};
use serde_json::json;

use super::desk::{begin, wish};
use super::message::Wait;
use super::unlock::passphrase_in;
use super::{Common, Failure, open};
use crate::output::{Output, foreign};

/// What to do with the calendar.
#[derive(Debug, Subcommand)]
pub(crate) enum CalendarCommand {
    /// Say where your calendar is; this is kept with the profile on this device alone
    Set(SetArgs),
    /// Send what is new or has changed, and delete what does not take place. Your calendar's server learns of these appointments,
    /// with the names of customers
    Push(PushArgs),
    /// Forget the calendar; what is in it stays there
    Off(PushArgs),
}

/// Where the calendar is.
#[derive(Debug, clap::Args)]
pub(crate) struct SetArgs {
    /// Address of the calendar, as in https://dav.example.org/anne/work
    url: String,
    /// User name there
    #[arg(long)]
    user: String,
    /// File with the password: its first line; /dev/fd/N reads a file descriptor
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// The calendar that was set.
#[derive(Debug, clap::Args)]
pub(crate) struct PushArgs {
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

impl CalendarCommand {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Set(args) => &args.common,
            Self::Push(args) | Self::Off(args) => &args.common,
        }
    }
}

pub(super) async fn run(command: CalendarCommand, output: Output) -> Result<(), Failure> {
    match command {
        CalendarCommand::Set(args) => set(args, output).await,
        CalendarCommand::Push(args) => push(args, output).await,
        CalendarCommand::Off(args) => {
            let (mut session, _) = open(&args.common, "kuvert desk calendar off")?;
            session.app().set_calendar(&[])?;
            output.result(&json!({ "calendar": null }), "the calendar is forgotten")?;
            session.close().await;
            Ok(())
        }
    }
}

async fn set(args: SetArgs, output: Output) -> Result<(), Failure> {
    let calendar = Calendar::new(&args.url, &args.user, passphrase_in(&args.password_file)?)?;
    let (mut session, _) = open(&args.common, "kuvert desk calendar set")?;
    session.app().set_calendar(&calendar.write())?;
    let url = calendar.url();
    output.result(&json!({ "calendar": url }), &format!("the calendar is {}", foreign(url)))?;
    session.close().await;
    Ok(())
}

async fn push(args: PushArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk calendar push", &args.wait).await?;
    let settings = session.app().calendar()?.ok_or(Failure::NoCalendar)?;
    let mut calendar = Calendar::read(&settings).ok_or(Failure::NoCalendar)?;
    let event =
        |one: AgreedView| CalendarEvent { uid: one.uid, file: one.calendar, is_cancelled: one.is_cancelled };
    let events: Vec<_> = agreed(&mut session)?.into_iter().map(event).collect();
    // What was sent before a fault is remembered all the same.
    let (calendar, pushed) = tokio::task::spawn_blocking(move || {
        let pushed = calendar.push(&events);
        (calendar, pushed)
    })
    .await
    .map_err(|_| kuvert_client::caldav::CalendarFault::Unreachable)?;
    session.app().set_calendar(&calendar.write())?;
    session.close().await;
    let pushed = pushed?;
    let json = json!({ "created": pushed.created, "updated": pushed.updated, "deleted": pushed.deleted });
    let text = format!("{} new, {} changed, {} deleted", pushed.created, pushed.updated, pushed.deleted);
    output.result(&json, &text)?;
    Ok(())
}

fn agreed(session: &mut Session) -> Result<Vec<AgreedView>, Failure> {
    let updates = wish(session, Wish::Seats(SeatsCommand::ShowAgreed))?;
    let found = updates.into_iter().find_map(|update| match update {
        DeskUpdate::Agreed(all) => Some(all),
        _ => None,
    });
    Ok(found.unwrap_or_default())
}
