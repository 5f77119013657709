//! privacyIDEA's audit in SQL: rows that are gone, changed or written by somebody else.

// Not only the tests but what they share may panic.
#![allow(clippy::unwrap_used)]

mod binary;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use binary::{Ended, explain, why401};
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::pss::SigningKey;
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::sha2::Sha256;
use rsa::signature::{RandomizedSigner, SignatureEncoding};
use rsa::{RsaPrivateKey, RsaPublicKey};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What it makes is no secret: the same each time.
struct Dice(u64);

impl RngCore for Dice {
    fn next_u32(&mut self) -> u32 {
        u32::try_from(self.next_u64() >> 32).unwrap()
    }

    /// Splitmix64.
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.next_u64().to_le_bytes()[0];
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Dice {}

static KEYS: LazyLock<[RsaPrivateKey; 2]> =
    LazyLock::new(|| [1, 2].map(|seed| RsaPrivateKey::new(&mut Dice(seed), 1024).unwrap()));
/// The longest that goes with such a key.
const SALT: usize = 1024 / 8 - 32 - 2;

const WRONG: &str = "loginmode=None,Authentication failure. Wrong credentials";
const ROWS: i64 = 12;
/// Of what is done to some of the rows.
const CHANGED: i64 = 4;
const DELETED: i64 = 8;

/// `2026-11-21 20:07:02.250000`: row after row, a minute apart.
fn date(row: i64) -> String {
    format!("2026-11-21 20:{row:02}:02.250000")
}

/// What privacyIDEA signs.
fn signed_text(row: i64, info: &str) -> String {
    format!(
        "id={row},date={},action=POST /auth,succ=0,serial=,t=,u=alice,r=corp,adm=,ad=,i={info},ps=None,\
         c=203.0.113.{row},l=default,cl=default,2026-11-21 20:{row:02}:02,0:00:00.250000",
        date(row)
    )
}

fn signature(row: i64, info: &str) -> String {
    let key = SigningKey::<Sha256>::new_with_salt_len(KEYS[0].clone(), SALT);
    let bytes = key.sign_with_rng(&mut Dice(7), signed_text(row, info).as_bytes());
    bytes
        .to_bytes()
        .iter()
        .fold("rsa_sha256_pss:".to_owned(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
}

/// Two columns are as `SQLAlchemy` leaves them: a time with six digits behind the point, and a name that was never set.
fn insert(audit: &Connection, row: i64, info: &str, signature: &str) {
    audit
        .execute(
            "INSERT INTO pidea_audit VALUES (?1, ?2, ?3, '1970-01-01 00:00:00.250000', ?4, 'POST /auth', 0, 'REJECT', '',
             '', 'alice', 'corp', 'ldap', '', '', ?5, NULL, ?6, 'default', 'default', '7', '')",
            params![
                row,
                date(row),
                format!("2026-11-21 20:{row:02}:02.000000"),
                signature,
                info,
                format!("203.0.113.{row}")
            ],
        )
        .unwrap();
}

/// A folder with an audit of [`ROWS`] wrong passwords, the access log and the key.
fn desk(spoil: impl Fn(&Connection)) -> TempDir {
    let folder = TempDir::new().unwrap();
    let audit = Connection::open(folder.path().join("audit.sqlite")).unwrap();
    audit
        .execute_batch(
            "CREATE TABLE pidea_audit (id INTEGER PRIMARY KEY, date, startdate, duration, signature, action, success,
             authentication, serial, token_type, user, realm, resolver, administrator, action_detail, info,
             privacyidea_server, client, loglevel, clearance_level, thread_id, policies)",
        )
        .unwrap();
    let mut access = String::new();
    for row in 1..=ROWS {
        insert(&audit, row, WRONG, &signature(row, WRONG));
        writeln!(
            access,
            "203.0.113.{row} - - [21/Nov/2026:20:{row:02}:02 +0000] \"POST /auth HTTP/1.1\" 401 - \"-\" \"curl/8.5.0\""
        )
        .unwrap();
    }
    spoil(&audit);
    fs::write(folder.path().join("access.log"), access).unwrap();
    for (key, name) in KEYS.iter().zip(["public.pem", "other.pem"]) {
        let pem = RsaPublicKey::from(key).to_public_key_pem(LineEnding::LF);
        fs::write(folder.path().join(name), pem.unwrap()).unwrap();
    }
    folder
}

fn nothing(_: &Connection) {}

/// Changed, deleted, inserted.
fn spoilt() -> TempDir {
    desk(|audit| {
        let unknown = ",Authentication failure. Unknown realm: nowhere.";
        let change = "UPDATE pidea_audit SET info = ?1 WHERE id = ?2";
        audit.execute(change, params![unknown, CHANGED]).unwrap();
        let delete = "DELETE FROM pidea_audit WHERE id = ?1";
        audit.execute(delete, [DELETED]).unwrap();
        insert(audit, ROWS + 1, WRONG, "");
        insert(audit, ROWS + 2, WRONG, &signature(1, WRONG));
    })
}

const KEYED: [&str; 4] = ["access.log", "audit.sqlite", "--audit-key", "public.pem"];

/// Client, verdict, cause and flags of each finding.
fn told(findings: &[Value]) -> Vec<(String, String, Option<String>, Vec<Value>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let flags = |finding: &Value| {
        let evidence = finding["evidence"].as_array().unwrap();
        let flags = evidence.iter().filter_map(|e| e["flags"].as_array());
        flags.flatten().cloned().collect()
    };
    findings
        .iter()
        .map(|f| {
            let client = text(&f["source"]["ip"]).unwrap();
            let last = client.rsplit('.').next().unwrap().to_owned();
            let verdict = text(&f["verdict"]).unwrap();
            (last, verdict, text(&f["cause"]), flags(f))
        })
        .collect()
}

/// The finding on the request of a row.
fn of(findings: &[Value], row: i64) -> Vec<Value> {
    let client = format!("203.0.113.{row}");
    let own = findings.iter().filter(|f| f["source"]["ip"] == *client);
    own.cloned().collect()
}

/// What was said, as one line.
fn said(ended: &Ended) -> String {
    let words: Vec<_> = ended.talk.split_whitespace().collect();
    words.join(" ")
}

fn gaps(talk: &str) -> Vec<&str> {
    talk.lines()
        .filter(|line| line.starts_with("gap "))
        .collect()
}

#[test]
fn genuine_rows_say_what_they_say() {
    let folder = desk(nothing);
    for args in [&KEYED[..2], &KEYED[..]] {
        let ended = explain(args).within(folder.path()).run();
        assert_eq!(ended.code, 0, "{}", ended.talk);
        assert_eq!(
            (gaps(&ended.talk).len(), said(&ended).contains("note ")),
            (0, false)
        );
        let findings = ended.findings();
        assert_eq!(findings.len(), 12);
        assert!(findings.iter().all(|f| f["cause"] == "wrong_password"));
        assert!(findings.iter().all(|f| f["verdict"] == "explained"));
    }
}

#[test]
fn a_changed_row_proves_nothing_alone() {
    let folder = spoilt();
    // Nobody sees it without the key.
    let findings = explain(&KEYED[..2]).within(folder.path()).findings();
    let changed = &told(&of(&findings, CHANGED))[0];
    assert_eq!(changed.1, "explained");
    assert_eq!(
        (changed.2.as_deref(), changed.3.len()),
        (Some("unknown_user"), 0)
    );

    let ended = explain(KEYED).within(folder.path()).run();
    let findings = ended.findings();
    let changed = &of(&findings, CHANGED)[0];
    assert_eq!(changed["verdict"], "ambiguous", "{changed}");
    assert_eq!(changed.get("logged"), None);
    let candidates = changed["candidates"].as_array().unwrap();
    let causes: Vec<_> = candidates
        .iter()
        .map(|c| c["cause"].as_str().unwrap())
        .collect();
    assert!(
        causes.contains(&"unknown_user") && causes.contains(&"wrong_password"),
        "{causes:?}"
    );
    let row = &changed["evidence"][1];
    assert_eq!(
        (&row["role"], &row["row"]),
        (&json!("reason"), &json!(CHANGED))
    );
    assert_eq!(told(&of(&findings, CHANGED))[0].3, [json!("signature")]);
    let row = row["text"].as_str().unwrap();
    assert!(row.contains(r#""sig_check":"FAIL""#), "{row}");
    assert!(
        said(&ended).contains("3 rows have no good signature: 4, 13, 14."),
        "{}",
        ended.talk
    );
}

#[test]
fn a_deleted_row_is_a_gap() {
    let folder = spoilt();
    let ended = explain(&KEYED[..2]).within(folder.path()).run();
    let gaps = gaps(&ended.talk);
    let gap = gaps.last().unwrap();
    assert_eq!(gaps.len(), 1);
    assert!(
        gap.contains("audit.sqlite 2026-11-21 20:07:02 to 20:09:02"),
        "{gap}"
    );
    assert!(
        said(&ended).contains("row 8 is missing, deleted or"),
        "{}",
        ended.talk
    );
    // Silence proves nothing there.
    let deleted = &of(&ended.findings(), DELETED)[0];
    assert_eq!(deleted.get("logged"), None, "{deleted}");
    assert!(
        deleted["message"]
            .as_str()
            .unwrap()
            .contains("rows of it are missing"),
        "{deleted}"
    );
}

#[test]
fn an_inserted_row_is_no_finding_one_can_rely_on() {
    let folder = spoilt();
    let findings = explain(KEYED).within(folder.path()).findings();
    let told = told(&findings);
    let flagged = vec![json!("signature")];
    for row in ["13", "14"] {
        let inserted = told.iter().find(|t| t.0 == row).unwrap();
        let expected = (row.to_owned(), "unknown".to_owned(), None, flagged.clone());
        assert_eq!(*inserted, expected);
    }
    // The others are as they were.
    let sound = told
        .iter()
        .filter(|t| t.2.as_deref() == Some("wrong_password") && t.1 == "explained");
    assert_eq!(sound.count(), 10);
}

#[test]
fn the_index_tells_it_too() {
    let folder = spoilt();
    let index = |args: &[&str]| {
        let all = [args, &["--index", "i.db"]].concat();
        why401(all).within(folder.path()).run()
    };
    let filled = index(&[&["index"], &KEYED[..]].concat());
    assert_eq!(filled.code, 0, "{}", filled.talk);
    let gaps = index(&["sql", "SELECT input, why, refusals FROM gaps", "-o", "csv"]);
    assert_eq!(
        gaps.data,
        "input,why,refusals\r\naudit.sqlite,a row near it has no good signature,1\r\n\
         audit.sqlite,\"row 8 is missing, deleted or never committed\",1\r\n"
    );
    let flags = "SELECT count(*) AS n FROM evidence WHERE flags = 'signature'";
    assert_eq!(index(&["sql", flags, "-o", "csv"]).data, "n\r\n3\r\n");
    // Reading on without the key is no other database.
    let again = index(&[&["index"], &KEYED[..2]].concat());
    assert_eq!(again.code, 0, "{}", again.talk);
    assert_eq!(index(&["sql", flags, "-o", "csv"]).data, "n\r\n3\r\n");
}

#[test]
fn another_key_concludes_nothing() {
    let folder = desk(nothing);
    let args = ["access.log", "audit.sqlite", "--audit-key", "other.pem"];
    let ended = explain(args).within(folder.path()).run();
    let findings = ended.findings();
    assert!(
        findings
            .iter()
            .all(|f| f["cause"] == "wrong_password" && f["verdict"] == "explained")
    );
    assert!(
        said(&ended).contains("the key is another one"),
        "{}",
        ended.talk
    );
    for no_key in ["access.log", "audit.sqlite", "none.pem"] {
        let args = ["access.log", "audit.sqlite", "--audit-key", no_key];
        let ended = explain(args).within(folder.path()).run();
        assert_eq!(ended.code, 2, "{no_key}: {}", ended.talk);
    }
}

/// A dump has no signatures, but what privacyIDEA found when it made it.
fn dump(path: &Path, is_good: impl Fn(i64) -> bool, rows: impl Iterator<Item = i64>) {
    let line = |row: i64| {
        let (date, check) = (
            date(row).replace(' ', "T"),
            if is_good(row) { "OK" } else { "FAIL" },
        );
        format!(
            "'{row}','{date}','{check}','OK','POST /auth','REJECT','0','','','','','alice','corp','ldap','','','{WRONG}',\
             'pi','','203.0.113.{row}','curl','8.5.0','default','default','2026-11-21T20:{row:02}:02','0.25','7'\n"
        )
    };
    fs::write(path, rows.map(line).collect::<String>()).unwrap();
}

#[test]
fn a_dump_tells_what_privacyidea_found() {
    let folder = desk(nothing);
    let csv = folder.path().join("audit.csv");
    let rows = || (1..=ROWS).filter(|row| *row != DELETED);
    dump(&csv, |row| row != CHANGED, rows());
    let ended = explain(["access.log", "audit.csv"])
        .within(folder.path())
        .run();
    assert!(said(&ended).contains("row 8 is missing"), "{}", ended.talk);
    assert!(
        said(&ended).contains("1 rows have no good signature: 4."),
        "{}",
        ended.talk
    );
    let findings = ended.findings();
    assert_eq!(
        (
            &of(&findings, CHANGED)[0]["verdict"],
            told(&of(&findings, CHANGED))[0].3.len()
        ),
        (&json!("ambiguous"), 1)
    );
    assert_eq!(of(&findings, 3)[0]["verdict"], "explained");
    // Where nothing is signed every row fails.
    dump(&csv, |_| false, rows());
    let findings = explain(["access.log", "audit.csv"])
        .within(folder.path())
        .findings();
    assert_eq!(
        (
            &of(&findings, CHANGED)[0]["verdict"],
            &of(&findings, CHANGED)[0]["cause"]
        ),
        (&json!("explained"), &json!("wrong_password"))
    );
}

/// privacyIDEA says so in its own log, when somebody looks at the audit.
#[test]
fn the_application_log_names_rows_that_failed() {
    let folder = desk(nothing);
    let row = signed_text(CHANGED, WRONG);
    let line = format!(
        "[2026-11-21 22:00:00,123][77][140][ERROR][privacyidea.lib.crypto:847] Failed to verify signature: '{row}'\n"
    );
    fs::write(folder.path().join("privacyidea.log"), line).unwrap();
    let logs = ["access.log", "audit.sqlite", "privacyidea.log"];
    let ended = explain(logs).within(folder.path()).run();
    let findings = ended.findings();
    assert_eq!(of(&findings, CHANGED)[0]["verdict"], "ambiguous");
    assert!(
        findings
            .iter()
            .filter(|f| f["verdict"] == "explained")
            .count()
            == 11
    );
    assert!(
        said(&ended).contains("on 1 rows of its audit when they were looked at: 4."),
        "{}",
        ended.talk
    );
}
