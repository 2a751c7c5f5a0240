//! `kuvert group`: groups of several people.

use clap::Subcommand;
use kuvert_client::Session;
use kuvert_view::{
    ContactState, ConversationId, ConversationView, GroupStanding, MemberView, MessageId, NotAdded,
    NotAddedView, UiCommand, ViewUpdate,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::list::{ListArgs, Listing, list};
use super::lookup::{find_contact, find_group, find_member, group_id, id_of};
use super::message::{Wait, delivered};
use super::{CATCH_UP, Common, Failure, ask, catch_up, open};
use crate::output::{Output, foreign};

const GROUPS: Listing = Listing {
    command: "kuvert group list",
    holds: |one| one.group.is_some(),
    line,
    value,
    none: "there is no group yet: kuvert group create NAME CONTACT...",
};

/// Commands about groups.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Make a group with contacts
    Create(CreateArgs),
    /// List groups
    List(ListArgs),
    /// List who is in a group
    Members(GroupArgs),
    /// Add contacts to a group
    Add(AddArgs),
    /// Remove a member from a group
    Remove(MemberArgs),
    /// Give a group another name
    Rename(RenameArgs),
    /// Make a member an admin, who may add, remove and rename
    Admin(AdminArgs),
    /// Accept that somebody who is no contact added you to a group
    Accept(GroupArgs),
    /// Leave a group
    Leave(GroupArgs),
}

/// Which group to make.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateArgs {
    /// Its name, 1 to 64 characters
    name: String,
    /// Kuvert IDs or names of contacts
    #[arg(required = true, value_name = "CONTACT")]
    contacts: Vec<String>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which group.
#[derive(Debug, clap::Args)]
pub(crate) struct GroupArgs {
    /// Name of the group, or its ID as kuvert group list shows it
    group: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Whom to add.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    /// Name of the group, or its ID as kuvert group list shows it
    group: String,
    /// Kuvert IDs or names of contacts
    #[arg(required = true, value_name = "CONTACT")]
    contacts: Vec<String>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which member.
#[derive(Debug, clap::Args)]
pub(crate) struct MemberArgs {
    /// Name of the group, or its ID as kuvert group list shows it
    group: String,
    /// Kuvert ID or name of the member
    member: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// Which member is to be what.
#[derive(Debug, clap::Args)]
pub(crate) struct AdminArgs {
    /// Name of the group, or its ID as kuvert group list shows it
    group: String,
    /// Kuvert ID or name of the member
    member: String,
    /// Make an admin a member like the others again
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

/// How to call a group.
#[derive(Debug, clap::Args)]
pub(crate) struct RenameArgs {
    /// Name of the group, or its ID as kuvert group list shows it
    group: String,
    /// Its new name, 1 to 64 characters
    name: String,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    common: Common,
}

impl GroupCommand {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Create(args) => &args.common,
            Self::List(args) => &args.common,
            Self::Members(args) | Self::Accept(args) | Self::Leave(args) => &args.common,
            Self::Add(args) => &args.common,
            Self::Remove(args) => &args.common,
            Self::Rename(args) => &args.common,
            Self::Admin(args) => &args.common,
        }
    }

    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create(args, output).await,
            Self::List(args) => list(&args, &GROUPS, output).await,
            Self::Members(args) => members(args, output).await,
            Self::Add(args) => {
                let (mut session, group, deadline) =
                    begin(&args.common, "kuvert group add", &args.group, &args.wait).await?;
                let wanted = Wanted {
                    contacts: contacts(&mut session, &args.contacts)?,
                    after: session.app().page(group.id, None)?.0.last().map(|newest| newest.id),
                };
                ask(&mut session, UiCommand::AddMembers { conversation: group.id, with: wanted.ids() })?;
                report(session, group.id, Some(&wanted), deadline, output).await.map(drop)
            }
            Self::Remove(args) => {
                let (mut session, group, deadline) =
                    begin(&args.common, "kuvert group remove", &args.group, &args.wait).await?;
                let kuvert_id = member(&mut session, group.id, &args.member)?;
                let wish = UiCommand::RemoveMember { conversation: group.id, kuvert_id };
                change(session, group.id, wish, deadline, output).await
            }
            Self::Rename(args) => {
                let (session, group, deadline) =
                    begin(&args.common, "kuvert group rename", &args.group, &args.wait).await?;
                let wish = UiCommand::RenameGroup { conversation: group.id, name: args.name };
                change(session, group.id, wish, deadline, output).await
            }
            Self::Admin(args) => {
                let (mut session, group, deadline) =
                    begin(&args.common, "kuvert group admin", &args.group, &args.wait).await?;
                let kuvert_id = member(&mut session, group.id, &args.member)?;
                let wish = UiCommand::SetAdmin { conversation: group.id, kuvert_id, admin: !args.undo };
                change(session, group.id, wish, deadline, output).await
            }
            Self::Accept(args) => {
                let (session, group, deadline) =
                    begin(&args.common, "kuvert group accept", &args.group, &args.wait).await?;
                if group.group.is_some_and(|group| group.standing != GroupStanding::Invited) {
                    return Err(Failure::NothingToAcceptInGroup);
                }
                change(session, group.id, UiCommand::Accept { conversation: group.id }, deadline, output)
                    .await
            }
            Self::Leave(args) => {
                let (session, group, deadline) =
                    begin(&args.common, "kuvert group leave", &args.group, &args.wait).await?;
                let wish = UiCommand::LeaveGroup { conversation: group.id };
                change(session, group.id, wish, deadline, output).await
            }
        }
    }
}

