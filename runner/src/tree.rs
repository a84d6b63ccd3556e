//! Finding and ending processes by what `/proc` says.

use std::collections::HashSet;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions};

use crate::clock;

/// A process that does not end on SIGKILL sits in the kernel; after this long we go on without it.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy)]
struct Process {
    pid: Pid,
    parent: i32,
    is_zombie: bool,
}

/// Kills everything below this process, however it daemonised: this process is the one that orphans go
/// to, so every descendant is found by its parents. The exit code of `own_child` is left to whoever
/// started it. Returns false when something would not die.
pub(crate) async fn kill_descendants(own_child: Option<Pid>) -> bool {
    let own = rustix::process::getpid();
    let gone = kill_until_gone(|processes| descendants(processes, own)).await;
    reap_orphans(own_child);
    gone
}

/// Kills every process that carries `variable=value` in its environment, with all below it.
pub(crate) async fn kill_marked(variable: &str, value: &str) -> bool {
    let own = rustix::process::getpid();
    let marker = format!("{variable}={value}");
    kill_until_gone(|processes| {
        let mut found = HashSet::new();
        for process in processes.iter().filter(|process| process.pid != own && carries(process.pid, marker.as_bytes())) {
            found.insert(process.pid);
            found.extend(descendants(processes, process.pid));
        }
        found.remove(&own);
        found
    })
    .await
}

/// Everything below a process now.
pub(crate) fn below(pid: Pid) -> HashSet<Pid> {
    descendants(&processes(), pid)
}

/// Takes the exit codes of adopted orphans. `own_child` is left to whoever started it.
pub(crate) fn reap_orphans(own_child: Option<Pid>) {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    for process in processes().into_iter().filter(|process| process.is_zombie && process.parent == own) {
        if Some(process.pid) != own_child {
            let _gone = rustix::process::waitpid(Some(process.pid), WaitOptions::NOHANG);
        }
    }
}

async fn kill_until_gone(find: impl Fn(&[Process]) -> HashSet<Pid>) -> bool {
    let deadline = clock::now().plus(PATIENCE);
    loop {
        let all = processes();
        let zombies: HashSet<_> = all.iter().filter(|process| process.is_zombie).map(|process| process.pid).collect();
        let victims: Vec<_> = find(&all).into_iter().filter(|pid| !zombies.contains(pid)).collect();
        if victims.is_empty() {
            return true;
        }
        if deadline.remaining().is_zero() {
            return false;
        }
        for pid in victims {
            let _gone = rustix::process::kill_process(pid, Signal::KILL);
        }
        clock::sleep(Duration::from_millis(2)).await;
    }
}

fn descendants(processes: &[Process], of: Pid) -> HashSet<Pid> {
    let mut found = HashSet::new();
    let mut grown = true;
    while grown {
        grown = false;
        for process in processes {
            let parent = Pid::from_raw(process.parent);
            if parent.is_some_and(|parent| parent == of || found.contains(&parent)) {
                grown |= found.insert(process.pid);
            }
        }
    }
    found
}

fn carries(pid: Pid, marker: &[u8]) -> bool {
    std::fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero()))
        .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|entry| entry == marker))
}

fn processes() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| {
            let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            parse(pid, &std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
        })
        .collect()
}

/// `pid (name) state parent …`; the name may hold spaces and brackets.
fn parse(pid: i32, stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    Some(Process { pid: Pid::from_raw(pid)?, parent: fields.next()?.parse().ok()?, is_zombie: matches!(state, "Z" | "X") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse_the_parser() {
        let process = parse(12, "12 (a) R 99 (b)) S 7 12 12 0").expect("well formed");
        assert_eq!((process.parent, process.is_zombie), (7, false));
        assert!(parse(12, "12 (gone").is_none());
        assert!(parse(12, "").is_none());
    }
}
