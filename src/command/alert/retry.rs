//! `alert retry`: hooks are run again for what they were not told.

use std::io::Write;

use anstream::ColorChoice;

use super::super::deliver::{Deliverer, hooks, now};
use super::super::talk::Talk;
use super::super::{Exit, Fault, stdout};
use crate::cli::{AlertRetryArgs, Output};
use crate::config::Config;
use crate::index::{self, Error, Letter, Writer};
use crate::report::sanitize::visible;

pub(super) fn run(
    args: &AlertRetryArgs,
    config: &Config,
    color: ColorChoice,
) -> anyhow::Result<Exit> {
    let mut talk = Talk::new(color);
    let path = args.store.place()?;
    // Who writes would make one.
    if !path.exists() {
        return Err(Fault::from(Error::Missing(path)).into());
    }
    let writer = match Writer::open(&path) {
        Err(Error::Locked { pid, .. }) => {
            index::ask_again(&path, &args.ids).map_err(Fault::from)?;
            writeln!(
                talk,
                "why401: process {pid}, which writes the index, will do it"
            )?;
            return Ok(Exit::Done);
        }
        opened => opened.map_err(Fault::from)?,
    };
    let mut deliverer = Deliverer::new(hooks(config)?, || {});
    let letters = revive(&writer, &args.ids)?;
    deliverer
        .finish(&writer, now(), None)
        .map_err(Fault::from)?;
    let mut out = stdout(Output::Text, color);
    let mut failed = false;
    for Letter { id, hook, .. } in letters {
        let letter = writer.letter(&id).map_err(Fault::from)?;
        let state = letter.as_ref().map_or("gone", |letter| &letter.state);
        let outcome = letter.as_ref().and_then(|letter| letter.outcome.as_deref());
        let is_known = deliverer.hooks().iter().any(|h| *h.name == *hook);
        let outcome = if is_known {
            outcome.unwrap_or_default()
        } else {
            "no hook has this name"
        };
        writeln!(out, "{id}  {hook}  {state}  {}", visible(outcome))?;
        failed |= state != "delivered";
    }
    out.flush()?;
    writer.close().map_err(Fault::from)?;
    Ok(if failed { Exit::Hook } else { Exit::Done })
}

/// The deliveries that are asked for, which are due now.
fn revive(writer: &Writer, ids: &[String]) -> Result<Vec<Letter>, Fault> {
    if ids.is_empty() {
        return Ok(writer.retry(None, now())?);
    }
    let mut letters: Vec<Letter> = Vec::new();
    for id in ids {
        let revived = writer.retry(Some(id), now())?;
        if revived.is_empty() {
            let message = format!("nothing that was not delivered has the id {id}");
            return Err(Fault::new(Exit::Usage, message));
        }
        letters.extend(revived);
    }
    Ok(letters)
}
