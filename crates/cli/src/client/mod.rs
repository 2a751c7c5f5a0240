//! The client commands: each opens the profile, does one thing and ends.

mod chat;
mod contact;
mod description;
mod description_form;
mod desk;
mod desk_calendar;
mod desk_insight;
mod desk_offers;
mod desk_outside;
mod desk_request;
mod desk_seats;
mod desk_shown;
mod desk_tools;
mod failure;
mod file;
mod form;
mod group;
mod guard;
mod history;
mod identity;
mod list;
mod listen;
mod lookup;
mod message;
mod moving;
mod progress;
mod qr;
mod rights;
mod trust;
mod unlock;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use kuvert_client::{Profile, Session, Watch};
use kuvert_view::{
    Connection, ConversationId, Delivery, MessageId, ProfileView, Sender, UiCommand, ViewUpdate,
};
use tokio::time::Instant;

use crate::output::Output;
use failure::Failure;
use lookup::{find, find_contact, id_of};

/// What the exit codes mean.
pub(crate) const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 not done, the message says why; 2 the command line is wrong; 3 another process uses the profile; \
4 time ran out (listen)";

/// Where a new identity has its inbox if nothing else is said.
const DEFAULT_RELAY: &str = "http://localhost:8787";
/// Time to connect and to fetch what waits, before a command goes on with what is known.
const CATCH_UP: Duration = Duration::from_secs(3);
/// Time for what is owed to others (reports) to leave before a command ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Commands of the client.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Make or show your identity
    #[command(subcommand)]
    Id(identity::IdCommand),
    /// Show the link by which others reach you, with a QR code on a terminal
    Link(identity::LinkArgs),
    /// Add, list, accept, decline, block and verify contacts
    #[command(subcommand)]
    Contact(contact::ContactCommand),
    /// Make, list and change groups
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// Answer customers as a team: the desk of a business line
    #[command(subcommand)]
    Desk(desk::DeskCommand),
    /// Send a message
    Send(message::SendArgs),
    /// Show the forms of a business line, or fill one in
    Form(form::FormArgs),
    /// Report messages and other events as they come, one per line
    Listen(listen::ListenArgs),
    /// Show the messages of a conversation
    History(history::HistoryArgs),
    /// Find messages by their words
    Search(history::SearchArgs),
    /// Change the text of a message of yours, for everybody
    Edit(message::EditArgs),
    /// Delete a message of yours for everybody, or any message on this device
    Delete(message::DeleteArgs),
    /// Take a message back whose files are still on their way to the relay
    Cancel(message::CancelArgs),
    /// React to a message
    React(message::ReactArgs),
    /// Show and change what you have decided
    Settings(identity::SettingsArgs),
    /// Save the files of a message
    Save(file::SaveArgs),
    /// Read and write in full screen
    Chat(chat::ChatArgs),
    /// Move everything to another device, or from one to here
    #[command(subcommand)]
    Move(moving::MoveCommand),
    /// Lock the profile with a passphrase or a key file, change it, or lock it no more
    Lock(unlock::LockArgs),
}

/// What all client commands have in common.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Common {
    /// Folder of the profile [env: KUVERT_PROFILE; default: kuvert in the data folder of this user]
    // Not read from the variable by clap, whose usage lines would then all show it.
    #[arg(long, value_name = "DIR")]
    profile: Option<PathBuf>,
    /// Write JSON, for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    unlock: unlock::UnlockArgs,
}

impl ClientCommand {
    /// Runs the command to its end.
    pub(crate) fn run(self) -> ExitCode {
        let common = self.common().clone();
        let output = Output { json: common.json };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let done = match runtime {
            Ok(runtime) => {
                let done = runtime.block_on(self.perform(&common, output));
                // A fetch that nobody waits for must not hold up the end.
                runtime.shutdown_background();
                done
            }
            Err(error) => Err(Failure::System(error)),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            // As for `kuvert history ben | head`: nobody is there who could be told.
            Err(failure) if failure.is_unread() => ExitCode::FAILURE,
            Err(failure) => {
                output.failure(failure.code(), &failure.to_string());
                ExitCode::from(failure.exit())
            }
        }
    }

    fn common(&self) -> &Common {
        match self {
            Self::Id(command) => command.common(),
            Self::Link(args) => &args.common,
            Self::Contact(command) => command.common(),
            Self::Group(command) => command.common(),
            Self::Desk(command) => command.common(),
            Self::Send(args) => &args.common,
            Self::Form(args) => &args.common,
            Self::Listen(args) => &args.common,
            Self::History(args) => &args.common,
            Self::Search(args) => &args.common,
            Self::Edit(args) => &args.common,
            Self::Delete(args) => &args.common,
            Self::Cancel(args) => &args.common,
            Self::React(args) => &args.common,
            Self::Settings(args) => &args.common,
            Self::Save(args) => &args.common,
            Self::Chat(args) => &args.common,
            Self::Lock(args) => &args.common,
            Self::Move(command) => command.common(),
        }
    }

