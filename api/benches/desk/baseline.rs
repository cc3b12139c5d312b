//! The work that requests are compared with: the same statements in process, and an actix endpoint that returns the same
//! bytes.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use actix_web::{App, HttpResponse, HttpServer, http::StatusCode, web};
use anyhow::Result;
use hdrhistogram::Histogram;

use crate::client::{Figures, Request, closed_loop};

/// Runs `work` in a closed loop without HTTP, with `clients` futures in one thread.
pub(crate) fn in_process<F, E>(clients: usize, time: Duration, work: impl Fn() -> F) -> Result<Figures>
where
    F: Future<Output = Result<(), E>>,
    anyhow::Error: From<E>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let started = Instant::now();
    let client = || async {
        let mut latencies = Histogram::<u64>::new(3)?;
        while started.elapsed() < time {
            let called = Instant::now();
            work().await?;
            latencies.record(u64::try_from(called.elapsed().as_micros())?)?;
        }
        Ok::<_, anyhow::Error>(latencies)
    };
    let all = runtime.block_on(futures_util::future::try_join_all((0..clients).map(|_| client())))?;
    let mut sum = Histogram::<u64>::new(3)?;
    all.into_iter().try_for_each(|latencies| sum.add(latencies))?;
    Ok(Figures::of(&sum, started.elapsed()))
}

/// Measures an actix endpoint that only returns these bytes with this status.
pub(crate) fn bare_endpoint(clients: usize, time: Duration, status: u16, bytes: Vec<u8>) -> Result<Figures> {
    let (bytes, code) = (web::Bytes::from(bytes), StatusCode::from_u16(status)?);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let (send, receive) = std::sync::mpsc::channel();
    let served = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let bytes = bytes.clone();
                App::new().default_service(web::to(move || {
                    let bytes = bytes.clone();
                    async move { HttpResponse::build(code).content_type("application/json").body(bytes) }
                }))
            })
            .listen(listener)?
            .disable_signals()
            .run();
            let _ = send.send(server.handle());
            server.await
        })
    });
    let handle = receive.recv()?;
    let figures = closed_loop(&address, clients, time, status, |_| Request::get("/", None));
    let runtime = actix_web::rt::System::new();
    runtime.block_on(handle.stop(false));
    served.join().map_err(|_| anyhow::anyhow!("the bare server panicked"))??;
    figures
}
