//! `kuvert chat`: the full-screen client.
//!
//! [`state::Chat`] is all that is shown, as plain data; [`draw`] draws it; the loop here hands it what the engine and
//! the terminal say, and fulfils the wishes that it leaves. Texts of others reach the terminal through [`rows`] only.

mod draft;
mod draw;
mod editor;
mod files;
mod group;
mod keys;
mod layout;
mod overlay;
mod rows;
mod screen;
mod state;
#[cfg(test)]
mod tests;
mod timeline;
mod words;

use std::io::{self, IsTerminal};
use std::time::Duration;

use crossterm::event::EventStream;
use futures_util::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kuvert_client::Session;
use kuvert_view::{Connection, UiCommand};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use super::{Common, Failure, LAST_WORDS, open};
use crate::output::Output;
use screen::Screen;
use state::{Chat, ScreenWish};

/// Updates of the engine that are taken between two pictures: a flood does not keep keys waiting.
const MAX_UPDATES: usize = 500;
/// The minute has changed: what is said in relation to today may have as well.
const CLOCK: Duration = Duration::from_secs(60);

/// The full-screen client.
#[derive(Debug, clap::Args)]
pub(crate) struct ChatArgs {
    #[command(flatten)]
    pub(super) common: Common,
}

/// Runs until the user leaves, or the terminal is gone.
pub(super) async fn chat(args: ChatArgs, output: Output) -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::NoTerminal);
    }
    let (mut session, own) = open(&args.common, "kuvert chat")?;
    let size = crossterm::terminal::size()?;
    let mut chat = Chat::new(own, TimeZone::system(), size);
    chat.is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    session.go_online();
    let mut screen = Screen::take()?;
    let ran = run(&mut session, &mut chat, &mut screen).await;
    drop(screen);
    ran?;
    session.command(UiCommand::CloseConversation);
    if session.connection() == Connection::Online && !session.until_sent(Instant::now() + LAST_WORDS).await? {
        output.note("something is not sent yet; the next command that reaches the relay sends it");
    } else if !session.is_all_sent()? {
        output.note(
            "the relay is not reached; what waits to be sent is sent by the next command that reaches it",
        );
    }
    session.close().await;
    Ok(())
}

async fn run(session: &mut Session, chat: &mut Chat, screen: &mut Screen) -> Result<(), Failure> {
    let mut events = EventStream::new();
    let mut ends = [signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
    loop {
        settle(session, chat);
        match chat.screen_wish.take() {
            Some(ScreenWish::Copy(text)) => screen.copy(&text)?,
            Some(ScreenWish::Redraw) => screen.terminal.clear()?,
            Some(ScreenWish::Pause) => {
                screen.pause()?;
                chat.size = crossterm::terminal::size()?;
                continue;
            }
            None => {}
        }
        screen.terminal.draw(|frame| draw::chat(frame, chat))?;
        if chat.is_over {
            return Ok(());
        }
        if let Some(wish) = chat.file_wish.take() {
            files::fulfil(session, chat, wish).await;
            continue;
        }
        let [terminate, hangup] = &mut ends;
        tokio::select! {
            event = events.next() => match event {
                Some(event) => chat.event(event?),
                // The terminal is gone.
                None => return Ok(()),
            },
            update = session.next_update(Some(Instant::now() + CLOCK)) => {
                if let Some(update) = update? {
                    chat.apply(update);
                }
            }
            () = received(terminate) => return Ok(()),
            () = received(hangup) => return Ok(()),
        }
    }
}

/// Takes what the engine said, and fulfils wishes until there is none left: their answers may lead to others.
fn settle(session: &mut Session, chat: &mut Chat) {
    chat.now = Timestamp::now().as_millisecond();
    let updates = std::iter::from_fn(|| session.poll_update()).take(MAX_UPDATES).collect::<Vec<_>>();
    for update in updates {
        chat.apply(update);
    }
    loop {
        chat.lay_out();
        let Some(wish) = chat.wishes.pop_front() else { break };
        session.command(wish.clone());
        let answers = std::iter::from_fn(|| session.poll_update()).take(MAX_UPDATES).collect();
        chat.answered(&wish, answers);
    }
}

async fn received(signal: &mut Signal) {
    if signal.recv().await.is_none() {
        // There will be none.
        std::future::pending::<()>().await;
    }
}
