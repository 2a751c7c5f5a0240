//! CalDAV: appointments go to the calendar of who agreed on them, as RFC 4791 has it: one file for each event in a collection.
//!
//! Only over TLS, but for a server on the same machine; without redirects, which would carry the password elsewhere. What is said
//! there is never logged.

use std::collections::BTreeMap;
use std::time::Duration;

use data_encoding::BASE64;
use ureq::http::Response;
use ureq::{Body, RequestBuilder};
use zeroize::Zeroizing;

/// Longest address, name or password.
const MAX_ENTRY: usize = 1024;
/// Most events of which is known that they were sent.
const MAX_SENT: usize = 4096;
/// A server that says nothing for so long is given up.
const WITHIN: Duration = Duration::from_secs(20);

/// A calendar, and what was sent to it. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Calendar {
    url: String,
    user: String,
    password: Zeroizing<String>,
    /// Versions by names.
    sent: BTreeMap<String, String>,
}

impl std::fmt::Debug for Calendar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Calendar(..)")
    }
}

/// An event of a calendar.
#[derive(Clone, PartialEq, Eq)]
pub struct CalendarEvent {
    /// Names it for all time.
    pub uid: String,
    /// The file of `text/calendar`.
    pub file: String,
    /// It does not take place.
    pub is_cancelled: bool,
}

impl std::fmt::Debug for CalendarEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CalendarEvent(..)")
    }
}

/// What was done to a calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Events that are new there.
    pub created: usize,
    /// Events that changed.
    pub updated: usize,
    /// Events that are gone.
    pub deleted: usize,
}

/// Why nothing can be sent to a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    /// The address, the name or the password cannot be.
    #[error("give the address of a calendar that begins with https://, a user name and a password")]
    Settings,
    /// The server does not know name and password.
    #[error(
        "the calendar's server does not take this user name and password; set them again: kuvert desk calendar set"
    )]
    Denied,
    /// There is no calendar at this address.
    #[error("there is no calendar at this address; look up its address in your calendar's settings")]
    NotFound,
    /// The server answers otherwise than one for calendars does.
    #[error("the calendar's server did not take an appointment; try again later")]
    Refused,
    /// No answer.
    #[error("the calendar's server does not answer; try again later")]
    Unreachable,
}

impl Calendar {
    /// A calendar to which nothing was sent.
    ///
    /// # Errors
    /// [`CalendarFault::Settings`] if the address is no `https://` one, or something is missing or too long.
    pub fn new(url: &str, user: &str, password: Zeroizing<String>) -> Result<Self, CalendarFault> {
        let is_entry =
            |text: &str| !text.is_empty() && text.len() <= MAX_ENTRY && !text.chars().any(char::is_control);
        let url = url.trim().trim_end_matches('/').to_owned();
        let is_sound = is_entry(&url) && is_entry(user) && !user.contains(':') && is_entry(&password);
        if is_sound && is_private(&url) {
            Ok(Self { url, user: user.to_owned(), password, sent: BTreeMap::new() })
        } else {
            Err(CalendarFault::Settings)
        }
    }

