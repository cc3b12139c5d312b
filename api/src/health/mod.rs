//! Health checks and Prometheus metrics. Metrics contain no names, phone numbers or other personal data.

pub mod routes;

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::error::ApiError;

/// Returns the process-wide metrics recorder, installed at first use.
fn recorder() -> Result<&'static PrometheusHandle, ApiError> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    RECORDER
        .get_or_init(|| PrometheusBuilder::new().install_recorder().map_err(|error| error.to_string()))
        .as_ref()
        .map_err(|error| ApiError::internal(error))
}

/// Installs the metrics recorder, so that counting starts with the process and not with the first request for metrics.
pub fn install_recorder() {
    let _ = recorder();
}
