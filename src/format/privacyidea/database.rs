//! A row of the table `pidea_audit`, as the input hands it over: one JSON object of all its columns.
//!
//! ```text
//! {"id":71,"date":"2026-11-21 21:45:35.214512","action":"POST /auth","success":0,…}
//! ```

use std::borrow::Cow;

use serde::Deserialize;

use super::record::{Columned, Ended, local_time};
use crate::event::Event;
use crate::format::{Format, Mismatch};
use crate::system::System;
use crate::system::privacyidea::SYSTEM;

pub struct PrivacyideaDatabase;

impl Format for PrivacyideaDatabase {
    fn name(&self) -> &'static str {
        "privacyidea_database"
    }

    fn title(&self) -> &'static str {
        "privacyIDEA's audit database (SQLite, table pidea_audit)"
    }

    fn is_local(&self) -> bool {
        true
    }

    fn system(&self) -> Option<&'static System> {
        Some(&SYSTEM)
    }

    fn is_database(&self) -> bool {
        true
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Event>, Mismatch> {
        let row: Row<'_> = serde_json::from_slice(line).map_err(|e| Mismatch {
            offset: e.column().saturating_sub(1),
            expected: "a row of pidea_audit",
        })?;
        row.event().map(Some).ok_or(Mismatch {
            offset: 0,
            expected: "a date",
        })
    }
}

#[derive(Deserialize)]
struct Row<'a> {
    id: i64,
    #[serde(borrow)]
    date: Cow<'a, str>,
    #[serde(borrow, default)]
    startdate: Option<Cow<'a, str>>,
    #[serde(borrow)]
    action: Option<Cow<'a, str>>,
    success: Option<i64>,
    #[serde(borrow, default)]
    authentication: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    token_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    user: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    resolver: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    administrator: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    info: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    privacyidea_server: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    client: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    policies: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    thread_id: Option<Cow<'a, str>>,
    /// What is wrong with its signature, where that was checked.
    #[serde(borrow, default)]
    sig_check: Option<Cow<'a, str>>,
}

impl Row<'_> {
    fn event(self) -> Option<Event> {
        let columned = Columned {
            action: self.action.unwrap_or_default(),
            info: self.info.unwrap_or_default(),
            success: self.success.unwrap_or_default() != 0,
            authentication: self.authentication.unwrap_or_default(),
            user: self.user.unwrap_or_default(),
            administrator: self.administrator.unwrap_or_default(),
            resolver: self.resolver.unwrap_or_default(),
            token_type: self.token_type.unwrap_or_default(),
            policies: self.policies.unwrap_or_default(),
            client: self.client.unwrap_or_default(),
            server: self.privacyidea_server.unwrap_or_default(),
            thread: self.thread_id.unwrap_or_default(),
            began: self.startdate.as_deref().and_then(local_time),
            ended: Ended::Local(local_time(&self.date)?),
            number: u64::try_from(self.id).ok(),
            is_signed: self.sig_check.map(|_| false),
        };
        Some(columned.event())
    }
}
