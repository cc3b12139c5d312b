//! The listener and the routes. It handles hyper's connections itself instead of using a framework, because some faults
//! reset the connection.

use std::{convert::Infallible, future::poll_fn, net::IpAddr, sync::Arc, time::Duration};

use hyper::{
    Body, Method, Request, StatusCode, Uri,
    header::{HOST, HeaderValue, LOCATION},
    server::conn::Http,
    service::service_fn,
};
use tokio::net::{TcpListener, TcpStream};

use crate::{
    control, handset,
    reply::{self, Outcome},
    resource, rest,
    world::World,
};

/// Accepts connections until the runtime is shut down.
pub(crate) async fn serve(
    listener: std::net::TcpListener,
    world: Arc<World>,
) -> Result<Infallible, std::io::Error> {
    let listener = TcpListener::from_std(listener)
        .inspect_err(|error| tracing::error!(%error, "the simulator cannot listen"))?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve_connection(stream, Arc::clone(&world)));
            }
            Err(error) => {
                // Most likely too many open files: retry after a short wait.
                tracing::warn!(%error, "the simulator could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Serves one connection. When a request ends in [`reply::Dropped`], resets the connection instead of closing it.
async fn serve_connection(stream: TcpStream, world: Arc<World>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let world = Arc::clone(&world);
        async move { route(&world, request).await }
    });
    let mut connection = Http::new().http1_only(true).serve_connection(stream, service);
    match poll_fn(|context| connection.poll_without_shutdown(context)).await {
        Err(error) if error.is_user() => {
            if let Some(parts) = connection.try_into_parts() {
                let _ = parts.io.set_zero_linger();
            }
        }
        Ok(()) | Err(_) => {}
    }
}

/// Whether a `Host` header names this machine: `localhost` or a loopback address, with any port.
fn is_local_host(host: Option<&HeaderValue>) -> bool {
    // Browsers always send one.
    let Some(host) = host else { return true };
    let Some(uri) = host.to_str().ok().and_then(|host| host.parse::<Uri>().ok()) else { return false };
    let name = uri.host().unwrap_or_default();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Routes a request.
async fn route(world: &Arc<World>, request: Request<Body>) -> Outcome {
    if !is_local_host(request.headers().get(HOST)) {
        return Ok(reply::empty(StatusCode::MISDIRECTED_REQUEST));
    }
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let base: Vec<&str> = world.settings.base_path.split('/').filter(|segment| !segment.is_empty()).collect();
    if let Some([resource::VERSION, "Accounts", rest @ ..]) = segments.strip_prefix(base.as_slice()) {
        return rest::route(world, rest, request).await;
    }
    match (request.method(), segments.as_slice()) {
        (_, ["simulator", rest @ ..]) => control::route(world, rest, request).await,
        (&Method::GET | &Method::HEAD, ["handset"]) => Ok(handset::page()),
        (&Method::GET | &Method::HEAD, ["handset", file]) => Ok(handset::file(file)),
        (&Method::GET | &Method::HEAD, [""]) => {
            let mut reply = reply::empty(StatusCode::SEE_OTHER);
            reply.headers_mut().insert(LOCATION, HeaderValue::from_static("/handset"));
            Ok(reply)
        }
        _ => Ok(reply::empty(StatusCode::NOT_FOUND)),
    }
}
