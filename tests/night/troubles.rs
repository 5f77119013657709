//! What goes wrong in an evening: each trouble once, for all who ask what is told of it. A trouble is put into a
//! [`Night`] before what goes on anyway. Times are seconds since the evening began, from when to when.

use serde_json::json;

use super::{HOUR, Night, PROGRAMS};

/// When the clock of the server is wrong, and how far it is ahead.
pub const WRONG: (i64, i64) = (HOUR, HOUR + 1200);
pub const AHEAD: i64 = 13 * HOUR;

/// When the secret of all is changed, when the operator of one program learns of it, and which that is.
pub const OLD: (i64, i64) = (HOUR, HOUR + 1500);
pub const LATE: &str = PROGRAMS[2];

/// When the front end starts anew, while eight are logged in.
pub const RESTART: i64 = HOUR;

/// The job that runs into the limiter: its name and its address.
pub const JOB: (&str, &str) = ("backup", "203.0.113.99");

/// When a proxy hides its clients, and behind which address.
pub const HIDDEN: (i64, i64, &str) = (HOUR, HOUR + 2400, "10.0.0.5");

/// When a program signs with an old secret, which that is, and when the journal is lost meanwhile.
pub const SIGNED: (i64, i64) = (1800, 1800 + HOUR);
pub const SIGNER: &str = PROGRAMS[0];
pub const LOST: (i64, i64) = (SIGNED.0 + 1500, SIGNED.0 + 2100);

/// The program that has an old secret while two other things go wrong.
pub const ONE_OF_THREE: &str = PROGRAMS[1];

const MISMATCH: &str = "Auth signature mismatch";
const WRONG_PASSWORD: (&str, &str) = ("invalid_password", "Invalid password");

/// All programs are refused while the clock of the server is 13 hours ahead, and let in before and after.
pub fn wrong_clock(night: &mut Night) {
    night.journal_ahead = Some((WRONG.0, WRONG.1, AHEAD));
    night.refuse(&PROGRAMS, WRONG, "Expired auth timestamp");
}

/// The secret of all is changed; the operator of one program learns of it 25 minutes later.
pub fn old_secret(night: &mut Night) {
    let fields = json!({"admin_name": "sybil", "event_long": "Administrator api secret changed",
        "remote_addr": "203.0.113.50"});
    night.entry(OLD.0, "admin_update", fields);
    night.refuse(&[LATE], (OLD.0 + 1, OLD.1), MISMATCH);
}

/// One password on each of forty names, each from an address of its own; some try it twice.
pub fn spray(night: &mut Night) {
    for n in 0..40 {
        let time = HOUR + n * 8 + night.random.below(8);
        let (client, name) = (format!("198.51.100.{}", n + 1), format!("user{n}"));
        night.login_refused(time, &name, &client, WRONG_PASSWORD, (401, 83));
        if night.random.below(3) == 0 {
            night.login_refused(time + 2, &name, &client, WRONG_PASSWORD, (401, 83));
        }
    }
}

/// The front end starts anew, with another key for its cookies: whoever was logged in is not any more. Gives how many
/// are refused for that.
pub fn ended_sessions(night: &mut Night) -> i64 {
    night.restart(RESTART);
    let mut refused = 0;
    for n in 0..8 {
        let (name, client) = administrator(n);
        night.login(RESTART - 900 + n * 60, &name, &client);
        night.request(RESTART - 100 + n, &client, "GET /state", (200, 177));
        let times = 2 + night.random.below(3);
        for time in (0..times).map(|k| RESTART + 3 + n * 4 + k * 11) {
            night.request(time, &client, "GET /organization", (401, 27));
            let fields = json!({"admin_id": null, "session_id": null, "remote_address": client});
            night.entry(time, "admin_session_end", fields);
        }
        refused += times;
        let back = RESTART + 90 + n * 20 + night.random.below(15);
        night.login(back, &name, &client);
    }
    refused
}

/// A job logs in every twelve seconds with the right password: 30 times in ten minutes are let in, 20 are not. Gives
/// how many are not in all.
pub fn limited_job(night: &mut Night) -> i64 {
    let (name, client) = JOB;
    let mut refused = 0;
    for n in 0..300 {
        let time = HOUR + n * 12;
        if n % 50 < 30 {
            night.login(time, name, client);
        } else {
            let reason = ("rate_limit", "Too many authentication attempts");
            night.login_refused(time, name, client, reason, (400, 76));
            refused += 1;
        }
    }
    refused
}

/// A balancer is put before nginx, which takes it for the one client there is: sessions are bound to their addresses.
/// Three of them are refused twice for that.
pub fn hidden_clients(night: &mut Night) {
    let (from, ..) = HIDDEN;
    night.hidden = Some(HIDDEN);
    for n in 0..3 {
        let (name, client) = administrator(n);
        night.login(from - 600 + n * 60, &name, &client);
        for time in [from + 5 + n * 7, from + 9 + n * 7] {
            night.refused(time, &client, "Remote address change");
        }
        night.login(from + 60 + n * 20, &name, &client);
    }
}

/// A program signs with an old secret for an hour; ten minutes of the journal are lost meanwhile.
pub fn lost_log(night: &mut Night) {
    night.lost = Some(LOST);
    night.refuse(&[SIGNER], SIGNED, MISMATCH);
}

/// Forty names are sprayed, a job runs into the limiter and a program has an old secret. Gives how often the limiter
/// refuses.
pub fn three(night: &mut Night) -> i64 {
    spray(night);
    let limited = limited_job(night);
    night.refuse(&[ONE_OF_THREE], (HOUR, HOUR + 900), MISMATCH);
    limited
}

/// Of those who log in by hand: name and address.
fn administrator(n: i64) -> (String, String) {
    (format!("admin{n}"), format!("198.51.100.{}", n + 1))
}