async fn create(args: CreateArgs, output: Output) -> Result<(), Failure> {
    let (mut session, _) = open(&args.common, "kuvert group create")?;
    let deadline = Instant::now() + args.wait.timeout;
    catch_up(&mut session, CATCH_UP.min(args.wait.timeout)).await?;
    let wanted = Wanted { contacts: contacts(&mut session, &args.contacts)?, after: None };
    let updates = ask(&mut session, UiCommand::CreateGroup { name: args.name, with: wanted.ids() })?;
    let created = updates.into_iter().find_map(|update| match update {
        ViewUpdate::GroupCreated { conversation } => Some(conversation),
        _ => None,
    });
    let group = created.ok_or(Failure::Refused)?;
    let missing = report(session, group, Some(&wanted), deadline, output).await?;
    // The group is there, and said; a program that takes it for one of several people is not to go on.
    let has_failed = missing.len() == wanted.contacts.len() && !missing.iter().any(Missing::may_come);
    if has_failed { Err(Failure::NobodyAdded { id: group_id(group) }) } else { Ok(()) }
}

/// Catches up and finds the group.
async fn begin(
    common: &Common,
    command: &str,
    group: &str,
    wait: &Wait,
) -> Result<(Session, ConversationView, Instant), Failure> {
    let (mut session, _) = open(common, command)?;
    let deadline = Instant::now() + wait.timeout;
    catch_up(&mut session, CATCH_UP.min(wait.timeout)).await?;
    let group = find_group(&mut session, group)?;
    Ok((session, group, deadline))
}

async fn change(
    mut session: Session,
    group: ConversationId,
    wish: UiCommand,
    deadline: Instant,
    output: Output,
) -> Result<(), Failure> {
    ask(&mut session, wish)?;
    report(session, group, None, deadline, output).await.map(drop)
}

/// Waits until the relay has everything, and says what the group is then, and who of those who were wanted is not in it.
/// Returns the latter.
async fn report(
    mut session: Session,
    group: ConversationId,
    wanted: Option<&Wanted>,
    deadline: Instant,
    output: Output,
) -> Result<Vec<Missing<'_>>, Failure> {
    let delivery = delivered(&mut session, deadline).await?;
    let missing = wanted.map(|wanted| missing(&mut session, group, wanted)).transpose()?;
    let group = session.app().conversation(group)?.ok_or(Failure::Refused)?;
    let mut json = value(&group);
    json["delivery"] = delivery.into();
    let mut text = line(&group);
    if delivery == "queued" {
        text.push_str("  (queued: sent by the next command that reaches the relay)");
    }
    if let Some(missing) = &missing {
        json["not_added"] = missing.iter().map(Missing::value).collect();
        text.extend(missing.iter().map(|one| format!("\n{}", one.words)));
    }
    output.result(&json, &text)?;
    session.close().await;
    Ok(missing.unwrap_or_default())
}

async fn members(args: GroupArgs, output: Output) -> Result<(), Failure> {
    let (mut session, group, _) =
        begin(&args.common, "kuvert group members", &args.group, &args.wait).await?;
    let members = all_members(&mut session, group.id)?;
    let value = |one: &MemberView| json!({ "id": one.kuvert_id, "name": one.name, "admin": one.admin, "own": one.own });
    let line = |one: &MemberView| {
        let admin = if one.admin { "admin" } else { "" };
        let own = if one.own { " (you)" } else { "" };
        format!("{}  {admin:5}  {}{own}", one.kuvert_id, foreign(&one.name))
    };
    let lines: Vec<_> = members.iter().map(line).collect();
    output.result(&Value::Array(members.iter().map(value).collect()), &lines.join("\n"))?;
    session.close().await;
    Ok(())
}

fn all_members(session: &mut Session, group: ConversationId) -> Result<Vec<MemberView>, Failure> {
    let updates = ask(session, UiCommand::ShowMembers { conversation: group })?;
    let members = updates.into_iter().find_map(|update| match update {
        ViewUpdate::Members { members, .. } => Some(members),
        _ => None,
    });
    members.ok_or(Failure::Refused)
}

