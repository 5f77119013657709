//! `alert`: what is told of at once.

mod list;
mod replay;
mod retry;
mod samples;
mod test;
mod watch;

use anstream::ColorChoice;

pub(super) use watch::{Cited, Watch};

use super::Exit;
use crate::cli::{AlertArgs, AlertCommand};
use crate::config::Config;

pub(super) fn run(args: &AlertArgs, config: &Config, color: ColorChoice) -> anyhow::Result<Exit> {
    match &args.command {
        AlertCommand::List(args) => list::run(args, config, color),
        AlertCommand::Test(args) => test::run(args, config, color),
        AlertCommand::Replay(args) => replay::run(args, config, color),
        AlertCommand::Retry(args) => retry::run(args, config, color),
    }
}
