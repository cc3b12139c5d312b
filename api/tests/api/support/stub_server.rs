//! A stub HTTP server to which the gateway can redirect: it answers every request with the same bytes and records the
//! requests.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// A stub server on a loopback port. Its thread ends with the test process.
#[derive(Clone, Debug)]
pub(crate) struct StubServer {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl StubServer {
    /// Responds with status 200, this content type and this body.
    pub(crate) fn of(content_type: &str, body: &[u8]) -> Self {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        Self::responding_with([head.as_bytes(), body].concat())
    }

    /// Responds with these bytes.
    pub(crate) fn responding_with(response: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/picture", listener.local_addr().expect("an address"));
        let stub = Self { url, requests: Arc::default() };
        let requests = Arc::clone(&stub.requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let lines = BufReader::new(stream.try_clone().expect("a connection")).lines();
                let head: Vec<String> =
                    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                requests.lock().unwrap_or_else(PoisonError::into_inner).push(head.join("\n"));
                // The client may close the connection before it has read everything.
                let _ = stream.write_all(&response);
            }
        });
        stub
    }

    /// Returns the heads of the requests.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
