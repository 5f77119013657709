//! Real nginx, Apache and Caddy on loopback, each with several formats at once: what they log of a dozen requests, hostile
//! ones among them, is read back field by field.

// Not only the tests but what they share may panic.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use why401::event::{Event, Kind, Request};
use why401::format::log_format::LogFormat;
use why401::format::{self, Format};

/// What is asked, as it goes over the wire before the closing blank line, and what must be read back.
struct Asked {
    method: &'static str,
    target: &'static str,
    /// Names and values; `Host` and `Connection` are added.
    headers: &'static [(&'static str, &'static str)],
    status: u16,
    user: Option<&'static str>,
}

const fn asked(
    target: &'static str,
    headers: &'static [(&'static str, &'static str)],
    status: u16,
    user: Option<&'static str>,
) -> Asked {
    Asked {
        method: "GET",
        target,
        headers,
        status,
        user,
    }
}

const AGENT: &str = "User-Agent";
const BASIC: &str = "Authorization";

#[rustfmt::skip]
const REQUESTS: [Asked; 12] = [
    asked("/index.html?", &[(AGENT, "curl/8.5.0")], 200, None),
    asked("/missing?a=1&b=%20", &[(AGENT, "Mozilla/5.0 (X11; Linux x86_64) x")], 404, None),
    // alice:right, alice:wrong, nobody:x, an empty name, names that are other fields.
    asked("/secret", &[(AGENT, "x"), (BASIC, "Basic YWxpY2U6cmlnaHQ=")], 404, Some("alice")),
    asked("/secret", &[(AGENT, "x"), (BASIC, "Basic YWxpY2U6d3Jvbmc=")], 401, Some("alice")),
    asked("/secret", &[(AGENT, "x"), (BASIC, "Basic bm9ib2R5Ong=")], 401, Some("nobody")),
    asked("/secret", &[(AGENT, "x"), (BASIC, "Basic Og==")], 401, None),
    asked("/secret", &[(AGENT, "x"), (BASIC, "Basic YSBbMjEvTm92LzIwMjBdICJHRVQgLyBIVFRQLzEuMSIgMjAwIDE6eA==")], 401,
        Some("a [21/Nov/2020] \"GET / HTTP/1.1\" 200 1")),
    asked("/secret", &[(AGENT, "x")], 401, None),
    asked("/denied", &[(AGENT, "\" 200 1 \"-\" \"forged"), ("Cookie", "session=0123")], 403, None),
    asked("/denied?x=\"", &[(AGENT, "back\\slash \\\" \\x22 end\\")], 403, None),
    asked("/denied", &[(AGENT, "tab\there, {\"json\":1}"), ("X-Forwarded-For", "198.51.100.1, 203.0.113.9")], 403, None),
    Asked { method: "POST", target: "/denied", headers: &[(AGENT, "$remote_addr %h"), ("Content-Length", "0")], status: 403, user: None },
];

/// A server that is ended with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn install() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/install");
    let output = Command::new(script).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "nginx, Apache and Caddy are needed: {said}"
    );
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Starts a server, waits until it answers, and asks it everything. Gives the requests' local ports.
fn ask_all(command: &mut Command, port: u16, log: &Path) -> Server {
    let errors = fs::File::create(log).unwrap();
    let child = command
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdout(Stdio::null())
        .stderr(errors)
        .spawn()
        .unwrap();
    let server = Server(child);
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let said = || fs::read_to_string(log).unwrap_or_default();
        assert!(
            Instant::now() < deadline,
            "no server on port {port}: {}",
            said()
        );
        std::thread::yield_now();
    }
    for request in &REQUESTS {
        assert_eq!(
            ask(port, request),
            request.status,
            "{} {}",
            request.target,
            log.display()
        );
    }
    server
}

fn ask(port: u16, asked: &Asked) -> u16 {
    let mut text = format!(
        "{} {} HTTP/1.1\r\nHost: vpn.example\r\nConnection: close\r\n",
        asked.method, asked.target
    );
    for (name, value) in asked.headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text.push_str("\r\n");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// The lines of a log, once there are as many as requests. Connections without a request may have lines too.
fn lines(log: &Path) -> Vec<Vec<u8>> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let bytes = fs::read(log).unwrap_or_default();
        let lines: Vec<Vec<u8>> = bytes
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .map(<[u8]>::to_vec)
            .collect();
        if lines.len() >= REQUESTS.len() {
            return lines;
        }
        assert!(
            Instant::now() < deadline,
            "{}: {}",
            log.display(),
            String::from_utf8_lossy(&bytes)
        );
        std::thread::yield_now();
    }
}

