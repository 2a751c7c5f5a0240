//! All connections of the generator, on one thread.
//!
//! The generator shares the machine with the relay that it measures, so that whatever it costs is missing there. One
//! thread waits for all sockets at once; they share one buffer into which is read and in which frames are opened where
//! they lie; what a turn has to say goes out at its end, with one write per socket. A socket that is idle holds no
//! buffer.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use kuvert_wire::limits;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Protocol, Socket, Type};

use crate::framing::{self, Header, Kind};

/// Sockets served per turn: enough to share the costs of a turn, few enough that the relay has something to do
/// meanwhile.
const TURN: usize = 128;
/// What one read takes at most, behind a frame that is not complete yet.
const READ: usize = 256 * 1024;
/// Connections per source address: few, because finding a free port takes the longer the more are taken.
const PER_SOURCE: usize = 1_000;

/// Names a connection: the n-th that was opened.
pub(crate) type Id = usize;

/// Who speaks on the connections.
pub(crate) trait Peer {
    /// A frame came. It may be changed in place.
    fn frame(&mut self, out: &mut Outbox, id: Id, payload: &mut [u8]) -> Result<()>;

    /// All frames that one read brought were given to [`Self::frame`].
    fn settled(&mut self, out: &mut Outbox, id: Id) -> Result<()>;

    /// The relay closed the connection.
    fn closed(&mut self, id: Id) -> Result<()> {
        bail!("the relay closed session {id}");
    }
}

/// What is to be written, per connection.
#[derive(Default)]
pub(crate) struct Outbox {
    lines: Vec<Line>,
    dirty: Vec<Id>,
}

/// The writing half of a connection.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    written: usize,
    dirty: bool,
}

impl Outbox {
    /// The bytes that go out next on a connection, to append whole frames to.
    pub(crate) fn of(&mut self, id: Id) -> &mut Vec<u8> {
        let line = &mut self.lines[id];
        if !line.dirty {
            line.dirty = true;
            self.dirty.push(id);
        }
        &mut line.bytes
    }

    /// Appends one binary frame.
    pub(crate) fn send(&mut self, id: Id, payload: &[u8]) {
        framing::append(self.of(id), Kind::Binary, payload);
    }
}

/// The reading half of a connection.
struct Reader {
    /// None once it is closed.
    stream: Option<TcpStream>,
    upgraded: bool,
    /// The beginning of a frame whose end has not come yet.
    rest: Vec<u8>,
}

/// The connections.
pub(crate) struct Net {
    poll: Poll,
    events: Events,
    readers: Vec<Reader>,
    pub(crate) out: Outbox,
    buffer: Vec<u8>,
    /// Bytes that came and that left.
    read: u64,
    written: u64,
}

impl Net {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(TURN),
            readers: Vec::new(),
            out: Outbox::default(),
            buffer: vec![0; limits::MAX_FRAME + framing::MAX_HEADER + READ],
            read: 0,
            written: 0,
        })
    }

    /// Bytes that came on all connections.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// Bytes that left on all connections.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Connects and asks for a session.
    pub(crate) fn connect(&mut self, relay: SocketAddr) -> Result<Id> {
        let id = self.readers.len();
        let socket = Socket::new(Domain::for_address(relay), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_tcp_nodelay(true)?;
        if let Some(source) = source(relay.ip(), id) {
            socket.bind(&SocketAddr::new(source, 0).into())?;
        }
        socket.connect(&relay.into()).with_context(|| format!("no connection to the relay at {relay}"))?;
        socket.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(socket.into());
        // Writing is not waited for: what a socket does not take is tried again each turn.
        self.poll.registry().register(&mut stream, Token(id), Interest::READABLE | Interest::WRITABLE)?;
        self.readers.push(Reader { stream: Some(stream), upgraded: false, rest: Vec::new() });
        self.out.lines.push(Line::default());
        self.out.of(id).extend_from_slice(framing::upgrade(&relay.to_string()).as_bytes());
        Ok(id)
    }

    /// Closes a connection.
    pub(crate) fn close(&mut self, id: Id) {
        self.readers[id] = Reader { stream: None, upgraded: true, rest: Vec::new() };
        self.out.of(id).clear();
    }

    /// Writes what is due, waits until something can be read or `patience` is over, and hands it to `peer`. Returns
    /// whether anything came.
    pub(crate) fn turn(&mut self, patience: Duration, peer: &mut impl Peer) -> Result<bool> {
        self.flush(peer)?;
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        let mut came = false;
        for event in &self.events {
            let id = event.token().0;
            let reader = &mut self.readers[id];
            if event.is_writable() && !self.out.lines[id].bytes.is_empty() {
                self.out.of(id);
            }
            if reader.stream.is_some() && (event.is_readable() || event.is_read_closed()) {
                came = true;
                let ended = event.is_read_closed() || event.is_error();
                let goes_on =
                    reader.read(id, ended, &mut self.buffer, &mut self.out, &mut self.read, peer)?;
                if !goes_on {
                    peer.closed(id)?;
                }
            }
        }
        self.flush(peer)?;
        Ok(came)
    }

    fn flush(&mut self, peer: &mut impl Peer) -> Result<()> {
        while let Some(id) = self.out.dirty.pop() {
            let (line, reader) = (&mut self.out.lines[id], &mut self.readers[id]);
            line.dirty = false;
            let Some(stream) = &mut reader.stream else {
                line.bytes.clear();
                continue;
            };
            match line.write(stream, &mut self.written) {
                Ok(()) => {}
                // The relay reads no more for now; an event says when it does again.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => {
                    reader.stream = None;
                    peer.closed(id)?;
                }
            }
        }
        Ok(())
    }
}

