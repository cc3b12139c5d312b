//! Where a gateway could redirect to: a server that answers every request with the same bytes, and notes what it was
//! asked.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// A store on a loopback port. Its thread ends with the test's process.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Store {
    /// Answers 200, with this type, and this body.
    pub(crate) fn of(content_type: &str, body: &[u8]) -> Self {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        Self::answering([head.as_bytes(), body].concat())
    }

    /// Answers with these bytes.
    pub(crate) fn answering(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/picture", listener.local_addr().expect("an address"));
        let store = Self { url, asked: Arc::default() };
        let asked = Arc::clone(&store.asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let lines = BufReader::new(stream.try_clone().expect("a connection")).lines();
                let head: Vec<String> =
                    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                asked.lock().unwrap_or_else(PoisonError::into_inner).push(head.join("\n"));
                // Whoever has read enough goes away.
                let _ = stream.write_all(&answer);
            }
        });
        store
    }

    /// The heads of the requests.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
