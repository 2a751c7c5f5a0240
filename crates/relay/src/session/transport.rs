//! The socket of a session, and the buffers that all sessions of a thread share.
//!
//! A session that waits holds no buffer. Bytes are read into a buffer of the thread and worked off there at once;
//! what is to be sent is put together in another, and only what the socket does not take is kept.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Bytes read at once.
pub(super) const READ: usize = 64 * 1024;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Largest buffer for output that a thread keeps.
const KEEP: usize = 1024 * 1024;

/// The connection to a client.
pub(crate) enum Transport {
    /// Without encryption, behind a proxy or on the own machine.
    Plain(TcpStream),
    /// Within TLS.
    Tls(Box<Encrypted>),
    /// Within this process.
    #[cfg(any(test, fuzzing))]
    Pipe(tokio::io::DuplexStream),
}

/// A connection within TLS, which takes bytes before the socket does.
pub(crate) struct Encrypted {
    stream: TlsStream<TcpStream>,
    /// Bytes at the begin of what is written next that were taken, but not said to be: the socket had not taken all of
    /// what they became, and who wrote them has to come back for that.
    owed: usize,
}

impl Transport {
    /// A connection within TLS.
    pub(crate) fn tls(stream: Box<TlsStream<TcpStream>>) -> Self {
        Self::Tls(Box::new(Encrypted { stream: *stream, owed: 0 }))
    }

    /// Reads what has come, at most [`READ`] bytes, and shows it to `take`. No bytes mean the end.
    pub(super) fn poll_read<T>(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut [u8]) -> T,
    ) -> Poll<std::io::Result<T>> {
        INPUT.with_borrow_mut(|input| {
            let mut buffer = ReadBuf::new(input);
            let read = match self {
                Self::Plain(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
                Self::Tls(tls) => Pin::new(&mut tls.stream).poll_read(cx, &mut buffer),
                #[cfg(any(test, fuzzing))]
                Self::Pipe(pipe) => Pin::new(pipe).poll_read(cx, &mut buffer),
            };
            read.map_ok(|()| take(buffer.filled_mut()))
        })
    }

    /// Writes `bytes` as far as the socket takes them; returns how far. Less than all means that it will wake `cx`, and that
    /// the rest has to be written before anything else.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(stream) => write_to(stream, cx, bytes),
            Self::Tls(tls) => tls.poll_write(cx, bytes),
            #[cfg(any(test, fuzzing))]
            Self::Pipe(pipe) => write_to(pipe, cx, bytes),
        }
    }

    /// Says that nothing more will be sent.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(&mut tls.stream).poll_shutdown(cx),
            #[cfg(any(test, fuzzing))]
            Self::Pipe(pipe) => Pin::new(pipe).poll_shutdown(cx),
        }
    }
}

impl Encrypted {
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> std::io::Result<usize> {
        let owed = std::mem::take(&mut self.owed);
        let taken = owed + write_to(&mut self.stream, cx, &bytes[owed..])?;
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(flushed) => flushed?,
            Poll::Pending if taken == bytes.len() && taken > 0 => self.owed = 1,
            Poll::Pending => {}
        }
        Ok(taken - self.owed)
    }
}

fn write_to(
    stream: &mut (impl AsyncWrite + Unpin),
    cx: &mut Context<'_>,
    bytes: &[u8],
) -> std::io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match Pin::new(&mut *stream).poll_write(cx, &bytes[written..]) {
            Poll::Ready(Ok(0)) => return Err(std::io::ErrorKind::WriteZero.into()),
            Poll::Ready(Ok(more)) => written += more,
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Pending => break,
        }
    }
    Ok(written)
}

/// Lends the thread's buffer for output, which is empty.
pub(super) fn with_output<T>(use_it: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    OUTPUT.with_borrow_mut(|output| {
        output.clear();
        let result = use_it(output);
        output.shrink_to(KEEP);
        result
    })
}
