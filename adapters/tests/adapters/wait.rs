//! Waiting on a condition, with a deadline.

use std::time::Duration;

/// Asks again and again, for at most two minutes; `what` says what did not come.
pub(crate) async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(found) = condition().await {
                return found;
            }
            pause(Duration::from_millis(10)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(120), asking).await {
        Ok(found) => found,
        Err(_) => panic!("waited 120 s in vain: {what}"),
    }
}

/// Waits until no such process runs; a zombie that waits for its parent has ended.
pub(crate) async fn until_ended(pid: &str) {
    until(&format!("process {pid} to end"), async || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        (stat.is_empty() || stat.contains(") Z ")).then_some(())
    })
    .await;
}

/// Lets the others run; also how a test server is slow.
pub(crate) async fn pause(duration: Duration) {
    let nothing = futures::future::pending::<()>();
    assert!(tokio::time::timeout(duration, nothing).await.is_err());
}
