//! `/conversations`.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::{
    ErrorCode, Page, Problem,
    account::Permission,
    batch::{BatchItem, BatchResult, NewBatch},
    closure::NewClosure,
    conversation::{Conversation, ConversationDetail, NewConversation},
    ids::{ConversationId, MessageId, TagId, TeamId},
    message::{Message, NewMessage},
};
use utoipa::IntoParams;

use super::{
    attention,
    batch::{Batch, ItemError, QueuedItem},
    close, detail, message,
    queue::{self, Filter, ListedStatus, routes::AssignedQuery},
    reply::{Replied, Reply},
    start::{Start, Started},
};
use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    idempotency::{
        IdempotentRequest, RequestKey,
        routes::{REPLAYED, key_of},
    },
    paging::page_size,
    state::AppState,
};

/// Filters of the list of conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// The team.
    #[param(value_type = i64)]
    team_id: TeamId,
    /// `open` conversations are in queue order, without the snoozed ones. Of the `snoozed` ones, the one that returns
    /// next comes first. `closed` and `pending` ones are newest first.
    #[param(inline)]
    status: ListedStatus,
    /// Only the open conversations of the caller's account (`me`), or those that are assigned to no account (`none`).
    #[param(inline)]
    assigned: Option<AssignedQuery>,
    /// Only the conversations with this tag.
    #[param(value_type = Option<i64>)]
    tag: Option<TagId>,
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// A team's conversations with one status.
#[utoipa::path(get, path = "/api/v1/conversations", operation_id = "list_conversations", tag = "conversations",
    params(ListQuery),
    responses((status = 200, body = Page<Conversation>),
        (status = 404, description = "Not a team of the caller", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_conversations(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let ListQuery { team_id, status, assigned, tag, limit: given, cursor } = query.into_inner();
    let limit = page_size(given)?;
    if assigned.is_some() && status != ListedStatus::Open {
        let message =
            "Only open conversations can be filtered by assigned. Leave it out, or send status=open.";
        return Err(ApiError::field(ErrorCode::InvalidQuery, "assigned", "unsupported", message));
    }
    let filter = Filter { assigned: AssignedQuery::filter(assigned, &caller)?, tag };
    let page = state
        .db
        .read(move |conn| queue::list(conn, &caller.scope, team_id, status, filter, cursor.as_deref(), limit))
        .await?;
    Ok(HttpResponse::Ok().json(page))
}

/// Sends an ad-hoc message, which starts a conversation.
///
/// The conversation is `pending`, and not in the queue, until the customer replies. If the number already has a pending
/// conversation, the message is added to it.
#[utoipa::path(post, path = "/api/v1/conversations", operation_id = "create_conversation", tag = "conversations",
    request_body(content = NewConversation, example = json!({"team_id": 1, "number": "07700 900123",
        "body": "Hello Maria, please call us on 0800 496 0123."})),
    responses((status = 201, description = "Queued for sending", body = Conversation),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 404, description = "Not a team of the caller", body = Problem),
        (status = 409, description = "`conversation_open` (with `conversation_id`)", body = Problem),
        (status = 422, description = "`invalid_number`, `number_opted_out`, `missing_placeholder`, \
            `validation_failed`, `idempotency_key_reused`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_conversation(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewConversation>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::AdHoc)?;
    let idempotency = request_key(&request, &caller, &("conversations", &*new))?;
    let start = Start::parse(new.into_inner())?;
    let (sender, now, auth) = (caller.sender(), state.clock.now(), Arc::clone(&state.auth));
    let started = state
        .db
        .write(move |conn| start.queue(conn, &caller.scope, &sender, idempotency.as_ref(), &auth.keys, now))
        .await?;
    Ok(match started {
        Started::Queued(conversation) => {
            state.committed();
            HttpResponse::Created().json(conversation)
        }
        Started::Replayed(conversation) => HttpResponse::Created().insert_header(REPLAYED).json(conversation),
    })
}

/// Sends up to 1,000 ad-hoc messages. Each has its own result, with the problem that it would have had alone.
///
/// The body has at most 1 MiB: enough for 1,000 messages of 900 characters. A body that cannot be read sends nothing.
/// Give an `Idempotency-Key`: when the connection or the server fails in the middle, the same request continues with the
/// messages that are missing, and returns the results of all.
#[utoipa::path(post, path = "/api/v1/conversations/batch", operation_id = "create_conversation_batch",
    tag = "conversations",
    request_body(content = NewBatch, example = json!({"items": [{"team_id": 1, "number": "07700 900123",
        "body": "Hello Maria, please call us on 0800 496 0123."}, {"team_id": 1, "number": "0770", "body": "Hello"}]})),
    responses((status = 200, description = "The result of each message", body = BatchResult),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_conversation_batch(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewBatch>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::AdHoc)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let batch = Batch::parse(new.into_inner())?;
    if let Some(answered) = once.replayed(&state.db).await? {
        return Ok(answered.ok_or_no_content());
    }
    let now = state.clock.now();
    let outcomes = batch.queue(&state.db, &caller, &once, &state.auth, now, || state.committed()).await?;
    let results = results_of(outcomes)?;
    Ok(once.record(&state.db, &results).await?.ok_or_no_content())
}

/// Fails if a message could not be checked or stored, because that is not a result: the request can be repeated.
fn results_of(outcomes: Vec<Result<QueuedItem, ItemError>>) -> Result<BatchResult, ApiError> {
    let items: Vec<BatchItem> = (0..)
        .zip(outcomes)
        .map(|(index, outcome)| {
            let (queued, problem) = match outcome {
                Ok(queued) => (Some(queued), None),
                Err(error) => (None, Some(ApiError::from(error).into_problem()?)),
            };
            let (conversation_id, message_id) =
                queued.map(|queued| (queued.conversation, queued.message)).unzip();
            Ok(BatchItem { index, conversation_id, message_id, problem })
        })
        .collect::<Result<_, ApiError>>()?;
    let (queued, refused) = items.iter().fold((0, 0), |(queued, refused), item| match item.problem {
        None => (queued + 1, refused),
        Some(_) => (queued, refused + 1),
    });
    Ok(BatchResult { queued, refused, items })
}

/// A conversation with its team, customer, closure and consent, and the actions that the caller may take.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", operation_id = "get_conversation", tag = "conversations",
    params(("id" = i64, Path, description = "The conversation")),
    responses((status = 200, body = ConversationDetail)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_conversation(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let mut found = state.db.read(move |conn| detail::detail(conn, &caller, id)).await?;
    found.viewers = state.presences.viewers(id);
    Ok(HttpResponse::Ok().json(found))
}

/// Page of the messages of a conversation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// Only messages before this one.
    #[param(value_type = Option<i64>)]
    before: Option<MessageId>,
    /// Maximum number of items, 1 to 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// A page of a conversation's messages. The newest page comes first; within a page, the oldest message does.
///
/// `next_cursor` is the `before` of the next older page.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages", operation_id = "list_messages",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation"), MessagesQuery),
    responses((status = 200, body = Page<Message>)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_messages(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    query: web::Query<MessagesQuery>,
) -> Result<HttpResponse, ApiError> {
    let (id, limit) = (id.into_inner(), page_size(query.limit)?);
    let before = query.before;
    let page = state.db.read(move |conn| message::page(conn, &caller.scope, id, before, limit)).await?;
    Ok(HttpResponse::Ok().json(page))
}

/// Sends a reply, or with `send_at` schedules it.
///
/// A scheduled message is `scheduled` until its time comes. Then it is sent; but it is `held` if the customer has written
/// meanwhile, and fails if they have opted out. The closure of the conversation cancels it.
///
/// With `last_seen_message_id`, the reply is rejected (409 `conversation_moved`) if the customer or a colleague wrote
/// after that message.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages", operation_id = "create_message",
    tag = "conversations",
    params(("id" = i64, Path, description = "The conversation")),
    request_body(content = NewMessage, example = json!({"body": "Of course. Shall I set it up?",
        "last_seen_message_id": 42})),
    responses((status = 201, description = "Queued for sending, or scheduled", body = Message),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`conversation_closed`, `conversation_moved` (with `messages`)", body = Problem),
        (status = 422, description = "`validation_failed`, `missing_placeholder`, `number_opted_out`, \
            `sender_not_reachable`, `idempotency_key_reused`",
            body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_message(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    request: HttpRequest,
    new: Body<NewMessage>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let id = id.into_inner();
    let idempotency = request_key(&request, &caller, &(id, &*new))?;
    let reply = Reply::parse(new.into_inner())?;
    let sender = caller.sender();
    let now = state.clock.now();
    let replied = state
        .db
        .write(move |conn| reply.queue(conn, &caller.scope, id, &sender, idempotency.as_ref(), now))
        .await?;
    Ok(match replied {
        Replied::Queued(message) => {
            state.committed();
            HttpResponse::Created().json(message)
        }
        Replied::Replayed(message) => HttpResponse::Created().insert_header(REPLAYED).json(message),
    })
}

/// Closes a conversation.
///
/// With `last_seen_message_id`, the closure is rejected (409 `conversation_moved`) if the customer or a colleague wrote
/// after that message. Without it, the conversation is closed without that check.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/closure", operation_id = "create_closure",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    request_body(content = NewClosure, example = json!({"closure_reason_id": 1, "note": "Pays on Friday.",
        "last_seen_message_id": 42})),
    responses((status = 201, description = "Closed, and now read-only", body = ConversationDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`conversation_closed`, `conversation_moved` (with `messages`)", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_closure(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    request: HttpRequest,
    new: Body<NewClosure>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Close)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let (id, new, now) = (id.into_inner(), new.into_inner(), state.clock.now());
    let closed = state
        .db
        .write(move |conn| {
            once.run(conn, |conn| {
                close::close(conn, id, &new, &caller, now)?;
                Ok::<_, ApiError>(detail::detail(conn, &caller, id)?)
            })
        })
        .await?;
    state.committed();
    Ok(closed.created())
}

/// Dismisses the notice of a conversation (`attention`), such as a possible opt-out.
#[utoipa::path(delete, path = "/api/v1/conversations/{id}/attention", operation_id = "delete_attention",
    tag = "conversations", params(("id" = i64, Path, description = "The conversation")),
    responses((status = 204, description = "The conversation has no notice"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`conversation_closed`", body = Problem),
        (status = 422, description = "`number_opted_out`: the notice stays until the opt-in", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn delete_attention(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let (id, now) = (id.into_inner(), state.clock.now());
    state.db.write(move |conn| attention::dismiss(conn, &caller.scope, id, now)).await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// Returns the idempotency key of the request, if it has one, with a digest of the target and the body.
pub(super) fn request_key(
    request: &HttpRequest,
    caller: &Caller,
    target_and_body: &impl Serialize,
) -> Result<Option<RequestKey>, ApiError> {
    let Some(key) = key_of(request, caller)? else { return Ok(None) };
    let bytes = serde_json::to_vec(target_and_body).map_err(|error| ApiError::internal(&error))?;
    let digest = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(RequestKey { key, digest }))
}
