//! `kuvert id` and `kuvert link`: who the user is, and how others reach them.

use std::ops::ControlFlow;
use std::time::Duration;

use clap::Subcommand;
use kuvert_client::{Profile, Session, Watch};
use kuvert_view::{Connection, ProfileView, UiCommand, ViewUpdate};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::message::Wait;
use super::qr;
use super::{CATCH_UP, Common, DEFAULT_RELAY, Failure, ask, catch_up, folder, open};
use crate::output::{Output, foreign};

/// Time for an invitation to reach the relay.
const ADMISSION: Duration = Duration::from_secs(10);
/// Pause after which a relay that cannot be reached is asked for the link again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Commands about the identity.
#[derive(Debug, Subcommand)]
pub(crate) enum IdCommand {
    /// Make an identity
    Create(CreateArgs),
    /// Show the identity
    Show(ShowArgs),
    /// Show another invitation to the relay, which did not take the one before
    Invite(InviteArgs),
}

/// How to make an identity.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateArgs {
    /// Name that contacts see first, 1 to 64 characters
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Relay at which you receive; it cannot be changed later
    #[arg(long, value_name = "URL", default_value = DEFAULT_RELAY)]
    relay: String,
    /// Invitation, where the relay takes new people by invitation only
    #[arg(long, value_name = "CODE", allow_hyphen_values = true)]
    invite: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Which invitation to show.
#[derive(Debug, clap::Args)]
pub(crate) struct InviteArgs {
    /// The invitation, as the relay's operator handed it on
    #[arg(value_name = "CODE", allow_hyphen_values = true)]
    code: String,
    #[command(flatten)]
    common: Common,
}

/// What to show of the identity.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    common: Common,
}

/// What to decide.
#[derive(Debug, clap::Args)]
pub(crate) struct SettingsArgs {
    /// Whether contacts are told that you have read their messages
    #[arg(long, value_name = "on|off", value_parser = on_or_off)]
    read_reports: Option<bool>,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What to show of the link.
#[derive(Debug, clap::Args)]
pub(crate) struct LinkArgs {
    /// Take the link back, so that it leads nowhere any more, and show a new one; contacts stay
    #[arg(long, conflicts_with = "revoke")]
    new: bool,
    /// Take the link back, so that it leads nowhere any more; contacts stay
    #[arg(long)]
    revoke: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

impl IdCommand {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Create(args) => &args.common,
            Self::Show(args) => &args.common,
            Self::Invite(args) => &args.common,
        }
    }

    pub(super) async fn run(self, common: &Common, output: Output) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create(args, output).await,
            Self::Show(_) => {
                let (_, own) = open(common, "kuvert id show")?;
                show(&own, output)
            }
            Self::Invite(args) => {
                let (mut session, own) = open(common, "kuvert id invite")?;
                ask(&mut session, UiCommand::UseInvite { invite: args.code })?;
                if !catch_up(&mut session, ADMISSION).await? {
                    return Err(Failure::Unreachable);
                }
                show(&own, output)?;
                session.close().await;
                Ok(())
            }
        }
    }
}

async fn create(args: CreateArgs, output: Output) -> Result<(), Failure> {
    let unlock = args.common.unlock.for_new_profile()?;
    let profile = Profile::open_or_create(&folder(&args.common)?, "kuvert id create", &unlock)?;
    let mut session = Session::open(profile, &args.relay, Watch::All)?;
    ask(&mut session, UiCommand::CreateIdentity { name: args.name, invite: args.invite }).map_err(
        |failure| match failure {
            // Nothing was tried to be reached here: the address itself is wrong.
            Failure::Unreachable => Failure::RelayInvalid,
            failure => failure,
        },
    )?;
    let own = session.own_profile().ok_or(Failure::NoIdentity { relay: None })?;
    let (state, note) = match catch_up(&mut session, CATCH_UP).await {
        Ok(true) => ("ready", "others reach you by your link: kuvert link".to_owned()),
        Ok(false) => {
            let note = format!(
                "the relay {} has not answered yet: is that its address? Every command tries again; the address cannot \
                 be changed",
                own.relay
            );
            ("unreachable", note)
        }
        // The identity is made all the same.
        Err(failure @ (Failure::RelayClosed | Failure::InviteNeeded)) => {
            (failure.code(), failure.to_string())
        }
        Err(failure) => return Err(failure),
    };
    let (mut json, text) = shown(&own);
    json["state"] = state.into();
    output.result(&json, &text)?;
    output.note(&note);
    session.close().await;
    Ok(())
}

