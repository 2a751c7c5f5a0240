//! A line's devices and its customers, all at one relay.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kuvert_app::{App, Effect, Watch};
use kuvert_core::{Config, DatabaseKey, Input, Location, Timestamp};
use kuvert_view::{
    DeskCommand, DeskUpdate, DeskView, ImprintDraft, LineDraft, TeamRole, UiCommand, ViewUpdate,
};

use crate::net::Net;
use crate::pump::{Engine, Pump};
use crate::relay::Relay;

/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Customers who are there at the same time.
const AT_ONCE: usize = 16;

/// A program with its profile: a team's, or a customer's.
pub(super) struct Program {
    pub(super) app: App,
    /// What is shown, where that was not taken yet.
    updates: Vec<ViewUpdate>,
    pub(super) desk: Option<DeskView>,
    link: Option<String>,
    invitation: Option<String>,
    pub(super) is_dismissed: bool,
    /// Something happened since it was looked at.
    pub(super) is_changed: bool,
}

impl Engine for Program {
    fn input(&mut self, now: Timestamp, input: Input) -> Result<()> {
        self.is_changed = true;
        self.app.input(now, input)?;
        self.look()
    }

    fn effect(&mut self) -> Result<Option<Effect>> {
        Ok(self.app.poll_effect())
    }
}

impl Program {
    pub(super) fn open(place: &Place<'_>, relay: &str, is_desk: bool) -> Result<Self> {
        let mut seed = [0; 32];
        if let Err(error) = getrandom::fill(&mut seed) {
            bail!("the operating system gives no randomness: {error}");
        }
        let key = place.key.clone();
        let location = place.path.map_or(Location::Memory, Location::File);
        let app = App::open(&Config { location, key: &key, seed }, relay, Watch::Shown)?;
        let app = if is_desk { app.with_desk() } else { app };
        Ok(Self {
            app,
            updates: Vec::new(),
            desk: None,
            link: None,
            invitation: None,
            is_dismissed: false,
            is_changed: true,
        })
    }

    /// Fulfils a wish.
    pub(super) fn command(&mut self, now: Timestamp, command: UiCommand) -> Result<()> {
        self.is_changed = true;
        self.app.command(now, command);
        self.look()
    }

    /// Fulfils a wish, and returns what is shown then.
    pub(super) fn answer(&mut self, now: Timestamp, command: UiCommand) -> Result<Vec<ViewUpdate>> {
        self.updates.clear();
        self.command(now, command)?;
        Ok(std::mem::take(&mut self.updates))
    }

    /// Looks at what is shown.
    fn look(&mut self) -> Result<()> {
        while let Some(update) = self.app.poll_update() {
            match &update {
                ViewUpdate::Link { link } => self.link = Some(link.clone()),
                ViewUpdate::Failed(failure) => bail!("a program says: {failure:?}"),
                ViewUpdate::Desk(bytes) => match DeskUpdate::decode(bytes)? {
                    DeskUpdate::Desk(desk) => self.desk = desk,
                    DeskUpdate::Invitation { link } => self.invitation = Some(link),
                    DeskUpdate::Dismissed => self.is_dismissed = true,
                    DeskUpdate::NotPublished { faults } => bail!("the line was not published: {faults:?}"),
                    _ => {}
                },
                _ => {}
            }
            if self.updates.len() < MAX_UPDATES {
                self.updates.push(update);
            }
        }
        Ok(())
    }
}

/// Updates that are kept until somebody looks at them.
const MAX_UPDATES: usize = 64;

/// Where a profile lies.
pub(super) struct Place<'a> {
    /// In memory, if there is none.
    pub(super) path: Option<&'a str>,
    pub(super) key: DatabaseKey,
}

/// Everybody.
pub(super) struct Floor {
    pub(super) net: Net,
    pub(super) pump: Pump<Program>,
    folder: tempfile::TempDir,
    /// The number of each of the line's devices; the owner's comes first.
    pub(super) team: Vec<usize>,
    relay: String,
    link: String,
}

impl Floor {
    /// Founds a line with so many devices.
    pub(super) fn new(relay: &Relay, devices: usize) -> Result<Self> {
        let mut floor = Self {
            net: Net::new()?,
            pump: Pump::new(relay),
            folder: tempfile::tempdir()?,
            team: Vec::new(),
            relay: relay.origin.clone(),
            link: String::new(),
        };
        let owner = floor.open(0)?;
        let create =
            DeskCommand::CreateLine { name: "Adler".into(), person: "Member 0".into(), invite: None };
        floor.wish(owner, create)?;
        floor.wish(owner, DeskCommand::ShowDesk)?;
        floor.until(|floor| Ok(floor.team_size(owner)? == 1))?;
        floor.wish(owner, DeskCommand::Publish { draft: Box::new(draft()) })?;
        floor.until(|floor| Ok(floor.pump.engine(owner)?.link.is_some()))?;
        for number in 1..devices {
            floor.hire(owner, number)?;
        }
        floor.pump.rest(&mut floor.net)?;
        floor.link = floor.pump.engine(owner)?.link.clone().context("the line has no link")?;
        Ok(floor)
    }

