//! What descends from this process, as /proc tells it.

use std::collections::HashMap;
use std::fs;

use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};

/// Sends a signal to everything that descends from us, whatever group or session it is in.
pub(super) fn signal_all(signal: Signal) {
    let parents = parents();
    for pid in descendants(getpid().as_raw_nonzero().get(), &parents) {
        let Some(process) = Pid::from_raw(pid) else {
            continue;
        };
        let Ok(held) = pidfd_open(process, PidfdFlags::empty()) else {
            continue;
        };
        // Its number may have become another's before it was held.
        if parent(pid).is_some() && parent(pid) == parents.get(&pid).copied() {
            let _ = pidfd_send_signal(held, signal);
        }
    }
}

/// All processes, each with its parent.
fn parents() -> HashMap<i32, i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten();
    processes
        .filter_map(|entry| {
            let pid = entry.ok()?.file_name().to_str()?.parse().ok()?;
            Some((pid, parent(pid)?))
        })
        .collect()
}

/// The fourth field of `proc_pid_stat(5)`, `pid (name) state parent`; a name may have anything in it.
fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let behind = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let rest = std::str::from_utf8(&stat[behind..]).ok()?;
    rest.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn descendants(of: i32, parents: &HashMap<i32, i32>) -> Vec<i32> {
    let mut found = vec![of];
    let mut at = 0;
    while let Some(elder) = found.get(at).copied() {
        let born = parents.iter().filter(|(_, parent)| **parent == elder);
        found.extend(born.map(|(pid, _)| *pid));
        at += 1;
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::{descendants, parent};

    #[test]
    fn all_generations_descend() {
        let parents = [(2, 1), (3, 2), (4, 3), (5, 1), (6, 9)].into();
        let mut of_one = descendants(1, &parents);
        of_one.sort_unstable();
        assert_eq!(of_one, [2, 3, 4, 5]);
        assert_eq!(descendants(4, &parents), [0; 0]);
    }

    #[test]
    fn ours_is_known() {
        let own = i32::try_from(std::process::id()).unwrap();
        let elder = i32::try_from(std::os::unix::process::parent_id()).unwrap();
        assert_eq!(parent(own), Some(elder));
    }
}
