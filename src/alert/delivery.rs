//! One alert on its way to one hook, and what the hook gets of it.

use super::Alert;
use crate::event::beginning;
use crate::hidden::is_hidden;

/// An environment variable has so many bytes at most.
const LONGEST: usize = 4096;

/// A delivery that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub id: String,
    pub hook: String,
    /// Which attempt this is, from 1 on.
    pub attempt: u32,
    pub about: About,
    /// The alert as `why401.alert/1`, a JSON object.
    pub body: String,
}

/// What the environment tells of an alert. Texts as they are in the alert.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct About {
    pub alert: String,
    pub sequence: u32,
    pub state: String,
    pub rule: String,
    pub title: String,
    pub level: String,
    /// `client=203.0.113.9`
    pub group: String,
    pub count: u64,
    /// RFC 3339, UTC.
    pub time: String,
    pub message: String,
}

/// The same for every attempt, and after a crash.
pub fn id(alert: &str, sequence: u32, hook: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for piece in [alert, &sequence.to_string(), hook] {
        hasher.update(piece.as_bytes());
        // No piece has one, so that no two are taken for others.
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// The group of an alert in one text.
pub fn group(alert: &Alert) -> String {
    let pairs = alert.group.iter().map(|(key, is)| format!("{key}={is}"));
    pairs.collect::<Vec<_>>().join(" ")
}

impl Delivery {
    /// What the hook reads on its standard input: the alert, and which delivery of it this is.
    pub fn input(&self) -> String {
        let Self {
            id,
            hook,
            attempt,
            body,
            ..
        } = self;
        let delivery = serde_json::json!({ "id": id, "hook": hook, "attempt": attempt });
        let body = body.trim_end();
        let open = body.strip_suffix('}').unwrap_or(body);
        format!("{open},\"delivery\":{delivery}}}\n")
    }

    /// All variables that the hook has, and nothing in them that acts on a terminal, ends a line or cannot be seen.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let About {
            alert,
            sequence,
            state,
            rule,
            title,
            level,
            group,
            count,
            time,
            message,
        } = &self.about;
        let variables = [
            ("WHY401_DELIVERY", self.id.clone()),
            ("WHY401_ATTEMPT", self.attempt.to_string()),
            ("WHY401_ALERT", alert.clone()),
            ("WHY401_SEQUENCE", sequence.to_string()),
            ("WHY401_STATE", state.clone()),
            ("WHY401_RULE", rule.clone()),
            ("WHY401_TITLE", title.clone()),
            ("WHY401_LEVEL", level.clone()),
            ("WHY401_GROUP", group.clone()),
            ("WHY401_COUNT", count.to_string()),
            ("WHY401_TIME", time.clone()),
            ("WHY401_MESSAGE", message.clone()),
        ];
        let harmless = |(name, value): (_, String)| (name, harmless(&value));
        variables.into_iter().map(harmless).collect()
    }
}

fn harmless(text: &str) -> String {
    let shown = text.chars().map(|c| if is_hidden(c) { ' ' } else { c });
    beginning(&shown.collect::<String>(), LONGEST).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, proptest};

    #[test]
    fn ids_are_those_of_alert_sequence_and_hook() {
        let ids = [
            id("a", 0, "chat"),
            id("a", 1, "chat"),
            id("a", 0, "mail"),
            id("a0", 0, "chat"),
            id("a", 10, "chat"),
        ];
        for (at, one) in ids.iter().enumerate() {
            assert_eq!(one.len(), 32);
            assert!(!ids[..at].contains(one));
        }
        assert_eq!(id("a", 0, "chat"), ids[0]);
    }

    proptest! {
        #[test]
        fn no_variable_can_hurt(message in any::<String>(), n in 0_usize..5000) {
            let about = About { message: message + &"ä".repeat(n), ..About::default() };
            let delivery = Delivery {
                id: String::new(), hook: String::new(), attempt: 1, about, body: "{}".to_owned(),
            };
            for (name, value) in delivery.environment() {
                assert!(value.len() <= LONGEST && !value.contains(is_hidden), "{name}");
            }
        }

        #[test]
        fn the_input_is_the_alert_and_the_delivery(message in any::<String>(), attempt in 1_u32..11) {
            let body = serde_json::json!({ "schema": "why401.alert/1", "message": message });
            let delivery = Delivery {
                id: "d".to_owned(), hook: "chat".to_owned(), attempt,
                about: About::default(), body: body.to_string(),
            };
            let read: serde_json::Value = serde_json::from_str(&delivery.input()).unwrap();
            assert_eq!(read["message"], message);
            assert_eq!(read["delivery"]["id"], "d");
            assert_eq!(read["delivery"]["attempt"], attempt);
        }
    }
}