    fn hire(&mut self, owner: usize, number: usize) -> Result<()> {
        self.wish(owner, DeskCommand::Invite { role: TeamRole::Agent })?;
        let invitation = self.pump.engine(owner)?.invitation.take().context("no invitation")?;
        let agent = self.open(number)?;
        self.wish(
            agent,
            DeskCommand::JoinLine { invitation, person: format!("Member {number}"), invite: None },
        )?;
        self.wish(agent, DeskCommand::ShowDesk)?;
        self.until(|floor| {
            Ok(floor.team_size(owner)? == number + 1 && floor.team_size(agent)? == number + 1)
        })?;
        self.pump.rest(&mut self.net)
    }

    /// Opens the profile of one of the line's devices.
    pub(super) fn open(&mut self, number: usize) -> Result<usize> {
        let program = self.program(number)?;
        let at = self.pump.begin(program);
        match self.team.get_mut(number) {
            Some(place) => *place = at,
            None => self.team.push(at),
        }
        self.act(at, UiCommand::Start)?;
        Ok(at)
    }

    pub(super) fn program(&self, number: usize) -> Result<Program> {
        let path = self.folder.path().join(format!("{number}.db"));
        let path = path.to_str().context("a folder without a name")?;
        let key = DatabaseKey::new([u8::try_from(number)? + 1; 32]);
        Program::open(&Place { path: Some(path), key }, &self.relay, true)
    }

    fn team_size(&mut self, of: usize) -> Result<usize> {
        Ok(self.pump.engine(of)?.desk.as_ref().map_or(0, |desk| desk.members.len()))
    }

    /// So many customers open the link, write, and go, each with a text of `text`.
    pub(super) fn customers(&mut self, count: usize, text: impl Fn(usize) -> String) -> Result<()> {
        let all: Vec<_> = (0..count).collect();
        for some in all.chunks(AT_ONCE) {
            let mut there = Vec::new();
            for number in some {
                there.push(self.customer(*number)?);
            }
            for (at, number) in there.iter().zip(some) {
                let link = self.link.clone();
                self.act(*at, UiCommand::SendRequest { link, text: text(*number) })?;
            }
            let who = there.clone();
            self.until(|floor| floor.are_all_sent(&who))?;
            for at in there {
                self.pump.end(&mut self.net, at);
            }
        }
        self.pump.rest(&mut self.net)
    }

    fn customer(&mut self, number: usize) -> Result<usize> {
        let key = DatabaseKey::new([0; 32]);
        let program = Program::open(&Place { path: None, key }, &self.relay, false)?;
        let at = self.pump.begin(program);
        self.act(at, UiCommand::Start)?;
        self.act(at, UiCommand::CreateIdentity { name: name(number), invite: None })?;
        self.act(at, UiCommand::OpenLink { link: self.link.clone() })?;
        Ok(at)
    }

    fn are_all_sent(&mut self, who: &[usize]) -> Result<bool> {
        for at in who {
            let program = self.pump.engine(*at)?;
            if program.app.conversations()?.is_empty() || !program.app.is_all_sent()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Lets a program fulfil a wish of somebody at the desk.
    pub(super) fn wish(&mut self, at: usize, wish: DeskCommand) -> Result<()> {
        self.act(at, desk(wish))
    }

    pub(super) fn act(&mut self, at: usize, command: UiCommand) -> Result<()> {
        self.pump.act(&mut self.net.out, at, |program, now| program.command(now, command))
    }

    /// Fulfils a wish, and returns what is shown then.
    pub(super) fn answer(&mut self, at: usize, command: UiCommand) -> Result<Vec<ViewUpdate>> {
        self.pump.act(&mut self.net.out, at, |program, now| program.answer(now, command))
    }

    /// Goes on until something is there.
    pub(super) fn until(&mut self, mut done: impl FnMut(&mut Self) -> Result<bool>) -> Result<()> {
        let began = Instant::now();
        while !done(self)? {
            self.pump.turn(&mut self.net)?;
            ensure!(began.elapsed() < PATIENCE, "not done after {} s", PATIENCE.as_secs());
        }
        Ok(())
    }
}

/// What a customer is called.
pub(super) fn name(number: usize) -> String {
    format!("Customer {number}")
}

/// A wish at the desk, as the application takes it.
pub(super) fn desk(wish: DeskCommand) -> UiCommand {
    UiCommand::Desk(wish.encode())
}

/// A line about which nothing is wrong.
fn draft() -> LineDraft {
    let text = |text: &str| vec![("en".to_owned(), text.to_owned())];
    LineDraft {
        kind: "other".into(),
        imprint: ImprintDraft {
            name: "Adler".into(),
            legal_form: "person".into(),
            street: "Hauptstraße 1".into(),
            zip: "12345".into(),
            city: "Musterstadt".into(),
            country: "DE".into(),
            email: "post@example.org".into(),
            contact: "+49 30 0000000".into(),
            ..ImprintDraft::default()
        },
        languages: vec!["en".into()],
        privacy: text("Only our team reads what you write."),
        retention: 30,
        ..LineDraft::default()
    }
}
