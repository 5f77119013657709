//! By what facts are grouped, and which of their values are counted.

use crate::alert::fact::Fact;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    Client,
    Principal,
    /// The principal, or where none is known the client.
    Actor,
    System,
    Cause,
    Host,
    Status,
    Path,
    Action,
    Input,
}

impl Field {
    pub const ALL: &'static [Field] = &[
        Field::Client,
        Field::Principal,
        Field::Actor,
        Field::System,
        Field::Cause,
        Field::Host,
        Field::Status,
        Field::Path,
        Field::Action,
        Field::Input,
    ];

    /// As in rules and alerts.
    pub fn id(self) -> &'static str {
        match self {
            Field::Client => "client",
            Field::Principal => "principal",
            Field::Actor => "actor",
            Field::System => "system",
            Field::Cause => "cause",
            Field::Host => "host",
            Field::Status => "status",
            Field::Path => "path",
            Field::Action => "action",
            Field::Input => "input",
        }
    }

    /// What several different ones are called.
    pub fn plural(self) -> &'static str {
        match self {
            Field::Client => "addresses",
            Field::Principal => "names",
            Field::Actor => "names or addresses",
            Field::System => "systems",
            Field::Cause => "causes",
            Field::Host => "hosts",
            Field::Status => "statuses",
            Field::Path => "paths",
            Field::Action => "actions",
            Field::Input => "inputs",
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.id() == id)
    }

    /// Its name, which of an actor is what it is, and its value; `None`: the fact has none.
    pub fn of(self, fact: &Fact) -> Option<(&'static str, Box<str>)> {
        let of = |field: Field| field.of(fact);
        let value = match self {
            Field::Actor => return of(Field::Principal).or_else(|| of(Field::Client)),
            Field::Client => fact.client?.to_string().into(),
            Field::Principal => fact.principal.clone()?,
            Field::System => fact.system?.into(),
            Field::Cause => fact.causes.first()?.id().into(),
            Field::Host => fact.host.clone()?,
            Field::Status => fact.status?.to_string().into(),
            Field::Path => fact.path.clone()?,
            Field::Action => fact.action.as_deref()?.into(),
            Field::Input => fact.input.clone()?,
        };
        Some((self.id(), value))
    }
}
