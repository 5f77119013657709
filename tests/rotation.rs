//! A real nginx under load, whose log a real logrotate rotates: every request is found once.

// Clippy takes only functions marked `#[test]` for tests here.
#![allow(clippy::unwrap_used)]

mod binary;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use binary::live::{Tail, ask, until};
use tempfile::TempDir;

const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
const CLIENTS: usize = 2;
const ROTATIONS: u32 = 6;

struct Nginx {
    master: Child,
    port: u16,
}

impl Nginx {
    fn start(folder: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/install");
        let installed = Command::new(script).status().unwrap();
        assert!(installed.success(), "nginx and logrotate are needed");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let here = folder.display();
        // Workers open the log again by themselves, so that they must be allowed to.
        let conf = format!(
            "user root; worker_processes 2; daemon off; pid {here}/nginx.pid; error_log {here}/error.log;
            events {{ }}
            http {{
                access_log {here}/access.log combined; keepalive_requests 1000000;
                server {{ listen 127.0.0.1:{port}; location / {{ return 401; }} }}
            }}"
        );
        fs::write(folder.join("nginx.conf"), conf).unwrap();
        let master = Command::new("nginx")
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .env("PATH", PATH)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until(|| TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { master, port }
    }

    /// Asks for one page after the other, until it is over. Gives how many answers came.
    fn load(&self, client: usize, is_over: &AtomicBool) -> usize {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let mut block = [0; 4096];
        let mut asked = 0;
        while !is_over.load(Ordering::Relaxed) {
            write!(stream, "GET /{client}/{asked} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            asked += 1;
            let mut answer = Vec::new();
            while !answer.ends_with(b"</html>\r\n") {
                let read = stream.read(&mut block).unwrap();
                assert!(read > 0);
                answer.extend_from_slice(&block[..read]);
            }
            assert!(answer.starts_with(b"HTTP/1.1 401 "));
        }
        asked
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.master);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.master.wait();
    }
}

/// Rotates as often as it takes, half a second each.
fn rotate(folder: &Path, how: &str) {
    let (_never, tick) = std::sync::mpsc::channel::<()>();
    let conf = folder.join("logrotate.conf");
    let log = folder.join("access.log");
    fs::write(
        &conf,
        format!("{} {{\nrotate 20\n{how}\n}}\n", log.display()),
    )
    .unwrap();
    for _ in 0..ROTATIONS {
        let _ = tick.recv_timeout(Duration::from_millis(500));
        let rotated = Command::new("logrotate")
            .args(["-f", "-s"])
            .arg(folder.join("logrotate.state"))
            .arg(&conf)
            .env("PATH", PATH)
            .status()
            .unwrap();
        assert!(rotated.success());
    }
}

/// What was asked for, and what is in the index, in its order.
fn drill(folder: &Path, how: &str) -> (BTreeSet<String>, Vec<String>) {
    let nginx = Nginx::start(folder);
    let tail = Tail::start(folder, &["--from-start", "--quiet", "access.log"]);
    let is_over = AtomicBool::new(false);
    let asked: Vec<usize> = thread::scope(|scope| {
        let load = |client| {
            let (nginx, is_over) = (&nginx, &is_over);
            scope.spawn(move || nginx.load(client, is_over))
        };
        let clients: Vec<_> = (0..CLIENTS).map(load).collect();
        rotate(folder, how);
        is_over.store(true, Ordering::Relaxed);
        clients.into_iter().map(|c| c.join().unwrap()).collect()
    });
    drop(nginx);
    tail.catch_up(&["access.log.1", "access.log"]);
    tail.end();
    let of = |(client, asked): (usize, &usize)| (0..*asked).map(move |n| format!("/{client}/{n}"));
    let asked = asked.iter().enumerate().flat_map(of).collect();
    let query =
        "SELECT t.text FROM event e JOIN part p ON p.id = e.part JOIN text t ON t.id = e.target
        ORDER BY p.rank, e.line";
    (asked, ask(folder, query, |row| row.get(0).unwrap()))
}

fn gaps(folder: &Path) -> usize {
    ask(folder, "SELECT 1 FROM gaps WHERE bytes IS NOT NULL", |_| ()).len()
}

#[test]
fn every_request_is_found_once_where_files_are_renamed() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let pid = folder.join("nginx.pid");
    let how = format!(
        "create\npostrotate\nkill -USR1 $(cat {})\nendscript",
        pid.display()
    );
    let (asked, found) = drill(folder, &how);
    assert_eq!(found.len(), asked.len());
    assert!(found.into_iter().collect::<BTreeSet<_>>() == asked);
    assert_eq!(gaps(folder), 0);
    assert!(folder.join(format!("access.log.{ROTATIONS}")).exists());
}

// What nginx writes between the copy and the truncation is nowhere any more, unless it was read in that moment.
#[test]
fn every_request_is_found_once_or_a_gap_is_told_where_files_are_truncated() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let (asked, found) = drill(folder, "copytruncate");
    let once: BTreeSet<String> = found.iter().cloned().collect();
    assert_eq!(once.len(), found.len(), "doubled");
    assert!(once.is_subset(&asked));
    let lost = asked.len() - once.len();
    assert!(lost == 0 || gaps(folder) > 0, "{lost} lost");
    assert!(lost * 20 < asked.len(), "{lost} of {} lost", asked.len());
}
