//! A terminal in memory with a program in it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

/// Nothing here takes so long, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program, its terminal, and what is seen there.
pub(crate) struct Terminal {
    child: Child,
    keys: File,
    device: File,
    written: mpsc::Receiver<Vec<u8>>,
    parser: vt100::Parser,
    before: String,
}

impl Terminal {
    /// Runs a program in a terminal of so many rows and columns.
    pub(crate) fn run(mut command: Command, (rows, columns): (u16, u16)) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&controller).expect("granted");
        unlockpt(&controller).expect("unlocked");
        let path = ptsname(&controller, Vec::new()).expect("named").into_string().expect("UTF-8");
        let device = OpenOptions::new().read(true).write(true).open(path).expect("opens");
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&device, size).expect("sized");
        let before = settings(&device);
        let end = || Stdio::from(OwnedFd::from(device.try_clone().expect("cloned")));
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("runs");
        let keys = File::from(controller);
        let mut from = keys.try_clone().expect("cloned");
        let (sender, written) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = from.read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keys,
            device,
            written,
            parser: vt100::Parser::new(some(rows), some(columns), 0),
            before,
        }
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("taken");
    }

    /// Waits until these words are seen.
    #[track_caller]
    pub(crate) fn see(&mut self, words: &str) {
        self.wait(words, |text| text.contains(words));
    }

    #[track_caller]
    fn wait(&mut self, what: &str, is_there: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_there(&self.text()) {
            match self.written.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(_) => panic!("not seen: {what}; but:\n{}", self.parser.screen().contents()),
            }
        }
    }

    /// What is seen, without the ends of rows.
    fn text(&self) -> String {
        let seen = self.parser.screen().contents().replace('│', " ");
        seen.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Changes the size, as a user does who pulls at the window.
    pub(crate) fn resize(&mut self, (rows, columns): (u16, u16)) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.device, size).expect("sized");
        self.parser.screen_mut().set_size(some(rows), some(columns));
        // Only the foreground processes of a session's own terminal are told by the kernel.
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::WINCH).expect("told");
    }

    /// Asks the program to end, as a system does that shuts down.
    pub(crate) fn terminate(&mut self) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("told");
    }

    /// Waits for the end, and checks that the terminal is as it was before.
    #[track_caller]
    pub(crate) fn end(mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("asked") {
                break status;
            }
            assert!(Instant::now() < deadline, "does not end:\n{}", self.parser.screen().contents());
            std::thread::sleep(Duration::from_millis(20));
        };
        while let Ok(bytes) = self.written.recv_timeout(Duration::from_millis(200)) {
            self.parser.process(&bytes);
        }
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert_eq!(settings(&self.device), self.before, "the terminal's settings are as before");
        status
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn some(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).expect("not 0")
}

fn settings(device: &File) -> String {
    let settings: Termios = tcgetattr(device).expect("a terminal");
    format!("{settings:?}")
}
