//! `kuvert desk seats` and `ticket`: what is limited, who has it, and whether a ticket counts.

use clap::Subcommand;
use kuvert_client::Session;
use kuvert_view::{
    CapacityDraft, CapacityView, CheckedTicket, DeskCommand as Wish, DeskUpdate, SeatsCommand as Seats,
    SeriesDraft,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::desk::{begin, wish};
use super::desk_offers::last_request;
use super::lookup::find_contact;
use super::message::Wait;
use super::{Common, Failure};
use crate::output::{Output, foreign, time};

/// Days of the week as they are written.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What to do with what is limited.
#[derive(Debug, Subcommand)]
pub(crate) enum SeatsCommand {
    /// Show what there is, and what is free, held and given away
    Show(ShowArgs),
    /// Make a performance or the like with its kinds of seats
    Add(AddArgs),
    /// Make a series of appointments
    Series(SeriesArgs),
    /// Have a form take its seats or times from there
    Use(UseArgs),
    /// Free what a customer's last request has
    Free(FreeArgs),
    /// Offer it no longer
    Drop(DropArgs),
}

/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// A performance.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// What it is
    title: String,
    /// A kind of seats and how many, as NAME=NUMBER; may be repeated. A time is a kind, too: "2026-11-24 20:00=80"
    #[arg(long = "seats", value_name = "NAME=NUMBER", required = true)]
    lots: Vec<String>,
    /// When it is, as "2026-11-24 20:00-22:10"; not needed where all kinds are times
    #[arg(long, default_value = "", hide_default_value = true)]
    when: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// A series of appointments.
#[derive(Debug, clap::Args)]
pub(crate) struct SeriesArgs {
    /// What they are
    title: String,
    /// First day, as 2026-11-24
    #[arg(long, value_name = "DAY")]
    first: String,
    /// Last day
    #[arg(long, value_name = "DAY")]
    last: String,
    /// Days of the week, parted by commas
    #[arg(long, value_delimiter = ',', default_value = "mon,tue,wed,thu,fri", value_parser = WEEKDAYS)]
    on: Vec<String>,
    /// When the first one of a day begins
    #[arg(long, value_name = "HH:MM", value_parser = minutes)]
    from: u16,
    /// When the last one of a day is over
    #[arg(long, value_name = "HH:MM", value_parser = minutes)]
    to: u16,
    /// Minutes that each takes
    #[arg(long, value_name = "MINUTES")]
    length: u16,
    /// Minutes between two
    #[arg(long, value_name = "MINUTES", default_value = "0")]
    gap: u16,
    /// How many customers each time is for
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    each: u32,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which form takes from what.
#[derive(Debug, clap::Args)]
pub(crate) struct UseArgs {
    /// What it is called
    title: String,
    /// Name of the form, as kuvert form shows it
    form: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Whose seats.
#[derive(Debug, clap::Args)]
pub(crate) struct FreeArgs {
    /// Kuvert ID or name of the customer
    customer: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What to drop.
#[derive(Debug, clap::Args)]
pub(crate) struct DropArgs {
    /// What it is called
    title: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which ticket.
#[derive(Debug, clap::Args)]
pub(crate) struct TicketArgs {
    /// What the code says
    code: String,
    /// Let its holder in: it is used by that
    #[arg(long)]
    admit: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

impl SeatsCommand {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Show(args) => &args.common,
            Self::Add(args) => &args.common,
            Self::Series(args) => &args.common,
            Self::Use(args) => &args.common,
            Self::Free(args) => &args.common,
            Self::Drop(args) => &args.common,
        }
    }

    fn wait(&self) -> Wait {
        match self {
            Self::Show(args) => args.wait.clone(),
            Self::Add(args) => args.wait.clone(),
            Self::Series(args) => args.wait.clone(),
            Self::Use(args) => args.wait.clone(),
            Self::Free(args) => args.wait.clone(),
            Self::Drop(args) => args.wait.clone(),
        }
    }
}

/// Does it, and shows what there is then.
pub(super) async fn run(command: SeatsCommand, output: Output) -> Result<(), Failure> {
    let wait = command.wait();
    let mut session = begin(command.common(), "kuvert desk seats", &wait).await?;
    let what = match command {
        SeatsCommand::Show(_) => None,
        SeatsCommand::Add(args) => {
            let lots = args.lots.iter().map(|lot| lot_of(lot)).collect::<Result<_, _>>()?;
            Some(Seats::Set(CapacityDraft { id: None, title: args.title, lots, when: args.when }))
        }
        SeatsCommand::Series(args) => {
            let day = |word: &String| WEEKDAYS.iter().position(|known| known == word);
            let weekdays = args.on.iter().filter_map(day).filter_map(|day| u8::try_from(day).ok()).collect();
            Some(Seats::Series(SeriesDraft {
                title: args.title,
                first: args.first,
                last: args.last,
                weekdays,
                from: args.from,
                to: args.to,
                length: args.length,
                gap: args.gap,
                each: args.each,
            }))
        }
        SeatsCommand::Use(args) => {
            let id = named(&mut session, &args.title)?;
            Some(Seats::Use { id, form: args.form })
        }
        SeatsCommand::Drop(args) => {
            let id = named(&mut session, &args.title)?;
            Some(Seats::Drop { id })
        }
        SeatsCommand::Free(args) => {
            let conversation = find_contact(&mut session, &args.customer)?;
            let message = last_request(&mut session, conversation.id)?;
            Some(Seats::Free { message })
        }
    };
    if let Some(what) = what {
        wish(&mut session, Wish::Seats(what))?;
    }
    session.until_sent(Instant::now() + wait.timeout).await?;
    let all = shown(&mut session)?;
    let mut lines: Vec<_> = all.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("nothing is limited here; add something: kuvert desk seats add".to_owned());
    }
    let values: Vec<_> = all.iter().map(value).collect();
    output.result(&json!({ "seats": values }), &lines.join("\n"))?;
    session.close().await;
    Ok(())
}

/// Says what there is to say about a ticket.
pub(super) async fn ticket(args: TicketArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk ticket", &args.wait).await?;
    let check = Seats::CheckTicket { code: args.code, admit: args.admit };
    let updates = wish(&mut session, Wish::Seats(check))?;
    let checked = updates.into_iter().find_map(|update| match update {
        DeskUpdate::Ticket(checked) => Some(checked),
        _ => None,
    });
    session.until_sent(Instant::now() + args.wait.timeout).await?;
    let (json, text) = match checked.unwrap_or(CheckedTicket::Unknown) {
        CheckedTicket::Valid { title, seats, name, is_admitted } => {
            let done = if is_admitted { "; it is used now" } else { "" };
            let words = format!("valid: {}, {}, {}{done}", foreign(&title), foreign(&seats), foreign(&name));
            let json = json!({ "ticket": "valid", "title": title, "seats": seats, "name": name, "admitted": is_admitted });
            (json, words)
        }
        CheckedTicket::Used { title, name, at } => {
            let words = format!("used since {}: {}, {}", time(at), foreign(&title), foreign(&name));
            (json!({ "ticket": "used", "title": title, "name": name, "at": at }), words)
        }
        CheckedTicket::Unknown => {
            (json!({ "ticket": "unknown" }), "unknown: no seats belong to this code".to_owned())
        }
    };
    output.result(&json, &text)?;
    session.close().await;
    Ok(())
}

fn shown(session: &mut Session) -> Result<Vec<CapacityView>, Failure> {
    let updates = wish(session, Wish::Seats(Seats::Show))?;
    let found = updates.into_iter().rev().find_map(|update| match update {
        DeskUpdate::Capacities(all) => Some(all),
        _ => None,
    });
    Ok(found.unwrap_or_default())
}

/// The one with this title.
fn named(session: &mut Session, title: &str) -> Result<[u8; 16], Failure> {
    let wanted = title.trim().to_lowercase();
    let all = shown(session)?;
    let found: Vec<_> = all.iter().filter(|one| one.title.to_lowercase() == wanted).collect();
    match found.as_slice() {
        [one] => Ok(one.id),
        _ => Err(Failure::NoSeats),
    }
}

fn lot_of(given: &str) -> Result<(String, u32), Failure> {
    let split = given.rsplit_once('=');
    let lot = split.and_then(|(name, seats)| Some((name.trim().to_owned(), seats.trim().parse().ok()?)));
    lot.ok_or(Failure::NoSeats)
}

fn minutes(given: &str) -> Result<u16, String> {
    let wrong = || "write a time of day like 09:30".to_owned();
    let (hours, minutes) = given.split_once(':').ok_or_else(wrong)?;
    let (hours, minutes): (u16, u16) =
        (hours.parse().map_err(|_| wrong())?, minutes.parse().map_err(|_| wrong())?);
    if hours < 24 && minutes < 60 { Ok(hours * 60 + minutes) } else { Err(wrong()) }
}

fn value(one: &CapacityView) -> Value {
    json!({
        "title": one.title,
        "closes_at": one.closes_at,
        "forms": one.forms,
        "lots": one.lots.iter().map(|lot| json!({
            "name": lot.name, "free": lot.free, "held": lot.held, "confirmed": lot.confirmed,
        })).collect::<Vec<_>>(),
        "holders": one.holders.iter().map(|holder| json!({
            "name": holder.name, "lot": holder.lot, "quantity": holder.quantity, "confirmed": holder.is_confirmed,
        })).collect::<Vec<_>>(),
    })
}

fn line(one: &CapacityView) -> String {
    let used = if one.forms.is_empty() { "no form uses it".to_owned() } else { one.forms.join(", ") };
    let mut lines = vec![format!("{} ({used})", foreign(&one.title))];
    for lot in &one.lots {
        let (name, free) = (foreign(&lot.name), lot.free);
        lines.push(format!("  {name}: {free} free, {} held, {} given away", lot.held, lot.confirmed));
    }
    for holder in &one.holders {
        let how = if holder.is_confirmed { "" } else { " (held)" };
        lines.push(format!(
            "  {}: {} × {}{how}",
            foreign(&holder.name),
            holder.quantity,
            foreign(&holder.lot)
        ));
    }
    lines.join("\n")
}