    /// Reads what [`Self::write`] wrote; `None` if it did not.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        let (url, user, password) = (lines.next()?, lines.next()?, lines.next()?);
        let mut calendar = Self::new(url, user, Zeroizing::new(password.to_owned())).ok()?;
        let sent = lines.filter_map(|line| line.split_once('\t')).take(MAX_SENT);
        calendar.sent = sent.map(|(uid, version)| (uid.to_owned(), version.to_owned())).collect();
        Some(calendar)
    }

    /// The bytes, which hold the password.
    pub fn write(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::new());
        for line in [&self.url, &self.user, &*self.password] {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        for (uid, version) in &self.sent {
            bytes.extend_from_slice(uid.as_bytes());
            bytes.push(b'\t');
            bytes.extend_from_slice(version.as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends what is new or has changed, and deletes what does not take place. What was done before a fault is remembered.
    ///
    /// # Errors
    /// [`CalendarFault`] with the first event that could not be sent.
    pub fn push(&mut self, events: &[CalendarEvent]) -> Result<Pushed, CalendarFault> {
        let agent = agent();
        let mut pushed = Pushed::default();
        for event in events {
            if event.uid.is_empty() || !event.uid.bytes().all(is_plain) {
                continue;
            }
            let version = version(&event.file);
            match (self.sent.get(&event.uid), event.is_cancelled) {
                (None, true) => {}
                (Some(_), true) => {
                    self.delete(&agent, &event.uid)?;
                    self.sent.remove(&event.uid);
                    pushed.deleted += 1;
                }
                (Some(known), false) if *known == version => {}
                (Some(_), false) => {
                    self.put(&agent, event, false)?;
                    self.sent.insert(event.uid.clone(), version);
                    pushed.updated += 1;
                }
                (None, false) if self.sent.len() >= MAX_SENT => return Err(CalendarFault::Refused),
                (None, false) => {
                    // One that is there already was sent before this device forgot it, or by another one.
                    let is_new = self.put(&agent, event, true)?;
                    if !is_new {
                        self.put(&agent, event, false)?;
                    }
                    self.sent.insert(event.uid.clone(), version);
                    pushed.created += usize::from(is_new);
                    pushed.updated += usize::from(!is_new);
                }
            }
        }
        Ok(pushed)
    }

    /// Puts an event there; `false` if it was to be new, and is not.
    fn put(&self, agent: &ureq::Agent, event: &CalendarEvent, only_new: bool) -> Result<bool, CalendarFault> {
        let request = self.signed(agent.put(&self.file_url(&event.uid)));
        let request = if only_new { request.header("If-None-Match", "*") } else { request };
        match status(request.content_type("text/calendar; charset=utf-8").send(event.file.as_bytes()))? {
            200 | 201 | 204 => Ok(true),
            412 if only_new => Ok(false),
            other => Err(fault(other)),
        }
    }

    fn delete(&self, agent: &ureq::Agent, uid: &str) -> Result<(), CalendarFault> {
        match status(self.signed(agent.delete(&self.file_url(uid))).call())? {
            // Somebody may have deleted it there.
            200 | 202 | 204 | 404 | 410 => Ok(()),
            other => Err(fault(other)),
        }
    }

    fn signed<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        let pair = Zeroizing::new(format!("{}:{}", self.user, *self.password));
        let words = Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())));
        request.header("Authorization", words.as_str())
    }

    fn file_url(&self, uid: &str) -> String {
        format!("{}/{uid}.ics", self.url)
    }
}

/// Whether a password may go there.
fn is_private(url: &str) -> bool {
    let local = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
    let rest =
        url.strip_prefix("https://").or_else(|| local.into_iter().find_map(|start| url.strip_prefix(start)));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', '?', '#', ' ']))
}

/// A letter of a name that needs no escaping in an address.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'@')
}

/// Which version of an event a file is.
fn version(file: &str) -> String {
    file.lines().find_map(|line| line.strip_prefix("SEQUENCE:")).unwrap_or_default().trim().to_owned()
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent("Kuvert")
        .timeout_global(Some(WITHIN))
        .build();
    config.into()
}

fn status(answer: Result<Response<Body>, ureq::Error>) -> Result<u16, CalendarFault> {
    answer.map(|answer| answer.status().as_u16()).map_err(|_| CalendarFault::Unreachable)
}

