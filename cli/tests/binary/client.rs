//! The client commands through the built binary, against servers that answer badly or not at all.
//! How they do against a real one is part of the demo's test.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::port;
use crate::program::{Program, Ran};

/// Every client command with arguments that are fine.
const COMMANDS: &[&[&str]] = &[
    &["status"],
    &["status", "shop"],
    &["releases", "shop"],
    &["targets", "shop"],
    &["targets", "shop", "local/a"],
    &["logs", "shop", "1"],
    &["logs", "-f", "shop", "#1", "build"],
    &["approve", "shop", "1"],
    &["reject", "shop", "1", "--reason", "no"],
    &["rollback", "shop", "prod", "--reason", "bad"],
    &["hold", "shop", "--reason", "stop"],
    &["hold", "shop", "--stage", "prod", "--reason", "stop"],
    &["release", "shop"],
    &["release", "shop", "h-1", "--reason", "go"],
    &["retry", "shop", "1"],
    &["cancel", "shop", "1"],
    &["start", "shop", "--input", "a=b"],
    &["connect", "."],
    &["token", "create", "ci"],
    &["token", "list"],
    &["token", "revoke", "t-1"],
    &["runner", "token"],
    &["runner", "list"],
    &["runner", "drain", "r-1"],
    &["plan", "--release", "shop/1"],
    &["fleet"],
    &["fleet", "status"],
    &["fleet", "hold", "u-1", "--reason", "stop"],
    &["fleet", "resume", "u-1"],
    &["fleet", "roll-back", "u-1", "--reason", "bad"],
];

/// Answers every request with the same text, until the test ends.
fn server_that_says(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            let mut request = [0; 65_536];
            // A client that hangs up early has its reasons.
            let _read = connection.read(&mut request);
            let _written = connection.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

fn run_all(server: &str, check: impl Fn(&[&str], &Ran)) {
    let program = Program::new();
    for command in COMMANDS {
        let ran = program.run_with(command, &[("TIDEGATE_SERVER", server), ("TIDEGATE_TOKEN", "tg_x_y")]);
        assert!(!ran.stderr.contains("panicked"), "{command:?}: {ran:?}");
        check(command, &ran);
    }
}

#[test]
fn a_server_that_is_not_there_is_5_and_the_message_says_what_to_do() {
    run_all(&format!("http://127.0.0.1:{}", port::free()), |command, ran| {
        assert_eq!(ran.code, 5, "{command:?}: {ran:?}");
        assert!(ran.stderr.contains("cannot reach the server at") && ran.stderr.contains("TIDEGATE_SERVER"), "{command:?}: {ran:?}");
        assert!(ran.stderr.contains("next:") && ran.stdout.is_empty(), "{command:?}: {ran:?}");
    });
}

#[test]
fn what_the_server_refuses_becomes_its_exit_code_with_its_own_words() {
    let problem = |status: &str, code: &str| {
        let body =
            format!(r#"{{"type":"/problems/{code}","title":"T","status":0,"code":"{code}","detail":"the words \u001b[2J of the server"}}"#);
        let text = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        server_that_says(Box::leak(text.into_boxed_str()))
    };
    for (status, code, exit) in [
        ("401 Unauthorized", "not_signed_in", 6),
        ("403 Forbidden", "forbidden", 6),
        ("404 Not Found", "unknown_pipeline", 3),
        ("409 Conflict", "already_decided", 4),
        ("422 Unprocessable Entity", "limit", 4),
        ("503 Service Unavailable", "overloaded", 4),
        ("400 Bad Request", "malformed", 2),
        ("500 Internal Server Error", "internal", 7),
    ] {
        run_all(&problem(status, code), |command, ran| {
            assert_eq!(ran.code, exit, "{status} for {command:?}: {ran:?}");
            assert!(ran.stderr.contains("the words ·[2J of the server"), "{command:?}: {ran:?}");
        });
    }
}

#[test]
fn rubbish_from_a_server_is_7_and_never_a_panic() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot json!",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]",
        "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ] {
        run_all(&server_that_says(answer), |command, ran| {
            // What has no answer that is read cannot find it wrong.
            let reads_nothing = command.starts_with(&["token", "revoke"]) || command.starts_with(&["runner", "drain"]);
            assert!(ran.code == 7 || (reads_nothing && ran.code == 0), "{answer:?} for {command:?}: {ran:?}");
        });
    }
    run_all(&server_that_says("SSH-2.0-OpenSSH_9.2\r\n"), |command, ran| assert_eq!(ran.code, 5, "{command:?}: {ran:?}"));
}

#[test]
fn rubbish_on_the_command_line_is_2_and_reaches_no_server() {
    let program = Program::new();
    for arguments in [
        &["approve", "shop", "zero"][..],
        &["approve", "shop", "0"],
        &["approve", "shop"],
        &["reject", "shop", "1"],
        &["rollback", "shop", "prod"],
        &["hold", "shop"],
        &["hold", "shop", "--stage", "a", "--lane", "b", "--reason", "x"],
        &["retry", "shop", "1", "--stage", "a", "--job", "b"],
        &["start", "shop", "--input", "novalue"],
        &["releases", "shop", "--limit", "0"],
        &["token", "create", "ci", "--role", "king"],
        &["token", "create", "ci", "--valid", "soon"],
        &["connect", "x", "--poll", "5"],
        &["login", "--link", "nonsense"],
        &["login", "--with-token"],
        &["status", "--server", "nonsense"],
        &["status", "--server", "http://127.0.0.1:1/path"],
        &["status", "--token", "with space"],
        &["run"],
        &["runner"],
        &["runner", "run", "--slots", "0"],
        &["server", "--listen", "nowhere"],
        &["server", "--set", "nonsense"],
    ] {
        let ran = program.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.stdout.is_empty() && !ran.stderr.contains("panicked"), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let program = Program::new();
    let ran = program.run(&["status", "--json", "--server", "nonsense"]);
    let error: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!((error["error"]["exit"].as_i64(), ran.code), (Some(2), 2));
    assert!(error["error"]["next_step"].is_string(), "{error}");
}

#[test]
fn a_broken_config_file_of_the_client_shows_no_token() {
    let program = Program::new();
    program.write("home/.config/tidegate/config.toml", "server = \"http://127.0.0.1:1\"\ntoken = \"tg_hunter2\" oops\n");
    let ran = program.run(&["status"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("config.toml") && !format!("{ran:?}").contains("hunter2"), "{ran:?}");
}

#[test]
fn run_and_dev_need_a_repository_with_a_commit_and_say_so() {
    let program = Program::new();
    for arguments in [&["run", "--local"][..], &["dev"]] {
        let ran = program.run_with(arguments, &[("GIT_CEILING_DIRECTORIES", "/")]);
        assert!(ran.code == 1 && ran.stderr.contains("git repository"), "{arguments:?}: {ran:?}");
    }
}
