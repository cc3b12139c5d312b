//! Health checks and Prometheus metrics. Metrics contain no names, phone numbers or other personal data.

pub mod routes;

use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// Returns the process-wide metrics recorder, installed at first use.
fn recorder() -> Result<&'static PrometheusHandle, &'static BuildError> {
    static RECORDER: OnceLock<Result<PrometheusHandle, BuildError>> = OnceLock::new();
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder()).as_ref()
}

/// Installs the metrics recorder, so that counting starts with the process and not with the first request for metrics.
pub fn install_recorder() {
    let _ = recorder();
}
