//! Campaigns: drafts and their preview, sending at a pace, and what a killed server leaves.

mod drafts;
mod kills;
mod sending;
