//! Reads and changes the operations of the document.

use utoipa::openapi::{
    Content, HttpMethod, OpenApi, RefOr,
    path::{Operation, Parameter, ParameterIn},
    response::Response,
};

/// An operation with its path and method.
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) method: HttpMethod,
    pub(super) operation: &'a mut Operation,
}

impl Place<'_> {
    /// Whether the operation needs credentials.
    pub(super) fn needs_credentials(&self) -> bool {
        self.operation.security.is_some()
    }

    /// Whether the operation accepts the header `Idempotency-Key`.
    pub(super) fn is_idempotent_post(&self) -> bool {
        matches!(self.method, HttpMethod::Post) && self.needs_credentials()
    }

    /// Whether the operation accepts the header `If-Match`.
    pub(super) fn is_conditional(&self) -> bool {
        self.parameters(&ParameterIn::Header).any(|parameter| parameter.name == "If-Match")
    }

    /// The operation's parameters in this part of the request.
    pub(super) fn parameters(&self, part: &ParameterIn) -> impl Iterator<Item = &Parameter> {
        let all = self.operation.parameters.iter().flatten();
        all.filter_map(value).filter(move |parameter| parameter.parameter_in == *part)
    }
}

/// Returns every operation of the document.
pub(super) fn places(document: &mut OpenApi) -> impl Iterator<Item = Place<'_>> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        let methods = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Delete, &mut item.delete),
        ];
        methods.into_iter().filter_map(|(method, operation)| {
            operation.as_mut().map(|operation| Place { path, method, operation })
        })
    })
}

/// Returns the responses that are not references.
pub(super) fn responses(operation: &mut Operation) -> impl Iterator<Item = (&str, &mut Response)> {
    operation.responses.responses.iter_mut().filter_map(|(status, response)| match response {
        RefOr::T(response) => Some((status.as_str(), response)),
        RefOr::Ref(_) => None,
    })
}

/// Returns the contents of the request and of its responses.
pub(super) fn contents(operation: &mut Operation) -> Vec<&mut Content> {
    let mut contents = Vec::new();
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        contents.extend(body.content.values_mut());
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            contents.extend(response.content.values_mut());
        }
    }
    let values = contents.into_iter().filter_map(|content| match content {
        RefOr::T(content) => Some(content),
        RefOr::Ref(_) => None,
    });
    values.collect()
}

/// Returns the value unless it is a reference.
pub(super) fn value<T>(given: &RefOr<T>) -> Option<&T> {
    match given {
        RefOr::T(value) => Some(value),
        RefOr::Ref(_) => None,
    }
}
