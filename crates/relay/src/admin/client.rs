//! Asking: the running relay where there is one, the data directory where not. All of this blocks.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use kuvert_wire::{decode, encode, limits};

use super::{AdminError, Inventory, Question, Reply, SOCKET, new_invite, take_stock};
use crate::backup;
use crate::config::Registration;
use crate::data::{DataDir, DataError};
use crate::day::Day;
use crate::service::{Op, Service};
use crate::store::{Embedded, RelayStore, Tx};

/// Counts and measures what the relay in `data` stores.
///
/// # Errors
/// [`AdminError`] says whether the directory, the store or the running relay is at fault.
pub fn inspect(data: &Path) -> Result<Inventory, AdminError> {
    match ask(data, Question::Inspect)? {
        Some((Reply::Inventory(inventory), _)) => Ok(inventory),
        Some((other, _)) => Err(unexpected(other)),
        None => {
            let directory = existing(data)?;
            take_stock(&Embedded::open(directory.path())?, data)
        }
    }
}

/// Makes one-time codes, each of which lets somebody create one inbox.
///
/// # Errors
/// As [`inspect`]; then no code is valid of which this does not tell.
pub fn invite(data: &Path, count: u32) -> Result<Vec<String>, AdminError> {
    match ask(data, Question::Invite(count))? {
        Some((Reply::Invites(codes), _)) => Ok(codes),
        Some((other, _)) => Err(unexpected(other)),
        None => {
            let directory = existing(data)?;
            let store = Embedded::open(directory.path())?;
            let mut service = Service::new(Vec::new(), Registration::Invite);
            let mut work = service.begin(Tx::new(&store), Day::today());
            let invites: Vec<_> = (0..count).map(|_| new_invite()).collect();
            for invite in &invites {
                work.apply(&Op::AddInvite(invite.hash()))?;
            }
            work.tx.commit()?;
            Ok(invites.iter().map(kuvert_wire::Invite::to_text).collect())
        }
    }
}

/// Writes a backup of the relay in `data` to `out`. It ends with a checksum, so that one that was cut is recognised.
///
/// # Errors
/// As [`inspect`]; what was written is of no use then.
pub fn backup(data: &Path, out: &mut dyn Write) -> Result<(), AdminError> {
    match ask(data, Question::Backup)? {
        Some((Reply::Backup, mut stream)) => {
            io::copy(&mut stream, out)?;
            Ok(())
        }
        Some((other, _)) => Err(unexpected(other)),
        None => {
            let directory = existing(data)?;
            let store = Embedded::open(directory.path())?;
            Ok(backup::write(&store, directory.path(), out, &|| true)?)
        }
    }
}

/// Fills the data directory `data`, which must be empty or not there, from the backup `file`, which is checked first.
///
/// # Errors
/// [`AdminError::Backup`] where the file is not a whole backup: nothing is changed then. [`DataError::NotEmpty`] where the directory
/// is not empty.
pub fn restore(file: &Path, data: &Path) -> Result<(), AdminError> {
    backup::verify(file)?;
    let directory = DataDir::begin_restore(data)?;
    let store = Embedded::open(directory.path())?;
    let restored = backup::restore(file, &store, &directory);
    store.close();
    Ok(restored?)
}

/// Locks a directory that is there already.
fn existing(data: &Path) -> Result<DataDir, AdminError> {
    // Before anything is made there: it may be somebody else's.
    if !DataDir::is_there(data) {
        return Err(AdminError::NoRelay { directory: data.to_owned() });
    }
    Ok(DataDir::open(data)?)
}

/// Asks the running relay; `None` if there is none.
fn ask(data: &Path, question: Question) -> Result<Option<(Reply, UnixStream)>, AdminError> {
    let mut stream = match UnixStream::connect(data.join(SOCKET)) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(source) if source.kind() == io::ErrorKind::PermissionDenied => {
            return Err(DataError::Unusable { directory: data.to_owned(), source }.into());
        }
        connected => connected?,
    };
    let question = encode(&question);
    stream.write_all(&u32::try_from(question.len()).unwrap_or(u32::MAX).to_be_bytes())?;
    stream.write_all(&question)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > limits::MAX_ADMIN_REPLY {
        return Err(io::Error::from(io::ErrorKind::InvalidData).into());
    }
    let mut reply = vec![0; length];
    stream.read_exact(&mut reply)?;
    let reply = decode(&reply, limits::MAX_ADMIN_REPLY);
    Ok(Some((reply.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?, stream)))
}

fn unexpected(reply: Reply) -> AdminError {
    match reply {
        Reply::Refused(why) => AdminError::Refused(why),
        _ => AdminError::Connection(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// Asks somebody who answers with these bytes and then says nothing.
    fn asked(answer: &[u8]) -> Result<Option<Reply>, AdminError> {
        let dir = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(dir.path().join(SOCKET)).expect("binds");
        let answer = answer.to_vec();
        let peer = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("asked");
            stream.write_all(&answer).expect("written");
            stream
        });
        let asked = ask(dir.path(), Question::Inspect).map(|asked| asked.map(|(reply, _)| reply));
        drop(peer.join());
        asked
    }

    #[test]
    fn an_answer_beyond_the_bound_is_not_waited_for_and_the_largest_fits() {
        // RELAY-5: MAX_ADMIN_REPLY
        let code = new_invite().to_text();
        let largest = encode(&Reply::Invites(vec![code; limits::MAX_INVITES_AT_ONCE]));
        assert!(largest.len() <= limits::MAX_ADMIN_REPLY);
        let length = u32::try_from(largest.len()).expect("fits").to_be_bytes();
        let whole = asked(&[&length[..], &largest].concat());
        assert!(
            matches!(whole, Ok(Some(Reply::Invites(codes))) if codes.len() == limits::MAX_INVITES_AT_ONCE)
        );
        let longer = u32::try_from(limits::MAX_ADMIN_REPLY + 1).expect("fits").to_be_bytes();
        let refused = asked(&longer);
        assert!(
            matches!(refused, Err(AdminError::Connection(error)) if error.kind() == io::ErrorKind::InvalidData)
        );
    }
}
