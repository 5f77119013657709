//! How it was found out, and by what.

use super::told::Told;
use super::{Block, Section};

const METHOD: [&str; 4] = [
    "Each request that was refused is joined with the line of the server's own log that states why: the client's \
     address, the time and the cause must fit the request's status, method, path and response size. How far the clocks \
     of two logs are apart is learned from the data and taken into account.",
    "That there is no line is claimed only where the log was alive around the moment; then what the server is known to \
     refuse without a line is left. Otherwise a finding names what is left, or says that it is not known.",
    "Refusals are an incident where they belong together: one trouble of one client or name, or of several at one \
     moment. Its trigger is the change after which those failed who had been let in until then.",
    "Secrets are redacted before anything is kept. No connection was opened.",
];

pub(super) fn section(told: &Told<'_>) -> Section {
    let mut blocks: Vec<Block> = METHOD
        .iter()
        .map(|text| Block::Paragraph((*text).to_owned()))
        .collect();
    let zone = told.page.zone.to_string();
    blocks.push(Block::Facts(vec![
        ("made by", format!("why401 {}", env!("CARGO_PKG_VERSION"))),
        ("times in", zone),
    ]));
    Section::new("method", "Method", blocks)
}
