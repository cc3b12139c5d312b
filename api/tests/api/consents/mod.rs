//! Consent: opt-outs and opt-ins, their effects and the ledger (rule 13).

mod effects;
mod ledger;
mod opt_out;
mod wording;
