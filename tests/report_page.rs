//! The HTML of a report in a browser: nothing is asked for, nothing complained of, and everything can be seen on small
//! and large screens, light and dark, and on paper.
//!
//! `WHY401_PICTURES=FOLDER` keeps what was seen, to be looked at.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;
mod browser;

use std::fs;
use std::path::{Path, PathBuf};

use binary::why401;
use browser::Browser;
use tempfile::TempDir;

/// The scenario with most refusals.
const LARGEST: &str = "fixtures/scenarios/privacyidea";
const LOOK: &str = include_str!("browser/look.js");
/// In pixels: a phone, a tablet, a desk.
const WIDTHS: [u32; 3] = [360, 768, 1600];

fn page(logs: &str, folder: &Path) -> PathBuf {
    let file = folder.join("report.html");
    let out = file.to_str().unwrap();
    let run = why401(["report", logs, "-o", "html", "--out", out]).run();
    assert_eq!(run.code, 0, "{}", run.talk);
    file
}

fn keep(name: &str, bytes: impl FnOnce() -> Vec<u8>) {
    if let Some(folder) = std::env::var_os("WHY401_PICTURES") {
        fs::write(Path::new(&folder).join(name), bytes()).unwrap();
    }
}

/// What the page did that nobody asked for.
fn unasked(browser: &Browser, file: &Path) -> Vec<String> {
    let own = format!("file://{}", file.display());
    let said = |event: &&serde_json::Value| match event["method"].as_str().unwrap_or_default() {
        "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded" => true,
        "Network.requestWillBeSent" => event["params"]["request"]["url"] != *own,
        _ => false,
    };
    browser
        .events
        .iter()
        .filter(said)
        .map(ToString::to_string)
        .collect()
}

#[test]
fn everything_can_be_seen_on_every_screen() {
    let folder = TempDir::new().unwrap();
    let file = page(LARGEST, folder.path());
    let mut browser = Browser::open();
    for is_dark in [false, true] {
        for width in WIDTHS {
            browser.screen(width, is_dark);
            browser.show(&file);
            let seen = browser.evaluate(LOOK);
            assert_eq!(
                seen["faults"],
                serde_json::json!([]),
                "{width}, dark: {is_dark}"
            );
            assert!(seen["charts"].as_u64().unwrap() > 10, "{seen}");
            assert_eq!(seen["light"].as_f64().unwrap() < 0.1, is_dark, "{seen}");
            assert_eq!(
                unasked(&browser, &file),
                [""; 0],
                "{width}, dark: {is_dark}"
            );
            let shade = if is_dark { "dark" } else { "light" };
            keep(&format!("{width}-{shade}.png"), || browser.picture(None));
        }
    }
}

#[test]
fn a_page_that_does_something_is_found() {
    let folder = TempDir::new().unwrap();
    let file = page(binary::SCENARIO, folder.path());
    let text = fs::read_to_string(&file).unwrap();
    let bad = text
        .replace(
            "</main>",
            "<img src=\"http://127.0.0.1:9/x.png\"><script>console.log(1)</script></main>",
        )
        .replace("--ink: #1b2127", "--ink: #cccccc");
    fs::write(&file, bad).unwrap();
    let mut browser = Browser::open();
    browser.screen(360, false);
    browser.show(&file);
    // The policy forbids all three: what was tried is told.
    let complaints = unasked(&browser, &file).join("\n");
    for what in ["style-src", "script-src", "img-src"] {
        assert!(complaints.contains(what), "{what}: {complaints}");
    }
    let seen = browser.evaluate(LOOK);
    assert!(
        seen["faults"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f == "there is a script"),
        "{seen}"
    );
}

/// With no policy the page looks as it is made, and what cannot be seen is found.
#[test]
fn a_page_that_cannot_be_read_is_found() {
    let folder = TempDir::new().unwrap();
    let file = page(binary::SCENARIO, folder.path());
    let mut bad = fs::read_to_string(&file).unwrap();
    for (good, with) in [
        ("Content-Security-Policy", "None"),
        ("--ink: #1b2127", "--ink: #cccccc"),
        (
            "</main>",
            "<a href=\"#nowhere\">there</a><p style=\"width: 5000px\">wide</p></main>",
        ),
    ] {
        assert!(bad.contains(good), "{good}");
        bad = bad.replace(good, with);
    }
    fs::write(&file, bad).unwrap();
    let mut browser = Browser::open();
    browser.screen(360, false);
    browser.show(&file);
    let faults = browser.evaluate(LOOK)["faults"].to_string();
    for what in ["rgb(204, 204, 204) on ", "leads nowhere: A", "wide on 360"] {
        assert!(faults.contains(what), "{what}: {faults}");
    }
}

/// Of what must not be torn apart by the end of a page, what may be.
const TORN: &str = "[...document.querySelectorAll('tr, figure, .line, .cards, section.d3.high')]
    .filter((e) => e.checkVisibility() && getComputedStyle(e).breakInside !== 'avoid').map((e) => e.outerHTML.slice(0, 80))";

#[test]
fn it_prints_on_pages_of_their_size() {
    let folder = TempDir::new().unwrap();
    let file = page(binary::SCENARIO, folder.path());
    let mut browser = Browser::open();
    browser.screen(1600, true);
    browser.show(&file);
    let pdf = browser.pdf();
    keep("report.pdf", || pdf.clone());
    let text = String::from_utf8_lossy(&pdf);
    // A4, in points.
    let pages = text.matches("/MediaBox [0 0 594.95996 841.91998]").count();
    assert_eq!(
        pages,
        text.matches("/MediaBox").count(),
        "no page of another size"
    );
    assert!((8..=24).contains(&pages), "{pages} pages");
    browser.call(
        "Emulation.setEmulatedMedia",
        serde_json::json!({"media": "print", "features": []}),
    );
    assert_eq!(browser.evaluate(TORN), serde_json::json!([]));
    let is_shown = |what: &str| {
        format!("[...document.querySelectorAll('{what}')].some((e) => e.checkVisibility())")
    };
    assert_eq!(
        browser.evaluate(&is_shown("nav, summary")),
        false,
        "nothing on paper can be clicked"
    );
    assert_eq!(browser.evaluate(&is_shown("svg")), true);
    assert_eq!(
        browser.evaluate("getComputedStyle(document.body).color"),
        "rgb(17, 20, 24)",
        "dark on white"
    );
}
