//! A load balancer in front of several servers.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

/// Forwards each connection to one of the servers, in turn. A server that refuses the connection is skipped.
#[derive(Debug)]
pub(crate) struct Balancer {
    pub(crate) url: String,
    servers: Arc<Mutex<Vec<String>>>,
}

impl Balancer {
    /// Starts it for servers at these addresses. It ends with the runtime.
    pub(crate) async fn start(addresses: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let servers = Arc::new(Mutex::new(addresses.to_vec()));
        let balancer = Self { url, servers: Arc::clone(&servers) };
        tokio::spawn(async move {
            let mut turn = 0;
            while let Ok((client, _)) = listener.accept().await {
                let mut addresses = servers.lock().unwrap_or_else(PoisonError::into_inner).clone();
                turn += 1;
                let first = turn % addresses.len().max(1);
                addresses.rotate_left(first);
                tokio::spawn(forward(client, addresses));
            }
        });
        balancer
    }

    /// Sends new connections to these servers from now on.
    pub(crate) fn send_to(&self, addresses: &[String]) {
        *self.servers.lock().unwrap_or_else(PoisonError::into_inner) = addresses.to_vec();
    }
}

async fn forward(mut client: TcpStream, addresses: Vec<String>) {
    for address in addresses {
        if let Ok(mut server) = TcpStream::connect(&address).await {
            // An error is a closed connection, which the client sees, too.
            let _ = copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}

/// Returns an address on which nothing listens, for a server that starts later and restarts. Its port is below those
/// that the system gives to connections and to listeners without a port, so that none of them takes it meanwhile.
pub(crate) fn free_address() -> String {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Test programs that run at the same time begin at different ports.
    let first = std::process::id() * 64;
    loop {
        let port = 10_000 + (first + GIVEN.fetch_add(1, Ordering::Relaxed)) % 20_000;
        let address = format!("127.0.0.1:{port}");
        if std::net::TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}
