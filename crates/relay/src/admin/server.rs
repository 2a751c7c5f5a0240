//! The running relay's side of the control socket.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use kuvert_wire::{decode, encode, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};

use super::{Question, Reply, SOCKET, new_invite, take_stock};
use crate::backup;
use crate::data::DataDir;
use crate::service::{Answer, Op};
use crate::session::{Context, Phase};
use crate::store::RelayStore;
use crate::writer::Writer;

/// What the answers are made from.
#[derive(Clone)]
pub(crate) struct Desk {
    data: Arc<DataDir>,
    store: Arc<dyn RelayStore>,
    writer: Arc<Writer>,
    phase: watch::Receiver<Phase>,
}

impl Desk {
    /// Of the relay with this data.
    pub(crate) fn of(relay: &Context, data: &Arc<DataDir>) -> Self {
        Self {
            data: Arc::clone(data),
            store: Arc::clone(&relay.store),
            writer: Arc::clone(&relay.writer),
            phase: relay.phase.clone(),
        }
    }

    /// Makes the socket, for this user only.
    pub(crate) fn listen(&self) -> io::Result<Control> {
        let path = self.data.path().join(SOCKET);
        // The directory is locked: whoever made this one is gone.
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(Control { listener, path })
    }
}

/// The socket, which goes when nobody answers there any more.
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Answers questions until the relay drains.
pub(crate) async fn serve(control: Control, desk: Desk) {
    let room = Arc::new(Semaphore::new(limits::MAX_ADMIN_CONNECTIONS));
    let mut phase = desk.phase.clone();
    loop {
        // Who comes while others are served waits in the system's queue.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let accepted = tokio::select! {
            _ = phase.wait_for(|phase| *phase >= Phase::Draining) => return,
            accepted = control.listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let desk = desk.clone();
                tokio::spawn(async move {
                    // Whoever asked sees that the connection ends.
                    let _ = desk.answer(stream).await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(limits::ACCEPT_REST).await,
        }
    }
}

impl Desk {
    async fn answer(self, mut stream: UnixStream) -> io::Result<()> {
        let asked = tokio::time::timeout(limits::ADMIN_WITHIN, question(&mut stream)).await;
        let reply = match asked {
            Err(_) => return Ok(()),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Reply::Refused("this question is not known; use the kuvert of the same version".to_owned())
            }
            Ok(Err(error)) => return Err(error),
            Ok(Ok(Question::Inspect)) => self.inspect().await,
            Ok(Ok(Question::Invite(count))) => self.invite(count).await,
            Ok(Ok(Question::Backup)) => {
                send(&mut stream, &Reply::Backup).await?;
                return self.backup(stream).await;
            }
        };
        send(&mut stream, &reply).await
    }

    async fn inspect(self) -> Reply {
        let counted = tokio::task::spawn_blocking(move || take_stock(&*self.store, self.data.path())).await;
        match counted {
            Ok(Ok(inventory)) => Reply::Inventory(inventory),
            Ok(Err(error)) => Reply::Refused(error.to_string()),
            Err(_) => Reply::Refused("counting failed".to_owned()),
        }
    }

    async fn invite(self, count: u32) -> Reply {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > limits::MAX_INVITES_AT_ONCE {
            return Reply::Refused(format!("at most {} codes at once", limits::MAX_INVITES_AT_ONCE));
        }
        let mut codes = Vec::new();
        for _ in 0..count {
            let invite = new_invite();
            match self.writer.perform(Op::AddInvite(invite.hash()), 0).await {
                Ok(Answer::Done) => codes.push(invite.to_text()),
                _ => return Reply::Refused("the relay is busy; try again".to_owned()),
            }
        }
        Reply::Invites(codes)
    }

    async fn backup(self, stream: UnixStream) -> io::Result<()> {
        let mut stream = stream.into_std()?;
        stream.set_nonblocking(false)?;
        // Nobody who does not read holds a moment of the store for ever.
        stream.set_write_timeout(Some(limits::ADMIN_WITHIN))?;
        let written = tokio::task::spawn_blocking(move || {
            let may_go_on = || *self.phase.borrow() < Phase::Draining;
            backup::write(&*self.store, self.data.path(), &mut stream, &may_go_on)
        });
        match written.await {
            Ok(Ok(())) => tracing::info!("a backup was made"),
            _ => tracing::warn!("a backup was begun and not finished"),
        }
        Ok(())
    }
}

async fn question(stream: &mut UnixStream) -> io::Result<Question> {
    let length = usize::try_from(stream.read_u32().await?).unwrap_or(usize::MAX);
    if length > limits::MAX_ADMIN_QUESTION {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    decode(&bytes, limits::MAX_ADMIN_QUESTION).map_err(|_| io::ErrorKind::InvalidData.into())
}

async fn send(stream: &mut UnixStream, reply: &Reply) -> io::Result<()> {
    let reply = encode(reply);
    stream.write_u32(u32::try_from(reply.len()).map_err(|_| io::ErrorKind::FileTooLarge)?).await?;
    stream.write_all(&reply).await
}