/// What a format leaves out.
#[derive(Clone, Copy, Default)]
struct Lacks {
    agent: bool,
    user: bool,
    query: bool,
}

/// Every request is read back as it was asked.
fn check(log: &Path, format: &dyn Format, lacks: Lacks) {
    let lines = lines(log);
    assert_eq!(lines.len(), REQUESTS.len(), "{}", log.display());
    for (line, asked) in lines.iter().zip(&REQUESTS) {
        let shown = format!("{}: {}", log.display(), String::from_utf8_lossy(line));
        let event: Event = format
            .parse(line)
            .unwrap_or_else(|e| panic!("{shown}: {e}"))
            .unwrap();
        let Kind::Request(request): Kind = event.kind else {
            panic!("{shown}")
        };
        assert_eq!(event.source, Some([127, 0, 0, 1].into()), "{shown}");
        check_request(&request, asked, lacks, &shown);
    }
}

fn check_request(request: &Request, asked: &Asked, lacks: Lacks, shown: &str) {
    assert_eq!(request.method, asked.method, "{shown}");
    assert_eq!(request.status, asked.status, "{shown}");
    let target = asked
        .target
        .split(if lacks.query { '?' } else { '\0' })
        .next()
        .unwrap();
    assert_eq!(&*request.target, target, "{shown}");
    let header = |name: &str| {
        asked
            .headers
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| *value)
    };
    if !lacks.agent && asked.status >= 400 {
        assert_eq!(request.user_agent.as_deref(), header(AGENT), "{shown}");
    }
    if !lacks.user {
        assert_eq!(request.user.as_deref(), asked.user, "{shown}");
    }
    if let Some(cookie) = request.sent.cookie {
        assert_eq!(cookie, header("Cookie").is_some(), "{shown}");
    }
    if let Some(authorization) = request.sent.authorization {
        assert_eq!(authorization, header(BASIC).is_some(), "{shown}");
    }
    if let Some(client) = request.forwarded_for {
        assert_eq!(client.to_string(), "203.0.113.9", "{shown}");
        assert!(header("X-Forwarded-For").is_some());
    }
}

/// Passwords of alice: `right`, as `openssl passwd -apr1`, which nginx and Apache both read.
fn passwords(folder: &Path) -> String {
    let file = folder.join("htpasswd");
    let output = Command::new("openssl")
        .args(["passwd", "-apr1", "-salt", "saltsalt", "right"])
        .output();
    let hash = output
        .map(|o| String::from_utf8(o.stdout).unwrap())
        .unwrap();
    fs::write(&file, format!("alice:{hash}")).unwrap();
    file.to_str().unwrap().to_owned()
}

const NGINX_FORMATS: [(&str, &str); 4] = [
    (
        "pipes",
        r#"$msec|$remote_addr:$remote_port|$status|$body_bytes_sent|$request_time|"$request"|"$http_user_agent"|$remote_user"#,
    ),
    (
        "long",
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for" rt=$request_time us=$upstream_status"#,
    ),
    (
        "carried",
        r#"[$time_iso8601] ${remote_addr} $status "$request_method $request_uri $server_protocol" "$http_cookie" "$http_authorization" "$remote_user" $http_user_agent"#,
    ),
    (
        "named",
        r#"escape=json {"at":"$time_iso8601","from":"$remote_addr","line":"$request","code":$status,"by":"$http_user_agent","who":"$remote_user"}"#,
    ),
];

