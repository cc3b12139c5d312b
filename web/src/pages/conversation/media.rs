//! Attachments of a message: thumbnails that open in full size for pictures, links for everything else.
//!
//! A thumbnail has the same size before and after its picture loads, so that the thread does not jump.

use leptos::prelude::*;
use shared::message::Media;

use crate::{
    api::Client,
    components::{dialog::Dialog, person::isolated},
    language::t,
    tasks::spawn,
};

/// Content types that the server delivers as pictures and browsers can show.
const PICTURES: [&str; 4] = ["image/gif", "image/jpeg", "image/png", "image/webp"];

/// Renders an attachment of a message from `sender`.
pub(super) fn attachment(client: Client, media: &Media, sender: &str) -> AnyView {
    let url = media.url.clone();
    if PICTURES.contains(&media.content_type.as_str()) {
        return picture(client, url, t!("Picture from {name}", name = isolated(sender)));
    }
    view! {
        <a class="link block" href=url target="_blank" rel="noopener">
            {t!("Attachment ({type_name})", type_name = media.content_type)}
        </a>
    }
    .into_any()
}

fn picture(client: Client, url: String, title: String) -> AnyView {
    let tries = RwSignal::new(0_u32);
    let broken = RwSignal::new(false);
    let open = RwSignal::new(false);
    let (name, original) = (title.clone(), url.clone());
    let src = Memo::new(move |_| match tries.get() {
        0 => url.clone(),
        tries => format!("{url}?try={tries}"),
    });
    let failed = move |_| {
        if tries.get_untracked() > 0 {
            return broken.set(true);
        }
        // The session may need renewing. The client does that for its own requests, but not for an `<img>`.
        spawn(async move {
            let _ = client.renew().await;
            tries.try_set(1);
        });
    };
    let clicked = move |_| {
        if broken.get_untracked() {
            broken.set(false);
            tries.update(|tries| *tries += 1);
        } else {
            open.set(true);
        }
    };
    let thumbnail = move || {
        match broken.get() {
        true => {
            view! { <span class="block p-2 text-sm">{t!("The picture could not be loaded.")} " " <u>{t!("Try again")}</u></span> }.into_any()
        }
        false => view! {
            <img
                class="size-full object-cover"
                src=src
                alt=name.clone()
                loading="lazy"
                decoding="async"
                on:error=failed
            />
        }
        .into_any(),
    }
    };
    let dialog = move || {
        open.get().then(|| {
            let (alt, original) = (title.clone(), original.clone());
            view! {
                <Dialog title=title.clone() close=Callback::new(move |()| open.set(false))>
                    <img class="mx-auto max-h-[75dvh] max-w-full" src=src alt=alt />
                    <form method="dialog" class="modal-action mt-3">
                        <a class="btn btn-sm" href=original download="">
                            {t!("Download")}
                        </a>
                        <button class="btn btn-sm">{t!("Close")}</button>
                    </form>
                </Dialog>
            }
        })
    };
    view! {
        <button
            type="button"
            class="my-1 block size-44 cursor-pointer overflow-hidden rounded-box bg-base-200 p-0 text-base-content"
            on:click=clicked
        >
            {thumbnail}
        </button>
        {dialog}
    }
    .into_any()
}
