//! Alerts and their deliveries. They are put in with what they tell of, in one transaction, so that a crash loses none;
//! a delivery whose outcome was not committed is run again, with the same id.

use rusqlite::{OptionalExtension, Row};

use super::append::stored;
use super::state::{self, Key};
use super::{Result, Writer};
use crate::alert::Alert;
use crate::alert::delivery::{self, About, Delivery};
use crate::alert::outbox::{Ended, LONGEST, Standing};
use crate::event::Micros;

/// A delivery, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub id: String,
    pub hook: String,
    /// `waiting`, `delivered` or `dead`.
    pub state: String,
    /// How its last run ended.
    pub outcome: Option<String>,
}

/// An alert that was put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub id: Box<str>,
    pub sequence: u32,
    /// As its body has it.
    pub group_key: String,
    pub first: Micros,
    pub last: Micros,
}

impl Writer {
    /// Until when rules have heard of all that was found. `None`: they never have.
    pub fn heard_until(&self) -> Result<Option<Micros>> {
        let until = state::get(&self.connection, Key::Heard)?;
        Ok(Some(until).filter(|until| *until != Micros::MIN))
    }

    pub fn hear_until(&self, until: Micros) -> Result<()> {
        self.begin()?;
        state::set(&self.connection, Key::Heard, until)
    }

    /// The alerts from a moment on, in the order in which they were put in.
    pub fn told_since(&self, since: Micros) -> Result<Vec<Told>> {
        let mut ask = self.connection.prepare_cached(
            "SELECT id, sequence, coalesce(body ->> 'group_key', '') AS group_key, first, last
             FROM alert
             WHERE time >= ?1 ORDER BY number",
        )?;
        let told = ask.query_map([since], |row| {
            Ok(Told {
                id: row.get::<_, String>("id")?.into(),
                sequence: row.get("sequence")?,
                group_key: row.get("group_key")?,
                first: row.get("first")?,
                last: row.get("last")?,
            })
        })?;
        Ok(told.collect::<rusqlite::Result<_>>()?)
    }