impl Line {
    fn write(&mut self, stream: &mut TcpStream, sum: &mut u64) -> std::io::Result<()> {
        while self.written < self.bytes.len() {
            match stream.write(&self.bytes[self.written..]) {
                Ok(written) => {
                    self.written += written;
                    *sum += written as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.bytes.clear();
        self.written = 0;
        Ok(())
    }
}

impl Reader {
    /// Reads until nothing is left; to the end of the stream if it has `ended`. Returns whether the connection goes on.
    fn read(
        &mut self,
        id: Id,
        ended: bool,
        buffer: &mut [u8],
        out: &mut Outbox,
        sum: &mut u64,
        peer: &mut impl Peer,
    ) -> Result<bool> {
        let Some(mut stream) = self.stream.take() else { return Ok(false) };
        let mut filled = self.rest.len();
        buffer[..filled].copy_from_slice(&self.rest);
        self.rest.clear();
        let goes_on = loop {
            match stream.read(&mut buffer[filled..]) {
                Ok(0) => break false,
                Ok(read) => {
                    *sum += read as u64;
                    let drained = filled + read < buffer.len();
                    filled += read;
                    let used = self.frames(id, &mut buffer[..filled], out, peer)?;
                    peer.settled(out, id)?;
                    buffer.copy_within(used..filled, 0);
                    filled -= used;
                    // Less than was asked for: the socket is empty, and an event says when it is not.
                    if drained && !ended {
                        break true;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break false,
            }
        };
        self.rest.extend_from_slice(&buffer[..filled]);
        self.stream = goes_on.then_some(stream);
        Ok(goes_on)
    }

    /// Hands on the frames that are complete. Returns how many bytes they took.
    fn frames(&mut self, id: Id, bytes: &mut [u8], out: &mut Outbox, peer: &mut impl Peer) -> Result<usize> {
        let mut used = 0;
        if !self.upgraded {
            let Some(end) = framing::upgraded(bytes)? else { return Ok(0) };
            self.upgraded = true;
            used = end;
        }
        while let Some(header) = Header::of(&bytes[used..])? {
            let payload = &mut bytes[used + header.start..used + header.end];
            match header.kind {
                Kind::Binary => peer.frame(out, id, payload)?,
                Kind::Ping => framing::append(out.of(id), Kind::Pong, payload),
                // The end of the stream follows a close.
                Kind::Pong | Kind::Close => {}
            }
            used += header.end;
        }
        if bytes.len() - used > limits::MAX_FRAME + framing::MAX_HEADER {
            bail!("the relay sent a frame of more than {} bytes", limits::MAX_FRAME);
        }
        Ok(used)
    }
}

/// The source address of the `id`-th connection to a relay on this machine. Each process has its own ones, because
/// those of an earlier run are not free again at once.
fn source(relay: IpAddr, id: Id) -> Option<IpAddr> {
    let [.., high, low] = std::process::id().to_be_bytes();
    let place = (1 + id / PER_SOURCE % 250) as u8;
    (relay == IpAddr::V4(Ipv4Addr::LOCALHOST)).then(|| Ipv4Addr::new(127, high, low, place).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_on_one_machine_come_from_many_addresses() {
        let (here, there) = (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::new(192, 0, 2, 1).into());
        assert_eq!(source(here, 0), source(here, PER_SOURCE - 1));
        assert_ne!(source(here, 0), source(here, PER_SOURCE));
        assert!(
            (0..1_000_000).step_by(PER_SOURCE).all(|id| source(here, id).is_some_and(|a| a.is_loopback()))
        );
        assert_eq!(source(there, 0), None);
    }
}
