//! The answer whose body is a file.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
};

use super::FileFormat;

/// Returns the beginning of an answer with a file. `name` is the file's name without the extension.
pub(crate) fn attachment(name: &str, format: FileFormat) -> HttpResponseBuilder {
    let name = DispositionParam::Filename(format!("{name}.{}", format.extension()));
    let attachment = ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![name] };
    let mut answer = HttpResponse::Ok();
    answer.content_type(format.content_type()).insert_header(attachment);
    answer
}
