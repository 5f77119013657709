//! What a service manager is told, as `sd_notify(3)` says: datagrams to the socket that it names.

use std::env;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// Where there is none, nothing is told.
#[derive(Debug, Default)]
pub(super) struct Manager {
    socket: Option<UnixDatagram>,
    /// It wants to hear so often that all is well.
    every: Option<Duration>,
    told: Option<Instant>,
}

impl Manager {
    pub(super) fn of_environment() -> Self {
        let socket = env::var("NOTIFY_SOCKET")
            .ok()
            .and_then(|name| connected(&name));
        let every = env::var("WATCHDOG_USEC")
            .ok()
            .and_then(|every| every.parse().ok());
        Self {
            socket,
            // Half of the time after which it would act.
            every: every.map(|every: u64| Duration::from_micros(every / 2)),
            told: None,
        }
    }

    /// All there was is read.
    pub(super) fn ready(&mut self) {
        self.tell("READY=1\nSTATUS=following");
    }

    pub(super) fn waiting(&self, why: &str) {
        self.tell(&format!("STATUS=waiting: {why}"));
    }

    pub(super) fn ends(&self) {
        self.tell("STOPPING=1");
    }

    /// All is well.
    pub(super) fn alive(&mut self, now: Instant) {
        let Some(every) = self.every else { return };
        if self.told.is_none_or(|told| now - told >= every) {
            self.told = Some(now);
            self.tell("WATCHDOG=1");
        }
    }

    fn tell(&self, what: &str) {
        if let Some(socket) = &self.socket {
            // Who does not listen does not want to know.
            let _ = socket.send(what.as_bytes());
        }
    }
}

/// `@name` is one in the abstract namespace.
fn connected(name: &str) -> Option<UnixDatagram> {
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    };
    let socket = UnixDatagram::unbound().ok()?;
    socket.connect_addr(&address.ok()?).ok()?;
    Some(socket)
}
