//! How good, how fast, how large: record linkage with default settings on files whose truth is known, beside the best
//! open peer (Splink 5 on `DuckDB`, tuned by a competent user, measured on a machine of two cores).
//!
//! `cargo bench -p identity` prints a table. The files are looked for in `RONDOM_DATA` (default `../shared/data`, seen
//! from the workspace); what is missing is said and left out. Every file is read in a process of its own, so that peak
//! memory is its own.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use identity::linkage::{Model, Quality, Sheet, Table, clusters};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One row of the table.
struct Case {
    name: &'static str,
    files: &'static [&'static str],
    /// The file with the truth; without one, the person is the number in the id.
    truth: Option<&'static str>,
    peer: &'static str,
}

const CASES: [Case; 4] = [
    Case {
        name: "febrl3",
        files: &["febrl/dataset3.csv"],
        truth: None,
        peer: "F1 1.0000 tuned by hand, 0.9992 else",
    },
    Case {
        name: "febrl4",
        files: &["febrl/dataset4a.csv", "febrl/dataset4b.csv"],
        truth: None,
        peer: "F1 1.0000 tuned by hand, 0.9992 else; 6.1 s, 0.3 GB",
    },
    Case {
        name: "customers_100k",
        files: &["customers_100k/customers.csv.gz"],
        truth: Some("customers_100k/truth.csv.gz"),
        peer: "F1 0.826, B3 0.912, exact 73.1 %, largest 20; 6.4 s, 628 MB",
    },
    Case {
        name: "customers_1m",
        files: &["customers_1m/customers.csv.gz"],
        truth: Some("customers_1m/truth.csv.gz"),
        peer: "F1 0.813, B3 0.910; 46 s, 4.4 GB",
    },
];

fn main() {
    let data = std::env::var("RONDOM_DATA")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    if let Ok(name) = std::env::var("RONDOM_BENCH_CASE") {
        let case = CASES.iter().find(|case| case.name == name).expect("a known case");
        run(&data, case);
        return;
    }
    println!(
        "{:<15} {:>7} {:>7} {:>7} {:>6} {:>8} {:>7} {:>6}  the peer",
        "", "pair F1", "B3 F1", "exact", "large", "seconds", "CPU s", "MiB"
    );
    for case in &CASES {
        if case.files.iter().any(|file| !data.join(file).exists()) {
            println!("{:<15} SKIPPED: not in {}", case.name, data.display());
            continue;
        }
        let status =
            Command::new(std::env::current_exe().unwrap()).env("RONDOM_BENCH_CASE", case.name).status();
        assert!(status.is_ok_and(|status| status.success()), "{} failed", case.name);
    }
}

fn run(data: &Path, case: &Case) {
    let start = Instant::now();
    let mut sheet = Sheet::default();
    for file in case.files {
        sheet.add_csv(file, open(&data.join(file)), "rec_id", None).unwrap();
    }
    let table = Table::read(&sheet);
    let (model, pairs) = Model::train(&table, &[]);
    let found = clusters(&sheet, &model.scorer(&table), &pairs, 0, 200);
    let seconds = start.elapsed().as_secs_f64();
    let (cpu, peak) = used();

    let mut people: HashMap<String, u32> = HashMap::new();
    let mut number = |person: &str| {
        let next = u32::try_from(people.len()).unwrap();
        *people.entry(person.to_owned()).or_insert(next)
    };
    let mut truth: HashMap<String, u32> = HashMap::new();
    if let Some(file) = case.truth {
        let mut lines = String::new();
        open(&data.join(file)).read_to_string(&mut lines).unwrap();
        for (id, person) in lines.lines().skip(1).filter_map(|line| line.split_once(',')) {
            truth.insert(id.to_owned(), number(person));
        }
    }
    let of = |place: usize| match case.truth {
        Some(_) => truth[sheet.id(place)],
        // rec-17-org, rec-17-dup-0
        None => sheet.id(place).split('-').nth(1).unwrap().parse().unwrap(),
    };
    let quality = Quality::of(found.iter().enumerate().map(|(place, cluster)| (*cluster, of(place))));
    println!(
        "{:<15} {:>7.4} {:>7.4} {:>6.2}% {:>6} {:>8.2} {:>7.2} {:>6}  {}",
        case.name,
        quality.pair_f1,
        quality.b3_f1,
        100. * quality.exact,
        quality.largest,
        seconds,
        cpu,
        peak,
        case.peer
    );
}

fn open(path: &Path) -> Box<dyn Read> {
    let file = File::open(path).unwrap();
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Box::new(file);
    }
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::thread::spawn(move || {
        std::io::copy(&mut flate2::read::MultiGzDecoder::new(file), &mut writer).unwrap()
    });
    Box::new(reader)
}

/// Seconds of CPU and peak memory in MiB of this process so far, where the system tells.
fn used() -> (f64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next());
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 =
        after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    (ticks / 100., peak.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024)
}
