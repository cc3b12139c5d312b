//! The sign-in page. Shows why signing in failed and, after too many tries, counts down to the next allowed one.
//!
//! Redirects only within this app after signing in; see [`return_path`].

use std::time::Duration;

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{ErrorCode, account::SignIn};

use crate::{
    api::{RequestError, too_many_attempts},
    clock::pause,
    components::heading::Heading,
    session::use_session,
    tasks::spawn,
};

/// The page `/sign-in?return=`.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let session = use_session();
    let email = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<RequestError>);
    let wait = RwSignal::new(0_u32);

    Effect::new(move |_| {
        if let Some(email) = email.get() {
            let _ = email.focus();
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (Some(email), Some(password)) = (email.get(), password.get()) else {
            return;
        };
        if busy.get_untracked() || wait.get_untracked() > 0 {
            return;
        }
        busy.set(true);
        error.set(None);
        let sign_in = SignIn { email: email.value(), password: password.value() };
        spawn(async move {
            let outcome = session.sign_in(&sign_in).await;
            busy.try_set(false);
            let Err(new_error) = outcome else { return };
            if new_error.code() == Some(ErrorCode::InvalidCredentials) {
                password.set_value("");
                let _ = password.focus();
            }
            let seconds = seconds_to_wait(&new_error);
            error.try_set(Some(new_error));
            for left in (0..=seconds).rev() {
                wait.try_set(left);
                if left > 0 {
                    pause(Duration::from_secs(1)).await;
                }
            }
        });
    };
    let message = move || {
        error.get().map(|error| match wait.get() {
            0 if error.code() == Some(ErrorCode::TooManyRequests) => "You can try again now.".to_owned(),
            0 => error.message(),
            seconds => too_many_attempts(seconds),
        })
    };
    view! {
        <main class="grid min-h-dvh place-items-center bg-base-200 p-4">
            <div class="card w-full max-w-sm bg-base-100 shadow-md">
                <form class="card-body gap-4" on:submit=submit>
                    <div>
                        <p class="text-sm font-medium">"SMS Chat"</p>
                        <Heading text="Sign in" class="text-2xl font-semibold" />
                    </div>
                    <div role="alert">
                        {move || message().map(|text| view! { <p class="alert alert-error">{text}</p> })}
                    </div>
                    <label class="flex flex-col gap-1">
                        <span class="text-sm font-medium">"E-mail"</span>
                        <input
                            node_ref=email
                            class="input w-full"
                            type="email"
                            name="email"
                            autocomplete="username"
                            required
                        />
                    </label>
                    <label class="flex flex-col gap-1">
                        <span class="text-sm font-medium">"Password"</span>
                        <input
                            node_ref=password
                            class="input w-full"
                            type="password"
                            name="password"
                            autocomplete="current-password"
                            required
                        />
                    </label>
                    <button
                        class="btn btn-primary"
                        aria-disabled=move || (busy.get() || wait.get() > 0).to_string()
                    >
                        {move || if busy.get() { "Signing in…" } else { "Sign in" }}
                    </button>
                </form>
            </div>
        </main>
    }
}

fn seconds_to_wait(error: &RequestError) -> u32 {
    match error {
        RequestError::Refused { problem, retry_after } if problem.code == ErrorCode::TooManyRequests => {
            retry_after.unwrap_or(0)
        }
        _ => 0,
    }
}

/// Returns the path to open after signing in: `wanted` if it is a path of this app, otherwise the queue. Browsers treat
/// `//host` and `/\host` as other sites.
pub(crate) fn return_path(wanted: Option<&str>) -> String {
    let wanted = wanted.unwrap_or("/");
    let local = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.contains(['\\', '\t', '\n', '\r'])
        && !wanted.starts_with("/sign-in");
    if local { wanted.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_path_accepts_only_paths_of_this_app() {
        assert_eq!(return_path(Some("/conversations/7?x=1")), "/conversations/7?x=1");
        let other_sites =
            ["", "https://example.com", "//example.com", "/\\example.com", "/\t/example.com", "/sign-in"];
        for wanted in other_sites {
            assert_eq!(return_path(Some(wanted)), "/", "{wanted}");
        }
        assert_eq!(return_path(None), "/");
    }
}
