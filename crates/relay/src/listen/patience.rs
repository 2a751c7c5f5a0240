//! A stream that fails when nothing moves on it for too long, in either direction.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A stream under watch. Where both sides only wait, whose turn it is does not matter: a peer that neither sends its request
/// nor reads its answer is gone, or wants to hold the connection.
pub(crate) struct Patient<T> {
    inner: T,
    patience: Duration,
    moved: Instant,
    timer: Pin<Box<Sleep>>,
}

impl<T> Patient<T> {
    /// Watches `inner` from now on.
    pub(super) fn new(inner: T, patience: Duration) -> Self {
        let moved = Instant::now();
        Self { inner, patience, moved, timer: Box::pin(sleep_until(moved + patience)) }
    }

    /// The stream, no longer under watch.
    pub(crate) fn into_inner(self) -> T {
        self.inner
    }

    /// Notes that something moved, or looks whether it was too long ago.
    fn watch<R>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if polled.is_ready() {
            self.moved = Instant::now();
            return polled;
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            // The timer is moved only when it rings, not with every byte.
            let until = self.moved + self.patience;
            if until <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.timer.as_mut().reset(until);
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Patient<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        self.watch(cx, polled)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Patient<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watch(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.watch(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.watch(cx, polled)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::sleep;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_stream_on_which_nothing_moves_fails_and_any_byte_gives_it_time_again() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Patient::new(near, PATIENCE);
        let writer = tokio::spawn(async move {
            for _ in 0..5 {
                sleep(PATIENCE - Duration::from_secs(1)).await;
                far.write_u8(1).await.expect("written");
            }
            far
        });
        for _ in 0..5 {
            near.read_u8().await.expect("in time");
        }
        let _far = writer.await.expect("ended");
        let before = Instant::now();
        assert_eq!(near.read_u8().await.expect_err("too long").kind(), io::ErrorKind::TimedOut);
        assert_eq!(before.elapsed().as_secs(), PATIENCE.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_is_given_up() {
        let (near, _far) = tokio::io::duplex(8);
        let mut near = Patient::new(near, PATIENCE);
        let written = near.write_all(&[0; 64]).await;
        assert_eq!(written.expect_err("nobody reads").kind(), io::ErrorKind::TimedOut);
    }
}