fn fault(status: u16) -> CalendarFault {
    match status {
        401 | 403 => CalendarFault::Denied,
        404 | 405 | 409 | 410 => CalendarFault::NotFound,
        _ => CalendarFault::Refused,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A server for one calendar. Files by their paths.
    type Files = Arc<Mutex<BTreeMap<String, String>>>;

    fn serve() -> (String, Files) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/dav/anne/work", listener.local_addr().expect("bound"));
        let files = Files::default();
        let shared = Arc::clone(&files);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &shared);
            }
        });
        (url, files)
    }

    /// Answers one request, as RFC 4791 and RFC 9110 ask for.
    fn answer(mut stream: TcpStream, files: &Files) {
        let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                break;
            }
            head.push(line.trim().to_owned());
        }
        let Some((method, rest)) = head.first().and_then(|line| line.split_once(' ')) else { return };
        let path = rest.split(' ').next().unwrap_or_default().to_owned();
        let value = |name: &str| {
            head.iter().find_map(|line| {
                let (known, value) = line.split_once(':')?;
                known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let length = value("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        let body = String::from_utf8(body).expect("UTF-8");
        let mut files = files.lock().expect("sound");
        let is_known =
            value("Authorization").as_deref() == Some(&format!("Basic {}", BASE64.encode(b"anne:secret")));
        let status = match method {
            _ if !is_known => "401 Unauthorized",
            _ if !path.starts_with("/dav/anne/work/") => "404 Not Found",
            "PUT" if value("If-None-Match").as_deref() == Some("*") && files.contains_key(&path) => {
                "412 Precondition Failed"
            }
            "PUT" if value("Content-Type").is_none_or(|kind| !kind.starts_with("text/calendar")) => {
                "415 Unsupported Media Type"
            }
            "PUT" => match files.insert(path, body) {
                None => "201 Created",
                Some(_) => "204 No Content",
            },
            "DELETE" => match files.remove(&path) {
                Some(_) => "204 No Content",
                None => "404 Not Found",
            },
            _ => "405 Method Not Allowed",
        };
        let _ = stream.write_all(
            format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
        );
    }

    fn event(sequence: u32, is_cancelled: bool) -> CalendarEvent {
        let file = format!("BEGIN:VCALENDAR\r\nSEQUENCE:{sequence}\r\nEND:VCALENDAR\r\n");
        CalendarEvent { uid: "kt-abcd@kuvert.invalid".into(), file, is_cancelled }
    }

    fn calendar(url: &str, password: &str) -> Calendar {
        Calendar::new(url, "anne", Zeroizing::new(password.to_owned())).expect("a calendar")
    }

    #[test]
    fn an_appointment_is_created_updated_and_deleted() {
        let (url, files) = serve();
        let mut own = calendar(&url, "secret");
        assert_eq!(own.push(&[event(1, false)]), Ok(Pushed { created: 1, ..Pushed::default() }));
        assert!(
            files.lock().expect("sound").keys().all(|path| path.ends_with("/kt-abcd@kuvert.invalid.ics"))
        );
        // What is there already is not sent again, also not after a start.
        let mut own = Calendar::read(&own.write()).expect("what was written");
        assert_eq!(own.push(&[event(1, false)]), Ok(Pushed::default()));
        assert_eq!(own.push(&[event(2, false)]), Ok(Pushed { updated: 1, ..Pushed::default() }));
        assert!(files.lock().expect("sound").values().all(|file| file.contains("SEQUENCE:2")));
        // A device that knows nothing of it replaces it, and makes no second one.
        let mut other = calendar(&url, "secret");
        assert_eq!(other.push(&[event(3, false)]), Ok(Pushed { updated: 1, ..Pushed::default() }));
        assert_eq!(files.lock().expect("sound").len(), 1);
        assert_eq!(own.push(&[event(4, true)]), Ok(Pushed { deleted: 1, ..Pushed::default() }));
        assert!(files.lock().expect("sound").is_empty());
        // What somebody deleted there is deleted.
        assert_eq!(other.push(&[event(4, true)]), Ok(Pushed { deleted: 1, ..Pushed::default() }));
    }

    #[test]
    fn faults_say_what_to_do() {
        let (url, files) = serve();
        assert_eq!(calendar(&url, "wrong").push(&[event(1, false)]), Err(CalendarFault::Denied));
        let elsewhere = url.replace("/work", "/none");
        assert_eq!(calendar(&elsewhere, "secret").push(&[event(1, false)]), Err(CalendarFault::NotFound));
        assert!(files.lock().expect("sound").is_empty());
        let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
        let mut gone = calendar(&format!("http://{closed}/x"), "secret");
        assert_eq!(gone.push(&[event(1, false)]), Err(CalendarFault::Unreachable));
    }

    #[test]
    fn a_password_goes_over_tls_only_and_shows_nowhere() {
        let new = |url: &str| Calendar::new(url, "anne", Zeroizing::new("secret".to_owned()));
        assert!(new("https://dav.example.org/anne/").is_ok());
        for bad in
            ["http://dav.example.org/", "https://", "ftp://x", "https://anne@example.org/", "https://a b"]
        {
            assert_eq!(new(bad), Err(CalendarFault::Settings), "{bad}");
        }
        assert!(Calendar::new("https://x", "a:b", Zeroizing::new("c".to_owned())).is_err());
        let shown = format!("{:?}", new("https://dav.example.org"));
        assert!(!shown.contains("secret") && !shown.contains("anne"), "{shown}");
    }
}
