//! Running the server: commands, settings, database, health, durability and documentation.

mod chaos;
mod clock_changes;
mod commands;
mod database;
mod database_outage;
mod demo;
mod disk_full;
mod doctor;
mod durability;
mod file_permissions;
mod health;
mod openapi;
mod plans;
mod replicas;
mod rolling_restart;
mod security_log;
