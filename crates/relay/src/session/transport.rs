//! The socket of a session, and the buffers that all sessions of a thread share.
//!
//! A session that waits holds no buffer. Bytes are read into a buffer of the thread and worked off there at once;
//! what is to be sent is put together in another, and only what the socket does not take is kept.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

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
}

impl Transport {
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
            };
            read.map_ok(|()| take(buffer.filled_mut()))
        })
    }

    /// Writes `bytes` as far as the socket takes them; returns how far. Less than all means that it will wake `cx`.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> std::io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() {
            let wrote = match self {
                Self::Plain(stream) => Pin::new(stream).poll_write(cx, &bytes[written..]),
            };
            match wrote {
                Poll::Ready(Ok(0)) => return Err(std::io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(more)) => written += more,
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => break,
            }
        }
        Ok(written)
    }

    /// Says that nothing more will be sent.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
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
