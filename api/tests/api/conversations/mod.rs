//! Conversations: lifecycle, queue, replies, closing and ad-hoc messages.

mod ad_hoc;
mod ad_hoc_idempotency;
mod ad_hoc_requests;
mod closing;
mod drafts;
mod lifecycle;
mod moved;
mod presence;
mod queue;
mod queue_answers;
mod queue_counts;
mod reads;
mod replies;
mod statements;
