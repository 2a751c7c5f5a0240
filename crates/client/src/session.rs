//! A session: the application of one profile, driven by whoever awaits its updates.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::select_all;
use kuvert_app::{App, Effect, FilesWish, Watch};
use kuvert_core::file::MAX_PREVIEW;
use kuvert_core::{Config, Input, Line, Location, NewFile, Origin, Timestamp};
use kuvert_view::{Connection, ConversationId, FileId, MessageId, ProfileView, UiCommand, ViewUpdate};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use zeroize::Zeroizing;

use crate::fetch::Fetcher;
use crate::files::{self, Files};
use crate::line::{self, Happening};
use crate::{Profile, ProfileError, SealError, Sealing, SessionError, limits};

/// An open profile. Nothing happens to it but inside of its methods.
pub struct Session {
    app: App,
    profile: Profile,
    tls: Arc<rustls::ClientConfig>,
    fetcher: Fetcher,
    files: Files,
    is_online: bool,
    /// Another program uses the inbox: sockets stay closed.
    is_at_rest: bool,
    lines: BTreeMap<Line, Kept>,
    /// How many lines were begun.
    begun: u64,
    tasks: JoinSet<()>,
    wakes: BTreeSet<Timestamp>,
    sender: mpsc::Sender<Happening>,
    happenings: mpsc::Receiver<Happening>,
}

/// A line that is kept open.
struct Kept {
    /// Tells it from earlier ones: what those still had to say is not heard any more.
    number: u64,
    task: AbortHandle,
    outgoing: Outgoing,
}

/// What goes out over one line.
#[derive(Default)]
struct Outgoing {
    /// To the open socket.
    socket: Option<mpsc::Sender<Vec<u8>>>,
    /// What found no room there yet.
    pending: VecDeque<Vec<u8>>,
    /// Frames were left out: the line has to be opened anew, so that the engine sends them again.
    is_cut: bool,
}

