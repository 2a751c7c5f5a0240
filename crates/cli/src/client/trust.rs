//! `kuvert contact verify`, `decline`, `block` and `unblock`: how one stands to a contact.

use kuvert_client::Session;
use kuvert_view::{ConversationView, UiCommand, VerificationView, ViewUpdate};
use serde_json::json;
use tokio::time::Instant;

use super::contact::{report, value};
use super::message::{Wait, delivered};
use super::qr;
use super::{CATCH_UP, Common, Failure, ask, catch_up, find_contact, open};
use crate::output::{Output, foreign};

/// Whom to accept, decline, block or unblock.
#[derive(Debug, clap::Args)]
pub(crate) struct StandingArgs {
    /// Kuvert ID or name
    who: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Whom to verify, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Kuvert ID or name
    who: String,
    /// The code that the contact shows, as it was scanned
    #[arg(long, value_name = "CODE", group = "how")]
    code: Option<String>,
    /// The words are the same on both sides
    #[arg(long, group = "how")]
    same_words: bool,
    /// Take the verification back; after a change of keys: you have looked at it
    #[arg(long, group = "how")]
    undo: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Turns a request down; nothing of it is left.
pub(super) async fn decline(args: StandingArgs, output: Output) -> Result<(), Failure> {
    let (mut session, contact, deadline) = begin(&args, "kuvert contact decline").await?;
    ask(&mut session, UiCommand::Decline { conversation: contact.id })?;
    let delivery = delivered(&mut session, deadline).await?;
    let json =
        json!({ "id": contact.kuvert_id, "name": contact.title, "state": "declined", "delivery": delivery });
    output.result(&json, "declined")?;
    session.close().await;
    Ok(())
}

/// Blocks a contact.
pub(super) async fn block(args: StandingArgs, output: Output) -> Result<(), Failure> {
    let (session, contact, deadline) = begin(&args, "kuvert contact block").await?;
    let wish = UiCommand::Block { conversation: contact.id };
    stand(session, &contact, wish, deadline, output).await
}

/// Lets a contact write again.
pub(super) async fn unblock(args: StandingArgs, output: Output) -> Result<(), Failure> {
    let (session, contact, deadline) = begin(&args, "kuvert contact unblock").await?;
    let wish = UiCommand::Unblock { conversation: contact.id };
    stand(session, &contact, wish, deadline, output).await
}

/// Catches up and finds the contact.
pub(super) async fn begin(
    args: &StandingArgs,
    command: &str,
) -> Result<(Session, ConversationView, Instant), Failure> {
    let (mut session, _) = open(&args.common, command)?;
    let deadline = Instant::now() + args.wait.timeout;
    catch_up(&mut session, CATCH_UP.min(args.wait.timeout)).await?;
    let contact = find_contact(&mut session, &args.who)?;
    Ok((session, contact, deadline))
}

async fn stand(
    mut session: Session,
    contact: &ConversationView,
    wish: UiCommand,
    deadline: Instant,
    output: Output,
) -> Result<(), Failure> {
    ask(&mut session, wish)?;
    let delivery = delivered(&mut session, deadline).await?;
    let contact = find_contact(&mut session, &contact.kuvert_id)?;
    report(output, &contact, Some(delivery))?;
    session.close().await;
    Ok(())
}

/// Shows what two people compare, or notes that they did. Needs no relay.
pub(super) async fn verify(args: VerifyArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert contact verify")?;
    let contact = find_contact(&mut session, &args.who)?;
    let conversation = contact.id;
    let wish = match args {
        VerifyArgs { code: Some(code), .. } => UiCommand::Verify { conversation, code },
        VerifyArgs { same_words: true, .. } => UiCommand::ConfirmWords { conversation },
        VerifyArgs { undo: true, .. } => UiCommand::Unverify { conversation },
        _ => return show(&mut session, &contact, output),
    };
    ask(&mut session, wish)?;
    let contact = find_contact(&mut session, &contact.kuvert_id)?;
    report(output, &contact, None)
}

fn show(session: &mut Session, contact: &ConversationView, output: Output) -> Result<(), Failure> {
    let updates = ask(session, UiCommand::ShowVerification { conversation: contact.id })?;
    let shown = updates.into_iter().find_map(|update| match update {
        ViewUpdate::Verification(shown) => Some(shown),
        _ => None,
    });
    let VerificationView { words, code, .. } = shown.ok_or(Failure::Refused)?;
    let mut json = value(contact, None);
    json["words"] = words.clone().into();
    json["code"] = code.clone().into();
    let name = foreign(&contact.title);
    let words = format!("words to compare with {name}: {}", words.join(" "));
    let below = format!("code for {name} to scan: {code}");
    let next = format!(
        "same words on both sides: kuvert contact verify {id} --same-words; scanned a code: --code CODE",
        id = contact.kuvert_id
    );
    let text = if output.is_terminal() {
        format!("{words}\n{}\n{below}", qr::beside(&code, &[&words, &below, &next]))
    } else {
        format!("{words}\n{below}")
    };
    output.result(&json, &text)?;
    output.note(&next);
    Ok(())
}
