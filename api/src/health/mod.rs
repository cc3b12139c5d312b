//! Health checks and Prometheus metrics. Metrics contain no names, phone numbers or other personal data.

mod metrics;
pub mod routes;

use std::{sync::OnceLock, time::Duration};

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// Interval at which measured durations are summed up, so that a server without Prometheus does not collect them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Returns the process-wide metrics recorder, installed at first use.
fn recorder() -> Result<&'static PrometheusHandle, &'static BuildError> {
    static RECORDER: OnceLock<Result<PrometheusHandle, BuildError>> = OnceLock::new();
    let install = || {
        let handle = PrometheusBuilder::new().set_buckets(&metrics::SECONDS)?.install_recorder()?;
        metrics::register();
        Ok(handle)
    };
    RECORDER.get_or_init(install).as_ref()
}

/// Installs the metrics recorder, so that counting starts with the process and not with the first request for metrics.
pub fn install_recorder() {
    let _ = recorder();
}

/// Sums up measured durations, until the process ends.
pub async fn keep() {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        if let Ok(recorder) = recorder() {
            recorder.run_upkeep();
        }
    }
}
