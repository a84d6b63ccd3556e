use adapters::command_monitor::CommandMonitor;
use engine::core::input::Reading;
use engine::ports::MonitorReader;
use pipelines::plan::{Monitor, MonitorKind};

use crate::wait;

fn monitor(run: &str, timeout_ms: u64) -> Monitor {
    Monitor { kind: MonitorKind::Command { run: run.to_owned() }, interval_ms: 1000, timeout_ms }
}

async fn read(run: &str) -> Reading {
    CommandMonitor::new(true).read(&monitor(run, 20_000)).await
}

#[tokio::test]
async fn the_exit_code_is_the_reading() {
    assert_eq!(read("echo 3.5 errors a second").await, Reading::Ok { value: Some(3.5), detail: "3.5 errors a second".to_owned() });
    assert_eq!(read("echo ill; exit 1").await, Reading::Bad { value: None, detail: "ill".to_owned() });
    assert_eq!(read("echo nobody came >&2; exit 2").await, Reading::NoData { detail: "nobody came".to_owned() });
    let other = read("exit 3").await;
    assert!(matches!(&other, Reading::Unreadable { detail } if detail.contains("exit status: 3")), "{other:?}");
    let killed = read("kill -9 $$").await;
    assert!(matches!(&killed, Reading::Unreadable { detail } if detail.contains("signal: 9")), "{killed:?}");
    let missing = read("/no/such/program").await;
    assert!(matches!(&missing, Reading::Unreadable { detail } if detail.contains("127")), "{missing:?}");
}

#[tokio::test]
async fn nothing_runs_where_the_configuration_does_not_allow_it() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let reader = CommandMonitor::new(false);
    let asked = monitor(&format!("touch {}", mark.display()), 20_000);
    assert!(reader.knows(&asked), "so that the reading says why");
    let reading = reader.read(&asked).await;
    assert!(matches!(&reading, Reading::Unreadable { detail } if detail.contains("does not allow")), "{reading:?}");
    assert!(!mark.exists());
}

#[tokio::test]
async fn the_servers_environment_stays_away_from_the_command() {
    let reading = read("env | cut -d= -f1 | sort | tr '\\n' ' '").await;
    assert_eq!(reading, Reading::Ok { value: None, detail: "LC_ALL PATH PWD".to_owned() });
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_killed_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let run = format!("sleep 1000 & echo $! $$ > {}; wait", pids.display());
    let reading = CommandMonitor::new(true).read(&monitor(&run, 300)).await;
    assert_eq!(reading, Reading::Unreadable { detail: "the command took longer than 300 ms".to_owned() });
    for pid in std::fs::read_to_string(&pids).unwrap().split_whitespace() {
        wait::until_ended(pid).await;
    }
}

#[tokio::test]
async fn what_a_command_leaves_behind_is_killed_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    // The child holds the output open for longer than the timeout.
    let run = format!("sleep 1000 & echo $! > {}; echo fine", pids.display());
    assert_eq!(read(&run).await, Reading::Ok { value: None, detail: "fine".to_owned() });
    wait::until_ended(std::fs::read_to_string(&pids).unwrap().trim()).await;
}

#[tokio::test]
async fn a_reader_that_goes_away_takes_the_command_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let run = format!("sleep 1000 & echo $! $$ > {}; wait", pids.display());
    let reading = tokio::spawn(async move { read(&run).await });
    let written =
        wait::until("the command to start", async || std::fs::read_to_string(&pids).ok().filter(|text| text.ends_with('\n'))).await;
    reading.abort();
    for pid in written.split_whitespace() {
        wait::until_ended(pid).await;
    }
}

#[tokio::test]
async fn endless_output_neither_fills_the_memory_nor_stops_the_command() {
    let reading = read("echo 7 first; head -c 50000000 /dev/zero; exit 1").await;
    assert_eq!(reading, Reading::Bad { value: Some(7.0), detail: "7 first".to_owned() });
}