    /// Puts an alert in, to be told to these hooks. `body`: the alert as `why401.alert/1`, a JSON object. False: it
    /// is there already, with its deliveries.
    pub fn enqueue<'a>(
        &self,
        alert: &Alert,
        body: &str,
        hooks: impl IntoIterator<Item = &'a str>,
        now: Micros,
    ) -> Result<bool> {
        self.begin()?;
        let Some(number) = self.add_alert(alert, body)? else {
            return Ok(false);
        };
        let mut add = self.connection.prepare_cached(
            "INSERT INTO delivery (id, alert, hook, state, due) VALUES (?1, ?2, ?3, 'waiting', ?4)",
        )?;
        for hook in hooks {
            let id = delivery::id(&alert.id, alert.sequence, hook);
            add.execute((id, number, hook, now))?;
        }
        Ok(true)
    }

    fn add_alert(&self, alert: &Alert, body: &str) -> Result<Option<i64>> {
        let mut add = self.connection.prepare_cached(
            "INSERT INTO alert (id, sequence, rule, title, level, state, group_values,
                time, first, last, count, suppressed, message, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT DO NOTHING RETURNING number",
        )?;
        let values = rusqlite::params![
            alert.id,
            alert.sequence,
            alert.rule,
            alert.title,
            alert.level.id(),
            alert.state.id(),
            delivery::group(alert),
            alert.time,
            alert.first,
            alert.last,
            stored(alert.count),
            stored(alert.suppressed),
            alert.message,
            body,
        ];
        Ok(add.query_row(values, |row| row.get(0)).optional()?)
    }

    /// What a hook is to be run for next. Of one alert what happened first is told first.
    pub fn due(&self, hook: &str, now: Micros) -> Result<Option<Delivery>> {
        // A clock that was put back must not keep anybody waiting, and what was never tried waits for nothing.
        let mut due = self.connection.prepare_cached(
            "SELECT d.id AS delivery, d.hook, d.attempts + 1 AS attempt, a.*,
                strftime('%Y-%m-%dT%H:%M:%fZ', a.time / 1000 / 1e3, 'unixepoch') AS moment
             FROM delivery d JOIN alert a ON a.number = d.alert
             WHERE d.hook = ?1 AND d.state = 'waiting' AND (d.attempts = 0 OR d.due <= ?2 OR d.due > ?2 + ?3)
             AND NOT EXISTS (SELECT 1 FROM alert b JOIN delivery e ON e.alert = b.number
                WHERE b.id = a.id AND b.sequence < a.sequence AND e.hook = d.hook AND e.state = 'waiting')
             ORDER BY d.number LIMIT 1",
        )?;
        let due = due.query_row((hook, now, LONGEST), delivery_of);
        Ok(due.optional()?)
    }

    /// What became of a run that ended at `now`.
    pub fn settle(&self, delivery: &str, ended: &Ended, now: Micros) -> Result<()> {
        self.begin()?;
        let mut ask = self.connection.prepare_cached(
            "SELECT attempts + 1, hook FROM delivery WHERE id = ?1 AND state = 'waiting'",
        )?;
        let found: Option<(u32, String)> = ask
            .query_row([delivery], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((attempts, hook)) = found else {
            return Ok(());
        };
        let standing = Standing::after(&ended.how, attempts, now);
        let due = match standing {
            Standing::Waiting { due } => due,
            _ => now,
        };
        let took = i64::try_from(ended.took.as_micros()).unwrap_or(i64::MAX);
        self.connection
            .prepare_cached(
                "UPDATE delivery SET state = ?2, attempts = ?3, due = ?4, ended = ?5, took = ?6,
                    outcome = ?7, output = ?8, left_out = ?9 WHERE id = ?1",
            )?
            .execute(rusqlite::params![
                delivery,
                standing.id(),
                attempts,
                due,
                now,
                took,
                ended.how.to_string(),
                ended.output,
                stored(ended.left_out),
            ])?;
        self.connection
            .prepare_cached(
                "INSERT INTO hook_run VALUES (?1, ?2, 1, ?3)
                 ON CONFLICT DO UPDATE SET runs = runs + 1, took = took + excluded.took",
            )?
            .execute((hook, ended.how.result(), took))?;
        Ok(())
    }

    /// Lets deliveries that were not delivered be tried at once: those of this id, their own or their alert's, or all.
    /// Gives them.
    pub fn retry(&self, id: Option<&str>, now: Micros) -> Result<Vec<Letter>> {
        self.begin()?;
        let mut revive = self.connection.prepare_cached(
            "UPDATE delivery SET state = 'waiting', attempts = 0, due = ?2 WHERE state <> 'delivered'
             AND (?1 IS NULL OR id = ?1 OR alert IN (SELECT number FROM alert WHERE id = ?1))
             RETURNING id, hook, state, outcome",
        )?;
        let revived = revive.query_map((id, now), letter)?;
        Ok(revived.collect::<rusqlite::Result<_>>()?)
    }

    pub fn letter(&self, id: &str) -> Result<Option<Letter>> {
        let mut ask = self
            .connection
            .prepare_cached("SELECT id, hook, state, outcome FROM delivery WHERE id = ?1")?;
        Ok(ask.query_row([id], letter).optional()?)
    }

    /// Throws away alerts from before a moment that nobody is to be told of any more.
    pub(super) fn prune_alerts(&self, before: Micros) -> Result<()> {
        for sql in [
            "DELETE FROM delivery WHERE state <> 'waiting'
                AND alert IN (SELECT number FROM alert WHERE time < ?1)",
            "DELETE FROM alert WHERE time < ?1
                AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.alert = alert.number)",
        ] {
            self.connection.prepare_cached(sql)?.execute([before])?;
        }
        Ok(())
    }
}

fn letter(row: &Row<'_>) -> rusqlite::Result<Letter> {
    Ok(Letter {
        id: row.get("id")?,
        hook: row.get("hook")?,
        state: row.get("state")?,
        outcome: row.get("outcome")?,
    })
}

fn delivery_of(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        id: row.get("delivery")?,
        hook: row.get("hook")?,
        attempt: row.get("attempt")?,
        about: About {
            alert: row.get("id")?,
            sequence: row.get("sequence")?,
            state: row.get("state")?,
            rule: row.get("rule")?,
            title: row.get("title")?,
            level: row.get("level")?,
            group: row.get("group_values")?,
            count: row.get("count")?,
            time: row.get("moment")?,
            message: row.get("message")?,
        },
        body: row.get("body")?,
    })
}
