//! `kuvert desk request`: what customers asked by forms, and where that stands.

use kuvert_client::Session;
use kuvert_view::{
    ConversationId, DataView, DeskCommand as Wish, MessageId, MessageView, RequestView, Sender,
};
use serde_json::json;
use tokio::time::Instant;

use super::desk::{begin, wish};
use super::lookup::find_contact;
use super::message::{Wait, message_id};
use super::{Common, Failure};
use crate::output::{Output, foreign};

/// Pages of a conversation in which requests are looked for.
const MAX_PAGES: usize = 20;

/// Which request, and where it stands.
#[derive(Debug, clap::Args)]
pub(crate) struct RequestArgs {
    /// Kuvert ID or name of the customer
    customer: String,
    /// Where the request is to stand: the name of a state; without it, all requests are shown
    state: Option<String>,
    /// What to tell the customer about it
    #[arg(long, default_value = "", hide_default_value = true, requires = "state")]
    say: String,
    /// Which request, by the number of its message; else the newest
    #[arg(long, value_name = "ID", value_parser = message_id)]
    message: Option<MessageId>,
    /// The language of the states' names
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Shows requests, or moves one on.
pub(super) async fn request(args: RequestArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk request", &args.wait).await?;
    let conversation = find_contact(&mut session, &args.customer)?.id;
    if let Some(state) = &args.state {
        let found = requests(&mut session, conversation)?;
        let is_meant = |(message, _): &&(MessageView, RequestView)| match args.message {
            Some(id) => message.id == id,
            None => true,
        };
        let (message, request) = found.iter().find(is_meant).ok_or(Failure::NoRequest)?;
        let is_named = |(_, label): &&(u8, kuvert_desk::text::Text)| {
            label.0.iter().any(|(_, words)| words.eq_ignore_ascii_case(state.trim()))
        };
        let (state, _) = request.ways.iter().find(is_named).ok_or(Failure::NoRequest)?;
        let (message, state) = (message.id, *state);
        wish(&mut session, Wish::SetRequest { message, state, note: args.say, appointment: None })?;
        session.until_sent(Instant::now() + args.wait.timeout).await?;
    }
    let found = requests(&mut session, conversation)?;
    show(&found, &args.language, output)?;
    session.close().await;
    Ok(())
}

/// The requests of a customer, the newest first.
fn requests(
    session: &mut Session,
    conversation: ConversationId,
) -> Result<Vec<(MessageView, RequestView)>, Failure> {
    let (mut found, mut before) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let (page, has_older) = session.app().page(conversation, before)?;
        before = page.first().map(|message| message.id);
        for mut message in page.into_iter().rev() {
            if let Some(DataView::Request(request)) =
                message.data.take().filter(|_| message.from == Sender::Contact)
            {
                found.push((message, request));
            }
        }
        if !has_older {
            break;
        }
    }
    Ok(found)
}

fn show(found: &[(MessageView, RequestView)], language: &str, output: Output) -> Result<(), Failure> {
    let state = |request: &RequestView| match &request.status {
        Some(status) => status.state.get(language).to_owned(),
        None => request.first.get(language).to_owned(),
    };
    let ways = |request: &RequestView| {
        request.ways.iter().map(|(_, label)| label.get(language).to_owned()).collect::<Vec<_>>()
    };
    let mut lines = Vec::new();
    for (message, request) in found {
        lines.push(format!("#{} {}", message.id.0, foreign(&message.text.replace('\n', "\n  "))));
        let next = ways(request).join(", ");
        let next = if next.is_empty() { next } else { format!("; can go to: {next}") };
        lines.push(format!("  stands at: {}{next}", state(request)));
    }
    if lines.is_empty() {
        lines.push("this customer has filled in no form".to_owned());
    }
    let all: Vec<_> = found
        .iter()
        .map(|(message, request)| {
            json!({
                "message": message.id.0,
                "form": request.form,
                "text": message.text,
                "state": state(request),
                "ways": ways(request),
            })
        })
        .collect();
    output.result(&json!({ "requests": all }), &lines.join("\n"))?;
    Ok(())
}
