//! `inputs`: what the index has read, and how far it can be trusted.

use std::io::Write;
use std::sync::Arc;

use anstream::ColorChoice;
use serde_json::{Map, Value, json};

use super::{Exit, Fault, columns, recall, stdout};
use crate::cli::{InputsArgs, Output};
use crate::event::{Part, SECOND};
use crate::index::{Followed, Kept, Reader, Stored, StoredPart};
use crate::report::{BOLD, Block, Page, clock, local, stretch};
use crate::summary::{Summary, Tally};
use crate::zone::Zone;

pub(super) fn run(args: &InputsArgs, color: ColorChoice) -> anyhow::Result<Exit> {
    let path = args.store.place()?;
    let reader = Reader::open(&path).map_err(Fault::from)?;
    let kept = reader.kept().map_err(Fault::from)?;
    let summary = recall::summary(&reader, &kept)?;
    let mut out = stdout(args.output, color);
    let zone = if args.utc { Zone::Utc } else { Zone::Host };
    match args.output {
        Output::Text => text(&kept, &summary, zone, &mut out)?,
        Output::Ndjson => {
            for input in &kept.inputs {
                serde_json::to_writer(&mut out, &object(input, &kept, &summary))?;
                out.write_all(b"\n")?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn parts<'k>(kept: &'k Kept<'_>, input: &Stored<'_>) -> impl Iterator<Item = &'k StoredPart> {
    let id = input.id;
    kept.parts.iter().filter(move |part| part.input == id)
}

fn text(
    kept: &Kept<'_>,
    summary: &Summary,
    zone: Zone,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let names: Arc<[Part]> = kept.parts.iter().map(|part| part.part.clone()).collect();
    let page = Page::new(names, zone, columns());
    for input in &kept.inputs {
        let mut block = Block::new(&page, 0, out);
        let system = input.system.as_ref();
        let what = system.map_or_else(String::new, |system| format!(", {system}"));
        let head = format!(" ({}{what})", input.format);
        block.paragraph("input", (&page.short(&input.name), BOLD), &head)?;
        if let Some(followed) = &input.followed {
            block.paragraph("followed", ("", BOLD), &how(followed))?;
        }
        for part in parts(kept, input) {
            block.paragraph("", (&page.short(&part.part.name), BOLD), &fate(part, &page))?;
            if let Some(failure) = &part.failure {
                block.paragraph("", ("", BOLD), failure)?;
            }
        }
        for offset in summary
            .clock_offsets
            .iter()
            .filter(|o| o.input == input.name)
        {
            block.paragraph("clock", ("", BOLD), &clock(&page, offset))?;
        }
        for gap in &summary.gaps {
            if gap.input.split(", ").any(|name| name == input.name) {
                block.paragraph("gap", ("", BOLD), &stretch(&page, gap).1)?;
            }
        }
    }
    Ok(())
}

fn how(followed: &Followed) -> String {
    match followed {
        Followed::Told => "the system tells of changes".to_owned(),
        Followed::Polled(why) => format!("looked at once a second: {why}"),
    }
}

/// ` 88 lines: 80 parsed (31204 bytes), 7 ignored (900 bytes), 1 unparsed (12 bytes); … to …`
fn fate(part: &StoredPart, page: &Page) -> String {
    let Tally {
        lines,
        parsed,
        ignored,
        unparsed,
        bytes,
        ..
    } = &part.tally;
    let span = part.span.map_or_else(
        || "no event".to_owned(),
        |(first, last)| page.zone.show_span(first, last),
    );
    format!(
        ": {lines} lines: {parsed} parsed ({} bytes), {ignored} ignored ({} bytes), {unparsed} unparsed \
         ({} bytes); {span}",
        bytes.parsed, bytes.ignored, bytes.unparsed
    )
}

fn object(input: &Stored<'_>, kept: &Kept<'_>, summary: &Summary) -> Value {
    let part = |part: &StoredPart| {
        let Tally {
            lines,
            parsed,
            ignored,
            unparsed,
            cut,
            bytes,
            position,
            ..
        } = &part.tally;
        let mut object = json!({
            "file": part.part.name, "lines": lines, "parsed": parsed, "ignored": ignored,
            "unparsed": unparsed, "cut": cut, "position": position.offset,
            "bytes": {"parsed": bytes.parsed, "ignored": bytes.ignored, "unparsed": bytes.unparsed},
        });
        if let Some((first, last)) = part.span {
            object["first"] = time(first);
            object["last"] = time(last);
        }
        if let Some(failure) = &part.failure {
            object["failure"] = json!(failure);
        }
        object
    };
    let offsets = summary
        .clock_offsets
        .iter()
        .filter(|o| o.input == input.name);
    let offsets = offsets.map(|o| {
        json!({"reference": o.reference, "since": o.since.map(time), "offset_s": o.offset_s,
            "error_s": o.error_s, "pairs": o.pairs})
    });
    let is_blind = |names: &str| names.split(", ").any(|name| name == input.name);
    let gaps = summary.gaps.iter().filter(|gap| is_blind(&gap.input));
    let gaps = gaps.map(|gap| {
        json!({"from": gap.from.map(time), "until": gap.until.map(time), "why": gap.why,
            "refusals": gap.refusals})
    });
    let mut object = Map::new();
    object.insert("input".into(), json!(input.name));
    object.insert("format".into(), json!(input.format));
    object.insert("system".into(), json!(input.system));
    if let Some(followed) = &input.followed {
        object.insert("followed".into(), json!(how(followed)));
    }
    object.insert("files".into(), parts(kept, input).map(part).collect());
    let zone = summary.zones.iter().find(|zone| zone.input == input.name);
    if let Some(zone) = zone {
        object.insert("zone_s".into(), json!(zone.ahead / SECOND));
        object.insert("zone".into(), json!(local(zone).trim_start()));
    }
    object.insert("clock_offsets".into(), offsets.collect());
    object.insert("gaps".into(), gaps.collect());
    Value::Object(object)
}

fn time(time: i64) -> Value {
    crate::report::timestamp(time).into()
}
