//! The words that may stand: those of the servers' own lines and paths, and of the formats. They name nobody.

use std::sync::LazyLock;

use foldhash::{HashSet, HashSetExt};

use super::{TOKEN, trimmed};
use crate::cause::Cause;
use crate::finding::Verdict;
use crate::system;

/// What access logs, JSON and loggers write.
const FORMS: &str = "HTTP HTTPS GET POST PUT DELETE HEAD OPTIONS PATCH CONNECT TRACE Jan Feb Mar Apr May Jun Jul Aug Sep Oct \
     Nov Dec Mon Tue Wed Thu Fri Sat Sun true false null None True False DEBUG INFO WARNING ERROR CRITICAL NOTICE \
     error warn notice info crit alert emerg client server request upstream host referrer uvicorn access \
     success failure redacted fail day days REJECT ACCEPT CHALLENGE NONE";

/// What files of logs are usually called.
const FILES: &str = "access error audit auth log logs json csv txt gz zst xz bz2 sqlite db journal stdout stderr web \
     node daemon ssl other vhosts default nginx apache apache2 httpd caddy traefik haproxy uvicorn proxy syslog messages \
     pritunl privacyidea wirebuddy";

static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let mut words = HashSet::new();
    let mut add = |text: &'static str| {
        for token in TOKEN.find_iter(text) {
            words.insert(trimmed(token.as_str()).0);
        }
    };
    add(FORMS);
    for system in system::ALL {
        add(system.name);
        for statement in system.statements.iter().chain(system.retold) {
            add(statement.action);
            add(statement.reason);
        }
        for route in system.routes {
            add(route.path);
        }
    }
    for cause in Cause::ALL {
        add(cause.id());
    }
    for verdict in Verdict::ALL {
        add(verdict.id());
    }
    words
});

pub(super) fn has(word: &str) -> bool {
    WORDS.contains(word)
}

pub(super) fn is_of_files(word: &str) -> bool {
    FILES.split_whitespace().any(|usual| usual == word)
}
