//! Clocks that are wrong, and that are set while something runs (IG1, IG2, R5): real processes, whose wall time a small library moves.

use std::process::Command;

use crate::site::Site;

/// Adds the seconds that stand in a file to the wall time, and to nothing else.
const LIBRARY: &str = r#"
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <fcntl.h>
    #include <stdlib.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>
    static long offset(void) {
        char text[32] = {0};
        const char *path = getenv("CLOCK_OFFSET_FILE");
        int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (file < 0) return 0;
        ssize_t length = read(file, text, sizeof text - 1);
        close(file);
        return length > 0 ? strtol(text, NULL, 10) : 0;
    }
    int clock_gettime(clockid_t clock, struct timespec *time) {
        static int (*real)(clockid_t, struct timespec *);
        if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
        int result = real(clock, time);
        if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += offset();
        return result;
    }
    int gettimeofday(struct timeval *restrict value, void *restrict zone) {
        struct timespec time;
        (void)zone;
        int result = clock_gettime(CLOCK_REALTIME, &time);
        value->tv_sec = time.tv_sec;
        value->tv_usec = time.tv_nsec / 1000;
        return result;
    }
    time_t time(time_t *place) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        if (place) *place = now.tv_sec;
        return now.tv_sec;
    }
"#;

/// What a process must find in its environment so that its clock can be set by [`set`].
fn with_a_clock_of_its_own(site: &Site) -> Vec<(&'static str, String)> {
    site.program.write("clock.c", LIBRARY);
    let folder = site.program.folder();
    let compiled = Command::new("cc").current_dir(folder).args(["-shared", "-fPIC", "-o", "clock.so", "clock.c", "-ldl"]).status();
    assert!(compiled.expect("cc, which builds SQLite too").success());
    let place = |name: &str| folder.join(name).display().to_string();
    vec![("LD_PRELOAD", place("clock.so")), ("CLOCK_OFFSET_FILE", place("offset"))]
}

/// Sets the clock to so many seconds beside the right time.
fn set(site: &Site, seconds: i64) {
    site.program.write("offset.new", &seconds.to_string());
    let place = |name: &str| site.program.folder().join(name);
    std::fs::rename(place("offset.new"), place("offset")).expect("renamed");
}

const HOUR_S: i64 = 3_600;

fn deployed(site: &Site) -> String {
    std::fs::read_to_string(site.program.folder().join("deployed")).unwrap_or_default()
}

/// Each deployment leaves a line; it lasts until the file `ready` is there.
fn pipeline(runs_on: &str) -> String {
    let run = "echo $TIDEGATE_RELEASE >> @FOLDER@/deployed; until test -e @FOLDER@/ready; do sleep 0.05; done; echo done with it";
    format!(
        "name: steady
stages:
  - name: build
    jobs: [{{name: pack, {runs_on} steps: [{{run: 'until test -e @FOLDER@/go; do sleep 0.05; done'}}]}}]
  - name: prod
    targets: [local/a]
    deploy: {{uses: shell/run, {runs_on} with: {{run: '{run}'}}}}
"
    )
}

#[test]
fn ig1_a_runner_whose_clock_is_an_hour_off_and_is_set_while_it_works_is_a_runner_like_any_other() {
    let site = Site::start();
    let environment = with_a_clock_of_its_own(&site);
    set(&site, -HOUR_S);
    let mut runner = site.join_runner_with("second", &environment);
    site.connect_as("repository", &pipeline("runs_on: {gpu: 'yes'},"));
    site.until("the build runs", |site| site.ok(&["status", "steady"]).stdout.contains("1 inside").then_some(()));
    site.go();
    site.until("the deployment runs", |site| (deployed(site) == "1\n").then_some(()));
    set(&site, HOUR_S);
    site.program.write("ready", "");
    site.until_release_of("steady", 1, "completed");
    assert_eq!(deployed(&site), "1\n");
    let log = site.ok(&["logs", "steady", "1", "deploy"]).stdout;
    assert!(log.contains("done with it"), "{log}");
    let targets = site.ok(&["targets", "steady"]).stdout;
    assert!(targets.contains("#1") && !targets.contains("unknown"), "{targets}");
    runner.kill().expect("killed");
    runner.wait().expect("reaped");
}

#[test]
fn ig2_a_server_whose_clock_is_set_back_or_forward_loses_nothing_and_deploys_nothing_twice() {
    let mut site = Site::new();
    site.environment = with_a_clock_of_its_own(&site);
    set(&site, 0);
    site.sign_in_first(&[]);
    site.connect_as("repository", &pipeline(""));
    site.until("the build runs", |site| site.ok(&["status", "steady"]).stdout.contains("1 inside").then_some(()));
    set(&site, -HOUR_S);
    site.go();
    site.until("the deployment runs although the clock was set back", |site| (deployed(site) == "1\n").then_some(()));

    // Two hours forward, of which no lease may know.
    set(&site, HOUR_S);
    site.until("the server notices", |site| site.log().contains("once no job runs, and by 1 % until then").then_some(()));
    let during = site.ok(&["targets", "steady", "local/a"]).stdout;
    assert!(!during.contains("unknown"), "{during}\n{}", site.log());
    site.program.write("ready", "");
    site.until_release_of("steady", 1, "completed");
    assert_eq!(deployed(&site), "1\n", "{}", site.log());
    assert_eq!(site.run(&["logs", "steady", "1", "deploy", "--attempt", "2"]).code, 3, "it was tried once");
    site.until("the server follows once nothing runs", |site| site.log().contains("and the server follows it").then_some(()));
    site.commit("the next one");
    site.until_release_of("steady", 2, "completed");
    assert_eq!(deployed(&site), "1\n2\n");
}

/// Two servers on one database, the second an hour ahead: to it, every lease and every deadline of the first would be long over.
#[test]
fn ig1_a_server_whose_clock_is_an_hour_ahead_of_the_other_ends_nothing_early() {
    let mut first = Site::new();
    let database = crate::data::create_database(&first, "clocks");
    let arguments = ["--database", database.as_str()];
    first.sign_in_first(&arguments);
    first.connect_as("repository", &pipeline(""));
    first.go();
    first.until("the deployment runs", |site| (deployed(site) == "1\n").then_some(()));

    let mut second = Site::new();
    second.environment = with_a_clock_of_its_own(&second);
    set(&second, HOUR_S);
    second.sign_in_as_at(&first);
    second.start_server(&arguments);
    second.connect_as("elsewhere", "name: other\nstages:\n  - {name: build, jobs: [{name: a, steps: ['true']}]}\n");
    second.until_release_of("other", 1, "completed");

    let during = second.ok(&["targets", "steady", "local/a"]).stdout;
    assert!(!during.contains("unknown"), "{during}\n{}\n{}", first.log(), second.log());
    first.program.write("ready", "");
    second.until_release_of("steady", 1, "completed");
    assert_eq!(deployed(&first), "1\n", "{}\n{}", first.log(), second.log());
    assert_eq!(first.run(&["logs", "steady", "1", "deploy", "--attempt", "2"]).code, 3, "it was tried once");
}