#[test]
fn nginx() {
    install();
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    let (port, htpasswd) = (free_port(), passwords(root));
    let mut formats = String::new();
    let mut logs = String::new();
    for (name, text) in NGINX_FORMATS {
        let (escape, text) = match text.strip_prefix("escape=json ") {
            Some(rest) => ("escape=json ", rest),
            None => ("", text),
        };
        writeln!(formats, "log_format {name} {escape}'{text}';").unwrap();
        writeln!(logs, "access_log {}/{name}.log {name};", root.display()).unwrap();
    }
    fs::create_dir(root.join("www")).unwrap();
    fs::write(root.join("www/index.html"), "hello").unwrap();
    let conf = format!(
        "daemon off; master_process off; pid {dir}/pid; error_log {dir}/error.log info; events {{}}\n\
         http {{ {formats} {logs} access_log {dir}/combined.log combined;\n\
         client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir}; uwsgi_temp_path {dir}; scgi_temp_path {dir};\n\
         server {{ listen 127.0.0.1:{port}; server_name vpn.example; root {dir}/www;\n\
         location /denied {{ deny all; }}\n\
         location /secret {{ auth_basic x; auth_basic_user_file {htpasswd}; }} }} }}",
        dir = root.display(),
    );
    fs::write(root.join("nginx.conf"), &conf).unwrap();
    let mut command = Command::new("nginx");
    command
        .arg("-p")
        .arg(root)
        .arg("-c")
        .arg(root.join("nginx.conf"))
        .args(["-e", "stderr"]);
    let _server = ask_all(&mut command, port, &root.join("stderr.log"));
    check(
        &root.join("combined.log"),
        format::by_name("nginx_combined").unwrap(),
        Lacks::default(),
    );
    let defined = why401::format::log_format::conf::definitions(&conf);
    assert_eq!(defined.len(), NGINX_FORMATS.len());
    for definition in defined {
        let format = LogFormat::compile(&definition.format).unwrap();
        check(
            &root.join(format!("{}.log", definition.name)),
            &format,
            Lacks::default(),
        );
    }
    refused(
        &root.join("error.log"),
        "nginx_error",
        &[
            ("wrong_password", Some("alice")),
            ("unknown_user", Some("nobody")),
            ("address_not_allowed", None),
        ],
    );
}

/// The error log tells these refusals, each with the client, and every line of it is of the format.
fn refused(log: &Path, format: &str, expected: &[(&str, Option<&str>)]) {
    use why401::system::Meaning;
    let format = format::by_name(format).unwrap();
    let text = fs::read(log).unwrap();
    let mut told = Vec::new();
    for line in text.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let shown = String::from_utf8_lossy(line);
        let Some(event) = format
            .parse(line)
            .unwrap_or_else(|e| panic!("{shown}: {e}"))
        else {
            continue;
        };
        assert_eq!(event.source, Some([127, 0, 0, 1].into()), "{shown}");
        let Kind::Entry(entry) = event.kind else {
            panic!("{shown}")
        };
        let Some(Meaning::Refusal(cause)) = entry.statement.map(|s| s.meaning) else {
            panic!("{shown}")
        };
        told.push((cause.id(), entry.principal.map(String::from)));
    }
    for (cause, user) in expected {
        let is_told = |(c, u): &(&str, Option<String>)| c == cause && u.as_deref() == *user;
        assert!(told.iter().any(is_told), "{cause} of {user:?} in {told:?}");
    }
    let denied = told
        .iter()
        .filter(|(cause, _)| *cause == "address_not_allowed");
    assert_eq!(denied.count(), 4, "{told:?}");
}

