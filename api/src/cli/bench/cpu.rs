//! How much processor time, and memory, processes have used, as Linux counts it.

use std::{fs, time::Duration};

/// The kernel counts in hundredths of a second on every platform that Rondom runs on.
const TICK: Duration = Duration::from_millis(10);

/// The processor time of one process.
pub(super) fn of(pid: u32) -> Duration {
    ticks(&format!("/proc/{pid}/stat")).map_or(Duration::ZERO, |(_, ticks)| TICK * ticks)
}

/// The processor time of all processes of that name.
pub(super) fn named(name: &str) -> Duration {
    let Ok(processes) = fs::read_dir("/proc") else { return Duration::ZERO };
    let ticks: u32 = processes
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|entry| ticks(&format!("{}/stat", entry.path().display())))
        .filter(|(found, _)| found == name)
        .map(|(_, ticks)| ticks)
        .sum();
    TICK * ticks
}

/// The most memory that a process has had at once, in bytes.
pub(super) fn peak_memory(pid: u32) -> u64 {
    stated(pid, "VmHWM:")
}

/// The memory that a process has, in bytes.
pub(super) fn memory(pid: u32) -> u64 {
    stated(pid, "VmRSS:")
}

fn stated(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.trim().parse::<u64>().ok()).unwrap_or_default() << 10
}

/// The name of a process, and the ticks that it spent in user and system mode.
fn ticks(stat: &str) -> Option<(String, u32)> {
    let text = fs::read_to_string(stat).ok()?;
    let (head, tail) = text.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let mut fields = tail.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some((name, user + system))
}
