//! The gateway: webhooks, receipts, gap repair and reconciliation, with every fault of the simulator.

mod compatible;
mod delivery;
mod faults;
mod faults_document;
mod gap_repair;
mod gap_repair_lists;
mod reconciliation;
mod refused_credentials;
mod senders;
mod signatures;
mod webhooks;
