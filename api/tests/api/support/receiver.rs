//! The server of an integrator that receives webhooks: it records each request, and answers as the test says.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use standardwebhooks::Webhook;

/// A webhook that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The status with which the receiver answered.
    pub(crate) status: u16,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).expect("the header").to_str().expect("visible characters")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub(crate) fn event_type(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }

    pub(crate) fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the official library accepts one of the signatures. Does not check the age, because the tests have a clock
    /// of their own.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let timestamp = self.header("webhook-timestamp").parse().expect("a number");
        let library = Webhook::new(secret).expect("a secret");
        let signature = library.sign(self.header("webhook-id"), timestamp, self.body.as_bytes());
        let signature = signature.expect("a signature");
        self.header("webhook-signature").split(' ').any(|given| given == signature)
    }
}

/// An answer: the status, further header lines, and the body.
pub(crate) type Answer = (u16, String, String);

type Respond = Box<dyn FnMut(&Received) -> Answer + Send>;

/// A receiver on a loopback port. Its threads end with the test process.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    respond: Arc<Mutex<Respond>>,
}

impl Receiver {
    /// Starts a receiver that accepts everything.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let respond: Respond = Box::new(|_| (204, String::new(), String::new()));
        let receiver = Self { port, received: Arc::default(), respond: Arc::new(Mutex::new(respond)) };
        let accepting = receiver.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (receiver, stream) = (accepting.clone(), stream.expect("a connection"));
                thread::spawn(move || receiver.serve(&stream));
            }
        });
        receiver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks?from=sms-chat", self.port)
    }

    /// Answers with this status from now on.
    pub(crate) fn answer(&self, status: u16) {
        self.answer_by(move |_| (status, String::new(), format!("status {status}")));
    }

    /// Answers as `respond` says from now on.
    pub(crate) fn answer_by(&self, respond: impl FnMut(&Received) -> Answer + Send + 'static) {
        *self.respond.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(respond);
    }

    /// Returns what arrived, in order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Serves the requests of a connection.
    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some((headers, body)) = read_request(&mut reader) {
            let mut received = Received { headers, body, status: 0 };
            // One request at a time, so that the order of arrival is the order of the answers.
            let (status, head, body) = {
                let mut respond = self.respond.lock().unwrap_or_else(PoisonError::into_inner);
                let answer = respond(&received);
                received.status = answer.0;
                self.received.lock().unwrap_or_else(PoisonError::into_inner).push(received);
                answer
            };
            let length =
                if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
            let answer = format!("HTTP/1.1 {status} Answer\r\n{length}{head}\r\n{body}");
            // The server may have been killed meanwhile.
            let mut stream = stream;
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// Reads a request. `None` at the end of the connection.
fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<(HeaderMap, String)> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut headers = HeaderMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        let name: HeaderName = name.parse().expect("a name");
        headers.insert(name, HeaderValue::from_str(value).expect("a value"));
    }
    let length = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((headers, String::from_utf8(body).expect("UTF-8")))
}