const APACHE_FORMATS: [(&str, &str); 4] = [
    (
        "debian",
        r#"%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""#,
    ),
    (
        "timed",
        r#"%{%d/%b/%Y:%H:%M:%S}t.%{usec_frac}t %{%z}t %a \"%r\" %>s %B %D \"%{User-Agent}i\" \"%{X-Forwarded-For}i\" %u"#,
    ),
    (
        "parts",
        r#"%{usec}t|%a|%>s|%b|%{ms}T|\"%m %U\"|\"%{Cookie}i\"|\"%{Authorization}i\""#,
    ),
    (
        "vhost",
        r#"%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""#,
    ),
];

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a configuration, and what comes of it"
)]
fn apache() {
    install();
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    let (port, htpasswd) = (free_port(), passwords(root));
    let modules = [
        "mpm_event",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_user",
        "auth_basic",
        "dir",
    ];
    let mut conf = String::new();
    for module in modules {
        writeln!(
            conf,
            "LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so"
        )
        .unwrap();
    }
    for (name, text) in APACHE_FORMATS {
        writeln!(
            conf,
            "LogFormat \"{text}\" {name}\nCustomLog {}/{name}.log {name}",
            root.display()
        )
        .unwrap();
    }
    fs::create_dir(root.join("www")).unwrap();
    fs::write(root.join("www/index.html"), "hello").unwrap();
    write!(
        conf,
        "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b\" common\nCustomLog {dir}/common.log common\n\
         ServerName vpn.example\nUseCanonicalName On\nListen 127.0.0.1:{port}\nPidFile {dir}/pid\nErrorLog {dir}/error.log\n\
         LogLevel info\nDocumentRoot {dir}/www\nDirectoryIndex index.html\nHttpProtocolOptions Unsafe\n\
         <Location />\nRequire all granted\n</Location>\n\
         <Location /denied>\nRequire all denied\n</Location>\n\
         <Location /secret>\nAuthType Basic\nAuthName x\nAuthUserFile {htpasswd}\nRequire valid-user\n</Location>\n",
        dir = root.display(),
    )
    .unwrap();
    fs::write(root.join("apache.conf"), &conf).unwrap();
    let mut command = Command::new("apache2");
    command
        .arg("-f")
        .arg(root.join("apache.conf"))
        .args(["-D", "FOREGROUND"]);
    let _server = ask_all(&mut command, port, &root.join("stderr.log"));
    for definition in why401::format::log_format::conf::definitions(&conf) {
        let format = LogFormat::compile(&definition.format).unwrap();
        let lacks = match definition.name.as_str() {
            "common" => Lacks {
                agent: true,
                ..Lacks::default()
            },
            "parts" => Lacks {
                agent: true,
                user: true,
                query: true,
            },
            _ => Lacks::default(),
        };
        check(
            &root.join(format!("{}.log", definition.name)),
            &format,
            lacks,
        );
    }
    let built_in = [
        ("debian", "nginx_combined"),
        ("common", "nginx_combined"),
        ("vhost", "apache_vhost"),
    ];
    for (log, format) in built_in {
        let lacks = Lacks {
            agent: log == "common",
            ..Lacks::default()
        };
        check(
            &root.join(format!("{log}.log")),
            format::by_name(format).unwrap(),
            lacks,
        );
    }
    refused(
        &root.join("error.log"),
        "apache_error",
        &[
            ("wrong_password", Some("alice")),
            ("unknown_user", Some("nobody")),
            ("address_not_allowed", None),
        ],
    );
}

#[test]
fn caddy() {
    install();
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    fs::create_dir(root.join("www")).unwrap();
    fs::write(root.join("www/index.html"), "hello").unwrap();
    // `right` by bcrypt, in as few rounds as there can be.
    let hash = "$2a$04$t2sVWcBTE50lGyZSNiHr8e6JsEu5pr1GoEC1K3E1icpdyAP/i77/K";
    // As it is by itself, and with times of other forms.
    let formats = [
        "",
        "time_format rfc3339_nano",
        "time_format iso8601",
        "time_format unix_seconds_float",
        "time_format rfc3339",
    ];
    let mut conf = String::from("{\nadmin off\nauto_https off\n}\n");
    let ports: Vec<u16> = formats.iter().map(|_| free_port()).collect();
    for (n, (format, port)) in formats.iter().zip(&ports).enumerate() {
        write!(
            conf,
            "http://:{port} {{\nbind 127.0.0.1\nroot * {dir}/www\n\
             log {{\noutput file {dir}/{n}.log\nformat json {{\n{format}\n}}\n}}\n\
             basicauth /secret {{\nalice {hash}\n}}\n\
             respond /denied 403\nfile_server\n}}\n",
            dir = root.display(),
        )
        .unwrap();
    }
    fs::write(root.join("Caddyfile"), conf).unwrap();
    let mut command = Command::new("caddy");
    command
        .arg("run")
        .arg("--config")
        .arg(root.join("Caddyfile"))
        .args(["--adapter", "caddyfile"]);
    command
        .env("HOME", root)
        .env("XDG_DATA_HOME", root)
        .env("XDG_CONFIG_HOME", root);
    let server = ask_all(&mut command, ports[0], &root.join("stderr.log"));
    for (n, port) in ports.iter().enumerate() {
        if n > 0 {
            for request in &REQUESTS {
                assert_eq!(ask(*port, request), request.status);
            }
        }
        let format = format::by_name("access_json").unwrap();
        // Caddy tells only users that it let in.
        let lacks = Lacks {
            user: true,
            ..Lacks::default()
        };
        check(&root.join(format!("{n}.log")), format, lacks);
    }
    drop(server);
}
