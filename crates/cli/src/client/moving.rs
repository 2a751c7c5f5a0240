//! `kuvert move`: the profile to another device, or here.

use std::time::Duration;

use clap::Subcommand;
use kuvert_client::Profile;
use kuvert_client::moving::{self, MoveFailure};
use kuvert_core::moving::{MoveError, Verdict};
use kuvert_core::{ClientError, Refusal};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::message::Wait;
use super::{Common, Failure, folder, qr, seconds};
use crate::output::Output;

/// Pause between two looks at whether another device took the profile.
const LOOK: Duration = Duration::from_secs(2);

/// Commands that move a profile.
#[derive(Debug, Subcommand)]
pub(crate) enum MoveCommand {
    /// Leave this device: shows a link by which another one takes the profile, and deletes it here once it did
    Out(OutArgs),
    /// Take a profile from another device
    In(InArgs),
    /// End a move, and go on at this device
    Stay(StayArgs),
}

/// How to leave.
#[derive(Debug, clap::Args)]
pub(crate) struct OutArgs {
    /// Show the link and end, without waiting for the other device
    #[arg(long)]
    no_wait: bool,
    /// Seconds to wait for the other device; after that the link still holds, and the next time the profile is deleted here
    #[arg(long, value_name = "S", default_value = "600", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    common: Common,
}

/// What to take.
#[derive(Debug, clap::Args)]
pub(crate) struct InArgs {
    /// The link that the other device shows; quote it
    link: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// How to stay.
#[derive(Debug, clap::Args)]
pub(crate) struct StayArgs {
    /// Also after more than 25 days, when the relay may have forgotten whether the other device has it: two devices with one
    /// profile lose messages
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

impl MoveCommand {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Out(args) => &args.common,
            Self::In(args) => &args.common,
            Self::Stay(args) => &args.common,
        }
    }

    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        match self {
            Self::Out(args) => out(&args, output).await,
            Self::In(args) => take(&args, output).await,
            Self::Stay(args) => stay(&args, output).await,
        }
    }
}

async fn out(args: &OutArgs, output: Output) -> Result<(), Failure> {
    let profile = opened(&args.common, "kuvert move out")?;
    let deadline = Instant::now() + args.timeout;
    let link = moving::leave(&profile, deadline).await?.to_string();
    let note = "whoever has this link has everything; open it on the other device within 30 days, or end this: kuvert move stay";
    let shown = if output.is_terminal() { qr::beside(&link, &[&link]) } else { link.clone() };
    output.result(&json!({ "link": link, "note": note }), &format!("{shown}\n{note}"))?;
    if args.no_wait {
        return Ok(());
    }
    while Instant::now() < deadline {
        if moving::watch(&profile, deadline).await? == Verdict::Elsewhere {
            profile.delete()?;
            let gone = "the other device has it; here it is deleted";
            output.result(&json!({ "moved": true }), gone)?;
            return Ok(());
        }
        sleep(LOOK).await;
    }
    Ok(())
}

async fn take(args: &InArgs, output: Output) -> Result<(), Failure> {
    let (folder, unlock) = (folder(&args.common)?, args.common.unlock.for_new_profile()?);
    if folder.join("kuvert.db").exists() {
        return Err(NotMoved::ProfileThere.into());
    }
    let deadline = Instant::now() + args.wait.timeout;
    let (profile, verdict) = moving::take(&folder, "kuvert move in", &args.link, &unlock, deadline).await?;
    settled(profile, verdict, output)
}

async fn stay(args: &StayArgs, output: Output) -> Result<(), Failure> {
    let profile = opened(&args.common, "kuvert move stay")?;
    let verdict = moving::stay(&profile, args.anyway, Instant::now() + args.wait.timeout).await?;
    settled(profile, verdict, output)
}

fn settled(profile: Profile, verdict: Verdict, output: Output) -> Result<(), Failure> {
    match verdict {
        Verdict::Here => {
            output.result(&json!({ "moved": true }), "the profile is here, and nowhere else")?;
            Ok(())
        }
        Verdict::Elsewhere => {
            profile.delete()?;
            Err(NotMoved::Away.into())
        }
        Verdict::Open => Err(NotMoved::Open.into()),
    }
}

fn opened(common: &Common, command: &str) -> Result<Profile, Failure> {
    let folder = folder(common)?;
    let unlock = common.unlock.for_profile(&folder)?;
    Ok(Profile::open(&folder, command, &unlock)?)
}

/// Why a profile did not move.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMoved {
    #[error(
        "this profile is moving to another device; take it there with the link, or stay here: kuvert move stay"
    )]
    Moving,
    #[error("this profile is not moving, or has said already that it stays; to move it: kuvert move out")]
    NotMoving,
    #[error(
        "a device of a business line does not move; invite the new device and dismiss this one: kuvert desk"
    )]
    LineStays,
    #[error(transparent)]
    There(MoveError),
    #[error(
        "it is not decided yet on which device this profile goes on: another one was interrupted while it said so; \
         try again later, within a day"
    )]
    Open,
    #[error(
        "this profile moves for more than 25 days, and the relay may have forgotten whether another device has it; \
         if none has: kuvert move stay --anyway"
    )]
    LongAgo,
    #[error("this profile went on at another device, and was deleted here")]
    Away,
    #[error("there is a profile in this folder already, which stays; name another one: --profile DIR")]
    ProfileThere,
}

impl NotMoved {
    /// For programs; stays the same from version to version.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Moving => "moving",
            Self::NotMoving => "not_moving",
            Self::LineStays => "line_stays",
            Self::There(_) => "not_moved",
            Self::Open => "move_open",
            Self::LongAgo => "moving_long",
            Self::Away => "moved_away",
            Self::ProfileThere => "profile_exists",
        }
    }
}

impl From<MoveFailure> for Failure {
    fn from(failure: MoveFailure) -> Self {
        match failure {
            MoveFailure::Profile(error) => error.into(),
            MoveFailure::Engine(ClientError::Refused(Refusal::NotMoving)) => NotMoved::NotMoving.into(),
            MoveFailure::Engine(ClientError::Refused(Refusal::TooLate)) => NotMoved::LongAgo.into(),
            MoveFailure::Engine(ClientError::Refused(Refusal::IsLine)) => NotMoved::LineStays.into(),
            MoveFailure::Engine(error) => error.into(),
            MoveFailure::Move(error) => NotMoved::There(error).into(),
            MoveFailure::Unreachable => Self::Unreachable,
        }
    }
}
