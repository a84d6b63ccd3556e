//! Commands of Systems Manager, run for real: this machine is the instance.
//!
//! After the user guide: an invocation is there a moment after its command; it is Pending, InProgress, and Success or Failed with
//! the script's exit code; output is kept up to 24,000 characters.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::{Answer, Refused};

#[derive(Debug, Default)]
pub(super) struct State {
    invocations: BTreeMap<String, Invocation>,
}

/// None until the script has ended; how often it was looked at.
#[derive(Debug, Default)]
struct Invocation {
    ended: Arc<Mutex<Option<Ended>>>,
    looks: u32,
}

#[derive(Debug, Clone)]
struct Ended {
    code: i32,
    output: String,
    error: String,
}

const INSTANCE: &str = "i-0123456789abcdef0";
const LONGEST: usize = 24_000;

impl State {
    pub(super) fn send(&mut self, asked: &Value) -> Answer {
        if asked["InstanceIds"] != json!([INSTANCE]) {
            return Err(Refused("InvalidInstanceId", "Instances not in a valid state for account".to_owned()));
        }
        let script = asked["Parameters"]["commands"][0].as_str().expect("a script").to_owned();
        let id = format!("c-{}", self.invocations.len() + 1);
        let ended = Arc::new(Mutex::new(None));
        std::thread::spawn({
            let ended = Arc::clone(&ended);
            move || {
                let found = run(&script);
                *ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
            }
        });
        self.invocations.insert(id.clone(), Invocation { ended, looks: 0 });
        Ok(json!({"Command": {"CommandId": id, "Status": "Pending"}}))
    }

    pub(super) fn invocation(&mut self, asked: &Value) -> Answer {
        let id = asked["CommandId"].as_str().unwrap_or_default();
        let missing = || Refused("InvocationDoesNotExist", String::new());
        let found = self.invocations.get_mut(id).ok_or_else(missing)?;
        found.looks += 1;
        if found.looks == 1 {
            return Err(missing());
        }
        let ended = found.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(match ended {
            None => json!({"Status": "InProgress", "ResponseCode": -1, "StandardOutputContent": "", "StandardErrorContent": ""}),
            Some(Ended { code, output, error }) => json!({
                "Status": if code == 0 { "Success" } else { "Failed" }, "ResponseCode": code,
                "StandardOutputContent": output, "StandardErrorContent": error,
            }),
        })
    }
}

fn run(script: &str) -> Ended {
    let run = Command::new("/bin/sh")
        .args(["-c", script])
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(LONGEST).collect();
    Ended { code: run.status.code().unwrap_or(-1), output: text(&run.stdout), error: text(&run.stderr) }
}
