//! `kuvert desk`: the desk of a business line, at which a team answers customers.
//!
//! What is done here becomes an event, and counts when it comes back in the order that all devices of the line see. So each
//! command waits for that, and says how it stands then: who claims second is told who was first.

use clap::{Subcommand, ValueEnum};
use kuvert_client::{Profile, Session, Watch};
use kuvert_view::{
    CaseStatus, ConversationView, DeskCommand as Wish, DeskUpdate, DeskView, MemberId, QueueFilter, TeamRole,
    UiCommand, ViewUpdate,
};
use serde_json::json;
use tokio::time::Instant;

use super::description;
use super::desk_calendar;
use super::desk_offers;
use super::desk_outside;
use super::desk_request;
use super::desk_seats;
use super::desk_shown::{show_case, show_desk, show_queue};
use super::desk_tools::DeskTool;
use super::lookup::find_contact;
use super::message::Wait;
use super::qr;
use super::rights::RightsCommand;
use super::{CATCH_UP, Common, DEFAULT_RELAY, Failure, ask, catch_up, folder, open};
use crate::output::Output;

/// Commands at a desk.
#[derive(Debug, Subcommand)]
pub(crate) enum DeskCommand {
    /// Make a business line, of which you are the owner
    Create(CreateArgs),
    /// Become one of a line's team by the link that its owner handed out
    Join(JoinArgs),
    /// Say what the line is, and make its link and QR code for customers
    Publish(PublishArgs),
    /// Make a link by which one colleague joins with one device
    Invite(InviteArgs),
    /// Show the line and who is in its team
    Show(ShowArgs),
    /// Show the conversations that wait, who waits longest first
    Queue(QueueArgs),
    /// Show what the team knows of a conversation: who looks after it, notes, labels
    Case(CaseArgs),
    /// Look after a conversation, if nobody does
    Claim(CaseArgs),
    /// Look after a conversation no longer
    Release(CaseArgs),
    /// Look after a conversation in the place of somebody else
    TakeOver(CaseArgs),
    /// Have another member look after a conversation
    HandOver(HandOverArgs),
    /// Write a note that the customer does not see
    Note(NoteArgs),
    /// Say where a conversation stands
    Status(StatusArgs),
    /// Show what a customer asked by forms, and say where it stands
    Request(desk_request::RequestArgs),
    /// Show requests that are offered to you
    Offers(desk_offers::OffersArgs),
    /// Offer a customer's last request to members: whoever takes it first has it
    Offer(desk_offers::OfferArgs),
    /// Take a request that is offered to you, and look after its customer
    Take(CaseArgs),
    /// Do not take a request that is offered to you, or give one back
    Decline(CaseArgs),
    /// What has limited seats: performances, tables, appointments
    #[command(subcommand)]
    Seats(desk_seats::SeatsCommand),
    /// Keep what was agreed on with customers in your own calendar (CalDAV); the web page cannot, it offers files
    #[command(subcommand)]
    Calendar(desk_calendar::CalendarCommand),
    /// Check the code of a ticket
    Ticket(desk_seats::TicketArgs),
    /// Go on duty or off
    Duty(DutyArgs),
    /// Take a member, and their device, out of the line
    Dismiss(MemberArgs),
    #[command(flatten)]
    Rights(RightsCommand),
    #[command(flatten)]
    Tool(DeskTool),
}

/// How to make a line.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateArgs {
    /// Name of the line, 1 to 64 characters; customers see it
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Your own name, for colleagues
    #[arg(long, value_name = "NAME")]
    person: String,
    /// Relay at which the line receives; it cannot be changed later
    #[arg(long, value_name = "URL", default_value = DEFAULT_RELAY)]
    relay: String,
    /// Invitation, where the relay takes new people by invitation only
    #[arg(long, value_name = "CODE", allow_hyphen_values = true)]
    invite: Option<String>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which line to join.
