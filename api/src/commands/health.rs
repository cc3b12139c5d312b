//! `sms-chat health`: asks the server on this machine whether it is ready, for the health check of a container.

use std::{net::SocketAddr, time::Duration};

use api::loopback;
use serde_json::Value;

use super::{CommandError, runtime};

/// A restart does not help while the gateway refuses the credentials, so the gateway does not matter here.
const PATH: &str = "/health/ready?gateway=ignore";

/// Prints one sentence if the server is ready. Otherwise the error is the sentence.
pub(super) fn health(listen: SocketAddr, timeout: Duration) -> Result<(), CommandError> {
    let address = loopback::reachable(listen);
    let answer = runtime()?.block_on(loopback::get(listen, PATH, timeout));
    let (status, body) = answer.map_err(|error| format!("no server answers at {address}: {error}"))?;
    if status == 200 {
        println!("The server at {address} is ready.");
        return Ok(());
    }
    Err(format!("the server at {address} is not ready: {}", reason(status, &body)).into())
}

/// Describes an answer that is not a success: its state of database and gateway, or else its HTTP status.
fn reason(status: u16, body: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    match (text("/status"), text("/database"), text("/gateway/status")) {
        (Some(state), Some(database), Some(gateway)) => {
            format!("its status is {state:?}, the database {database:?}, the gateway {gateway:?}")
        }
        _ => format!("it answers with status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_is_the_state_of_database_and_gateway_or_the_http_status() {
        let body = br#"{"status": "not ready", "database": "unreachable", "gateway": {"status": "ok"}}"#;
        assert_eq!(
            reason(503, body),
            "its status is \"not ready\", the database \"unreachable\", the gateway \"ok\""
        );
        assert_eq!(reason(404, b"<html>"), "it answers with status 404");
    }
}