/// Who is to be added to a group.
struct Wanted {
    contacts: Vec<ConversationView>,
    /// The newest message of the group before that was asked for.
    after: Option<MessageId>,
}

impl Wanted {
    fn ids(&self) -> Vec<ConversationId> {
        self.contacts.iter().map(|contact| contact.id).collect()
    }
}

/// Why somebody is not in a group whom nothing speaks against: not everything was reached.
const WAITING: &str = "waiting";

/// Somebody who was to be added to a group, and is not in it.
struct Missing<'w> {
    contact: &'w ConversationView,
    why: &'static str,
    words: String,
}

impl Missing<'_> {
    /// Whether the wish to add them still stands.
    fn may_come(&self) -> bool {
        self.why == WAITING
    }

    fn value(&self) -> Value {
        json!({ "id": self.contact.kuvert_id, "name": self.contact.title, "why": self.why })
    }
}

fn missing<'w>(
    session: &mut Session,
    group: ConversationId,
    wanted: &'w Wanted,
) -> Result<Vec<Missing<'w>>, Failure> {
    let members = all_members(session, group)?;
    let failed = not_added(session, group, wanted.after)?;
    let is_in = |contact: &ConversationView| members.iter().any(|one| one.kuvert_id == contact.kuvert_id);
    let absent = wanted.contacts.iter().filter(|contact| !is_in(contact));
    Ok(absent
        .map(|contact| match failed.iter().find(|(one, _)| one.kuvert_id == contact.kuvert_id) {
            Some((one, words)) => Missing { contact, why: why(one), words: foreign(words) },
            None => {
                let name = foreign(&contact.title);
                let words = format!("{name} is not in the group yet; kuvert listen says if that fails");
                Missing { contact, why: WAITING, words }
            }
        })
        .collect())
}

/// Who could not be added to a group after a message of it, with the words for it; the latest first.
fn not_added(
    session: &mut Session,
    group: ConversationId,
    after: Option<MessageId>,
) -> Result<Vec<(NotAddedView, String)>, Failure> {
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let (page, has_older) = session.app().page(group, before)?;
        before = page.first().map(|message| message.id);
        for message in page.into_iter().rev().filter(|message| Some(message.id) > after) {
            let one = message.notice.and_then(|notice| notice.not_added);
            found.extend(one.map(|one| (one, message.text)));
        }
        if !has_older || before <= after {
            return Ok(found);
        }
    }
}

/// Why somebody could not be added, for programs.
pub(super) fn why(one: &NotAddedView) -> &'static str {
    match one.why {
        Some(NotAdded::Unreachable) => "unreachable",
        Some(NotAdded::Refused) => "refused",
        Some(NotAdded::OtherRelay) => "other_relay",
        Some(NotAdded::Invalid) => "invalid",
        Some(NotAdded::NotTaken) => "not_taken",
        None => "unknown",
    }
}

/// Contacts that can be added to groups.
fn contacts(session: &mut Session, who: &[String]) -> Result<Vec<ConversationView>, Failure> {
    let mut contacts: Vec<ConversationView> = Vec::new();
    for who in who {
        let contact = find_contact(session, who)?;
        if contact.state != ContactState::Accepted {
            return Err(Failure::NotAddable { who: contact.title });
        }
        if contacts.iter().all(|one| one.id != contact.id) {
            contacts.push(contact);
        }
    }
    Ok(contacts)
}

/// The Kuvert ID of a member, who need not be a contact.
fn member(session: &mut Session, group: ConversationId, who: &str) -> Result<String, Failure> {
    find_member(&all_members(session, group)?, who)
}

fn value(group: &ConversationView) -> Value {
    json!({
        "id": id_of(group),
        "name": group.title,
        "state": group.group.map_or("", |group| standing(group.standing)),
        "members": members_now(group),
    })
}

fn line(group: &ConversationView) -> String {
    let state = group.group.map_or("", |one| standing(one.standing));
    let members = members_now(group).map_or_else(|| "-".to_owned(), |count| count.to_string());
    format!("{:9}  {state:8}  {members:>4}  {}", id_of(group), foreign(&group.title))
}

/// How many are in a group. Nobody who is out of it learns who comes and goes.
fn members_now(group: &ConversationView) -> Option<u32> {
    let group = group.group?;
    let is_out =
        matches!(group.standing, GroupStanding::Left | GroupStanding::Removed | GroupStanding::Broken);
    (!is_out).then_some(group.members)
}

/// What a group is to the user, for programs.
pub(super) fn standing(standing: GroupStanding) -> &'static str {
    match standing {
        GroupStanding::Member => "member",
        GroupStanding::Invited => "invited",
        GroupStanding::Leaving => "leaving",
        GroupStanding::Left => "left",
        GroupStanding::Removed => "removed",
        GroupStanding::Broken => "broken",
    }
}
