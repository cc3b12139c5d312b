//! The alert above every page while the gateway refuses the server's credentials: no message is sent, and none is lost.
//! It belongs to the chunk of the notifications.

use leptos::prelude::*;

use super::timestamp::date_and_time;
use crate::{
    language::{t, with_views},
    session::use_session,
};

/// The alert.
pub(crate) fn gateway_alarm() -> AnyView {
    let session = use_session();
    let since = session.read(|me| me.gateway_refused_since);
    let line = move || {
        since.get().map(|since| {
            view! {
                <p
                    data-alarm=""
                    class="flex items-center bg-error px-3 py-2 text-sm text-error-content lg:h-12 lg:px-6 lg:py-0"
                >
                    <span>{sentence(date_and_time(since, &session.zone()))}</span>
                </p>
            }
        })
    };
    view! { {line} }.into_any()
}

fn sentence(date: AnyView) -> AnyView {
    let nothing_sent = view! { <strong>{t!("No messages have been sent")}</strong> }.into_any();
    let sentence = t!(
        "{nothing_sent} since {date}: the gateway refuses the server’s credentials. Messages wait and will be sent once an administrator corrects the credentials."
    );
    with_views(sentence, [("nothing_sent", nothing_sent), ("date", date)])
}
