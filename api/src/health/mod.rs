//! Whether the desk lives and can work, and what it counts. Knows nobody's names or numbers.

pub mod routes;

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::error::ApiError;

/// The process's one recorder.
fn recorder() -> Result<&'static PrometheusHandle, ApiError> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    RECORDER
        .get_or_init(|| PrometheusBuilder::new().install_recorder().map_err(|error| error.to_string()))
        .as_ref()
        .map_err(|error| ApiError::internal(error))
}

/// Begins to count.
pub fn count() {
    let _ = recorder();
}
