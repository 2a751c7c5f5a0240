//! Lists of conversations: `kuvert contact list` and `kuvert group list`.

use kuvert_view::ConversationView;
use serde_json::Value;
use tokio::time::Instant;

use super::{CATCH_UP, Common, Failure, LAST_WORDS, catch_up, open};
use crate::output::Output;

/// How to list.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Show what is known here, without asking the relay
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Which conversations to list, and how.
pub(super) struct Listing {
    /// The command, as others are told that find the profile in use.
    pub(super) command: &'static str,
    pub(super) holds: fn(&ConversationView) -> bool,
    pub(super) line: fn(&ConversationView) -> String,
    pub(super) value: fn(&ConversationView) -> Value,
    /// What people are told if there is none.
    pub(super) none: &'static str,
}

/// Lists conversations, the most recent first, after fetching what waits unless told otherwise.
pub(super) async fn list(args: &ListArgs, listing: &Listing, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, listing.command)?;
    let is_online = !args.offline && catch_up(&mut session, CATCH_UP).await?;
    if !is_online && !args.offline {
        output.note("the relay cannot be reached; this is what is known here");
    }
    let mut listed = session.app().conversations()?;
    listed.retain(listing.holds);
    let lines: Vec<_> = listed.iter().map(listing.line).collect();
    if output.json || !lines.is_empty() {
        output.result(&Value::Array(listed.iter().map(listing.value).collect()), &lines.join("\n"))?;
    } else {
        output.note(listing.none);
    }
    if is_online {
        session.until_sent(Instant::now() + LAST_WORDS).await?;
    }
    session.close().await;
    Ok(())
}
