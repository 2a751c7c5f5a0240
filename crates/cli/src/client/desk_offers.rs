//! `kuvert desk offers`, `offer`, `take`, `decline`: requests that go to whoever takes them first.

use kuvert_client::Session;
use kuvert_view::{
    ConversationId, ConversationView, DataView, DeskCommand as Wish, DeskUpdate, DispatchCommand, MessageId,
    OfferView, Sender,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::desk::{CaseArgs, begin, member, wish};
use super::desk_shown::show_case;
use super::lookup::find_contact;
use super::message::Wait;
use super::{Common, Failure};
use crate::output::{Output, foreign, time};

/// Which offers to show.
#[derive(Debug, clap::Args)]
pub(crate) struct OffersArgs {
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What to offer, and to whom.
#[derive(Debug, clap::Args)]
pub(crate) struct OfferArgs {
    /// Kuvert ID or name of the customer whose last request it is
    customer: String,
    /// Name of a member to whom it is offered; may be repeated. Without one, it is offered to everybody on duty
    #[arg(long, value_name = "MEMBER")]
    to: Vec<String>,
    /// Seconds until every agent may take it
    #[arg(long = "for", value_name = "SECONDS", default_value = "180")]
    seconds: u32,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn offers(args: OffersArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk offers", &args.wait).await?;
    session.until_sent(Instant::now() + args.wait.timeout).await?;
    let offers = shown(&mut session)?;
    let mut lines: Vec<_> = offers.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("nothing is offered to you".to_owned());
    }
    let values: Vec<_> = offers.iter().map(value).collect();
    output.result(&json!({ "offers": values }), &lines.join("\n"))?;
    session.close().await;
    Ok(())
}

pub(super) async fn offer(args: OfferArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk offer", &args.wait).await?;
    let conversation = find_contact(&mut session, &args.customer)?;
    let message = last_request(&mut session, conversation.id)?;
    let to = args.to.iter().map(|name| member(&mut session, name)).collect::<Result<Vec<_>, _>>()?;
    let offer = DispatchCommand::Offer { message, to, seconds: args.seconds };
    done(session, &conversation, offer, &args.wait, output).await
}

pub(super) async fn take(args: CaseArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk take", &args.wait).await?;
    let conversation = find_contact(&mut session, &args.customer)?;
    let message = last_request(&mut session, conversation.id)?;
    done(session, &conversation, DispatchCommand::Take { message }, &args.wait, output).await
}

pub(super) async fn decline(args: CaseArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk decline", &args.wait).await?;
    let conversation = find_contact(&mut session, &args.customer)?;
    let message = last_request(&mut session, conversation.id)?;
    done(session, &conversation, DispatchCommand::Decline { message }, &args.wait, output).await
}

/// Says it, waits for how it counts, and shows who looks after the customer then: who was too late reads who was first.
async fn done(
    mut session: Session,
    conversation: &ConversationView,
    what: DispatchCommand,
    wait: &Wait,
    output: Output,
) -> Result<(), Failure> {
    wish(&mut session, Wish::Dispatch(what))?;
    session.until_sent(Instant::now() + wait.timeout).await?;
    show_case(&mut session, conversation, output)?;
    session.close().await;
    Ok(())
}

/// The newest request of a customer.
pub(super) fn last_request(
    session: &mut Session,
    conversation: ConversationId,
) -> Result<MessageId, Failure> {
    let (messages, _) = session.app().page(conversation, None)?;
    let found = messages.iter().rev().find(|message| {
        message.from == Sender::Contact && matches!(message.data, Some(DataView::Request(_)))
    });
    found.map(|message| message.id).ok_or(Failure::NoRequest)
}

fn shown(session: &mut Session) -> Result<Vec<OfferView>, Failure> {
    let updates = wish(session, Wish::Dispatch(DispatchCommand::Show))?;
    let found = updates.into_iter().rev().find_map(|update| match update {
        DeskUpdate::Offers(offers) => Some(offers),
        _ => None,
    });
    Ok(found.unwrap_or_default())
}

fn value(offer: &OfferView) -> Value {
    json!({
        "name": offer.name,
        "text": offer.text,
        "at": offer.at,
        "until": offer.until,
        "escalated": offer.is_escalated,
        "for_you": offer.is_for_me,
    })
}

fn line(offer: &OfferView) -> String {
    let how = match (offer.is_escalated, offer.is_for_me) {
        (true, _) => "nobody took it in time".to_owned(),
        (false, true) => format!("to be taken until {}", time(offer.until)),
        (false, false) => "offered to others".to_owned(),
    };
    let words = foreign(&offer.text).replace('\n', "\n  ");
    format!("{}: {how}\n  {words}", foreign(&offer.name))
}
