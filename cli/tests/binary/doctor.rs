//! `tidegate doctor` with one broken thing of each kind.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::Value;

use crate::port;
use crate::program::{Program, Ran};
use crate::site::Site;

const TOOLS: &str = "isolation=,git=,bash=,setsid=,clock=";

/// The findings about a subject.
fn findings<'r>(json: &'r Value, subject: &str) -> Vec<&'r Value> {
    json["findings"].as_array().expect("findings").iter().filter(|finding| finding["subject"] == subject).collect()
}

/// One finding is as bad as expected, its text holds `text`, and it says what to do.
#[track_caller]
fn assert_found(ran: &Ran, subject: &str, grade: &str, text: &str) {
    let json = ran.json();
    let found = findings(&json, subject);
    let is_it = |finding: &&&Value| finding["grade"] == grade && finding["found"].as_str().is_some_and(|found| found.contains(text));
    let one = found.iter().find(is_it).unwrap_or_else(|| panic!("no {grade} {subject:?} with {text:?} in {json:#}"));
    assert!(grade == "ok" || one["next_step"].as_str().is_some_and(|step| !step.is_empty()), "{one}");
    assert_eq!(ran.code, i32::from(json["worst"] == "bad"), "{ran:?}");
}

#[test]
fn a_machine_on_which_nothing_was_started_is_well_and_every_tool_is_looked_at() {
    let program = Program::new();
    let ran = program.run(&["doctor", "--json", "--data", "data"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_found(&ran, "configuration", "ok", "");
    assert_found(&ran, "data folder", "ok", "the first start makes it");
    assert_found(&ran, "database", "ok", "the first start makes it");
    assert_found(&ran, "server", "warn", "cannot reach the server");
    let json = ran.json();
    for tool in TOOLS.split(',').map(|tool| tool.trim_end_matches('=')) {
        assert_eq!(findings(&json, tool).len(), 1, "{tool} in {json:#}");
    }
    assert!(!program.folder().join("data").exists(), "it only looks");
    let text = program.run(&["doctor", "--data", "data"]);
    assert!(text.stdout.contains("ok   configuration") && text.stdout.contains("warn server"), "{text:?}");
}

#[test]
fn what_is_broken_on_the_machine_is_said_and_what_to_do() {
    let program = Program::new();
    let ran = program.run(&["doctor", "--json", "--set", "runner.slots=0", "--set", "nonsense=1"]);
    assert_found(&ran, "configuration", "bad", "runner.slots");
    assert_found(&ran, "configuration", "bad", "nonsense");

    program.write("file", "");
    assert_found(&program.run(&["doctor", "--json", "--data", "file"]), "data folder", "bad", "is no folder");

    std::fs::create_dir(program.folder().join("open")).expect("a folder");
    std::fs::set_permissions(program.folder().join("open"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("rights");
    assert_found(&program.run(&["doctor", "--json", "--data", "open"]), "data folder", "warn", "can be read by others");

    let ran = program.run_with(&["doctor", "--json", "--data", "data"], &[("PATH", "/nowhere")]);
    assert_found(&ran, "git", "bad", "could not be run");
    assert_found(&ran, "setsid", "bad", "could not be run");

    // Nobody but root has the right, so nobody else needs to lose it.
    let without_right =
        r#"[ "$(id -u)" != 0 ] || less="setpriv --bounding-set=-sys_admin"; exec ${less:-} "$TIDEGATE" doctor --json --data data"#;
    assert_found(&program.shell(without_right), "isolation", "warn", "process tree");

    program.write("data/tidegate.db", "this is no database, whatever its name says, and it is long enough to look like one");
    assert_found(&program.run(&["doctor", "--json", "--data", "data"]), "database", "bad", "tidegate.db");
}

#[test]
fn a_server_that_is_named_and_absent_or_of_another_time_is_told() {
    let program = Program::new();
    let gone = format!("http://127.0.0.1:{}", port::free());
    let ran = program.run(&["doctor", "--json", "--data", "data", "--server", &gone]);
    assert_found(&ran, "server", "bad", "cannot reach the server");

    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            let _read = connection.read(&mut [0; 65_536]);
            let head = "HTTP/1.1 200 OK\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\nContent-Length: 6\r\nConnection: close\r\n\r\nready\n";
            let _written = connection.write_all(head.as_bytes());
        }
    });
    let ran = program.run(&["doctor", "--json", "--data", "data", "--server", &url]);
    assert_found(&ran, "clocks", "warn", "behind the server");
    assert_found(&ran, "sign-in", "warn", "no token");
}

/// Changes the database by hand, which no command does.
fn tamper(site: &Site, sql: &str) {
    let script = format!("import sqlite3; c = sqlite3.connect('data/tidegate.db'); c.executescript({sql:?}); c.close()");
    let ran = site.program.shell(&format!("python3 -c {}", shell_quoted(&script)));
    assert_eq!(ran.code, 0, "{ran:?}");
}

fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[test]
fn data_is_examined_beside_its_server_and_every_tampering_is_found() {
    let mut site = Site::start();
    site.go();
    site.connect();
    site.until_status("waits for an approval");
    let well = site.run(&["doctor", "--json", "--data", "data"]);
    assert_eq!(well.code, 0, "{well:?}");
    assert_found(&well, "database", "ok", "is whole");
    assert_found(&well, "pipelines", "ok", "1 keep every invariant");
    assert_found(&well, "events", "ok", "verify");
    assert_found(&well, "audit trail", "ok", "verify");
    assert_found(&well, "server", "ok", "is ready");
    assert_found(&well, "clocks", "ok", "agree");
    assert_found(&well, "sign-in", "ok", "Olga (admin)");
    assert_found(&site.run(&["doctor", "--json", "--data", "data", "--token", "tg_wrong_token"]), "sign-in", "bad", "");
    site.stop_server();

    let look = |site: &Site| site.run(&["doctor", "--json", "--data", "data"]);
    let whole = std::fs::read(site.program.folder().join("data/tidegate.db")).expect("the database");
    for (sql, subject, text) in [
        ("UPDATE events SET body = replace(body, 'good one', 'bad one') WHERE number = 1", "events", "event 1"),
        ("DELETE FROM events WHERE number = 2", "events", "it is missing"),
        ("UPDATE audit SET action = 'nothing' WHERE seq = 1", "audit trail", "entry 1"),
        ("UPDATE targets SET body = json_set(body, '$.holder', 'x.1.1.1')", "pipelines", "cannot be loaded"),
        ("UPDATE releases SET body = '{'", "pipelines", "cannot be loaded"),
        ("UPDATE pipelines SET parked = 'a bad row', parked_at = 1", "pipelines", "is parked since"),
        ("UPDATE nodes SET body = json_set(body, '$.state', 'running') WHERE node = 0", "pipelines", "breaks"),
        ("UPDATE _sqlx_migrations SET version = 99 WHERE version = 1", "database", "a newer program has used it"),
    ] {
        tamper(&site, sql);
        assert_found(&look(&site), subject, "bad", text);
        std::fs::write(site.program.folder().join("data/tidegate.db"), &whole).expect("put back");
    }
    let again = look(&site);
    assert_found(&again, "database", "ok", "is whole");
    assert_found(&again, "pipelines", "ok", "1 keep every invariant");
    assert_found(&again, "server", "bad", "cannot reach the server");
}
