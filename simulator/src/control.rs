//! The control paths `/simulator/...` for the handset and tests. They need no password, so every change requires a JSON
//! body, PUT or DELETE: a page of another site cannot send those without a CORS preflight, which fails.

use std::{collections::BTreeSet, sync::Arc};

use hyper::{
    Body, HeaderMap, Method, Request, Response, StatusCode,
    body::{Bytes, HttpBody as _},
    header::CONTENT_TYPE,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    faults::Order,
    inbound::{self, Written},
    ledger::Text,
    reply::{self, Outcome, Parameters},
    rest,
    webhook::Webhooks,
    world::{DeskNumber, World},
};

const LARGEST_BODY: usize = 1 << 20;

/// Answers a call to `/simulator/...`; `path` is what comes after that.
pub(crate) async fn route(world: &Arc<World>, path: &[&str], request: Request<Body>) -> Outcome {
    let query = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    let number = query.number("number");
    Ok(match (request.method(), path) {
        (&Method::GET, ["ledger"]) => ledger(world, number.as_deref()),
        (&Method::DELETE, ["ledger"]) => {
            let mut state = world.state();
            state.ledger.clear();
            state.opted_out.clear();
            reply::empty(StatusCode::NO_CONTENT)
        }
        (&Method::GET, ["threads"]) => thread(world, query.number("customer").as_deref()),
        (&Method::GET, ["media", sid]) => rest::fetch_media(world, sid)
            .unwrap_or_else(|| refuse(StatusCode::NOT_FOUND, "This picture does not exist.")),
        (&Method::GET, ["numbers"]) => numbers(world),
        (&Method::PUT, ["numbers"]) => match body::<Vec<DeskNumber>>(request).await {
            Ok(numbers) => {
                world.state().numbers = numbers;
                self::numbers(world)
            }
            Err(refusal) => refusal,
        },
        (&Method::GET, ["webhooks"]) => reply::json(StatusCode::OK, &world.state().webhooks),
        (&Method::PUT, ["webhooks"]) => match body::<Webhooks>(request).await {
            Ok(webhooks) => {
                world.state().webhooks = webhooks;
                reply::json(StatusCode::OK, &world.state().webhooks)
            }
            Err(refusal) => refusal,
        },
        (&Method::POST, ["texts"]) => match body::<Written>(request).await {
            Ok(written) => inbound::receive(world, written).await,
            Err(refusal) => refusal,
        },
        (&Method::GET, ["faults"]) => faults(world),
        (&Method::PUT | &Method::POST, ["faults"]) => {
            let replace = request.method() == Method::PUT;
            match body::<OneOrMany>(request).await {
                Ok(orders) => {
                    let mut state = world.state();
                    if replace {
                        state.faults.clear(number.as_deref());
                    }
                    state.faults.add(orders.into());
                    drop(state);
                    faults(world)
                }
                Err(refusal) => refusal,
            }
        }
        (&Method::DELETE, ["faults"]) => {
            world.state().faults.clear(number.as_deref());
            reply::empty(StatusCode::NO_CONTENT)
        }
        (&Method::DELETE, ["faults", id]) => {
            if let Ok(id) = id.parse() {
                world.state().faults.cancel(id);
            }
            reply::empty(StatusCode::NO_CONTENT)
        }
        _ => refuse(
            StatusCode::NOT_FOUND,
            "The simulator has no such path, or does not allow this method on it.",
        ),
    })
}

/// A list of orders, or a single one.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Order>),
    One(Box<Order>),
}

impl From<OneOrMany> for Vec<Order> {
    fn from(orders: OneOrMany) -> Self {
        match orders {
            OneOrMany::Many(orders) => orders,
            OneOrMany::One(order) => vec![*order],
        }
    }
}

fn faults(world: &World) -> Response<Body> {
    reply::json(StatusCode::OK, &json!({ "faults": world.state().faults.all() }))
}

fn ledger(world: &World, number: Option<&str>) -> Response<Body> {
    let state = world.state();
    let wanted = |text: &&Text| number.is_none_or(|number| text.from == number || text.to == number);
    let texts: Vec<&Text> = state.ledger.all().iter().filter(wanted).collect();
    reply::json(StatusCode::OK, &json!({ "texts": texts }))
}

fn thread(world: &World, customer: Option<&str>) -> Response<Body> {
    let Some(customer) = customer else {
        return refuse(StatusCode::BAD_REQUEST, "The query needs a `customer`.");
    };
    let state = world.state();
    let texts: Vec<&Text> = state.ledger.all().iter().filter(|text| text.customer() == customer).collect();
    let opted_out: BTreeSet<&str> = state
        .opted_out
        .iter()
        .filter(|(number, _)| number == customer)
        .map(|(_, desk)| desk.as_str())
        .collect();
    reply::json(
        StatusCode::OK,
        &json!({
            "customer": customer,
            "texts": texts,
            "opted_out": opted_out,
        }),
    )
}

/// Returns the team numbers, registered ones first, then others in the ledger; and the customers in the ledger, latest
/// first.
fn numbers(world: &World) -> Response<Body> {
    let state = world.state();
    let known: BTreeSet<&str> = state.numbers.iter().map(|desk| desk.number.as_str()).collect();
    let seen: BTreeSet<&str> = state.ledger.all().iter().map(Text::desk).collect();
    let mut desk: Vec<Value> = state.numbers.iter().map(|desk| json!(desk)).collect();
    desk.extend(
        seen.difference(&known)
            .filter(|number| !number.is_empty())
            .map(|number| json!({ "number": number, "label": "" })),
    );
    let mut customers: Vec<&str> = Vec::new();
    let mut listed = BTreeSet::new();
    for text in state.ledger.all().iter().rev() {
        if listed.insert(text.customer()) {
            customers.push(text.customer());
        }
    }
    reply::json(StatusCode::OK, &json!({ "numbers": desk, "customers": customers }))
}

/// Parses a request's JSON body; an error is the response that says what is wrong.
async fn body<T: DeserializeOwned>(request: Request<Body>) -> Result<T, Response<Body>> {
    if !is_json(request.headers()) {
        return Err(refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Send JSON with the header `Content-Type: application/json`.",
        ));
    }
    let Ok(bytes) = read(request.into_body()).await else {
        return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "The body is incomplete or too large."));
    };
    serde_json::from_slice(&bytes)
        .map_err(|error| refuse(StatusCode::BAD_REQUEST, &format!("Invalid JSON: {error}")))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"))
}

fn refuse(status: StatusCode, error: &str) -> Response<Body> {
    reply::json(status, &json!({ "error": error }))
}

/// The body is too large or incomplete.
#[derive(Debug)]
pub(crate) struct Unreadable;

/// Reads a body of at most `LARGEST_BODY` bytes.
pub(crate) async fn read(mut body: Body) -> Result<Bytes, Unreadable> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        bytes.extend_from_slice(&chunk.map_err(|_| Unreadable)?);
        if bytes.len() > LARGEST_BODY {
            return Err(Unreadable);
        }
    }
    Ok(bytes.into())
}