fn show(own: &ProfileView, output: Output) -> Result<(), Failure> {
    let (json, text) = shown(own);
    Ok(output.result(&json, &text)?)
}

fn shown(own: &ProfileView) -> (Value, String) {
    let json = json!({ "id": own.kuvert_id, "name": own.name, "relay": own.relay });
    (json, format!("{}  {}  {}", own.kuvert_id, foreign(&own.name), own.relay))
}

/// Shows the link, which is made the first time, or takes it back.
pub(super) async fn link(args: LinkArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert link")?;
    let deadline = Instant::now() + args.wait.timeout;
    let revoked = if args.new || args.revoke { Some(revoke(&mut session, deadline).await?) } else { None };
    if revoked == Some(false) {
        output.note(
            "the relay does not know yet that the link is revoked: the next command that reaches it says so",
        );
    }
    if args.revoke {
        let state = if revoked == Some(true) { "revoked" } else { "queued" };
        output.result(&json!({ "link": null, "state": state }), state)?;
        session.close().await;
        return Ok(());
    }
    session.go_online();
    let link = shown_link(&mut session, deadline).await?;
    // Who opens the link finds an inbox, and keys in it.
    catch_up(&mut session, CATCH_UP).await?;
    let text =
        if output.is_terminal() { format!("{}\n{link}", qr::beside(&link, &[&link])) } else { link.clone() };
    output.result(&json!({ "link": link }), &text)?;
    session.close().await;
    Ok(())
}

/// Asks for the link until the relay holds its card, or time is over.
async fn shown_link(session: &mut Session, deadline: Instant) -> Result<String, Failure> {
    loop {
        session.command(UiCommand::ShowLink);
        let shown = session.run_until(deadline, |_, update| match update {
            ViewUpdate::Link { link } => ControlFlow::Break(Ok(link)),
            ViewUpdate::Failed(failure) => ControlFlow::Break(Err(failure)),
            _ => ControlFlow::Continue(()),
        });
        match shown.await?.ok_or(Failure::LinkNotPublished)? {
            Ok(link) => return Ok(link),
            Err(kuvert_view::Failure::Unreachable) => {}
            Err(failure) => return Err(failure.into()),
        }
        // The session tries to connect again meanwhile.
        let pause = deadline.min(Instant::now() + ASK_AGAIN);
        session.run_until(pause, |_, _| ControlFlow::<()>::Continue(())).await?;
        if Instant::now() >= deadline {
            return Err(Failure::LinkNotPublished);
        }
    }
}

/// Shows the settings, after changing them if asked to. Needs no relay.
pub(super) async fn settings(args: SettingsArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert settings")?;
    let wish = args.read_reports.map_or(UiCommand::ShowSettings, |on| UiCommand::SetReadReports { on });
    let updates = ask(&mut session, wish)?;
    let shown = updates.into_iter().find_map(|update| match update {
        ViewUpdate::Settings(settings) => Some(settings),
        _ => None,
    });
    let on = shown.ok_or(Failure::Refused)?.read_reports;
    let text = format!("read reports: {}", if on { "on" } else { "off" });
    Ok(output.result(&json!({ "read_reports": on }), &text)?)
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off".to_owned()),
    }
}

/// Takes the link back; says whether the relay knows it.
async fn revoke(session: &mut Session, deadline: Instant) -> Result<bool, Failure> {
    session.command(UiCommand::RevokeLink);
    session.go_online();
    let revoked = session.run_until(deadline, |_, update| match update {
        ViewUpdate::LinkRevoked => ControlFlow::Break(Ok(true)),
        ViewUpdate::Connection(Connection::Offline) => ControlFlow::Break(Ok(false)),
        ViewUpdate::Connection(Connection::Elsewhere) => ControlFlow::Break(Err(Failure::TakenOver)),
        ViewUpdate::Failed(failure) => ControlFlow::Break(Err(failure.into())),
        _ => ControlFlow::Continue(()),
    });
    revoked.await?.unwrap_or(Ok(false))
}
