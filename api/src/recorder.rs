use metrics_exporter_prometheus::{BuildError, PrometheusBuilder};

use crate::state::Metrics;

/// Makes this process keep its metrics, for [`crate::ApiState::with_metrics`]. Once per process.
///
/// # Errors
/// When a recorder is installed already.
pub fn install_recorder() -> Result<Metrics, BuildError> {
    let handle = PrometheusBuilder::new().install_recorder()?;
    Ok(Box::new(move || {
        // Without it, old samples of histograms stay in memory.
        handle.run_upkeep();
        handle.render()
    }))
}
