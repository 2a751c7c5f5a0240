//! `kuvert contact`: add, list and accept.

use std::ops::ControlFlow;

use clap::Subcommand;
use kuvert_client::Session;
use kuvert_core::Link;
use kuvert_view::{
    CardView, ContactState, ConversationId, ConversationView, Delivery, MessageId, Trust, UiCommand,
    ViewUpdate,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::list::{ListArgs, Listing, list};
use super::message::Wait;
use super::rights::OwnCommand;
use super::trust::{self, StandingArgs, VerifyArgs};
use super::{CATCH_UP, Common, Failure, ask, catch_up, find_contact, guard, open, own_message, sent};
use crate::output::{Output, foreign};

/// First message if none is given.
const GREETING: &str = "Hello! I would like to write to you.";

const CONTACTS: Listing = Listing {
    command: "kuvert contact list",
    holds: |one| one.group.is_none(),
    line,
    value: |contact| value(contact, None),
    none: "there is no contact yet: kuvert contact add LINK",
};

/// Commands about contacts.
#[derive(Debug, Subcommand)]
pub(crate) enum ContactCommand {
    /// Send a first message to the person behind a link
    Add(AddArgs),
    /// List contacts and requests
    List(ListArgs),
    /// Accept a request, so that both can write
    Accept(StandingArgs),
    /// Turn a request down: nothing of it is left, and who asked is not told
    Decline(StandingArgs),
    /// Block a contact: nothing of them arrives any more, and they are not told
    Block(StandingArgs),
    /// Let a contact write again
    Unblock(StandingArgs),
    /// Show what to compare in person, or note that it is the same
    Verify(VerifyArgs),
    #[command(flatten)]
    Own(OwnCommand),
}

/// Whom to add.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// The link, as in https://relay.example/c/ID#SECRET; quote it
    link: String,
    /// First message
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// Send the message to a business line although it looks like an IBAN or another number that the line warns of
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

impl ContactCommand {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Add(args) => &args.common,
            Self::List(args) => &args.common,
            Self::Accept(args) | Self::Decline(args) | Self::Block(args) | Self::Unblock(args) => {
                &args.common
            }
            Self::Verify(args) => &args.common,
            Self::Own(command) => command.common(),
        }
    }

    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        match self {
            Self::Add(args) => add(args, output).await,
            Self::List(args) => list(&args, &CONTACTS, output).await,
            Self::Accept(args) => accept(args, output).await,
            Self::Decline(args) => trust::decline(args, output).await,
            Self::Block(args) => trust::block(args, output).await,
            Self::Unblock(args) => trust::unblock(args, output).await,
            Self::Verify(args) => trust::verify(args, output).await,
            Self::Own(command) => command.run(output).await,
        }
    }
}

async fn add(args: AddArgs, output: Output) -> Result<(), Failure> {
    let link = Link::parse(&args.link).map_err(|_| Failure::BadLink)?;
    let relay = Some(link.origin().to_owned());
    let (mut session, _) = open(&args.common, "kuvert contact add").map_err(|failure| match failure {
        Failure::NoIdentity { .. } => Failure::NoIdentity { relay: relay.clone() },
        failure => failure,
    })?;
    let deadline = Instant::now() + args.wait.timeout;
    catch_up(&mut session, CATCH_UP.min(args.wait.timeout)).await?;
    let card = open_card(&mut session, &args.link, deadline).await?;
    if card.own {
        return Err(Failure::OwnLink);
    }
    let failed = match card.conversation {
        Some(conversation) => failed_request(&mut session, conversation)?,
        None => None,
    };
    let wish = match (args.message, failed) {
        // A new text goes, and not the one that did not get there.
        (Some(text), _) => Some(UiCommand::SendRequest { link: args.link, text }),
        (None, Some(message)) => Some(UiCommand::Retry { message }),
        (None, None) if card.conversation.is_none() => {
            Some(UiCommand::SendRequest { link: args.link, text: GREETING.to_owned() })
        }
        // Somebody who is a contact already gets no greeting.
        (None, None) => None,
    };
    let mut delivery = None;
    if let Some(wish) = wish {
        let updates = ask(&mut session, guard::confirmed(wish, args.anyway))?;
        let message = own_message(&updates).ok_or(Failure::Refused)?;
        delivery = Some(sent(&mut session, message, deadline).await?);
    }
    let contact = find_contact(&mut session, &card.kuvert_id)?;
    report(output, &contact, delivery)?;
    session.close().await;
    Ok(())
}

/// The first message of a request that the relay refused, and that can be tried again.
fn failed_request(session: &mut Session, conversation: ConversationId) -> Result<Option<MessageId>, Failure> {
    let (page, has_older) = session.app().page(conversation, None)?;
    let has_failed = !has_older && page.iter().all(|message| message.delivery == Delivery::Failed);
    Ok(page.last().filter(|_| has_failed).map(|newest| newest.id))
}

async fn open_card(session: &mut Session, link: &str, deadline: Instant) -> Result<CardView, Failure> {
    session.command(UiCommand::OpenLink { link: link.to_owned() });
    let opened = session.run_until(deadline, |_, update| match update {
        ViewUpdate::Card(card) => ControlFlow::Break(Ok(card)),
        ViewUpdate::Failed(failure) => ControlFlow::Break(Err(failure)),
        _ => ControlFlow::Continue(()),
    });
    Ok(opened.await?.ok_or(Failure::Unreachable)??)
}

async fn accept(args: StandingArgs, output: Output) -> Result<(), Failure> {
    let (mut session, contact, deadline) = trust::begin(&args, "kuvert contact accept").await?;
    match contact.state {
        ContactState::Requested => return Err(Failure::NothingToAccept),
        ContactState::Asking => {
            ask(&mut session, UiCommand::Accept { conversation: contact.id })?;
        }
        ContactState::Accepted => {}
    }
    let is_sent = session.until_sent(deadline).await?;
    let contact = find_contact(&mut session, &contact.kuvert_id)?;
    report(output, &contact, Some(if is_sent { "sent" } else { "queued" }))?;
    session.close().await;
    Ok(())
}

pub(super) fn report(
    output: Output,
    contact: &ConversationView,
    delivery: Option<&str>,
) -> Result<(), Failure> {
    let mut text = line(contact);
    if delivery == Some("queued") {
        text.push_str("  (queued: sent by the next command that reaches the relay)");
    }
    Ok(output.result(&value(contact, delivery), &text)?)
}

fn line(contact: &ConversationView) -> String {
    let (state, trust) = (state(contact), trust(contact.trust));
    format!("{}  {state:9}  {trust:10}  {}", contact.kuvert_id, foreign(&contact.title))
}

pub(super) fn value(contact: &ConversationView, delivery: Option<&str>) -> Value {
    let mut value = json!({
        "id": contact.kuvert_id,
        "name": contact.title,
        "state": state(contact),
        "trust": trust(contact.trust),
    });
    if let Some(delivery) = delivery {
        value["delivery"] = delivery.into();
    }
    value
}

fn state(contact: &ConversationView) -> &'static str {
    match contact.state {
        _ if contact.blocked => "blocked",
        ContactState::Requested => "requested",
        ContactState::Asking => "asking",
        ContactState::Accepted => "accepted",
    }
}

fn trust(trust: Trust) -> &'static str {
    match trust {
        Trust::New => "new",
        Trust::Introduced => "introduced",
        Trust::Verified => "verified",
        Trust::Changed => "changed",
    }
}