#[derive(Debug, clap::Args)]
pub(crate) struct JoinArgs {
    /// The link that an owner handed out
    link: String,
    /// Your own name, for colleagues
    #[arg(long, value_name = "NAME")]
    person: String,
    /// Invitation, where the relay takes new people by invitation only
    #[arg(long, value_name = "CODE", allow_hyphen_values = true)]
    invite: Option<String>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What the line is.
#[derive(Debug, clap::Args)]
pub(crate) struct PublishArgs {
    /// Description of the line; kuvert desk publish --example shows one
    #[arg(value_name = "FILE.toml", required_unless_present = "example")]
    file: Option<std::path::PathBuf>,
    /// Write an example of a description, and do nothing else
    #[arg(long, conflicts_with = "file")]
    example: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What a colleague may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Role {
    ReadOnly,
    Agent,
    Supervisor,
    Owner,
}

impl From<Role> for TeamRole {
    fn from(role: Role) -> Self {
        match role {
            Role::ReadOnly => Self::ReadOnly,
            Role::Agent => Self::Agent,
            Role::Supervisor => Self::Supervisor,
            Role::Owner => Self::Owner,
        }
    }
}

/// Whom to invite.
#[derive(Debug, clap::Args)]
pub(crate) struct InviteArgs {
    /// What they may do; an owner holds the line's keys as you do
    #[arg(long, value_enum, default_value = "agent")]
    role: Role,
    #[command(flatten)]
    common: Common,
}

/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which conversations.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Filter {
    New,
    Mine,
    All,
    Waiting,
    Done,
}

/// Which conversations to show.
#[derive(Debug, clap::Args)]
pub(crate) struct QueueArgs {
    /// Which ones
    #[arg(value_enum, default_value = "all")]
    filter: Filter,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which conversation.
#[derive(Debug, clap::Args)]
pub(crate) struct CaseArgs {
    /// Kuvert ID or name of the customer; for a conversation that your device is not in, its code in the queue, as in '#1A2B'
    pub(super) customer: String,
    #[command(flatten)]
    pub(super) wait: Wait,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Who is to look after a conversation.
#[derive(Debug, clap::Args)]
pub(crate) struct HandOverArgs {
    /// Kuvert ID or name of the customer
    customer: String,
    /// Name of the member
    member: String,
    /// What they should know
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// What to note.
#[derive(Debug, clap::Args)]
pub(crate) struct NoteArgs {
    /// Kuvert ID or name of the customer
    customer: String,
    /// The note
    text: String,
    /// Names of members whom it mentions
    #[arg(long, value_name = "MEMBER")]
    mention: Vec<String>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Where a conversation can stand.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Status {
    Open,
    Waiting,
    Done,
}

/// Where a conversation stands.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Kuvert ID or name of the customer
    customer: String,
    /// Where it stands
    #[arg(value_enum)]
    status: Status,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// On duty or off.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnOff {
    On,
    Off,
}

/// Who is on duty.
#[derive(Debug, clap::Args)]
pub(crate) struct DutyArgs {
    /// On duty or off
    #[arg(value_enum)]
    state: OnOff,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which member.
#[derive(Debug, clap::Args)]
pub(crate) struct MemberArgs {
    /// Name of the member
    member: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

impl DeskCommand {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Create(args) => &args.common,
            Self::Join(args) => &args.common,
            Self::Publish(args) => &args.common,
            Self::Invite(args) => &args.common,
            Self::Show(args) => &args.common,
            Self::Queue(args) => &args.common,
            Self::Case(args) | Self::Claim(args) | Self::Release(args) | Self::TakeOver(args) => &args.common,
            Self::HandOver(args) => &args.common,
            Self::Note(args) => &args.common,
            Self::Status(args) => &args.common,
            Self::Request(args) => &args.common,
            Self::Offers(args) => &args.common,
            Self::Offer(args) => &args.common,
            Self::Take(args) | Self::Decline(args) => &args.common,
            Self::Seats(command) => command.common(),
            Self::Calendar(command) => command.common(),
            Self::Ticket(args) => &args.common,
            Self::Duty(args) => &args.common,
            Self::Dismiss(args) => &args.common,
            Self::Rights(command) => command.common(),
            Self::Tool(tool) => tool.common(),
        }
    }

    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create(args, output).await,
            Self::Join(args) => join(args, output).await,
            Self::Publish(args) => publish(args, output).await,
            Self::Invite(args) => invite(&args, output).await,
            Self::Show(args) => {
                let session = begin(&args.common, "kuvert desk show", &args.wait).await?;
                end(session, &args.wait, output).await
            }
            Self::Queue(args) => queue(&args, output).await,
            Self::Rights(command) => command.run(output).await,
            Self::Tool(tool) => tool.run(output).await,
            Self::Case(args) => at_case(&args, "kuvert desk case", None, output).await,
            Self::Claim(args) if args.customer.starts_with('#') => desk_outside::claim(&args, output).await,
            Self::Claim(args) => {
                let wish = |conversation: &ConversationView| Wish::Claim { conversation: conversation.id };
                at_case(&args, "kuvert desk claim", Some(&wish), output).await
            }
            Self::Release(args) => {
                let wish = |conversation: &ConversationView| Wish::Release { conversation: conversation.id };
                at_case(&args, "kuvert desk release", Some(&wish), output).await
            }
            Self::TakeOver(args) => {
                let wish = |conversation: &ConversationView| Wish::TakeOver { conversation: conversation.id };
                at_case(&args, "kuvert desk take-over", Some(&wish), output).await
            }
            Self::HandOver(args) => hand_over(args, output).await,
            Self::Note(args) => note(args, output).await,
            Self::Status(args) => {
                let status = match args.status {
                    Status::Open => CaseStatus::Open,
                    Status::Waiting => CaseStatus::Waiting { until: None },
                    Status::Done => CaseStatus::Done,
                };
                let mut session = begin(&args.common, "kuvert desk status", &args.wait).await?;
                let conversation = find_contact(&mut session, &args.customer)?;
                let wish = Wish::SetStatus { conversation: conversation.id, status };
                change(session, &conversation, wish, &args.wait, output).await
            }
            Self::Request(args) => desk_request::request(args, output).await,
            Self::Offers(args) => desk_offers::offers(args, output).await,
            Self::Offer(args) => desk_offers::offer(args, output).await,
            Self::Take(args) => desk_offers::take(args, output).await,
            Self::Decline(args) => desk_offers::decline(args, output).await,
            Self::Seats(command) => desk_seats::run(command, output).await,
            Self::Calendar(command) => desk_calendar::run(command, output).await,
            Self::Ticket(args) => desk_seats::ticket(args, output).await,
            Self::Duty(args) => {
                let mut session = begin(&args.common, "kuvert desk duty", &args.wait).await?;
                let on = matches!(args.state, OnOff::On);
                wish(&mut session, Wish::Duty { member: None, on })?;
                end(session, &args.wait, output).await
            }
            Self::Dismiss(args) => {
                let mut session = begin(&args.common, "kuvert desk dismiss", &args.wait).await?;
                let member = member(&mut session, &args.member)?;
                wish(&mut session, Wish::Dismiss { member })?;
                end(session, &args.wait, output).await
            }
        }
    }
}

async fn create(args: CreateArgs, output: Output) -> Result<(), Failure> {
    let mut session = new_session(&args.common, "kuvert desk create", &args.relay)?;
    wish(&mut session, Wish::CreateLine { name: args.name, person: args.person, invite: args.invite })?;
    catch_up(&mut session, CATCH_UP.min(args.wait.timeout)).await?;
    end(session, &args.wait, output).await
}

async fn join(args: JoinArgs, output: Output) -> Result<(), Failure> {
    let relay = args.link.split("/desk#").next().unwrap_or_default().to_owned();
    let mut session = new_session(&args.common, "kuvert desk join", &relay)?;
    wish(&mut session, Wish::JoinLine { invitation: args.link, person: args.person, invite: args.invite })?;
    let deadline = Instant::now() + args.wait.timeout;
    catch_up(&mut session, CATCH_UP.min(args.wait.timeout)).await?;
    // The owner's device has to be there to let this one in.
    session
        .run_until(deadline, |session, _| match shown(session) {
            Ok(Some(desk)) if desk.role.is_some() && !desk.is_behind => std::ops::ControlFlow::Break(()),
            _ => std::ops::ControlFlow::Continue(()),
        })
        .await?;
    end(session, &args.wait, output).await
}

/// A new profile, for a line.
fn new_session(common: &Common, command: &str, relay: &str) -> Result<Session, Failure> {
    let unlock = common.unlock.for_new_profile()?;
    let profile = Profile::open_or_create(&folder(common)?, command, &unlock)?;
    Ok(Session::open(profile, relay, Watch::All)?)
}

async fn publish(args: PublishArgs, output: Output) -> Result<(), Failure> {
    let Some(file) = &args.file else {
        output.result(&json!({ "example": description::EXAMPLE }), description::EXAMPLE.trim_end())?;
        return Ok(());
    };
    let draft = description::read(file)?;
    let mut session = begin(&args.common, "kuvert desk publish", &args.wait).await?;
    for update in wish(&mut session, Wish::Publish { draft: Box::new(draft) })? {
        if let DeskUpdate::NotPublished { faults } = update {
            let faults = faults.into_iter().map(|fault| fault.words).collect();
            return Err(Failure::NotPublished { faults });
        }
    }
    let deadline = Instant::now() + args.wait.timeout;
    let link = session.run_until(deadline, |_, update| match update {
        ViewUpdate::Link { link } => std::ops::ControlFlow::Break(link),
        _ => std::ops::ControlFlow::Continue(()),
    });
    let Some(link) = link.await? else { return Err(Failure::Unreachable) };
    let text =
        if output.is_terminal() { format!("{}\n{link}", qr::beside(&link, &[&link])) } else { link.clone() };
    output.result(&json!({ "link": link }), &text)?;
    session.until_sent(deadline).await?;
    session.close().await;
    Ok(())
}

async fn invite(args: &InviteArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert desk invite")?;
    for update in wish(&mut session, Wish::Invite { role: args.role.into() })? {
        if let DeskUpdate::Invitation { link } = update {
            let note = "it lets one device in, within a week, while yours is online: kuvert listen";
            output.result(&json!({ "invitation": link, "note": note }), &format!("{link}\n{note}"))?;
        }
    }
    session.close().await;
    Ok(())
}

async fn queue(args: &QueueArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk queue", &args.wait).await?;
    let filter = match args.filter {
        Filter::New => QueueFilter::New,
        Filter::Mine => QueueFilter::Mine,
        Filter::All => QueueFilter::All,
        Filter::Waiting => QueueFilter::Waiting,
        Filter::Done => QueueFilter::Done,
    };
    for update in wish(&mut session, Wish::ShowQueue { filter })? {
        if let DeskUpdate::Queue(queue) = update {
            show_queue(&mut session, &queue, output)?;
        }
    }
    session.close().await;
    Ok(())
}

async fn hand_over(args: HandOverArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk hand-over", &args.wait).await?;
    let conversation = find_contact(&mut session, &args.customer)?;
    let to = member(&mut session, &args.member)?;
    let wish = Wish::HandOver { conversation: conversation.id, to, note: args.note };
    change(session, &conversation, wish, &args.wait, output).await
}

async fn note(args: NoteArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk note", &args.wait).await?;
    let conversation = find_contact(&mut session, &args.customer)?;
    let mentions =
        args.mention.iter().map(|name| member(&mut session, name)).collect::<Result<Vec<_>, _>>()?;
    let wish = Wish::AddNote { conversation: conversation.id, text: args.text, mentions };
    change(session, &conversation, wish, &args.wait, output).await
}

/// Does something to a conversation, if anything, and shows what the team knows of it then.
async fn at_case(
    args: &CaseArgs,
    command: &str,
    make: Option<&dyn Fn(&ConversationView) -> Wish>,
    output: Output,
) -> Result<(), Failure> {
    let mut session = begin(&args.common, command, &args.wait).await?;
    let conversation = find_contact(&mut session, &args.customer)?;
    match make {
        Some(make) => {
            let wish = make(&conversation);
            change(session, &conversation, wish, &args.wait, output).await
        }
        None => {
            show_case(&mut session, &conversation, output)?;
            session.close().await;
            Ok(())
        }
    }
}

pub(super) async fn change(
    mut session: Session,
    conversation: &ConversationView,
    what: Wish,
    wait: &Wait,
    output: Output,
) -> Result<(), Failure> {
    wish(&mut session, what)?;
    session.until_sent(Instant::now() + wait.timeout).await?;
    show_case(&mut session, conversation, output)?;
    session.close().await;
    Ok(())
}

/// Opens the profile of a line's device, and fetches what waits.
pub(super) async fn begin(common: &Common, command: &str, wait: &Wait) -> Result<Session, Failure> {
    let (mut session, _) = open(common, command)?;
    if shown(&mut session)?.is_none() {
        return Err(kuvert_view::Failure::NoLine.into());
    }
    catch_up(&mut session, CATCH_UP.min(wait.timeout)).await?;
    Ok(session)
}

/// Waits until everything is at the relay, and shows the desk.
pub(super) async fn end(mut session: Session, wait: &Wait, output: Output) -> Result<(), Failure> {
    session.until_sent(Instant::now() + wait.timeout).await?;
    if let Some(desk) = shown(&mut session)? {
        show_desk(&desk, output)?;
    }
    session.close().await;
    Ok(())
}

/// Gives a wish of the desk, and returns the answers.
pub(super) fn wish(session: &mut Session, wish: Wish) -> Result<Vec<DeskUpdate>, Failure> {
    let updates = ask(session, UiCommand::Desk(wish.encode()))?;
    Ok(updates
        .into_iter()
        .filter_map(|update| match update {
            ViewUpdate::Desk(update) => DeskUpdate::decode(&update).ok(),
            _ => None,
        })
        .collect())
}

pub(super) fn shown(session: &mut Session) -> Result<Option<DeskView>, Failure> {
    let found = wish(session, Wish::ShowDesk)?.into_iter().rev().find_map(|update| match update {
        DeskUpdate::Desk(desk) => Some(desk),
        _ => None,
    });
    Ok(found.flatten())
}

/// The member with this name.
pub(super) fn member(session: &mut Session, name: &str) -> Result<MemberId, Failure> {
    let wanted = name.trim().to_lowercase();
    let members = shown(session)?.map(|desk| desk.members).unwrap_or_default();
    let found: Vec<_> = members.iter().filter(|member| member.name.to_lowercase() == wanted).collect();
    match found.as_slice() {
        [one] => Ok(one.id),
        _ => Err(kuvert_view::Failure::NoMember.into()),
    }
}
