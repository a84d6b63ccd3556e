use super::*;

fn load_text(text: &str, variables: &[(&str, &str)], flags: Flags) -> Loaded {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("server.toml");
    std::fs::write(&path, text).expect("written");
    let environment = Environment::from_pairs(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    let mut loaded = load(&Flags { config: Some(path.clone()), ..flags }, &environment).expect("the file can be read");
    // The folder's name changes with every run.
    for problem in &mut loaded.problems {
        if let Origin::File { path, .. } = &mut problem.origin {
            *path = "server.toml".to_owned();
        }
    }
    loaded
}

fn problems(loaded: &Loaded) -> String {
    loaded.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn all_problems_are_reported_at_once_with_their_line() {
    let text = "listn = \"127.0.0.1:1\"\npublic_url = \"nowhere\"\n[log]\nformat = \"xml\"\nlevel = 3\n[runner]\nslots = 0\nbuilt_in = \"yes\"\n[database]\nurl = \"mysql://root:hunter2@db/x\"\n[retention]\nlogs = \"1s\"\n";
    let loaded = load_text(
        text,
        &[("TIDEGATE_LOGLEVEL", "info"), ("TIDEGATE_DATA", "  ")],
        Flags { set: vec!["x".to_owned(), "log.levl=1".to_owned()], ..Flags::default() },
    );
    insta::assert_snapshot!(problems(&loaded), @r#"
    server.toml:1: there is no setting "listn"; did you mean "listen"?
    server.toml:2: public_url: expected an address such as https://deploy.example.org, not "nowhere"
    server.toml:4: log.format: expected one of auto, human, json, not "xml"
    server.toml:5: log.level: expected a string in quotes, not a TOML integer
    server.toml:7: runner.slots: expected a number from 1 to 256, not "0"
    server.toml:8: runner.built_in: expected true or false, not a TOML string
    server.toml:10: database.url: expected sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    server.toml:12: retention.logs: expected a duration from 1d to 3650d, not "1s"
    environment TIDEGATE_DATA: data: it is empty
    environment TIDEGATE_LOGLEVEL: there is no such setting; did you mean TIDEGATE_LOG_LEVEL?
    flag --set: expected KEY=VALUE, not "x"
    flag --set: there is no setting "log.levl"; did you mean "log.level"?
    "#);
}

#[test]
fn a_key_in_the_wrong_table_is_found_by_its_word() {
    let loaded =
        load_text("allow_loopback = true\n[server]\nlisten = \"a:1\"\n[log]\nlevel = \"info\"\n[log.more]\nx = 1\n", &[], Flags::default());
    insta::assert_snapshot!(problems(&loaded), @r#"
    server.toml:1: there is no setting "allow_loopback"; did you mean "egress.allow_loopback"?
    server.toml:2: there is no setting "server"; docs/configuration.md lists all settings
    server.toml:6: there is no setting "log.more"; docs/configuration.md lists all settings
    "#);
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_line_and_the_rest_is_still_checked() {
    let loaded = load_text("listen = \nslots = 5\npublic_url = \"x\n", &[], Flags::default());
    let text = problems(&loaded);
    assert!(text.contains("server.toml:1:"), "{text}");
    assert!(text.contains("there is no setting \"slots\"; did you mean \"runner.slots\"?"), "{text}");
}

#[test]
fn a_flag_wins_over_the_environment_which_wins_over_the_file() {
    let file = "listen = \"127.0.0.1:1\"\npublic_url = \"http://file\"\ndata = \"/file\"\n";
    let variables = [("TIDEGATE_PUBLIC_URL", "http://variable"), ("TIDEGATE_DATA", "/variable")];
    let loaded = load_text(file, &variables, Flags { data: Some("/flag".to_owned()), ..Flags::default() });
    assert_eq!(problems(&loaded), "");
    let origin = |name: &str| loaded.values[name].1.clone();
    assert!(matches!(origin("listen"), Origin::File { line: 1, .. }));
    assert_eq!(origin("public_url"), Origin::Variable("TIDEGATE_PUBLIC_URL".to_owned()));
    assert_eq!(origin("data"), Origin::Flag("--data".to_owned()));
    let settings = loaded.settings().expect("no problem");
    assert_eq!((settings.listen.as_str(), settings.public_url.as_str()), ("127.0.0.1:1", "http://variable"));
    assert_eq!(settings.database_url, "sqlite:/flag/tidegate.db");
}

#[test]
fn every_default_is_valid_and_every_key_is_documented() {
    for key in KEYS {
        if let Some(text) = key.default {
            assert!(value::parse(key.kind, text).is_ok(), "the default of {} is refused", key.name);
        }
    }
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md")).expect("the page");
    for key in KEYS {
        assert!(page.contains(&format!("`{}`", key.name)), "docs/configuration.md does not mention {}", key.name);
        assert!(page.contains(&key.variable()), "docs/configuration.md does not mention {}", key.variable());
    }
}

#[test]
fn a_remembered_token_goes_to_its_own_server_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let environment = Environment::from_pairs([("XDG_CONFIG_HOME".into(), folder.path().into())]);
    let path = client::remember(&environment, "http://one:1", "tg_secret").expect("remembered");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).expect("there").permissions());
    assert_eq!(mode & 0o777, 0o600);
    let access = |server: Option<&str>| {
        client::access(&client::Flags { server: server.map(str::to_owned), token: None }, &environment).expect("access")
    };
    assert_eq!(access(None).token.as_deref(), Some("tg_secret"));
    assert_eq!(access(Some("http://one:1/")).token.as_deref(), Some("tg_secret"));
    assert_eq!(access(Some("http://two:1")).token, None);
}
