//! The measured figures, as they are stored in `docs/benchmarks.json`: the document is written from them, and `--quick`
//! compares with them.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::client;

/// A table of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Topic {
    Requests,
    OneClient,
    Search,
    Server,
    Export,
    Webhooks,
    SignIns,
    Outbox,
    DailyFile,
    Live,
    Operations,
    Scale,
}

/// A bound that a figure should keep. A missed aim does not make the benchmark fail.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

impl Aim {
    pub(crate) fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// Latencies in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) worst: f64,
}

/// What a figure is compared with in the same run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    pub(crate) what: String,
    pub(crate) value: f64,
}

/// A measured figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) topic: Topic,
    pub(crate) what: String,
    pub(crate) database: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) latency: Option<Latency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) baseline: Option<Baseline>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) aim: Option<Aim>,
    /// Aim of the ratio to the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ratio_aim: Option<Aim>,
}

impl Figure {
    pub(crate) fn new(topic: Topic, database: &str, what: &str, value: f64, unit: &str) -> Self {
        Self {
            topic,
            what: what.to_owned(),
            database: database.to_owned(),
            value,
            unit: unit.to_owned(),
            latency: None,
            baseline: None,
            aim: None,
            ratio_aim: None,
        }
    }

    /// Returns the figure of a loop: its requests per second, with their latencies.
    pub(crate) fn per_second(topic: Topic, database: &str, what: &str, measured: &client::Figures) -> Self {
        Self::new(topic, database, what, measured.per_second, "/s").with_latency(measured)
    }

    pub(crate) fn with_latency(self, measured: &client::Figures) -> Self {
        let client::Figures { p50, p99, worst, .. } = *measured;
        Self { latency: Some(Latency { p50, p99, worst }), ..self }
    }

    pub(crate) fn compared_with(self, what: &str, value: f64) -> Self {
        Self { baseline: Some(Baseline { what: what.to_owned(), value }), ..self }
    }

    pub(crate) fn aim(self, aim: Aim) -> Self {
        Self { aim: Some(aim), ..self }
    }

    pub(crate) fn ratio_aim(self, aim: Aim) -> Self {
        Self { ratio_aim: Some(aim), ..self }
    }

    /// Returns the ratio to the baseline.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.baseline.as_ref().map(|baseline| self.value / baseline.value)
    }

    /// Whether both are the same figure of two runs.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        (self.topic, &self.what, &self.database) == (other.topic, &other.what, &other.database)
    }
}

/// The part of the benchmark that a run measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    Main,
    Live,
    Operations,
    Integrations,
    Scale,
}

/// The figures of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) date: String,
    pub(crate) machine: String,
    pub(crate) figures: Vec<Figure>,
}

impl Run {
    pub(crate) fn new(figures: Vec<Figure>) -> Result<Self> {
        let date = api::clock::Clock::System.now().format("%Y-%m-%d").to_string();
        Ok(Self { date, machine: machine()?, figures })
    }
}

/// The newest run of each part.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) runs: BTreeMap<Part, Run>,
}

impl Record {
    /// Reads the stored figures. There are none before the first run.
    pub(crate) fn load() -> Result<Self> {
        match fs::read_to_string(path("benchmarks.json")) {
            Ok(text) => serde_json::from_str(&text).context("docs/benchmarks.json cannot be read"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn save(&self) -> Result<()> {
        Ok(fs::write(path("benchmarks.json"), serde_json::to_string_pretty(self)? + "\n")?)
    }
}

/// Returns the path of a file in `docs`.
pub(crate) fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "docs", name].iter().collect()
}

/// Describes the machine.
fn machine() -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let model = model.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib: u64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or_default();
    Ok(format!("{model}, {cores} processors, {} GiB of memory, Linux", kib / 1024 / 1024))
}
