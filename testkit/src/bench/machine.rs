use std::fmt;
use std::fs;

/// Where the figures were measured, and whether anything else ran there.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory_gib: u64,
    kernel: String,
    /// Of the last minute, when it was looked at.
    load: f64,
}

impl Machine {
    /// Looks at `/proc`; what cannot be read stays empty.
    #[must_use]
    pub fn look() -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let value = |path: &str, name: &str| {
            let found =
                text(path).lines().find(|line| line.starts_with(name)).and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()));
            found.unwrap_or_default()
        };
        let memory_kib = value("/proc/meminfo", "MemTotal").split(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0);
        Self {
            processor: value("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: memory_kib.div_ceil(1024 * 1024),
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: text("/proc/loadavg").split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0.0),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} cores, {} GiB, Linux {}; load {:.1}", self.processor, self.cores, self.memory_gib, self.kernel, self.load)?;
        #[expect(clippy::cast_precision_loss, reason = "a number of cores")]
        if self.load > 0.5 * self.cores as f64 {
            f.write_str(": the machine is BUSY with other work, the figures are worse than they could be")?;
        }
        Ok(())
    }
}
