//! Conversations: lifecycle, queue, replies, closing and ad-hoc messages.

mod ad_hoc;
mod ad_hoc_idempotency;
mod ad_hoc_requests;
mod assignment;
mod batch;
mod closing;
mod drafts;
mod history;
mod lifecycle;
mod moved;
mod next;
mod presence;
mod queue;
mod queue_answers;
mod queue_counts;
mod queue_filters;
mod reads;
mod replies;
mod snooze;
mod snooze_endings;
mod statements;
mod tags;
