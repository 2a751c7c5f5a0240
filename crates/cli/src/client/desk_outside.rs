//! Conversations that this device is let into when its user looks after them.

use std::ops::ControlFlow;

use kuvert_client::Session;
use kuvert_view::{DeskCommand as Wish, DeskUpdate, OutsideId, QueueFilter, QueueView};
use tokio::time::Instant;

use super::Failure;
use super::desk::{CaseArgs, begin, wish};
use super::desk_shown::show_queue;
use crate::output::Output;

/// Looks after a conversation, and waits to be let in.
pub(super) async fn claim(args: &CaseArgs, output: Output) -> Result<(), Failure> {
    let mut session = begin(&args.common, "kuvert desk claim", &args.wait).await?;
    let code = args.customer.trim_start_matches('#');
    let found = queue(&mut session, QueueFilter::All)?.and_then(|queue| {
        let mut rows = queue.outside.into_iter();
        rows.find(|row| row.code.eq_ignore_ascii_case(code))
    });
    let case = found
        .ok_or_else(|| Failure::UnknownContact { who: args.customer.clone(), similar: Vec::new() })?
        .case;
    wish(&mut session, Wish::ClaimOutside { case })?;
    let deadline = Instant::now() + args.wait.timeout;
    session.until_sent(deadline).await?;
    if !is_let_in(&mut session, case)? {
        session
            .run_until(deadline, |session, _| match is_let_in(session, case) {
                Ok(false) => ControlFlow::Continue(()),
                Ok(true) | Err(_) => ControlFlow::Break(()),
            })
            .await?;
    }
    if let Some(mine) = queue(&mut session, QueueFilter::Mine)? {
        show_queue(&mut session, &mine, output)?;
    }
    session.close().await;
    Ok(())
}

/// Whether this device is in the conversation, and was told what was said there.
fn is_let_in(session: &mut Session, case: OutsideId) -> Result<bool, Failure> {
    let mine = queue(session, QueueFilter::Mine)?;
    let is_in = |queue: QueueView| {
        queue.outside.iter().all(|row| row.case != case) && queue.rows.iter().all(|row| row.last.is_some())
    };
    Ok(mine.is_some_and(is_in))
}

fn queue(session: &mut Session, filter: QueueFilter) -> Result<Option<QueueView>, Failure> {
    let updates = wish(session, Wish::ShowQueue { filter })?;
    Ok(updates.into_iter().find_map(|update| match update {
        DeskUpdate::Queue(queue) => Some(queue),
        _ => None,
    }))
}
