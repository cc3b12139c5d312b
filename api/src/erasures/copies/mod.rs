//! What campaigns and webhooks contain of a customer.

pub(super) mod queries;
