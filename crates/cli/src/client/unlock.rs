//! What opens a locked profile: a passphrase or a key file, from files, or typed without being shown. And `kuvert lock`, which
//! changes it.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use kuvert_client::{Profile, ProfileError, Protection, Unlock, limits};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Common, Failure, folder};
use crate::output::Output;

/// Longest passphrase in bytes.
const MAX_PASSPHRASE: usize = 4096;

/// Where the secret of a locked profile is.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct UnlockArgs {
    /// File with the passphrase of a locked profile: its first line; /dev/fd/N reads a file descriptor
    #[arg(long, value_name = "FILE", conflicts_with = "key_file")]
    passphrase_file: Option<PathBuf>,
    /// Key file of a locked profile
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// How to lock a profile from now on.
#[derive(Debug, clap::Args)]
pub(crate) struct LockArgs {
    /// File with the new passphrase; without any of these, it is asked for
    #[arg(long, value_name = "FILE", conflicts_with_all = ["new_key_file", "remove"])]
    new_passphrase_file: Option<PathBuf>,
    /// A file that opens the profile instead; at least 32 bytes, kept elsewhere than the profile
    #[arg(long, value_name = "FILE", conflicts_with = "remove")]
    new_key_file: Option<PathBuf>,
    /// Lock it no more: whoever can read its folder can read everything
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

impl UnlockArgs {
    /// What was given on the command line.
    fn given(&self) -> Result<Option<Unlock>, Failure> {
        match (&self.passphrase_file, &self.key_file) {
            (Some(file), _) => Ok(Some(Unlock::Passphrase(passphrase_in(file)?))),
            (None, Some(file)) => Ok(Some(Unlock::KeyFile(key_file(file)?))),
            (None, None) => Ok(None),
        }
    }

    /// What opens the profile in `folder`; a passphrase is asked for where somebody can type it.
    pub(super) fn for_profile(&self, folder: &Path) -> Result<Unlock, Failure> {
        match self.given()? {
            Some(unlock) => Ok(unlock),
            None if Profile::protection(folder)? == Protection::Passphrase && can_ask() => {
                Ok(Unlock::Passphrase(ask("Passphrase: ")?))
            }
            None => Ok(Unlock::Nothing),
        }
    }

    /// What is to open a new profile.
    pub(super) fn for_new_profile(&self) -> Result<Unlock, Failure> {
        Ok(self.given()?.unwrap_or(Unlock::Nothing))
    }
}

/// Changes what opens a profile.
pub(super) fn lock(args: &LockArgs, output: Output) -> Result<(), Failure> {
    let folder = folder(&args.common)?;
    let unlock = args.common.unlock.for_profile(&folder)?;
    let mut profile = Profile::open(&folder, "kuvert lock", &unlock)?;
    let new = match (&args.new_passphrase_file, &args.new_key_file) {
        (Some(file), _) => Unlock::Passphrase(passphrase_in(file)?),
        (None, Some(file)) => Unlock::KeyFile(key_file(file)?),
        (None, None) if args.remove => Unlock::Nothing,
        (None, None) if can_ask() => {
            let first = ask("New passphrase: ")?;
            // Said before it is typed again.
            if first.chars().count() < limits::MIN_PASSPHRASE {
                return Err(Failure::Profile(ProfileError::PassphraseTooShort));
            }
            if first != ask("The same again: ")? {
                return Err(Failure::PassphrasesDiffer);
            }
            Unlock::Passphrase(first)
        }
        (None, None) => return Err(Failure::NothingToLockWith),
    };
    profile.protect(&new)?;
    let (protection, text) = match new {
        Unlock::Nothing => ("none", "this profile is not locked any more"),
        Unlock::Passphrase(_) => ("passphrase", "locked: without the passphrase nobody opens this profile"),
        Unlock::KeyFile(_) => {
            ("key_file", "locked: without the key file nobody opens this profile; keep a copy")
        }
    };
    Ok(output.result(&json!({ "protection": protection }), text)?)
}

/// The first line of a file.
pub(super) fn passphrase_in(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let bytes = bytes_of(path, MAX_PASSPHRASE)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unreadable(path, "is not UTF-8"))?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

fn key_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    bytes_of(path, limits::MAX_KEY_FILE)
}

fn bytes_of(path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64));
    let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let read = file.take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(path, &error.to_string()))?;
    if bytes.len() > most { Err(unreadable(path, "is too long")) } else { Ok(bytes) }
}

fn unreadable(path: &Path, why: &str) -> Failure {
    Failure::SecretUnreadable { path: path.to_owned(), why: why.to_owned() }
}

fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Puts the terminal back, however asking ends.
struct Raw;

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
        let _ = writeln!(io::stderr());
    }
}

/// Asks for a line that is not shown while it is typed.
fn ask(question: &str) -> Result<Zeroizing<String>, Failure> {
    let mut stderr = io::stderr();
    write!(stderr, "{question}")?;
    stderr.flush()?;
    enable_raw_mode()?;
    let _raw = Raw;
    // As long as it may be, so that no copy of it is left behind by growing.
    let mut typed = Zeroizing::new(String::with_capacity(MAX_PASSPHRASE));
    loop {
        let key = match read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => key,
            Event::Paste(text) if typed.len() + text.len() < MAX_PASSPHRASE => {
                typed.push_str(text.trim_end());
                continue;
            }
            _ => continue,
        };
        match key.code {
            KeyCode::Enter => return Ok(typed),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(Failure::System(io::ErrorKind::Interrupted.into()));
            }
            KeyCode::Char(letter) if typed.len() + letter.len_utf8() < MAX_PASSPHRASE => typed.push(letter),
            KeyCode::Backspace => {
                typed.pop();
            }
            _ => {}
        }
    }
}
