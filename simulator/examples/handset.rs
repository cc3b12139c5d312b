//! Runs the simulator alone, with two team numbers and without a server: `cargo run -p simulator --example handset`.

use std::error::Error;

use simulator::{DeskNumber, Settings, Simulator};

fn main() -> Result<(), Box<dyn Error>> {
    let listen = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:4010".to_owned()).parse()?;
    let simulator = Simulator::start(Settings { listen, ..Settings::default() })?;
    simulator.numbers().set(
        [("+447700900001", "Collections"), ("+447700900002", "Support")]
            .map(|(number, label)| DeskNumber { number: number.to_owned(), label: label.to_owned() }),
    );
    println!("{}", simulator.handset_url());
    loop {
        std::thread::park();
    }
}