impl Session {
    /// Opens the application of a profile, without touching the network. `relay` is the origin at which a new identity
    /// will have its inbox.
    ///
    /// # Errors
    /// [`SessionError`] if the profile does not open.
    pub fn open(profile: Profile, relay: &str, watch: Watch) -> Result<Self, SessionError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(ProfileError::Random)?;
        let location = Location::File(profile.database());
        let config = Config { location, key: profile.key(), seed: *seed };
        let mut app = App::open(&config, relay, watch)?.with_desk();
        app.look(now());
        let files = Files::new(profile.outgoing(), &app.sealed_files()?);
        let (sender, happenings) = mpsc::channel(limits::MAX_HAPPENINGS);
        Ok(Self {
            app,
            profile,
            tls: line::tls()?,
            fetcher: Fetcher::new(),
            files,
            is_online: false,
            is_at_rest: false,
            lines: BTreeMap::new(),
            begun: 0,
            tasks: JoinSet::new(),
            wakes: BTreeSet::new(),
            sender,
            happenings,
        })
    }

    /// From now on, talks to the relay. Call it within a tokio runtime.
    pub fn go_online(&mut self) {
        self.is_online = true;
        self.carry_out();
    }

    /// The application, to read from, as it is now.
    pub fn app(&mut self) -> &mut App {
        self.app.look(now());
        &mut self.app
    }

    /// The user's own identity, if there is one.
    pub fn own_profile(&self) -> Option<ProfileView> {
        self.app.profile()
    }

    /// State of the connection to the relay.
    pub fn connection(&self) -> Connection {
        self.app.connection()
    }

    /// The profile folder.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Fulfils a wish of the user; what follows comes as updates.
    pub fn command(&mut self, command: UiCommand) {
        self.app.command(now(), command);
        self.carry_out();
    }

    /// Cleans and seals files, so that they can be sent: all of them, or none. `said` hears how far it is.
    ///
    /// # Errors
    /// [`SealError`] says which file cannot be sent, and why.
    pub async fn seal_files(
        &mut self,
        paths: Vec<PathBuf>,
        mut said: impl FnMut(Sealing),
    ) -> Result<Vec<NewFile>, SealError> {
        let folder = self.files.folder().to_owned();
        let (sender, mut receiver) = mpsc::channel(limits::MAX_HAPPENINGS);
        let sealing = tokio::task::spawn_blocking(move || {
            // Who has no time to hear it hears the next one.
            files::seal_all(&paths, &folder, MAX_PREVIEW, &mut |at| {
                let _ = sender.try_send(at);
            })
        });
        while let Some(at) = receiver.recv().await {
            said(at);
        }
        sealing.await.unwrap_or_else(|error| {
            let folder = self.files.folder().to_owned();
            Err(SealError::Folder { folder, error: std::io::Error::other(error) })
        })
    }

    /// Sends sealed files; what follows comes as updates.
    pub fn send_files(&mut self, wish: FilesWish) {
        self.app.send_files(now(), wish);
        self.carry_out();
    }

    /// Takes a message back whose files are not all at the relay; what follows comes as updates.
    pub fn cancel_files(&mut self, message: MessageId) {
        self.app.cancel_files(now(), message);
        self.carry_out();
    }

    /// Fetches a file and saves it at `to`, where no file may be; what follows comes as updates.
    pub fn save_file(&mut self, file: FileId, to: String) {
        self.app.save_file(now(), file, to);
        self.carry_out();
    }

    /// Everything in a conversation was seen.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the database fails.
    pub fn mark_read(&mut self, conversation: ConversationId) -> Result<(), SessionError> {
        self.app.mark_read(now(), conversation)?;
        self.carry_out();
        Ok(())
    }

    /// Whether everything that the user sent is at the relay.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the database fails.
    pub fn is_all_sent(&mut self) -> Result<bool, SessionError> {
        Ok(self.app.is_all_sent()?)
    }

    /// The next change to what is shown, if there is one already.
    pub fn poll_update(&mut self) -> Option<ViewUpdate> {
        self.app.poll_update()
    }

    /// The next change to what is shown; `None` at the deadline. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the profile's database or MLS state failed.
    pub async fn next_update(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<ViewUpdate>, SessionError> {
        loop {
            if let Some(update) = self.app.poll_update() {
                return Ok(Some(update));
            }
            if !self.step(deadline).await? {
                return Ok(None);
            }
        }
    }

    /// Waits until everything that the user sent is at the relay; `false` at the deadline. Updates stay to be polled.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the profile's database or MLS state failed.
    pub async fn until_sent(&mut self, deadline: Instant) -> Result<bool, SessionError> {
        // Not by updates: what is not for the eyes is sent without any.
        while !self.is_all_sent()? {
            if !self.step(Some(deadline)).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Handles one happening; `false` at the deadline.
    async fn step(&mut self, deadline: Option<Instant>) -> Result<bool, SessionError> {
        self.carry_out();
        let wake = self.next_wake();
        let input = tokio::select! {
            biased;
            () = at(deadline) => return Ok(false),
            happening = self.happenings.recv() => match happening {
                Some(happening) => self.input(happening),
                None => return Ok(false),
            },
            () = wake => self.wake(),
            () = room(&self.lines) => None,
        };
        if let Some(input) = input {
            self.app.input(now(), input)?;
        }
        self.carry_out();
        Ok(true)
    }

    /// Hands updates to `look` until it breaks with a value; `None` at the deadline.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the profile's database or MLS state failed.
    pub async fn run_until<T>(
        &mut self,
        deadline: Instant,
        mut look: impl FnMut(&mut Self, ViewUpdate) -> ControlFlow<T>,
    ) -> Result<Option<T>, SessionError> {
        while let Some(update) = self.next_update(Some(deadline)).await? {
            if let ControlFlow::Break(value) = look(self, update) {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Writes what was handed to the sockets, closes them and lets go of the profile. What the relay did not take by
    /// then stays written down, and is sent the next time.
    pub async fn close(mut self) {
        let deadline = Instant::now() + 2 * limits::CLOSE_WITHIN;
        let mut open = 0;
        for Kept { outgoing, .. } in self.lines.values_mut() {
            outgoing.flush();
            open += usize::from(outgoing.socket.take().is_some());
        }
        while open > 0
            && let Ok(Some(happening)) = timeout_at(deadline, self.happenings.recv()).await
        {
            open -= usize::from(matches!(happening, Happening::Closed(_)));
        }
    }

    /// Does what the engine asks for.
    fn carry_out(&mut self) {
        while self.is_online
            && let Some(effect) = self.app.poll_effect()
        {
            match effect {
                Effect::Connect(line, origin) => self.keep_open(line, &origin),
                Effect::Disconnect(line) => {
                    if let Some(kept) = self.lines.remove(&line) {
                        kept.task.abort();
                    }
                }
                Effect::Transmit(line, frame) => {
                    if let Some(kept) = self.lines.get_mut(&line) {
                        kept.outgoing.push(frame);
                    }
                }
                Effect::Reconnect(line) => {
                    if let Some(kept) = self.lines.get_mut(&line) {
                        kept.outgoing.close();
                    }
                }
                Effect::Rest => {
                    self.is_at_rest = true;
                    self.files.rest();
                    self.tasks.abort_all();
                    self.lines.clear();
                }
                Effect::Blob(task) => self.files.carry_out(task, &self.sender),
                Effect::Fetch(request) => self.fetcher.fetch(request, self.sender.clone()),
                Effect::WakeAt(at) => {
                    if self.wakes.len() >= limits::MAX_WAKES {
                        // A later one stands for it.
                        self.wakes.pop_first();
                    }
                    self.wakes.insert(at);
                }
            }
        }
        for kept in self.lines.values_mut() {
            kept.outgoing.flush();
        }
        // Those of lines that were given up.
        while self.tasks.try_join_next().is_some() {}
    }

    fn keep_open(&mut self, line: Line, origin: &Origin) {
        if self.is_at_rest {
            return;
        }
        self.begun += 1;
        let (number, sender) = (self.begun, self.sender.clone());
        let session = line::Session { line: line.clone(), number };
        let url = line::session_url(origin.as_str());
        let task = self.tasks.spawn(line::keep_open(session, url, Arc::clone(&self.tls), sender));
        let kept = Kept { number, task, outgoing: Outgoing::default() };
        if let Some(earlier) = self.lines.insert(line, kept) {
            earlier.task.abort();
        }
    }

    /// What goes out over the line that a session is of, unless that was given up meanwhile.
    fn outgoing(&mut self, session: &line::Session) -> Option<&mut Outgoing> {
        let kept = self.lines.get_mut(&session.line).filter(|kept| kept.number == session.number)?;
        Some(&mut kept.outgoing)
    }

    /// What the engine has to know of a happening.
    fn input(&mut self, happening: Happening) -> Option<Input> {
        match happening {
            Happening::Fetched(id, outcome) => Some(Input::Fetched(id, outcome)),
            Happening::Blob(outcome) => {
                self.files.ended(&outcome);
                Some(Input::Blob(outcome))
            }
            // What the sockets still had to say when they were closed.
            _ if self.is_at_rest => None,
            Happening::Opened(session, socket) => {
                *self.outgoing(&session)? = Outgoing { socket: Some(socket), ..Outgoing::default() };
                Some(Input::Connected(session.line))
            }
            // What a socket said before it was closed on purpose was said to nobody.
            Happening::Frame(session, frame) => {
                let is_open = self.outgoing(&session)?.socket.is_some();
                is_open.then_some(Input::Frame(session.line, frame))
            }
            Happening::Closed(session) => {
                self.outgoing(&session)?.close();
                Some(Input::Disconnected(session.line))
            }
        }
    }

    fn next_wake(&self) -> impl Future<Output = ()> + use<> {
        let next = self.wakes.first().copied();
        async move {
            match next {
                Some(next) => {
                    let rest = next.0.saturating_sub(now().0);
                    sleep(Duration::from_millis(u64::try_from(rest).unwrap_or(0))).await;
                }
                None => std::future::pending().await,
            }
        }
    }

    /// Forgets the times that have come.
    fn wake(&mut self) -> Option<Input> {
        let now = now();
        let before = self.wakes.len();
        self.wakes.retain(|at| *at > now);
        (self.wakes.len() < before).then_some(Input::Wake)
    }
}

impl Outgoing {
    /// Appends a frame; without a socket there is nobody to send it to, and the engine will know.
    fn push(&mut self, frame: Vec<u8>) {
        if self.socket.is_none() || self.is_cut {
            return;
        }
        if self.pending.len() >= limits::MAX_PENDING {
            self.is_cut = true;
            return;
        }
        self.pending.push_back(frame);
    }

    fn flush(&mut self) {
        let Some(socket) = &self.socket else { return };
        while let Some(frame) = self.pending.pop_front() {
            match socket.try_send(frame) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(frame)) => return self.pending.push_front(frame),
                Err(mpsc::error::TrySendError::Closed(_)) => return self.close(),
            }
        }
        if self.is_cut {
            self.close();
        }
    }

    fn close(&mut self) {
        *self = Self::default();
    }
}

/// Waits until a frame that found no room in its socket's queue does.
async fn room(lines: &BTreeMap<Line, Kept>) {
    let full = lines.values().filter(|kept| !kept.outgoing.pending.is_empty());
    let full: Vec<_> =
        full.filter_map(|kept| kept.outgoing.socket.as_ref()).map(|s| Box::pin(s.reserve())).collect();
    if full.is_empty() {
        return std::future::pending().await;
    }
    // Room or a lost socket: both are seen by `flush`.
    let _ = select_all(full).await;
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_find_no_room_wait_in_order_and_a_cut_line_is_opened_anew() {
        let (socket, mut queue) = mpsc::channel(1);
        let mut outgoing = Outgoing { socket: Some(socket), ..Outgoing::default() };
        for n in 0..=limits::MAX_PENDING {
            outgoing.push(n.to_be_bytes().to_vec());
        }
        assert!(outgoing.is_cut);
        let mut next: usize = 0;
        while outgoing.socket.is_some() {
            outgoing.flush();
            let frame = queue.try_recv().expect("flushed");
            assert_eq!(frame, next.to_be_bytes());
            next += 1;
        }
        assert_eq!(next, limits::MAX_PENDING);
    }

    #[test]
    fn without_a_socket_nothing_is_kept_for_the_next_one() {
        let mut outgoing = Outgoing::default();
        outgoing.push(vec![1]);
        assert!(outgoing.pending.is_empty());
    }
}
