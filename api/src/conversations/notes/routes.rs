//! `/conversations/{id}/notes`.

use actix_web::{HttpRequest, HttpResponse, web};
use shared::{Problem, account::Permission, ids::ConversationId, message::Message, note::NewNote};

use super::{Note, Noted};
use crate::{
    auth::Caller, body::Body, conversations::routes::request_key, error::ApiError,
    idempotency::routes::REPLAYED, state::AppState,
};

/// Adds a note, which only the team sees.
///
/// A note is never sent and is no reply: it changes neither the next action nor the waiting time, and holds no reply.
/// The accounts in `mentions` are notified by the event `mentioned`.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/notes", operation_id = "create_note", tag = "conversations",
    params(("id" = i64, Path, description = "The conversation")),
    request_body(content = NewNote, example = json!({"body": "@Bo please call her back.", "mentions": [4]})),
    responses((status = 201, description = "Added", body = Message),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`conversation_closed`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_note(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<ConversationId>,
    request: HttpRequest,
    new: Body<NewNote>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::Reply)?;
    let id = id.into_inner();
    let idempotency = request_key(&request, &caller, &(id, "notes", &*new))?;
    let note = Note::parse(new.into_inner())?;
    let (sender, now) = (caller.sender(), state.clock.now());
    let noted = state
        .db
        .write(move |conn| note.add(conn, &caller.scope, id, &sender, idempotency.as_ref(), now))
        .await?;
    Ok(match noted {
        Noted::Added(note) => {
            state.committed();
            HttpResponse::Created().json(note)
        }
        Noted::Replayed(note) => HttpResponse::Created().insert_header(REPLAYED).json(note),
    })
}