    async fn perform(self, common: &Common, output: Output) -> Result<(), Failure> {
        match self {
            Self::Id(command) => command.run(common, output).await,
            Self::Link(args) => identity::link(args, output).await,
            Self::Contact(command) => command.run(output).await,
            Self::Group(command) => command.run(output).await,
            Self::Desk(command) => command.run(output).await,
            Self::Send(args) => message::send(args, output).await,
            Self::Form(args) => form::form(args, output).await,
            Self::Listen(args) => listen::listen(args, output).await,
            Self::History(args) => history::history(args, output).await,
            Self::Search(args) => history::search(args, output).await,
            Self::Edit(args) => message::edit(args, output).await,
            Self::Delete(args) => message::delete(args, output).await,
            Self::Cancel(args) => message::cancel(args, output).await,
            Self::React(args) => message::react(args, output).await,
            Self::Settings(args) => identity::settings(args, output).await,
            Self::Save(args) => file::save(args, output).await,
            Self::Chat(args) => chat::chat(args, output).await,
            Self::Lock(args) => unlock::lock(&args, output),
            Self::Move(command) => command.run(output).await,
        }
    }
}

/// Opens a profile that has an identity. `command` is what others are told that find the profile in use.
fn open(common: &Common, command: &str) -> Result<(Session, ProfileView), Failure> {
    let folder = folder(common)?;
    let profile = Profile::open(&folder, command, &common.unlock.for_profile(&folder)?)?;
    let mut session = Session::open(profile, DEFAULT_RELAY, Watch::All)?;
    if session.app().is_moving() {
        return Err(moving::NotMoved::Moving.into());
    }
    match session.own_profile() {
        Some(own) => Ok((session, own)),
        None => Err(Failure::NoIdentity { relay: None }),
    }
}

/// The profile's folder.
fn folder(common: &Common) -> Result<PathBuf, Failure> {
    let named = || std::env::var_os("KUVERT_PROFILE").filter(|name| !name.is_empty()).map(PathBuf::from);
    let default = || Some(data_folder()?.join("kuvert"));
    common.profile.clone().or_else(named).or_else(default).ok_or(Failure::NoFolder)
}

/// Where programs keep data of this user.
fn data_folder() -> Option<PathBuf> {
    if cfg!(target_os = "macos") {
        return Some(std::env::home_dir()?.join("Library/Application Support"));
    }
    let named = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    // The XDG specification has relative paths ignored.
    named.filter(|path| path.is_absolute()).or_else(|| Some(std::env::home_dir()?.join(".local/share")))
}

/// Connects and fetches what waits. Says whether everything is here; if not, the relay cannot be reached or is slow.
async fn catch_up(session: &mut Session, within: Duration) -> Result<bool, Failure> {
    session.go_online();
    if session.connection() == Connection::Online {
        return Ok(true);
    }
    let caught_up = session.run_until(Instant::now() + within, |_, update| match update {
        ViewUpdate::Connection(Connection::Online) => ControlFlow::Break(Ok(true)),
        ViewUpdate::Connection(Connection::Offline) => ControlFlow::Break(Ok(false)),
        ViewUpdate::Connection(Connection::Elsewhere) => ControlFlow::Break(Err(Failure::TakenOver)),
        ViewUpdate::Failed(
            failure @ (kuvert_view::Failure::RelayClosed | kuvert_view::Failure::InviteNeeded),
        ) => ControlFlow::Break(Err(failure.into())),
        _ => ControlFlow::Continue(()),
    });
    caught_up.await?.unwrap_or(Ok(false))
}

/// Gives a command that is answered at once, and returns the answers.
fn ask(session: &mut Session, command: UiCommand) -> Result<Vec<ViewUpdate>, Failure> {
    asked(session, |session| session.command(command))
}

/// Does something that is answered at once, and returns the answers.
fn asked(session: &mut Session, wish: impl FnOnce(&mut Session)) -> Result<Vec<ViewUpdate>, Failure> {
    // What has expired goes first: what that changes is no answer.
    session.app();
    while session.poll_update().is_some() {}
    wish(session);
    let mut updates = Vec::new();
    while let Some(update) = session.poll_update() {
        match &update {
            ViewUpdate::Failed(failure) => return Err((*failure).into()),
            ViewUpdate::Guarded(guarded) => return Err(guard::failure(guarded)),
            _ => {}
        }
        updates.push(update);
    }
    Ok(updates)
}

/// The own message that a command wrote down.
fn own_message(updates: &[ViewUpdate]) -> Option<(ConversationId, MessageId)> {
    updates.iter().find_map(|update| match update {
        ViewUpdate::Message { conversation, message } if message.from == Sender::Own => {
            Some((*conversation, message.id))
        }
        _ => None,
    })
}

/// Waits until the relay took a message and everything before and after it, and says what became of it.
async fn sent(
    session: &mut Session,
    (conversation, id): (ConversationId, MessageId),
    deadline: Instant,
) -> Result<&'static str, Failure> {
    session.until_sent(deadline).await?;
    let (page, _) = session.app().page(conversation, Some(MessageId(id.0 + 1)))?;
    match page.last().filter(|message| message.id == id).map(|message| message.delivery) {
        Some(Delivery::Queued) => Ok("queued"),
        Some(Delivery::Failed) => {
            Err(session.app().last_refusal().map_or(Failure::Refused, Failure::RefusedBy))
        }
        _ => Ok("sent"),
    }
}

/// Reads a time limit in seconds, decimals allowed.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    // A year is for ever enough, and clocks can count it.
    Duration::try_from_secs_f64(seconds.min(31_536_000.0)).map_err(|error| error.to_string())
}
