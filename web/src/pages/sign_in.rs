//! The sign-in page. Shows why signing in failed and, after too many tries, counts down to the next allowed one.
//!
//! Redirects only within this app after signing in; see [`return_path`].

use std::time::Duration;

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{ErrorCode, account::SignIn};

use crate::{
    api::{Problem, RequestError},
    clock::pause,
    components::{form::Form, heading::Heading, language_switch::language_switch},
    language::t,
    session::use_session,
    tasks::spawn,
};

/// The page `/sign-in?return=`.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let session = use_session();
    let email = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    let form = Form::new();
    let must_wait = RwSignal::new(false);

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
        if must_wait.get_untracked() {
            return;
        }
        let sign_in = SignIn { email: email.value(), password: password.value() };
        let request = async move { session.sign_in(&sign_in).await };
        form.send_and_handle(request, move |response| {
            if let Err(error) = &response {
                if error.code() == Some(ErrorCode::InvalidCredentials) {
                    password.set_value("");
                    let _ = password.focus();
                }
                if let Some(seconds) = seconds_to_wait(error) {
                    spawn(count_down(seconds, form, must_wait));
                }
            }
            response
        });
    };
    view! {
        <main class="grid min-h-dvh place-items-center bg-base-200 p-4">
            <div class="card w-full max-w-sm bg-base-100 shadow-md">
                <form class="card-body gap-4" on:submit=submit>
                    <div>
                        <p class="text-sm font-medium">"SMS Chat"</p>
                        <Heading text=t!("Sign in") class="text-2xl font-semibold" />
                    </div>
                    {form.error()}
                    {input(email, t!("E-mail"), "email", "username")}
                    {input(password, t!("Password"), "password", "current-password")}
                    <button
                        class="btn btn-primary"
                        aria-disabled=move || (form.busy.get() || must_wait.get()).to_string()
                    >
                        {move || if form.busy.get() { t!("Signing in…") } else { t!("Sign in") }}
                    </button>
                    {language_switch()}
                </form>
            </div>
        </main>
    }
}

/// A required input. `kind` is both its type and its name.
fn input(
    node: NodeRef<html::Input>,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
) -> AnyView {
    view! {
        <label class="flex flex-col gap-1">
            <span class="text-sm font-medium">{label}</span>
            <input
                node_ref=node
                class="input w-full"
                type=kind
                name=kind
                autocomplete=autocomplete
                required
            />
        </label>
    }
    .into_any()
}

/// Returns the number of seconds until signing in is allowed again, if there were too many attempts.
fn seconds_to_wait(error: &RequestError) -> Option<u32> {
    match error {
        RequestError::Refused { problem, retry_after } if problem.code == ErrorCode::TooManyRequests => {
            *retry_after
        }
        _ => None,
    }
}

/// Shows every second how long the user has to wait.
async fn count_down(seconds: u32, form: Form, must_wait: RwSignal<bool>) {
    let error = |detail: &str, retry_after| RequestError::Refused {
        problem: Box::new(Problem::new(ErrorCode::TooManyRequests, detail)),
        retry_after,
    };
    must_wait.try_set(true);
    for left in (1..=seconds).rev() {
        form.set_error(error("", Some(left)));
        pause(Duration::from_secs(1)).await;
    }
    form.set_error(error(t!("You can try again now."), None));
    must_wait.try_set(false);
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
